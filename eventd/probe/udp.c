/* udp-echo: a datagram to an echo service (RFC 862) or a responder, and back. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "probe/run.h"

enum { COOKIE = 8, ROOM = 66000 };

struct echoed {
	int fd;
	struct watch *watch;
	unsigned char *sent;
	size_t n;
};

static int
echoed_free(void *ptr)
{
	struct echoed *e = ptr;

	mem_free(e->watch); /* before its descriptor goes */
	close(e->fd);
	return 0;
}

static void
on_timeout(void *arg)
{
	probe_finish(arg, PROBE_TIMEOUT, NULL);
}

/* The socket is connected: only the target's datagrams come, and its refusal. */
static void
ready(void *arg, int fd, unsigned what)
{
	struct probe_run *r = arg;
	const struct echoed *e = r->private;
	static unsigned char room[ROOM];
	usec when;
	ssize_t n = stamp_recv(fd, room, sizeof room, NULL, NULL, &when);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	if ((size_t)n < COOKIE || memcmp(room, e->sent, COOKIE) != 0)
		return; /* of an earlier run */
	if (r->ask->verify && ((size_t)n != e->n || memcmp(room, e->sent, e->n) != 0))
		probe_finish(r, PROBE_VERIFY_ERROR, "the data that came back are not those that were sent");
	else
		probe_finish_at(r, PROBE_OK, NULL, when);
}

static void
begin(struct probe_run *r, unsigned version)
{
	struct echoed *e = r->private;

	e->watch = watch_fd(e, r->loop, e->fd, WATCH_READ, ready, r);
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_timeout, r);
	probe_sending(r);
	if (send(e->fd, e->sent, e->n, 0) < 0)
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
}

void
probe_udp_start(struct probe_run *r)
{
	int fd = probe_socket(r, SOCK_DGRAM);
	struct echoed *e;

	if (fd < 0)
		return;
	stamp_open(fd);
	e = mem_new(r, struct echoed);
	e->fd = fd;
	e->n = r->ask->size < COOKIE ? COOKIE : r->ask->size;
	e->sent = mem_array(e, unsigned char, e->n);
	mem_on_free(e, echoed_free);
	r->private = e;
	for (size_t i = COOKIE; i < e->n; i++)
		e->sent[i] = (unsigned char)(r->ask->pattern >> (24 - i % 4 * 8));
	if (getrandom(e->sent, COOKIE, 0) != COOKIE)
		memcpy(e->sent, &r, COOKIE);
	e->sent[0] |= 0x80; /* no measurement packet, into which a responder would write */
	if (connect(fd, (const struct sockaddr *)&r->to, r->to_len) != 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	if (r->ask->control)
		probe_control(r, fd, begin);
	else
		begin(r, 0);
}
