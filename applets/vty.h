/*
 * A CLI session of a run, as a policy reads it: what came and was not taken yet, with CR LF line ends as
 * IOS has them, and whether the session wants input. Writes what `debug event manager action cli` shows.
 * Under `action cli command` and eem.cli() alike. Engine thread only.
 */
#ifndef APPLETS_VTY_H
#define APPLETS_VTY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/tty.h"
#include "sched/run.h"

#define VTY_NO_LINE "Unable to establish CLI session: no tty lines available, minimum of 2 required by EEM"

struct vty;

struct vty_events {
	/* Output came, or the session wants input: the policy may have what it waits for. */
	void (*news)(void *arg);
	/* The lines that were typed will not be answered; the session itself goes on. */
	void (*failed)(void *arg, enum cli_port_failure, const char *why);
};

/* NULL: no line is free (VTY_NO_LINE). Freeing it, or its ctx, closes the session. */
struct vty *vty_open(const void *ctx, struct run *, const struct vty_events *, void *arg);

void vty_type(struct vty *, const char *line);

/* Every line that was typed has been answered, and the session wants input; at its prompt, not at a question? */
bool vty_wants_input(const struct vty *);
bool vty_at_prompt(const struct vty *);
/* Would a line that is typed now be read: as a command, or as the answer to the one under way? */
bool vty_takes_line(const struct vty *);

/* What came, not ended by a NUL; the place moves with the next call of the loop. */
const char *vty_text(const struct vty *, size_t *n);
void vty_take(struct vty *, size_t n); /* drops the first n bytes; the debug has shown all there is */
void vty_clear(struct vty *);          /* drops all, shown or not */

/* "Unable to read CLI response", and its mnemonic. */
const char *vty_failure_text(enum cli_port_failure);
const char *vty_failure_mnemonic(enum cli_port_failure);

#endif
