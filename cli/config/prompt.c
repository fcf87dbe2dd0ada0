/* file prompt: whether commands on files ask before they overwrite and delete. */
#include <stddef.h>

#include "cli/builtin.h"
#include "cli/session_private.h"
#include "conf/conf.h"
#include "core/engine.h"

enum level { NOISY, ALERT, QUIET };

struct prompt_args {
	struct kw_enum level;
};

static const struct kw_alternative levels[] = {
	{ .word = "alert", .help = "Prompt only for destructive file operations", .value = ALERT },
	{ .word = "noisy", .help = "Confirm all file operation parameters", .value = NOISY },
	{ .word = "quiet", .help = "Seldom prompt for file operations", .value = QUIET },
	{ .word = NULL },
};

static const struct kw prompt_kw[] = {
	{ .help = "When to ask",
		.type = &kw_choice,
		KW_AT(struct prompt_args, level),
		.flags = KW_REQ,
		.choices = levels },
	KW_END,
};

static bool
prompt_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct prompt_args *a = new != NULL ? new->args : NULL;

	if (e->cli != NULL)
		e->cli->quiet = a != NULL && a->level.v == QUIET;
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "file prompt",
		  .help = "Prompt level",
		  .kw = prompt_kw,
		  .size = sizeof(struct prompt_args),
		  .level = 15 },
		.mode = "config",
		.order = 50,
		.apply = prompt_apply },
};

void
cli_conf_rows(struct conf *conf)
{
	conf_word(conf, "config", "file", "Adjust file system parameters");
	conf_rows(conf, rows, 1);
}
