/* Keeps packets in a block of memory. */
#include "capture/ring.h"

#include <string.h>
#include <sys/mman.h>

#include "core/mem.h"

/* What stands before each packet's bytes. */
struct head {
	int64_t ns;
	uint32_t wire_len, len;
	uint16_t tap, direction;
};

struct ring {
	unsigned char *block; /* from mmap: pages are taken as packets come */
	size_t size;
	size_t first, used; /* offset of the oldest head; bytes in use */
	uint64_t number;    /* of the oldest packet */
	uint64_t held;      /* from this number on */
	size_t count;
	bool circular;
	uint64_t cursor_number; /* where ring_get() was last */
	size_t cursor_at;
	unsigned char *scratch; /* a packet that wraps around the end is handed out from here */
	size_t scratch_size;
};

static int
unmap(void *ptr)
{
	struct ring *r = ptr;

	munmap(r->block, r->size);
	return 0;
}

struct ring *
ring_new(const void *ctx, size_t bytes, bool circular)
{
	struct ring *r;
	void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		return NULL;
	r = mem_new(ctx, struct ring);
	r->block = block;
	r->size = bytes;
	r->circular = circular;
	r->held = UINT64_MAX;
	mem_on_free(r, unmap);
	return r;
}

/* ---- bytes that may wrap ---- */

static void
copy_in(struct ring *r, size_t at, const void *data, size_t n)
{
	size_t tail;

	at %= r->size;
	tail = r->size - at < n ? r->size - at : n;
	memcpy(r->block + at, data, tail);
	memcpy(r->block, (const unsigned char *)data + tail, n - tail);
}

static void
copy_out(const struct ring *r, size_t at, void *data, size_t n)
{
	size_t tail;

	at %= r->size;
	tail = r->size - at < n ? r->size - at : n;
	memcpy(data, r->block + at, tail);
	memcpy((unsigned char *)data + tail, r->block, n - tail);
}

static struct head
head_at(const struct ring *r, size_t at)
{
	struct head h;

	copy_out(r, at, &h, sizeof h);
	return h;
}

/* ---- packets ---- */

static void
drop_oldest(struct ring *r)
{
	size_t n = sizeof(struct head) + head_at(r, r->first).len;

	r->first = (r->first + n) % r->size;
	r->used -= n;
	r->number++;
	r->count--;
}

bool
ring_add(struct ring *r, const struct packet *p)
{
	const struct head h = { p->ns, p->wire_len, p->len, p->tap, p->direction };
	size_t n = sizeof h + p->len, end;

	if (n > r->size || (!r->circular && n > r->size - r->used))
		return false;
	while (n > r->size - r->used) {
		if (r->number >= r->held)
			return false;
		drop_oldest(r);
	}
	end = r->first + r->used;
	copy_in(r, end, &h, sizeof h);
	copy_in(r, end + sizeof h, p->data, p->len);
	r->used += n;
	r->count++;
	return true;
}

void
ring_clear(struct ring *r)
{
	r->first = r->used = r->count = 0;
	r->number = r->cursor_number = 0;
	r->held = UINT64_MAX;
	r->cursor_at = 0;
}

static const unsigned char *
bytes_at(struct ring *r, size_t at, size_t n)
{
	at %= r->size;
	if (n <= r->size - at)
		return r->block + at;
	if (n > r->scratch_size) {
		r->scratch = mem_resize(r, r->scratch, n);
		r->scratch_size = n;
	}
	copy_out(r, at, r->scratch, n);
	return r->scratch;
}

bool
ring_get(struct ring *r, uint64_t from, struct packet *p)
{
	struct head h;

	if (from < r->number)
		from = r->number;
	if (from >= r->number + r->count)
		return false;
	/* Walking goes forward only: readers ask for one packet after the other. */
	if (r->cursor_number < r->number || r->cursor_number > from) {
		r->cursor_number = r->number;
		r->cursor_at = r->first;
	}
	for (; r->cursor_number < from; r->cursor_number++)
		r->cursor_at = (r->cursor_at + sizeof(struct head) + head_at(r, r->cursor_at).len) % r->size;
	h = head_at(r, r->cursor_at);
	*p = (struct packet){ from, h.ns, h.wire_len, h.len, h.tap, h.direction,
		bytes_at(r, r->cursor_at + sizeof h, h.len) };
	return true;
}

uint64_t
ring_since(struct ring *r, int64_t ns)
{
	struct packet p;
	uint64_t at = r->number;

	while (ring_get(r, at, &p) && p.ns < ns)
		at = p.number + 1;
	return at;
}

void
ring_hold(struct ring *r, uint64_t from)
{
	r->held = from;
}

size_t
ring_count(const struct ring *r)
{
	return r->count;
}

uint64_t
ring_end(const struct ring *r)
{
	return r->number + r->count;
}

size_t
ring_used(const struct ring *r)
{
	return r->used;
}

size_t
ring_size(const struct ring *r)
{
	return r->size;
}
