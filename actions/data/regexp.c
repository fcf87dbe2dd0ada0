/*
 * action LABEL regexp RE INPUT [MATCH [SUB1 [SUB2 [SUB3]]]]: matches as Tcl 8 does (rulings 2).
 * $_regexp_result is 1 or 0. Without a match the variables keep their values, as real applets expect
 * that set them before (eem-language 6.8).
 */
#include <string.h>

#include "actions/action.h"
#include "actions/data/data.h"
#include "core/mem.h"
#include "core/regex.h"

#define TARGETS 4

struct regexp_args {
	struct kw_template pattern, input;
	struct kw_variable target[TARGETS]; /* the whole match, then the groups */
	struct variable result;
	struct regex *compiled; /* of a pattern without variables */
};

static const struct kw regexp_kw[] = {
	{ .help = "Regular expression pattern",
		.type = &kw_template_regex,
		KW_AT(struct regexp_args, pattern),
		.flags = KW_REQ },
	{ .help = "Input string to match against",
		.type = &kw_template,
		KW_AT(struct regexp_args, input),
		.flags = KW_REQ },
	{ .help = "Variable for the match", .type = &kw_variable, KW_AT(struct regexp_args, target[0]) },
	{ .help = "Variable for the first submatch",
		.type = &kw_variable,
		KW_AT(struct regexp_args, target[1]) },
	{ .help = "Variable for the second submatch",
		.type = &kw_variable,
		KW_AT(struct regexp_args, target[2]) },
	{ .help = "Variable for the third submatch",
		.type = &kw_variable,
		KW_AT(struct regexp_args, target[3]) },
	KW_END,
};

static bool
regexp_check(struct compile *c, void *args, struct err *err)
{
	struct regexp_args *a = args;

	a->result = compile_variable(c, "_regexp_result");
	if (!a->pattern.t->is_literal)
		return true;
	a->compiled = regex_new(c->program, a->pattern.t->text, REGEX_TCL, err);
	return a->compiled != NULL;
}

static enum step
bad_pattern(struct run *run, const struct err *err)
{
	return run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_ACTION_REGEXP", "%s", err->text);
}

static enum step
regexp_exec(struct run *run, const void *args)
{
	const struct regexp_args *a = args;
	struct regex *re = a->compiled;
	struct regex_captures captures;
	struct err err = ERR_INIT;
	const char *input, *pattern;
	enum regex_verdict verdict;
	struct regex *own = NULL;
	size_t n;

	input = run_expand(run, &a->input, &n);
	if (input == NULL)
		return STEP_FAIL;
	pattern = run_expand(run, &a->pattern, NULL);
	if (pattern == NULL)
		return STEP_FAIL;
	if (re == NULL)
		re = own = regex_new(run_ctx(run), pattern, REGEX_TCL, &err);
	if (re == NULL)
		return bad_pattern(run, &err);
	verdict = regex_match(re, run_regex_scratch(run), input, n, &captures);
	mem_free(own);
	if (verdict == REGEX_LIMIT) {
		err_set(&err, ERR_REFUSED, "the expression takes too much work for this input");
		return bad_pattern(run, &err);
	}
	run_set_result_int(run, &a->result, verdict == REGEX_YES);
	if (verdict == REGEX_NO)
		return STEP_NEXT;
	for (unsigned i = 0; i < TARGETS && a->target[i].set; i++) {
		bool set = i < captures.n && captures.group[i].set;

		if (!run_set(run, &a->target[i].v, set ? input + captures.group[i].at : "",
			    set ? captures.group[i].len : 0))
			return STEP_FAIL;
	}
	return STEP_NEXT;
}

const struct action action_regexp = {
	.name = "regexp",
	.help = "regular expression match",
	.kw = regexp_kw,
	.args_size = sizeof(struct regexp_args),
	.check = regexp_check,
	.exec = regexp_exec,
	.sets = ACTION_VARIABLES("_regexp_result"),
};
