/*
 * FRR as a source: changes of adjacencies of its daemons, each an IOS message in the device's own log
 * (%BGP-5-ADJCHANGE, %OSPF-5-ADJCHG, ...) and a call of whoever asked. bgpd, ospfd, ospf6d, isisd and vrrpd are heard over their
 * live logs (vty.h), bfdd over its control socket (bfd.h); where a daemon cannot be heard, what it sends to a local
 * syslog listener counts. Engine thread only.
 */
#ifndef PEERS_FRR_FRR_H
#define PEERS_FRR_FRR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"
#include "core/slice.h"
#include "peers/frr/adjacency.h"

struct frr;

struct frr *frr_new(const void *ctx, struct engine *);

/*
 * Follows the daemons whose sockets are in the directory, and no others; they may come and go. NULL: none. Fine when it
 * follows them already.
 */
void frr_follow(struct frr *, const char *dir);

/* Whoever wants each change; at most one. Borrowed for the call. */
typedef void frr_f(void *arg, const struct adjacency *);
void frr_on_change(struct frr *, frr_f *, void *arg);

/* Why nothing can be heard (NULL: something can), told when it changes; at most one. */
typedef void frr_lack_f(void *arg, const char *why);
void frr_on_lack(struct frr *, frr_lack_f *, void *arg);

/* A message of a daemon that came another way. Of one that is heard itself it is old news. */
void frr_syslog(struct frr *, const char *daemon, const char *text, size_t n);

/* A line of this device's log, and the program that it names: anything; what a daemon of FRR said of a neighbor counts. */
void frr_line(struct frr *, struct slice program, struct slice line);

/* A notification of bfdd, as its control socket sends it: JSON. */
void frr_bfd(struct frr *, const char *json, size_t n);

#endif
