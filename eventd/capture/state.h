/*
 * What the capture helper knows: recordings with their buffers, files that are being written, open files that have come
 * with questions. Shared by the files of the helper; one thread.
 */
#ifndef CAPTURE_STATE_H
#define CAPTURE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "capture/recording.h"
#include "core/err.h"

struct credentials;
struct frame_reader;
struct text;
struct writing;

enum { GIVEN_MAX = 128 };

struct entry {
	struct recording *recording;
	struct text *extract;            /* a file that is being handed over, or NULL */
	struct credentials *credentials; /* of the buffer that is being shown, or NULL */
	bool told_end;
	struct entry *next;
};

/* A file that is being written. */
struct file {
	struct writing *writing;
	char *name; /* of the capture */
	json_t *id; /* of the question that waits for it; NULL: it is told as an event */
	struct file *next;
};

struct helper_state {
	struct entry *first;
	struct file *files;
	struct frame_reader *in;
	const json_t *id;     /* of the question under way */
	int given[GIVEN_MAX]; /* open files that have come; those of the question under way come first */
	size_t ngiven;
	bool is_answered_later;
	bool is_engine_gone;
};

/* False when the engine is gone. Takes the message. */
bool capture_tell(json_t *);

/* ---- files.c ---- */
/* Of the open files that came with the question: they belong to the caller now. */
size_t capture_take_files(struct helper_state *, const json_t *ask, int *files, size_t max);
/* Closes those that nobody took; `left` belong to questions to come. */
void capture_drop_files(struct helper_state *, size_t left);

/* The window becomes a file; `id` of the question that waits for it, NULL: it is told as an event. Takes the window. */
bool capture_write_file(
	struct helper_state *, struct recording *, struct window *, const json_t *id, struct err *);
/* Tells of one that is over; false when the engine is gone. */
bool capture_tell_file(struct file *);

/* Tells the engine what recordings tell; arg: the state. */
struct recording_listener capture_listener(struct helper_state *);

/* ---- operations.c ---- */
/* Does what is asked, by "op" and "name", and fills the answer; false with err. */
bool capture_carry_out(struct helper_state *, const json_t *ask, json_t *answer, struct err *);

#endif
