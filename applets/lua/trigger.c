/* eem.trigger{ correlate = "1 or 2", occurs = 1, period = 60, delay = 5, period_start = CRON, attribute = {...} }. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "applets/lua/script.h"
#include "core/mem.h"

#define SECONDS_MAX 4294967295.999

static bool
read_count(const json_t *o, const char *key, uint64_t *out, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > UINT32_MAX)
		return err_class(
			err, ERR_RANGE, "FH_EBADFMT", "'%s' takes a number from 1 to %u", key, UINT32_MAX);
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static bool
read_time(const json_t *o, const char *key, usec *out, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	double seconds = json_number_value(v);

	if (v == NULL)
		return true;
	if (!json_is_number(v) || !(seconds >= 0 && seconds <= SECONDS_MAX))
		return err_class(err, ERR_RANGE, "FH_EBADFMT", "'%s' takes seconds", key);
	*out = (usec)llround(seconds * 1000) * USEC_PER_MSEC;
	return true;
}

/* ---- correlate ---- */

static bool
read_op(const char *word, enum correlate_op *op)
{
	static const char *const words[] = { "and", "or", "andnot" }; /* ORDER: enum correlate_op */

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			*op = (enum correlate_op)i;
			return true;
		}
	return false;
}

/* The next word, cut off in place; NULL behind the last. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t\n");
	size_t n = strcspn(word, " \t\n");

	*at = word + n + (word[n] != '\0');
	word[n] = '\0';
	return n > 0 ? word : NULL;
}

/* "track 10", "event 1", or the tag alone. */
static bool
read_operand(char **words, struct correlate_term *term, struct err *err)
{
	char *word = next_word(words), *end;
	bool is_track = word != NULL && strcmp(word, "track") == 0;

	if (word != NULL && (is_track || strcmp(word, "event") == 0))
		word = next_word(words);
	if (word == NULL)
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "'correlate' ends where a tag should stand");
	if (!is_track) {
		term->tag = word;
		return true;
	}
	unsigned long number = strtoul(word, &end, 10);
	if (*end != '\0' || number < 1 || number > UINT32_MAX)
		return err_class(
			err, ERR_RANGE, "FH_EBADFMT", "'correlate': '%s' is no tracked object", word);
	term->track = (uint32_t)number;
	return true;
}

static bool
read_correlate(const void *ctx, const char *text, struct trigger_spec *out, struct err *err)
{
	char *words = mem_strdup(ctx, text), *word;
	enum correlate_op op = CORRELATE_AND;

	for (;;) {
		if (out->terms == TRIGGER_TERMS)
			return err_class(err, ERR_RANGE, "FH_EBADFMT", "'correlate' has at most %d operands",
				TRIGGER_TERMS);
		out->term[out->terms] = (struct correlate_term){ .op = op };
		if (!read_operand(&words, &out->term[out->terms], err))
			return false;
		out->terms++;
		word = next_word(&words);
		if (word == NULL)
			return true;
		if (!read_op(word, &op))
			return err_class(err, ERR_INVALID, "FH_EBADFMT",
				"'correlate': '%s' where 'and', 'or' or 'andnot' should stand", word);
	}
}

/* ---- attribute ---- */

static bool
read_attributes(const void *ctx, const json_t *all, struct trigger_spec *out, struct err *err)
{
	const char *tag;
	json_t *v;

	if (all != NULL && !json_is_object(all))
		return err_class(
			err, ERR_INVALID, "FH_EBADFMT", "'attribute' takes { [TAG] = { occurs = N } }");
	json_object_foreach((json_t *)(uintptr_t)all, tag, v)
	{
		struct trigger_attribute *a = &out->attribute[out->attributes];

		if (out->attributes == TRIGGER_MEMBERS)
			return err_class(err, ERR_RANGE, "FH_EBADFMT", "'attribute' has at most %d tags",
				TRIGGER_MEMBERS);
		*a = (struct trigger_attribute){ .tag = mem_strdup(ctx, tag), .occurs = 1 };
		if (!read_count(v, "occurs", &a->occurs, err))
			return err_wrap(err, "attribute %s", tag);
		out->attributes++;
	}
	return true;
}

static bool
check_keys(const json_t *o, struct err *err)
{
	static const char *const known[] = { "correlate", "occurs", "period", "period_start", "delay",
		"attribute" };
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		bool found = false;

		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			found |= strcmp(key, known[i]) == 0;
		if (!found)
			return err_class(err, ERR_INVALID, "FH_EBADFMT", "'%s' is not known here", key);
	}
	return true;
}

bool
trigger_from_json(const void *ctx, const json_t *o, struct trigger_spec *out, struct err *err)
{
	const char *correlate = json_string_value(json_object_get(o, "correlate"));
	const char *start = json_string_value(json_object_get(o, "period_start"));

	*out = (struct trigger_spec){ .occurs = 1, .period_start = mem_strdup(ctx, start) };
	return check_keys(o, err) && read_count(o, "occurs", &out->occurs, err) &&
	       read_time(o, "period", &out->period, err) && read_time(o, "delay", &out->delay, err) &&
	       read_attributes(ctx, json_object_get(o, "attribute"), out, err) &&
	       (correlate == NULL || read_correlate(ctx, correlate, out, err));
}
