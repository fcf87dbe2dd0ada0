/* show logging: where messages go, and the buffer; show logging count. */
#include <inttypes.h>
#include <string.h>

#include "cli/builtin.h"
#include "cli/last.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"
#include "logging/logging.h"

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

/* ---- where messages go ---- */

/* Those that a destination uses are active. */
static void
show_discriminators(struct writer *w, const struct engine *e)
{
	struct text active, idle;

	text_init(&active, NULL);
	text_init(&idle, NULL);
	logging_discriminators(e->logging, &active, &idle);
	w_text(w,
		active.len > 0 ? "Active Message Discriminator:\n%s\n"
			       : "No Active Message Discriminator.\n\n\n\n%s",
		active.s);
	w_text(w,
		idle.len > 0 ? "Inactive Message Discriminator:\n%s\n\n"
			     : "No Inactive Message Discriminator.\n\n\n%s",
		idle.s);
	mem_free(active.s);
	mem_free(idle.s);
}

static const char *
filter_of(const struct log *log, enum log_place place)
{
	return log_is_filtered(log, place) ? "enabled" : "disabled";
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
			"    %s level %s, %" PRIu64 " messages logged, xml disabled,\n"
			"%*sfiltering %s\n",
			title, severity_name(least), st.at[place], (int)strlen(title) + 5, "",
			filter_of(log, place));
	else
		w_text(w, "    %.*s disabled\n", (int)(strchr(title, ':') - title + 1), title);
	w_str(w, key, on ? severity_name(least) : NULL);
}

/* ---- hosts ---- */

static const char *const transports[] = {
	[LOGGING_UDP] = "udp", [LOGGING_TCP] = "tcp", [LOGGING_TLS] = "tls"
};

static void
show_host(void *arg, const struct logging_host *h)
{
	struct writer *w = arg;
	const char *link = h->up ? "up" : "down";

	w_object(w, NULL);
	w_text(w,
		"        Logging to %s %s (%s port %u,  audit disabled,\n"
		"              authentication disabled, encryption %s, link %s),\n"
		"              %" PRIu64 " message lines logged, \n"
		"              %" PRIu64 " message lines rate-limited, \n"
		"              %" PRIu64 " message lines dropped-by-MD, \n"
		"              xml disabled, sequence number disabled\n"
		"              filtering %s\n",
		h->name, h->vrf != NULL ? h->vrf : "", transports[h->transport], h->port,
		h->transport == LOGGING_TLS ? "enabled" : "disabled", link, h->lines, h->dropped,
		h->by_discriminator, h->discriminator != NULL ? "enabled" : "disabled");
	if (h->trouble != NULL)
		w_text(w, "              last failure: %s\n", h->trouble);
	w_str(w, "host", h->name);
	w_str(w, "vrf", h->vrf);
	w_str(w, "transport", transports[h->transport]);
	w_int(w, "port", h->port);
	w_str(w, "link", link);
	w_str(w, "failure", h->trouble);
	w_int(w, "messages_logged", (int64_t)h->lines);
	w_int(w, "messages_dropped", (int64_t)h->dropped);
	w_int(w, "messages_dropped_by_discriminator", (int64_t)h->by_discriminator);
	w_end(w);
}

static void
show_trap(struct writer *w, const struct logging *l)
{
	struct logging_trap trap = logging_trap(l);

	if (trap.on)
		w_text(w, "    Trap logging: level %s, %" PRIu64 " message lines logged\n",
			severity_name(trap.level), trap.lines);
	else
		w_text(w, "    Trap logging: disabled\n");
	w_str(w, "trap_level", trap.on ? severity_name(trap.level) : NULL);
	w_list(w, "hosts");
	logging_each_host(l, show_host, w);
	w_end(w);
	w_text(w, "        Logging Source-Interface:       VRF Name:\n");
	if (trap.source != NULL)
		w_text(w, "        %s\n", trap.source);
	w_str(w, "source_interface", trap.source);
}

static void
show_places(struct writer *w, const struct engine *e, const struct log_stats *st)
{
	w_text(w,
		"Syslog logging: %s (%" PRIu64 " messages dropped, %" PRIu64
		" messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n\n",
		log_is_on(e->log) ? "enabled" : "disabled", st->dropped, st->limited);
	show_discriminators(w, e);
	show_place(w, e->log, LOG_CONSOLE, "Console logging:", "console_level");
	show_place(w, e->log, LOG_MONITOR, "Monitor logging:", "monitor_level");
	show_place(w, e->log, LOG_BUFFER, "Buffer logging: ", "buffer_level");
	w_text(w,
		"    Exception Logging: size (%zu bytes)\n"
		"    Count and timestamp logging messages: %s\n"
		"    File logging: disabled\n"
		"    Persistent logging: disabled\n\n"
		"No active filter modules.\n\n",
		(size_t)4096, logging_counts(e->logging) ? "enabled" : "disabled");
	show_trap(w, e->logging);
	w_text(w, "\n");
	w_int(w, "messages_logged", (int64_t)st->logged);
	w_int(w, "messages_dropped", (int64_t)st->dropped);
	w_int(w, "messages_rate_limited", (int64_t)st->limited);
	w_int(w, "buffer_bytes", (int64_t)st->buffer_bytes);
}

static enum cmd_result
show_logging(struct session *s, const void *args, struct err *err)
{
	const struct last_args *a = args;
	struct log *log = session_engine(s)->log;
	struct lines l = { .w = session_writer(s) };
	struct log_stats st;
	uint64_t n = 0;

	log_stats(log, &st);
	/* With `last N` the text begins at the buffer, as on IOS. */
	if (a->last.set && !writer_is_json(l.w))
		w_text(l.w, "Showing last %u lines\n\n", (unsigned)a->last.v);
	else
		show_places(l.w, session_engine(s), &st);
	w_text(l.w, "Log Buffer (%zu bytes):\n", st.buffer_bytes);
	log_each(log, count_line, &n);
	l.skip = last_skipped(args, n);
	w_list(l.w, "messages");
	log_each(log, show_line, &l);
	w_end(l.w);
	return CMD_DONE;
}

/* ---- show logging count ---- */

struct counting {
	struct writer *w;
	const char *facility; /* of the block under the hand */
	uint64_t total;
};

static void
end_block(struct counting *c)
{
	if (c->facility != NULL)
		w_text(c->w,
			"-------------  -------------------------------  ----------------------------------\n"
			"%-48s %9" PRIu64 "\n\n",
			mem_printf(c->w, "%s TOTAL", c->facility), c->total);
	c->total = 0;
}

static void
show_count(void *arg, const struct logging_count *n)
{
	struct counting *c = arg;

	if (c->facility == NULL || strcmp(c->facility, n->facility) != 0)
		end_block(c);
	c->facility = n->facility;
	c->total += n->n;
	w_object(c->w, NULL);
	w_text(c->w, "%-14s %-32s %3d %4" PRIu64 " %s\n", n->facility, n->mnemonic, (int)n->severity, n->n,
		n->last);
	w_str(c->w, "facility", n->facility);
	w_str(c->w, "message_name", n->mnemonic);
	w_int(c->w, "sev", (int64_t)n->severity);
	w_int(c->w, "occur", (int64_t)n->n);
	w_str(c->w, "last_time", n->last);
	w_end(c->w);
}

static enum cmd_result
show_logging_count(struct session *s, const void *args, struct err *err)
{
	struct counting c = { .w = session_writer(s) };
	const struct logging *l = session_engine(s)->logging;

	(void)args;
	if (!logging_counts(l)) {
		err_set(err, ERR_REFUSED, "Count feature is not enabled");
		err_hint(err, "'logging count' in configuration mode begins to count");
		return CMD_REFUSED;
	}
	w_text(c.w, "Facility       Message Name                     Sev Occur      Last Time\n"
		    "==================================================================================\n");
	w_list(c.w, "messages");
	logging_each_count(l, show_count, &c);
	end_block(&c);
	w_end(c.w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show logging count", .help = "Show counts of each logging message", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_logging_count },
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
