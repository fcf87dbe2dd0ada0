/*
 * action LABEL context {save | retrieve} key K variable PATTERN: lays variables of this run down for
 * other runs, and takes them up again. The pattern is a name or a glob (eem-language 6.10).
 */
#include <string.h>

#include "actions/data/data.h"
#include "applets/context.h"
#include "core/glob.h"
#include "core/mem.h"

struct context_what {
	struct kw_template key, pattern;
};

struct context_args {
	struct kw_sub what;
};

/* One action under way: `f` of the variables, and what went wrong. */
struct transfer {
	struct run *run;
	const char *key, *pattern;
	size_t n;
	bool failed;
	struct err err;
};

static void
save_one(void *arg, const char *name, const char *s, size_t n)
{
	struct transfer *t = arg;

	if (t->failed || !glob_match(t->pattern, strlen(t->pattern), name, strlen(name), false))
		return;
	t->n++;
	t->failed = !context_save(run_engine(t->run)->contexts, t->key, name, s, n, &t->err);
}

static enum step
save(struct transfer *t)
{
	run_vars_each(t->run, save_one, t);
	if (!t->failed && t->n > 0)
		return STEP_NEXT;
	return run_fail(t->run, t->failed ? "FH_ETOOBIG" : "FH_ENOSUCHKEY", SEV_INFORMATIONAL,
		"FMPD_CONTEXT_SAVE", "Failed to save variable context for key %s: %s%s", t->key,
		t->failed ? t->err.text : "no variable is named ", t->failed ? "" : t->pattern);
}

static void
retrieve_one(void *arg, const char *name, const char *s, size_t n)
{
	struct transfer *t = arg;

	t->failed |= !run_var_set(t->run, name, s, n);
}

static enum step
retrieve(struct transfer *t)
{
	if (context_take(run_engine(t->run)->contexts, t->key, t->pattern, retrieve_one, t) == 0)
		return run_fail(t->run, "FH_ENOSUCHKEY", SEV_INFORMATIONAL, "FMPD_CONTEXT_RETRIEVE",
			"Failed to retrieve context for key %s: no variable %s is saved", t->key, t->pattern);
	return t->failed ? STEP_FAIL : STEP_NEXT;
}

struct direction {
	enum step (*go)(struct transfer *);
};

static const struct kw what_kw[] = {
	{ .word = "key",
		.help = "Key for context information",
		.type = &kw_template,
		KW_AT(struct context_what, key),
		.flags = KW_REQ | KW_SEQ },
	{ .word = "variable",
		.help = "Variable name or glob pattern of variables",
		.type = &kw_template,
		KW_AT(struct context_what, pattern),
		.flags = KW_REQ | KW_SEQ },
	KW_END,
};

#define DIRECTION(word_, help_, go_)                                                                      \
	{                                                                                                 \
		.word = word_, .help = help_, KW_AT(struct context_args, what), .flags = KW_REQ | KW_SEQ, \
		.group = 1, .sub = what_kw, .sub_size = sizeof(struct context_what),                      \
		.owner = &(const struct direction)                                                        \
		{                                                                                         \
			go_                                                                               \
		}                                                                                         \
	}

static const struct kw context_kw[] = {
	DIRECTION("retrieve", "Retrieve context information", retrieve),
	DIRECTION("save", "Save context information", save),
	KW_END,
};

static enum step
context_exec(struct run *run, const void *args)
{
	const struct context_args *a = args;
	const struct context_what *what = a->what.args;
	const struct direction *direction = a->what.row->owner;
	struct transfer t = { .run = run, .err = ERR_INIT };

	t.key = run_expand(run, &what->key, NULL);
	t.pattern = t.key ? run_expand(run, &what->pattern, NULL) : NULL;
	return t.pattern ? direction->go(&t) : STEP_FAIL;
}

static const char *
retrieved(const void *args)
{
	const struct context_args *a = args;
	const struct direction *direction = a->what.row->owner;

	return direction->go == retrieve ? ((const struct context_what *)a->what.args)->pattern.s : NULL;
}

const struct action action_context = {
	.name = "context",
	.help = "Save or retrieve context information",
	.kw = context_kw,
	.args_size = sizeof(struct context_args),
	.exec = context_exec,
	.sets_named = retrieved,
};
