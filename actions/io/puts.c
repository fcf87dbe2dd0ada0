/*
 * action LABEL puts [nonewline] TEXT: prints to the terminal of a synchronous run; without one it
 * is logged as %HA_EM-6-LOG (eem-language 6.5).
 */
#include "actions/action.h"
#include "actions/io/io.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"
#include "core/tty.h"

struct puts_args {
	struct kw_flag nonewline;
	struct kw_template text;
};

static const struct kw puts_kw[] = {
	{ .word = "nonewline",
		.help = "Do not append a newline",
		KW_AT(struct puts_args, nonewline),
		.flags = KW_SEQ },
	{ .help = "Text to print", .type = &kw_template, KW_AT(struct puts_args, text), .flags = KW_REQ },
	KW_END,
};

static enum step
puts_exec(struct run *run, const void *args)
{
	const struct puts_args *a = args;
	struct tty *tty = run_tty(run);
	struct text *t;
	const char *s;
	size_t n = 0;

	s = run_expand(run, &a->text, tty != NULL ? &n : NULL);
	if (s == NULL)
		return STEP_FAIL;
	if (tty == NULL) {
		run_log(run, "HA_EM", SEV_INFORMATIONAL, "LOG", "%s: %s", run_policy(run), s);
		return STEP_NEXT;
	}
	t = text_new(NULL);
	text_addn(t, s, n);
	if (!a->nonewline.set)
		text_addc(t, '\n');
	redact_text(run_engine(run)->redact, t, 0);
	tty->print(tty, t->s, t->len);
	mem_free(t);
	return STEP_NEXT;
}

const struct action action_puts = {
	.name = "puts",
	.help = "print data to active tty",
	.kw = puts_kw,
	.args_size = sizeof(struct puts_args),
	.exec = puts_exec,
};
