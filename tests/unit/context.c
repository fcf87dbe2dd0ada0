/* Contexts: what is laid down is taken up once, by name or pattern, and outlives the daemon. */
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

#include "applets/context.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/text.h"

struct world {
	char dir[32];
	struct engine *engine;
	struct text log, seen;
};

static void
keep_line(void *arg, const struct log_entry *e)
{
	struct world *w = arg;

	text_add(&w->log, e->text);
	text_addc(&w->log, '\n');
}

/* An engine of the parts that contexts need; a second one on the same directory is a restart. */
static void
begin(struct world *w)
{
	struct engine *e = mem_new(NULL, struct engine);

	w->engine = e;
	e->clock = clock_new_virtual(e, INT64_C(1772323200) * USEC_PER_SEC);
	e->loop = loop_new(e, e->clock);
	e->redact = redact_new(e);
	e->log = log_new(e, e->clock, e->redact);
	e->state_dir = mem_strdup(e, w->dir);
	text_init(&w->log, e);
	text_init(&w->seen, e);
	log_sink(e, e->log, keep_line, w);
	e->contexts = contexts_new(e, e);
}

static void
restart(struct world *w)
{
	mem_free(w->engine);
	begin(w);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	strcpy(w->dir, "/tmp/context-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	begin(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char path[64];

	mem_free(w->engine);
	snprintf(path, sizeof path, "%s/contexts.json", w->dir);
	unlink(path);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void
save(struct world *w, const char *key, const char *name, const char *value)
{
	assert_true(context_save(w->engine->contexts, key, name, value, strlen(value), NULL));
}

static void
see(void *arg, const char *name, const char *value, size_t n)
{
	struct world *w = arg;

	text_printf(&w->seen, "%s=", name);
	text_addn(&w->seen, value, n);
	text_addc(&w->seen, ';');
}

static void
expect_taken(struct world *w, const char *key, const char *pattern, const char *want)
{
	text_clear(&w->seen);
	context_take(w->engine->contexts, key, pattern, see, w);
	assert_string_equal(w->seen.s, want);
}

static void
what_is_taken_is_gone(void **state)
{
	struct world *w = *state;

	save(w, "k", "b", "1");
	save(w, "k", "a", "2");
	save(w, "other", "a", "3");
	save(w, "k", "b", "4");
	expect_taken(w, "k", "[ab]", "a=2;b=4;");
	expect_taken(w, "k", "*", "");
	expect_taken(w, "nowhere", "*", "");
	expect_taken(w, "other", "a", "a=3;");
}

static void
a_name_takes_only_itself(void **state)
{
	struct world *w = *state;

	save(w, "k", "ab", "1");
	save(w, "k", "a", "2");
	expect_taken(w, "k", "a", "a=2;");
	expect_taken(w, "k", "*", "ab=1;");
}

static void
contexts_outlive_the_daemon(void **state)
{
	struct world *w = *state;
	struct stat st;
	char path[64];

	save(w, "k", "text", "Grün \"x\"\n");
	assert_true(context_save(w->engine->contexts, "k", "octets", "\xff\0\x80z", 4, NULL));
	save(w, "k\xe9y", "n", "7");
	loop_advance(w->engine->loop, 2 * USEC_PER_SEC); /* the batch is written by a worker */
	save(w, "k", "late", "8");                       /* and this at the end */
	restart(w);
	snprintf(path, sizeof path, "%s/contexts.json", w->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect_taken(w, "k", "text", "text=Grün \"x\"\n;");
	expect_taken(w, "k\xe9y", "*", "n=7;");
	expect_taken(w, "k", "late", "late=8;");
	text_clear(&w->seen);
	assert_int_equal(context_take(w->engine->contexts, "k", "octets", see, w), 1);
	assert_memory_equal(w->seen.s, "octets=\xff\0\x80z", 11);
	restart(w);
	expect_taken(w, "k", "*", "");
	assert_int_equal(w->log.len, 0);
}

static void
a_spoilt_file_is_told(void **state)
{
	struct world *w = *state;
	char path[64];

	snprintf(path, sizeof path, "%s/contexts.json", w->dir);
	assert_true(path_write_file(path, "{\"version\":1,\"con", 17, 0600, NULL));
	restart(w);
	assert_non_null(strstr(w->log.s, "%HA_EM-4-FMPD_CONTEXT_FILE: Saved contexts in"));
	assert_non_null(strstr(w->log.s, "contexts.json.damaged-"));
	*(strrchr(w->log.s, '\n') != NULL ? strrchr(w->log.s, '\n') : w->log.s + w->log.len) = '\0';
	assert_int_equal(access(strstr(w->log.s, "set aside as ") + strlen("set aside as "), F_OK), 0);
	save(w, "k", "a", "1");
	restart(w);
	assert_int_equal(w->log.len, 0);
	expect_taken(w, "k", "a", "a=1;");
}

static void
contexts_are_bounded(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	size_t n = CONTEXT_BYTES_MAX / 2;
	char *much = calloc(1, n);

	assert_true(context_save(w->engine->contexts, "k", "a", much, n, &err));
	assert_false(context_save(w->engine->contexts, "k", "b", much, n, &err));
	assert_int_equal(err.code, ERR_RANGE);
	assert_int_equal(context_take(w->engine->contexts, "k", "a", see, w), 1);
	assert_true(context_save(w->engine->contexts, "k", "b", much, n, &err));
	free(much);
	assert_int_equal(context_take(w->engine->contexts, "k", "b", see, w), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_taken_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_takes_only_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(contexts_outlive_the_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(a_spoilt_file_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(contexts_are_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
