/* The event of detector ipsla: an IP SLA operation has crossed a threshold (eem-language 4.11). */
#ifndef BUS_IPSLA_H
#define BUS_IPSLA_H

#include <stdint.h>

struct ipsla_data {
	const char *group_name; /* the number of its `ip sla group schedule`; without one, its tag */
	const char *tag;        /* "": none */
	int64_t oper_id;
	const char *condition; /* "Occurred", "Cleared" */
	const char *react_type;
	const char *threshold_type;
	const char *dest_ip_addr;
	int64_t threshold_rising;
	int64_t threshold_falling;
	int64_t threshold_count;
	int64_t threshold_count2;
	int64_t measured_threshold_value;
};

#endif
