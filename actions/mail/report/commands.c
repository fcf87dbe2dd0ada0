/* The commands of TLS reports: `show mail tlsrpt`. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/report/private.h"
#include "actions/mail/report/tlsrpt.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

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

static const struct exec_cmd cmds[] = {
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
	cli_commands(e->cli, cmds, sizeof cmds / sizeof *cmds);
}
