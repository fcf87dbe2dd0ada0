/* Reading NetFlow and IPFIX. */
#include "flow/netflow.h"

#include <string.h>

#include <uthash.h>

#include "core/mem.h"

/* A cursor over octets that somebody else wrote. */
struct octets_in {
	const uint8_t *at;
	size_t left;
};

struct field {
	uint16_t type; /* 0: of an enterprise, or none that is of use here */
	uint16_t length;
};

enum { VARIABLE = 0xffff }; /* IPFIX: the length stands before the value */

struct template_key {
	uint32_t domain;
	uint16_t exporter, id;
};

struct template
{
	struct template_key key;
	size_t n, least; /* octets that a record has at least */
	bool of_options; /* records tell of the exporter, not of flows */
	UT_hash_handle hh;
	struct field fields[];
};

struct netflow {
	struct template *templates;
	struct netflow_stats stats;
};

/* What one datagram says of all its sets. */
struct reading {
	struct netflow *netflow;
	struct template_key key; /* exporter and domain */
	bool is_ipfix;
	netflow_f *f;
	void *arg;
};

/* ---- octets ---- */

static bool
take(struct octets_in *in, size_t n, struct octets_in *out)
{
	if (n > in->left)
		return false;
	*out = (struct octets_in){ in->at, n };
	in->at += n;
	in->left -= n;
	return true;
}

static uint64_t
number(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *at++;
	return v;
}

static bool
take_number(struct octets_in *in, size_t n, uint64_t *v)
{
	struct octets_in part;

	if (!take(in, n, &part))
		return false;
	*v = number(part.at, n);
	return true;
}

/* ---- NetFlow 5 ---- */

static void
read_v5(struct reading *r, struct octets_in in)
{
	enum { HEADER = 24, RECORD = 48 };
	size_t count = in.left >= 4 ? (size_t)number(in.at + 2, 2) : 0;
	struct octets_in header, record;

	if (!take(&in, HEADER, &header) || in.left < count * RECORD)
		r->netflow->stats.malformed++;
	for (size_t i = 0; i < count && take(&in, RECORD, &record); i++) {
		const uint8_t *p = record.at;
		struct flow f = { 0 };

		memcpy(f.key.source, p, 4);
		memcpy(f.key.dest, p + 4, 4);
		f.key.family = 4;
		f.key.domain = r->key.exporter;
		f.input = (uint32_t)number(p + 12, 2);
		f.output = (uint32_t)number(p + 14, 2);
		f.packets = number(p + 16, 4);
		f.bytes = number(p + 20, 4);
		f.has_counters = true;
		f.key.source_port = (uint16_t)number(p + 32, 2);
		f.key.dest_port = (uint16_t)number(p + 34, 2);
		f.tcp_flags = p[37];
		f.key.protocol = p[38];
		f.tos = p[39];
		r->netflow->stats.flows++;
		r->f(r->arg, &f);
	}
}

/* ---- templates ---- */

static void
remember(struct netflow *n, struct template *t)
{
	struct template *old;

	HASH_FIND(hh, n->templates, &t->key, sizeof t->key, old);
	if (old == NULL && n->stats.templates >= NETFLOW_TEMPLATES_MAX) { /* the oldest makes room */
		old = n->templates;
	}
	if (old != NULL) {
		HASH_DEL(n->templates, old);
		mem_free(old);
		n->stats.templates--;
	}
	HASH_ADD(hh, n->templates, key, sizeof t->key, t);
	n->stats.templates++;
}

/* Elements whose numbers NetFlow 9 and IPFIX share, and what is done with them. */
enum element {
	OCTETS = 1,
	PACKETS = 2,
	PROTOCOL = 4,
	TOS = 5,
	TCP_FLAGS = 6,
	SOURCE_PORT = 7,
	SOURCE_V4 = 8,
	INPUT = 10,
	DEST_PORT = 11,
	DEST_V4 = 12,
	OUTPUT = 14,
	SOURCE_V6 = 27,
	DEST_V6 = 28,
	OCTETS_TOTAL = 85,
	PACKETS_TOTAL = 86,
	APP_NAME = 96,
	END_REASON = 136,
};

static bool
read_fields(struct reading *r, struct octets_in *set, struct template *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t type, length, enterprise;

		if (!take_number(set, 2, &type) || !take_number(set, 2, &length))
			return false;
		if (r->is_ipfix && (type & 0x8000) != 0) {
			if (!take_number(set, 4, &enterprise))
				return false;
			type = 0;
		}
		if (t->n == NETFLOW_FIELDS_MAX)
			return false;
		t->fields[t->n++] = (struct field){ (uint16_t)type, (uint16_t)length };
		t->least += r->is_ipfix && length == VARIABLE ? 1 : length;
	}
	return true;
}

/* A set of templates; the fields of the scope of options come first and are skipped with the rest. */
static bool
read_templates(struct reading *r, struct octets_in set, bool of_options)
{
	size_t head = of_options ? 6 : 4;

	while (set.left >= head) {
		uint64_t id, count, scope = 0;
		struct template *t;

		if (!take_number(&set, 2, &id) || !take_number(&set, 2, &count))
			return false;
		if (id < 256)
			return id == 0 && count == 0; /* padding */
		if (r->is_ipfix && count == 0)        /* withdrawn */
			continue;
		if (of_options && !take_number(&set, 2, &scope))
			return false;
		if (of_options && !r->is_ipfix) /* NetFlow 9 tells octets of both lists */
			count = (count + scope) / 4;
		if (count > NETFLOW_FIELDS_MAX)
			return false;
		t = mem_alloc_named(r->netflow, sizeof *t + count * sizeof t->fields[0], "struct template");
		t->key = r->key;
		t->key.id = (uint16_t)id;
		t->of_options = of_options;
		if (!read_fields(r, &set, t, count) || t->least == 0) {
			mem_free(t);
			return false;
		}
		remember(r->netflow, t);
	}
	return true;
}

/* ---- data ---- */

static void
take_app(struct flow *f, const uint8_t *at, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len + 1 < sizeof f->app && at[i] != '\0'; i++)
		f->app[len++] = at[i] > ' ' && at[i] < 0x7f ? (char)at[i] : '?';
	f->app[len] = '\0';
}

static void
take_address(struct flow *f, uint8_t *to, const uint8_t *at, size_t n, size_t wanted)
{
	static const uint8_t none[16];

	/* Some exporters have both families in one template, one of them all zeroes. */
	if (n != wanted || (f->key.family != 0 && memcmp(at, none, n) == 0))
		return;
	memset(to, 0, 16);
	memcpy(to, at, n);
	f->key.family = wanted == 4 ? 4 : 6;
}

static void
take_element(struct flow *f, uint16_t type, const uint8_t *at, size_t n)
{
	uint64_t v = n <= 8 ? number(at, n) : 0;

	switch ((enum element)type) {
	case OCTETS:
	case OCTETS_TOTAL:
		f->bytes = v;
		f->has_counters = true;
		f->are_totals = f->are_totals || type == OCTETS_TOTAL;
		break;
	case PACKETS:
	case PACKETS_TOTAL:
		f->packets = v;
		f->has_counters = true;
		f->are_totals = f->are_totals || type == PACKETS_TOTAL;
		break;
	case PROTOCOL:
		f->key.protocol = (uint8_t)v;
		break;
	case TOS:
		f->tos = (uint8_t)v;
		break;
	case TCP_FLAGS:
		f->tcp_flags = (uint8_t)v;
		break;
	case SOURCE_PORT:
		f->key.source_port = (uint16_t)v;
		break;
	case DEST_PORT:
		f->key.dest_port = (uint16_t)v;
		break;
	case SOURCE_V4:
		take_address(f, f->key.source, at, n, 4);
		break;
	case DEST_V4:
		take_address(f, f->key.dest, at, n, 4);
		break;
	case SOURCE_V6:
		take_address(f, f->key.source, at, n, 16);
		break;
	case DEST_V6:
		take_address(f, f->key.dest, at, n, 16);
		break;
	case INPUT:
		f->input = (uint32_t)v;
		break;
	case OUTPUT:
		f->output = (uint32_t)v;
		break;
	case APP_NAME:
		take_app(f, at, n);
		break;
	case END_REASON: /* RFC 5102 5.11.3: 2 is the active timeout, the flow goes on */
		f->has_ended = v != 0 && v != 2;
		break;
	}
}

static bool
take_length(struct octets_in *in, uint64_t *length)
{
	return take_number(in, 1, length) && (*length < 255 || take_number(in, 2, length));
}

static bool
read_record(struct reading *r, const struct template *t, struct octets_in *set)
{
	struct flow f = { 0 };

	f.key.domain = r->key.exporter;
	for (size_t i = 0; i < t->n; i++) {
		uint64_t length = t->fields[i].length;
		struct octets_in value;

		if (r->is_ipfix && length == VARIABLE && !take_length(set, &length))
			return false;
		if (!take(set, (size_t)length, &value))
			return false;
		take_element(&f, t->fields[i].type, value.at, value.left);
	}
	if (t->of_options || f.key.family == 0)
		return true;
	r->netflow->stats.flows++;
	r->f(r->arg, &f);
	return true;
}

static bool
read_data(struct reading *r, uint16_t id, struct octets_in set)
{
	struct template_key key = r->key;
	struct template *t;

	key.id = id;
	HASH_FIND(hh, r->netflow->templates, &key, sizeof key, t);
	if (t == NULL) {
		r->netflow->stats.unknown++;
		return true;
	}
	while (set.left >= t->least)
		if (!read_record(r, t, &set))
			return false;
	return true; /* what is left is padding */
}

static bool
read_set(struct reading *r, uint16_t id, struct octets_in set)
{
	unsigned templates = r->is_ipfix ? 2 : 0;

	if (id == templates || id == templates + 1)
		return read_templates(r, set, id != templates);
	return id < 256 || read_data(r, id, set);
}

static void
read_sets(struct reading *r, struct octets_in in)
{
	bool fine = true;

	while (fine && in.left >= 4) {
		uint64_t id, length;
		struct octets_in set;

		fine = take_number(&in, 2, &id) && take_number(&in, 2, &length) && length >= 4 &&
		       take(&in, (size_t)length - 4, &set) && read_set(r, (uint16_t)id, set);
	}
	if (!fine || in.left > 3)
		r->netflow->stats.malformed++;
}

void
netflow_datagram(struct netflow *n, uint16_t exporter, const void *data, size_t len, netflow_f *f, void *arg)
{
	struct reading r = { .netflow = n, .f = f, .arg = arg };
	struct octets_in in = { data, len }, header;
	unsigned version = len >= 2 ? (unsigned)number(data, 2) : 0;
	size_t head = version == 9 ? 20 : 16;

	n->stats.datagrams++;
	r.key.exporter = exporter;
	r.is_ipfix = version == 10;
	if (version == 5) {
		read_v5(&r, in);
		return;
	}
	if ((version != 9 && version != 10) || !take(&in, head, &header)) {
		n->stats.malformed++;
		return;
	}
	r.key.domain = (uint32_t)number(header.at + head - 4, 4);
	if (r.is_ipfix && number(header.at + 2, 2) >= head && number(header.at + 2, 2) - head < in.left)
		in.left = (size_t)number(header.at + 2, 2) - head;
	read_sets(&r, in);
}

static int
netflow_free(void *ptr)
{
	struct netflow *n = ptr;

	HASH_CLEAR(hh, n->templates);
	return 0;
}

struct netflow *
netflow_new(const void *ctx)
{
	struct netflow *n = mem_new(ctx, struct netflow);

	mem_on_free(n, netflow_free);
	return n;
}

void
netflow_stats(const struct netflow *n, struct netflow_stats *out)
{
	*out = n->stats;
}
