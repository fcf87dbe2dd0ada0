/*
 * The engine's end of SNMP: jobs to the helper eventd-snmp, answers to whoever asked, and what the helper
 * reports by itself to the detectors that registered for it. The helper starts with the first use; when it
 * dies, what was under way fails and the next job starts it again. Engine thread only.
 */
#ifndef SNMP_CLIENT_H
#define SNMP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/engine.h"
#include "snmp/job.h"

struct cause;
struct helper;
struct snmp_ticket;

struct snmp *snmp_new(const void *ctx, struct engine *);
const struct helper *snmp_helper(const struct snmp *); /* for `show system processes` */

/* The answer is borrowed for the call. */
typedef void snmp_done_f(void *arg, const struct snmp_answer *);

/*
 * Carries the job out (it is copied). `done` is called once, from the loop. Freeing the ticket (or ctx)
 * cancels the job and drops the callback.
 */
struct snmp_ticket *snmp_submit(
	const void *ctx, struct snmp *, const struct snmp_job *, snmp_done_f *done, void *arg);

/* What the configuration says has changed: the helper learns it before its next job; at once when it is to
 * listen. */
void snmp_reconfigure(struct snmp *);

/* ---- notifications ---- */

struct snmp_held;

struct snmp_notification {
	bool outgoing;
	const char *source, *destination; /* addresses; "" when that is not known */
	const char *oid, *enterprise;
	int32_t generic, specific;
	const struct snmp_var *vars; /* sysUpTime.0 and snmpTrapOID.0 first */
	size_t nvars;
	struct cause *cause;    /* of an outgoing one; NULL = the outside world */
	struct snmp_held *held; /* of an outgoing one: for snmp_held_decide() (snmp/trap.h) */
};

/*
 * Whoever wants to see each one that comes, or is about to go out; at most one. The answer says what becomes
 * of an outgoing one; SNMP_HOLD: snmp_held_decide() will say it, once. Borrowed for the call.
 */
enum snmp_fate { SNMP_SEND, SNMP_DROP, SNMP_HOLD };
typedef enum snmp_fate snmp_notified_f(void *arg, const struct snmp_notification *);
void snmp_on_notification(struct snmp *, snmp_notified_f *, void *arg);

/* Shows it to them. */
enum snmp_fate snmp_notified(struct snmp *, const struct snmp_notification *);

/* ---- objects that policies answer for ---- */

struct snmp_object {
	const char *oid; /* numbers */
	enum object_type type;
	bool is_table;
	unsigned seconds; /* how long the master agent waits for an answer */
};
/* The list of all of them, borrowed until the next call: the helper registers them with the master agent. */
void snmp_objects(struct snmp *, const struct snmp_object *, size_t n);

enum snmp_request_kind { SNMP_REQUEST_GET, SNMP_REQUEST_GETNEXT, SNMP_REQUEST_SET };
struct snmp_request {
	int64_t id;
	const char *object, *oid; /* the registered one, and what is asked for */
	enum snmp_request_kind kind;
	enum object_type type;
	const char *value; /* of a set */
};
/* Whoever answers requests; borrowed for the call. Each one must be answered, once. */
typedef void snmp_requested_f(void *arg, const struct snmp_request *);
void snmp_on_request(struct snmp *, snmp_requested_f *, void *arg);
void snmp_requested(struct snmp *, const struct snmp_request *); /* asks them */

enum snmp_reply_kind { SNMP_REPLY_VALUE, SNMP_REPLY_NONE, SNMP_REPLY_DONE, SNMP_REPLY_FAILED };
struct snmp_reply {
	enum snmp_reply_kind kind;
	enum object_type type;    /* of a value */
	const char *value, *next; /* next: its identifier, of a getnext; NULL: the object's own */
};
void snmp_reply(struct snmp *, int64_t request, const struct snmp_reply *);

/* ---- what was done ---- */

struct snmp_state {
	uint64_t received, sent, failed; /* notifications */
	uint64_t unknown_communities;    /* notifications that were refused for theirs */
	uint64_t unknown_users;          /* those of SNMPv3: for the user, the keys or the level */
	uint64_t requests[3];            /* ORDER: enum snmp_request_kind */
	int64_t port; /* where notifications are received; 0: nowhere, -1: it cannot be had */
	bool answers; /* the master agent hands on requests */
};
const struct snmp_state *snmp_state(const struct snmp *);
void snmp_count_sent(struct snmp *, size_t n);
void snmp_count_failed(struct snmp *);

struct cli;
void snmp_commands(struct cli *); /* show snmp */

/* For scenarios and simulation: jobs go to f instead of the helper; it fills the answer, in ctx. */
typedef void snmp_fake_f(void *arg, const void *ctx, const struct snmp_job *, struct snmp_answer *);
void snmp_fake(struct snmp *, snmp_fake_f *, void *arg);
/* As it, for replies to requests. */
typedef void snmp_fake_reply_f(void *arg, int64_t request, const struct snmp_reply *);
void snmp_fake_replies(struct snmp *, snmp_fake_reply_f *, void *arg);

#endif
