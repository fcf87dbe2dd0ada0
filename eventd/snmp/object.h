/*
 * Data of a `snmp-object` event, and the answer to it: it stands here because the detector makes it and
 * `action snmp-object-value` replies. Engine thread only.
 */
#ifndef SNMP_OBJECT_H
#define SNMP_OBJECT_H

#include <stdint.h>

#include "core/engine.h"
#include "snmp/client.h"

struct event;

struct snmp_object_data {
	const char *oid;
	const char *request; /* get, getnext, set */
	const char *request_type;
	const char *value;
	int64_t id; /* of the request */
};

/* What was asked for in the event, or in one of those it is made of; NULL: nothing was. */
const struct snmp_object_data *snmp_object_asked(const struct event *);

/* Who takes the value of a policy; at most one. False: nobody waits for it any more, and it is not kept. */
typedef bool snmp_object_value_f(struct engine *, int64_t request, const struct snmp_reply *);
void snmp_on_object_value(struct snmp *, snmp_object_value_f *);
bool snmp_object_value(struct engine *, int64_t request, const struct snmp_reply *);

#endif
