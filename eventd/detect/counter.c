/* Detector counter: named counters (bus/counter.h) that reach a value. */
#include "bus/counter.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "detect/detector.h"
#include "detect/threshold.h"

struct counter_spec {
	struct spec_common common;
	struct kw_str name;
	struct kw_int entry_val, exit_val;
	struct kw_enum entry_op, exit_op;
};

struct counter_data {
	const char *name;
	int64_t value;
};

/* One armed specification. */
struct armed {
	bool waits_for_exit;
};

static const struct event_field counter_fields[] = {
	WORDS_STR(struct counter_data, "_counter_name", "Name of the counter", name),
	WORDS_INT(struct counter_data, "_counter_value", "Its value", value),
	EVENT_FIELDS_END,
};

static const struct kw counter_kw[] = {
	WORDS_VALUE(struct counter_spec, "name", "Name of the counter", name, kw_word, .flags = KW_REQ),
	WORDS_VALUE(struct counter_spec, "entry-val", "Entry comparison value", entry_val, kw_number,
		.flags = KW_REQ, .min = INT32_MIN, .max = INT32_MAX),
	WORDS_CHOICE(struct counter_spec, "entry-op", "Entry comparison operator", entry_op, threshold_ops,
		.flags = KW_REQ),
	WORDS_VALUE(struct counter_spec, "exit-val", "Exit comparison value", exit_val, kw_number,
		.min = INT32_MIN, .max = INT32_MAX),
	WORDS_CHOICE(struct counter_spec, "exit-op", "Exit comparison operator", exit_op, threshold_ops),
	SPEC_COMMON_ROWS(struct counter_spec),
	KW_END,
};

static bool
counter_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct counter_spec *a = args;

	return threshold_check(a->exit_op.set, a->exit_val.set, err);
}

/* exit-val without exit-op: when the entry condition would not hold for it any more. */
static enum compare
exit_op(const struct counter_spec *a)
{
	return a->exit_op.set ? (enum compare)a->exit_op.v : compare_not((enum compare)a->entry_op.v);
}

/* Entry fires and waits for the exit; without an exit every value that fits fires. */
static bool
fires(const struct counter_spec *a, struct armed *armed, int64_t value)
{
	if (armed->waits_for_exit) {
		armed->waits_for_exit = !compare_holds(exit_op(a), value, a->exit_val.v);
		return false;
	}
	if (!compare_holds((enum compare)a->entry_op.v, value, a->entry_val.v))
		return false;
	armed->waits_for_exit = a->exit_val.set;
	return true;
}

static void
counter_changed(void *arg, const char *name, int64_t value, struct cause *cause)
{
	struct engine *engine = arg;
	uint64_t *ids = NULL;
	size_t n = 0;

	for (struct spec *s = bus_specs(engine->bus, &detector_counter); s; s = s->next) {
		const struct counter_spec *a = s->args;

		if (strcmp(a->name.s, name) != 0 || !fires(a, s->private, value))
			continue;
		/* Grows at the powers of two. */
		if ((n & (n - 1)) == 0)
			ids = mem_resize(engine->bus, ids, (n ? 2 * n : 1) * sizeof *ids);
		ids[n++] = s->id;
	}
	if (n == 0)
		return;

	struct event *ev = event_new(engine, &detector_counter, NULL, cause);
	struct counter_data *d = ev->data;
	d->name = event_str(ev, name);
	d->value = value;
	ev->source = "counter";
	bus_publish(engine->bus, ev, ids, n);
	mem_free(ids);
}

static bool
counter_arm(struct spec *s, struct err *err)
{
	s->private = mem_new(s, struct armed);
	return true;
}

static void
counter_disarm(struct spec *s)
{
	mem_free(s->private);
	s->private = NULL;
}

static bool
counter_start(struct engine *engine, struct err *err)
{
	counters_watch(engine->bus, engine->counters, counter_changed, engine);
	return true;
}

static void
counter_describe(const struct spec *s, struct text *out)
{
	const struct counter_spec *a = s->args;

	text_printf(out, "name {%s} entry-val %lld entry-op %s", a->name.s, (long long)a->entry_val.v,
		compare_name((enum compare)a->entry_op.v));
	if (a->exit_val.set)
		text_printf(
			out, " exit-val %lld exit-op %s", (long long)a->exit_val.v, compare_name(exit_op(a)));
}

const struct detector detector_counter = {
	.name = "counter",
	.help = "Counter event",
	.version = "01.00",
	.kw = counter_kw,
	.spec_size = sizeof(struct counter_spec),
	.data_size = sizeof(struct counter_data),
	.fields = counter_fields,
	.key = "_counter_name",
	.check = counter_check,
	.start = counter_start,
	.arm = counter_arm,
	.disarm = counter_disarm,
	.describe = counter_describe,
};
