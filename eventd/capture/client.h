/*
 * The engine's end of the conversation with the capture helper: capture points, questions under way,
 * what happens when the helper dies. Engine thread only.
 */
#ifndef CAPTURE_CLIENT_H
#define CAPTURE_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "capture/capture.h"
#include "capture/point.h"
#include "core/capture_port.h"
#include "core/clock.h"
#include "core/err.h"

struct captures {
	struct engine *engine;
	struct helper *helper;
	struct capture_point *first;
	struct ask *asks;
	struct taking *takings; /* capture/freeze.c */
	int64_t last_id, last_window;
	struct timer *again;       /* the helper has died: captures with triggers begin anew */
	usec began_again;          /* monotonic; 0: never yet */
	capture_port_gone_f *gone; /* or NULL */
	void *gone_arg;
};

struct capture_point *captures_find(const struct captures *, const char *name);
struct capture_point *captures_make(struct captures *, const char *name); /* finds it, or adds it */
void captures_drop(struct captures *, struct capture_point *);

/* It records: %BUFCAP-6-ENABLE. */
void captures_started(struct captures *, struct capture_point *);

/* %BUFCAP-6-DISABLE with a reason, or without (NULL). Nothing when the point is not active. */
void captures_ended(struct captures *, struct capture_point *, const char *reason);

/*
 * Asks the helper about the capture `name`. `done` is called once: with the answer (borrowed), or
 * with NULL and an error: the helper's own, or that it died (class HELPER_FAILED). Takes
 * `question`, adds op, name and id.
 */
typedef void captures_done_f(void *arg, const json_t *answer, const struct err *);
bool captures_ask(struct captures *, const char *op, const char *name, json_t *question, captures_done_f *,
	void *arg, struct err *);
/* As it; the helper gets open files with the question. */
bool captures_ask_files(struct captures *, const char *op, const char *name, json_t *question, const int *fds,
	size_t n, captures_done_f *, void *arg, struct err *);

#endif
