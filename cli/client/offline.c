/* Sub-commands that need no daemon. */
#include "cli/client/offline.h"

#include <string.h>

#include "cli/client/daneverify.h"
#include "cli/client/mtastsverify.h"
#include "cli/client/parse_server.h"
#include "cli/client/pki_verify.h"
#include "cli/client/test_mail.h"

static const struct {
	const char *first, *second;         /* second: NULL when one word is the command */
	int (*main)(int argc, char **argv); /* argv[0] is the last word of the command */
	const char *usage;
} commands[] = {
	{ "pki", "verify", pki_verify_main,
		"pki verify --trust F... [--untrusted F...] --peer F [--name H | --ip A | --email M] [--time "
		"ISO8601]\n"
		"                [--purpose server|client] [--crl F...] [--depth N] [--json] | --batch" },
	{ "mail", "parse-server", parse_server_main, "mail parse-server [--json] [--show-secret] STRING" },
	{ "test", "mail", test_mail_main, TEST_MAIL_USAGE },
	{ "daneverify", NULL, daneverify_main, DANEVERIFY_USAGE },
	{ "mtastsverify", NULL, mtastsverify_main, MTASTSVERIFY_USAGE },
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

int
offline_run(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc >= 2 && i < N_COMMANDS; i++) {
		const char *second = commands[i].second;

		if (strcmp(argv[1], commands[i].first) != 0)
			continue;
		if (second == NULL)
			return commands[i].main(argc - 1, argv + 1);
		if (argc >= 3 && strcmp(argv[2], second) == 0)
			return commands[i].main(argc - 2, argv + 2);
	}
	return -1;
}

void
offline_usage(FILE *to)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		fprintf(to, "       eventctl %s\n", commands[i].usage);
}
