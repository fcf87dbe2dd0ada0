/*
 * The forwarding tables of the kernel's bridges: which MAC address is behind which port. Followed from
 * the first who asks on; addresses of the device itself are left out. Engine thread only.
 */
#ifndef NET_FDB_H
#define NET_FDB_H

#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "core/engine.h"
#include "core/err.h"

/* Padding is zeroed. */
struct fdb_key {
	unsigned char mac[6];
	uint16_t vlan; /* 0: none */
	int bridge;    /* index */
};

struct fdb_entry {
	struct fdb_key key;
	int port; /* index of the interface */
	unsigned round;
	UT_hash_handle hh;
};

struct fdb;

/* The engine's; NULL: no netlink, err says why. */
struct fdb *fdb_of(struct engine *, struct err *);

/* An address that moves to another port is removed, then added. Ends with ctx. */
typedef void fdb_f(void *arg, bool added, const struct fdb_entry *);
void fdb_on_change(const void *ctx, struct fdb *, fdb_f *, void *arg);

#endif
