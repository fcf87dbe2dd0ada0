/* Many patterns against one message. */
#include "bus/matchset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "bus/literal.h"
#include "bus/matchset_bucket.h"
#include "core/mem.h"

#define FEW_CANDIDATES 16u /* sorted by insertion up to here */

struct matchset_rule {
	uint32_t id;
	bool dead;
	uint64_t order; /* of adding */
	void *owner;
	struct regex *regex;
	struct literals *literals;
	struct matchset_count count;
	TAILQ_ENTRY(matchset_rule) entry; /* of rules, or of the dead until the next commit */
};
TAILQ_HEAD(rules, matchset_rule);

/* Where a bucket's members are collected; the bucket itself is what scans see. */
struct home {
	struct slice key;
	uint32_t id;
	uint32_t hash;
	struct bucket_member *member;
	size_t n, cap;
	size_t newcomers; /* since everybody chose a piece */
	bool dirty;       /* to be rebuilt: in the set's list */
	struct bucket *bucket;
	struct home *next; /* in the same slot of the set's table */
	STAILQ_ENTRY(home) dirty_entry;
};
STAILQ_HEAD(homes, home);

/* What scans see: swapped whole. */
struct view {
	struct bucket *flat;
	uint32_t mask;
	uint32_t *hash; /* open addressing; 0 = free */
	struct bucket **bucket;
	struct matchset_rule **rule; /* by id */
	uint32_t ids;
};

struct matchset {
	struct view *view;
	struct home flat;
	struct home **home; /* by hash of the mnemonic */
	uint32_t homes, home_slots;
	uint32_t empty; /* homes without members: kept, for they tend to come back */
	struct homes dirty;
	struct rules rules, dead;
	struct matchset_rule **rule; /* by id */
	uint32_t cap_rule;
	size_t n_rules;
	uint64_t next_order;
	uint32_t next_id;
	uint32_t *free_id;
	size_t n_free, cap_free;
	unsigned scanning;
};

struct matchset_caller {
	struct regex_scratch *scratch;
	struct bucket_found found;
	uint32_t ids; /* size of the arrays in found */
};

/* Never 0. Whole words, for the scan does this for every message. */
static uint32_t
hash_key(const char *s, size_t n)
{
	uint64_t h = n * UINT64_C(0x9E3779B97F4A7C15), w = 0;
	const char *end = s + n;

	if (n < 8) {
		memcpy(&w, s, n);
	} else {
		for (; end - s > 8; s += 8) {
			memcpy(&w, s, 8);
			h = (h ^ w) * UINT64_C(0xff51afd7ed558ccd);
			h ^= h >> 32;
		}
		memcpy(&w, end - 8, 8); /* overlaps what came before */
	}
	h = (h ^ w) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h >> 32) | 1u;
}

/* ---- ids: small numbers, used again ---- */

static uint32_t
id_take(struct matchset *set)
{
	if (set->n_free > 0)
		return set->free_id[--set->n_free];
	if (set->next_id == set->cap_rule) {
		set->cap_rule = set->cap_rule == 0 ? 64 : set->cap_rule * 2;
		set->rule = mem_resize(set, set->rule, set->cap_rule * sizeof *set->rule);
	}
	set->rule[set->next_id] = NULL;
	return set->next_id++;
}

static void
id_give(struct matchset *set, uint32_t id)
{
	set->rule[id] = NULL;
	if (set->n_free == set->cap_free) {
		set->cap_free = set->cap_free == 0 ? 64 : set->cap_free * 2;
		set->free_id = mem_resize(set, set->free_id, set->cap_free * sizeof *set->free_id);
	}
	set->free_id[set->n_free++] = id;
}

/* ---- homes ---- */

static void
grow_homes(struct matchset *set)
{
	uint32_t slots = set->home_slots * 2;
	struct home **table = mem_array(set, struct home *, slots);

	for (uint32_t i = 0; i < set->home_slots; i++) {
		struct home *h = set->home[i];

		while (h != NULL) {
			struct home *next = h->next, **slot = &table[h->hash & (slots - 1)];

			h->next = *slot;
			*slot = h;
			h = next;
		}
	}
	mem_free(set->home);
	set->home = table;
	set->home_slots = slots;
}

/* Where a branch is filed; made when it is the first. */
static struct home *
home_of(struct matchset *set, const struct literal_branch *b)
{
	struct slice key = b->mnemonic;
	struct home *h;
	uint32_t hash;

	if (key.n == 0)
		return &set->flat;
	hash = hash_key(key.s, key.n);
	for (h = set->home[hash & (set->home_slots - 1)]; h != NULL; h = h->next)
		if (h->hash == hash && slice_equal(h->key, key))
			return h;
	if (set->homes >= set->home_slots)
		grow_homes(set);
	h = mem_new(set, struct home);
	h->key = (struct slice){ mem_strndup(h, key.s, key.n), key.n };
	h->hash = hash;
	h->id = id_take(set);
	h->next = set->home[hash & (set->home_slots - 1)];
	set->home[hash & (set->home_slots - 1)] = h;
	set->homes++;
	set->empty++;
	return h;
}

static void
home_touch(struct matchset *set, struct home *h)
{
	if (h->dirty)
		return;
	h->dirty = true;
	STAILQ_INSERT_TAIL(&set->dirty, h, dirty_entry);
}

static void
home_drop(struct matchset *set, struct home *h)
{
	struct home **at = &set->home[h->hash & (set->home_slots - 1)];

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	set->homes--;
	id_give(set, h->id);
	mem_free(h);
}

static void
home_add(struct matchset *set, struct home *h, const struct matchset_rule *rule,
	const struct literal_branch *b)
{
	if (h->n == h->cap) {
		h->cap = h->cap == 0 ? 2 : h->cap * 2;
		h->member =
			mem_resize(h == &set->flat ? (void *)set : h, h->member, h->cap * sizeof *h->member);
	}
	h->member[h->n++] = (struct bucket_member){
		.id = rule->id,
		.nocase = rule->literals->nocase,
		.width = BUCKET_UNDECIDED,
		.branch = b,
	};
	if (h->n == 1)
		set->empty--;
	h->newcomers++;
	home_touch(set, h);
}

static void
home_remove(struct matchset *set, struct home *h, uint32_t id)
{
	size_t keep = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->member[i].id != id)
			h->member[keep++] = h->member[i];
	if (keep == 0 && h->n > 0)
		set->empty++;
	h->n = keep;
	home_touch(set, h);
}

/* ---- rules ---- */

struct matchset *
matchset_new(const void *ctx)
{
	struct matchset *set = mem_new(ctx, struct matchset);

	TAILQ_INIT(&set->rules);
	TAILQ_INIT(&set->dead);
	STAILQ_INIT(&set->dirty);
	set->home_slots = 64;
	set->home = mem_array(set, struct home *, set->home_slots);
	set->flat.id = id_take(set);
	set->empty = 1; /* the flat one */
	home_touch(set, &set->flat);
	matchset_commit(set);
	return set;
}

struct matchset_rule *
matchset_add(struct matchset *set, void *owner, const char *pattern, struct err *err)
{
	struct regex *regex = regex_new(set, pattern, REGEX_EVENT, err);
	struct matchset_rule *rule;

	if (regex == NULL)
		return NULL;
	rule = mem_new(set, struct matchset_rule);
	rule->regex = mem_steal(rule, regex);
	rule->literals = literal_find(rule, pattern);
	rule->owner = owner;
	rule->order = set->next_order++;
	rule->id = id_take(set);
	set->rule[rule->id] = rule;
	TAILQ_INSERT_TAIL(&set->rules, rule, entry);
	set->n_rules++;
	if (rule->literals->n == 0)
		home_add(set, &set->flat, rule, NULL);
	for (unsigned i = 0; i < rule->literals->n; i++) {
		const struct literal_branch *b = &rule->literals->branch[i];

		home_add(set, home_of(set, b), rule, b);
	}
	return rule;
}

void
matchset_remove(struct matchset *set, struct matchset_rule *rule)
{
	if (rule->literals->n == 0)
		home_remove(set, &set->flat, rule->id);
	for (unsigned i = 0; i < rule->literals->n; i++) {
		const struct literal_branch *b = &rule->literals->branch[i];

		home_remove(set, home_of(set, b), rule->id);
	}
	rule->dead = true;
	TAILQ_REMOVE(&set->rules, rule, entry);
	TAILQ_INSERT_TAIL(&set->dead, rule, entry);
	set->n_rules--;
}

void
matchset_count(const struct matchset_rule *rule, struct matchset_count *out)
{
	*out = rule->count;
}

/* ---- commit ---- */

/* Newcomers choose for themselves until they are many; then everybody chooses again. */
static void
rebuild(struct matchset *set, struct home *h)
{
	bool again = h->newcomers > 16 && h->newcomers > h->n / 4;

	h->bucket = bucket_build(set, h->key, h->id, h->member, h->n, again);
	h->dirty = false;
	if (again)
		h->newcomers = 0;
}

static void
view_put(struct view *v, const struct home *h)
{
	uint32_t i = h->hash & v->mask;

	while (v->hash[i] != 0 && !(v->hash[i] == h->hash && slice_equal(bucket_key(v->bucket[i]), h->key)))
		i = (i + 1) & v->mask;
	v->hash[i] = h->hash;
	v->bucket[i] = h->bucket;
}

static bool
needs_new_table(const struct matchset *set)
{
	return set->view == NULL || set->homes * 2 > set->view->mask || set->empty > 64 + set->homes / 2;
}

/* All homes anew, those without members forgotten. */
static void
view_table(struct matchset *set, struct view *v, void *retired)
{
	uint32_t slots = 16;

	for (uint32_t i = 0; i < set->home_slots; i++) {
		struct home *next;

		for (struct home *h = set->home[i]; h != NULL; h = next) {
			next = h->next;
			if (h->n == 0)
				home_drop(set, mem_steal(retired, h));
		}
	}
	while (slots < set->homes * 4)
		slots *= 2;
	v->mask = slots - 1;
	v->hash = mem_array(v, uint32_t, slots);
	v->bucket = mem_array(v, struct bucket *, slots);
	for (uint32_t i = 0; i < set->home_slots; i++)
		for (struct home *h = set->home[i]; h != NULL; h = h->next)
			view_put(v, h);
}

/* The table as it was. */
static void
view_copy(const struct view *old, struct view *v)
{
	size_t slots = (size_t)old->mask + 1;

	v->mask = old->mask;
	v->hash = mem_dup(v, old->hash, slots * sizeof *v->hash);
	v->bucket = mem_dup(v, old->bucket, slots * sizeof(struct bucket *));
}

/* Builds what changed, and the table of all: amended where that will do. */
static void
rebuild_dirty(struct matchset *set, struct view *v, void *retired)
{
	bool anew = needs_new_table(set);
	struct home *h;

	if (!anew)
		view_copy(set->view, v);
	while ((h = STAILQ_FIRST(&set->dirty)) != NULL) {
		STAILQ_REMOVE_HEAD(&set->dirty, dirty_entry);
		if (h->bucket != NULL)
			mem_steal(retired, h->bucket);
		rebuild(set, h);
		if (!anew && h != &set->flat)
			view_put(v, h);
	}
	if (anew)
		view_table(set, v, retired);
}

static void
bury(struct matchset *set)
{
	struct matchset_rule *rule;

	while ((rule = TAILQ_FIRST(&set->dead)) != NULL) {
		TAILQ_REMOVE(&set->dead, rule, entry);
		id_give(set, rule->id);
		mem_free(rule);
	}
}

void
matchset_commit(struct matchset *set)
{
	void *retired;
	struct view *v;

	assert(set->scanning == 0);
	if (STAILQ_EMPTY(&set->dirty))
		return;
	retired = mem_ctx(set, "retired buckets");
	v = mem_new(set, struct view);
	rebuild_dirty(set, v, retired);
	v->flat = set->flat.bucket;
	v->ids = set->next_id;
	bury(set);
	v->rule = mem_dup(v, set->rule, v->ids * sizeof(struct matchset_rule *));
	if (set->view != NULL)
		mem_steal(retired, set->view);
	set->view = v;
	mem_free(retired);
}

/* ---- scan ---- */

struct matchset_caller *
matchset_caller_new(const void *ctx, enum regex_engine engine)
{
	struct matchset_caller *c = mem_new(ctx, struct matchset_caller);

	c->scratch = regex_scratch_new(c, engine);
	return c;
}

static void
begin(struct matchset_caller *c, const struct view *v)
{
	struct bucket_found *f = &c->found;

	if (c->ids < v->ids) {
		mem_free(f->stamp);
		mem_free(f->id);
		c->ids = v->ids + v->ids / 2;
		f->stamp = mem_array(c, uint32_t, c->ids);
		f->id = mem_array(c, uint32_t, c->ids);
		f->epoch = 0;
	}
	if (++f->epoch == 0) {
		memset(f->stamp, 0, c->ids * sizeof *f->stamp);
		f->epoch = 1;
	}
	f->n = 0;
	f->have_pairs = false;
}

static const struct bucket *
view_find(const struct view *v, struct slice key)
{
	uint32_t hash = hash_key(key.s, key.n);

	for (uint32_t i = hash & v->mask; v->hash[i] != 0; i = (i + 1) & v->mask)
		if (v->hash[i] == hash && slice_equal(bucket_key(v->bucket[i]), key))
			return v->bucket[i];
	return NULL;
}

/* A message may carry several mnemonics (a log line quoted in another); each bucket is scanned once. */
static void
scan_mnemonics(const struct view *v, struct bucket_found *f, const char *s, const char *end)
{
	const char *p = s;

	while (p < end && (p = memchr(p, '%', (size_t)(end - p))) != NULL) {
		struct slice key = literal_mnemonic(p, end);
		const struct bucket *b = key.n > 0 ? view_find(v, key) : NULL;

		p++;
		if (b == NULL || f->stamp[bucket_key_id(b)] == f->epoch)
			continue;
		f->stamp[bucket_key_id(b)] = f->epoch;
		bucket_scan(b, f, s, key.s + key.n + 1, end);
	}
}

static int
by_order(const void *a, const void *b, void *arg)
{
	const struct view *v = arg;
	uint64_t x = v->rule[*(const uint32_t *)a]->order, y = v->rule[*(const uint32_t *)b]->order;

	return x < y ? -1 : x > y;
}

static void
sort_found(struct view *v, struct bucket_found *f)
{
	if (f->n > FEW_CANDIDATES) {
		qsort_r(f->id, f->n, sizeof *f->id, by_order, v);
		return;
	}
	for (uint32_t i = 1; i < f->n; i++) {
		uint32_t id = f->id[i], j = i;

		for (; j > 0 && v->rule[f->id[j - 1]]->order > v->rule[id]->order; j--)
			f->id[j] = f->id[j - 1];
		f->id[j] = id;
	}
}

unsigned
matchset_scan(
	struct matchset *set, struct matchset_caller *c, const char *s, size_t n, matchset_f *f, void *arg)
{
	struct view *v = set->view;
	struct regex_captures captures;
	unsigned matched = 0;

	begin(c, v);
	scan_mnemonics(v, &c->found, s, s + n);
	bucket_scan(v->flat, &c->found, s, s, s + n);
	if (c->found.n == 0)
		return 0;
	sort_found(v, &c->found);
	set->scanning++;
	for (uint32_t i = 0; i < c->found.n; i++) {
		struct matchset_rule *rule = v->rule[c->found.id[i]];
		enum regex_verdict verdict;

		if (rule->dead)
			continue;
		rule->count.candidates++;
		verdict = regex_match(rule->regex, c->scratch, s, n, &captures);
		rule->count.limits += verdict == REGEX_LIMIT;
		if (verdict != REGEX_YES)
			continue;
		rule->count.matches++;
		matched++;
		f(arg, rule->owner, &captures);
	}
	set->scanning--;
	return matched;
}

/* ---- for people ---- */

static enum matchset_verdict
explain(const struct matchset_rule *rule, struct matchset_caller *c, const char *s, size_t n,
	struct slice *missing)
{
	const struct literals *lit = rule->literals;

	*missing = SLICE_NONE;
	for (unsigned i = 0; i < lit->n; i++) {
		if (literal_in(lit, i, s, n, missing)) {
			*missing = SLICE_NONE;
			break;
		}
		if (i + 1 == lit->n)
			return missing->s == lit->branch[i].mnemonic.s ? MATCHSET_NO_MNEMONIC
								       : MATCHSET_NO_TEXT;
	}
	switch (regex_match(rule->regex, c->scratch, s, n, NULL)) {
	case REGEX_YES:
		return MATCHSET_YES;
	case REGEX_LIMIT:
		return MATCHSET_GAVE_UP;
	default:
		return MATCHSET_NO_MATCH;
	}
}

void
matchset_explain(struct matchset *set, struct matchset_caller *c, const char *s, size_t n,
	matchset_explain_f *f, void *arg)
{
	struct matchset_rule *rule;

	TAILQ_FOREACH (rule, &set->rules, entry) {
		struct slice missing;
		enum matchset_verdict verdict = explain(rule, c, s, n, &missing);

		f(arg, rule->owner, verdict, missing);
	}
}

void
matchset_stats(const struct matchset *set, struct matchset_stats *out)
{
	struct bucket_stats flat = { 0 };

	memset(out, 0, sizeof *out);
	out->rules = set->n_rules;
	for (uint32_t i = 0; i < set->home_slots; i++)
		for (const struct home *h = set->home[i]; h != NULL; h = h->next) {
			out->by_mnemonic += h->n;
			out->mnemonics += h->n > 0;
		}
	bucket_stats(set->flat.bucket, &flat);
	out->by_piece = flat.eight + flat.four;
	out->residue = flat.plain;
}
