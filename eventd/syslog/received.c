/* The last messages received from elsewhere. */
#include "syslog/received.h"

#include <string.h>

#include "core/mem.h"

/*
 * Records lie one behind the other in `bytes`, aligned, never across its end: `wrap` is where the
 * records stop when the newest stand at the beginning again.
 */
struct record {
	usec wall;
	uint32_t raw;
	uint16_t source;
	char text[]; /* source, then message */
};

struct received {
	size_t size, head, tail, wrap; /* head: next to write; tail: oldest */
	size_t count;
	uint64_t total;
	char *bytes;
};

#define ALIGNED(n) (((n) + _Alignof(struct record) - 1) & ~(_Alignof(struct record) - 1))

struct received *
received_new(const void *ctx, size_t bytes)
{
	struct received *r = mem_new(ctx, struct received);

	r->size = ALIGNED(bytes < 1024 ? 1024 : bytes);
	r->bytes = mem_array(r, char, r->size);
	return r;
}

void
received_clear(struct received *r)
{
	r->head = r->tail = r->wrap = r->count = 0;
}

static struct record *
record_at(const struct received *r, size_t at)
{
	return (struct record *)(void *)(r->bytes + at);
}

static size_t
record_size(const struct record *rec)
{
	return ALIGNED(sizeof *rec + rec->source + rec->raw);
}

static size_t
next_of(const struct received *r, size_t at)
{
	at += record_size(record_at(r, at));
	return r->wrap > 0 && at == r->wrap ? 0 : at;
}

static void
drop_oldest(struct received *r)
{
	bool wrapped = r->wrap > 0;

	r->tail = next_of(r, r->tail);
	if (wrapped && r->tail == 0)
		r->wrap = 0;
	if (--r->count == 0)
		received_clear(r);
}

/* A place for n bytes behind the newest; the oldest that stand there go. */
static size_t
make_room(struct received *r, size_t n)
{
	if (r->head + n > r->size) {
		/* What lies between here and the end goes; then on from the beginning. */
		while (r->count > 0 && r->tail >= r->head && r->wrap > 0)
			drop_oldest(r);
		if (r->count > 0)
			r->wrap = r->head;
		r->head = 0;
	}
	while (r->count > 0 && r->wrap > 0 && r->tail < r->head + n)
		drop_oldest(r);
	return r->head;
}

void
received_add(struct received *r, usec wall, const char *source, struct slice raw)
{
	size_t from = strlen(source), longest = r->size / 2 - sizeof(struct record) - from;
	struct record *rec;

	if (raw.n > longest)
		raw.n = longest;
	rec = record_at(r, make_room(r, ALIGNED(sizeof *rec + from + raw.n)));
	rec->wall = wall;
	rec->source = (uint16_t)from;
	rec->raw = (uint32_t)raw.n;
	memcpy(rec->text, source, from);
	if (raw.n > 0)
		memcpy(rec->text + from, raw.s, raw.n);
	r->head += record_size(rec);
	r->count++;
	r->total++;
}

size_t
received_count(const struct received *r)
{
	return r->count;
}

uint64_t
received_total(const struct received *r)
{
	return r->total;
}

void
received_each(const struct received *r, size_t last, received_f *f, void *arg)
{
	size_t pass = last == 0 || last > r->count ? 0 : r->count - last, at = r->tail;

	for (size_t i = 0; i < r->count; i++, at = next_of(r, at)) {
		const struct record *rec = record_at(r, at);

		if (i >= pass)
			f(arg, rec->wall, (struct slice){ rec->text, rec->source },
				(struct slice){ rec->text + rec->source, rec->raw });
	}
}
