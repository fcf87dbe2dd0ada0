/* Secrets at rest: what is sealed, what is left alone, and what verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/secret.h"

static void
passwords_are_found(void **state)
{
	static const struct {
		const char *value, *password; /* NULL: none */
	} rows[] = {
		{ "user:secret@host", "secret" },
		{ "email.relay@My.Domain.Name:MyPasswordString@smtp-relay.gmail.com", "MyPasswordString" },
		{ "user:p@ss:w@host:587", "p@ss:w" },
		{ "https://u:pw@host/a@b", "pw" },
		{ "smtp.gmail.com", NULL },
		{ "user@host", NULL },
		{ "user:@host", NULL },
		{ "user:pw@", NULL },
		{ ":pw@host", NULL },
		{ "user:pw word@host", NULL },
		{ "http://host/a:b@c", NULL },
		{ "noc@example.net", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t start = 0, end = 0;
		bool found = secret_find(rows[i].value, &start, &end);

		assert_int_equal(found, rows[i].password != NULL);
		if (found) {
			assert_int_equal(end - start, strlen(rows[i].password));
			assert_memory_equal(rows[i].value + start, rows[i].password, end - start);
		}
	}
}

static void
sealing_is_reversible_and_stable(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct err err = ERR_INIT;
	struct secrets *s = secrets_open(ctx, NULL, &err), *other = secrets_open(ctx, NULL, &err);
	char *sealed =
		secret_seal(s, ctx, "email.relay@My.Domain.Name:MyPasswordString@smtp-relay.gmail.com");

	(void)state;
	assert_null(strstr(sealed, "MyPasswordString"));
	assert_non_null(strstr(sealed, "email.relay@My.Domain.Name:{6}"));
	assert_string_equal(secret_seal(s, ctx, sealed), sealed);
	assert_string_equal(secret_unseal(s, ctx, sealed),
		"email.relay@My.Domain.Name:MyPasswordString@smtp-relay.gmail.com");
	/* under another key it is an ordinary password */
	assert_string_equal(secret_unseal(other, ctx, sealed), sealed);
	assert_string_equal(secret_unseal(s, ctx, "user:{6}nonsense@host"), "user:{6}nonsense@host");
	assert_string_equal(
		secret_mask(ctx, sealed), "email.relay@My.Domain.Name:********@smtp-relay.gmail.com");
	assert_string_equal(secret_mask(ctx, "noc@example.net"), "noc@example.net");
	mem_free(ctx);
}

static void
equal_texts_can_be_sealed_alike(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct err err = ERR_INIT;
	struct secrets *s = secrets_open(ctx, NULL, &err), *other = secrets_open(ctx, NULL, &err);
	char *once = secret_encrypt_alike(s, ctx, "community", 9);

	(void)state;
	assert_string_equal(secret_encrypt_alike(s, ctx, "community", 9), once);
	assert_string_not_equal(secret_encrypt_alike(s, ctx, "communitx", 9), once);
	assert_string_not_equal(secret_encrypt_alike(other, ctx, "community", 9), once);
	assert_string_not_equal(secret_encrypt(s, ctx, "community", 9), once);
	assert_string_equal(secret_decrypt(s, ctx, once, strlen(once)), "community");
	assert_null(secret_decrypt(other, ctx, once, strlen(once)));
	mem_free(ctx);
}

static void
the_key_is_a_private_file(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char dir[] = "/tmp/secret-test-XXXXXX", *path, *sealed;
	struct err err = ERR_INIT;
	struct secrets *s;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = mem_printf(ctx, "%s/machine-key", dir);
	s = secrets_open(ctx, path, &err);
	assert_non_null(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	sealed = secret_encrypt(s, ctx, "word", 4);
	s = secrets_open(ctx, path, &err);
	assert_string_equal(secret_decrypt(s, ctx, sealed, strlen(sealed)), "word");
	sealed[8] = sealed[8] == 'A' ? 'B' : 'A';
	assert_null(secret_decrypt(s, ctx, sealed, strlen(sealed)));
	chmod(path, 0644);
	assert_null(secrets_open(ctx, path, &err));
	assert_non_null(strstr(err.text, "0600"));
	/* A look makes nothing, and reads what is there. */
	assert_false(secrets_are_kept(secrets_look(ctx, path, &err)));
	chmod(path, 0600);
	s = secrets_look(ctx, path, &err);
	assert_true(secrets_are_kept(s));
	sealed = secret_encrypt(s, ctx, "word", 4);
	assert_string_equal(
		secret_decrypt(secrets_open(ctx, path, &err), ctx, sealed, strlen(sealed)), "word");
	unlink(path);
	err = (struct err)ERR_INIT;
	assert_false(secrets_are_kept(secrets_look(ctx, path, &err)));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(dir);
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_are_found),
		cmocka_unit_test(sealing_is_reversible_and_stable),
		cmocka_unit_test(equal_texts_can_be_sealed_alike),
		cmocka_unit_test(the_key_is_a_private_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
