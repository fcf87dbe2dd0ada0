/* Reads and prints values of packet filters. */
#include "acl/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"

/* ---- texts ---- */

static void
print_str(const struct kw *row, const void *src, struct text *out)
{
	text_add(out, ((const struct kw_str *)src)->s);
}

static bool
equal_str(const void *a, const void *b)
{
	return strcmp(((const struct kw_str *)a)->s, ((const struct kw_str *)b)->s) == 0;
}

static bool
store_str(const void *ctx, void *dst, const char *s)
{
	*(struct kw_str *)dst = (struct kw_str){ .set = true, .s = mem_strdup(ctx, s) };
	return true;
}

/* "192.0.2.0/24": the address must have no bits behind its length, or libpcap refuses it. */
static bool
parse_prefix(int family, const char *what, const void *ctx, const struct kw_token *token, void *dst,
	struct err *err)
{
	unsigned char address[16];
	char text[64], *end;
	const char *slash = strchr(token->text, '/');
	unsigned long bits, all = family == AF_INET ? 32 : 128;

	if (slash == NULL || (size_t)(slash - token->text) >= sizeof text)
		return err_set(err, ERR_RANGE, "%s", what);
	snprintf(text, sizeof text, "%.*s", (int)(slash - token->text), token->text);
	bits = strtoul(slash + 1, &end, 10);
	if (inet_pton(family, text, address) != 1 || slash[1] < '0' || slash[1] > '9' || *end != '\0' ||
		bits > all)
		return err_set(err, ERR_RANGE, "%s", what);
	for (unsigned long bit = bits; bit < all; bit++)
		address[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	inet_ntop(family, address, text, sizeof text - 5);
	snprintf(text + strlen(text), 5, "/%lu", bits);
	return store_str(ctx, dst, text);
}

static bool
parse_prefix4(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_prefix(AF_INET, "an IPv4 prefix such as 192.0.2.0/24", ctx, t, dst, err);
}

static bool
parse_prefix6(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_prefix(AF_INET6, "an IPv6 prefix such as 2001:db8::/32", ctx, t, dst, err);
}

static bool
parse_host(
	int family, const char *what, const void *ctx, const struct kw_token *t, void *dst, struct err *err)
{
	unsigned char address[16];

	if (inet_pton(family, t->text, address) != 1)
		return err_set(err, ERR_RANGE, "%s", what);
	return store_str(ctx, dst, t->text);
}

static bool
parse_host4(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_host(AF_INET, "an IPv4 address", ctx, t, dst, err);
}

static bool
parse_host6(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_host(AF_INET6, "an IPv6 address", ctx, t, dst, err);
}

static bool
parse_mac(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	unsigned a, b, c;
	int n = 0;
	char text[16];

	if (sscanf(t->text, "%4x.%4x.%4x%n", &a, &b, &c, &n) != 3 || t->text[n] != '\0' ||
		strspn(t->text, "0123456789abcdefABCDEF.") != strlen(t->text))
		return err_set(err, ERR_RANGE, "a MAC address such as 0011.2233.4455");
	snprintf(text, sizeof text, "%04x.%04x.%04x", a, b, c);
	return store_str(ctx, dst, text);
}

static void
sample_prefix4(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "10.%d.0.0/%d", (int)rng_below(rng, 256), 16 + (int)rng_below(rng, 17));
}
static void
sample_prefix6(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "2001:db8:%x::/%d", (unsigned)rng_below(rng, 65536), 48 + (int)rng_below(rng, 81));
}
static void
sample_host4(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "192.0.2.%d", (int)rng_below(rng, 256));
}
static void
sample_host6(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "2001:db8::%x", 1 + (unsigned)rng_below(rng, 65535));
}
static void
sample_mac(const struct kw *row, struct rng *rng, struct text *out)
{
	for (int i = 0; i < 3; i++)
		text_printf(out, "%s%04x", i > 0 ? "." : "", (unsigned)rng_below(rng, 65536));
}

#define STRING_TYPE(type_, param_, parse_, sample_)       \
	const struct kw_type type_ = { .param = (param_), \
		.name = (param_),                         \
		.size = sizeof(struct kw_str),            \
		.parse = (parse_),                        \
		.print = print_str,                       \
		.equal = equal_str,                       \
		.sample = (sample_) }

STRING_TYPE(kw_prefix4, "A.B.C.D/nn", parse_prefix4, sample_prefix4);
STRING_TYPE(kw_prefix6, "X:X:X:X::X/<0-128>", parse_prefix6, sample_prefix6);
STRING_TYPE(kw_host4, "A.B.C.D", parse_host4, sample_host4);
STRING_TYPE(kw_host6, "X:X:X:X::X", parse_host6, sample_host6);
STRING_TYPE(kw_mac, "H.H.H", parse_mac, sample_mac);

/* ---- numbers with names ---- */

struct name {
	const char *name; /* the first one of a number is printed */
	int number;
};

static const struct name protocols[] = { { "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 },
	{ "ospf", 89 }, { "gre", 47 }, { "esp", 50 }, { "ahp", 51 }, { "igmp", 2 }, { "ipinip", 4 },
	{ "pim", 103 }, { "eigrp", 88 }, { "nos", 94 }, { "pcp", 108 }, { "sctp", 132 }, { NULL, 0 } };
static const struct name any4[] = { { "ip", PROTOCOL_ANY }, { NULL, 0 } };
static const struct name any6[] = { { "ipv6", PROTOCOL_ANY }, { NULL, 0 } };

/*
 * As IOS names them, the first name of a number is printed. The names of one number differ between TCP and UDP there
 * (514 is cmd and syslog): both are taken.
 */
static const struct name ports[] = { { "echo", 7 }, { "discard", 9 }, { "daytime", 13 }, { "chargen", 19 },
	{ "ftp-data", 20 }, { "ftp", 21 }, { "telnet", 23 }, { "smtp", 25 }, { "time", 37 },
	{ "nameserver", 42 }, { "whois", 43 }, { "tacacs", 49 }, { "domain", 53 }, { "bootps", 67 },
	{ "bootpc", 68 }, { "tftp", 69 }, { "gopher", 70 }, { "finger", 79 }, { "www", 80 },
	{ "hostname", 101 }, { "pop2", 109 }, { "pop3", 110 }, { "sunrpc", 111 }, { "ident", 113 },
	{ "nntp", 119 }, { "ntp", 123 }, { "msrpc", 135 }, { "netbios-ns", 137 }, { "netbios-dgm", 138 },
	{ "netbios-ss", 139 }, { "snmp", 161 }, { "snmptrap", 162 }, { "xdmcp", 177 }, { "bgp", 179 },
	{ "irc", 194 }, { "dnsix", 195 }, { "mobile-ip", 434 }, { "pim-auto-rp", 496 }, { "isakmp", 500 },
	{ "exec", 512 }, { "biff", 512 }, { "login", 513 }, { "who", 513 }, { "syslog", 514 }, { "cmd", 514 },
	{ "lpd", 515 }, { "talk", 517 }, { "rip", 520 }, { "uucp", 540 }, { "klogin", 543 },
	{ "kshell", 544 }, { "non500-isakmp", 4500 }, { NULL, 0 } };

static const struct name code_points[] = { { "default", 0 }, { "cs1", 8 }, { "af11", 10 }, { "af12", 12 },
	{ "af13", 14 }, { "cs2", 16 }, { "af21", 18 }, { "af22", 20 }, { "af23", 22 }, { "cs3", 24 },
	{ "af31", 26 }, { "af32", 28 }, { "af33", 30 }, { "cs4", 32 }, { "af41", 34 }, { "af42", 36 },
	{ "af43", 38 }, { "cs5", 40 }, { "ef", 46 }, { "cs6", 48 }, { "cs7", 56 }, { NULL, 0 } };

static const struct name precedences[] = { { "routine", 0 }, { "priority", 1 }, { "immediate", 2 },
	{ "flash", 3 }, { "flash-override", 4 }, { "critical", 5 }, { "internet", 6 }, { "network", 7 },
	{ NULL, 0 } };

static bool
name_read(const struct name *names, const char *s, int *number)
{
	for (; names->name != NULL; names++)
		if (strcasecmp(names->name, s) == 0) {
			*number = names->number;
			return true;
		}
	return false;
}

static bool
number_read(const struct name *names, const char *s, int max, int *number)
{
	char *end;
	long v;

	if (name_read(names, s, number))
		return true;
	if (!isdigit((unsigned char)*s))
		return false;
	v = strtol(s, &end, 10);
	*number = (int)v;
	return *end == '\0' && v <= max;
}

static void
number_print(const struct name *names, int64_t number, struct text *out)
{
	for (; names->name != NULL; names++)
		if (names->number == number) {
			text_add(out, names->name);
			return;
		}
	text_printf(out, "%" PRId64, number);
}

static bool
equal_int(const void *a, const void *b)
{
	return ((const struct kw_int *)a)->v == ((const struct kw_int *)b)->v;
}

static bool
parse_int(const struct name *names, int max, const char *what, const struct kw_token *t, void *dst,
	struct err *err)
{
	int number;

	if (!number_read(names, t->text, max, &number))
		return err_set(err, ERR_RANGE, "%s", what);
	*(struct kw_int *)dst = (struct kw_int){ true, number };
	return true;
}

/* The same, kept as the text that is printed. */
static bool
parse_text(const struct name *names, int max, const char *what, const void *ctx, const struct kw_token *t,
	void *dst, struct err *err)
{
	struct text text;
	int number;
	bool ok;

	if (!number_read(names, t->text, max, &number))
		return err_set(err, ERR_RANGE, "%s", what);
	text_init(&text, NULL);
	number_print(names, number, &text);
	ok = store_str(ctx, dst, text.s);
	mem_free(text.s);
	return ok;
}

#define PROTOCOL_WHAT "a protocol's name, such as tcp or udp, or a number from 0 to 255"
#define PORT_WHAT     "a port's name, such as smtp or www, or a number from 0 to 65535"
#define DSCP_WHAT     "a code point's name, such as ef or af11, or a number from 0 to 63"

static bool
parse_protocol(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_int(protocols, 255, PROTOCOL_WHAT, t, dst, err);
}

static bool
parse_any(const struct name *any, const struct kw_token *t, void *dst, struct err *err)
{
	struct err unwanted = ERR_INIT;

	return parse_int(any, -1, "", t, dst, &unwanted) ||
	       parse_int(protocols, 255, PROTOCOL_WHAT, t, dst, err);
}

static bool
parse_any4(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_any(any4, t, dst, err);
}

static bool
parse_any6(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_any(any6, t, dst, err);
}

void
protocol_print(const struct kw *row, const void *src, struct text *out)
{
	number_print(protocols, ((const struct kw_int *)src)->v, out);
}

static void
print_any4(const struct kw *row, const void *src, struct text *out)
{
	int64_t v = ((const struct kw_int *)src)->v;

	number_print(v == PROTOCOL_ANY ? any4 : protocols, v, out);
}

static void
print_any6(const struct kw *row, const void *src, struct text *out)
{
	int64_t v = ((const struct kw_int *)src)->v;

	number_print(v == PROTOCOL_ANY ? any6 : protocols, v, out);
}

static bool
parse_port(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_int(ports, 65535, PORT_WHAT, t, dst, err);
}

static bool
parse_ports(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_text(ports, 65535, PORT_WHAT, ctx, t, dst, err);
}

static void
print_port(const struct kw *row, const void *src, struct text *out)
{
	number_print(ports, ((const struct kw_int *)src)->v, out);
}

static bool
parse_dscp(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_int(code_points, 63, DSCP_WHAT, t, dst, err);
}

static bool
parse_dscps(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_text(code_points, 63, DSCP_WHAT, ctx, t, dst, err);
}

static void
print_dscp(const struct kw *row, const void *src, struct text *out)
{
	number_print(code_points, ((const struct kw_int *)src)->v, out);
}

static bool
parse_precedence(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_int(
		precedences, 7, "a precedence's name, such as routine, or a number from 0 to 7", t, dst, err);
}

static bool
parse_precedences(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	return parse_text(precedences, 7, "a precedence's name, such as routine, or a number from 0 to 7",
		ctx, t, dst, err);
}

static void
print_precedence(const struct kw *row, const void *src, struct text *out)
{
	number_print(precedences, ((const struct kw_int *)src)->v, out);
}

static void
sample_of(const struct name *names, struct rng *rng, struct text *out)
{
	size_t n = 0;

	while (names[n].name != NULL)
		n++;
	text_add(out, names[rng_below(rng, (unsigned)n)].name);
}

static void
sample_protocol(const struct kw *row, struct rng *rng, struct text *out)
{
	sample_of(protocols, rng, out);
}
static void
sample_port(const struct kw *row, struct rng *rng, struct text *out)
{
	sample_of(ports, rng, out);
}
static void
sample_dscp(const struct kw *row, struct rng *rng, struct text *out)
{
	sample_of(code_points, rng, out);
}
static void
sample_precedence(const struct kw *row, struct rng *rng, struct text *out)
{
	sample_of(precedences, rng, out);
}

#define NUMBER_TYPE(type_, name_, param_, parse_, print_, sample_) \
	const struct kw_type type_ = { .param = (param_),          \
		.name = (name_),                                   \
		.size = sizeof(struct kw_int),                     \
		.parse = (parse_),                                 \
		.print = (print_),                                 \
		.equal = equal_int,                                \
		.sample = (sample_) }

NUMBER_TYPE(kw_protocol, "protocol", "tcp|udp|<0-255>", parse_protocol, protocol_print, sample_protocol);
NUMBER_TYPE(
	kw_protocol_or_any4, "protocol", "ip|tcp|udp|icmp|<0-255>", parse_any4, print_any4, sample_protocol);
NUMBER_TYPE(kw_protocol_or_any6, "protocol", "ipv6|tcp|udp|icmp|<0-255>", parse_any6, print_any6,
	sample_protocol);
NUMBER_TYPE(kw_port, "port", "smtp|www|<0-65535>", parse_port, print_port, sample_port);
NUMBER_TYPE(kw_dscp, "dscp", "ef|af11|<0-63>", parse_dscp, print_dscp, sample_dscp);
NUMBER_TYPE(
	kw_precedence, "precedence", "routine|<0-7>", parse_precedence, print_precedence, sample_precedence);
STRING_TYPE(kw_ports, "smtp|www|<0-65535>", parse_ports, sample_port);
STRING_TYPE(kw_dscps, "ef|af11|<0-63>", parse_dscps, sample_dscp);
STRING_TYPE(kw_precedences, "routine|<0-7>", parse_precedences, sample_precedence);

int
port_number(const char *s)
{
	int number = 0;

	number_read(ports, s, 65535, &number);
	return number;
}

int
dscp_number(const char *s)
{
	int number = 0;

	number_read(code_points, s, 63, &number);
	return number;
}

int
precedence_number(const char *s)
{
	int number = 0;

	number_read(precedences, s, 7, &number);
	return number;
}
