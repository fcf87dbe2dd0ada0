/* The SMTP reply decoder. */
#include "actions/mail/reply.h"

#include <stdio.h>
#include <string.h>

void
smtp_reply_init(struct smtp_reply *r, const void *ctx)
{
	memset(r, 0, sizeof *r);
	text_init(&r->text, ctx);
	text_init(&r->line, ctx);
}

void
smtp_reply_reset(struct smtp_reply *r)
{
	r->code = 0;
	r->lines = r->octets = 0;
	r->why = NULL;
	text_clear(&r->text);
	text_clear(&r->line);
}

static enum smtp_fed
bad(struct smtp_reply *r, const char *why)
{
	r->why = why;
	return SMTP_BAD;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One line without its CR LF: code, then nothing, a blank (the last line) or a hyphen. */
static enum smtp_fed
take_line(struct smtp_reply *r)
{
	const char *s = r->line.s;
	size_t n = r->line.len;
	int code;

	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (n < 3 || !is_digit(s[0]) || !is_digit(s[1]) || !is_digit(s[2]))
		return bad(r, "a line does not begin with a reply code");
	if (s[0] < '2' || s[0] > '5')
		return bad(r, "a reply code is not between 200 and 599");
	if (n > 3 && s[3] != ' ' && s[3] != '-')
		return bad(r, "neither blank nor hyphen follows the reply code");
	if (memchr(s, '\0', n) != NULL)
		return bad(r, "a line holds a NUL");
	code = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	if (r->lines > 0 && code != r->code)
		return bad(r, "the lines of one reply have different codes");
	if (r->lines == SMTP_LINES_MAX)
		return bad(r, "a reply has more than 512 lines");
	r->code = code;
	if (r->lines++ > 0)
		text_addc(&r->text, '\n');
	if (n > 4)
		text_addn(&r->text, s + 4, n - 4);
	return n > 3 && s[3] == '-' ? SMTP_MORE : SMTP_DONE;
}

enum smtp_fed
smtp_reply_feed(struct smtp_reply *r, const char *data, size_t n, size_t *used)
{
	enum smtp_fed fed = SMTP_MORE;

	*used = 0;
	while (*used < n && fed == SMTP_MORE) {
		const char *at = data + *used, *nl = memchr(at, '\n', n - *used);
		size_t take = nl == NULL ? n - *used : (size_t)(nl - at) + 1;

		if (r->line.len + take > SMTP_LINE_MAX)
			return bad(r, "a line is longer than 4096 octets");
		r->octets += take;
		if (r->octets > SMTP_REPLY_MAX)
			return bad(r, "a reply is longer than 64 KiB");
		text_addn(&r->line, at, nl == NULL ? take : take - 1);
		*used += take;
		if (nl == NULL)
			break;
		fed = take_line(r);
		text_clear(&r->line);
	}
	return fed;
}

/* class "." 1*3digit "." 1*3digit, the class being the code's first digit (RFC 2034 4). */
void
smtp_reply_enhanced(const struct smtp_reply *r, char out[16])
{
	const char *s = r->text.s;
	unsigned class, subject, detail;
	int n = 0;

	out[0] = '\0';
	if (!is_digit(s[0]) || s[1] != '.')
		return;
	if (sscanf(s, "%1u.%3u.%3u%n", &class, &subject, &detail, &n) != 3 || n == 0)
		return;
	if ((s[n] == ' ' || s[n] == '\0' || s[n] == '\n') && (int)class == r->code / 100)
		snprintf(out, 16, "%u.%u.%u", class, subject, detail);
}
