/*
 * What the kernel has in one of its tables, asked for once, and requests to change it (rtnetlink(7)). Blocking, for a
 * worker thread; malloc only. For the network namespace that the process is in. Any thread.
 */
#ifndef NET_DUMP_H
#define NET_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "core/err.h"

struct dump {
	uint16_t type;        /* RTM_GETROUTE */
	unsigned char family; /* AF_INET, ... */
	size_t header;        /* bytes of struct rtmsg and its like */
	/* One row; at least `header` octets are there. */
	void (*row)(void *arg, const struct nlmsghdr *);
	/* The table changed under our hands: all is told again. */
	void (*again)(void *arg);
};

bool dump_read(const struct dump *, void *arg, struct err *);

/* Asks the kernel to do something and awaits its word; errno stays that of a refusal. */
bool dump_request(struct nlmsghdr *, struct err *);

#endif
