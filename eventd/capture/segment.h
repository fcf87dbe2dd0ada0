/*
 * The TCP segment (or UDP datagram) in a captured packet: between whom, and which octets of the stream. Reads foreign bytes:
 * nothing is believed. Any thread.
 */
#ifndef CAPTURE_SEGMENT_H
#define CAPTURE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_end {
	uint8_t family; /* 4 or 6 */
	uint8_t address[16];
	uint16_t port;
};

struct segment {
	struct segment_end from, to;
	uint32_t seq;
	bool syn;
	size_t at, len; /* the payload, as offsets into the packet; only what was captured of it */
};

/* False: no TCP (or a later fragment, or cut before its header ends). linktype: DLT_ of libpcap. */
bool segment_read(struct segment *, int linktype, const unsigned char *data, size_t n);

/* The same of a UDP datagram; seq and syn mean nothing. */
bool segment_read_udp(struct segment *, int linktype, const unsigned char *data, size_t n);

/* Between whom any IP packet goes, without ports. False: it is none. */
bool segment_ends(
	int linktype, const unsigned char *data, size_t n, struct segment_end *from, struct segment_end *to);

/* What an IP packet carries behind all its headers. False: it is none, or a piece. */
struct segment_payload {
	unsigned protocol;
	size_t at, len;
};
bool segment_payload(struct segment_payload *, int linktype, const unsigned char *data, size_t n);

/*
 * The packet in a packet: of a tunnel (IP in IP, GRE, VXLAN, Geneve, PPPoE, MPLS), or the one that an error of ICMP quotes
 * (RFC 792, RFC 4443), which has been cut. False: there is none.
 */
struct segment_inner {
	int linktype;
	size_t at;      /* where it begins */
	bool is_quoted; /* by an error */
};
bool segment_inner(struct segment_inner *, int linktype, const unsigned char *data, size_t n);

/* A piece of a packet that was cut on its way, without the header that says what it is: where its octets begin. */
bool segment_fragment(int linktype, const unsigned char *data, size_t n, size_t *at);

/* An address as text, a zone behind % ignored. False when it is none; port as given. */
bool segment_end_parse(struct segment_end *, const char *address, unsigned port);

/* The same address; the same port, or 0 in `pattern`. An address of family 0 in `pattern` is any. */
bool segment_end_fits(const struct segment_end *, const struct segment_end *pattern);

#endif
