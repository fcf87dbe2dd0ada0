/*
 * Events that policies publish for each other: `action publish-event`, `event_publish` of scripts, and
 * detector application on the other side. The event stands here because both sides know it. Engine
 * thread only.
 */
#ifndef BUS_APPLICATION_H
#define BUS_APPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cause.h"
#include "core/engine.h"

enum {
	APPLICATION_ARGS = 4,
	APPLICATION_POLICIES = 798 /* the only sub-system that policies may publish for */
};

/* Data of an `application` event. */
struct application_data {
	int64_t sub_system, type;
	const char *arg[APPLICATION_ARGS]; /* NULL: not given */
};

/*
 * Queues the event for whoever has `event application sub-system S type T`; nobody need. Texts are
 * copied, `args` and each of them may be NULL. `cause` is that of the run that publishes (run_cause()). False:
 * the queue of the bus was full, the event is lost and counted.
 */
bool application_publish(struct engine *, uint32_t sub_system, uint32_t type,
	const char *const args[APPLICATION_ARGS], struct cause *cause);

#endif
