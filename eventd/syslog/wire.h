/*
 * How the helper processes of the syslog intake hand messages over: packets on a socket pair of type
 * SOCK_SEQPACKET, each a row of records: a header and what belongs to it. The socket's buffer is the bound: a
 * helper waits while the engine is busy, and so does whoever sends to the helper. Same machine, same build:
 * native byte order.
 */
#ifndef SYSLOG_WIRE_H
#define SYSLOG_WIRE_H

#include <stdint.h>

enum wire_kind {
	WIRE_PEER = 1, /* from now on this number means: "SOURCE\0HOST\0" */
	WIRE_GONE,     /* the number means nothing any more */
	WIRE_MESSAGE,  /* one message of this peer */
	WIRE_MARK,     /* all before is handled: sent back as it came */
};

enum { WIRE_TRUSTED = 1, WIRE_CUT = 2 }; /* flags: of a peer; of a message that was longer */

struct wire_head {
	uint8_t kind, flags;
	uint16_t n;      /* octets that belong to it */
	uint32_t number; /* of the peer, or of the mark */
};

#define WIRE_PEERS_MAX  2048u
#define WIRE_PACKET_MAX 32768u

/* The descriptors that a helper finds open. */
enum { WIRE_FD = 3, WIRE_LISTEN_FD = 4 };

#endif
