/* Damping against what its words say: 500 things that change ten times a second, counted exactly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus/application.h"
#include "bus/bus.h"
#include "core/rng.h"
#include "core/text.h"
#include "detect/detector.h"
#include "sched/policy.h"
#include "virtual.h"

static int
setup(void **state)
{
	*state = virtual_engine(NULL);
	return 0;
}

static int
teardown(void **state)
{
	struct engine *engine = *state;
	struct clock *clock = engine->clock; /* of its own context, as the engine is */

	mem_free(engine);
	mem_free(clock);
	return 0;
}

static void
show_finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	fprintf(stderr, "%s:%d: %s (%s)\n", file, err->line, err->text, err->hint);
}

static struct policy *
configure(struct engine *engine, const char *options)
{
	struct err err = ERR_INIT;
	char *text = mem_printf(
		engine, "event manager applet A\n event application subsystem 798 type 1 %s\n", options);

	assert_true(conf_load(engine->conf, "test", text, false, true, show_finding, NULL, &err));
	loop_settle(engine->loop);

	struct policy *p = policies_find(engine->policies, "A");
	assert_non_null(p);
	return p;
}

static void
publish(struct engine *engine, const char *key)
{
	const char *data[APPLICATION_ARGS] = { key };

	application_publish(engine, 798, 1, data, NULL);
	loop_settle(engine->loop);
}

struct totals {
	uint64_t held, keys, damped;
};

static void
add_key(void *arg, const struct damping_view *k)
{
	struct totals *t = arg;

	t->keys++;
	t->held += k->held;
	t->damped += k->is_damped;
}

static struct totals
totals_of(struct spec *s)
{
	struct totals t = { 0 };

	damping_each(s->damping, add_key, &t);
	return t;
}

/* Reliability F27: no more than the cap for each key, and nothing is lost from the count. */
static void
test_flaps_of_500(void **state)
{
	enum { KEYS = 500, TIMES = 100, CAP = 2 };
	struct engine *engine = *state;
	struct policy *p =
		configure(engine, "damping half-life 60 cap 2 cap-period 86400 key _application_data1");
	struct spec *s = p->specs[0];

	for (unsigned i = 0; i < TIMES; i++) {
		for (unsigned k = 0; k < KEYS; k++) {
			char key[16];
			const char *data[APPLICATION_ARGS] = { key };

			snprintf(key, sizeof key, "eth%u", k);
			application_publish(engine, 798, 1, data, NULL);
		}
		loop_settle(engine->loop);
		loop_advance(engine->loop, USEC_PER_SEC / 10);
	}
	struct totals t = totals_of(s);
	assert_int_equal(t.keys, KEYS);
	assert_int_equal(t.damped, KEYS);
	assert_int_equal(s->matched, KEYS * TIMES);
	assert_int_equal(s->triggered, KEYS * CAP);
	assert_int_equal(t.held, KEYS * (TIMES - CAP));

	loop_advance(engine->loop, 86400 * USEC_PER_SEC);
	t = totals_of(s);
	assert_int_equal(t.damped, 0);
	assert_int_equal(t.held, 0);
	assert_int_equal(s->triggered, KEYS * (CAP + 1)); /* each told once how it ended */
}

/* The penalty as RFC 2439 has it, at random times. */
static void
test_against_the_words(void **state)
{
	struct engine *engine = *state;
	struct policy *p = configure(engine, "damping half-life 30 reuse 800 suppress 2500");
	struct spec *s = p->specs[0];
	struct rng *rng = rng_new(engine, 7);
	double penalty = 0, ceiling = 800 * 16.0;
	bool damped = false;
	uint64_t passed = 0, held = 0;

	for (unsigned i = 0; i < 3000; i++) {
		usec pause = (usec)rng_below(rng, i % 7 == 0 ? 300 : 40) * USEC_PER_SEC;

		/* What is held is let go on the way. */
		if (damped && penalty * exp2(-(double)pause / (30.0 * USEC_PER_SEC)) <= 800) {
			damped = false;
			passed++;
		}
		loop_advance(engine->loop, pause);
		penalty = fmin(penalty * exp2(-(double)pause / (30.0 * USEC_PER_SEC)) + 1000, ceiling);
		publish(engine, "one");
		if (!damped && penalty <= 2500) {
			passed++;
		} else {
			damped = true;
			held++;
		}
		assert_int_equal(totals_of(s).damped, damped);
		assert_int_equal(s->triggered, passed);
	}
	assert_true(held > 100 && passed > 100);
}

static void
test_more_keys_than_there_is_room(void **state)
{
	struct engine *engine = *state;
	struct spec *s = configure(engine, "damping key _application_data1")->specs[0];

	for (unsigned k = 0; k < DAMPING_KEYS_MAX + 100; k++) {
		char key[16];
		const char *data[APPLICATION_ARGS] = { key };

		snprintf(key, sizeof key, "k%u", k);
		application_publish(engine, 798, 1, data, NULL);
		loop_settle(engine->loop);
	}
	struct totals t = totals_of(s);
	assert_int_equal(t.keys, DAMPING_KEYS_MAX + 1);
	assert_int_equal(t.held, 98); /* of the hundred that share one key, two passed */

	/* An hour later there is room again. */
	loop_advance(engine->loop, 3 * 3600 * USEC_PER_SEC);
	publish(engine, "new");
	assert_int_equal(totals_of(s).keys, 1);
}

/* The applet may end itself in the run that it is let go with. */
static void
test_ends_while_held(void **state)
{
	struct engine *engine = *state;
	struct err err = ERR_INIT;

	configure(engine, "damping");
	for (unsigned i = 0; i < 5; i++)
		publish(engine, "x");
	assert_true(conf_load(
		engine->conf, "test", "no event manager applet A\n", false, true, show_finding, NULL, &err));
	loop_settle(engine->loop);
	assert_null(policies_find(engine->policies, "A"));
	loop_advance(engine->loop, 86400 * USEC_PER_SEC);
}

/* What a detector's events are told apart by, and the device they come from, is something that they have. */
static void
test_keys_of_detectors(void **state)
{
	for (const struct detector *const *d = detectors; *d != NULL; d++) {
		char *rest = mem_strdup(NULL, (*d)->key), *at = rest;

		for (const char *name; (name = strsep(&at, ",")) != NULL;)
			if (!detector_has_variable(*d, name))
				fail_msg("event %s has no $%s", (*d)->name, name);
		mem_free(rest);
		if ((*d)->device != NULL)
			assert_true(detector_has_variable(*d, (*d)->device));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_of_detectors),
		cmocka_unit_test_setup_teardown(test_flaps_of_500, setup, teardown),
		cmocka_unit_test_setup_teardown(test_against_the_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_keys_than_there_is_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends_while_held, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
