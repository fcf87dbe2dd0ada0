/*
 * The kernel's routes of one table, read once, with all their next hops: for people who ask. Who wants to know of
 * changes follows them (net/routes.h). Blocking, for a worker thread; malloc only. Any thread.
 */
#ifndef NET_ROUTING_TABLE_H
#define NET_ROUTING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "net/nexthop.h"

struct routing_entry {
	unsigned char raw[16];
	unsigned char prefix;   /* bits */
	unsigned char protocol; /* RTPROT_... */
	unsigned char type;     /* RTN_UNICAST; RTN_LOCAL: an address of ours; RTN_BLACKHOLE, ... */
	uint32_t metric;
	size_t first, hops; /* of routing_table.hops */
};

struct routing_table {
	bool ok;
	struct err err;          /* why not */
	struct routing_entry *v; /* in order of prefixes, those of the least metric only */
	size_t n;
	struct nexthop *hops;
	size_t hop_count;
	int family;
	uint32_t table;
};

/*
 * Those of the table (RT_TABLE_MAIN, or a VRF's) with the device's own addresses, without what a router does not list:
 * broadcasts, link-local networks, 127.0.0.0/8 and ::1, and what leads out of an interface that is down. The caller frees.
 */
struct routing_table *routing_table_read(int family, uint32_t table);
void routing_table_free(struct routing_table *);

/* The longest prefix that holds the address, but never the default route; NULL: none. */
const struct routing_entry *routing_table_lookup(const struct routing_table *, const unsigned char raw[16]);
const struct routing_entry *routing_table_find(
	const struct routing_table *, const unsigned char raw[16], unsigned prefix);

/* Are the first `bits` of both the same? */
bool routing_same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits);

#endif
