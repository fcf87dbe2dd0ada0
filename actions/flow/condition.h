/*
 * `$a OP $b`: the condition of if, elseif and while. Both operands decimal integers (blanks around
 * them do not count): compared as numbers; otherwise as byte strings.
 */
#ifndef ACTIONS_FLOW_CONDITION_H
#define ACTIONS_FLOW_CONDITION_H

#include "applets/expand.h"
#include "cli/kw/kw.h"

struct condition {
	struct kw_template left;
	struct kw_enum op;
	struct kw_template right;
};

enum { OP_EQ, OP_GE, OP_GT, OP_LE, OP_LT, OP_NE };
extern const struct kw_alternative condition_ops[];

/* The three rows, for an args struct that has a `struct condition condition`. */
#define CONDITION_ROWS(type_)                                                                                \
	{ .help = "Left operand", .type = &kw_operand, KW_AT(type_, condition.left), .flags = KW_REQ },      \
		{ .help = "Comparison",                                                                      \
			.type = &kw_choice,                                                                  \
			KW_AT(type_, condition.op),                                                          \
			.flags = KW_REQ,                                                                     \
			.choices = condition_ops },                                                          \
	{                                                                                                    \
		.help = "Right operand", .type = &kw_operand, KW_AT(type_, condition.right), .flags = KW_REQ \
	}

enum truth { IS_FALSE, IS_TRUE, IS_FAILED };

/* IS_FAILED: an operand has no value; the step has failed. */
enum truth condition_holds(struct run *, const struct condition *);

#endif
