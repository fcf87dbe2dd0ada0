/* The look at MTA-STS by eventctl alone: a small engine of its own asks the helper processes beside it. */
#include "cli/client/mtastsverify.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/wire.h"
#include "actions/mail/mailer.h"
#include "actions/mail/sts/sts.h"
#include "actions/mail/sts/verify.h"
#include "cli/client/domain_words.h"
#include "cli/client/trust_file.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/rng.h"
#include "core/settings.h"
#include "core/text.h"
#include "pki/store.h"

enum { VALID, NOT_VALID, UNKNOWN = DOMAIN_WORDS_USAGE + 1 };
enum { OPTION_RESOLVER, OPTION_ANCHOR, OPTION_CA };

struct command {
	struct domain_words words;
	struct domain_option options[4];
	struct engine *engine;
	int status;
};

static const char *
option(const struct command *c, int which)
{
	return c->options[which].value;
}

/* ---- the engine ---- */

static struct settings *
settings_of(const struct command *c, const void *ctx)
{
	struct settings *s = settings_parse(ctx, "", 0, NULL, NULL);

	if (option(c, OPTION_RESOLVER) != NULL) {
		s->dns_servers.v = mem_array(s, const char *, 1);
		s->dns_servers.v[0] = option(c, OPTION_RESOLVER);
		s->dns_servers.n = 1;
	}
	s->dns_anchor = option(c, OPTION_ANCHOR);
	return s;
}

static struct engine *
engine_of(const struct command *c, const void *ctx)
{
	struct engine *e = mem_new(ctx, struct engine);

	e->clock = clock_new_real(e);
	e->loop = loop_new(e, e->clock);
	e->rng = rng_new(e, 0);
	e->redact = redact_new(e);
	e->log = log_new(e, e->clock, e->redact);
	e->settings = settings_of(c, e);
	e->program_dir = path_program_dir(e);
	e->pki = pki_new(e, e);
	e->mailer = mailer_new(e, e, 1);
	e->resolver = resolver_new(e, e);
	e->sts = sts_new(e, e);
	return e;
}

static bool
trust_ca(struct command *c, struct err *err)
{
	struct trust *trust;

	if (option(c, OPTION_CA) == NULL)
		return true;
	trust = trust_new(c->engine);
	if (!trust_file_add(trust, option(c, OPTION_CA), err))
		return false;
	sts_set_trust(c->engine->sts, trust);
	return true;
}

/* The resolver would take a file that cannot be read for one without keys. */
static bool
check_anchor(const struct command *c, struct err *err)
{
	const char *path = option(c, OPTION_ANCHOR);
	char *text;
	size_t n;

	if (path == NULL)
		return true;
	text = path_read_file(c->engine, path, ANCHOR_FILE_MAX, NULL, err);
	return text != NULL &&
	       (anchor_records(c->engine, text, &n, err) != NULL || err_wrap(err, "%s", path));
}

/* ---- what it says ---- */

static void
on_line(void *arg, const char *line)
{
	const struct command *c = arg;
	struct text shown;

	if (c->words.json)
		return;
	text_init(&shown, NULL);
	text_add_line(&shown, line, strlen(line));
	puts(shown.s);
	fflush(stdout);
	mem_free(shown.s);
}

static void
on_verdict(void *arg, json_t *document, bool good)
{
	struct command *c = arg;

	if (c->words.json) {
		json_dumpf(document, stdout, JSON_PRESERVE_ORDER);
		putchar('\n');
	}
	c->status = good ? VALID : NOT_VALID;
	loop_stop(c->engine->loop);
}

int
mtastsverify_main(int argc, char **argv)
{
	void *ctx = mem_ctx(NULL, "mtastsverify");
	struct command c = { .words = { .command = "mtastsverify", .usage = MTASTSVERIFY_USAGE },
		.options = { { .name = "--resolver",
				     .is_good = resolve_server_is_valid,
				     .takes = "ADDR or ADDR@PORT" },
			{ .name = "--anchor" }, { .name = "--ca" } },
		.status = UNKNOWN };
	struct err err = ERR_INIT;
	int status;

	c.words.options = c.options;
	status = domain_words_read(&c.words, argc, argv);
	if (status < 0 && c.words.domain == NULL)
		c.words.domain = domain_words_ask(ctx);
	if (status < 0) {
		signal(SIGPIPE, SIG_IGN);
		c.engine = engine_of(&c, ctx);
		if (!check_anchor(&c, &err) || !trust_ca(&c, &err) ||
			sts_verify(ctx, c.engine, c.words.domain, on_line, on_verdict, &c, &err) == NULL)
			status = domain_words_complain(&c.words, "", err.text);
	}
	if (status < 0) {
		loop_run(c.engine->loop);
		status = c.status;
	}
	mem_free(ctx);
	return status;
}
