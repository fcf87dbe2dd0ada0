/* Between variables of net-snmp and ours. Helper only. */
#ifndef SNMP_CONVERT_H
#define SNMP_CONVERT_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "core/err.h"
#include "snmp/job.h"

/* The identifier in the library's form: room for MAX_OID_LEN. False when the text is none. */
bool convert_oid(const char *text, oid *out, size_t *n, struct err *);
char *convert_oid_text(const void *ctx, const oid *, size_t n);

/* Adds the variable to the message; false when its value is none of its type. */
bool convert_add(netsnmp_pdu *, const struct snmp_var *, struct err *);

/* A received variable; its texts are allocated in ctx. */
void convert_read(const void *ctx, const netsnmp_variable_list *, struct snmp_var *);

/* noSuchObject and its like (RFC 3416 3) in words; NULL for a value. */
const char *convert_exception(const netsnmp_variable_list *);

#endif
