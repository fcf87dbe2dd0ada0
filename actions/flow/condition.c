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
compare(const char *a, size_t na, const char *b, size_t nb)
{
	int64_t x, y;
	int order;

	if (parse_integer(a, na, &x) && parse_integer(b, nb, &y))
		return x < y ? -1 : x > y;
	order = memcmp(a, b, na < nb ? na : nb);
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
	size_t na, nb;
	const char *a = run_expand(run, &c->left, &na);
	const char *b = a ? run_expand(run, &c->right, &nb) : NULL;

	if (b == NULL)
		return IS_FAILED;
	return satisfies(compare(a, na, b, nb), c->op.v) ? IS_TRUE : IS_FALSE;
}
