/* The mail transaction: MAIL, RCPT, DATA, the text, the final dot (RFC 5321 3.3, RFC 2920). */
#include "actions/mail/smtp.h"

#include <string.h>

#include "actions/mail/message.h"
#include "actions/mail/trace.h"
#include "core/mem.h"

/*
 * Commands that go out together: few enough that neither side's socket buffer fills while the other
 * writes (RFC 2920 3.1).
 */
#define PIPELINE_MAX 50
#define BLOCK_SIZE   16384

/* Commands are numbered: 0 is MAIL, 1..n the n recipients, n+1 DATA. */
struct envelope {
	struct smtp *s;
	struct mail_message_facts facts;
	const char *message;
	size_t message_len;
	size_t *rcpts; /* indices of the recipients that can be asked for */
	size_t rcpt_count;
	size_t sent, answered;
	bool sender_ok, data_ok;
	size_t accepted;
	bool confused; /* the server refuses the sender and takes recipients */
	bool failed;   /* `err` holds the first refusal that ends the transaction */
};

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static struct mail_recipient_result *
recipient(const struct envelope *e, size_t i)
{
	return &e->s->result->recipients[e->rcpts[i]];
}

static bool
needs_utf8(const struct envelope *e)
{
	const struct mail_job *job = e->s->job;

	if (e->facts.header_utf8 || !is_ascii(job->from))
		return true;
	for (size_t i = 0; i < e->rcpt_count; i++)
		if (!is_ascii(recipient(e, i)->mailbox))
			return true;
	return false;
}

/* Without SMTPUTF8 a recipient whose local part is not ASCII cannot be named (RFC 6531 3.2). */
static bool
choose_recipients(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;
	const struct mail_job *job = s->job;

	if (!s->ehlo->smtputf8 && (!is_ascii(job->from) || e->facts.header_utf8))
		return err_class(err, ERR_REFUSED, "ADDRESS_NOT_SUPPORTED",
			"the server does not take addresses with non-ASCII letters");
	e->rcpts = mem_array(s->result, size_t, job->recipient_count);
	for (size_t i = 0; i < job->recipient_count; i++) {
		struct mail_recipient_result *to = &s->result->recipients[i];

		if (to->class != MAIL_CLASS_COUNT)
			continue; /* an earlier host has decided */
		if (s->ehlo->smtputf8 || is_ascii(to->mailbox)) {
			e->rcpts[e->rcpt_count++] = i;
			continue;
		}
		to->class = MAIL_ADDRESS_NOT_SUPPORTED;
		to->phase = PHASE_MAIL;
		err_class(err, ERR_REFUSED, "ADDRESS_NOT_SUPPORTED",
			"the server does not take addresses with non-ASCII letters");
	}
	return e->rcpt_count > 0;
}

static bool
check_size(const struct envelope *e, struct err *err)
{
	const struct smtp_ehlo *ehlo = e->s->ehlo;

	if (!ehlo->size || ehlo->size_max == 0 || e->message_len <= ehlo->size_max)
		return true;
	return err_class(err, ERR_REFUSED, "MESSAGE_TOO_BIG",
		"the message has %zu octets, the server takes %llu", e->message_len,
		(unsigned long long)ehlo->size_max);
}

static void
mail_line(const struct envelope *e, struct text *t)
{
	const struct smtp *s = e->s;

	text_printf(t, "MAIL FROM:<%s>", s->job->from);
	if (s->ehlo->size && s->job->verb == MAIL_DELIVER)
		text_printf(t, " SIZE=%zu", e->message_len);
	if (s->ehlo->eight_bit && e->facts.body_8bit)
		text_add(t, " BODY=8BITMIME");
	if (s->ehlo->smtputf8 && needs_utf8(e))
		text_add(t, " SMTPUTF8");
}

static size_t
command_count(const struct envelope *e)
{
	return e->rcpt_count + 1 + (e->s->job->verb == MAIL_DELIVER ? 1 : 0);
}

/* Puts the next commands on the wire in one write. */
static bool
send_commands(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;
	size_t window = s->ehlo->pipelining ? PIPELINE_MAX : 1, last = command_count(e);
	struct text *all = text_new(NULL), *line = text_new(NULL);
	bool ok;

	if (last > e->sent + window)
		last = e->sent + window;
	for (; e->sent < last; e->sent++) {
		text_clear(line);
		if (e->sent == 0)
			mail_line(e, line);
		else if (e->sent <= e->rcpt_count)
			text_printf(line, "RCPT TO:<%s>", recipient(e, e->sent - 1)->mailbox);
		else
			text_add(line, "DATA");
		mail_trace_line(s->trace, s->job->policy, "smtp_write", line->s, line->len);
		text_printf(all, "%s\r\n", line->s);
	}
	ok = smtp_write_raw(s, all->s, all->len, s->job->timeouts.mail, err);
	mem_free(all);
	mem_free(line);
	return ok;
}

static bool
is_refusal(const struct smtp *s)
{
	return s->reply.code >= 400;
}

/* A refusal that ends the transaction; the first one counts. */
static void
refuse(struct envelope *e, enum mail_class class, struct err *err)
{
	struct err why = ERR_INIT;

	if (e->failed)
		return;
	smtp_refused(e->s, class, &why);
	e->failed = true;
	*err = why;
}

static void
answer_to_rcpt(struct envelope *e, struct mail_recipient_result *to, struct err *err)
{
	struct smtp *s = e->s;

	if (!e->sender_ok) {
		e->confused |= s->reply.code < 300;
		return;
	}
	if (s->reply.code < 300) {
		to->class = MAIL_OK;
		to->phase = PHASE_NONE;
		smtp_keep_reply(s, &to->reply);
		e->accepted++;
		return;
	}
	if (!is_refusal(s)) {
		refuse(e, MAIL_PROTOCOL_ERROR, err);
		return;
	}
	to->class = MAIL_RECIPIENT_REJECTED;
	to->phase = PHASE_RCPT;
	smtp_keep_reply(s, &to->reply);
}

/* The reply to command number e->answered. */
static bool
read_answer(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;
	const struct mail_timeouts *ms = &s->job->timeouts;
	struct err lost = ERR_INIT;
	size_t i = e->answered++;
	bool is_mail = i == 0, is_data = i > e->rcpt_count;

	smtp_phase(s, is_mail ? PHASE_MAIL : is_data ? PHASE_DATA : PHASE_RCPT);
	if (!smtp_read_reply(s, is_mail ? ms->mail : is_data ? ms->data : ms->rcpt, &lost)) {
		if (!e->failed)
			*err = lost;
		return false;
	}
	if (is_mail) {
		e->sender_ok = s->reply.code < 300;
		if (!e->sender_ok)
			refuse(e, MAIL_SENDER_REJECTED, err);
	} else if (!is_data) {
		answer_to_rcpt(e, recipient(e, i - 1), err);
	} else {
		e->data_ok = s->reply.code == 354;
		if (!e->data_ok && e->accepted > 0)
			refuse(e, MAIL_DATA_REJECTED, err);
	}
	if (!s->dead)
		return true;
	/* 421, or no SMTP: what the server says last is the reason, whichever command it answers. */
	refuse(e,
		is_mail   ? MAIL_SENDER_REJECTED
		: is_data ? MAIL_DATA_REJECTED
			  : MAIL_RECIPIENT_REJECTED,
		err);
	return false;
}

/* Nobody may be told: the first refusal stands for all. */
static bool
no_recipients(struct envelope *e, struct err *err)
{
	struct mail_recipient_result *first = recipient(e, 0);

	for (size_t i = 0; i < e->rcpt_count; i++) {
		struct mail_recipient_result *to = recipient(e, i);

		/* One that may be accepted later keeps the mail in the queue. */
		if (to->reply.code < 500 && first->reply.code >= 500)
			first = to;
	}
	e->s->phase = PHASE_RCPT;
	e->s->result->reply = first->reply;
	err_class(err, ERR_REFUSED, "RECIPIENT_REJECTED", "%s: %d %s", first->mailbox, first->reply.code,
		first->reply.text);
	if (e->s->result->auth_user != NULL && strncmp(first->reply.enhanced, "5.7.", 4) == 0)
		err_hint(err, "the From address must belong to the account %s", e->s->result->auth_user);
	return false;
}

/* A server that says 354 although nothing can be delivered gets an empty mail, which it must refuse. */
static void
leave_data(struct envelope *e)
{
	struct err ignored = ERR_INIT;

	if (!e->data_ok || e->s->dead)
		return;
	if (e->accepted > 0 || e->confused) { /* it would deliver the empty mail: better no end than that */
		e->s->dead = true;
		return;
	}
	if (smtp_write_line(e->s, ".", e->s->job->timeouts.quit, &ignored))
		smtp_read_reply(e->s, e->s->job->timeouts.quit, &ignored);
}

static bool
exchange_envelope(struct envelope *e, struct err *err)
{
	enum mail_phase phase;

	while (e->answered < command_count(e) && !e->failed) {
		/* Without pipelining DATA is not asked for in vain. */
		if (e->answered == e->rcpt_count + 1 && e->accepted == 0)
			break;
		if (!send_commands(e, err))
			return false;
		while (e->answered < e->sent)
			if (!read_answer(e, err))
				return false;
	}
	if (!smtp_nothing_behind(e->s, err))
		return false;
	if (!e->failed && e->accepted == 0)
		no_recipients(e, err);
	else if (!e->failed)
		return true;
	else if (!e->sender_ok)
		e->s->phase = PHASE_MAIL;
	phase = e->s->phase;
	leave_data(e);
	e->s->phase = phase;
	return false;
}

/* Adds a block of the message with its leading dots doubled (RFC 5321 4.5.2). */
static void
stuff(struct text *out, const char *s, size_t n, bool *at_line_start)
{
	for (size_t i = 0; i < n; i++) {
		if (*at_line_start && s[i] == '.')
			text_addc(out, '.');
		text_addc(out, s[i]);
		*at_line_start = s[i] == '\n';
	}
}

/* A server that refuses a mail while it is being sent often says so before it closes. */
static bool
said_why(struct smtp *s, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (strcmp(err->class, "CONNECTION_LOST") != 0 || !smtp_read_reply(s, 0, &ignored) || !is_refusal(s))
		return false;
	smtp_refused(s, MAIL_MESSAGE_REJECTED, err);
	return true;
}

static bool
send_text(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;
	struct text *block = text_new(NULL);
	bool at_line_start = true, ok = true;

	smtp_phase(s, PHASE_BODY);
	mail_trace(s->trace, s->job->policy, "smtp_write: <message of %zu octets>", e->message_len);
	for (size_t at = 0; at < e->message_len && ok; at += BLOCK_SIZE) {
		size_t n = e->message_len - at;

		text_clear(block);
		stuff(block, e->message + at, n < BLOCK_SIZE ? n : BLOCK_SIZE, &at_line_start);
		ok = smtp_write_raw(s, block->s, block->len, s->job->timeouts.body, err);
	}
	mem_free(block);
	if (!ok)
		said_why(s, err);
	return ok;
}

/* Exchange and others judge the sender only now. */
static enum mail_class
refusal_after_dot(const struct smtp *s)
{
	static const char *const of_sender[] = { "5.7.60", "5.1.0", "5.1.7", "5.1.8" };
	char enhanced[16];

	smtp_reply_enhanced(&s->reply, enhanced);
	for (size_t i = 0; i < sizeof of_sender / sizeof of_sender[0]; i++)
		if (strcmp(enhanced, of_sender[i]) == 0)
			return MAIL_SENDER_REJECTED;
	return MAIL_MESSAGE_REJECTED;
}

/* The queue writes down first that the mail may be delivered from here on. */
static bool
has_leave(struct smtp *s, struct err *err)
{
	if (s->leave == NULL || s->leave->f(s->leave->arg, s->wire.job_deadline))
		return true;
	s->dead = true; /* whatever is said now would be text */
	if (cancel_fired(s->wire.cancel))
		return err_class(err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
	return err_class(err, ERR_TIMEOUT, "TIMEOUT", "the queue could not be written in time");
}

static bool
send_dot(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;

	if (!has_leave(s, err))
		return false;
	smtp_phase(s, PHASE_DOT);
	if (!smtp_write_line(s, ".", s->job->timeouts.dot, err) ||
		!smtp_read_reply(s, s->job->timeouts.dot, err)) {
		s->result->unconfirmed = true;
		mail_trace(s->trace, s->job->policy, "delivery not confirmed");
		return err_wrap(err, "delivery not confirmed");
	}
	if (s->reply.code >= 300)
		return smtp_refused(s, refusal_after_dot(s), err);
	smtp_keep_reply(s, &s->result->reply);
	for (size_t i = 0; i < e->rcpt_count; i++)
		if (recipient(e, i)->class == MAIL_OK)
			recipient(e, i)->reply = s->result->reply; /* it names the mail there */
	/* Whatever else the server has in store: the mail is its own now, and no other goes there. */
	s->keep &= s->wire.in_at == s->wire.in_len;
	s->wire.in_at = s->wire.in_len = 0;
	return true;
}

/* Accepted by RCPT is not delivered: undone when the rest failed. */
static void
undo_recipients(struct envelope *e)
{
	for (size_t i = 0; i < e->rcpt_count; i++) {
		struct mail_recipient_result *to = recipient(e, i);

		if (to->class == MAIL_OK)
			to->class = MAIL_CLASS_COUNT;
	}
}

/* Is every recipient well? Else the first refusal is that of the whole mail. */
static bool
all_accepted(struct smtp *s, struct err *err)
{
	for (size_t i = 0; i < s->result->recipient_count; i++) {
		const struct mail_recipient_result *to = &s->result->recipients[i];

		if (to->class == MAIL_OK)
			continue;
		s->phase = to->phase;
		s->result->reply = to->reply;
		return err_class(err, ERR_REFUSED, mail_class_name(to->class), "%s: %d %s", to->mailbox,
			to->reply.code, to->reply.text == NULL ? "" : to->reply.text);
	}
	return true;
}

static bool
test_only(struct envelope *e, struct err *err)
{
	struct smtp *s = e->s;

	return smtp_ask(s, "RSET", s->job->timeouts.mail, err) && all_accepted(s, err);
}

bool
smtp_transaction(struct smtp *s, struct err *err)
{
	const struct mail_job *job = s->job;
	struct envelope e = { .s = s, .message = job->message, .message_len = job->message_len };
	struct text *converted = NULL;
	bool ok;

	smtp_tell(s, &(struct mail_event){ .kind = MAIL_EVENT_START });
	smtp_phase(s, PHASE_MAIL);
	if (job->message != NULL)
		e.facts = mail_message_look(job->message, job->message_len);
	if (e.facts.body_8bit && !s->ehlo->eight_bit) {
		converted = text_new(s->result);
		mail_message_to_7bit(converted, job->message, job->message_len);
		e.message = converted->s;
		e.message_len = converted->len;
	}
	ok = choose_recipients(&e, err) && check_size(&e, err) && exchange_envelope(&e, err);
	if (ok && job->verb == MAIL_TEST)
		return test_only(&e, err);
	ok = ok && send_text(&e, err) && send_dot(&e, err);
	mem_free(converted);
	if (ok)
		return all_accepted(s, err);
	undo_recipients(&e);
	return false;
}
