/* From the words of `test mail server` to a job. */
#include "actions/mail/test/trial.h"

#include <string.h>
#include <strings.h>

#include "actions/mail/address.h"
#include "actions/mail/destination/profile.h"
#include "actions/mail/server.h"
#include "actions/mail/words.h"
#include "core/mem.h"

enum { PORT_MAX = 65535, TIMEOUT_MAX = 1800 };

const struct kw mail_trial_kw[] = {
	{ .help = "Mail server, as user:password@host:port",
		.type = &kw_string,
		KW_AT(struct mail_trial, server),
		.flags = KW_REQ | KW_SECRET },
	{ .word = "credential",
		.help = "Log in with this credential",
		.type = &kw_word,
		KW_AT(struct mail_trial, credential) },
	{ .word = "port",
		.help = "Port of the mail server",
		.type = &kw_number,
		KW_AT(struct mail_trial, port),
		.min = 1,
		.max = PORT_MAX },
	{ .word = "secure",
		.help = "Security of the connection",
		.type = &kw_choice,
		KW_AT(struct mail_trial, secure),
		.choices = mail_secure_words },
	{ .word = "dane",
		.help = "DNS-based authentication of the server",
		.type = &kw_choice,
		KW_AT(struct mail_trial, dane),
		.choices = mail_dane_words },
	{ .word = "source-interface",
		.help = "Interface whose address is the source",
		.type = &kw_ifname,
		KW_AT(struct mail_trial, source_interface),
		.group = 1 },
	{ .word = "source-address",
		.help = "Source address",
		.type = &kw_ip,
		KW_AT(struct mail_trial, source_address),
		.group = 1 },
	{ .word = "from",
		.help = "Sender to name, with a recipient",
		.type = &kw_string,
		KW_AT(struct mail_trial, from) },
	{ .word = "to",
		.help = "Recipient to name: is he accepted?",
		.type = &kw_string,
		KW_AT(struct mail_trial, to) },
	{ .word = "allow-cleartext-auth",
		.help = "Log in without verified TLS, too",
		KW_AT(struct mail_trial, cleartext) },
	{ .word = "timeout",
		.help = "Seconds for the whole test",
		.type = &kw_number,
		KW_AT(struct mail_trial, timeout),
		.min = 1,
		.max = TIMEOUT_MAX },
	KW_END,
};

static bool
set_server(struct mail_job *job, const struct mail_trial *t, const char *string, struct err *err)
{
	struct mail_server *s = mail_server_parse(job, string, strlen(string), err);
	unsigned wanted = t->port.set ? (unsigned)t->port.v : 0;

	if (s == NULL)
		return false;
	if (wanted != 0 && s->port != 0 && wanted != s->port)
		return err_class(err, ERR_REFUSED, "BAD_PORT",
			"the server string says port %u, the command port %u", s->port, wanted);
	job->secure = t->secure.set ? (enum mail_secure)t->secure.v : MAIL_SECURE_OPPORTUNISTIC;
	job->direct = s->kind == MAIL_HOST_USE_DNS;
	if (job->direct && (!t->to.set || t->secure.set || t->dane.set))
		return err_class(err, ERR_REFUSED, "CONFIG",
			"USEDNS needs 'to' and takes neither 'secure' nor 'dane': the "
			"recipient's domain and its profile say where and how");
	job->port = wanted != 0 ? wanted : s->port != 0 ? s->port : mail_default_port(job->secure);
	if (job->secure == MAIL_SECURE_TLS && job->port == 465)
		job->secure = MAIL_SECURE_SMTPS; /* RFC 8314 section 3 */
	job->host = s->host;
	job->host_kind = s->kind;
	job->user = s->user;
	job->password = s->password;
	return true;
}

static bool
set_envelope(struct mail_job *job, const struct mail_trial *t, const char *sender, struct err *err)
{
	const char *from = t->from.set ? t->from.s : sender;
	struct mail_address *f;
	struct mail_addresses *to;

	if (!t->to.set)
		return !t->from.set || err_class(err, ERR_REFUSED, "CONFIG",
					       "'from' alone tests nothing: name a recipient with 'to'");
	f = mail_address_parse(job, from, strlen(from), err);
	if (f == NULL)
		return err_wrap(err, "from");
	to = mail_addresses_parse(job, t->to.s, strlen(t->to.s), err);
	if (to == NULL)
		return err_wrap(err, "to");
	if (to->count == 0)
		return err_class(err, ERR_REFUSED, "BAD_ADDRESS", "to: no recipient");
	for (size_t i = 1; job->direct && i < to->count; i++)
		if (strcasecmp(to->items[i].domain, to->items[0].domain) != 0)
			return err_class(err, ERR_REFUSED, "CONFIG", "to: a test by USEDNS is of one domain");
	if (job->direct) {
		job->host = to->items[0].domain;
		job->host_kind = MAIL_HOST_NAME;
	}
	job->from = f->mailbox;
	job->recipients = mem_array(job, const char *, to->count);
	for (size_t i = 0; i < to->count; i++)
		job->recipients[job->recipient_count++] = to->items[i].mailbox;
	return true;
}

bool
mail_trial_needs_daemon(const struct mail_trial *t)
{
	return t->credential.set || t->dane.set || strcmp(t->server.s, "USEDNS") == 0;
}

struct mail_job *
mail_trial_job(
	const void *ctx, const struct mail_trial *t, const char *server, const char *sender, struct err *err)
{
	struct mail_job *job = mem_new(ctx, struct mail_job);

	job->verb = MAIL_TEST;
	job->policy = "test";
	if (!set_server(job, t, server != NULL ? server : t->server.s, err) ||
		!set_envelope(job, t, sender, err)) {
		mem_free(job);
		return NULL;
	}
	if (t->source_interface.set)
		job->source_interface = mem_strdup(job, t->source_interface.s);
	job->cleartext_auth = t->cleartext.set;
	if (t->source_address.set)
		job->source_address = mem_strdup(job, t->source_address.s);
	return job;
}

void
mail_trial_time(struct mail_job *job, const struct mail_trial *t, unsigned seconds)
{
	unsigned total = 1000 * (t->timeout.set ? (unsigned)t->timeout.v : seconds);
	struct mail_timeouts *m = &job->timeouts;

	*m = mail_timeouts_default;
	m->total = total;
}
