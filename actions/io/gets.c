/*
 * action LABEL gets VAR: reads a line from the terminal of a synchronous run; without one it fails
 * (eem-language 6.5).
 */
#include <string.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "core/mem.h"
#include "core/tty.h"

struct gets_args {
	struct kw_variable variable;
};

static const struct kw gets_kw[] = {
	{ .help = "Variable name", .type = &kw_variable, KW_AT(struct gets_args, variable), .flags = KW_REQ },
	KW_END,
};

/* A question at a terminal: the terminal answers it once, even when the run has gone meanwhile. */
struct asked {
	struct run *run; /* NULL: nobody waits any more */
	const struct gets_args *args;
};

static enum step
no_terminal(struct run *run)
{
	return run_fail(run, "FH_ENOTTY", SEV_ERRORS, "FMPD_GETS",
		"Unable to read from the terminal: the policy has none");
}

static void
got(void *arg, const char *line)
{
	struct asked *q = arg;
	struct run *run = q->run;
	const struct gets_args *a = q->args;

	mem_free(q);
	if (run == NULL)
		return;
	if (line == NULL) {
		run_resume_failed(run, "FH_ENOTTY", SEV_ERRORS, "FMPD_GETS",
			"Unable to read from the terminal: it gives no line");
		return;
	}
	if (run_set(run, &a->variable.v, line, strlen(line)))
		run_resume(run, NULL);
	else
		run_resume(run, &(struct err){ .code = ERR_REFUSED, .class = "FH_EREADONLY" });
}

static void
cancelled(void *arg)
{
	((struct asked *)arg)->run = NULL;
}

static enum step
gets_exec(struct run *run, const void *args)
{
	struct tty *tty = run_tty(run);
	struct asked *q;
	enum step step;

	if (tty == NULL)
		return no_terminal(run);
	q = mem_new(NULL, struct asked);
	*q = (struct asked){ .run = run, .args = args };
	step = run_wait(run, cancelled, q);
	tty->ask(tty, "", got, q);
	return step;
}

const struct action action_gets = {
	.name = "gets",
	.help = "get line of input from active tty",
	.kw = gets_kw,
	.args_size = sizeof(struct gets_args),
	.exec = gets_exec,
};
