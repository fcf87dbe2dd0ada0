/*
 * The conversation with one daemon of FRR over the socket that vtysh uses (DIRECTORY/bgpd.vty): a command ends with a
 * NUL, an answer with three NULs and a status. `terminal monitor` (FRR 8.4 and later) hands over a descriptor on which
 * every message of its log arrives as it is said. A daemon that is absent or goes is dialled again. Engine thread only.
 */
#ifndef PEERS_FRR_VTY_H
#define PEERS_FRR_VTY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "peers/frr/live.h"

struct loop;
struct vty;

struct vty_spec {
	const char *daemon; /* "bgpd" */
	const char *dir;    /* where its socket is */
	/* A message of its log, borrowed for the call. */
	void (*on_message)(void *arg, const char *daemon, const struct live_message *);
	/* It can be heard (why == NULL), or cannot; told when it changes. ERR_NOT_FOUND: it was heard, and has ended. */
	void (*on_state)(void *arg, const char *daemon, const struct err *why);
	void *arg;
};

struct vty *vty_new(const void *ctx, struct loop *, const struct vty_spec *);

/* Something has changed in the directory: one that is absent is dialled soon. */
void vty_hurry(struct vty *);

/* Has it been tried, so that whether it is heard means something? */
bool vty_is_known(const struct vty *);
bool vty_is_heard(const struct vty *);

/* The answer's text, NULL when there was none; once, from the loop. Ends with ctx. */
typedef void vty_done_f(void *arg, const char *text, size_t n);
void vty_ask(const void *ctx, struct vty *, const char *command, vty_done_f *done, void *arg);

#endif
