/* The ports of the responder: UDP ports that echo and stamp, TCP ports that accept. The process' own loop. */
#ifndef PROBE_PORT_H
#define PROBE_PORT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/loop.h"

enum port_kind { PORT_UDP, PORT_TCP };

struct ports;

/* `changed` is told when a port opens or closes. */
struct ports *ports_new(const void *ctx, struct loop *, timer_f *changed, void *arg);

/*
 * Opens the port for whoever is at `from`, for that long; an open one stays open longer. False, with errno: it is somebody
 * else's, or there are too many.
 */
bool ports_open_for(struct ports *, enum port_kind, const struct sockaddr_storage *from, uint16_t port, usec);
void ports_close_temporary(struct ports *);

/* The permanent ones are told anew: none, each, and what was not told again is closed. */
void ports_keep_none(struct ports *);
void ports_keep(struct ports *, enum port_kind, const char *address, uint16_t port);
void ports_close_others(struct ports *);

json_t *ports_to_json(const struct ports *);

/* ---- sockets ---- */
/* Bound, and listening when it is TCP; -1 with errno. */
int port_socket(enum port_kind, const struct sockaddr_storage *);
void port_any(int family, uint16_t port, struct sockaddr_storage *);
void port_address(const struct sockaddr_storage *, char out[INET6_ADDRSTRLEN]);

#endif
