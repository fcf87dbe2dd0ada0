/* Random valid lines of a command, for property tests and fuzzing. */
#include "cli/kw/kw.h"

#include <string.h>

#include "cli/kw/walk.h"
#include "core/rng.h"

struct sampler {
	struct rng *rng;
	struct text *out;
	bool over;  /* a value took the rest of the line */
	bool exact; /* a bare value that was left out would take what is not exactly a keyword */
	const struct kw *table[WALK_DEPTH];
	size_t depth;
};

static bool
coin(struct sampler *s)
{
	return rng_below(s->rng, 2) == 0;
}

static void sample_rows(struct sampler *, const struct kw *rows);

/* One value, in quotes where it could pass for a keyword behind it. */
static void
sample_value(struct sampler *s, const struct kw *row)
{
	size_t from;

	text_addc(s->out, ' ');
	from = s->out->len;
	row->type->sample(row, s->rng, s->out);
	s->over = row->type->rest || (row->type->join && s->out->s[from] != '"');
}

/* Behind a row, what its sub-table offers may still come. */
static bool
is_abbreviation_in(const struct kw *rows, const char *word, size_t n, unsigned depth)
{
	for (const struct kw *row = rows; !row_is_end(row); row++) {
		if (row->word == NULL ||
			(strcmp(row->word, word) != 0 && starts_with_nocase(row->word, word, n)))
			return false;
		if (row->sub != NULL && depth > 0 && !is_abbreviation_in(row->sub, word, n, depth - 1))
			return false;
	}
	return true;
}

/* May the first n letters stand for the word, whichever rows are acceptable now? */
static bool
is_abbreviation(const struct sampler *s, const char *word, size_t n)
{
	if (s->exact)
		return false;
	for (size_t i = 0; i < s->depth; i++)
		if (!is_abbreviation_in(s->table[i], word, n, i == 0 ? 0 : 1))
			return false;
	return true;
}

/* In any case, sometimes abbreviated. */
static void
sample_word(struct sampler *s, const struct kw *row)
{
	size_t n = strlen(row->word), shorter = 1 + rng_below(s->rng, n);

	if ((row->flags & KW_HIDDEN) == 0 && is_abbreviation(s, row->word, shorter))
		n = shorter;
	text_addc(s->out, ' ');
	for (size_t i = 0; i < n; i++) {
		char c = row->word[i];
		bool upper = c >= 'a' && c <= 'z' && rng_below(s->rng, 8) == 0;

		text_addc(s->out, upper ? (char)(c - 'a' + 'A') : c);
	}
}

static void
sample_row(struct sampler *s, const struct kw *row)
{
	size_t n = (row->flags & KW_MANY) != 0 ? 1 + rng_below(s->rng, 3) : 1;

	if (row->word != NULL)
		sample_word(s, row);
	while (row->type != NULL && n-- > 0)
		sample_value(s, row);
	if (row->sub != NULL && !s->over)
		sample_rows(s, row->sub);
}

enum { SAMPLE_ROWS = 128 };

/* Of each group at most one row, of all rows some: marks them in `take`. */
static size_t
sample_pick(struct sampler *s, const struct kw *rows, bool *take)
{
	size_t n = 0;
	bool leave = false; /* an optional bare value was left out: none may follow */

	for (; !row_is_end(&rows[n]) && n < SAMPLE_ROWS; n++)
		take[n] = rows[n].group == 0 && ((rows[n].flags & KW_REQ) != 0 || coin(s));
	for (size_t i = 0; i < n; i++) {
		size_t members = 0, chosen;
		bool first = rows[i].group != 0, required = false;

		for (size_t j = 0; j < n; j++) {
			if (rows[j].group == 0 || rows[j].group != rows[i].group)
				continue;
			first = first && j >= i;
			required = required || (rows[j].flags & KW_REQ) != 0;
			members++;
		}
		if (!first || (!required && coin(s)))
			continue;
		chosen = rng_below(s->rng, members);
		for (size_t j = i; j < n; j++)
			if (rows[j].group == rows[i].group)
				take[j] = chosen-- == 0;
	}
	/* Two spellings of one place exclude each other. */
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (rows[i].at == rows[j].at && take[i])
				take[j] = false;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].word != NULL || rows[i].group != 0)
			continue;
		take[i] = take[i] && !leave;
		leave = leave || !take[i];
	}
	return n;
}

static bool
takes_rest(const struct kw *row)
{
	return row->type != NULL && (row->type->rest || row->type->join);
}

static void
sample_rows(struct sampler *s, const struct kw *rows)
{
	bool take[SAMPLE_ROWS];
	size_t n = sample_pick(s, rows, take);
	size_t start = rng_below(s->rng, n + 1);

	if (s->depth == WALK_DEPTH)
		return;
	s->table[s->depth++] = rows;
	for (size_t i = 0; i < n && !s->over; i++)
		if (take[i] && row_is_seq(&rows[i]))
			sample_row(s, &rows[i]);
	/* The others in any order: from a random one on, around; what takes the rest comes last. */
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t k = 0; k < n && !s->over; k++) {
			const struct kw *row = &rows[(start + k) % n];

			if (take[row - rows] && !row_is_seq(row) && takes_rest(row) == (pass == 1))
				sample_row(s, row);
		}
	for (size_t i = 0; i < n; i++)
		s->exact = s->exact || (rows[i].word == NULL && rows[i].group == 0 && !take[i]);
	s->depth--;
}

void
kw_sample(const struct kw_cmd *cmd, struct rng *rng, struct text *out)
{
	struct sampler s = { .rng = rng, .out = out };
	const char *word = cmd->words;

	text_add(out, word);
	if (cmd->kw != NULL)
		sample_rows(&s, cmd->kw);
}
