/* Structs to JSON objects and back, by tables. */
#include "actions/mail/record.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "core/frame.h"
#include "core/mem.h"

static json_t *
encode(const struct record_field *f, const void *at)
{
	switch (f->type) {
	case RECORD_STRING:
	case RECORD_SECRET: {
		const char *s = *(const char *const *)at;

		return s == NULL ? NULL : frame_string(s, strlen(s));
	}
	case RECORD_UINT:
		return json_integer(*(const unsigned *)at);
	case RECORD_INT:
		return json_integer(*(const int *)at);
	case RECORD_ID:
		return json_integer((json_int_t) * (const uint64_t *)at);
	case RECORD_BOOL:
		return json_boolean(*(const bool *)at);
	case RECORD_WORD:
		return json_string(f->word(*(const int *)at));
	}
	return NULL;
}

void
record_to_json(const struct record_field *f, const void *record, json_t *object)
{
	for (; f->name != NULL; f++) {
		json_t *value = encode(f, (const char *)record + f->at);

		if (value != NULL)
			json_object_set_new(object, f->name, value);
	}
}

static bool
decode_string(const struct record_field *f, const void *ctx, const json_t *value, const char **at)
{
	const char *s = json_string_value(value);
	size_t n = json_string_length(value);

	if (s == NULL || memchr(s, '\0', n) != NULL)
		return false;
	*at = f->type == RECORD_SECRET ? mem_secret(ctx, s, n) : mem_strndup(ctx, s, n);
	return true;
}

static bool
decode_integer(const struct record_field *f, const json_t *value, void *at)
{
	json_int_t i = json_integer_value(value);

	if (!json_is_integer(value))
		return false;
	if (f->type == RECORD_INT && i >= INT_MIN && i <= INT_MAX)
		*(int *)at = (int)i;
	else if (f->type == RECORD_UINT && i >= 0 && i <= UINT_MAX)
		*(unsigned *)at = (unsigned)i;
	else if (f->type == RECORD_ID && i >= 0)
		*(uint64_t *)at = (uint64_t)i;
	else
		return false;
	return true;
}

static bool
decode_word(const struct record_field *f, const json_t *value, int *at)
{
	const char *s = json_string_value(value);

	for (int i = 0; s != NULL && i < f->word_count; i++) {
		if (strcmp(f->word(i), s) == 0) {
			*at = i;
			return true;
		}
	}
	return false;
}

static bool
decode(const struct record_field *f, const void *ctx, const json_t *value, void *at)
{
	switch (f->type) {
	case RECORD_STRING:
	case RECORD_SECRET:
		return decode_string(f, ctx, value, at);
	case RECORD_UINT:
	case RECORD_INT:
	case RECORD_ID:
		return decode_integer(f, value, at);
	case RECORD_BOOL:
		*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case RECORD_WORD:
		return decode_word(f, value, at);
	}
	return false;
}

bool
record_from_json(
	const struct record_field *f, const void *ctx, const json_t *object, void *record, struct err *err)
{
	if (!json_is_object(object))
		return err_set(err, ERR_INVALID, "an object is expected");
	for (; f->name != NULL; f++) {
		const json_t *value = json_object_get(object, f->name);

		if (value == NULL || json_is_null(value))
			continue;
		if (!decode(f, ctx, value, (char *)record + f->at))
			return err_set(err, ERR_INVALID, "'%s' has the wrong type or value", f->name);
	}
	return true;
}
