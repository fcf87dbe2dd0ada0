/*
 * Objects of SNMP as texts: identifiers, types and values, in the words of the configuration. Engine and
 * helper exchange them so; nothing here needs an SNMP library. Any thread.
 */
#ifndef SNMP_VALUE_H
#define SNMP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/kw/kw.h"
#include "core/err.h"

/* An object identifier (RFC 2578 3.5: at most 128 arcs). */
enum { OBJECT_ARCS = 128 };
struct object_id {
	uint32_t arc[OBJECT_ARCS];
	size_t n;
};

/* 1.3.6.1.2.1.1.3.0, .1.3.6, or a well-known name in front (`sysUpTime.0`, `bgp.2.0`). */
bool object_id_parse(const char *text, struct object_id *, struct err *);
void object_id_print(const struct object_id *, struct text *);
int object_id_compare(const struct object_id *, const struct object_id *); /* in the order of getnext */
/* Is `id` this one, or below it? */
bool object_id_is_below(const struct object_id *id, const struct object_id *top);

enum object_type {
	OBJECT_COUNTER,
	OBJECT_COUNTER64,
	OBJECT_GAUGE,
	OBJECT_INT,
	OBJECT_IPV4,
	OBJECT_OCTET, /* hexadecimal digits, blanks and colons between them, 0x in front if you like */
	OBJECT_OID,
	OBJECT_STRING,
	OBJECT_TICKS, /* hundredths of seconds; never typed */
	OBJECT_UINT,
	OBJECT_NONE, /* null, and what is not one of these */
};

extern const struct kw_alternative object_types[]; /* as they are typed: enum object_type */
const char *object_type_name(enum object_type);
enum object_type object_type_named(const char *word); /* OBJECT_NONE when there is no such type */

/* Is the text (n bytes) a value of the type? Else err says what is. */
bool object_value_check(enum object_type, const char *text, size_t n, struct err *);

/* Octets of OBJECT_OCTET digits: room for n / 2; answers how many, or -1. */
long object_octets(const char *text, size_t n, unsigned char *out);

/* How octets of a peer read: as text when all of them print, else 0x and digits. */
void object_print_octets(const void *octets, size_t n, struct text *);

#endif
