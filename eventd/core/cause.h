/*
 * Why something happened: the chain of policies and events that led to it. Log lines, published
 * events and CLI commands carry it, so that an applet is not triggered by what it caused itself
 * (rulings 14 and 44). Immutable, reference-counted; NULL is the outside world. Engine thread only: the
 * count is not atomic.
 */
#ifndef CORE_CAUSE_H
#define CORE_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct cause;

/* A link for a run of `policy` under `parent` (which gains a reference). Starts with one reference. */
struct cause *cause_new(struct cause *parent, const char *policy, uint64_t event_id);
struct cause *cause_ref(struct cause *);    /* returns its argument; NULL is fine */
void cause_unref(struct cause *);           /* NULL is fine */
unsigned cause_depth(const struct cause *); /* number of runs in the chain */
/*
 * What happens because of it may say what a stranger wrote. Once, on a new link; those under it inherit it.
 */
void cause_doubt(struct cause *);
bool cause_is_doubted(const struct cause *);
bool cause_names(const struct cause *, const char *policy);

#endif
