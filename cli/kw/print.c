/* The canonical line of args: rows in the order of their table, defaults and legacy words left out. */
#include "cli/kw/kw.h"

#include <string.h>

#include "cli/kw/walk.h"

static const void *
value_of(const struct kw *row, const void *args)
{
	return (const char *)args + row->at;
}

static bool
is_default(const struct kw *row, const void *args)
{
	const void *v = value_of(row, args);

	if (!row->has_dflt || (row->flags & (KW_REQ | KW_KEY | KW_PRINT_DFLT)) != 0)
		return false;
	if (row->type == &kw_number)
		return ((const struct kw_int *)v)->v == row->dflt;
	if (row->type == &kw_seconds)
		return ((const struct kw_time *)v)->v == row->dflt;
	if (row->type == &kw_choice)
		return ((const struct kw_enum *)v)->v == (int)row->dflt;
	return false;
}

static void
print_list(const struct kw *row, const struct kw_list *list, struct text *out)
{
	for (size_t i = 0; i < list->n; i++) {
		struct kw_str item = { true, list->quoted[i], list->v[i] };

		text_addc(out, ' ');
		row->type->print(row, &item, out);
	}
}

/* Two spellings of one setting share a place; the hidden one is never printed. */
struct printing {
	unsigned only;    /* rows with these flags */
	bool whole_times; /* three decimals, always */
	struct text *out;
};

static void print_some(const struct kw *rows, const void *args, const struct printing *);

static void
print_value(const struct kw *row, const void *v, const struct printing *p)
{
	usec time = row->type == &kw_seconds ? ((const struct kw_time *)v)->v : 0;

	if (row->type == &kw_seconds && p->whole_times)
		text_printf(p->out, "%lld.%03d", (long long)(time / USEC_PER_SEC),
			(int)(time % USEC_PER_SEC / USEC_PER_MSEC));
	else
		row->type->print(row, v, p->out);
}

static void
print_row(const struct kw *row, const void *args, const struct printing *p)
{
	const void *v = value_of(row, args);
	bool quiet = is_default(row, args);

	if (row->word != NULL && !quiet)
		text_printf(p->out, " %s", row->word);
	if (row->type != NULL && !quiet && (row->flags & KW_MANY) != 0) {
		print_list(row, v, p->out);
	} else if (row->type != NULL && !quiet) {
		text_addc(p->out, ' ');
		print_value(row, v, p);
	}
	if (row->sub != NULL)
		print_some(row->sub, row->sub_size > 0 ? ((const struct kw_sub *)v)->args : args, p);
}

static void
print_some(const struct kw *rows, const void *args, const struct printing *p)
{
	for (const struct kw *row = rows; row != NULL && !row_is_end(row); row++)
		if (row_is_mine(row, args) && (row->flags & KW_HIDDEN) == 0 &&
			(row->flags & p->only) == p->only)
			print_row(row, args, p);
}

void
kw_print_rows(const struct kw *rows, const void *args, struct text *out)
{
	print_some(rows, args, &(struct printing){ .out = out });
}

void
kw_print_shown(const struct kw *rows, const void *args, struct text *out)
{
	print_some(rows, args, &(struct printing){ .whole_times = true, .out = out });
}

/* Each row has a blank before it, which nothing stands before when the command has no words. */
static void
print_command(const struct kw_cmd *cmd, const void *args, unsigned only, struct text *out)
{
	size_t at = out->len;

	text_add(out, cmd->words);
	print_some(cmd->kw, args, &(struct printing){ .only = only, .out = out });
	if (cmd->words[0] == '\0' && out->len > at) {
		memmove(out->s + at, out->s + at + 1, out->len - at);
		out->len--;
	}
}

void
kw_print(const struct kw_cmd *cmd, const void *args, struct text *out)
{
	print_command(cmd, args, 0, out);
}

void
kw_print_key(const struct kw_cmd *cmd, const void *args, struct text *out)
{
	print_command(cmd, args, KW_KEY, out);
}

static bool
lists_equal(const struct kw_list *a, const struct kw_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool
row_equal(const struct kw *row, const void *a, const void *b)
{
	const void *va = value_of(row, a), *vb = value_of(row, b);

	if (row_is_mine(row, a) != row_is_mine(row, b))
		return false;
	if (!row_is_mine(row, a))
		return true;
	if (row->sub_size > 0)
		return kw_equal(
			row->sub, ((const struct kw_sub *)va)->args, ((const struct kw_sub *)vb)->args);
	if (row->sub != NULL && !kw_equal(row->sub, a, b))
		return false;
	if (row->type == NULL)
		return true;
	if ((row->flags & KW_MANY) != 0)
		return lists_equal(va, vb);
	return row->type->equal(va, vb);
}

bool
kw_equal(const struct kw *rows, const void *a, const void *b)
{
	for (const struct kw *row = rows; row != NULL && !row_is_end(row); row++)
		if (!row_equal(row, a, b))
			return false;
	return true;
}
