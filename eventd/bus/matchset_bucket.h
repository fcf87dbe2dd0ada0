/*
 * A bucket of the match set: the patterns that ask for one mnemonic, or for none. Immutable once
 * built. Scanning a message yields candidates: patterns that may match, for PCRE2 to confirm.
 * Patterns are numbers here (ids).
 *
 * Each pattern is filed under one piece of 8 (or 4) bytes that it requires, chosen because few others
 * of the bucket have it; a message's windows of that width are looked up in a bitmap, then in a hash.
 * What has no such piece is plain: always a candidate, unless pairs of bytes that it requires are
 * missing.
 */
#ifndef BUS_MATCHSET_BUCKET_H
#define BUS_MATCHSET_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/literal.h"
#include "core/slice.h"

/* One way in which one pattern can match. */
struct bucket_member {
	uint32_t id;
	bool nocase;
	unsigned char width;                 /* 8 or 4; 0 = plain; BUCKET_UNDECIDED */
	uint64_t piece;                      /* the chosen bytes */
	const struct literal_branch *branch; /* NULL: nothing is required */
};
#define BUCKET_UNDECIDED 255u

struct bucket;

/*
 * Decides for members that are undecided (for all when `again`), then builds. The members are only
 * read during the call; `key` and the bucket live in ctx.
 */
struct bucket *bucket_build(
	const void *ctx, struct slice key, uint32_t key_id, struct bucket_member *, size_t n, bool again);
struct slice bucket_key(const struct bucket *);
uint32_t bucket_key_id(const struct bucket *);

/* What a scan finds; one per caller. Arrays are sized by the match set. */
struct bucket_found {
	uint32_t epoch;  /* of this scan */
	uint32_t *stamp; /* by id: epoch in which it was last found */
	uint32_t *id;    /* found in this scan */
	uint32_t n;
	bool have_pairs; /* `pair` is that of this scan's message */
	uint64_t pair[64];
};

/*
 * Adds the bucket's candidates for the bytes from..end of a message that begins at `start`. (Behind a
 * mnemonic, pieces are looked for only there.)
 */
void bucket_scan(
	const struct bucket *, struct bucket_found *, const char *start, const char *from, const char *end);

struct bucket_stats {
	size_t eight, four, plain;
};
void bucket_stats(const struct bucket *, struct bucket_stats *);

#endif
