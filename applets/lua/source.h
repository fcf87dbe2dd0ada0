/*
 * Policy files: found in `event manager directory user policy` (or, of type system, in the folder
 * `policy` beside our programs), opened so that nobody but root and ourselves can have written what is
 * read: by the directory's descriptor, links not followed, owner and mode looked at on the open file.
 * Engine thread only.
 */
#ifndef APPLETS_LUA_SOURCE_H
#define APPLETS_LUA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"

enum source_place { SOURCE_USER, SOURCE_SYSTEM, SOURCE_LIBRARY };

struct source {
	enum source_place place;
	const char *text; /* NUL-terminated behind len */
	size_t len;
};

/* [A-Za-z0-9_.-]{1,64}, and no leading dot. */
bool source_name_valid(const char *name);

/*
 * Reads the file of that name. Its text is in ctx. Refused with a sentence: ERR_NOT_FOUND
 * "EEM configuration: policy file could not be found", wrong owner or mode, bytecode, too long.
 */
bool source_read(
	const void *ctx, struct engine *, enum source_place, const char *name, struct source *, struct err *);

/* Where policies of no stated type are: the user's first, then the system's. */
bool source_find(const void *ctx, struct engine *, const char *name, struct source *, struct err *);

/* Any file of the policy's directory or the library, as octets, for the policy itself. */
bool source_data(const void *ctx, struct engine *, enum source_place, const char *name, const char **data,
	size_t *len, struct err *);

/* The directory as configured: "flash:/eem"; NULL: none. */
const char *source_directory(const struct engine *, enum source_place);

/* Every file that could be a policy, in order of name. */
void source_each(
	struct engine *, enum source_place, void (*f)(void *arg, const char *name, usec created), void *arg);

/* Text or something compiled? What begins with ESC is bytecode (lundump.h, LUA_SIGNATURE). */
bool source_is_text(const char *text, size_t n);

#endif
