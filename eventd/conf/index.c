/* Nodes by their key: linear probing, at most two thirds full; what is removed lets those behind it move up. */
#include "conf/index.h"

#include <stdint.h>
#include <string.h>

#include "conf/private.h"
#include "core/mem.h"

enum { SLOTS_MIN = 32 };

struct index {
	struct node **slots;
	size_t size; /* a power of two */
	size_t used;
};

/* FNV-1a. */
static size_t
hash(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static size_t
home(const struct index *x, const struct node *n)
{
	return hash(n->pub.key) & (x->size - 1);
}

static size_t
next(const struct index *x, size_t slot)
{
	return (slot + 1) & (x->size - 1);
}

struct index *
index_new(const void *ctx)
{
	struct index *x = mem_new(ctx, struct index);

	x->size = SLOTS_MIN;
	x->slots = mem_array(x, struct node *, x->size);
	return x;
}

static void
put(struct index *x, struct node *n)
{
	size_t slot = home(x, n);

	while (x->slots[slot] != NULL)
		slot = next(x, slot);
	x->slots[slot] = n;
}

static void
grow(struct index *x)
{
	struct node **old = x->slots;
	size_t size = x->size;

	x->size *= 2;
	x->slots = mem_array(x, struct node *, x->size);
	for (size_t i = 0; i < size; i++)
		if (old[i] != NULL)
			put(x, old[i]);
	mem_free(old);
}

void
index_add(struct index *x, struct node *n)
{
	if (3 * (x->used + 1) > 2 * x->size)
		grow(x);
	put(x, n);
	x->used++;
}

static bool
is_between(size_t from, size_t slot, size_t to)
{
	return from <= to ? from < slot && slot <= to : from < slot || slot <= to;
}

void
index_remove(struct index *x, const struct node *n)
{
	size_t hole = home(x, n), at;

	while (x->slots[hole] != n) {
		if (x->slots[hole] == NULL)
			return;
		hole = next(x, hole);
	}
	/* Whoever stands behind the hole and could stand in it or before it moves there. */
	for (at = next(x, hole); x->slots[at] != NULL; at = next(x, at)) {
		if (is_between(hole, home(x, x->slots[at]), at))
			continue;
		x->slots[hole] = x->slots[at];
		hole = at;
	}
	x->slots[hole] = NULL;
	x->used--;
}

struct node *
index_find(const struct index *x, const char *key)
{
	for (size_t slot = hash(key) & (x->size - 1); x->slots[slot] != NULL; slot = next(x, slot))
		if (strcmp(x->slots[slot]->pub.key, key) == 0)
			return x->slots[slot];
	return NULL;
}
