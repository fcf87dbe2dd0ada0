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
#include "cli/client/daneverify.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/rng.h"
#include "core/settings.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/store.h"

#define CA_BYTES (64u * 1024u * 1024u)
#define CA_CERTS 1024

enum { VALID, NOT_VALID, USAGE, UNKNOWN };

struct command {
	struct engine *engine;
	const char *domain, *resolver, *anchor, *ca;
	bool json;
	int status;
};

static int
complain(const char *why, const char *word)
{
	fprintf(stderr, "eventctl mtastsverify: %s%s\nusage: eventctl " MTASTSVERIFY_USAGE "\n", why, word);
	return USAGE;
}

/* Exit status, or -1. */
static int
read_options(struct command *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(word, "--json") == 0) {
			c->json = true;
			continue;
		}
		if (strncmp(word, "--", 2) != 0) {
			if (c->domain != NULL)
				return complain("one domain at a time: ", word);
			c->domain = word;
			continue;
		}
		if (value == NULL)
			return complain("no good word: ", word);
		i++;
		if (strcmp(word, "--resolver") == 0 && !resolve_server_is_valid(value))
			return complain("--resolver takes ADDR or ADDR@PORT, not ", value);
		if (strcmp(word, "--resolver") == 0)
			c->resolver = value;
		else if (strcmp(word, "--anchor") == 0)
			c->anchor = value;
		else if (strcmp(word, "--ca") == 0)
			c->ca = value;
		else
			return complain("unknown option ", word);
	}
	return -1;
}

/* ---- the engine ---- */

static struct settings *
settings_of(const struct command *c, const void *ctx)
{
	struct settings *s = settings_parse(ctx, "", 0, NULL, NULL);

	if (c->resolver != NULL) {
		s->dns_servers.v = mem_array(s, const char *, 1);
		s->dns_servers.v[0] = c->resolver;
		s->dns_servers.n = 1;
	}
	s->dns_anchor = c->anchor;
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

/* Each certificate of the file is an anchor, checked for no revocation. */
static bool
trust_file(struct command *c, struct err *err)
{
	struct trust *trust = trust_new(c->engine);
	STACK_OF(X509) *certs = sk_X509_new_null();
	size_t n;
	char *data = path_read_file(trust, c->ca, CA_BYTES, &n, err);
	bool ok = data != NULL && (certs_import(certs, data, n, CA_CERTS, err) || err_wrap(err, "%s", c->ca));

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		trust_add(trust, certtext_name_new(trust, X509_get_subject_name(cert)), cert, NULL);
	}
	sk_X509_pop_free(certs, X509_free);
	if (ok)
		sts_set_trust(c->engine->sts, trust);
	return ok;
}

/* The resolver would take a file that cannot be read for one without keys. */
static bool
check_anchor(const struct command *c, struct err *err)
{
	char *text;
	size_t n;

	if (c->anchor == NULL)
		return true;
	text = path_read_file(c->engine, c->anchor, ANCHOR_FILE_MAX, NULL, err);
	return text != NULL &&
	       (anchor_records(c->engine, text, &n, err) != NULL || err_wrap(err, "%s", c->anchor));
}

/* ---- what it says ---- */

static void
on_line(void *arg, const char *line)
{
	const struct command *c = arg;
	struct text shown;

	if (c->json)
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

	if (c->json) {
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
	struct command c = { .status = UNKNOWN };
	struct err err = ERR_INIT;
	int status = read_options(&c, argc, argv);

	if (status < 0 && c.domain == NULL)
		c.domain = client_ask_domain(ctx);
	if (status < 0) {
		signal(SIGPIPE, SIG_IGN);
		c.engine = engine_of(&c, ctx);
		if (!check_anchor(&c, &err) || (c.ca != NULL && !trust_file(&c, &err)) ||
			sts_verify(ctx, c.engine, c.domain, on_line, on_verdict, &c, &err) == NULL)
			status = complain("", err.text);
	}
	if (status < 0) {
		loop_run(c.engine->loop);
		status = c.status;
	}
	mem_free(ctx);
	return status;
}
