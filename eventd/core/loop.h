/*
 * The event loop: descriptors, timers, signals, children, and blocking work in other threads. The
 * only place that knows libuv. Everything is created in a context and ends with it; freeing a watch
 * or a timer inside its own callback is fine. Engine thread only, except where said.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/clock.h"
#include "core/err.h"

struct loop;
struct watch;
struct timer;
struct child;

struct loop *loop_new(const void *ctx, struct clock *);
usec loop_mono(const struct loop *); /* shorthands for the loop's clock */
usec loop_wall(const struct loop *);

void loop_run(struct loop *); /* until loop_stop() */
void loop_stop(struct loop *);

/*
 * Virtual clock only: lets time pass, firing timers in order of deadline (equal deadlines in order
 * of creation). Time moves only while nothing is in flight (children, helper jobs, work items).
 */
void loop_advance(struct loop *, usec by);
/* Handles what is ready now, without moving time. */
void loop_settle(struct loop *);

/* In-flight accounting for whoever awaits an answer from outside: +1 when sent, -1 when it came. */
void loop_in_flight(struct loop *, int delta);

/* ---- descriptors ---- */
enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_PRIORITY = 4 }; /* priority: POLLPRI */
typedef void watch_f(void *arg, int fd, unsigned what);

struct watch *watch_fd(const void *ctx, struct loop *, int fd, unsigned what, watch_f *, void *arg);
void watch_set(struct watch *, unsigned what); /* 0 = pause */

/* ---- timers ---- */
typedef void timer_f(void *arg);

/* One shot; the timer stays allocated after it fired and may be set again. Free it to cancel. */
struct timer *timer_after(const void *ctx, struct loop *, usec after, timer_f *, void *arg);
void timer_set(struct timer *, usec after);
void timer_stop(struct timer *);
bool timer_is_set(const struct timer *);
usec timer_left(const struct timer *); /* 0 when not set or due */

/* Virtual clock only: steps the wall clock and tells whoever asked loop_on_clock_step(). */
void loop_step_wall(struct loop *, usec by);

/* The wall clock was stepped (settimeofday, NTP step): cron and absolute timers recompute. */
void loop_on_clock_step(const void *ctx, struct loop *, timer_f *, void *arg);

/* ---- signals ---- */
typedef void signal_f(void *arg, int signo);
void watch_signal(const void *ctx, struct loop *, int signo, signal_f *, void *arg);

/* ---- children ---- */
struct child_spec {
	const char *file;        /* path of the program */
	const char *const *argv; /* NULL-terminated, argv[0] included; never a shell */
	const char *const *env;  /* NULL: inherit */
	const char *cwd;         /* NULL: inherit */
	int fds[8];              /* the child's descriptors 0..nfds-1; -1 = /dev/null */
	size_t nfds;
	bool own_group; /* new process group and session: killed whole */
	uid_t uid;
	gid_t gid; /* 0 = as we are */
};
/* status as of waitpid(2): use WIFEXITED() and so on. */
typedef void child_f(void *arg, int exit_code, int term_signal);

/* Freeing the child before it ended kills it (its group with own_group) and drops the callback. */
struct child *child_start(
	const void *ctx, struct loop *, const struct child_spec *, child_f *, void *arg, struct err *);
pid_t child_pid(const struct child *);
void child_kill(struct child *, int signo);

/* ---- blocking work ---- */
/* `work` runs in a worker thread and must not touch contexts (malloc only); `done` runs in the
 * engine thread, unless ctx died before; free_data (may be NULL) in any case, last. */
typedef void work_f(void *data);
void work_submit(const void *ctx, struct loop *, work_f *work, work_f *done, work_f *free_data, void *data);

#endif
