/* The configuration of IP SLA: `ip sla N`, what its lines come to, and the switches. */
#include "probe/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/machine.h"
#include "core/mem.h"
#include "core/text.h"
#include "probe/lines.h"
#include "probe/voice.h"
#include "store/secret.h"

enum {
	FREQUENCY = 60,
	TIMEOUT = 5000,
	TIMEOUT_HTTP = 60000,
	TIMEOUT_DNS = 9000,
	THRESHOLD = 5000,
	CONTROL_RETRY = 3,
	CONTROL_TIMEOUT = 5
};

const struct kw sla_number_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct number_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

/* ---- what the lines come to ---- */

static int64_t
number(const struct conf_node *parent, const char *words, int64_t dflt)
{
	const struct line_args *a = sla_line(parent, words);

	return a == NULL ? dflt : a->n.v;
}

static int
choice(const struct conf_node *parent, const char *words, int dflt)
{
	const struct line_args *a = sla_line(parent, words);

	return a == NULL ? dflt : a->choice.v;
}

static const char *
text(const void *ctx, const struct kw_str *s)
{
	return s->set ? mem_strdup(ctx, s->s) : NULL;
}

static unsigned
or_default(const struct kw_int *value, unsigned dflt)
{
	return value->set ? (unsigned)value->v : dflt;
}

/* The packets of a train, and their size when nothing else says it. */
static void
take_train(struct sla_config *c, const struct line_args *a)
{
	const struct codec_defaults *d;

	c->codec = a->codec.set ? (unsigned)a->codec.v : CODEC_NONE;
	d = codec_defaults((enum codec)c->codec);
	c->packets = or_default(a->codec.set ? &a->codec_packets : &a->packets, d->packets);
	c->interval = or_default(a->codec.set ? &a->codec_interval : &a->interval, d->interval_ms);
	c->size = or_default(&a->codec_size, d->size);
	c->advantage = or_default(&a->advantage, 0);
}

static void
take_target(const void *ctx, struct sla_config *c, const struct conf_node *n)
{
	const struct line_args *a = n->args;

	c->kind = (enum probe_kind)sla_kind_of(n);
	c->has_kind = true;
	c->target = text(ctx, &a->target);
	c->port = or_default(&a->port, 0);
	c->source_port = or_default(&a->source_port, 0);
	c->server = text(ctx, &a->server);
	c->source_address = text(ctx, &a->source_ip);
	c->source_interface = text(ctx, &a->source_interface);
	if (c->kind == PROBE_HTTP) {
		c->url = c->target;
		c->target = secret_mask(ctx, c->url);
		c->proxy_url = text(ctx, &a->proxy);
		c->proxy = c->proxy_url == NULL ? NULL : secret_mask(ctx, c->proxy_url);
	}
	c->is_raw = strstr(n->row->cmd.words, " raw") != NULL;
	c->no_cache = a->cache.set && a->cache.v == 0;
	c->http_version = a->choice.set ? (unsigned)a->choice.v : 0;
	c->control =
		(c->kind == PROBE_TCP_CONNECT || c->kind == PROBE_UDP_ECHO || c->kind == PROBE_UDP_JITTER) &&
		(!a->control.set || a->control.v != 0);
	c->size = c->kind == PROBE_ICMP_ECHO ? 28 : 16;
	if (c->kind == PROBE_UDP_JITTER || c->kind == PROBE_ICMP_JITTER)
		take_train(c, a);
}

static void
take_history(struct sla_config *c, const struct conf_node *node)
{
	const struct line_args *enhanced = sla_line(node, "history enhanced");

	c->history = (struct sla_keep){
		.buckets = (unsigned)number(node, "history buckets-kept", 15),
		.lives = (unsigned)number(node, "history lives-kept", 0),
		.filter = (enum sla_filter)choice(node, "history filter", SLA_FILTER_NONE),
		.hours = (unsigned)number(node, "history hours-of-statistics-kept", 2),
		.distributions = (unsigned)number(node, "history distributions-of-statistics-kept", 1),
		.width_ms = (unsigned)number(node, "history statistics-distribution-interval", 20),
		.enhanced_interval = enhanced == NULL ? 0 : (unsigned)enhanced->n.v,
		.enhanced_buckets = enhanced == NULL ? 0 : (unsigned)enhanced->buckets.v,
	};
}

static void
take(const void *ctx, struct sla_config *c, const struct conf_node *node)
{
	const struct line_args *tag = sla_line(node, "tag"), *owner = sla_line(node, "owner"),
			       *vrf = sla_line(node, "vrf"), *pattern = sla_line(node, "data-pattern");
	const struct line_args *request = sla_line(node, "http-raw-request");
	const struct conf_node *type = sla_kind_line(node);
	int64_t timeout = TIMEOUT;

	memset(c, 0, sizeof *c);
	c->size = 16;
	if (type != NULL)
		take_target(ctx, c, type);
	if (c->has_kind && (c->kind == PROBE_HTTP || c->kind == PROBE_TCP_CONNECT))
		timeout = TIMEOUT_HTTP;
	else if (c->has_kind && c->kind == PROBE_DNS)
		timeout = TIMEOUT_DNS;
	c->frequency = (unsigned)number(node, "frequency", FREQUENCY);
	/* A long default gives way to a frequency that is asked for. */
	if (timeout > TIMEOUT && timeout > (int64_t)c->frequency * 1000)
		timeout = (int64_t)c->frequency * 1000 > TIMEOUT ? (int64_t)c->frequency * 1000 : TIMEOUT;
	c->timeout = (unsigned)number(node, "timeout", timeout);
	c->threshold = (unsigned)number(node, "threshold", THRESHOLD);
	c->tos = (unsigned)number(node, "tos", number(node, "traffic-class", 0));
	c->size = (unsigned)number(node, "request-data-size", c->size);
	c->control_retry = (unsigned)number(node, "control retry", CONTROL_RETRY);
	c->control_timeout = (unsigned)number(node, "control timeout", CONTROL_TIMEOUT);
	c->microseconds = choice(node, "precision", 0) != 0;
	c->tag = tag == NULL ? "" : mem_strdup(ctx, tag->text.s);
	c->owner = owner == NULL ? "" : mem_strdup(ctx, owner->text.s);
	c->vrf = vrf == NULL ? NULL : mem_strdup(ctx, vrf->text.s);
	c->pattern = pattern == NULL ? 0xABCDABCD : (uint32_t)strtoul(pattern->pattern.s, NULL, 16);
	c->verify = sla_line(node, "verify-data") != NULL;
	c->request = request == NULL || !request->request.set ? NULL : sla_request(ctx, request->request.s);
	take_history(c, node);
}

/* ---- ip sla low-memory BYTES ---- */

#define LOW_MEMORY_MAX (INT64_C(1) << 50) /* IOS ends at 4 GiB */

struct low_memory_args {
	struct kw_int bytes;
};

static const struct kw low_memory_kw[] = {
	{ .help = "Bytes of memory that must be free for a new operation",
		.type = &kw_number,
		KW_AT(struct low_memory_args, bytes),
		.flags = KW_REQ,
		.max = LOW_MEMORY_MAX },
	KW_END,
};

/* IOS refuses new operations below it; those that are there go on. */
static bool
memory_fits(const struct slas_world *all, uint32_t number, struct err *err)
{
	const struct operation *o = slas_find(all, number);
	struct machine_memory memory;

	if (all->low_memory == 0 || (o != NULL && o->configured) || conf_is_lenient(all->engine->conf) ||
		!machine_memory(&memory, NULL) || memory.available >= all->low_memory)
		return true;
	err_set(err, ERR_REFUSED, "Available memory is below the low-memory water mark");
	err_hint(err, "%llu bytes are free, 'ip sla low-memory %llu'", (unsigned long long)memory.available,
		(unsigned long long)all->low_memory);
	return false;
}

static bool
low_memory_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	e->sla_world->low_memory =
		new == NULL ? 0 : (uint64_t)((const struct low_memory_args *)new->args)->bytes.v;
	return true;
}

/* ---- ip sla N ---- */

/* Frequency >= timeout >= threshold holds after each line: which one must come first? */
static void
say_way_out(const struct sla_config *c, int64_t train, struct err *err)
{
	unsigned least = (unsigned)((c->timeout + 999) / 1000);
	struct text *way = text_new(NULL);

	if (c->threshold > c->timeout)
		text_printf(way, "first 'threshold %u' or less, or 'timeout %u' or more", c->timeout,
			c->threshold);
	else if ((int64_t)c->frequency * 1000 < c->timeout)
		text_printf(way, "first 'timeout %u' or less, or 'frequency %u' or more", c->frequency * 1000,
			least);
	else
		text_printf(
			way, "first 'frequency %" PRId64 "' or more, or fewer packets", (train + 999) / 1000);
	text_printf(way, ": frequency %u s, ", c->frequency);
	if (train > 0)
		text_printf(way, "%u packets every %u ms, ", c->packets, c->interval);
	text_printf(way, "timeout %u ms, threshold %u ms", c->timeout, c->threshold);
	err_hint(err, "%s", way->s);
	mem_free(way);
}

static bool
times_fit(const struct sla_config *c, struct err *err)
{
	int64_t train = (int64_t)c->packets * c->interval;

	if (c->threshold > c->timeout)
		err_set(err, ERR_REFUSED, "Illegal Value: Cannot set Threshold greater than Timeout");
	else if ((int64_t)c->frequency * 1000 < c->timeout)
		err_set(err, ERR_REFUSED, "Illegal Value: Cannot set Frequency to be less than Timeout");
	else if ((int64_t)c->frequency * 1000 < train)
		err_set(err, ERR_REFUSED,
			"Illegal Value: Cannot set Frequency to be less than the packets of a run take");
	else
		return true;
	say_way_out(c, train, err);
	return false;
}

static bool
sla_check(struct engine *e, const struct conf_node *node, struct err *err)
{
	void *ctx = mem_ctx(NULL, "ip sla check");
	struct sla_config c;
	bool ok;

	take(ctx, &c, node);
	ok = times_fit(&c, err) &&
	     memory_fits(e->sla_world, (uint32_t)((const struct number_args *)node->args)->number.v, err);
	for (const struct conf_node *n = node->first; ok && n != NULL; n = n->next)
		ok = sla_line_fits(node, n->row->cmd.words, n->args, err);
	mem_free(ctx);
	return ok;
}

static bool
sla_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct number_args *a = (new != NULL ? new : old)->args;
	struct operation *o = slas_get(e->sla_world, (uint32_t)a->number.v);

	mem_free(o->texts);
	o->texts = mem_ctx(o, "ip sla");
	memset(&o->config, 0, sizeof o->config);
	o->config.tag = o->config.owner = "";
	o->configured = new != NULL;
	if (new != NULL)
		take(o->texts, &o->config, new);
	sla_urls_learn(o->texts, e, &o->config);
	operation_reconfigured(o);
	if (new == NULL)
		operation_forget_lines(o); /* IOS removes schedule and reactions with the entry */
	slas_tidy(e->sla_world, o);
	sla_places_tidy(e->sla_world);
	return true;
}

/* `ip sla N` of a running operation opens nothing: its lines cannot be edited (IOS 15, 16). */
static bool
sla_again(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct operation *o =
		slas_find(e->sla_world, (uint32_t)((const struct number_args *)n->args)->number.v);

	if (o == NULL || o->state != SLA_IS_ACTIVE)
		return true;
	err_set(err, ERR_REFUSED,
		"Entry already running and cannot be modified\n\tonly can delete (no) and start over\n"
		"\t(check to see if the probe has finished exiting)");
	err_hint(err, "'no ip sla schedule %u' stops it", o->number);
	return false;
}

/* IOS has a mode for each type, whose name the prompt shows. */
static const char *
sla_shown(const struct conf_node *entry)
{
	static const char *const names[PROBE_KIND_COUNT] = { "config-ip-sla-dns", "config-ip-sla-http",
		"config-ip-sla-echo", "config-ip-sla-icmpjitter", "config-ip-sla-tcp", "config-ip-sla-udp",
		"config-ip-sla-jitter" }; /* ORDER: enum probe_kind */
	const struct conf_node *type = sla_kind_line(entry);

	return type == NULL ? sla_mode_name : names[sla_kind_of(type)];
}

/* ---- lines that belong to an entry ---- */

const struct conf_node *
sla_entry(const struct conf_node *any_global, uint32_t number)
{
	char room[32];

	snprintf(room, sizeof room, "ip sla %u", number);
	return conf_child(any_global->parent, room);
}

bool
sla_entry_is_there(const struct conf_node *n, uint32_t number, bool with_type, struct err *err)
{
	const struct conf_node *entry = sla_entry(n, number), *type;

	if (entry == NULL) {
		err_set(err, ERR_REFUSED, "Entry %u is not configured", number);
		err_hint(err, "'ip sla %u' first", number);
		return false;
	}
	type = sla_kind_line(entry);
	if (!with_type || (type != NULL && (strstr(type->row->cmd.words, " raw") == NULL ||
						   sla_line(entry, "http-raw-request") != NULL)))
		return true;
	if (type == NULL)
		return err_set(err, ERR_REFUSED, "Entry %u has no type of operation yet", number);
	err_set(err, ERR_REFUSED, "Entry %u has no request yet", number);
	err_hint(err, "'http-raw-request' below 'ip sla %u', lines, and 'end'", number);
	return false;
}

/* ---- switches ---- */

static bool
logging_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	e->sla_world->logging_traps = new != NULL;
	return true;
}

static bool
alerts_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	e->sla_world->reaction_alerts = new != NULL;
	return true;
}

static const struct conf_mode sla_mode = {
	.name = sla_mode_name, .parent = "config", .shown = sla_shown, .offers = sla_offers
};

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip sla",
		  .help = "IP Service Level Agreement",
		  .kw = sla_number_kw,
		  .size = sizeof(struct number_args),
		  .level = 15 },
		.mode = "config",
		.enters = sla_mode_name,
		.order = SLA_ORDER,
		.check = sla_check,
		.apply = sla_apply,
		.again = sla_again },
	{ .cmd = { .words = "ip sla low-memory",
		  .help = "Memory below which no operation is added",
		  .kw = low_memory_kw,
		  .size = sizeof(struct low_memory_args),
		  .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 4,
		.apply = low_memory_apply },
	{ .cmd = { .words = "ip sla logging traps", .help = "Syslog messages about thresholds", .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 4,
		.apply = logging_apply },
	{ .cmd = { .words = "ip sla enable reaction-alerts", .help = "Events about thresholds", .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 4,
		.apply = alerts_apply },
};

void
sla_rows(struct conf *conf)
{
	conf_word(conf, "config", "ip", "Global IP configuration subcommands");
	conf_word(conf, "config", "ip sla logging", "Syslog messages");
	conf_word(conf, "config", "ip sla enable", "Events");
	conf_word(conf, "config", "ip sla", "IP Service Level Agreement");
	conf_modes(conf, &sla_mode, 1);
	conf_hints(conf, sla_mode_name, sla_type_hint);
	conf_hints(conf, "config", sla_global_hint);
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	sla_line_rows(conf);
	sla_schedule_rows(conf);
	sla_responder_rows(conf);
}
