/* Statements that do something: config, refused, cli, syslog, mail, agent, at, after, step. */
#include "agent.h"
#include "disk.h"
#include "flows.h"
#include "names.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/application.h"
#include "bus/tracked.h"
#include "cli/shell.h"
#include "conf/conf.h"
#include "core/loop.h"
#include "core/mem.h"
#include "detect/syslog.h"
#include "net/links.h"
#include "peers/frr/frr.h"
#include "peers/hostapd.h"
#include "peers/lldp.h"
#include "peers/vrrp.h"
#include "syslog/message.h"

/* ---- configuration ---- */

static char *
running(struct world *w)
{
	struct text *t = text_new(w);

	conf_print_running(w->engine->conf, t);
	return t->s;
}

static bool
each_line(struct world *w, const char *block, bool (*f)(struct world *, const char *line, bool is_last))
{
	while (*block) {
		size_t n = strcspn(block, "\n");
		char *line = mem_strndup(w, block, n);
		bool good;

		block += n + 1;
		good = f(w, line, *block == '\0');
		mem_free(line);
		if (!good)
			return false;
	}
	return true;
}

static bool
accepted_line(struct world *w, const char *line, bool is_last)
{
	world_cli(w, line);
	return w->accepted ||
	       world_fail(w, "'%s' was refused: %s (%s)", line, w->refusal.text, w->refusal.hint);
}

static bool
verb_config(struct world *w, const struct statement *st)
{
	world_cli(w, "configure terminal");
	if (!each_line(w, st->block, accepted_line))
		return false;
	world_cli(w, "end");
	return w->accepted || world_fail(w, "the configuration was refused: %s", w->refusal.text);
}

static bool
last_is_refused(struct world *w, const char *line, bool is_last)
{
	if (!is_last)
		return accepted_line(w, line, is_last);
	world_cli(w, line);
	return !w->accepted || world_fail(w, "'%s' was accepted", line);
}

/* refused "SENTENCE" ["HINT"] { lines; the last one is the wrong one }; nothing changes. */
static bool
verb_refused(struct world *w, const struct statement *st)
{
	char *before = running(w), *after;

	world_cli(w, "configure terminal");
	if (!each_line(w, st->block, last_is_refused))
		return false;
	if (strstr(w->refusal.text, st->word[1]) == NULL)
		return world_fail(
			w, "refused with '%s' (%s), not '%s'", w->refusal.text, w->refusal.hint, st->word[1]);
	if (st->n > 2 && strstr(w->refusal.hint, st->word[2]) == NULL)
		return world_fail(w, "the hint is '%s', not '%s'", w->refusal.hint, st->word[2]);
	/* Leaves without a commit of what stands before the wrong line. */
	world_open_session(w);
	after = running(w);
	if (strcmp(before, after) != 0)
		return world_fail(w, "the configuration has changed:\n%s", after);
	return true;
}

/* ---- stimuli ---- */

/* answers "LINE"...: what is typed when a command asks; without one it gets the end of the input. */
static bool
verb_answers(struct world *w, const struct statement *st)
{
	for (size_t i = 1; i < st->n; i++) {
		text_add(&w->answers, st->word[i]);
		text_addc(&w->answers, '\n');
	}
	return true;
}

static bool
verb_cli(struct world *w, const struct statement *st)
{
	world_cli(w, st->word[1]);
	return true;
}

/* syslog MESSAGE [HOST [trusted]]: a message from outside, as a listener hands it in. */
static bool
verb_syslog(struct world *w, const struct statement *st)
{
	char room[SYSLOG_SUBJECT_ROOM];
	const char *host = st->n > 2 ? st->word[2] : "192.0.2.1";
	char *source = mem_printf(w, "udp %s", host);
	struct syslog_message m;

	syslog_message_parse(&m, st->word[1], strlen(st->word[1]));
	syslog_offer(w->engine, &(struct line){ .subject = syslog_message_subject(&m, room),
					.facility = syslog_message_facility(&m),
					.mnemonic = syslog_message_mnemonic(&m),
					.sequence = m.sequence,
					.stamp = m.stamp,
					.raw = m.raw,
					.severity = m.severity,
					.claimed = m.host,
					.app = m.app,
					.procid = m.procid,
					.msgid = m.msgid,
					.data = m.data,
					.source = source,
					.listener = "udp://0.0.0.0:514",
					.host = host,
					.trusted = st->n > 3 && strcmp(st->word[3], "trusted") == 0 });
	world_settle(w);
	return true;
}

/* mail works [TIME], mail fails CLASS PHASE [TIME]: what becomes of mails from here on, and how late. */
static bool
verb_mail(struct world *w, const struct statement *st)
{
	bool works = strcmp(st->word[1], "works") == 0;
	size_t at = works ? 2 : 4;

	if (!works && (strcmp(st->word[1], "fails") != 0 || st->n < 4))
		return world_fail(w, "mail works [TIME], or mail fails CLASS PHASE [TIME]");
	w->answer = works ? MAIL_OK : mail_class_named(st->word[2]);
	w->answer_phase = works ? PHASE_NONE : mail_phase_named(st->word[3]);
	w->answer_after = 0;
	if (w->answer == MAIL_CLASS_COUNT || w->answer_phase == PHASE_COUNT)
		return world_fail(w, "no class '%s', or no phase '%s'", st->word[2], st->word[3]);
	return st->n <= at || script_time(st->word[at], &w->answer_after) ||
	       world_fail(w, "'%s' is no time", st->word[at]);
}

static void
key_answered(void *arg, const char *text)
{
	struct world *w = arg;

	text_add(&w->output, text);
	w->ready = w->accepted = true;
}

/* press tab|? "TEXT": the key behind a text; the output is what the terminal would show or add. */
static bool
verb_press(struct world *w, const struct statement *st)
{
	enum cli_key key = strcmp(st->word[1], "?") == 0 ? CLI_QUESTIONMARK : CLI_TAB;

	text_clear(&w->output);
	w->ready = false;
	session_key(w->session, key, st->word[2], key_answered, w);
	world_settle(w);
	return true;
}

/* track NUMBER up|down|absent: what the owner of tracked objects says. */
static bool
verb_track(struct world *w, const struct statement *st)
{
	static const char *const states[] = { "absent", "down", "up" }; /* ORDER: enum tracked */

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(st->word[2], states[i]) == 0) {
			tracked_set(
				w->engine, (uint32_t)strtoul(st->word[1], NULL, 10), (enum tracked)i, NULL);
			world_settle(w);
			return true;
		}
	return world_fail(w, "'%s' is no state", st->word[2]);
}

/* The counters that a scenario may set, by the kernel's names. */
static uint64_t *
counter_named(struct link_counters *c, const char *name, size_t n)
{
	const struct {
		const char *name;
		uint64_t *at;
	} rows[] = {
		{ "rx_packets", &c->rx_packets },
		{ "rx_bytes", &c->rx_bytes },
		{ "rx_errors", &c->rx_errors },
		{ "rx_dropped", &c->rx_dropped },
		{ "rx_multicast", &c->rx_multicast },
		{ "rx_crc", &c->rx_crc },
		{ "rx_frame", &c->rx_frame },
		{ "rx_overrun", &c->rx_overrun },
		{ "rx_length", &c->rx_length },
		{ "tx_packets", &c->tx_packets },
		{ "tx_bytes", &c->tx_bytes },
		{ "tx_errors", &c->tx_errors },
		{ "tx_dropped", &c->tx_dropped },
		{ "tx_underrun", &c->tx_underrun },
		{ "tx_aborted", &c->tx_aborted },
		{ "resets", &c->resets },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
			return rows[i].at;
	return NULL;
}

/* interface NAME up|down|gone [COUNTER=VALUE...]: what the kernel says of an interface. */
static bool
verb_interface(struct world *w, const struct statement *st)
{
	const struct link *l = links_find(w->engine->links, st->word[1]);
	struct link_counters c = { 0 };
	unsigned flags = 0;

	if (strcmp(st->word[2], "up") == 0)
		flags = IFF_UP | IFF_LOWER_UP | IFF_RUNNING;
	else if (strcmp(st->word[2], "gone") == 0)
		flags = ~0u;
	else if (strcmp(st->word[2], "down") != 0)
		return world_fail(w, "'%s' is no state", st->word[2]);
	if (l != NULL)
		c = l->counters;
	for (size_t i = 3; i < st->n; i++) {
		size_t n = strcspn(st->word[i], "=");
		uint64_t *at = counter_named(&c, st->word[i], n);

		if (at == NULL || st->word[i][n] == '\0')
			return world_fail(w, "'%s' is no counter", st->word[i]);
		*at = strtoull(st->word[i] + n + 1, NULL, 10);
	}
	links_fake_set(w->engine->links, st->word[1], flags, &c);
	world_settle(w);
	return true;
}

/* sla TARGET TIME | timeout | refused | verify: what probes of that target find from here on. */
static bool
verb_sla(struct world *w, const struct statement *st)
{
	const char *what = st->word[2];
	usec rtt = 0;
	enum probe_code code = PROBE_OK;
	size_t i = 0;

	if (strcmp(what, "timeout") == 0)
		code = PROBE_TIMEOUT;
	else if (strcmp(what, "refused") == 0)
		code = PROBE_NO_CONNECTION;
	else if (strcmp(what, "verify") == 0)
		code = PROBE_VERIFY_ERROR;
	else if (!script_time(what, &rtt))
		return world_fail(w, "'%s' is no time, timeout, refused or verify", what);
	while (i < w->ntargets && strcmp(w->targets[i].name, st->word[1]) != 0)
		i++;
	if (i == sizeof w->targets / sizeof *w->targets)
		return world_fail(w, "too many targets");
	if (i == w->ntargets)
		w->targets[w->ntargets++].name = mem_strdup(w, st->word[1]);
	w->targets[i].code = code;
	w->targets[i].rtt = rtt;
	return true;
}

/* vrrp "LINE": what keepalived writes to its FIFO. */
static bool
verb_vrrp(struct world *w, const struct statement *st)
{
	vrrp_feed(w->engine->vrrp, st->word[1], strlen(st->word[1]));
	vrrp_feed(w->engine->vrrp, "\n", 1);
	world_settle(w);
	return true;
}

/* frr DAEMON "TEXT": what a daemon of FRR logs, or what bfdd sends. */
static bool
verb_frr(struct world *w, const struct statement *st)
{
	const char *text = st->word[2];

	if (strcmp(st->word[1], "bfdd") == 0)
		frr_bfd(w->engine->frr, text, strlen(text));
	else
		frr_syslog(w->engine->frr, st->word[1], text, strlen(text));
	world_settle(w);
	return true;
}

/* hostapd INTERFACE "MESSAGE" ["ANSWER"]: what hostapd sends, and answers to STA. */
static bool
verb_hostapd(struct world *w, const struct statement *st)
{
	hostapd_feed(w->engine->hostapd, st->word[1], st->word[2], st->n > 3 ? st->word[3] : NULL);
	world_settle(w);
	return true;
}

/* lldp { JSON }: what lldpcli prints. */
static bool
verb_lldp(struct world *w, const struct statement *st)
{
	lldp_feed(w->engine->lldp, st->block, strlen(st->block));
	world_settle(w);
	return true;
}

/* publish SUB-SYSTEM TYPE [ARG...]: an event of an application outside. */
static bool
verb_publish(struct world *w, const struct statement *st)
{
	const char *args[APPLICATION_ARGS] = { NULL };

	for (size_t i = 0; i < APPLICATION_ARGS && i + 3 < st->n; i++)
		args[i] = st->word[i + 3];
	application_publish(w->engine, (uint32_t)strtoul(st->word[1], NULL, 10),
		(uint32_t)strtoul(st->word[2], NULL, 10), args, NULL);
	world_settle(w);
	return true;
}

/* ---- time ---- */

static bool
advance(struct world *w, const struct statement *st, usec by)
{
	struct statement rest = { .line = st->line,
		.word = st->word + 2,
		.quoted = st->quoted + 2,
		.n = st->n - 2,
		.block = st->block };

	if (by < 0)
		return world_fail(w, "time does not go back");
	loop_advance(w->engine->loop, by);
	return rest.n == 0 || verb_run(w, &rest);
}

static bool
verb_after(struct world *w, const struct statement *st)
{
	usec by;

	return script_time(st->word[1], &by) ? advance(w, st, by)
					     : world_fail(w, "'%s' is no time", st->word[1]);
}

static bool
verb_at(struct world *w, const struct statement *st)
{
	usec when;

	if (!script_time(st->word[1], &when))
		return world_fail(w, "'%s' is no time", st->word[1]);
	return advance(w, st, w->began + when - clock_mono(w->engine->clock));
}

/* The wall clock is set, time goes on. */
static bool
verb_step(struct world *w, const struct statement *st)
{
	usec by;

	if (!script_time(st->word[1], &by))
		return world_fail(w, "'%s' is no time", st->word[1]);
	loop_step_wall(w->engine->loop, by);
	world_settle(w);
	return true;
}

static bool
verb_nothing(struct world *w, const struct statement *st)
{
	return true; /* title, start, zone: read before the world begins */
}

/* ---- the table ---- */

static const struct {
	const char *word;
	size_t args; /* at least so many words behind it */
	bool block;
	bool (*run)(struct world *, const struct statement *);
} verbs[] = {
	{ "after", 1, false, verb_after },
	{ "agent", 1, false, verb_agent },
	{ "at", 1, false, verb_at },
	{ "answers", 1, false, verb_answers },
	{ "cli", 1, false, verb_cli },
	{ "config", 0, true, verb_config },
	{ "dns", 2, false, verb_dns },
	{ "expect", 1, false, expect_run },
	{ "file", 1, true, verb_file },
	{ "frr", 2, false, verb_frr },
	{ "hostapd", 2, false, verb_hostapd },
	{ "flow", 5, false, verb_flow },
	{ "interface", 2, false, verb_interface },
	{ "kernel", 2, false, verb_kernel },
	{ "lldp", 0, true, verb_lldp },
	{ "mail", 1, false, verb_mail },
	{ "notify", 2, false, verb_notify },
	{ "press", 2, false, verb_press },
	{ "publish", 2, false, verb_publish },
	{ "refused", 1, true, verb_refused },
	{ "request", 3, false, verb_request },
	{ "sla", 2, false, verb_sla },
	{ "start", 1, false, verb_nothing },
	{ "sts", 3, false, verb_sts },
	{ "step", 1, false, verb_step },
	{ "syslog", 1, false, verb_syslog },
	{ "track", 2, false, verb_track },
	{ "title", 1, false, verb_nothing },
	{ "vrrp", 1, false, verb_vrrp },
	{ "zone", 1, false, verb_nothing },
};

bool
verb_run(struct world *w, const struct statement *st)
{
	w->now = st;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].word, st->word[0]) != 0)
			continue;
		if (st->n - 1 < verbs[i].args || (verbs[i].block && st->block == NULL))
			return world_fail(w, "'%s' needs more", st->word[0]);
		return verbs[i].run(w, st);
	}
	return world_fail(w, "'%s' is no statement", st->word[0]);
}
