/* Detector syslog: messages against the patterns of all applets at once, then the finer options. */
#include "detect/syslog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/matchset.h"
#include "bus/occurs.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"
#include "detect/detector.h"
#include "detect/words.h"

enum { PRIORITY_ALL = SEV_DEBUGGING + 1, SEVERITIES = SEV_DEBUGGING + 1, TARGETS_AT_ONCE = 64, ENDS = 16 };

struct syslog_spec {
	struct spec_common common;
	struct kw_str pattern;
	struct kw_enum priority;
	struct kw_flag severity[SEVERITIES];
	struct kw_str facility, mnemonic, sequence, timestamp, host, origin, app, listener;
	struct kw_flag trusted;
	struct kw_enum skip;
};

struct syslog_data {
	const char *msg;
	size_t msg_len;
	const char *priority, *sequence, *timestamp, *facility, *mnemonic;
	const char *host, *trusted, *listener, *origin, *app, *procid, *msgid, *data;
};

/* One armed specification; NULL where the option is not given. */
struct armed {
	struct matchset_rule *rule;
	unsigned severities; /* bit n: level n is wanted */
	bool trusted;
	struct regex *facility, *mnemonic, *sequence, *timestamp, *host, *origin, *app, *listener;
};

struct syslog_state {
	struct engine *engine;
	struct matchset *set;
	struct matchset_caller *caller;
	struct regex_scratch *scratch;
	/* the message under the hand */
	const struct line *view;
	uint64_t *targets;
	size_t n, cap;
	bool skip; /* a specification that matched keeps it from everybody else */
};

static const struct event_field syslog_fields[] = {
	{ "_syslog_msg", "The message: a newline, time stamp, text", FIELD_STR,
		offsetof(struct syslog_data, msg), offsetof(struct syslog_data, msg_len) },
	{ "_syslog_priority", "Its level in words", FIELD_STR, offsetof(struct syslog_data, priority), 0 },
	{ "_syslog_sequence", "Its sequence number", FIELD_STR, offsetof(struct syslog_data, sequence), 0 },
	{ "_syslog_timestamp", "Its time stamp", FIELD_STR, offsetof(struct syslog_data, timestamp), 0 },
	{ "_syslog_facility", "Its facility", FIELD_STR, offsetof(struct syslog_data, facility), 0 },
	{ "_syslog_mnemonic", "Its mnemonic", FIELD_STR, offsetof(struct syslog_data, mnemonic), 0 },
	{ "_syslog_host", "The device that sent it: its address, the name in its certificate, or local",
		FIELD_STR, offsetof(struct syslog_data, host), 0 },
	{ "_syslog_trusted", "yes when nobody else can have sent it, else no", FIELD_STR,
		offsetof(struct syslog_data, trusted), 0 },
	{ "_syslog_listener", "Where it came in: the URL of a listener, file, journal or log", FIELD_STR,
		offsetof(struct syslog_data, listener), 0 },
	{ "_syslog_origin", "The name that the message gives its sender: anybody can write any name",
		FIELD_STR, offsetof(struct syslog_data, origin), 0 },
	{ "_syslog_app", "The program that it names", FIELD_STR, offsetof(struct syslog_data, app), 0 },
	{ "_syslog_procid", "The process that it names", FIELD_STR, offsetof(struct syslog_data, procid), 0 },
	{ "_syslog_msgid", "Its message id (RFC 5424)", FIELD_STR, offsetof(struct syslog_data, msgid), 0 },
	{ "_syslog_data", "Its structured data with the brackets (RFC 5424)", FIELD_STR,
		offsetof(struct syslog_data, data), 0 },
	EVENT_FIELDS_END,
};

/* ---- grammar ---- */

static const struct kw_alternative priorities[] = {
	{ "alerts", "Immediate action needed (severity=1)", SEV_ALERTS, false },
	{ "all", "All priorities", PRIORITY_ALL, false },
	{ "critical", "Critical conditions (severity=2)", SEV_CRITICAL, false },
	{ "debugging", "Debugging messages (severity=7)", SEV_DEBUGGING, false },
	{ "emergencies", "System is unusable (severity=0)", SEV_EMERGENCIES, false },
	{ "errors", "Error conditions (severity=3)", SEV_ERRORS, false },
	{ "informational", "Informational messages (severity=6)", SEV_INFORMATIONAL, false },
	{ "notifications", "Normal but significant conditions (severity=5)", SEV_NOTIFICATIONS, false },
	{ "warnings", "Warning conditions (severity=4)", SEV_WARNINGS, false },
	{ "0", "Level 0", 0, true },
	{ "1", "Level 1", 1, true },
	{ "2", "Level 2", 2, true },
	{ "3", "Level 3", 3, true },
	{ "4", "Level 4", 4, true },
	{ "5", "Level 5", 5, true },
	{ "6", "Level 6", 6, true },
	{ "7", "Level 7", 7, true },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative yes_no[] = {
	{ "no", "Forward the message", 0, false },
	{ "yes", "Do not forward the message", 1, false },
	{ NULL, NULL, 0, false },
};

#define SEVERITY(word_, level_)                                   \
	{                                                         \
		.word = word_, .help = "Severity level " #level_, \
		KW_AT(struct syslog_spec, severity[level_])       \
	}
#define FIELD(word_, help_, at_)                                                                  \
	{                                                                                         \
		.word = word_, .help = help_, .type = &kw_pattern, KW_AT(struct syslog_spec, at_) \
	}

static const struct kw syslog_kw[] = {
	{ .word = "occurs",
		.help = "Number of occurrences before raising event",
		.type = &kw_number,
		KW_AT(struct syslog_spec, common.occurs),
		.min = 1,
		.max = OCCURS_SYSLOG_MAX,
		.dflt = 1,
		.has_dflt = true },
	{ .word = "pattern",
		.help = "Regular expression the message must match",
		.type = &kw_pattern,
		KW_AT(struct syslog_spec, pattern),
		.flags = KW_REQ },
	{ .word = "period",
		.help = "Occurrence period",
		.type = &kw_seconds,
		KW_AT(struct syslog_spec, common.period),
		.max = UINT32_MAX * USEC_PER_SEC + 999 * USEC_PER_MSEC },
	{ .word = "priority",
		.help = "Priority of messages to be screened",
		.type = &kw_choice,
		KW_AT(struct syslog_spec, priority),
		.choices = priorities,
		.dflt = PRIORITY_ALL,
		.has_dflt = true },
	SEVERITY("severity-fatal", 0),
	SEVERITY("severity-critical", 1),
	SEVERITY("severity-major", 2),
	SEVERITY("severity-minor", 3),
	SEVERITY("severity-warning", 4),
	SEVERITY("severity-notification", 5),
	SEVERITY("severity-normal", 6),
	SEVERITY("severity-debugging", 7),
	FIELD("facility", "Regular expression the facility must match", facility),
	FIELD("mnemonic", "Regular expression the mnemonic must match", mnemonic),
	FIELD("sequence", "Regular expression the sequence number must match", sequence),
	FIELD("timestamp", "Regular expression the time stamp must match", timestamp),
	FIELD("host", "Regular expression the sending device's address or certified name must match", host),
	FIELD("origin", "Regular expression the name that the message claims must match", origin),
	FIELD("app", "Regular expression the program's name must match", app),
	FIELD("listener", "Regular expression the listener's URL must match", listener),
	{ .word = "trusted-source",
		.help = "Only messages whose sender is proved",
		KW_AT(struct syslog_spec, trusted) },
	{ .word = "skip",
		.help = "Keep the message from other log destinations",
		.type = &kw_choice,
		KW_AT(struct syslog_spec, skip),
		.choices = yes_no,
		.dflt = 0,
		.has_dflt = true },
	SPEC_COMMON_ROWS(struct syslog_spec),
	KW_END,
};

/* $_event_severity of a level. ORDER: enum severity */
static const char *const severities[SEVERITIES] = { "severity-fatal", "severity-critical", "severity-major",
	"severity-minor", "severity-warning", "severity-notification", "severity-normal",
	"severity-debugging" };

/* ---- matching ---- */

static bool
field_matches(struct syslog_state *st, struct regex *re, struct slice field)
{
	return re == NULL || regex_match(re, st->scratch, field.n ? field.s : "", field.n, NULL) == REGEX_YES;
}

/* The option that says no, or NULL. */
static const char *
filter_refuses(struct syslog_state *st, const struct armed *a)
{
	const struct line *v = st->view;

	if ((a->severities >> v->severity & 1) == 0)
		return "severity";
	if (!field_matches(st, a->facility, v->facility))
		return "facility";
	if (!field_matches(st, a->mnemonic, v->mnemonic))
		return "mnemonic";
	if (!field_matches(st, a->sequence, v->sequence))
		return "sequence";
	if (!field_matches(st, a->timestamp, v->stamp))
		return "timestamp";
	if (a->trusted && !v->trusted)
		return "trusted-source";
	if (!field_matches(st, a->host, slice_of(v->host)))
		return "host";
	if (!field_matches(st, a->origin, v->claimed))
		return "origin";
	if (!field_matches(st, a->app, v->app))
		return "app";
	if (!field_matches(st, a->listener, slice_of(v->listener)))
		return "listener";
	return NULL;
}

static void
pattern_matched(void *arg, void *owner, const struct regex_captures *captures)
{
	struct syslog_state *st = arg;
	struct spec *s = owner;
	const char *no = filter_refuses(st, s->private);

	if (no) {
		bus_verdict(st->engine->bus, s, NULL, STAGE_FILTER, false, "%s", no);
		return;
	}
	if (st->n == st->cap) {
		st->cap *= 2;
		st->targets = mem_resize(st, st->targets, st->cap * sizeof *st->targets);
	}
	st->targets[st->n++] = s->id;
	if (((const struct syslog_spec *)s->args)->skip.v != 0)
		st->skip = true;
}

/* The view, promoted: copies of all that the applets may ask for. */
static struct event *
promote(struct syslog_state *st)
{
	const struct line *v = st->view;
	struct event *ev = event_new(st->engine, &detector_syslog, NULL, v->cause);
	struct syslog_data *d = ev->data;
	char *msg;

	event_reserve(ev, v->subject.n + v->sequence.n + v->stamp.n + v->facility.n + v->mnemonic.n +
				  v->claimed.n + v->app.n + v->procid.n + v->msgid.n + v->data.n + v->raw.n +
				  strlen(v->source) + strlen(v->host) + strlen(v->listener) + ENDS);
	msg = event_room(ev, v->subject.n + 1);
	msg[0] = '\n';
	if (v->subject.n)
		memcpy(msg + 1, v->subject.s, v->subject.n);
	d->msg = msg;
	d->msg_len = v->subject.n + 1;
	d->priority = severity_name(v->severity);
	d->sequence = event_strn(ev, v->sequence.s, v->sequence.n);
	d->timestamp = event_strn(ev, v->stamp.s, v->stamp.n);
	d->facility = event_strn(ev, v->facility.s, v->facility.n);
	d->mnemonic = event_strn(ev, v->mnemonic.s, v->mnemonic.n);
	d->host = event_str(ev, v->host);
	d->trusted = v->trusted ? "yes" : "no";
	d->listener = event_str(ev, v->listener);
	d->origin = event_strn(ev, v->claimed.s, v->claimed.n);
	d->app = event_strn(ev, v->app.s, v->app.n);
	d->procid = event_strn(ev, v->procid.s, v->procid.n);
	d->msgid = event_strn(ev, v->msgid.s, v->msgid.n);
	d->data = event_strn(ev, v->data.s, v->data.n);
	ev->severity = severities[v->severity];
	ev->source = event_str(ev, v->source);
	ev->doubted = !v->trusted;
	if (v->raw.n) {
		ev->raw = event_strn(ev, v->raw.s, v->raw.n);
		ev->raw_len = v->raw.n;
	}
	return ev;
}

/* Who said it, and the text without its time: what makes one message the same as another. */
static void
syslog_say(const struct event *ev, struct text *out)
{
	const struct syslog_data *d = ev->data;
	const char *text = d->msg_len > 0 ? d->msg + 1 : "", *end = text + strlen(text), *at;

	if ((at = strchr(text, '%')) != NULL)
		text = at;
	else if (d->timestamp != NULL && *d->timestamp != '\0' && (at = strstr(text, d->timestamp)) != NULL)
		text = at + strlen(d->timestamp) + strspn(at + strlen(d->timestamp), ": ");
	if (*ev->source != '\0')
		text_printf(out, "%s: ", ev->source);
	text_add_line(out, text, (size_t)(end - text));
}

unsigned
syslog_offer(struct engine *engine, const struct line *view)
{
	struct syslog_state *st = *bus_detector_state(engine->bus, &detector_syslog);

	st->view = view;
	st->n = 0;
	st->skip = false;
	matchset_commit(st->set);
	matchset_scan(st->set, st->caller, view->subject.n ? view->subject.s : "", view->subject.n,
		pattern_matched, st);
	if (st->n)
		bus_publish(engine->bus, promote(st), st->targets, st->n);
	st->view = NULL;
	return (unsigned)st->n;
}

/* Our own messages; what debugging prints is nobody's event. False: `skip yes`, nobody else sees it. */
static bool
own_message(void *arg, const struct log_entry *e)
{
	struct syslog_state *st = arg;
	char sequence[24];

	if (e->is_debug || st->view)
		return true;
	snprintf(sequence, sizeof sequence, "%06" PRIu64, e->seq);
	syslog_offer(st->engine, &(struct line){ .subject = slice_of(e->line),
					 .facility = slice_of(e->facility),
					 .mnemonic = slice_of(e->mnemonic),
					 .sequence = slice_of(sequence),
					 .stamp = slice_of(e->stamp),
					 .severity = e->severity,
					 .source = "log",
					 .listener = "log",
					 .host = "local",
					 .trusted = !cause_is_doubted(e->cause),
					 .cause = e->cause });
	return !st->skip;
}

/* ---- arming ---- */

static bool
arm_field(struct armed *a, const struct kw_str *option, struct regex **out, struct err *err)
{
	if (!option->set)
		return true;
	*out = regex_new(a, option->s, REGEX_EVENT, err);
	return *out != NULL;
}

static unsigned
wanted_severities(const struct syslog_spec *o)
{
	unsigned up_to = o->priority.set ? (unsigned)o->priority.v : PRIORITY_ALL, chosen = 0;
	unsigned all = (1u << SEVERITIES) - 1;

	for (unsigned i = 0; i < SEVERITIES; i++)
		if (o->severity[i].set)
			chosen |= 1u << i;
	if (chosen == 0)
		chosen = all;
	return up_to == PRIORITY_ALL ? chosen : chosen & ((2u << up_to) - 1);
}

static bool
syslog_arm(struct spec *s, struct err *err)
{
	const struct syslog_spec *o = s->args;
	struct syslog_state *st = *bus_detector_state(s->engine->bus, &detector_syslog);
	struct armed *a = mem_new(s, struct armed);

	a->severities = wanted_severities(o);
	a->trusted = o->trusted.set;
	if (!arm_field(a, &o->facility, &a->facility, err) ||
		!arm_field(a, &o->mnemonic, &a->mnemonic, err) ||
		!arm_field(a, &o->sequence, &a->sequence, err) ||
		!arm_field(a, &o->timestamp, &a->timestamp, err) || !arm_field(a, &o->host, &a->host, err) ||
		!arm_field(a, &o->origin, &a->origin, err) || !arm_field(a, &o->app, &a->app, err) ||
		!arm_field(a, &o->listener, &a->listener, err) ||
		(a->rule = matchset_add(st->set, s, o->pattern.s, err)) == NULL) {
		mem_free(a);
		return false;
	}
	s->private = a;
	return true;
}

static void
syslog_disarm(struct spec *s)
{
	struct syslog_state *st = *bus_detector_state(s->engine->bus, &detector_syslog);
	struct armed *a = s->private;

	matchset_remove(st->set, a->rule);
	mem_free(a);
	s->private = NULL;
}

static int
syslog_state_free(void *p)
{
	log_screen(((struct syslog_state *)p)->engine->log, NULL, NULL);
	return 0;
}

static bool
syslog_start(struct engine *engine, struct err *err)
{
	struct syslog_state *st = mem_new(engine->bus, struct syslog_state);

	st->engine = engine;
	st->set = matchset_new(st);
	st->caller = matchset_caller_new(st, REGEX_JIT);
	st->scratch = regex_scratch_new(st, REGEX_JIT);
	st->cap = TARGETS_AT_ONCE;
	st->targets = mem_array(st, uint64_t, st->cap);
	*bus_detector_state(engine->bus, &detector_syslog) = st;
	log_screen(engine->log, own_message, st);
	mem_on_free(st, syslog_state_free);
	return true;
}

static void
syslog_describe(const struct spec *s, struct text *out)
{
	const struct syslog_spec *o = s->args;

	if (o->common.occurs.set)
		text_printf(out, "occurs %" PRId64 " ", o->common.occurs.v);
	text_printf(out, "pattern {%s}", o->pattern.s);
	if (o->common.period.set)
		words_describe_time(out, "period", o->common.period.v);
	if (o->priority.set && o->priority.v != PRIORITY_ALL)
		text_printf(out, " priority %s", severity_name((enum severity)o->priority.v));
	for (size_t i = 0; i < SEVERITIES; i++)
		if (o->severity[i].set)
			text_printf(out, " %s", severities[i]);
	words_describe_pattern(out, "facility", &o->facility);
	words_describe_pattern(out, "mnemonic", &o->mnemonic);
	words_describe_pattern(out, "sequence", &o->sequence);
	words_describe_pattern(out, "timestamp", &o->timestamp);
	words_describe_pattern(out, "host", &o->host);
	words_describe_pattern(out, "origin", &o->origin);
	words_describe_pattern(out, "app", &o->app);
	words_describe_pattern(out, "listener", &o->listener);
	if (o->trusted.set)
		text_add(out, " trusted-source");
	if (o->skip.set && o->skip.v)
		text_add(out, " skip yes");
}

const struct detector detector_syslog = {
	.name = "syslog",
	.help = "Syslog event",
	.version = "01.00",
	.kw = syslog_kw,
	.spec_size = sizeof(struct syslog_spec),
	.data_size = sizeof(struct syslog_data),
	.fields = syslog_fields,
	.device = "_syslog_host",
	.say = syslog_say,
	.not_by_itself = true,
	.start = syslog_start,
	.arm = syslog_arm,
	.disarm = syslog_disarm,
	.describe = syslog_describe,
};
