/* Detector config: the running configuration has changed, and whoever did it has left configuration. */
#include "detect/config.h"

#include "core/text.h"
#include "detect/detector.h"

struct config_spec {
	struct spec_common common;
};

struct config_data {
	const char *who; /* not a variable: 4.3 has the common ones only */
};

static const struct kw config_kw[] = {
	SPEC_COMMON_ROWS(struct config_spec),
	KW_END,
};

void
config_changed(struct engine *engine, const char *who, struct cause *cause)
{
	struct event *ev;

	if (bus_specs(engine->bus, &detector_config) == NULL)
		return;
	ev = event_new(engine, &detector_config, NULL, cause);
	((struct config_data *)ev->data)->who = ev->source = event_str(ev, who);
	bus_publish(engine->bus, ev, NULL, 0);
}

/* An applet that configures is not triggered by that: it would configure for ever. */
const struct detector detector_config = {
	.name = "config",
	.alias = "configuration",
	.help = "Configuration policy event",
	.version = "01.00",
	.kw = config_kw,
	.spec_size = sizeof(struct config_spec),
	.data_size = sizeof(struct config_data),
	.not_by_itself = true,
};
