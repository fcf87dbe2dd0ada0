/* Flow monitors and the flows that they know. */
#include "flow/monitor.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "flow/source.h"

#define RETRY (30 * USEC_PER_SEC) /* for what the machine lacks */
#define AGING (1 * USEC_PER_SEC)

struct monitor {
	TAILQ_ENTRY(monitor) entry;
	struct flows *all;
	char *name;
	struct monitor_spec spec;
	char *address, *description; /* of the spec */
	bool wanted;
	usec poll;
	char *lacks;
	void *source; /* context of the collector or of the connection tracking */
	struct collector *collector;
	struct timer *retry, *aging;
	unsigned round;
	struct flow_entry *by_key;
	TAILQ_HEAD(ages, flow_entry) ages;
	struct monitor_stats stats;
};

struct flows {
	struct engine *engine;
	bool is_fake;
	TAILQ_HEAD(monitors, monitor) monitors;
	uint64_t last_id;
	flows_f *f;
	flows_state_f *state;
	void *arg;
};

/* ---- flows ---- */

static void
tell(struct monitor *m, enum flow_change change, const struct flow_entry *e)
{
	if (m->all->f != NULL)
		m->all->f(m->all->arg, m, change, e);
}

static void
drop(struct monitor *m, struct flow_entry *e)
{
	HASH_DEL(m->by_key, e);
	TAILQ_REMOVE(&m->ages, e, age);
	m->stats.flows--;
	mem_free(e);
}

static void
end(struct monitor *m, struct flow_entry *e)
{
	m->stats.deleted++;
	tell(m, FLOW_DELETE, e);
	drop(m, e);
}

static void
drop_all(struct monitor *m)
{
	struct flow_entry *e;

	while ((e = TAILQ_FIRST(&m->ages)) != NULL)
		drop(m, e);
}

static struct flow_entry *
find(const struct monitor *m, const struct flow_key *key)
{
	struct flow_entry *e;

	HASH_FIND(hh, m->by_key, key, sizeof *key, e);
	return e;
}

static struct flow_entry *
add(struct monitor *m, const struct flow *f)
{
	struct flow_entry *e;

	if (m->stats.flows >= m->spec.entries) {
		m->stats.refused++;
		return NULL;
	}
	e = mem_new(m, struct flow_entry);
	e->flow.key = f->key;
	e->id = ++m->all->last_id;
	HASH_ADD(hh, m->by_key, flow.key, sizeof e->flow.key, e);
	TAILQ_INSERT_TAIL(&m->ages, e, age);
	m->stats.flows++;
	return e;
}

/* Is anything new in it? */
static bool
merge(struct monitor *m, struct flow_entry *e, const struct flow *f)
{
	const struct flow before = e->flow;

	if (f->has_counters) {
		e->flow.bytes = f->bytes + (f->are_totals ? 0 : e->flow.bytes);
		e->flow.packets = f->packets + (f->are_totals ? 0 : e->flow.packets);
		e->flow.has_counters = true;
	}
	e->flow.tos = f->tos;
	e->flow.tcp_flags |= f->tcp_flags;
	e->flow.input = f->input;
	e->flow.output = f->output;
	if (f->app[0] != '\0')
		memcpy(e->flow.app, f->app, sizeof e->flow.app);
	e->seen = loop_mono(m->all->engine->loop);
	e->round = m->round;
	TAILQ_REMOVE(&m->ages, e, age);
	TAILQ_INSERT_TAIL(&m->ages, e, age);
	return f->is_change || before.bytes != e->flow.bytes || before.packets != e->flow.packets ||
	       before.tos != e->flow.tos || before.tcp_flags != e->flow.tcp_flags ||
	       strcmp(before.app, e->flow.app) != 0;
}

static void
set_aging(struct monitor *m)
{
	if (m->spec.source == FLOW_FROM_UDP && !TAILQ_EMPTY(&m->ages) && !timer_is_set(m->aging))
		timer_set(m->aging, AGING);
}

void
monitor_take(struct monitor *m, const struct flow *f, bool quiet)
{
	struct flow_entry *e = find(m, &f->key);
	bool is_new = e == NULL, has_changed;

	if (is_new && (e = add(m, f)) == NULL)
		return;
	has_changed = merge(m, e, f);
	set_aging(m);
	if (quiet)
		return;
	if (is_new) {
		m->stats.created++;
		tell(m, FLOW_CREATE, e);
	} else if (has_changed) {
		m->stats.updated++;
		tell(m, FLOW_UPDATE, e);
	}
}

void
monitor_end(struct monitor *m, const struct flow *f)
{
	struct flow_entry *e = find(m, &f->key);

	if (e == NULL) { /* all of a short flow is told at its end */
		monitor_take(m, f, m->spec.source == FLOW_FROM_CONNTRACK);
		e = find(m, &f->key);
	} else {
		merge(m, e, f);
	}
	if (e != NULL)
		end(m, e);
}

void
monitor_round(struct monitor *m, unsigned round)
{
	m->round = round;
}

void
monitor_sweep(struct monitor *m, unsigned round)
{
	struct flow_entry *e, *next;

	for (e = TAILQ_FIRST(&m->ages); e != NULL; e = next) {
		next = TAILQ_NEXT(e, age);
		if (e->round != round)
			end(m, e);
	}
}

static void
on_aging(void *arg)
{
	struct monitor *m = arg;
	usec now = loop_mono(m->all->engine->loop);
	struct flow_entry *e;

	while ((e = TAILQ_FIRST(&m->ages)) != NULL && now - e->seen >= m->spec.inactive)
		end(m, e);
	set_aging(m);
}

/* ---- sources ---- */

void
monitor_lacks(struct monitor *m, const char *what)
{
	mem_free(m->lacks);
	m->lacks = mem_strdup(m, what);
	if (what != NULL)
		timer_set(m->retry, RETRY);
	if (m->all->state != NULL)
		m->all->state(m->all->arg, m);
}

static void
close_source(struct monitor *m)
{
	timer_stop(m->retry);
	mem_free(m->source);
	m->source = NULL;
	m->collector = NULL;
}

static void
open_source(struct monitor *m)
{
	struct err err = ERR_INIT;
	bool fine = true;

	if (m->all->is_fake)
		return;
	m->source = mem_ctx(m, "source of flows");
	if (m->spec.source == FLOW_FROM_UDP)
		fine = (m->collector = collector_open(m->source, m, &err)) != NULL;
	else if (m->spec.source == FLOW_FROM_CONNTRACK)
		fine = conntrack_open(m->source, m, m->poll, &err) != NULL;
	if (!fine)
		monitor_lacks(m, err.text);
	else if (m->collector != NULL) /* the kernel's answer comes later */
		monitor_lacks(m, NULL);
}

static void
on_retry(void *arg)
{
	struct monitor *m = arg;

	close_source(m);
	open_source(m);
}

void
monitor_want(struct monitor *m, bool wanted, usec poll)
{
	if (m->wanted == wanted && (!wanted || m->poll == poll))
		return;
	close_source(m);
	m->wanted = wanted;
	m->poll = poll;
	if (wanted) {
		open_source(m);
		return;
	}
	mem_free(m->lacks);
	m->lacks = NULL;
	drop_all(m);
}

const char *
monitor_needs(const struct monitor *m)
{
	return m->lacks;
}

/* ---- monitors ---- */

static bool
same_source(const struct monitor_spec *a, const struct monitor_spec *b)
{
	return a->source == b->source && a->port == b->port && (a->address == NULL) == (b->address == NULL) &&
	       (a->address == NULL || strcmp(a->address, b->address) == 0);
}

void
monitor_set(struct monitor *m, const struct monitor_spec *spec)
{
	bool anew = m->wanted && !same_source(&m->spec, spec);

	if (anew) {
		close_source(m);
		drop_all(m);
	}
	m->spec = *spec;
	mem_free(m->address);
	mem_free(m->description);
	m->spec.address = m->address = mem_strdup(m, spec->address);
	m->spec.description = m->description = mem_strdup(m, spec->description);
	if (anew)
		open_source(m);
	else if (m->all->state != NULL)
		m->all->state(m->all->arg, m);
}

static int
monitor_free(void *ptr)
{
	struct monitor *m = ptr;

	close_source(m);
	drop_all(m);
	TAILQ_REMOVE(&m->all->monitors, m, entry);
	return 0;
}

struct monitor *
flows_add(struct flows *all, const char *name, const struct monitor_spec *spec)
{
	struct monitor *m = mem_new(all, struct monitor);

	m->all = all;
	m->name = mem_strdup(m, name);
	TAILQ_INIT(&m->ages);
	TAILQ_INSERT_TAIL(&all->monitors, m, entry);
	m->retry = timer_after(m, all->engine->loop, 0, on_retry, m);
	m->aging = timer_after(m, all->engine->loop, 0, on_aging, m);
	timer_stop(m->retry);
	timer_stop(m->aging);
	mem_on_free(m, monitor_free);
	monitor_set(m, spec);
	return m;
}

void
flows_remove(struct flows *all, struct monitor *m)
{
	mem_free(m);
}

struct monitor *
flows_next(const struct flows *all, const struct monitor *m)
{
	return m == NULL ? TAILQ_FIRST(&all->monitors) : TAILQ_NEXT(m, entry);
}

struct monitor *
flows_find(const struct flows *all, const char *name)
{
	struct monitor *m = flows_next(all, NULL);

	while (m != NULL && strcmp(m->name, name) != 0)
		m = flows_next(all, m);
	return m;
}

const char *
monitor_name(const struct monitor *m)
{
	return m->name;
}

const struct monitor_spec *
monitor_of(const struct monitor *m)
{
	return &m->spec;
}

struct engine *
monitor_engine(const struct monitor *m)
{
	return m->all->engine;
}

void
monitor_stats(const struct monitor *m, struct monitor_stats *out)
{
	*out = m->stats;
	if (m->collector != NULL)
		collector_stats(m->collector, &out->exporters);
}

void
flows_listen(struct flows *all, flows_f *f, flows_state_f *state, void *arg)
{
	all->f = f;
	all->state = state;
	all->arg = arg;
}

void
flows_fake(struct flows *all)
{
	all->is_fake = true;
}

struct flows *
flows_new(const void *ctx, struct engine *engine)
{
	struct flows *all = mem_new(ctx, struct flows);

	all->engine = engine;
	TAILQ_INIT(&all->monitors);
	return all;
}

const char *
flow_address(const struct flow_key *key, bool dest, char out[FLOW_ADDRESS_MAX])
{
	if (inet_ntop(key->family == 6 ? AF_INET6 : AF_INET, dest ? key->dest : key->source, out,
		    FLOW_ADDRESS_MAX) == NULL)
		out[0] = '\0';
	return out;
}
