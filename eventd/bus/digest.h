/*
 * `digest SECONDS` behind an event statement: the first event opens a window, and at its end one run has
 * them all, with a line for each in $_digest. The other variables are those of the last one. Engine
 * thread only.
 */
#ifndef BUS_DIGEST_H
#define BUS_DIGEST_H

#include <stddef.h>

#include "cli/kw/kw.h"

struct digest;
struct event;
struct spec;

struct digest_args {
	struct kw_time every;
	struct kw_int maximum; /* lines in the list; more are counted only */
};
extern const struct kw digest_kw[];

/* Variables of a run that was made of a digest, for those who list them. */
extern const char *const digest_variables[];

struct digest *digest_new(struct spec *, const struct digest_args *);
void digest_take(struct digest *, struct event *);

/* Its statement ends, and with it what was collected: how much that was is told. */
void digest_end(struct digest *);

/* Events that wait for the window's end. */
size_t digest_pending(const struct digest *);

#endif
