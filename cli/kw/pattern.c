/* The type of values that are regular expressions: tried when typed, unless a variable is part of them. */
#include "cli/kw/kw.h"

#include <ctype.h>
#include <string.h>

#include "core/regex.h"
#include "core/rng.h"

/* `$name` is replaced when the line is registered (eem-language 3.5); `$` and `\$` are the pattern's own. */
static bool
has_variable(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '$' && (isalpha((unsigned char)s[1]) || s[1] == '_'))
			return true;
	}
	return false;
}

static bool
pattern_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;
	struct kw_str value = { 0 };
	struct err why = ERR_INIT;

	if (!kw_string_parse(ctx, row, t, &value, err))
		return false;
	if (!has_variable(value.s) && !regex_check(value.s, REGEX_EVENT, &why))
		return err_set(err, ERR_INVALID, "%s", why.text);
	str->s = value.s;
	str->quoted = true;
	return true;
}

static void
pattern_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "\"%LINK-3-UPDOWN: Interface .*, changed state to down\"",
		"\"^a b$\"", "UPDOWN", "\"\"", "\"say \\\"(a|b)\\\"\"", "\"\\d+\\.\\d+\"", "\"$host_name (\"",
		"[[:alpha:]]+", "\"x{2,3}\\\\\"" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_pattern = {
	.param = "WORD",
	.name = "pattern",
	.size = sizeof(struct kw_str),
	.parse = pattern_parse,
	.print = kw_string_print,
	.equal = kw_str_equal,
	.sample = pattern_sample,
};
