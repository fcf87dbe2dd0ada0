/*
 * From a host name to addresses in the order of RFC 6724, within a deadline. The system's resolver
 * blocks as long as it likes, so it runs in a thread of its own that is left behind when time is up.
 */
#ifndef ACTIONS_MAIL_RESOLVE_H
#define ACTIONS_MAIL_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "actions/mail/cancel.h"
#include "core/err.h"

#define MAIL_ADDRESSES_MAX 32 /* tried of one host */

struct mail_endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
	char text[80]; /* "192.0.2.1", "fe80::1%eth0" */
	bool tried;
};

struct mail_endpoints {
	struct mail_endpoint items[MAIL_ADDRESSES_MAX];
	size_t count;
};

struct resolve_ask {
	const char *host; /* a name, or an address with an optional zone */
	bool is_address;
	unsigned port;
	const char *server; /* name server to ask, ADDR or ADDR@PORT; NULL: as the system is set up */
	int family;         /* AF_UNSPEC, or the one that our source address forces */
	int64_t deadline;   /* of tls_now() */
	struct cancel *cancel;
};

/* err->class is DNS_NXDOMAIN, DNS_NODATA, DNS_FAILED, TIMEOUT, BAD_HOST or CANCELLED. */
bool mail_resolve(const struct resolve_ask *, struct mail_endpoints *, struct err *);

#endif
