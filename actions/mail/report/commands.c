/* The commands of TLS reports: `tlsrpt ...`, `show mail tlsrpt`, `mail tlsrpt send`. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/report/private.h"
#include "actions/mail/report/tlsrpt.h"
#include "actions/mail/address.h"
#include "actions/mail/hostname.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

#define TLSRPT_ORDER 625

/* ---- configuration ---- */

struct line {
	struct kw_flag none;
	struct kw_str text, domain, selector, key;
};

static const struct kw contact_kw[] = {
	{ .help = "Address that reports come from, and that answers questions about them",
		.type = &kw_word,
		KW_AT(struct line, text),
		.flags = KW_REQ,
		.param = "ADDRESS" },
	KW_END,
};

static const struct kw organization_kw[] = {
	{ .help = "Name of the organization that reports",
		.type = &kw_text,
		KW_AT(struct line, text),
		.flags = KW_REQ,
		.param = "LINE" },
	KW_END,
};

static const struct kw dkim_kw[] = {
	{ .word = "domain",
		.help = "Domain that signs",
		.type = &kw_word,
		KW_AT(struct line, domain),
		.flags = KW_REQ | KW_SEQ,
		.param = "DOMAIN" },
	{ .word = "selector",
		.help = "Selector of the key in the DNS",
		.type = &kw_word,
		KW_AT(struct line, selector),
		.flags = KW_REQ | KW_SEQ,
		.param = "WORD" },
	{ .word = "key",
		.help = "File with the private key (RSA, PEM)",
		.type = &kw_word,
		KW_AT(struct line, key),
		.flags = KW_REQ | KW_SEQ,
		.param = "FILE" },
	KW_END,
};

static const struct line *
line_of(const struct conf_node *n)
{
	return n == NULL ? NULL : n->args;
}

static void
set(struct tlsrpt *t, const char **to, const char *value)
{
	mem_free((void *)(uintptr_t)*to);
	*to = mem_strdup(t, value);
}

static bool
apply_send(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	tlsrpt_settings(e->tlsrpt)->send = new != NULL;
	tlsrpt_changed(e->tlsrpt);
	return true;
}

static bool
adopt_contact(struct engine *e, void *args, struct err *err)
{
	const struct line *l = args;

	(void)e;
	return l->text.s == NULL || mail_address_parse(args, l->text.s, strlen(l->text.s), err) != NULL;
}

static bool
apply_contact(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	void *ctx = mem_ctx(NULL, "contact");
	const struct line *l = line_of(new);
	struct mail_address *a =
		l == NULL ? NULL : mail_address_parse(ctx, l->text.s, strlen(l->text.s), err);

	(void)old;
	set(e->tlsrpt, &tlsrpt_settings(e->tlsrpt)->contact, a == NULL ? NULL : a->mailbox);
	mem_free(ctx);
	return true;
}

static bool
apply_organization(
	struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct line *l = line_of(new);

	(void)old, (void)err;
	set(e->tlsrpt, &tlsrpt_settings(e->tlsrpt)->organization, l == NULL ? NULL : l->text.s);
	return true;
}

/* Both become parts of a header and of a name in the DNS. */
static bool
adopt_dkim(struct engine *e, void *args, struct err *err)
{
	const struct line *l = args;

	(void)e;
	if (l->domain.s == NULL || l->selector.s == NULL)
		return true;
	return hostname_to_ascii(args, l->domain.s, strlen(l->domain.s), err) != NULL &&
	       hostname_to_ascii(args, l->selector.s, strlen(l->selector.s), err) != NULL;
}

static bool
apply_dkim(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct tlsrpt_settings *s = tlsrpt_settings(e->tlsrpt);
	const struct line *l = line_of(new);

	(void)old, (void)err;
	set(e->tlsrpt, &s->dkim_domain, l == NULL ? NULL : l->domain.s);
	set(e->tlsrpt, &s->dkim_selector, l == NULL ? NULL : l->selector.s);
	set(e->tlsrpt, &s->dkim_key, l == NULL ? NULL : l->key.s);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "tlsrpt send",
		  .help = "Send each finished day's reports to the domains that ask for them",
		  .size = sizeof(struct line) },
		.mode = "config",
		.order = TLSRPT_ORDER,
		.apply = apply_send },
	{ .cmd = { .words = "tlsrpt contact",
		  .help = "Who sends reports",
		  .kw = contact_kw,
		  .size = sizeof(struct line) },
		.mode = "config",
		.order = TLSRPT_ORDER,
		.adopt = adopt_contact,
		.apply = apply_contact },
	{ .cmd = { .words = "tlsrpt organization",
		  .help = "Who reports, by name",
		  .kw = organization_kw,
		  .size = sizeof(struct line) },
		.mode = "config",
		.order = TLSRPT_ORDER,
		.apply = apply_organization },
	{ .cmd = { .words = "tlsrpt dkim",
		  .help = "Sign reports that are mailed",
		  .kw = dkim_kw,
		  .size = sizeof(struct line) },
		.mode = "config",
		.order = TLSRPT_ORDER,
		.adopt = adopt_dkim,
		.apply = apply_dkim },
};

/* ---- show ---- */

struct show_args {
	struct kw_str domain;
	struct kw_str day;
};

static const struct kw show_kw[] = {
	{ .help = "Only of this domain",
		.type = &kw_word,
		KW_AT(struct show_args, domain),
		.param = "DOMAIN" },
	{ .word = "day",
		.help = "Only of this day (UTC)",
		.type = &kw_word,
		KW_AT(struct show_args, day),
		.param = "YYYY-MM-DD" },
	KW_END,
};

struct shown {
	struct tlsrpt *tlsrpt;
	struct writer *w;
	const struct show_args *args;
	size_t count;
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

static void
show_foreign(struct writer *w, const char *before, const char *s)
{
	if (s[0] == '\0')
		return;
	w_text(w, "%s", before);
	w_foreign(w, s, strlen(s));
}

static void
show_detail(struct writer *w, const json_t *d)
{
	w_text(w, "    %lld %s", (long long)json_integer_value(json_object_get(d, "failed-session-count")),
		text_of(d, "result-type"));
	show_foreign(w, ", host ", text_of(d, "receiving-mx-hostname"));
	show_foreign(w, " ", text_of(d, "receiving-ip"));
	show_foreign(w, ", from ", text_of(d, "sending-mta-ip"));
	show_foreign(w, ", ", text_of(d, "failure-reason-code"));
	show_foreign(w, ": ", text_of(d, "additional-information"));
	w_text(w, "\n");
}

static void
show_policy(struct writer *w, const json_t *entry)
{
	const json_t *policy = json_object_get(entry, "policy"), *summary = json_object_get(entry, "summary");
	const json_t *details = json_object_get(entry, "failure-details"), *d;
	size_t i;

	w_text(w, "  Policy %s", text_of(policy, "policy-type"));
	show_foreign(w, " of ", text_of(policy, "policy-domain"));
	w_text(w, ": %lld sessions well, %lld failed\n",
		(long long)json_integer_value(json_object_get(summary, "total-successful-session-count")),
		(long long)json_integer_value(json_object_get(summary, "total-failure-session-count")));
	json_array_foreach(details, i, d) show_detail(w, d);
}

static void
show_record(void *arg, const char *day, const char *domain, json_t *record)
{
	struct shown *s = arg;
	const json_t *policies = json_object_get(record, "policies"), *sent = json_object_get(record, "sent");
	const json_t *entry;
	json_t *document;
	size_t i;

	if ((s->args->domain.set && strcasecmp(s->args->domain.s, domain) != 0) ||
		(s->args->day.set && strcmp(s->args->day.s, day) != 0))
		return;
	s->count++;
	w_text(s->w, "%s%s ", s->count > 1 ? "\n" : "", day);
	w_foreign(s->w, domain, strlen(domain));
	w_text(s->w, "\n");
	json_array_foreach(policies, i, entry) show_policy(s->w, entry);
	json_array_foreach(sent, i, entry)
	{
		w_text(s->w, "  Report %s", text_of(entry, "result"));
		show_foreign(s->w, ": ", text_of(entry, "uri"));
		w_text(s->w, "\n");
	}
	if (!writer_is_json(s->w))
		return;
	document = tlsrpt_document(s->tlsrpt, day, domain, record);
	if (sent != NULL)
		json_object_set(document, "sent", json_object_get(record, "sent"));
	w_json(s->w, NULL, document);
}

static enum cmd_result
show_tlsrpt(struct session *session, const void *args, struct err *err)
{
	struct shown s = {
		.tlsrpt = session_engine(session)->tlsrpt, .w = session_writer(session), .args = args
	};

	(void)err;
	w_list(s.w, "reports");
	collection_each(tlsrpt_collection(s.tlsrpt), show_record, &s);
	w_end(s.w);
	if (s.count == 0)
		w_text(s.w, "No TLS sessions with mail hosts of domains were counted.\n");
	return CMD_DONE;
}

/* ---- mail tlsrpt send ---- */

static enum cmd_result
send_now(struct session *s, const void *args, struct err *err)
{
	struct tlsrpt *t = session_engine(s)->tlsrpt;
	size_t n;

	(void)args;
	if (!tlsrpt_settings(t)->send) {
		err_set(err, ERR_REFUSED, "Reports are not sent: 'tlsrpt send' is not configured");
		return CMD_REFUSED;
	}
	n = tlsrpt_send_now(t);
	session_print(s, n == 0 ? "No report is due.\n" : "Reports on their way: %zu\n", n);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "mail tlsrpt send",
		  .help = "Send the reports of finished days that were not sent yet",
		  .level = 15 },
		.run = send_now },
	{ .cmd = { .words = "show mail tlsrpt",
		  .help = "TLS sessions with the mail hosts of domains, as reports count them",
		  .kw = show_kw,
		  .size = sizeof(struct show_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_tlsrpt },
};

void
tlsrpt_start(struct engine *e)
{
	cli_word(e->cli, "mail tlsrpt", "Reports about TLS with mail hosts");
	conf_word(e->conf, "config", "tlsrpt", "Reports about TLS with mail hosts (RFC 8460)");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	cli_commands(e->cli, cmds, sizeof cmds / sizeof *cmds);
}
