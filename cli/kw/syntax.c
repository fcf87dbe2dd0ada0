/* A table as a manual writes it. */
#include "cli/kw/syntax.h"

#include <string.h>

#include "cli/kw/walk.h"

static bool
is_shown(const struct kw *row)
{
	return (row->flags & KW_HIDDEN) == 0;
}

static void
add_choices(const struct kw_alternative *c, struct text *out)
{
	const char *between = "{";

	for (; c->word != NULL; c++) {
		if (c->hidden)
			continue;
		text_printf(out, "%s%s", between, c->word);
		between = " | ";
	}
	text_addc(out, '}');
}

void
kw_syntax_value(const struct kw *row, struct text *out)
{
	size_t before = out->len;

	if (row->type == NULL)
		return;
	if (row->param != NULL)
		text_add(out, row->param);
	else if (row->choices != NULL)
		add_choices(row->choices, out);
	else if (row->type->help != NULL)
		row->type->help(row, out);
	if (out->len == before)
		text_add(out, row->type->param != NULL ? row->type->param : "WORD");
	if ((row->flags & KW_MANY) != 0)
		text_add(out, " ...");
}

bool
kw_syntax_default(const struct kw *row, struct text *out)
{
	union {
		struct kw_int number;
		struct kw_time time;
		struct kw_enum choice;
	} value;

	if (!row->has_dflt || row->type == NULL)
		return false;
	memset(&value, 0, sizeof value);
	if (row->type == &kw_number)
		value.number = (struct kw_int){ true, row->dflt };
	else if (row->type == &kw_seconds)
		value.time = (struct kw_time){ true, row->dflt };
	else if (row->type == &kw_choice)
		value.choice = (struct kw_enum){ true, (int)row->dflt };
	else
		return false;
	row->type->print(row, &value, out);
	return true;
}

static void
add_row(const struct kw *row, struct text *out)
{
	const char *blank = "";

	if (row->word != NULL) {
		text_add(out, row->word);
		blank = " ";
	}
	if (row->type != NULL) {
		text_add(out, blank);
		kw_syntax_value(row, out);
	}
	kw_syntax(row->sub, out);
}

/* Rows that exclude each other stand together: {a | b}, or [a | b] when none must come. */
static const struct kw *
add_group(const struct kw *row, struct text *out)
{
	unsigned group = row->group;
	bool needed = false;
	size_t shown = 0;

	for (const struct kw *r = row; !row_is_end(r) && r->group == group; r++) {
		needed = needed || (r->flags & KW_REQ) != 0;
		shown += is_shown(r);
	}
	text_add(out, needed ? (shown > 1 ? " {" : " ") : " [");
	for (bool first = true; !row_is_end(row) && row->group == group; row++) {
		if (!is_shown(row))
			continue;
		text_add(out, first ? "" : " | ");
		add_row(row, out);
		first = false;
	}
	text_add(out, needed ? (shown > 1 ? "}" : "") : "]");
	return row;
}

void
kw_syntax(const struct kw *rows, struct text *out)
{
	for (const struct kw *row = rows; row != NULL && !row_is_end(row);) {
		if (row->group > 0) {
			row = add_group(row, out);
			continue;
		}
		if (is_shown(row)) {
			bool needed = (row->flags & KW_REQ) != 0;

			text_add(out, needed ? " " : " [");
			add_row(row, out);
			text_add(out, needed ? "" : "]");
		}
		row++;
	}
}
