/* The ring of the last runs. */
#include "bus/history.h"

#include "core/mem.h"

struct history {
	struct history_entry *ring[HISTORY_MAX]; /* each a context of its own */
	size_t first, count, size;
	uint64_t last_no;
};

struct history *
history_new(const void *ctx)
{
	struct history *h = mem_new(ctx, struct history);

	h->size = HISTORY_DEFAULT;
	return h;
}

static void
drop_oldest(struct history *h)
{
	mem_free(h->ring[h->first]);
	h->ring[h->first] = NULL;
	h->first = (h->first + 1) % HISTORY_MAX;
	h->count--;
}

void
history_resize(struct history *h, size_t entries)
{
	h->size = entries > HISTORY_MAX ? HISTORY_MAX : entries;
	while (h->count > h->size)
		drop_oldest(h);
}

size_t
history_size(const struct history *h)
{
	return h->size;
}

void
history_add(struct history *h, const struct history_entry *e)
{
	h->last_no++;
	if (h->size == 0)
		return;
	if (h->count == h->size)
		drop_oldest(h);

	struct history_entry *kept = mem_dup(h, e, sizeof *e);
	kept->no = h->last_no;
	kept->status = mem_strdup(kept, e->status);
	kept->type = mem_strdup(kept, e->type);
	kept->kind = mem_strdup(kept, e->kind);
	kept->name = mem_strdup(kept, e->name);
	kept->detail = mem_strdup(kept, e->detail);
	h->ring[(h->first + h->count++) % HISTORY_MAX] = kept;
}

size_t
history_count(const struct history *h)
{
	return h->count;
}

const struct history_entry *
history_at(const struct history *h, size_t i)
{
	return i < h->count ? h->ring[(h->first + i) % HISTORY_MAX] : NULL;
}
