/* A window of a capture becomes a file: its name, its place among the others, the helper's answer. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/client.h"
#include "capture/trigger.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/text.h"

enum { LABEL_MAX = 48 };

struct taking {
	struct captures *captures;
	int64_t id;
	char *file;
	bool is_accepted, is_over; /* the two answers come in any order */
	frozen_f *done;
	void *arg;
	struct taking *next;
};

/* ---- names ---- */

/* "CAP-LINK-DOWN-": a policy's name may hold anything. */
static char *
stem(const void *ctx, const char *capture, const char *label)
{
	struct text *name = text_new(ctx);
	const char *parts[] = { capture, label };

	for (size_t i = 0; i < 2; i++) {
		for (size_t n = 0; parts[i][n] != '\0' && n < LABEL_MAX; n++) {
			char c = parts[i][n];

			text_addc(
				name, isalnum((unsigned char)c) || c == '_' || (c == '-' && n > 0) ? c : '_');
		}
		text_addc(name, '-');
	}
	return name->s;
}

static void
add_stamp(struct text *out, usec wall, const char *date_form)
{
	time_t seconds = (time_t)(wall / USEC_PER_SEC);
	struct tm utc;
	char date[32];

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof date, date_form, &utc);
	text_printf(out, "%s.%06d", date, (int)(wall % USEC_PER_SEC));
}

struct listing {
	const char *stem;
	char **names; /* oldest first: the stamp sorts */
	size_t n;
	void *ctx;
};

static void
list_file(void *arg, const char *name, const struct stat *st)
{
	struct listing *l = arg;
	size_t n = strlen(l->stem), digits;

	(void)st;
	if (strncmp(name, l->stem, n) != 0)
		return;
	digits = strspn(name + n, "0123456789-.");
	if (digits == 0 || strcmp(name + n + digits, "pcapng") != 0)
		return;
	l->names = mem_resize(l->ctx, l->names, (l->n + 1) * sizeof *l->names);
	l->names[l->n++] = mem_strdup(l->ctx, name);
}

/* The oldest make room, those of an earlier start, too. */
static void
make_room(struct captures *c, const char *name, unsigned files)
{
	struct listing l = { .stem = name, .ctx = mem_ctx(c, "files") };
	struct err ignored = ERR_INIT;

	files_list(c->engine->files, "flash:", 0, list_file, &l, &ignored);
	for (size_t i = 0; i < l.n && l.n - i >= files; i++)
		files_delete(c->engine->files, mem_printf(l.ctx, "flash:%s", l.names[i]), 0, &ignored);
	mem_free(l.ctx);
}

static char *
file_name(const void *ctx, const struct captures *c, const char *name, usec at)
{
	struct text *file = text_new(ctx);

	text_printf(file, "flash:%s", name);
	add_stamp(file, at, "%Y%m%d-%H%M%S");
	if (files_exists(c->engine->files, mem_printf(ctx, "%s.pcapng", file->s), 0))
		text_printf(file, "-%lld", (long long)c->last_window);
	text_add(file, ".pcapng");
	return file->s;
}

/* ---- taking ---- */

static struct taking *
find(const struct captures *c, int64_t id)
{
	struct taking *t = c->takings;

	while (t != NULL && t->id != id)
		t = t->next;
	return t;
}

/* Both answers are there: nobody knows it any more. */
static void
forget(struct taking *t)
{
	struct taking **at = &t->captures->takings;

	if (!t->is_accepted || !t->is_over)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	mem_free(t);
}

/* told NULL: it failed. */
static void
conclude(struct taking *t, const json_t *told, const struct err *why)
{
	struct err ignored = ERR_INIT;

	if (t->is_over)
		return;
	t->is_over = true;
	if (told == NULL)
		files_delete(t->captures->engine->files, t->file, 0, &ignored);
	t->done(t->arg, told == NULL ? NULL : t->file, told, why);
}

/* The helper has opened the file for itself, or has nothing to put into it. */
static void
accepted(void *arg, const json_t *answer, const struct err *err)
{
	struct taking *t = arg;

	t->is_accepted = true;
	if (answer == NULL)
		conclude(t, NULL, err);
	forget(t);
}

void
captures_frozen(struct captures *c, const json_t *told)
{
	struct taking *t = find(c, json_integer_value(json_object_get(told, "window")));
	const char *error = json_string_value(json_object_get(told, "error"));
	struct err why = ERR_INIT;

	if (t == NULL)
		return;
	if (error != NULL)
		err_set(&why, ERR_IO, "%s: %s", t->file, error);
	conclude(t, error != NULL ? NULL : told, &why);
	forget(t);
}

void
captures_frozen_lost(struct captures *c, const struct err *why)
{
	struct taking *next;

	for (struct taking *t = c->takings; t != NULL; t = next) {
		next = t->next;
		conclude(t, NULL, why);
		forget(t);
	}
}

static json_t *
question_of(const struct taking *t, const struct freeze *f)
{
	struct text comment;
	json_t *j;

	text_init(&comment, NULL);
	text_printf(&comment, "%s at ", f->comment);
	add_stamp(&comment, f->at, "%Y-%m-%dT%H:%M:%S");
	text_add(&comment, "Z");
	j = json_pack("{sIsIsIsIsIsbsbso}", "window", (json_int_t)t->id, "from_ns",
		(json_int_t)((f->at - f->before) * 1000), "until_ns", (json_int_t)((f->at + f->after) * 1000),
		"at_ns", (json_int_t)(f->at * 1000), "max_bytes", (json_int_t)f->size_mb << 20, "masked",
		f->is_masked, "pcapng", 1, "comment", frame_string(comment.s, comment.len));
	mem_free(comment.s);
	return j;
}

bool
capture_freeze(struct captures *c, struct capture_point *p, const struct freeze *f, frozen_f *done, void *arg,
	struct err *err)
{
	struct taking *t = mem_new(c, struct taking);
	char *name = stem(t, p->name, f->label);
	struct err ignored = ERR_INIT;
	bool asked = false;
	int fd;

	t->captures = c;
	t->id = ++c->last_window;
	t->done = done;
	t->arg = arg;
	make_room(c, name, f->files);
	t->file = file_name(t, c, name, f->at);
	fd = files_open(c->engine->files, t->file, O_WRONLY | O_CREAT | O_TRUNC, 0, err);
	if (fd >= 0) {
		t->next = c->takings;
		c->takings = t;
		asked = captures_ask_files(c, "freeze", p->name, question_of(t, f), &fd, 1, accepted, t, err);
		close(fd);
	}
	if (asked)
		return true;
	if (fd >= 0) {
		c->takings = t->next;
		files_delete(c->engine->files, t->file, 0, &ignored);
	}
	mem_free(t);
	return false;
}
