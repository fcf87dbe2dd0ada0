/* Terminal output as text. */
#include "cli/device/screen.h"

#include <stdbool.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

enum { PROMPT_MAX = 256 };

enum { ESC = 0x1b, BEL = 0x07, BACKSPACE = 0x08 };

/* Where in a control sequence we are (ECMA-48): ESC [ ... letter, ESC ] ... BEL or ESC \, ESC letter. */
enum escape { PLAIN, AFTER_ESC, IN_CSI, IN_STRING, STRING_ESC };

struct screen {
	enum escape escape;
	char *echo;  /* what is to be printed back, NULL = nothing (any more) */
	size_t seen; /* bytes of the echo and its line end that have come */
	bool was_cr;
	bool too_long;
	struct text line;
};

struct screen *
screen_new(const void *ctx)
{
	struct screen *s = mem_new(ctx, struct screen);

	text_init(&s->line, s);
	return s;
}

static void
clear_line(struct screen *s)
{
	text_clear(&s->line);
	s->too_long = false;
}

void
screen_typed(struct screen *s, const char *echoes)
{
	mem_free(s->echo);
	s->echo = echoes != NULL ? mem_strdup(s, echoes) : NULL;
	s->seen = 0;
	s->was_cr = false;
	clear_line(s);
}

const char *
screen_line(const struct screen *s)
{
	return s->too_long ? "" : s->line.s;
}

static void
print(struct screen *s, char c, struct text *out)
{
	text_addc(out, c);
	if (c == '\n') {
		clear_line(s);
	} else if (c != '\r') {
		if (s->was_cr)
			clear_line(s); /* written over */
		if (c == BACKSPACE)
			s->line.len -= s->line.len > 0, s->line.s[s->line.len] = '\0';
		else if (s->line.len < PROMPT_MAX)
			text_addc(&s->line, c);
		else
			s->too_long = true;
	}
	s->was_cr = c == '\r';
}

/* The echo was none: what had been taken for it is output after all. */
static void
print_echo(struct screen *s, struct text *out)
{
	size_t n = strlen(s->echo);
	char *echo = s->echo;

	s->echo = NULL;
	for (size_t i = 0; i < s->seen && i < n; i++)
		print(s, echo[i], out);
	if (s->seen > n)
		print(s, '\r', out);
	mem_free(echo);
}

/* True: the byte belongs to the echo of the typed line, or to the line end behind it. */
static bool
is_echo(struct screen *s, char c, struct text *out)
{
	size_t n;

	if (s->echo == NULL)
		return false;
	n = strlen(s->echo);
	if (s->seen >= n && c == '\n') {
		mem_free(s->echo);
		s->echo = NULL;
		return true;
	}
	if (s->seen < n ? c == s->echo[s->seen] : s->seen == n && c == '\r') {
		s->seen++;
		return true;
	}
	if (s->seen == 0 && c == '\r')
		return true;
	print_echo(s, out);
	return false;
}

/* True: the byte is part of a control sequence. */
static bool
is_control(struct screen *s, unsigned char c)
{
	switch (s->escape) {
	case PLAIN:
		if (c == ESC)
			s->escape = AFTER_ESC;
		return c == ESC || c == BEL || c == 0;
	case AFTER_ESC:
		s->escape = c == '['                                       ? IN_CSI
			    : c == ']' || c == 'P' || c == '^' || c == '_' ? IN_STRING
									   : PLAIN;
		if (c >= 0x20 && c < 0x30)
			s->escape = AFTER_ESC; /* an intermediate byte: the letter comes */
		return true;
	case IN_CSI:
		if (c >= 0x40 && c < 0x7f)
			s->escape = PLAIN;
		return true;
	case IN_STRING:
		if (c == BEL)
			s->escape = PLAIN;
		else if (c == ESC)
			s->escape = STRING_ESC;
		return true;
	case STRING_ESC:
		s->escape = PLAIN;
		return true;
	}
	return false;
}

void
screen_feed(struct screen *s, const char *data, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++)
		if (!is_control(s, (unsigned char)data[i]) && !is_echo(s, data[i], out))
			print(s, data[i], out);
}
