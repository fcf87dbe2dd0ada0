/* Words and types of values that several event statements share. */
#include "detect/words.h"

#include <ctype.h>
#include <string.h>

#include "core/rng.h"
#include "core/text.h"

const struct kw_alternative words_yes_no[] = {
	{ "no", "No", 0, false },
	{ "yes", "Yes", 1, false },
	{ NULL, NULL, 0, false },
};

const struct kw_alternative words_true_false[] = {
	{ "false", "False", 0, false },
	{ "true", "True", 1, false },
	{ NULL, NULL, 0, false },
};

void
words_describe_time(struct text *out, const char *word, usec time)
{
	text_printf(out, " %s %lld.%03d", word, (long long)(time / USEC_PER_SEC),
		(int)(time % USEC_PER_SEC / USEC_PER_MSEC));
}

void
words_describe_pattern(struct text *out, const char *word, const struct kw_str *pattern)
{
	if (pattern->set)
		text_printf(out, " %s {%s}", word, pattern->s);
}

bool
words_missing(struct err *err, const char *what)
{
	err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	err_hint(err, "%s", what);
	return false;
}

/* ---- texts that are checked ---- */

static bool
is_oid(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!isalnum((unsigned char)s[i]) && strchr(".-_:", s[i]) == NULL)
			return false;
	return i > 0 && strchr(s, '$') == NULL;
}

static bool
oid_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (!is_oid(t->text) && strchr(t->text, '$') == NULL)
		return err_set(err, ERR_RANGE, "an object identifier, such as 1.3.6.1.2.1.1.3.0");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
oid_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "1.3.6.1.2.1.1.3.0", "ifInOctets.1", ".1.3.6", "iso.3.6.1" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_oid = {
	.param = "WORD",
	.name = "object identifier",
	.size = sizeof(struct kw_str),
	.parse = oid_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = oid_sample,
};

bool
words_check_prompt(bool is_waited_for, const struct spec_common *c, struct err *err)
{
	if (!is_waited_for || (!c->damping.set && !c->digest.set))
		return true;
	return err_set(err, ERR_CONFIG, "'%s' cannot stand with 'sync yes': somebody waits for each run",
		c->damping.set ? "damping" : "digest");
}
