/*
 * What lldpd knows of the neighbors at the other ends of the cables: it speaks LLDP and CDP. Its own program, `lldpcli
 * watch`, tells every change in JSON and runs as our child while somebody wants to know; the library behind it comes
 * with a daemon that starts by itself wherever it is built against. lldpd may be absent, come, go and come again. The
 * neighbors that it has when this device starts are added then.
 * Engine thread only, but for the JSON.
 */
#ifndef PEERS_LLDP_H
#define PEERS_LLDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "core/engine.h"

enum lldp_what { LLDP_ADDED, LLDP_UPDATED, LLDP_DELETED };

/* Bits of IEEE 802.1AB, 8.5.8.1. */
enum lldp_capability {
	LLDP_OTHER = 0x01,
	LLDP_REPEATER = 0x02,
	LLDP_BRIDGE = 0x04,
	LLDP_WLAN = 0x08,
	LLDP_ROUTER = 0x10,
	LLDP_TELEPHONE = 0x20,
	LLDP_DOCSIS = 0x40,
	LLDP_STATION = 0x80,
};

/* Strings are those of the JSON; "" for what is not said. */
struct lldp_change {
	enum lldp_what what;
	const char *interface; /* ours, as the kernel names it */
	bool is_cdp;
	const char *chassis, *name, *description;
	const char *port, *port_description;
	int64_t ttl;                    /* s */
	unsigned can, does;             /* enum lldp_capability */
	const char *address, *address6; /* that it is managed at, the first of each family */
};

/* One change as lldpcli prints it (json0). False: it is something else. Any thread. */
bool lldp_change_read(const json_t *, struct lldp_change *);

/* One neighbor ("interface") of `show neighbors` or of a change, as if it were added. False: it is something else. Any thread. */
bool lldp_neighbor_read(const json_t *, struct lldp_change *);

/* Objects in a stream of them: the first whole one begins at *from; its size, 0 when there is none yet. Any thread. */
size_t lldp_object(const char *s, size_t n, size_t *from);

struct lldp;

typedef void lldp_f(void *arg, const struct lldp_change *); /* borrowed for the call */
typedef void lldp_lack_f(void *arg, const char *why);       /* what is missing; NULL: nothing */

struct lldp *lldp_new(const void *ctx, struct engine *, lldp_f *, lldp_lack_f *, void *arg);

/* From now on lldpd is watched, there and nowhere else. Fine when it is already. */
void lldp_watch(struct lldp *, const char *socket);
void lldp_unwatch(struct lldp *);
pid_t lldp_pid(const struct lldp *); /* of lldpcli; 0: it does not run */

/* Octets as lldpcli printed them. */
void lldp_feed(struct lldp *, const char *s, size_t n);

#endif
