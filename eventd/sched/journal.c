/* Runs and counters on their way to the store, and back. */
#include "sched/journal.h"

#include <string.h>

#include "bus/counter.h"
#include "bus/history.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"
#include "sched/sched.h"
#include "store/runs.h"
#include "store/store.h"

#define PERIOD     USEC_PER_SEC
#define DETAIL_MAX 4096 /* octets kept of the variables of a run's event */

struct journal {
	struct engine *engine;
	struct timer *timer;
	json_t *over;      /* jobs that were told as running */
	uint64_t told;     /* number of the last entry of the history that is stored */
	uint64_t telling;  /* the same, of the write under way */
	json_t *over_told; /* of the write under way */
	bool is_read, is_writing, has_failed;
};

/* ---- out ---- */

static json_t *
shown(const struct journal *j, const char *s)
{
	struct text *t = text_new(NULL);
	json_t *made;

	text_addn(t, s, strnlen(s, DETAIL_MAX));
	redact_text(j->engine->redact, t, 0);
	made = frame_string(t->s, t->len);
	mem_free(t);
	return made;
}

static json_t *
entry_row(const struct journal *j, const struct history_entry *e)
{
	return json_pack("{s:I, s:I, s:s, s:I, s:s, s:s, s:o, s:o}", "no", (json_int_t)e->no, "job",
		(json_int_t)e->job_id, "status", e->status, "wall", (json_int_t)e->wall, "type", e->type,
		"kind", e->kind, "name", frame_string(e->name, strlen(e->name)), "detail",
		shown(j, e->detail));
}

static json_t *
ended_rows(const struct journal *j)
{
	const struct history *h = j->engine->history;
	json_t *list = json_array();

	for (size_t i = 0; i < history_count(h); i++)
		if (history_at(h, i)->no > j->told)
			json_array_append_new(list, entry_row(j, history_at(h, i)));
	return list;
}

struct running {
	const struct journal *journal;
	json_t *list;
};

static void
add_running(void *arg, const struct run_view *v)
{
	struct running *to = arg;

	json_array_append_new(to->list,
		json_pack("{s:I, s:I, s:s, s:s, s:o, s:s}", "job", (json_int_t)v->job, "wall",
			(json_int_t)v->event_wall, "type", v->type, "kind", policy_kind_name(v->kind), "name",
			frame_string(v->policy, strlen(v->policy)), "detail", ""));
}

static void
add_counter(void *arg, const char *name, int64_t value)
{
	json_object_set_new(arg, name, json_integer(value));
}

static json_t *
changes(struct journal *j)
{
	struct engine *e = j->engine;
	struct running running = { j, json_array() };
	json_t *counters = json_object();

	if (history_size(e->history) > 0)
		sched_each_new(e->sched, j->has_failed, add_running, &running);
	counters_each_changed(e->counters, j->has_failed, add_counter, counters);
	j->over_told = j->over;
	j->over = json_array();
	j->telling = history_last(e->history);
	return json_pack("{s:I, s:I, s:O, s:o, s:o, s:o}", "boot", (json_int_t)e->boot, "keep",
		(json_int_t)history_size(e->history), "over", j->over_told, "done", ended_rows(j), "running",
		running.list, "counters", counters);
}

/* What could not be written is told again, all of it: to tell a thing twice does no harm. */
static void
on_written(void *arg, const json_t *out, const struct err *err)
{
	struct journal *j = arg;

	(void)out;
	j->is_writing = false;
	if (err == NULL) {
		j->told = j->telling;
		j->has_failed = false;
	} else {
		if (!j->has_failed)
			log_msg(j->engine->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HISTORY",
				"History and counters cannot be stored: %s", err->text);
		j->has_failed = true;
		json_array_extend(j->over, j->over_told);
		journal_changed(j);
	}
	json_decref(j->over_told);
	j->over_told = NULL;
}

static void
on_time(void *arg)
{
	struct journal *j = arg;

	if (j->is_writing) {
		timer_set(j->timer, PERIOD);
		return;
	}
	j->is_writing = true;
	store_submit(j, j->engine->store, runs_record, changes(j), on_written, j);
}

void
journal_changed(struct journal *j)
{
	if (j == NULL || !j->is_read || (j->timer != NULL && timer_is_set(j->timer)))
		return;
	if (j->timer == NULL)
		j->timer = timer_after(j, j->engine->loop, PERIOD, on_time, j);
	else
		timer_set(j->timer, PERIOD);
}

void
journal_over(struct journal *j, uint64_t job)
{
	if (j == NULL)
		return;
	json_array_append_new(j->over, json_integer((json_int_t)job));
	journal_changed(j);
}

static void
on_counter(void *arg, const char *name, int64_t value, struct cause *cause)
{
	(void)name, (void)value, (void)cause;
	journal_changed(arg);
}

/* ---- in ---- */

static const char *
word(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "";
}

static int64_t
number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static void
restore_history(struct history *h, const json_t *rows)
{
	size_t n = json_array_size(rows);
	struct history_entry *entries = mem_array(h, struct history_entry, n);

	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(rows, i);

		entries[i] = (struct history_entry){ .no = (uint64_t)number(row, "no"),
			.job_id = (uint64_t)number(row, "job"),
			.status = word(row, "status"),
			.wall = number(row, "wall"),
			.type = word(row, "type"),
			.kind = word(row, "kind"),
			.name = word(row, "name"),
			.detail = word(row, "detail") };
	}
	history_restore(h, entries, n);
	mem_free(entries);
}

static void
on_read(void *arg, const json_t *out, const struct err *err)
{
	struct journal *j = arg;
	struct engine *e = j->engine;
	int64_t interrupted = number(out, "interrupted");
	const json_t *rows = json_object_get(out, "runs");
	const char *name;
	json_t *value;

	j->is_read = true;
	if (err != NULL) {
		log_msg(e->log, NULL, "HA_EM", SEV_ERRORS, "FMPD_HISTORY",
			"History and counters cannot be read: %s", err->text);
		return;
	}
	restore_history(e->history, rows);
	if (json_array_size(rows) > 0)
		j->told = (uint64_t)number(json_array_get(rows, json_array_size(rows) - 1), "no");
	json_object_foreach(json_object_get(out, "counters"), name, value)
		counter_restore(e->counters, name, json_integer_value(value));
	if (interrupted > 0)
		log_msg(e->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_INTERRUPTED",
			"Runs that were under way when eventd ended: %lld; they are not repeated, and the "
			"history names them",
			(long long)interrupted);
	journal_changed(j); /* what happened meanwhile */
}

/* What the timer would have written is still carried out by the store. */
static int
journal_free(void *p)
{
	struct journal *j = p;

	if (j->is_read && (j->is_writing || (j->timer != NULL && timer_is_set(j->timer))))
		store_submit(j->engine, j->engine->store, runs_record, changes(j), NULL, NULL);
	json_decref(j->over_told);
	json_decref(j->over);
	return 0;
}

struct journal *
journal_new(const void *ctx, struct engine *engine)
{
	struct journal *j;

	if (engine->state_dir == NULL || engine->is_check)
		return NULL;
	j = mem_new(ctx, struct journal);
	j->engine = engine;
	j->over = json_array();
	mem_on_free(j, journal_free);
	counters_watch(j, engine->counters, on_counter, j);
	return j;
}

void
journal_open(struct journal *j)
{
	if (j != NULL)
		store_submit(j, j->engine->store, runs_load,
			json_pack("{s:I, s:I}", "boot", (json_int_t)j->engine->boot, "keep",
				(json_int_t)HISTORY_MAX),
			on_read, j);
}
