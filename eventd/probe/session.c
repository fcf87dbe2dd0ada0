/* The control phase: a responder is asked to open a port, in RFC 6812's words and in those of older IOS. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "probe/run.h"
#include "probe/wire.h"

/* How long version 2 may be silent before version 1 is tried beside it. */
#define PATIENCE (200 * USEC_PER_MSEC)
/* The port stays open a little longer than it is needed. */
#define SPARE_MS 2000

/* One conversation: a version of the protocol, and its socket. */
struct talk {
	struct control *control;
	unsigned version;
	int fd;
	struct watch *watch;
	bool refused;
	uint16_t status; /* of the last answer */
};

struct control {
	struct probe_run *run;
	probe_begin_f *begin;
	struct control_message message;
	struct talk talks[2];
	size_t count;  /* talks that are open */
	unsigned left; /* repetitions */
	usec wait;
	struct timer *again, *deadline;
	int from;
};

static int
control_free(void *ptr)
{
	struct control *c = ptr;

	for (size_t i = 0; i < c->count; i++) {
		mem_free(c->talks[i].watch); /* before its descriptor goes */
		close(c->talks[i].fd);
	}
	return 0;
}

static void talk_open(struct control *, unsigned version);

static void
fail(struct control *c, const char *why)
{
	struct probe_run *r = c->run;
	char text[160];

	snprintf(text, sizeof text, "the responder opens no port: %s", why);
	probe_finish(r, PROBE_NO_CONNECTION, text); /* `c` is the run's: gone */
}

/* Both versions have said no, or there is nobody to say anything. */
static void
settle(struct control *c)
{
	const char *why = "nobody answers";

	if (c->count == 1 && c->talks[0].version == 2 && c->run->to.ss_family == AF_INET) {
		talk_open(c, 1);
		return;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (!c->talks[i].refused)
			return;
		if (c->talks[i].status != 0)
			why = control_status_text(c->talks[i].status);
	}
	fail(c, why);
}

static void
send_request(struct talk *t)
{
	unsigned char out[CONTROL_ROOM];
	struct control_message m = t->control->message;
	size_t n;

	m.version = t->version;
	n = control_request(&m, out);
	if (send(t->fd, out, n, 0) < 0)
		t->refused = true; /* the answer to the one before: there is no such port */
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct talk *t = arg;
	struct control *c = t->control;
	struct probe_run *r = c->run;
	probe_begin_f *begin = c->begin;
	unsigned char room[CONTROL_ROOM];
	unsigned version = t->version;
	ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		t->refused = true;
		settle(c);
		return;
	}
	if (!control_parse_response(room, (size_t)n, t->version, c->message.sequence, &t->status))
		return;
	if (t->status != CONTROL_SUCCESS) {
		t->refused = true;
		settle(c);
		return;
	}
	mem_free(c);
	begin(r, version);
}

static bool
to_control(struct probe_run *r, unsigned version, struct sockaddr_storage *to)
{
	uint16_t port = htons(version == 2 ? CONTROL_PORT_V2 : CONTROL_PORT_V1);

	*to = r->to;
	if (to->ss_family == AF_INET6)
		((struct sockaddr_in6 *)to)->sin6_port = port;
	else
		((struct sockaddr_in *)to)->sin_port = port;
	return true;
}

static void
address_of(const struct sockaddr_storage *s, unsigned char raw[16], uint16_t *port)
{
	if (s->ss_family == AF_INET6) {
		memcpy(raw, &((const struct sockaddr_in6 *)s)->sin6_addr, 16);
		*port = ntohs(((const struct sockaddr_in6 *)s)->sin6_port);
	} else {
		memcpy(raw, &((const struct sockaddr_in *)s)->sin_addr, 4);
		*port = ntohs(((const struct sockaddr_in *)s)->sin_port);
	}
}

static void
talk_open(struct control *c, unsigned version)
{
	struct talk *t = &c->talks[c->count];
	struct probe_run *r = c->run;
	struct sockaddr_storage to, self;
	socklen_t len = sizeof self;
	int fd = probe_socket_of(r, SOCK_DGRAM, 0);

	if (fd < 0)
		return; /* the run is over */
	c->count++;
	*t = (struct talk){ .control = c, .version = version, .fd = fd };
	to_control(r, version, &to);
	if (connect(fd, (struct sockaddr *)&to, r->to_len) != 0) {
		t->refused = true;
		settle(c);
		return;
	}
	memset(&self, 0, sizeof self);
	getsockname(fd, (struct sockaddr *)&self, &len);
	address_of(&self, c->message.control_source, &c->message.control_port);
	t->watch = watch_fd(c, r->loop, fd, WATCH_READ, ready, t);
	send_request(t);
}

static void
on_again(void *arg)
{
	struct control *c = arg;

	if (c->count == 1 && c->talks[0].version == 2 && c->run->to.ss_family == AF_INET) {
		timer_set(c->again, c->wait);
		talk_open(c, 1);
		return;
	}
	if (c->left == 0)
		return;
	c->left--;
	timer_set(c->again, c->wait);
	for (size_t i = 0; i < c->count; i++)
		if (!c->talks[i].refused)
			send_request(&c->talks[i]);
}

static void
on_deadline(void *arg)
{
	struct control *c = arg;
	const char *why = "nobody answers";

	for (size_t i = 0; i < c->count; i++)
		if (c->talks[i].status != 0)
			why = control_status_text(c->talks[i].status);
	fail(c, why);
}

void
probe_control(struct probe_run *r, int from, probe_begin_f *begin)
{
	const struct probe_ask *a = r->ask;
	struct control *c = mem_new(r, struct control);
	struct sockaddr_storage self;
	socklen_t len = sizeof self;
	usec all = (usec)a->timeout_ms * USEC_PER_MSEC;

	c->run = r;
	c->begin = begin;
	c->from = from;
	c->left = a->control_retry;
	c->wait = (usec)a->control_timeout_ms * USEC_PER_MSEC;
	if (c->wait > all / (a->control_retry + 1))
		c->wait = all / (a->control_retry + 1);
	c->message.is_v6 = r->to.ss_family == AF_INET6;
	c->message.command = from < 0 ? CONTROL_TCP : CONTROL_UDP;
	c->message.port = (uint16_t)a->port;
	c->message.duration_ms = a->timeout_ms + a->packets * a->interval_ms + SPARE_MS;
	if (getrandom(&c->message.sequence, sizeof c->message.sequence, 0) < 0)
		c->message.sequence = (uint32_t)a->id;
	c->message.session = (uint32_t)a->id;
	address_of(&r->to, c->message.destination, &c->message.port);
	memcpy(c->message.control_destination, c->message.destination, sizeof c->message.destination);
	memset(&self, 0, sizeof self);
	if (from >= 0 && getsockname(from, (struct sockaddr *)&self, &len) == 0)
		address_of(&self, c->message.source, &c->message.source_port);
	mem_on_free(c, control_free);
	c->deadline = timer_after(c, r->loop, all, on_deadline, c);
	c->again = timer_after(c, r->loop, from < 0 || c->wait < PATIENCE ? c->wait : PATIENCE, on_again, c);
	/* RFC 6812 opens UDP ports only. */
	talk_open(c, from < 0 ? 1 : 2);
}
