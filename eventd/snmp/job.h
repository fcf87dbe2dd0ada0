/*
 * What engine and SNMP helper say to each other, each message one JSON object (core/frame.h).
 *
 *   engine:  {"op":"setup", ...}                                   users, listener, objects: replaces the last one
 *            {"op":"get"|"next"|"set"|"notify","id",...}           a job
 *            {"op":"cancel","id"}                                  nobody waits for it any more
 *            {"op":"answer","request",...}                         to a request for an object
 *   helper:  {"id","vars":[{"oid","type","value"}]} | {"id","error","class"}
 *            {"event":"notification"|"request"|"state",...}
 *
 * Values are texts (snmp/value.h), octets one character each (frame_octets()).
 */
#ifndef SNMP_JOB_H
#define SNMP_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "snmp/value.h"

enum snmp_release { SNMP_RELEASE_1, SNMP_RELEASE_2C, SNMP_RELEASE_3 };
enum snmp_secured { SECURED_NOT, SECURED_AUTH, SECURED_PRIV };

/* Whom a job speaks to. */
struct snmp_peer {
	const char *address; /* host name or address */
	uint16_t port;
	enum snmp_release release;
	enum snmp_secured secured; /* of release 3 */
	const char *name;          /* community, or the user of release 3 */
	const char *context;       /* of release 3; NULL = none */
	const char *source;        /* address of ours; NULL = the kernel's choice */
	bool inform;               /* notifications: wait for its response */
};

struct snmp_var {
	const char *oid; /* numbers with dots */
	enum object_type type;
	const char *value; /* NUL-terminated; may hold NULs */
	size_t len;
};

/* A notification in the terms of all three releases (RFC 3584 3). */
struct snmp_notice {
	const char *oid;        /* snmpTrapOID */
	const char *enterprise; /* of release 1 */
	int32_t generic, specific;
	uint64_t uptime; /* hundredths of seconds */
};

/* What SNMPv1 has in place of the identifier (RFC 3584 3.2); false when it is too short to be one. */
bool snmp_numbers_of(
	const struct object_id *, int32_t *generic, int32_t *specific, struct object_id *enterprise);

enum snmp_op { SNMP_OP_GET, SNMP_OP_NEXT, SNMP_OP_SET, SNMP_OP_NOTIFY };

struct snmp_job {
	enum snmp_op op;
	struct snmp_peer *peers; /* one; for notifications as many as there are receivers */
	size_t npeers;
	struct snmp_var *vars; /* of get and next only the identifiers count */
	size_t nvars;
	struct snmp_notice notice;
};

struct snmp_answer {
	struct err err; /* code ERR_NONE: good. The class is what `$_error` says */
	struct snmp_var *vars;
	size_t nvars;
};

/* Everything below is allocated in ctx. Decoders answer NULL, or false, with err for what is no such thing. */
json_t *snmp_job_to_json(const struct snmp_job *, int64_t id);
struct snmp_job *snmp_job_from_json(const void *ctx, const json_t *, struct err *);

json_t *snmp_vars_to_json(const struct snmp_var *, size_t n);
bool snmp_vars_from_json(
	const void *ctx, const json_t *list, struct snmp_var **vars, size_t *n, struct err *);

/* The answer of a helper to a job. */
bool snmp_answer_from_json(const void *ctx, const json_t *, struct snmp_answer *, struct err *);

#endif
