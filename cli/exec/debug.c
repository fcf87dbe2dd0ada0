/* debug, undebug, no debug, show debugging: the switches of core/debug.h, a command each. */
#include "core/debug.h"

#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "cli/builtin.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/writer.h"

#define ALL (DEBUG_BIT(DEBUG_COUNT) - 1)

static void
switch_rows(struct session *s, debug_mask mask, bool on)
{
	struct log *log = session_engine(s)->log;
	debug_mask now = log_debugs(log);
	size_t i;

	log_set_debugs(log, on ? now | mask : now & ~mask);
	for (i = 0; i < DEBUG_COUNT; i++) {
		if ((mask & DEBUG_BIT(i)) != 0 && debug_rows[i].words != NULL)
			session_print(s, "%s debugging is %s\n", debug_rows[i].name, on ? "on" : "off");
	}
}

/* The row's owner is the switch's row, or NULL for all of the event manager. */
static debug_mask
mask_of(const struct session *s)
{
	const struct debug_row *row = session_row(s)->cmd.owner;

	return row != NULL ? DEBUG_BIT(row - debug_rows) : DEBUG_EEM_ALL;
}

static enum cmd_result
debug_on(struct session *s, const void *args, struct err *err)
{
	switch_rows(s, mask_of(s), true);
	return CMD_DONE;
}

static enum cmd_result
debug_off(struct session *s, const void *args, struct err *err)
{
	switch_rows(s, mask_of(s), false);
	return CMD_DONE;
}

/* ---- debug event manager detector NAME ---- */

struct detector_args {
	struct kw_str name;
};

/* The name of a detector; which ones there are, show event manager detector all tells. */
static void
detector_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, "syslog");
}

static const struct kw_type kw_detector = {
	.param = "WORD",
	.name = "event detector",
	.size = sizeof(struct kw_str),
	.parse = kw_word_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = detector_sample,
};

static const struct kw detector_kw[] = {
	{ .help = "Name of an event detector",
		.type = &kw_detector,
		KW_AT(struct detector_args, name),
		.flags = KW_REQ },
	KW_END,
};

static enum cmd_result
debug_detector(struct session *s, const void *args, bool on, struct err *err)
{
	const struct detector_args *a = args;
	struct bus *bus = session_engine(s)->bus;
	const struct detector *d = bus != NULL ? bus_detector_find(bus, a->name.s) : NULL;

	if (d == NULL) {
		err_set(err, ERR_NOT_FOUND, "Event detector %s not found", a->name.s);
		return CMD_REFUSED;
	}
	bus_debug_detector(bus, d, on);
	session_print(s, "%s %s debugging is %s\n", debug_rows[DEBUG_EEM_DETECTOR_ONE].name, d->name,
		on ? "on" : "off");
	return CMD_DONE;
}

static enum cmd_result
debug_detector_on(struct session *s, const void *args, struct err *err)
{
	return debug_detector(s, args, true, err);
}

static enum cmd_result
debug_detector_off(struct session *s, const void *args, struct err *err)
{
	return debug_detector(s, args, false, err);
}

#define DETECTOR(verb_, run_)                                      \
	{                                                          \
		.cmd = { .words = verb_ " event manager detector", \
			.help = "Debug event detectors",           \
			.kw = detector_kw,                         \
			.size = sizeof(struct detector_args),      \
			.level = 15 },                             \
		.run = run_                                        \
	}

static const struct exec_cmd detector_cmds[] = {
	DETECTOR("debug", debug_detector_on),
	DETECTOR("undebug", debug_detector_off),
	DETECTOR("no debug", debug_detector_off),
};

/* ---- all ---- */

static void
all_confirmed(struct session *s, const struct answer *a, void *arg)
{
	if (a->text[0] == 'y' || a->text[0] == 'Y') {
		log_set_debugs(session_engine(s)->log, ALL);
		session_print(s, "All possible debugging has been turned on\n");
	}
	session_done(s);
}

static enum cmd_result
debug_all(struct session *s, const void *args, struct err *err)
{
	return session_ask(s, ASK_LINE,
		"This may severely impact network performance. Continue? (yes/[no]): ", all_confirmed, NULL);
}

static enum cmd_result
undebug_all(struct session *s, const void *args, struct err *err)
{
	log_set_debugs(session_engine(s)->log, 0);
	session_print(s, "All possible debugging has been turned off\n");
	return CMD_DONE;
}

static void
show_switch(struct writer *w, const struct debug_row *row, const char *name, const char *words)
{
	w_text(w, "  %s debugging is on\n", name);
	w_object(w, NULL);
	w_str(w, "section", row->section);
	w_str(w, "name", name);
	w_str(w, "command", words);
	w_end(w);
}

static void
show_detectors(const struct bus *bus, struct writer *w)
{
	const struct debug_row *row = &debug_rows[DEBUG_EEM_DETECTOR_ONE];

	for (const struct detector *const *d = bus != NULL ? bus_detector_table(bus) : NULL; d && *d; d++) {
		char name[100], words[100];

		if (!bus_debugs_detector(bus, *d))
			continue;
		snprintf(name, sizeof name, "%s %s", row->name, (*d)->name);
		snprintf(words, sizeof words, "event manager detector %s", (*d)->name);
		show_switch(w, row, name, words);
	}
}

static enum cmd_result
show_debugging(struct session *s, const void *args, struct err *err)
{
	debug_mask on = log_debugs(session_engine(s)->log);
	struct writer *w = session_writer(s);
	const char *section = "";
	size_t i;

	w_text(w, "IOSXE Conditional Debug Configs:\n\n"
		  "Conditional Debug Global State: Stop\n\n\n"
		  "IOSXE Packet Tracing Configs:\n\n\n");
	w_list(w, "debugs");
	for (i = 0; i < DEBUG_COUNT; i++) {
		const struct debug_row *row = &debug_rows[i];

		if ((on & DEBUG_BIT(i)) == 0)
			continue;
		if (strcmp(section, row->section) != 0)
			w_text(w, "%s:\n", row->section);
		section = row->section;
		if (i == DEBUG_EEM_DETECTOR_ONE)
			show_detectors(session_engine(s)->bus, w);
		else
			show_switch(w, row, row->name, row->words);
	}
	w_end(w);
	return CMD_DONE;
}

/* Three commands for each row: debug X, undebug X, no debug X. */
static void
add_row(struct cli *cli, struct exec_cmd **at, const char *words, const char *help,
	const struct debug_row *row)
{
	static const struct {
		const char *verb;
		exec_f *run;
	} forms[] = { { "debug", debug_on }, { "undebug", debug_off }, { "no debug", debug_off } };
	size_t i;

	for (i = 0; i < 3; i++) {
		*(*at)++ = (struct exec_cmd){
			.cmd = { .words = mem_printf(cli, "%s %s", forms[i].verb, words),
				.help = help,
				.level = 15,
				.owner = row },
			.run = forms[i].run,
		};
	}
}

static const char *const inner_words[][2] = {
	{ "crypto", "Cryptographic subsystem" },
	{ "crypto pki", "PKI Client" },
	{ "event", "Event debugging" },
	{ "event manager", "Debug EEM" },
	{ "event manager action", "Debug actions" },
	{ "event manager api", "Debug the interface of scripts" },
	{ "event manager server", "Debug the server" },
	{ "event manager tcl", "Debug scripts" },
	{ "ip", "IP information" },
	{ "ip sla", "IP Service Level Agreements" },
	{ "mail", "Delivery of mail" },
	{ "ssl", "Secure sockets layer" },
	{ "ssl openssl", "OpenSSL debugging" },
};

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "debug all", .help = "Enable all debugging", .level = 15 }, .run = debug_all },
	{ .cmd = { .words = "undebug all", .help = "Disable all debugging", .level = 15 },
		.run = undebug_all },
	{ .cmd = { .words = "no debug all", .help = "Disable all debugging", .level = 15 },
		.run = undebug_all },
	{ .cmd = { .words = "show debugging", .help = "State of each debugging option" },
		.flags = EXEC_SHOW,
		.run = show_debugging },
};

void
exec_debug_register(struct cli *cli)
{
	static const char *const verbs[] = { "debug", "undebug", "no debug" };
	const size_t n = 3 * (DEBUG_COUNT + 1);
	struct exec_cmd *rows = mem_array(cli, struct exec_cmd, n), *at = rows;
	size_t i, v;

	cli_word(cli, "no debug", "Disable debugging functions");
	for (v = 0; v < 3; v++) {
		for (i = 0; i < sizeof inner_words / sizeof inner_words[0]; i++)
			cli_word(cli, mem_printf(cli, "%s %s", verbs[v], inner_words[i][0]),
				inner_words[i][1]);
	}
	for (i = 0; i < DEBUG_COUNT; i++)
		if (debug_rows[i].words != NULL)
			add_row(cli, &at, debug_rows[i].words, debug_rows[i].help, &debug_rows[i]);
	add_row(cli, &at, "event manager all", "Debug all of EEM", NULL);
	cli_commands(cli, rows, (size_t)(at - rows));
	cli_commands(cli, detector_cmds, sizeof detector_cmds / sizeof detector_cmds[0]);
	cli_commands(cli, cmds, sizeof cmds / sizeof cmds[0]);
}
