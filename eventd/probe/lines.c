/* The lines below `ip sla N`: their grammar, and which kind of operation has a use for which. */
#include "probe/lines.h"

#include <string.h>
#include <strings.h>

#include "core/engine.h"
#include "core/mem.h"
#include "core/rng.h"
#include "probe/voice.h"
#include "store/secret.h"

const char sla_mode_name[] = "config-ip-sla";

#define SOURCE_IP                                                              \
	{                                                                      \
		.word = "source-ip", .help = "Source address", .type = &kw_ip, \
		KW_AT(struct line_args, source_ip), .group = 1                 \
	}
#define SOURCES                                                  \
	{ .word = "source-interface",                            \
		.help = "Interface whose address is the source", \
		.type = &kw_ifname,                              \
		KW_AT(struct line_args, source_interface),       \
		.group = 1 },                                    \
		SOURCE_IP
#define SOURCE_PORT                                                               \
	{                                                                         \
		.word = "source-port", .help = "Source port", .type = &kw_number, \
		KW_AT(struct line_args, source_port), .min = 1, .max = 65535      \
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

static const struct kw_alternative able_words[] = {
	{ "disable", "Disable", 0, false },
	{ "enable", "Enable", 1, false },
	{ NULL, NULL, 0, false },
};
/* The control protocol asks a responder for the port; echo and TCP services of others need none. */
#define CONTROL                                                                                         \
	{                                                                                               \
		.word = "control", .help = "Ask the responder for the port before", .type = &kw_choice, \
		KW_AT(struct line_args, control), .choices = able_words, .dflt = 1, .has_dflt = true    \
	}
#define PACKETS                                                                                     \
	{ .word = "num-packets",                                                                    \
		.help = "Packets of a run",                                                         \
		.type = &kw_number,                                                                 \
		KW_AT(struct line_args, packets),                                                   \
		.min = 1,                                                                           \
		.max = PROBE_PACKETS_MAX },                                                         \
	{                                                                                           \
		.word = "interval", .help = "Milliseconds between two packets", .type = &kw_number, \
		KW_AT(struct line_args, interval), .min = 4, .max = 60000                           \
	}

static const struct kw icmp_kw[] = { DESTINATION, SOURCES, KW_END };
static const struct kw icmp_jitter_kw[] = { DESTINATION, PACKETS, SOURCE_IP, KW_END };
static const struct kw service_kw[] = { DESTINATION, PORT, SOURCES, SOURCE_PORT, CONTROL, KW_END };

static const struct kw_alternative codecs[] = {
	{ "g711alaw", "G.711 A law, 64 kbit/s", CODEC_G711ALAW, false },
	{ "g711ulaw", "G.711 mu law, 64 kbit/s", CODEC_G711ULAW, false },
	{ "g729a", "G.729A, 8 kbit/s", CODEC_G729A, false },
	{ NULL, NULL, 0, false },
};

static const struct kw codec_kw[] = {
	{ .word = "codec-numpackets",
		.help = "Packets of a run",
		.type = &kw_number,
		KW_AT(struct line_args, codec_packets),
		.min = 1,
		.max = PROBE_PACKETS_MAX },
	{ .word = "codec-interval",
		.help = "Milliseconds between two packets",
		.type = &kw_number,
		KW_AT(struct line_args, codec_interval),
		.min = 4,
		.max = 60000 },
	{ .word = "codec-size",
		.help = "Octets of a packet",
		.type = &kw_number,
		KW_AT(struct line_args, codec_size),
		.min = 16,
		.max = 1500 },
	{ .word = "advantage-factor",
		.help = "What callers put up with for the advantage of access",
		.type = &kw_number,
		KW_AT(struct line_args, advantage),
		.max = 20 },
	KW_END,
};

static const struct kw udp_jitter_kw[] = {
	DESTINATION,
	PORT,
	{ .word = "codec",
		.help = "Packets of a telephone call, and its scores",
		.type = &kw_choice,
		KW_AT(struct line_args, codec),
		.choices = codecs,
		.sub = codec_kw },
	PACKETS,
	SOURCES,
	SOURCE_PORT,
	CONTROL,
	KW_END,
};

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
		.flags = KW_REQ },
	{ .word = "port",
		.help = "Port of the name server",
		.type = &kw_number,
		KW_AT(struct line_args, port),
		.min = 1,
		.max = 65535 },
	SOURCES,
	SOURCE_PORT,
	KW_END,
};

static const struct kw_alternative versions[] = {
	{ "1.0", "HTTP/1.0", 10, false },
	{ "1.1", "HTTP/1.1", 11, false },
	{ NULL, NULL, 0, false },
};

static bool
is_http_url(const char *s)
{
	size_t scheme = strncasecmp(s, "https://", 8) == 0 ? 8 : strncasecmp(s, "http://", 7) == 0 ? 7 : 0;

	return scheme > 0 && strcspn(s + scheme, "/?#") > 0;
}

static bool
url_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (!is_http_url(t->text))
		return err_set(err, ERR_INVALID,
			"a URL begins with http:// or https://, as http://192.0.2.1/status");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
url_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "http://192.0.2.1/", "HTTPS://www.example.net/a",
		"http://[2001:db8::1]:8080" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

static const struct kw_type url_type = {
	.param = "URL",
	.name = "URL",
	.size = sizeof(struct kw_str),
	.parse = url_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = url_sample,
};

static const struct kw http_kw[] = {
	{ .help = "URL, http:// or https://",
		.type = &url_type,
		KW_AT(struct line_args, target),
		.flags = KW_REQ | KW_SECRET,
		.param = "URL" },
	{ .word = "name-server",
		.help = "Name server that is asked for the URL's host",
		.type = &kw_ip,
		KW_AT(struct line_args, server) },
	{ .word = "version",
		.help = "HTTP version",
		.type = &kw_choice,
		KW_AT(struct line_args, choice),
		.choices = versions },
	SOURCES,
	SOURCE_PORT,
	{ .word = "cache",
		.help = "May a cache answer?",
		.type = &kw_choice,
		KW_AT(struct line_args, cache),
		.choices = able_words,
		.dflt = 1,
		.has_dflt = true },
	{ .word = "proxy",
		.help = "Proxy server",
		.type = &kw_word,
		KW_AT(struct line_args, proxy),
		.flags = KW_SECRET,
		.param = "URL" },
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
NUMBER(timeout_kw, "Milliseconds", 0, 604800000);
NUMBER(threshold_kw, "Milliseconds", 0, 60000);
NUMBER(tos_kw, "Type of service", 0, 255);
NUMBER(class_kw, "Traffic class", 0, 255);
NUMBER(size_kw, "Octets", 0, 17512);
NUMBER(retry_kw, "Control messages that are repeated", 1, 5);
NUMBER(control_timeout_kw, "Seconds to wait for an answer", 1, 10000);
NUMBER(buckets_kw, "Buckets", 1, 60);
NUMBER(distributions_kw, "Distributions", 1, 20);
NUMBER(hours_kw, "Hours", 0, 25);
NUMBER(lives_kw, "Lives", 0, 2);
NUMBER(distribution_kw, "Milliseconds", 1, 100);

static const struct kw enhanced_kw[] = {
	{ .word = "interval",
		.help = "Seconds that a bucket covers",
		.type = &kw_number,
		KW_AT(struct line_args, n),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 3600 },
	{ .word = "buckets",
		.help = "Buckets that are kept",
		.type = &kw_number,
		KW_AT(struct line_args, buckets),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 100 },
	KW_END,
};

static const struct kw_alternative filters[] = {
	{ "all", "Keep every run", SLA_FILTER_ALL, false },
	{ "failures", "Keep runs that failed", SLA_FILTER_FAILURES, false },
	{ "none", "Keep none", SLA_FILTER_NONE, false },
	{ "overThreshold", "Keep runs over the threshold", SLA_FILTER_OVER_THRESHOLD, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative precisions[] = {
	{ "microseconds", "Time stamps of NTP", 1, false },
	{ "milliseconds", "Milliseconds of the day", 0, false },
	{ NULL, NULL, 0, false },
};

#define CHOICE(name_, help_, choices_)                   \
	static const struct kw name_[] = {               \
		{ .help = help_,                         \
			.type = &kw_choice,              \
			KW_AT(struct line_args, choice), \
			.flags = KW_REQ,                 \
			.choices = choices_ },           \
		KW_END,                                  \
	}

CHOICE(filter_kw, "Which runs are kept", filters);
CHOICE(precision_kw, "Precision of time stamps", precisions);

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

/* ---- values ---- */

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
tag_adopt(struct engine *e, void *args, struct err *err)
{
	return strlen(((struct line_args *)args)->text.s) <= 16 ||
	       err_set(err, ERR_RANGE, "a tag has at most 16 characters");
}

static bool
owner_adopt(struct engine *e, void *args, struct err *err)
{
	return strlen(((struct line_args *)args)->text.s) <= 255 ||
	       err_set(err, ERR_RANGE, "an owner has at most 255 characters");
}

/* A password in it is kept encrypted (rulings 43). */
static bool
url_adopt(struct engine *e, void *args, struct err *err)
{
	struct line_args *a = args;

	if (e->secrets == NULL)
		return true;
	a->target.s = secret_seal(e->secrets, args, a->target.s);
	if (a->proxy.set)
		a->proxy.s = secret_seal(e->secrets, args, a->proxy.s);
	return true;
}

static bool
udp_jitter_adopt(struct engine *e, void *args, struct err *err)
{
	const struct line_args *a = args;

	if (!a->codec.set || (!a->packets.set && !a->interval.set))
		return true;
	err_set(err, ERR_REFUSED, "A codec has its own number of packets and interval");
	err_hint(err, "'codec-numpackets' and 'codec-interval' change them");
	return false;
}

static bool
icmp_jitter_adopt(struct engine *e, void *args, struct err *err)
{
	return strchr(((struct line_args *)args)->target.s, ':') == NULL ||
	       err_set(err, ERR_REFUSED, "Time stamp requests are IPv4 only");
}

/* ---- kinds ---- */

/* ORDER: as `?` lists them. */
static const struct {
	const char *words;
	enum probe_kind kind;
} kinds[] = {
	{ "dns", PROBE_DNS },
	{ "http get", PROBE_HTTP },
	{ "http raw", PROBE_HTTP },
	{ "http secure get", PROBE_HTTP },
	{ "http secure raw", PROBE_HTTP },
	{ "icmp-echo", PROBE_ICMP_ECHO },
	{ "icmp-jitter", PROBE_ICMP_JITTER },
	{ "tcp-connect", PROBE_TCP_CONNECT },
	{ "udp-echo", PROBE_UDP_ECHO },
	{ "udp-jitter", PROBE_UDP_JITTER },
};

int
sla_kind_of(const struct conf_node *n)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].words, n->row->cmd.words) == 0)
			return (int)kinds[i].kind;
	return -1;
}

const struct conf_node *
sla_kind_line(const struct conf_node *entry)
{
	for (const struct conf_node *n = entry->first; n != NULL; n = n->next)
		if (sla_kind_of(n) >= 0)
			return n;
	return NULL;
}

const struct line_args *
sla_line(const struct conf_node *entry, const char *words)
{
	for (const struct conf_node *n = entry->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, words) == 0)
			return n->args;
	return NULL;
}

#define IS(kind_) (1u << (kind_))

/* Lines that only some kinds have a use for. */
static const struct {
	const char *words;
	unsigned kinds;
} uses[] = {
	{ "control retry", IS(PROBE_UDP_JITTER) },
	{ "control timeout", IS(PROBE_UDP_JITTER) },
	{ "data-pattern", IS(PROBE_ICMP_ECHO) | IS(PROBE_UDP_ECHO) | IS(PROBE_UDP_JITTER) },
	{ "precision", IS(PROBE_UDP_JITTER) },
	{ "request-data-size", IS(PROBE_ICMP_ECHO) | IS(PROBE_UDP_ECHO) | IS(PROBE_UDP_JITTER) },
	{ "http-raw-request", IS(PROBE_HTTP) },
	{ "traffic-class", ~IS(PROBE_ICMP_JITTER) },
	{ "verify-data", IS(PROBE_ICMP_ECHO) | IS(PROBE_UDP_ECHO) | IS(PROBE_UDP_JITTER) },
};

static bool
is_for(const char *words, int kind)
{
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (strcmp(uses[i].words, words) == 0)
			return (uses[i].kinds & IS((unsigned)kind)) != 0;
	return true;
}

static bool
size_fits(int kind, int64_t n, struct err *err)
{
	static const struct {
		int kind, min, max;
	} rows[] = { { PROBE_ICMP_ECHO, 0, 16384 }, { PROBE_UDP_ECHO, 4, 1500 },
		{ PROBE_UDP_JITTER, 16, 17512 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == kind && (n < rows[i].min || n > rows[i].max))
			return err_set(err, ERR_REFUSED, "The request data of %s have %d to %d octets",
				probe_kind_name((enum probe_kind)kind), rows[i].min, rows[i].max);
	return true;
}

bool
sla_line_fits(const struct conf_node *entry, const char *words, const struct line_args *a, struct err *err)
{
	const struct conf_node *line = sla_kind_line(entry);
	int kind = line == NULL ? -1 : sla_kind_of(line);

	if (kind < 0)
		return true;
	if (!is_for(words, kind))
		return err_set(err, ERR_REFUSED, "'%s' is not for operations of type %s", words,
			probe_kind_name((enum probe_kind)kind));
	if (strcmp(words, sla_request_words) == 0)
		return sla_request_fits(line, a, err);
	return strcmp(words, "request-data-size") != 0 || size_fits(kind, a->n.v, err);
}

static bool
begins_with_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	return strncmp(words, word, n) == 0 && (words[n] == ' ' || words[n] == '\0');
}

bool
sla_offers(const struct conf_node *entry, const char *word)
{
	const struct conf_node *type = sla_kind_line(entry);
	bool is_type = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		is_type = is_type || begins_with_word(kinds[i].words, word);
	if (type == NULL || is_type)
		return type == NULL && is_type;
	if (strcmp(word, sla_request_words) == 0)
		return strstr(type->row->cmd.words, " raw") != NULL;
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (begins_with_word(uses[i].words, word))
			return (uses[i].kinds & IS((unsigned)sla_kind_of(type))) != 0;
	return true;
}

/* An operation has one type. */
static bool
kind_place(struct engine *e, const struct conf_node *parent, const void *args, struct err *err)
{
	const struct conf_node *n = sla_kind_line(parent);

	if (n == NULL || n->args == args)
		return true;
	err_set(err, ERR_REFUSED, "The type of the operation is set already: %s", n->row->cmd.words);
	err_hint(err, "'no ip sla %u' first", (unsigned)((const struct number_args *)parent->args)->number.v);
	return false;
}

/* ---- rows ---- */

#define BELOW(words_, help_, kw_, order_, ...)                      \
	{                                                           \
		.cmd = { .words = words_,                           \
			.help = help_,                              \
			.kw = kw_,                                  \
			.size = sizeof(struct line_args),           \
			.level = 15 },                              \
		.mode = sla_mode_name, .order = order_, __VA_ARGS__ \
	}

static const struct conf_row rows[] = {
	BELOW("dns", "DNS Query Operation", dns_kw, 1, .place = kind_place),
	BELOW("http get", "HTTP get operation", http_kw, 1, .place = kind_place, .adopt = url_adopt),
	BELOW("http raw", "HTTP operation with a request of your own", http_kw, 1, .place = kind_place,
		.adopt = url_adopt),
	BELOW("http secure get", "HTTPS get operation", http_kw, 1, .place = kind_place, .adopt = url_adopt),
	BELOW("http secure raw", "HTTPS operation with a request of your own", http_kw, 1,
		.place = kind_place, .adopt = url_adopt),
	BELOW("icmp-echo", "ICMP Echo Operation", icmp_kw, 1, .place = kind_place),
	BELOW("icmp-jitter", "ICMP Jitter Operation", icmp_jitter_kw, 1, .place = kind_place,
		.adopt = icmp_jitter_adopt),
	BELOW("tcp-connect", "TCP Connect Operation", service_kw, 1, .place = kind_place),
	BELOW("udp-echo", "UDP Echo Operation", service_kw, 1, .place = kind_place),
	BELOW("udp-jitter", "UDP Jitter Operation", udp_jitter_kw, 1, .place = kind_place,
		.adopt = udp_jitter_adopt),
	BELOW("control retry", "Control messages that are repeated", retry_kw, 2),
	BELOW("control timeout", "Seconds to wait for a control message", control_timeout_kw, 2),
	BELOW("data-pattern", "Data pattern", pattern_kw, 2, .adopt = pattern_adopt),
	BELOW("frequency", "Frequency of an operation", frequency_kw, 9),
	BELOW("history buckets-kept", "Runs that are kept of a life", buckets_kw, 10),
	BELOW("history distributions-of-statistics-kept", "Distributions of an hour", distributions_kw, 10),
	BELOW("history enhanced", "Buckets of statistics", enhanced_kw, 10),
	BELOW("history filter", "Which runs are kept", filter_kw, 10),
	BELOW("history hours-of-statistics-kept", "Hours whose statistics are kept", hours_kw, 10),
	BELOW("history lives-kept", "Lives whose runs are kept", lives_kw, 10),
	BELOW("history statistics-distribution-interval", "Width of a distribution", distribution_kw, 10),
	BELOW("owner", "Owner of entry", text_kw, 3, .adopt = owner_adopt),
	BELOW("precision", "Precision of time stamps", precision_kw, 4),
	BELOW("request-data-size", "Request data size", size_kw, 4),
	BELOW("tag", "User defined tag", text_kw, 5, .adopt = tag_adopt),
	BELOW("threshold", "Operation threshold in milliseconds", threshold_kw, 7),
	BELOW("timeout", "Timeout of an operation", timeout_kw, 8),
	BELOW("tos", "Type of service", tos_kw, 6),
	BELOW("traffic-class", "Traffic class of IPv6", class_kw, 6),
	BELOW("verify-data", "Verify data", NULL, 6),
	BELOW("vrf", "VRF of the operation", vrf_kw, 6),
};

void
sla_line_rows(struct conf *conf)
{
	conf_word(conf, sla_mode_name, "control", "Control messages to the responder");
	conf_word(conf, sla_mode_name, "history", "What is kept of the runs");
	conf_word(conf, sla_mode_name, "http", "HTTP Operation");
	conf_word(conf, sla_mode_name, "http secure", "HTTPS Operation");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	sla_request_rows(conf);
}
