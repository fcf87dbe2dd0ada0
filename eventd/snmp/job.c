/* Jobs of the SNMP helper as JSON. */
#include "snmp/job.h"

#include <string.h>

#include "core/frame.h"
#include "core/mem.h"

enum { PEERS_MAX = 256, VARS_MAX = 1024 };

/* snmpTraps: coldStart to egpNeighborLoss have the generic numbers 0 to 5, all others 6. */
static const struct object_id standard_traps = { { 1, 3, 6, 1, 6, 3, 1, 1, 5 }, 9 };
enum { STANDARD_TRAPS = 6, ENTERPRISE_SPECIFIC = 6 };

static const char *const ops[] = { "get", "next", "set", "notify" }; /* ORDER: enum snmp_op */

static json_t *
text_or_null(const char *s)
{
	return s == NULL ? json_null() : frame_octets(s, strlen(s));
}

static const char *
text_of(const void *ctx, const json_t *o, const char *key)
{
	return frame_octets_text(ctx, json_object_get(o, key));
}

static bool
no_message(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, "no message of SNMP: %s", what);
}

bool
snmp_numbers_of(
	const struct object_id *oid, int32_t *generic, int32_t *specific, struct object_id *enterprise)
{
	uint32_t last = oid->n < 3 ? 0 : oid->arc[oid->n - 1];

	*generic = ENTERPRISE_SPECIFIC;
	*specific = 0;
	*enterprise = *oid;
	if (oid->n < 3)
		return false;
	if (oid->n == standard_traps.n + 1 && object_id_is_below(oid, &standard_traps) && last >= 1 &&
		last <= STANDARD_TRAPS) {
		*generic = (int32_t)last - 1;
		*enterprise = standard_traps;
	} else {
		*specific = (int32_t)(last & INT32_MAX);
		enterprise->n -= oid->arc[oid->n - 2] == 0 ? 2 : 1;
	}
	return true;
}

/* ---- variables ---- */

json_t *
snmp_vars_to_json(const struct snmp_var *vars, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *v = json_pack("{s:s, s:s}", "oid", vars[i].oid != NULL ? vars[i].oid : "", "type",
			object_type_name(vars[i].type));

		if (vars[i].value != NULL)
			json_object_set_new(v, "value", frame_octets(vars[i].value, vars[i].len));
		json_array_append_new(list, v);
	}
	return list;
}

static bool
var_from_json(const void *ctx, const json_t *j, struct snmp_var *v, struct err *err)
{
	const json_t *value = json_object_get(j, "value");
	struct object_id id;

	v->oid = text_of(ctx, j, "oid");
	v->type = object_type_named(json_string_value(json_object_get(j, "type")));
	v->value = value == NULL ? "" : frame_octets_text(ctx, value);
	if (v->oid == NULL || v->value == NULL || !object_id_parse(v->oid, &id, err))
		return no_message(err, "a variable");
	/* Octets are characters up to U+00FF: as many as the text has that do not go on a character. */
	v->len = 0;
	for (const char *s = json_string_value(value), *end = s == NULL ? s : s + json_string_length(value);
		s < end; s++)
		v->len += ((unsigned char)*s & 0xC0) != 0x80;
	return true;
}

bool
snmp_vars_from_json(const void *ctx, const json_t *list, struct snmp_var **vars, size_t *n, struct err *err)
{
	*n = json_array_size(list);
	*vars = NULL;
	if (list == NULL)
		return true;
	if (!json_is_array(list) || *n > VARS_MAX)
		return no_message(err, "a list of variables");
	*vars = mem_array(ctx, struct snmp_var, *n + 1);
	for (size_t i = 0; i < *n; i++)
		if (!var_from_json(*vars, json_array_get(list, i), &(*vars)[i], err))
			return false;
	return true;
}

/* ---- jobs ---- */

static json_t *
peer_to_json(const struct snmp_peer *p)
{
	json_t *j = json_pack("{s:i, s:i, s:i, s:b}", "port", (int)p->port, "release", (int)p->release,
		"secured", (int)p->secured, "inform", (int)p->inform);

	json_object_set_new(j, "address", text_or_null(p->address));
	json_object_set_new(j, "name", text_or_null(p->name));
	json_object_set_new(j, "context", text_or_null(p->context));
	json_object_set_new(j, "source", text_or_null(p->source));
	return j;
}

static bool
peer_from_json(const void *ctx, const json_t *j, struct snmp_peer *p, struct err *err)
{
	json_int_t port = json_integer_value(json_object_get(j, "port"));
	json_int_t release = json_integer_value(json_object_get(j, "release"));
	json_int_t secured = json_integer_value(json_object_get(j, "secured"));

	if (port < 1 || port > UINT16_MAX || release < SNMP_RELEASE_1 || release > SNMP_RELEASE_3 ||
		secured < SECURED_NOT || secured > SECURED_PRIV)
		return no_message(err, "a peer");
	p->address = text_of(ctx, j, "address");
	p->port = (uint16_t)port;
	p->release = (enum snmp_release)release;
	p->secured = (enum snmp_secured)secured;
	p->name = text_of(ctx, j, "name");
	p->context = text_of(ctx, j, "context");
	p->source = text_of(ctx, j, "source");
	p->inform = json_is_true(json_object_get(j, "inform"));
	return (p->address != NULL && p->name != NULL) || no_message(err, "a peer");
}

json_t *
snmp_job_to_json(const struct snmp_job *job, int64_t id)
{
	json_t *peers = json_array(), *j;

	for (size_t i = 0; i < job->npeers; i++)
		json_array_append_new(peers, peer_to_json(&job->peers[i]));
	j = json_pack("{s:s, s:I, s:o, s:o}", "op", ops[job->op], "id", (json_int_t)id, "peers", peers,
		"vars", snmp_vars_to_json(job->vars, job->nvars));
	if (job->op == SNMP_OP_NOTIFY)
		json_object_set_new(j, "notice",
			json_pack("{s:s, s:s, s:i, s:i, s:I}", "oid", job->notice.oid, "enterprise",
				job->notice.enterprise, "generic", (int)job->notice.generic, "specific",
				(int)job->notice.specific, "uptime", (json_int_t)job->notice.uptime));
	return j;
}

static bool
notice_from_json(const void *ctx, const json_t *j, struct snmp_notice *n, struct err *err)
{
	struct object_id id;

	n->oid = text_of(ctx, j, "oid");
	n->enterprise = text_of(ctx, j, "enterprise");
	n->generic = (int32_t)json_integer_value(json_object_get(j, "generic"));
	n->specific = (int32_t)json_integer_value(json_object_get(j, "specific"));
	n->uptime = (uint64_t)json_integer_value(json_object_get(j, "uptime"));
	return (n->oid != NULL && object_id_parse(n->oid, &id, NULL) && n->enterprise != NULL &&
		       object_id_parse(n->enterprise, &id, NULL)) ||
	       no_message(err, "a notification");
}

static bool
op_from_json(const json_t *j, enum snmp_op *op)
{
	const char *word = json_string_value(json_object_get(j, "op"));

	for (size_t i = 0; word != NULL && i < sizeof ops / sizeof *ops; i++)
		if (strcmp(ops[i], word) == 0) {
			*op = (enum snmp_op)i;
			return true;
		}
	return false;
}

struct snmp_job *
snmp_job_from_json(const void *ctx, const json_t *j, struct err *err)
{
	struct snmp_job *job = mem_new(ctx, struct snmp_job);
	const json_t *peers = json_object_get(j, "peers");
	bool fine = op_from_json(j, &job->op) || no_message(err, "op");

	job->npeers = json_array_size(peers);
	if (fine && (job->npeers == 0 || job->npeers > PEERS_MAX))
		fine = no_message(err, "peers");
	if (fine)
		job->peers = mem_array(job, struct snmp_peer, job->npeers);
	for (size_t i = 0; fine && i < job->npeers; i++)
		fine = peer_from_json(job, json_array_get(peers, i), &job->peers[i], err);
	fine = fine && snmp_vars_from_json(job, json_object_get(j, "vars"), &job->vars, &job->nvars, err) &&
	       (job->op != SNMP_OP_NOTIFY ||
		       notice_from_json(job, json_object_get(j, "notice"), &job->notice, err));
	if (fine)
		return job;
	mem_free(job);
	return NULL;
}

bool
snmp_answer_from_json(const void *ctx, const json_t *j, struct snmp_answer *a, struct err *err)
{
	const char *error = text_of(ctx, j, "error"), *class = text_of(ctx, j, "class");

	*a = (struct snmp_answer){ 0 };
	if (error != NULL) {
		err_class(&a->err, ERR_IO, class != NULL ? class : "FH_ENOSNMPDATA", "%s", error);
		return true;
	}
	return snmp_vars_from_json(ctx, json_object_get(j, "vars"), &a->vars, &a->nvars, err);
}
