/* Comparing two operands. */
#include "actions/flow/condition.h"

#include <string.h>

const struct kw_alternative condition_ops[] = {
	{ "eq", "equal to", OP_EQ, false },
	{ "ge", "greater than or equal to", OP_GE, false },
	{ "gt", "greater than", OP_GT, false },
	{ "le", "less than or equal to", OP_LE, false },
	{ "lt", "less than", OP_LT, false },
	{ "ne", "not equal to", OP_NE, false },
	{ NULL, NULL, 0, false },
};

static int
compare_text(const char *a, size_t na, const char *b, size_t nb)
{
	int order = memcmp(a, b, na < nb ? na : nb);

	return order ? order : na < nb ? -1 : na > nb;
}

static bool
satisfies(int order, int op)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_GE:
		return order >= 0;
	case OP_GT:
		return order > 0;
	case OP_LE:
		return order <= 0;
	case OP_LT:
		return order < 0;
	default:
		return order != 0;
	}
}

enum truth
condition_holds(struct run *run, const struct condition *c)
{
	int64_t x, y;
	enum number left = run_expand_int(run, &c->left, &x);
	enum number right = left == IS_MISSING ? IS_MISSING : run_expand_int(run, &c->right, &y);
	size_t na, nb;

	if (right == IS_MISSING)
		return IS_FAILED;
	if (left == IS_NUMBER && right == IS_NUMBER)
		return satisfies(x < y ? -1 : x > y, c->op.v) ? IS_TRUE : IS_FALSE;

	const char *a = run_expand(run, &c->left, &na);
	const char *b = run_expand(run, &c->right, &nb);
	return satisfies(compare_text(a, na, b, nb), c->op.v) ? IS_TRUE : IS_FALSE;
}
