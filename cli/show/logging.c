/* show logging: where messages go, and the buffer. */
#include <inttypes.h>
#include <string.h>

#include "cli/builtin.h"
#include "cli/last.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"

struct lines {
	struct writer *w;
	uint64_t skip;
};

static void
count_line(void *arg, const char *line, size_t n)
{
	++*(uint64_t *)arg;
}

static void
show_line(void *arg, const char *line, size_t n)
{
	struct lines *l = arg;
	char *copy;

	if (l->skip > 0) {
		l->skip--;
		return;
	}
	w_foreign(l->w, line, n);
	w_text(l->w, "\n");
	copy = mem_strndup(NULL, line, n);
	w_str(l->w, NULL, copy);
	mem_free(copy);
}

/* "Console logging: level errors, 5 messages logged, ...", or "disabled". */
static void
show_place(struct writer *w, const struct log *log, enum log_place place, const char *title, const char *key)
{
	struct log_stats st;
	enum severity least;
	bool on = log_place(log, place, &least);

	log_stats(log, &st);
	if (on)
		w_text(w,
			"    %s logging: level %s, %" PRIu64 " messages logged, xml disabled,\n"
			"                     filtering disabled\n",
			title, severity_name(least), st.logged);
	else
		w_text(w, "    %s logging: disabled\n", title);
	w_str(w, key, on ? severity_name(least) : NULL);
}

static void
show_places(struct writer *w, const struct log *log, const struct log_stats *st)
{
	const char *level = severity_name(st->buffer_level);

	w_text(w,
		"Syslog logging: enabled (%" PRIu64 " messages dropped, 0 messages rate-limited, 0 flushes, "
		"0 overruns, xml disabled, filtering disabled)\n\n"
		"No Active Message Discriminator.\n\n\n\n"
		"No Inactive Message Discriminator.\n\n\n",
		st->dropped);
	show_place(w, log, LOG_CONSOLE, "Console", "console_level");
	show_place(w, log, LOG_MONITOR, "Monitor", "monitor_level");
	w_text(w,
		"    Buffer logging:  level %s, %" PRIu64 " messages logged, xml disabled,\n"
		"                    filtering disabled\n",
		level, st->logged);
	w_text(w,
		"    Exception Logging: size (%zu bytes)\n"
		"    Count and timestamp logging messages: disabled\n"
		"    File logging: disabled\n"
		"    Persistent logging: disabled\n\n"
		"No active filter modules.\n\n"
		"    Trap logging: level informational, 0 message lines logged\n\n"
		"Log Buffer (%zu bytes):\n",
		(size_t)4096, st->buffer_bytes);
	w_int(w, "messages_logged", (int64_t)st->logged);
	w_int(w, "messages_dropped", (int64_t)st->dropped);
	w_int(w, "buffer_bytes", (int64_t)st->buffer_bytes);
	w_str(w, "buffer_level", level);
}

static enum cmd_result
show_logging(struct session *s, const void *args, struct err *err)
{
	struct log *log = session_engine(s)->log;
	struct lines l = { .w = session_writer(s) };
	struct log_stats st;
	uint64_t n = 0;

	log_stats(log, &st);
	show_places(l.w, log, &st);
	log_each(log, count_line, &n);
	l.skip = last_skipped(args, n);
	w_list(l.w, "messages");
	log_each(log, show_line, &l);
	w_end(l.w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show logging",
		  .help = "Show the contents of logging buffers",
		  .kw = last_kw,
		  .size = sizeof(struct last_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_logging },
};

void
show_logging_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
