/*
 * The kernel's routes, of every table but `local`: who wants to know of them follows them from then on.
 * A route counts as present while the kernel has it and the interface that it leads to has its line
 * protocol up, as a router would have it: Linux keeps routes whose carrier is lost, and drops those of an
 * interface that is shut without saying so. Engine thread only.
 */
#ifndef NET_ROUTES_H
#define NET_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "core/engine.h"
#include "core/err.h"
#include "net/nexthop.h"

/* Padding is zeroed. */
struct route_key {
	unsigned char family; /* AF_INET, AF_INET6 */
	unsigned char prefix; /* bits */
	unsigned char raw[16];
	uint32_t table;
};

struct route {
	struct route_key key;
	struct route *same; /* of the same prefix, with another metric or next hop */
	/* With the key, what the kernel tells routes apart by: */
	uint32_t metric;    /* RTA_PRIORITY */
	struct nexthop hop; /* its first one */
	unsigned char tos;
	unsigned char protocol; /* RTPROT_... */
	unsigned char type;     /* RTN_UNICAST, ... */
	bool active;
	unsigned hops;     /* of a multipath route; else 0 */
	uint32_t hops_sum; /* of all of them */
	unsigned round;
	UT_hash_handle hh; /* of the first of a prefix */
};

struct routes;

/* Those of the engine; begins to follow them when nobody did. NULL: no netlink, err says why. */
struct routes *routes_of(struct engine *, struct err *);

/* Those of another network namespace (net/netlink.h), followed until ctx dies. */
struct routes *routes_in(const void *ctx, struct engine *, const char *netns, struct err *);

/* The interfaces that they lead to. */
const struct links *routes_links(const struct routes *);

enum route_event { ROUTE_ADDED, ROUTE_MODIFIED, ROUTE_REMOVED };
/* A route that was removed is borrowed for the call. Ends with ctx. */
typedef void routes_f(void *arg, enum route_event, const struct route *);
void routes_on_change(const void *ctx, struct routes *, routes_f *, void *arg);

/* The route of exactly this prefix in the table, the one of the least metric; NULL: none is active. */
const struct route *routes_find(
	const struct routes *, int family, uint32_t table, const unsigned char raw[16], unsigned prefix);

/* The first of a prefix, active or not; the others hang on ->same. NULL: there is none. */
const struct route *routes_first(const struct routes *, const struct route_key *);

/* "connected", "static", "bgp", "ospf", ...: IOS's words, FRR's for protocols that IOS lacks, else the number. */
const char *route_protocol(const struct route *, char room[16]);
/* IOS's administrative distance of that protocol: the kernel has none. */
unsigned route_distance(const struct route *);
/* The table of a VRF by its name, or that of the default one for NULL; 0: there is no such VRF. */
uint32_t routes_vrf_table(const struct engine *, const char *vrf);
/* "default", the VRF's name, or "table N". */
const char *routes_vrf_name(const struct engine *, uint32_t table, char room[32]);

#endif
