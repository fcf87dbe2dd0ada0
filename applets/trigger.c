/* Multiple events in the configuration: `trigger`, its mode with `correlate` and `attribute`. */
#include "applets/trigger.h"

#include <string.h>

#include "applets/expand.h"
#include "conf/conf.h"
#include "core/cron.h"
#include "core/mem.h"

static const char mode[] = "config-applet-trigger";

/* 32 bits of seconds, as YANG has it. */
#define TIME_MAX (UINT32_MAX * USEC_PER_SEC + 999 * USEC_PER_MSEC)

/* ---- trigger ---- */

struct trigger_args {
	struct kw_int occurs;
	struct kw_time period;
	struct kw_str period_start;
	struct kw_time delay;
};

static const struct kw trigger_kw[] = {
	{ .word = "occurs",
		.help = "Number of times the correlation must hold before the event is raised",
		.type = &kw_number,
		KW_AT(struct trigger_args, occurs),
		.min = 1,
		.max = UINT32_MAX,
		.dflt = 1,
		.has_dflt = true },
	{ .word = "period",
		.help = "Time within which the events must occur",
		.type = &kw_seconds,
		KW_AT(struct trigger_args, period),
		.max = TIME_MAX },
	{ .word = "period-start",
		.help = "CRON entry that says when the period begins",
		.type = &kw_string,
		KW_AT(struct trigger_args, period_start) },
	{ .word = "delay",
		.help = "Time between the correlation and the event",
		.type = &kw_seconds,
		KW_AT(struct trigger_args, delay),
		.max = TIME_MAX,
		.dflt = 0,
		.has_dflt = true },
	KW_END,
};

/* Rulings 12: with variables it is checked at commit. */
static bool
trigger_adopt(struct engine *engine, void *args, struct err *err)
{
	const struct trigger_args *a = args;
	struct cron unused;

	return !a->period_start.set || strchr(a->period_start.s, '$') ||
	       cron_parse(a->period_start.s, &unused, err);
}

/* ---- correlate ---- */

struct operand_args {
	struct kw_str tag;
	struct kw_int track;
	struct kw_enum op; /* before the next operand */
};

struct correlate_args {
	struct operand_args operand[TRIGGER_TERMS];
};

static const struct kw_alternative ops[] = {
	{ "and", "Both must hold", CORRELATE_AND, false },
	{ "andnot", "The first must hold and the second must not", CORRELATE_ANDNOT, false },
	{ "or", "One of them must hold", CORRELATE_OR, false },
	{ NULL, NULL, 0, false },
};

/* One table an operand, each the sub-table of the operator in front of it. */
static const struct kw *
correlate_table(const void *ctx)
{
	enum { EVENT, TRACK, OPERATOR, END };
	struct kw(*table)[END + 1] = mem_alloc(ctx, TRIGGER_TERMS * sizeof *table);

	for (size_t i = 0; i < TRIGGER_TERMS; i++) {
		size_t at = i * sizeof(struct operand_args);

		table[i][EVENT] = (struct kw){ .word = "event",
			.help = "Event with this tag",
			.type = &kw_word,
			.at = at + offsetof(struct operand_args, tag),
			.flags = KW_REQ | KW_SEQ,
			.group = 1 };
		table[i][TRACK] = (struct kw){ .word = "track",
			.help = "Tracked object that is up",
			.type = &kw_number,
			.at = at + offsetof(struct operand_args, track),
			.flags = KW_REQ | KW_SEQ,
			.group = 1,
			.min = 1,
			.max = TRACKED_MAX };
		if (i + 1 < TRIGGER_TERMS)
			table[i][OPERATOR] = (struct kw){ .help = "How it is joined with the next",
				.type = &kw_choice,
				.at = at + offsetof(struct operand_args, op),
				.choices = ops,
				.sub = table[i + 1] };
	}
	return table[0];
}

/* ---- attribute ---- */

struct attribute_args {
	struct kw_str tag;
	struct kw_int occurs;
};

static const struct kw attribute_kw[] = {
	{ .word = "tag",
		.help = "Event with this tag",
		.type = &kw_word,
		KW_AT(struct attribute_args, tag),
		.flags = KW_REQ | KW_SEQ | KW_KEY },
	{ .word = "occurs",
		.help = "Number of occurrences before the event counts",
		.type = &kw_number,
		KW_AT(struct attribute_args, occurs),
		.min = 1,
		.max = UINT32_MAX,
		.dflt = 1,
		.has_dflt = true },
	KW_END,
};

/* ---- the rows ---- */

enum { ROW_TRIGGER, ROW_CORRELATE, ROW_ATTRIBUTE, ROWS };
enum { ORDER_CORRELATE = 10, ORDER_ATTRIBUTE = 20 };

static const struct conf_row rows_template[ROWS] = {
	[ROW_TRIGGER] = { .cmd = { .words = "trigger",
				  .help = "Enter the trigger configuration mode",
				  .kw = trigger_kw,
				  .size = sizeof(struct trigger_args),
				  .level = 15 },
		.mode = "config-applet",
		.enters = mode,
		.order = ORDER_TRIGGER,
		.adopt = trigger_adopt },
	[ROW_CORRELATE] = { .cmd = { .words = "correlate",
				    .help = "Correlate the events of the applet",
				    .size = sizeof(struct correlate_args),
				    .level = 15 },
		.mode = mode,
		.order = ORDER_CORRELATE },
	[ROW_ATTRIBUTE] = { .cmd = { .words = "attribute",
				    .help = "Attributes of an event",
				    .kw = attribute_kw,
				    .size = sizeof(struct attribute_args),
				    .level = 15 },
		.mode = mode,
		.order = ORDER_ATTRIBUTE },
};

static const struct conf_mode trigger_mode = { .name = mode, .parent = "config-applet" };

void
trigger_rows(struct engine *engine)
{
	struct conf_row *rows = mem_dup(engine->conf, rows_template, sizeof rows_template);

	rows[ROW_CORRELATE].cmd.kw = correlate_table(engine->conf);
	conf_modes(engine->conf, &trigger_mode, 1);
	conf_rows(engine->conf, rows, ROWS);
}

/* ---- reading it at registration ---- */

static bool
is_row(const struct conf_node *n, unsigned row)
{
	return strcmp(n->row->mode, rows_template[row].mode) == 0 &&
	       n->row->cmd.words == rows_template[row].cmd.words;
}

static const struct conf_node *
trigger_node(const struct conf_node *applet)
{
	for (const struct conf_node *n = applet->first; n; n = n->next)
		if (is_row(n, ROW_TRIGGER))
			return n;
	return NULL;
}

static void
read_correlate(const struct correlate_args *a, struct trigger_spec *out)
{
	for (size_t i = 0; i < TRIGGER_TERMS; i++) {
		const struct operand_args *o = &a->operand[i];

		if (!o->tag.set && !o->track.set)
			break;
		out->term[out->terms++] = (struct correlate_term){
			.op = i > 0 ? (enum correlate_op)a->operand[i - 1].op.v : CORRELATE_AND,
			.tag = o->tag.set ? o->tag.s : NULL,
			.track = (uint32_t)o->track.v,
		};
	}
}

static bool
read_attribute(const struct attribute_args *a, struct trigger_spec *out, struct err *err)
{
	if (out->attributes == TRIGGER_MEMBERS)
		return err_set(err, ERR_CONFIG, "attribute tag %s is not defined", a->tag.s);
	out->attribute[out->attributes++] =
		(struct trigger_attribute){ a->tag.s, a->occurs.set ? (uint64_t)a->occurs.v : 1 };
	return true;
}

bool
trigger_read(const void *ctx, struct engine *engine, const struct conf_node *applet, bool *found,
	struct trigger_spec *out, struct err *err)
{
	const struct conf_node *node = trigger_node(applet);
	const struct trigger_args *a = node ? node->args : NULL;
	char *start = NULL;

	*out = (struct trigger_spec){ 0 };
	*found = node != NULL;
	if (node == NULL)
		return true;
	if (a->period_start.set && !expand_environment(ctx, engine, a->period_start.s, &start, err))
		return false;
	out->occurs = a->occurs.set ? (uint64_t)a->occurs.v : 1;
	out->period = a->period.set ? a->period.v : 0;
	out->delay = a->delay.set ? a->delay.v : 0;
	out->period_start = start;
	for (const struct conf_node *n = node->first; n; n = n->next) {
		if (is_row(n, ROW_CORRELATE))
			read_correlate(n->args, out);
		else if (!read_attribute(n->args, out, err))
			return false;
	}
	return true;
}
