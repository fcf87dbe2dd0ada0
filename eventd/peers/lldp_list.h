/*
 * The neighbors that lldpd knows now, asked for once through its own program, `lldpcli show neighbors`. Engine thread
 * only, but for the JSON.
 */
#ifndef PEERS_LLDP_LIST_H
#define PEERS_LLDP_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"
#include "peers/lldp.h"

/* Every neighbor of the answer (json0). Any thread. */
typedef void lldp_neighbor_f(void *arg, const struct lldp_change *); /* borrowed for the call */
void lldp_list_read(const json_t *, lldp_neighbor_f *, void *arg);

/*
 * `why` says what is missing, and then there is no answer; `runs`: lldpd itself is there. Called once, from the loop,
 * unless ctx died before.
 */
typedef void lldp_list_f(void *arg, const json_t *answer, bool runs, const char *why);
void lldp_list(const void *ctx, struct engine *, const char *socket, lldp_list_f *, void *arg);

#endif
