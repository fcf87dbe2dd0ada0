/* --More--: Space, Return, q, and the searches /RE, -RE, +RE. */
#include "cli/client/pager.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"

#define MORE " --More-- "

struct pager {
	int length, width;
	int shown; /* screen lines since the last stop */
	int page;  /* how many may be shown before the next one */
	bool quit;
	char filter; /* 0, '/' until the first match, '-' without, '+' only */
	struct regex *regex;
	struct regex_scratch *scratch;
	struct text line;
};

struct pager *
pager_new(const void *ctx)
{
	struct pager *p = mem_new(ctx, struct pager);

	text_init(&p->line, p);
	p->scratch = regex_scratch_new(p, REGEX_INTERPRET);
	return p;
}

void
pager_start(struct pager *p, int length, int width)
{
	p->length = length;
	p->width = width;
	p->shown = 0;
	p->page = length - 1;
	p->quit = false;
	p->filter = 0;
	text_clear(&p->line);
}

int
pager_key(void)
{
	struct termios old, raw;
	unsigned char c;
	ssize_t n;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return -1;
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	n = read(STDIN_FILENO, &c, 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &old);
	return n == 1 ? c : -1;
}

static void
erase(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fputs("\b", stdout);
	for (i = 0; i < n; i++)
		fputs(" ", stdout);
	for (i = 0; i < n; i++)
		fputs("\b", stdout);
	fflush(stdout);
}

static void
read_filter(struct pager *p, int key)
{
	struct err err = ERR_INIT;
	struct text t;
	size_t typed;
	int c;

	text_init(&t, p);
	putchar(key);
	fflush(stdout);
	while ((c = pager_key()) != -1 && c != '\r' && c != '\n') {
		if ((c == 127 || c == 8) && t.len > 0) {
			t.s[--t.len] = '\0';
			erase(1);
		} else if (c >= ' ' && c != 127) {
			text_addc(&t, (char)c);
			putchar(c);
			fflush(stdout);
		}
	}
	typed = t.len + 1;
	mem_free(p->regex);
	p->regex = regex_new(p, t.s, REGEX_EVENT, &err);
	p->filter = p->regex != NULL ? (char)key : 0;
	mem_free(t.s);
	erase(typed);
	if (p->filter == '/')
		fputs("filtering...\n", stdout);
}

/* Asks how to go on. */
static void
stop(struct pager *p)
{
	int key;

	fputs(MORE, stdout);
	fflush(stdout);
	key = pager_key();
	erase(sizeof MORE - 1);
	p->shown = 0;
	switch (key) {
	case ' ':
		p->page = p->length - 1;
		break;
	case '\r':
	case '\n':
		p->page = 1;
		break;
	case '/':
	case '-':
	case '+':
		p->page = p->length - 1;
		read_filter(p, key);
		break;
	default:
		p->quit = true;
	}
}

static bool
is_wanted(struct pager *p)
{
	bool matches;

	if (p->filter == 0)
		return true;
	matches = regex_match(p->regex, p->scratch, p->line.s, p->line.len, NULL) == REGEX_YES;
	if (p->filter == '/' && matches)
		p->filter = 0;
	return p->filter == '-' ? !matches : matches;
}

static int
rows(const struct pager *p)
{
	size_t i, columns = 0;

	for (i = 0; i < p->line.len; i++)
		columns += ((unsigned char)p->line.s[i] & 0xc0) != 0x80;
	return p->width > 0 && columns > 0 ? (int)((columns - 1) / (size_t)p->width) + 1 : 1;
}

static void
put_line(struct pager *p)
{
	if (!p->quit && is_wanted(p)) {
		int n = rows(p);

		if (p->length > 1 && p->shown > 0 && p->shown + n > p->page)
			stop(p);
		if (!p->quit && is_wanted(p)) {
			fwrite(p->line.s, 1, p->line.len, stdout);
			putchar('\n');
			p->shown += n;
		}
	}
	text_clear(&p->line);
}

void
pager_write(struct pager *p, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");

		text_addn(&p->line, s, n);
		if (s[n] == '\0')
			break;
		put_line(p);
		s += n + 1;
	}
	fflush(stdout);
}

void
pager_end(struct pager *p)
{
	if (p->line.len > 0 && !p->quit)
		fwrite(p->line.s, 1, p->line.len, stdout);
	text_clear(&p->line);
	fflush(stdout);
}
