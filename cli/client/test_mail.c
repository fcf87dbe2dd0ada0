/* The trial of a mail server by eventctl alone. */
#include "cli/client/test_mail.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail/test/trial.h"
#include "actions/mail/test/verdict.h"
#include "cli/client/mail_process.h"
#include "cli/client/trust_file.h"
#include "core/mem.h"
#include "core/paths.h"

#define SETTLE 3 /* seconds behind the test's own time, before it is given up */

struct command {
	struct mail_trial trial;
	struct trust *trust;
	const char *resolver;
	struct kw_int timeout; /* of the option, which wins over the word */
	bool json;
};

static int
complain(const char *why, const char *word)
{
	fprintf(stderr, "eventctl test mail server: %s%s\nusage: eventctl %s\n", why, word, TEST_MAIL_USAGE);
	return 2;
}

static bool
seconds(const char *word, struct kw_int *to)
{
	char *end;
	long v = strtol(word, &end, 10);

	*to = (struct kw_int){ .set = true, .v = v };
	return end != word && *end == '\0' && v >= 1 && v <= 1800;
}

/* The words of the CLI, as a shell hands them over: quoting is done, so they are quoted for the parser. */
static void
add_word(struct text *line, const char *word)
{
	text_addc(line, ' ');
	if (strpbrk(word, " \t\"") == NULL && *word != '\0') {
		text_add(line, word);
		return;
	}
	text_addc(line, '"');
	text_add(line, word);
	text_addc(line, '"');
}

/* One option with its value; --trust takes the files behind the first, too. Exit status, or -1. */
static int
take_option(struct command *c, const char *name, const char *value, struct err *err)
{
	if (strcmp(name, "--resolver") == 0)
		c->resolver = value;
	else if (strcmp(name, "--timeout") == 0 && !seconds(value, &c->timeout))
		return complain("--timeout takes seconds from 1 to 1800, not ", value);
	else if (strcmp(name, "--trust") == 0 && !trust_file_add(c->trust, value, err))
		return complain("", err->text);
	return -1;
}

static bool
is_option(const char *name)
{
	return strcmp(name, "--resolver") == 0 || strcmp(name, "--timeout") == 0 ||
	       strcmp(name, "--trust") == 0;
}

/* "--trust=FILE" or "--trust FILE...": FILE... ends at an option or a keyword. Exit status, or -1. */
static int
read_option(struct command *c, int argc, char **argv, int *at)
{
	struct err err = ERR_INIT;
	const char *word = argv[*at], *sign = strchr(word, '=');
	char *name = mem_strndup(c->trust, word, sign != NULL ? (size_t)(sign - word) : strlen(word));
	int status;

	if (!is_option(name))
		return complain("unknown option ", name);
	if (sign == NULL && *at + 1 >= argc)
		return complain("there is no value behind ", name);
	status = take_option(c, name, sign != NULL ? sign + 1 : argv[++*at], &err);
	while (status < 0 && sign == NULL && strcmp(name, "--trust") == 0 && *at + 1 < argc &&
		strncmp(argv[*at + 1], "--", 2) != 0 && access(argv[*at + 1], R_OK) == 0)
		status = take_option(c, name, argv[++*at], &err);
	return status;
}

/* Options out of argv; the words that are left go to the line. Exit status, or -1. */
static int
read_options(struct command *c, int argc, char **argv, struct text *line)
{
	int status = -1;

	for (int i = 0; status < 0 && i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			c->json = true;
		else if (strncmp(argv[i], "--", 2) == 0)
			status = read_option(c, argc, argv, &i);
		else
			add_word(line, argv[i]);
	}
	return status;
}

static const struct kw_cmd row = {
	.words = "test mail server",
	.help = "Connect to a mail server and log in, without sending a mail",
	.kw = mail_trial_kw,
	.size = sizeof(struct mail_trial),
};

/* The parser's place is in a line that nobody sees here: the word itself is shown instead of IOS's marker. */
static int
complain_of_word(const void *ctx, const char *line, const struct err *err)
{
	const char *hint = mem_printf(ctx, "%s%s", *err->hint != '\0' ? "; " : "", err->hint);
	const char *word =
		err->column > 0 && (size_t)err->column <= strlen(line) ? line + err->column - 1 : "";
	size_t n = strcspn(word, " ");

	if ((err->code != ERR_INVALID && err->code != ERR_RANGE) || n == 0)
		return complain(err->text, hint);
	return complain(mem_printf(ctx, "'%.*s' cannot stand here", (int)n, word), hint);
}

/* The same parser as in the daemon. The server string is taken aside: no quoting can reach it here. */
static int
read_words(const void *ctx, struct command *c, const char *server, const struct text *line)
{
	struct kw_tree *tree = kw_tree_new(ctx, "eventctl");
	struct kw_parsed parsed;
	struct err err = ERR_INIT;
	char *whole = mem_printf(ctx, "test mail server S%s", line->s);

	kw_tree_add(tree, &row);
	if (!kw_parse(ctx, tree, whole, 15, 0, &parsed, &err))
		return complain_of_word(ctx, whole, &err);
	c->trial = *(const struct mail_trial *)parsed.args;
	c->trial.server.s = server;
	if (c->timeout.set)
		c->trial.timeout = c->timeout;
	return -1;
}

static struct mail_result *
carry_out(const void *ctx, struct command *c, struct err *err)
{
	char host[256] = "localhost";
	struct mail_result *r;
	struct mail_job *job;

	if (mail_trial_needs_daemon(&c->trial)) {
		err_class(err, ERR_REFUSED, "CONFIG",
			"credentials, DANE and USEDNS need a daemon: eventctl -c 'test mail server ...'");
		return mail_verdict_refused(ctx, err);
	}
	gethostname(host, sizeof host - 1);
	job = mail_trial_job(ctx, &c->trial, NULL, mem_printf(ctx, "eem@%s", host), err);
	if (job == NULL)
		return mail_verdict_refused(ctx, err);
	job->trust = c->trust;
	job->resolver = c->resolver;
	job->id = 1;
	mail_trial_time(job, &c->trial, MAIL_TRIAL_TIMEOUT);
	alarm(job->timeouts.total / 1000 + SETTLE);
	r = mail_process_run(ctx, job, err);
	if (r != NULL && r->class == MAIL_CERT_UNTRUSTED &&
		!json_is_string(json_object_get(r->tls, "trustpoint")))
		r->hint = "without a daemon the root CA is named by --trust FILE";
	return r;
}

static int
report(const struct command *c, const struct mail_result *r)
{
	struct text *out = text_new(NULL), *shown = text_new(NULL);
	json_t *j;

	if (c->json) {
		j = mail_verdict_json(r);
		json_dumpf(j, stdout, JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(j);
	} else {
		mail_verdict_text(out, r);
		text_add_screen(shown, out->s, out->len);
		fputs(shown->s, stdout);
	}
	mem_free(out);
	mem_free(shown);
	return r->class == MAIL_OK ? 0 : 1;
}

int
test_mail_main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "test mail server");
	struct command c = { .trust = trust_new(ctx) };
	struct text *line = text_new(ctx);
	struct err err = ERR_INIT;
	struct mail_result *r;
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 3 || strcmp(argv[1], "server") != 0 || strncmp(argv[2], "--", 2) == 0)
		status = complain("", "which server?");
	else
		status = read_options(&c, argc - 3, argv + 3, line);
	if (status < 0)
		status = read_words(ctx, &c, argv[2], line);
	if (status < 0) {
		r = carry_out(ctx, &c, &err);
		if (r == NULL)
			fprintf(stderr, "eventctl: %s\n", err.text);
		status = r == NULL ? 1 : report(&c, r);
	}
	mem_free(ctx);
	return status;
}
