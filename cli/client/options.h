/* The command line of eventctl (contract 3). */
#ifndef CLI_CLIENT_OPTIONS_H
#define CLI_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_options {
	const char *socket;
	const char **commands; /* of -c, in order */
	size_t n_commands;
	const char *file; /* of -f, "-" for standard input */
	bool json, keep_going;
	int timeout_ms; /* -1: none */
};

/* -1: go on. Otherwise the exit status: help or version was printed, or a usage error. */
int ctl_options_parse(const void *ctx, int argc, char **argv, struct ctl_options *);

#endif
