/* The engine's end of the resolving process: answers come once and from the loop, failures are answers, settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/wire.h"
#include "core/settings.h"
#include "tests/lib/virtual.h"

struct seen {
	unsigned answers;
	enum dns_state mx;
	char why[200];
	unsigned asked;
	bool nothing; /* the fake knows no answer */
	usec after;
};

static void
on_answer(void *arg, const struct mail_dns_answer *a)
{
	struct seen *s = arg;

	s->answers++;
	s->mx = a->mx.state;
	snprintf(s->why, sizeof s->why, "%s", a->mx.why == NULL ? "" : a->mx.why);
}

static struct mail_dns_answer *
fake(void *arg, const void *ctx, const struct mail_dns_question *q, usec *after)
{
	struct seen *s = arg;
	struct mail_dns_answer *a;

	s->asked++;
	*after = s->after;
	if (s->nothing)
		return NULL;
	a = mem_new(ctx, struct mail_dns_answer);
	a->domain = mem_strdup(a, q->name);
	a->mx.state = DNS_SECURE;
	return a;
}

static const struct mail_dns_question question = {
	.kind = MAIL_DNS_DOMAIN, .name = "example.net", .want_tlsa = true
};

static void
answers_come_once_and_from_the_loop(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct seen s = { .after = 3 * USEC_PER_SEC };

	resolver_fake(e->resolver, fake, &s);
	resolver_ask(e, e->resolver, &question, on_answer, &s);
	assert_int_equal(s.asked, 1);
	assert_int_equal(s.answers, 0);
	virtual_advance(e, 2 * USEC_PER_SEC);
	assert_int_equal(s.answers, 0);
	virtual_advance(e, 100 * USEC_PER_SEC);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.mx, DNS_SECURE);
	mem_free(ctx);
}

static void
who_is_gone_is_not_told(void **state)
{
	void *world = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(world);
	void *ctx = mem_ctx(NULL, "asker");
	struct seen s = { .after = USEC_PER_SEC };

	resolver_fake(e->resolver, fake, &s);
	resolver_ask(ctx, e->resolver, &question, on_answer, &s);
	mem_free(ctx);
	virtual_advance(e, 100 * USEC_PER_SEC);
	assert_int_equal(s.answers, 0);
	resolver_ask(e, e->resolver, &question, on_answer, &s);
	mem_free(world); /* with a question under way */
	assert_int_equal(s.answers, 0);
}

static void
silence_of_a_scenario_is_a_failed_look_up(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	struct seen s = { .nothing = true };

	resolver_fake(e->resolver, fake, &s);
	resolver_ask(e, e->resolver, &question, on_answer, &s);
	virtual_advance(e, USEC_PER_SEC);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.mx, DNS_LOOKUP_FAILED);
	mem_free(ctx);
}

static void
on_status(void *arg, const json_t *status)
{
	struct seen *s = arg;

	s->answers++;
	assert_null(status);
}

static void
a_program_that_is_missing_is_a_failed_look_up(void **state)
{
	struct err err = ERR_INIT;
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = engine_new(ctx,
		&(struct setup){ .clock = clock_new_virtual(ctx, VIRTUAL_START),
			.seed = 1,
			.program_dir = "/nowhere" },
		&err);
	struct seen s = { 0 }, status = { 0 };

	assert_non_null(e);
	resolver_ask(e, e->resolver, &question, on_answer, &s);
	assert_int_equal(s.answers, 0);
	resolver_status(e, e->resolver, on_status, &status);
	virtual_advance(e, USEC_PER_SEC);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.mx, DNS_LOOKUP_FAILED);
	assert_true(s.why[0] != '\0');
	assert_int_equal(status.answers, 1);
	mem_free(ctx);
}

static void
the_configuration_goes_before_the_settings(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);
	static const char *of_settings[] = { "192.0.2.1" };
	const struct resolve_config *c;

	e->settings->dns_servers = (struct setting_list){ .n = 1, .v = of_settings };
	c = resolver_config(e->resolver);
	assert_int_equal(c->server_count, 1);
	assert_string_equal(c->servers[0], "192.0.2.1");
	assert_null(c->anchor);
	assert_false(c->iterate);
	resolver_add_server(e->resolver, "192.0.2.2");
	resolver_add_server(e->resolver, "192.0.2.3@5353");
	resolver_set_iterate(e->resolver, true);
	resolver_set_anchor(e->resolver, "flash:anchor", ". IN DS 1 13 2 00");
	c = resolver_config(e->resolver);
	assert_int_equal(c->server_count, 2);
	assert_string_equal(c->servers[0], "192.0.2.2");
	assert_string_equal(c->anchor, ". IN DS 1 13 2 00");
	assert_string_equal(resolver_anchor_file(e->resolver), "flash:anchor");
	assert_true(c->iterate);
	resolver_remove_server(e->resolver, "192.0.2.2");
	assert_string_equal(resolver_config(e->resolver)->servers[0], "192.0.2.3@5353");
	resolver_remove_server(e->resolver, "192.0.2.3@5353");
	resolver_remove_server(e->resolver, "192.0.2.9"); /* never was there */
	assert_string_equal(resolver_config(e->resolver)->servers[0], "192.0.2.1");
	mem_free(ctx);
}

/* Not the root's keys in its stead: nothing is answered then. */
static void
an_anchor_of_the_settings_that_cannot_be_read_reads_as_empty(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct engine *e = virtual_engine(ctx);

	e->settings->dns_anchor = "/nowhere/anchor";
	assert_string_equal(resolver_config(e->resolver)->anchor, "");
	assert_string_equal(resolver_anchor_file(e->resolver), "/nowhere/anchor");
	mem_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_once_and_from_the_loop),
		cmocka_unit_test(who_is_gone_is_not_told),
		cmocka_unit_test(silence_of_a_scenario_is_a_failed_look_up),
		cmocka_unit_test(a_program_that_is_missing_is_a_failed_look_up),
		cmocka_unit_test(the_configuration_goes_before_the_settings),
		cmocka_unit_test(an_anchor_of_the_settings_that_cannot_be_read_reads_as_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
