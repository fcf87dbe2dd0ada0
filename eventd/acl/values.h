/*
 * Values of packet filters as command lines have them: addresses, prefixes, IP protocols, ports, code
 * points. Shared by access lists, class maps and `monitor capture NAME match`. Any thread.
 */
#ifndef ACL_VALUES_H
#define ACL_VALUES_H

#include "cli/kw/kw.h"

extern const struct kw_type kw_host4;   /* struct kw_str: A.B.C.D; a wildcard, too */
extern const struct kw_type kw_host6;   /* struct kw_str: X:X:X:X::X */
extern const struct kw_type kw_prefix4; /* struct kw_str: A.B.C.D/nn, no bits behind its length */
extern const struct kw_type kw_prefix6; /* struct kw_str: X:X:X:X::X/nn, likewise */
extern const struct kw_type kw_mac;     /* struct kw_str: H.H.H, lower case */
extern const struct kw_type
	kw_protocol; /* struct kw_int: of the IP header; prints the name where there is one */
/* As it, and ip or ipv6, which is any protocol: PROTOCOL_ANY. */
extern const struct kw_type kw_protocol_or_any4, kw_protocol_or_any6;
extern const struct kw_type kw_port;        /* struct kw_int: of TCP and UDP, by number or IOS's name */
extern const struct kw_type kw_ports;       /* struct kw_str: the same as text, for lists (KW_MANY) */
extern const struct kw_type kw_dscp;        /* struct kw_int: 0-63, af11, cs1, ef, default */
extern const struct kw_type kw_dscps;       /* struct kw_str: the same for lists */
extern const struct kw_type kw_precedence;  /* struct kw_int: 0-7 or IOS's name */
extern const struct kw_type kw_precedences; /* struct kw_str: the same for lists */

enum { PROTOCOL_ANY = -1 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };

/* A protocol's name or number: how kw_protocol prints. */
void protocol_print(const struct kw *, const void *protocol, struct text *);

/* The number that a text of kw_ports, kw_dscps or kw_precedences stands for. */
int port_number(const char *);
int dscp_number(const char *);
int precedence_number(const char *);

#endif
