/*
 * action LABEL mail server S to T [from F] [cc C] [bcc B] subject SUBJ body BODY ...: takes the
 * server string apart, builds the message and the job, waits for the result (mail-security 1). One
 * attempt; its failure is the statement's failure, with the two messages of seed 000.
 */
#include "actions/mail/mail.h"

#include <arpa/inet.h>
#include <string.h>

#include "actions/action.h"
#include "actions/mail/address.h"
#include "actions/mail/job.h"
#include "actions/mail/mailer.h"
#include "actions/mail/message.h"
#include "actions/mail/server.h"
#include "applets/applet.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

enum { PORT_MAX = 65535 };

struct mail_args {
	struct kw_template server, to, from, cc, bcc, subject, body;
	struct kw_template source_interface, source_address, port;
	struct kw_enum secure, dane;
	struct kw_flag queue, no_queue;
	bool *warned; /* an undefined cc or bcc is told once a load */
};

static const struct kw_alternative secure_words[] = {
	{ "none", "Do not use TLS", MAIL_SECURE_NONE, false },
	{ "smtps", "TLS from the first byte (RFC 8314)", MAIL_SECURE_SMTPS, false },
	{ "tls", "Demand STARTTLS and validate the server", MAIL_SECURE_TLS, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative dane_words[] = {
	{ "none", "Do not use DANE", 0, false },
	{ "opportunistic", "Use DANE where the domain has it", 1, false },
	{ "mandatory", "Deliver with DANE only", 2, false },
	{ NULL, NULL, 0, false },
};

#define TEXT_ROW(word_, help_, field_, flags_)                                                       \
	{                                                                                            \
		.word = word_, .help = help_, .type = &kw_template, KW_AT(struct mail_args, field_), \
		.flags = flags_                                                                      \
	}

static const struct kw mail_server_kw[] = {
	TEXT_ROW("to", "Recipient address of the e-mail", to, KW_REQ | KW_SEQ),
	TEXT_ROW("from", "Originator address of the e-mail", from, KW_SEQ),
	TEXT_ROW("cc", "Copy address of the e-mail", cc, KW_SEQ),
	TEXT_ROW("bcc", "Blind copy address of the e-mail", bcc, KW_SEQ),
	TEXT_ROW("subject", "Subject of the e-mail", subject, KW_REQ | KW_SEQ),
	TEXT_ROW("body", "Body of the e-mail", body, KW_REQ | KW_SEQ),
	{ .word = "source-interface",
		.help = "Interface whose address is the source",
		.type = &kw_operand,
		KW_AT(struct mail_args, source_interface),
		.group = 1 },
	{ .word = "source-address",
		.help = "Source address",
		.type = &kw_operand,
		KW_AT(struct mail_args, source_address),
		.group = 1 },
	{ .word = "port",
		.help = "Port of the mail server <1-65535>",
		.type = &kw_operand,
		KW_AT(struct mail_args, port) },
	{ .word = "secure",
		.help = "Security of the connection",
		.type = &kw_choice,
		KW_AT(struct mail_args, secure),
		.choices = secure_words },
	{ .word = "dane",
		.help = "DNS-based authentication of the server",
		.type = &kw_choice,
		KW_AT(struct mail_args, dane),
		.choices = dane_words,
		.flags = KW_HIDDEN },
	{ .word = "queue",
		.help = "Keep the mail until it is delivered",
		KW_AT(struct mail_args, queue),
		.flags = KW_HIDDEN,
		.group = 2 },
	{ .word = "no-queue",
		.help = "One attempt; nothing is kept",
		KW_AT(struct mail_args, no_queue),
		.group = 2 },
	KW_END,
};

static const struct kw mail_kw[] = {
	{ .word = "server",
		.help = "Mail server, as user:password@host:port",
		.type = &kw_template,
		KW_AT(struct mail_args, server),
		.flags = KW_REQ | KW_SEQ,
		.sub = mail_server_kw },
	KW_END,
};

/* ---- when typed ---- */

static bool
port_parse(const char *s, size_t n, unsigned *port)
{
	int64_t v;

	if (!parse_integer(s, n, &v) || v < 1 || v > PORT_MAX)
		return false;
	*port = (unsigned)v;
	return true;
}

static bool
mail_typed(struct engine *engine, void *args, struct err *err)
{
	const struct mail_args *a = args;
	unsigned port;

	(void)engine;
	if (a->dane.set)
		return err_set(err, ERR_REFUSED,
			"'dane' needs the durable mail queue, which this release does not have");
	if (a->queue.set) {
		err_set(err, ERR_REFUSED,
			"'queue' needs the durable mail queue, which this release does not have");
		err_hint(err, "leave it out, or write 'no-queue': one attempt, nothing is kept");
		return false;
	}
	if (a->port.set && strchr(a->port.s, '$') == NULL && !port_parse(a->port.s, strlen(a->port.s), &port))
		return err_set(err, ERR_RANGE, "'port' takes a number from 1 to 65535");
	return true;
}

static bool
mail_check(struct compile *c, void *args, struct err *err)
{
	struct mail_args *a = args;

	(void)err;
	a->warned = mem_new(c->program, bool);
	return true;
}

/* ---- when run ---- */

/* One mail under way: everything of it is in a context below the run's. */
struct mail_run {
	struct run *run;
	char *shown; /* the server string with its password hidden */
	enum mail_secure secure;
};

static enum step
mail_failed(struct mail_run *m, const struct mail_result *r, bool parked)
{
	struct run *run = m->run;
	const char *class = mail_class_name(r->class);
	char *reason = mail_result_reason(m, r);
	static const char fmt[] = "Error occurred when sending mail to SMTP server: %s : %s";

	run_var_set(run, "_mail_result", "failed", strlen("failed"));
	run_var_set(run, "_mail_error", class, strlen(class));
	if (!parked)
		return run_fail(run, "FH_ESMTP", SEV_ERRORS, "FMPD_SMTP", fmt, m->shown, reason);
	run_resume_failed(run, "FH_ESMTP", SEV_ERRORS, "FMPD_SMTP", fmt, m->shown, reason);
	return STEP_FAIL;
}

/* Nothing was sent: a string, an address or the configuration is wrong. */
static enum step
config_failed(struct mail_run *m, const struct err *err)
{
	struct mail_result *r = mail_result_new(m, 0);
	enum mail_class class = mail_class_named(err->class);

	r->class = class == MAIL_CLASS_COUNT ? MAIL_CONFIG : class;
	r->phase = PHASE_CONFIG;
	r->detail = err->text;
	r->hint = err->hint[0] != '\0' ? err->hint : NULL;
	return mail_failed(m, r, false);
}

/* Some recipients have the mail, others were refused: the statement fails, and the log says who lacks it. */
static void
tell_refused(const struct mail_run *m, const struct mail_result *r)
{
	size_t accepted = 0;

	for (size_t i = 0; i < r->recipient_count; i++)
		accepted += r->recipients[i].class == MAIL_OK;
	for (size_t i = 0; accepted > 0 && i < r->recipient_count; i++) {
		const struct mail_recipient_result *to = &r->recipients[i];

		if (to->class != MAIL_OK)
			run_log(m->run, "HA_EM", SEV_WARNINGS, "FMPD_SMTP_RECIPIENT",
				"Mail of applet %s to %s: not delivered to %s: %d %s; %zu of %zu recipients "
				"have it",
				run_policy(m->run), m->shown, to->mailbox, to->reply.code,
				to->reply.text != NULL ? to->reply.text : "", accepted, r->recipient_count);
	}
}

static void
on_done(void *arg, const struct mail_result *r)
{
	struct mail_run *m = arg;

	tell_refused(m, r);
	if (r->class != MAIL_OK) {
		mail_failed(m, r, true);
		return;
	}
	run_var_set(m->run, "_mail_result", "sent", strlen("sent"));
	run_var_set(m->run, "_mail_error", "", 0);
	run_resume(m->run, NULL);
}

/* cc and bcc: an undefined variable counts as empty, with one warning a load (mail-security 1). */
static const char *
expand_optional(struct mail_run *m, const struct mail_args *a, const struct kw_template *t, const char *word)
{
	const char *s = run_expand_or_empty(m->run, t, NULL);

	if (!t->set || *a->warned)
		return s;
	for (size_t i = 0; i < t->t->n; i++) {
		const struct template_piece *p = &t->t->pieces[i];
		char *name = p->is_variable ? mem_strndup(m, p->s, p->n) : NULL;

		if (name == NULL || run_var_get(m->run, name, NULL) != NULL)
			continue;
		*a->warned = true;
		run_log(m->run, "HA_EM", SEV_WARNINGS, "FMPD_UNKNOWN_ENV",
			"applet %s statement %s: %s is empty, because the variable %s does not exist",
			run_policy(m->run), run_label(m->run), word, name);
	}
	return s;
}

static bool
add_recipients(struct mail_job *job, const struct mail_addresses *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		bool known = false;

		for (size_t j = 0; j < job->recipient_count && !known; j++)
			known = strcmp(job->recipients[j], list->items[i].mailbox) == 0;
		if (known)
			continue;
		if (job->recipient_count == MAIL_RECIPIENTS_MAX)
			return err_class(err, ERR_REFUSED, "BAD_ADDRESS", "more than %d recipients",
				MAIL_RECIPIENTS_MAX);
		job->recipients[job->recipient_count++] = list->items[i].mailbox;
	}
	return true;
}

/* As on IOS, where the host is what stands behind the first `@` (CSCwe75439): such a name finds no host. */
static bool
check_split(const struct engine *engine, const char *server, size_t n, struct err *err)
{
	const char *first = memchr(server, '@', n);

	if (first == NULL || !mail_splits_at_first(engine) ||
		memchr(first + 1, '@', n - (size_t)(first + 1 - server)) == NULL)
		return true;
	err_class(err, ERR_INVALID, "BAD_HOST", "the host behind the first @ holds another one");
	err_hint(err, "no event manager mail legacy-at-split");
	return false;
}

/* Reads the server string, the port and the kind of security into the job. */
static bool
set_server(struct mail_run *m, struct mail_job *job, const struct mail_args *a, const char *server, size_t n,
	const char *port, struct err *err)
{
	struct mail_server *s = mail_server_parse(job, server, n, err);
	unsigned wanted = 0;

	if (s == NULL || !check_split(run_engine(m->run), server, n, err))
		return false;
	if (s->kind == MAIL_HOST_USE_DNS)
		return err_class(err, ERR_REFUSED, "CONFIG",
			"USEDNS needs the durable mail queue, which this release does not have");
	if (port != NULL && !port_parse(port, strlen(port), &wanted))
		return err_class(err, ERR_RANGE, "BAD_PORT", "\"%s\" is not a port from 1 to 65535", port);
	if (wanted != 0 && s->port != 0 && wanted != s->port)
		return err_class(err, ERR_REFUSED, "BAD_PORT",
			"the server string says port %u, the statement port %u", s->port, wanted);
	if (s->user != NULL && s->password == NULL)
		return err_class(err, ERR_REFUSED, "NO_PASSWORD", "no password for user %s", s->user);
	job->secure = a->secure.set ? (enum mail_secure)a->secure.v : MAIL_SECURE_OPPORTUNISTIC;
	job->port = wanted != 0 ? wanted : s->port != 0 ? s->port : mail_default_port(job->secure);
	if (job->secure == MAIL_SECURE_TLS && job->port == 465)
		job->secure = MAIL_SECURE_SMTPS; /* RFC 8314 section 3 */
	job->host = s->host;
	job->host_kind = s->kind;
	job->user = s->user;
	job->password = s->password;
	m->secure = job->secure;
	return true;
}

static bool
set_source(struct mail_job *job, const char *interface, const char *address, struct err *err)
{
	unsigned char raw[16];

	if (address != NULL && inet_pton(AF_INET, address, raw) != 1 &&
		inet_pton(AF_INET6, address, raw) != 1)
		return err_class(err, ERR_INVALID, "CONFIG", "source-address %s is not an address", address);
	job->source_interface = mem_strdup(job, interface);
	job->source_address = mem_strdup(job, address);
	return true;
}

/* Envelope and message text. */
static bool
set_message(struct mail_run *m, struct mail_job *job, const struct mail_args *a, struct err *err)
{
	struct run *run = m->run;
	struct mailer *mailer = run_engine(run)->mailer;
	const char *to, *cc, *bcc, *from;
	struct mail_addresses *to_list, *cc_list, *bcc_list;
	struct mail_address *sender;
	struct mail_message message = { .applet = run_policy(run) };
	struct text *out = text_new(job);

	to = run_expand(run, &a->to, NULL);
	message.subject = run_expand(run, &a->subject, &message.subject_len);
	message.body = run_expand(run, &a->body, &message.body_len);
	from = a->from.set ? run_expand(run, &a->from, NULL) : run_var_get(run, "_email_from", NULL);
	if (!a->from.set && from == NULL)
		from = mem_printf(job, "eem@%s", engine_hostname(run_engine(run)));
	if (to == NULL || message.subject == NULL || message.body == NULL || from == NULL)
		return err_class(err, ERR_REFUSED, "UNDEFINED_VARIABLE", "a variable does not exist");
	cc = expand_optional(m, a, &a->cc, "cc");
	bcc = expand_optional(m, a, &a->bcc, "bcc");
	sender = mail_address_parse(job, from, strlen(from), err);
	if (sender == NULL)
		return err_wrap(err, "from");
	to_list = mail_addresses_parse(job, to, strlen(to), err);
	if (to_list == NULL)
		return err_wrap(err, "to");
	cc_list = mail_addresses_parse(job, cc, strlen(cc), err);
	if (cc_list == NULL)
		return err_wrap(err, "cc");
	bcc_list = mail_addresses_parse(job, bcc, strlen(bcc), err);
	if (bcc_list == NULL)
		return err_wrap(err, "bcc");
	job->recipients = mem_array(job, const char *, MAIL_RECIPIENTS_MAX);
	if (!add_recipients(job, to_list, err) || !add_recipients(job, cc_list, err) ||
		!add_recipients(job, bcc_list, err))
		return false;
	if (to_list->count == 0 || job->recipient_count == 0)
		return err_class(err, ERR_REFUSED, "BAD_ADDRESS", "to: no recipient");
	message.from = sender;
	message.to = to_list;
	message.cc = cc_list;
	message.message_id = mailer_message_id(mailer, job);
	message.date = (time_t)(clock_wall(run_engine(run)->clock) / USEC_PER_SEC);
	message.max_size = mailer_defaults(mailer)->max_size;
	if (!mail_message_build(&message, out, NULL, err))
		return false;
	job->from = sender->mailbox;
	job->message = out->s;
	job->message_len = out->len;
	return true;
}

/* What the run has left, less half a second, so that a hang ends as a timeout (rulings 31). */
static void
set_deadline(struct mail_job *job, const struct run *run, usec timeout)
{
	usec left = run_left(run);

	if (left != INT64_MAX && left - USEC_PER_SEC / 2 < timeout)
		timeout = left - USEC_PER_SEC / 2;
	if (timeout < 100 * USEC_PER_MSEC)
		timeout = 100 * USEC_PER_MSEC;
	job->timeouts = mail_timeouts_default;
	job->timeouts.total = (unsigned)(timeout / USEC_PER_MSEC);
}

static void
set_rest(struct mail_job *job, struct run *run)
{
	struct engine *engine = run_engine(run);
	const struct mail_defaults *d = mailer_defaults(engine->mailer);

	job->verb = MAIL_DELIVER;
	job->policy = mem_strdup(job, run_policy(run));
	mailer_configure(engine->mailer, job);
	set_deadline(job, run, d->timeout);
}

static enum step
mail_exec(struct run *run, const void *args)
{
	const struct mail_args *a = args;
	struct mail_run *m = mem_new(run_ctx(run), struct mail_run);
	struct mail_job *job = mem_new(m, struct mail_job);
	struct err err = ERR_INIT;
	const char *server, *port = NULL, *interface = NULL, *address = NULL;
	size_t n;

	m->run = run;
	server = run_expand(run, &a->server, &n);
	if (server == NULL || (a->port.set && (port = run_expand(run, &a->port, NULL)) == NULL) ||
		(a->source_interface.set &&
			(interface = run_expand(run, &a->source_interface, NULL)) == NULL) ||
		(a->source_address.set && (address = run_expand(run, &a->source_address, NULL)) == NULL)) {
		run_var_set(run, "_mail_result", "failed", strlen("failed"));
		run_var_set(run, "_mail_error", "UNDEFINED_VARIABLE", strlen("UNDEFINED_VARIABLE"));
		return STEP_FAIL;
	}
	m->shown = mail_server_mask(m, server, n);
	if (!set_server(m, job, a, server, n, port, &err) || !set_source(job, interface, address, &err))
		return config_failed(m, &err);
	if (!set_message(m, job, a, &err)) {
		if (strcmp(err.class, "UNDEFINED_VARIABLE") != 0)
			return config_failed(m, &err);
		run_var_set(run, "_mail_result", "failed", strlen("failed"));
		run_var_set(run, "_mail_error", err.class, strlen(err.class));
		return STEP_FAIL; /* run_expand() has said which */
	}
	set_rest(job, run);
	if (!run_is_live(run)) { /* a replay or a simulation never mails */
		run_var_set(run, "_mail_result", "sent", strlen("sent"));
		return STEP_NEXT;
	}
	job->debug = run_debugs(run) & ~log_debugs(run_engine(run)->log); /* what the run asked for */
	mailer_submit(m, run_engine(run)->mailer, job, on_done, m);
	return run_wait(run, NULL, NULL);
}

const struct action action_mail = {
	.name = "mail",
	.help = "Send an e-mail",
	.kw = mail_kw,
	.args_size = sizeof(struct mail_args),
	.typed = mail_typed,
	.check = mail_check,
	.exec = mail_exec,
	.sets = ACTION_VARIABLES("_mail_result", "_mail_error"),
	.reads = ACTION_VARIABLES("_email_from"),
};
