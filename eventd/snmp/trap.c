/* Notifications to the receivers that the configuration names. */
#include "snmp/trap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "snmp/client.h"
#include "snmp/config.h"

#define MIB           "1.3.6.1.4.1.9.10.134"
#define SERVER_EVENT  MIB ".0.1"
#define POLICY_EVENT  MIB ".0.2"
#define HISTORY_ENTRY MIB ".1.2.3.1" /* ceemHistoryEventEntry */

/* Columns of ceemHistoryEventTable. */
enum {
	EVENT_TYPE1 = 2,
	POLICY_PATH = 6,
	POLICY_NAME = 7,
	EXIT_STATUS = 8,
	INT_DATA1 = 9,
	INT_DATA2 = 10,
	STR_DATA = 11,
	VARS_MAX = 16,
	TYPES = 4, /* event types of a notification */
};

uint64_t
snmp_uptime(const struct engine *e)
{
	return (uint64_t)((clock_mono(e->clock) - e->started_mono) / (10 * USEC_PER_MSEC));
}

bool
snmp_notice_of(
	const void *ctx, const struct engine *e, const char *oid, struct snmp_notice *n, struct err *err)
{
	struct object_id id, enterprise;
	struct text t;

	if (!object_id_parse(oid, &id, err))
		return false;
	*n = (struct snmp_notice){ .uptime = snmp_uptime(e) };
	if (!snmp_numbers_of(&id, &n->generic, &n->specific, &enterprise))
		return err_set(err, ERR_INVALID, "'%.80s' is no notification", oid);
	text_init(&t, ctx);
	object_id_print(&id, &t);
	n->oid = t.s;
	text_init(&t, ctx);
	object_id_print(&enterprise, &t);
	n->enterprise = t.s;
	return true;
}

/* ---- sending ---- */

struct sending {
	struct engine *engine;
	const char *policy;
};

static void
not_sent(struct engine *e, const char *policy, const char *why)
{
	snmp_count_failed(e->snmp);
	log_msg(e->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_TRAP", "Trap of policy %s not sent: %s", policy,
		why);
}

static void
on_sent(void *arg, const struct snmp_answer *a)
{
	struct sending *s = arg;

	if (a->err.code != ERR_NONE)
		not_sent(s->engine, s->policy, a->err.text);
	mem_free(s);
}

/* What waits until somebody decides: a job for one receiver. */
struct snmp_held {
	struct sending *sending;
	struct snmp_job *job; /* NULL until somebody holds it */
};

static void
submit(struct sending *s, const struct snmp_job *job)
{
	snmp_count_sent(s->engine->snmp, job->npeers);
	snmp_submit(s, s->engine->snmp, job, on_sent, s);
}

void
snmp_held_decide(struct snmp_held *h, bool send)
{
	if (send)
		submit(h->sending, h->job);
	else
		mem_free(h->sending);
}

static struct snmp_held *
held_new(const struct sending *all)
{
	struct sending *s = mem_new(all->engine->snmp, struct sending);
	struct snmp_held *h = mem_new(s, struct snmp_held);

	*s = (struct sending){ all->engine, mem_strdup(s, all->policy) };
	h->sending = s;
	return h;
}

/* The job for this receiver alone, which outlives the caller's. */
static void
hold(struct snmp_held *h, const struct snmp_job *job, size_t peer)
{
	struct snmp_job one = *job;
	json_t *text;

	one.peers = &job->peers[peer];
	one.npeers = 1;
	text = snmp_job_to_json(&one, 0);
	h->job = snmp_job_from_json(h, text, NULL);
	json_decref(text);
}

/* `event snmp-notification ... direction outgoing` sees it for each receiver: it may drop it, or hold it. */
static void
ask_peers(struct sending *s, struct cause *cause, struct snmp_job *job)
{
	void *ctx = s;
	struct engine *e = s->engine;
	char *uptime = mem_printf(ctx, "%" PRIu64, job->notice.uptime);
	struct snmp_var *vars = mem_array(ctx, struct snmp_var, job->nvars + 2);
	struct snmp_notification n = { .outgoing = true,
		.source = "",
		.oid = job->notice.oid,
		.enterprise = job->notice.enterprise,
		.generic = job->notice.generic,
		.specific = job->notice.specific,
		.vars = vars,
		.nvars = job->nvars + 2,
		.cause = cause };
	size_t kept = 0;

	vars[0] = (struct snmp_var){ "1.3.6.1.2.1.1.3.0", OBJECT_TICKS, uptime, strlen(uptime) };
	vars[1] = (struct snmp_var){ "1.3.6.1.6.3.1.1.4.1.0", OBJECT_OID, n.oid, strlen(n.oid) };
	memcpy(vars + 2, job->vars, job->nvars * sizeof *vars);
	for (size_t i = 0; i < job->npeers; i++) {
		enum snmp_fate fate;

		n.destination = job->peers[i].address;
		n.held = held_new(s);
		fate = snmp_notified(e->snmp, &n);
		if (fate == SNMP_HOLD)
			hold(n.held, job, i);
		else
			snmp_held_decide(n.held, false);
		if (fate == SNMP_SEND)
			job->peers[kept++] = job->peers[i];
	}
	job->npeers = kept;
}

/* A receiver that may only hear us from an address that we have not hears nothing. */
static void
find_sources(struct sending *s, struct snmp_job *job)
{
	size_t kept = 0;

	for (size_t i = 0; i < job->npeers; i++) {
		struct err err = ERR_INIT;

		if (snmp_config_source(s->engine, s, &job->peers[i], &err))
			job->peers[kept++] = job->peers[i];
		else
			not_sent(s->engine, s->policy, err.text);
	}
	job->npeers = kept;
}

void
snmp_trap_send(struct engine *e, const char *policy, struct cause *cause, const struct snmp_notice *notice,
	struct snmp_var *vars, size_t nvars)
{
	struct snmp_job job = { .op = SNMP_OP_NOTIFY, .vars = vars, .nvars = nvars, .notice = *notice };
	struct sending *s;

	if (!snmp_config_sends_traps(e)) {
		not_sent(e, policy, "\"snmp-server enable traps event-manager\" is not configured");
		return;
	}
	s = mem_new(e->snmp, struct sending);
	s->engine = e;
	s->policy = mem_strdup(s, policy);
	job.peers = snmp_config_hosts(e, s, &job.npeers);
	if (job.npeers == 0)
		not_sent(e, policy, "no \"snmp-server host\" receives traps of the event manager");
	find_sources(s, &job);
	ask_peers(s, cause, &job);
	if (job.npeers > 0)
		submit(s, &job);
	else
		mem_free(s);
}

/* ---- CISCO-EMBEDDED-EVENT-MGR-MIB ---- */

struct vars {
	void *ctx;
	uint64_t no; /* the index of the history's entry */
	struct snmp_var v[VARS_MAX];
	size_t n;
};

static void
add(struct vars *vars, unsigned column, enum object_type type, const char *value)
{
	vars->v[vars->n++] = (struct snmp_var){ mem_printf(vars->ctx, HISTORY_ENTRY ".%u.%" PRIu64, column,
							vars->no & UINT32_MAX),
		type, value, strlen(value) };
}

static void
add_int(struct vars *vars, unsigned column, enum object_type type, int64_t value)
{
	add(vars, column, type, mem_printf(vars->ctx, "%" PRId64, value));
}

/* What both notifications begin with. A policy has a path only as a file, which is not shown. */
static void
add_entry(struct vars *vars, const struct history_entry *entry)
{
	for (unsigned i = 0; i < TYPES; i++)
		add_int(vars, EVENT_TYPE1 + i, OBJECT_GAUGE, entry->types[i]);
	add(vars, POLICY_PATH, OBJECT_STRING, "");
	add(vars, POLICY_NAME, OBJECT_STRING, entry->name);
}

static void
send(struct engine *e, const struct history_entry *entry, const char *oid, struct vars *vars)
{
	struct snmp_notice notice;

	snmp_notice_of(vars->ctx, e, oid, &notice, NULL);
	snmp_trap_send(e, entry->name, entry->cause, &notice, vars->v, vars->n);
}

void
snmp_trap_policy(struct engine *e, const struct history_entry *entry, const struct snmp_policy_trap *trap)
{
	struct vars vars = { .ctx = mem_ctx(NULL, "trap"), .no = entry->no };

	add_entry(&vars, entry);
	add_int(&vars, INT_DATA1, OBJECT_INT, trap->int1);
	add_int(&vars, INT_DATA2, OBJECT_INT, trap->int2);
	add(&vars, STR_DATA, OBJECT_STRING, trap->text);
	send(e, entry, POLICY_EVENT, &vars);
	mem_free(vars.ctx);
}

static void
on_trap(void *arg, const struct history_entry *entry)
{
	struct engine *e = arg;
	struct vars vars = { .no = entry->no };

	if (strcmp(entry->type, "server") != 0 || !snmp_config_sends_traps(e))
		return;
	vars.ctx = mem_ctx(NULL, "trap");
	add_entry(&vars, entry);
	add_int(&vars, EXIT_STATUS, OBJECT_INT, entry->exit_status);
	send(e, entry, SERVER_EVENT, &vars);
	mem_free(vars.ctx);
}

void
snmp_traps_start(struct engine *e)
{
	history_on_add(e->traps, on_trap, e);
}
