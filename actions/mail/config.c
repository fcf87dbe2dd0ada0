/* The configuration lines about mail: what every mail action takes when it says nothing itself. */
#include <string.h>

#include "actions/mail/mail.h"
#include "actions/mail/mailer.h"
#include "actions/mail/message.h"
#include "actions/mail/sasl/sasl.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

/* One struct serves all rows: each fills its own member. */
struct mail_line {
	struct kw_str name;
	struct kw_int number;
	struct kw_enum word;
	struct kw_list names;
};

static const struct kw helo_kw[] = {
	{ .help = "Name said in EHLO", .type = &kw_word, KW_AT(struct mail_line, name), .flags = KW_REQ },
	KW_END,
};

static const struct kw timeout_kw[] = {
	{ .help = "Seconds for one whole attempt",
		.type = &kw_number,
		KW_AT(struct mail_line, number),
		.min = 1,
		.max = 1800,
		.flags = KW_REQ },
	KW_END,
};

static const struct kw size_kw[] = {
	{ .help = "Octets of a message",
		.type = &kw_number,
		KW_AT(struct mail_line, number),
		.min = 1024,
		.max = 100 * 1024 * 1024,
		.flags = KW_REQ },
	KW_END,
};

static const struct kw names_kw[] = {
	{ .help = "Trustpoint name",
		.type = &kw_word,
		KW_AT(struct mail_line, names),
		.flags = KW_REQ | KW_MANY,
		.param = "WORD" },
	KW_END,
};

static const struct kw identity_kw[] = {
	{ .help = "Trustpoint with a certificate of its own (crypto pki import)",
		.type = &kw_word,
		KW_AT(struct mail_line, name),
		.flags = KW_REQ,
		.param = "WORD" },
	KW_END,
};

static const struct kw mechanisms_kw[] = {
	{ .help = "SASL mechanism, the preferred one first",
		.type = &kw_word,
		KW_AT(struct mail_line, names),
		.flags = KW_REQ | KW_MANY,
		.param = "WORD" },
	KW_END,
};

static const struct kw_alternative tls_versions[] = {
	{ "1.2", "TLS 1.2", 12, false },
	{ "1.3", "TLS 1.3", 13, false },
	{ NULL, NULL, 0, false },
};

static const struct kw minimum_kw[] = {
	{ .help = "Lowest version of TLS",
		.type = &kw_choice,
		KW_AT(struct mail_line, word),
		.choices = tls_versions,
		.flags = KW_REQ },
	KW_END,
};

static const struct mail_line *
line_of(const struct conf_node *n)
{
	return n == NULL ? NULL : n->args;
}

static bool
apply_helo(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct mail_line *l = line_of(new);

	(void)old, (void)err;
	mailer_defaults(e->mailer)->helo = l == NULL ? NULL : mem_strdup(e->mailer, l->name.s);
	return true;
}

static bool
apply_timeout(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct mail_line *l = line_of(new);

	(void)old, (void)err;
	mailer_defaults(e->mailer)->timeout = (l == NULL ? 60 : l->number.v) * USEC_PER_SEC;
	return true;
}

static bool
apply_size(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct mail_line *l = line_of(new);

	(void)old, (void)err;
	mailer_defaults(e->mailer)->max_size = l == NULL ? MAIL_MESSAGE_MAX : (size_t)l->number.v;
	return true;
}

static bool
apply_trustpoints(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct mail_defaults *d = mailer_defaults(e->mailer);
	const struct mail_line *l = line_of(new);
	const char **names;

	(void)old, (void)err;
	mem_free(d->trustpoints);
	d->trustpoints = NULL;
	d->trustpoint_count = 0;
	if (l == NULL)
		return true;
	names = mem_array(e->mailer, const char *, l->names.n);
	for (size_t i = 0; i < l->names.n; i++)
		names[i] = mem_strdup(names, l->names.v[i]);
	d->trustpoints = names;
	d->trustpoint_count = l->names.n;
	return true;
}

static bool
adopt_mechanisms(struct engine *e, void *args, struct err *err)
{
	const struct mail_line *l = args;

	(void)e;
	for (size_t i = 0; i < l->names.n; i++) {
		if (sasl_is_known(l->names.v[i]))
			continue;
		err_set(err, ERR_REFUSED, "\"%s\" is not a mechanism we offer", l->names.v[i]);
		err_hint(err, "SCRAM-SHA-256-PLUS, SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1, XOAUTH2, "
			      "OAUTHBEARER, PLAIN, LOGIN or CRAM-MD5");
		return false;
	}
	return true;
}

static bool
apply_mechanisms(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct mail_defaults *d = mailer_defaults(e->mailer);
	const struct mail_line *l = line_of(new);
	struct text *t = text_new(NULL);

	(void)old, (void)err;
	for (size_t i = 0; l != NULL && i < l->names.n; i++)
		text_printf(t, "%s%s", i == 0 ? "" : " ", l->names.v[i]);
	d->mechanisms = t->len == 0 ? NULL : mem_strdup(e->mailer, t->s);
	mem_free(t);
	return true;
}

static bool
apply_minimum(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct mail_line *l = line_of(new);

	(void)old, (void)err;
	mailer_defaults(e->mailer)->tls_minimum = l == NULL ? 12 : (unsigned)l->word.v;
	return true;
}

static bool
apply_legacy_cn(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	mailer_defaults(e->mailer)->legacy_cn = new != NULL;
	return true;
}

static bool
apply_cleartext(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	mailer_defaults(e->mailer)->cleartext_auth = new != NULL;
	return true;
}

static bool
apply_system_trust(
	struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	mailer_defaults(e->mailer)->system_trust = new != NULL;
	return true;
}

static bool
apply_identity(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct mail_line *l = line_of(new);

	(void)old, (void)err;
	mailer_defaults(e->mailer)->identity = l == NULL ? NULL : mem_strdup(e->mailer, l->name.s);
	return true;
}

#define MAIL_ORDER 620 /* behind PKI, before the event manager */

static const struct conf_row mail_rows[] = {
	{ .cmd = { .words = "mail helo-name",
		  .help = "Name said to mail servers",
		  .kw = helo_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_helo },
	{ .cmd = { .words = "mail timeout",
		  .help = "Time for one attempt",
		  .kw = timeout_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_timeout },
	{ .cmd = { .words = "mail maximum-size",
		  .help = "Largest message",
		  .kw = size_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_size },
	{ .cmd = { .words = "mail trustpoint",
		  .help = "Trust only these trustpoints for mail",
		  .kw = names_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_trustpoints },
	{ .cmd = { .words = "mail trustpool system",
		  .help = "Trust the certificates of the operating system, too",
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_system_trust },
	{ .cmd = { .words = "mail identity-trustpoint",
		  .help = "Show this trustpoint's certificate to servers that ask for one",
		  .kw = identity_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_identity },
	{ .cmd = { .words = "mail auth mechanism",
		  .help = "Mechanisms allowed for authentication",
		  .kw = mechanisms_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.adopt = adopt_mechanisms,
		.apply = apply_mechanisms },
	{ .cmd = { .words = "mail allow-cleartext-auth",
		  .help = "Send passwords to servers without verified TLS",
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_cleartext },
	{ .cmd = { .words = "mail tls minimum",
		  .help = "Lowest version of TLS",
		  .kw = minimum_kw,
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_minimum },
	{ .cmd = { .words = "mail tls legacy-cn",
		  .help = "Accept the subject's CN in certificates without a DNS name",
		  .size = sizeof(struct mail_line) },
		.mode = "config",
		.order = MAIL_ORDER,
		.apply = apply_legacy_cn },
};

void
mail_config_start(struct engine *e)
{
	conf_word(e->conf, "config", "mail", "Delivery of mail by applets");
	conf_word(e->conf, "config", "mail auth", "Authentication to mail servers");
	conf_word(e->conf, "config", "mail tls", "TLS to mail servers");
	conf_word(
		e->conf, "config", "mail trustpool", "Certificates that are trusted beside the trustpoints");
	conf_rows(e->conf, mail_rows, sizeof mail_rows / sizeof *mail_rows);
}
