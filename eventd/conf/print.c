/* The configuration as text: one blank of indentation a level, `!` between blocks. */
#include "conf/conf.h"

#include <string.h>

#include "conf/private.h"
#include "core/mem.h"

/* The release whose language this is (`version` of a router's configuration). */
#define IOS_VERSION "17.9"

static void
indent_by(struct text *out, unsigned n)
{
	while (n-- > 0)
		text_addc(out, ' ');
}

/* What the row prints below its line, each line moved in. */
static void
print_more(struct engine *engine, const struct node *n, unsigned indent, struct text *out)
{
	struct text more;

	text_init(&more, NULL);
	n->line->row->print(engine, &n->pub, &more);
	for (const char *s = more.s; *s != '\0';) {
		size_t len = strcspn(s, "\n");

		indent_by(out, indent);
		text_addn(out, s, len);
		text_addc(out, '\n');
		s += len + (s[len] == '\n');
	}
	mem_free(more.s);
}

static void
print_node(struct engine *engine, const struct node *n, unsigned indent, struct text *out)
{
	const struct conf_row *row = n->line->row;

	if (row->not_saved)
		return;
	indent_by(out, indent);
	if (row->line != NULL && !n->pub.no)
		row->line(engine, &n->pub, out);
	else
		text_add(out, n->line->text);
	text_addc(out, '\n');
	if (row->print != NULL)
		print_more(engine, n, indent + 1, out);
	for (const struct node *c = first_of(n); c != NULL; c = next_of(c))
		print_node(engine, c, indent + 1, out);
}

void
conf_print_node(struct conf *conf, const struct conf_node *n, unsigned indent, struct text *out)
{
	print_node(conf->engine, node_of(n), indent, out);
}

void
conf_print_running(struct conf *conf, struct text *out)
{
	const struct node *before = NULL;

	text_add(out, "version " IOS_VERSION "\n");
	for (const struct node *n = first_of(conf->root); n != NULL; n = next_of(n)) {
		const struct conf_row *row = n->line->row;

		if (row->not_saved)
			continue;
		if (before == NULL || row->order != before->line->row->order || row->enters != NULL)
			text_add(out, "!\n");
		print_node(conf->engine, n, 0, out);
		before = n;
	}
	text_add(out, "!\nend\n");
}
