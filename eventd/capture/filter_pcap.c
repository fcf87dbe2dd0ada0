/* Translates `match` for libpcap, and into the words of `show monitor capture`. */
#include <inttypes.h>
#include <stdio.h>

#include "capture/filter.h"
#include "acl/upper.h"
#include "acl/values.h"
#include "core/mem.h"
#include "core/text.h"

static void
and_if_needed(struct text *out)
{
	text_add(out, out->len > 0 ? " and " : "");
}

static bool
has_ports(const struct filter_end *e)
{
	return e->eq.set || e->neq.set || e->lt.set || e->gt.set || e->from.set;
}

static bool
add_range(struct text *out, const char *side, int64_t from, int64_t to, struct err *err)
{
	if (from > to)
		return err_set(err, ERR_INVALID, "the port range is empty");
	and_if_needed(out);
	text_printf(out, "%s portrange %" PRId64 "-%" PRId64, side, from, to);
	return true;
}

static bool
add_ports(struct text *out, const char *side, const struct filter_end *e, struct err *err)
{
	if (e->eq.set)
		return add_range(out, side, e->eq.v, e->eq.v, err);
	if (e->lt.set)
		return add_range(out, side, 0, e->lt.v - 1, err);
	if (e->gt.set)
		return add_range(out, side, e->gt.v + 1, 65535, err);
	if (e->from.set)
		return add_range(out, side, e->from.v, e->to.v, err);
	if (e->neq.set) {
		and_if_needed(out);
		text_printf(out, "not %s port %" PRId64, side, e->neq.v);
	}
	return true;
}

static void
add_address(struct text *out, const char *side, const struct filter_end *e)
{
	if (!e->host.set && !e->net.set)
		return;
	and_if_needed(out);
	text_printf(out, "%s %s %s", side, e->host.set ? "host" : "net", e->host.set ? e->host.s : e->net.s);
}

static bool
add_ports6(struct text *out, enum upper_side side, const struct filter_end *e, struct err *err)
{
	if ((e->from.set && e->from.v > e->to.v) || (e->lt.set && e->lt.v == 0) ||
		(e->gt.set && e->gt.v == 65535))
		return err_set(err, ERR_INVALID, "the port range is empty");
	if (e->eq.set)
		upper_port(out, side, "=", e->eq.v);
	if (e->neq.set)
		upper_port(out, side, "!=", e->neq.v);
	if (e->lt.set)
		upper_port(out, side, "<", e->lt.v);
	if (e->gt.set)
		upper_port(out, side, ">", e->gt.v);
	if (e->from.set) {
		upper_port(out, side, ">=", e->from.v);
		upper_port(out, side, "<=", e->to.v);
	}
	return true;
}

static bool
build_ipv6(const struct filter_args *f, struct text *out, struct err *err)
{
	struct text conditions;
	bool ok;

	text_add(out, "ip6");
	add_address(out, "src", &f->source);
	add_address(out, "dst", &f->destination);
	text_init(&conditions, NULL);
	ok = add_ports6(&conditions, UPPER_SOURCE, &f->source, err) &&
	     add_ports6(&conditions, UPPER_DESTINATION, &f->destination, err);
	if (ok && f->protocol.set)
		upper_add(out, f->protocol.v, conditions.len > 0 ? conditions.s : "");
	mem_free(conditions.s);
	return ok;
}

static bool
build_ip(const struct filter_args *f, struct text *out, struct err *err)
{
	bool ports = has_ports(&f->source) || has_ports(&f->destination);

	if (ports && (!f->protocol.set || (f->protocol.v != 6 && f->protocol.v != 17)))
		return err_set(err, ERR_INVALID, "ports need 'protocol tcp' or 'protocol udp'");
	if (f->ipv6.set)
		return build_ipv6(f, out, err);
	text_add(out, "ip");
	if (f->protocol.set)
		text_printf(out, " proto %" PRId64, f->protocol.v);
	add_address(out, "src", &f->source);
	add_address(out, "dst", &f->destination);
	return add_ports(out, "src", &f->source, err) && add_ports(out, "dst", &f->destination, err);
}

/* The address's 6 octets as a number. */
static uint64_t
mac_number(const char *s)
{
	unsigned a = 0, b = 0, c = 0;

	sscanf(s, "%x.%x.%x", &a, &b, &c);
	return (uint64_t)a << 32 | (uint64_t)b << 16 | c;
}

static void
add_mac(struct text *out, int offset, const struct filter_end *e)
{
	uint64_t value, care;

	if (e->any.set)
		return;
	value = mac_number(e->host.set ? e->host.s : e->mac.s);
	care = e->mask.set ? ~mac_number(e->mask.s) & 0xFFFFFFFFFFFF : 0xFFFFFFFFFFFF;
	and_if_needed(out);
	text_printf(out,
		"ether[%d:4] & 0x%08" PRIx64 " = 0x%08" PRIx64 " and ether[%d:2] & 0x%04" PRIx64
		" = 0x%04" PRIx64,
		offset, care >> 16, (value & care) >> 16, offset + 4, care & 0xFFFF, value & care & 0xFFFF);
}

bool
filter_build(const struct filter_args *f, struct text *out, struct err *err)
{
	if (f->ipv4.set || f->ipv6.set)
		return build_ip(f, out, err);
	if (f->mac.set) {
		add_mac(out, 6, &f->source);
		add_mac(out, 0, &f->destination);
	}
	if (f->min.set && f->max.set && f->min.v > f->max.v)
		return err_set(err, ERR_INVALID, "the length range is empty");
	if (f->pktlen.set && !f->min.set && !f->max.set)
		return err_set(err, ERR_INCOMPLETE, "pktlen-range needs max, min, or both");
	if (f->min.set)
		text_printf(out, "greater %" PRId64, f->min.v);
	if (f->max.set) {
		and_if_needed(out);
		text_printf(out, "less %" PRId64, f->max.v);
	}
	return true;
}

/* ---- show ---- */

static const char *
address_of(const struct filter_end *e)
{
	return e->host.set ? e->host.s : e->net.set ? e->net.s : e->mac.set ? e->mac.s : "any";
}

static void
describe_ports(struct text *out, const char *label, const struct filter_end *e)
{
	if (e->from.set)
		text_printf(out, "    %s port: range %" PRId64 " %" PRId64 "\n", label, e->from.v, e->to.v);
	else if (has_ports(e))
		text_printf(out, "    %s port: %s %" PRId64 "\n", label,
			e->eq.set    ? "eq"
			: e->neq.set ? "neq"
			: e->lt.set  ? "lt"
				     : "gt",
			e->eq.set    ? e->eq.v
			: e->neq.set ? e->neq.v
			: e->lt.set  ? e->lt.v
				     : e->gt.v);
}

static void
describe_ip(const struct filter_args *f, struct text *out)
{
	text_printf(
		out, "   %s \n    Source IP:  %s\n", f->ipv4.set ? "IPv4" : "IPv6", address_of(&f->source));
	describe_ports(out, "Source", &f->source);
	text_printf(out, "    Destination IP:  %s\n", address_of(&f->destination));
	describe_ports(out, "Destination", &f->destination);
	text_add(out, "   Protocol: ");
	if (f->protocol.set)
		protocol_print(NULL, &f->protocol, out);
	else
		text_add(out, "any");
	text_addc(out, '\n');
}

static void
describe_mac(struct text *out, const char *label, const struct filter_end *e)
{
	text_printf(out, "    %s MAC:  %s%s%s\n", label, address_of(e), e->mask.set ? " " : "",
		e->mask.set ? e->mask.s : "");
}

void
filter_describe(const struct filter_args *f, struct text *out)
{
	if (f->ipv4.set || f->ipv6.set)
		describe_ip(f, out);
	else if (f->mac.set) {
		text_add(out, "   MAC \n");
		describe_mac(out, "Source", &f->source);
		describe_mac(out, "Destination", &f->destination);
	} else if (f->pktlen.set) {
		text_add(out, "   Packet length");
		if (f->min.set)
			text_printf(out, " from %" PRId64, f->min.v);
		if (f->max.set)
			text_printf(out, " to %" PRId64, f->max.v);
		text_add(out, "\n");
	} else
		text_add(out, "    Capture all packets\n");
}
