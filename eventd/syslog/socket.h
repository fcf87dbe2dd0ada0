/* Opens the sockets on which syslog is received. Any thread. */
#ifndef SYSLOG_SOCKET_H
#define SYSLOG_SOCKET_H

#include "syslog/url.h"

/*
 * A bound socket, listening where there are connections, non-blocking; the URL receives the port that was
 * chosen. A unix socket that nobody reads any more gives way. -1: errno.
 */
int syslog_socket(struct syslog_url *);

/* Of a connection: dead peers are found, quiet ones kept, for a router may say nothing for days. */
void syslog_keep_alive(int fd);

#endif
