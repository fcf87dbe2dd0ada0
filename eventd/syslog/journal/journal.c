/* The work of eventd-journal. */
#include "syslog/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/mem.h"
#include "syslog/channel.h"
#include "syslog/journal/export.h"
#include "syslog/position.h"

#define READ_SIZE   65536
#define HOSTS_MAX   64u
#define AGAIN_FIRST 1u /* s, doubled each time */
#define AGAIN_MAX   30u
#define SYNC_PERIOD USEC_PER_SEC
#define LOOK_MS     1000
#define ARGS_MAX    16

struct work {
	struct channel *channel;
	struct position *position; /* NULL: nothing is kept */
	char *directory;           /* "" = the system's */
	char *cursor;              /* of the last entry that was handed on; NULL: none */
	struct export *export;
	pid_t pid; /* of journalctl; 0 = it does not run */
	int out;   /* what it prints */
	unsigned again;
	usec synced, start_at;
	char *own_pid, *own_host, *own_invocation;
	char *hosts[HOSTS_MAX]; /* number n + 1 is hosts[n] */
	unsigned host_count;
	char room[EXPORT_ROOM];
};

static usec
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

/* ---- journalctl ---- */

static void
stop(struct work *w)
{
	if (w->pid == 0)
		return;
	close(w->out);
	kill(w->pid, SIGTERM);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
}

/* Only what a message is made of: a core dump in the journal is not for us. */
static char *
fields_wanted(const void *ctx)
{
	char *list = mem_strdup(ctx, "--output-fields=");

	for (int i = EXPORT_SOURCE_REALTIME; i < EXPORT_FIELDS; i++)
		list = mem_printf(ctx, "%s%s%s", list, i > EXPORT_SOURCE_REALTIME ? "," : "",
			export_field_name((enum export_field)i));
	return list;
}

/* Prints all from the cursor on and then what comes; `last`: only the last entry that there is. */
static bool
start(struct work *w, bool last)
{
	void *ctx = mem_ctx(w, "arguments");
	const char *argv[ARGS_MAX] = { "journalctl", "--quiet", "--output=export", fields_wanted(ctx) };
	size_t n = 4;
	int pair[2];

	if (*w->directory != '\0')
		argv[n++] = mem_printf(ctx, "--directory=%s", w->directory);
	argv[n++] = last ? "--lines=1" : "--follow";
	if (!last)
		argv[n++] = "--no-tail";
	if (!last && w->cursor != NULL)
		argv[n++] = mem_printf(ctx, "--cursor=%s", w->cursor);
	if (pipe2(pair, O_CLOEXEC) != 0)
		exit(1);
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		signal(SIGPIPE, SIG_DFL);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(pair[1]);
	w->out = pair[0];
	mem_free(ctx);
	mem_free(w->export);
	w->export = export_new(w);
	return w->pid > 0;
}

static void
wait_longer(struct work *w)
{
	w->again = w->again == 0 ? AGAIN_FIRST : w->again * 2 < AGAIN_MAX ? w->again * 2 : AGAIN_MAX;
	w->start_at = now() + w->again * USEC_PER_SEC;
}

static void
on_end(struct work *w)
{
	int status = 0;

	close(w->out);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	wait_longer(w);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		channel_log("SYSLOG", SEV_ERRORS, "JOURNAL", "journalctl is not there; tried again in %u s",
			w->again);
	else
		channel_log("SYSLOG", SEV_WARNINGS, "JOURNAL",
			"journalctl ended with status %d; started again in %u s",
			WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), w->again);
}

/* ---- entries ---- */

static void
keep_cursor(struct work *w)
{
	struct err err = ERR_INIT;

	if (w->position != NULL && !position_save(w->position, w->cursor != NULL ? w->cursor : "", &err))
		channel_log("SYSLOG", SEV_ERRORS, "POSITION", "%s", err.text);
}

static void
sync_cursor(struct work *w)
{
	if (w->position == NULL || now() - w->synced < SYNC_PERIOD)
		return;
	position_sync(w->position);
	w->synced = now();
}

/*
 * What eventd itself prints comes back through the journal when systemd runs it; it was screened already, and an
 * applet that logs would trigger itself. What its actions log otherwise is news.
 */
static bool
is_own(const struct work *w)
{
	struct slice invocation = export_field(w->export, EXPORT_INVOCATION);

	return slice_is(export_field(w->export, EXPORT_PID), w->own_pid) ||
	       (w->own_invocation != NULL && slice_is(invocation, w->own_invocation) &&
		       slice_is(export_field(w->export, EXPORT_TRANSPORT), "stdout"));
}

/* In a journal that was brought here from others, the host is what they say. */
static uint32_t
host_number(struct work *w)
{
	struct slice host = export_field(w->export, EXPORT_HOSTNAME);
	bool local = host.n == 0 || slice_is(host, w->own_host);
	char *name = local ? mem_strdup(w, "local") : mem_strndup(w, host.s, host.n), *source;
	unsigned n;

	for (n = 0; n < w->host_count; n++)
		if (strcmp(w->hosts[n], name) == 0)
			break;
	if (n < w->host_count) {
		mem_free(name);
		return n + 1;
	}
	if (w->host_count == HOSTS_MAX) { /* the numbers begin anew */
		for (n = 0; n < HOSTS_MAX; n++) {
			channel_gone(w->channel, n + 1);
			mem_free(w->hosts[n]);
		}
		w->host_count = 0;
	}
	n = w->host_count++;
	w->hosts[n] = name;
	source = local ? mem_strdup(name, "journal") : mem_printf(name, "journal %.200s", name);
	channel_peer(w->channel, n + 1, local, source, local ? "local" : source + strlen("journal "));
	return n + 1;
}

static void
take_entry(struct work *w)
{
	struct slice cursor = export_field(w->export, EXPORT_CURSOR);
	bool seen = w->cursor != NULL && slice_is(cursor, w->cursor);

	if (!seen) {
		mem_free(w->cursor);
		w->cursor = mem_strndup(w, cursor.s, cursor.n);
	}
	if (!seen && !is_own(w) && export_field(w->export, EXPORT_MESSAGE).n > 0)
		channel_message(w->channel, host_number(w), false, export_message(w->export, w->room));
}

/* A batch. False: the engine has ended the conversation. */
static bool
take_output(struct work *w)
{
	char bytes[READ_SIZE], *p = bytes;
	ssize_t n = read(w->out, bytes, sizeof bytes);
	size_t used;
	bool any = false;

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		on_end(w);
		return true;
	}
	while (export_feed(w->export, p, (size_t)(bytes + n - p), &used)) {
		p += used;
		take_entry(w);
		any = true;
	}
	if (!any)
		return true;
	w->again = 0;
	if (!channel_settle(w->channel, STDIN_FILENO))
		return false;
	keep_cursor(w);
	return true;
}

/* The first time: what is there already is not news. */
static void
find_end(struct work *w)
{
	char bytes[READ_SIZE];
	ssize_t n;

	if (!start(w, true))
		return;
	while ((n = read(w->out, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR)) {
		size_t used;

		if (n > 0 && export_feed(w->export, bytes, (size_t)n, &used)) {
			struct slice cursor = export_field(w->export, EXPORT_CURSOR);

			mem_free(w->cursor);
			w->cursor = mem_strndup(w, cursor.s, cursor.n);
		}
	}
	stop(w);
	keep_cursor(w);
}

/* ---- the conversation ---- */

static void
take_job(struct work *w, const json_t *job)
{
	const char *state = json_string_value(json_object_get(job, "state"));
	const char *directory = json_string_value(json_object_get(job, "journal"));
	struct err err = ERR_INIT;
	char *what, *dir;

	stop(w);
	mem_free(w->position);
	mem_free(w->directory);
	mem_free(w->cursor);
	w->position = NULL;
	w->cursor = NULL;
	w->directory = mem_strdup(w, directory != NULL ? directory : "");
	what = mem_printf(w, "journal %s", w->directory);
	dir = mem_printf(what, "%s/positions", state != NULL ? state : "");
	if (state != NULL && *state != '\0') {
		w->position = position_open(w, dir, what, &err);
		if (w->position == NULL)
			channel_log("SYSLOG", SEV_ERRORS, "POSITION", "%s", err.text);
	}
	mem_free(what);
	if (w->position != NULL && position_text(w->position) != NULL)
		w->cursor = *position_text(w->position) != '\0' ? mem_strdup(w, position_text(w->position))
								: NULL;
	else
		find_end(w);
	w->again = 0;
	w->start_at = now();
}

void
journal_run(const void *ctx)
{
	struct work *w = mem_new(ctx, struct work);
	char host[256] = "";
	struct err err = ERR_INIT;
	bool goes_on = true;

	gethostname(host, sizeof host - 1);
	w->channel = channel_new(w);
	w->own_host = mem_strdup(w, host);
	w->own_pid = mem_printf(w, "%d", (int)getppid());
	w->own_invocation = getenv("JOURNAL_STREAM") != NULL ? mem_strdup(w, getenv("INVOCATION_ID")) : NULL;
	while (goes_on) {
		struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = w->pid != 0 ? w->out : -1, .events = POLLIN } };

		if (w->pid == 0 && w->directory != NULL && now() >= w->start_at && !start(w, false))
			exit(1);
		if (w->pid != 0)
			p[1].fd = w->out;
		sync_cursor(w);
		if (poll(p, 2, LOOK_MS) < 0 && errno != EINTR)
			exit(1);
		if (p[0].revents != 0) {
			json_t *job = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err);

			if (job == NULL)
				break;
			take_job(w, job);
			json_decref(job);
		} else if (p[1].revents != 0) {
			goes_on = take_output(w);
		}
	}
	stop(w);
	mem_free(w->position);
}
