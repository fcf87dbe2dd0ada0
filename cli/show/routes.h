/* Routes on a screen and as JSON: IOS's layouts. Engine thread only. */
#ifndef CLI_SHOW_ROUTES_H
#define CLI_SHOW_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/routing_table.h"

struct engine;
struct writer;

/* The protocols that one may ask for; their letters are those of IOS, K is for those that it lacks. */
enum route_source {
	ROUTE_ANY,
	ROUTE_CONNECTED,
	ROUTE_LOCAL,
	ROUTE_STATIC,
	ROUTE_RIP,
	ROUTE_BGP,
	ROUTE_EIGRP,
	ROUTE_OSPF,
	ROUTE_ISIS,
	ROUTE_NHRP,
	ROUTE_ND,
	ROUTE_KERNEL
};

/* One command under way. */
struct route_list {
	int family;
	uint32_t table; /* up to here it is the worker's as well */
	struct engine *engine;
	const char *vrf;
	enum route_source source;
	bool asks_one; /* for a prefix, or the one that holds an address */
	bool exactly;
	unsigned char raw[16];
	unsigned prefix;
	bool begun;
	size_t written, left_out; /* of a document: PIECES_DOCUMENT */
	size_t at;                /* the next row */
	size_t group_end;         /* IPv4: rows before it are of one classful network ... */
	bool group_is_told;       /* ... whose heading is written */
};

/* Where a route comes from. */
enum route_source route_list_source(
	const struct route_list *, const struct routing_table *, const struct routing_entry *);

/* What stands above the rows; one row, the one at l->at; a route by itself. */
void route_list_head(struct writer *, const struct route_list *, const struct routing_table *);
void route_list_row(struct writer *, struct route_list *, const struct routing_table *);
void route_list_one(struct writer *, const struct route_list *, const struct routing_table *,
	const struct routing_entry *);

/* 8, 16 or 24: of the class that an IPv4 address is of. */
unsigned route_classful_bits(const unsigned char *raw);

#endif
