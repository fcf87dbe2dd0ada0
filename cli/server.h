/*
 * The control socket: sessions for eventctl and for whatever else speaks JSON frames (core/frame.h).
 * A message is one object with a type "t"; a request carries an "id" that its answers repeat.
 *
 *   client                                          server
 *   hello {version}                                 hello {version, program, release}
 *   open {id, json, terminal, height, width}        opened {id, tty, user, level} + state
 *   line {id, text}                                 output*, question*, result {id, accepted, error} + state
 *   answer {text | null}                            goes on with the line
 *   interrupt                                       the line's result; in configuration mode: state
 *   help {id, text}, complete {id, text}            help {id, text}, completion {id, text}
 *   end {id}                                        result: configuration committed, as by Ctrl-Z
 *                                                   output {text | json}, monitor {text}, closed
 *
 * "state" is {prompt, mode, length, width}, inside `opened` and `result`. `question` has kind (line, secret,
 * yesno, confirm, collect) and prompt. `error` is {code, message, line, column, hint}. A message that
 * breaks the protocol is answered by `failed {message}` and the connection ends.
 *
 * A slow reader holds up itself only: nothing blocks, its next line waits until it has read, and messages
 * of `terminal monitor` are dropped and counted while a megabyte is waiting. Engine thread only.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define CONTROL_VERSION   1
#define CONTROL_FRAME_MAX ((size_t)1 << 20) /* of a client's message */

struct cli;
struct cli_server;

/*
 * Sessions of root, of the daemon's own user and of members of the group "eventd" have level 15, others 1
 * (rulings 23).
 */
/* Listens on the unix socket `path`, mode 0660; makes its directory, replaces a dead socket. */
struct cli_server *cli_server_new(const void *ctx, struct cli *, const char *path, struct err *);

#endif
