/* An access list's entry in libpcap's filter language. */
#include "acl/entry.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "acl/icmp.h"
#include "acl/upper.h"
#include "acl/values.h"
#include "core/mem.h"
#include "core/text.h"

enum { IPV4_SOURCE = 12, IPV4_DESTINATION = 16, TCP_FLAGS = 13 };

static uint32_t
number_of(const char *address)
{
	struct in_addr a = { 0 };

	inet_pton(AF_INET, address, &a);
	return ntohl(a.s_addr);
}

/* Wildcards need not be contiguous, so libpcap's `net` will not do. */
static void
add_masked(struct text *out, int at, const struct acl_end *e)
{
	uint32_t care = e->wildcard.set ? ~number_of(e->wildcard.s) : UINT32_MAX;

	if (care == 0)
		return;
	text_printf(out, " and ip[%d:4] & 0x%08" PRIx32 " = 0x%08" PRIx32, at, care,
		number_of(e->address.s) & care);
}

static void
add_address(struct text *out, const char *side, int at, const struct acl_end *e)
{
	if (e->host.set)
		text_printf(out, " and %s host %s", side, e->host.s);
	else if (e->prefix.set)
		text_printf(out, " and %s net %s", side, e->prefix.s);
	else if (e->address.set)
		add_masked(out, at, e);
}

static void
add_list(struct text *out, const char *side, const struct kw_list *list)
{
	text_addc(out, '(');
	for (size_t i = 0; i < list->n; i++)
		text_printf(out, "%s%s port %d", i > 0 ? " or " : "", side, port_number(list->v[i]));
	text_addc(out, ')');
}

static void
add_ports(struct text *out, const char *side, const struct acl_end *e)
{
	if (e->eq_.set) {
		text_add(out, " and ");
		add_list(out, side, &e->eq);
	}
	if (e->neq_.set) {
		text_add(out, " and not ");
		add_list(out, side, &e->neq);
	}
	/* Nothing is lower than 0 or higher than 65535: libpcap has no empty range. */
	if (e->lt.set && e->lt.v > 0)
		text_printf(out, " and %s portrange 0-%" PRId64, side, e->lt.v - 1);
	if (e->gt.set && e->gt.v < 65535)
		text_printf(out, " and %s portrange %" PRId64 "-65535", side, e->gt.v + 1);
	if ((e->lt.set && e->lt.v == 0) || (e->gt.set && e->gt.v == 65535))
		text_add(out, " and less 1");
	if (e->from.set)
		text_printf(out, " and %s portrange %" PRId64 "-%" PRId64, side, e->from.v, e->to.v);
}

/* A list of ports of IPv6: " and not (...)". */
static void
add_list6(struct text *out, const char *join, enum upper_side side, const struct kw_list *list)
{
	text_add(out, join);
	for (size_t i = 0; i < list->n; i++)
		text_printf(out, "%sip6[" UPPER " + %d:2] = %d", i > 0 ? " or " : "(", (int)side,
			port_number(list->v[i]));
	text_addc(out, ')');
}

static void
add_ports6(struct text *out, enum upper_side side, const struct acl_end *e)
{
	if (e->eq_.set)
		add_list6(out, " and ", side, &e->eq);
	if (e->neq_.set)
		add_list6(out, " and not ", side, &e->neq);
	if (e->lt.set)
		upper_port(out, side, "<", e->lt.v);
	if (e->gt.set)
		upper_port(out, side, ">", e->gt.v);
	if (e->from.set) {
		upper_port(out, side, ">=", e->from.v);
		upper_port(out, side, "<=", e->to.v);
	}
}

static void
add_flags(struct text *out, const struct acl_entry *a, const char *tcp)
{
	const struct {
		bool set;
		unsigned bits;
	} flags[] = { { a->fin.set, 0x01 }, { a->syn.set, 0x02 }, { a->rst.set, 0x04 }, { a->psh.set, 0x08 },
		{ a->ack.set, 0x10 }, { a->urg.set, 0x20 }, { a->established.set, 0x14 } };

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (flags[i].set)
			text_printf(out, " and %s%d] & 0x%02x != 0", tcp, TCP_FLAGS, flags[i].bits);
}

static void
add_icmp(struct text *out, const struct acl_entry *a, const char *icmp)
{
	int64_t type = a->icmp_type.set ? a->icmp_type.v : -1, code = a->icmp_code.set ? a->icmp_code.v : -1;

	if (a->icmp_message.set) {
		type = icmp_message_type(a->icmp_message.v);
		code = icmp_message_code(a->icmp_message.v);
	}
	if (type >= 0)
		text_printf(out, " and %s0] = %" PRId64, icmp, type);
	if (code >= 0)
		text_printf(out, " and %s1] = %" PRId64, icmp, code);
}

static void
add_options(struct text *out, const struct acl_entry *a, bool ipv6)
{
	if (a->dscp.set)
		text_printf(out, ipv6 ? " and ip6[0:2] & 0x0fc0 = %" PRId64 : " and ip[1] & 0xfc = %" PRId64,
			ipv6 ? a->dscp.v << 6 : a->dscp.v << 2);
	if (a->precedence.set)
		text_printf(out, ipv6 ? " and ip6[0:2] & 0x0e00 = %" PRId64 : " and ip[1] & 0xe0 = %" PRId64,
			ipv6 ? a->precedence.v << 9 : a->precedence.v << 5);
	if (a->fragments.set)
		text_add(out, " and ip[6:2] & 0x1fff != 0");
}

/* libpcap's `port`, tcp[] and icmp[] look behind the header of IPv6 only. */
static void
build_ipv6(const struct acl_entry *a, struct text *out)
{
	int64_t protocol = a->protocol.v == PROTOCOL_ICMP ? PROTOCOL_ICMPV6 : a->protocol.v;
	struct text conditions;

	text_add(out, "ip6");
	add_address(out, "src", 0, &a->source);
	add_address(out, "dst", 0, &a->destination);
	text_init(&conditions, NULL);
	add_ports6(&conditions, UPPER_SOURCE, &a->source);
	add_ports6(&conditions, UPPER_DESTINATION, &a->destination);
	add_flags(&conditions, a, "ip6[" UPPER " + ");
	add_icmp(&conditions, a, "ip6[" UPPER " + ");
	if (protocol != PROTOCOL_ANY)
		upper_add(out, protocol, conditions.len > 0 ? conditions.s : "");
	mem_free(conditions.s);
	add_options(out, a, true);
}

void
acl_entry_build(const struct acl_entry *a, bool ipv6, struct text *out)
{
	int64_t protocol = a->protocol.set ? a->protocol.v : PROTOCOL_ANY;

	if (ipv6) {
		build_ipv6(a, out);
		return;
	}
	text_add(out, "ip");
	if (protocol != PROTOCOL_ANY)
		text_printf(out, " proto %" PRId64, protocol);
	add_address(out, "src", IPV4_SOURCE, a->protocol.set ? &a->source : &a->only);
	add_address(out, "dst", IPV4_DESTINATION, &a->destination);
	add_ports(out, "src", &a->source);
	add_ports(out, "dst", &a->destination);
	add_flags(out, a, "tcp[");
	add_icmp(out, a, "icmp[");
	add_options(out, a, false);
}
