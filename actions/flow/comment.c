/* comment TEXT: nothing happens. */
#include "actions/flow/flow.h"

struct comment_args {
	struct kw_str text;
};

static const struct kw comment_kw[] = {
	{ .help = "Comment text", .type = &kw_text, KW_AT(struct comment_args, text), .flags = KW_REQ },
	KW_END,
};

const struct action action_comment = {
	.name = "comment",
	.help = "add comment",
	.kw = comment_kw,
	.args_size = sizeof(struct comment_args),
	.flags = ACTION_QUIET,
};
