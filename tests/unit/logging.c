/* The lines `logging ...`: levels and filters of console, terminals and buffer, discriminators, limits. */
#include <string.h>

#include "core/text.h"
#include "linehost.h"
#include "logging/discriminator.h"
#include "logging/logging.h"

static int
setup(void **state)
{
	struct world *w = world_new(state);

	logging_new(w, &w->engine);
	return 0;
}

static void
levels_of_places(void **state)
{
	struct world *w = *state;
	struct log *log = w->engine.log;
	struct log_entry notice = { .severity = SEV_NOTIFICATIONS }, error = { .severity = SEV_ERRORS };
	struct log_stats stats;

	/* The settings' level holds until a line says otherwise. */
	assert_true(log_shows(log, LOG_CONSOLE, &error));
	assert_false(log_shows(log, LOG_CONSOLE, &notice));
	type(w, "logging console 5");
	assert_true(log_shows(log, LOG_CONSOLE, &notice));
	type(w, "no logging console");
	assert_false(log_shows(log, LOG_CONSOLE, &error));
	type(w, "default logging console");
	assert_true(log_shows(log, LOG_CONSOLE, &error));

	assert_true(log_shows(log, LOG_MONITOR, &notice));
	type(w, "logging monitor err");
	assert_false(log_shows(log, LOG_MONITOR, &notice));

	type(w, "logging buffered 8192 warnings");
	log_stats(log, &stats);
	assert_int_equal(stats.buffer_bytes, 8192);
	assert_int_equal(stats.buffer_level, SEV_WARNINGS);
	type(w, "logging buffered debugging");
	log_stats(log, &stats);
	assert_int_equal(stats.buffer_bytes, 1024 * 1024);
	type(w, "no logging buffered");
	log_stats(log, &stats);
	assert_int_equal(stats.buffer_bytes, 0);
	assert_false(log_shows(log, LOG_BUFFER, &error));
	type(w, "default logging buffered");
	type(w, "no logging on");
	assert_true(log_shows(log, LOG_CONSOLE, &error));
	assert_false(log_shows(log, LOG_BUFFER, &error));
	type(w, "logging on");
	assert_true(log_shows(log, LOG_BUFFER, &error));
}

static void
lists_of_severities(void **state)
{
	unsigned bits;

	(void)state;
	assert_true(severities_parse("0", &bits));
	assert_int_equal(bits, 1);
	assert_true(severities_parse("0,3,5-7", &bits));
	assert_int_equal(bits, 0xe9);
	assert_false(severities_parse("", &bits));
	assert_false(severities_parse("8", &bits));
	assert_false(severities_parse("3-", &bits));
	assert_false(severities_parse("5-3", &bits));
	assert_false(severities_parse("1,", &bits));
	assert_false(severities_parse("1 2", &bits));
}

static bool
passes(const struct discriminator_args *a, const char *facility, enum severity severity, const char *text)
{
	struct discriminator *d = discriminator_new(NULL, a);
	struct log_entry e = {
		.facility = facility, .mnemonic = "UPDOWN", .severity = severity, .text = text
	};
	bool good = discriminator_passes(d, &e);

	assert_int_equal(discriminator_dropped(d), !good);
	mem_free(d);
	return good;
}

static void
parts_of_a_discriminator(void **state)
{
	struct discriminator_args a = { .name = { .set = true, .s = "D" } };

	(void)state;
	assert_true(passes(&a, "LINK", SEV_ERRORS, "%LINK-3-UPDOWN: x"));
	a.facility.drops = (struct kw_str){ .set = true, .s = "^LINK$" };
	assert_false(passes(&a, "LINK", SEV_ERRORS, "%LINK-3-UPDOWN: x"));
	assert_true(passes(&a, "LINKS", SEV_ERRORS, "%LINKS-3-UPDOWN: x"));
	a.body.includes = (struct kw_str){ .set = true, .s = "eth[01]" };
	assert_false(passes(&a, "SYS", SEV_ERRORS, "%SYS-3-UPDOWN: eth2"));
	assert_true(passes(&a, "SYS", SEV_ERRORS, "%SYS-3-UPDOWN: eth1"));
	a.severity.drops = (struct kw_str){ .set = true, .s = "3,7" };
	assert_false(passes(&a, "SYS", SEV_ERRORS, "%SYS-3-UPDOWN: eth1"));
	assert_true(passes(&a, "SYS", SEV_WARNINGS, "%SYS-4-UPDOWN: eth1"));
	/* What stands in front of the colon is no text: `eth1` there does not count. */
	assert_false(passes(&a, "SYS", SEV_WARNINGS, "%eth1-4-UPDOWN: x"));
}

static uint64_t
limited(const struct world *w)
{
	struct log_stats stats;

	log_stats(w->engine.log, &stats);
	return stats.limited;
}

static void
so_many_a_second(void **state)
{
	struct world *w = *state;
	struct log *log = w->engine.log;

	type(w, "logging rate-limit 2 except critical");
	for (int i = 0; i < 5; i++)
		log_msg(log, NULL, "SYS", SEV_ERRORS, "X", "%d", i);
	assert_int_equal(limited(w), 3);
	log_msg(log, NULL, "SYS", SEV_CRITICAL, "X", "never limited");
	assert_int_equal(limited(w), 3);
	clock_advance(w->engine.clock, USEC_PER_SEC);
	log_msg(log, NULL, "SYS", SEV_ERRORS, "X", "a new second");
	assert_int_equal(limited(w), 3);
	type(w, "no logging rate-limit");
	for (int i = 0; i < 5; i++)
		log_msg(log, NULL, "SYS", SEV_ERRORS, "X", "%d", i);
	assert_int_equal(limited(w), 3);
}

static void
prints_in_order(void **state)
{
	struct world *w = *state;
	struct text *t = text_new(w);

	type(w, "logging 192.0.2.1");
	type(w, "logging host ipv6 2001:db8::1 transport tls");
	type(w, "logging console 3");
	type(w, "no logging monitor");
	type(w, "logging trap 4");
	type(w, "logging discriminator D severity drops 7");
	type(w, "logging host h.example transport tcp port 1514 discriminator D");
	conf_print_running(w->engine.conf, t);
	assert_string_equal(t->s,
		"version 17.9\n!\nlogging discriminator D severity drops 7\n!\nlogging console errors\n"
		"no logging monitor\nlogging trap warnings\n!\nlogging host 192.0.2.1\n"
		"logging host 2001:db8::1 transport tls\n"
		"logging host h.example transport tcp port 1514 discriminator D\n!\nend\n");
	type(w, "no logging host 2001:db8::1 transport tls");
	assert_null(conf_find(w->engine.conf, "logging host 2001:db8::1 transport tls"));
}

int
main(void)
{
#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(levels_of_places),
		TEST(lists_of_severities),
		TEST(parts_of_a_discriminator),
		TEST(so_many_a_second),
		TEST(prints_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
