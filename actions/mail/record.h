/*
 * A struct and its JSON object, both ways, from one table of fields: how jobs and results cross the
 * border between processes. Strings may not hold NUL. Any thread.
 */
#ifndef ACTIONS_MAIL_RECORD_H
#define ACTIONS_MAIL_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/err.h"

enum record_type {
	RECORD_STRING, /* const char *; NULL is left out */
	RECORD_SECRET, /* the same, wiped when freed */
	RECORD_UINT,   /* unsigned */
	RECORD_INT,    /* int */
	RECORD_ID,     /* uint64_t below 2^63 */
	RECORD_BOOL,   /* bool */
	RECORD_WORD    /* an enum, written as its word */
};

struct record_field {
	const char *name;
	enum record_type type;
	size_t at;                      /* offset in the struct */
	const char *(*word)(int value); /* of a RECORD_WORD: the name of a value ... */
	int word_count;                 /* ... from 0 to this less one */
};

#define RECORD_END                              \
	{                                       \
		NULL, RECORD_STRING, 0, NULL, 0 \
	}

void record_to_json(const struct record_field *, const void *record, json_t *object);

/* Absent keys leave the record as it is, unknown keys are ignored; strings are allocated in ctx. */
bool record_from_json(
	const struct record_field *, const void *ctx, const json_t *object, void *record, struct err *);

#endif
