/* The messages of AgentX. */
#include "snmp/agentx.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

enum {
	VERSION = 1,
	NETWORK_ORDER = 0x10,
	HAS_CONTEXT = 0x08,
	RANGES_MAX = 1024,
	TYPE_AT = 1, /* places in the header */
	FLAGS_AT = 2,
	PAYLOAD_AT = 16,
};

/* Types of values (RFC 2741 5.4). */
enum {
	WIRE_INTEGER = 2,
	WIRE_OCTETS = 4,
	WIRE_NULL = 5,
	WIRE_OID = 6,
	WIRE_ADDRESS = 64,
	WIRE_COUNTER = 65,
	WIRE_GAUGE = 66,
	WIRE_TICKS = 67,
	WIRE_OPAQUE = 68,
	WIRE_COUNTER64 = 70,
	WIRE_NO_OBJECT = 128,
	WIRE_NO_INSTANCE = 129,
	WIRE_END_OF_VIEW = 130,
};

/* ---- reading ---- */

struct cursor {
	const uint8_t *at, *end;
	bool big, bad;
};

static size_t
left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* n octets, or NULL, and the cursor is bad. */
static const uint8_t *
take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->at;

	if (c->bad || left(c) < n) {
		c->bad = true;
		return NULL;
	}
	c->at += n;
	return p;
}

static uint32_t
take_number(struct cursor *c, size_t octets)
{
	const uint8_t *p = take(c, octets);
	uint32_t v = 0;

	for (size_t i = 0; p != NULL && i < octets; i++)
		v = v << 8 | p[c->big ? i : octets - 1 - i];
	return v;
}

/* RFC 2741 5.1; the prefix stands for 1.3.6.1.PREFIX. */
static void
take_oid(struct cursor *c, struct object_id *id, bool *include)
{
	static const uint32_t internet[] = { 1, 3, 6, 1 };
	uint32_t n = take_number(c, 1), prefix = take_number(c, 1);

	if (include != NULL)
		*include = take_number(c, 1) != 0;
	else
		take(c, 1);
	take(c, 1);
	id->n = 0;
	if (n > OBJECT_ARCS - 5) {
		c->bad = true;
		return;
	}
	if (prefix != 0) {
		memcpy(id->arc, internet, sizeof internet);
		id->arc[4] = prefix;
		id->n = 5;
	}
	for (uint32_t i = 0; i < n && !c->bad; i++)
		id->arc[id->n++] = take_number(c, 4);
}

/* RFC 2741 5.3: padded to four octets. */
static const uint8_t *
take_octets(struct cursor *c, size_t *n)
{
	const uint8_t *p;

	*n = take_number(c, 4);
	p = take(c, *n);
	take(c, (4 - *n % 4) % 4);
	return c->bad ? NULL : p;
}

static void
take_value(struct cursor *c, uint32_t type, struct snmp_var *v, struct text *t)
{
	struct object_id id;
	const uint8_t *p;
	uint64_t high;
	size_t n;

	switch (type) {
	case WIRE_INTEGER:
		v->type = OBJECT_INT;
		text_printf(t, "%d", (int32_t)take_number(c, 4));
		return;
	case WIRE_COUNTER:
	case WIRE_GAUGE:
	case WIRE_TICKS:
		v->type = type == WIRE_COUNTER ? OBJECT_COUNTER
			  : type == WIRE_GAUGE ? OBJECT_GAUGE
					       : OBJECT_TICKS;
		text_printf(t, "%u", take_number(c, 4));
		return;
	case WIRE_COUNTER64:
		v->type = OBJECT_COUNTER64;
		high = take_number(c, 4);
		text_printf(t, "%llu",
			c->big ? (unsigned long long)(high << 32 | take_number(c, 4))
			       : (unsigned long long)(high | (uint64_t)take_number(c, 4) << 32));
		return;
	case WIRE_OID:
		v->type = OBJECT_OID;
		take_oid(c, &id, NULL);
		if (!c->bad)
			object_id_print(&id, t);
		return;
	case WIRE_OCTETS:
	case WIRE_OPAQUE:
	case WIRE_ADDRESS:
		p = take_octets(c, &n);
		v->type = type == WIRE_ADDRESS ? OBJECT_IPV4 : OBJECT_STRING;
		if (p != NULL && type == WIRE_ADDRESS && n == 4)
			text_printf(t, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
		else if (p != NULL && type != WIRE_ADDRESS)
			object_print_octets(p, n, t);
		else
			c->bad = true;
		return;
	case WIRE_NULL:
	case WIRE_NO_OBJECT:
	case WIRE_NO_INSTANCE:
	case WIRE_END_OF_VIEW:
		v->type = OBJECT_NONE;
		return;
	default:
		c->bad = true;
	}
}

static void
take_vars(const void *ctx, struct cursor *c, struct agentx_pdu *pdu)
{
	while (!c->bad && left(c) > 0 && pdu->nvars < RANGES_MAX) {
		struct snmp_var *v;
		struct object_id id;
		struct text name, value;
		uint32_t type;

		pdu->vars = mem_resize(ctx, pdu->vars, (pdu->nvars + 1) * sizeof *pdu->vars);
		v = &pdu->vars[pdu->nvars++];
		*v = (struct snmp_var){ .type = OBJECT_NONE };
		text_init(&name, ctx);
		text_init(&value, ctx);
		type = take_number(c, 2);
		take(c, 2);
		take_oid(c, &id, NULL);
		if (!c->bad)
			object_id_print(&id, &name);
		take_value(c, type, v, &value);
		v->oid = name.s;
		v->value = value.s;
		v->len = value.len;
	}
}

static void
take_ranges(const void *ctx, struct cursor *c, struct agentx_pdu *pdu)
{
	while (!c->bad && left(c) > 0 && pdu->nranges < RANGES_MAX) {
		struct agentx_range *r;

		pdu->ranges = mem_resize(ctx, pdu->ranges, (pdu->nranges + 1) * sizeof *pdu->ranges);
		r = &pdu->ranges[pdu->nranges++];
		take_oid(c, &r->start, &r->include);
		take_oid(c, &r->end, NULL);
	}
}

static void
take_payload(const void *ctx, struct cursor *c, struct agentx_pdu *pdu)
{
	size_t n;

	if ((pdu->head.flags & HAS_CONTEXT) != 0 && pdu->head.type != AGENTX_RESPONSE)
		take_octets(c, &n);
	switch (pdu->head.type) {
	case AGENTX_RESPONSE:
		take(c, 4); /* the master's sysUpTime */
		pdu->error = (uint16_t)take_number(c, 2);
		pdu->index = (uint16_t)take_number(c, 2);
		break;
	case AGENTX_GETBULK:
		take(c, 4); /* one of each is asked for, and allowed (RFC 2741 7.2.3.3) */
		take_ranges(ctx, c, pdu);
		break;
	case AGENTX_GET:
	case AGENTX_GETNEXT:
		take_ranges(ctx, c, pdu);
		break;
	case AGENTX_TESTSET:
		take_vars(ctx, c, pdu);
		break;
	default:
		break;
	}
}

static bool
no_message(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, "no message of AgentX: %s", what);
}

bool
agentx_size(const void *data, size_t n, size_t *size, struct err *err)
{
	const uint8_t *p = data;
	struct cursor c;
	uint32_t payload;

	*size = 0;
	if (n > 0 && p[0] != VERSION)
		return no_message(err, "its version");
	if (n < AGENTX_HEADER)
		return true;
	c = (struct cursor){ p + PAYLOAD_AT, p + AGENTX_HEADER, (p[FLAGS_AT] & NETWORK_ORDER) != 0, false };
	payload = take_number(&c, 4);
	if (payload > AGENTX_PAYLOAD_MAX || payload % 4 != 0)
		return no_message(err, "its length");
	*size = AGENTX_HEADER + payload;
	return true;
}

struct agentx_pdu *
agentx_read(const void *ctx, const void *data, size_t n, struct err *err)
{
	const uint8_t *p = data;
	struct agentx_pdu *pdu;
	struct cursor c;
	size_t size;

	if (!agentx_size(data, n, &size, err))
		return NULL;
	if (size == 0 || size != n) {
		no_message(err, "its length");
		return NULL;
	}
	pdu = mem_new(ctx, struct agentx_pdu);
	c = (struct cursor){ p + 4, p + n, (p[FLAGS_AT] & NETWORK_ORDER) != 0, false };
	pdu->head.type = (enum agentx_type)p[TYPE_AT];
	pdu->head.flags = p[FLAGS_AT];
	pdu->head.session = take_number(&c, 4);
	pdu->head.transaction = take_number(&c, 4);
	pdu->head.packet = take_number(&c, 4);
	pdu->head.payload = take_number(&c, 4);
	take_payload(pdu, &c, pdu);
	if (!c.bad)
		return pdu;
	no_message(err, "what it holds");
	mem_free(pdu);
	return NULL;
}

/* ---- writing, in network order ---- */

static void
put(struct text *t, uint32_t v, size_t octets)
{
	for (size_t i = octets; i-- > 0;)
		text_addc(t, (char)(v >> (8 * i)));
}

static void
put_oid(struct text *t, const struct object_id *id)
{
	put(t, (uint32_t)id->n, 1);
	put(t, 0, 3);
	for (size_t i = 0; i < id->n; i++)
		put(t, id->arc[i], 4);
}

static void
put_octets(struct text *t, const void *octets, size_t n)
{
	put(t, (uint32_t)n, 4);
	text_addn(t, octets, n);
	put(t, 0, (4 - n % 4) % 4);
}

/* Answers where the message begins; finish() fills in the length. */
static size_t
begin(struct text *t, enum agentx_type type, uint32_t session, uint32_t transaction, uint32_t packet)
{
	size_t start = t->len;

	put(t, VERSION, 1);
	put(t, type, 1);
	put(t, NETWORK_ORDER, 1);
	put(t, 0, 1);
	put(t, session, 4);
	put(t, transaction, 4);
	put(t, packet, 4);
	put(t, 0, 4);
	return start;
}

static void
finish(struct text *t, size_t start)
{
	uint32_t payload = htonl((uint32_t)(t->len - start - AGENTX_HEADER));

	memcpy(t->s + start + PAYLOAD_AT, &payload, sizeof payload);
}

void
agentx_open(struct text *t, uint32_t packet, const char *description)
{
	size_t start = begin(t, AGENTX_OPEN, 0, 0, packet);

	put(t, 0, 4); /* no time of its own */
	put(t, 0, 4); /* no identifier */
	put_octets(t, description, strlen(description));
	finish(t, start);
}

void
agentx_register(
	struct text *t, uint32_t session, uint32_t packet, const struct object_id *id, unsigned seconds)
{
	size_t start = begin(t, AGENTX_REGISTER, session, 0, packet);

	put(t, seconds > UINT8_MAX ? UINT8_MAX : seconds, 1);
	put(t, 127, 1); /* the default priority */
	put(t, 0, 2);
	put_oid(t, id);
	finish(t, start);
}

void
agentx_close(struct text *t, uint32_t session, uint32_t packet)
{
	enum { REASON_SHUTDOWN = 5 };
	size_t start = begin(t, AGENTX_CLOSE, session, 0, packet);

	put(t, REASON_SHUTDOWN, 1);
	put(t, 0, 3);
	finish(t, start);
}

static uint32_t
wire_type(const struct agentx_result *r)
{
	static const uint8_t types[] = { WIRE_COUNTER, WIRE_COUNTER64, WIRE_GAUGE, WIRE_INTEGER, WIRE_ADDRESS,
		WIRE_OCTETS, WIRE_OID, WIRE_OCTETS, WIRE_TICKS, WIRE_GAUGE,
		WIRE_NULL }; /* ORDER: enum object_type */

	switch (r->found) {
	case AGENTX_NO_OBJECT:
		return WIRE_NO_OBJECT;
	case AGENTX_NO_INSTANCE:
		return WIRE_NO_INSTANCE;
	case AGENTX_END_OF_VIEW:
		return WIRE_END_OF_VIEW;
	case AGENTX_VALUE:
		break;
	}
	return types[r->type];
}

/* The value has been checked against its type. */
static void
put_value(struct text *t, const struct agentx_result *r)
{
	unsigned long long big;
	struct object_id id;
	struct in_addr address;
	unsigned char *octets;
	long n;

	switch (r->type) {
	case OBJECT_INT:
		put(t, (uint32_t)strtol(r->value, NULL, 10), 4);
		break;
	case OBJECT_COUNTER:
	case OBJECT_GAUGE:
	case OBJECT_TICKS:
	case OBJECT_UINT:
		put(t, (uint32_t)strtoul(r->value, NULL, 10), 4);
		break;
	case OBJECT_COUNTER64:
		big = strtoull(r->value, NULL, 10);
		put(t, (uint32_t)(big >> 32), 4);
		put(t, (uint32_t)(big & UINT32_MAX), 4);
		break;
	case OBJECT_IPV4:
		inet_pton(AF_INET, r->value, &address);
		put_octets(t, &address, sizeof address);
		break;
	case OBJECT_OID:
		object_id_parse(r->value, &id, NULL);
		put_oid(t, &id);
		break;
	case OBJECT_OCTET:
		octets = mem_alloc(NULL, r->len / 2 + 1);
		n = object_octets(r->value, r->len, octets);
		put_octets(t, octets, n > 0 ? (size_t)n : 0);
		mem_free(octets);
		break;
	case OBJECT_STRING:
		put_octets(t, r->value, r->len);
		break;
	case OBJECT_NONE:
		break;
	}
}

void
agentx_response(struct text *t, const struct agentx_header *to, enum agentx_error error, unsigned index,
	const struct agentx_result *results, size_t n)
{
	size_t start = begin(t, AGENTX_RESPONSE, to->session, to->transaction, to->packet);

	put(t, 0, 4); /* sysUpTime: the master has it */
	put(t, error, 2);
	put(t, index, 2);
	for (size_t i = 0; i < n; i++) {
		put(t, wire_type(&results[i]), 2);
		put(t, 0, 2);
		put_oid(t, &results[i].id);
		if (results[i].found == AGENTX_VALUE)
			put_value(t, &results[i]);
	}
	finish(t, start);
}
