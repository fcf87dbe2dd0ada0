/* event manager check [NAME]: the lints of `eventd --check` over the running configuration, and over captures. */
#include <string.h>

#include "applets/check/check.h"
#include "capture/capture.h"
#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/writer.h"

struct check_args {
	struct kw_str name;
};

static const struct kw check_kw[] = {
	{ .help = "Name of an applet", .type = &kw_word, KW_AT(struct check_args, name) },
	KW_END,
};

struct listing {
	struct writer *w;
	unsigned errors, warnings;
};

static void
show_text(struct writer *w, const struct check_finding *f, const char *severity)
{
	size_t blanks = 0;

	while (f->text[blanks] == ' ')
		blanks++;
	if (f->applet[0] != '\0')
		w_text(w, "%s", f->applet);
	if (f->label[0] != '\0')
		w_text(w, ", action %s", f->label);
	w_text(w, "%s%s: %s; %s [%s]\n   %s\n   %*s\n", f->applet[0] != '\0' ? ": " : "", severity, f->reason,
		f->fix, f->lint->code, f->text + blanks, f->column - (int)blanks, "^");
}

static void
show_finding(void *arg, const struct check_finding *f)
{
	struct listing *l = arg;
	const char *severity = f->lint->is_error ? "error" : "warning";

	l->errors += f->lint->is_error;
	l->warnings += !f->lint->is_error;
	show_text(l->w, f, severity);
	w_object(l->w, NULL);
	w_str(l->w, "code", f->lint->code);
	w_str(l->w, "severity", severity);
	w_str(l->w, "applet", f->applet[0] != '\0' ? f->applet : NULL);
	w_str(l->w, "label", f->label[0] != '\0' ? f->label : NULL);
	w_str(l->w, "text", f->text);
	w_int(l->w, "column", f->column);
	w_str(l->w, "reason", f->reason);
	w_str(l->w, "fix", f->fix);
	w_end(l->w);
}

/* Captures are no configuration: what they name may have gone since. */
static void
show_capture(void *arg, const char *command, const char *name, const char *why)
{
	struct check_finding f = { .lint = lints, .applet = "", .label = "", .reason = why, .text = command };
	const char *at = command + strlen(command);

	while (strcmp(f.lint->code, "CAPTURE-UNKNOWN") != 0)
		f.lint++;
	f.fix = f.lint->fix;
	while (at > command && (at[-1] != ' ' || strncmp(at, name, strlen(name)) != 0))
		at--;
	f.column = (int)(at - command) + 1;
	show_finding(arg, &f);
}

static enum cmd_result
event_manager_check(struct session *s, const void *args, struct err *err)
{
	const struct check_args *a = args;
	struct engine *engine = session_engine(s);
	struct listing l = { .w = session_writer(s) };
	bool found;

	w_list(l.w, "findings");
	found = check_configuration(
		engine, conf_root(engine->conf), NULL, a->name.set ? a->name.s : NULL, show_finding, &l);
	if (!a->name.set)
		captures_problems(engine->captures, show_capture, &l);
	w_end(l.w);
	if (!found) {
		err_set(err, ERR_NOT_FOUND, "There is no applet %s", a->name.s);
		return CMD_REFUSED;
	}
	w_text(l.w, "%u errors, %u warnings\n", l.errors, l.warnings);
	w_int(l.w, "errors", l.errors);
	w_int(l.w, "warnings", l.warnings);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "event manager check",
		  .help = "Look for what is probably wrong in the applets",
		  .kw = check_kw,
		  .size = sizeof(struct check_args),
		  .level = 15 },
		.flags = EXEC_SHOW,
		.run = event_manager_check },
};

void
exec_check_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
