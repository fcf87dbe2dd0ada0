/* show event manager damping, clear event manager damping: what is held back, and for how long. */
#include <string.h>

#include "bus/bus.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/writer.h"
#include "sched/policy.h"

struct damping_args_of {
	struct kw_str policy;
	struct kw_flag damped;
};

static const struct kw policy_kw[] = {
	{ .help = "Name of a policy",
		.type = &kw_word,
		KW_AT(struct damping_args_of, policy),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw show_kw[] = {
	{ .word = "damped", .help = "Only what is held back now", KW_AT(struct damping_args_of, damped) },
	{ .word = "policy",
		.help = "Of one policy",
		.type = &kw_word,
		KW_AT(struct damping_args_of, policy),
		.param = "WORD" },
	KW_END,
};

/* ---- show ---- */

struct view {
	struct writer *w;
	const struct damping_args_of *args;
	const struct policy *policy;
	const struct spec *spec;
};

static const char *
state_name(const struct damping_view *k)
{
	if (k->is_damped)
		return k->is_capped ? "capped" : "damped";
	return "passing";
}

static void
show_key(void *arg, const struct damping_view *k)
{
	struct view *v = arg;
	char left[32] = "-";
	unsigned at = 0;

	if (v->args->damped.set && !k->is_damped)
		return;
	if (k->is_damped)
		eem_seconds(k->left, left);
	eem_cell(v->w, &at, 0, "%s", v->policy->name);
	eem_cell(v->w, &at, 21, "%s", state_name(k));
	eem_cell(v->w, &at, 30, "%.0f", k->penalty);
	eem_cell(v->w, &at, 39, "%llu", (unsigned long long)k->held);
	eem_cell(v->w, &at, 47, "%s", left);
	eem_cell(v->w, &at, 60, "%s", "");
	w_foreign(v->w, k->key, strlen(k->key));
	w_text(v->w, "\n");

	w_object(v->w, NULL);
	w_str(v->w, "policy", v->policy->name);
	w_str(v->w, "tag", v->spec->tag);
	w_str(v->w, "state", state_name(k));
	w_int(v->w, "penalty", (int64_t)k->penalty);
	w_int(v->w, "held", (int64_t)k->held);
	w_str(v->w, "reuse_in", k->is_damped ? left : NULL);
	w_str(v->w, "key", k->key);
	w_end(v->w);
}

static void
each_damping(
	struct policy *p, const struct damping_args_of *a, void (*f)(void *arg, struct spec *), void *arg)
{
	if (a->policy.set && strcmp(a->policy.s, p->name) != 0)
		return;
	for (size_t i = 0; i < p->nspecs; i++)
		if (p->specs[i]->damping != NULL)
			f(arg, p->specs[i]);
}

static void
show_spec(void *arg, struct spec *s)
{
	struct view *v = arg;

	v->spec = s;
	damping_each(s->damping, show_key, v);
}

static void
show_policy(void *arg, struct policy *p)
{
	struct view *v = arg;

	v->policy = p;
	each_damping(p, v->args, show_spec, v);
}

static bool
is_known(struct session *s, const struct damping_args_of *a, struct err *err)
{
	if (!a->policy.set || policies_find(session_engine(s)->policies, a->policy.s) != NULL)
		return true;
	return err_set(err, ERR_NOT_FOUND, "EEM policy %s is not registered", a->policy.s);
}

static enum cmd_result
show_damping(struct session *s, const void *args, struct err *err)
{
	struct view v = { .w = session_writer(s), .args = args };

	if (!is_known(s, args, err))
		return CMD_REFUSED;
	w_text(v.w, "Policy               State    Penalty  Held    Reuse in     Key\n");
	w_list(v.w, "damping");
	policies_each(session_engine(s)->policies, show_policy, &v);
	w_end(v.w);
	return CMD_DONE;
}

/* ---- clear ---- */

static void
clear_spec(void *arg, struct spec *s)
{
	damping_clear(s->damping);
}

static void
clear_policy(void *arg, struct policy *p)
{
	each_damping(p, arg, clear_spec, NULL);
}

static enum cmd_result
clear_damping(struct session *s, const void *args, struct err *err)
{
	if (!is_known(s, args, err))
		return CMD_REFUSED;
	policies_each(session_engine(s)->policies, clear_policy, (void *)(uintptr_t)args);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager damping",
		  .help = "Events that are held back because they repeat",
		  .level = 1,
		  .kw = show_kw,
		  .size = sizeof(struct damping_args_of) },
		.flags = EXEC_SHOW,
		.run = show_damping },
	{ .cmd = { .words = "clear event manager damping",
		  .help = "Forget penalties and let go what is held",
		  .level = 15,
		  .size = sizeof(struct damping_args_of) },
		.run = clear_damping },
	{ .cmd = { .words = "clear event manager damping policy",
		  .help = "Of one policy",
		  .level = 15,
		  .kw = policy_kw,
		  .size = sizeof(struct damping_args_of) },
		.run = clear_damping },
};

void
show_eem_damping_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
