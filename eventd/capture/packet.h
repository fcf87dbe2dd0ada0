/*
 * One line about a packet, for `show monitor capture NAME buffer brief`: who, to whom, DSCP,
 * protocol. Reads foreign bytes: nothing is believed. Any thread.
 */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include <stddef.h>

struct packet_brief {
	char source[64], destination[64]; /* addresses: IP when there is IP, else MAC; may be empty */
	int dscp;                         /* -1: not IP */
	char protocol[24];                /* "TCP", "ICMP", "ARP", "0x88CC" */
};

/* linktype: DLT_ of libpcap; of one that is not known all is empty. */
void packet_brief(struct packet_brief *, int linktype, const unsigned char *data, size_t n);

/* "BE", "EF", "AF11", "CS6", or "" where the code point has no name (RFC 2474, 2597, 3246). */
const char *packet_dscp_name(int dscp);

#endif
