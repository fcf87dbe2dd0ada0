/*
 * The users of SNMPv3 (RFC 3414) that `snmp-server user` names, as the helper keeps them: passwords become
 * keys once, since that takes a million octets through a hash; an engine's own keys are then cheap. Helper
 * only, one thread: the library keeps users in the process.
 */
#ifndef SNMP_USERS_H
#define SNMP_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "core/err.h"

struct snmp_user {
	const char *name;
	const oid *auth, *priv; /* protocols; NULL = none */
	size_t auth_len, priv_len;
	unsigned char auth_key[USM_AUTH_KU_LEN], priv_key[USM_PRIV_KU_LEN];
	size_t auth_key_len, priv_key_len;
};

struct snmp_users {
	struct snmp_user *v;
	size_t n;
};

/* [{"name","auth","auth_password","priv","priv_password"}]; NULL with err when it is no such list. */
struct snmp_users *snmp_users_from_json(const void *ctx, const json_t *, struct err *);
const struct snmp_user *snmp_users_find(const struct snmp_users *, const char *name); /* or NULL */

/* Name, protocols and keys for a session, which borrows them. */
void snmp_user_into(const struct snmp_user *, netsnmp_session *);

/* Makes the user known to the library for the authoritative engine; fine when it is. */
bool snmp_user_enrol(const struct snmp_user *, const unsigned char *engine, size_t len);

/* The library knows nobody any more: the list has changed. */
void snmp_users_forget(void);

#endif
