/* Texts as rows of characters. */
#include "actions/data/characters.h"

#include <ctype.h>
#include <locale.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "applets/expand.h"
#include "core/mem.h"

static bool
is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static bool
begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static struct chars
make(const char *s, size_t bytes, bool is_wide)
{
	struct chars c = { .s = s, .bytes = bytes, .n = bytes, .is_wide = is_wide };

	if (!is_wide)
		return c;
	c.n = 0;
	for (size_t i = 0; i < bytes; i++)
		c.n += begins_character(s[i]);
	return c;
}

struct chars
chars_of(const char *s, size_t bytes)
{
	return make(s, bytes, !is_ascii(s, bytes) && utf8_valid(s, bytes));
}

void
chars_pair(const char *a, size_t na, const char *b, size_t nb, struct chars *x, struct chars *y)
{
	bool wide = utf8_valid(a, na) && utf8_valid(b, nb) && !(is_ascii(a, na) && is_ascii(b, nb));

	*x = make(a, na, wide);
	*y = make(b, nb, wide);
}

size_t
chars_length_at(const struct chars *c, size_t offset)
{
	size_t n = offset < c->bytes;

	while (c->is_wide && offset + n < c->bytes && !begins_character(c->s[offset + n]))
		n++;
	return n;
}

size_t
chars_offset(const struct chars *c, size_t i)
{
	size_t at = 0;

	if (!c->is_wide || i >= c->n)
		return i < c->bytes && i < c->n ? i : c->bytes;
	for (; i > 0; i--)
		at += chars_length_at(c, at);
	return at;
}

/* Number of the character that begins at this byte. */
static size_t
chars_index(const struct chars *c, size_t offset)
{
	size_t n = 0;

	if (!c->is_wide)
		return offset;
	for (size_t i = 0; i < offset; i++)
		n += begins_character(c->s[i]);
	return n;
}

bool
chars_parse_index(const char *word, size_t len, size_t n, int64_t *out)
{
	int64_t last = (int64_t)n - 1, back;

	if (len < 3 || strncmp(word, "end", 3) != 0)
		return parse_integer(word, len, out);
	*out = last;
	if (len == 3)
		return true;
	if (word[3] != '-' || len < 5 || !isdigit((unsigned char)word[4]) ||
		!parse_integer(word + 4, len - 4, &back))
		return false;
	return !__builtin_sub_overflow(last, back, out);
}

/* ---- upper and lower case ---- */

static uint32_t
decode(const char *s, size_t n)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t ch = (unsigned char)s[0] & lead[n];

	for (size_t i = 1; i < n; i++)
		ch = ch << 6 | ((unsigned char)s[i] & 0x3f);
	return ch;
}

static void
add_utf8(struct text *out, uint32_t ch)
{
	if (ch < 0x80) {
		text_addc(out, (char)ch);
		return;
	}
	if (ch < 0x800)
		text_addc(out, (char)(0xc0 | ch >> 6));
	else {
		if (ch < 0x10000)
			text_addc(out, (char)(0xe0 | ch >> 12));
		else {
			text_addc(out, (char)(0xf0 | ch >> 18));
			text_addc(out, (char)(0x80 | (ch >> 12 & 0x3f)));
		}
		text_addc(out, (char)(0x80 | (ch >> 6 & 0x3f)));
	}
	text_addc(out, (char)(0x80 | (ch & 0x3f)));
}

static char
ascii_cased(char c, enum letter_case to)
{
	if (to == LOWER)
		return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* The letters of all scripts, whatever the locale of the process is. */
static void
add_wide_cased(const struct chars *c, size_t from, size_t to, enum letter_case way, locale_t unicode,
	struct text *out)
{
	while (from < to) {
		size_t n = chars_length_at(c, from);
		wint_t ch = (wint_t)decode(c->s + from, n);

		add_utf8(out, way == LOWER ? towlower_l(ch, unicode) : towupper_l(ch, unicode));
		from += n;
	}
}

void
chars_add_cased(const struct chars *c, size_t from, size_t to, enum letter_case way, struct text *out)
{
	locale_t unicode = c->is_wide ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;

	if (unicode) {
		add_wide_cased(c, from, to, way, unicode, out);
		freelocale(unicode);
		return;
	}
	for (; from < to; from++)
		text_addc(out, ascii_cased(c->s[from], way));
}

/* ---- comparing and finding ---- */

static int
compare_bytes(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = na < nb ? na : nb;
	int order = n ? memcmp(a, b, n) : 0;

	return order ? (order < 0 ? -1 : 1) : na < nb ? -1 : na > nb;
}

/* UTF-8 sorts by code points when it sorts by bytes. */
int
chars_compare(const char *a, size_t na, const char *b, size_t nb, bool nocase, size_t most)
{
	struct text lower_a, lower_b;
	struct chars x, y;
	int order;

	chars_pair(a, na, b, nb, &x, &y);
	na = chars_offset(&x, most);
	nb = chars_offset(&y, most);
	if (!nocase)
		return compare_bytes(a, na, b, nb);

	text_init(&lower_a, NULL);
	text_init(&lower_b, NULL);
	chars_add_cased(&x, 0, na, LOWER, &lower_a);
	chars_add_cased(&y, 0, nb, LOWER, &lower_b);
	order = compare_bytes(lower_a.s, lower_a.len, lower_b.s, lower_b.len);
	mem_free(lower_a.s);
	mem_free(lower_b.s);
	return order;
}

int64_t
chars_find(const struct chars *hay, const struct chars *needle, size_t start)
{
	size_t from = chars_offset(hay, start);
	const char *found;

	if (needle->bytes == 0 || from >= hay->bytes)
		return -1;
	found = memmem(hay->s + from, hay->bytes - from, needle->s, needle->bytes);
	return found ? (int64_t)chars_index(hay, (size_t)(found - hay->s)) : -1;
}

int64_t
chars_find_last(const struct chars *hay, const struct chars *needle, size_t start)
{
	size_t at;

	if (needle->bytes == 0 || needle->bytes > hay->bytes)
		return -1;
	at = chars_offset(hay, start);
	if (at > hay->bytes - needle->bytes)
		at = hay->bytes - needle->bytes;
	for (;; at--) {
		if (memcmp(hay->s + at, needle->s, needle->bytes) == 0)
			return (int64_t)chars_index(hay, at);
		if (at == 0)
			return -1;
	}
}
