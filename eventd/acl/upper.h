/*
 * Conditions on what IPv6 carries, in libpcap's filter language, which does not look behind extension headers by
 * itself: one header of options, routing or fragmentation (of the first piece) may stand before it. Any thread.
 */
#ifndef ACL_UPPER_H
#define ACL_UPPER_H

#include <stdint.h>

#include "core/text.h"

/* In conditions: where TCP, UDP or ICMP begins. "ip6[" UPPER " + 2:2] = 25" is their destination port. */
#define UPPER "@"

enum upper_side { UPPER_SOURCE = 0, UPPER_DESTINATION = 2 }; /* of ports: the offset of the field */

/* Appends " and ip6[@:2] OPERATOR PORT". */
void upper_port(struct text *conditions, enum upper_side, const char *operator, int64_t port);

/* Appends " and (...)": the protocol, and the conditions (each " and ...", "" for none) on it. */
void upper_add(struct text *out, int64_t protocol, const char *conditions);

#endif
