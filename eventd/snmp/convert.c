/* Variables of net-snmp and ours. */
#include "snmp/convert.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

bool
convert_oid(const char *text, oid *out, size_t *n, struct err *err)
{
	struct object_id id;

	if (!object_id_parse(text, &id, err))
		return false;
	for (size_t i = 0; i < id.n; i++)
		out[i] = id.arc[i];
	*n = id.n;
	return true;
}

char *
convert_oid_text(const void *ctx, const oid *arcs, size_t n)
{
	struct text t;

	text_init(&t, ctx);
	for (size_t i = 0; i < n; i++)
		text_printf(&t, "%s%lu", i ? "." : "", (unsigned long)arcs[i]);
	return t.s;
}

/* ---- to the library ---- */

static bool
add_octets(netsnmp_pdu *pdu, const oid *id, size_t n, const struct snmp_var *v)
{
	unsigned char *octets = mem_alloc(NULL, v->len / 2 + 1);
	long len = object_octets(v->value, v->len, octets);
	bool fine = len >= 0 && snmp_pdu_add_variable(pdu, id, n, ASN_OCTET_STR, octets, (size_t)len) != NULL;

	mem_free(octets);
	return fine;
}

static bool
add_counter64(netsnmp_pdu *pdu, const oid *id, size_t n, const char *value)
{
	unsigned long long v = strtoull(value, NULL, 10);
	struct counter64 c = { .high = (u_long)(v >> 32), .low = (u_long)(v & UINT32_MAX) };

	return snmp_pdu_add_variable(pdu, id, n, ASN_COUNTER64, &c, sizeof c) != NULL;
}

static bool
add_number(netsnmp_pdu *pdu, const oid *id, size_t n, u_char type, const char *value)
{
	long v = strtol(value, NULL, 10);

	return snmp_pdu_add_variable(pdu, id, n, type, &v, sizeof v) != NULL;
}

static bool
add_value(netsnmp_pdu *pdu, const oid *id, size_t n, const struct snmp_var *v)
{
	oid named[MAX_OID_LEN];
	struct in_addr address;
	size_t len;

	switch (v->type) {
	case OBJECT_COUNTER:
		return add_number(pdu, id, n, ASN_COUNTER, v->value);
	case OBJECT_GAUGE:
	case OBJECT_UINT:
		return add_number(pdu, id, n, ASN_GAUGE, v->value);
	case OBJECT_INT:
		return add_number(pdu, id, n, ASN_INTEGER, v->value);
	case OBJECT_TICKS:
		return add_number(pdu, id, n, ASN_TIMETICKS, v->value);
	case OBJECT_COUNTER64:
		return add_counter64(pdu, id, n, v->value);
	case OBJECT_IPV4:
		inet_pton(AF_INET, v->value, &address);
		return snmp_pdu_add_variable(pdu, id, n, ASN_IPADDRESS, &address, sizeof address) != NULL;
	case OBJECT_OCTET:
		return add_octets(pdu, id, n, v);
	case OBJECT_OID:
		return convert_oid(v->value, named, &len, NULL) &&
		       snmp_pdu_add_variable(pdu, id, n, ASN_OBJECT_ID, named, len * sizeof *named) != NULL;
	case OBJECT_STRING:
		return snmp_pdu_add_variable(pdu, id, n, ASN_OCTET_STR, v->value, v->len) != NULL;
	case OBJECT_NONE:
		return snmp_add_null_var(pdu, id, n) != NULL;
	}
	return false;
}

bool
convert_add(netsnmp_pdu *pdu, const struct snmp_var *v, struct err *err)
{
	oid id[MAX_OID_LEN];
	size_t n;

	if (!convert_oid(v->oid, id, &n, err) ||
		(v->type != OBJECT_NONE && !object_value_check(v->type, v->value, v->len, err)))
		return false;
	return add_value(pdu, id, n, v) || err_set(err, ERR_INVALID, "%s takes no such value", v->oid);
}

/* ---- from the library ---- */

static enum object_type
type_of(const netsnmp_variable_list *v)
{
	switch (v->type) {
	case ASN_INTEGER:
		return OBJECT_INT;
	case ASN_COUNTER:
		return OBJECT_COUNTER;
	case ASN_GAUGE: /* and Unsigned32, which is the same on the wire */
		return OBJECT_GAUGE;
	case ASN_TIMETICKS:
		return OBJECT_TICKS;
	case ASN_UINTEGER:
		return OBJECT_UINT;
	case ASN_COUNTER64:
	case ASN_OPAQUE_COUNTER64:
	case ASN_OPAQUE_U64:
		return OBJECT_COUNTER64;
	case ASN_IPADDRESS:
		return OBJECT_IPV4;
	case ASN_OBJECT_ID:
		return OBJECT_OID;
	case ASN_OCTET_STR:
	case ASN_OPAQUE:
	case ASN_BIT_STR:
		return OBJECT_STRING;
	default:
		return OBJECT_NONE;
	}
}

static void
print_address(const netsnmp_variable_list *v, struct text *out)
{
	char address[INET_ADDRSTRLEN] = "";

	if (v->val_len == sizeof(struct in_addr))
		inet_ntop(AF_INET, v->val.string, address, sizeof address);
	text_add(out, address);
}

void
convert_read(const void *ctx, const netsnmp_variable_list *v, struct snmp_var *out)
{
	struct text t;

	text_init(&t, ctx);
	out->oid = convert_oid_text(ctx, v->name, v->name_length);
	out->type = type_of(v);
	switch (out->type) {
	case OBJECT_INT:
		text_printf(&t, "%ld", v->val.integer != NULL ? *v->val.integer : 0);
		break;
	case OBJECT_COUNTER:
	case OBJECT_GAUGE:
	case OBJECT_TICKS:
	case OBJECT_UINT:
		text_printf(
			&t, "%lu", v->val.integer != NULL ? (unsigned long)*v->val.integer & UINT32_MAX : 0);
		break;
	case OBJECT_COUNTER64:
		text_printf(&t, "%llu",
			v->val.counter64 == NULL
				? 0
				: (unsigned long long)(v->val.counter64->high & UINT32_MAX) << 32 |
					  (v->val.counter64->low & UINT32_MAX));
		break;
	case OBJECT_IPV4:
		print_address(v, &t);
		break;
	case OBJECT_OID:
		text_add(&t, convert_oid_text(ctx, v->val.objid, v->val_len / sizeof(oid)));
		break;
	case OBJECT_STRING:
		object_print_octets(v->val.string, v->val_len, &t);
		break;
	default:
		break;
	}
	out->value = t.s;
	out->len = t.len;
}

const char *
convert_exception(const netsnmp_variable_list *v)
{
	switch (v->type) {
	case SNMP_NOSUCHOBJECT:
		return "no such object";
	case SNMP_NOSUCHINSTANCE:
		return "no such instance";
	case SNMP_ENDOFMIBVIEW:
		return "no more objects";
	default:
		return NULL;
	}
}
