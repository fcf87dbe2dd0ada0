/* Reads the headers of a packet. */
#include "capture/packet.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <pcap/dlt.h>

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88A8 };

struct name {
	int value;
	const char *name;
};

static const struct name ethertypes[] = {
	{ 0x0806, "ARP" },
	{ 0x8035, "RARP" },
	{ 0x8847, "MPLS" },
	{ 0x8863, "PPPoE" },
	{ 0x8864, "PPPoE" },
	{ 0x8809, "LACP" },
	{ 0x888E, "EAPOL" },
	{ 0x88CC, "LLDP" },
	{ 0, NULL },
};

static const struct name protocols[] = {
	{ 1, "ICMP" },
	{ 2, "IGMP" },
	{ 4, "IPIP" },
	{ 6, "TCP" },
	{ 17, "UDP" },
	{ 41, "IPv6" },
	{ 46, "RSVP" },
	{ 47, "GRE" },
	{ 50, "ESP" },
	{ 51, "AH" },
	{ 58, "ICMPv6" },
	{ 88, "EIGRP" },
	{ 89, "OSPF" },
	{ 103, "PIM" },
	{ 112, "VRRP" },
	{ 132, "SCTP" },
	{ 0, NULL },
};

static const struct name code_points[] = {
	{ 0, "BE" },
	{ 8, "CS1" },
	{ 10, "AF11" },
	{ 12, "AF12" },
	{ 14, "AF13" },
	{ 16, "CS2" },
	{ 18, "AF21" },
	{ 20, "AF22" },
	{ 22, "AF23" },
	{ 24, "CS3" },
	{ 26, "AF31" },
	{ 28, "AF32" },
	{ 30, "AF33" },
	{ 32, "CS4" },
	{ 34, "AF41" },
	{ 36, "AF42" },
	{ 38, "AF43" },
	{ 40, "CS5" },
	{ 46, "EF" },
	{ 48, "CS6" },
	{ 56, "CS7" },
	{ 0, NULL },
};

static const char *
name_of(const struct name *names, int value)
{
	for (; names->name != NULL; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

const char *
packet_dscp_name(int dscp)
{
	const char *name = name_of(code_points, dscp);

	return name != NULL ? name : "";
}

/* What is left of the packet; reading past its end gives nothing. */
struct bytes {
	const unsigned char *p;
	size_t n;
};

static const unsigned char *
take(struct bytes *b, size_t n)
{
	const unsigned char *p = b->p;

	if (n > b->n)
		return NULL;
	b->p += n;
	b->n -= n;
	return p;
}

static unsigned
get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void
set_protocol(struct packet_brief *b, int number)
{
	const char *name = name_of(protocols, number);

	if (name != NULL)
		snprintf(b->protocol, sizeof b->protocol, "%s", name);
	else
		snprintf(b->protocol, sizeof b->protocol, "%d", number);
}

static void
read_ipv4(struct packet_brief *b, struct bytes in)
{
	const unsigned char *p = take(&in, 20);

	if (p == NULL || p[0] >> 4 != 4)
		return;
	inet_ntop(AF_INET, p + 12, b->source, sizeof b->source);
	inet_ntop(AF_INET, p + 16, b->destination, sizeof b->destination);
	b->dscp = p[1] >> 2;
	set_protocol(b, p[9]);
}

static bool
is_extension(unsigned next)
{
	return next == 0 || next == 43 || next == 44 || next == 60;
}

static void
read_ipv6(struct packet_brief *b, struct bytes in)
{
	const unsigned char *p = take(&in, 40);
	unsigned next;

	if (p == NULL || p[0] >> 4 != 6)
		return;
	inet_ntop(AF_INET6, p + 8, b->source, sizeof b->source);
	inet_ntop(AF_INET6, p + 24, b->destination, sizeof b->destination);
	b->dscp = (int)(get16(p) >> 6 & 63);
	/* Extension headers (RFC 8200 4): each says what follows and how long it is itself. */
	for (next = p[6]; is_extension(next); next = p[0]) {
		p = take(&in, 8);
		if (p == NULL || (next != 44 && take(&in, (size_t)p[1] * 8) == NULL))
			break;
	}
	set_protocol(b, (int)next);
}

static void
read_payload(struct packet_brief *b, unsigned type, struct bytes in)
{
	const unsigned char *p;
	const char *name;

	while (type == TYPE_VLAN || type == TYPE_QINQ) {
		p = take(&in, 4);
		if (p == NULL)
			return;
		type = get16(p + 2);
	}
	name = name_of(ethertypes, (int)type);
	if (name != NULL)
		snprintf(b->protocol, sizeof b->protocol, "%s", name);
	else if (type < 1536) /* a length: IEEE 802.3 */
		snprintf(b->protocol, sizeof b->protocol, "LLC");
	else
		snprintf(b->protocol, sizeof b->protocol, "0x%04X", type);
	if (type == TYPE_IPV4)
		read_ipv4(b, in);
	else if (type == TYPE_IPV6)
		read_ipv6(b, in);
}

static void
read_ip(struct packet_brief *b, struct bytes in)
{
	if (in.n > 0)
		read_payload(b, in.p[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4, in);
}

static void
put_mac(char *out, size_t size, const unsigned char *mac)
{
	snprintf(out, size, "%02x%02x.%02x%02x.%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void
packet_brief(struct packet_brief *b, int linktype, const unsigned char *data, size_t n)
{
	struct bytes in = { data, n };
	const unsigned char *p;

	memset(b, 0, sizeof *b);
	b->dscp = -1;
	switch (linktype) {
	case DLT_EN10MB:
		p = take(&in, 14);
		if (p == NULL)
			return;
		put_mac(b->destination, sizeof b->destination, p);
		put_mac(b->source, sizeof b->source, p + 6);
		read_payload(b, get16(p + 12), in);
		return;
	/* Of the two addresses only the sender's is there, and where it has six octets it is shown. */
	case DLT_LINUX_SLL:
		p = take(&in, 16);
		if (p == NULL)
			return;
		if (get16(p + 4) == 6)
			put_mac(b->source, sizeof b->source, p + 6);
		read_payload(b, get16(p + 14), in);
		return;
	case DLT_LINUX_SLL2:
		p = take(&in, 20);
		if (p == NULL)
			return;
		if (p[11] == 6)
			put_mac(b->source, sizeof b->source, p + 12);
		read_payload(b, get16(p), in);
		return;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		read_ip(b, in);
		return;
	default:
		return;
	}
}
