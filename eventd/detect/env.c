/*
 * Detector env: environmental alarms, from the kernel's sensors (host/sensors.h). A worker thread reads
 * them all while a statement is armed; an alarm is an event when it begins or becomes worse, and the log
 * says which sensor. One that stood when the first statement was typed is only logged.
 */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>

#include <uthash.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/rounds.h"
#include "detect/words.h"
#include "host/sensors.h"

#define POLL (5 * USEC_PER_SEC)

struct env_spec {
	struct spec_common common;
	struct kw_enum severity;
};

static const struct kw_alternative severities[] = {
	{ "major", "Major alarms", ALARM_MAJOR, false },
	{ "minor", "Minor alarms", ALARM_MINOR, false },
	{ NULL, NULL, 0, false },
};

struct env_data {
	enum alarm_level level; /* no variable: $_event_severity says it */
};

static const struct event_field env_fields[] = {
	EVENT_FIELDS_END,
};

static const struct kw env_kw[] = {
	WORDS_CHOICE(
		struct env_spec, "severity", "Severity of the alarm", severity, severities, .flags = KW_REQ),
	SPEC_COMMON_ROWS(struct env_spec),
	KW_END,
};

/* A sensor as it was at the last look. */
struct known {
	char key[130]; /* place and name */
	enum alarm_level level;
	bool is_there;
	UT_hash_handle hh;
};

struct env {
	struct engine *engine;
	struct rounds *rounds;
	struct known *sensors;
};

static const char NEEDS[] = "a sensor: the kernel has none in class/hwmon, class/thermal and "
			    "class/power_supply (sensors-detect finds the driver)";

static struct env *
state_of(struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_env);
}

static const char *
state_name(enum alarm_level level)
{
	static const char *const names[] = { "Normal", "Minor", "Major" }; /* ORDER: enum alarm_level */

	return names[level];
}

static void
publish(struct env *all, const struct sensor *s)
{
	struct event *ev = event_new(all->engine, &detector_env, NULL, NULL);
	struct env_data *d = ev->data;

	d->level = s->level;
	ev->severity = s->level == ALARM_MAJOR ? "severity-major" : "severity-minor";
	ev->source = "sensors";
	bus_publish(all->engine->bus, ev, NULL, 0);
}

static void
tell(struct env *all, const struct sensor *s, bool is_worse)
{
	struct log *log = all->engine->log;

	if (is_worse)
		log_msg(log, NULL, "ENVIRONMENTAL", SEV_ALERTS, "ALERT",
			"%s: %s, Location: %s, State: %s, Reading: %s", s->kind, s->name, s->place,
			state_name(s->level), s->reading);
	else
		log_msg(log, NULL, "ENVIRONMENTAL", SEV_INFORMATIONAL, "NOTICE",
			"%s: %s, Location: %s, State: %s, Reading: %s", s->kind, s->name, s->place,
			state_name(s->level), s->reading);
}

static void
look_at(struct env *all, const struct sensor *s, bool stood)
{
	char key[sizeof((struct known *)NULL)->key];
	struct known *k;
	bool is_worse;

	snprintf(key, sizeof key, "%s %s", s->place, s->name);
	HASH_FIND_STR(all->sensors, key, k);
	if (k == NULL) {
		k = mem_new(all, struct known);
		strcpy(k->key, key);
		HASH_ADD_STR(all->sensors, key, k);
	}
	k->is_there = true;
	if (s->level == k->level)
		return;
	is_worse = s->level > k->level;
	k->level = s->level;
	tell(all, s, is_worse);
	if (is_worse && !stood)
		publish(all, s);
}

/* A sensor that went has no alarm; it begins anew when it is plugged in again. */
static void
forget_absent(struct env *all)
{
	struct known *k, *next;

	HASH_ITER (hh, all->sensors, k, next) {
		if (!k->is_there) {
			HASH_DEL(all->sensors, k);
			mem_free(k);
			continue;
		}
		k->is_there = false;
	}
}

/* ---- rounds ---- */

static void *
read_machine(const char *sysfs, const char *procfs)
{
	return sensors_read(sysfs);
}

static void
release(void *found)
{
	sensors_free(found);
}

static bool
look(void *arg, const void *found, bool stood)
{
	const struct sensors *all = found;

	for (size_t i = 0; i < all->n; i++)
		look_at(arg, &all->v[i], stood);
	forget_absent(arg);
	return all->n > 0;
}

static void
end(void *arg)
{
	struct env *all = arg;
	struct known *k, *next;

	HASH_ITER (hh, all->sensors, k, next) {
		HASH_DEL(all->sensors, k);
		mem_free(k);
	}
}

static const struct rounds_kind rounds = {
	.detector = &detector_env,
	.every = POLL,
	.needs = NEEDS,
	.read = read_machine,
	.release = release,
	.look = look,
	.end = end,
};

static bool
env_match(const struct spec *s, const struct event *ev)
{
	const struct env_spec *a = s->args;
	const struct env_data *d = ev->data;

	return (enum alarm_level)a->severity.v == d->level;
}

static bool
env_arm(struct spec *s, struct err *err)
{
	rounds_arm(state_of(s->engine)->rounds);
	return true;
}

static void
env_disarm(struct spec *s)
{
	rounds_disarm(state_of(s->engine)->rounds);
}

static int
env_free(void *ptr)
{
	struct env *all = ptr;

	HASH_CLEAR(hh, all->sensors); /* the table; its entries are ours */
	return 0;
}

static bool
env_start(struct engine *engine, struct err *err)
{
	struct env *all = mem_new(engine->bus, struct env);

	all->engine = engine;
	all->rounds = rounds_new(all, engine, &rounds, all);
	mem_on_free(all, env_free);
	*bus_detector_state(engine->bus, &detector_env) = all;
	return true;
}

const struct detector detector_env = {
	.name = "env",
	.help = "Environmental event",
	.version = "01.00",
	.kw = env_kw,
	.spec_size = sizeof(struct env_spec),
	.data_size = sizeof(struct env_data),
	.fields = env_fields,
	.start = env_start,
	.arm = env_arm,
	.disarm = env_disarm,
	.match = env_match,
};
