/*
 * Where things are when nobody says (contract 2): root has the system's places, anybody else the
 * XDG ones. EVENTD_SOCKET in the environment names the control socket for both programs. And small
 * files that are read and replaced whole. Blocks; any thread that may wait for a disk.
 */
#ifndef CORE_PATHS_H
#define CORE_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

char *path_default_state(const void *ctx);    /* /var/lib/eventd */
char *path_default_socket(const void *ctx);   /* /run/eventd/eventd.sock */
char *path_default_settings(const void *ctx); /* /etc/eventd/eventd.yaml */

/* Makes the directory and its parents; one that is there already is fine. */
bool path_make_dir(const char *dir, unsigned mode, struct err *);
/* The same for the directory that `file` stands in. */
bool path_make_parent(const char *file, unsigned mode, struct err *);

/* The directory of the running program: helpers stand beside it. */
char *path_program_dir(const void *ctx);

/* The whole file as a NUL-terminated string; NULL with err (code ERR_NOT_FOUND when there is none). */
char *path_read_file(const void *ctx, const char *path, size_t max, size_t *len, struct err *);
/* To a descriptor that blocks: all of it, or false with errno. */
bool path_write_all(int fd, const void *data, size_t n);
/* Replaces the file in one step: written beside, synced, renamed. */
bool path_write_file(const char *path, const void *data, size_t n, unsigned mode, struct err *);

#endif
