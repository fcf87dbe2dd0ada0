/* Triggers of several events: against a model that recounts everything, their cost, their events as JSON; detectors that come late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/application.h"
#include "bus/correlate.h"
#include "core/rng.h"
#include "core/text.h"
#include "detect/detector.h"
#include "sched/policy.h"
#include "virtual.h"

struct world {
	struct engine *engine;
	struct rng *rng;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->engine = virtual_engine(w);
	w->rng = rng_new(w, 20261122);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	mem_free(*state);
	return 0;
}

static void
show_finding(void *arg, const char *file, const struct err *err, bool is_error)
{
	fprintf(stderr, "%s:%d: %s (%s)\n", file, err->line, err->text, err->hint);
}

static struct policy *
configure(struct world *w, const char *text, const char *name)
{
	struct err err = ERR_INIT;

	assert_true(conf_load(w->engine->conf, "test", text, false, true, show_finding, NULL, &err));
	loop_settle(w->engine->loop);

	struct policy *p = policies_find(w->engine->policies, name);
	assert_non_null(p);
	return p;
}

static void
publish(struct world *w, uint32_t type)
{
	application_publish(w->engine, APPLICATION_POLICIES, type, NULL, NULL);
	loop_settle(w->engine->loop);
}

/* ---- a model ---- */

enum { TAGS = 4, TERMS = 5, EVENTS = 60 };

/* Everything that has happened since the trigger fired; recounted each time. */
struct model {
	enum correlate_op op[TERMS];
	unsigned tag[TERMS], terms, need[TAGS];
	usec period, at[EVENTS];
	unsigned seen[EVENTS], n, runs;
};

static bool
occurred(const struct model *m, unsigned tag)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->n; i++)
		count += m->seen[i] == tag;
	return count >= m->need[tag];
}

static void
model_event(struct model *m, unsigned tag, usec now)
{
	bool named = false, value;

	for (unsigned i = 0; i < m->terms; i++)
		named = named || m->tag[i] == tag;
	if (!named)
		return;
	if (m->period > 0 && m->n > 0 && now > m->at[0] + m->period)
		m->n = 0;
	m->seen[m->n] = tag;
	m->at[m->n++] = now;
	value = occurred(m, m->tag[0]);
	for (unsigned i = 1; i < m->terms; i++)
		value = m->op[i] == CORRELATE_AND ? value && occurred(m, m->tag[i])
						  : value || occurred(m, m->tag[i]);
	if (value) {
		m->runs++;
		m->n = 0;
	}
}

static void
random_model(struct world *w, struct model *m)
{
	*m = (struct model){ .terms = 1 + (unsigned)rng_below(w->rng, TERMS) };
	for (unsigned i = 0; i < m->terms; i++) {
		m->op[i] = rng_below(w->rng, 2) ? CORRELATE_AND : CORRELATE_OR;
		m->tag[i] = (unsigned)rng_below(w->rng, TAGS);
	}
	for (unsigned i = 0; i < TAGS; i++)
		m->need[i] = rng_below(w->rng, 3) ? 1 : 2;
	m->period = rng_below(w->rng, 2) ? (usec)(1 + rng_below(w->rng, 20)) * USEC_PER_SEC : 0;
}

static char *
model_as_text(struct world *w, const struct model *m)
{
	struct text *t = text_new(w);

	text_add(t, "no event manager applet M\nevent manager applet M\n");
	for (unsigned i = 0; i < TAGS; i++)
		text_printf(t, " event tag T%u application sub-system 798 type %u\n", i, i + 1);
	text_add(t, " trigger");
	if (m->period)
		text_printf(t, " period %lld", (long long)(m->period / USEC_PER_SEC));
	text_add(t, "\n  correlate");
	for (unsigned i = 0; i < m->terms; i++)
		text_printf(t, "%s event T%u",
			i == 0                      ? ""
			: m->op[i] == CORRELATE_AND ? " and"
						    : " or",
			m->tag[i]);
	for (unsigned i = 0; i < TAGS; i++)
		text_printf(t, "\n  attribute tag T%u occurs %u", i, m->need[i]);
	text_add(t, "\n action 1 comment x\n");
	return t->s;
}

static void
triggers_agree_with_the_model(void **state)
{
	struct world *w = *state;
	unsigned runs = 0;

	for (unsigned round = 0; round < 200; round++) {
		struct model m;

		random_model(w, &m);
		const char *text = model_as_text(w, &m);
		const struct policy *p = configure(w, text, "M");
		for (unsigned i = 0; i < EVENTS; i++) {
			unsigned tag = (unsigned)rng_below(w->rng, TAGS);

			virtual_advance(w->engine, (usec)rng_below(w->rng, 6) * USEC_PER_SEC);
			model_event(&m, tag, clock_mono(w->engine->clock));
			publish(w, tag + 1);
			if (p->triggered != m.runs)
				fail_msg("event %u of\n%s: %llu runs, not %u", i, text,
					(unsigned long long)p->triggered, m.runs);
		}
		runs += m.runs;
	}
	assert_true(runs > 200);
}

/* ---- who is asked ---- */

static void
count_correlations(void *arg, const struct verdict *v)
{
	*(unsigned *)arg += v->stage == STAGE_CORRELATE;
}

static void
only_the_trigger_that_names_the_tag_is_asked(void **state)
{
	struct world *w = *state;
	struct text *t = text_new(w);
	unsigned asked = 0;

	for (unsigned i = 0; i < 500; i++)
		text_printf(t,
			"event manager applet A%u\n event tag x application sub-system 798 type %u\n"
			" event tag y none\n trigger\n  correlate event x and event y\n action 1 comment x\n",
			i, i + 1);
	configure(w, t->s, "A0");
	bus_verdict_sink(w->engine->bus, count_correlations, &asked);
	publish(w, 7);
	assert_int_equal(asked, 1);
	bus_verdict_sink(w->engine->bus, NULL, NULL);
}

/* ---- the raised event ---- */

static void
keep_event(void *arg, struct event *ev)
{
	*(struct event **)arg = event_ref(ev);
}

/* Of the member that occurred last; its origin is `replay` behind the way. */
static json_t *
fields_of(const json_t *doc)
{
	const json_t *member = json_array_get(json_object_get(doc, "members"), 0);

	return json_object_get(json_object_get(member, "event"), "fields");
}

static void
raised_events_travel_as_json(void **state)
{
	struct world *w = *state;
	const struct policy *p = configure(w,
		"event manager applet J\n event tag a application sub-system 798 type 1\n"
		" event tag b application sub-system 798 type 2\n action 1 comment x\n",
		"J");
	struct event *raised = NULL, *back;
	struct err err = ERR_INIT;
	struct trigger *t = trigger_new(w, w->engine, p->specs, p->nspecs,
		&(struct trigger_spec){ .delay = 1 }, keep_event, &raised, &err);
	struct text value;

	for (unsigned i = 0; i < 2; i++) {
		struct event *ev = event_new(w->engine, p->specs[i]->detector, NULL, NULL);

		((struct application_data *)ev->data)->type = 10 + i;
		bus_number(w->engine->bus, ev);
		assert_null(trigger_occurred(t, p->specs[i], ev));
		event_unref(ev);
	}
	virtual_advance(w->engine, 1);
	assert_non_null(raised);

	json_t *doc = event_to_json(raised);
	back = event_from_json(w->engine, doc, &err);
	if (back == NULL)
		fail_msg("%s", err.text);
	json_t *again = event_to_json(back);
	assert_true(json_equal(fields_of(doc), fields_of(again)));
	assert_int_equal(json_array_size(json_object_get(again, "members")), 2);
	assert_string_equal(back->type, "multiple");
	assert_string_equal(back->members[0].tag, "b");
	text_init(&value, w);
	assert_true(event_get(back, "_application_type", &value));
	assert_string_equal(value.s, "11");
	assert_false(event_has(back, "_syslog_msg"));

	/* Members have no members. */
	json_object_set(json_object_get(json_array_get(json_object_get(again, "members"), 0), "event"),
		"members", json_object_get(doc, "members"));
	assert_null(event_from_json(w->engine, again, &err));
	json_decref(again);
	json_decref(doc);
	event_unref(back);
	event_unref(raised);
	mem_free(t);
}

/* ---- detectors that come late ---- */

static void
statements_are_armed_when_their_detector_comes(void **state)
{
	struct world *w = *state;
	const struct detector *oir = bus_detector_find(w->engine->bus, "oir");
	const struct policy *p =
		configure(w, "event manager applet O\n event oir\n action 1 comment x\n", "O");

	assert_true(p->specs[0]->armed && p->specs[0]->waits);
	bus_detector_come(w->engine->bus, oir);
	assert_false(p->specs[0]->waits);
	bus_detector_come(w->engine->bus, oir);
	bus_publish(w->engine->bus, event_new(w->engine, oir, NULL, NULL), NULL, 0);
	loop_settle(w->engine->loop);
	assert_int_equal(p->triggered, 1);

	const struct policy *q =
		configure(w, "event manager applet P\n event oir event insert\n action 1 comment x\n", "P");
	assert_false(q->specs[0]->waits);
}

int
main(void)
{
#define T(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(triggers_agree_with_the_model),
		T(only_the_trigger_that_names_the_tag_is_asked),
		T(raised_events_travel_as_json),
		T(statements_are_armed_when_their_detector_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
