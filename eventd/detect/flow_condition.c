/* Conditions on flows. */
#include "detect/flow_condition.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/glob.h"
#include "detect/threshold.h"

enum field {
	APP_NAME,
	BYTES,
	DEST_ADDRESS,
	DEST_PORT,
	INPUT,
	OUTPUT,
	PACKETS,
	PROTOCOL,
	SOURCE_ADDRESS,
	SOURCE_PORT,
	TCP_FLAGS,
	TOS
};
enum { WILDCARD = COMPARE_NE + 1 };

const struct kw_alternative flow_fields[] = {
	{ "application-name", "Application, where the exporter tells it", APP_NAME, false },
	{ "bytes", "Bytes since the flow began", BYTES, false },
	{ "octets", "Bytes since the flow began", BYTES, true },
	{ "destination-address", "Destination address, or prefix", DEST_ADDRESS, false },
	{ "destination-port", "Destination port", DEST_PORT, false },
	{ "input-interface", "Number of the input interface", INPUT, false },
	{ "output-interface", "Number of the output interface", OUTPUT, false },
	{ "packets", "Packets since the flow began", PACKETS, false },
	{ "protocol", "IP protocol: a number, tcp, udp, icmp", PROTOCOL, false },
	{ "source-address", "Source address, or prefix", SOURCE_ADDRESS, false },
	{ "source-port", "Source port", SOURCE_PORT, false },
	{ "tcp-flags", "TCP flags that were seen", TCP_FLAGS, false },
	{ "tos", "Type of service", TOS, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative flow_ops[] = {
	{ "eq", "Equal to", COMPARE_EQ, false },
	{ "ge", "Greater than or equal to", COMPARE_GE, false },
	{ "gt", "Greater than", COMPARE_GT, false },
	{ "le", "Less than or equal to", COMPARE_LE, false },
	{ "lt", "Less than", COMPARE_LT, false },
	{ "wc", "Wildcard: * and ? in the value", WILDCARD, false },
	{ NULL, NULL, 0, false },
};

const char *
flow_field_name(int field)
{
	for (const struct kw_alternative *f = flow_fields; f->word != NULL; f++)
		if (f->value == field)
			return f->word;
	return "";
}

bool
flow_field_counts(int field)
{
	return field == BYTES || field == PACKETS;
}

uint64_t
flow_counter(const struct flow *f, int field)
{
	return field == PACKETS ? f->packets : f->bytes;
}

static bool
is_address(int field)
{
	return field == SOURCE_ADDRESS || field == DEST_ADDRESS;
}

static int64_t
number_of(const struct flow *f, int field)
{
	switch ((enum field)field) {
	case BYTES:
		return (int64_t)(f->bytes & INT64_MAX);
	case PACKETS:
		return (int64_t)(f->packets & INT64_MAX);
	case SOURCE_PORT:
		return f->key.source_port;
	case DEST_PORT:
		return f->key.dest_port;
	case INPUT:
		return f->input;
	case OUTPUT:
		return f->output;
	case PROTOCOL:
		return f->key.protocol;
	case TCP_FLAGS:
		return f->tcp_flags;
	case TOS:
		return f->tos;
	case APP_NAME:
	case SOURCE_ADDRESS:
	case DEST_ADDRESS:
		break;
	}
	return 0;
}

void
flow_value(const struct flow *f, int field, char out[FLOW_VALUE_MAX])
{
	if (field == APP_NAME)
		snprintf(out, FLOW_VALUE_MAX, "%s", f->app);
	else if (!is_address(field))
		snprintf(out, FLOW_VALUE_MAX, "%lld", (long long)number_of(f, field));
	else if (inet_ntop(f->key.family == 6 ? AF_INET6 : AF_INET,
			 field == DEST_ADDRESS ? f->key.dest : f->key.source, out, FLOW_VALUE_MAX) == NULL)
		out[0] = '\0';
}

/* ---- reading values ---- */

static bool
read_address(struct flow_condition *c, const char *value, struct err *err)
{
	char text[FLOW_VALUE_MAX], *slash, *end;
	unsigned most;

	snprintf(text, sizeof text, "%s", value);
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	c->family = strchr(text, ':') != NULL ? 6 : 4;
	most = c->family == 6 ? 128 : 32;
	c->bits = slash != NULL ? (unsigned)strtoul(slash, &end, 10) : most;
	if (inet_pton(c->family == 6 ? AF_INET6 : AF_INET, text, c->address) != 1 || c->bits > most ||
		(slash != NULL && (end == slash || *end != '\0')))
		return err_set(err, ERR_REFUSED, "'%s' of a flow is compared with an address or a prefix",
			flow_field_name(c->field));
	return c->op == COMPARE_EQ ||
	       err_set(err, ERR_REFUSED, "Addresses are compared with 'eq' or 'wc' only");
}

static bool
read_number(struct flow_condition *c, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		int number;
	} protocols[] = { { "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP }, { "gre", IPPROTO_GRE },
		{ "esp", IPPROTO_ESP } };
	char *end;

	for (size_t i = 0; c->field == PROTOCOL && i < sizeof protocols / sizeof *protocols; i++)
		if (strcasecmp(value, protocols[i].name) == 0) {
			c->number = protocols[i].number;
			return true;
		}
	c->number = strtoll(value, &end, 0);
	if (end == value || *end != '\0' || c->number < 0)
		return err_set(err, ERR_REFUSED, "'%s' of a flow is compared with a number",
			flow_field_name(c->field));
	return true;
}

bool
flow_condition_read(struct flow_condition *c, int field, int op, const char *value, struct err *err)
{
	memset(c, 0, sizeof *c);
	c->field = field;
	c->op = op;
	if (op == WILDCARD || field == APP_NAME) {
		if (strlen(value) >= sizeof c->pattern)
			return err_set(
				err, ERR_REFUSED, "A value has at most %d letters", FLOW_PATTERN_MAX - 1);
		strcpy(c->pattern, value);
		return op == WILDCARD || op == COMPARE_EQ ||
		       err_set(err, ERR_REFUSED, "Names are compared with 'eq' or 'wc' only");
	}
	return is_address(field) ? read_address(c, value, err) : read_number(c, value, err);
}

/* ---- comparing ---- */

static bool
is_within(const struct flow_condition *c, const struct flow *f)
{
	const uint8_t *have = c->field == DEST_ADDRESS ? f->key.dest : f->key.source;
	unsigned whole = c->bits / 8, rest = c->bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	return f->key.family == c->family && memcmp(have, c->address, whole) == 0 &&
	       (rest == 0 || ((have[whole] ^ c->address[whole]) & mask) == 0);
}

bool
flow_condition_number(const struct flow_condition *c, int64_t value)
{
	char text[FLOW_VALUE_MAX];

	if (c->op != WILDCARD)
		return compare_holds((enum compare)c->op, value, c->number);
	snprintf(text, sizeof text, "%lld", (long long)value);
	return glob_match(c->pattern, strlen(c->pattern), text, strlen(text), false);
}

bool
flow_condition_holds(const struct flow_condition *c, const struct flow *f)
{
	char text[FLOW_VALUE_MAX];

	if (c->op == WILDCARD) {
		flow_value(f, c->field, text);
		return glob_match(c->pattern, strlen(c->pattern), text, strlen(text), false);
	}
	if (c->field == APP_NAME)
		return strcmp(f->app, c->pattern) == 0;
	return is_address(c->field) ? is_within(c, f) : flow_condition_number(c, number_of(f, c->field));
}
