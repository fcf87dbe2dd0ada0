/* MTA-STS records and policies: what is one, what is none, and which hosts fit (RFC 8461 3.1, 3.2, 4.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "actions/mail/sts/policy.h"
#include "core/mem.h"
#include "core/text.h"

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"

static void
test_records(void **state)
{
	/* Up to two records; the id, or NULL and a part of the sentence. */
	static const struct {
		const char *texts[3], *id, *why;
	} rows[] = {
		{ { "v=STSv1; id=12345678598Z;" }, "12345678598Z", NULL }, /* seed 003 */
		{ { "v=STSv1; id=20160831085700Z" }, "20160831085700Z", NULL },
		{ { "v=STSv1;id=a" }, "a", NULL },
		{ { "v=STSv1 ; \tid = a ; " }, "a", NULL },
		{ { "v=STSv1; x=y; id=a; z=1" }, "a", NULL },
		{ { "v=STSv1; junk; id=a" }, "a", NULL },
		{ { "v=STSv1; id=" ID32 }, ID32, NULL },
		{ { "v=spf1 -all", "v=STSv1; id=a" }, "a", NULL },
		{ { "v=STSv10; id=b", "v=STSv1; id=a" }, "a", NULL },
		{ { 0 }, NULL, "no v=STSv1 record" },
		{ { "" }, NULL, "no v=STSv1 record" },
		{ { "v=spf1 -all" }, NULL, "no v=STSv1 record" },
		{ { "v=stsv1; id=a" }, NULL, "no v=STSv1 record" },
		{ { "V=STSv1; id=a" }, NULL, "no v=STSv1 record" },
		{ { " v=STSv1; id=a" }, NULL, "no v=STSv1 record" },
		{ { "id=a; v=STSv1" }, NULL, "no v=STSv1 record" },
		{ { "v=STSv1" }, NULL, "no v=STSv1 record" },
		{ { "v=STSv1 id=a" }, NULL, "no v=STSv1 record" },
		{ { "v=STSv1; id=a", "v=STSv1; id=a" }, NULL, "more than one" },
		{ { "v=STSv1; id=a", "v=STSv1;" }, NULL, "more than one" },
		{ { "v=STSv1;" }, NULL, "no id" },
		{ { "v=STSv1; ID=a" }, NULL, "no id" },
		{ { "v=STSv1; id=" }, NULL, "1 to 32" },
		{ { "v=STSv1; id=" ID32 "6" }, NULL, "1 to 32" },
		{ { "v=STSv1; id=a-b" }, NULL, "1 to 32" },
		{ { "v=STSv1; id=\xc3\xa4" }, NULL, "1 to 32" },
		{ { "v=STSv1; id=a; id=b" }, NULL, "two ids" },
	};
	void *ctx = mem_ctx(NULL, "test");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		size_t n = 0;
		const char *id;

		while (n < 3 && rows[i].texts[n] != NULL)
			n++;
		id = sts_record_id(ctx, rows[i].texts, n, &err);
		if (rows[i].id != NULL) {
			assert_non_null(id);
			assert_string_equal(id, rows[i].id);
		} else {
			assert_null(id);
			if (strstr(err.text, rows[i].why) == NULL)
				fail_msg("row %zu: %s", i, err.text);
		}
	}
	mem_free(ctx);
}

#define TAIL "mode: enforce\nmx: a.example\nmax_age: 1\n"

static void
test_policies(void **state)
{
	/* The policy written in one line (mode max_age mx...), or a part of the sentence. */
	static const struct {
		const char *text, *read, *why;
	} rows[] = {
		{ "version: STSv1\nmode: enforce\nmx: *.mail123.domain.com\nmax_age: 604800\n",
			"enforce 604800 *.mail123.domain.com", NULL }, /* seed 003 */
		{ "version: STSv1\r\nmode: testing\r\nmx: A.Example\r\nmx: b.example.\r\nmax_age: 0",
			"testing 0 a.example b.example", NULL },
		{ "version: STSv1\nmode: none\nmax_age: 86400\n", "none 86400", NULL },
		{ "max_age: 1\nmx: a.example\nmode: enforce\nversion: STSv1\n", "enforce 1 a.example", NULL },
		{ "version:STSv1\n\tmode\t:  enforce \t\n\n  \nmx:a.example\nmax_age:1\n",
			"enforce 1 a.example", NULL },
		{ "version: STSv1\nfuture: x:y\n" TAIL, "enforce 1 a.example", NULL },
		{ "version: STSv1\nversion: STSv2\nmode: testing\n" TAIL "max_age: 7\n",
			"testing 1 a.example", NULL },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 31557601\n",
			"enforce 31557600 a.example", NULL },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 9999999999\n",
			"enforce 31557600 a.example", NULL },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 0000000007\n",
			"enforce 7 a.example", NULL },
		{ "version: STSv1\nx-note: gr\xc3\xbc\xc3\x9f"
		  "e\n" TAIL,
			"enforce 1 a.example", NULL },
		{ "", NULL, "no version" },
		{ TAIL, NULL, "no version" },
		{ "version: STSv2\n" TAIL, NULL, "line 1: version is not STSv1" },
		{ "version: stsv1\n" TAIL, NULL, "version is not STSv1" },
		{ "version: STSv1\nmx: a.example\nmax_age: 1\n", NULL, "no mode" },
		{ "version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n", NULL,
			"line 2: mode is none" },
		{ "version: STSv1\nmode: enforce\nmax_age: 1\n", NULL, "no mx" },
		{ "version: STSv1\nmode: enforce\nmx: a.example\n", NULL, "no max_age" },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 12345678901\n", NULL, "max_age" },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1\n", NULL, "max_age" },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1 day\n", NULL, "max_age" },
		{ "version: STSv1\nmode: enforce\nmx: a.example\nmax_age:\n", NULL, "max_age" },
		{ "version: STSv1\n" TAIL "mx:\n", NULL, "line 5: mx is neither" },
		{ "version: STSv1\n" TAIL "mx: *\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: *.\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: a.*.example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: *.*.example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: .example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: a..example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: -a.example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: a-.example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: a example\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "mx: b\xc3\xbc"
		  "cher.example\n",
			NULL, "mx is neither" },
		{ "version: STSv1\nmode: none\nmax_age: 1\nmx: !\n", NULL, "mx is neither" },
		{ "version: STSv1\n" TAIL "nonsense\n", NULL, "not \"key: value\"" },
		{ "version: STSv1\n" TAIL ": x\n", NULL, "key is not" },
		{ "version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 1\r", NULL, "control character" },
		{ "version: STSv1\r\n" TAIL "mx: b.example\r", NULL, "control character" },
		{ "<html><body>404</body></html>\n", NULL, "not \"key: value\"" },
	};
	void *ctx = mem_ctx(NULL, "test");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = ERR_INIT;
		struct sts_policy *p = sts_policy_parse(ctx, rows[i].text, strlen(rows[i].text), &err);
		struct text *t = text_new(ctx);

		if (rows[i].why != NULL) {
			if (p != NULL || strstr(err.text, rows[i].why) == NULL)
				fail_msg("row %zu: %s", i, err.text);
			continue;
		}
		if (p == NULL)
			fail_msg("row %zu: %s", i, err.text);
		text_printf(t, "%s %u", sts_mode_name(p->mode), p->max_age);
		for (size_t j = 0; j < p->mx_count; j++)
			text_printf(t, " %s", p->mx[j]);
		assert_string_equal(t->s, rows[i].read);
		assert_string_equal(p->text, rows[i].text);
	}
	/* A NUL is a control character, too; a label of 64, a name of 254. */
	{
		static const char nul[] = "version: STSv1\n" TAIL "x: a\0b\n";
		char *label = mem_printf(ctx, "version: STSv1\n" TAIL "mx: %064d.example\n", 0);
		char *name = mem_printf(
			ctx, "version: STSv1\n" TAIL "mx: %050d.%050d.%050d.%050d.%050d\n", 0, 0, 0, 0, 0);

		assert_null(sts_policy_parse(ctx, nul, sizeof nul - 1, NULL));
		assert_null(sts_policy_parse(ctx, label, strlen(label), NULL));
		assert_null(sts_policy_parse(ctx, name, strlen(name), NULL));
	}
	mem_free(ctx);
}

static void
test_matching(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool fits;
	} rows[] = {
		{ "mail.example.com", "mail.example.com", true },
		{ "mail.example.com", "MAIL.Example.COM.", true },
		{ "mail.example.com.", "mail.example.com", true },
		{ "mail.example.com", "mail2.example.com", false },
		{ "mail.example.com", "a.mail.example.com", false },
		{ "mail.example.com", "example.com", false },
		{ "*.example.com", "mail.example.com", true },
		{ "*.Example.com", "mail.example.com.", true },
		{ "*.example.com", "a.mail.example.com", false }, /* exactly one label */
		{ "*.example.com", "example.com", false },
		{ "*.example.com", ".example.com", false },
		{ "*.example.com", "mailexample.com", false },
		{ "*.example.com", "mail.example.com.evil.net", false },
		{ "*.example.com", "", false },
		{ "example.com", "", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = mem_printf(
			NULL, "version: STSv1\nmode: enforce\nmx: %s\nmax_age: 1\n", rows[i].pattern);
		struct sts_policy *p = sts_policy_parse(NULL, text, strlen(text), NULL);

		assert_non_null(p);
		if (sts_policy_matches(p, rows[i].host) != rows[i].fits)
			fail_msg("%s against %s", rows[i].host, rows[i].pattern);
		mem_free(p);
		mem_free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_matching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
