/*
 * The interfaces of this device as the kernel has them, with their counters: one table that messages,
 * detectors, tracked objects and `show interfaces` read. Engine thread only.
 */
#ifndef NET_LINKS_H
#define NET_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <linux/if.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"

/* Counters of IFLA_STATS64 under IOS's names (rtnetlink(7), ip-link(8)). */
struct link_counters {
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped, rx_multicast;
	uint64_t rx_crc, rx_frame, rx_overrun, rx_length, rx_no_handler;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
	uint64_t tx_underrun, tx_carrier, tx_aborted, collisions, late_collisions;
	uint64_t resets; /* times that the carrier was lost */
};

/* Averages over the load interval (IOS `load-interval`), renewed every LINKS_SAMPLE. */
struct link_load {
	double rx_bps, rx_pps, tx_bps, tx_pps;
	unsigned reliability, rxload, txload; /* fractions of 255 */
};

#define LINKS_SAMPLE (5 * USEC_PER_SEC)

struct link {
	int index;
	unsigned flags;     /* netdevice(7): IFF_UP, IFF_LOWER_UP, IFF_RUNNING */
	unsigned mtu, type; /* type: ARPHRD_ETHER, ... */
	int master;         /* index of the bridge or VRF it is part of, 0 = none */
	unsigned char address[32];
	size_t address_len;
	char name[IFNAMSIZ];
	uint32_t vrf_table;  /* of a VRF: its routing table; else 0 */
	char kind[IFNAMSIZ]; /* "veth", "bridge", "vrf", ...; "" for hardware */
	char *alias;         /* its description, or NULL */
	usec changed;        /* monotonic: when its flags last changed; 0 = before we began */
	struct link_counters counters;
	struct link_counters cleared; /* `clear counters`: what `show interfaces` begins from */
	usec cleared_at;              /* wall clock, 0 = never */
	struct link_load load;
	struct link_counters sampled; /* of the load's last sample */
	usec sampled_at;              /* monotonic, 0 = none yet */
	unsigned round;
	LIST_ENTRY(link) entry;
};

struct links;

/*
 * Follows the interfaces of the network namespace that the process is in. What is there at the start
 * is learnt in silence. NULL: no netlink, err says why. Needs loop, log and settings of the engine.
 */
struct links *links_new(const void *ctx, struct engine *, struct err *);

/* Those of another network namespace (net/netlink.h), without samples of their load. */
struct links *links_new_in(const void *ctx, struct engine *, const char *netns, struct err *);

/* For scenarios and unit tests: nothing but what links_fake_set() says. */
struct links *links_new_fake(const void *ctx, struct engine *);
/* A new interface, or new values of one; flags of ~0u: it is gone. */
void links_fake_set(struct links *, const char *name, unsigned flags, const struct link_counters *);

/* By the kernel's name; NULL when there is none. */
struct link *links_find(const struct links *, const char *name);
struct link *links_by_index(const struct links *, int index);
/* In order of index. `f` may not change the table. */
void links_each(const struct links *, void (*f)(void *arg, struct link *), void *arg);

enum link_event { LINK_NEW, LINK_CHANGED, LINK_GONE };
/*
 * `before`: the flags until now; those of a new interface count as 0. A link that is gone is borrowed for
 * the call. One that is renamed is gone under its old name, then new under the other.
 */
typedef void links_f(void *arg, enum link_event, const struct link *, unsigned before);
/* Ends with ctx. */
void links_on_change(const void *ctx, struct links *, links_f *, void *arg);

/* Reads every counter anew, once for all who ask before it is done; then `done` is called. Ends with ctx. */
typedef void links_done_f(void *arg);
void links_poll(const void *ctx, struct links *, links_done_f *done, void *arg);

struct links_stats {
	unsigned interfaces;
	uint64_t changes; /* of an interface's state */
	uint64_t resyncs; /* the kernel had more to say than we had room: everything was read anew */
};
void links_stats(const struct links *, struct links_stats *);

/* Over what the averages of this one go (net/load_intervals.h). */
usec links_load_interval(const struct links *, const struct link *);

/* Bits a second and duplex as the driver says (ethtool); 0 and -1 when it says nothing. Does not block. */
uint64_t link_speed(const struct link *, int *full_duplex);

#endif
