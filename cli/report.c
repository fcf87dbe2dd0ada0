/* How a refused line is told to a person: IOS's sentence, its marker, and what would be right. */
#include <string.h>

#include "cli/session_private.h"
#include "core/mem.h"

/* Is the place of the wrong word shown by a marker? */
static bool
has_marker(const struct err *err)
{
	return err->column > 0 && (err->code == ERR_INVALID || err->code == ERR_RANGE);
}

/* Blanks as wide as the first `bytes` of s on a screen; tabs stay tabs. */
static void
add_blanks(struct text *t, const char *s, size_t bytes)
{
	while (bytes > 0 && *s != '\0') {
		size_t n = utf8_len(s, bytes);

		text_addc(t, *s == '\t' ? '\t' : ' ');
		n = n > 0 ? n : 1;
		s += n;
		bytes -= n;
	}
}

static void
add_marker(struct session *s, const struct command *c, const struct err *err, struct text *t)
{
	if (s->echoes && c->typed == c->as_typed) {
		const char *prompt = session_prompt(s);

		add_blanks(t, prompt, strlen(prompt));
	} else { /* rulings 25: the line is shown first; what an alias means was not seen yet */
		text_add_screen(t, c->typed, strlen(c->typed));
		text_addc(t, '\n');
	}
	add_blanks(t, c->typed, (size_t)err->column - 1);
	text_add(t, "^\n");
}

void
report_refusal(struct session *s, const struct command *c, const struct err *err)
{
	struct text t;

	text_init(&t, s);
	if (c != NULL && has_marker(err))
		add_marker(s, c, err, &t);
	if (err->text[0] != '%' && (c == NULL || !c->bare))
		text_add(&t, "% ");
	text_add_screen(&t, err->text, strlen(err->text));
	text_addc(&t, '\n');
	if (err->hint[0] != '\0') {
		text_add(&t, "% ");
		text_add_screen(&t, err->hint, strlen(err->hint));
		text_addc(&t, '\n');
	}
	if (has_marker(err) || err->code == ERR_INCOMPLETE)
		text_addc(&t, '\n');
	session_emit(s, false, t.s, t.len);
	mem_free(t.s);
}
