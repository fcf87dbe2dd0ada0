/*
 * A helper process and its conversation: JSON frames (core/frame.h) over a socket pair that is the
 * child's descriptors 0 and 1. The helper starts with its first message and is started again for the
 * next one after it died; whoever sent a job is told by on_exit. Engine thread only.
 */
#ifndef CORE_HELPER_H
#define CORE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "core/err.h"

struct loop;
struct helper;

struct helper_spec {
	const char *name; /* "eventd-mail": also the program's file name */
	const char *dir;  /* where the program stands */
	size_t frame_max; /* longest message it may send; 0 = FRAME_MAX */
	/*
	 * For a program that runs what others wrote: a session and process group of its own, killed whole;
	 * no environment, and /dev/null as standard error.
	 */
	bool isolated;
	const char *netns; /* the network namespace that it works in; NULL: ours */
	/* Descriptors 3, 4, ... of every process that is started; they stay the caller's. */
	int pass[2];
	size_t pass_count;
	/* `message` is borrowed for the call. */
	void (*on_message)(void *arg, json_t *message);
	/* The process ended; term_signal is 0 when it exited by itself. */
	void (*on_exit)(void *arg, pid_t pid, int exit_code, int term_signal);
	void *arg;
};

struct helper *helper_new(const void *ctx, struct loop *, const struct helper_spec *);
bool helper_send(struct helper *, const json_t *message, struct err *); /* starts it when needed */
/*
 * As it, with open files (HELPER_FILES_MAX at most), which the helper receives as descriptors of its own, in order, with this
 * message or before it (SCM_RIGHTS). The caller may close its own at once.
 */
enum { HELPER_FILES_MAX = 16 };
bool helper_send_files(struct helper *, const json_t *message, const int *fds, size_t n, struct err *);
bool helper_start(struct helper *, struct err *); /* before there is anything to say; fine when it runs */
pid_t helper_pid(const struct helper *);          /* 0 while not running */
const char *helper_name(const struct helper *);
void helper_kill(struct helper *, int signo);
void helper_close(struct helper *); /* ends the stream: an idle helper exits */

#endif
