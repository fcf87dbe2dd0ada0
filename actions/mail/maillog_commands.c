/* The commands of the delivery log: `mail log ...` and `show mail log`. */
#include <string.h>

#include "actions/mail/maillog.h"
#include "cli/cmd.h"
#include "cli/last.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/stamp.h"
#include "core/writer.h"

/* ---- configuration ---- */

struct level_line {
	struct kw_enum level;
};

struct file_line {
	struct kw_str name;
	struct kw_int size, rotate;
};

static const struct kw_alternative levels[] = {
	{ "critical", "What stops the delivery of mail", MAILLOG_CRITICAL, false },
	{ "debug", "Every question to the DNS and every fetch", MAILLOG_DEBUG, false },
	{ "info", "What became of each mail", MAILLOG_INFO, false },
	{ "warning", "Answers that are wrong", MAILLOG_WARNING, false },
	{ NULL, NULL, 0, false },
};

static const struct kw level_kw[] = {
	{ .help = "Level of the lines that are kept",
		.type = &kw_choice,
		KW_AT(struct level_line, level),
		.choices = levels,
		.flags = KW_REQ },
	KW_END,
};

static const struct kw file_kw[] = {
	{ .help = "Name in the state directory, or an absolute path",
		.type = &kw_word,
		KW_AT(struct file_line, name),
		.flags = KW_REQ },
	{ .word = "size",
		.help = "Octets before the file is rotated",
		.type = &kw_number,
		KW_AT(struct file_line, size),
		.min = 1024,
		.max = 1024 * 1024 * 1024 },
	{ .word = "rotate",
		.help = "Old files that are kept",
		.type = &kw_number,
		KW_AT(struct file_line, rotate),
		.min = 0,
		.max = 100 },
	KW_END,
};

static bool
apply_level(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct level_line *l = new == NULL ? NULL : new->args;

	(void)old, (void)err;
	maillog_set_level(e->maillog, l == NULL ? MAILLOG_INFO : (enum maillog_level)l->level.v);
	return true;
}

/* Only a plain name or a whole path: `../x` would leave the state directory. */
static bool
adopt_file(struct engine *e, void *args, struct err *err)
{
	const struct file_line *l = args;

	(void)e;
	if (l->name.s == NULL)
		return true;
	if (l->name.s[0] == '\0' || (l->name.s[0] != '/' && strchr(l->name.s, '/') != NULL) ||
		l->name.s[0] == '.') {
		err_set(err, ERR_REFUSED, "\"%s\" is no name of a log file", l->name.s);
		err_hint(err, "a name without '/', or an absolute path");
		return false;
	}
	return true;
}

static bool
apply_file(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct file_line *l = new == NULL || new->no ? NULL : new->args;
	const char *name = l != NULL ? l->name.s : new != NULL ? NULL : MAILLOG_FILE;

	(void)old, (void)err;
	maillog_set_file(e->maillog, name, l != NULL && l->size.set ? (size_t)l->size.v : MAILLOG_FILE_SIZE,
		l != NULL && l->rotate.set ? (unsigned)l->rotate.v : MAILLOG_FILE_COUNT);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "mail log level",
		  .help = "Level of the delivery log",
		  .kw = level_kw,
		  .size = sizeof(struct level_line) },
		.mode = "config",
		.order = 621,
		.apply = apply_level },
	{ .cmd = { .words = "mail log file",
		  .help = "File of the delivery log (default mail_logs)",
		  .kw = file_kw,
		  .size = sizeof(struct file_line) },
		.mode = "config",
		.order = 621,
		.keep_no = true,
		.adopt = adopt_file,
		.apply = apply_file },
};

/* ---- show ---- */

struct lines {
	struct writer *w;
	uint64_t skip;
};

static void
count_entry(void *arg, const struct maillog_entry *e)
{
	(void)e;
	++*(uint64_t *)arg;
}

static void
show_entry(void *arg, const struct maillog_entry *e)
{
	struct lines *l = arg;
	char when[40];

	if (l->skip > 0) {
		l->skip--;
		return;
	}
	w_text(l->w, "%s\n", e->line);
	stamp_iso(e->wall, when, sizeof when);
	w_object(l->w, NULL);
	w_str(l->w, "time", when);
	w_str(l->w, "level", maillog_level_name(e->level));
	w_str(l->w, "text", e->text);
	w_end(l->w);
}

static enum cmd_result
show_mail_log(struct session *s, const void *args, struct err *err)
{
	const struct maillog *m = session_engine(s)->maillog;
	struct lines l = { .w = session_writer(s) };
	uint64_t n = 0;

	(void)err;
	maillog_each(m, count_entry, &n);
	l.skip = last_skipped(args, n);
	w_list(l.w, "lines");
	maillog_each(m, show_entry, &l);
	w_end(l.w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mail log",
		  .help = "The delivery log",
		  .kw = last_kw,
		  .size = sizeof(struct last_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_mail_log },
};

void
maillog_start(struct engine *e)
{
	conf_word(e->conf, "config", "mail log", "The delivery log");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	cli_commands(e->cli, cmds, sizeof cmds / sizeof *cmds);
}
