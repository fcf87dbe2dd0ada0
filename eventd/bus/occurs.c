/* Small counters: occurs, period, ratelimit. */
#include "bus/occurs.h"

#include <stdint.h>

#include "core/mem.h"

struct occurs {
	usec period;
	uint16_t need;  /* occurrences that make an event */
	uint16_t count; /* that count, < need */
	uint16_t first; /* oldest stamp in the ring */
	usec ring[];    /* none without a period */
};

struct occurs *
occurs_new(const void *ctx, unsigned n, usec period)
{
	unsigned need = n < 1 ? 1 : n > OCCURS_MAX ? OCCURS_MAX : n;
	size_t stamps = period > 0 ? need : 0;
	struct occurs *o = mem_alloc_named(ctx, sizeof *o + stamps * sizeof *o->ring, "struct occurs");

	o->period = period;
	o->need = (uint16_t)need;
	return o;
}

static bool
is_stale(const struct occurs *o, usec stamp, usec now)
{
	return now - stamp > o->period;
}

/* Stamps are in order, so only the oldest can be stale. */
static void
forget_stale(struct occurs *o, usec now)
{
	while (o->period > 0 && o->count > 0 && is_stale(o, o->ring[o->first], now)) {
		o->first = (uint16_t)((o->first + 1) % o->need);
		o->count--;
	}
}

bool
occurs_add(struct occurs *o, usec now)
{
	forget_stale(o, now);
	if (o->count + 1 == o->need) {
		occurs_reset(o);
		return true;
	}
	if (o->period > 0)
		o->ring[(o->first + o->count) % o->need] = now;
	o->count++;
	return false;
}

unsigned
occurs_pending(const struct occurs *o, usec now)
{
	unsigned n = o->count;

	for (unsigned i = 0; o->period > 0 && i < o->count; i++)
		n -= is_stale(o, o->ring[(o->first + i) % o->need], now);
	return n;
}

void
occurs_reset(struct occurs *o)
{
	o->first = o->count = 0;
}

bool
ratelimit_pass(struct ratelimit *r, usec now)
{
	if (r->every > 0 && r->used && now < r->next)
		return false;
	r->used = true;
	r->next = now + r->every;
	return true;
}
