/* The built-in types of values that are texts. */
#include "cli/kw/kw.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "cli/kw/walk.h"
#include "core/mem.h"
#include "core/rng.h"

bool
kw_str_equal(const void *a, const void *b)
{
	return strcmp(((const struct kw_str *)a)->s, ((const struct kw_str *)b)->s) == 0;
}

void
kw_string_print(const struct kw *row, const void *src, struct text *out)
{
	text_printf(out, "\"%s\"", ((const struct kw_str *)src)->s);
}

static void
sample_chars(struct rng *rng, const char *from, size_t n, struct text *out)
{
	while (n-- > 0)
		text_addc(out, from[rng_below(rng, strlen(from))]);
}

/* ---- one word, bare where it can be ---- */

bool
kw_word_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;

	str->s = mem_pack_str(ctx, t->text);
	str->quoted = t->guard;
	return true;
}

void
kw_word_print(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_str *str = src;

	text_printf(out, str->quoted || lex_needs_quotes(str->s) ? "\"%s\"" : "%s", str->s);
}

static void
word_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	switch (rng_below(rng, 8)) {
	case 0:
		text_add(out, "\"a b");
		sample_chars(rng, "x\xc3\xa9_0 ", 3, out);
		text_addc(out, '"');
		break;
	case 1:
		text_printf(out, "\"%s\"", row->word != NULL ? row->word : "");
		break;
	default:
		sample_chars(rng, "QXZ", 1, out);
		sample_chars(rng, "abcXYZ019_.-\\\"$", 1 + rng_below(rng, 12), out);
	}
}

const struct kw_type kw_word = {
	.param = "WORD",
	.name = "word",
	.size = sizeof(struct kw_str),
	.parse = kw_word_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = word_sample,
};

/* ---- one argument, always in quotes ---- */

bool
kw_string_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;

	str->s = t->quoted ? mem_pack_str(ctx, t->text) : lex_as_quoted(ctx, t->text);
	str->quoted = true;
	return true;
}

void
kw_string_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const bits[] = { "a", "Z9", " ", "  ", "\\n", "\\\"", "\\\\", "\\s", "$x", "!",
		"?", "|", "\xc3\xa9", "'", "." };
	size_t n = rng_below(rng, 6);

	if (rng_below(rng, 4) == 0) {
		text_addc(out, 'V');
		sample_chars(rng, "abXY09_$.\\\"/@", n, out);
		return;
	}
	text_addc(out, '"');
	while (n-- > 0)
		text_add(out, bits[rng_below(rng, sizeof bits / sizeof *bits)]);
	text_addc(out, '"');
}

/* Words behind it would be read as its own. */
static void
words_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	size_t from = out->len;

	kw_string_sample(row, rng, out);
	if (out->s[from] != '"')
		text_printf(out, " w%u  \"quoted\"", (unsigned)rng_below(rng, 100));
}

const struct kw_type kw_string = {
	.param = "WORD",
	.name = "string",
	.size = sizeof(struct kw_str),
	.parse = kw_string_parse,
	.print = kw_string_print,
	.equal = kw_str_equal,
	.sample = kw_string_sample,
};

const struct kw_type kw_words = {
	.param = "LINE",
	.name = "words",
	.size = sizeof(struct kw_str),
	.join = true,
	.parse = kw_string_parse,
	.print = kw_string_print,
	.equal = kw_str_equal,
	.sample = words_sample,
};

/* ---- the rest of the line ---- */

static bool
line_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;

	str->s = mem_pack_str(ctx, t->text);
	str->quoted = false;
	return true;
}

static bool
text_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;
	struct kw_token first;
	size_t pos = 0;
	char *s;

	if (!lex_next(t->text, &pos, &first) || !first.quoted || t->text[pos] != '\0')
		return line_parse(ctx, row, t, dst, err);
	s = mem_array(ctx, char, strlen(t->text) + 2);
	lex_copy(t->text, &first, s);
	str->s = s;
	str->quoted = true;
	return true;
}

static void
text_print(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_str *str = src;

	text_printf(out, str->quoted ? "\"%s\"" : "%s", str->s);
}

static bool
text_equal(const void *a, const void *b)
{
	return ((const struct kw_str *)a)->quoted == ((const struct kw_str *)b)->quoted && kw_str_equal(a, b);
}

static void
line_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	size_t n = 1 + rng_below(rng, 3);

	while (n-- > 0) {
		sample_chars(rng, "abcXYZ01$\\\"'", 1 + rng_below(rng, 6), out);
		if (n > 0)
			text_add(out, rng_below(rng, 2) == 0 ? " " : "  ");
	}
}

const struct kw_type kw_line = {
	.param = "LINE",
	.name = "line",
	.size = sizeof(struct kw_str),
	.rest = true,
	.parse = line_parse,
	.print = text_print,
	.equal = text_equal,
	.sample = line_sample,
};

const struct kw_type kw_text = {
	.param = "LINE",
	.name = "text",
	.size = sizeof(struct kw_str),
	.rest = true,
	.parse = text_parse,
	.print = text_print,
	.equal = text_equal,
	.sample = line_sample,
};

/* ---- addresses ---- */

static bool
ip_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct in6_addr addr;

	if (inet_pton(AF_INET, t->text, &addr) != 1 && inet_pton(AF_INET6, t->text, &addr) != 1)
		return err_set(err, ERR_RANGE, "an IPv4 or IPv6 address");
	return line_parse(ctx, row, t, dst, err);
}

static void
ip_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	if (rng_below(rng, 3) == 0)
		text_printf(out, "2001:db8::%x", (unsigned)rng_below(rng, 65536));
	else
		text_printf(out, "192.0.2.%u", (unsigned)rng_below(rng, 256));
}

const struct kw_type kw_ip = {
	.param = "A.B.C.D|X:X:X:X::X",
	.name = "address",
	.size = sizeof(struct kw_str),
	.parse = ip_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = ip_sample,
};

/* Linux allows any bytes but blanks and '/'; IOS names carry slashes ("GigabitEthernet0/0/1"). */
static bool
ifname_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (t->text[0] == '\0' || lex_needs_quotes(t->text))
		return err_set(err, ERR_RANGE, "an interface name");
	return line_parse(ctx, row, t, dst, err);
}

static void
ifname_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const kinds[] = { "GigabitEthernet0/0/", "eth", "Loopback", "br-", "Gi1/" };

	text_printf(out, "%s%u", kinds[rng_below(rng, 5)], (unsigned)rng_below(rng, 100));
}

const struct kw_type kw_ifname = {
	.param = "INTERFACE",
	.name = "interface",
	.size = sizeof(struct kw_str),
	.glue = true,
	.parse = ifname_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = ifname_sample,
};
