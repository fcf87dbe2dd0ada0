/* The built-in types of values. */
#include "cli/kw/kw.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kw/walk.h"
#include "core/mem.h"
#include "core/rng.h"

static bool
has_limits(const struct kw *row)
{
	return row->min != 0 || row->max != 0;
}

/* ---- numbers ---- */

static bool
number_read(const char *s, int64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)s[0]) && !(s[0] == '-' && isdigit((unsigned char)s[1])))
		return false;
	errno = 0;
	*out = strtoll(s, &end, 10);
	return errno == 0 && *end == '\0';
}

static bool
number_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_int *n = dst;
	int64_t v;

	if (number_read(t->text, &v) && (!has_limits(row) || (v >= row->min && v <= row->max))) {
		n->v = v;
		return true;
	}
	if (!has_limits(row))
		return err_set(err, ERR_RANGE, "a whole number");
	return err_set(err, ERR_RANGE, "a number from %" PRId64 " to %" PRId64, row->min, row->max);
}

static void
number_print(const struct kw *row, const void *src, struct text *out)
{
	text_printf(out, "%" PRId64, ((const struct kw_int *)src)->v);
}

static bool
number_equal(const void *a, const void *b)
{
	return ((const struct kw_int *)a)->v == ((const struct kw_int *)b)->v;
}

static void
number_help(const struct kw *row, struct text *out)
{
	if (has_limits(row))
		text_printf(out, "<%" PRId64 "-%" PRId64 ">", row->min, row->max);
	else
		text_add(out, "<number>");
}

static int64_t
sample_between(struct rng *rng, int64_t min, int64_t max)
{
	uint64_t span = (uint64_t)max - (uint64_t)min;

	switch (rng_below(rng, 4)) {
	case 0:
		return min;
	case 1:
		return max;
	default:
		return (int64_t)((uint64_t)min +
				 (span == UINT64_MAX ? rng_next(rng) : rng_below(rng, span + 1)));
	}
}

static void
number_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	int64_t max = has_limits(row) ? row->max : 1000000;

	text_printf(out, "%" PRId64, sample_between(rng, has_limits(row) ? row->min : -1000000, max));
}

const struct kw_type kw_number = {
	.name = "number",
	.size = sizeof(struct kw_int),
	.parse = number_parse,
	.print = number_print,
	.equal = number_equal,
	.help = number_help,
	.sample = number_sample,
};

/* ---- sec[.msec] ---- */

static bool
seconds_read(const char *s, usec *out)
{
	usec v = 0, unit = USEC_PER_SEC;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return false;
	if (__builtin_mul_overflow(v, USEC_PER_SEC, &v) || v > INT64_MAX - USEC_PER_SEC)
		return false;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return false;
		for (; isdigit((unsigned char)*s) && unit > USEC_PER_MSEC; s++)
			v += (*s - '0') * (unit /= 10);
	}
	*out = v;
	return *s == '\0';
}

static void
seconds_write(usec v, struct text *out)
{
	usec msec = v % USEC_PER_SEC / USEC_PER_MSEC;

	text_printf(out, "%" PRId64, v / USEC_PER_SEC);
	if (msec != 0)
		text_printf(out, ".%03" PRId64, msec);
}

static bool
seconds_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_time *time = dst;
	struct text limits;
	usec v;

	if (seconds_read(t->text, &v) && (!has_limits(row) || (v >= row->min && v <= row->max))) {
		time->v = v;
		return true;
	}
	err_set(err, ERR_RANGE, "seconds, with up to three decimals");
	if (has_limits(row)) {
		text_init(&limits, NULL);
		seconds_write(row->min, &limits);
		text_add(&limits, " to ");
		seconds_write(row->max, &limits);
		err_set(err, ERR_RANGE, "seconds from %s, with up to three decimals", limits.s);
		mem_free(limits.s);
	}
	return false;
}

static void
seconds_print(const struct kw *row, const void *src, struct text *out)
{
	seconds_write(((const struct kw_time *)src)->v, out);
}

static bool
seconds_equal(const void *a, const void *b)
{
	return ((const struct kw_time *)a)->v == ((const struct kw_time *)b)->v;
}

static void
seconds_help(const struct kw *row, struct text *out)
{
	if (!has_limits(row)) {
		text_add(out, "<seconds>[.<msec>]");
		return;
	}
	text_addc(out, '<');
	seconds_write(row->min, out);
	text_addc(out, '-');
	seconds_write(row->max, out);
	text_addc(out, '>');
}

static void
seconds_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	usec max = has_limits(row) ? row->max : 4000000 * USEC_PER_SEC;
	usec msec = sample_between(rng, row->min / USEC_PER_MSEC, max / USEC_PER_MSEC);

	if (rng_below(rng, 2) == 0 && msec / 1000 * USEC_PER_SEC >= row->min)
		text_printf(out, "%" PRId64, msec / 1000);
	else
		text_printf(out, "%" PRId64 ".%03" PRId64, msec / 1000, msec % 1000);
}

const struct kw_type kw_seconds = {
	.name = "seconds",
	.size = sizeof(struct kw_time),
	.parse = seconds_parse,
	.print = seconds_print,
	.equal = seconds_equal,
	.help = seconds_help,
	.sample = seconds_sample,
};

/* ---- one of some words ---- */

static const struct kw_alternative *
choice_find(const struct kw *row, const char *word, bool *is_ambiguous)
{
	const struct kw_alternative *found = NULL;
	size_t n = strlen(word);

	*is_ambiguous = false;
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++)
		if (word_is(a->word, word, n))
			return a;
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++) {
		if (a->hidden || !starts_with_nocase(a->word, word, n))
			continue;
		if (found != NULL && found->value != a->value)
			*is_ambiguous = true;
		found = found == NULL ? a : found;
	}
	return found;
}

static void
choice_refuse(const struct kw *row, const struct kw_token *t, bool is_ambiguous, struct err *err)
{
	const char *words[64], *near;
	struct word_list list;
	const char *all;
	size_t n = 0;

	word_list_init(&list, NULL);
	for (const struct kw_alternative *a = row->choices; a->word != NULL && n < 64; a++) {
		if (a->hidden || (is_ambiguous && !starts_with_nocase(a->word, t->text, strlen(t->text))))
			continue;
		words[n++] = a->word;
		word_list_add(&list, a->word);
	}
	all = word_list_end(&list);
	near = is_ambiguous ? NULL : nearest_word(t->text, words, n);
	err_set(err, is_ambiguous ? ERR_AMBIGUOUS : ERR_RANGE, "one of: %s", all);
	if (is_ambiguous)
		err_hint(err, "'%s' may be %s", t->text, all);
	else if (near != NULL)
		err_hint(err, "did you mean '%s'?", near);
	mem_free(list.out.s);
}

static bool
choice_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	bool is_ambiguous;
	const struct kw_alternative *a = choice_find(row, t->text, &is_ambiguous);

	if (a == NULL || is_ambiguous || t->quoted) {
		choice_refuse(row, t, is_ambiguous, err);
		return false;
	}
	((struct kw_enum *)dst)->v = a->value;
	return true;
}

static void
choice_print(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_alternative *any = NULL;

	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++)
		if (a->value == ((const struct kw_enum *)src)->v &&
			(any == NULL || (any->hidden && !a->hidden)))
			any = a;
	text_add(out, any == NULL ? "?" : any->word);
}

static bool
choice_equal(const void *a, const void *b)
{
	return ((const struct kw_enum *)a)->v == ((const struct kw_enum *)b)->v;
}

static void
choice_help(const struct kw *row, struct text *out)
{
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++)
		if (!a->hidden)
			text_printf(out, "%s%s", a == row->choices ? "" : "|", a->word);
}

static void
choice_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	size_t n = 0;

	while (row->choices[n].word != NULL)
		n++;
	text_add(out, row->choices[rng_below(rng, n)].word);
}

const struct kw_type kw_choice = {
	.name = "choice",
	.size = sizeof(struct kw_enum),
	.parse = choice_parse,
	.print = choice_print,
	.equal = choice_equal,
	.help = choice_help,
	.sample = choice_sample,
};
