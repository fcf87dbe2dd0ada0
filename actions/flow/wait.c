/* wait N: parks the run for N seconds; the time counts against maxrun, and the run keeps its slot. */
#include "actions/flow/flow.h"

enum { WAIT_MAX_S = 31536000 };

struct wait_args {
	struct kw_template seconds;
};

static bool
wait_seconds(const char *s, size_t n, int64_t *out)
{
	return parse_integer(s, n, out) && *out >= 1 && *out <= WAIT_MAX_S;
}

static bool
wait_check(struct compile *c, void *args, struct err *err)
{
	const struct template *t = ((struct wait_args *)args)->seconds.t;
	int64_t seconds;

	if (!t->is_literal || wait_seconds(t->text, t->len, &seconds))
		return true;
	return err_set(err, ERR_RANGE, "action %s: wait takes a number from 1 to %d", c->label, WAIT_MAX_S);
}

static usec
wait_takes(const void *args)
{
	const struct template *t = ((const struct wait_args *)args)->seconds.t;
	int64_t seconds;

	return t->is_literal && wait_seconds(t->text, t->len, &seconds) ? seconds * USEC_PER_SEC : 0;
}

static enum step
wait_exec(struct run *run, const void *args)
{
	const struct wait_args *a = args;
	size_t n;
	const char *s = run_expand(run, &a->seconds, &n);
	int64_t seconds;

	if (s == NULL)
		return STEP_FAIL;
	if (!wait_seconds(s, n, &seconds))
		return run_fail(run, "FH_EINVAL", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
			"Invalid operand of wait, value must be within 1 and %d", WAIT_MAX_S);
	return run_sleep(run, seconds * USEC_PER_SEC, NULL);
}

static const struct kw wait_kw[] = {
	{ .help = "Seconds to wait",
		.type = &kw_operand,
		KW_AT(struct wait_args, seconds),
		.flags = KW_REQ,
		.param = "<1-31536000>" },
	KW_END,
};

const struct action action_wait = {
	.name = "wait",
	.help = "Wait for a specified amount of time",
	.kw = wait_kw,
	.args_size = sizeof(struct wait_args),
	.check = wait_check,
	.exec = wait_exec,
	.takes = wait_takes,
};
