/* A program on a terminal: starting it, typing, finding its prompt. */
#include "cli/device/device.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/device/program.h"
#include "cli/device/screen.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/pty.h"
#include "core/regex.h"
#include "core/settings.h"
#include "core/text.h"

/* The kernel's longest line of a terminal is 4096 with its end; quoting takes some of it. */
enum { LINE_BYTES = 4000 };

#define START_TIME (15 * USEC_PER_SEC)   /* until its first prompt */
#define QUIET_TIME (100 * USEC_PER_MSEC) /* nothing more comes: a question, or a prompt of another name */

struct device {
	struct engine *engine;
	const struct device_events *events;
	void *arg;
	struct device_program program;
	int fd;
	struct watch *watch;
	struct child *child;
	enum { STARTING, READY, BUSY, ENDED } state;
	struct screen *screen;
	struct text unsent;
	char *last_line; /* that it printed, for the reason when it would not start */
	struct regex *pattern;
	struct regex_scratch *scratch;
	char *prompt, *base; /* the last one; its part before the mode */
	struct timer *quiet, *start;
};

/* ---- what it is ---- */

bool
device_is_configured(const struct engine *e)
{
	return e->settings != NULL && e->settings->cli_device != DEVICE_NONE;
}

const char *
device_prompt(const struct device *d)
{
	return d->prompt;
}

bool
device_in_config(const struct device *d)
{
	return d->program.has_modes && strstr(d->prompt, "(config") != NULL;
}

bool
device_has_modes(const struct device *d)
{
	return d->program.has_modes;
}

bool
device_is_unprivileged(const struct device *d)
{
	size_t n = strlen(d->prompt);

	while (n > 0 && d->prompt[n - 1] == ' ')
		n--;
	return device_has_modes(d) && n > 0 && d->prompt[n - 1] == '>';
}

const char *
device_name(const struct device *d)
{
	return d->program.name;
}

pid_t
device_pid(const struct device *d)
{
	return d->child != NULL ? child_pid(d->child) : 0;
}

/* ---- prompts ---- */

/* "r1" of "r1(config)# ": what stays the same from prompt to prompt. */
static char *
base_of(const void *ctx, const char *prompt)
{
	return mem_strndup(ctx, prompt, strcspn(prompt, "(>#"));
}

/* The prompt at the end of the line, NULL when there is none. */
static const char *
find_prompt(struct device *d, const char *line)
{
	struct regex_captures m;

	if (*line == '\0' || regex_match(d->pattern, d->scratch, line, strlen(line), &m) != REGEX_YES)
		return NULL;
	return line + m.group[0].at;
}

/* Output without a line end stands before the prompt that we have seen before. */
static const char *
find_last_prompt(const struct device *d, const char *line)
{
	size_t n = strlen(line), len = strlen(d->prompt);

	return len > 0 && n > len && strcmp(line + n - len, d->prompt) == 0 ? line + n - len : NULL;
}

static bool
has_known_base(const struct device *d, const char *line)
{
	size_t n = d->base != NULL ? strlen(d->base) : 0;

	return d->base != NULL && strncmp(line, d->base, n) == 0 && strchr("(>#", line[n]) != NULL;
}

static void
at_prompt(struct device *d, const char *line)
{
	mem_free(d->prompt);
	d->prompt = mem_strdup(d, line);
	mem_free(d->base);
	d->base = base_of(d, line);
	d->state = READY;
	timer_stop(d->start);
	d->events->prompt(d->arg);
}

/*
 * A line like a prompt may be output that was cut there by chance: one of the known name is taken at
 * once, another (the first one; behind `hostname`) when nothing follows.
 */
static void
look_for_prompt(struct device *d)
{
	const char *line = screen_line(d->screen), *prompt;

	timer_stop(d->quiet);
	if (d->state == READY || *line == '\0')
		return;
	prompt = find_prompt(d, line);
	if (prompt != NULL && (d->program.is_exact || has_known_base(d, prompt)))
		at_prompt(d, prompt);
	else
		timer_set(d->quiet, QUIET_TIME);
}

static void
is_quiet(void *arg)
{
	struct device *d = arg;
	const char *line = screen_line(d->screen), *prompt = find_prompt(d, line);

	if (prompt == NULL)
		prompt = find_last_prompt(d, line);
	if (prompt != NULL)
		at_prompt(d, prompt);
	else if (d->state == BUSY)
		d->events->quiet(d->arg);
}

/* ---- its end ---- */

static void
fail(struct device *d, enum cli_port_failure what, const char *why)
{
	d->state = ENDED;
	mem_free(d->watch);
	d->watch = NULL;
	timer_stop(d->quiet);
	timer_stop(d->start);
	d->events->failed(d->arg, what, why); /* frees us */
}

static void
ended(struct device *d)
{
	const char *why;

	if (d->state == ENDED)
		return;
	if (d->state == STARTING && d->last_line != NULL)
		why = mem_printf(d, "%s: %s", d->program.name, d->last_line);
	else
		why = mem_printf(d, "%s has ended", d->program.name);
	fail(d, d->state == STARTING ? CLI_PORT_CONNECT : CLI_PORT_READ, why);
}

static void
start_over(void *arg)
{
	struct device *d = arg;

	fail(d, CLI_PORT_CONNECT, mem_printf(d, "no prompt came from %s", d->program.name));
}

/* ---- reading and writing ---- */

static void
keep_last_line(struct device *d, const char *s, size_t n)
{
	while (n > 0 && strchr("\r\n ", s[n - 1]) != NULL)
		n--;
	const char *lf = memrchr(s, '\n', n);
	size_t from = lf != NULL ? (size_t)(lf - s) + 1 : 0;

	if (n == from)
		return;
	mem_free(d->last_line);
	d->last_line = mem_strndup(d, s + from, n - from < 200 ? n - from : 200);
}

static void
take_output(struct device *d, const char *s, size_t n)
{
	struct text out;

	text_init(&out, d);
	screen_feed(d->screen, s, n, &out);
	if (d->state == STARTING)
		keep_last_line(d, out.s, out.len);
	else if (d->state == BUSY && out.len > 0)
		d->events->output(d->arg, out.s, out.len);
	mem_free(out.s);
}

/* False: the terminal is closed on the other side. */
static bool
read_some(struct device *d)
{
	char buf[8192];
	ssize_t n = read(d->fd, buf, sizeof buf);

	if (n > 0) {
		take_output(d, buf, (size_t)n);
		return true;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool
write_some(struct device *d)
{
	while (d->unsent.len > 0) {
		ssize_t n = write(d->fd, d->unsent.s, d->unsent.len);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		text_drop(&d->unsent, (size_t)n);
	}
	return true;
}

static void
on_ready(void *arg, int fd, unsigned what)
{
	struct device *d = arg;

	if ((what & WATCH_READ) != 0 && !read_some(d)) {
		ended(d);
		return;
	}
	if ((what & WATCH_WRITE) != 0 && !write_some(d)) {
		fail(d, CLI_PORT_WRITE, mem_printf(d, "%s does not read any more", d->program.name));
		return;
	}
	watch_set(d->watch, WATCH_READ | (d->unsent.len > 0 ? (unsigned)WATCH_WRITE : 0u));
	if ((what & WATCH_READ) != 0)
		look_for_prompt(d);
}

/* What it printed last is read first: it says why. */
static void
on_exit_child(void *arg, int exit_code, int term_signal)
{
	struct device *d = arg;
	char buf[8192];
	ssize_t n;

	while (d->state != ENDED && (n = read(d->fd, buf, sizeof buf)) > 0)
		take_output(d, buf, (size_t)n);
	ended(d);
}

/* Characters that a line editor would act upon (Tab, `?`) are quoted as on every Unix terminal. */
static void
add_typed(struct text *t, const char *line)
{
	enum { LITERAL_NEXT = 0x16 };

	for (; *line != '\0'; line++) {
		if (*line == '?' || iscntrl((unsigned char)*line))
			text_addc(t, LITERAL_NEXT);
		text_addc(t, *line);
	}
	text_addc(t, '\n');
}

bool
device_send(struct device *d, const char *line, struct err *err)
{
	if (strlen(line) > LINE_BYTES)
		return err_set(err, ERR_REFUSED, "a line of %zu characters is longer than a terminal takes",
			strlen(line));
	/* A program that asks may well have turned the echo off. */
	screen_typed(d->screen, d->program.echoes && d->state == READY ? line : NULL);
	d->state = BUSY;
	timer_stop(d->quiet);
	add_typed(&d->unsent, line);
	watch_set(d->watch, WATCH_READ | WATCH_WRITE);
	return true;
}

/* ---- starting ---- */

static int
device_gone(void *p)
{
	struct device *d = p;

	mem_free(d->watch);
	mem_free(d->child);
	if (d->fd >= 0)
		close(d->fd);
	return 0;
}

static bool
start(struct device *d, struct err *err)
{
	const struct device_program *p = &d->program;
	struct child_spec spec = {
		.file = p->argv[0], .argv = p->argv, .env = p->env, .nfds = 3, .own_group = true
	};
	int slave;

	d->scratch = regex_scratch_new(d, REGEX_JIT);
	d->pattern = regex_new(d, p->prompt, REGEX_TCL, err);
	if (d->pattern == NULL || !pty_open(&d->fd, &slave, err))
		return false;
	spec.fds[0] = spec.fds[1] = spec.fds[2] = slave;
	d->child = child_start(d, d->engine->loop, &spec, on_exit_child, d, err);
	close(slave);
	if (d->child == NULL)
		return false;
	d->watch = watch_fd(d, d->engine->loop, d->fd, WATCH_READ, on_ready, d);
	d->start = timer_after(d, d->engine->loop, START_TIME, start_over, d);
	d->quiet = timer_after(d, d->engine->loop, QUIET_TIME, is_quiet, d);
	timer_stop(d->quiet);
	return true;
}

struct device *
device_open(const void *ctx, struct engine *engine, const struct device_events *events, void *arg,
	struct err *err)
{
	struct device *d = mem_new(ctx, struct device);

	d->engine = engine;
	d->events = events;
	d->arg = arg;
	device_program_read(d, engine, &d->program);
	d->fd = -1;
	d->prompt = mem_strdup(d, "");
	d->screen = screen_new(d);
	text_init(&d->unsent, d);
	mem_on_free(d, device_gone);
	if (start(d, err))
		return d;
	mem_free(d);
	return NULL;
}
