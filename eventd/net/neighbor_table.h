/*
 * The kernel's neighbours, read once: who has which hardware address (ARP, IPv6 neighbour discovery), and which
 * hardware address is behind which port of a bridge. Blocking, for a worker thread; malloc only. Any thread.
 */
#ifndef NET_NEIGHBOR_TABLE_H
#define NET_NEIGHBOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct neighbor {
	int family;                /* AF_INET, AF_INET6, AF_BRIDGE */
	int interface;             /* index; of a bridge's table the port */
	unsigned char address[16]; /* IP; not of a bridge's table */
	unsigned char mac[32];
	size_t mac_len; /* 0: not known */
	uint16_t state; /* NUD_... (rtnetlink(7)) */
	uint16_t vlan;  /* of a bridge's table; 0: none */
	int bridge;     /* index; of a bridge's table */
	unsigned age;   /* s since it was confirmed or heard of */
};

struct neighbors {
	bool ok;
	struct err err; /* why not */
	struct neighbor *v;
	size_t n;
};

/*
 * AF_INET and AF_INET6: in order of addresses, without those that need no resolution (NUD_NOARP, of groups). AF_BRIDGE:
 * those of bridges, in order of VLAN and address. The caller frees.
 */
struct neighbors *neighbors_read(int family);
void neighbors_free(struct neighbors *);

/* Learnt, not set by somebody? */
bool neighbor_is_learnt(const struct neighbor *);
/* The kernel forgets it. One that is gone already is fine. */
bool neighbor_forget(const struct neighbor *, struct err *);

#endif
