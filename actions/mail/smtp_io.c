/* Commands out, replies in, steps counted: what every part of the SMTP dialogue uses. */
#include "actions/mail/smtp.h"

#include <stdio.h>
#include <string.h>

#include "actions/mail/trace.h"
#include "core/mem.h"

#define REPLY_SHOWN_MAX 512 /* octets kept of a reply's text */

void
smtp_step_end(struct smtp *s, enum mail_class class)
{
	struct mail_result *r = s->result;
	int64_t spent = tls_now() - s->phase_started;

	if (s->phase == PHASE_NONE)
		return;
	if (r->step_count < MAIL_STEPS_MAX)
		r->steps[r->step_count++] = (struct mail_step){ s->phase, (unsigned)(spent / 1000), class };
}

void
smtp_phase(struct smtp *s, enum mail_phase phase)
{
	if (s->phase == phase)
		return;
	smtp_step_end(s, MAIL_OK);
	s->phase = phase;
	s->phase_started = tls_now();
}

/* After a failure of the connection nothing can be said any more. */
static bool
io(struct smtp *s, bool ok)
{
	s->dead |= !ok;
	return ok;
}

bool
smtp_write_raw(struct smtp *s, const void *data, size_t n, unsigned ms, struct err *err)
{
	return io(s, wire_write(&s->wire, data, n, wire_deadline(&s->wire, ms), err));
}

bool
smtp_write_hidden(struct smtp *s, const char *line, const char *shown, unsigned ms, struct err *err)
{
	struct text *t;
	bool ok;

	if (strpbrk(line, "\r\n") != NULL)
		return err_class(err, ERR_INTERNAL, "CONFIG", "a command holds a line end");
	mail_trace_line(s->trace, s->job->policy, "smtp_write", shown, strlen(shown));
	t = text_new(NULL);
	text_printf(t, "%s\r\n", line);
	ok = smtp_write_raw(s, t->s, t->len, ms, err);
	explicit_bzero(t->s, t->len);
	mem_free(t);
	return ok;
}

bool
smtp_write_line(struct smtp *s, const char *line, unsigned ms, struct err *err)
{
	return smtp_write_hidden(s, line, line, ms, err);
}

static void
trace_reply(const struct smtp *s)
{
	const struct smtp_reply *r = &s->reply;
	struct text *t = text_new(NULL);
	const char *at = r->text.s;

	for (size_t i = 1; i <= r->lines; i++) {
		size_t n = strcspn(at, "\n");

		text_clear(t);
		text_printf(t, "%d%c", r->code, i < r->lines ? '-' : ' ');
		if (r->code == 334 && s->hide_challenge)
			text_add(t, "<hidden>");
		else
			text_addn(t, at, n);
		mail_trace_line(s->trace, s->job->policy, "smtp_read", t->s, t->len);
		at += at[n] == '\0' ? n : n + 1;
	}
	mem_free(t);
}

static bool
no_reply(struct smtp *s, const char *why, struct err *err)
{
	const struct text *line = &s->reply.line;

	s->dead = true;
	mail_trace_line(s->trace, s->job->policy, "smtp_read", line->s, line->len);
	return err_class(err, ERR_IO, "PROTOCOL_ERROR", "%s", why);
}

bool
smtp_read_reply(struct smtp *s, unsigned ms, struct err *err)
{
	int64_t deadline = wire_deadline(&s->wire, ms);
	struct wire *w = &s->wire;
	enum smtp_fed fed = SMTP_MORE;

	smtp_reply_reset(&s->reply);
	while (fed == SMTP_MORE) {
		size_t used;

		if (!io(s, wire_fill(w, deadline, err)))
			return false;
		fed = smtp_reply_feed(&s->reply, w->in + w->in_at, w->in_len - w->in_at, &used);
		w->in_at += used;
		if (fed == SMTP_MORE && tls_now() >= deadline)
			return io(
				s, err_class(err, ERR_TIMEOUT, "TIMEOUT", "the reply was not whole in time"));
	}
	if (fed == SMTP_BAD)
		return no_reply(s, s->reply.why, err);
	trace_reply(s);
	if (s->reply.code == 421) /* RFC 5321 3.8: the server closes */
		s->dead = true;
	return true;
}

bool
smtp_nothing_behind(struct smtp *s, struct err *err)
{
	if (s->wire.in_at == s->wire.in_len)
		return true;
	return io(s, err_class(err, ERR_IO, "PROTOCOL_ERROR", "the server says more than it was asked"));
}

bool
smtp_ask(struct smtp *s, const char *line, unsigned ms, struct err *err)
{
	return smtp_write_line(s, line, ms, err) && smtp_read_reply(s, ms, err) &&
	       smtp_nothing_behind(s, err);
}

void
smtp_tell(struct smtp *s, struct mail_event *e)
{
	const struct mail_result *r = s->result;

	if (s->tell == NULL)
		return;
	e->hop = s->hop;
	e->host = r->host;
	e->port = r->port;
	e->ip = r->ip;
	e->local_ip = r->local_ip;
	s->tell->f(s->tell->arg, e);
}

void
smtp_keep_reply(struct smtp *s, struct mail_reply *to)
{
	struct text *t = text_new(NULL);
	size_t n;

	text_add_screen(t, s->reply.text.s, s->reply.text.len < 4096 ? s->reply.text.len : 4096);
	redact_text(s->redact, t, 0);
	for (char *nl = t->s; (nl = strchr(nl, '\n')) != NULL;)
		*nl = ' ';
	n = t->len < REPLY_SHOWN_MAX ? t->len : REPLY_SHOWN_MAX;
	while (n > 0 && !utf8_valid(t->s, n))
		n--;
	to->code = s->reply.code;
	to->text = mem_strndup(s->result, t->s, n);
	smtp_reply_enhanced(&s->reply, to->enhanced);
	mem_free(t);
}

/*
 * Servers refuse a sender that is not the login's own at MAIL, at RCPT or after the dot, as 5.7.x; people
 * then look at everything but the From address (seed 000).
 */
static void
hint_sender(struct smtp *s, const struct mail_reply *reply, struct err *err)
{
	if (s->phase >= PHASE_MAIL && s->result->auth_user != NULL && reply->code >= 500 &&
		(s->phase == PHASE_MAIL || strncmp(reply->enhanced, "5.7.", 4) == 0))
		err_hint(err, "the From address must belong to the account %s", s->result->auth_user);
}

bool
smtp_refused(struct smtp *s, enum mail_class class, struct err *err)
{
	struct mail_reply *reply = &s->result->reply;

	smtp_keep_reply(s, reply);
	if (reply->code < 400) {
		s->dead = true;
		return err_class(
			err, ERR_IO, "PROTOCOL_ERROR", "unexpected reply: %d %s", reply->code, reply->text);
	}
	err_class(err, ERR_REFUSED, mail_class_name(class), "%d %s", reply->code, reply->text);
	hint_sender(s, reply, err);
	return false;
}

void
smtp_quit(struct smtp *s)
{
	struct err ignored = ERR_INIT;

	if (s->dead)
		return;
	if (smtp_write_line(s, "QUIT", s->job->timeouts.quit, &ignored))
		smtp_read_reply(s, s->job->timeouts.quit, &ignored);
	s->dead = true;
}
