/* The command `daneverify`: is a domain's mail protected by DANE? (ESA's command of that name.) */
#include <signal.h>
#include <string.h>

#include "actions/mail/dns/commands.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/verify.h"
#include "actions/mail/dns/wire.h"
#include "actions/mail/hostname.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/helper.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/writer.h"

#define SMTP_PORT 25
#define PROMPT    "[]> "

/*
 * One command under way, in the context of the command: with it goes the process, which only visits hosts
 * and holds nothing.
 */
struct daneverify {
	struct session *session;
	struct engine *engine;
	struct helper *visitor;
	char *domain;
	unsigned port;
	json_t *steps;
	json_int_t outcome;  /* enum verify_outcome */
	const char *failure; /* NULL: it came to an outcome */
	struct timer
		*over; /* ends the command from the loop: the process goes with it, not from its own call */
};

struct daneverify_args {
	struct kw_str domain;
	struct kw_int port;
};

static const struct kw daneverify_kw[] = {
	{ .help = "Domain to verify",
		.type = &kw_word,
		KW_AT(struct daneverify_args, domain),
		.param = "WORD" },
	{ .word = "port",
		.help = "Port of the mail servers",
		.type = &kw_number,
		KW_AT(struct daneverify_args, port),
		.min = 1,
		.max = 65535,
		.dflt = SMTP_PORT,
		.has_dflt = true },
	KW_END,
};

static int
daneverify_free(void *p)
{
	struct daneverify *d = p;

	json_decref(d->steps);
	return 0;
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

static void
show_step(struct daneverify *d, json_t *step)
{
	struct writer *w = session_writer(d->session);
	const char *text = json_string_value(json_object_get(step, "text"));

	json_array_append(d->steps, step);
	if (text == NULL || writer_is_json(w))
		return;
	w_foreign(w, text, strlen(text));
	w_text(w, "\n");
}

/* Behind what IOS's sister says: a resolver that strips signatures is the usual cause. */
static void
tell_why_bogus(struct daneverify *d, struct writer *w)
{
	const json_t *mx = json_array_get(d->steps, 0);
	const char *why = json_string_value(json_object_get(mx, "why_bogus"));

	if (why == NULL || strcmp(json_string_value(json_object_get(mx, "step")), "mx") != 0)
		return;
	w_text(w, "The MX record was not believed: ");
	w_foreign(w, why, strlen(why));
	w_text(w, "; see 'show mail dnssec'\n");
}

static void
show_outcome(struct daneverify *d)
{
	struct writer *w = session_writer(d->session);

	tell_why_bogus(d, w);
	w_str(w, "domain", d->domain);
	w_str(w, "result", d->outcome == VERIFY_SUCCESS ? "SUCCESS" : "FAILED");
	w_bool(w, "looked_up", d->outcome != VERIFY_UNKNOWN);
	w_json(w, "steps", json_incref(d->steps));
}

static void
on_over(void *arg)
{
	struct daneverify *d = arg;
	struct err err = ERR_INIT;

	if (d->failure != NULL) {
		err_set(&err, ERR_IO, "%s", d->failure);
		session_fail(d->session, &err);
		return;
	}
	show_outcome(d);
	session_done(d->session);
}

static void
end(struct daneverify *d, const char *failure, json_int_t outcome)
{
	if (d->over != NULL)
		return;
	d->failure = mem_strdup(d, failure);
	d->outcome = outcome;
	d->over = timer_after(d, d->engine->loop, 0, on_over, d);
}

/* ---- the process that visits ----------------------------------------------------------------------------- */

static void
on_message(void *arg, json_t *message)
{
	struct daneverify *d = arg;
	const char *type = json_string_value(json_object_get(message, "type"));

	if (type == NULL || d->over != NULL)
		return;
	if (strcmp(type, "step") == 0)
		show_step(d, json_object_get(message, "step"));
	else if (strcmp(type, "verified") == 0)
		end(d, NULL, json_integer_value(json_object_get(message, "outcome")));
}

static void
on_exit_visitor(void *arg, pid_t pid, int exit_code, int term_signal)
{
	(void)pid, (void)exit_code, (void)term_signal;
	end(arg, RESOLVE_PROGRAM " ended", VERIFY_UNKNOWN);
}

static void
on_answer(void *arg, const struct mail_dns_answer *answer)
{
	struct daneverify *d = arg;
	const struct helper_spec spec = { .name = RESOLVE_PROGRAM,
		.dir = d->engine->program_dir,
		.on_message = on_message,
		.on_exit = on_exit_visitor,
		.arg = d };
	json_t *message = resolve_verify_message(1, d->port, answer);
	struct err err = ERR_INIT;

	d->visitor = helper_new(d, d->engine->loop, &spec);
	if (!helper_send(d->visitor, message, &err))
		end(d, err.text, VERIFY_UNKNOWN);
	json_decref(message);
}

/* ---- the command --------------------------------------------------------------------------------------------- */

static bool
begin(struct session *s, const char *domain, unsigned port, struct err *err)
{
	struct daneverify *d;
	struct mail_dns_question q = { .kind = MAIL_DNS_DOMAIN, .port = port, .want_tlsa = true };
	size_t n = strcspn(domain, " \t\r\n");
	char *name = hostname_to_ascii(session_cmd_ctx(s), domain, n, err);

	if (name == NULL)
		return err_wrap(err, "\"%.*s\"", (int)n, domain);
	d = mem_new(session_cmd_ctx(s), struct daneverify);
	mem_on_free(d, daneverify_free);
	d->session = s;
	d->engine = session_engine(s);
	d->domain = name;
	d->port = port;
	d->steps = json_array();
	q.name = name;
	resolver_ask(d, d->engine->resolver, &q, on_answer, d);
	return true;
}

static void
on_domain(struct session *s, const struct answer *a, void *arg)
{
	const struct daneverify_args *args = arg;
	struct err err = ERR_INIT;

	if (!begin(s, a->text, args->port.set ? (unsigned)args->port.v : SMTP_PORT, &err))
		session_fail(s, &err);
	else
		session_wait(s, 0, NULL, NULL);
}

static enum cmd_result
daneverify(struct session *s, const void *args, struct err *err)
{
	const struct daneverify_args *a = args;

	if (!a->domain.set)
		return session_ask(s, ASK_LINE, PROMPT, on_domain, (void *)(uintptr_t)args);
	if (!begin(s, a->domain.s, a->port.set ? (unsigned)a->port.v : SMTP_PORT, err))
		return CMD_REFUSED;
	return session_wait(s, 0, NULL, NULL);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "daneverify",
		  .help = "Verify that the mail of a domain is protected by DANE",
		  .kw = daneverify_kw,
		  .size = sizeof(struct daneverify_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = daneverify },
};

void
mail_dns_daneverify(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
