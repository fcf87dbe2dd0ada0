/* The configuration of IP SLA: `ip sla N` with its lines, `ip sla schedule N`, and the switches. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "core/mem.h"
#include "probe/operation.h"

static const char mode[] = "config-ip-sla";

enum {
	ORDER_SLA = 7700,
	FREQUENCY = 60,
	TIMEOUT = 5000,
	TIMEOUT_HTTP = 60000,
	TIMEOUT_DNS = 9000,
	THRESHOLD = 5000
};

struct number_args {
	struct kw_int number;
};

/* One struct for all lines below `ip sla N`. */
struct line_args {
	struct kw_str target, server, source_ip, source_interface, text;
	struct kw_int port, n;
	struct kw_enum control;
	struct kw_str pattern;
};

/* ---- ip sla N ---- */

static const struct kw number_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct number_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

#define SOURCES                                                                \
	{ .word = "source-interface",                                          \
		.help = "Interface whose address is the source",               \
		.type = &kw_ifname,                                            \
		KW_AT(struct line_args, source_interface),                     \
		.group = 1 },                                                  \
	{                                                                      \
		.word = "source-ip", .help = "Source address", .type = &kw_ip, \
		KW_AT(struct line_args, source_ip), .group = 1                 \
	}
#define DESTINATION                                                                                       \
	{                                                                                                 \
		.help = "Destination address or name", .type = &kw_word, KW_AT(struct line_args, target), \
		.flags = KW_REQ, .param = "Hostname or A.B.C.D or X:X:X:X::X"                             \
	}
#define PORT                                                                                   \
	{                                                                                      \
		.help = "Destination port", .type = &kw_number, KW_AT(struct line_args, port), \
		.flags = KW_REQ, .min = 1, .max = 65535                                        \
	}

static const struct kw_alternative disable_words[] = {
	{ "disable", "No control messages before the probe", 0, false },
	{ NULL, NULL, 0, false },
};
/* The control protocol speaks to responders of routers; echo and TCP services of others need none. */
#define CONTROL                                                                                  \
	{                                                                                        \
		.word = "control", .help = "Control packets to a responder", .type = &kw_choice, \
		KW_AT(struct line_args, control), .choices = disable_words                       \
	}

static const struct kw icmp_kw[] = { DESTINATION, SOURCES, KW_END };
static const struct kw service_kw[] = { DESTINATION, PORT, SOURCES, CONTROL, KW_END };

static const struct kw dns_kw[] = {
	{ .help = "Name that is asked for",
		.type = &kw_word,
		KW_AT(struct line_args, target),
		.flags = KW_REQ,
		.param = "Hostname" },
	{ .word = "name-server",
		.help = "Name server",
		.type = &kw_ip,
		KW_AT(struct line_args, server),
		.flags = KW_REQ | KW_SEQ },
	{ .word = "port",
		.help = "Port of the name server",
		.type = &kw_number,
		KW_AT(struct line_args, port),
		.min = 1,
		.max = 65535 },
	SOURCES,
	KW_END,
};

static const struct kw http_kw[] = {
	{ .help = "URL, http:// or https://",
		.type = &kw_word,
		KW_AT(struct line_args, target),
		.flags = KW_REQ,
		.param = "URL" },
	SOURCES,
	KW_END,
};

#define NUMBER(name_, help_, min_, max_)            \
	static const struct kw name_[] = {          \
		{ .help = help_,                    \
			.type = &kw_number,         \
			KW_AT(struct line_args, n), \
			.flags = KW_REQ,            \
			.min = min_,                \
			.max = max_ },              \
		KW_END,                             \
	}

NUMBER(frequency_kw, "Seconds between two runs", 1, 604800);
NUMBER(timeout_kw, "Milliseconds", 1, 604800000);
NUMBER(threshold_kw, "Milliseconds", 0, 60000);
NUMBER(tos_kw, "Type of service", 0, 255);
NUMBER(size_kw, "Octets", 0, 16384);

static const struct kw text_kw[] = {
	{ .help = "Text", .type = &kw_text, KW_AT(struct line_args, text), .flags = KW_REQ, .param = "LINE" },
	KW_END,
};
static const struct kw vrf_kw[] = {
	{ .help = "VRF name",
		.type = &kw_word,
		KW_AT(struct line_args, text),
		.flags = KW_REQ,
		.param = "WORD" },
	KW_END,
};
static const struct kw pattern_kw[] = {
	{ .help = "Eight hexadecimal digits",
		.type = &kw_word,
		KW_AT(struct line_args, pattern),
		.flags = KW_REQ,
		.param = "HEX" },
	KW_END,
};

static bool
pattern_adopt(struct engine *e, void *args, struct err *err)
{
	struct line_args *a = args;
	const char *s = a->pattern.s;
	size_t n;

	if (strncasecmp(s, "0x", 2) == 0)
		s += 2;
	n = strspn(s, "0123456789abcdefABCDEF");
	return (n > 0 && n <= 8 && s[n] == '\0') ||
	       err_set(err, ERR_RANGE, "a data pattern is one to eight hexadecimal digits");
}

static bool
service_adopt(struct engine *e, void *args, struct err *err)
{
	const struct line_args *a = args;

	if (a->control.set)
		return true;
	err_set(err, ERR_REFUSED,
		"The control protocol of responders is not there yet, and IOS uses it unless told");
	err_hint(err, "write 'control disable' behind it, for any server that echoes or listens");
	return false;
}

static bool
url_adopt(struct engine *e, void *args, struct err *err)
{
	const struct line_args *a = args;

	if (strncasecmp(a->target.s, "http://", 7) == 0 || strncasecmp(a->target.s, "https://", 8) == 0)
		return true;
	err_set(err, ERR_REFUSED, "\"%s\" is not an http URL", a->target.s);
	err_hint(err, "as http://192.0.2.1/status");
	return false;
}

/* ---- what the lines come to ---- */

/* ORDER: as `?` lists them. */
static const struct {
	const char *words;
	enum probe_kind kind;
} kinds[] = {
	{ "dns", PROBE_DNS },
	{ "http get", PROBE_HTTP },
	{ "http secure get", PROBE_HTTP },
	{ "icmp-echo", PROBE_ICMP_ECHO },
	{ "tcp-connect", PROBE_TCP_CONNECT },
	{ "udp-echo", PROBE_UDP_ECHO },
};

static int
kind_of(const struct conf_node *n)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].words, n->row->cmd.words) == 0)
			return (int)kinds[i].kind;
	return -1;
}

static const struct line_args *
line(const struct conf_node *parent, const char *words)
{
	for (const struct conf_node *n = parent->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, words) == 0)
			return n->args;
	return NULL;
}

static int64_t
number(const struct conf_node *parent, const char *words, int64_t dflt)
{
	const struct line_args *a = line(parent, words);

	return a == NULL ? dflt : a->n.v;
}

static const char *
text(const void *ctx, const struct kw_str *s)
{
	return s->set ? mem_strdup(ctx, s->s) : NULL;
}

static void
take_target(const void *ctx, struct sla_config *c, const struct conf_node *n)
{
	const struct line_args *a = n->args;

	c->kind = (enum probe_kind)kind_of(n);
	c->has_kind = true;
	c->target = text(ctx, &a->target);
	c->port = a->port.set ? (unsigned)a->port.v : 0;
	c->server = text(ctx, &a->server);
	c->source_address = text(ctx, &a->source_ip);
	c->source_interface = text(ctx, &a->source_interface);
}

static void
take(const void *ctx, struct sla_config *c, const struct conf_node *node)
{
	const struct line_args *tag = line(node, "tag"), *owner = line(node, "owner"),
			       *vrf = line(node, "vrf"), *pattern = line(node, "data-pattern");
	int64_t timeout = TIMEOUT;

	memset(c, 0, sizeof *c);
	for (const struct conf_node *n = node->first; n != NULL; n = n->next)
		if (kind_of(n) >= 0)
			take_target(ctx, c, n);
	if (c->has_kind && c->kind == PROBE_HTTP)
		timeout = TIMEOUT_HTTP;
	else if (c->has_kind && c->kind == PROBE_DNS)
		timeout = TIMEOUT_DNS;
	c->frequency = (unsigned)number(node, "frequency", FREQUENCY);
	c->timeout = (unsigned)number(node, "timeout", timeout);
	c->threshold = (unsigned)number(node, "threshold", THRESHOLD);
	c->tos = (unsigned)number(node, "tos", 0);
	c->size = (unsigned)number(
		node, "request-data-size", c->has_kind && c->kind == PROBE_ICMP_ECHO ? 28 : 16);
	c->tag = tag == NULL ? "" : mem_strdup(ctx, tag->text.s);
	c->owner = owner == NULL ? "" : mem_strdup(ctx, owner->text.s);
	c->vrf = vrf == NULL ? NULL : mem_strdup(ctx, vrf->text.s);
	c->pattern = pattern == NULL ? 0xABCDABCD : (uint32_t)strtoul(pattern->pattern.s, NULL, 16);
	c->verify = line(node, "verify-data") != NULL;
}

static bool
sla_check(struct engine *e, const struct conf_node *node, struct err *err)
{
	void *ctx = mem_ctx(NULL, "ip sla check");
	struct sla_config c;
	bool ok = true;

	take(ctx, &c, node);
	if (c.threshold > c.timeout)
		ok = err_set(err, ERR_REFUSED, "Illegal Value: Cannot set Threshold greater than Timeout");
	else if ((int64_t)c.frequency * 1000 < c.timeout)
		ok = err_set(err, ERR_REFUSED, "Illegal Value: Cannot set Frequency to be less than Timeout");
	if (!ok)
		err_hint(err, "frequency %u s, timeout %u ms, threshold %u ms", c.frequency, c.timeout,
			c.threshold);
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
	operation_reconfigured(o);
	if (new == NULL)
		operation_forget_lines(o); /* IOS removes schedule and reactions with the entry */
	slas_tidy(e->sla_world, o);
	return true;
}

/* An operation has one type. */
static bool
kind_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	for (const struct conf_node *n = parent->first; n != NULL; n = n->next) {
		if (kind_of(n) < 0)
			continue;
		err_set(err, ERR_REFUSED, "The type of the operation is set already: %s", n->row->cmd.words);
		err_hint(err, "'no ip sla %u' first",
			(unsigned)((const struct number_args *)parent->args)->number.v);
		return n->args == args;
	}
	return true;
}

/* ---- lines that belong to an entry ---- */

bool
sla_entry_is_there(const struct conf_node *n, uint32_t number, bool with_type, struct err *err)
{
	for (const struct conf_node *e = n->parent->first; e != NULL; e = e->next) {
		if (strcmp(e->row->cmd.words, "ip sla") != 0 ||
			((const struct number_args *)e->args)->number.v != number)
			continue;
		for (const struct conf_node *line = e->first; line != NULL; line = line->next)
			if (kind_of(line) >= 0)
				return true;
		return !with_type ||
		       err_set(err, ERR_REFUSED, "Entry %u has no type of operation yet", number);
	}
	err_set(err, ERR_REFUSED, "Entry %u is not configured", number);
	err_hint(err, "'ip sla %u' first", number);
	return false;
}

/* ---- ip sla schedule N ---- */

struct schedule_args {
	struct kw_int number;
	struct kw_str life;
	struct kw_flag start;
	struct kw_flag now, pending;
	struct kw_str after, time;
	struct kw_flag recurring;
};

static const struct kw start_kw[] = {
	{ .word = "after",
		.help = "Start after a time (hh:mm:ss)",
		.type = &kw_word,
		KW_AT(struct schedule_args, after),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.param = "HH:MM:SS" },
	{ .word = "now",
		.help = "Start now",
		KW_AT(struct schedule_args, now),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "pending",
		.help = "Start when it is triggered",
		KW_AT(struct schedule_args, pending),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .help = "Start at a time (hh:mm[:ss])",
		.type = &kw_word,
		KW_AT(struct schedule_args, time),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.param = "HH:MM[:SS]" },
	KW_END,
};

static const struct kw schedule_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct schedule_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	{ .word = "life",
		.help = "Length of time to execute in seconds, or forever",
		.type = &kw_word,
		KW_AT(struct schedule_args, life),
		.param = "<0-2147483647>|forever" },
	{ .word = "start-time",
		.help = "When to start this entry",
		KW_AT(struct schedule_args, start),
		.sub = start_kw },
	{ .word = "recurring",
		.help = "Start every day at that time",
		KW_AT(struct schedule_args, recurring) },
	KW_END,
};

static bool
parse_time(const char *s, int *h, int *m, int *sec)
{
	int n = 0;

	*sec = 0;
	if (sscanf(s, "%2d:%2d:%2d%n", h, m, sec, &n) != 3) {
		*sec = 0;
		if (sscanf(s, "%2d:%2d%n", h, m, &n) != 2)
			return false;
	}
	return s[n] == '\0' && *h >= 0 && *h < 24 && *m >= 0 && *m < 60 && *sec >= 0 && *sec < 60;
}

static bool
schedule_adopt(struct engine *e, void *args, struct err *err)
{
	const struct schedule_args *a = args;
	int h, m, s;

	if (a->life.set && strcasecmp(a->life.s, "forever") != 0 &&
		(strspn(a->life.s, "0123456789") != strlen(a->life.s) || strlen(a->life.s) > 10))
		return err_set(err, ERR_RANGE, "'life' takes seconds, or forever");
	if ((a->after.set && !parse_time(a->after.s, &h, &m, &s)) ||
		(a->time.set && !parse_time(a->time.s, &h, &m, &s)))
		return err_set(
			err, ERR_RANGE, "'start-time' takes now, pending, after HH:MM:SS or HH:MM[:SS]");
	if (a->recurring.set && !a->time.set)
		return err_set(err, ERR_REFUSED, "'recurring' needs a 'start-time' of the day");
	return true;
}

static void
take_schedule(struct sla_schedule *s, const struct schedule_args *a)
{
	int h = 0, m = 0, sec = 0;

	memset(s, 0, sizeof *s);
	s->is_set = true;
	s->start = a->now.set ? SLA_NOW : a->after.set ? SLA_AFTER : a->time.set ? SLA_AT : SLA_PENDING;
	if (a->after.set && parse_time(a->after.s, &h, &m, &sec))
		s->after = ((h * 60 + m) * 60 + sec) * USEC_PER_SEC;
	if (a->time.set)
		parse_time(a->time.s, &s->hour, &s->minute, &s->second);
	s->life = !a->life.set                            ? 3600 * USEC_PER_SEC
		  : strcasecmp(a->life.s, "forever") == 0 ? 0
							  : strtoll(a->life.s, NULL, 10) * USEC_PER_SEC;
	s->recurring = a->recurring.set;
}

static bool
schedule_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	return sla_entry_is_there(n, (uint32_t)((const struct schedule_args *)n->args)->number.v, true, err);
}

static bool
schedule_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct schedule_args *a = (new != NULL ? new : old)->args;
	struct operation *o = slas_get(e->sla_world, (uint32_t)a->number.v);

	memset(&o->schedule, 0, sizeof o->schedule);
	if (new != NULL)
		take_schedule(&o->schedule, new->args);
	operation_rescheduled(o);
	slas_tidy(e->sla_world, o);
	return true;
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

static const struct conf_mode sla_mode = { .name = mode, .parent = "config" };

#define BELOW(words_, help_, kw_, order_, ...)             \
	{                                                  \
		.cmd = { .words = words_,                  \
			.help = help_,                     \
			.kw = kw_,                         \
			.size = sizeof(struct line_args),  \
			.level = 15 },                     \
		.mode = mode, .order = order_, __VA_ARGS__ \
	}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip sla",
		  .help = "IP Service Level Agreement",
		  .kw = number_kw,
		  .size = sizeof(struct number_args),
		  .level = 15 },
		.mode = "config",
		.enters = mode,
		.order = ORDER_SLA,
		.check = sla_check,
		.apply = sla_apply },
	BELOW("dns", "DNS Query Operation", dns_kw, 1, .place = kind_place),
	BELOW("http get", "HTTP get operation", http_kw, 1, .place = kind_place, .adopt = url_adopt),
	BELOW("http secure get", "HTTPS get operation", http_kw, 1, .place = kind_place, .adopt = url_adopt),
	BELOW("icmp-echo", "ICMP Echo Operation", icmp_kw, 1, .place = kind_place),
	BELOW("tcp-connect", "TCP Connect Operation", service_kw, 1, .place = kind_place,
		.adopt = service_adopt),
	BELOW("udp-echo", "UDP Echo Operation", service_kw, 1, .place = kind_place, .adopt = service_adopt),
	BELOW("data-pattern", "Data pattern", pattern_kw, 2, .adopt = pattern_adopt),
	BELOW("frequency", "Frequency of an operation", frequency_kw, 9),
	BELOW("owner", "Owner of entry", text_kw, 3),
	BELOW("request-data-size", "Request data size", size_kw, 4),
	BELOW("tag", "User defined tag", text_kw, 5),
	BELOW("threshold", "Operation threshold in milliseconds", threshold_kw, 7),
	BELOW("timeout", "Timeout of an operation", timeout_kw, 8),
	BELOW("tos", "Type of service", tos_kw, 6),
	BELOW("verify-data", "Verify data", NULL, 6),
	BELOW("vrf", "VRF of the operation", vrf_kw, 6),
	{ .cmd = { .words = "ip sla schedule",
		  .help = "IP SLAs entry scheduling",
		  .kw = schedule_kw,
		  .size = sizeof(struct schedule_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_SLA + 1,
		.adopt = schedule_adopt,
		.check = schedule_check,
		.apply = schedule_apply },
	{ .cmd = { .words = "ip sla logging traps", .help = "Syslog messages about thresholds", .level = 15 },
		.mode = "config",
		.order = ORDER_SLA + 4,
		.apply = logging_apply },
	{ .cmd = { .words = "ip sla enable reaction-alerts", .help = "Events about thresholds", .level = 15 },
		.mode = "config",
		.order = ORDER_SLA + 4,
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
	conf_hints(conf, mode, sla_type_hint);
	conf_hints(conf, "config", sla_global_hint);
	conf_word(conf, mode, "http", "HTTP Operation");
	conf_word(conf, mode, "http secure", "HTTPS Operation");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}
