/* Comparing values. */
#include "detect/threshold.h"

const struct kw_alternative threshold_ops[] = {
	{ "eq", "Equal to", COMPARE_EQ, false },
	{ "ge", "Greater than or equal to", COMPARE_GE, false },
	{ "gt", "Greater than", COMPARE_GT, false },
	{ "le", "Less than or equal to", COMPARE_LE, false },
	{ "lt", "Less than", COMPARE_LT, false },
	{ "ne", "Not equal to", COMPARE_NE, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative threshold_types[] = {
	{ "increment", "Compare the change since the last event", VALUE_INCREMENT, false },
	{ "rate", "Compare the average change over the last samples", VALUE_RATE, false },
	{ "value", "Compare the value itself", VALUE_IS, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative threshold_is_increment[] = {
	{ "false", "Compare the value itself", VALUE_IS, false },
	{ "true", "Compare the change since the last event", VALUE_INCREMENT, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative threshold_combs[] = {
	{ "and", "Both exit criteria must be met", COMB_AND, false },
	{ "or", "One of the exit criteria is enough", COMB_OR, false },
	{ NULL, NULL, 0, false },
};

const char *
compare_name(enum compare op)
{
	static const char *const names[] = { "eq", "ge", "gt", "le", "lt", "ne" }; /* ORDER: enum compare */

	return names[op];
}

bool
compare_holds(enum compare op, int64_t value, int64_t than)
{
	switch (op) {
	case COMPARE_EQ:
		return value == than;
	case COMPARE_GE:
		return value >= than;
	case COMPARE_GT:
		return value > than;
	case COMPARE_LE:
		return value <= than;
	case COMPARE_LT:
		return value < than;
	case COMPARE_NE:
		return value != than;
	}
	return false;
}

enum compare
compare_not(enum compare op)
{
	static const enum compare opposite[] = { COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE,
		COMPARE_EQ }; /* ORDER: enum compare */

	return opposite[op];
}

bool
threshold_check(bool has_exit_op, bool has_exit_val, struct err *err)
{
	return !has_exit_op || has_exit_val ||
	       words_missing(err, "'exit-val' is missing (Exit comparison value)");
}

struct threshold_rule
threshold_rule(const struct threshold_spec *th, const struct kw_int *entry_val, const struct kw_int *exit_val)
{
	enum compare entry_op = (enum compare)th->entry_op.v;

	return (struct threshold_rule){
		.entry_op = entry_op,
		.exit_op = th->exit_op.set ? (enum compare)th->exit_op.v : compare_not(entry_op),
		.entry_type = th->entry_type.set ? (enum value_type)th->entry_type.v : VALUE_IS,
		.exit_type = th->exit_type.set ? (enum value_type)th->exit_type.v : VALUE_IS,
		.entry_val = entry_val->v,
		.exit_val = exit_val->v,
		.has_exit_val = exit_val->set,
		.exit_time = th->exit_time.set ? th->exit_time.v : 0,
		.comb = th->exit_comb.set ? (enum comb)th->exit_comb.v : COMB_OR,
		.average = th->average.set ? (unsigned)th->average.v : 1,
	};
}

/* Counters of the kernel and of agents are unsigned and may begin anew: no difference may overflow. */
static int64_t
change_between(int64_t from, int64_t to)
{
	int64_t d;

	return __builtin_sub_overflow(to, from, &d) ? (to > from ? INT64_MAX : INT64_MIN) : d;
}

static void
keep_change(struct threshold_state *st, const struct threshold_rule *r, int64_t value)
{
	int64_t change;

	if (!st->has_sample) {
		st->has_sample = true;
		st->base = st->last = value;
		return;
	}
	change = change_between(st->last, value);
	st->last = value;
	st->changes[st->next] = change;
	st->next = (st->next + 1) % r->average;
	if (st->count < r->average)
		st->count++;
}

/* What is compared under the type; false: it is not known yet. */
static bool
looked_at(const struct threshold_state *st, const struct threshold_rule *r, enum value_type type,
	int64_t value, int64_t *out)
{
	unsigned __int128 sum = 0; /* 64 of the largest changes */

	switch (type) {
	case VALUE_IS:
		*out = value;
		return true;
	case VALUE_INCREMENT:
		*out = change_between(st->base, value);
		return true;
	case VALUE_RATE:
		break;
	}
	if (st->count < r->average)
		return false;
	for (unsigned i = 0; i < st->count; i++) {
		int64_t c = st->changes[i];

		sum += c < 0 ? 0 - (uint64_t)c : (uint64_t)c;
	}
	sum /= st->count;
	*out = sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
	return true;
}

static bool
has_left(const struct threshold_state *st, const struct threshold_rule *r, int64_t value, usec now)
{
	int64_t seen;
	bool by_value = r->has_exit_val && looked_at(st, r, r->exit_type, value, &seen) &&
			compare_holds(r->exit_op, seen, r->exit_val);
	bool by_time = r->exit_time != 0 && now - st->entered >= r->exit_time;

	if (r->has_exit_val && r->exit_time != 0 && r->comb == COMB_AND)
		return by_value && by_time;
	return by_value || by_time;
}

enum threshold_verdict
threshold_sample(
	struct threshold_state *st, const struct threshold_rule *r, int64_t value, usec now, int64_t *delta)
{
	enum value_type type = st->waits_for_exit ? r->exit_type : r->entry_type;
	int64_t before = st->has_sample ? st->last : value, seen;
	bool is_first = !st->has_sample;

	keep_change(st, r, value);
	if (delta != NULL && (type == VALUE_IS || !looked_at(st, r, type, value, delta)))
		*delta = change_between(before, value);
	if (st->waits_for_exit) {
		if (!has_left(st, r, value, now))
			return THRESHOLD_NOTHING;
		st->waits_for_exit = false;
		return THRESHOLD_EXIT;
	}
	if ((is_first && r->entry_type != VALUE_IS) || !looked_at(st, r, r->entry_type, value, &seen) ||
		!compare_holds(r->entry_op, seen, r->entry_val))
		return THRESHOLD_NOTHING;
	st->base = value;
	st->entered = now;
	st->waits_for_exit = r->has_exit_val || r->exit_time != 0;
	return THRESHOLD_ENTRY;
}

static const char *
type_name(const struct kw_enum *type)
{
	static const char *const names[] = { "value", "increment", "rate" }; /* ORDER: enum value_type */

	return names[type->set ? type->v : VALUE_IS];
}

void
threshold_describe(const struct threshold_spec *th, const char *entry, const char *exit, usec poll_default,
	struct text *out)
{
	usec poll = th->poll.set ? th->poll.v : poll_default;

	text_printf(out, " entry-op %s entry-val %s entry-type %s",
		compare_name((enum compare)th->entry_op.v), entry, type_name(&th->entry_type));
	if (exit != NULL && th->exit_time.set)
		text_printf(out, " exit-comb %s", th->exit_comb.set && th->exit_comb.v ? "and" : "or");
	if (exit != NULL)
		text_printf(out, " exit-op %s exit-val %s exit-type %s",
			compare_name(th->exit_op.set ? (enum compare)th->exit_op.v
						     : compare_not((enum compare)th->entry_op.v)),
			exit, type_name(&th->exit_type));
	if (th->exit_time.set)
		words_describe_time(out, "exit-time", th->exit_time.v);
	if (th->exit_event.set && th->exit_event.v)
		text_add(out, " exit-event true");
	if (th->average.set && th->average.v > 1)
		text_printf(out, " average-factor %lld", (long long)th->average.v);
	words_describe_time(out, "poll-interval", poll < THRESHOLD_POLL_MIN ? THRESHOLD_POLL_MIN : poll);
}
