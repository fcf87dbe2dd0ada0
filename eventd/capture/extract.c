/* A file of a few connections. */
#include "capture/extract.h"

#include <string.h>

#include "capture/mask.h"
#include "capture/pcapfile.h"
#include "capture/segment.h"
#include "core/mem.h"

enum { FLOWS_MAX = 32 };

struct flow {
	struct segment_end local, remote;
	struct mask *mask; /* of the local end's half */
};

struct extraction {
	struct recording *recording;
	struct flow flows[FLOWS_MAX];
	size_t flow_count;
	int64_t since_ns;
	bool is_masked;
};

static bool
read_flow(struct flow *f, const json_t *j)
{
	const char *local = json_string_value(json_object_get(j, "local"));
	const char *remote = json_string_value(json_object_get(j, "remote"));
	json_int_t lport = json_integer_value(json_object_get(j, "lport"));
	json_int_t rport = json_integer_value(json_object_get(j, "rport"));

	if (local == NULL || remote == NULL || lport < 0 || lport > UINT16_MAX || rport < 1 ||
		rport > UINT16_MAX)
		return false;
	if (*local != '\0' && !segment_end_parse(&f->local, local, (unsigned)lport))
		return false;
	return segment_end_parse(&f->remote, remote, (unsigned)rport);
}

static bool
read_question(struct extraction *x, const json_t *ask, struct err *err)
{
	const json_t *flows = json_object_get(ask, "flows"), *each;
	size_t i;

	x->since_ns = json_integer_value(json_object_get(ask, "since_ns"));
	x->is_masked = !json_is_string(json_object_get(ask, "secrets"));
	json_array_foreach(flows, i, each)
	{
		if (x->flow_count == FLOWS_MAX)
			break;
		if (!read_flow(&x->flows[x->flow_count], each))
			return err_set(err, ERR_INVALID, "a connection is two addresses with ports");
		x->flow_count++;
	}
	return x->flow_count > 0 || err_set(err, ERR_INVALID, "no connection is named");
}

/* The flow that a packet belongs to, or NULL. */
static struct flow *
flow_of(struct extraction *x, const struct packet *p, struct segment *s, bool *from_local)
{
	if (p->ns < x->since_ns ||
		!segment_read(s, recording_linktype(x->recording, p->tap), p->data, p->len))
		return NULL;
	for (size_t i = 0; i < x->flow_count; i++) {
		struct flow *f = &x->flows[i];

		*from_local = segment_end_fits(&s->from, &f->local) && segment_end_fits(&s->to, &f->remote);
		if (*from_local ||
			(segment_end_fits(&s->to, &f->local) && segment_end_fits(&s->from, &f->remote)))
			return f;
	}
	return NULL;
}

typedef void packet_f(struct extraction *, const struct packet *, struct flow *, const struct segment *,
	bool from_local, void *arg);

static void
each_packet(struct extraction *x, packet_f *f, void *arg)
{
	struct ring *ring = recording_ring(x->recording);
	struct packet p;

	for (uint64_t from = 0; ring_get(ring, from, &p); from = p.number + 1) {
		struct segment s;
		bool from_local = false;
		struct flow *flow = flow_of(x, &p, &s, &from_local);

		if (flow != NULL)
			f(x, &p, flow, &s, from_local, arg);
	}
}

static void
learn(struct extraction *x, const struct packet *p, struct flow *flow, const struct segment *s,
	bool from_local, void *arg)
{
	size_t *count = arg;

	(void)x;
	++*count;
	if (!from_local)
		return;
	if (flow->mask == NULL)
		flow->mask = mask_new(x, MASK_SMTP, NULL);
	mask_learn(flow->mask, s->seq, s->syn, p->data + s->at, s->len);
}

struct output {
	struct text *out;
	size_t left; /* packets to come */
	const char *comment;
};

static void
add(struct extraction *x, const struct packet *p, struct flow *flow, const struct segment *s, bool from_local,
	void *arg)
{
	struct output *o = arg;
	struct packet copy = *p;
	unsigned char *data = mem_dup(NULL, p->data, p->len);

	if (x->is_masked && from_local)
		mask_apply(flow->mask, s->seq, s->syn, data + s->at, s->len);
	copy.data = data;
	pcapng_packet(o->out, &copy, --o->left == 0 ? o->comment : "");
	mem_free(data);
}

bool
extract(struct recording *r, const json_t *ask, struct text *out, size_t *packets, struct err *err)
{
	struct extraction *x = mem_new(NULL, struct extraction);
	const char *comment = json_string_value(json_object_get(ask, "comment"));
	const json_t *secrets = json_object_get(ask, "secrets");
	struct output o = { .out = out, .comment = comment != NULL ? comment : "" };

	x->recording = r;
	if (!read_question(x, ask, err)) {
		mem_free(x);
		return false;
	}
	recording_drain(r);
	each_packet(x, learn, &o.left);
	*packets = o.left;
	pcapng_section(out, "eventd", o.comment);
	recording_interfaces(r, out);
	if (json_string_length(secrets) > 0)
		pcapng_tls_secrets(out, json_string_value(secrets), json_string_length(secrets));
	each_packet(x, add, &o);
	mem_free(x);
	return true;
}
