/* Profiles and routes of destinations: which line a domain has, what a change leaves, and what is refused. */
#include "actions/mail/destination/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/destination/destination.h"
#include "virtual.h"

static void *ctx;

static int
setup(void **state)
{
	ctx = mem_ctx(NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	mem_free(ctx);
	return 0;
}

static struct engine *
configured(const char *text)
{
	struct engine *e = virtual_engine(ctx);
	struct err err = ERR_INIT;

	if (!conf_load(e->conf, "test", text, false, true, NULL, NULL, &err))
		fail_msg("%s", err.text);
	return e;
}

static void
the_longest_match_wins(void **state)
{
	struct engine *e = configured("mail destination default tls required\n"
				      "mail destination .example.com dane opportunistic\n"
				      "mail destination .sub.example.com tls no\n"
				      "mail destination a.sub.example.com tls required-verify mta-sts on\n"
				      "mail route ALL relay.example.net\n"
				      "mail route .example.com USEDNS\n"
				      "mail route example.com [2001:db8::1]:2525\n");
	const struct destinations *d = e->destinations;

	assert_string_equal(destination_for(d, "example.org")->domain, "default");
	assert_string_equal(destination_for(d, "example.com")->domain, "default");
	assert_string_equal(destination_for(d, "x.example.com")->domain, ".example.com");
	assert_string_equal(destination_for(d, "X.SUB.example.com")->domain, ".sub.example.com");
	assert_string_equal(destination_for(d, "a.sub.example.com")->domain, "a.sub.example.com");
	assert_string_equal(destination_for(d, "b.a.sub.example.com")->domain, ".sub.example.com");
	/* What a line does not say comes from `default`, not from a wider domain. */
	assert_int_equal(destination_for(d, "x.example.com")->tls, MAIL_TLS_REQUIRED);
	assert_int_equal(destination_for(d, "a.sub.example.com")->dane, MAIL_DANE_NONE);
	assert_true(destination_for(d, "a.sub.example.com")->mta_sts);

	assert_string_equal(destination_route(d, "example.org")->host, "relay.example.net");
	assert_int_equal(destination_route(d, "example.org")->port, 25);
	assert_true(destination_route(d, "x.example.com")->use_dns);
	assert_string_equal(destination_route(d, "example.com")->host, "2001:db8::1");
	assert_int_equal(destination_route(d, "example.com")->port, 2525);
}

static void
nothing_configured_is_preferred_without_dane(void **state)
{
	struct engine *e = virtual_engine(ctx);
	const struct mail_profile *p = destination_for(e->destinations, "example.com");

	assert_int_equal(p->tls, MAIL_TLS_PREFERRED);
	assert_int_equal(p->dane, MAIL_DANE_NONE);
	assert_false(p->mta_sts || p->legacy_cn);
	assert_null(destination_route(e->destinations, "example.com"));
	assert_int_equal(p->bounce->first_wait, 60 * USEC_PER_SEC);
	assert_int_equal(p->bounce->max_wait, 3600 * USEC_PER_SEC);
	assert_int_equal(p->bounce->lifetime, 72 * 3600 * USEC_PER_SEC);
	assert_int_equal(p->bounce->warn_after, 4 * 3600 * USEC_PER_SEC);
	assert_int_equal(p->bounce->max_tries, 100);
	assert_true(p->bounce->send_bounces);
	assert_int_equal(destination_relay(e->destinations, "smtp.example.net")->dane, MAIL_DANE_NONE);
}

static void
bounce_profiles_are_found_and_changes_are_seen(void **state)
{
	struct engine *e = configured("mail bounce-profile FAST first-wait 5 max-tries 3 no-bounces\n"
				      "mail bounce-profile default warn-after 7200\n"
				      "mail destination example.com bounce-profile FAST\n"
				      "mail relay smtp.example.net bounce-profile FAST dane mandatory\n");
	struct err err = ERR_INIT;

	assert_int_equal(destination_for(e->destinations, "example.com")->bounce->max_tries, 3);
	assert_false(destination_for(e->destinations, "example.com")->bounce->send_bounces);
	assert_int_equal(
		destination_for(e->destinations, "example.org")->bounce->warn_after, 7200 * USEC_PER_SEC);
	assert_int_equal(
		destination_bounce(e->destinations, "smtp.example.net")->first_wait, 5 * USEC_PER_SEC);
	assert_int_equal(
		destination_bounce(e->destinations, "mx.example.org")->first_wait, 60 * USEC_PER_SEC);
	assert_int_equal(destination_relay(e->destinations, "smtp.example.net")->dane, MAIL_DANE_MANDATORY);
	assert_true(conf_load(
		e->conf, "test", "mail bounce-profile FAST max-tries 9\n", false, true, NULL, NULL, &err));
	assert_int_equal(destination_for(e->destinations, "example.com")->bounce->max_tries, 9);
	assert_false(
		conf_load(e->conf, "test", "no mail bounce-profile FAST\n", false, true, NULL, NULL, &err));
	assert_string_equal(err.text,
		"Bounce profile FAST is in use: 'mail destination example.com', 'mail relay "
		"smtp.example.net'");
	assert_int_equal(destination_for(e->destinations, "example.com")->bounce->max_tries, 9);
	/* Together with all that names it, it may go. */
	err_clear(&err);
	assert_true(conf_load(e->conf, "test",
		"no mail destination example.com\nno mail relay smtp.example.net\n"
		"no mail bounce-profile FAST\n",
		false, true, NULL, NULL, &err));
	assert_int_equal(
		destination_bounce(e->destinations, "smtp.example.net")->first_wait, 60 * USEC_PER_SEC);
	/* `default` is there without its line. */
	assert_true(conf_load(
		e->conf, "test", "no mail bounce-profile default\n", false, true, NULL, NULL, &err));
}

/* A reload without the profile leaves the lines that name it as they are, so it is refused, too. */
static void
a_replaced_configuration_keeps_what_is_named(void **state)
{
	static const char with[] = "mail bounce-profile FAST max-tries 3\n"
				   "mail destination example.com dane mandatory bounce-profile FAST\n";
	static const char without[] = "mail destination example.com dane mandatory bounce-profile FAST\n";
	struct engine *e = configured(with);
	struct err err = ERR_INIT;

	assert_false(conf_check(e->conf, "test", without, NULL, NULL));
	assert_false(conf_load(e->conf, "test", without, true, true, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "'mail destination example.com'"));
	assert_int_equal(destination_for(e->destinations, "example.com")->bounce->max_tries, 3);
}

static void
a_missing_bounce_profile_takes_no_security_away(void **state)
{
	static const char text[] = "mail destination example.com dane mandatory bounce-profile LOST\n"
				   "mail relay smtp.example.net dane mandatory bounce-profile LOST\n";
	struct engine *e = virtual_engine(ctx);
	struct err err = ERR_INIT;

	assert_false(conf_check(e->conf, "test", text, NULL, NULL));
	assert_false(conf_load(e->conf, "test", text, true, true, NULL, NULL, &err));
	assert_true(conf_load(e->conf, "test", text, true, false, NULL, NULL, &err));
	assert_int_equal(destination_for(e->destinations, "example.com")->dane, MAIL_DANE_MANDATORY);
	assert_int_equal(destination_for(e->destinations, "example.com")->bounce->max_tries, 100);
	assert_int_equal(destination_relay(e->destinations, "smtp.example.net")->dane, MAIL_DANE_MANDATORY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_longest_match_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_configured_is_preferred_without_dane, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bounce_profiles_are_found_and_changes_are_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_replaced_configuration_keeps_what_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_missing_bounce_profile_takes_no_security_away, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
