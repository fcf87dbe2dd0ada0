/* The event of a request for an object, and its answer. */
#include "snmp/object.h"

#include <string.h>

#include "bus/detector.h"

static const struct snmp_object_data *
asked_of(const struct event *ev)
{
	const struct snmp_object_data *d = ev->data;

	return strcmp(ev->detector->name, "snmp-object") == 0 && d->id != 0 ? d : NULL;
}

const struct snmp_object_data *
snmp_object_asked(const struct event *ev)
{
	const struct snmp_object_data *asked = asked_of(ev);

	for (size_t i = 0; asked == NULL && i < ev->nmembers; i++)
		asked = asked_of(ev->members[i].event);
	return asked;
}
