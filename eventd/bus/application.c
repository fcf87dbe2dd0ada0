/* Publishing the events of policies. */
#include "bus/application.h"

#include "bus/bus.h"
#include "bus/detector.h"

bool
application_publish(struct engine *engine, uint32_t sub_system, uint32_t type,
	const char *const args[APPLICATION_ARGS], struct cause *cause)
{
	struct event *ev = event_new(engine, bus_detector_find(engine->bus, "application"), NULL, cause);
	struct application_data *d = ev->data;

	d->sub_system = sub_system;
	d->type = type;
	for (unsigned i = 0; i < APPLICATION_ARGS; i++)
		d->arg[i] = event_str(ev, args ? args[i] : NULL);
	ev->source = "policy";
	return bus_publish(engine->bus, ev, NULL, 0);
}
