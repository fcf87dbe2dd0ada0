/*
 * Pseudo-terminals, for programs that must be typed at. Both descriptors close on exec; the caller
 * closes them.
 */
#ifndef CORE_PTY_H
#define CORE_PTY_H

#include <stdbool.h>

#include "core/err.h"

/*
 * `master` is ours and never blocks; `slave` becomes the program's descriptors. The terminal echoes
 * nothing, ends lines with CR LF, and is so wide that nobody wraps or pages.
 */
bool pty_open(int *master, int *slave, struct err *);

#endif
