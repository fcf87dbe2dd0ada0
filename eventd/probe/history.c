/* What is kept of the runs of an operation. */
#include "probe/history.h"

#include <string.h>

#include "core/mem.h"

#define HOUR (3600 * USEC_PER_SEC)

static struct sla_history *
history_of(struct operation *o)
{
	if (o->history == NULL)
		o->history = mem_new(o, struct sla_history);
	return o->history;
}

/* ---- point by point ---- */

static bool
is_wanted(const struct sla_keep *k, enum probe_code code)
{
	switch (k->filter) {
	case SLA_FILTER_NONE:
		return false;
	case SLA_FILTER_ALL:
		return true;
	case SLA_FILTER_OVER_THRESHOLD:
		return code == PROBE_OVER_THRESHOLD;
	case SLA_FILTER_FAILURES:
		return !probe_code_is_success(code);
	}
	return false;
}

void
history_live(struct operation *o)
{
	const struct sla_keep *k = &o->config.history;
	struct sla_history *h;

	if (k->lives == 0 || k->filter == SLA_FILTER_NONE)
		return;
	h = history_of(o);
	mem_free(h->lives[k->lives - 1]);
	for (unsigned i = k->lives - 1; i > 0; i--)
		h->lives[i] = h->lives[i - 1];
	h->lives[0] = mem_new(h, struct sla_life);
	h->lives[0]->number = ++h->lives_made;
}

static void
keep_sample(struct operation *o, enum probe_code code, int64_t rtt_us)
{
	struct sla_life *l = o->history == NULL ? NULL : o->history->lives[0];
	unsigned size = o->config.history.buckets;

	if (l == NULL)
		return;
	l->runs++;
	if (!is_wanted(&o->config.history, code))
		return;
	l->samples[l->at] = (struct sla_sample){
		.wall = o->last_wall, .mono = o->last_mono, .rtt_us = rtt_us, .code = code, .bucket = l->runs
	};
	l->at = (l->at + 1) % size;
	if (l->count < size)
		l->count++;
}

const struct sla_sample *
history_sample(const struct sla_life *l, unsigned i)
{
	/* Until it is full, `at` is the count: the oldest stands first. */
	return i >= l->count ? NULL : &l->samples[(l->at + i) % l->count];
}

/* ---- buckets of time ---- */

static struct sla_bucket *
ring_next(const void *ctx, struct sla_ring *r, unsigned size, usec wall)
{
	struct sla_bucket *b;

	if (r->buckets == NULL) {
		r->buckets = mem_array(ctx, struct sla_bucket, size);
		r->size = size;
	}
	b = &r->buckets[r->at];
	memset(b, 0, sizeof *b);
	b->wall = wall;
	b->index = ++r->made;
	r->at = (r->at + 1) % r->size;
	if (r->count < r->size)
		r->count++;
	return b;
}

static struct sla_bucket *
ring_now(const void *ctx, struct sla_ring *r, unsigned size, usec wall, usec width)
{
	struct sla_bucket *b = r->count == 0 ? NULL : &r->buckets[(r->at + r->size - 1) % r->size];

	if (b == NULL || wall - b->wall >= width || wall < b->wall)
		return ring_next(ctx, r, size, wall);
	return b;
}

const struct sla_bucket *
history_bucket(const struct sla_ring *r, unsigned i)
{
	return i >= r->count ? NULL : &r->buckets[(r->at + r->size - r->count + i) % r->size];
}

static void
add(struct sla_bucket *b, const struct sla_keep *k, enum probe_code code, int64_t rtt_us)
{
	unsigned place;

	b->runs++;
	b->by_code[code]++;
	if (!probe_code_is_success(code) || rtt_us < 0)
		return;
	if (b->successes == 0 || rtt_us < b->rtt_min)
		b->rtt_min = rtt_us;
	if (rtt_us > b->rtt_max)
		b->rtt_max = rtt_us;
	b->rtt_sum += rtt_us;
	b->rtt_sum2 += (double)rtt_us * (double)rtt_us;
	b->over += code == PROBE_OVER_THRESHOLD;
	b->successes++;
	place = (unsigned)(rtt_us / 1000 / k->width_ms < k->distributions ? rtt_us / 1000 / k->width_ms
									  : k->distributions - 1);
	b->distribution[place]++;
}

void
history_take(struct operation *o, enum probe_code code, int64_t rtt_us)
{
	const struct sla_keep *k = &o->config.history;
	struct sla_history *h;

	if (k->hours == 0 && k->enhanced_interval == 0 && k->lives == 0)
		return;
	h = history_of(o);
	keep_sample(o, code, rtt_us);
	if (k->hours > 0)
		add(ring_now(h, &h->hours, k->hours, o->last_wall, HOUR), k, code, rtt_us);
	if (k->enhanced_interval > 0)
		add(ring_now(h, &h->enhanced, k->enhanced_buckets, o->last_wall,
			    (usec)k->enhanced_interval * USEC_PER_SEC),
			k, code, rtt_us);
}

void
history_forget(struct operation *o)
{
	mem_free(o->history);
	o->history = NULL;
}
