/* From link layer to TCP payload, through tunnels, too. */
#include "capture/segment.h"

#include <arpa/inet.h>
#include <string.h>

#include <pcap/dlt.h>

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_BRIDGE = 0x6558,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86DD,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_QINQ = 0x88A8,
	TYPE_QINQ_OLD = 0x9100
};
enum {
	PROTOCOL_HOPOPTS = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DSTOPTS = 60
};
enum { PORT_VXLAN = 4789, PORT_VXLAN_OLD = 8472, PORT_GENEVE = 6081 };
enum {
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	FRAGMENT_HEADER = 8,
	VXLAN_HEADER = 8,
	GENEVE_HEADER = 8,
	PPPOE_HEADER = 6,
	GRE_HEADER = 4,
	MPLS_LABEL = 4,
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

/* Behind the tags of VLANs. */
static int
untagged(struct view *v, unsigned type)
{
	while ((type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD) && skip(v, 4))
		type = get16(v->data + v->at - 2);
	return (int)type;
}

/* The ethertype behind the link layer's header, -1 when there is none. */
static int
link_type(struct view *v, int linktype)
{
	const unsigned char *p = v->data;

	switch (linktype) {
	case DLT_EN10MB:
		return skip(v, 14) ? untagged(v, get16(p + 12)) : -1;
	case DLT_LINUX_SLL:
		return skip(v, 16) ? untagged(v, get16(p + 14)) : -1;
	case DLT_LINUX_SLL2:
		return skip(v, 20) ? untagged(v, get16(p)) : -1;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		if (v->n < 1)
			return -1;
		return p[0] >> 4 == 4 ? TYPE_IPV4 : p[0] >> 4 == 6 ? TYPE_IPV6 : -1;
	default:
		return -1;
	}
}

/* ---- IP ---- */

struct network {
	struct segment_end from, to;
	unsigned protocol; /* of what follows */
	bool is_piece;     /* a fragment but the first: what follows has no header */
};

static void
set_end(struct segment_end *end, uint8_t family, const unsigned char *address)
{
	*end = (struct segment_end){ .family = family };
	memcpy(end->address, address, family == 4 ? 4 : 16);
}

/* The authentication header counts in words of four octets, without the first two (RFC 4302 2.2). */
static bool
skip_authentication(struct network *net, struct view *v)
{
	const unsigned char *ah = v->data + v->at;

	if (net->protocol != PROTOCOL_AH || net->is_piece)
		return true;
	if (v->n - v->at < 8)
		return false;
	net->protocol = ah[0];
	return skip(v, ((size_t)ah[1] + 2) * 4);
}

static bool
read_ipv4(struct network *net, struct view *v)
{
	const unsigned char *ip = v->data + v->at;
	size_t left = v->n - v->at, header, total;

	if (left < 20 || ip[0] >> 4 != 4)
		return false;
	header = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (header < 20 || header > left)
		return false;
	/* 0: cut to pieces only by the card that sends it. */
	if (total >= header && total < left)
		v->n = v->at + total;
	set_end(&net->from, 4, ip + 12);
	set_end(&net->to, 4, ip + 16);
	net->protocol = ip[9];
	net->is_piece = (get16(ip + 6) & 0x1FFF) != 0;
	return skip(v, header) && skip_authentication(net, v);
}

/* One extension header (RFC 8200 4); false: it was cut. */
static bool
skip_extension(struct network *net, struct view *v)
{
	const unsigned char *extension = v->data + v->at;

	if (net->protocol == PROTOCOL_AH)
		return skip_authentication(net, v);
	if (v->n - v->at < FRAGMENT_HEADER)
		return false;
	if (net->protocol == PROTOCOL_FRAGMENT) {
		net->protocol = extension[0];
		net->is_piece = get16(extension + 2) >> 3 != 0;
		return skip(v, FRAGMENT_HEADER);
	}
	net->protocol = extension[0];
	return skip(v, 8 + (size_t)extension[1] * 8);
}

static bool
is_extension(unsigned protocol)
{
	return protocol == PROTOCOL_HOPOPTS || protocol == PROTOCOL_ROUTING || protocol == PROTOCOL_DSTOPTS ||
	       protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_AH;
}

static bool
read_ipv6(struct network *net, struct view *v)
{
	const unsigned char *ip = v->data + v->at;
	size_t left = v->n - v->at, total;

	if (left < 40 || ip[0] >> 4 != 6)
		return false;
	total = 40 + get16(ip + 4);
	if (total > 40 && total < left)
		v->n = v->at + total;
	set_end(&net->from, 6, ip + 8);
	set_end(&net->to, 6, ip + 24);
	net->protocol = ip[6];
	net->is_piece = false;
	v->at += 40;
	for (int i = 0; i < EXTENSIONS_MAX && !net->is_piece && is_extension(net->protocol); i++)
		if (!skip_extension(net, v))
			return false;
	return true;
}

static bool
read_network(struct network *net, struct view *v, int linktype)
{
	int type = link_type(v, linktype);

	return (type == TYPE_IPV4 && read_ipv4(net, v)) || (type == TYPE_IPV6 && read_ipv6(net, v));
}

/* False: it is not of this protocol. */
static bool
read_protocol(struct segment *s, struct view *v, int linktype, unsigned protocol)
{
	struct network net;

	memset(s, 0, sizeof *s);
	if (!read_network(&net, v, linktype) || net.is_piece || net.protocol != protocol)
		return false;
	s->from = net.from;
	s->to = net.to;
	return true;
}

bool
segment_ends(
	int linktype, const unsigned char *data, size_t n, struct segment_end *from, struct segment_end *to)
{
	struct view v = { data, 0, n };
	struct network net;

	if (!read_network(&net, &v, linktype))
		return false;
	*from = net.from;
	*to = net.to;
	return true;
}

bool
segment_payload(struct segment_payload *p, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n };
	struct network net;

	if (!read_network(&net, &v, linktype) || net.is_piece)
		return false;
	*p = (struct segment_payload){ net.protocol, v.at, v.n - v.at };
	return true;
}

bool
segment_read_udp(struct segment *s, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n };
	const unsigned char *udp;

	if (!read_protocol(s, &v, linktype, PROTOCOL_UDP) || v.n - v.at < UDP_HEADER)
		return false;
	udp = data + v.at;
	s->from.port = (uint16_t)get16(udp);
	s->to.port = (uint16_t)get16(udp + 2);
	s->at = v.at + UDP_HEADER;
	s->len = v.n - s->at;
	return true;
}

bool
segment_fragment(int linktype, const unsigned char *data, size_t n, size_t *at)
{
	struct view v = { data, 0, n };
	struct network net;

	if (!read_network(&net, &v, linktype) || !net.is_piece)
		return false;
	*at = v.at;
	return *at < n;
}

bool
segment_read(struct segment *s, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n };
	const unsigned char *tcp;
	size_t header;

	if (!read_protocol(s, &v, linktype, PROTOCOL_TCP) || v.n - v.at < TCP_HEADER)
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

/* ---- packets in packets ---- */

static bool
is_error(unsigned protocol, unsigned type)
{
	/* unreachable, source quench, redirect, time exceeded, parameter problem */
	return (protocol == PROTOCOL_ICMP &&
		       (type == 3 || type == 4 || type == 5 || type == 11 || type == 12)) ||
	       (protocol == PROTOCOL_ICMPV6 && type < 128);
}

static bool
ip_follows(struct segment_inner *in)
{
	in->linktype = DLT_RAW;
	return true;
}

static bool
type_follows(struct segment_inner *in, unsigned type)
{
	in->linktype = type == TYPE_BRIDGE ? DLT_EN10MB : DLT_RAW;
	return type == TYPE_BRIDGE || type == TYPE_IPV4 || type == TYPE_IPV6;
}

/* RFC 2784 and RFC 2890: checksum, key and sequence number are there when a bit says so. */
static bool
skip_gre(struct segment_inner *in, struct view *v)
{
	const unsigned char *gre = v->data + v->at;
	size_t options;

	if (v->n - v->at < GRE_HEADER || (gre[1] & 7) != 0)
		return false;
	options = (size_t)(4 * ((gre[0] >> 7 & 1) + (gre[0] >> 5 & 1) + (gre[0] >> 4 & 1)));
	return type_follows(in, get16(gre + 2)) && skip(v, GRE_HEADER + options);
}

static bool
skip_udp(struct segment_inner *in, struct view *v)
{
	const unsigned char *udp = v->data + v->at;
	unsigned port;

	if (v->n - v->at < UDP_HEADER + GENEVE_HEADER)
		return false;
	port = get16(udp + 2);
	if (port == PORT_GENEVE) {
		const unsigned char *geneve = udp + UDP_HEADER;

		return type_follows(in, get16(geneve + 2)) &&
		       skip(v, UDP_HEADER + GENEVE_HEADER + (size_t)(geneve[0] & 63) * 4);
	}
	in->linktype = DLT_EN10MB;
	return (port == PORT_VXLAN || port == PORT_VXLAN_OLD) && skip(v, UDP_HEADER + VXLAN_HEADER);
}

static bool
skip_network(struct segment_inner *in, struct view *v, const struct network *net)
{
	if (net->is_piece)
		return false;
	switch (net->protocol) {
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
		return ip_follows(in);
	case PROTOCOL_GRE:
		return skip_gre(in, v);
	case PROTOCOL_UDP:
		return skip_udp(in, v);
	default:
		in->is_quoted = v->at < v->n && is_error(net->protocol, v->data[v->at]);
		return in->is_quoted && ip_follows(in) && skip(v, ICMP_HEADER);
	}
}

/* The last label has a bit (RFC 3032 2.1); a control word, which begins with 0, stands before frames (RFC 4385). */
static bool
skip_labels(struct segment_inner *in, struct view *v)
{
	do
		if (!skip(v, MPLS_LABEL))
			return false;
	while ((v->data[v->at - 2] & 1) == 0);
	if (v->at < v->n && v->data[v->at] >> 4 != 0)
		return ip_follows(in);
	in->linktype = DLT_EN10MB;
	return skip(v, 4);
}

bool
segment_inner(struct segment_inner *in, int linktype, const unsigned char *data, size_t n)
{
	struct view v = { data, 0, n }, network;
	struct network net;
	int type = link_type(&v, linktype);
	bool found;

	*in = (struct segment_inner){ 0 };
	switch (type) {
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		found = skip_labels(in, &v);
		break;
	case TYPE_PPPOE: /* and the protocol of PPP */
		found = skip(&v, PPPOE_HEADER + 2) && ip_follows(in);
		break;
	default:
		network = (struct view){ data, 0, n };
		found = read_network(&net, &network, linktype) && skip_network(in, &network, &net);
		v = network;
		break;
	}
	in->at = v.at;
	return found && v.at < v.n;
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
