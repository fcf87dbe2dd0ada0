/* `show mail failures [detail]`, `clear mail failures`. */
#include <string.h>

#include "actions/mail/recorder/private.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/stamp.h"
#include "core/writer.h"

#define SAVE_WAIT (30 * USEC_PER_SEC)

struct failures_args {
	struct kw_flag detail;
};

static const struct kw failures_kw[] = {
	{ .word = "detail",
		.help = "With the trace, the certificates and what would help",
		KW_AT(struct failures_args, detail) },
	KW_END,
};

static const char *
string(const json_t *record, const char *key, const char *otherwise)
{
	const char *s = json_string_value(json_object_get(record, key));

	return s != NULL ? s : otherwise;
}

static void
show_row(struct writer *w, const json_t *record, const char *when)
{
	const char *file = string(record, "capture", "-");
	const json_t *mid = json_object_get(record, "mid");
	struct text line;

	if (writer_is_json(w))
		return;
	text_init(&line, NULL);
	text_printf(&line, "%-5lld%-25s", (long long)json_integer_value(json_object_get(record, "no")), when);
	if (json_is_integer(mid))
		text_printf(&line, "%-6lld", (long long)json_integer_value(mid));
	else
		text_printf(&line, "%-6s", "-");
	text_printf(&line, "%-17s %-25s %-24s %-9s %s\n", string(record, "applet", "-"),
		string(record, "host", "-"), string(record, "class", "-"), string(record, "phase", "-"),
		file);
	w_foreign(w, line.s, line.len);
	mem_free(line.s);
}

static void
add_chain(struct text *t, const json_t *chain)
{
	const json_t *cert;
	size_t i;

	if (json_array_size(chain) > 0)
		text_add(t, "  certificates:\n");
	json_array_foreach(chain, i, cert)
	{
		text_printf(t, "    %zu subject %s\n      issuer %s\n      valid %s to %s\n      SHA256 %s\n",
			i, string(cert, "subject", "-"), string(cert, "issuer", "-"),
			string(cert, "not_before", "-"), string(cert, "not_after", "-"),
			string(cert, "sha256", "-"));
	}
}

static void
show_detail(struct writer *w, const json_t *record)
{
	const json_t *reply = json_object_get(record, "reply"), *trace = json_object_get(record, "trace"),
		     *line, *mid = json_object_get(record, "mid");
	const char *file = string(record, "capture", NULL),
		   *problem = string(record, "capture_problem", NULL);
	struct text t;
	size_t i;

	if (writer_is_json(w))
		return;
	text_init(&t, NULL);
	if (json_is_integer(mid))
		text_printf(&t, "  MID %lld, ", (long long)json_integer_value(mid));
	else
		text_printf(&t, "  not queued, attempt %lld, ",
			(long long)json_integer_value(json_object_get(record, "job")));
	text_printf(&t, "address %s port %lld\n", string(record, "ip", "-"),
		(long long)json_integer_value(json_object_get(record, "port")));
	if (json_is_object(reply))
		text_printf(&t, "  reply: %lld %s\n",
			(long long)json_integer_value(json_object_get(reply, "code")),
			string(reply, "text", ""));
	text_printf(
		&t, "  detail: %s\n  hint: %s\n", string(record, "detail", "-"), string(record, "hint", "-"));
	add_chain(&t, json_object_get(record, "chain"));
	if (json_array_size(trace) > 0)
		text_add(&t, "  trace:\n");
	json_array_foreach(trace, i, line) text_printf(&t, "    %s\n", json_string_value(line));
	if (file != NULL)
		text_printf(&t, "  capture: %s (%lld packets)\n", file,
			(long long)json_integer_value(json_object_get(record, "packets")));
	else
		text_printf(&t, "  capture: none%s%s\n", problem != NULL ? ", " : "",
			problem != NULL ? problem : "");
	w_foreign(w, t.s, t.len);
	mem_free(t.s);
}

static void
show_json(struct writer *w, const json_t *record, bool detail)
{
	char when[40];
	json_t *j = json_deep_copy(record);

	if (!writer_is_json(w)) {
		json_decref(j);
		return;
	}
	stamp_iso(json_integer_value(json_object_get(record, "wall")), when, sizeof when);
	json_object_del(j, "wall");
	json_object_set_new(j, "time", json_string(when));
	if (!detail) {
		json_object_del(j, "trace");
		json_object_del(j, "chain");
	}
	w_json(w, NULL, j);
}

/* Of which ports packets are kept. */
static void
show_ports(struct writer *w, const struct mail_recorder *r)
{
	const char *before = "Recording ports: ";

	w_list(w, "ports");
	for (size_t i = 0; i < r->port_count; i++) {
		static const int submission[] = { 25, 465, 587 };

		if (!r->ports[i].is_running)
			continue;
		for (size_t k = 0; k < (r->ports[i].is_default ? 3 : 1); k++) {
			int port = r->ports[i].is_default ? submission[k] : (int)r->ports[i].port;

			w_text(w, "%s%d", before, port);
			w_int(w, NULL, port);
			before = ", ";
		}
	}
	w_end(w);
	w_text(w, "%s", before[0] == ',' ? "\n" : "Not recording\n");
}

static enum cmd_result
show_failures(struct session *s, const void *args, struct err *err)
{
	const struct failures_args *a = args;
	const struct mail_recorder *r = session_engine(s)->recorder;
	const struct failures *f = r->failures;
	struct writer *w = session_writer(s);

	(void)err;
	show_ports(w, r);
	w_text(w, "%-5s%-25s%-6s%-17s %-25s %-24s %-9s %s\n", "No.", "Time", "MID", "Applet", "Server",
		"Class", "Phase", "Capture");
	w_list(w, "failures");
	for (size_t i = 0; i < failures_count(f); i++) {
		const json_t *record = failures_at(f, i);
		char when[40];

		stamp_history(json_integer_value(json_object_get(record, "wall")), when, sizeof when);
		show_row(w, record, when);
		if (a->detail.set)
			show_detail(w, record);
		show_json(w, record, a->detail.set);
	}
	w_end(w);
	return CMD_DONE;
}

static void
cleared(void *arg, const struct err *err)
{
	if (err != NULL)
		session_fail(arg, err);
	else
		session_done(arg);
}

/* Answered when a restart would not bring them back. */
static enum cmd_result
clear_failures(struct session *s, const void *args, struct err *err)
{
	struct failures *f = session_engine(s)->recorder->failures;

	(void)args, (void)err;
	failures_clear(f);
	if (!failures_save(session_cmd_ctx(s), f, cleared, s))
		return CMD_DONE;
	return session_wait(s, SAVE_WAIT, NULL, NULL);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mail failures",
		  .help = "Attempts that failed, with their captures",
		  .kw = failures_kw,
		  .size = sizeof(struct failures_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_failures },
	{ .cmd = { .words = "clear mail failures",
		  .help = "Forget failed attempts, and delete their captures",
		  .level = 15 },
		.run = clear_failures },
};

void
recorder_commands(struct cli *cli)
{
	cli_word(cli, "clear mail", "Mail of policies");
	cli_word(cli, "show mail", "Mail of policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
