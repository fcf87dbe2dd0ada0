/* Commands without a terminal: -c, -f, standard input. */
#ifndef CLI_CLIENT_ONESHOT_H
#define CLI_CLIENT_ONESHOT_H

#include "cli/client/options.h"

int oneshot_run(const struct ctl_options *); /* exit status */

#endif
