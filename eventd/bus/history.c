/* The ring of the last runs. */
#include "bus/history.h"

#include <string.h>

#include "bus/event.h"
#include "core/mem.h"

struct history {
	struct history_entry *ring[HISTORY_MAX]; /* each a context of its own */
	size_t first, count, size;
	uint64_t last_no;
	history_added_f *added;
	void *arg;
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

static struct history_entry *
copy(const struct history *h, const struct history_entry *e)
{
	struct history_entry *kept = mem_dup(h, e, sizeof *e);

	kept->cause = NULL;
	kept->status = mem_strdup(kept, e->status);
	kept->type = mem_strdup(kept, e->type);
	kept->kind = mem_strdup(kept, e->kind);
	kept->name = mem_strdup(kept, e->name);
	kept->detail = mem_strdup(kept, e->detail);
	return kept;
}

static void
keep(struct history *h, const struct history_entry *e)
{
	struct history_entry *kept;

	if (h->count == h->size)
		drop_oldest(h);
	kept = copy(h, e);
	kept->no = h->last_no;
	h->ring[(h->first + h->count++) % HISTORY_MAX] = kept;
}

uint64_t
history_add(struct history *h, const struct history_entry *e)
{
	h->last_no++;
	if (h->size > 0)
		keep(h, e);
	if (h->added != NULL) {
		struct history_entry told = *e;

		told.no = h->last_no;
		h->added(h->arg, &told);
	}
	return h->last_no;
}

uint64_t
history_last(const struct history *h)
{
	return h->last_no;
}

void
history_restore(struct history *h, const struct history_entry *old, size_t n)
{
	uint64_t before = n == 0 ? 0 : old[n - 1].no;

	for (size_t i = 0; i < h->count; i++)
		h->ring[(h->first + i) % HISTORY_MAX]->no += before;
	h->last_no += before;
	for (; n > 0 && h->count < h->size; n--) {
		h->first = (h->first + HISTORY_MAX - 1) % HISTORY_MAX;
		h->ring[h->first] = copy(h, &old[n - 1]);
		h->count++;
	}
}

void
history_on_add(struct history *h, history_added_f *f, void *arg)
{
	h->added = f;
	h->arg = arg;
}

void
history_types(const struct event *ev, int64_t types[HISTORY_TYPES])
{
	memset(types, 0, HISTORY_TYPES * sizeof *types);
	types[0] = ev->type_number;
	for (size_t i = 0; i < ev->nmembers && i < HISTORY_TYPES; i++)
		types[i] = ev->members[i].event->type_number;
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
