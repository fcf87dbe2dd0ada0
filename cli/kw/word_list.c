/* Words in a hint: as many as fit, whole, and how many more there are. */
#include <string.h>

#include "cli/kw/walk.h"

/* Bytes of a list that leave room in struct err's hint for the words around it. */
enum { LIST_MAX = 180 };

void
word_list_init(struct word_list *l, const void *ctx)
{
	text_init(&l->out, ctx);
	l->more = 0;
}

void
word_list_add(struct word_list *l, const char *word)
{
	if (l->more > 0 || l->out.len + strlen(word) > LIST_MAX)
		l->more++;
	else
		text_printf(&l->out, "%s%s", l->out.len == 0 ? "" : ", ", word);
}

const char *
word_list_end(struct word_list *l)
{
	if (l->more > 0)
		text_printf(&l->out, " and %zu more", l->more);
	return l->out.s;
}
