/* TLS reports on their way: rua records, DKIM (RFC 6376), the mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "actions/mail/report/compose.h"
#include "actions/mail/report/rua.h"
#include "core/mem.h"

static void
test_rua(void **state)
{
	/* Targets as "m:mailbox" and "h:host:port" with blanks between, or a part of the sentence. */
	static const struct {
		const char *texts[2], *targets, *why;
	} rows[] = {
		{ { "v=TLSRPTv1; rua=mailto:reports@example.com" }, "m:reports@example.com", NULL },
		{ { "v=TLSRPTv1;rua=https://reporting.example.com/v1/tlsrpt" }, "h:reporting.example.com:443",
			NULL },
		{ { "v=TLSRPTv1 ; rua = mailto:a@b.example , https://c.example:8443/x?y ;" },
			"m:a@b.example h:c.example:8443", NULL },
		{ { "v=spf1 -all", "v=TLSRPTv1; future=1; rua=MAILTO:a@b.example" }, "m:a@b.example", NULL },
		{ { "v=TLSRPTv1; rua=mailto:a%2Cb@c.example?subject=x" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=mailto:a%2Bb@c.example?subject=x" }, "m:a+b@c.example", NULL },
		{ { "v=TLSRPTv1; rua=ftp://x.example/,mailto:,mailto:nobody,https:///,http://x.example/" },
			NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=https://u:p@x.example/" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=https://192.0.2.1/" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=https://x.example:0/" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=mailto:a%0Ab@c.example" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; rua=mailto:a%zzb@c.example" }, NULL, "nobody" },
		{ { "v=TLSRPTv1; x=y" }, NULL, "no rua" },
		{ { "v=TLSRPTv1" }, NULL, "no v=TLSRPTv1 record" },
		{ { "v=tlsrptv1; rua=mailto:a@b.example" }, NULL, "no v=TLSRPTv1 record" },
		{ { "v=TLSRPTv10; rua=mailto:a@b.example" }, NULL, "no v=TLSRPTv1 record" },
		{ { "v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:a@b.example" }, NULL,
			"more than one" },
		{ { 0 }, NULL, "no v=TLSRPTv1 record" },
	};
	void *ctx = mem_ctx(NULL, "test");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		size_t n = rows[i].texts[0] == NULL ? 0 : rows[i].texts[1] == NULL ? 1 : 2;
		struct rua *r = rua_parse(ctx, rows[i].texts, n, &err);
		struct text *t = text_new(ctx);

		for (size_t j = 0; r != NULL && j < r->count; j++) {
			const struct rua_target *to = &r->targets[j];

			text_add(t, j == 0 ? "" : " ");
			if (to->is_mail)
				text_printf(t, "m:%s", to->mailbox);
			else
				text_printf(t, "h:%s:%u", to->host, to->port);
		}
		if (rows[i].targets == NULL) {
			if (r != NULL || strstr(err.text, rows[i].why) == NULL)
				fail_msg("row %zu: %s %s", i, t->s, err.text);
		} else if (strcmp(t->s, rows[i].targets) != 0) {
			fail_msg("row %zu: %s %s", i, t->s, err.text);
		}
	}
	mem_free(ctx);
}

/* ---- DKIM ---- */

static char *
tag(const void *ctx, const char *field, const char *name)
{
	char *mark = mem_printf(ctx, " %s=", name), *value, *to;
	const char *at = strstr(field, mark);

	if (at == NULL) {
		mark = mem_printf(ctx, "\t%s=", name);
		at = strstr(field, mark);
	}
	assert_non_null(at);
	at += strlen(mark);
	value = to = mem_strndup(ctx, at, strcspn(at, ";"));
	for (const char *c = value; *c != '\0'; c++)
		if (strchr(" \t\r\n", *c) == NULL)
			*to++ = *c;
	*to = '\0';
	return value;
}

static size_t
base64_decode(const char *s, unsigned char *out)
{
	int n = EVP_DecodeBlock(out, (const unsigned char *)s, (int)strlen(s));

	for (size_t i = strlen(s); i > 0 && s[i - 1] == '='; i--)
		n--;
	return (size_t)n;
}

/* Does the signature fit these canonical octets, written here by hand? */
static void
expect_signature(const void *ctx, const char *field, const char *canonical, EVP_PKEY *key)
{
	unsigned char signature[512];
	size_t n = base64_decode(tag(ctx, field, "b"), signature);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
		EVP_DigestVerify(md, signature, n, (const unsigned char *)canonical, strlen(canonical)), 1);
	EVP_MD_CTX_free(md);
}

static void
test_dkim(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct dkim_identity who = { "r1.example", "tls", key };
	struct err err = ERR_INIT;
	static const char message[] = "X-First:  <a@r1.example>\r\n"
				      "X-Other: not signed\r\n"
				      "Subject: one\r\n\ttwo  three \r\n"
				      "To:<b@example.com>\r\n"
				      "\r\n"
				      " a \t b \r\n\r\nc\r\n\r\n\r\n";
	char *field = dkim_sign(ctx, message, sizeof message - 1, &who, 1772323200, &err), *unsigned_field;
	/* RFC 6376 3.4.5: the example's body gives " a b\r\n\r\nc\r\n"; its hash by sha256sum. */
	unsigned char hash[64], expected[32];
	static const char body[] = " a b\r\n\r\nc\r\n";
	unsigned n = 0;

	assert_non_null(field);
	assert_string_equal(tag(ctx, field, "a"), "rsa-sha256");
	assert_string_equal(tag(ctx, field, "c"), "relaxed/relaxed");
	assert_string_equal(tag(ctx, field, "d"), "r1.example");
	assert_string_equal(tag(ctx, field, "s"), "tls");
	assert_string_equal(tag(ctx, field, "t"), "1772323200");
	assert_string_equal(tag(ctx, field, "h"), "To:Subject");
	EVP_Digest(body, sizeof body - 1, expected, &n, EVP_sha256(), NULL);
	assert_int_equal(base64_decode(tag(ctx, field, "bh"), hash), 32);
	assert_memory_equal(hash, expected, 32);
	unsigned_field = mem_printf(ctx,
		"to:<b@example.com>\r\nsubject:one two three\r\n"
		"dkim-signature:v=1; a=rsa-sha256; c=relaxed/relaxed; d=r1.example; s=tls; t=1772323200; "
		"h=To:Subject; bh=%s; b=",
		tag(ctx, field, "bh"));
	expect_signature(ctx, field, unsigned_field, key);
	/* The hash of no body at all is the one of RFC 6376's errata and every verifier's test. */
	field = dkim_sign(ctx, "From: x\r\n\r\n", 11, &who, 1, &err);
	assert_string_equal(tag(ctx, field, "bh"), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	for (const char *line = field; line != NULL && *line != '\0';) {
		const char *end = strstr(line, "\r\n");

		assert_non_null(end);
		assert_in_range(end - line, 1, 90);
		line = end + 2;
	}
	EVP_PKEY_free(key);
	mem_free(ctx);
}

static void
test_keys(void **state)
{
	struct err err = ERR_INIT;
	BIO *out = BIO_new(BIO_s_mem());
	EVP_PKEY *ec = EVP_EC_gen("P-256"), *small = EVP_RSA_gen(512), *good = EVP_RSA_gen(1024), *read;
	EVP_PKEY *const keys[] = { ec, small, good };
	char *pem;
	long n;

	assert_null(dkim_key("nonsense", 8, &err));
	for (size_t i = 0; i < 3; i++) {
		if (keys[i] == NULL)
			continue; /* OpenSSL makes none so small */
		BIO_reset(out);
		PEM_write_bio_PrivateKey(out, keys[i], NULL, NULL, 0, NULL, NULL);
		n = BIO_get_mem_data(out, &pem);
		read = dkim_key(pem, (size_t)n, &err);
		assert_int_equal(read != NULL, keys[i] == good);
		EVP_PKEY_free(read);
	}
	BIO_free(out);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(small);
	EVP_PKEY_free(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rua),
		cmocka_unit_test(test_dkim),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
