/* The kernel's clocks, or a virtual pair. */
#include "core/clock.h"

#include <sys/timex.h>
#include <time.h>

#include "core/mem.h"

struct clock {
	bool is_virtual;
	usec mono, wall; /* of a virtual clock */
};

static usec
now(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (usec)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

struct clock *
clock_new_real(const void *ctx)
{
	return mem_new(ctx, struct clock);
}

struct clock *
clock_new_virtual(const void *ctx, usec wall_start)
{
	struct clock *c = mem_new(ctx, struct clock);

	c->is_virtual = true;
	c->mono = USEC_PER_SEC;
	c->wall = wall_start;
	return c;
}

usec
clock_mono(const struct clock *c)
{
	return c->is_virtual ? c->mono : now(CLOCK_MONOTONIC);
}

usec
clock_wall(const struct clock *c)
{
	return c->is_virtual ? c->wall : now(CLOCK_REALTIME);
}

bool
clock_is_virtual(const struct clock *c)
{
	return c->is_virtual;
}

void
clock_advance(struct clock *c, usec by)
{
	c->mono += by;
	c->wall += by;
}

void
clock_step_wall(struct clock *c, usec by)
{
	c->wall += by;
}

bool
clock_is_synchronised(const struct clock *c)
{
	struct timex tx = { .modes = 0 };

	if (c->is_virtual)
		return true;
	return adjtimex(&tx) != TIME_ERROR && (tx.status & STA_UNSYNC) == 0;
}
