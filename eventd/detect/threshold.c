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
	if (exit != NULL)
		text_printf(out, " exit-op %s exit-val %s exit-type %s",
			compare_name(th->exit_op.set ? (enum compare)th->exit_op.v
						     : compare_not((enum compare)th->entry_op.v)),
			exit, type_name(&th->exit_type));
	if (poll < THRESHOLD_POLL_MIN)
		poll = THRESHOLD_POLL_MIN;
	text_printf(out, " poll-interval %lld.%03d", (long long)(poll / USEC_PER_SEC),
		(int)(poll % USEC_PER_SEC / USEC_PER_MSEC));
}
