/*
 * The other end of core/helper.h: what a helper process does first, how it hears the engine and speaks to it.
 * Descriptors 0 and 1 are the engine's. One thread.
 */
#ifndef CORE_HELPER_SIDE_H
#define CORE_HELPER_SIDE_H

#include <stdbool.h>

#include <jansson.h>

#include "core/frame.h"

/*
 * No core files, no tracing, no new privileges, no files for others, no SIGPIPE; and what JSON held is wiped
 * before the memory goes to the next user, for messages hold keys and passwords. Before anything is allocated.
 */
void helper_side_harden(void);

/* Takes the message. False: nobody reads any more. */
bool helper_side_say(json_t *message);

/*
 * Reads what there is and hands over each whole message, borrowed for the call. False: the engine has gone, or
 * what it says is no message.
 */
bool helper_side_hear(struct frame_reader *, void (*take)(void *arg, const json_t *message), void *arg);

#endif
