/*
 * A TCP connection to one of a host's addresses: each is tried once, in order; the other family gets its
 * chance after 250 ms (RFC 8305). Our own end may be bound to an interface or an address.
 */
#ifndef ACTIONS_MAIL_CONNECT_H
#define ACTIONS_MAIL_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "actions/mail/cancel.h"
#include "actions/mail/resolve.h"
#include "core/err.h"
#include "core/trace.h"

/* Where we speak from. */
struct mail_source {
	const char *interface;      /* bound to it, or NULL */
	struct sockaddr_storage v4; /* family AF_UNSPEC = not usable */
	struct sockaddr_storage v6;
	bool bound;      /* false: any address will do */
	const char *vrf; /* whose table is used; NULL: the system's, or that of the interface */
};

/* Finds the addresses; err->class SOURCE_UNAVAILABLE when there is none that can be used. */
bool mail_source_find(const char *interface, const char *address, struct mail_source *, struct err *);

/* AF_UNSPEC, or the only family that the source can speak. */
int mail_source_family(const struct mail_source *);

struct connect_want {
	struct mail_endpoints *to; /* those tried are marked */
	const struct mail_source *source;
	unsigned timeout_ms; /* for each address */
	int64_t deadline;    /* for all of them */
	struct cancel *cancel;
	const struct trace *trace;
	const char *policy; /* for the trace */
	unsigned *attempts; /* counted on */
	void (*begun)(
		void *arg, int fd, const struct mail_endpoint *); /* told of each connection; NULL: nobody */
	void *arg;
};

/*
 * A non-blocking socket and the endpoint it leads to; -1 when no untried address answers. err->class is
 * then of the last failure, and the text names each address: CONNECT_REFUSED, CONNECT_TIMEOUT,
 * CONNECT_UNREACHABLE, SOURCE_UNAVAILABLE, TIMEOUT
 * (all the time is used up) or CANCELLED.
 */
int mail_connect(const struct connect_want *, const struct mail_endpoint **, struct err *);

#endif
