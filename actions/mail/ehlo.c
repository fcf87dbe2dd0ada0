/* EHLO keywords. */
#include "actions/mail/ehlo.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

static void
take_starttls(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->starttls = true;
}

static void
take_pipelining(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->pipelining = true;
}

static void
take_8bitmime(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->eight_bit = true;
}

static void
take_smtputf8(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->smtputf8 = true;
}

static void
take_size(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->size = true;
	e->size_max = strtoull(rest, NULL, 10);
}

/* "AUTH PLAIN LOGIN" and the older "AUTH=LOGIN", perhaps both. */
static void
take_auth(struct smtp_ehlo *e, const char *rest, struct text *mechanisms)
{
	e->auth = true;
	for (; *rest != '\0'; rest++) {
		char c = *rest == '=' || *rest == '\t' ? ' ' : (char)toupper((unsigned char)*rest);

		if (c != ' ' || mechanisms->s[mechanisms->len - 1] != ' ')
			text_addc(mechanisms, c);
	}
	if (mechanisms->s[mechanisms->len - 1] != ' ')
		text_addc(mechanisms, ' ');
}

static const struct keyword {
	const char *word;
	void (*take)(struct smtp_ehlo *, const char *rest, struct text *mechanisms);
} keywords[] = {
	{ "STARTTLS", take_starttls },
	{ "PIPELINING", take_pipelining },
	{ "8BITMIME", take_8bitmime },
	{ "SMTPUTF8", take_smtputf8 },
	{ "SIZE", take_size },
	{ "AUTH", take_auth },
};

static void
take_line(struct smtp_ehlo *e, const char *line, struct text *mechanisms)
{
	size_t n = strcspn(line, " \t=");

	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
		const struct keyword *k = &keywords[i];

		if (strlen(k->word) == n && strncasecmp(line, k->word, n) == 0)
			k->take(e, line[n] == '\0' ? line + n : line + n + 1, mechanisms);
	}
}

struct smtp_ehlo *
smtp_ehlo_parse(const void *ctx, const struct smtp_reply *r)
{
	struct smtp_ehlo *e = mem_new(ctx, struct smtp_ehlo);
	struct text *mechanisms = text_new(e), *shown = text_new(e);
	const char *at = strchr(r->text.s, '\n');

	text_addc(mechanisms, ' ');
	e->capabilities = mem_array(e, const char *, r->lines);
	while (at != NULL) {
		size_t n = strcspn(++at, "\n");
		char *line = mem_strndup(e, at, n);

		take_line(e, line, mechanisms);
		text_clear(shown);
		text_add_screen(shown, line, n);
		e->capabilities[e->capability_count++] = mem_strndup(e, shown->s, shown->len);
		mem_free(line);
		at = at[n] == '\0' ? NULL : at + n;
	}
	e->mechanisms = mechanisms->s;
	return e;
}

bool
smtp_ehlo_has_mechanism(const struct smtp_ehlo *e, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = e->mechanisms; (at = strstr(at, name)) != NULL; at++)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}
