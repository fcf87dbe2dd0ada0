/*
 * Jobs of the helper, carried out with net-snmp, none waiting for another. The library keeps its state in the
 * process, which is why all of this lives in eventd-snmp and nowhere else. One thread.
 */
#ifndef SNMP_NET_H
#define SNMP_NET_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "core/err.h"
#include "snmp/job.h"
#include "snmp/users.h"

/*
 * Starts the library without the host's configuration, MIB files or stored state. `engine_id` is ours
 * (RFC 3411 5): hexadecimal digits.
 */
void net_start(const char *engine_id);

/* The times of what we wait for: one attempt, and how many further ones. */
enum { NET_ATTEMPT_MS = 2000, NET_RETRIES = 2 };

struct net; /* the jobs under way */

struct net *net_new(const void *ctx);
void net_use(struct net *, const struct snmp_users *); /* borrowed until the next call */

/* `done` is called once, never inside net_begin(); the answer is borrowed for the call. */
typedef void net_done_f(void *arg, int64_t id, const struct snmp_answer *);
void net_begin(struct net *, const struct snmp_job *, int64_t id, net_done_f *, void *arg);
void net_cancel(struct net *, int64_t id);

/* Adds what the jobs wait for, as snmp_select_info2(3) does; then lets those go on that can. */
void net_wait_for(struct net *, int *nfds, netsnmp_large_fd_set *, struct timeval *, int *block);
void net_turn(struct net *, netsnmp_large_fd_set *);

#endif
