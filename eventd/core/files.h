/*
 * Files by IOS names: "flash:dir/name". Each prefix is a directory that names cannot leave: `..` out
 * of it, absolute paths behind a prefix and links that lead outside are refused (rulings 9). Names
 * without a prefix belong to flash:. Absolute paths of the host are for level 15 only (rulings 40)
 * and must be asked for. A NULL struct files has no file at all (checks, simulations). Engine thread only.
 */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/err.h"

struct files;
struct text;

enum {
	FILES_ABSOLUTE = 1 << 0, /* "/etc/x" is allowed */
};

struct files *files_new(const void *ctx);
/* prefix "flash:"; the directory is created when first written to. A later call replaces. */
void files_prefix(struct files *, const char *prefix, const char *dir);
/* "flash:", ...: NULL behind the last. */
const char *files_prefix_at(const struct files *, size_t i);

/*
 * Opens with the flags of open(2) (close-on-exec always). -1 with
 * "%Error opening flash:../x (Permission denied)" in err, as IOS prints it.
 */
int files_open(const struct files *, const char *name, int flags, unsigned how, struct err *);
bool files_read(
	const struct files *, const char *name, unsigned how, size_t max, struct text *, struct err *);
/* Replaces the file as a whole: other readers see the old or the new one. */
bool files_replace(
	const struct files *, const char *name, unsigned how, const void *data, size_t n, struct err *);
bool files_append(
	const struct files *, const char *name, unsigned how, const void *data, size_t n, struct err *);
bool files_delete(const struct files *, const char *name, unsigned how, struct err *);
bool files_exists(const struct files *, const char *name, unsigned how);

/* Every entry of a directory, sorted by name. Names are foreign text. */
typedef void files_entry_f(void *arg, const char *name, const struct stat *);
bool files_list(
	const struct files *, const char *name, unsigned how, files_entry_f *, void *arg, struct err *);

/* "flash:x" for "x" and for "flash:/x": the name as messages show it. */
void files_canonical(const struct files *, const char *name, struct text *);

#endif
