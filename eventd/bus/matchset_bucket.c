/* A bucket of the match set. */
#include "bus/matchset_bucket.h"

#include <ctype.h>
#include <string.h>

#include "core/mem.h"

#define PLAIN_MAX 4u /* buckets up to this size need no index */
#define NEED_MAX  4u /* pairs checked per plain pattern */
#define PAIRS_MIN 4u /* plain patterns that make it worth collecting a message's pairs */
#define END       UINT32_MAX

struct entry {
	uint64_t piece;
	uint32_t next; /* in the same slot */
	uint32_t id;
};

/* Patterns by a piece of one width. */
struct pieces {
	uint32_t n;
	unsigned shift; /* of the hash's upper bits, into `map` */
	uint32_t mask;  /* of its lower bits, into `slot` */
	uint64_t *map;
	uint32_t *slot;
	struct entry *entry;
};

struct plain {
	uint32_t id;
	uint16_t n;
	uint16_t need[NEED_MAX];
};

struct bucket {
	struct slice key;
	uint32_t key_id;
	uint32_t n_plain;
	struct pieces eight, four;
	struct plain plain[];
};

static uint64_t
load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t
load4(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint32_t
hash(uint64_t piece)
{
	return (uint32_t)((piece * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* A pair of bytes, whatever their case, as a bit number of `pair`. */
static unsigned
pair_bit(const char *p)
{
	unsigned a = (unsigned char)p[0] | 0x20u, b = (unsigned char)p[1] | 0x20u;

	return (a * 31u ^ b * 257u) & 4095u;
}

/* ---- building ---- */

/* How often pieces occur, by their hash: an estimate that errs upwards. */
struct census {
	uint32_t *count;
	uint32_t mask;
};

typedef void window_f(void *arg, struct bucket_member *, uint64_t piece, const char *at);

static void
each_window(struct bucket_member *m, unsigned width, window_f *f, void *arg)
{
	for (unsigned i = 0; i < m->branch->n; i++) {
		struct slice run = m->branch->run[i];

		for (size_t at = 0; at + width <= run.n; at++)
			f(arg, m, width == 8 ? load8(run.s + at) : load4(run.s + at), run.s + at);
	}
}

static void
count_window(void *arg, struct bucket_member *m, uint64_t piece, const char *at)
{
	struct census *c = arg;

	c->count[hash(piece) & c->mask]++;
}

struct choice {
	const struct census *census;
	uint64_t best; /* score: the lower the rarer */
	unsigned width;
};

/* Rare in the bucket first; then rich in digits: those name an object. */
static void
weigh_window(void *arg, struct bucket_member *m, uint64_t piece, const char *at)
{
	struct choice *c = arg;
	uint64_t score = (uint64_t)c->census->count[hash(piece) & c->census->mask] * 16 + 8;

	for (unsigned i = 0; i < c->width; i++)
		score -= isdigit((unsigned char)at[i]) != 0;
	if (score >= c->best)
		return;
	c->best = score;
	m->piece = piece;
}

static unsigned
widest(const struct bucket_member *m)
{
	size_t longest = 0;

	if (m->branch == NULL || m->nocase)
		return 0;
	for (unsigned i = 0; i < m->branch->n; i++)
		if (m->branch->run[i].n > longest)
			longest = m->branch->run[i].n;
	return longest >= 8 ? 8 : longest >= 4 ? 4 : 0;
}

static size_t
windows(const struct bucket_member *m)
{
	size_t sum = 0;

	for (unsigned i = 0; m->branch != NULL && i < m->branch->n; i++)
		sum += m->branch->run[i].n;
	return sum;
}

/*
 * A newcomer chooses among the pieces that the others took (cheap, as good as needed for one);
 * `again` counts everybody's windows and lets all choose anew.
 */
static void
choose(struct bucket_member *member, size_t n, bool again)
{
	struct census c = { .mask = 63 };
	size_t expected = n;

	if (n <= PLAIN_MAX) {
		for (size_t i = 0; i < n; i++)
			member[i].width = BUCKET_UNDECIDED;
		return;
	}
	for (size_t i = 0; again && i < n; i++)
		expected += windows(&member[i]);
	while (c.mask < expected * 2 && c.mask < (1u << 22))
		c.mask = c.mask * 2 + 1;
	c.count = mem_array(NULL, uint32_t, (size_t)c.mask + 1);
	for (size_t i = 0; i < n; i++) {
		struct bucket_member *m = &member[i];

		if (again)
			m->width = BUCKET_UNDECIDED;
		if (again && widest(m) > 0)
			each_window(m, widest(m), count_window, &c);
		else if (m->width == 8 || m->width == 4)
			count_window(&c, m, m->piece, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		struct bucket_member *m = &member[i];
		struct choice choice = { .census = &c, .best = UINT64_MAX, .width = widest(m) };

		if (m->width != BUCKET_UNDECIDED)
			continue;
		m->width = (unsigned char)choice.width;
		if (choice.width == 0)
			continue;
		each_window(m, choice.width, weigh_window, &choice);
		if (!again)
			count_window(&c, m, m->piece, NULL);
	}
	mem_free(c.count);
}

static bool
is_indexed(const struct bucket_member *m, unsigned width)
{
	return m->width == width;
}

static void
build_pieces(void *ctx, struct pieces *x, const struct bucket_member *member, size_t n, unsigned width)
{
	unsigned bits = 6;
	uint32_t slots = 1;

	for (size_t i = 0; i < n; i++)
		x->n += is_indexed(&member[i], width);
	if (x->n == 0)
		return;
	while ((UINT64_C(1) << bits) < (uint64_t)x->n * 16 && bits < 31)
		bits++;
	while (slots < x->n * 2)
		slots *= 2;
	x->shift = 32 - bits;
	x->mask = slots - 1;
	x->map = mem_array(ctx, uint64_t, (size_t)1 << (bits - 6));
	x->slot = mem_array(ctx, uint32_t, slots);
	x->entry = mem_array(ctx, struct entry, x->n);
	memset(x->slot, 0xff, slots * sizeof *x->slot);
	for (size_t i = 0, k = 0; i < n; i++) {
		uint32_t h = hash(member[i].piece), bit = h >> x->shift;

		if (!is_indexed(&member[i], width))
			continue;
		x->map[bit / 64] |= UINT64_C(1) << (bit % 64);
		x->entry[k] = (struct entry){ member[i].piece, x->slot[h & x->mask], member[i].id };
		x->slot[h & x->mask] = (uint32_t)k++;
	}
}

static void
build_plain(struct plain *p, const struct bucket_member *m)
{
	p->id = m->id;
	for (unsigned i = 0; m->branch != NULL && i < m->branch->n; i++)
		for (size_t at = 0; at + 2 <= m->branch->run[i].n && p->n < NEED_MAX; at++)
			p->need[p->n++] = (uint16_t)pair_bit(m->branch->run[i].s + at);
}

struct bucket *
bucket_build(const void *ctx, struct slice key, uint32_t key_id, struct bucket_member *member, size_t n,
	bool again)
{
	size_t plain = 0;
	struct bucket *b;

	choose(member, n, again);
	for (size_t i = 0; i < n; i++)
		plain += member[i].width == 0 || member[i].width == BUCKET_UNDECIDED;
	b = mem_alloc_named(ctx, sizeof *b + plain * sizeof *b->plain, "struct bucket");
	b->key = key;
	b->key_id = key_id;
	build_pieces(b, &b->eight, member, n, 8);
	build_pieces(b, &b->four, member, n, 4);
	for (size_t i = 0; i < n; i++)
		if (member[i].width == 0 || member[i].width == BUCKET_UNDECIDED)
			build_plain(&b->plain[b->n_plain++], &member[i]);
	return b;
}

struct slice
bucket_key(const struct bucket *b)
{
	return b->key;
}

uint32_t
bucket_key_id(const struct bucket *b)
{
	return b->key_id;
}

void
bucket_stats(const struct bucket *b, struct bucket_stats *st)
{
	st->eight += b->eight.n;
	st->four += b->four.n;
	st->plain += b->n_plain;
}

/* ---- scanning ---- */

static void
add(struct bucket_found *f, uint32_t id)
{
	if (f->stamp[id] == f->epoch)
		return;
	f->stamp[id] = f->epoch;
	f->id[f->n++] = id;
}

static void
look_up(const struct pieces *x, struct bucket_found *f, uint64_t piece, uint32_t h)
{
	for (uint32_t i = x->slot[h & x->mask]; i != END; i = x->entry[i].next)
		if (x->entry[i].piece == piece)
			add(f, x->entry[i].id);
}

static void
scan_eight(const struct pieces *x, struct bucket_found *f, const char *p, const char *end)
{
	for (; end - p >= 8; p++) {
		uint64_t piece = load8(p);
		uint32_t h = hash(piece), bit = h >> x->shift;

		if (x->map[bit / 64] >> (bit % 64) & 1)
			look_up(x, f, piece, h);
	}
}

static void
scan_four(const struct pieces *x, struct bucket_found *f, const char *p, const char *end)
{
	for (; end - p >= 4; p++) {
		uint64_t piece = load4(p);
		uint32_t h = hash(piece), bit = h >> x->shift;

		if (x->map[bit / 64] >> (bit % 64) & 1)
			look_up(x, f, piece, h);
	}
}

/* The pairs of the whole message, once per scan. */
static void
collect_pairs(struct bucket_found *f, const char *start, const char *end)
{
	if (f->have_pairs)
		return;
	memset(f->pair, 0, sizeof f->pair);
	for (const char *p = start; end - p >= 2; p++) {
		unsigned bit = pair_bit(p);

		f->pair[bit / 64] |= UINT64_C(1) << (bit % 64);
	}
	f->have_pairs = true;
}

static bool
has_pairs(const struct bucket_found *f, const struct plain *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if ((f->pair[p->need[i] / 64] >> (p->need[i] % 64) & 1) == 0)
			return false;
	return true;
}

static void
scan_plain(const struct bucket *b, struct bucket_found *f, const char *start, const char *end)
{
	bool filter = b->n_plain >= PAIRS_MIN;

	if (filter)
		collect_pairs(f, start, end);
	for (uint32_t i = 0; i < b->n_plain; i++)
		if (!filter || has_pairs(f, &b->plain[i]))
			add(f, b->plain[i].id);
}

void
bucket_scan(
	const struct bucket *b, struct bucket_found *f, const char *start, const char *from, const char *end)
{
	if (b->n_plain > 0)
		scan_plain(b, f, start, end);
	if (b->eight.n > 0)
		scan_eight(&b->eight, f, from, end);
	if (b->four.n > 0)
		scan_four(&b->four, f, from, end);
}
