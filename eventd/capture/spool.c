/* Writes packets to files as they come. */
#include "capture/spool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/recording.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

enum { FLUSH_BYTES = 256 * 1024 };

struct spool {
	int fds[SPOOL_FILES_MAX];
	size_t n, at;
	bool is_pcapng, is_begun, has_ended;
	uint64_t max_bytes, written; /* of one file */
	struct text pending;
	char why[160];
};

static int
close_files(void *p)
{
	struct spool *s = p;

	for (size_t i = 0; i < s->n; i++)
		close(s->fds[i]);
	return 0;
}

struct spool *
spool_new(const void *ctx, const json_t *spec, const int *fds, size_t n)
{
	struct spool *s = mem_new(ctx, struct spool);

	s->n = n < SPOOL_FILES_MAX ? n : SPOOL_FILES_MAX;
	memcpy(s->fds, fds, s->n * sizeof *fds);
	mem_on_free(s, close_files);
	text_init(&s->pending, s);
	s->is_pcapng = json_is_true(json_object_get(spec, "pcapng"));
	s->max_bytes = (uint64_t)json_integer_value(json_object_get(spec, "file_bytes"));
	return s;
}

bool
spool_is_bounded(const struct spool *s)
{
	return s->max_bytes > 0;
}

static const char *
write_out(struct spool *s)
{
	bool ok = path_write_all(s->fds[s->at], s->pending.s, s->pending.len);

	s->written += s->pending.len;
	text_clear(&s->pending);
	if (ok)
		return NULL;
	snprintf(s->why, sizeof s->why, "file: %s", strerror(errno));
	s->has_ended = true;
	return s->why;
}

/* The next file of the ring loses what it had. */
static const char *
begin(struct spool *s, const struct recording *r)
{
	struct err err = ERR_INIT;

	if (ftruncate(s->fds[s->at], 0) != 0 || lseek(s->fds[s->at], 0, SEEK_SET) != 0) {
		snprintf(s->why, sizeof s->why, "file: %s", strerror(errno));
		return s->why;
	}
	s->written = 0;
	s->is_begun = true;
	if (recording_file_begin(r, s->is_pcapng, "", &s->pending, &err))
		return NULL;
	snprintf(s->why, sizeof s->why, "%.150s", err.text);
	return s->why;
}

const char *
spool_flush(struct spool *s, const struct recording *r)
{
	const char *why = s->has_ended || s->is_begun ? NULL : begin(s, r);

	return why != NULL || s->has_ended || s->pending.len == 0 ? why : write_out(s);
}

const char *
spool_add(struct spool *s, const struct recording *r, const struct packet *p)
{
	const char *why = s->is_begun ? NULL : begin(s, r);

	if (why != NULL || s->has_ended)
		return why;
	recording_file_packet(s->is_pcapng, &s->pending, p);
	if (s->max_bytes > 0 && s->written + s->pending.len >= s->max_bytes) {
		recording_file_end(r, s->is_pcapng, &s->pending);
		why = write_out(s);
		if (why != NULL)
			return why;
		s->is_begun = false;
		s->at = (s->at + 1) % s->n;
		s->has_ended = s->n == 1;
		return s->has_ended ? "file limit reached" : NULL;
	}
	return s->pending.len < FLUSH_BYTES ? NULL : write_out(s);
}

void
spool_end(struct spool *s, const struct recording *r)
{
	if (s->has_ended || spool_flush(s, r) != NULL)
		return;
	recording_file_end(r, s->is_pcapng, &s->pending);
	write_out(s);
	s->has_ended = true;
}
