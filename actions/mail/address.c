/* Mail addresses. */
#include "actions/mail/address.h"

#include <string.h>
#include <strings.h>

#include "actions/mail/hostname.h"
#include "core/mem.h"
#include "core/text.h"

#define LOCAL_MAX 64 /* RFC 5321 4.5.3.1.1 */

/* The walk over one list: the words of a display name gather until their <address> comes. */
struct walk {
	const char *at, *end;
	struct mail_addresses *list;
	struct text name;
	bool has_name;
};

static bool
bad(struct err *err, const char *why, const char *s, size_t n)
{
	struct text *t = text_new(NULL);

	text_add_screen(t, s, n < 100 ? n : 100);
	err_class(err, ERR_INVALID, "BAD_ADDRESS", "mail address '%s': %s", t->s, why);
	mem_free(t);
	return false;
}

/* atext of RFC 5322, and any UTF-8 (RFC 6531). */
static bool
is_atext(char c)
{
	unsigned char u = (unsigned char)c;

	if (u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z'))
		return true;
	return u != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

static bool
is_dot_string(const char *s, size_t n)
{
	if (n == 0 || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.' ? s[i - 1] == '.' : !is_atext(s[i]))
			return false;
	}
	return true;
}

/* "quoted" local part; blanks and <> are refused even there: they have started too many injections. */
static bool
is_quoted_string(const char *s, size_t n)
{
	if (n < 3 || s[0] != '"' || s[n - 1] != '"')
		return false;
	for (size_t i = 1; i < n - 1; i++) {
		if (s[i] == '\\' && ++i == n - 1)
			return false;
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f || s[i] == '<' || s[i] == '>')
			return false;
		if (s[i] == '"' && s[i - 1] != '\\')
			return false;
	}
	return true;
}

/* [192.0.2.1] and [IPv6:2001:db8::1] */
static bool
is_address_literal(const char *s, size_t n)
{
	if (n < 3 || s[0] != '[' || s[n - 1] != ']')
		return false;
	s++, n -= 2;
	if (n > 5 && strncasecmp(s, "IPv6:", 5) == 0)
		return is_ipv6(s + 5, n - 5);
	return is_ipv4(s, n);
}

static bool
check_mailbox(const void *ctx, const char *s, size_t n, struct mail_address *a, struct err *err)
{
	const char *at = memrchr(s, '@', n), *domain;
	size_t local = at == NULL ? 0 : (size_t)(at - s), rest = at == NULL ? 0 : n - local - 1;
	struct err why = ERR_INIT;

	if (at == NULL)
		return bad(err, "there is no @", s, n);
	if (!utf8_valid(s, n))
		return bad(err, "not UTF-8", s, n);
	if (local > LOCAL_MAX)
		return bad(err, "the part before the @ is longer than 64 octets", s, n);
	if (s[0] == '-')
		return bad(err, "begins with a hyphen", s, n);
	if (!is_dot_string(s, local) && !is_quoted_string(s, local))
		return bad(err, "the part before the @ is not valid", s, n);
	if (is_address_literal(at + 1, rest))
		domain = mem_strndup(ctx, at + 1, rest);
	else
		domain = hostname_to_ascii(ctx, at + 1, rest, &why);
	if (domain == NULL)
		return bad(err, "the part behind the @ is no host name", s, n);
	a->mailbox = mem_printf(ctx, "%.*s@%s", (int)local, s, domain);
	a->domain = a->mailbox + local + 1;
	for (size_t i = 0; i < local; i++)
		a->needs_utf8 |= (unsigned char)s[i] >= 0x80;
	return true;
}

static bool
add_address(struct walk *w, const char *s, size_t n, struct err *err)
{
	struct mail_addresses *list = w->list;
	struct mail_address *a;

	if (list->count == MAIL_RECIPIENTS_MAX)
		return err_class(
			err, ERR_INVALID, "BAD_ADDRESS", "more than %d mail addresses", MAIL_RECIPIENTS_MAX);
	list->items = mem_resize(list, list->items, (list->count + 1) * sizeof *list->items);
	a = &list->items[list->count];
	memset(a, 0, sizeof *a);
	if (!check_mailbox(list, s, n, a, err))
		return false;
	list->count++;
	if (w->has_name && w->name.len > 0)
		a->name = mem_strndup(list, w->name.s, w->name.len);
	text_clear(&w->name);
	w->has_name = false;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_separator(char c)
{
	return is_blank(c) || c == ',' || c == ';';
}

/* Behind a closing quote, or NULL when the quotes never close. */
static const char *
skip_quoted(const char *s, const char *end)
{
	for (s++; s < end; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '"')
			return s + 1;
	}
	return NULL;
}

/* A word ends at a separator or at `<`; quotes may hold both. */
static const char *
word_end(const char *s, const char *end)
{
	while (s != NULL && s < end && !is_separator(*s) && *s != '<')
		s = *s == '"' ? skip_quoted(s, end) : s + 1;
	return s;
}

/* A word of a display name: quotes go, controls become one blank. */
static void
add_name_word(struct walk *w, const char *s, size_t n)
{
	bool quoted = n >= 2 && s[0] == '"' && s[n - 1] == '"';

	if (w->has_name)
		text_addc(&w->name, ' ');
	w->has_name = true;
	if (quoted)
		s++, n -= 2;
	for (size_t i = 0; i < n; i++) {
		bool control = (unsigned char)s[i] < 0x20 || s[i] == 0x7f;

		if (quoted && s[i] == '\\' && i + 1 < n)
			continue;
		if (!control)
			text_addc(&w->name, s[i]);
		else if (w->name.len > 0 && w->name.s[w->name.len - 1] != ' ')
			text_addc(&w->name, ' ');
	}
}

static bool
take_bracketed(struct walk *w, struct err *err)
{
	const char *start = w->at + 1, *close = memchr(start, '>', (size_t)(w->end - start));

	if (close == NULL)
		return bad(err, "there is no closing >", w->at, (size_t)(w->end - w->at));
	w->at = close + 1;
	if (w->at < w->end && !is_separator(*w->at))
		return bad(err, "something stands behind the >", start, (size_t)(w->end - start));
	return add_address(w, start, (size_t)(close - start), err);
}

static bool
take_word(struct walk *w, struct err *err)
{
	const char *start = w->at, *end = word_end(start, w->end);
	size_t n;

	if (end == NULL)
		return bad(err, "there is no closing quote", start, (size_t)(w->end - start));
	n = (size_t)(end - start);
	w->at = end;
	if (start[0] == '"' ? end[-1] != '"' : memchr(start, '@', n) != NULL) {
		if (w->has_name)
			return bad(err, "there is no @", w->name.s, w->name.len);
		return add_address(w, start, n, err);
	}
	add_name_word(w, start, n);
	return true;
}

static bool
walk(struct walk *w, struct err *err)
{
	while (w->at < w->end) {
		char c = *w->at;

		if (is_blank(c)) {
			w->at++;
		} else if (c == ',' || c == ';') {
			if (w->has_name)
				return bad(err, "there is no @", w->name.s, w->name.len);
			w->at++;
		} else if (c == '<') {
			if (!take_bracketed(w, err))
				return false;
		} else if (!take_word(w, err)) {
			return false;
		}
	}
	return !w->has_name || bad(err, "there is no @", w->name.s, w->name.len);
}

struct mail_addresses *
mail_addresses_parse(const void *ctx, const char *s, size_t n, struct err *err)
{
	struct mail_addresses *list = mem_new(ctx, struct mail_addresses);
	struct walk w = { .at = s, .end = s + n, .list = list };
	bool ok;

	text_init(&w.name, list);
	ok = walk(&w, err);
	mem_free(w.name.s);
	if (ok)
		return list;
	mem_free(list);
	return NULL;
}

struct mail_address *
mail_address_parse(const void *ctx, const char *s, size_t n, struct err *err)
{
	struct mail_addresses *list = mail_addresses_parse(ctx, s, n, err);

	if (list == NULL)
		return NULL;
	if (list->count == 1)
		return list->items;
	err_class(err, ERR_INVALID, "BAD_ADDRESS",
		list->count == 0 ? "the mail address is empty" : "one mail address is expected here");
	mem_free(list);
	return NULL;
}
