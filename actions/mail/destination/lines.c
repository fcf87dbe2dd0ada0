/* The grammar of the lines about destinations, and what is refused of them. */
#include "actions/mail/destination/lines.h"

#include <ctype.h>
#include <string.h>

#include "actions/mail/destination/destination.h"
#include "actions/mail/hostname.h"
#include "actions/mail/server.h"
#include "actions/mail/words.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"

#define DEFAULT_PORT 25

/* ---- values ---- */

static void
str_print(const struct kw *row, const void *src, struct text *out)
{
	(void)row;
	text_add(out, ((const struct kw_str *)src)->s);
}

/*
 * A domain, one with a dot before it for everything below it, or the row's word for all the others
 * (kw.owner). Stored as an A-label in lower case, so that one domain has one line.
 */
static bool
domain_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;
	const char *others = row->owner, *s = t->text;
	size_t dot = s[0] == '.' ? 1 : 0;
	struct err why = ERR_INIT;
	char *name, *made;

	if (strcasecmp(s, others) == 0) {
		str->s = others;
		return true;
	}
	name = hostname_to_ascii(NULL, s + dot, strlen(s + dot), &why);
	if (name == NULL)
		return err_set(err, ERR_INVALID, "\"%s\" is no domain, .domain or '%s'", s, others);
	made = mem_printf(ctx, "%s%s", dot > 0 ? "." : "", name);
	for (char *c = made; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	mem_free(name);
	str->s = made;
	return true;
}

bool
destination_is_domain(const char *s)
{
	static const struct kw row = { .owner = "" };
	struct kw_token t = { .text = s };
	void *ctx = mem_ctx(NULL, "domain");
	struct kw_str str;
	bool good = domain_parse(ctx, &row, &t, &str, NULL);

	mem_free(ctx);
	return good;
}

static void
domain_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "example.com", ".example.com", "mail.example.net",
		"a-b.example" };

	if (rng_below(rng, 5) == 0)
		text_add(out, row->owner);
	else
		text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

static const struct kw_type kw_domain = {
	.param = "DOMAIN",
	.name = "domain",
	.size = sizeof(struct kw_str),
	.parse = domain_parse,
	.print = str_print,
	.equal = kw_str_equal,
	.sample = domain_sample,
};

const char *
destination_target(const void *ctx, const char *text, bool *use_dns, unsigned *port, struct err *err)
{
	struct mail_server *s = mail_server_parse(ctx, text, strlen(text), err);

	if (s == NULL)
		return NULL;
	*use_dns = s->kind == MAIL_HOST_USE_DNS;
	*port = s->port != 0 ? s->port : DEFAULT_PORT;
	if (s->user == NULL)
		return s->host;
	err_class(err, ERR_INVALID, "BAD_HOST", "a route takes no user name");
	return NULL;
}

static bool
target_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	struct kw_str *str = dst;
	struct err why = ERR_INIT;
	bool use_dns;
	unsigned port;
	void *room = mem_ctx(NULL, "target");
	bool good = destination_target(room, t->text, &use_dns, &port, &why) != NULL;

	(void)row;
	mem_free(room);
	if (!good)
		return err_set(err, ERR_INVALID, "\"%s\" is no HOST[:PORT] or USEDNS: %s", t->text, why.text);
	str->s = mem_pack_str(ctx, t->text);
	return true;
}

static void
target_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "USEDNS", "smtp.example.net", "192.0.2.7:2525",
		"[2001:db8::1]" };

	(void)row;
	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

static const struct kw_type kw_target = {
	.param = "HOST[:PORT]|USEDNS",
	.name = "mail host",
	.size = sizeof(struct kw_str),
	.parse = target_parse,
	.print = str_print,
	.equal = kw_str_equal,
	.sample = target_sample,
};

/* ---- mail destination ---- */

static const struct kw_alternative tls_words[] = {
	{ "no", "In the clear", MAIL_TLS_NO, false },
	{ "preferred", "When the server offers it, unverified", MAIL_TLS_PREFERRED, false },
	{ "preferred-verify", "When the server offers it; a bad certificate is logged",
		MAIL_TLS_PREFERRED_VERIFY, false },
	{ "required", "Always, unverified", MAIL_TLS_REQUIRED, false },
	{ "required-verify", "Always, with a certificate for the domain", MAIL_TLS_REQUIRED_VERIFY, false },
	{ "required-verify-hosted", "Always, with a certificate for the domain or its mail hosts",
		MAIL_TLS_REQUIRED_VERIFY_HOSTED, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative switch_words[] = {
	{ "off", "Do not look for a policy", 0, false },
	{ "on", "Apply the domain's policy", 1, false },
	{ NULL, NULL, 0, false },
};

#define AT(field_) KW_AT(struct destination_line, field_)

static const struct kw legacy_kw[] = {
	{ .word = "legacy-cn",
		.help = "Accept the subject's CN in certificates without a DNS name",
		AT(legacy_cn) },
	KW_END,
};

static const struct kw destination_kw[] = {
	{ .help = "Domain of the recipients, .domain for all below it, or default",
		.type = &kw_domain,
		AT(domain),
		.flags = KW_REQ | KW_KEY,
		.owner = "default" },
	{ .word = "tls",
		.help = "TLS to the domain's mail hosts",
		.type = &kw_choice,
		AT(tls),
		.choices = tls_words,
		.sub = legacy_kw },
	{ .word = "dane",
		.help = "DNS-based authentication of the mail hosts",
		.type = &kw_choice,
		AT(dane),
		.choices = mail_dane_words },
	{ .word = "mta-sts",
		.help = "Policy that the domain publishes (RFC 8461)",
		.type = &kw_choice,
		AT(mta_sts),
		.choices = switch_words },
	{ .word = "bounce-profile", .help = "Times of retries and bounces", .type = &kw_word, AT(bounce) },
	{ .word = "connections",
		.help = "Connections at once",
		.type = &kw_number,
		AT(connections),
		.min = 1,
		.max = 64 },
	{ .word = "messages",
		.help = "Messages of one connection (50)",
		.type = &kw_number,
		AT(messages),
		.min = 1,
		.max = 1000 },
	KW_END,
};

#undef AT

const struct conf_node *
destination_next(const struct conf_node *n, const struct conf_row *row)
{
	while (n != NULL && (n->no || n->row != row))
		n = n->next;
	return n;
}

static const struct conf_node *
first_destination(const struct conf_node *sibling, const char *domain)
{
	const struct conf_node *n = destination_next(sibling->parent->first, &destination_row);

	while (n != NULL && strcmp(((const struct destination_line *)n->args)->domain.s, domain) != 0)
		n = destination_next(n->next, &destination_row);
	return n;
}

/* Without TLS there is nothing that DANE or a policy could demand (mail-security 8.2, 11.2). */
static bool
check_tls(const struct conf_node *n, struct err *err)
{
	const struct destination_line *l = n->args;
	const struct conf_node *other = first_destination(n, "default");
	const struct destination_line *d = other == NULL ? NULL : other->args;
	int tls = l->tls.set ? l->tls.v : d != NULL && d->tls.set ? d->tls.v : MAIL_TLS_PREFERRED;
	int dane = l->dane.set ? l->dane.v : d != NULL && d->dane.set ? d->dane.v : MAIL_DANE_NONE;
	int sts = l->mta_sts.set ? l->mta_sts.v : d != NULL && d->mta_sts.set ? d->mta_sts.v : 0;

	if (tls != MAIL_TLS_NO || (dane == MAIL_DANE_NONE && sts == 0))
		return true;
	err_set(err, ERR_REFUSED, "%s for %s needs TLS, and its TLS setting is 'no'",
		dane != MAIL_DANE_NONE ? "DANE" : "MTA-STS", l->domain.s);
	err_hint(err, "write 'tls preferred' or stronger, or 'dane none mta-sts off'");
	return false;
}

bool
destination_has_bounce(const struct conf_node *root, const char *name)
{
	const struct conf_node *b = root->first;

	if (strcmp(name, "default") == 0)
		return true;
	for (; (b = destination_next(b, &bounce_row)) != NULL; b = b->next)
		if (strcmp(((const struct bounce_line *)b->args)->name.s, name) == 0)
			return true;
	return false;
}

/* At a start the line stays: what it demands of TLS and DANE counts, and profile.c warns of the rest. */
static bool
check_bounce(const struct engine *e, const struct conf_node *n, struct err *err)
{
	const char *name = destination_bounce_of(n);

	if (name == NULL || destination_has_bounce(n->parent, name) || conf_is_lenient(e->conf))
		return true;
	err_set(err, ERR_REFUSED, "There is no bounce profile %s", name);
	err_hint(err, "define it first: mail bounce-profile %s ...", name);
	return false;
}

static bool
destination_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct destination_line *l = n->args;
	const struct conf_node *other = n->parent->first;

	if (!check_tls(n, err) || !check_bounce(e, n, err))
		return false;
	/* What others take from `default` may not suit them. */
	if (strcmp(l->domain.s, "default") != 0)
		return true;
	while ((other = destination_next(other, &destination_row)) != NULL) {
		if (!check_tls(other, err))
			return false;
		other = other->next;
	}
	return true;
}

static bool
changed(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)new, (void)err;
	destinations_changed(e->destinations);
	return true;
}

#define MAIL_ORDER 630 /* behind the mailer's own lines */

const struct conf_row bounce_row;

const struct conf_row destination_row = {
	.cmd = { .words = "mail destination",
		.help = "Controls for mail to a domain",
		.kw = destination_kw,
		.size = sizeof(struct destination_line) },
	.mode = "config",
	.order = MAIL_ORDER + 1,
	.check = destination_check,
	.apply = changed,
};

/* ---- mail route ---- */

static const struct kw route_kw[] = {
	{ .help = "Domain of the recipients, .domain for all below it, or ALL",
		.type = &kw_domain,
		KW_AT(struct route_line, domain),
		.flags = KW_REQ | KW_KEY,
		.owner = "ALL" },
	{ .help = "Where the mail goes instead of the domain's own hosts",
		.type = &kw_target,
		KW_AT(struct route_line, to),
		.flags = KW_REQ },
	KW_END,
};

const struct conf_row route_row = {
	.cmd = { .words = "mail route",
		.help = "Route for mail to a domain",
		.kw = route_kw,
		.size = sizeof(struct route_line) },
	.mode = "config",
	.order = MAIL_ORDER + 2,
	.apply = changed,
};

/* ---- mail relay ---- */

static const struct kw relay_kw[] = {
	{ .help = "Mail server as actions name it, or default for all of them",
		.type = &kw_domain,
		KW_AT(struct relay_line, host),
		.flags = KW_REQ | KW_KEY,
		.param = "HOST",
		.owner = "default" },
	{ .word = "dane",
		.help = "DNS-based authentication of the server",
		.type = &kw_choice,
		KW_AT(struct relay_line, dane),
		.choices = mail_dane_words },
	{ .word = "bounce-profile",
		.help = "Times of retries and bounces",
		.type = &kw_word,
		KW_AT(struct relay_line, bounce) },
	KW_END,
};

static bool
relay_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct relay_line *l = n->args;

	if (!l->dane.set && !l->bounce.set)
		return err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	return check_bounce(e, n, err);
}

const struct conf_row relay_row = {
	.cmd = { .words = "mail relay",
		.help = "Controls for a mail server that actions name",
		.kw = relay_kw,
		.size = sizeof(struct relay_line) },
	.mode = "config",
	.order = MAIL_ORDER + 3,
	.check = relay_check,
	.apply = changed,
};

/* ---- mail bounce-profile ---- */

#define SECONDS(word_, help_, field_, max_)                                                           \
	{                                                                                             \
		.word = word_, .help = help_, .type = &kw_seconds, KW_AT(struct bounce_line, field_), \
		.min = USEC_PER_SEC, .max = (max_)*USEC_PER_SEC                                       \
	}
#define DAYS_30 (INT64_C(30) * 86400)

static const struct kw bounce_kw[] = {
	{ .help = "Name of the bounce profile",
		.type = &kw_word,
		KW_AT(struct bounce_line, name),
		.flags = KW_REQ | KW_KEY },
	SECONDS("first-wait", "Seconds to the first retry", first_wait, 86400),
	SECONDS("max-wait", "Seconds between retries at most", max_wait, 86400),
	SECONDS("lifetime", "Seconds after which a mail is returned", lifetime, DAYS_30),
	SECONDS("warn-after", "Seconds after which the sender is told of the delay", warn_after, DAYS_30),
	{ .word = "max-tries",
		.help = "Attempts after which a mail is returned",
		.type = &kw_number,
		KW_AT(struct bounce_line, max_tries),
		.min = 1,
		.max = 10000 },
	{ .word = "no-bounces",
		.help = "Do not send bounces to the sender; the log has them",
		KW_AT(struct bounce_line, no_bounces) },
	KW_END,
};

static bool
bounce_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct bounce_line *l = n->args;

	(void)e;
	if (l->first_wait.set && l->max_wait.set && l->first_wait.v > l->max_wait.v)
		return err_set(err, ERR_REFUSED, "'first-wait' is longer than 'max-wait'");
	return true;
}

const char *
destination_bounce_of(const struct conf_node *n)
{
	const struct kw_str *s = NULL;

	if (n->row == &destination_row)
		s = &((const struct destination_line *)n->args)->bounce;
	else if (n->row == &relay_row)
		s = &((const struct relay_line *)n->args)->bounce;
	return s != NULL && s->set ? s->s : NULL;
}

static void
add_user(struct text *users, const struct conf_node *n)
{
	text_add(users, users->len > 0 ? ", " : "");
	if (n->row == &destination_row)
		text_printf(
			users, "'mail destination %s'", ((const struct destination_line *)n->args)->domain.s);
	else
		text_printf(users, "'mail relay %s'", ((const struct relay_line *)n->args)->host.s);
}

/* Lines that name it could not be read again, at the next start. */
static bool
bounce_may_go(struct engine *e, const struct conf_node *gone, const struct conf_node *root, struct err *err)
{
	const char *name = ((const struct bounce_line *)gone->args)->name.s;
	struct text *users;
	bool fine;

	(void)e;
	if (destination_has_bounce(root, name)) /* `default` is there without a line */
		return true;
	users = text_new(NULL);
	for (const struct conf_node *n = root->first; n != NULL; n = n->next) {
		const char *named = n->no ? NULL : destination_bounce_of(n);

		if (named != NULL && strcmp(named, name) == 0)
			add_user(users, n);
	}
	fine = users->len == 0;
	if (!fine) {
		err_set(err, ERR_REFUSED, "Bounce profile %s is in use: %s", name, users->s);
		err_hint(err, "give these lines another one first, as 'bounce-profile default'");
	}
	mem_free(users);
	return fine;
}

const struct conf_row bounce_row = {
	.cmd = { .words = "mail bounce-profile",
		.help = "Times of retries and bounces",
		.kw = bounce_kw,
		.size = sizeof(struct bounce_line) },
	.mode = "config",
	.order = MAIL_ORDER,
	.check = bounce_check,
	.may_go = bounce_may_go,
	.apply = changed,
};

void
destination_config_start(struct engine *e)
{
	conf_rows(e->conf, &bounce_row, 1);
	conf_rows(e->conf, &destination_row, 1);
	conf_rows(e->conf, &route_row, 1);
	conf_rows(e->conf, &relay_row, 1);
}
