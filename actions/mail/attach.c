/* Gathering attachments, one after the other. */
#include "actions/mail/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "actions/action.h"
#include "core/capture_port.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"

#define CAPTURE_PREFIX "capture:"

struct gathering {
	struct engine *engine;
	struct attach_want wants[ATTACH_MAX];
	struct mail_attachment items[ATTACH_MAX];
	size_t count, at; /* at: the one that is being read */
	size_t have;      /* of items */
	struct text *missing;
	size_t octets, max;
	struct timer *timer;
	struct question *question; /* to the capture helper, under way */
	attach_done_f *done;
	void *arg;
};

/* A question outlives its gathering: the helper answers in any case. */
struct question {
	struct gathering *gathering; /* NULL: nobody waits any more */
	struct text *bytes;
};

/* What a worker thread reads: malloc. */
struct reading {
	struct gathering *gathering;
	int fd, error;
	char *data;
	size_t n;
};

/* ---- items ---- */

static bool
is_file(const struct engine *e, const char *s)
{
	const char *prefix;

	for (size_t i = 0; e->files != NULL && (prefix = files_prefix_at(e->files, i)) != NULL; i++)
		if (strncasecmp(s, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/*
 * One item of the statement's list: `flash:x` and the other prefixes, `capture:NAME`; with `variable`, the whole item is the
 * value of that one. The value of _cli_result is always text, whatever it says. False when it is none.
 */
static bool
attach_parse(const void *ctx, struct attach_want *w, const struct engine *e, const char *item, size_t n,
	const char *variable, struct err *err)
{
	char *s = mem_strndup(ctx, item, n), *end = s + strlen(s);

	*w = (struct attach_want){ .kind = ATTACH_TEXT, .name = "cli_result.txt", .text = item, .len = n };
	if (variable != NULL && strcmp(variable, "_cli_result") == 0)
		return true;
	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	*w = (struct attach_want){ .kind = ATTACH_FILE, .name = s };
	if (strncasecmp(s, CAPTURE_PREFIX, strlen(CAPTURE_PREFIX)) == 0) {
		w->kind = ATTACH_CAPTURE;
		w->name = s + strlen(CAPTURE_PREFIX);
		/* A dot begins what belongs to eventd itself: it may hold the packets of other mails. */
		return (*w->name != '\0' && *w->name != '.') ||
		       err_class(err, ERR_INVALID, "CONFIG", "attach: there is no such capture");
	}
	if (is_file(e, s))
		return true;
	err_class(err, ERR_INVALID, "CONFIG", "attach: \"%.64s\" is neither a file nor a capture", s);
	err_hint(err, "write flash:NAME, capture:NAME or $_cli_result, with commas between");
	return false;
}

/* Commas that the author wrote part the items, commas in values do not. */
bool
attach_list(const void *ctx, struct run *run, const struct template *t, struct attach_want *wants,
	size_t *count, struct err *err)
{
	const struct engine *e = run_engine(run);
	struct text *item = text_new(ctx);
	const char *variable = NULL;
	size_t pieces = 0;

	*count = 0;
	for (size_t i = 0; i <= t->n; i++) {
		const struct template_piece *p = i < t->n ? &t->pieces[i] : NULL;
		const char *s = p == NULL ? "," : p->s, *value;
		size_t n = p == NULL ? 1 : p->n, value_len = 0;

		if (p != NULL && p->is_variable) {
			variable = mem_strndup(ctx, p->s, p->n);
			value = run_var_get(run, variable, &value_len);
			text_addn(item, value != NULL ? value : "", value_len);
			pieces++;
			continue;
		}
		for (; n > 0; s++, n--) {
			if (*s != ',') {
				pieces += *s != ' ';
				text_addc(item, *s);
				continue;
			}
			if (*count == ATTACH_MAX)
				return err_class(
					err, ERR_RANGE, "CONFIG", "attach: more than %d items", ATTACH_MAX);
			if (!attach_parse(ctx, &wants[*count], e, mem_dup(ctx, item->s, item->len + 1),
				    item->len, pieces == 1 ? variable : NULL, err))
				return false;
			++*count;
			text_clear(item);
			variable = NULL;
			pieces = 0;
		}
	}
	return true;
}

/* ---- the end ---- */

static void
finish(struct gathering *g, const struct err *err)
{
	attach_done_f *done = g->done;
	void *arg = g->arg;
	const struct attach_gathered all = { g->items, g->have, g->missing->s };
	bool ok = err->code == ERR_NONE;

	done(arg, ok ? &all : NULL, err);
	mem_free(g);
}

static void
fail(struct gathering *g, const char *class, const char *why)
{
	struct err err = ERR_INIT;

	err_class(&err, ERR_REFUSED, class, "attach: %s", why);
	finish(g, &err);
}

static void next(struct gathering *);

/* It goes without this one. */
static void
miss(struct gathering *g, const char *why)
{
	const struct attach_want *w = &g->wants[g->at++];
	const char *bracket = strncmp(why, "%Error ", 7) == 0 ? strrchr(why, '(') : NULL;
	size_t n = bracket != NULL ? strcspn(++bracket, ")") : strlen(why);

	text_printf(g->missing, "attachment %s%s: %.*s\n", w->kind == ATTACH_CAPTURE ? CAPTURE_PREFIX : "",
		w->name, (int)n, bracket != NULL ? bracket : why);
	next(g);
}

static void
too_big(struct gathering *g)
{
	char *why = mem_printf(
		NULL, "%s: the attachments have more than %zu octets", g->wants[g->at].name, g->max);

	fail(g, "MESSAGE_TOO_BIG", why);
	mem_free(why);
}

/* The bytes of the item under way; copied. */
static void
have(struct gathering *g, const char *name, const void *data, size_t n)
{
	if (n > g->max - g->octets) {
		too_big(g);
		return;
	}
	g->octets += n;
	g->at++;
	g->items[g->have++] = (struct mail_attachment){
		.name = mem_strdup(g, name), .data = mem_dup(g, data, n), .len = n
	};
	next(g);
}

/* ---- files ---- */

static const char *
base_name(const char *url)
{
	const char *slash = strrchr(url, '/'), *colon = strchr(url, ':');

	return slash != NULL ? slash + 1 : colon != NULL ? colon + 1 : url;
}

static void
read_whole(void *data)
{
	struct reading *r = data;
	size_t at = 0;

	while (at < r->n && r->error == 0) {
		ssize_t n = read(r->fd, r->data + at, r->n - at);

		if (n < 0 && errno != EINTR)
			r->error = errno;
		else if (n == 0)
			break;
		else if (n > 0)
			at += (size_t)n;
	}
	r->n = at;
}

static void
have_read(void *data)
{
	struct reading *r = data;
	struct gathering *g = r->gathering;

	if (r->error == 0)
		have(g, base_name(g->wants[g->at].name), r->data, r->n);
	else
		miss(g, strerror(r->error));
}

static void
free_reading(void *data)
{
	struct reading *r = data;

	close(r->fd);
	free(r->data);
	free(r);
}

static void
read_file(struct gathering *g, const char *url)
{
	struct err err = ERR_INIT;
	int fd = files_open(g->engine->files, url, O_RDONLY | O_NONBLOCK, 0, &err);
	struct reading *r;
	struct stat st;

	if (fd < 0) {
		miss(g, err.text);
		return;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		miss(g, "it is no plain file");
		return;
	}
	if ((size_t)st.st_size > g->max - g->octets) {
		close(fd);
		too_big(g);
		return;
	}
	r = calloc(1, sizeof *r);
	if (r == NULL || (r->data = malloc((size_t)st.st_size + 1)) == NULL) {
		free(r);
		close(fd);
		fail(g, "CONFIG", "no memory");
		return;
	}
	r->gathering = g;
	r->fd = fd;
	r->n = (size_t)st.st_size;
	work_submit(g, g->engine->loop, read_whole, have_read, free_reading, r);
}

/* ---- captures ---- */

static bool ask_capture(struct question *, const char *name, json_int_t from, struct err *);

static void
add_piece(struct text *out, const json_t *bytes)
{
	size_t n = json_string_length(bytes), pads = 0;
	const char *text = json_string_value(bytes);
	unsigned char *data;
	int len;

	if (text == NULL)
		return;
	data = mem_alloc(NULL, n + 1);
	len = EVP_DecodeBlock(data, (const unsigned char *)text, (int)n);
	while (len > 0 && pads < 2 && n > pads && text[n - 1 - pads] == '=')
		pads++;
	if (len >= 0)
		text_addn(out, data, (size_t)len - pads);
	mem_free(data);
}

static void
have_capture(struct gathering *g, const struct text *bytes)
{
	char *name = mem_printf(NULL, "%s.pcapng", g->wants[g->at].name);

	have(g, name, bytes->s, bytes->len);
	mem_free(name);
}

static void
got_piece(void *arg, const json_t *answer, const struct err *err)
{
	struct question *q = arg;
	struct gathering *g = q->gathering;
	const json_t *more = json_object_get(answer, "next");
	struct err why = *err;

	if (g != NULL && answer != NULL) {
		add_piece(q->bytes, json_object_get(answer, "bytes"));
		if (q->bytes->len > g->max - g->octets)
			more = NULL; /* have() refuses it */
		if (more != NULL && ask_capture(q, g->wants[g->at].name, json_integer_value(more), &why))
			return;
	}
	if (g != NULL) {
		g->question = NULL;
		if (answer == NULL || more != NULL)
			miss(g, why.text);
		else
			have_capture(g, q->bytes);
	}
	mem_free(q);
}

static bool
ask_capture(struct question *q, const char *name, json_int_t from, struct err *err)
{
	struct engine *e = q->gathering->engine;

	return e->capture_port->ask(e, "read", name,
		json_pack("{s:I, s:b, s:b}", "from", from, "pcapng", 1, "drain", from == 0), got_piece, q,
		err);
}

static void
read_capture(struct gathering *g, const char *name)
{
	struct question *q = mem_new(g->engine, struct question);
	struct err err = ERR_INIT;

	q->gathering = g;
	q->bytes = text_new(q);
	g->question = q;
	if (g->engine->capture_port == NULL)
		err_set(&err, ERR_REFUSED, "there are no captures here");
	else if (ask_capture(q, name, 0, &err))
		return;
	g->question = NULL;
	mem_free(q);
	miss(g, err.text);
}

/* ---- */

static void
next(struct gathering *g)
{
	const struct attach_want *w = &g->wants[g->at];
	struct err none = ERR_INIT;

	if (g->at == g->count)
		finish(g, &none);
	else if (w->kind == ATTACH_TEXT)
		have(g, w->name, w->text, w->len);
	else if (w->kind == ATTACH_FILE)
		read_file(g, w->name);
	else
		read_capture(g, w->name);
}

static void
on_begin(void *arg)
{
	next(arg);
}

static int
forget_question(void *ptr)
{
	struct gathering *g = ptr;

	if (g->question != NULL)
		g->question->gathering = NULL;
	return 0;
}

void
attach_gather(const void *ctx, struct engine *e, const struct attach_want *wants, size_t count, size_t max,
	attach_done_f *done, void *arg)
{
	struct gathering *g = mem_new(ctx, struct gathering);

	g->engine = e;
	g->count = count < ATTACH_MAX ? count : ATTACH_MAX;
	for (size_t i = 0; i < g->count; i++) {
		g->wants[i] = wants[i];
		g->wants[i].name = mem_strdup(g, wants[i].name);
		if (wants[i].text != NULL)
			g->wants[i].text = mem_strndup(g, wants[i].text, wants[i].len);
	}
	g->missing = text_new(g);
	g->max = max;
	g->done = done;
	g->arg = arg;
	mem_on_free(g, forget_question);
	g->timer = timer_after(g, e->loop, 0, on_begin, g);
}
