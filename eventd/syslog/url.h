/*
 * Where syslog messages are received: the URLs of the setting `syslog: listen`. udp://ADDRESS:PORT,
 * tcp://ADDRESS:PORT and tls://ADDRESS:PORT (IPv6 in brackets, with %INTERFACE where it is of a link; no address =
 * all, port 0 = any free one),
 * unix:///PATH (datagrams, as /dev/log) and unix-stream:///PATH.
 * Any thread.
 */
#ifndef SYSLOG_URL_H
#define SYSLOG_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/err.h"

/* The last two have no URL: they are what helper processes read. */
enum syslog_transport {
	SYSLOG_UDP,
	SYSLOG_TCP,
	SYSLOG_TLS,
	SYSLOG_UNIX,
	SYSLOG_UNIX_STREAM,
	SYSLOG_FILES,
	SYSLOG_JOURNAL
};

bool syslog_is_unix(enum syslog_transport);   /* with a name in the file system */
bool syslog_is_stream(enum syslog_transport); /* with connections */

struct syslog_url {
	enum syslog_transport transport;
	struct sockaddr_storage address;
	socklen_t len;
	bool only_v6; /* not IPv4 at [::], too: another listener has that */
};

/* The same place; never of a port that is chosen. */
bool syslog_url_same(const struct syslog_url *, const struct syslog_url *);

/* True: both are wanted, one for IPv4 and this one for [::], with the same port. */
bool syslog_url_shares(const struct syslog_url *v6, const struct syslog_url *v4);

/* False: err says what is wrong and what would be right. */
bool syslog_url_parse(const char *url, struct syslog_url *out, struct err *);

#define SYSLOG_URL_MAX 160u
/* The URL of an address, as it would be written in the settings. */
void syslog_url_format(const struct syslog_url *, char out[SYSLOG_URL_MAX]);

/* "udp 192.0.2.1": a peer's address, without its port; of a link with its interface. An IPv4 peer of an IPv6
 * socket is IPv4. */
#define SYSLOG_SOURCE_MAX 64u
void syslog_source_format(
	enum syslog_transport, const struct sockaddr_storage *, char out[SYSLOG_SOURCE_MAX]);

#endif
