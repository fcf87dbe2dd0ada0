/* Detector oir: insertion and removal of hardware, as the kernel announces it (net/uevents.h). */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "detect/words.h"
#include "net/uevents.h"

struct oir_spec {
	struct spec_common common;
	struct kw_enum event;
};

static const struct kw_alternative events[] = {
	{ "all", "Insertion and removal", 0, false },
	{ "insert", "Insertion", 1, false },
	{ "removal", "Removal", 2, false },
	{ NULL, NULL, 0, false },
};

struct oir_data {
	const char *event;
	const char *slot;
};

static const struct event_field oir_fields[] = {
	WORDS_STR(struct oir_data, "_oir_event", "insert or remove", event),
	WORDS_STR(struct oir_data, "_oir_slot", "Slot or path of the device", slot),
	EVENT_FIELDS_END,
};

static const struct kw oir_kw[] = {
	WORDS_CHOICE(struct oir_spec, "event", "Kind of change", event, events, .dflt = 0, .has_dflt = true),
	SPEC_COMMON_ROWS(struct oir_spec),
	KW_END,
};

enum { ALL, INSERT, REMOVAL };

struct oir {
	struct engine *engine;
	struct uevents *uevents; /* NULL: nobody has asked yet */
};

/*
 * What can be plugged in; the kernel tells of queues, drivers and partitions in the same way, which
 * come and go with their device.
 */
static bool
is_hardware(const struct uevent *u)
{
	static const char *const subsystems[] = { "pci", "usb", "net", "block", "mmc", "nvme", "tty", "sound",
		"thunderbolt", "platform", "hwmon", "power_supply", "cpu", "memory", "ptp" };

	for (size_t i = 0; i < sizeof subsystems / sizeof *subsystems; i++)
		if (strcmp(subsystems[i], u->subsystem) == 0)
			return true;
	return false;
}

static bool
oir_match(const struct spec *s, const struct event *ev)
{
	const struct oir_spec *a = s->args;
	const struct oir_data *d = ev->data;
	int wanted = a->event.set ? a->event.v : ALL;

	return wanted == ALL || (wanted == INSERT) == (strcmp(d->event, "insert") == 0);
}

static void
on_uevent(void *arg, const struct uevent *u)
{
	struct oir *all = arg;
	struct event *ev;
	struct oir_data *d;
	char slot[160];

	if (!is_hardware(u))
		return;
	ev = event_new(all->engine, &detector_oir, NULL, NULL);
	d = ev->data;
	d->event = u->added ? "insert" : "remove";
	snprintf(slot, sizeof slot, "%s %s", u->subsystem, u->name);
	d->slot = event_str(ev, slot);
	ev->source = "kernel";
	bus_publish(all->engine->bus, ev, NULL, 0);
}

static bool
oir_arm(struct spec *s, struct err *err)
{
	struct oir *all = *bus_detector_state(s->engine->bus, &detector_oir);

	if (all->uevents == NULL)
		all->uevents = uevents_new(all, s->engine, on_uevent, all, err);
	return all->uevents != NULL;
}

static bool
oir_start(struct engine *engine, struct err *err)
{
	struct oir *all = mem_new(engine->bus, struct oir);

	all->engine = engine;
	*bus_detector_state(engine->bus, &detector_oir) = all;
	return true;
}

const struct detector detector_oir = {
	.name = "oir",
	.help = "OIR event",
	.version = "01.00",
	.kw = oir_kw,
	.spec_size = sizeof(struct oir_spec),
	.data_size = sizeof(struct oir_data),
	.fields = oir_fields,
	.key = "_oir_slot",
	.awaited = true,
	.start = oir_start,
	.arm = oir_arm,
	.match = oir_match,
};
