/* From link layer to TCP payload. */
#include "capture/segment.h"

#include <arpa/inet.h>
#include <string.h>

#include <pcap/dlt.h>

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88A8 };
enum {
	PROTOCOL_HOPOPTS = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DSTOPTS = 60
};
enum {
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	FRAGMENT_HEADER = 8,
	FLAG_SYN = 0x02,
	EXTENSIONS_MAX = 8
};

#ifndef DLT_LINUX_SLL2
#define DLT_LINUX_SLL2 276
#endif

/* What is left of the packet. */
struct view {
	const unsigned char *data;
	size_t at, n; /* n: where it ends */
};

static unsigned
get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool
skip(struct view *v, size_t n)
{
	if (v->n - v->at < n)
		return false;
	v->at += n;
	return true;
}

/* The ethertype behind the link layer's header, -1 when there is none. */
static int
link_type(struct view *v, int linktype)
{
	const unsigned char *p = v->data;
	unsigned type;

	switch (linktype) {
	case DLT_EN10MB:
		if (!skip(v, 14))
			return -1;
		type = get16(p + 12);
		while ((type == TYPE_VLAN || type == TYPE_QINQ) && skip(v, 4))
			type = get16(p + v->at - 2);
		return (int)type;
	case DLT_LINUX_SLL:
		return skip(v, 16) ? (int)get16(p + 14) : -1;
	case DLT_LINUX_SLL2:
		return skip(v, 20) ? (int)get16(p) : -1;
	case DLT_RAW:
		if (v->n < 1)
			return -1;
		return p[0] >> 4 == 4 ? TYPE_IPV4 : p[0] >> 4 == 6 ? TYPE_IPV6 : -1;
	default:
		return -1;
	}
}

static void
set_end(struct segment_end *end, uint8_t family, const unsigned char *address)
{
	*end = (struct segment_end){ .family = family };
	memcpy(end->address, address, family == 4 ? 4 : 16);
}

static bool
read_ipv4(struct segment *s, struct view *v, unsigned protocol)
{
	const unsigned char *ip = v->data + v->at;
	size_t left = v->n - v->at, header, total;

	if (left < 20 || ip[0] >> 4 != 4)
		return false;
	header = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (header < 20 || header > left || ip[9] != protocol || (get16(ip + 6) & 0x1FFF) != 0)
		return false;
	/* 0: cut to pieces only by the card that sends it. */
	if (total >= header && total < left)
		v->n = v->at + total;
	set_end(&s->from, 4, ip + 12);
	set_end(&s->to, 4, ip + 16);
	return skip(v, header);
}

static bool
read_ipv6(struct segment *s, struct view *v, unsigned protocol)
{
	const unsigned char *ip = v->data + v->at;
	size_t left = v->n - v->at, total;
	unsigned next;

	if (left < 40 || ip[0] >> 4 != 6)
		return false;
	next = ip[6];
	total = 40 + get16(ip + 4);
	if (total > 40 && total < left)
		v->n = v->at + total;
	set_end(&s->from, 6, ip + 8);
	set_end(&s->to, 6, ip + 24);
	v->at += 40;
	for (int i = 0; i < EXTENSIONS_MAX && next != protocol; i++) {
		const unsigned char *extension = v->data + v->at;

		if (next != PROTOCOL_HOPOPTS && next != PROTOCOL_ROUTING && next != PROTOCOL_DSTOPTS)
			return false;
		if (v->n - v->at < 8)
			return false;
		next = extension[0];
		if (!skip(v, 8 + (size_t)extension[1] * 8))
			return false;
	}
	return next == protocol;
}

/* False: it is not of this protocol. */
static bool
read_network(struct segment *s, struct view *v, int linktype, unsigned protocol)
{
	int type = link_type(v, linktype);

	memset(s, 0, sizeof *s);
	return (type == TYPE_IPV4 && read_ipv4(s, v, protocol)) ||
	       (type == TYPE_IPV6 && read_ipv6(s, v, protocol));
}

bool
segment_read_udp(struct segment *s, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n };
	const unsigned char *udp;

	if (!read_network(s, &v, linktype, PROTOCOL_UDP) || v.n - v.at < UDP_HEADER)
		return false;
	udp = data + v.at;
	s->from.port = (uint16_t)get16(udp);
	s->to.port = (uint16_t)get16(udp + 2);
	s->at = v.at + UDP_HEADER;
	s->len = v.n - s->at;
	return true;
}

bool
segment_quoted(int linktype, const unsigned char *data, size_t n, size_t *at)
{
	struct view v = { data, 0, n };
	struct segment ignored;
	bool is_error;

	if (read_network(&ignored, &v, linktype, PROTOCOL_ICMP)) {
		/* unreachable, source quench, redirect, time exceeded, parameter problem */
		is_error = v.at < v.n && (data[v.at] == 3 || data[v.at] == 4 || data[v.at] == 5 ||
						 data[v.at] == 11 || data[v.at] == 12);
	} else {
		v = (struct view){ data, 0, n };
		is_error = read_network(&ignored, &v, linktype, PROTOCOL_ICMPV6) && v.at < v.n &&
			   data[v.at] < 128;
	}
	*at = v.at + ICMP_HEADER;
	return is_error && *at < v.n;
}

bool
segment_fragment(int linktype, const unsigned char *data, size_t n, size_t *at)
{
	struct view v = { data, 0, n };
	int type = link_type(&v, linktype);
	const unsigned char *ip = data + v.at;
	size_t left = v.n - v.at;

	if (type == TYPE_IPV4 && left >= 20 && ip[0] >> 4 == 4 && (get16(ip + 6) & 0x1FFF) != 0)
		*at = v.at + (size_t)(ip[0] & 15) * 4;
	else if (type == TYPE_IPV6 && left >= 40 && ip[0] >> 4 == 6 && ip[6] == PROTOCOL_FRAGMENT)
		*at = v.at + 40 + FRAGMENT_HEADER;
	else
		return false;
	return *at < n;
}

bool
segment_read(struct segment *s, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n };
	const unsigned char *tcp;
	size_t header;

	if (!read_network(s, &v, linktype, PROTOCOL_TCP) || v.n - v.at < TCP_HEADER)
		return false;
	tcp = data + v.at;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < TCP_HEADER || !skip(&v, header))
		return false;
	s->from.port = (uint16_t)get16(tcp);
	s->to.port = (uint16_t)get16(tcp + 2);
	s->seq = (uint32_t)get16(tcp + 4) << 16 | get16(tcp + 6);
	s->syn = (tcp[13] & FLAG_SYN) != 0;
	s->at = v.at;
	s->len = v.n - v.at;
	return true;
}

bool
segment_end_parse(struct segment_end *end, const char *address, unsigned port)
{
	char text[64];
	size_t n = strcspn(address, "%");

	*end = (struct segment_end){ .port = (uint16_t)port };
	if (n >= sizeof text)
		return false;
	memcpy(text, address, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, end->address) == 1)
		end->family = 4;
	else if (inet_pton(AF_INET6, text, end->address) == 1)
		end->family = 6;
	return end->family != 0;
}

bool
segment_end_fits(const struct segment_end *end, const struct segment_end *pattern)
{
	if (pattern->port != 0 && pattern->port != end->port)
		return false;
	return pattern->family == 0 ||
	       (pattern->family == end->family && memcmp(pattern->address, end->address, 16) == 0);
}
