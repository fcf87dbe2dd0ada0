/* The event of a request for an object, and its answer. */
#include "snmp/object.h"

#include <string.h>

#include "bus/detector.h"

static int64_t
request_of(const struct event *ev)
{
	return strcmp(ev->detector->name, "snmp-object") == 0
		       ? ((const struct snmp_object_data *)ev->data)->id
		       : 0;
}

int64_t
snmp_object_request(const struct event *ev)
{
	int64_t id = request_of(ev);

	for (size_t i = 0; id == 0 && i < ev->nmembers; i++)
		id = request_of(ev->members[i].event);
	return id;
}
