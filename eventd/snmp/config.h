/*
 * The configuration of SNMP: the lines `snmp-server ...`, and what they mean for jobs and helper. Communities
 * and pass phrases are kept encrypted and known to the redaction list. Engine thread only.
 */
#ifndef SNMP_CONFIG_H
#define SNMP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "cli/kw/kw.h"
#include "core/engine.h"
#include "snmp/job.h"

/* Hands the rows to engine->conf. */
void snmp_config_start(struct engine *);

/* {"op":"setup", ...}: what the helper must know. The caller owns it. */
json_t *snmp_config_setup(struct engine *);
char *snmp_config_engine_id(const void *ctx, const struct engine *); /* hexadecimal digits */

/* The clear text of a secret, wiped when freed; one that is not encrypted is clear already. */
char *snmp_clear(const struct engine *, const void *ctx, const struct kw_str *);

/* The agent that is asked when an action names none; false when nobody is configured. Allocated in ctx. */
bool snmp_config_agent(struct engine *, const void *ctx, struct snmp_peer *, struct err *);

const char *snmp_config_agentx(const struct engine *); /* socket of the master agent */
bool snmp_config_listens(const struct engine *);       /* `snmp-server manager` */

/* `snmp-server enable traps event-manager`, or all traps. */
bool snmp_config_sends_traps(const struct engine *);

/* The receivers of traps and informs: n of them in an array. */
struct snmp_peer *snmp_config_hosts(struct engine *, const void *ctx, size_t *n);

/*
 * The source of what goes to this receiver, as `snmp-server source-interface` says: the interface's address
 * of its family; it stays NULL when nothing is said. False with err: the interface has none.
 */
bool snmp_config_source(const struct engine *, const void *ctx, struct snmp_peer *, struct err *);

/* The user's highest level: as much security as it has keys for. False: there is no such user. */
bool snmp_config_user_level(const struct engine *, const char *name, enum snmp_secured *);

#endif
