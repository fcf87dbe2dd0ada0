/* A line read key by key, without the editor. */
#include "cli/client/plain.h"

#include <stdio.h>

#include "cli/client/pager.h"

enum { CTRL_C = 3, BACKSPACE = 8, DELETE = 127 };

static void
echo(bool is_shown, const char *s)
{
	if (!is_shown)
		return;
	fputs(s, stdout);
	fflush(stdout);
}

/* A character may be several bytes. */
static void
take_back(struct text *line)
{
	while (line->len > 0 && ((unsigned char)line->s[line->len - 1] & 0xc0) == 0x80)
		line->len--;
	if (line->len > 0)
		line->len--;
	line->s[line->len] = '\0';
}

bool
plain_read(struct text *line, const char *prompt, bool is_shown)
{
	int c;

	fputs(prompt, stdout);
	fflush(stdout);
	while ((c = pager_key()) != -1 && c != '\r' && c != '\n' && c != CTRL_C) {
		if (c != DELETE && c != BACKSPACE) {
			text_addc(line, (char)c);
			echo(is_shown, (char[]){ (char)c, '\0' });
		} else if (line->len > 0) {
			take_back(line);
			echo(is_shown, "\b \b");
		}
	}
	putchar('\n');
	return c != CTRL_C && c != -1;
}
