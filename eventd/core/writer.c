/* Text for people, or one JSON document for programs. */
#include "core/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/mem.h"

#define DEPTH 16

struct writer {
	enum writer_form form;
	struct text *out;
	json_t *open[DEPTH]; /* borrowed but for the root */
	int depth;
	/* the table under way */
	const struct w_column *cols;
	size_t ncols, col;
};

static int
writer_free(void *p)
{
	struct writer *w = p;

	json_decref(w->open[0]);
	return 0;
}

struct writer *
writer_new(const void *ctx, enum writer_form form, struct text *out)
{
	struct writer *w = mem_new(ctx, struct writer);

	w->form = form;
	w->out = out;
	if (form == WRITER_JSON) {
		w->open[0] = json_object();
		json_object_set_new(w->open[0], "schema_version", json_integer(1));
	}
	mem_on_free(w, writer_free);
	return w;
}

bool
writer_is_json(const struct writer *w)
{
	return w->form == WRITER_JSON;
}

void
w_text(struct writer *w, const char *fmt, ...)
{
	va_list ap;

	if (w->form != WRITER_TEXT)
		return;
	va_start(ap, fmt);
	text_vprintf(w->out, fmt, ap);
	va_end(ap);
}

void
w_foreign(struct writer *w, const char *s, size_t n)
{
	if (w->form == WRITER_TEXT)
		text_add_screen(w->out, s, n);
}

static void
put(struct writer *w, const char *key, json_t *value)
{
	json_t *in = w->open[w->depth];

	if (json_is_array(in))
		json_array_append_new(in, value);
	else
		json_object_set_new(in, key == NULL ? "" : key, value);
}

static void
push(struct writer *w, const char *key, json_t *value)
{
	if (w->depth + 1 >= DEPTH)
		abort(); /* a show command that nests so deep is wrong */
	put(w, key, value);
	w->open[++w->depth] = value;
}

void
w_json(struct writer *w, const char *key, json_t *value)
{
	json_t *in = w->open[w->depth];

	if (w->form != WRITER_JSON) {
		json_decref(value);
	} else if (key == NULL && json_is_object(in) && json_is_object(value)) {
		json_object_update(in, value);
		json_decref(value);
	} else {
		put(w, key, value);
	}
}

void
w_list(struct writer *w, const char *key)
{
	if (w->form == WRITER_JSON)
		push(w, key, json_array());
}

void
w_object(struct writer *w, const char *key)
{
	if (w->form == WRITER_JSON)
		push(w, key, json_object());
}

void
w_end(struct writer *w)
{
	if (w->form == WRITER_JSON && w->depth > 0)
		w->depth--;
}

void
w_str(struct writer *w, const char *key, const char *value)
{
	if (w->form == WRITER_JSON)
		put(w, key, value == NULL ? json_null() : frame_string(value, strlen(value)));
}

void
w_int(struct writer *w, const char *key, int64_t value)
{
	if (w->form == WRITER_JSON)
		put(w, key, json_integer(value));
}

void
w_real(struct writer *w, const char *key, double value)
{
	if (w->form == WRITER_JSON)
		put(w, key, json_real(value));
}

void
w_bool(struct writer *w, const char *key, bool value)
{
	if (w->form == WRITER_JSON)
		put(w, key, json_boolean(value));
}

void
w_table_begin(struct writer *w, const char *key, const struct w_column *cols, size_t n)
{
	w->cols = cols;
	w->ncols = n;
	w->col = 0;
	if (w->form == WRITER_JSON) {
		w_list(w, key);
		return;
	}
	if (cols[0].title == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		text_pad(w->out, cols[i].offset);
		text_add(w->out, cols[i].title);
	}
	text_pad(w->out, cols[n - 1].offset + cols[n - 1].width);
	text_addc(w->out, '\n');
}

/* A value too long for its column is kept whole and parted from the next by one blank. */
static void
begin_cell(struct writer *w)
{
	const struct w_column *c = &w->cols[w->col];

	if (w->form == WRITER_JSON) {
		if (w->col == 0)
			w_object(w, NULL);
		return;
	}
	if (w->col > 0 && w->out->len > 0 && w->out->s[w->out->len - 1] != ' ')
		text_addc(w->out, ' ');
	text_pad(w->out, c->offset);
}

static void
end_cell(struct writer *w)
{
	const struct w_column *c = &w->cols[w->col];

	if (++w->col < w->ncols)
		return;
	w->col = 0;
	if (w->form == WRITER_JSON) {
		w_end(w);
		return;
	}
	if (c->width > 0)
		text_pad(w->out, c->offset + c->width);
	text_addc(w->out, '\n');
}

void
w_cell(struct writer *w, const char *value)
{
	begin_cell(w);
	w_str(w, w->cols[w->col].key, value);
	if (value != NULL)
		w_foreign(w, value, strlen(value));
	end_cell(w);
}

void
w_cell_int(struct writer *w, int64_t value)
{
	begin_cell(w);
	w_int(w, w->cols[w->col].key, value);
	w_text(w, "%lld", (long long)value);
	end_cell(w);
}

void
w_table_end(struct writer *w)
{
	w_end(w);
	w->cols = NULL;
}

void
writer_finish(struct writer *w)
{
	char *s;

	if (w->form != WRITER_JSON)
		return;
	s = json_dumps(w->open[0], JSON_INDENT(2) | JSON_ENSURE_ASCII);
	if (s == NULL)
		return;
	text_add(w->out, s);
	text_addc(w->out, '\n');
	free(s);
}
