/*
 * The head of an SNMPv3 message (RFC 3412 6, RFC 3414 2.4): which engine it says is authoritative, and which
 * user. Read before the library sees the message, so that it knows the user at that engine. Any thread.
 */
#ifndef SNMP_V3HEAD_H
#define SNMP_V3HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { V3_ENGINE_MAX = 32, V3_USER_MAX = 32 };

/* Views into the message. */
struct v3_head {
	const uint8_t *engine, *user;
	size_t engine_len, user_len;
};

/* False for what is no such message, or has parts that are longer than allowed. */
bool v3_head_read(const void *message, size_t n, struct v3_head *);

#endif
