/* Configuration lines: parsed once, shared by the versions of the configuration that hold them. */
#include "conf/private.h"

#include <inttypes.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

enum { KEY_ROOM = 32 };

struct line *
line_new(struct conf *conf, const struct kw_parsed *parsed, bool no)
{
	/* With its text and key, as far as they can be foreseen: there are tens of thousands of lines. */
	struct line *line = mem_roomy(conf, sizeof *line, strlen(parsed->expanded) + KEY_ROOM);

	line->refs = 1;
	/* The command is the first member of its row. */
	line->row = (const struct conf_row *)(const void *)parsed->cmd;
	if (line->row->alias_of != NULL)
		line->row = line->row->alias_of;
	line->args = mem_steal(line, parsed->args);
	line->no = no;
	return line;
}

struct line *
line_ref(struct line *line)
{
	line->refs++;
	return line;
}

void
line_unref(struct line *line)
{
	if (line == NULL || --line->refs > 0)
		return;
	line_unref(line->base);
	mem_free(line);
}

struct kept {
	struct line *line;
};

static int
kept_free(void *p)
{
	line_unref(((struct kept *)p)->line);
	return 0;
}

void
conf_node_keep(const void *ctx, const struct conf_node *n)
{
	struct kept *k = mem_new(ctx, struct kept);

	k->line = line_ref(node_of(n)->line);
	mem_on_free(k, kept_free);
}

/* Sorted lines stand in the order of their first key value. */
static const char *
place_of(const struct line *line)
{
	const struct kw *row = line->row->cmd.kw;

	if (!line->row->sorted)
		return NULL;
	while (row != NULL && (row->word != NULL || row->help != NULL) && (row->flags & KW_KEY) == 0)
		row++;
	if (row == NULL || row->type == NULL)
		return line->key;
	if (row->type == &kw_number)
		return mem_printf(line, "%020" PRId64,
			((const struct kw_int *)(const void *)((const char *)line->args + row->at))->v);
	if (row->type->size == sizeof(struct kw_str))
		return ((const struct kw_str *)(const void *)((const char *)line->args + row->at))->s;
	return line->key;
}

static const char *
keep_both(struct line *line, const struct text *a, const struct text *b)
{
	size_t n = a->len + 1 + b->len + 1;
	char *both;

	mem_reserve(line, n);
	both = mem_pack(line, n);
	memcpy(both, a->s, a->len);
	memcpy(both + a->len + 1, b->s, b->len);
	return both;
}

static void
line_describe(struct line *line)
{
	const struct kw_cmd *cmd = &line->row->cmd;
	struct text whole, key;

	text_init(&whole, NULL);
	text_init(&key, NULL);
	kw_print(cmd, line->args, &whole);
	if (!line->row->whole_line_key)
		kw_print_key(cmd, line->args, &key);
	else
		text_addn(&key, whole.s, whole.len);
	if (line->no) {
		text_clear(&whole);
		text_printf(&whole, "no %s", key.s);
	}
	line->text = keep_both(line, &whole, &key);
	line->key = line->row->whole_line_key && !line->no ? line->text : line->text + whole.len + 1;
	mem_free(whole.s);
	mem_free(key.s);
	line->place = place_of(line);
}

bool
line_finish(struct conf *conf, struct line *line, struct err *err)
{
	if ((!line->no || line->row->adopt_no) && line->row->adopt != NULL &&
		!line->row->adopt(conf->engine, line->args, err))
		return false;
	line_describe(line);
	return true;
}

void
line_add_raw(struct line *line, const char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
		n--;
	if (line->raw == NULL)
		line->raw = text_new(line);
	text_addn(line->raw, text, n);
	text_addc(line->raw, '\n');
}

bool
line_equal(const struct line *a, const struct line *b)
{
	return a == b || (strcmp(a->text, b->text) == 0 && strcmp(a->raw == NULL ? "" : a->raw->s,
								   b->raw == NULL ? "" : b->raw->s) == 0);
}

struct line *
line_merge(struct conf *conf, struct line *line, struct line *old)
{
	(void)conf;
	if (line->no || old->no || line->row != old->row)
		return line;
	kw_keep(line->row->cmd.kw, line->args, old->args);
	line_describe(line);
	if (strcmp(line->text, old->text) == 0) {
		line_unref(line);
		return line_ref(old);
	}
	line->base = line_ref(old);
	return line;
}
