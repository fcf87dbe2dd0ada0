/*
 * action LABEL track read N: the state of a tracked object is $_track_state (up or down), its number
 * $_track_number. track set N state {up | down}: only of stub objects (eem-language 6.10).
 */
#include <inttypes.h>
#include <string.h>

#include "actions/data/data.h"
#include "bus/tracked.h"

struct track_what {
	struct kw_template number;
	struct kw_enum state; /* of set */
};

struct track_args {
	struct kw_sub what;
	struct variable state, number;
};

#define NUMBER                                                                                   \
	{                                                                                        \
		.help = "Tracked object", .type = &kw_operand, KW_AT(struct track_what, number), \
		.flags = KW_REQ, .param = "<1-32767>"                                            \
	}

static const struct kw_alternative states[] = {
	{ "down", "Set the state to down", TRACKED_DOWN, false },
	{ "up", "Set the state to up", TRACKED_UP, false },
	{ NULL, NULL, 0, false },
};

static const struct kw read_kw[] = {
	NUMBER,
	KW_END,
};

static const struct kw set_kw[] = {
	NUMBER,
	{ .word = "state",
		.help = "State of the object",
		.type = &kw_choice,
		KW_AT(struct track_what, state),
		.flags = KW_REQ | KW_SEQ,
		.choices = states },
	KW_END,
};

static const struct kw track_kw[] = {
	{ .word = "read",
		.help = "Read the state of a tracking object",
		KW_AT(struct track_args, what),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = read_kw,
		.sub_size = sizeof(struct track_what) },
	{ .word = "set",
		.help = "Set the state of a tracking object",
		KW_AT(struct track_args, what),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = set_kw,
		.sub_size = sizeof(struct track_what) },
	KW_END,
};

static bool
is_number(int64_t n)
{
	return n >= 1 && n <= TRACKED_MAX;
}

static bool
track_typed(struct engine *engine, void *args, struct err *err)
{
	const struct track_what *a = ((const struct track_args *)args)->what.args;
	int64_t n;

	if (strchr(a->number.s, '$') || (parse_integer(a->number.s, strlen(a->number.s), &n) && is_number(n)))
		return true;
	return err_set(err, ERR_REFUSED, "'%s' is no tracked object: a number from 1 to %d", a->number.s,
		TRACKED_MAX);
}

static bool
track_check(struct compile *c, void *args, struct err *err)
{
	struct track_args *a = args;

	a->state = compile_variable(c, "_track_state");
	a->number = compile_variable(c, "_track_number");
	return true;
}

static enum step
no_track(struct run *run, const struct track_what *a, const char *doing, const char *why)
{
	return run_fail(run, "FH_ENOTRACK", SEV_ERRORS, "FMPD_ACTION_NOTRACK",
		"Error attempting to %s state of tracking object %s; object does not exist%s", doing,
		run_expand(run, &a->number, NULL), why);
}

static enum step
track_set(struct run *run, const struct track_what *a, uint32_t number)
{
	if (!run_is_live(run)) /* a replay or a simulation changes nothing */
		return STEP_NEXT;
	if (tracked_force(run_engine(run), number, (enum tracked)a->state.v, run_cause(run)))
		return STEP_NEXT;
	return no_track(run, a, "set", " or is not a stub-object");
}

static enum step
track_exec(struct run *run, const void *args)
{
	const struct track_args *a = args;
	const struct track_what *what = a->what.args;
	int64_t n = 0;
	enum number is = run_expand_int(run, &what->number, &n);
	uint32_t number = is == IS_NUMBER && is_number(n) ? (uint32_t)n : 0;
	enum tracked state;

	if (is == IS_MISSING)
		return STEP_FAIL;
	if (what->state.set)
		return track_set(run, what, number);
	state = tracked_get(run_engine(run), number);
	if (state == TRACKED_ABSENT)
		return no_track(run, what, "read", "");
	run_set_result(run, &a->state, tracked_name(state), strlen(tracked_name(state)));
	run_set_result_int(run, &a->number, n);
	return STEP_NEXT;
}

const struct action action_track = {
	.name = "track",
	.help = "Read/Set a tracking object",
	.kw = track_kw,
	.args_size = sizeof(struct track_args),
	.typed = track_typed,
	.check = track_check,
	.exec = track_exec,
	.sets = ACTION_VARIABLES("_track_state", "_track_number"),
};
