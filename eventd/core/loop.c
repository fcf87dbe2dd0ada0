/* The event loop over libuv: descriptors, signals, children, worker threads; our own timer heap. */
#include "core/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "core/loop_private.h"
#include "core/mem.h"

static void
free_handle(uv_handle_t *h)
{
	free(h);
}

/* A child that was killed with its owner, and has not been reaped yet: nobody will. */
static void
close_orphan(uv_handle_t *h, void *arg)
{
	if (h->type == UV_PROCESS && h->data == NULL && !uv_is_closing(h))
		uv_close(h, free_handle);
}

static int
loop_free(void *p)
{
	struct loop *l = p;

	timers_free(l);
	uv_walk(&l->uv, close_orphan, NULL);
	/* Handles whose owners are gone are closing; give them their turn. A loop_stop() from a timer of
	 * ours has left its mark in the loop, which costs one run. */
	uv_run(&l->uv, UV_RUN_NOWAIT);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	uv_loop_close(&l->uv);
	return 0;
}

struct loop *
loop_new(const void *ctx, struct clock *clock)
{
	struct loop *l = mem_new(ctx, struct loop);

	if (uv_loop_init(&l->uv) != 0)
		abort();
	l->clock = clock;
	timers_init(l);
	mem_on_free(l, loop_free);
	return l;
}

usec
loop_mono(const struct loop *l)
{
	return clock_mono(l->clock);
}

usec
loop_wall(const struct loop *l)
{
	return clock_wall(l->clock);
}

void
loop_run(struct loop *l)
{
	l->stopping = false;
	while (!l->stopping) {
		timers_run_due(l);
		if (l->stopping)
			break;
		timers_arm_kernel(l);
		uv_run(&l->uv, UV_RUN_ONCE);
	}
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
	uv_stop(&l->uv);
}

void
loop_in_flight(struct loop *l, int delta)
{
	l->in_flight += delta;
}

void
loop_settle(struct loop *l)
{
	do {
		uv_run(&l->uv, l->in_flight > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	} while (timers_run_due(l) || l->in_flight > 0);
}

void
loop_advance(struct loop *l, usec by)
{
	usec until = loop_mono(l) + by, next;

	for (;;) {
		loop_settle(l);
		next = timers_next(l);
		if (next < 0 || next > until)
			break;
		if (next > loop_mono(l))
			clock_advance(l->clock, next - loop_mono(l));
		timers_run_due(l);
	}
	if (until > loop_mono(l))
		clock_advance(l->clock, until - loop_mono(l));
	loop_settle(l);
}

/* ---- descriptors: the libuv handle lives on the heap and outlives its watch until closed ---- */

struct watch {
	uv_poll_t *uv;
	int fd;
	int events; /* UV_READABLE, UV_WRITABLE, UV_PRIORITIZED, as asked */
	watch_f *f;
	void *arg;
};

static void
on_poll(uv_poll_t *uv, int status, int events)
{
	struct watch *w = uv->data;
	unsigned what = 0;

	if (w == NULL)
		return;
	/* libuv stops a poll whose socket has an error; netlink's ENOBUFS is one to go on after. */
	if (status < 0)
		uv_poll_start(uv, w->events, on_poll);
	if (status < 0 || (events & UV_READABLE) != 0)
		what |= WATCH_READ;
	if (status < 0 || (events & UV_WRITABLE) != 0)
		what |= WATCH_WRITE;
	if ((events & UV_PRIORITIZED) != 0)
		what |= WATCH_PRIORITY;
	w->f(w->arg, w->fd, what);
}

static int
watch_free(void *p)
{
	struct watch *w = p;

	w->uv->data = NULL;
	uv_poll_stop(w->uv);
	uv_close((uv_handle_t *)w->uv, free_handle);
	return 0;
}

void
watch_set(struct watch *w, unsigned what)
{
	int events = 0;

	if ((what & WATCH_READ) != 0)
		events |= UV_READABLE;
	if ((what & WATCH_WRITE) != 0)
		events |= UV_WRITABLE;
	if ((what & WATCH_PRIORITY) != 0)
		events |= UV_PRIORITIZED;
	w->events = events;
	if (events == 0)
		uv_poll_stop(w->uv);
	else
		uv_poll_start(w->uv, events, on_poll);
}

struct watch *
watch_fd(const void *ctx, struct loop *l, int fd, unsigned what, watch_f *f, void *arg)
{
	struct watch *w = mem_new(ctx, struct watch);

	w->uv = calloc(1, sizeof *w->uv);
	if (w->uv == NULL || uv_poll_init(&l->uv, w->uv, fd) != 0)
		abort();
	w->uv->data = w;
	w->fd = fd;
	w->f = f;
	w->arg = arg;
	mem_on_free(w, watch_free);
	watch_set(w, what);
	return w;
}

/* ---- the wall clock was stepped: a timerfd that is cancelled when the clock is set ---- */

struct step_watch {
	int fd;
	timer_f *f;
	void *arg;
};

static void
arm_step(int fd)
{
	struct itimerspec far = { .it_value = { .tv_sec = INT32_MAX } };

	timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

static void
on_step(void *arg, int fd, unsigned what)
{
	struct step_watch *s = arg;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof n) < 0)
		arm_step(fd);
	s->f(s->arg);
}

static int
step_free(void *p)
{
	close(((struct step_watch *)p)->fd);
	return 0;
}

void
loop_on_clock_step(const void *ctx, struct loop *l, timer_f *f, void *arg)
{
	struct step_watch *s;
	int fd;

	if (clock_is_virtual(l->clock)) {
		timers_on_step(ctx, l, f, arg);
		return;
	}
	fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return;
	s = mem_new(ctx, struct step_watch);
	s->fd = fd;
	s->f = f;
	s->arg = arg;
	mem_on_free(s, step_free);
	arm_step(fd);
	watch_fd(s, l, fd, WATCH_READ, on_step, s);
}

/* ---- signals ---- */

struct signal_watch {
	uv_signal_t *uv;
	signal_f *f;
	void *arg;
};

static void
on_signal(uv_signal_t *uv, int signo)
{
	struct signal_watch *s = uv->data;

	if (s != NULL)
		s->f(s->arg, signo);
}

static int
signal_free(void *p)
{
	struct signal_watch *s = p;

	s->uv->data = NULL;
	uv_signal_stop(s->uv);
	uv_close((uv_handle_t *)s->uv, free_handle);
	return 0;
}

void
watch_signal(const void *ctx, struct loop *l, int signo, signal_f *f, void *arg)
{
	struct signal_watch *s = mem_new(ctx, struct signal_watch);

	s->uv = calloc(1, sizeof *s->uv);
	if (s->uv == NULL || uv_signal_init(&l->uv, s->uv) != 0)
		abort();
	s->uv->data = s;
	s->f = f;
	s->arg = arg;
	mem_on_free(s, signal_free);
	uv_signal_start(s->uv, on_signal, signo);
}

/* ---- children ---- */

struct child {
	uv_process_t *uv;
	bool own_group;
	child_f *f;
	void *arg;
};

static void
on_exit_child(uv_process_t *uv, int64_t status, int term_signal)
{
	struct child *c = uv->data;

	uv_close((uv_handle_t *)uv, free_handle);
	if (c == NULL)
		return;
	c->uv = NULL;
	c->f(c->arg, (int)status, term_signal);
}

void
child_kill(struct child *c, int signo)
{
	if (c->uv != NULL)
		kill(c->own_group ? -c->uv->pid : c->uv->pid, signo);
}

pid_t
child_pid(const struct child *c)
{
	return c->uv == NULL ? 0 : c->uv->pid;
}

static int
child_free(void *p)
{
	struct child *c = p;

	if (c->uv == NULL)
		return 0;
	child_kill(c, SIGKILL);
	c->uv->data = NULL; /* still reaped by libuv, then freed */
	return 0;
}

struct child *
child_start(const void *ctx, struct loop *l, const struct child_spec *spec, child_f *f, void *arg,
	struct err *err)
{
	uv_stdio_container_t io[8];
	uv_process_options_t o;
	uv_process_t *uv;
	struct child *c;
	int rc;

	memset(&o, 0, sizeof o);
	for (size_t i = 0; i < spec->nfds && i < 8; i++) {
		io[i].flags = spec->fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
		io[i].data.fd = spec->fds[i];
	}
	o.exit_cb = on_exit_child;
	o.file = spec->file;
	o.args = (char **)(uintptr_t)spec->argv;
	o.env = (char **)(uintptr_t)spec->env;
	o.cwd = spec->cwd;
	o.stdio = io;
	o.stdio_count = (int)(spec->nfds < 8 ? spec->nfds : 8);
	o.flags = spec->own_group ? UV_PROCESS_DETACHED : 0;
	if (spec->uid != 0) {
		o.flags |= UV_PROCESS_SETUID | UV_PROCESS_SETGID;
		o.uid = spec->uid;
		o.gid = spec->gid;
	}
	uv = calloc(1, sizeof *uv);
	if (uv == NULL)
		abort();
	rc = uv_spawn(&l->uv, uv, &o);
	if (rc != 0) {
		uv->data = NULL;
		uv_close((uv_handle_t *)uv, free_handle);
		err_set(err, ERR_IO, "%s: %s", spec->file, uv_strerror(rc));
		return NULL;
	}
	c = mem_new(ctx, struct child);
	uv->data = c;
	c->uv = uv;
	c->own_group = spec->own_group;
	c->f = f;
	c->arg = arg;
	mem_on_free(c, child_free);
	return c;
}

/* ---- blocking work ---- */

struct work {
	uv_work_t uv;
	struct loop *loop;
	work_f *work, *done, *free_data;
	void *data;
	struct work_owner *owner; /* NULL once its ctx died */
};

struct work_owner {
	struct work *work;
};

static void
do_work(uv_work_t *uv)
{
	struct work *w = uv->data;

	w->work(w->data);
}

static void
after_work(uv_work_t *uv, int status)
{
	struct work *w = uv->data;

	(void)status;
	w->loop->in_flight--;
	if (w->owner != NULL) {
		w->owner->work = NULL;
		mem_free(w->owner);
		w->done(w->data);
	}
	if (w->free_data != NULL)
		w->free_data(w->data);
	free(w);
}

static int
owner_free(void *p)
{
	struct work_owner *o = p;

	if (o->work != NULL)
		o->work->owner = NULL;
	return 0;
}

void
work_submit(const void *ctx, struct loop *l, work_f *work, work_f *done, work_f *free_data, void *data)
{
	struct work *w = calloc(1, sizeof *w);

	if (w == NULL)
		abort();
	w->uv.data = w;
	w->loop = l;
	w->work = work;
	w->done = done;
	w->free_data = free_data;
	w->data = data;
	w->owner = mem_new(ctx, struct work_owner);
	w->owner->work = w;
	mem_on_free(w->owner, owner_free);
	l->in_flight++;
	uv_queue_work(&l->uv, &w->uv, do_work, after_work);
}
