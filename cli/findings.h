/*
 * What is wrong in a file that a command loads as configuration: each finding on a line of its own, and
 * the refusal that counts them. Engine thread only.
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stdbool.h>

#include "core/err.h"

struct session;

struct findings {
	struct session *session;
	unsigned errors;
};

/* A conf_finding_f whose arg is a struct findings: prints `FILE:LINE:COL: error|warning: text`. */
void findings_print(void *arg, const char *file, const struct err *, bool is_error);
/*
 * Makes err "WHAT: N errors in FILE": the place in err is one of the file, not of the command. When no
 * error was found, err is kept. Answers false.
 */
bool findings_refuse(const struct findings *, const char *what, const char *file, struct err *err);

#endif
