/* Events as JSON: what is decoded encodes to something that decodes to the same. */
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "bus/event.h"
#include "virtual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine *engine;
	struct err err = ERR_INIT;
	json_t *doc = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL), *again;
	struct event *ev, *back;

	if (engine == NULL)
		engine = virtual_engine(NULL);
	ev = doc ? event_from_json(engine, doc, &err) : NULL;
	json_decref(doc);
	if (ev == NULL)
		return 0;

	doc = event_to_json(ev);
	back = event_from_json(engine, doc, &err);
	if (back == NULL)
		abort();
	again = event_to_json(back);
	/* The origin "live" does not survive: what is decoded is a replay. */
	json_object_del(doc, "origin");
	json_object_del(again, "origin");
	if (!json_equal(doc, again))
		abort();
	json_decref(doc);
	json_decref(again);
	event_unref(ev);
	event_unref(back);
	return 0;
}
