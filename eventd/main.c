/* eventd: start-up order, signals, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/mail/mailer.h"
#include "actions/mail/queue/queue.h"
#include "applets/lua/scripts.h"
#include "boot.h"
#include "cli/server.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/notify.h"
#include "core/paths.h"
#include "core/privilege.h"
#include "core/settings.h"
#include "core/text.h"
#include "detect/daemons.h"
#include "detect/kernel.h"
#include "host/busy.h"
#include "net/addresses.h"
#include "net/links.h"
#include "options.h"
#include "sched/journal.h"
#include "sched/sched.h"
#include "setup.h"
#include "syslog/link.h"
#include "syslog/listen.h"

#define DRAIN (10 * USEC_PER_SEC) /* contract 2: what runs and mail get after SIGTERM */
#define POLL  (50 * USEC_PER_MSEC)

enum { LOCK_WAIT_MS = 2000, LOCK_LOOK_MS = 20 };

struct daemon {
	struct engine *engine;
	struct cli_server *server; /* NULL once we are ending */
	const struct options *options;
	struct timer *drain;
	usec drain_until;
	int exit_status;
};

/* Debug lines were asked for: only `logging console` holds them back, not the settings' level. */
static bool
console_wants(const struct engine *engine, const struct log_entry *e)
{
	if (e->is_debug && conf_find(engine->conf, "logging console") == NULL)
		return engine->settings->console;
	return log_shows(engine->log, LOG_CONSOLE, e);
}

static void
on_console(void *arg, const struct log_entry *e)
{
	struct text line;

	if (!console_wants(arg, e))
		return;
	text_init(&line, NULL);
	text_add_screen(&line, e->line, strlen(e->line));
	fprintf(stderr, "%s\n", line.s);
	mem_free(line.s);
}

static void
tell_aborted(void *arg, const struct run_view *r)
{
	const struct engine *e = arg;

	log_msg(e->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_STOPPED",
		"applet %s (job %llu) aborted: eventd is stopping", r->policy, (unsigned long long)r->job);
}

/* Runs and mail have ended, or their time is over. */
static void
on_drain(void *arg)
{
	struct daemon *d = arg;
	struct engine *e = d->engine;

	if (sched_active(e->sched) + sched_pending(e->sched) + mail_queue_active(e->mail_queue) +
				intake_ending(e->intake) + mailer_leave_sessions(e->mailer) ==
			0 ||
		loop_mono(e->loop) >= d->drain_until) {
		sched_each(e->sched, true, tell_aborted, e);
		sched_each(e->sched, false, tell_aborted, e);
		sched_stop(e->sched, true);
		loop_stop(e->loop);
		return;
	}
	timer_set(d->drain, POLL);
}

static void
on_term(void *arg, int signo)
{
	struct daemon *d = arg;
	struct engine *e = d->engine;

	(void)signo;
	if (d->drain != NULL) { /* told twice: now */
		loop_stop(e->loop);
		return;
	}
	notify_systemd("STOPPING=1");
	log_msg(e->log, NULL, "SYS", SEV_NOTIFICATIONS, "STOP",
		"eventd is stopping; %zu runs have %d s to end",
		sched_active(e->sched) + sched_pending(e->sched), (int)(DRAIN / USEC_PER_SEC));
	mem_free(d->server);
	d->server = NULL;
	intake_listen(e->intake, NULL, NULL);
	sched_stop(e->sched, false);
	mail_queue_stop(e->mail_queue);
	d->drain_until = loop_mono(e->loop) + DRAIN;
	d->drain = timer_after(e, e->loop, 0, on_drain, d);
}

static void
on_hup(void *arg, int signo)
{
	struct daemon *d = arg;

	(void)signo;
	boot_reload(d->engine, d->options);
}

/* The configuration stands, policies are registered, every listener is open, the mail queue is read. */
static void
on_loaded(void *arg)
{
	struct engine *e = arg;

	e->is_up = true;
	fputs("eventd ready\n", stderr);
	notify_systemd("READY=1");
}

static void
on_settled(void *arg)
{
	const struct daemon *d = arg;

	journal_open(d->engine->journal); /* in order: it is read when the queue is */
	mail_queue_open(d->engine->mail_queue, on_loaded, d->engine);
}

/* No core files: they would hold passwords. Writing to a closed socket is an error value, not a death. */
static void
harden(void)
{
	static const struct rlimit none = { 0, 0 };

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	privilege_many_files();
	prctl(PR_SET_DUMPABLE, 0);
	umask(027);
}

/*
 * One daemon for one state directory: two would both fire its timers. Held until we end. A child that a killed
 * daemon had forked holds it, as it holds every socket of it, until it comes to its exec: so whoever has the
 * lock has the ports too, and it is waited for a moment.
 */
static bool
lock_state(const char *dir, struct err *err)
{
	char *path = mem_printf(NULL, "%s/lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = false;

	for (unsigned ms = 0; fd >= 0 && ms <= LOCK_WAIT_MS; ms += LOCK_LOOK_MS) {
		ok = flock(fd, LOCK_EX | LOCK_NB) == 0;
		if (ok || errno != EWOULDBLOCK)
			break;
		poll(NULL, 0, LOCK_LOOK_MS);
		errno = EWOULDBLOCK;
	}
	if (!ok && errno == EWOULDBLOCK)
		err_set(err, ERR_REFUSED, "%s: another eventd works in this state directory", dir);
	else if (!ok)
		err_errno(err, "%s", path);
	mem_free(path);
	return ok;
}

/* What the kernel tells of interfaces. Without netlink everything else works. */
static void
follow_kernel(struct engine *e)
{
	struct err err = ERR_INIT;

	e->links = links_new(e, e, &err);
	if (e->links == NULL) {
		log_msg(e->log, NULL, "SYS", SEV_WARNINGS, "LINKS", "Interfaces are not watched: %s",
			err.text);
		return;
	}
	e->addresses = addresses_new(e, e, &err);
	link_messages(e, e, e->links);
	kernel_detectors_come(e);
}

static int
serve(const struct options *o)
{
	void *ctx = mem_ctx(NULL, "eventd");
	struct daemon d = { .options = o };
	struct settings *settings = NULL;
	struct setup setup = { .state_dir = o->state, .startup = o->config };
	struct err err = ERR_INIT;
	int status;

	status = boot_settings(ctx, o, &settings);
	if (status != EXIT_FINE) {
		mem_free(ctx);
		return status;
	}
	if (!path_make_dir(o->state, 0750, &err) || !lock_state(o->state, &err)) {
		fprintf(stderr, "eventd: %s\n", err.text);
		mem_free(ctx);
		return EXIT_RUNTIME;
	}
	setup.clock = clock_new_real(ctx);
	setup.settings = settings;
	d.engine = engine_new(ctx, &setup, &err);
	if (d.engine == NULL) {
		fprintf(stderr, "eventd: %s\n", err.text);
		mem_free(ctx);
		return EXIT_RUNTIME;
	}
	log_sink(d.engine, d.engine->log, on_console, d.engine);
	d.engine->busy = busy_new(d.engine, d.engine);
	follow_kernel(d.engine); /* before the configuration: what it arms is there */
	daemon_detectors_come(d.engine);
	status = boot_configuration(d.engine, o);
	if (status == EXIT_FINE && !intake_listen(d.engine->intake, settings, &err))
		status = EXIT_RUNTIME;
	d.server = status != EXIT_FINE ? NULL : cli_server_new(d.engine, d.engine->cli, o->socket, &err);
	if (d.server == NULL) {
		if (err.code != ERR_NONE)
			fprintf(stderr, "eventd: %s\n", err.text);
		mem_free(ctx);
		return status != EXIT_FINE ? status : EXIT_RUNTIME;
	}
	watch_signal(d.engine, d.engine->loop, SIGTERM, on_term, &d);
	watch_signal(d.engine, d.engine->loop, SIGINT, on_term, &d);
	watch_signal(d.engine, d.engine->loop, SIGHUP, on_hup, &d);
	log_msg(d.engine->log, NULL, "SYS", SEV_NOTIFICATIONS, "RESTART", "System restarted --");
	scripts_on_settled(d.engine, d.engine->scripts, on_settled, &d);
	loop_run(d.engine->loop);
	mem_free(ctx);
	return EXIT_FINE;
}

int
main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "options");
	struct options options;
	int status;

	setlocale(LC_CTYPE, "C.UTF-8");
	harden();
	status = options_parse(ctx, argc, argv, &options);
	if (status < 0)
		status = options.check ? boot_check(&options) : serve(&options);
	mem_free(ctx);
	return status;
}
