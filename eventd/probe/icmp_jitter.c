/* icmp-jitter: a train of time stamp requests (RFC 792), which any IPv4 host answers with its times of the day. */
#include <string.h>

#include "core/mem.h"
#include "probe/run.h"
#include "probe/wire.h"

enum { HEADER = 8, REPLY = 20 };

struct train {
	struct echo *echo;
	struct jitter_sample *samples;
	int *sequences; /* of the samples; -1: not sent */
	unsigned count, next, arrivals, came;
	usec began; /* mono */
	bool has_times;
};

static int
train_free(void *ptr)
{
	struct train *t = ptr;

	for (unsigned i = 0; i < t->next; i++)
		if (t->sequences[i] >= 0)
			echo_forget(t->echo, t->sequences[i]);
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

	jitter_count(&result, t->samples, t->next, (int64_t)r->ask->threshold_ms * 1000, true, t->has_times);
	a.code = result.rtt_count > 0 ? PROBE_OK : PROBE_TIMEOUT;
	if (result.rtt_count > 0)
		a.rtt_us = jitter_rtt_average(&result);
	probe_finish_answer(r, &a);
}

static void
on_timeout(void *arg)
{
	finish(arg);
}

/* Milliseconds since midnight UTC, unless the high bit says that they are something else. */
static bool
time_of(const unsigned char *p, int64_t *us)
{
	uint32_t ms = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	*us = (int64_t)ms * 1000;
	return (ms & 0x80000000u) == 0;
}

/* Numbers follow each other, unless somebody else took one between. */
static struct jitter_sample *
sample_of(struct train *t, int sequence)
{
	unsigned guess = t->next == 0 ? 0 : (uint16_t)(sequence - t->sequences[0]);

	if (guess < t->next && t->sequences[guess] == sequence)
		return &t->samples[guess];
	for (unsigned i = 0; i < t->next; i++)
		if (t->sequences[i] == sequence)
			return &t->samples[i];
	return NULL;
}

void
probe_icmp_jitter_reply(
	struct probe_run *r, int sequence, const unsigned char *message, size_t n, usec received_wall)
{
	struct train *t = r->private;
	struct jitter_sample *s = sample_of(t, sequence);

	if (s == NULL || n < REPLY || s->received || s->late)
		return;
	s->arrived = measure_of_day(received_wall == 0 ? stamp_now() : received_wall);
	s->arrival = ++t->arrivals;
	if (!time_of(message + HEADER + 4, &s->responder_received) ||
		!time_of(message + HEADER + 8, &s->responder_sent))
		t->has_times = false;
	s->late = s->arrived - s->sent > (int64_t)r->ask->timeout_ms * 1000;
	s->received = !s->late;
	if (++t->came == r->ask->packets && t->next == r->ask->packets)
		finish(r);
}

static void
on_send(void *arg)
{
	struct probe_run *r = arg;
	struct train *t = r->private;
	struct jitter_sample *s = &t->samples[t->next];
	usec now = stamp_now(), wait;

	s->sent = measure_of_day(now);
	t->sequences[t->next] = -1;
	t->next++;
	/* A reply may come while it is being sent, on the loopback: it is read later, from the loop. */
	t->sequences[t->next - 1] = echo_ask_time(t->echo, r, (uint32_t)(s->sent / 1000));
	if (t->sequences[t->next - 1] < 0) {
		s->skipped = true;
		t->came++;
	}
	if (t->next < t->count) {
		wait = t->began + (usec)t->next * r->ask->interval_ms * USEC_PER_MSEC - loop_mono(r->loop);
		timer_set(r->timer, wait < 0 ? 0 : wait);
		return;
	}
	mem_free(r->timer);
	r->timer = timer_after(r, r->loop, (usec)r->ask->timeout_ms * USEC_PER_MSEC, on_timeout, r);
}

void
probe_icmp_jitter_start(struct probe_run *r)
{
	struct train *t;

	if (r->to.ss_family != AF_INET) {
		probe_finish(r, PROBE_SOCKET_ERROR, "time stamp requests are IPv4 only");
		return;
	}
	if (!echo_is_raw(probe_echo(r->world))) {
		probe_finish(r, PROBE_SOCKET_ERROR, "time stamp requests need CAP_NET_RAW");
		return;
	}
	if (r->ask->packets == 0) {
		probe_finish(r, PROBE_UNKNOWN, "no packets are to be sent");
		return;
	}
	t = mem_new(r, struct train);
	t->echo = probe_echo(r->world);
	t->count = r->ask->packets;
	t->has_times = true;
	t->samples = mem_array(t, struct jitter_sample, t->count);
	t->sequences = mem_array(t, int, t->count);
	mem_on_free(t, train_free);
	r->private = t;
	t->began = loop_mono(r->loop);
	r->timer = timer_after(r, r->loop, 0, on_send, r);
}
