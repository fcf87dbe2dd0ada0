/* Operands of the arithmetic actions. */
#include "actions/data/operand.h"

void
operand_prepare(struct compile *c, struct operand *o)
{
	const struct template *t = o->text.t;

	if (o->text.set && t->is_literal && !t->is_number && variable_name_valid(t->text, t->len))
		o->bare = compile_variable(c, t->text);
}

enum step
operand_invalid(struct run *run, const char *operation, const char *what)
{
	return run_fail(run, "FH_EBADFMT", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
		"Invalid operand in arithmetic %s, value must be within range of long integer: %s", operation,
		what);
}

bool
operand_value(struct run *run, const struct operand *o, const char *operation, int64_t *out)
{
	enum number is = o->bare.name ? run_var_int(run, &o->bare, out) : run_expand_int(run, &o->text, out);
	const char *what;

	if (is == IS_NUMBER)
		return true;
	if (is == IS_MISSING && o->bare.name == NULL)
		return false;
	what = is == IS_MISSING ? o->bare.name
	       : o->bare.name   ? run_var(run, &o->bare, NULL)
				: run_expand(run, &o->text, NULL);
	operand_invalid(run, operation, what);
	return false;
}
