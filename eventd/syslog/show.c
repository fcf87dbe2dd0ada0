/* show logging received: where messages come in, and the last of them (rulings 20). */
#include "syslog/show.h"

#include <inttypes.h>

#include "cli/cmd.h"
#include "cli/last.h"
#include "cli/session.h"
#include "core/mem.h"
#include "core/stamp.h"
#include "core/writer.h"
#include "syslog/listen.h"
#include "syslog/source.h"

static void
show_listener(void *arg, const struct intake_listener *l)
{
	struct writer *w = arg;

	w_text(w,
		"    %s: %" PRIu64 " messages, %" PRIu64 " matched, %" PRIu64
		" lost in a full buffer, %" PRIu64 " rate-limited, %" PRIu64 " cut",
		l->url, l->messages, l->matched, l->lost, l->limited, l->cut);
	if (l->connections > 0 || l->refused > 0)
		w_text(w, ", %u connections, %" PRIu64 " refused", l->connections, l->refused);
	w_text(w, "\n");
	w_object(w, NULL);
	w_str(w, "url", l->url);
	w_int(w, "messages", (int64_t)l->messages);
	w_int(w, "octets", (int64_t)l->octets);
	w_int(w, "matched", (int64_t)l->matched);
	w_int(w, "lost", (int64_t)l->lost);
	w_int(w, "limited", (int64_t)l->limited);
	w_int(w, "cut", (int64_t)l->cut);
	w_int(w, "connections", l->connections);
	w_int(w, "refused", (int64_t)l->refused);
	w_end(w);
}

static void
show_message(void *arg, usec wall, struct slice source, struct slice raw)
{
	static const struct stamp_form form = { .msec = true };
	struct writer *w = arg;
	char stamp[64], iso[64];
	char *from = mem_strndup(NULL, source.s, source.n), *text = mem_strndup(from, raw.s, raw.n);

	stamp_datetime(&form, wall, 0, stamp, sizeof stamp);
	stamp_iso(wall, iso, sizeof iso);
	w_text(w, "%s: %s: ", stamp, from);
	w_foreign(w, raw.s, raw.n);
	w_text(w, "\n");
	w_object(w, NULL);
	w_str(w, "time", iso);
	w_str(w, "source", from);
	w_str(w, "message", text);
	w_end(w);
	mem_free(from);
}

static enum cmd_result
show_received(struct session *s, const void *args, struct err *err)
{
	const struct last_args *a = args;
	struct intake *in = session_engine(s)->intake;
	const struct received *r = intake_received(in);
	struct writer *w = session_writer(s);

	w_text(w, "Syslog messages are received on:\n");
	w_list(w, "listeners");
	intake_each(in, show_listener, w);
	w_end(w);
	w_text(w, "\nReceived messages: %zu kept of %" PRIu64 "\n", received_count(r), received_total(r));
	w_int(w, "received", (int64_t)received_total(r));
	w_list(w, "messages");
	received_each(r, a->last.set ? (size_t)a->last.v : 0, show_message, w);
	w_end(w);
	return CMD_DONE;
}

/* ---- show logging received sources ---- */

static const struct w_column source_columns[] = {
	{ "source", "Source", 0, 0 },
	{ "host", "Host", 34, 0 },
	{ "trusted", "Trusted", 58, 0 },
	{ "messages", "Messages", 67, 0 },
	{ "limited", "Limited", 79, 0 },
	{ "last", "Last", 89, 0 },
};

static void
show_source(void *arg, const struct source *s)
{
	static const struct stamp_form form = { .msec = true };
	struct writer *w = arg;
	char stamp[64];

	if (writer_is_json(w))
		stamp_iso(s->last, stamp, sizeof stamp);
	else
		stamp_datetime(&form, s->last, 0, stamp, sizeof stamp);
	w_cell(w, s->text);
	w_cell(w, s->host);
	w_cell(w, s->trusted ? "yes" : "no");
	w_cell_int(w, (int64_t)s->messages);
	w_cell_int(w, (int64_t)s->limited);
	w_cell(w, s->last > 0 ? stamp : "-");
}

static enum cmd_result
show_sources(struct session *s, const void *args, struct err *err)
{
	struct writer *w = session_writer(s);

	w_table_begin(w, "sources", source_columns, sizeof source_columns / sizeof source_columns[0]);
	sources_each(intake_sources(session_engine(s)->intake), show_source, w);
	w_table_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show logging received sources",
		  .help = "Who sent them, how many, and how many were too many",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_sources },
	{ .cmd = { .words = "show logging received",
		  .help = "Messages received from other devices",
		  .kw = last_kw,
		  .size = sizeof(struct last_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_received },
};

void
intake_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
