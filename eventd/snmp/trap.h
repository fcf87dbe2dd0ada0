/*
 * Notifications to the receivers that `snmp-server host` names: those of CISCO-EMBEDDED-EVENT-MGR-MIB
 * (1.3.6.1.4.1.9.10.134), and whatever else a policy sends. Nobody waits for them: one that cannot be sent, or
 * an inform that nobody confirms, is told by %HA_EM-4-FMPD_TRAP. Engine thread only.
 */
#ifndef SNMP_TRAP_H
#define SNMP_TRAP_H

#include <stdint.h>

#include "bus/history.h"
#include "core/engine.h"
#include "snmp/job.h"

struct snmp_held;

/* What `action snmp-trap` says beside the history entry of its trap. */
struct snmp_policy_trap {
	int32_t int1, int2;
	const char *text;
};

/* cEventMgrPolicyEvent. The entry has its number. */
void snmp_trap_policy(struct engine *, const struct history_entry *, const struct snmp_policy_trap *);

/* One that was held (snmp/client.h): goes out, or does not. */
void snmp_held_decide(struct snmp_held *, bool send);

/* Any notification in the name of a policy. Says so when nothing is configured to receive it. */
void snmp_trap_send(struct engine *, const char *policy, struct cause *, const struct snmp_notice *,
	struct snmp_var *vars, size_t nvars);

/* sysUpTime of this engine: hundredths of seconds. */
uint64_t snmp_uptime(const struct engine *);

/* Enterprise and numbers that SNMPv1 has for a notification (RFC 3584 3.2); texts live in ctx. */
bool snmp_notice_of(
	const void *ctx, const struct engine *, const char *oid, struct snmp_notice *, struct err *);

/* cEventMgrServerEvent for each run of a policy with the option `trap`. */
void snmp_traps_start(struct engine *);

#endif
