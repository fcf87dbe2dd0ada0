/* show event manager detector, show event manager version: what the event manager can detect. */
#include <string.h>

#include "applets/lua/scripts.h"
#include "bus/bus.h"
#include "bus/detector.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/text.h"
#include "core/writer.h"

struct detector_args {
	struct kw_str name;
	struct kw_flag all, detailed;
};

static const struct kw detector_kw[] = {
	{ .word = "all",
		.help = "All event detectors",
		KW_AT(struct detector_args, all),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .help = "Name of an event detector",
		.type = &kw_word,
		KW_AT(struct detector_args, name),
		.flags = KW_REQ,
		.group = 1 },
	{ .word = "detailed", .help = "Syntax and variables", KW_AT(struct detector_args, detailed) },
	KW_END,
};

static void
show_row(struct writer *w, unsigned no, const struct bus *bus, const struct detector *d)
{
	unsigned at = 0;

	eem_cell(w, &at, 0, "%u", no);
	eem_cell(w, &at, 5, "%s", d->name);
	eem_cell(w, &at, 25, "%s", d->version);
	eem_cell(w, &at, 35, "node0/0");
	eem_cell(w, &at, 47, "RP");
	eem_cell(w, &at, 55, "\n");
	w_int(w, "no", no);
	w_str(w, "name", d->name);
	w_str(w, "version", d->version);
	w_str(w, "node", "node0/0");
	w_str(w, "type", "RP");
	w_bool(w, "available", bus_detector_is_there(bus, d) && bus_detector_lack(bus, d) == NULL);
}

/* What the machine lacks, once for all statements that say the same one after the other. */
static void
show_needs(struct writer *w, const struct bus *bus, const struct detector *d)
{
	const char *said = NULL;

	w_list(w, "needs");
	for (const struct spec *s = bus_specs(bus, d); s != NULL; s = s->next) {
		if (s->lacks == NULL || (said != NULL && strcmp(said, s->lacks) == 0))
			continue;
		said = s->lacks;
		w_text(w, "     needs %s\n", said);
		w_str(w, NULL, said);
	}
	w_end(w);
}

/* What stands in place of a value: "{ yes | no }". */
static void
show_value(struct writer *w, const struct kw *row)
{
	const char *before = "{ ";

	if (row->choices == NULL) {
		w_text(w, "<value>");
		return;
	}
	for (const struct kw_alternative *a = row->choices; a->word != NULL; a++) {
		if (a->hidden)
			continue;
		w_text(w, "%s%s", before, a->word);
		before = " | ";
	}
	w_text(w, " }");
}

/* An option as an applet has it, or as a table in Lua: `sub-system <value>`, `sub_system = <value>`. */
static void
show_option(struct writer *w, const struct kw *row, bool is_lua)
{
	for (const char *s = row->word; s != NULL && *s != '\0'; s++)
		w_text(w, "%c", is_lua && *s == '-' ? '_' : *s);
	if (row->word != NULL && (is_lua || row->type != NULL))
		w_text(w, is_lua ? " = " : " ");
	if (row->type != NULL)
		show_value(w, row);
	else if (is_lua && row->sub_size == 0)
		w_text(w, "true");
}

static bool
is_table(const struct kw *row, bool is_lua)
{
	return is_lua && row->sub != NULL && row->sub_size > 0;
}

static void
show_syntax(struct writer *w, const struct kw *rows, bool is_lua, unsigned indent)
{
	for (const struct kw *row = rows; row && (row->word || row->help); row++) {
		bool required = (row->flags & KW_REQ) && row->group == 0;

		if (row->flags & KW_HIDDEN)
			continue;
		w_text(w, "%*s%s", (int)indent, "", required ? "" : "[");
		show_option(w, row, is_lua);
		if (is_table(row, is_lua)) {
			w_text(w, "{\n");
			show_syntax(w, row->sub, is_lua, indent + 4);
			w_text(w, "%*s}", (int)indent, "");
		}
		w_text(w, "%s%s\n", is_lua ? "," : "", required ? "" : "]");
		if (!is_table(row, is_lua))
			show_syntax(w, row->sub, is_lua, indent + 4);
	}
}

/* In place of IOS's blocks about Tcl. */
static void
show_lua(struct writer *w, const struct detector *d)
{
	static const char *const of_runs[] = { "job_id", "event_trigger_num" };

	w_text(w, "\n        Lua Configuration Syntax: \n        eem.register{ \"%s\", [tag = <tag-val>,] \n",
		d->name);
	show_syntax(w, d->kw, true, 16);
	w_text(w, "        }\n\n        Lua eem.event() Names: \n");
	w_list(w, "event_names");
	for (const struct event_field *f = event_common_fields; f->name != NULL; f++) {
		w_text(w, "        %s\n", f->name + 1);
		w_str(w, NULL, f->name + 1);
	}
	for (size_t i = 0; i < sizeof of_runs / sizeof *of_runs; i++) {
		w_text(w, "        %s\n", of_runs[i]);
		w_str(w, NULL, of_runs[i]);
	}
	for (const struct event_field *f = d->fields; f != NULL && f->name != NULL; f++) {
		w_text(w, "        %s\n", script_event_name(d, f->name));
		w_str(w, NULL, script_event_name(d, f->name));
	}
	w_end(w);
}

static void
show_variables(struct writer *w, const struct event_field *f)
{
	for (; f && f->name; f++) {
		w_text(w, "        $%s\n", f->name);
		w_str(w, NULL, f->name);
	}
}

static void
show_details(struct writer *w, const struct bus *bus, const struct detector *d)
{
	if (!bus_detector_is_there(bus, d))
		w_text(w, "\n        Not available yet: its policies wait for it\n");
	if (bus_detector_lack(bus, d) != NULL)
		w_text(w, "\n        Needs %s\n", bus_detector_lack(bus, d));
	show_lua(w, d);
	if (!d->of_scripts) {
		w_text(w,
			"\n        Applet Configuration Syntax: \n        [ no ] event [tag <tag-val>] %s \n",
			d->name);
		show_syntax(w, d->kw, false, 16);
	}
	w_text(w, "\n        Applet Built-in Environment Variables: \n");
	w_list(w, "variables");
	show_variables(w, event_common_fields);
	w_text(w, "        $_job_id\n");
	w_str(w, NULL, "_job_id");
	show_variables(w, d->fields);
	w_end(w);
	w_text(w, "\n");
}

static void
show_detectors(struct writer *w, const struct bus *bus, const char *only, bool detailed)
{
	const struct detector *const *d = bus_detector_table(bus);

	w_text(w, "No.  Name                Version   Node        Type    \n");
	w_list(w, "detectors");
	for (unsigned no = 1; *d; d++, no++) {
		if (only && strcmp(only, (*d)->name) != 0)
			continue;
		w_object(w, NULL);
		show_row(w, only ? 1 : no, bus, *d);
		show_needs(w, bus, *d);
		if (detailed)
			show_details(w, bus, *d);
		w_end(w);
	}
	w_end(w);
}

static enum cmd_result
show_detector(struct session *s, const void *args, struct err *err)
{
	const struct detector_args *a = args;
	const struct bus *bus = session_engine(s)->bus;

	if (a->name.set && bus_detector_find(bus, a->name.s) == NULL) {
		err_set(err, ERR_NOT_FOUND, "Event detector %s not found", a->name.s);
		return CMD_REFUSED;
	}
	show_detectors(session_writer(s), bus, a->name.set ? a->name.s : NULL, a->detailed.set);
	return CMD_DONE;
}

/* The parts that IOS XE names, in the version whose language this is. */
static const struct {
	const char *name, *version;
	const char *detector; /* it is here when this one is; NULL: always, "": never */
} components[] = {
	{ "eem", "(rel9)1.2.21", NULL },
	{ "eem-gold", "(rel1)1.0.2", "gold" },
	{ "eem-call-home", "(rel2)1.0.4", "" },
};

static const char *
component_version(const struct bus *bus, size_t i)
{
	const char *name = components[i].detector;
	const struct detector *d = name != NULL ? bus_detector_find(bus, name) : NULL;

	return name == NULL || (d != NULL && bus_detector_is_there(bus, d)) ? components[i].version : NULL;
}

static enum cmd_result
show_version(struct session *s, const void *args, struct err *err)
{
	const struct bus *bus = session_engine(s)->bus;
	const struct detector *const *d = bus_detector_table(bus);
	struct writer *w = session_writer(s);

	w_text(w, "Embedded Event Manager Version 4.00\n"
		  "Component Versions:\n");
	w_str(w, "version", "4.00");
	w_list(w, "components");
	for (size_t i = 0; i < sizeof components / sizeof *components; i++) {
		const char *version = component_version(bus, i);

		w_text(w, "%s: %s\n", components[i].name, version != NULL ? version : "not present");
		w_object(w, NULL);
		w_str(w, "name", components[i].name);
		w_str(w, "version", version);
		w_end(w);
	}
	w_end(w);
	w_text(w, "Event Detectors:\n"
		  "Name                Version   Node        Type\n");
	w_list(w, "detectors");
	for (; *d; d++) {
		unsigned at = 0;

		eem_cell(w, &at, 0, "%s", (*d)->name);
		eem_cell(w, &at, 20, "%s", (*d)->version);
		eem_cell(w, &at, 30, "node0/0");
		eem_cell(w, &at, 42, "RP\n");
		w_object(w, NULL);
		w_str(w, "name", (*d)->name);
		w_str(w, "version", (*d)->version);
		w_str(w, "node", "node0/0");
		w_str(w, "type", "RP");
		w_end(w);
	}
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager detector",
		  .help = "Event detectors",
		  .kw = detector_kw,
		  .size = sizeof(struct detector_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_detector },
	{ .cmd = { .words = "show event manager version",
		  .help = "Version of the event manager",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_version },
};

void
show_eem_detector_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
