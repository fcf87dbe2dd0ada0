/* Reads `[OPTION VALUE]... [--json] [DOMAIN]`. */
#include "cli/client/domain_words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

#define PROMPT "[]> "

int
domain_words_complain(const struct domain_words *w, const char *why, const char *word)
{
	fprintf(stderr, "eventctl %s: %s%s\nusage: eventctl %s\n", w->command, why, word, w->usage);
	return DOMAIN_WORDS_USAGE;
}

/* Exit status, or -1. */
static int
take_option(struct domain_words *w, const char *name, const char *value)
{
	char why[128];

	if (value == NULL)
		return domain_words_complain(w, "no good word: ", name);
	for (struct domain_option *o = w->options; o->name != NULL; o++) {
		if (strcmp(name, o->name) != 0)
			continue;
		o->value = value;
		if (o->is_good == NULL || o->is_good(value))
			return -1;
		snprintf(why, sizeof why, "%s takes %s, not ", name, o->takes);
		return domain_words_complain(w, why, value);
	}
	return domain_words_complain(w, "unknown option ", name);
}

int
domain_words_read(struct domain_words *w, int argc, char **argv)
{
	int status = -1;

	for (int i = 1; i < argc && status < 0; i++) {
		const char *word = argv[i];

		if (strcmp(word, "--json") == 0)
			w->json = true;
		else if (strncmp(word, "--", 2) == 0)
			status = take_option(w, word, argv[++i]); /* argv ends with NULL */
		else if (w->domain != NULL)
			status = domain_words_complain(w, "one domain at a time: ", word);
		else
			w->domain = word;
	}
	return status;
}

const char *
domain_words_ask(const void *ctx)
{
	char line[1024];

	fputs(PROMPT, stdout);
	fflush(stdout);
	if (fgets(line, sizeof line, stdin) == NULL)
		line[0] = '\0';
	if (!isatty(STDIN_FILENO))
		putchar('\n');
	line[strcspn(line, "\r\n")] = '\0';
	return mem_strdup(ctx, line);
}
