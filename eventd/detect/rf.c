/* Detector rf: the redundancy facility, which is VRRP here: what keepalived and FRR's vrrpd say (peers/vrrp.h). */
#include "detect/daemons.h"
#include "detect/detector.h"

#include <string.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/settings.h"
#include "core/text.h"
#include "detect/words.h"
#include "peers/vrrp.h"

#define FIFO  "/run/eventd/vrrp"
#define AGAIN (5 * USEC_PER_SEC) /* a FIFO that could not be made is tried again */

struct rf_spec {
	struct spec_common common;
	struct kw_enum event;
	struct kw_str instance, group;
};

/* ORDER: the value is the place in the list. */
static const struct kw_alternative states[] = {
	{ "RF_PROG_ACTIVE", "Progress: active", 0, false },
	{ "RF_PROG_ACTIVE_DRAIN", "Progress: active drain", 1, false },
	{ "RF_PROG_ACTIVE_FAST", "Progress: active fast", 2, false },
	{ "RF_PROG_ACTIVE_POSTCONFIG", "Progress: active postconfig", 3, false },
	{ "RF_PROG_ACTIVE_PRECONFIG", "Progress: active preconfig", 4, false },
	{ "RF_PROG_EXTRALOAD", "Progress: extraload", 5, false },
	{ "RF_PROG_HANDBACK", "Progress: handback", 6, false },
	{ "RF_PROG_INITIALIZATION", "Progress: initialization", 7, false },
	{ "RF_PROG_PLATFORM_SYNC", "Progress: platform sync", 8, false },
	{ "RF_PROG_STANDBY_BULK", "Progress: standby bulk", 9, false },
	{ "RF_PROG_STANDBY_COLD", "Progress: standby cold", 10, false },
	{ "RF_PROG_STANDBY_CONFIG", "Progress: standby config", 11, false },
	{ "RF_PROG_STANDBY_FILESYS", "Progress: standby filesys", 12, false },
	{ "RF_PROG_STANDBY_HOT", "Progress: standby hot", 13, false },
	{ "RF_PROG_STANDBY_OIR_SYNC_DONE", "Progress: standby oir sync done", 14, false },
	{ "RF_REGISTRATION_STATUS", "Status: status", 15, false },
	{ "RF_STATUS_MAINTENANCE_ENABLE", "Status: maintenance enable", 16, false },
	{ "RF_STATUS_MANUAL_SWACT", "Status: manual swact", 17, false },
	{ "RF_STATUS_OPER_REDUNDANCY_MODE_CHANGE", "Status: oper redundancy mode change", 18, false },
	{ "RF_STATUS_PEER_COMM", "Status: peer comm", 19, false },
	{ "RF_STATUS_PEER_PRESENCE", "Status: peer presence", 20, false },
	{ "RF_STATUS_REDUNDANCY_MODE_CHANGE", "Status: redundancy mode change", 21, false },
	{ "RF_STATUS_SWACT_INHIBIT", "Status: swact inhibit", 22, false },
	{ NULL, NULL, 0, false },
};

struct rf_data {
	const char *event;
	const char *name;
	const char *kind;
	const char *state;
	const char *previous;
	int64_t priority;
};

static const struct event_field rf_fields[] = {
	WORDS_STR(struct rf_data, "_rf_event", "The state", event),
	WORDS_STR(struct rf_data, "_rf_name", "Name of the VRRP instance or sync group", name),
	WORDS_STR(struct rf_data, "_rf_kind", "instance or group", kind),
	WORDS_STR(struct rf_data, "_rf_state", "State as keepalived names it: MASTER, BACKUP, FAULT, STOP",
		state),
	WORDS_STR(struct rf_data, "_rf_previous", "The state before", previous),
	WORDS_INT(struct rf_data, "_rf_priority", "Priority of the instance", priority),
	EVENT_FIELDS_END,
};

static const struct kw rf_kw[] = {
	WORDS_CHOICE(
		struct rf_spec, "event", "State of the redundancy facility", event, states, .flags = KW_REQ),
	WORDS_VALUE(struct rf_spec, "instance", "VRRP instances whose name matches", instance, kw_pattern),
	WORDS_VALUE(struct rf_spec, "group", "VRRP sync groups whose name matches", group, kw_pattern),
	SPEC_COMMON_ROWS(struct rf_spec),
	KW_END,
};

/* ---- which words of keepalived are which states ---- */

#define ANY (-1)

/* In the order in which they are published. */
static const struct {
	const char *event;
	enum vrrp_word word;
	int before; /* enum vrrp_word, or ANY */
} meanings[] = {
	{ "RF_PROG_HANDBACK", VRRP_BACKUP, VRRP_MASTER }, /* a better one has come back */
	{ "RF_PROG_ACTIVE", VRRP_MASTER, ANY },
	{ "RF_PROG_STANDBY_HOT", VRRP_BACKUP, ANY },
	{ "RF_PROG_STANDBY_COLD", VRRP_FAULT, ANY }, /* it could not take over */
	{ "RF_PROG_INITIALIZATION", VRRP_STOP, ANY },
	{ "RF_PROG_INITIALIZATION", VRRP_DELETED, ANY },
	{ "RF_STATUS_PEER_COMM", VRRP_LOWER, ANY },
	{ "RF_STATUS_OPER_REDUNDANCY_MODE_CHANGE", VRRP_PRIORITY, ANY },
};
#define MEANINGS (sizeof meanings / sizeof *meanings)

static bool
rf_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct rf_spec *a = args;
	const char *word = states[a->event.v].word;

	for (size_t i = 0; i < MEANINGS; i++)
		if (strcmp(meanings[i].event, word) == 0)
			return true;
	err_set(err, ERR_REFUSED,
		"%s never happens here: it is a stage of two supervisors in one chassis, and "
		"VRRP has none like it",
		word);
	err_hint(err, "VRRP knows RF_PROG_ACTIVE, _HANDBACK, _INITIALIZATION, _STANDBY_COLD, _STANDBY_HOT, "
		      "RF_STATUS_PEER_COMM and RF_STATUS_OPER_REDUNDANCY_MODE_CHANGE");
	return false;
}

/* ---- the events ---- */

struct rf {
	struct engine *engine;
	struct regex_scratch *scratch;
	struct timer *again;
	unsigned armed;
	bool frr; /* vrrpd is heard, which needs no FIFO */
};

/* One armed statement. Without a pattern: every instance, so that a sync group does not count twice. */
struct wanted {
	struct regex *instance, *group;
};

static bool
wants(const struct rf *all, const struct spec *s, const char *event, const struct vrrp_notice *notice)
{
	const struct rf_spec *a = s->args;
	const struct wanted *w = s->private;
	struct regex *name = notice->of_group ? w->group : w->instance;

	if (strcmp(states[a->event.v].word, event) != 0)
		return false;
	if (name != NULL)
		return regex_match(name, all->scratch, notice->name, strlen(notice->name), NULL) == REGEX_YES;
	return !notice->of_group && w->group == NULL;
}

static void
publish(const struct rf *all, const char *name, const struct vrrp_notice *notice, enum vrrp_word before)
{
	struct engine *e = all->engine;
	struct event *ev = NULL;
	struct rf_data *d;

	for (struct spec *s = bus_specs(e->bus, &detector_rf); s != NULL; s = s->next) {
		if (!wants(all, s, name, notice))
			continue;
		if (ev == NULL) {
			ev = event_new(e, &detector_rf, NULL, NULL);
			d = ev->data;
			d->event = name;
			d->name = event_str(ev, notice->name);
			d->kind = notice->of_group ? "group" : "instance";
			d->state = vrrp_word(notice->word);
			d->previous = vrrp_word(before);
			d->priority = notice->priority;
			ev->source = notice->of_frr ? "frr" : "keepalived";
		}
		bus_publish(e->bus, event_ref(ev), &s->id, 1);
	}
	event_unref(ev);
}

static void
on_notice(void *arg, const struct vrrp_notice *notice, enum vrrp_word before)
{
	struct rf *all = arg;

	all->frr = all->frr || notice == NULL || notice->of_frr;
	bus_detector_lacks(all->engine->bus, &detector_rf, NULL);
	for (size_t i = 0; notice != NULL && i < MEANINGS; i++)
		if (meanings[i].word == notice->word &&
			(meanings[i].before == ANY || meanings[i].before == (int)before))
			publish(all, meanings[i].event, notice, before);
}

/* ---- arming ---- */

static const char *
path_of(const struct engine *e)
{
	return e->settings->keepalived != NULL ? e->settings->keepalived : FIFO;
}

/* Nobody can know whether keepalived writes to the FIFO before it does. */
static void
open_fifo(struct rf *all)
{
	const char *path = path_of(all->engine);
	struct err err = ERR_INIT;
	char *text;

	if (!daemons_are_read(all->engine))
		return;
	if (vrrp_is_open(all->engine->vrrp, path))
		return;
	if (!vrrp_open(all->engine->vrrp, path, &err)) {
		bus_detector_lacks(all->engine->bus, &detector_rf, err.text);
		timer_set(all->again, AGAIN);
		return;
	}
	if (all->frr)
		return;
	text = mem_printf(NULL,
		"a keepalived that writes to its FIFO: 'vrrp_notify_fifo %s' in its global_defs; or FRR's "
		"vrrpd",
		path);
	bus_detector_lacks(all->engine->bus, &detector_rf, text);
	mem_free(text);
}

static void
on_again(void *arg)
{
	open_fifo(arg);
}

void
rf_come(struct engine *e)
{
	struct rf *all = *bus_detector_state(e->bus, &detector_rf);

	if (e->settings->keepalived != NULL || all->armed > 0)
		open_fifo(all);
}

static bool
rf_arm(struct spec *s, struct err *err)
{
	const struct rf_spec *a = s->args;
	struct rf *all = *bus_detector_state(s->engine->bus, &detector_rf);
	struct wanted *w = mem_new(s, struct wanted);

	if ((a->instance.set && (w->instance = regex_new(w, a->instance.s, REGEX_EVENT, err)) == NULL) ||
		(a->group.set && (w->group = regex_new(w, a->group.s, REGEX_EVENT, err)) == NULL)) {
		mem_free(w);
		return false;
	}
	s->private = w;
	all->armed++;
	open_fifo(all);
	return true;
}

static void
rf_disarm(struct spec *s)
{
	struct rf *all = *bus_detector_state(s->engine->bus, &detector_rf);

	mem_free(s->private);
	s->private = NULL;
	all->armed--;
}

static bool
rf_start(struct engine *engine, struct err *err)
{
	struct rf *all = mem_new(engine->bus, struct rf);

	all->engine = engine;
	all->scratch = regex_scratch_new(all, REGEX_JIT);
	all->again = timer_after(all, engine->loop, 0, on_again, all);
	timer_stop(all->again);
	engine->vrrp = vrrp_new(all, engine, on_notice, all);
	*bus_detector_state(engine->bus, &detector_rf) = all;
	return true;
}

const struct detector detector_rf = {
	.name = "rf",
	.help = "Redundancy Facility event",
	.version = "01.00",
	.kw = rf_kw,
	.spec_size = sizeof(struct rf_spec),
	.data_size = sizeof(struct rf_data),
	.fields = rf_fields,
	.key = "_rf_name",
	.check = rf_check,
	.start = rf_start,
	.arm = rf_arm,
	.disarm = rf_disarm,
};
