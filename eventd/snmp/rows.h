/* The lines `snmp-server ...` as they are typed: what config.c reads. */
#ifndef SNMP_ROWS_H
#define SNMP_ROWS_H

#include "cli/kw/kw.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "snmp/job.h"

#define SNMP_AGENT           "snmp-server agent"
#define SNMP_AGENTX          "snmp-server agentx"
#define SNMP_COMMUNITY       "snmp-server community"
#define SNMP_ENABLE          "snmp-server enable traps"
#define SNMP_ENABLE_EM       "snmp-server enable traps event-manager"
#define SNMP_ENGINE_ID       "snmp-server engineID local"
#define SNMP_GROUP           "snmp-server group"
#define SNMP_HOST            "snmp-server host"
#define SNMP_MANAGER         "snmp-server manager"
#define SNMP_SOURCE          "snmp-server source-interface"
#define SNMP_SOURCE_OF_TRAPS "snmp-server trap-source"
#define SNMP_USER            "snmp-server user"

#define SNMP_TYPE_EM "event-manager" /* the type of notifications that is sent here */

struct community_args {
	struct kw_str community, view, acl;
	struct kw_enum access;
};

/* snmp-server host and agent. */
struct host_args {
	struct kw_str address, vrf, name;
	struct kw_flag informs, traps; /* traps is the default, and forgotten */
	struct kw_enum release, secured;
	struct kw_int port;
	struct kw_list types;
};

struct group_args {
	struct kw_str name, read, write, notify, context, access;
	struct kw_enum release, secured;
};

struct user_args {
	struct kw_str name, group, remote, access;
	struct kw_int remote_port;
	struct kw_flag v1, v2c, v3, encrypted, auth, priv, sha2, aes;
	struct kw_str md5, sha, sha256, sha384, sha512; /* pass phrases: at most one of them */
	struct kw_str des, des3, aes128, aes192, aes256;
};

struct engine_id_args {
	struct kw_str id;
};

struct agentx_args {
	struct kw_str socket;
};

/* snmp-server source-interface. */
struct source_args {
	struct kw_enum kind; /* is it for informs? */
	struct kw_str interface;
};

/* snmp-server trap-source. */
struct trap_source_args {
	struct kw_str interface;
};

struct manager_args {
	struct kw_int port;
};

/* The pass phrases of a user, and what the helper calls their protocols. */
struct user_key {
	size_t at; /* of a struct kw_str in struct user_args */
	const char *protocol;
	bool is_priv;
	const char *shown; /* as IOS shows it */
};
extern const struct user_key user_keys[]; /* ends with protocol NULL */

void snmp_rows_start(struct engine *);
void snmp_absent_start(struct engine *); /* what IOS has of them and eventd has not */

#endif
