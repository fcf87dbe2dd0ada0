/* The names of ICMP's messages. */
#include "acl/icmp.h"

enum { ANY_CODE = -1 };

/* Type and code in one number. */
#define MESSAGE(type_, code_) ((type_) << 9 | ((code_) + 1))

const struct kw_alternative icmp_messages[] = {
	{ "administratively-prohibited", "Administratively prohibited", MESSAGE(3, 13), false },
	{ "alternate-address", "Alternate address", MESSAGE(6, ANY_CODE), false },
	{ "conversion-error", "Datagram conversion", MESSAGE(31, ANY_CODE), false },
	{ "dod-host-prohibited", "Host prohibited", MESSAGE(3, 10), false },
	{ "dod-net-prohibited", "Net prohibited", MESSAGE(3, 9), false },
	{ "echo", "Echo (ping)", MESSAGE(8, ANY_CODE), false },
	{ "echo-reply", "Echo reply", MESSAGE(0, ANY_CODE), false },
	{ "general-parameter-problem", "Parameter problem", MESSAGE(12, 0), false },
	{ "host-isolated", "Host isolated", MESSAGE(3, 8), false },
	{ "host-precedence-unreachable", "Host unreachable for precedence", MESSAGE(3, 14), false },
	{ "host-redirect", "Host redirect", MESSAGE(5, 1), false },
	{ "host-tos-redirect", "Host redirect for TOS", MESSAGE(5, 3), false },
	{ "host-tos-unreachable", "Host unreachable for TOS", MESSAGE(3, 12), false },
	{ "host-unknown", "Host unknown", MESSAGE(3, 7), false },
	{ "host-unreachable", "Host unreachable", MESSAGE(3, 1), false },
	{ "information-reply", "Information replies", MESSAGE(16, ANY_CODE), false },
	{ "information-request", "Information requests", MESSAGE(15, ANY_CODE), false },
	{ "mask-reply", "Mask replies", MESSAGE(18, ANY_CODE), false },
	{ "mask-request", "Mask requests", MESSAGE(17, ANY_CODE), false },
	{ "mobile-redirect", "Mobile host redirect", MESSAGE(32, ANY_CODE), false },
	{ "net-redirect", "Network redirect", MESSAGE(5, 0), false },
	{ "net-tos-redirect", "Net redirect for TOS", MESSAGE(5, 2), false },
	{ "net-tos-unreachable", "Network unreachable for TOS", MESSAGE(3, 11), false },
	{ "net-unreachable", "Net unreachable", MESSAGE(3, 0), false },
	{ "network-unknown", "Network unknown", MESSAGE(3, 6), false },
	{ "no-room-for-option", "Parameter required but no room", MESSAGE(12, 2), false },
	{ "option-missing", "Parameter required but not present", MESSAGE(12, 1), false },
	{ "packet-too-big", "Fragmentation needed and DF set", MESSAGE(3, 4), false },
	{ "parameter-problem", "All parameter problems", MESSAGE(12, ANY_CODE), false },
	{ "port-unreachable", "Port unreachable", MESSAGE(3, 3), false },
	{ "precedence-unreachable", "Precedence cutoff", MESSAGE(3, 15), false },
	{ "protocol-unreachable", "Protocol unreachable", MESSAGE(3, 2), false },
	{ "reassembly-timeout", "Reassembly timeout", MESSAGE(11, 1), false },
	{ "redirect", "All redirects", MESSAGE(5, ANY_CODE), false },
	{ "router-advertisement", "Router discovery advertisements", MESSAGE(9, ANY_CODE), false },
	{ "router-solicitation", "Router discovery solicitations", MESSAGE(10, ANY_CODE), false },
	{ "source-quench", "Source quenches", MESSAGE(4, ANY_CODE), false },
	{ "source-route-failed", "Source route failed", MESSAGE(3, 5), false },
	{ "time-exceeded", "All time exceededs", MESSAGE(11, ANY_CODE), false },
	{ "timestamp-reply", "Timestamp replies", MESSAGE(14, ANY_CODE), false },
	{ "timestamp-request", "Timestamp requests", MESSAGE(13, ANY_CODE), false },
	{ "traceroute", "Traceroute", MESSAGE(30, ANY_CODE), false },
	{ "ttl-exceeded", "TTL exceeded", MESSAGE(11, 0), false },
	{ "unreachable", "All unreachables", MESSAGE(3, ANY_CODE), false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative icmpv6_messages[] = {
	{ "beyond-scope", "Destination beyond scope", MESSAGE(1, 2), false },
	{ "destination-unreachable", "Destination address is unreachable", MESSAGE(1, 3), false },
	{ "echo-reply", "Echo reply", MESSAGE(129, ANY_CODE), false },
	{ "echo-request", "Echo request (ping)", MESSAGE(128, ANY_CODE), false },
	{ "header", "Parameter header problem", MESSAGE(4, 0), false },
	{ "hop-limit", "Hop limit exceeded in transit", MESSAGE(3, 0), false },
	{ "mld-query", "Multicast Listener Discovery query", MESSAGE(130, ANY_CODE), false },
	{ "mld-reduction", "Multicast Listener Discovery reduction", MESSAGE(132, ANY_CODE), false },
	{ "mld-report", "Multicast Listener Discovery report", MESSAGE(131, ANY_CODE), false },
	{ "nd-na", "Neighbor discovery neighbor advertisements", MESSAGE(136, ANY_CODE), false },
	{ "nd-ns", "Neighbor discovery neighbor solicitations", MESSAGE(135, ANY_CODE), false },
	{ "next-header", "Parameter next header problem", MESSAGE(4, 1), false },
	{ "no-admin", "Administration prohibited destination", MESSAGE(1, 1), false },
	{ "no-route", "No route to destination", MESSAGE(1, 0), false },
	{ "packet-too-big", "Packet too big", MESSAGE(2, ANY_CODE), false },
	{ "parameter-option", "Parameter option problem", MESSAGE(4, 2), false },
	{ "parameter-problem", "All parameter problems", MESSAGE(4, ANY_CODE), false },
	{ "port-unreachable", "Port unreachable", MESSAGE(1, 4), false },
	{ "reassembly-timeout", "Reassembly timeout", MESSAGE(3, 1), false },
	{ "redirect", "Neighbor redirects", MESSAGE(137, ANY_CODE), false },
	{ "renum-command", "Router renumbering command", MESSAGE(138, 0), false },
	{ "renum-result", "Router renumbering result", MESSAGE(138, 1), false },
	{ "renum-seq-number", "Router renumbering sequence number reset", MESSAGE(138, 255), false },
	{ "router-advertisement", "Neighbor discovery router advertisements", MESSAGE(134, ANY_CODE), false },
	{ "router-renumbering", "All router renumbering", MESSAGE(138, ANY_CODE), false },
	{ "router-solicitation", "Neighbor discovery router solicitations", MESSAGE(133, ANY_CODE), false },
	{ "time-exceeded", "All time exceededs", MESSAGE(3, ANY_CODE), false },
	{ "unreachable", "All unreachables", MESSAGE(1, ANY_CODE), false },
	{ NULL, NULL, 0, false },
};

int
icmp_message_type(int value)
{
	return value >> 9;
}

int
icmp_message_code(int value)
{
	return (value & 511) - 1;
}
