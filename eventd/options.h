/* The command line of eventd (contract 2). Strings are owned by ctx. */
#ifndef EVENTD_OPTIONS_H
#define EVENTD_OPTIONS_H

#include <stdbool.h>

enum { EXIT_FINE = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_INVALID = 3 };

struct options {
	const char *config, *settings, *state, *socket; /* never NULL */
	bool config_named, settings_named;              /* a file that was named must be there */
	bool strict, check, json;
};

/*
 * -1: go on. Otherwise the exit status: --help and --version have printed what was asked for, or a
 * usage error stands on standard error.
 */
int options_parse(const void *ctx, int argc, char **argv, struct options *);

#endif
