/* The server string: every row of the table in mail-security section 2.3, and the mask. */
#include "actions/mail/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"

struct row {
	int number; /* of mail-security 2.3; 0 = ours */
	const char *string, *user, *password, *host;
	unsigned port;
	const char *error; /* class, or NULL */
};

#define ERR(c) NULL, NULL, NULL, 0, c

/* Rows 61 and 62 are about variables in an applet, 64 is made below. */
static const struct row rows[] = {
	{ 1, "smtp.gmail.com", NULL, NULL, "smtp.gmail.com", 0, NULL },
	{ 2, "alice:secret@smtp.gmail.com", "alice", "secret", "smtp.gmail.com", 0, NULL },
	{ 3, "email.relay@My.Domain.Name:MyPasswordString@smtp-relay.gmail.com", "email.relay@My.Domain.Name",
		"MyPasswordString", "smtp-relay.gmail.com", 0, NULL },
	{ 4, "a@b:c@d@host", "a@b", "c@d", "host", 0, NULL },
	{ 5, "user:p@ss@host", "user", "p@ss", "host", 0, NULL },
	{ 6, "user:p:a:s@host", "user", "p:a:s", "host", 0, NULL },
	{ 7, "user:@@@host", "user", "@@", "host", 0, NULL },
	{ 8, "user::@host", "user", ":", "host", 0, NULL },
	{ 9, "user:@:@@host", "user", "@:@", "host", 0, NULL },
	{ 10, "user@host", "user", NULL, "host", 0, NULL },
	{ 11, "user@dom.ain@host", "user@dom.ain", NULL, "host", 0, NULL },
	{ 12, "@host", ERR("EMPTY_USER") },
	{ 13, ":pw@host", ERR("EMPTY_USER") },
	{ 14, "user:@host", ERR("EMPTY_PASSWORD") },
	{ 15, "user:pw@", ERR("EMPTY_HOST") },
	{ 16, "", ERR("EMPTY") },
	{ 17, "@", ERR("EMPTY_HOST") },
	{ 18, ":@", ERR("EMPTY_HOST") },
	{ 19, "user:pw@host:587", "user", "pw", "host", 587, NULL },
	{ 20, "host:2525", NULL, NULL, "host", 2525, NULL },
	{ 21, "user:pw@host:0", ERR("BAD_PORT") },
	{ 22, "user:pw@host:65536", ERR("BAD_PORT") },
	{ 23, "user:pw@host:", ERR("BAD_PORT") },
	{ 24, "user:pw@host:smtp", ERR("BAD_PORT") },
	{ 25, "user:pw@192.0.2.7", "user", "pw", "192.0.2.7", 0, NULL },
	{ 26, "user:pw@192.0.2.7:465", "user", "pw", "192.0.2.7", 465, NULL },
	{ 27, "user:pw@[2001:db8::25]", "user", "pw", "2001:db8::25", 0, NULL },
	{ 28, "user:pw@[2001:db8::25]:587", "user", "pw", "2001:db8::25", 587, NULL },
	{ 29, "user:pw@2001:db8::25", "user", "pw", "2001:db8::25", 0, NULL },
	{ 30, "2001:db8::25", NULL, NULL, "2001:db8::25", 0, NULL },
	{ 31, "[fe80::1%eth0]:25", NULL, NULL, "fe80::1%eth0", 25, NULL },
	{ 32, "user:pw@[2001:db8::25", ERR("BAD_HOST") },
	{ 33, "user:pw@[not-v6]", ERR("BAD_HOST") },
	{ 34, "user:pw@300.1.2.3", ERR("BAD_HOST") },
	{ 35, "user%40dom:pw@host", "user%40dom", "pw", "host", 0, NULL },
	{ 36, "user:50%off@host", "user", "50%off", "host", 0, NULL },
	{ 37, "user:a%3Ab@host", "user", "a%3Ab", "host", 0, NULL },
	{ 38, "us er:pass word@host", "us er", "pass word", "host", 0, NULL },
	{ 39, "  user:pw@host  ", "user", "pw", "host", 0, NULL },
	{ 40, "user: pw @host", "user", " pw ", "host", 0, NULL },
	{ 41, "user:pw@ho st", ERR("BAD_HOST") },
	{ 42, "user:pw@host\n", ERR("CONTROL_CHARACTER") },
	{ 43, "user:p\tw@host", ERR("CONTROL_CHARACTER") },
	{ 44, "\"user\":\"pw\"@host", "\"user\"", "\"pw\"", "host", 0, NULL },
	{ 45, "user:p\"w@host", "user", "p\"w", "host", 0, NULL },
	{ 46, "user:p\\w@host", "user", "p\\w", "host", 0, NULL },
	{ 47, "söle:pässwörd@host", "söle", "pässwörd", "host", 0, NULL },
	{ 48, "user:☃@host", "user", "☃", "host", 0, NULL },
	{ 49, "user:pw@bücher.example", "user", "pw", "xn--bcher-kva.example", 0, NULL },
	{ 50, "user:pw@faß.example", "user", "pw", "xn--fa-hia.example", 0, NULL },
	{ 51, "user:\xE9@host", ERR("BAD_UTF8") },
	{ 52, "DOMAIN\\user:pw@host", "DOMAIN\\user", "pw", "host", 0, NULL },
	{ 53, "user/x+tag=1:pw@host", "user/x+tag=1", "pw", "host", 0, NULL },
	{ 54, "smtp://user:pw@host", "smtp", "//user:pw", "host", 0, NULL },
	{ 55, "user:pw@host/path", ERR("BAD_HOST") },
	{ 56, "user:pw@host.", "user", "pw", "host", 0, NULL },
	{ 57, "user:pw@-host", ERR("BAD_HOST") },
	{ 58, "user:pw@a..b", ERR("BAD_HOST") },
	{ 59, "USEDNS", NULL, NULL, "USEDNS", 0, NULL },
	{ 60, "user:pw@USEDNS", ERR("BAD_HOST") },
	{ 63, "user:pw@host1 host2", ERR("BAD_HOST") },
	{ 0, " \t ", ERR("EMPTY") },
	{ 0, "usedns", NULL, NULL, "usedns", 0, NULL },
	{ 0, "USEDNS:25", ERR("BAD_HOST") },
	{ 0, "mail_relay.example", NULL, NULL, "mail_relay.example", 0, NULL },
	{ 0, "0x7f000001", ERR("BAD_HOST") },
	{ 0, "127.1", ERR("BAD_HOST") },
	{ 0, "host:00025", NULL, NULL, "host", 25, NULL },
	{ 0, "host:+25", ERR("BAD_PORT") },
	{ 0, "host: 25", ERR("BAD_PORT") },
	{ 0, "host:4294967321", ERR("BAD_PORT") },
	{ 0, "[2001:db8::25]25", ERR("BAD_HOST") },
	{ 0, "[fe80::1%]:25", ERR("BAD_HOST") },
	{ 0, "xn--\x61.example", ERR("BAD_HOST") },
	{ 0, "１２７.0.0.1", ERR("BAD_HOST") },
	{ 0, ":25", ERR("EMPTY_HOST") },
	{ 0, "user:p\x7fw@host", ERR("CONTROL_CHARACTER") },
};

static void
same(int number, const char *string, const char *what, const char *got, const char *want)
{
	if (got == NULL && want == NULL)
		return;
	if (got == NULL || want == NULL || strcmp(got, want) != 0)
		fail_msg("row %d '%s': %s is '%s', not '%s'", number, string, what, got ? got : "-",
			want ? want : "-");
}

static void
rows_parse_as_the_table_says(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct err err = ERR_INIT;
		struct mail_server *srv = mail_server_parse(NULL, r->string, strlen(r->string), &err);

		same(r->number, r->string, "error", srv == NULL ? err.class : NULL, r->error);
		if (srv == NULL)
			continue;
		same(r->number, r->string, "user", srv->user, r->user);
		same(r->number, r->string, "password", srv->password, r->password);
		same(r->number, r->string, "host", srv->host, r->host);
		assert_int_equal(srv->port, r->port);
		mem_free(srv);
	}
}

static void
lengths_are_bounded(void **state)
{
	static const struct {
		size_t user, password, host;
		const char *error;
	} cases[] = {
		{ 1024, 1024, 10, NULL },
		{ 1100, 2, 4, "TOO_LONG" },
		{ 4, 1025, 4, "TOO_LONG" },
		{ 4, 4, 253, NULL },
		{ 4, 4, 254, "TOO_LONG" },
		{ 4, 4, 5000, "TOO_LONG" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *s = mem_alloc(NULL, 8000), *p = s;
		struct err err = ERR_INIT;
		struct mail_server *srv;

		p = (char *)memset(p, 'u', cases[i].user) + cases[i].user;
		*p++ = ':';
		p = (char *)memset(p, 'p', cases[i].password) + cases[i].password;
		*p++ = '@';
		for (size_t k = 1; k <= cases[i].host; k++)
			*p++ = k % 50 == 0 ? '.' : 'h';
		if (p[-1] == '.')
			p[-1] = 'h';
		srv = mail_server_parse(s, s, strlen(s), &err);
		same((int)i, "long", "error", srv == NULL ? err.class : NULL, cases[i].error);
		mem_free(s);
	}
}

static void
a_url_is_warned_of(void **state)
{
	struct mail_server *srv = mail_server_parse(NULL, "smtp://user:pw@host", 19, NULL);

	assert_string_equal(srv->warning, "looks like a URL");
	mem_free(srv);
	srv = mail_server_parse(NULL, "user:pw@host", 12, NULL);
	assert_null(srv->warning);
	mem_free(srv);
}

static void
words_inside_the_quotes_are_named(void **state)
{
	static const char quoted[] = "localhost credential NOC", other[] = "local host";
	struct err err = ERR_INIT;

	assert_null(mail_server_parse(NULL, quoted, strlen(quoted), &err));
	assert_string_equal(err.class, "BAD_HOST");
	assert_non_null(strstr(err.text, "inside the quotes"));
	assert_non_null(strstr(err.hint, "close the quotes"));
	assert_null(mail_server_parse(NULL, other, strlen(other), &err));
	assert_string_equal(err.hint, "");
}

static void
a_unicode_host_is_kept_beside_its_a_label(void **state)
{
	const char *s = "bücher.example";
	struct mail_server *srv = mail_server_parse(NULL, s, strlen(s), NULL);

	assert_string_equal(srv->unicode, "bücher.example");
	assert_string_equal(srv->host, "xn--bcher-kva.example");
	mem_free(srv);
}

static void
masks_hide_every_password(void **state)
{
	static const struct {
		const char *string, *masked;
	} cases[] = {
		{ "user:hunter2@host:587", "user:********@host:587" },
		{ "a@b:c@d@host", "a@b:********@host" },
		{ "user@host", "user@host" },
		{ "smtp.gmail.com", "smtp.gmail.com" },
		{ "host:2525", "host:2525" },
		{ "2001:db8::25", "2001:db8::25" },
		{ "user:hunter2@ho st", "user:********@ho st" },
		{ "bob:hunter2", "bob:********" },
		{ "user:hun\nter2@host\x1b[2J", "user:********@host\\x1B[2J" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *masked = mail_server_mask(NULL, cases[i].string, strlen(cases[i].string));

		assert_string_equal(masked, cases[i].masked);
		mem_free(masked);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_parse_as_the_table_says),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(a_url_is_warned_of),
		cmocka_unit_test(words_inside_the_quotes_are_named),
		cmocka_unit_test(a_unicode_host_is_kept_beside_its_a_label),
		cmocka_unit_test(masks_hide_every_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
