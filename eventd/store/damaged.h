/*
 * A database that cannot be read: it is set aside under another name, never deleted and never silently
 * replaced by an empty one; what can be read of it is carried over into a new one. The store's thread.
 */
#ifndef STORE_DAMAGED_H
#define STORE_DAMAGED_H

#include <stdbool.h>

#include "core/err.h"

struct db;

/* False with class STORE_DAMAGED: SQLite's own check found something. Large files are not looked through. */
bool damaged_check(struct db *, const char *path, struct err *);

/*
 * Before it is opened: a log of which something cannot be read, and a file that is empty or gone although there has
 * been one. What is the matter and what was done (malloc), or NULL.
 */
char *damaged_before(const char *path);
/* It is there now. */
void damaged_remember(const char *path);

/*
 * Sets path aside and opens a new database with what could be carried over. `why` holds the reason when it is
 * called; *news (malloc) says what was done. NULL when not even a new one can be made: why says it.
 */
struct db *damaged_replace(const char *path, const char *const *schema, char **news, struct err *why);

#endif
