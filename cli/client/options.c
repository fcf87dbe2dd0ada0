/* The command line of eventctl. */
#include "cli/client/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/client/client.h"
#include "cli/client/offline.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/version.h"

static void
usage(FILE *to)
{
	fputs("usage: eventctl [--socket PATH] [-c COMMAND]... [-f FILE] [--json] [--keep-going]\n"
	      "                [--timeout S] [--no-color] [--version] [--help]\n",
		to);
	offline_usage(to);
}

static void
help(void)
{
	usage(stdout);
	fputs("\n"
	      "  --socket PATH   control socket of eventd (or EVENTD_SOCKET in the environment)\n"
	      "  -c COMMAND      run a command; several share one session, in order\n"
	      "  -f FILE         run the commands of a file, - for standard input\n"
	      "  --json          show commands answer as JSON, refusals as {\"error\":{...}}\n"
	      "  --keep-going    do not stop at the first refused command\n"
	      "  --timeout S     give up when a command takes longer\n"
	      "\n"
	      "Without -c and -f: the interactive shell on a terminal, else commands from standard input.\n"
	      "Questions are answered from standard input, or from the lines that follow in FILE.\n"
	      "Exit status: 0 all accepted, 1 a command was refused, 2 usage, 4 eventd unreachable, 7 "
	      "time-out.\n",
		stdout);
}

static bool
read_seconds(const char *s, int *ms)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno != 0 || end == s || *end != '\0' || !(v >= 0) || v > INT_MAX / 1000)
		return false;
	*ms = (int)(v * 1000);
	return true;
}

static void
add_command(const void *ctx, struct ctl_options *o, const char *command)
{
	o->commands = mem_resize(ctx, o->commands, (o->n_commands + 1) * sizeof o->commands[0]);
	o->commands[o->n_commands++] = command;
}

int
ctl_options_parse(const void *ctx, int argc, char **argv, struct ctl_options *o)
{
	enum { SOCKET = 256, JSON, KEEP_GOING, TIMEOUT, NO_COLOR, VERSION, HELP };
	static const struct option options[] = {
		{ "socket", required_argument, NULL, SOCKET },
		{ "command", required_argument, NULL, 'c' },
		{ "file", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, JSON },
		{ "keep-going", no_argument, NULL, KEEP_GOING },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ "no-color", no_argument, NULL, NO_COLOR },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	*o = (struct ctl_options){ .timeout_ms = -1 };
	while ((opt = getopt_long(argc, argv, "c:f:h", options, NULL)) != -1) {
		switch (opt) {
		case SOCKET:
			o->socket = optarg;
			break;
		case 'c':
			add_command(ctx, o, optarg);
			break;
		case 'f':
			o->file = optarg;
			break;
		case JSON:
			o->json = true;
			break;
		case KEEP_GOING:
			o->keep_going = true;
			break;
		case TIMEOUT:
			if (read_seconds(optarg, &o->timeout_ms))
				break;
			fprintf(stderr, "eventctl: --timeout takes seconds, not '%s'\n", optarg);
			return CTL_USAGE;
		case NO_COLOR: /* nothing is coloured */
			break;
		case VERSION:
			printf("eventctl %s\n", EVENTD_VERSION);
			return CTL_FINE;
		case HELP:
		case 'h':
			help();
			return CTL_FINE;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "eventctl: '%s'? Commands are given with -c\n", argv[optind]);
		usage(stderr);
		return CTL_USAGE;
	}
	if (o->socket == NULL)
		o->socket = path_default_socket(ctx);
	return -1;
}
