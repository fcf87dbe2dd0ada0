/* The life of IP SLA operations: schedule, runs, statistics. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "bus/detector.h"
#include "bus/sla.h"
#include "conf/conf.h"
#include "core/ifname.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/rng.h"
#include "probe/history.h"
#include "probe/operation.h"
#include "probe/prober.h"
#include "probe/voice.h"

struct operation *
slas_find(const struct slas_world *all, uint32_t number)
{
	struct operation *o = all->first;

	while (o != NULL && o->number != number)
		o = o->next;
	return o;
}

struct operation *
slas_get(struct slas_world *all, uint32_t number)
{
	struct operation **at = &all->first, *o;

	while (*at != NULL && (*at)->number < number)
		at = &(*at)->next;
	if (*at != NULL && (*at)->number == number)
		return *at;
	o = mem_new(all, struct operation);
	o->next = *at;
	o->all = all;
	o->number = number;
	o->rtt_us = o->dns_us = o->tcp_us = o->http_us = -1;
	*at = o;
	return o;
}

static void
stop(struct operation *o)
{
	mem_free(o->timer);
	mem_free(o->life);
	mem_free(o->age);
	mem_free(o->run);
	o->timer = o->life = o->age = NULL;
	o->run = NULL;
}

void
slas_tidy(struct slas_world *all, struct operation *gone)
{
	struct operation **at = &all->first;

	if (gone->configured || gone->schedule.is_set || gone->reactions != NULL || gone->trigger_count > 0)
		return;
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	stop(gone);
	mem_free(gone);
}

/* ---- one run ---- */

static void
keep(struct operation *o, const struct probe_answer *a, enum probe_code code)
{
	o->code = code;
	o->rtt_us = a->rtt_us;
	o->dns_us = a->dns_us;
	o->tcp_us = a->tcp_us;
	o->http_us = a->http_us;
	o->has_run = true;
	mem_free(o->jitter);
	o->jitter = NULL;
	o->icpif = o->mos = 0;
	if (a->jitter != NULL) {
		o->jitter = mem_new(o, struct jitter_result);
		*o->jitter = *a->jitter;
		o->icpif = voice_icpif((enum codec)o->config.codec, a->jitter, (int)o->config.advantage);
		o->mos = voice_mos((enum codec)o->config.codec, o->icpif);
	}
	history_take(o, code, a->rtt_us);
	snprintf(o->detail, sizeof o->detail, "%s",
		a->detail == NULL || probe_code_is_success(code) ? "" : a->detail);
	if (a->address != NULL)
		snprintf(o->address, sizeof o->address, "%s", a->address);
	if (!probe_code_is_success(code)) {
		o->failures++;
		return;
	}
	if (o->successes == 0 || a->rtt_us < o->rtt_min)
		o->rtt_min = a->rtt_us;
	if (a->rtt_us > o->rtt_max)
		o->rtt_max = a->rtt_us;
	o->rtt_sum += a->rtt_us;
	o->over += code == PROBE_OVER_THRESHOLD;
	o->successes++;
}

/* Once, until a run finds it again or lacks something else. */
static void
tell_absent(struct operation *o, const struct probe_answer *a)
{
	bool known = a->absent && o->absent != NULL && strcmp(o->absent, a->detail) == 0;

	if (known)
		return;
	if (a->absent)
		log_msg(o->all->engine->log, NULL, "RTT", SEV_WARNINGS, "ABSENT", "IP SLAs(%u): %s",
			o->number, a->detail);
	mem_free(o->absent);
	o->absent = a->absent ? mem_strdup(o, a->detail) : NULL;
}

static void
on_answer(void *arg, const struct probe_answer *a)
{
	struct operation *o = arg;
	enum probe_code code = a->code;
	struct sla_outcome outcome;

	mem_free(o->run);
	o->run = NULL;
	if (code == PROBE_OK && a->rtt_us > (int64_t)o->config.threshold * 1000)
		code = PROBE_OVER_THRESHOLD;
	keep(o, a, code);
	log_debug(o->all->engine->log,
		DEBUG_BIT(DEBUG_SLA_TRACE) | (probe_code_is_success(code) ? 0 : DEBUG_BIT(DEBUG_SLA_ERROR)),
		"IPSLA-INFRA_TRACE:OPER:%u %s of %s: %s%s%s", o->number, probe_kind_name(o->config.kind),
		o->config.target, probe_code_text(code), o->detail[0] != '\0' ? ": " : "", o->detail);
	tell_absent(o, a);
	outcome = (struct sla_outcome){ .ok = code == PROBE_OK,
		.reachable = probe_code_is_success(code),
		.code = probe_code_text(code),
		.rtt_ms = a->rtt_us < 0 ? -1 : a->rtt_us / 1000 };
	sla_told(o->all->engine, o->number, &outcome);
	operation_react(o, a);
}

unsigned
operation_frequency(const struct operation *o)
{
	return o->schedule.frequency != 0 ? o->schedule.frequency : o->config.frequency;
}

static void
on_due(void *arg)
{
	struct operation *o = arg;
	struct engine *e = o->all->engine;
	const struct sla_config *c = &o->config;
	struct probe_ask ask = { .kind = c->kind,
		.target = c->target,
		.port = c->port,
		.server = c->server,
		.source_port = c->source_port,
		.request = c->request,
		.no_cache = c->no_cache,
		.http_version = c->http_version,
		.control = c->control,
		.control_retry = c->control_retry,
		.control_timeout_ms = c->control_timeout * 1000,
		.packets = c->packets,
		.interval_ms = c->interval,
		.microseconds = c->microseconds,
		.threshold_ms = c->threshold,
		.source_address = c->source_address,
		.source_interface =
			c->source_interface == NULL ? NULL : ifname_kernel(e->settings, c->source_interface),
		.vrf = c->vrf,
		.timeout_ms = c->timeout,
		.size = c->size,
		.tos = c->tos,
		.pattern = c->pattern,
		.verify = c->verify };

	struct prober *prober;
	bool is_namespace;

	timer_set(o->timer, (usec)operation_frequency(o) * USEC_PER_SEC);
	if (o->run != NULL) /* it is about to end, or waits for a responder */
		return;
	o->last_wall = clock_wall(e->clock);
	o->last_mono = clock_mono(e->clock);
	o->run = mem_ctx(o, "ip sla run");
	if (c->kind == PROBE_HTTP) {
		ask.target = sla_url_clear(o->run, e, c->url);
		ask.proxy = sla_url_clear(o->run, e, c->proxy_url);
		if (strncasecmp(c->target, "https:", 6) == 0)
			ask.anchors = sla_anchors(o->run, e->pki);
	}
	prober = sla_prober(o->all, c->vrf, &is_namespace);
	if (is_namespace)
		ask.vrf = NULL;
	prober_ask(o->run, prober, &ask, on_answer, o);
}

/* ---- the schedule ---- */

static void begin(struct operation *);

/* Nobody has used the entry for its ageout: IOS removes it with all that is said of it. */
static void
on_aged(void *arg)
{
	struct operation *o = arg;
	struct slas_world *all = o->all;
	struct conf_edit *edit = conf_edit_new(all, all->engine->conf, "ip sla");
	struct err err = ERR_INIT;
	char line[32];

	snprintf(line, sizeof line, "no ip sla %u", o->number);
	mem_free(o->age);
	o->age = NULL;
	conf_edit_line(edit, line, true, NULL, &err); /* `o` may be gone */
	mem_free(edit);
}

static void
grow_old(struct operation *o)
{
	if (o->schedule.ageout != 0 && o->age == NULL)
		o->age = timer_after(o, o->all->engine->loop, o->schedule.ageout, on_aged, o);
}

static void
on_life_over(void *arg)
{
	struct operation *o = arg;

	stop(o);
	o->state = SLA_IS_INACTIVE;
	if (o->schedule.recurring && o->schedule.start == SLA_AT)
		operation_rescheduled(o);
	else
		grow_old(o);
}

static void
begin(struct operation *o)
{
	struct loop *loop = o->all->engine->loop;

	mem_free(o->timer);
	mem_free(o->age);
	o->age = NULL;
	history_live(o);
	o->state = SLA_IS_ACTIVE;
	o->timer = timer_after(o, loop, 0, on_due, o);
	o->ends = 0;
	if (o->schedule.life == 0)
		return;
	o->ends = loop_mono(loop) + o->schedule.life;
	o->life = timer_after(o, loop, o->schedule.life, on_life_over, o);
}

static void
on_begin(void *arg)
{
	begin(arg);
}

/* How long it is until the next hour:minute:second of local time, on its day. */
static usec
until(const struct operation *o)
{
	const struct sla_schedule *s = &o->schedule;
	usec wall = clock_wall(o->all->engine->clock);
	time_t now = (time_t)(wall / USEC_PER_SEC), then;
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_hour = s->hour;
	tm.tm_min = s->minute;
	tm.tm_sec = s->second;
	if (s->month != 0) {
		tm.tm_mon = s->month - 1;
		tm.tm_mday = s->day;
	}
	tm.tm_isdst = -1;
	then = mktime(&tm);
	if (then <= now) { /* tomorrow, or in a year */
		tm.tm_year += s->month != 0;
		tm.tm_mday += s->month == 0;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	return (usec)then * USEC_PER_SEC - wall;
}

void
operation_rescheduled(struct operation *o)
{
	struct loop *loop = o->all->engine->loop;
	usec wait = 0;

	stop(o);
	o->state = SLA_IS_PENDING;
	if (!o->configured || !o->config.has_kind || !o->schedule.is_set || o->all->engine->is_check)
		return;
	switch (o->schedule.start) {
	case SLA_PENDING:
		grow_old(o);
		return;
	case SLA_NOW:
		if (o->schedule.offset == 0) {
			begin(o);
			return;
		}
		break;
	case SLA_AFTER:
		wait = o->schedule.after;
		break;
	case SLA_RANDOM:
		wait = (usec)rng_below(o->all->engine->rng, (uint64_t)o->schedule.after);
		break;
	case SLA_AT:
		wait = until(o);
		break;
	}
	o->state = SLA_IS_WAITING;
	o->timer = timer_after(o, loop, wait + o->schedule.offset, on_begin, o);
}

static void
forget_statistics(struct operation *o)
{
	o->has_run = false;
	mem_free(o->absent);
	o->absent = NULL;
	o->code = PROBE_UNKNOWN;
	o->rtt_us = o->dns_us = o->tcp_us = o->http_us = -1;
	o->successes = o->failures = o->over = 0;
	o->rtt_min = o->rtt_max = o->rtt_sum = 0;
	o->address[0] = o->detail[0] = '\0';
	mem_free(o->jitter);
	o->jitter = NULL;
	o->icpif = o->mos = 0;
	for (struct reaction *r = o->reactions; r != NULL; r = r->next)
		reaction_forget(r);
}

void
operation_reconfigured(struct operation *o)
{
	forget_statistics(o);
	history_forget(o);
	o->all->changed_wall = clock_wall(o->all->engine->clock);
	sla_told(o->all->engine, o->number, NULL);
	operation_rescheduled(o);
}

void
operation_restart(struct operation *o)
{
	if (!o->configured || !o->config.has_kind)
		return;
	stop(o);
	forget_statistics(o);
	o->reset_wall = clock_wall(o->all->engine->clock);
	begin(o);
}

/* ---- an entry that goes ---- */

static void remove_line(struct conf_edit *edit, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void
remove_line(struct conf_edit *edit, const char *fmt, ...)
{
	struct err err = ERR_INIT;
	char line[80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	conf_edit_line(edit, line, true, NULL, &err);
}

static void
on_forget(void *arg)
{
	struct operation *o = arg;
	struct slas_world *all = o->all;
	struct conf_edit *edit;
	uint32_t number = o->number, targets[8];
	size_t count = o->trigger_count;
	bool types[REACT_COUNT] = { false };

	mem_free(o->forgetting);
	o->forgetting = NULL;
	if (o->configured)
		return;
	memcpy(targets, o->triggers, sizeof targets);
	for (const struct reaction *r = o->reactions; r != NULL; r = r->next)
		types[r->type] = true;
	edit = conf_edit_new(all, all->engine->conf, "ip sla");
	if (o->schedule.is_set && o->schedule.group == 0)
		remove_line(edit, "no ip sla schedule %u", number);
	for (int i = 0; i < REACT_COUNT; i++) /* `o` may be gone behind each line */
		if (types[i])
			remove_line(edit, "no ip sla reaction-configuration %u react %s", number,
				reaction_kind((enum react_type)i)->name);
	for (size_t i = 0; i < count; i++)
		remove_line(edit, "no ip sla reaction-trigger %u %u", number, targets[i]);
	mem_free(edit);
}

void
operation_forget_lines(struct operation *o)
{
	if (o->forgetting == NULL && (o->schedule.is_set || o->reactions != NULL || o->trigger_count > 0))
		o->forgetting = timer_after(o, o->all->engine->loop, 0, on_forget, o);
}

void
slas_group(struct slas_world *all, uint32_t number, const char *ids, unsigned period, unsigned frequency)
{
	struct sla_group **at = &all->groups, *g;

	while (*at != NULL && (*at)->number < number)
		at = &(*at)->next;
	if (*at != NULL && (*at)->number == number) {
		g = *at;
		*at = g->next;
		mem_free(g);
	}
	if (ids == NULL)
		return;
	g = mem_new(all, struct sla_group);
	g->number = number;
	g->ids = mem_strdup(g, ids);
	g->period = period;
	g->frequency = frequency;
	g->next = *at;
	*at = g;
}

struct slas_world *
slas_new(const void *ctx, struct engine *engine)
{
	struct slas_world *all = mem_new(ctx, struct slas_world);

	all->engine = engine;
	all->prober = prober_new(all, engine, NULL);
	engine->prober = all->prober;
	all->responder = sla_responder_new(all);
	sla_rows(engine->conf);
	sla_reaction_rows(engine->conf);
	bus_detector_come(engine->bus, bus_detector_find(engine->bus, "ipsla"));
	return all;
}

void
slas_commands(struct cli *cli)
{
	sla_show_commands(cli);
	sla_show_configuration_commands(cli);
	sla_show_history_commands(cli);
	sla_commands(cli);
	sla_responder_commands(cli);
}
