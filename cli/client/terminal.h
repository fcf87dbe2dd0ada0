/* The interactive shell: line editing, `?`, Tab, paging, messages while typing. */
#ifndef CLI_CLIENT_TERMINAL_H
#define CLI_CLIENT_TERMINAL_H

#include "cli/client/options.h"

int terminal_run(const struct ctl_options *); /* exit status */

#endif
