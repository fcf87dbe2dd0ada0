/* A line read key by key, without the editor. */
#ifndef CLI_CLIENT_PLAIN_H
#define CLI_CLIENT_PLAIN_H

#include <stdbool.h>

#include "core/text.h"

/* Appends what is typed up to Return; Backspace works. False: Ctrl-C, or the end of the input. */
bool plain_read(struct text *line, const char *prompt, bool is_shown);

#endif
