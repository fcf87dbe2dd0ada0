/*
 * action LABEL help read VAR, help set TEXT: the help buffer of a cli event with `questionmark`. Known,
 * and refused when typed: no event gives policies that buffer.
 */
#include "actions/action.h"
#include "actions/io/io.h"

struct help_args {
	struct kw_variable read;
	struct kw_template set;
};

static const struct kw help_kw[] = {
	{ .word = "read",
		.help = "Read the parser help buffer",
		.type = &kw_variable,
		KW_AT(struct help_args, read),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "set",
		.help = "Set the parser help buffer",
		.type = &kw_template,
		KW_AT(struct help_args, set),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	KW_END,
};

static bool
help_typed(struct engine *engine, void *args, struct err *err)
{
	return err_set(err, ERR_REFUSED, "The parser help buffer is not supported");
}

const struct action action_help = {
	.name = "help",
	.help = "Read/Set parser help buffer",
	.kw = help_kw,
	.args_size = sizeof(struct help_args),
	.typed = help_typed,
};
