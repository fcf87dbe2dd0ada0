/* Identifiers, types and values of SNMP objects. */
#include "snmp/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ORDER: enum object_type, but for those that nobody types. */
const struct kw_alternative object_types[] = {
	{ "counter", "32-bit counter", OBJECT_COUNTER, false },
	{ "counter64", "64-bit counter", OBJECT_COUNTER64, false },
	{ "gauge", "32-bit gauge", OBJECT_GAUGE, false },
	{ "int", "32-bit integer", OBJECT_INT, false },
	{ "ipv4", "IPv4 address", OBJECT_IPV4, false },
	{ "octet", "Octets in hexadecimal", OBJECT_OCTET, false },
	{ "oid", "Object identifier", OBJECT_OID, false },
	{ "string", "Text", OBJECT_STRING, false },
	{ "uint", "32-bit unsigned integer", OBJECT_UINT, false },
	{ NULL, NULL, 0, false },
};

/* Names that configurations use without a MIB at hand (RFC 1213, 2863, 4273, 4113 and the CISCO MIBs). */
static const struct {
	const char *name, *oid;
} names[] = {
	{ "iso", "1" },
	{ "internet", "1.3.6.1" },
	{ "mib-2", "1.3.6.1.2.1" },
	{ "system", "1.3.6.1.2.1.1" },
	{ "sysDescr", "1.3.6.1.2.1.1.1" },
	{ "sysObjectID", "1.3.6.1.2.1.1.2" },
	{ "sysUpTime", "1.3.6.1.2.1.1.3" },
	{ "sysContact", "1.3.6.1.2.1.1.4" },
	{ "sysName", "1.3.6.1.2.1.1.5" },
	{ "sysLocation", "1.3.6.1.2.1.1.6" },
	{ "sysServices", "1.3.6.1.2.1.1.7" },
	{ "interfaces", "1.3.6.1.2.1.2" },
	{ "ifNumber", "1.3.6.1.2.1.2.1" },
	{ "ifTable", "1.3.6.1.2.1.2.2" },
	{ "ifEntry", "1.3.6.1.2.1.2.2.1" },
	{ "ifIndex", "1.3.6.1.2.1.2.2.1.1" },
	{ "ifDescr", "1.3.6.1.2.1.2.2.1.2" },
	{ "ifType", "1.3.6.1.2.1.2.2.1.3" },
	{ "ifMtu", "1.3.6.1.2.1.2.2.1.4" },
	{ "ifSpeed", "1.3.6.1.2.1.2.2.1.5" },
	{ "ifPhysAddress", "1.3.6.1.2.1.2.2.1.6" },
	{ "ifAdminStatus", "1.3.6.1.2.1.2.2.1.7" },
	{ "ifOperStatus", "1.3.6.1.2.1.2.2.1.8" },
	{ "ifLastChange", "1.3.6.1.2.1.2.2.1.9" },
	{ "ifInOctets", "1.3.6.1.2.1.2.2.1.10" },
	{ "ifInUcastPkts", "1.3.6.1.2.1.2.2.1.11" },
	{ "ifInDiscards", "1.3.6.1.2.1.2.2.1.13" },
	{ "ifInErrors", "1.3.6.1.2.1.2.2.1.14" },
	{ "ifOutOctets", "1.3.6.1.2.1.2.2.1.16" },
	{ "ifOutUcastPkts", "1.3.6.1.2.1.2.2.1.17" },
	{ "ifOutDiscards", "1.3.6.1.2.1.2.2.1.19" },
	{ "ifOutErrors", "1.3.6.1.2.1.2.2.1.20" },
	{ "ip", "1.3.6.1.2.1.4" },
	{ "icmp", "1.3.6.1.2.1.5" },
	{ "tcp", "1.3.6.1.2.1.6" },
	{ "udp", "1.3.6.1.2.1.7" },
	{ "snmp", "1.3.6.1.2.1.11" },
	{ "ospf", "1.3.6.1.2.1.14" },
	{ "bgp", "1.3.6.1.2.1.15" },
	{ "bgpVersion", "1.3.6.1.2.1.15.1" },
	{ "bgpLocalAs", "1.3.6.1.2.1.15.2" },
	{ "bgpPeerTable", "1.3.6.1.2.1.15.3" },
	{ "bgpPeerState", "1.3.6.1.2.1.15.3.1.2" },
	{ "host", "1.3.6.1.2.1.25" },
	{ "hrSystemUptime", "1.3.6.1.2.1.25.1.1" },
	{ "hrProcessorLoad", "1.3.6.1.2.1.25.3.3.1.2" },
	{ "ifMIB", "1.3.6.1.2.1.31" },
	{ "ifName", "1.3.6.1.2.1.31.1.1.1.1" },
	{ "ifHCInOctets", "1.3.6.1.2.1.31.1.1.1.6" },
	{ "ifHCOutOctets", "1.3.6.1.2.1.31.1.1.1.10" },
	{ "ifHighSpeed", "1.3.6.1.2.1.31.1.1.1.15" },
	{ "ifAlias", "1.3.6.1.2.1.31.1.1.1.18" },
	{ "enterprises", "1.3.6.1.4.1" },
	{ "cisco", "1.3.6.1.4.1.9" },
	{ "cpmCPUTotal5sec", "1.3.6.1.4.1.9.9.109.1.1.1.1.3" },
	{ "cpmCPUTotal1min", "1.3.6.1.4.1.9.9.109.1.1.1.1.4" },
	{ "cpmCPUTotal5min", "1.3.6.1.4.1.9.9.109.1.1.1.1.5" },
	{ "ucdavis", "1.3.6.1.4.1.2021" },
	{ "snmpTraps", "1.3.6.1.6.3.1.1.5" },
	{ "coldStart", "1.3.6.1.6.3.1.1.5.1" },
	{ "warmStart", "1.3.6.1.6.3.1.1.5.2" },
	{ "linkDown", "1.3.6.1.6.3.1.1.5.3" },
	{ "linkUp", "1.3.6.1.6.3.1.1.5.4" },
	{ "authenticationFailure", "1.3.6.1.6.3.1.1.5.5" },
	{ "snmpTrapOID", "1.3.6.1.6.3.1.1.4.1" },
};

static bool
no_identifier(const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID, "'%.80s' is no object identifier", text);
}

/* `rest` begins with an arc; further ones behind dots. */
static bool
add_arcs(const char *rest, struct object_id *id)
{
	for (;;) {
		unsigned long v;
		char *end;

		if (!isdigit((unsigned char)*rest) || id->n == OBJECT_ARCS)
			return false;
		errno = 0;
		v = strtoul(rest, &end, 10);
		if (errno != 0 || v > UINT32_MAX)
			return false;
		id->arc[id->n++] = (uint32_t)v;
		if (*end == '\0')
			return true;
		if (*end != '.')
			return false;
		rest = end + 1;
	}
}

bool
object_id_parse(const char *text, struct object_id *id, struct err *err)
{
	const char *rest = text + (*text == '.'), *module = strstr(rest, "::");
	size_t n;

	id->n = 0;
	if (isdigit((unsigned char)*rest))
		return add_arcs(rest, id) || no_identifier(text, err);
	if (module != NULL)
		rest = module + 2;
	n = strcspn(rest, ".");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == n && strncmp(names[i].name, rest, n) == 0) {
			add_arcs(names[i].oid, id);
			return rest[n] == '\0' || add_arcs(rest + n + 1, id) || no_identifier(text, err);
		}
	no_identifier(text, err);
	if (*rest != '\0')
		err_hint(err, "numbers with dots, or a well-known name such as sysUpTime.0");
	return false;
}

void
object_id_print(const struct object_id *id, struct text *out)
{
	for (size_t i = 0; i < id->n; i++)
		text_printf(out, "%s%u", i ? "." : "", id->arc[i]);
}

int
object_id_compare(const struct object_id *a, const struct object_id *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->arc[i] != b->arc[i])
			return a->arc[i] < b->arc[i] ? -1 : 1;
	return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

bool
object_id_is_below(const struct object_id *id, const struct object_id *top)
{
	return id->n >= top->n && memcmp(id->arc, top->arc, top->n * sizeof *top->arc) == 0;
}

/* ---- types and values ---- */

const char *
object_type_name(enum object_type t)
{
	for (const struct kw_alternative *a = object_types; a->word != NULL; a++)
		if (a->value == (int)t)
			return a->word;
	return t == OBJECT_TICKS ? "timeticks" : "null";
}

enum object_type
object_type_named(const char *word)
{
	for (const struct kw_alternative *a = object_types; word != NULL && a->word != NULL; a++)
		if (strcmp(a->word, word) == 0)
			return (enum object_type)a->value;
	return word != NULL && strcmp(word, "timeticks") == 0 ? OBJECT_TICKS : OBJECT_NONE;
}

static bool
is_number(const char *s, bool is_signed, uint64_t max)
{
	bool minus = is_signed && *s == '-';
	unsigned long long v;
	char *end;

	s += minus;
	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoull(s, &end, 10);
	return *end == '\0' && errno == 0 && v <= max + minus;
}

long
object_octets(const char *text, size_t n, unsigned char *out)
{
	size_t i = n >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
	long count = 0;

	while (i < n) {
		char pair[3] = { 0 };

		if (text[i] == ' ' || text[i] == ':' || text[i] == '-') {
			i++;
			continue;
		}
		if (i + 1 >= n || !isxdigit((unsigned char)text[i]) || !isxdigit((unsigned char)text[i + 1]))
			return -1;
		memcpy(pair, text + i, 2);
		out[count++] = (unsigned char)strtoul(pair, NULL, 16);
		i += 2;
	}
	return count;
}

/* Octets of a value fit into a datagram. */
enum { OCTETS_MAX = 65535 };

bool
object_value_check(enum object_type type, const char *text, size_t n, struct err *err)
{
	static const char *const wanted[] = { "a number from 0 to 4294967295",
		"a number from 0 to 18446744073709551615", "a number from 0 to 4294967295",
		"a number from -2147483648 to 2147483647", "an IPv4 address", "octets in hexadecimal",
		"an object identifier", "a text of at most 65535 octets", "a number from 0 to 4294967295",
		"a number from 0 to 4294967295", "a value" }; /* ORDER: enum object_type */
	unsigned char *octets;
	struct object_id id;
	struct in_addr address;
	bool fine = false;

	switch (type) {
	case OBJECT_COUNTER:
	case OBJECT_GAUGE:
	case OBJECT_TICKS:
	case OBJECT_UINT:
		fine = is_number(text, false, UINT32_MAX);
		break;
	case OBJECT_COUNTER64:
		fine = is_number(text, false, UINT64_MAX);
		break;
	case OBJECT_INT:
		fine = is_number(text, true, INT32_MAX);
		break;
	case OBJECT_IPV4:
		fine = inet_pton(AF_INET, text, &address) == 1;
		break;
	case OBJECT_OCTET:
		octets = n <= 2 * OCTETS_MAX ? malloc(n / 2 + 1) : NULL;
		fine = octets != NULL && object_octets(text, n, octets) >= 0;
		free(octets);
		break;
	case OBJECT_OID:
		fine = object_id_parse(text, &id, NULL);
		break;
	case OBJECT_STRING:
		fine = n <= OCTETS_MAX;
		break;
	case OBJECT_NONE:
		break;
	}
	return fine || err_set(err, ERR_INVALID, "'%.80s' is no value of type %s: %s is", text,
			       object_type_name(type), wanted[type]);
}

void
object_print_octets(const void *octets, size_t n, struct text *out)
{
	const unsigned char *p = octets;
	bool prints = utf8_valid(octets, n);

	for (size_t i = 0; i < n && prints; i++)
		prints = p[i] >= ' ' ? p[i] != 0x7f : strchr("\t\r\n", p[i]) != NULL && p[i] != '\0';
	if (prints) {
		text_addn(out, octets, n);
		return;
	}
	text_add(out, "0x");
	text_add_hex(out, octets, n, '\0');
}
