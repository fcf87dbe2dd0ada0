/* Detector resource: thresholds of resource policies (detect/erm.h) that were passed. */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "detect/erm.h"
#include "detect/words.h"

struct resource_spec {
	struct spec_common common;
	struct kw_str policy;
};

struct resource_data {
	int64_t configured_threshold;
	int64_t current_value;
	int64_t dampen_time;
	const char *direction;
	const char *level;
	int64_t notify_data_flag;
	const char *owner_id;
	const char *policy_id;
	int64_t policy_violation_flag;
	const char *time_sent;
	const char *user_id;
};

static const struct event_field resource_fields[] = {
	WORDS_INT(struct resource_data, "_resource_configured_threshold", "Threshold in percent",
		configured_threshold),
	WORDS_INT(struct resource_data, "_resource_current_value", "Value in percent", current_value),
	WORDS_INT(struct resource_data, "_resource_dampen_time", "Time that it had to hold, in seconds",
		dampen_time),
	WORDS_STR(struct resource_data, "_resource_direction", "Up or Down", direction),
	WORDS_STR(struct resource_data, "_resource_level", "Level: critical, major, minor", level),
	WORDS_INT(struct resource_data, "_resource_notify_data_flag", "1: with data of the owner",
		notify_data_flag),
	WORDS_STR(struct resource_data, "_resource_owner_id",
		"The resource: cpu total, memory processor, filesystem /var, ...", owner_id),
	WORDS_STR(struct resource_data, "_resource_policy_id", "Policy", policy_id),
	WORDS_INT(struct resource_data, "_resource_policy_violation_flag", "1: above the rising threshold",
		policy_violation_flag),
	WORDS_STR(struct resource_data, "_resource_time_sent", "When it was sent: seconds.milliseconds",
		time_sent),
	WORDS_STR(struct resource_data, "_resource_user_id", "User of the resource", user_id),
	EVENT_FIELDS_END,
};

static const struct kw resource_kw[] = {
	WORDS_VALUE(struct resource_spec, "policy", "Name of the resource policy", policy, kw_word,
		.flags = KW_REQ),
	SPEC_COMMON_ROWS(struct resource_spec),
	KW_END,
};

struct resource {
	struct engine *engine;
	struct erm *erm;
};

static struct resource *
state_of(struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_resource);
}

struct erm *
erm_of(struct engine *e)
{
	return state_of(e)->erm;
}

static const char *
policy_of(const struct spec *s)
{
	return ((const struct resource_spec *)s->args)->policy.s;
}

static void
fill(struct event *ev, const struct erm_policy *p, const struct erm_owner *o, enum erm_level level,
	int percent)
{
	const struct erm_limit *l = &o->limits[level];
	struct resource_data *d = ev->data;
	char text[256];

	d->configured_threshold = l->up ? l->rising : l->falling;
	d->current_value = percent;
	d->dampen_time = (l->up ? l->rising_time : l->falling_time) / USEC_PER_SEC;
	d->direction = l->up ? "Up" : "Down";
	d->level = erm_level_name(level);
	snprintf(text, sizeof text, "%s%s%s", usage_form(o->kind)->name, o->path != NULL ? " " : "",
		o->path != NULL ? o->path : "");
	d->owner_id = event_str(ev, text);
	d->policy_id = event_str(ev, p->name);
	d->policy_violation_flag = l->up;
	snprintf(text, sizeof text, "%lld.%03lld", (long long)ev->wall_sec, (long long)ev->wall_msec);
	d->time_sent = event_str(ev, text);
	d->user_id = "global";
}

static void
on_passed(void *arg, const struct erm_policy *p, const struct erm_owner *o, enum erm_level level, int percent)
{
	struct resource *all = arg;
	struct event *ev = event_new(all->engine, &detector_resource, NULL, NULL);

	fill(ev, p, o, level, percent);
	ev->source = "resources";
	ev->severity = level == ERM_MINOR   ? "severity-minor"
		       : level == ERM_MAJOR ? "severity-major"
					    : "severity-critical";
	bus_publish(all->engine->bus, ev, NULL, 0);
}

static bool
resource_match(const struct spec *s, const struct event *ev)
{
	return strcmp(policy_of(s), ((const struct resource_data *)ev->data)->policy_id) == 0;
}

static bool
is_wanted(void *arg, const char *policy)
{
	const struct resource *all = arg;

	for (const struct spec *s = bus_specs(all->engine->bus, &detector_resource); s != NULL; s = s->next)
		if (s->private != NULL && strcmp(policy_of(s), policy) == 0)
			return true;
	return false;
}

static void
on_changed(void *arg)
{
	struct resource *all = arg;

	for (struct spec *s = bus_specs(all->engine->bus, &detector_resource); s != NULL; s = s->next)
		spec_lacks(s, erm_needs(all->erm, policy_of(s)));
}

static bool
resource_arm(struct spec *s, struct err *err)
{
	struct resource *all = state_of(s->engine);

	s->private = all; /* it counts as wanted */
	erm_settle(all->erm);
	spec_lacks(s, erm_needs(all->erm, policy_of(s)));
	return true;
}

static void
resource_disarm(struct spec *s)
{
	s->private = NULL;
	erm_settle(state_of(s->engine)->erm);
}

static bool
resource_start(struct engine *engine, struct err *err)
{
	struct resource *all = mem_new(engine->bus, struct resource);

	all->engine = engine;
	all->erm = erm_new(all, engine, on_passed, is_wanted, on_changed, all);
	*bus_detector_state(engine->bus, &detector_resource) = all;
	return true;
}

const struct detector detector_resource = {
	.name = "resource",
	.help = "Resource event",
	.note = "Values are sampled each 5 seconds, those of the processor and of pressure as what was used "
		"between two samples. The interval of a level is how long the value has to stay there, "
		"rounded up to whole samples.",
	.version = "01.00",
	.kw = resource_kw,
	.spec_size = sizeof(struct resource_spec),
	.data_size = sizeof(struct resource_data),
	.fields = resource_fields,
	.key = "_resource_policy_id,_resource_owner_id,_resource_user_id",
	.start = resource_start,
	.arm = resource_arm,
	.disarm = resource_disarm,
	.match = resource_match,
};
