/* event manager run: a policy by hand; a synchronous one holds the session and its terminal. */
#include "applets/lua/scripts.h"
#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"
#include "sched/manual.h"
#include "sched/sched.h"

struct run_args {
	struct kw_str name;
	struct kw_list args;
};

static const struct kw run_kw[] = {
	{ .help = "Name of the policy", .type = &kw_word, KW_AT(struct run_args, name), .flags = KW_REQ },
	{ .help = "Argument of the policy",
		.type = &kw_word,
		KW_AT(struct run_args, args),
		.flags = KW_MANY },
	KW_END,
};

/* A session that waits for its policy; lives as long as the command. */
struct waiting {
	struct session *session;
	struct run *run;
};

/* As the log has it, which may be far from who typed the command. */
static void
abort_reason(struct session *s, const struct run_result *result, struct err *err)
{
	struct redact *redact = session_engine(s)->redact;
	struct text why;

	text_init(&why, session_cmd_ctx(s));
	text_add(&why, result->reason);
	if (redact != NULL)
		redact_text(redact, &why, 0);
	err_class(err, ERR_REFUSED, result->error, "Policy aborted at statement %s%s%s", result->label,
		why.len > 0 ? ": " : "", why.s);
}

/* Rulings 26: what `exit N` said does not matter, only whether the run came to its end. */
static void
run_ended(void *arg, const struct run_result *result)
{
	struct waiting *w = arg;
	struct err err = ERR_INIT;

	w->run = NULL;
	if (result->status == RUN_SUCCESS) {
		session_done(w->session);
		return;
	}
	if (result->timed_out)
		err_class(&err, ERR_TIMEOUT, "MAXRUN", "Policy ended by its maxrun timer at statement %s",
			result->label);
	else
		abort_reason(w->session, result, &err);
	session_fail(w->session, &err);
}

/* 8.5: the caller goes on, the policy too; its terminal is gone. */
static void
wait_over(void *arg, enum session_end why)
{
	struct waiting *w = arg;

	if (w->run)
		run_take_tty(w->run);
	w->run = NULL;
	if (why == SESSION_DEADLINE)
		session_done(w->session);
}

static enum cmd_result
event_manager_run(struct session *s, const void *args, struct err *err)
{
	const struct run_args *a = args;
	struct engine *engine = session_engine(s);
	bool sync = false;
	usec wait = 0;

	if (a->args.n > MANUAL_ARGS_MAX) {
		err_set(err, ERR_REFUSED, "A policy takes at most %d arguments", MANUAL_ARGS_MAX);
		return CMD_REFUSED;
	}
	manual_is_sync(engine, a->name.s, &sync, &wait);

	struct run *run = manual_run(engine,
		&(struct manual_want){ .name = a->name.s,
			.args = a->args.v,
			.nargs = a->args.n,
			.cause = session_cause(s),
			.source = session_tty_name(s),
			.tty = sync ? session_tty(s) : NULL },
		err);
	if (run == NULL && err->code == ERR_NONE)
		return CMD_DONE;
	if (run == NULL) {
		const char *why =
			engine->scripts != NULL ? scripts_refusal(engine->scripts, a->name.s) : NULL;

		if (why != NULL)
			err_hint(err, "not registered: %s", why);
		return CMD_REFUSED_BARE;
	}
	if (!sync)
		return CMD_DONE;

	struct waiting *w = mem_new(session_cmd_ctx(s), struct waiting);
	*w = (struct waiting){ .session = s, .run = run };
	run_on_end(w, run, run_ended, w);
	return session_wait(s, wait, wait_over, w);
}

/* ---- event manager update user policy ---- */

struct update_args {
	struct kw_str name, group, repository;
};

static const struct kw update_kw[] = {
	{ .word = "group",
		.help = "Policies whose names match",
		.type = &kw_pattern,
		KW_AT(struct update_args, group),
		.group = 1 },
	{ .word = "name",
		.help = "One policy",
		.type = &kw_word,
		KW_AT(struct update_args, name),
		.group = 1 },
	{ .word = "repository",
		.help = "Where newer policies come from",
		.type = &kw_string,
		KW_AT(struct update_args, repository) },
	KW_END,
};

static enum cmd_result
event_manager_update(struct session *s, const void *args, struct err *err)
{
	const struct update_args *a = args;
	struct update_want want = { .name = a->name.set ? a->name.s : NULL,
		.repository = a->repository.set ? a->repository.s : NULL };
	unsigned copied = 0;

	if (a->group.set) {
		want.group = regex_new(session_cmd_ctx(s), a->group.s, REGEX_EVENT, err);
		if (want.group == NULL)
			return CMD_REFUSED;
	}
	if (!scripts_update(session_engine(s), &want, &copied, err))
		return CMD_REFUSED;
	if (copied == 0)
		session_print(s, "No policy is newer in the repository\n");
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "event manager update user policy",
		  .help = "Copy newer policy files and register them anew",
		  .kw = update_kw,
		  .size = sizeof(struct update_args),
		  .level = 15 },
		.run = event_manager_update },
	{ .cmd = { .words = "event manager run",
		  .help = "Run an Event Manager policy registered with event none",
		  .kw = run_kw,
		  .size = sizeof(struct run_args),
		  .level = 15 },
		.run = event_manager_run },
};

void
exec_eem_register(struct cli *cli)
{
	cli_word(cli, "event manager update", "Update Event Manager policies");
	cli_word(cli, "event manager update user", "Policies of the user");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
