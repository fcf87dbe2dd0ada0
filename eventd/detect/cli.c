/*
 * Detector cli: commands that people type, before they are carried out. A synchronous policy holds the
 * command, and its exit status decides: 0 skips it (eem-language.md 4.2). What shows the configuration,
 * the policies and what was typed can be watched, and never held or skipped: an attacker who may
 * configure a policy must not be able to hide it.
 */
#include "detect/cli.h"

#include <stdlib.h>
#include <string.h>

#include "bus/matchset.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/detector.h"
#include "detect/words.h"
#include "sched/policy.h"
#include "sched/sched.h"

enum { DEFAULT_S = 30 };

struct cli_spec {
	struct spec_common common;
	struct kw_str pattern;
	struct kw_flag key[CLI_TAB + 1]; /* by enum cli_key; none: enter */
	struct kw_enum sync, skip;
	struct kw_str mode;
	struct kw_time wait; /* `default` */
	struct kw_enum verify;
};

struct cli_data {
	const char *msg, *line, *key, *username, *host, *mode;
	int64_t count, tty, privilege, error_code;
};

struct cli_state {
	struct engine *engine;
	struct matchset *set;
	struct matchset_caller *caller;
};

static const struct event_field cli_fields[] = {
	WORDS_STR(struct cli_data, "_cli_msg", "The command, with every keyword written out", msg),
	WORDS_INT(struct cli_data, "_cli_msg_count", "Matches that this event stands for", count),
	WORDS_STR(struct cli_data, "_cli_line", "What was typed up to the key, written out", line),
	WORDS_STR(struct cli_data, "_cli_key", "The key: enter, questionmark or tab", key),
	WORDS_INT(struct cli_data, "_cli_tty", "Number of the terminal line", tty),
	WORDS_STR(struct cli_data, "_cli_username", "User", username),
	WORDS_STR(struct cli_data, "_cli_host", "Where the user is", host),
	WORDS_INT(struct cli_data, "_cli_privilege", "Privilege level of the user", privilege),
	WORDS_INT(struct cli_data, "_cli_error_code", "0: no error, 1: ambiguous, 4: unknown command",
		error_code),
	WORDS_STR(struct cli_data, "_cli_mode_context", "Mode that it was typed in", mode),
	EVENT_FIELDS_END,
};

/* ---- grammar ---- */

static const struct kw cli_kw[] = {
	WORDS_VALUE(struct cli_spec, "pattern", "Regular expression the command must match", pattern,
		kw_pattern, .flags = KW_REQ),
	WORDS_FLAG(struct cli_spec, "enter", "Screen when Return is pressed", key[CLI_ENTER]),
	WORDS_FLAG(struct cli_spec, "questionmark", "Screen when ? is pressed", key[CLI_QUESTIONMARK]),
	WORDS_FLAG(struct cli_spec, "tab", "Screen when Tab is pressed", key[CLI_TAB]),
	WORDS_CHOICE(struct cli_spec, "sync", "The command waits for the policy, which decides about it",
		sync, words_yes_no, .dflt = 0, .has_dflt = true),
	WORDS_CHOICE(struct cli_spec, "skip", "The command is not carried out", skip, words_yes_no, .dflt = 0,
		.has_dflt = true),
	WORDS_VALUE(struct cli_spec, "mode", "Mode that the command is typed in", mode, kw_word),
	WORDS_VALUE(struct cli_spec, "occurs", "Number of occurrences before raising event", common.occurs,
		kw_number, .min = 1, .max = OCCURS_MAX, .dflt = 1, .has_dflt = true),
	WORDS_VALUE(struct cli_spec, "period", "Occurrence period", common.period, kw_seconds,
		.max = WORDS_TIME_MAX),
	WORDS_WAIT(struct cli_spec, wait),
	WORDS_CHOICE(struct cli_spec, "verifyprc", "Verify the command", verify, words_yes_no),
	SPEC_COMMON_ROWS(struct cli_spec),
	KW_END,
};

static bool
is_sync(const struct cli_spec *a)
{
	return a->sync.set && a->sync.v;
}

/* `sync yes skip yes` is found on web pages; the exit status decides there. */
static void
cli_normalise(void *args)
{
	struct cli_spec *a = args;

	if (is_sync(a))
		a->skip.set = false;
}

/* With `sync yes` the policy decides about the command, so it has to run. */
static bool
cli_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct cli_spec *a = args;

	return words_check_prompt(is_sync(a), &a->common, err);
}

static void
cli_describe(const struct spec *s, struct text *out)
{
	static const char *const keys[] = { "enter", "questionmark", "tab" }; /* ORDER: enum cli_key */
	const struct cli_spec *a = s->args;

	text_printf(out, "pattern {%s}", a->pattern.s);
	if (is_sync(a))
		text_add(out, " sync yes");
	else
		text_printf(out, " sync no skip %s", a->skip.set && a->skip.v ? "yes" : "no");
	if (a->common.occurs.set)
		text_printf(out, " occurs %lld", (long long)a->common.occurs.v);
	if (a->common.period.set)
		words_describe_time(out, "period", a->common.period.v);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (a->key[i].set)
			text_printf(out, " %s", keys[i]);
	if (a->mode.set)
		text_printf(out, " mode %s", a->mode.s);
	if (a->wait.set)
		words_describe_time(out, "default", a->wait.v);
}

/* ---- which specifications want the line ---- */

static bool
wants_key(const struct cli_spec *a, enum cli_key key)
{
	bool any = a->key[CLI_ENTER].set || a->key[CLI_QUESTIONMARK].set || a->key[CLI_TAB].set;

	return any ? a->key[key].set : key == CLI_ENTER;
}

/* The names of the parser: `exec`, `configure`; `applet` is what the prompt shows as config-applet. */
static bool
wants_mode(const struct cli_spec *a, const char *mode)
{
	static const char sub[] = "config-";

	if (!a->mode.set || strcasecmp(a->mode.s, mode) == 0)
		return true;
	if (strcmp(mode, "config") == 0)
		return strcasecmp(a->mode.s, "configure") == 0;
	return strncmp(mode, sub, strlen(sub)) == 0 && strcasecmp(a->mode.s, mode + strlen(sub)) == 0;
}

/* The line under the hand, and what becomes of it. */
struct typed {
	struct cli_state *state;
	struct session *session;
	const struct cli_line *line;
	bool is_protected;
	struct event *shared; /* of all specifications without `occurs` */
	uint64_t *ids;        /* of those that want the line */
	size_t n;
	struct held *held; /* NULL: nobody waits */
	bool run, skip;    /* what the others say */
	const char *skipped_by;
};

static void
pattern_matched(void *arg, void *owner, const struct regex_captures *captures)
{
	struct typed *t = arg;
	const struct spec *s = owner;
	const struct cli_spec *a = s->args;

	if (!wants_key(a, t->line->key) || !wants_mode(a, t->line->mode)) {
		bus_verdict(s->engine->bus, s, NULL, STAGE_FILTER, false, "%s",
			wants_key(a, t->line->key) ? "mode" : "key");
		return;
	}
	/* Grows at the powers of two. */
	if ((t->n & (t->n - 1)) == 0)
		t->ids = mem_resize(
			session_cmd_ctx(t->session), t->ids, (t->n ? 2 * t->n : 1) * sizeof *t->ids);
	t->ids[t->n++] = s->id;
}

/* What must be seen as it is (`do` in front does not matter, nor do filters behind). */
static bool
is_protected(const char *command)
{
	static const char *const commands[] = { "show event manager", "show history", "show running-config" };

	if (strncmp(command, "do ", 3) == 0)
		command += 3;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t n = strlen(commands[i]);

		if (strncmp(command, commands[i], n) == 0 && (command[n] == ' ' || command[n] == '\0'))
			return true;
	}
	return false;
}

/* ---- the event ---- */

static struct event *
make_event(const struct typed *t, int64_t count)
{
	static const char *const keys[] = { "enter", "questionmark", "tab" }; /* ORDER: enum cli_key */
	const struct session *s = t->session;
	struct event *ev = event_new(t->state->engine, &detector_cli, NULL, session_cause(s));
	struct cli_data *d = ev->data;
	const char *tty = session_tty_name(s);

	d->msg = d->line = event_str(ev, t->line->expanded);
	d->count = count;
	d->key = keys[t->line->key];
	d->tty = strtol(tty + strcspn(tty, "0123456789"), NULL, 10);
	d->username = event_str(ev, session_user(s));
	d->host = event_str(ev, session_location(s));
	d->privilege = session_level(s);
	d->mode = event_str(ev, t->line->mode);
	ev->source = event_str(ev, mem_printf(ev, "cli %s", tty));
	return ev;
}

/* With a reference of the caller's. */
static struct event *
event_for(struct typed *t, const struct cli_spec *a)
{
	if (a->common.occurs.set && a->common.occurs.v > 1)
		return make_event(t, a->common.occurs.v);
	if (t->shared == NULL)
		t->shared = make_event(t, 1);
	return event_ref(t->shared);
}

/* ---- commands that wait ---- */

/* One policy that a command waits for. */
struct waited {
	struct held *held;
	struct run *run;
	struct timer *deadline; /* `default` */
	const char *policy;
	bool over;
};

/* A command that waits; lives as long as it does. */
struct held {
	struct session *session;
	struct waited *v;
	size_t n, open;
	const char *skipped_by, *typed;
	bool is_set_up; /* before, nothing is decided */
	bool skip;      /* one exit status was 0 */
};

/* A command that did nothing must not go unnoticed (reliability). */
static void
tell_skipped(struct session *s, const char *policy, const char *typed)
{
	const struct exec_cmd *row = session_row(s);
	char *shown = row && (row->flags & EXEC_SECRET)
			      ? NULL
			      : session_masked(s, session_cmd_ctx(s), typed + strspn(typed, " \t"));

	log_msg(session_engine(s)->log, session_cause(s), "HA_EM", SEV_INFORMATIONAL, "FMPD_CLI_SKIP",
		"policy %s skipped the command '%s' of %s", policy, shown ? shown : "********",
		session_who(s));
}

static void
decide(struct held *h)
{
	struct session *s = h->session;

	if (h->open > 0 || !h->is_set_up)
		return;
	if (h->skip)
		tell_skipped(s, h->skipped_by, h->typed);
	session_release(s, !h->skip);
}

static void
no_longer(struct waited *w)
{
	w->over = true;
	w->run = NULL;
	timer_stop(w->deadline);
	w->held->open--;
}

/* 8.6: 0 skips the command; a run that failed did not decide so. */
static void
run_ended(void *arg, const struct run_result *result)
{
	struct waited *w = arg;
	struct held *h = w->held;

	if (w->over)
		return;
	no_longer(w);
	if (result->status == RUN_SUCCESS && result->exit_status == 0) {
		h->skip = true;
		h->skipped_by = w->policy;
	}
	decide(h);
}

/* 8.5: the command is carried out, the policy goes on without its terminal. */
static void
default_passed(void *arg)
{
	struct waited *w = arg;

	run_take_tty(w->run);
	no_longer(w);
	decide(w->held);
}

/* Ctrl-C, or the session is gone: the command ends by itself. */
static void
wait_over(void *arg, enum session_end why)
{
	struct held *h = arg;

	for (size_t i = 0; i < h->n; i++)
		if (!h->v[i].over) {
			run_take_tty(h->v[i].run);
			no_longer(&h->v[i]);
		}
}

static void
wait_for(struct typed *t, struct run *run, const struct spec *s)
{
	const struct cli_spec *a = s->args;
	struct held *h = t->held;

	if (h == NULL) {
		h = t->held = mem_new(session_cmd_ctx(t->session), struct held);
		h->session = t->session;
		h->typed = mem_strdup(h, t->line->typed);
		h->v = mem_array(h, struct waited, t->n);
	}

	struct waited *w = &h->v[h->n++];
	h->open++;
	*w = (struct waited){ .held = h, .run = run, .policy = mem_strdup(h, s->policy) };
	w->deadline = timer_after(
		h, s->engine->loop, a->wait.set ? a->wait.v : DEFAULT_S * USEC_PER_SEC, default_passed, w);
	run_on_end(h, run, run_ended, w);
}

/* ---- what becomes of a command ---- */

/* Several policies: one `skip no` is enough to run it (seen on routers), one exit status of 0 to skip it. */
static void
offer(struct typed *t, struct spec *s)
{
	const struct cli_spec *a = s->args;
	struct engine *engine = s->engine;
	struct event *ev = event_for(t, a);
	struct policy *policy = policies_find(engine->policies, s->policy);
	bool waits = is_sync(a) && !t->is_protected;
	enum policy_answer why;
	enum pass pass = policy ? bus_pass(engine->bus, s, ev) : PASS_LOOP;
	struct run *run = NULL;

	if (pass == PASS_YES) {
		struct event *dressed = bus_dress(engine->bus, s, ev);

		run = policy_offer(policy, s, dressed, waits ? session_tty(t->session) : NULL, &why);
		if (run && waits)
			wait_for(t, run, s);
		else if (!is_sync(a) && a->skip.set && a->skip.v) {
			t->skip = true;
			t->skipped_by = policy->name;
		} else if (!is_sync(a))
			t->run = true;
		event_unref(dressed);
	} else if ((pass == PASS_DAMPED || pass == PASS_DIGEST) && a->skip.set && a->skip.v) {
		t->skip = true;
		t->skipped_by = policy->name;
	}
	event_unref(ev);
}

static enum cli_verdict
verdict(struct typed *t)
{
	if (t->held) {
		t->held->is_set_up = true;
		session_wait(t->session, 0, wait_over, t->held);
		return CLI_HOLD;
	}
	if (!t->skip || t->run || t->is_protected)
		return CLI_RUN;
	tell_skipped(t->session, t->skipped_by, t->line->typed);
	return CLI_SKIP;
}

enum cli_verdict
detector_cli_line(void *arg, struct session *session, const struct cli_line *line)
{
	struct engine *engine = arg;
	struct cli_state *st = *bus_detector_state(engine->bus, &detector_cli);
	struct typed t = { .state = st,
		.session = session,
		.line = line,
		.is_protected = line->key == CLI_ENTER && is_protected(line->expanded) };

	matchset_commit(st->set);
	matchset_scan(st->set, st->caller, line->expanded, strlen(line->expanded), pattern_matched, &t);
	for (size_t i = 0; i < t.n; i++) {
		struct spec *s = bus_find_spec(st->engine->bus, t.ids[i]);

		if (s)
			offer(&t, s);
	}
	event_unref(t.shared);
	return verdict(&t);
}

/* ---- arming ---- */

static bool
cli_arm(struct spec *s, struct err *err)
{
	struct cli_state *st = *bus_detector_state(s->engine->bus, &detector_cli);

	s->private = matchset_add(st->set, s, ((const struct cli_spec *)s->args)->pattern.s, err);
	return s->private != NULL;
}

static void
cli_disarm(struct spec *s)
{
	struct cli_state *st = *bus_detector_state(s->engine->bus, &detector_cli);

	matchset_remove(st->set, s->private);
	s->private = NULL;
}

static bool
cli_start(struct engine *engine, struct err *err)
{
	struct cli_state *st = mem_new(engine->bus, struct cli_state);

	st->engine = engine;
	st->set = matchset_new(st);
	st->caller = matchset_caller_new(st, REGEX_JIT);
	*bus_detector_state(engine->bus, &detector_cli) = st;
	return true;
}

const struct detector detector_cli = {
	.name = "cli",
	.help = "CLI event",
	.note = "With sync yes the command waits for the policy, at most as long as default says: exit "
		"status 0 "
		"skips it, any other carries it out, and so does a policy that fails or takes longer. "
		"Without "
		"sync yes nothing waits, and skip yes skips it at once. What shows policies, configuration "
		"and "
		"history is always carried out.",
	.version = "01.00",
	.kw = cli_kw,
	.spec_size = sizeof(struct cli_spec),
	.data_size = sizeof(struct cli_data),
	.fields = cli_fields,
	.key = "_cli_msg",
	.normalise = cli_normalise,
	.check = cli_check,
	.start = cli_start,
	.arm = cli_arm,
	.disarm = cli_disarm,
	.describe = cli_describe,
};
