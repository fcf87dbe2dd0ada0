/*
 * A flow of packets, as a source tells of it: an exporter of NetFlow or IPFIX, or the kernel's connection
 * tracking. Plain data.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* What tells flows apart. Zeroed before it is filled: it is a key. */
struct flow_key {
	uint8_t source[16], dest[16]; /* IPv4: the first four octets */
	uint16_t source_port, dest_port;
	uint8_t protocol;
	uint8_t family;  /* 4 or 6; 0: the source did not say */
	uint16_t domain; /* tells exporters apart: 0 of the kernel */
};

enum { FLOW_APP_MAX = 32 };

struct flow {
	struct flow_key key;
	uint64_t bytes, packets;
	bool has_counters;
	bool are_totals; /* since the flow began, not since the last record */
	bool is_change;  /* whoever tells of it says that something has changed, if not what */
	bool has_ended;
	uint8_t tos, tcp_flags;
	uint32_t input, output; /* interfaces, by the exporter's numbers */
	char app[FLOW_APP_MAX]; /* printable; "": not told */
};

enum flow_change { FLOW_CREATE, FLOW_DELETE, FLOW_UPDATE };

#endif
