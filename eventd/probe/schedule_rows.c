/* ip sla schedule N, ip sla group schedule G IDS: when operations run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "probe/lines.h"
#include "probe/rows.h"

enum { GROUP_IDS = 125, LIFE = 3600 };

/* What both lines have. */
struct when_args {
	struct kw_str life;
	struct kw_flag start, now, pending, at, recurring;
	struct kw_str after, time, first, second;
	struct kw_int random, ageout;
};

struct schedule_args {
	struct kw_int number;
	struct when_args when;
};

struct group_args {
	struct kw_int number, period, frequency;
	struct kw_str ids;
	struct when_args when;
};

/* ---- a day of the year ---- */

static const char *const months[] = { "january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december" };

/* 1 to 12 by three letters and more, or 0. */
static int
month_of(const char *s)
{
	size_t n = strlen(s);

	for (int i = 0; n >= 3 && i < 12; i++)
		if (n <= strlen(months[i]) && strncasecmp(months[i], s, n) == 0)
			return i + 1;
	return 0;
}

static int
day_of(const char *s)
{
	size_t n = strspn(s, "0123456789");
	int day = n > 0 && n <= 2 && s[n] == '\0' ? atoi(s) : 0;

	return day <= 31 ? day : 0;
}

static bool
date_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (month_of(t->text) == 0 && day_of(t->text) == 0)
		return err_set(err, ERR_RANGE, "a day from 1 to 31, or the name of a month");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
date_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, row->at == offsetof(struct schedule_args, when.first) ||
				      row->at == offsetof(struct group_args, when.first)
			      ? "Mar"
			      : "17");
}

static const struct kw_type date_type = {
	.param = "<1-31>|MONTH",
	.name = "day or month",
	.size = sizeof(struct kw_str),
	.parse = date_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = date_sample,
};

/* What does not begin like a time is the beginning of a word: `start-time pend`. */
static bool
clock_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	if (t->text[0] < '0' || t->text[0] > '9')
		return err_set(err, ERR_RANGE, "a time of the day, as 08:30");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
clock_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_add(out, "08:30:00");
}

static const struct kw_type clock_type = {
	.param = "HH:MM[:SS]",
	.name = "time of the day",
	.size = sizeof(struct kw_str),
	.parse = clock_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = clock_sample,
};

/* ---- grammar ---- */

#define DATE_KW(name_, type_)                           \
	static const struct kw name_[] = {              \
		{ .help = "Month, or day of the month", \
			.type = &date_type,             \
			KW_AT(type_, when.first),       \
			.flags = KW_SEQ },              \
		{ .help = "Day of the month, or month", \
			.type = &date_type,             \
			KW_AT(type_, when.second),      \
			.flags = KW_SEQ },              \
		KW_END,                                 \
	}

#define START_KW(name_, type_, date_)                                \
	static const struct kw name_[] = {                           \
		{ .word = "after",                                   \
			.help = "Start after a time (hh:mm:ss)",     \
			.type = &kw_word,                            \
			KW_AT(type_, when.after),                    \
			.flags = KW_REQ | KW_SEQ,                    \
			.group = 1,                                  \
			.param = "HH:MM:SS" },                       \
		{ .word = "now",                                     \
			.help = "Start now",                         \
			KW_AT(type_, when.now),                      \
			.flags = KW_REQ | KW_SEQ,                    \
			.group = 1 },                                \
		{ .word = "pending",                                 \
			.help = "Start when it is triggered",        \
			KW_AT(type_, when.pending),                  \
			.flags = KW_REQ | KW_SEQ,                    \
			.group = 1 },                                \
		{ .word = "random",                                  \
			.help = "Start within so many milliseconds", \
			.type = &kw_number,                          \
			KW_AT(type_, when.random),                   \
			.flags = KW_REQ | KW_SEQ,                    \
			.group = 1,                                  \
			.min = 500,                                  \
			.max = 10000 },                              \
		{ .help = "Start at a time (hh:mm[:ss])",            \
			.type = &clock_type,                         \
			KW_AT(type_, when.time),                     \
			.flags = KW_REQ | KW_SEQ,                    \
			.group = 1,                                  \
			.param = "HH:MM[:SS]",                       \
			.sub = date_ },                              \
		KW_END,                                              \
	}

#define WHEN_ROWS(type_, start_)                                                                          \
	{ .word = "life",                                                                                 \
		.help = "Length of time to execute in seconds, or forever",                               \
		.type = &kw_word,                                                                         \
		KW_AT(type_, when.life),                                                                  \
		.param = "<0-2147483647>|forever" },                                                      \
		{ .word = "start-time",                                                                   \
			.help = "When to start this entry",                                               \
			KW_AT(type_, when.start),                                                         \
			.sub = start_ },                                                                  \
		{ .word = "ageout",                                                                       \
			.help = "Seconds to keep this entry when it is inactive",                         \
			.type = &kw_number,                                                               \
			KW_AT(type_, when.ageout),                                                        \
			.max = 2073600,                                                                   \
			.has_dflt = true },                                                               \
	{                                                                                                 \
		.word = "recurring", .help = "Start every day at that time", KW_AT(type_, when.recurring) \
	}

DATE_KW(schedule_date_kw, struct schedule_args);
START_KW(schedule_start_kw, struct schedule_args, schedule_date_kw);
DATE_KW(group_date_kw, struct group_args);
START_KW(group_start_kw, struct group_args, group_date_kw);

static const struct kw schedule_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct schedule_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	WHEN_ROWS(struct schedule_args, schedule_start_kw),
	KW_END,
};

static const struct kw group_kw[] = {
	{ .help = "Group entry number",
		.type = &kw_number,
		KW_AT(struct group_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	{ .help = "Operations of the group, as 1,3,5-9",
		.type = &kw_word,
		KW_AT(struct group_args, ids),
		.flags = KW_REQ,
		.param = "WORD" },
	{ .word = "schedule-period",
		.help = "Seconds over which the operations begin",
		.type = &kw_number,
		KW_AT(struct group_args, period),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 604800 },
	{ .word = "frequency",
		.help = "Seconds between two runs of each operation",
		.type = &kw_number,
		KW_AT(struct group_args, frequency),
		.min = 1,
		.max = 604800 },
	WHEN_ROWS(struct group_args, group_start_kw),
	KW_END,
};

/* ---- values ---- */

static bool
parse_time(const char *s, int *h, int *m, int *sec)
{
	int n = 0;

	*sec = 0;
	if (sscanf(s, "%2d:%2d:%2d%n", h, m, sec, &n) != 3) {
		*sec = 0;
		if (sscanf(s, "%2d:%2d%n", h, m, &n) != 2)
			return false;
	}
	return s[n] == '\0' && *h >= 0 && *h < 24 && *m >= 0 && *m < 60 && *sec >= 0 && *sec < 60;
}

static bool
has_seconds(const char *s)
{
	return strchr(strchr(s, ':') + 1, ':') != NULL;
}

/* `Mar 17` and `17 Mar`; neither of both is fine, too. */
static bool
parse_date(const struct when_args *a, int *month, int *day)
{
	static const int longest[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *first = a->first.s, *second = a->second.s;

	*month = *day = 0;
	if (!a->first.set)
		return true;
	if (!a->second.set)
		return false;
	if (month_of(first) == 0) {
		const char *swap = first;

		first = second;
		second = swap;
	}
	*month = month_of(first);
	*day = day_of(second);
	return *month != 0 && *day != 0 && *day <= longest[*month - 1];
}

static bool
when_adopt(const struct when_args *a, struct err *err)
{
	int h, m, s;

	if (a->life.set && strcmp(a->life.s, "forever") != 0 &&
		(strspn(a->life.s, "0123456789") != strlen(a->life.s) || strlen(a->life.s) > 10 ||
			strtoll(a->life.s, NULL, 10) > INT32_MAX))
		return err_set(err, ERR_RANGE, "'life' takes seconds, or forever");
	if ((a->after.set && (!parse_time(a->after.s, &h, &m, &s) || !has_seconds(a->after.s))) ||
		(a->time.set && !parse_time(a->time.s, &h, &m, &s)))
		return err_set(
			err, ERR_RANGE, "'start-time' takes now, pending, after HH:MM:SS or HH:MM[:SS]");
	if (!parse_date(a, &h, &m))
		return err_set(err, ERR_RANGE, "a date is a month and its day, as Mar 17 or 17 Mar");
	if (a->recurring.set && !a->time.set)
		return err_set(err, ERR_REFUSED, "'recurring' needs a 'start-time' of the day");
	if (a->recurring.set && a->first.set)
		return err_set(err, ERR_REFUSED, "'recurring' starts every day: it takes no date");
	return true;
}

/* `life for`: a keyword may be abbreviated, and prints whole. */
static bool
when_take(struct when_args *a, struct err *err)
{
	size_t n = a->life.set ? strlen(a->life.s) : 0;

	if (n > 0 && strncasecmp("forever", a->life.s, n) == 0)
		a->life.s = "forever";
	return when_adopt(a, err);
}

static bool
schedule_adopt(struct engine *e, void *args, struct err *err)
{
	return when_take(&((struct schedule_args *)args)->when, err);
}

static void
take_when(struct sla_schedule *s, const struct when_args *a)
{
	int h = 0, m = 0, sec = 0;

	memset(s, 0, sizeof *s);
	s->is_set = true;
	s->start = a->now.set      ? SLA_NOW
		   : a->after.set  ? SLA_AFTER
		   : a->random.set ? SLA_RANDOM
		   : a->time.set   ? SLA_AT
				   : SLA_PENDING;
	if (a->after.set && parse_time(a->after.s, &h, &m, &sec))
		s->after = ((h * 60 + m) * 60 + sec) * USEC_PER_SEC;
	if (a->random.set)
		s->after = a->random.v * USEC_PER_MSEC;
	if (a->time.set)
		parse_time(a->time.s, &s->hour, &s->minute, &s->second);
	parse_date(a, &s->month, &s->day);
	s->life = !a->life.set                        ? LIFE * USEC_PER_SEC
		  : strcmp(a->life.s, "forever") == 0 ? 0
						      : strtoll(a->life.s, NULL, 10) * USEC_PER_SEC;
	s->ageout = a->ageout.set ? a->ageout.v * USEC_PER_SEC : 0;
	s->recurring = a->recurring.set;
}

/* ---- groups ---- */

static int
wrong_ids(struct err *err, const char *what)
{
	err_set(err, ERR_RANGE, "%s", what);
	return -1;
}

/* "1,3,5-9" in the order as written; the number of them, or -1 with what is wrong. Room for GROUP_IDS. */
static int
parse_ids(const char *s, uint32_t *ids, struct err *err)
{
	int n = 0;

	while (*s != '\0') {
		char *end;
		unsigned long from, to;

		if (*s < '0' || *s > '9')
			break;
		from = to = strtoul(s, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			to = strtoul(end + 1, &end, 10);
		if (from == 0 || to < from || to > SLA_MAX || (*end != ',' && *end != '\0') ||
			(*end == ',' && end[1] == '\0'))
			break;
		for (unsigned long i = from; i <= to; i++) {
			for (int j = 0; j < n; j++)
				if (ids[j] == i)
					return wrong_ids(err, "an operation is named twice");
			if (n == GROUP_IDS)
				return wrong_ids(err, "a group has at most 125 operations");
			ids[n++] = (uint32_t)i;
		}
		s = *end == ',' ? end + 1 : end;
	}
	if (*s == '\0' && n > 0)
		return n;
	return wrong_ids(err, "operations are written as 1,3,5-9");
}

static bool
group_adopt(struct engine *e, void *args, struct err *err)
{
	struct group_args *a = args;
	uint32_t ids[GROUP_IDS];

	return when_take(&a->when, err) && parse_ids(a->ids.s, ids, err) > 0;
}

static bool
group_has(const struct group_args *a, uint32_t number)
{
	uint32_t ids[GROUP_IDS];
	int n = parse_ids(a->ids.s, ids, NULL);

	for (int i = 0; i < n; i++)
		if (ids[i] == number)
			return true;
	return false;
}

static bool
is_group(const struct conf_node *n)
{
	return strcmp(n->row->cmd.words, "ip sla group schedule") == 0;
}

/* Another group that schedules the operation; 0: none. */
static uint32_t
group_of(const struct conf_node *any_global, uint32_t number, const struct conf_node *but)
{
	for (const struct conf_node *n = any_global->parent->first; n != NULL; n = n->next)
		if (n != but && is_group(n) && group_has(n->args, number))
			return (uint32_t)((const struct group_args *)n->args)->number.v;
	return 0;
}

static bool
group_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct group_args *a = n->args;
	uint32_t ids[GROUP_IDS], other;
	int count = parse_ids(a->ids.s, ids, err);
	char key[40];

	for (int i = 0; i < count; i++) {
		if (!sla_entry_is_there(n, ids[i], true, err))
			return false;
		snprintf(key, sizeof key, "ip sla schedule %u", ids[i]);
		if (conf_child(n->parent, key) != NULL)
			return err_set(err, ERR_REFUSED, "Entry %u has a schedule of its own", ids[i]);
		other = group_of(n, ids[i], n);
		if (other != 0)
			return err_set(err, ERR_REFUSED, "Entry %u is in group %u already", ids[i], other);
	}
	return count > 0;
}

static void
group_leave(struct slas_world *all, const struct group_args *a)
{
	uint32_t ids[GROUP_IDS];
	int n = parse_ids(a->ids.s, ids, NULL);

	for (int i = 0; i < n; i++) {
		struct operation *o = slas_find(all, ids[i]);

		if (o == NULL || o->schedule.group != (uint32_t)a->number.v)
			continue;
		memset(&o->schedule, 0, sizeof o->schedule);
		operation_rescheduled(o);
		slas_tidy(all, o);
	}
}

static bool
group_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct group_args *a;
	uint32_t ids[GROUP_IDS];
	int n;

	if (old != NULL)
		group_leave(e->sla_world, old->args);
	slas_group(e->sla_world,
		(uint32_t)((const struct group_args *)(new != NULL ? new : old)->args)->number.v,
		new == NULL ? NULL : ((const struct group_args *)new->args)->ids.s,
		new == NULL ? 0 : (unsigned)((const struct group_args *)new->args)->period.v,
		new == NULL || !((const struct group_args *)new->args)->frequency.set
			? 0
			: (unsigned)((const struct group_args *)new->args)->frequency.v);
	if (new == NULL)
		return true;
	a = new->args;
	n = parse_ids(a->ids.s, ids, NULL);
	for (int i = 0; i < n; i++) {
		struct operation *o = slas_get(e->sla_world, ids[i]);

		take_when(&o->schedule, &a->when);
		o->schedule.group = (uint32_t)a->number.v;
		/* IOS spreads the beginnings evenly over the period, which is the frequency, too, by default. */
		o->schedule.offset = (usec)a->period.v * USEC_PER_SEC * i / n;
		o->schedule.frequency = (unsigned)(a->frequency.set ? a->frequency.v : a->period.v);
		operation_rescheduled(o);
	}
	return true;
}

/* ---- ip sla schedule N ---- */

static bool
schedule_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	uint32_t number = (uint32_t)((const struct schedule_args *)n->args)->number.v;
	char key[40];

	if (!sla_entry_is_there(n, number, true, err))
		return false;
	/* A group that comes with the same change looks for this line itself. */
	for (const struct sla_group *g = e->sla_world->groups; g != NULL; g = g->next) {
		const struct conf_node *line;

		snprintf(key, sizeof key, "ip sla group schedule %u", g->number);
		line = conf_child(n->parent, key);
		if (line != NULL && group_has(line->args, number))
			return err_set(
				err, ERR_REFUSED, "Entry %u is in group %u already", number, g->number);
	}
	return true;
}

static bool
schedule_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct schedule_args *a = (new != NULL ? new : old)->args;
	struct operation *o = slas_get(e->sla_world, (uint32_t)a->number.v);

	memset(&o->schedule, 0, sizeof o->schedule);
	if (new != NULL)
		take_when(&o->schedule, &a->when);
	operation_rescheduled(o);
	slas_tidy(e->sla_world, o);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip sla schedule",
		  .help = "IP SLAs entry scheduling",
		  .kw = schedule_kw,
		  .size = sizeof(struct schedule_args),
		  .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 1,
		.adopt = schedule_adopt,
		.check = schedule_check,
		.apply = schedule_apply },
	{ .cmd = { .words = "ip sla group schedule",
		  .help = "IP SLAs group scheduling",
		  .kw = group_kw,
		  .size = sizeof(struct group_args),
		  .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 1,
		.adopt = group_adopt,
		.check = group_check,
		.apply = group_apply },
};

void
sla_schedule_rows(struct conf *conf)
{
	conf_word(conf, "config", "ip sla group", "IP SLAs group configuration");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}
