/* SQLite's write-ahead log, looked at before SQLite does. */
#include "store/wal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC         0x377f0682u /* the lowest bit: checksums are of big-endian words */
#define INDEX_VERSION 3007000u
#define HEADER        32
#define FRAME_HEADER  24
#define PAGE_MAX      65536u

/* As it is mapped: in the machine's byte order, but for the salts, which are the log's bytes. */
struct wal_index {
	uint32_t version, unused, change;
	uint8_t is_init, big_endian;
	uint16_t page_size; /* 1: 65536 */
	uint32_t frames, pages;
	uint32_t frame_sum[2];
	unsigned char salt[8];
	uint32_t sum[2];
};

struct sum {
	uint32_t a, b;
};

struct wal {
	unsigned char *data;
	size_t n, page;
	uint32_t frames; /* that were committed */
	bool big_endian; /* of the checksums */
};

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t
word(const unsigned char *p, bool big_endian)
{
	return big_endian ? get32(p)
			  : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static struct sum
add(struct sum s, const unsigned char *p, size_t n, bool big_endian)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		s.a += word(p + i, big_endian) + s.b;
		s.b += word(p + i + 4, big_endian) + s.a;
	}
	return s;
}

static struct sum
stored(const unsigned char *p)
{
	return (struct sum){ get32(p), get32(p + 4) };
}

static bool
is_same(struct sum x, struct sum y)
{
	return x.a == y.a && x.b == y.b;
}

/* How far the log was committed and synced; false: it does not say. */
static bool
read_index(const char *path, struct wal_index *index)
{
	struct wal_index twice[2];
	uint32_t words[sizeof *index / 4], a = 0, b = 0;
	char name[4200];
	FILE *f;
	size_t n;

	_Static_assert(sizeof(struct wal_index) == 48, "as SQLite lays it out");
	snprintf(name, sizeof name, "%s-shm", path);
	f = fopen(name, "rbe");
	if (f == NULL)
		return false;
	n = fread(twice, sizeof *twice, 2, f);
	fclose(f);
	if (n != 2 || memcmp(&twice[0], &twice[1], sizeof *twice) != 0)
		return false;
	*index = twice[0];
	memcpy(words, index, sizeof words);
	for (size_t i = 0; i + 2 < sizeof words / 4; i += 2) {
		a += words[i] + b;
		b += words[i + 1] + a;
	}
	return index->is_init == 1 && index->version == INDEX_VERSION && index->frames > 0 &&
	       a == index->sum[0] && b == index->sum[1];
}

static bool
read_log(const char *name, struct wal *log)
{
	FILE *f = fopen(name, "rbe");
	struct stat st;
	bool ok;

	*log = (struct wal){ 0 };
	if (f == NULL)
		return true; /* gone: as if it were empty */
	ok = fstat(fileno(f), &st) == 0;
	log->n = ok ? (size_t)st.st_size : 0;
	log->data = malloc(log->n + 1);
	ok = ok && log->data != NULL && fread(log->data, 1, log->n, f) == log->n;
	fclose(f);
	return ok;
}

static bool
is_header(struct wal *log)
{
	struct sum zero = { 0, 0 };

	if (log->n < HEADER || (get32(log->data) & ~1u) != MAGIC)
		return false;
	log->big_endian = (get32(log->data) & 1) != 0;
	return is_same(add(zero, log->data, HEADER - 8, log->big_endian), stored(log->data + HEADER - 8));
}

static unsigned char *
frame_at(const struct wal *log, uint32_t i)
{
	size_t at = HEADER + i * (FRAME_HEADER + log->page);

	return at + FRAME_HEADER + log->page <= log->n ? log->data + at : NULL;
}

static struct sum
sum_of_frame(const struct wal *log, struct sum before, const unsigned char *frame)
{
	return add(add(before, frame, 8, log->big_endian), frame + FRAME_HEADER, log->page, log->big_endian);
}

static bool
is_good(const struct wal *log, struct sum before, const unsigned char *frame)
{
	return frame != NULL && memcmp(frame + 8, log->data + 16, 8) == 0 &&
	       is_same(sum_of_frame(log, before, frame), stored(frame + 16));
}

/* The first committed frame that cannot be read; log->frames: all can. */
static uint32_t
first_bad(const struct wal *log)
{
	struct sum said = stored(log->data + HEADER - 8);

	for (uint32_t i = 0; i < log->frames; i++) {
		const unsigned char *frame = frame_at(log, i);

		if (!is_good(log, said, frame))
			return i;
		said = stored(frame + 16);
	}
	return log->frames;
}

/* The head as it must have been; what it said of itself is kept for the first frame, which builds on it. */
static struct sum
mend_header(struct wal *log, const struct wal_index *index)
{
	struct sum zero = { 0, 0 }, said = stored(log->data + HEADER - 8), ours;

	log->big_endian = index->big_endian != 0;
	put32(log->data, MAGIC | log->big_endian);
	put32(log->data + 4, INDEX_VERSION);
	put32(log->data + 8, (uint32_t)log->page);
	memcpy(log->data + 16, index->salt, sizeof index->salt);
	ours = add(zero, log->data, HEADER - 8, log->big_endian);
	put32(log->data + HEADER - 8, ours.a);
	put32(log->data + HEADER - 4, ours.b);
	return said;
}

/*
 * Frames that cannot be read leave the log, and the checksums of those behind are made anew. A frame is good
 * when it builds on what the one before says of itself. How many are left.
 */
static uint32_t
mend(struct wal *log, struct sum said)
{
	struct sum ours = stored(log->data + HEADER - 8);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < log->frames; i++) {
		unsigned char *frame = frame_at(log, i), *to;
		bool good = is_good(log, said, frame) || (i == 0 && is_good(log, ours, frame));

		if (frame == NULL)
			break;
		said = stored(frame + 16);
		if (!good)
			continue;
		to = frame_at(log, kept++);
		memmove(to, frame, FRAME_HEADER + log->page);
		ours = sum_of_frame(log, ours, to);
		put32(to + 16, ours.a);
		put32(to + 20, ours.b);
	}
	return kept;
}

static bool
write_file(const char *name, const void *data, size_t n)
{
	FILE *f = fopen(name, "wbe");
	bool ok = f != NULL && fwrite(data, 1, n, f) == n && fflush(f) == 0 && fsync(fileno(f)) == 0;

	if (f != NULL)
		fclose(f);
	return ok;
}

static void
keep_aside(const char *name, const struct wal *log, char *aside, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t n = (size_t)snprintf(aside, size, "%s.damaged-", name);

	gmtime_r(&now, &tm);
	strftime(aside + n, size - n, "%Y%m%d-%H%M%S", &tm);
	if (!write_file(aside, log->data, log->n))
		snprintf(aside, size, "nothing: no room");
}

bool
wal_check(const char *path, char *why, size_t why_size, char *aside, size_t aside_size)
{
	struct wal_index index;
	struct wal log;
	char name[4200], shared[4200];
	struct sum said;
	uint32_t bad, kept = 0;
	bool whole;

	snprintf(name, sizeof name, "%s-wal", path);
	snprintf(shared, sizeof shared, "%s-shm", path);
	if (!read_index(path, &index) || !read_log(name, &log))
		return true;
	log.page = index.page_size == 1 ? PAGE_MAX : index.page_size;
	log.frames = index.frames;
	aside[0] = '\0';
	whole = is_header(&log);
	/* The index is of another log: the power was cut, and it stayed behind. */
	if (whole && memcmp(index.salt, log.data + 16, sizeof index.salt) != 0) {
		free(log.data);
		return true;
	}
	bad = whole ? first_bad(&log) : 0;
	if (whole && bad == log.frames) {
		free(log.data);
		return true;
	}
	keep_aside(name, &log, aside, aside_size);
	if (log.n >= HEADER) {
		said = whole ? stored(log.data + HEADER - 8) : mend_header(&log, &index);
		kept = mend(&log, said);
	}
	snprintf(why, why_size, "%s: %u of %u pages cannot be read, from number %u on", name,
		log.frames - kept, log.frames, bad + 1);
	if (kept > 0)
		write_file(name, log.data, HEADER + kept * (FRAME_HEADER + log.page));
	unlink(shared);
	free(log.data);
	return false;
}
