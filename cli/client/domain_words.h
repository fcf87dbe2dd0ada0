/*
 * The words behind a command of eventctl that looks at one domain: options with a value, --json, and the
 * domain, which is asked for where it is missing. One thread.
 */
#ifndef CLI_CLIENT_DOMAIN_WORDS_H
#define CLI_CLIENT_DOMAIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { DOMAIN_WORDS_USAGE = 2 }; /* exit status */

struct domain_option {
	const char *name;               /* "--resolver" */
	bool (*is_good)(const char *s); /* NULL: any word is */
	const char *takes;              /* what is good, for the complaint */
	const char *value;              /* NULL: not given */
};

struct domain_words {
	const char *command; /* "daneverify" */
	const char *usage;
	struct domain_option *options; /* ends without a name */
	const char *domain;            /* NULL: not given */
	bool json;
};

/* -1, or the exit status once it has complained. What it sets points into argv. */
int domain_words_read(struct domain_words *, int argc, char **argv);
/* Says what is wrong, and the usage, on standard error; answers DOMAIN_WORDS_USAGE. */
int domain_words_complain(const struct domain_words *, const char *why, const char *word);
/* Prompts on standard output for the domain; "" at the end of the input. In ctx. */
const char *domain_words_ask(const void *ctx);

#endif
