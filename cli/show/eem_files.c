/* show event manager policy available, and directory user: files that are or could be policies. */
#include <stdlib.h>
#include <string.h>

#include "applets/lua/scripts.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/eem.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

/* ---- policy available ---- */

struct available_args {
	struct kw_flag system, user, time_ordered, name_ordered;
	struct kw_str file;
};

static const struct kw available_kw[] = {
	{ .word = "system", .help = "System policies", KW_AT(struct available_args, system), .group = 1 },
	{ .word = "user", .help = "User policies", KW_AT(struct available_args, user), .group = 1 },
	{ .word = "name-ordered",
		.help = "Sort by name",
		KW_AT(struct available_args, name_ordered),
		.group = 2 },
	{ .word = "time-ordered",
		.help = "Sort by time of creation",
		KW_AT(struct available_args, time_ordered),
		.group = 2 },
	{ .word = "detailed",
		.help = "Print the policy file",
		.type = &kw_word,
		KW_AT(struct available_args, file) },
	KW_END,
};

struct file {
	const char *name, *type;
	usec created;
};

struct files_found {
	const void *ctx;
	const char *type;
	struct file *v;
	size_t n;
};

static void
found(void *arg, const char *name, usec created)
{
	struct files_found *all = arg;

	all->v = mem_resize(all->ctx, all->v, (all->n + 1) * sizeof *all->v);
	all->v[all->n++] = (struct file){ mem_strdup(all->ctx, name), all->type, created };
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int
by_time(const void *a, const void *b)
{
	usec x = ((const struct file *)a)->created, y = ((const struct file *)b)->created;

	return x < y ? -1 : x > y;
}

/* With the reason why the configuration's line did not register it. */
static void
show_file(struct writer *w, unsigned no, const struct file *f, const char *refusal)
{
	char date[40];
	unsigned at = 0;

	eem_date(f->created, date);
	eem_cell(w, &at, 0, "%u", no);
	eem_cell(w, &at, 5, "%s", f->type);
	eem_cell(w, &at, 13, "%s", date);
	eem_cell(w, &at, 46, "%s\n", f->name);
	w_object(w, NULL);
	w_int(w, "no", no);
	w_str(w, "type", f->type);
	w_str(w, "time_created", date);
	if (refusal != NULL)
		w_text(w, " not registered: %s\n", refusal);
	w_str(w, "name", f->name);
	w_str(w, "refusal", refusal);
	w_end(w);
}

static enum cmd_result
show_text(struct session *s, const char *name, struct err *err)
{
	struct writer *w = session_writer(s);
	size_t n;
	const char *text;

	if (session_level(s) < 15) { /* who knows what its author wrote into it */
		err_set(err, ERR_REFUSED, "The text of policies is shown at privilege level 15");
		return CMD_REFUSED;
	}
	text = scripts_text(session_cmd_ctx(s), session_engine(s), name, &n, err);
	if (text == NULL)
		return CMD_REFUSED;
	w_foreign(w, text, n);
	w_text(w, n > 0 && text[n - 1] != '\n' ? "\n" : "");
	w_str(w, "name", name);
	w_str(w, "text", text);
	return CMD_DONE;
}

static enum cmd_result
show_available(struct session *s, const void *args, struct err *err)
{
	const struct available_args *a = args;
	struct files_found all = { .ctx = session_cmd_ctx(s) };
	struct writer *w;

	if (a->file.set)
		return show_text(s, a->file.s, err);
	w = session_writer(s);
	all.type = "system";
	if (!a->user.set)
		scripts_each_available(session_engine(s), true, found, &all);
	all.type = "user";
	if (!a->system.set)
		scripts_each_available(session_engine(s), false, found, &all);
	if (all.n > 1 && (a->time_ordered.set || a->name_ordered.set))
		qsort(all.v, all.n, sizeof *all.v, a->name_ordered.set ? by_name : by_time);

	w_list(w, "policies");
	w_text(w, "No.  Type    Time Created                     Name\n");
	for (unsigned i = 0; i < all.n; i++)
		show_file(w, i + 1, &all.v[i], scripts_refusal(session_engine(s)->scripts, all.v[i].name));
	w_end(w);
	return CMD_DONE;
}

/* ---- directory user ---- */

struct directory_args {
	struct kw_flag library, policy, repository;
};

static const struct kw directory_kw[] = {
	{ .word = "library",
		.help = "Directory of libraries",
		KW_AT(struct directory_args, library),
		.group = 1 },
	{ .word = "policy",
		.help = "Directory of policies",
		KW_AT(struct directory_args, policy),
		.group = 1 },
	{ .word = "repository",
		.help = "Where newer policies come from",
		KW_AT(struct directory_args, repository),
		.group = 1 },
	KW_END,
};

static enum cmd_result
show_directory(struct session *s, const void *args, struct err *err)
{
	const struct directory_args *a = args;
	const struct {
		const char *word;
		bool asked;
	} rows[] = {
		{ "library", a->library.set },
		{ "policy", a->policy.set },
		{ "repository", a->repository.set },
	};
	bool any = a->library.set || a->policy.set || a->repository.set;
	struct writer *w = session_writer(s);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *path = script_directory(session_engine(s), rows[i].word);

		if (any && !rows[i].asked)
			continue;
		if (path != NULL)
			w_text(w, "%s\n", path);
		else
			w_text(w, "No EEM user %s directory has been specified\n", rows[i].word);
		w_str(w, rows[i].word, path);
	}
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager policy available",
		  .help = "Policies that can be registered",
		  .kw = available_kw,
		  .size = sizeof(struct available_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_available },
	{ .cmd = { .words = "show event manager directory user",
		  .help = "Directories of the user's policies",
		  .kw = directory_kw,
		  .size = sizeof(struct directory_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_directory },
};

void
show_eem_files_register(struct cli *cli)
{
	cli_word(cli, "show event manager directory", "Directories of policies");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
