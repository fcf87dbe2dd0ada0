/* Fields of a flow, and comparing them: event1 to event4 of event nf. */
#ifndef DETECT_FLOW_CONDITION_H
#define DETECT_FLOW_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "core/err.h"
#include "flow/flow.h"

extern const struct kw_alternative flow_fields[];
extern const struct kw_alternative flow_ops[];

enum { FLOW_VALUE_MAX = 48, FLOW_PATTERN_MAX = 128 };

struct flow_condition {
	int field, op;
	int64_t number;
	uint8_t address[16];
	unsigned bits; /* of the address that count */
	uint8_t family;
	char pattern[FLOW_PATTERN_MAX];
};

/* False: the value does not suit the field or the operator. */
bool flow_condition_read(struct flow_condition *, int field, int op, const char *value, struct err *);
bool flow_condition_holds(const struct flow_condition *, const struct flow *);
bool flow_condition_number(const struct flow_condition *, int64_t); /* a rate instead of the field */

const char *flow_field_name(int field);
bool flow_field_counts(int field); /* bytes, packets */
uint64_t flow_counter(const struct flow *, int field);
/* The field as text, as $_nf_event1_value has it. */
void flow_value(const struct flow *, int field, char out[FLOW_VALUE_MAX]);

#endif
