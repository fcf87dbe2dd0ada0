/* Sub-commands of eventctl that need no daemon: a table of words and functions. */
#ifndef CLI_CLIENT_OFFLINE_H
#define CLI_CLIENT_OFFLINE_H

#include <stdio.h>

/* -1: argv is none of them. Otherwise the exit status. */
int offline_run(int argc, char **argv);
void offline_usage(FILE *);

#endif
