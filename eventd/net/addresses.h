/* The addresses of this device's interfaces, as the kernel has them. Engine thread only. */
#ifndef NET_ADDRESSES_H
#define NET_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/engine.h"
#include "core/err.h"

struct address {
	int index;  /* of the interface */
	int family; /* AF_INET, AF_INET6 */
	unsigned char raw[16];
	unsigned prefix; /* bits */
	bool secondary;  /* IPv4: not the first of its network */
	bool permanent;  /* configured; else it was leased or advertised */
	bool link_local;
	unsigned round;
	TAILQ_ENTRY(address) entry;
};

struct addresses;

/* What is there is known when it returns. NULL: no netlink, err says why. */
struct addresses *addresses_new(const void *ctx, struct engine *, struct err *);

/* Those of another network namespace (net/netlink.h). */
struct addresses *addresses_new_in(const void *ctx, struct engine *, const char *netns, struct err *);

/* In the order in which the kernel told them; index 0: of every interface; family 0: both. */
void addresses_each(const struct addresses *, int index, int family,
	void (*f)(void *arg, const struct address *), void *arg);

/* The primary IPv4 address, or NULL. */
const struct address *addresses_primary(const struct addresses *, int index);

/* `f` is told that something has changed, once a change. Ends with ctx. */
typedef void addresses_f(void *arg);
void addresses_on_change(const void *ctx, struct addresses *, addresses_f *, void *arg);

#endif
