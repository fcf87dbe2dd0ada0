/* hostname and service lines: what they do, and what leaving them out means. */
#include <string.h>

#include "conf/global.h"
#include "core/text.h"
#include "linehost.h"

static int
setup(void **state)
{
	struct world *w = world_new(state);

	conf_global_start(&w->engine);
	return 0;
}

static void
last_line(void *arg, const char *line, size_t n)
{
	struct text *t = arg;

	text_clear(t);
	text_addn(t, line, n);
}

/* The line that a message makes now. */
static const char *
logged(struct world *w)
{
	struct text *t = text_new(w);

	log_msg(w->engine.log, NULL, "SYS", SEV_NOTIFICATIONS, "CONFIG_I", "x");
	log_each(w->engine.log, last_line, t);
	return t->s;
}

static void
host_name(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	assert_string_equal(engine_hostname(&w->engine), "settled");
	type(w, "hostname r1");
	assert_string_equal(engine_hostname(&w->engine), "r1");
	assert_false(conf_edit_line(w->edit, "hostname \"r 1\"", true, NULL, &err));
	assert_string_equal(err.text, "Hostname contains one or more illegal characters.");
	w->settings.hostname = "other";
	conf_global_settings(&w->engine);
	assert_string_equal(engine_hostname(&w->engine), "r1");
	type(w, "no hostname");
	assert_string_equal(engine_hostname(&w->engine), "other");
	w->settings.hostname = NULL;
	conf_global_settings(&w->engine);
	assert_true(strlen(engine_hostname(&w->engine)) > 0);
}

static void
stamps(void **state)
{
	struct world *w = *state;

	assert_string_equal(logged(w), "May 17 18:06:42.000: %SYS-5-CONFIG_I: x");
	type(w, "service timestamps log datetime year show-timezone");
	assert_string_equal(logged(w), "May 17 2026 18:06:42 UTC: %SYS-5-CONFIG_I: x");
	type(w, "service timestamps log uptime");
	assert_string_equal(logged(w), "00:00:00: %SYS-5-CONFIG_I: x");
	type(w, "no service timestamps log");
	assert_string_equal(logged(w), "%SYS-5-CONFIG_I: x");
	type(w, "default service timestamps log");
	type(w, "service sequence-numbers");
	assert_string_equal(logged(w), "000005: May 17 18:06:42.000: %SYS-5-CONFIG_I: x");
}

static void
prints_in_order(void **state)
{
	struct world *w = *state;
	struct text *t = text_new(w);

	type(w, "no ip domain lookup");
	type(w, "hostname r1");
	type(w, "service timestamps debug datetime localtime msec");
	conf_print_running(w->engine.conf, t);
	assert_string_equal(t->s, "version 17.9\n!\nservice timestamps debug datetime msec localtime\n!\n"
				  "hostname r1\n!\n"
				  "no ip domain lookup\n!\nend\n");
}

int
main(void)
{
#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(host_name),
		TEST(stamps),
		TEST(prints_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
