/* The command line of eventd. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/paths.h"
#include "core/regex.h"
#include "core/version.h"

enum {
	OPT_CONFIG = 256,
	OPT_SETTINGS,
	OPT_STATE,
	OPT_SOCKET,
	OPT_STRICT,
	OPT_CHECK,
	OPT_JSON,
	OPT_VERSION,
	OPT_HELP
};

static const struct option longs[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "settings", required_argument, NULL, OPT_SETTINGS },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: eventd [--config FILE] [--settings FILE] [--state DIR] [--socket PATH] [--strict]\n"
	"              [--check [--json]] [--version] [--help]\n";

static const char help[] =
	"\n"
	"  --config FILE    startup configuration, IOS text (default: startup-config in the state "
	"directory)\n"
	"  --settings FILE  daemon settings, YAML\n"
	"  --state DIR      keys, trustpool, saved files\n"
	"  --socket PATH    control socket (EVENTD_SOCKET in the environment names it, too)\n"
	"  --strict         do not start with a startup configuration that has a bad line\n"
	"  --check          read settings and configuration, print what is wrong, run nothing\n"
	"  --json           with --check: findings as JSON\n"
	"  --version        print version and what this build can do\n"
	"\n"
	"Exit status: 0 fine, 1 runtime failure, 2 usage, 3 configuration or settings invalid.\n";

static void
print_version(void)
{
	const char *why = NULL;

	printf("eventd %s\n", EVENTD_VERSION);
	printf("pattern compiler: %s\n", regex_jit_works(&why) ? "machine code (PCRE2 JIT)" : why);
}

int
options_parse(const void *ctx, int argc, char **argv, struct options *o)
{
	int c;

	memset(o, 0, sizeof *o);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case OPT_CONFIG:
			o->config = mem_strdup(ctx, optarg);
			o->config_named = true;
			break;
		case OPT_SETTINGS:
			o->settings = mem_strdup(ctx, optarg);
			o->settings_named = true;
			break;
		case OPT_STATE:
			o->state = mem_strdup(ctx, optarg);
			break;
		case OPT_SOCKET:
			o->socket = mem_strdup(ctx, optarg);
			break;
		case OPT_STRICT:
			o->strict = true;
			break;
		case OPT_CHECK:
			o->check = true;
			break;
		case OPT_JSON:
			o->json = true;
			break;
		case OPT_VERSION:
			print_version();
			return EXIT_FINE;
		case OPT_HELP:
			printf("%s%s", usage, help);
			return EXIT_FINE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || (o->json && !o->check)) {
		if (optind < argc)
			fprintf(stderr, "eventd: unexpected argument '%s'\n", argv[optind]);
		else
			fputs("eventd: --json goes with --check\n", stderr);
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (o->settings == NULL)
		o->settings = path_default_settings(ctx);
	if (o->state == NULL)
		o->state = path_default_state(ctx);
	if (o->socket == NULL)
		o->socket = path_default_socket(ctx);
	if (o->config == NULL)
		o->config = mem_printf(ctx, "%s/startup-config", o->state);
	return -1;
}
