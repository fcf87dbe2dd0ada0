/*
 * Which adjacencies stand, and what is known of their neighbors: a daemon that dies says nothing of those that it had,
 * what happened while it was not heard is found out when it is again, and of a neighbor that is no more its log tells
 * no AS. Engine thread only.
 */
#ifndef PEERS_FRR_STANDING_H
#define PEERS_FRR_STANDING_H

#include <stdbool.h>

#include <jansson.h>

#include "peers/frr/adjacency.h"

struct standing;

struct standing *standing_new(const void *ctx);

/*
 * A change that `source` ("bgpd", "ospfd-2": kept by pointer) told. What it does not say of the neighbor is filled in,
 * as far as it was ever known. False: it is none, it stood or lay so already.
 */
bool standing_take(struct standing *, const char *source, struct adjacency *);

/* Called with each change that comes out of it; borrowed. */
typedef void standing_f(void *arg, const struct adjacency *);

/* The source has ended: nothing of it stands any more. */
void standing_end(struct standing *, const char *source, standing_f *, void *arg);

/*
 * The answer of bgpd to `show bgp vrf all summary json`, as soon as it is heard. What is `known` to have been heard
 * before has changed since; else it only begins to be known.
 */
void standing_bgp(
	struct standing *, const char *source, const json_t *summary, bool known, standing_f *, void *arg);

#endif
