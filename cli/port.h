/*
 * The port through which policies type commands (`action cli command`): a session of its own for
 * each run, named "vtyN (EEM:NAME)". It never pages, `enable` always succeeds (rulings 49), lines
 * end with CR LF. Everything is delivered from the loop, never from inside open() or send().
 *
 * Where the settings name a device's own CLI (cli.device), a line that the session does not understand
 * goes there instead, as does what is about the device (EXEC_DEVICE in cli/cmd.h), and every line while
 * the device is in a configuration mode, except `event manager ...`. Configuration mode and privilege of the device follow the session's.
 */
#ifndef CLI_PORT_H
#define CLI_PORT_H

#include "cli/cli.h"
#include "core/tty.h"

/* For engine->cli_port; works on engine->cli. */
extern const struct cli_port_ops cli_port;

/* The devices' programs, for `show system processes`; the source is the CLI. */
void port_each_process(void *cli, cli_process_f *, void *arg);

#endif
