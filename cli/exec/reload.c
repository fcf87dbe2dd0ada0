/*
 * reload: now, in some time, or not after all. As with the action of that name, eventd restarts nothing by itself:
 * what `event manager allow reload` names is run.
 */
#include <stdio.h>
#include <time.h>

#include "actions/io/system.h"
#include "cli/builtin.h"
#include "cli/session_private.h"
#include "cli/startup.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"

enum { MINUTES_MAX = 34560 }; /* 24 days, as IOS */

struct reload_args {
	struct kw_int minutes;
	struct kw_flag cancel;
};

/* One that is scheduled. */
struct reload {
	struct cli *cli;
	char *who;
	struct timer *timer;
	usec when; /* wall */
};

/* A command under way. */
struct asking {
	usec after; /* 0: now */
};

/* ---- doing it ---- */

static void
carry_out(struct cli *cli, const char *who)
{
	struct engine *e = cli->engine;
	struct err err = ERR_INIT;

	log_msg(e->log, NULL, "SYS", SEV_NOTIFICATIONS, "RELOAD",
		"Reload requested by %s. Reload Reason: Reload Command.", who);
	if (!system_reload(e, &err))
		log_msg(e->log, NULL, "SYS", SEV_ERRORS, "RELOAD_FAILED", "Reload requested by %s failed: %s",
			who, err.text);
}

static void
on_time(void *arg)
{
	struct reload *r = arg;

	r->cli->reload = NULL;
	carry_out(r->cli, r->who);
	mem_free(r);
}

static const char *
when_text(usec wall, char room[64])
{
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(room, 64, "%H:%M:%S UTC %a %b %e %Y", &tm);
	return room;
}

static void
schedule(struct session *s, usec after)
{
	struct cli *cli = s->cli;
	struct reload *r = mem_new(cli, struct reload);
	char room[64];

	mem_free(cli->reload);
	cli->reload = r;
	r->cli = cli;
	r->who = mem_strdup(r, s->who);
	r->when = clock_wall(cli->engine->clock) + after;
	r->timer = timer_after(r, cli->engine->loop, after, on_time, r);
	log_msg(cli->engine->log, s->cause, "SYS", SEV_NOTIFICATIONS, "SCHEDULED_RELOAD",
		"Reload requested for %s by %s. Reload Reason: Reload Command.", when_text(r->when, room),
		r->who);
}

/* ---- asking ---- */

static void
confirmed(struct session *s, const struct answer *answer, void *arg)
{
	const struct asking *a = arg;

	if (answer->yes && a->after > 0)
		schedule(s, a->after);
	else if (answer->yes)
		carry_out(s->cli, s->who);
	session_done(s);
}

static void
saved(struct session *s, const struct answer *answer, void *arg)
{
	struct err err = ERR_INIT;

	if (answer->yes && !startup_save(s, &err)) {
		session_fail(s, &err);
		return;
	}
	session_ask(s, ASK_CONFIRM, "Proceed with reload? [confirm]", confirmed, arg);
}

static void
tell_scheduled(struct session *s, usec after)
{
	char room[64];

	session_print(s, "Reload scheduled for %s (in %lld minutes) by %s\nReload reason: Reload Command\n",
		when_text(clock_wall(s->cli->engine->clock) + after, room),
		(long long)(after / USEC_PER_SEC / 60), s->who);
}

static enum cmd_result
cancel(struct session *s, struct err *err)
{
	if (s->cli->reload == NULL) {
		err_set(err, ERR_NOT_FOUND, "No reload is scheduled.");
		return CMD_REFUSED;
	}
	mem_free(s->cli->reload);
	s->cli->reload = NULL;
	session_print(s, "\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n");
	return CMD_DONE;
}

static enum cmd_result
reload(struct session *s, const void *args, struct err *err)
{
	const struct reload_args *r = args;
	struct asking *a = mem_new(session_cmd_ctx(s), struct asking);

	if (r->cancel.set)
		return cancel(s, err);
	if (!system_may_reload(s->cli->engine)) {
		err_set(err, ERR_REFUSED, "A reload is not allowed here");
		err_hint(err, "'event manager allow reload PROGRAM' names what restarts the device");
		return CMD_REFUSED;
	}
	a->after = r->minutes.set ? r->minutes.v * 60 * USEC_PER_SEC : 0;
	if (a->after > 0)
		tell_scheduled(s, a->after);
	if (conf_is_unsaved(s->cli->engine->conf))
		return session_ask(
			s, ASK_YESNO, "System configuration has been modified. Save? [yes/no]: ", saved, a);
	return session_ask(s, ASK_CONFIRM, "Proceed with reload? [confirm]", confirmed, a);
}

static enum cmd_result
show_reload(struct session *s, const void *args, struct err *err)
{
	const struct reload *r = s->cli->reload;
	struct writer *w = session_writer(s);
	char room[64];
	usec left;

	if (r == NULL) {
		w_text(w, "No reload is scheduled.\n");
		w_str(w, "scheduled", NULL);
		w_str(w, "in_seconds", NULL);
		w_str(w, "requested_by", NULL);
		return CMD_DONE;
	}
	left = timer_left(r->timer) / USEC_PER_SEC;
	when_text(r->when, room);
	w_text(w,
		"Reload scheduled for %s (in %lld minutes and %lld seconds) by %s\nReload reason: Reload "
		"Command\n",
		room, (long long)(left / 60), (long long)(left % 60), r->who);
	w_str(w, "scheduled", room);
	w_int(w, "in_seconds", left);
	w_str(w, "requested_by", r->who);
	return CMD_DONE;
}

static const struct kw reload_kw[] = {
	{ .word = "cancel",
		.help = "Not after all",
		KW_AT(struct reload_args, cancel),
		.flags = KW_SEQ,
		.group = 1 },
	{ .word = "in",
		.help = "In so many minutes",
		.type = &kw_number,
		KW_AT(struct reload_args, minutes),
		.flags = KW_SEQ,
		.group = 1,
		.min = 1,
		.max = MINUTES_MAX },
	KW_END,
};

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "reload",
		  .help = "Restart the device",
		  .kw = reload_kw,
		  .size = sizeof(struct reload_args),
		  .level = 15 },
		.flags = EXEC_DEVICE,
		.run = reload },
	{ .cmd = { .words = "show reload", .help = "Whether a reload is scheduled", .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_reload },
};

void
exec_reload_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
