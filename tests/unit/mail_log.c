/* The delivery log: the form of its lines, levels, what is made safe, and the file that rotates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/mail/maillog.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/text.h"
#include "tests/lib/virtual.h"

struct seen {
	size_t n;
	char last[600];
	struct maillog_entry entry;
};

static void
see(void *arg, const struct maillog_entry *e)
{
	struct seen *s = arg;

	s->n++;
	s->entry = *e;
	snprintf(s->last, sizeof s->last, "%s", e->line);
}

static struct seen
look(const struct engine *e)
{
	struct seen s = { 0 };

	maillog_each(e->maillog, see, &s);
	return s;
}

static void
test_line(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct seen s;

	setenv("TZ", "UTC", 1);
	maillog_add(e, MAILLOG_INFO, "MID %d queued for delivery", 7);
	s = look(e);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.last, "Sun Mar  1 00:00:00 2026 Info: MID 7 queued for delivery");
	assert_string_equal(s.entry.text, "MID 7 queued for delivery");
	/* Thu Sep 26 15:23:39 2024, as the seed writes it; local time. */
	setenv("TZ", "JST-9", 1);
	tzset();
	maillog_add_at(e, MAILLOG_WARNING, INT64_C(1727331819) * USEC_PER_SEC, "x");
	assert_string_equal(look(e).last, "Thu Sep 26 15:23:39 2024 Warning: x");
	mem_free(ctx);
}

static void
test_levels(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);

	assert_false(maillog_wants(e, MAILLOG_DEBUG));
	maillog_add(e, MAILLOG_DEBUG, "no");
	assert_int_equal(look(e).n, 0);
	maillog_set_level(e->maillog, MAILLOG_DEBUG);
	maillog_add(e, MAILLOG_DEBUG, "yes");
	assert_int_equal(look(e).n, 1);
	maillog_set_level(e->maillog, MAILLOG_WARNING);
	maillog_add(e, MAILLOG_INFO, "no");
	maillog_add(e, MAILLOG_CRITICAL, "yes");
	assert_int_equal(look(e).n, 2);
	assert_int_equal(maillog_next_dcid(e), 1);
	assert_int_equal(maillog_next_dcid(e), 2);
	mem_free(ctx);
}

static void
test_foreign_text_and_secrets(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	const char *text;

	redact_learn(e->redact, "hunter22");
	maillog_add(e, MAILLOG_INFO, "reply: 250 \x1b[31mred\r\nFri Info: forged hunter22");
	text = look(e).entry.text;
	assert_null(strpbrk(text, "\r\n\x1b"));
	assert_non_null(strstr(text, "\\x1B[31mred"));
	assert_non_null(strstr(text, "forged ********"));
	mem_free(ctx);
}

static void
test_ring_is_bounded(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct seen s;

	for (int i = 0; i < 40000; i++)
		maillog_add(e, MAILLOG_INFO, "line %d", i);
	s = look(e);
	assert_in_range(s.n, 10000, 39999);
	assert_string_equal(s.entry.text, "line 39999");
	mem_free(ctx);
}

static char *
contents(const void *ctx, const char *dir, const char *name)
{
	return path_read_file(ctx, mem_printf(ctx, "%s/%s", dir, name), 1 << 20, NULL, NULL);
}

static void
test_file_rotates(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char dir[] = "/tmp/eventd-maillog-XXXXXX";
	struct err err = ERR_INIT;
	struct setup setup = { .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1 };
	static const char *const names[] = { "log", "log.1", "log.2", "log.3", "mail_logs", "machine-key" };
	struct engine *e;
	char *newest, *older;

	assert_non_null(mkdtemp(dir));
	setup.state_dir = dir;
	e = engine_new(ctx, &setup, &err);
	assert_non_null(e);
	maillog_set_file(e->maillog, "log", 1024, 2);
	for (int i = 0; i < 100; i++) {
		maillog_add(e, MAILLOG_INFO, "number %03d", i);
		if (i % 10 == 0)
			virtual_advance(e, USEC_PER_SEC); /* the worker writes what there is */
	}
	mem_free(e); /* and the rest is written at the end */
	newest = contents(ctx, dir, "log");
	older = contents(ctx, dir, "log.1");
	assert_non_null(newest);
	assert_non_null(older);
	assert_non_null(strstr(newest, "number 099\n"));
	assert_true(strlen(newest) <= 1024);
	assert_true(strlen(older) <= 1024);
	/* No line is torn, none is missing between the two. */
	assert_int_equal(older[strlen(older) - 1], '\n');
	{
		int last = atoi(strrchr(older, ' ')), first = atoi(strstr(newest, "number ") + 7);

		assert_int_equal(first, last + 1);
	}
	assert_non_null(contents(ctx, dir, "log.2"));
	assert_null(contents(ctx, dir, "log.3"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(mem_printf(ctx, "%s/%s", dir, names[i]));
	assert_int_equal(rmdir(dir), 0);
	mem_free(ctx);
}

static void
take_line(void *arg, const char *line, size_t n)
{
	text_addn(arg, line, n);
	text_addc(arg, '\n');
}

static void
test_file_that_cannot_be_written(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	char dir[] = "/tmp/eventd-maillog-XXXXXX";
	struct err err = ERR_INIT;
	struct setup setup = { .clock = clock_new_virtual(ctx, VIRTUAL_START), .seed = 1 };
	struct text *log = text_new(ctx);
	struct engine *e;
	char *missing;

	assert_non_null(mkdtemp(dir));
	setup.state_dir = dir;
	e = engine_new(ctx, &setup, &err);
	missing = mem_printf(ctx, "%s/missing/log", dir);
	maillog_set_file(e->maillog, missing, 1024, 2);
	maillog_add(e, MAILLOG_INFO, "one");
	virtual_advance(e, USEC_PER_SEC);
	maillog_add(e, MAILLOG_INFO, "two");
	virtual_advance(e, USEC_PER_SEC);
	log_each(e->log, take_line, log);
	assert_non_null(strstr(log->s, "%HA_EM-4-MAIL_LOG: "));
	assert_null(strstr(strstr(log->s, "cannot be written") + 1, "cannot be written")); /* said once */
	assert_string_equal(look(e).entry.text, "two");
	/* There is room again: what is lost is counted, and the next line is there. */
	assert_true(path_make_dir(mem_printf(ctx, "%s/missing", dir), 0700, &err));
	maillog_add(e, MAILLOG_INFO, "three");
	virtual_advance(e, USEC_PER_SEC);
	text_clear(log);
	log_each(e->log, take_line, log);
	assert_non_null(strstr(log->s, "is written again; lines lost: 4"));
	assert_non_null(strstr(path_read_file(ctx, missing, 4096, NULL, NULL), "Info: three\n"));
	mem_free(e);
	unlink(missing);
	rmdir(mem_printf(ctx, "%s/missing", dir));
	unlink(mem_printf(ctx, "%s/mail_logs", dir));
	unlink(mem_printf(ctx, "%s/machine-key", dir));
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_foreign_text_and_secrets),
		cmocka_unit_test(test_ring_is_bounded),
		cmocka_unit_test(test_file_rotates),
		cmocka_unit_test(test_file_that_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
