/*
 * Where a `show` command writes: text for people, or one JSON document for programs. The command
 * says both things side by side: w_text() counts only in text mode, the w_json calls only in JSON mode, and
 * w_table() serves both from one declaration of columns. Engine thread only.
 */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/text.h"

enum writer_form { WRITER_TEXT, WRITER_JSON };

struct writer;

struct writer *writer_new(const void *ctx, enum writer_form, struct text *out);
bool writer_is_json(const struct writer *);

void w_text(struct writer *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Foreign text: made safe for a screen (text_add_screen()). */
void w_foreign(struct writer *, const char *s, size_t n);

/* The document begins as {"schema_version":1}; keys are snake case. Opened things are closed again. */
void w_list(struct writer *, const char *key);   /* "policies": [ */
void w_object(struct writer *, const char *key); /* key NULL inside a list */
void w_end(struct writer *);
void w_str(struct writer *, const char *key, const char *value); /* NULL = null */
void w_int(struct writer *, const char *key, int64_t value);
void w_real(struct writer *, const char *key, double value);
void w_bool(struct writer *, const char *key, bool value);
/* A value that is there already, whole; taken. With key NULL outside a list: every member of an object. */
void w_json(struct writer *, const char *key, json_t *value);

/*
 * A table with IOS column offsets. In JSON each row is an object in the list `key`.
 *   static const struct w_column cols[] = { { "no", "No.", 0 }, { "job_id", "Job Id", 5 }, ... };
 *   w_table_begin(w, "events", cols, n); w_cell_int(w, 1); w_cell(w, "42"); ... ; w_table_end(w);
 * A row ends by itself after the last column.
 */
struct w_column {
	const char *key;   /* JSON name */
	const char *title; /* heading; NULL on the first column = no heading line */
	unsigned offset;   /* column where the text starts */
	unsigned width;    /* pad the last column to this width (0 = no) */
};
void w_table_begin(struct writer *, const char *key, const struct w_column *, size_t n);
void w_cell(struct writer *, const char *value); /* NULL = null, and nothing in the text */
void w_cell_int(struct writer *, int64_t value);
void w_table_end(struct writer *);

/* Ends the document: in JSON mode writes it to the text, with a newline. */
void writer_finish(struct writer *);

#endif
