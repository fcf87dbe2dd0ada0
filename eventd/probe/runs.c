/* The probes under way in eventd-probe: names are resolved, the kind does its part, the answer goes out. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/vrf.h"
#include "probe/responder.h"
#include "probe/run.h"

#define READ_BYTES 65536

struct prober_world {
	struct loop *loop;
	struct clock *clock;
	struct echo *echo;
	struct frame_reader *reader;
	struct responder *responder;
	struct probe_run *first;
};

struct echo *
probe_echo(struct prober_world *w)
{
	return w->echo;
}

/* ---- ends ---- */

usec
probe_elapsed(const struct probe_run *r)
{
	return loop_mono(r->loop) - r->sent;
}

void
probe_sending(struct probe_run *r)
{
	r->sent = loop_mono(r->loop);
	r->sent_wall = stamp_now();
}

/* Unless the wall clock was stepped meanwhile: then what we saw ourselves has to do. */
static usec
round_trip(const struct probe_run *r, usec received)
{
	usec seen = probe_elapsed(r), stamped = received - r->sent_wall;

	return received != 0 && r->sent_wall != 0 && stamped >= 0 && stamped <= seen ? stamped : seen;
}

static int
run_free(void *ptr)
{
	struct probe_run *r = ptr;

	*r->at = r->next;
	if (r->next != NULL)
		r->next->at = r->at;
	return 0;
}

void
probe_finish_answer(struct probe_run *r, struct probe_answer *a)
{
	struct err err = ERR_INIT;
	json_t *j;

	a->address = r->address[0] != '\0' ? r->address : NULL;
	j = probe_answer_to_json(a, r->ask->id);
	if (!frame_write_fd(STDOUT_FILENO, j, &err))
		exit(1); /* nobody reads what we find */
	json_decref(j);
	mem_free(r);
}

void
probe_finish(struct probe_run *r, enum probe_code code, const char *detail)
{
	probe_finish_at(r, code, detail, 0);
}

void
probe_finish_at(struct probe_run *r, enum probe_code code, const char *detail, usec received)
{
	struct probe_answer a = { .code = code,
		.rtt_us = probe_code_is_success(code) ? round_trip(r, received) : -1,
		.dns_us = -1,
		.tcp_us = -1,
		.http_us = -1,
		.detail = detail };

	probe_finish_answer(r, &a);
}

/* ---- sockets ---- */

const char *
probe_device(const struct probe_run *r)
{
	return r->ask->source_interface != NULL ? r->ask->source_interface : r->ask->vrf;
}

/* Without its VRF or source interface a probe would measure another path: it is finished. */
static bool
lacks(struct probe_run *r, const char *detail)
{
	struct probe_answer a = { .code = PROBE_SOCKET_ERROR,
		.rtt_us = -1,
		.dns_us = -1,
		.tcp_us = -1,
		.http_us = -1,
		.absent = true };

	a.detail = detail;
	probe_finish_answer(r, &a);
	return false;
}

static bool
devices_are_there(struct probe_run *r)
{
	const char *interface = r->ask->source_interface, *vrf = r->ask->vrf;

	if (interface != NULL && if_nametoindex(interface) == 0)
		return lacks(r, mem_printf(r, "source interface %s does not exist", interface));
	if (vrf == NULL)
		return true;
	switch (vrf_look(vrf)) {
	case VRF_ABSENT:
		return lacks(r, mem_printf(r, "VRF %s does not exist", vrf));
	case VRF_INTERFACE:
		return lacks(r, mem_printf(r, "%s is an interface, not a VRF", vrf));
	case VRF_THERE:
		break;
	}
	return true;
}

static bool
bind_source(struct probe_run *r, int fd, unsigned port)
{
	struct sockaddr_storage from = { .ss_family = r->to.ss_family };
	const char *device = probe_device(r);
	void *at = from.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&from)->sin6_addr
					      : (void *)&((struct sockaddr_in *)&from)->sin_addr;

	if (device != NULL &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) != 0)
		return false;
	if (from.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&from)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)&from)->sin_port = htons((uint16_t)port);
	if (r->ask->source_address == NULL && port == 0)
		return true;
	if (r->ask->source_address != NULL && inet_pton(from.ss_family, r->ask->source_address, at) != 1) {
		errno = EAFNOSUPPORT;
		return false;
	}
	return bind(fd, (struct sockaddr *)&from, r->to_len) == 0;
}

int
probe_socket(struct probe_run *r, int type)
{
	return probe_socket_of(r, type, r->ask->source_port);
}

int
probe_socket_of(struct probe_run *r, int type, unsigned source_port)
{
	const int on = 1;
	int fd = socket(r->to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), tos = (int)r->ask->tos;
	bool is_v6 = r->to.ss_family == AF_INET6;

	if (fd >= 0 && type == SOCK_STREAM && source_port != 0) /* the last connection may linger there */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || !bind_source(r, fd, source_port)) {
		const char *why = strerror(errno);

		if (fd >= 0)
			close(fd);
		probe_finish(r, PROBE_SOCKET_ERROR, why);
		return -1;
	}
	setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof tos);
	return fd;
}

/* ---- names ---- */

/* Of the worker thread: malloc only. */
struct resolving {
	struct probe_run *run;
	char *name;
	int family, error;
	struct sockaddr_storage found;
	socklen_t len;
};

static void (*const starts[PROBE_KIND_COUNT])(struct probe_run *) = { probe_dns_start, probe_http_start,
	probe_icmp_start, probe_icmp_jitter_start, probe_tcp_start, probe_udp_start,
	probe_udp_jitter_start }; /* ORDER: enum probe_kind */

static void
start(struct probe_run *r)
{
	unsigned port = r->ask->kind == PROBE_DNS ? 53 : r->ask->port;
	char text[INET6_ADDRSTRLEN] = "";

	if (r->ask->kind == PROBE_DNS && r->ask->port != 0)
		port = r->ask->port;
	if (r->to.ss_family == AF_INET6) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)&r->to;

		/* A raw socket takes a port for a protocol. */
		a->sin6_port = r->ask->kind == PROBE_ICMP_ECHO || r->ask->kind == PROBE_ICMP_JITTER
				       ? 0
				       : htons((uint16_t)port);
		inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
	} else {
		struct sockaddr_in *a = (struct sockaddr_in *)&r->to;

		a->sin_port = htons((uint16_t)port);
		inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
	}
	memcpy(r->address, text, sizeof r->address);
	r->sent = loop_mono(r->loop);
	starts[r->ask->kind](r);
}

static void
resolve(void *data)
{
	struct resolving *q = data;
	struct addrinfo hints = { .ai_family = q->family, .ai_socktype = SOCK_DGRAM }, *found = NULL;

	q->error = getaddrinfo(q->name, NULL, &hints, &found);
	if (q->error != 0)
		return;
	q->len = found->ai_addrlen;
	memcpy(&q->found, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
}

static void
resolved(void *data)
{
	const struct resolving *q = data;
	struct probe_run *r = q->run;

	mem_free(r->timer);
	r->timer = NULL;
	if (q->error != 0) {
		probe_finish(r, PROBE_DNS_QUERY_ERROR, gai_strerror(q->error));
		return;
	}
	r->to = q->found;
	r->to_len = q->len;
	start(r);
}

static void
forget(void *data)
{
	struct resolving *q = data;

	free(q->name);
	free(q);
}

static void
on_resolve_timeout(void *arg)
{
	probe_finish(arg, PROBE_DNS_TIMEOUT, "the name was not resolved in time");
}

bool
probe_numeric(struct probe_run *r, const char *s)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&r->to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&r->to;

	if (inet_pton(AF_INET, s, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		r->to_len = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, s, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	r->to_len = sizeof *v6;
	return true;
}

static void
begin(struct probe_run *r)
{
	const char *to = r->ask->kind == PROBE_DNS ? r->ask->server : r->ask->target;
	const char *from = r->ask->source_address;
	struct resolving *q;

	if (!devices_are_there(r))
		return;
	if (r->ask->kind == PROBE_HTTP) {
		r->sent = loop_mono(r->loop);
		probe_http_start(r);
		return;
	}
	if (to != NULL && probe_numeric(r, to)) {
		start(r);
		return;
	}
	q = calloc(1, sizeof *q);
	if (to == NULL || q == NULL || (q->name = strdup(to)) == NULL) {
		free(q);
		probe_finish(r, PROBE_UNKNOWN, "there is nobody to ask");
		return;
	}
	q->run = r;
	q->family = from == NULL ? AF_UNSPEC : strchr(from, ':') != NULL ? AF_INET6 : AF_INET;
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_resolve_timeout, r);
	work_submit(r, r->loop, resolve, resolved, forget, q);
}

/* ---- what the engine says ---- */

static void
take_probe(struct prober_world *w, const json_t *message)
{
	struct probe_run *r = mem_new(w, struct probe_run);
	struct err err = ERR_INIT;

	r->world = w;
	r->loop = w->loop;
	r->ask = probe_ask_from_json(r, message, &err);
	if (r->ask == NULL) {
		fprintf(stderr, "eventd-probe: %s\n", err.text);
		mem_free(r);
		return;
	}
	r->next = w->first;
	r->at = &w->first;
	if (r->next != NULL)
		r->next->at = &r->next;
	w->first = r;
	mem_on_free(r, run_free);
	begin(r);
}

static void
take_cancel(struct prober_world *w, uint64_t id)
{
	for (struct probe_run *r = w->first; r != NULL; r = r->next)
		if (r->ask->id == id) {
			mem_free(r);
			return;
		}
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct prober_world *w = arg;
	char room[READ_BYTES];
	ssize_t n = read(fd, room, sizeof room);
	struct err err = ERR_INIT;
	json_t *message;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop_stop(w->loop);
		return;
	}
	frame_reader_feed(w->reader, room, (size_t)n);
	while ((message = frame_reader_next(w->reader, &err)) != NULL) {
		const char *type = json_string_value(json_object_get(message, "type"));

		if (type != NULL && strcmp(type, "probe") == 0)
			take_probe(w, message);
		else if (type != NULL && strcmp(type, "cancel") == 0)
			take_cancel(w, (uint64_t)json_integer_value(json_object_get(message, "id")));
		else if (type != NULL && strcmp(type, "responder") == 0)
			responder_take(w->responder, message);
		json_decref(message);
	}
	if (err.code != ERR_NONE)
		loop_stop(w->loop);
}

struct loop *
probe_world_new(const void *ctx, const struct echo_sockets *sockets)
{
	struct prober_world *w = mem_new(ctx, struct prober_world);

	w->clock = clock_new_real(w);
	w->loop = loop_new(w, w->clock);
	w->reader = frame_reader_new(w, 8 << 20);
	w->echo = echo_new(w, w->loop, sockets);
	w->responder = responder_new(w, w->loop);
	watch_fd(w, w->loop, STDIN_FILENO, WATCH_READ, ready, w);
	return w->loop;
}
