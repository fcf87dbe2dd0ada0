/* Applets from configuration to runs, on a virtual clock: order, blocks, variables, waits, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/history.h"
#include "core/text.h"
#include "detect/detector.h"
#include "sched/manual.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "virtual.h"

struct world {
	struct engine *engine;
	void *sinks;
	struct text log; /* every message, "%..." and a newline */
};

static void
keep_message(void *arg, const struct log_entry *e)
{
	struct world *w = arg;

	text_add(&w->log, e->text);
	text_addc(&w->log, '\n');
}

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->engine = virtual_engine(w);
	text_init(&w->log, w);
	w->sinks = mem_ctx(w, "sinks");
	log_sink(w->sinks, w->engine->log, keep_message, w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	mem_free(w->sinks);
	mem_free(w->engine);
	mem_free(w);
	return 0;
}

static void
show_finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	fprintf(stderr, "%s:%d: %s (%s)\n", file, err->line, err->text, err->hint);
}

static void
configure(struct world *w, const char *text)
{
	struct err err = ERR_INIT;

	assert_true(conf_load(w->engine->conf, "test", text, false, true, show_finding, NULL, &err));
	loop_settle(w->engine->loop);
}

static struct run *
run(struct world *w, const char *name)
{
	struct err err = ERR_INIT;
	struct run *r = manual_run(w->engine, &(struct manual_want){ .name = name }, &err);

	loop_settle(w->engine->loop);
	return r;
}

static void
expect_log(struct world *w, const char *expected)
{
	assert_string_equal(w->log.s, expected);
	text_clear(&w->log);
}

static const char *
last_status(struct world *w)
{
	const struct history *h = w->engine->history;

	return history_count(h) ? history_at(h, history_count(h) - 1)->status : "none";
}

static void
labels_run_in_byte_order(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n"
		     " event none\n"
		     " action 9.0 syslog msg \"9.0\"\n"
		     " action 10.0 syslog msg \"10.0\"\n"
		     " action 2.0 syslog msg \"2.0\"\n"
		     " action 1.10 syslog msg \"1.10\"\n"
		     " action 1.2 syslog msg \"1.2\"\n"
		     " action a1 syslog msg \"a1\"\n"
		     " action B1 syslog msg \"B1\"\n"
		     " action 1.0 syslog msg \"1.0\"\n");
	run(w, "T");
	expect_log(w, "%HA_EM-6-LOG: T: 1.0\n%HA_EM-6-LOG: T: 1.10\n%HA_EM-6-LOG: T: 1.2\n"
		      "%HA_EM-6-LOG: T: 10.0\n%HA_EM-6-LOG: T: 2.0\n%HA_EM-6-LOG: T: 9.0\n"
		      "%HA_EM-6-LOG: T: B1\n%HA_EM-6-LOG: T: a1\n");
	assert_string_equal(last_status(w), "success");
}

static void
if_chain(struct world *w, const char *x, const char *expected)
{
	char text[1024];

	snprintf(text, sizeof text,
		"event manager applet T\n event none\n"
		" action 00 set x \"%s\"\n"
		" action 01 if $x eq 1\n"
		" action 02  syslog msg \"one\"\n"
		" action 03 elseif $x gt 9\n"
		" action 04  if $x eq 10\n"
		" action 05   syslog msg \"ten\"\n"
		" action 06  else\n"
		" action 07   syslog msg \"more\"\n"
		" action 08  end\n"
		" action 09 elseif $x eq word\n"
		" action 10  syslog msg \"word\"\n"
		" action 11 else\n"
		" action 12  syslog msg \"other\"\n"
		" action 13 end\n"
		" action 14 syslog msg \"end\"\n",
		x);
	configure(w, text);
	run(w, "T");
	expect_log(w, expected);
}

static void
one_branch_of_an_if_runs(void **state)
{
	struct world *w = *state;

	if_chain(w, "1", "%HA_EM-6-LOG: T: one\n%HA_EM-6-LOG: T: end\n");
	if_chain(w, " 01 ", "%HA_EM-6-LOG: T: one\n%HA_EM-6-LOG: T: end\n");
	if_chain(w, "10", "%HA_EM-6-LOG: T: ten\n%HA_EM-6-LOG: T: end\n");
	if_chain(w, "11", "%HA_EM-6-LOG: T: more\n%HA_EM-6-LOG: T: end\n");
	if_chain(w, "word", "%HA_EM-6-LOG: T: more\n%HA_EM-6-LOG: T: end\n"); /* bytes: "word" > "9" */
	if_chain(w, "2", "%HA_EM-6-LOG: T: other\n%HA_EM-6-LOG: T: end\n");
	if_chain(w, "", "%HA_EM-6-LOG: T: other\n%HA_EM-6-LOG: T: end\n");
}

static void
goto_jumps_both_ways(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none\n"
		     " action 1 set i \"0\"\n"
		     " action 2 increment i\n"
		     " action 3 if $i lt 3 goto 2\n"
		     " action 4 if $i eq 3 goto 6\n"
		     " action 5 syslog msg \"not reached\"\n"
		     " action 6 syslog msg \"i=$i\"\n");
	run(w, "T");
	expect_log(w, "%HA_EM-6-LOG: T: i=3\n");
}

static void
structure_errors_keep_an_applet_from_running(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none\n action 1 end\n");
	expect_log(w, "%HA_EM-6-FMPD_EEM_CONFIG: T: \"end\" action found outside of conditional block\n");
	configure(w, "event manager applet T\n no action 1\n action 1 else\n");
	expect_log(w, "%HA_EM-6-FMPD_EEM_CONFIG: T: \"else\" action found outside of conditional block\n");
	configure(w, "event manager applet T\n no action 1\n action 1 if 1 eq 1\n");
	expect_log(w, "%HA_EM-6-FMPD_EEM_CONFIG: T: Unmatched \"if\": missing \"end\" action\n");
	configure(w, "event manager applet T\n action 1 if 1 eq 1 goto 9\n");
	expect_log(w, "%HA_EM-6-FMPD_EEM_CONFIG: T: goto label \"9\" not found\n");
	assert_null(run(w, "T"));
	configure(w, "event manager applet T\n no event\n");
	expect_log(w, "%HA_EM-4-FMPD_NO_EVENT: No event configured for applet T\n");
	configure(w, "event manager applet T\n event none\n no action 1\n");
	expect_log(w, "%HA_EM-4-FMPD_NO_ACTION: No action configured for applet T\n");
	assert_non_null(run(w, "T"));
	assert_string_equal(last_status(w), "success");
}

static void
unknown_variables_end_a_run_unless_handled(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none\n"
		     " action 1 syslog msg \"$nowhere\"\n action 2 syslog msg \"not reached\"\n");
	run(w, "T");
	expect_log(w,
		"%HA_EM-3-FMPD_UNKNOWN_ENV: fh_parse_var: could not find environment variable: nowhere\n"
		"%HA_EM-3-FMPD_ERROR: Error executing applet T statement 1\n");
	assert_string_equal(last_status(w), "abort");

	configure(w, "event manager applet T\n"
		     " action 0 handle-error type ignore\n"
		     " action 1 set test $nowhere\n"
		     " action 2 if $_error eq FH_EMEMORY\n"
		     " action 3  syslog msg \"missing\"\n"
		     " action 4 end\n"
		     " action 5 syslog msg \"then <$_error>\"\n"
		     " action 6 handle-error type warn\n"
		     " action 7 if $nowhere eq 1\n"
		     " action 8  syslog msg \"a failed condition is false\"\n"
		     " action 9 end\n");
	run(w, "T");
	expect_log(w,
		"%HA_EM-6-LOG: T: missing\n%HA_EM-6-LOG: T: then <>\n"
		"%HA_EM-3-FMPD_UNKNOWN_ENV: fh_parse_var: could not find environment variable: nowhere\n"
		"%HA_EM-3-FMPD_ERROR: Error executing applet T statement 7\n");
	assert_string_equal(last_status(w), "success");
}

static void
environment_is_read_live_and_behind_own_variables(void **state)
{
	struct world *w = *state;

	configure(w, "event manager environment who world\n"
		     "event manager applet T\n event none\n"
		     " action 1 syslog msg \"hello $who\"\n"
		     " action 2 wait 5\n"
		     " action 3 syslog msg \"hello $who\"\n"
		     " action 4 set who \"me\"\n"
		     " action 5 syslog msg \"hello $who\"\n");
	run(w, "T");
	configure(w, "event manager environment who moon\n");
	virtual_advance(w->engine, 10 * USEC_PER_SEC);
	expect_log(
		w, "%HA_EM-6-LOG: T: hello world\n%HA_EM-6-LOG: T: hello moon\n%HA_EM-6-LOG: T: hello me\n");
}

static void
a_running_copy_does_not_notice_changes(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none\n action 1 wait 5\n action 2 syslog msg \"old\"\n");
	run(w, "T");
	configure(w, "event manager applet T\n action 2 syslog msg \"new\"\n");
	configure(w, "no event manager applet T\n");
	assert_null(policies_find(w->engine->policies, "T"));
	virtual_advance(w->engine, 10 * USEC_PER_SEC);
	expect_log(w, "%HA_EM-6-LOG: T: old\n");
}

static void
maxrun_ends_a_run_in_its_wait(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none maxrun 2.500\n action 1 wait 5\n action 2 syslog "
		     "msg \"no\"\n");
	run(w, "T");
	virtual_advance(w->engine, 2499 * USEC_PER_MSEC);
	expect_log(w, "");
	assert_int_equal(sched_active(w->engine->sched), 1);
	virtual_advance(w->engine, 10 * USEC_PER_SEC);
	expect_log(w, "%HA_EM-6-LOG: T: Process Forced Exit- MAXRUN timer expired.\n"
		      "%HA_EM-3-FMPD_ERROR: Error executing applet T statement 1\n");
	assert_int_equal(sched_active(w->engine->sched), 0);
	assert_string_equal(last_status(w), "abort");
}

static void
maxrun_ends_an_endless_loop(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none maxrun 1\n action 1 set x 1\n action 2 if 1 eq 1 "
		     "goto 1\n");
	run(w, "T");
	virtual_advance(w->engine, 3 * USEC_PER_SEC);
	assert_int_equal(sched_active(w->engine->sched), 0);
	assert_non_null(strstr(w->log.s, "MAXRUN timer expired"));
}

static void
slots_and_the_bounded_queue(void **state)
{
	struct world *w = *state;
	struct sched_stats stats;

	configure(w, "event manager scheduler applet thread class default number 2\n"
		     "event manager applet T\n event none maxrun 0\n action 1 wait 10\n");
	for (unsigned i = 0; i < 2 + SCHED_QUEUE_MAX; i++)
		assert_non_null(run(w, "T"));
	assert_null(run(w, "T"));
	sched_stats(w->engine->sched, POLICY_APPLET, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(sched_active(w->engine->sched), 2);
	assert_int_equal(sched_pending(w->engine->sched), SCHED_QUEUE_MAX);
	configure(w, "no event manager scheduler applet thread class default number 2\n");
	assert_int_equal(sched_active(w->engine->sched), 32);
	virtual_advance(w->engine, 100 * USEC_PER_SEC);
	assert_int_equal(sched_active(w->engine->sched), 0);
	assert_int_equal(sched_pending(w->engine->sched), 0);
}

static void
event_variables_are_read_only(void **state)
{
	struct world *w = *state;

	configure(w, "event manager applet T\n event none\n action 1 set _event_id \"5\"\n");
	run(w, "T");
	assert_non_null(strstr(w->log.s, "Error executing applet T statement 1"));
	text_clear(&w->log);
	configure(w, "event manager applet T\n action 1 set _mine \"$_event_type_string $_none_argc\"\n"
		     " action 2 syslog msg \"$_mine\"\n");
	run(w, "T");
	expect_log(w, "%HA_EM-6-LOG: T: none 0\n");
}

static void
an_event_survives_json(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct event *ev = event_new(w->engine, &detector_syslog, NULL, NULL);
	struct text a, b;

	ev->source = event_str(ev, "udp 192.0.2.1");
	ev->raw = event_strn(ev, "\xff\0x", 3);
	ev->raw_len = 3;
	*(const char **)ev->data = event_strn(ev, "\n%X-1-Y: \xfe z", 12);
	((size_t *)ev->data)[1] = 12;

	json_t *doc = event_to_json(ev);
	struct event *back = event_from_json(w->engine, doc, &err);
	assert_non_null(back);
	assert_int_equal(back->origin, EVENT_REPLAY);
	assert_int_equal(back->raw_len, 3);
	assert_memory_equal(back->raw, "\xff\0x", 3);
	text_init(&a, w);
	text_init(&b, w);
	assert_true(event_get(ev, "_syslog_msg", &a));
	assert_true(event_get(back, "_syslog_msg", &b));
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.s, b.s, a.len);
	json_decref(doc);
	event_unref(ev);
	event_unref(back);

	doc = json_pack("{s:i,s:s,s:s}", "version", 1, "detector", "nonsense", "type", "x");
	assert_null(event_from_json(w->engine, doc, &err));
	json_decref(doc);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(labels_run_in_byte_order),
		TEST(one_branch_of_an_if_runs),
		TEST(goto_jumps_both_ways),
		TEST(structure_errors_keep_an_applet_from_running),
		TEST(unknown_variables_end_a_run_unless_handled),
		TEST(environment_is_read_live_and_behind_own_variables),
		TEST(a_running_copy_does_not_notice_changes),
		TEST(maxrun_ends_a_run_in_its_wait),
		TEST(maxrun_ends_an_endless_loop),
		TEST(slots_and_the_bounded_queue),
		TEST(event_variables_are_read_only),
		TEST(an_event_survives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
