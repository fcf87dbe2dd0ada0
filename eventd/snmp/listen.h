/*
 * The helper's receiver of notifications: traps of all versions and informs, which it confirms. Only those
 * with a known community, or of a known user with all the security that the user has keys for, are handed on; others
 * are told as refused.
 * Helper only, one thread.
 */
#ifndef SNMP_LISTEN_H
#define SNMP_LISTEN_H

#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "snmp/net.h"
#include "snmp/users.h"

struct listener;

/* A notification as the engine is told of it, {"event":"notification", ...}, or who was refused (snmp/refused.h). The
 * receiver owns it. */
typedef void listener_f(void *arg, json_t *notification);

/* Opens the port, of IPv4 and IPv6; NULL with err when neither can be. `communities` is an array, kept. */
struct listener *listener_new(const void *ctx, uint16_t port, json_t *communities, const struct snmp_users *,
	listener_f *, void *arg, struct err *);

/* As net_wait_for() and net_turn(). */
void listener_wait_for(struct listener *, int *nfds, netsnmp_large_fd_set *);
void listener_turn(struct listener *, netsnmp_large_fd_set *);
/* How long at most until listener_turn(), in milliseconds, or -1. */
int listener_patience(const struct listener *);

#endif
