/*
 * The port through which policies type commands (`action cli command`): a session of its own for
 * each run, named "vtyN (EEM:NAME)". It never pages, `enable` always succeeds (rulings 49), lines
 * end with CR LF. Everything is delivered from the loop, never from inside open() or send().
 */
#ifndef CLI_PORT_H
#define CLI_PORT_H

#include "core/tty.h"

/* For engine->cli_port; works on engine->cli. */
extern const struct cli_port_ops cli_port;

#endif
