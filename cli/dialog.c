/* Questions of commands, and their answers. */
#include <string.h>
#include <strings.h>

#include "cli/session_private.h"
#include "core/mem.h"

#define COLLECT_MAX ((size_t)1 << 20)

void
question_put(struct session *s, const char *prompt)
{
	if (s->ops != NULL)
		s->ops->question(s->arg, s->cmd->question.kind, prompt);
}

enum cmd_result
session_ask(struct session *s, enum ask_kind kind, const char *prompt, session_answer_f *answered, void *arg)
{
	struct command *c = s->cmd;
	struct question *q = &c->question;

	*q = (struct question){ .open = true, .kind = kind, .answered = answered, .arg = arg };
	q->prompt = mem_strdup(c, prompt);
	text_init(&q->lines, c);
	session_write(s, "", 0); /* what the writer holds comes first */
	question_put(s, q->prompt);
	return CMD_WAIT;
}

/* The question will not be answered any more. */
void
question_drop(struct command *c)
{
	struct question *q = &c->question;

	if (!q->open)
		return;
	q->open = false;
	if (q->got != NULL)
		q->got(q->arg, NULL);
}

static bool
is_blank(const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\t' || *s == '\r')) {
		s++;
		n--;
	}
	return n == 0;
}

static bool
is_quit(const char *s, size_t n)
{
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\r'))
		n--;
	while (n > 0 && *s == ' ') {
		s++;
		n--;
	}
	return n == 4 && strncasecmp(s, "quit", 4) == 0;
}

/* True when the answer is complete. Blank lines before the first text are not its end. */
static bool
collect(struct question *q, const char *text)
{
	const char *start = text;

	for (;;) {
		size_t n = strcspn(text, "\n");
		bool last = text[n] == '\0';

		if (last && n == 0 && text != start)
			return false; /* the end of a block of lines is no blank line */
		if (is_quit(text, n) || (is_blank(text, n) && q->lines.len > 0))
			return true;
		if (!is_blank(text, n)) {
			text_addn(&q->lines, text, n > 0 && text[n - 1] == '\r' ? n - 1 : n);
			text_addc(&q->lines, '\n');
		}
		if (q->lines.len > COLLECT_MAX)
			return true;
		if (last)
			return false;
		text += n + 1;
	}
}

/* As on IOS the words may be cut short. */
static bool
read_yesno(const char *text, bool *yes)
{
	size_t n;

	while (*text == ' ')
		text++;
	n = strlen(text);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\r'))
		n--;
	*yes = n >= 1 && n <= 3 && strncasecmp(text, "yes", n) == 0;
	return *yes || (n >= 1 && n <= 2 && strncasecmp(text, "no", n) == 0);
}

/* False: not a full answer yet, the question was put again. */
static bool
read_answer(struct session *s, struct question *q, const char *text, struct answer *out)
{
	*out = (struct answer){ .given = text != NULL, .text = text != NULL ? text : "" };
	switch (q->kind) {
	case ASK_CONFIRM:
		out->yes = text == NULL || text[0] == '\0' || text[0] == 'y' || text[0] == 'Y';
		break;
	case ASK_YESNO:
		if (text == NULL || read_yesno(text, &out->yes))
			break;
		session_print(s, "%% Please answer 'yes' or 'no'.\n");
		question_put(s, q->prompt);
		return false;
	case ASK_COLLECT:
		if (text != NULL && !collect(q, text)) {
			question_put(s, "");
			return false;
		}
		out->text = q->lines.s;
		break;
	case ASK_LINE:
	case ASK_SECRET:
		break;
	}
	out->len = strlen(out->text);
	return true;
}

void
session_answer(struct session *s, const char *text)
{
	struct command *c = s->cmd;
	struct question q;
	struct answer answer;

	if (c == NULL || !c->question.open)
		return;
	if (c->question.got != NULL) {
		q = c->question;
		c->question.open = false;
		q.got(q.arg, text);
		return;
	}
	if (!read_answer(s, &c->question, text, &answer))
		return;
	q = c->question;
	c->question.open = false;
	q.answered(s, &answer, q.arg);
}
