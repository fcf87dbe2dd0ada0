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

/* The request that the event, or one of those it is made of, is about; 0: none. */
int64_t snmp_object_request(const struct event *);

/* Who takes the value of a policy; at most one. False: nobody waits for it any more, and it is not kept. */
typedef bool snmp_object_value_f(struct engine *, int64_t request, const struct snmp_reply *);
void snmp_on_object_value(struct snmp *, snmp_object_value_f *);
bool snmp_object_value(struct engine *, int64_t request, const struct snmp_reply *);

#endif
