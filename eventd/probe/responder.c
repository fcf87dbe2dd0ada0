/* The responder: control messages, and the ports that they open. */
#include "probe/responder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "probe/port.h"
#include "probe/run.h"
#include "probe/wire.h"

enum { SOURCES = 5, CONTROLS = 4, READS_MAX = 64 };

#define NEWS_GAP        (200 * USEC_PER_MSEC)
#define DURATION_MAX_MS (24U * 3600 * 1000)

/* Who asked last, the newest first. */
struct source {
	char address[INET6_ADDRSTRLEN];
	usec wall;
};

struct responder {
	struct loop *loop;
	struct ports *ports;
	void *life; /* what `ip sla responder` opened; NULL: it is not configured */
	uint64_t received, errors;
	struct source sources[SOURCES], error_sources[SOURCES];
	struct timer *news;
	char why[160]; /* a control port that could not be opened */
};

/* ---- news ---- */

static void
add_sources(json_t *j, const char *key, const struct source *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < SOURCES && s[i].wall != 0; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:I}", "address", s[i].address, "time", (json_int_t)s[i].wall));
	json_object_set_new(j, key, list);
}

static void
tell(void *arg)
{
	struct responder *r = arg;
	struct err err = ERR_INIT;
	json_t *j = json_pack("{s:s, s:b, s:I, s:I, s:s, s:o}", "type", "responder", "enabled",
		r->life != NULL, "received", (json_int_t)r->received, "errors", (json_int_t)r->errors,
		"error", r->why, "ports", ports_to_json(r->ports));

	add_sources(j, "sources", r->sources);
	add_sources(j, "error_sources", r->error_sources);
	mem_free(r->news);
	r->news = NULL;
	if (!frame_write_fd(STDOUT_FILENO, j, &err))
		exit(1); /* nobody reads what we say */
	json_decref(j);
}

static void
tell_soon(void *arg)
{
	struct responder *r = arg;

	if (r->news == NULL)
		r->news = timer_after(r, r->loop, NEWS_GAP, tell, r);
}

static void
remember(struct source *s, const struct sockaddr_storage *from)
{
	memmove(s + 1, s, (SOURCES - 1) * sizeof *s);
	s->wall = stamp_now();
	port_address(from, s->address);
}

/* ---- control messages ---- */

static enum control_status
carry_out(struct responder *r, const struct control_message *m, const struct sockaddr_storage *from)
{
	uint32_t ms = m->duration_ms > DURATION_MAX_MS ? DURATION_MAX_MS : m->duration_ms;
	bool opened;

	if (m->port == CONTROL_PORT_V1 || m->port == CONTROL_PORT_V2)
		return CONTROL_PORT_IN_USE;
	opened = ports_open_for(r->ports, PORT_UDP, from, m->port, (usec)ms * USEC_PER_MSEC);
	if (m->version == 1 && m->command != CONTROL_UDP)
		opened =
			ports_open_for(r->ports, PORT_TCP, from, m->port, (usec)ms * USEC_PER_MSEC) || opened;
	return opened ? CONTROL_SUCCESS : errno == EADDRINUSE ? CONTROL_PORT_IN_USE : CONTROL_FAIL;
}

static void
take(struct responder *r, int fd, const unsigned char *data, size_t n, const struct sockaddr_storage *from,
	socklen_t from_len)
{
	unsigned char out[CONTROL_ROOM];
	struct control_message m;
	enum control_status status;
	size_t len;

	if (!control_parse_request(data, n, &m, &status)) {
		r->errors++;
		remember(r->error_sources, from);
		tell_soon(r);
		return;
	}
	r->received++;
	if (status == CONTROL_SUCCESS)
		status = carry_out(r, &m, from);
	if (status != CONTROL_SUCCESS)
		r->errors++;
	remember(status == CONTROL_SUCCESS ? r->sources : r->error_sources, from);
	tell_soon(r);
	len = control_response(data, n, status, stamp_now(), out);
	if (len > 0)
		sendto(fd, out, len, MSG_DONTWAIT, (const struct sockaddr *)from, from_len);
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct responder *r = arg;
	unsigned char room[CONTROL_ROOM + 1];

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_storage from;
		socklen_t from_len;
		usec when;
		ssize_t n = stamp_recv(fd, room, sizeof room, &from, &from_len, &when);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			take(r, fd, room, (size_t)n, &from, from_len);
	}
}

/* ---- what the engine says ---- */

struct control_port {
	int fd;
	struct watch *watch;
};

static int
control_port_free(void *ptr)
{
	struct control_port *c = ptr;

	mem_free(c->watch); /* before its descriptor goes */
	close(c->fd);
	return 0;
}

static void
listen_on(struct responder *r, int family, uint16_t port)
{
	struct sockaddr_storage any;
	struct control_port *c;
	int fd;

	port_any(family, port, &any);
	fd = port_socket(PORT_UDP, &any);
	if (fd < 0) {
		if (errno != EAFNOSUPPORT)
			snprintf(r->why, sizeof r->why, "UDP port %u: %s", port, strerror(errno));
		return;
	}
	c = mem_new(r->life, struct control_port);
	c->fd = fd;
	mem_on_free(c, control_port_free);
	c->watch = watch_fd(c, r->loop, fd, WATCH_READ, ready, r);
}

static void
take_permanent(struct responder *r, const json_t *list)
{
	const json_t *one;
	size_t i;

	ports_keep_none(r->ports);
	json_array_foreach(list, i, one)
	{
		const char *kind = json_string_value(json_object_get(one, "kind"));
		const char *address = json_string_value(json_object_get(one, "address"));
		json_int_t port = json_integer_value(json_object_get(one, "port"));

		if (kind != NULL && address != NULL && port > 0 && port < 65536)
			ports_keep(r->ports, strcmp(kind, "tcp-connect") == 0 ? PORT_TCP : PORT_UDP, address,
				(uint16_t)port);
	}
	ports_close_others(r->ports);
}

void
responder_take(struct responder *r, const json_t *message)
{
	bool enabled = json_is_true(json_object_get(message, "enabled"));

	take_permanent(r, json_object_get(message, "permanent"));
	if (enabled && r->life == NULL) {
		r->life = mem_ctx(r, "control ports");
		r->why[0] = '\0';
		listen_on(r, AF_INET, CONTROL_PORT_V1);
		listen_on(r, AF_INET, CONTROL_PORT_V2);
		listen_on(r, AF_INET6, CONTROL_PORT_V1);
		listen_on(r, AF_INET6, CONTROL_PORT_V2);
	} else if (!enabled && r->life != NULL) {
		mem_free(r->life);
		r->life = NULL;
		ports_close_temporary(r->ports);
	}
	tell(r);
}

struct responder *
responder_new(const void *ctx, struct loop *loop)
{
	struct responder *r = mem_new(ctx, struct responder);

	r->loop = loop;
	r->ports = ports_new(r, loop, tell_soon, r);
	return r;
}
