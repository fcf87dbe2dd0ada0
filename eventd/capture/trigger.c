/* When a capture is frozen. */
#include "capture/trigger.h"

#include <inttypes.h>
#include <string.h>

#include "bus/moment.h"
#include "bus/sla.h"
#include "capture/client.h"
#include "capture/point.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "sched/policy.h"

struct trigger {
	struct captures *captures;
	struct capture_point *point;
	struct trigger_args a;   /* its name is owned */
	struct waiting *waiting; /* for the window that is being taken, or NULL */
	bool is_spent;
	usec ready;    /* monotonic: not before */
	bool was_fine; /* the probe's last outcome */
	uint64_t taken, suppressed, failed;
	char *last_file, *last_why;
	int64_t last_packets;
	struct trigger *next;
};

/* ---- grammar ---- */

#define AT(field_) .at = offsetof(struct trigger_args, field_)
enum { GROUP_MOMENT = 1, GROUP_AGAIN = 2, SECONDS_MAX = 3600, AFTER_MAX = 600, SLA_MAX = 2147483647 };

#define MOMENTS(flags_, then_)                                                                            \
	{ .word = "event",                                                                                \
		.help = "A policy is triggered",                                                          \
		.type = &kw_word,                                                                         \
		.param = "POLICY",                                                                        \
		AT(policy),                                                                               \
		.flags = KW_SEQ | (flags_),                                                               \
		.group = GROUP_MOMENT,                                                                    \
		.sub = (then_) },                                                                         \
		{ .word = "mail",                                                                         \
			.help = "A mail fails",                                                           \
			AT(mail),                                                                         \
			.flags = KW_SEQ,                                                                  \
			.group = GROUP_MOMENT,                                                            \
			.sub = (then_) },                                                                 \
	{                                                                                                 \
		.word = "sla", .help = "A probe of this IP SLA operation fails", .type = &kw_number,      \
		AT(sla), .min = 1, .max = SLA_MAX, .flags = KW_SEQ, .group = GROUP_MOMENT, .sub = (then_) \
	}

static const struct kw how_kw[] = {
	{ .word = "before",
		.help = "Seconds before the moment",
		.type = &kw_number,
		AT(before),
		.min = 0,
		.max = SECONDS_MAX,
		.flags = KW_SEQ | KW_REQ },
	{ .word = "after",
		.help = "Seconds behind it",
		.type = &kw_number,
		AT(after),
		.min = 0,
		.max = AFTER_MAX,
		.flags = KW_SEQ | KW_REQ },
	{ .word = "files",
		.help = "Number of files kept; the oldest makes room",
		.type = &kw_number,
		AT(files),
		.min = 1,
		.max = 1000 },
	{ .word = "include-secrets", .help = "Do not star out what looks like a login", AT(secrets) },
	{ .word = "once", .help = "The first time only", AT(once), .group = GROUP_AGAIN },
	{ .word = "rearm",
		.help = "Seconds in which further moments are only counted",
		.type = &kw_number,
		AT(rearm),
		.min = 0,
		.max = 86400,
		.group = GROUP_AGAIN },
	{ .word = "size",
		.help = "Megabytes of one file at most",
		.type = &kw_number,
		AT(size),
		.min = 1,
		.max = 100 },
	KW_END,
};

const struct kw trigger_kw[] = { MOMENTS(KW_REQ, how_kw), KW_END };
const struct kw trigger_name_kw[] = { MOMENTS(0, NULL), KW_END };

static bool
is_same_moment(const struct trigger_args *a, const struct trigger_args *b)
{
	if (a->policy.set || b->policy.set)
		return a->policy.set && b->policy.set && strcmp(a->policy.s, b->policy.s) == 0;
	if (a->sla.set || b->sla.set)
		return a->sla.set && b->sla.set && a->sla.v == b->sla.v;
	return a->mail.set == b->mail.set;
}

static bool
names_moment(const struct trigger_args *a)
{
	return a->policy.set || a->sla.set || a->mail.set;
}

/* "event LINK-DOWN", "sla 7", "mail" */
static char *
moment_of(const void *ctx, const struct trigger *t)
{
	if (t->a.policy.set)
		return mem_printf(ctx, "event %s", t->a.policy.s);
	if (t->a.sla.set)
		return mem_printf(ctx, "sla %" PRId64, t->a.sla.v);
	return mem_strdup(ctx, "mail");
}

static char *
label_of(const void *ctx, const struct trigger *t)
{
	if (t->a.sla.set)
		return mem_printf(ctx, "sla%" PRId64, t->a.sla.v);
	return mem_strdup(ctx, t->a.policy.set ? t->a.policy.s : "mail");
}

static int64_t
value_or(const struct kw_int *v, int64_t otherwise)
{
	return v->set ? v->v : otherwise;
}

/* ---- taking ---- */

static struct log *
log_of(const struct trigger *t)
{
	return t->captures->engine->log;
}

static void
end_taking(struct trigger *t)
{
	t->is_spent = t->a.once.set;
	t->ready =
		clock_mono(t->captures->engine->clock) + value_or(&t->a.rearm, TRIGGER_REARM) * USEC_PER_SEC;
}

static void
not_kept(struct trigger *t, const char *why)
{
	char *moment = moment_of(NULL, t);

	t->failed++;
	mem_free(t->last_why);
	t->last_why = mem_strdup(t, why);
	log_msg(log_of(t), NULL, "BUFCAP", SEV_WARNINGS, "NOTFROZEN",
		"Capture Point %s: packets of trigger %s are not kept: %s", t->point->name, moment, why);
	mem_free(moment);
}

/* What waits for a window: its trigger may be gone when the window is over. */
struct waiting {
	struct trigger *trigger; /* or NULL */
};

static int
trigger_gone(void *p)
{
	struct trigger *t = p;

	if (t->waiting != NULL)
		t->waiting->trigger = NULL;
	return 0;
}

static void
frozen(void *arg, const char *file, const json_t *told, const struct err *err)
{
	struct waiting *w = arg;
	struct trigger *t = w->trigger;
	char *moment;

	mem_free(w);
	if (t == NULL)
		return;
	t->waiting = NULL;
	end_taking(t);
	if (file == NULL) {
		not_kept(t, err->text);
		return;
	}
	t->taken++;
	t->last_packets = json_integer_value(json_object_get(told, "packets"));
	mem_free(t->last_file);
	t->last_file = mem_strdup(t, file);
	mem_free(t->last_why);
	t->last_why = NULL;
	moment = moment_of(NULL, t);
	log_msg(log_of(t), NULL, "BUFCAP", SEV_INFORMATIONAL, "FROZEN",
		"Capture Point %s: %" PRId64 " packets of trigger %s are in %s%s%s", t->point->name,
		t->last_packets, moment, file,
		json_is_true(json_object_get(told, "cut")) ? " (cut at its size)" : "",
		json_is_true(json_object_get(told, "early")) ? " (ended before its time)" : "");
	mem_free(moment);
}

/* A moment has come. */
static void
fire(struct trigger *t, const char *what, usec at)
{
	struct engine *e = t->captures->engine;
	struct err err = ERR_INIT;
	void *ctx;
	struct freeze f = { .at = at,
		.before = t->a.before.v * USEC_PER_SEC,
		.after = t->a.after.v * USEC_PER_SEC,
		.files = (unsigned)value_or(&t->a.files, TRIGGER_FILES),
		.size_mb = (unsigned)value_or(&t->a.size, TRIGGER_SIZE_MB),
		.is_masked = !t->a.secrets.set };

	if (!t->point->active)
		return; /* nothing is armed */
	if (t->waiting != NULL || t->is_spent || clock_mono(e->clock) < t->ready) {
		t->suppressed++;
		return;
	}
	ctx = mem_ctx(NULL, "freeze");
	f.label = label_of(ctx, t);
	f.comment = mem_printf(ctx, "Capture %s frozen by %s", t->point->name, what);
	t->waiting = mem_new(t->captures, struct waiting);
	t->waiting->trigger = t;
	if (!capture_freeze(t->captures, t->point, &f, frozen, t->waiting, &err)) {
		mem_free(t->waiting);
		t->waiting = NULL;
		end_taking(t);
		not_kept(t, err.text);
	}
	mem_free(ctx);
}

/* ---- moments ---- */

static void
on_moment(void *arg, const struct moment *m)
{
	struct trigger *t = arg;
	bool is_mine = m->kind == MOMENT_POLICY ? t->a.policy.set && strcmp(t->a.policy.s, m->name) == 0
						: t->a.mail.set;
	char *what;

	if (!is_mine)
		return;
	what = mem_printf(NULL, m->kind == MOMENT_POLICY ? "policy %s (%s)" : "the failed mail of %s (%s)",
		m->name, m->what);
	fire(t, what, m->wall);
	mem_free(what);
}

/* The first probe that fails, not each of a row. */
static void
on_outcome(void *arg, const struct sla_outcome *o)
{
	struct trigger *t = arg;
	bool was_fine = t->was_fine;
	char *what;

	t->was_fine = o == NULL || o->ok;
	if (t->was_fine || !was_fine)
		return;
	what = mem_printf(NULL, "IP SLA operation %" PRId64 " (%s)", t->a.sla.v, o->code);
	fire(t, what, clock_wall(t->captures->engine->clock));
	mem_free(what);
}

/* ---- which there are ---- */

static struct trigger **
find(struct capture_point *p, const struct trigger_args *a)
{
	struct trigger **at = &p->triggers;

	while (*at != NULL && !is_same_moment(&(*at)->a, a))
		at = &(*at)->next;
	return at;
}

static size_t
count(const struct capture_point *p)
{
	size_t n = 0;

	for (const struct trigger *t = p->triggers; t != NULL; t = t->next)
		n++;
	return n;
}

bool
trigger_set(struct captures *c, struct capture_point *p, const struct trigger_args *a, struct err *err)
{
	struct trigger **at = find(p, a), *t = *at, *next = t == NULL ? NULL : t->next;

	if (a->before.v == 0 && a->after.v == 0)
		return err_set(err, ERR_REFUSED, "a window of no seconds has no packets");
	if (t == NULL && count(p) == TRIGGERS_MAX)
		return err_set(err, ERR_REFUSED, "a capture has at most %d triggers", TRIGGERS_MAX);
	mem_free(t);
	*at = t = mem_new(p, struct trigger);
	mem_on_free(t, trigger_gone);
	t->captures = c;
	t->point = p;
	t->a = *a;
	t->a.policy.s = mem_strdup(t, a->policy.s);
	t->was_fine = true;
	t->next = next;
	if (a->sla.set)
		sla_watch(t, c->engine, (uint32_t)a->sla.v, on_outcome, t);
	else
		moment_watch(t, c->engine, on_moment, t);
	return true;
}

bool
trigger_remove(struct capture_point *p, const struct trigger_args *a)
{
	struct trigger **at = &p->triggers, *t;
	bool found = false;

	while ((t = *at) != NULL) {
		if (names_moment(a) && !is_same_moment(&t->a, a)) {
			at = &t->next;
			continue;
		}
		found = true;
		*at = t->next;
		mem_free(t);
	}
	return found;
}

void
triggers_rearm(struct capture_point *p)
{
	for (struct trigger *t = p->triggers; t != NULL; t = t->next) {
		t->is_spent = false;
		t->ready = 0;
		t->was_fine = true;
	}
}

const struct trigger *
trigger_next(const struct trigger *t)
{
	return t->next;
}

/* ---- show ---- */

const char *
trigger_command(const void *ctx, const char *head, const struct trigger *t)
{
	struct text *line = text_new(ctx);

	text_printf(line, "%s trigger", head);
	kw_print_rows(trigger_kw, &t->a, line);
	return line->s;
}

const char *
trigger_names(const void *ctx, const struct trigger *t)
{
	return t->a.sla.set ? mem_printf(ctx, "%" PRId64, t->a.sla.v) : t->a.policy.s;
}

const char *
trigger_problem(const void *ctx, const struct trigger *t)
{
	const struct engine *e = t->captures->engine;
	const char *name = trigger_names(ctx, t);

	if (t->a.policy.set && policies_find(e->policies, name) == NULL)
		return mem_printf(ctx, "no policy %s is registered", name);
	if (t->a.sla.set && conf_find(e->conf, mem_printf(ctx, "ip sla %s", name)) == NULL)
		return mem_printf(ctx, "there is no ip sla %s", name);
	return NULL;
}

static const char *
state_of(const void *ctx, const struct trigger *t)
{
	usec left = t->ready - clock_mono(t->captures->engine->clock);

	if (!t->point->active)
		return "capture is not active";
	if (t->waiting != NULL)
		return "taking";
	if (t->is_spent)
		return "has fired once";
	if (left > 0)
		return mem_printf(
			ctx, "armed again in %lld s", (long long)((left + USEC_PER_SEC - 1) / USEC_PER_SEC));
	return "armed";
}

static void
show_facts(void *ctx, const struct trigger *t, struct writer *w)
{
	w_object(w, NULL);
	w_str(w, "moment", moment_of(ctx, t));
	w_str(w, "state", state_of(ctx, t));
	w_str(w, "problem", trigger_problem(ctx, t));
	w_int(w, "before", t->a.before.v);
	w_int(w, "after", t->a.after.v);
	w_int(w, "files", value_or(&t->a.files, TRIGGER_FILES));
	w_int(w, "size_mb", value_or(&t->a.size, TRIGGER_SIZE_MB));
	w_bool(w, "once", t->a.once.set);
	w_int(w, "rearm", value_or(&t->a.rearm, TRIGGER_REARM));
	w_bool(w, "include_secrets", t->a.secrets.set);
	w_int(w, "taken", (int64_t)t->taken);
	w_int(w, "suppressed", (int64_t)t->suppressed);
	w_int(w, "failed", (int64_t)t->failed);
	w_str(w, "last_file", t->last_file);
	w_int(w, "last_packets", t->last_packets);
	w_str(w, "last_failure", t->last_why);
	w_end(w);
}

void
trigger_show_line(const struct trigger *t, struct writer *w)
{
	void *ctx = mem_ctx(NULL, "trigger");
	const char *problem = trigger_problem(ctx, t);

	w_text(w, "   %s: before %" PRId64 " s, after %" PRId64 " s, %s%s%s\n", moment_of(ctx, t),
		t->a.before.v, t->a.after.v, state_of(ctx, t), problem != NULL ? ", but " : "",
		problem != NULL ? problem : "");
	show_facts(ctx, t, w);
	mem_free(ctx);
}

static void
show_whole(const struct trigger *t, struct writer *w)
{
	void *ctx = mem_ctx(NULL, "trigger");
	const char *problem = trigger_problem(ctx, t);

	w_text(w, "  Trigger %s\n   State : %s\n", moment_of(ctx, t), state_of(ctx, t));
	if (problem != NULL)
		w_text(w, "   Not usable : %s\n", problem);
	w_text(w, "   Window : %" PRId64 " s before to %" PRId64 " s after\n", t->a.before.v, t->a.after.v);
	if (t->a.once.set)
		w_text(w, "   Fires : once\n");
	else
		w_text(w, "   Fires : again after %" PRId64 " s\n", value_or(&t->a.rearm, TRIGGER_REARM));
	w_text(w, "   Files : at most %" PRId64 " of %" PRId64 " MB, logins %s\n",
		value_or(&t->a.files, TRIGGER_FILES), value_or(&t->a.size, TRIGGER_SIZE_MB),
		t->a.secrets.set ? "included" : "starred out");
	w_text(w, "   Taken : %" PRIu64 ", Suppressed : %" PRIu64 ", Failed : %" PRIu64 "\n", t->taken,
		t->suppressed, t->failed);
	if (t->last_file != NULL)
		w_text(w, "   Last : %" PRId64 " packets in %s\n", t->last_packets, t->last_file);
	if (t->last_why != NULL)
		w_text(w, "   Last failure : %s\n", t->last_why);
	show_facts(ctx, t, w);
	mem_free(ctx);
}

void
triggers_show(const struct capture_point *p, struct writer *w)
{
	w_text(w, "Triggers of Capture %s\n", p->name);
	w_str(w, "name", p->name);
	w_list(w, "triggers");
	for (const struct trigger *t = p->triggers; t != NULL; t = t->next)
		show_whole(t, w);
	w_end(w);
}
