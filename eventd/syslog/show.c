/* show logging received: where messages come in, and the last of them (rulings 20). */
#include "syslog/show.h"

#include <inttypes.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/mem.h"
#include "core/stamp.h"
#include "core/writer.h"
#include "syslog/listen.h"

struct received_args {
	struct kw_int last;
};

static const struct kw received_kw[] = {
	{ .word = "last",
		.help = "Show only the last messages",
		.type = &kw_number,
		KW_AT(struct received_args, last),
		.min = 1,
		.max = 1000000 },
	KW_END,
};

static void
show_listener(void *arg, const struct intake_listener *l)
{
	struct writer *w = arg;

	w_text(w, "    %s: %" PRIu64 " messages, %" PRIu64 " lost in a full buffer, %" PRIu64 " cut", l->url,
		l->messages, l->lost, l->cut);
	if (l->connections > 0 || l->refused > 0)
		w_text(w, ", %u connections, %" PRIu64 " refused", l->connections, l->refused);
	w_text(w, "\n");
	w_object(w, NULL);
	w_str(w, "url", l->url);
	w_int(w, "messages", (int64_t)l->messages);
	w_int(w, "octets", (int64_t)l->octets);
	w_int(w, "lost", (int64_t)l->lost);
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
	const struct received_args *a = args;
	const struct intake *in = session_engine(s)->intake;
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

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show logging received",
		  .help = "Messages received from other devices",
		  .kw = received_kw,
		  .size = sizeof(struct received_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_received },
};

void
intake_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
