/* udp-jitter: a train of packets to a responder, which puts its times and numbers into them (RFC 6812 4). */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "probe/run.h"
#include "probe/wire.h"

enum { ROOM = 66000 };

struct train {
	int fd;
	struct watch *watch;
	unsigned type;
	unsigned char *packet;
	size_t n; /* octets of a packet */
	struct jitter_sample *samples;
	unsigned next, arrivals, came;
	uint32_t last, base; /* of the responder's numbers */
	usec began;          /* mono */
	bool verify_failed;
};

static int
train_free(void *ptr)
{
	struct train *t = ptr;

	mem_free(t->watch); /* before its descriptor goes */
	close(t->fd);
	return 0;
}

static void
finish(struct probe_run *r)
{
	struct train *t = r->private;
	struct jitter_result result;
	struct probe_answer a = {
		.rtt_us = -1, .dns_us = -1, .tcp_us = -1, .http_us = -1, .jitter = &result
	};

	jitter_count(&result, t->samples, t->next, (int64_t)r->ask->threshold_ms * 1000,
		t->type == MEASURE_MILLISECONDS, true);
	a.code = t->verify_failed ? PROBE_VERIFY_ERROR : result.rtt_count > 0 ? PROBE_OK : PROBE_TIMEOUT;
	if (result.rtt_count > 0)
		a.rtt_us = jitter_rtt_average(&result);
	probe_finish_answer(r, &a);
}

static void
on_timeout(void *arg)
{
	finish(arg);
}

/* The times of the type's clock: of the day, or since 1970. */
static int64_t
clock_of(const struct train *t, usec wall)
{
	return t->type == MEASURE_MILLISECONDS ? measure_of_day(wall) : wall;
}

static bool
is_filling(const struct train *t, const unsigned char *packet, size_t n)
{
	size_t head = t->type == MEASURE_NTP ? MEASURE_HEAD_NTP : MEASURE_HEAD_MILLISECONDS;

	return n == t->n && memcmp(packet + head, t->packet + head, n - head) == 0;
}

static void
take(struct probe_run *r, const unsigned char *packet, size_t n, usec when)
{
	struct train *t = r->private;
	struct measure_packet m;
	struct jitter_sample *s;
	int64_t now = clock_of(t, when == 0 ? stamp_now() : when);

	if (!measure_parse(packet, n, &m) || m.type != t->type || m.sequence == 0 || m.sequence > t->next)
		return;
	s = &t->samples[m.sequence - 1];
	if (s->received || s->late || s->skipped)
		return; /* once more */
	if (r->ask->verify && !is_filling(t, packet, n))
		t->verify_failed = true;
	/* A responder that counts on from another run is ahead of us. */
	if (t->arrivals == 0 && m.responder_sequence > m.sequence)
		t->base = (uint32_t)(m.responder_sequence - m.sequence);
	t->last = jitter_unwrap(t->last + t->base, m.responder_sequence) - t->base;
	s->arrival = ++t->arrivals;
	s->responder_sequence = t->last;
	s->arrived = now;
	s->responder_received = m.responder_received;
	s->responder_sent = m.responder_sent;
	s->late = now - s->sent > (int64_t)r->ask->timeout_ms * 1000;
	s->received = !s->late;
	t->came++;
}

static void
ready(void *arg, int fd, unsigned what)
{
	struct probe_run *r = arg;
	struct train *t = r->private;
	static unsigned char room[ROOM];
	usec when;
	ssize_t n;

	while ((n = stamp_recv(fd, room, sizeof room, NULL, NULL, &when)) >= 0)
		take(r, room, (size_t)n, when);
	if (errno == ECONNREFUSED && t->arrivals == 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	if (t->next == r->ask->packets && t->came == t->next)
		finish(r);
}

static void
on_send(void *arg)
{
	struct probe_run *r = arg;
	struct train *t = r->private;
	const struct probe_ask *a = r->ask;
	struct jitter_sample *s = &t->samples[t->next++];
	usec now = stamp_now(), wait;

	measure_request(t->packet, t->n, t->type, (uint16_t)t->next, now, a->pattern);
	s->sent = clock_of(t, now);
	if (send(t->fd, t->packet, t->n, MSG_DONTWAIT) < 0) {
		if (errno == ECONNREFUSED && t->arrivals == 0) {
			probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
			return;
		}
		s->skipped = true;
		t->came++;
	}
	if (t->next < a->packets) {
		wait = t->began + (usec)t->next * a->interval_ms * USEC_PER_MSEC - loop_mono(r->loop);
		timer_set(r->timer, wait < 0 ? 0 : wait);
		return;
	}
	mem_free(r->timer);
	r->timer = timer_after(r, r->loop, (usec)a->timeout_ms * USEC_PER_MSEC, on_timeout, r);
}

static void
begin(struct probe_run *r, unsigned version)
{
	struct train *t = r->private;
	size_t head;

	t->type = version == 2 || r->ask->microseconds ? MEASURE_NTP : MEASURE_MILLISECONDS;
	head = t->type == MEASURE_NTP ? MEASURE_HEAD_NTP : MEASURE_HEAD_MILLISECONDS;
	t->n = r->ask->size < head ? head : r->ask->size;
	t->packet = mem_array(t, unsigned char, t->n);
	t->samples = mem_array(t, struct jitter_sample, r->ask->packets);
	t->watch = watch_fd(t, r->loop, t->fd, WATCH_READ, ready, r);
	t->began = loop_mono(r->loop);
	r->timer = timer_after(r, r->loop, 0, on_send, r);
}

void
probe_udp_jitter_start(struct probe_run *r)
{
	int fd;
	struct train *t;

	if (r->ask->packets == 0) {
		probe_finish(r, PROBE_UNKNOWN, "no packets are to be sent");
		return;
	}
	fd = probe_socket(r, SOCK_DGRAM);
	if (fd < 0)
		return;
	stamp_open(fd);
	t = mem_new(r, struct train);
	t->fd = fd;
	mem_on_free(t, train_free);
	r->private = t;
	if (connect(fd, (const struct sockaddr *)&r->to, r->to_len) != 0) {
		probe_finish(r, PROBE_NO_CONNECTION, strerror(errno));
		return;
	}
	if (r->ask->control)
		probe_control(r, fd, begin);
	else
		begin(r, 0);
}
