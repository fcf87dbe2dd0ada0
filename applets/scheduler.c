/* The rows of `event manager scheduler`: threads of classes, suspend. */
#include <string.h>

#include "applets/rows.h"
#include "conf/conf.h"
#include "core/rng.h"
#include "core/text.h"
#include "sched/sched.h"

struct thread_args {
	struct kw_list classes; /* `default`, letters, `range A-D` */
	struct kw_int number;
};

static const char script_words[] = "event manager scheduler script thread class";

/* One word of CLASSES: `default`, a letter, `A-D`, or the word `range` before that. */
static bool
read_class(const char *word, uint32_t *classes)
{
	bool is_range = word[0] != '\0' && word[1] == '-';
	char last = is_range ? word[2] : word[0];

	if (strcmp(word, "range") == 0)
		return true;
	if (strcmp(word, "default") == 0) {
		*classes |= SCHED_CLASS_BIT(0);
		return true;
	}
	if (strlen(word) != (is_range ? 3 : 1) || word[0] < 'A' || last > 'Z' || word[0] > last)
		return false;
	for (char c = word[0]; c <= last; c++)
		*classes |= SCHED_CLASS_BIT(c);
	return true;
}

static bool
class_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	uint32_t classes = 0;

	if (!read_class(t->text, &classes))
		return err_set(err, ERR_INVALID, "A class is default, A to Z, or a range such as A-D");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
class_help(const struct kw *row, struct text *out)
{
	text_add(out, "default|A-Z|range A-D");
}

static void
class_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "default", "A", "Z", "range A-D", "C-C" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

static const struct kw_type kw_class = {
	.name = "class",
	.size = sizeof(struct kw_str),
	.parse = class_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.help = class_help,
	.sample = class_sample,
};

static const struct kw thread_kw[] = {
	{ .help = "Class of policies: default, A to Z, or range A-D",
		.type = &kw_class,
		KW_AT(struct thread_args, classes),
		.flags = KW_REQ | KW_KEY | KW_MANY },
	{ .word = "number",
		.help = "Number of scheduler threads",
		.type = &kw_number,
		KW_AT(struct thread_args, number),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 65535 },
	KW_END,
};

static bool
thread_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct thread_args *a = args;

	for (size_t i = 0; i < a->classes.n; i++)
		if (strcmp(a->classes.v[i], "range") == 0 &&
			(i + 1 == a->classes.n || a->classes.v[i + 1][1] != '-'))
			return err_set(err, ERR_REFUSED, "'range' takes first and last class, such as A-D");
	return true;
}

static bool
thread_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct conf_node *n = new ? new : old;
	enum policy_kind kind = strcmp(n->row->cmd.words, script_words) == 0 ? POLICY_SCRIPT : POLICY_APPLET;
	const struct thread_args *a = n->args;
	uint32_t classes = 0;

	for (size_t i = 0; i < a->classes.n; i++)
		read_class(a->classes.v[i], &classes);
	sched_set_threads(engine->sched, kind, n->key, classes, new ? (unsigned)a->number.v : 0);
	return true;
}

static bool
suspend_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	sched_suspend(engine->sched, new != NULL);
	return true;
}

#define ROW(words_, help_, kw_, type_, ...)                                                       \
	{                                                                                         \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = type_, .level = 15 }, \
		.mode = "config", .order = ORDER_EEM_SETTINGS, __VA_ARGS__                        \
	}

static const struct conf_row rows[] = {
	ROW("event manager scheduler applet thread class", "Class of policies", thread_kw,
		sizeof(struct thread_args), .adopt = thread_adopt, .apply = thread_apply),
	ROW(script_words, "Class of policies", thread_kw, sizeof(struct thread_args), .adopt = thread_adopt,
		.apply = thread_apply),
	ROW("event manager scheduler suspend", "Suspend policy scheduling", NULL, 0, .apply = suspend_apply),
};

void
scheduler_rows(struct engine *engine)
{
	conf_rows(engine->conf, rows, sizeof rows / sizeof *rows);
}
