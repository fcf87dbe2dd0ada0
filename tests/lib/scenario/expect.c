/*
 * expect ...: what must be true by now.
 *
 *   expect log "TEXT"                 the next message that holds TEXT, behind the last one expected
 *   expect log "TEXT" == N            messages that hold TEXT, over all
 *   expect no log "TEXT"
 *   expect debug "TEXT"
 *   expect output "TEXT", expect no output "TEXT", expect output is { ... }
 *   expect accepted, expect refused "TEXT"
 *   expect waiting                    the last command has not been answered yet
 *   expect runs NAME == N             how often the policy was triggered
 *   expect suppressed NAME == N
 *   expect status NAME STATUS         of its last run in the history
 *   expect active == N, pending, dropped, history
 *   expect registered NAME, expect no registered NAME
 *   expect sent "TEXT"                    of what went out by SNMP: agent.h
 *   expect mails == N
 *   expect mail server|from|to|text|hops "TEXT"   of the newest; text: the whole message, headers too;
 *                                                 hops: "mx1.example.com:25 dane; mx2.example.com:25 not DANE_BOGUS"
 *   expect file "flash:x" [{ ... }]  is there (and holds this); expect no file
 *   expect running { ... }            these lines stand in the configuration, one behind the other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/job.h"
#include "agent.h"
#include "bus/history.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "disk.h"
#include "verbs.h"
#include "virtual.h"

static bool
compare(struct world *w, const char *what, uint64_t have, const struct statement *st, size_t at)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	uint64_t want;
	bool truth[6];

	if (st->n < at + 2)
		return world_fail(w, "'%s' needs a comparison", what);
	want = strtoull(st->word[at + 1], NULL, 10);
	truth[0] = have == want;
	truth[1] = have != want;
	truth[2] = have <= want;
	truth[3] = have >= want;
	truth[4] = have < want;
	truth[5] = have > want;
	for (size_t i = 0; i < 6; i++)
		if (strcmp(ops[i], st->word[at]) == 0)
			return truth[i] ||
			       world_fail(w, "%s is %llu, not %s %llu", what, (unsigned long long)have,
				       ops[i], (unsigned long long)want);
	return world_fail(w, "'%s' is no comparison", st->word[at]);
}

static uint64_t
count(const char *hay, const char *needle)
{
	uint64_t n = 0;

	while ((hay = strstr(hay, needle)) != NULL) {
		n++;
		hay += strcspn(hay, "\n");
	}
	return n;
}

static bool
expect_log(struct world *w, const struct statement *st, bool no)
{
	const char *found, *text = st->word[2];

	if (no)
		return strstr(w->log.s, text) == NULL || world_fail(w, "logged:\n%s", strstr(w->log.s, text));
	if (st->n > 3)
		return compare(w, "the number of messages", count(w->log.s, text), st, 3);
	found = strstr(w->log.s + w->log_seen, text);
	if (found == NULL)
		return world_fail(w, "no message \"%s\"; since the last expected one:\n%s", text,
			w->log.s + w->log_seen);
	w->log_seen = (size_t)(found - w->log.s) + strcspn(found, "\n");
	return true;
}

static bool
expect_debug(struct world *w, const struct statement *st, bool no)
{
	bool has = strstr(w->debug.s, st->word[2]) != NULL;

	return has != no || world_fail(w, "debug lines:\n%s", w->debug.s);
}

static bool
expect_output(struct world *w, const struct statement *st, bool no)
{
	if (st->block)
		return strcmp(w->output.s, st->block) == 0 ||
		       world_fail(w, "the output is:\n%s\nnot:\n%s", w->output.s, st->block);
	bool has = strstr(w->output.s, st->word[2]) != NULL;
	return has != no || world_fail(w, "the output is:\n%s", w->output.s);
}

static bool
expect_accepted(struct world *w, const struct statement *st, bool no)
{
	return (w->ready && w->accepted) ||
	       world_fail(w, "%s%s", w->ready ? "refused: " : "no answer yet", w->refusal.text);
}

static bool
expect_refused(struct world *w, const struct statement *st, bool no)
{
	if (!w->ready || w->accepted)
		return world_fail(w, w->ready ? "accepted:\n%s" : "no answer yet: %s", w->output.s);
	return strstr(w->refusal.text, st->word[2]) != NULL ||
	       world_fail(w, "refused with '%s'", w->refusal.text);
}

static bool
expect_waiting(struct world *w, const struct statement *st, bool no)
{
	return w->ready == no || world_fail(w, no ? "no answer yet" : "answered already");
}

static bool
expect_runs(struct world *w, const struct statement *st, bool no)
{
	const struct policy *p = policies_find(w->engine->policies, st->word[2]);

	if (p == NULL)
		return world_fail(w, "policy %s is not registered", st->word[2]);
	return compare(w, "the number of runs", p->triggered, st, 3);
}

static bool
expect_suppressed(struct world *w, const struct statement *st, bool no)
{
	const struct policy *p = policies_find(w->engine->policies, st->word[2]);

	if (p == NULL)
		return world_fail(w, "policy %s is not registered", st->word[2]);
	return compare(w, "the number of suppressed triggers", policy_suppressed(p), st, 3);
}

static bool
expect_status(struct world *w, const struct statement *st, bool no)
{
	const struct history *h = w->engine->history;

	for (size_t i = history_count(h); i-- > 0;) {
		const struct history_entry *e = history_at(h, i);

		if (strcmp(e->name, st->word[2]) == 0)
			return strcmp(e->status, st->word[3]) == 0 ||
			       world_fail(w, "its last run ended in %s", e->status);
	}
	return world_fail(w, "no run of %s has ended", st->word[2]);
}

static bool
expect_active(struct world *w, const struct statement *st, bool no)
{
	return compare(w, "the number of active runs", sched_active(w->engine->sched), st, 2);
}

static bool
expect_pending(struct world *w, const struct statement *st, bool no)
{
	return compare(w, "the number of pending runs", sched_pending(w->engine->sched), st, 2);
}

static bool
expect_dropped(struct world *w, const struct statement *st, bool no)
{
	struct sched_stats s;

	sched_stats(w->engine->sched, POLICY_APPLET, &s);
	return compare(w, "the number of dropped runs", s.dropped, st, 2);
}

static bool
expect_history(struct world *w, const struct statement *st, bool no)
{
	return compare(w, "the length of the history", history_count(w->engine->history), st, 2);
}

static bool
expect_registered(struct world *w, const struct statement *st, bool no)
{
	bool has = policies_find(w->engine->policies, st->word[2]) != NULL;

	return has != no || world_fail(w, "%s is %sregistered", st->word[2], has ? "" : "not ");
}

static bool
expect_mails(struct world *w, const struct statement *st, bool no)
{
	return compare(w, "the number of mails", w->nmails, st, 2);
}

/* Each host of a mail that goes to its domain's own, with what is demanded there. */
static void
add_hops(struct text *t, const struct mail_job *job)
{
	for (size_t i = 0; i < job->hop_count; i++) {
		const struct mail_hop *h = &job->hops[i];

		text_printf(t, "%s%s:%u ", i > 0 ? "; " : "", h->host, h->port);
		if (h->refused != MAIL_OK)
			text_printf(t, "not %s", mail_class_name(h->refused));
		else
			text_printf(
				t, "%s%s", mail_hop_tls_name((int)h->tls), h->sts_testing ? " testing" : "");
		for (size_t k = 0; h->refused == MAIL_OK && k < h->name_count; k++)
			text_printf(t, " %s", h->names[k]);
	}
}

static bool
expect_mail(struct world *w, const struct statement *st, bool no)
{
	const struct mail_job *job = w->nmails ? w->mails[w->nmails - 1] : NULL;
	struct text t;

	if (job == NULL)
		return world_fail(w, "there was no mail");
	text_init(&t, w);
	if (strcmp(st->word[2], "server") == 0)
		text_printf(&t, "%s:%u", job->host, job->port);
	else if (strcmp(st->word[2], "from") == 0)
		text_add(&t, job->from);
	else if (strcmp(st->word[2], "text") == 0)
		text_addn(&t, job->message, job->message_len);
	else if (strcmp(st->word[2], "hops") == 0)
		add_hops(&t, job);
	else
		for (size_t i = 0; i < job->recipient_count; i++)
			text_printf(&t, "%s%s", i ? " " : "", job->recipients[i]);
	bool has = strstr(t.s, st->word[3]) != NULL;
	return has != no || world_fail(w, "%s is:\n%s", st->word[2], t.s);
}

/* The block with blanks before each line: it may stand inside another. */
static const char *
move_in(struct world *w, const char *block, unsigned indent)
{
	struct text *t = text_new(w);

	while (*block) {
		size_t n = strcspn(block, "\n") + 1;

		text_printf(t, "%*s", (int)indent, "");
		text_addn(t, block, n);
		block += n;
	}
	return t->s;
}

static bool
expect_running(struct world *w, const struct statement *st, bool no)
{
	struct text t;
	bool has = false;

	text_init(&t, w);
	conf_print_running(w->engine->conf, &t);
	for (unsigned indent = 0; indent < 3 && !has; indent++)
		has = strstr(t.s, move_in(w, st->block, indent)) != NULL;
	return has != no || world_fail(w, "the configuration is:\n%s", t.s);
}

static const struct {
	const char *word;
	size_t args;
	bool block;
	bool (*run)(struct world *, const struct statement *, bool no);
} kinds[] = {
	{ "accepted", 0, false, expect_accepted },
	{ "active", 2, false, expect_active },
	{ "debug", 1, false, expect_debug },
	{ "dropped", 2, false, expect_dropped },
	{ "file", 1, false, expect_file },
	{ "history", 2, false, expect_history },
	{ "log", 1, false, expect_log },
	{ "mail", 2, false, expect_mail },
	{ "mails", 2, false, expect_mails },
	{ "output", 1, false, expect_output },
	{ "pending", 2, false, expect_pending },
	{ "refused", 1, false, expect_refused },
	{ "registered", 1, false, expect_registered },
	{ "running", 0, true, expect_running },
	{ "runs", 3, false, expect_runs },
	{ "sent", 1, false, expect_sent },
	{ "status", 2, false, expect_status },
	{ "suppressed", 3, false, expect_suppressed },
	{ "waiting", 0, false, expect_waiting },
};

bool
expect_run(struct world *w, const struct statement *st)
{
	bool no = strcmp(st->word[1], "no") == 0;
	struct statement plain = { .line = st->line,
		.word = st->word + no,
		.quoted = st->quoted + no,
		.n = st->n - no,
		.block = st->block };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && plain.n > 1; i++) {
		if (strcmp(kinds[i].word, plain.word[1]) != 0)
			continue;
		if (plain.n - 2 < kinds[i].args || (kinds[i].block && plain.block == NULL))
			return world_fail(w, "'expect %s' needs more", plain.word[1]);
		return kinds[i].run(w, &plain, no);
	}
	return world_fail(w, "nothing to expect in this statement");
}

static void
report(void *arg, const char *file, const struct err *err, bool is_error)
{
	world_fail(arg, "as printed, line %d: %s (%s)", err->line, err->text, err->hint);
}

bool
expect_round_trip(struct world *w)
{
	struct engine *second = virtual_engine(w);
	struct text before, after;
	struct err err = ERR_INIT;
	bool good;

	text_init(&before, w);
	text_init(&after, w);
	conf_print_running(w->engine->conf, &before);
	w->now = NULL;
	second->secrets = w->engine->secrets; /* one key: what is sealed stays as it is */
	good = conf_load(second->conf, "running-config", before.s, true, true, report, w, &err);
	conf_print_running(second->conf, &after);
	if (good && strcmp(before.s, after.s) != 0)
		good = world_fail(
			w, "printed, loaded and printed again:\n%s\nis not:\n%s", after.s, before.s);
	mem_free(second);
	return good;
}
