/*
 * action LABEL mail server S to T [from F] [cc C] [bcc B] subject SUBJ body BODY ...: makes a request of it,
 * which is committed to the durable queue before its first attempt is waited for (decision 1); with `no-queue`
 * there is one attempt, and nothing is kept. A failure says the two messages of seed 000.
 */
#include "actions/mail/mail.h"

#include <string.h>

#include "actions/action.h"
#include "actions/mail/address.h"
#include "actions/mail/attach.h"
#include "actions/mail/mailer.h"
#include "actions/mail/message.h"
#include "actions/mail/once.h"
#include "actions/mail/queue/queue.h"
#include "actions/mail/recorder/recorder.h"
#include "actions/mail/server.h"
#include "actions/mail/words.h"
#include "applets/applet.h"
#include "applets/env.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

enum { PORT_MAX = 65535 };

struct mail_args {
	struct kw_template server, to, from, cc, bcc, subject, body;
	struct kw_template source_interface, source_address, vrf, port, credential, attach;
	struct kw_enum secure, dane;
	struct kw_flag queue, no_queue;
	bool *warned; /* an undefined cc or bcc is told once a load */
};

#define TEXT_ROW(word_, help_, field_, flags_)                                                       \
	{                                                                                            \
		.word = word_, .help = help_, .type = &kw_template, KW_AT(struct mail_args, field_), \
		.flags = flags_                                                                      \
	}

static const struct kw mail_server_kw[] = {
	{ .word = "credential",
		.help = "Log in with this credential",
		.type = &kw_operand,
		KW_AT(struct mail_args, credential),
		.flags = KW_SEQ },
	TEXT_ROW("to", "Recipient address of the e-mail", to, KW_REQ | KW_SEQ),
	TEXT_ROW("from", "Originator address of the e-mail", from, KW_SEQ),
	TEXT_ROW("cc", "Copy address of the e-mail", cc, KW_SEQ),
	TEXT_ROW("bcc", "Blind copy address of the e-mail", bcc, KW_SEQ),
	TEXT_ROW("subject", "Subject of the e-mail", subject, KW_REQ | KW_SEQ),
	TEXT_ROW("body", "Body of the e-mail", body, KW_REQ | KW_SEQ),
	TEXT_ROW("attach", "Files, captures or $_cli_result to send along, with commas between", attach, 0),
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
	{ .word = "vrf",
		.help = "VRF whose routing table is used",
		.type = &kw_operand,
		KW_AT(struct mail_args, vrf) },
	{ .word = "port",
		.help = "Port of the mail server <1-65535>",
		.type = &kw_operand,
		KW_AT(struct mail_args, port) },
	{ .word = "secure",
		.help = "Security of the connection",
		.type = &kw_choice,
		KW_AT(struct mail_args, secure),
		.choices = mail_secure_words },
	{ .word = "dane",
		.help = "DNS-based authentication of the server",
		.type = &kw_choice,
		KW_AT(struct mail_args, dane),
		.choices = mail_dane_words },
	{ .word = "queue",
		.help = "Keep the mail until it is delivered",
		KW_AT(struct mail_args, queue),
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
	if (a->port.set && strchr(a->port.s, '$') == NULL && !port_parse(a->port.s, strlen(a->port.s), &port))
		return err_set(err, ERR_RANGE, "'port' takes a number from 1 to 65535");
	return true;
}

static bool
mail_check(struct compile *c, void *args, struct err *err)
{
	struct mail_args *a = args;
	unsigned port;

	(void)err;
	if (a->port.set && port_parse(a->port.s, strlen(a->port.s), &port))
		recorder_expect(c->engine, port);
	a->warned = mem_new(c->program, bool);
	return true;
}

/* ---- when run ---- */

/* One mail under way: everything of it is in a context below the run's. */
struct mail_run {
	struct run *run;
	char *shown; /* the server string with its password hidden */
	const struct mail_args *args;
	struct mail_request request;
	struct mail_message message;
};

static void
set_result(struct mail_run *m, const char *result, enum mail_class class)
{
	const char *error = class == MAIL_OK ? "" : mail_class_name(class);

	run_var_set(m->run, "_mail_result", result, strlen(result));
	run_var_set(m->run, "_mail_error", error, strlen(error));
}

static enum step
mail_failed(struct mail_run *m, const struct mail_result *r, const char *result, bool parked)
{
	struct run *run = m->run;
	char *reason = mail_result_reason(m, r);
	static const char fmt[] = "Error occurred when sending mail to SMTP server: %s : %s";

	set_result(m, result, r->class);
	if (!parked)
		return run_fail(run, "FH_ESMTP", SEV_ERRORS, "FMPD_SMTP", fmt, m->shown, reason);
	run_resume_failed(run, "FH_ESMTP", SEV_ERRORS, "FMPD_SMTP", fmt, m->shown, reason);
	return STEP_FAIL;
}

/* Nothing was sent: a string, an address or the configuration is wrong. */
static enum step
config_failed(struct mail_run *m, const struct err *err, bool parked)
{
	struct mail_result *r = mail_result_new(m, 0);
	enum mail_class class = mail_class_named(err->class);
	struct err ignored = ERR_INIT;
	const char *host = mail_request_host(m, &m->request, &ignored);

	r->class = class == MAIL_CLASS_COUNT ? MAIL_CONFIG : class;
	r->phase = PHASE_CONFIG;
	r->detail = err->text;
	r->hint = err->hint[0] != '\0' ? err->hint : NULL;
	if (run_is_live(m->run))
		recorder_refused(run_engine(m->run), run_policy(m->run), 0, host, r);
	return mail_failed(m, r, "failed", parked);
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
mail_sent(struct mail_run *m)
{
	set_result(m, "sent", MAIL_OK);
	run_resume(m->run, NULL);
}

/* Without a queue: every failure is the statement's. */
static void
on_once(void *arg, const struct mail_result *r)
{
	struct mail_run *m = arg;

	tell_refused(m, r);
	if (r->class == MAIL_OK)
		mail_sent(m);
	else
		mail_failed(m, r, "failed", true);
}

/* A passing trouble: the statement succeeds, the queue goes on (rulings 30). */
static void
mail_deferred(struct mail_run *m, const struct mail_result *r, unsigned next_try)
{
	run_log(m->run, "HA_EM", SEV_WARNINGS, "FMPD_SMTP_DEFERRED",
		"Mail of applet %s to %s deferred: %s [%s %s], next try in %u s", run_policy(m->run),
		m->shown, mail_reason(r->class, r->phase), mail_class_name(r->class),
		mail_phase_name(r->phase), next_try);
	set_result(m, "queued", r->class);
	run_resume(m->run, NULL);
}

static void
on_accepted(void *arg, const struct mail_accepted *a)
{
	struct mail_run *m = arg;

	tell_refused(m, a->result);
	if (a->outcome == MAIL_SENT)
		mail_sent(m);
	else if (a->outcome == MAIL_DEFERRED)
		mail_deferred(m, a->result, a->next_try);
	else if (a->outcome == MAIL_HELD && a->id != 0)
		mail_failed(m, a->result, "held", true);
	else
		mail_failed(m, a->result, "failed", true);
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
add_recipients(struct mail_request *r, const struct mail_addresses *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		bool known = false;

		for (size_t j = 0; j < r->recipient_count && !known; j++)
			known = strcmp(r->recipients[j], list->items[i].mailbox) == 0;
		if (known)
			continue;
		if (r->recipient_count == MAIL_RECIPIENTS_MAX)
			return err_class(err, ERR_REFUSED, "BAD_ADDRESS", "more than %d recipients",
				MAIL_RECIPIENTS_MAX);
		r->recipients[r->recipient_count++] = list->items[i].mailbox;
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

static bool
set_server(struct engine *engine, struct mail_request *r, const struct mail_args *a, const char *port,
	struct err *err)
{
	if (!check_split(engine, r->server, strlen(r->server), err))
		return false;
	if (port != NULL && !port_parse(port, strlen(port), &r->port))
		return err_class(err, ERR_RANGE, "BAD_PORT", "\"%s\" is not a port from 1 to 65535", port);
	r->secure = a->secure.set ? (enum mail_secure)a->secure.v : MAIL_SECURE_OPPORTUNISTIC;
	r->dane = a->dane.set ? (enum mail_dane)a->dane.v : MAIL_DANE_NONE;
	return mail_request_check(engine, r, err);
}

/* Envelope and what the message is made of. */
static bool
set_message(struct mail_run *m, const struct mail_args *a, struct err *err)
{
	struct run *run = m->run;
	struct mail_request *r = &m->request;
	struct mailer *mailer = run_engine(run)->mailer;
	const char *to, *cc, *bcc, *from;
	struct mail_addresses *to_list, *cc_list, *bcc_list;
	struct mail_address *sender;
	struct mail_message *message = &m->message;

	message->applet = run_policy(run);
	to = run_expand(run, &a->to, NULL);
	message->subject = run_expand(run, &a->subject, &message->subject_len);
	message->body = run_expand(run, &a->body, &message->body_len);
	from = a->from.set ? run_expand(run, &a->from, NULL) : run_var_get(run, "_email_from", NULL);
	if (!a->from.set && from == NULL)
		from = mem_printf(m, "eem@%s", engine_hostname(run_engine(run)));
	if (to == NULL || message->subject == NULL || message->body == NULL || from == NULL)
		return err_class(err, ERR_REFUSED, "UNDEFINED_VARIABLE", "a variable does not exist");
	cc = expand_optional(m, a, &a->cc, "cc");
	bcc = expand_optional(m, a, &a->bcc, "bcc");
	sender = mail_address_parse(m, from, strlen(from), err);
	if (sender == NULL)
		return err_wrap(err, "from");
	to_list = mail_addresses_parse(m, to, strlen(to), err);
	if (to_list == NULL)
		return err_wrap(err, "to");
	cc_list = mail_addresses_parse(m, cc, strlen(cc), err);
	if (cc_list == NULL)
		return err_wrap(err, "cc");
	bcc_list = mail_addresses_parse(m, bcc, strlen(bcc), err);
	if (bcc_list == NULL)
		return err_wrap(err, "bcc");
	r->recipients = mem_array(m, const char *, MAIL_RECIPIENTS_MAX);
	if (!add_recipients(r, to_list, err) || !add_recipients(r, cc_list, err) ||
		!add_recipients(r, bcc_list, err))
		return false;
	if (to_list->count == 0 || r->recipient_count == 0)
		return err_class(err, ERR_REFUSED, "BAD_ADDRESS", "to: no recipient");
	message->from = sender;
	message->to = to_list;
	message->cc = cc_list;
	message->message_id = mailer_message_id(mailer, m);
	message->date = (time_t)(clock_wall(run_engine(run)->clock) / USEC_PER_SEC);
	message->max_size = mailer_defaults(mailer)->max_size;
	r->from = sender->mailbox;
	r->message_id = message->message_id;
	return true;
}

static bool
compose(struct mail_run *m, struct err *err)
{
	struct text *out = text_new(m);

	if (!mail_message_build(&m->message, out, NULL, err))
		return false;
	m->request.message = out->s;
	m->request.message_len = out->len;
	return true;
}

/* What the run has left, less half a second, so that a hang ends as a timeout (rulings 31). */
static usec
patience(const struct run *run, usec most)
{
	usec left = run_left(run);

	if (left != INT64_MAX && left - USEC_PER_SEC / 2 < most)
		most = left - USEC_PER_SEC / 2;
	return most < 100 * USEC_PER_MSEC ? 100 * USEC_PER_MSEC : most;
}

static bool
wants_queue(const struct mail_args *a, const struct engine *engine)
{
	return a->queue.set || (!a->no_queue.set && !mail_queue_is_disabled(engine->mail_queue));
}

static void
hand_over(struct mail_run *m)
{
	const struct mail_args *a = m->args;
	struct run *run = m->run;
	struct engine *engine = run_engine(run);
	usec own = mailer_defaults(engine->mailer)->timeout;

	m->request.debug = run_debugs(run) & ~log_debugs(engine->log); /* what the run asked for */
	if (wants_queue(a, engine))
		mail_queue_submit(m, engine->mail_queue, &m->request,
			patience(run, mail_timeouts_default.total * USEC_PER_MSEC), on_accepted, m);
	else
		mail_once(m, engine, &m->request, patience(run, own), on_once, m);
}

/* ---- attachments ---- */

/* What is missing is told in the log, and in the mail behind its body. */
static void
tell_missing(struct mail_run *m, const char *missing)
{
	struct text *body = text_new(m);

	if (*missing == '\0')
		return;
	text_addn(body, m->message.body, m->message.body_len);
	text_printf(body, "\n\n%s", missing);
	m->message.body = body->s;
	m->message.body_len = body->len;
	for (const char *at = missing; *at != '\0'; at += strcspn(at, "\n") + 1)
		run_log(m->run, "HA_EM", SEV_WARNINGS, "FMPD_SMTP_ATTACHMENT",
			"Mail of applet %s goes without an %.*s", run_policy(m->run), (int)strcspn(at, "\n"),
			at);
}

static void
on_gathered(void *arg, const struct attach_gathered *all, const struct err *why)
{
	struct mail_run *m = arg;
	struct err err = *why;

	if (all != NULL) {
		tell_missing(m, all->missing);
		m->message.attachments = all->items;
		m->message.attachment_count = all->count;
	}
	if (all == NULL || !compose(m, &err)) {
		config_failed(m, &err, true);
		return;
	}
	m->message.attachments = NULL;
	hand_over(m);
}

static bool
gather(struct mail_run *m, struct err *err)
{
	struct attach_want wants[ATTACH_MAX];
	struct engine *e = run_engine(m->run);
	size_t count;

	if (!attach_list(m, m->run, m->args->attach.t, wants, &count, err))
		return false;
	attach_gather(m, e, wants, count, mailer_defaults(e->mailer)->max_size, on_gathered, m);
	return true;
}

/* ---- */

/* The environment variable that is the whole of the server argument: a queued mail reads it anew. */
static const char *
server_variable(struct mail_run *m)
{
	const struct template *t = m->args->server.t;
	const char *name, *value;

	if (t == NULL || t->n != 1 || !t->pieces[0].is_variable)
		return NULL;
	name = mem_strndup(m, t->pieces[0].s, t->pieces[0].n);
	value = environment_get(run_engine(m->run)->env, name, NULL);
	return value != NULL && strcmp(value, m->request.server) == 0 ? name : NULL;
}

/* run_expand() has said which variable it was. */
static enum step
undefined(struct mail_run *m)
{
	set_result(m, "failed", MAIL_UNDEFINED_VARIABLE);
	return STEP_FAIL;
}

static enum step
mail_exec(struct run *run, const void *args)
{
	const struct mail_args *a = args;
	struct mail_run *m = mem_new(run_ctx(run), struct mail_run);
	struct mail_request *r = &m->request;
	struct err err = ERR_INIT;
	const char *port = NULL;
	size_t n;

	m->run = run;
	m->args = a;
	r->applet = run_policy(run);
	r->server = run_expand(run, &a->server, &n);
	if (r->server == NULL || (a->port.set && (port = run_expand(run, &a->port, NULL)) == NULL) ||
		(a->credential.set && (r->credential = run_expand(run, &a->credential, NULL)) == NULL) ||
		(a->attach.set && run_expand(run, &a->attach, NULL) == NULL) ||
		(a->source_interface.set &&
			(r->source_interface = run_expand(run, &a->source_interface, NULL)) == NULL) ||
		(a->source_address.set &&
			(r->source_address = run_expand(run, &a->source_address, NULL)) == NULL) ||
		(a->vrf.set && (r->vrf = run_expand(run, &a->vrf, NULL)) == NULL))
		return undefined(m);
	r->server_variable = server_variable(m);
	m->shown = mail_server_mask(m, r->server, n);
	if (memchr(r->server, '\0', n) != NULL)
		err_class(&err, ERR_INVALID, "CONTROL_CHARACTER",
			"the server string holds a control character");
	if (err.code != ERR_NONE || !set_server(run_engine(run), r, a, port, &err))
		return config_failed(m, &err, false);
	if (!set_message(m, a, &err))
		return strcmp(err.class, "UNDEFINED_VARIABLE") == 0 ? undefined(m)
								    : config_failed(m, &err, false);
	if (!run_is_live(run)) { /* a replay or a simulation never mails */
		set_result(m, "sent", MAIL_OK);
		return STEP_NEXT;
	}
	if (a->attach.set ? !gather(m, &err) : !compose(m, &err))
		return config_failed(m, &err, false);
	if (!a->attach.set)
		hand_over(m);
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
