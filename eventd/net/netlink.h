/*
 * One of the kernel's tables (interfaces, addresses, routes, connections, ...) followed over netlink(7): a
 * dump of what is there, then every change. When changes come faster than they are read (ENOBUFS) the table
 * is dumped anew, and what the new dump does not name is gone: the followers' state is that of the
 * kernel again. A dump that the kernel breaks off proves nothing, and is tried again. For the network
 * namespace that the process is in, or another. Engine thread only.
 */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "core/engine.h"
#include "core/err.h"

struct netlink;

struct netlink_table {
	const char *what;        /* "interfaces": for messages */
	int bus;                 /* NETLINK_ROUTE (0), NETLINK_NETFILTER */
	uint16_t dump;           /* RTM_GETLINK */
	uint16_t added, removed; /* RTM_NEWLINK, RTM_DELLINK */
	unsigned groups[4];      /* RTNLGRP_LINK, ...; 0 ends */
	unsigned char family;    /* of the dump */
	size_t header;           /* bytes of struct ifinfomsg and its like */
	int receive_buffer;      /* bytes; 0: what most need */
	bool later;              /* the first dump is not waited for */
	/* One row was told. `round` is that of the dump under way or of the last one: keep it with the row. */
	void (*told)(void *arg, const struct nlmsghdr *, bool removed, unsigned round);
	/* A dump ended: rows of an older round are gone. `first`: nothing that came until now was a change. */
	void (*complete)(void *arg, unsigned round, bool first);
	/* Optional: a dump begins. */
	void (*begin)(void *arg, unsigned round);
	/* Optional: the kernel does not list this table (errno). No other dump follows by itself. */
	void (*failed)(void *arg, int error);
	/* Optional: another message of the groups, about what the rows depend on. */
	void (*touched)(void *arg);
};

/* Learns what is there before it returns (but `later`). NULL: no netlink here, err and errno say why. */
struct netlink *netlink_follow(
	const void *ctx, struct engine *, const struct netlink_table *, void *arg, struct err *);

/* As it, in the namespace of that name under /run/netns; NULL: ours. It stays, even if its name goes. */
struct netlink *netlink_follow_in(const void *ctx, struct engine *, const char *netns,
	const struct netlink_table *, void *arg, struct err *);

/* Reads everything anew, for values that the kernel does not report by itself; complete() says when. */
void netlink_refresh(struct netlink *);

uint64_t netlink_resyncs(const struct netlink *); /* times that changes were lost and all was read anew */

#endif
