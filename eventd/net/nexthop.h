/* Where a route leads: what rtnetlink says of next hops. Any thread. */
#ifndef NET_NEXTHOP_H
#define NET_NEXTHOP_H

#include <stdbool.h>
#include <stddef.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

struct nexthop {
	int interface; /* index; 0: none (blackhole and its like) */
	unsigned char gateway[16];
	bool has_gateway, gateway_v6;
};

/* RTA_GATEWAY, RTA_VIA (an IPv4 route over an IPv6 neighbour) and RTA_OIF; any other attribute changes nothing. */
void nexthop_take(struct nexthop *, const struct nlattr *);

/* Each of RTA_MULTIPATH, with what the kernel says of it: its head, and the octets of its attributes. */
typedef void nexthop_f(
	void *arg, const struct nexthop *, const struct rtnexthop *, const void *attributes, size_t n);
void nexthops_each(const struct nlattr *multipath, nexthop_f *, void *arg);

#endif
