/* The session with the master agent: requests in, answers out. */
#include "snmp/agentx_session.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "snmp/agentx.h"

enum {
	AGAIN_MS = 2000, /* between two attempts to find the master */
	REQUESTS_MAX = 1024,
	OUT_MAX = 1024 * 1024, /* unread by the master: it is broken */
};

struct object {
	struct object_id id;
	enum object_type type;
	bool is_table;
	unsigned seconds;
};

/* A message of the master that is answered when all its parts are. */
struct request {
	TAILQ_ENTRY(request) link;
	struct agentx_pdu *pdu;
	struct agentx_result *results;
	const struct agentx_range *
		*ranges; /* that an answer must lie in; NULL: the object itself is asked for */
	size_t n;        /* of results */
	bool *answered;  /* for each part */
	size_t parts, left;
	enum agentx_error error;
	unsigned index;
	uint64_t first; /* number of its first part */
};

struct agentx_session {
	const char *socket;
	struct object *objects;
	size_t nobjects;
	agentx_session_f *f;
	void *arg;
	int fd;
	bool is_open;
	size_t registering; /* objects that the master has not confirmed */
	uint32_t session, packets;
	struct text in, out;
	TAILQ_HEAD(, request) requests;
	size_t nrequests;
	uint64_t parts;
	bool acted;              /* a policy has carried out a part of the last set */
	struct agentx_pdu *test; /* the TestSet whose CommitSet may come */
	int64_t try_at;          /* ms */
	bool told, told_good;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the connection ---- */

static void
tell_state(struct agentx_session *s, const char *error)
{
	json_t *j;

	if (s->told && s->told_good == (error == NULL))
		return;
	s->told = true;
	s->told_good = error == NULL;
	j = json_pack("{s:s}", "event", "agentx");
	json_object_set_new(j, "socket", json_string(s->socket));
	if (error != NULL)
		json_object_set_new(j, "error", json_string(error));
	s->f(s->arg, j);
}

static void
drop_requests(struct agentx_session *s)
{
	struct request *r;

	while ((r = TAILQ_FIRST(&s->requests)) != NULL) {
		TAILQ_REMOVE(&s->requests, r, link);
		mem_free(r);
	}
	s->nrequests = 0;
	mem_free(s->test);
	s->test = NULL;
}

static void
hang_up(struct agentx_session *s, const char *why)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->is_open = false;
	text_clear(&s->in);
	text_clear(&s->out);
	drop_requests(s);
	s->try_at = now_ms() + AGAIN_MS;
	tell_state(s, why);
}

static void
flush(struct agentx_session *s)
{
	while (s->fd >= 0 && s->out.len > 0) {
		ssize_t n = send(s->fd, s->out.s, s->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			text_drop(&s->out, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN && s->out.len < OUT_MAX)
			return; /* with the next turn */
		else
			hang_up(s, "the master agent does not read");
	}
}

/* snmpd makes directory and socket for root alone, unless it is told otherwise: say who has to be let in. */
static void
not_connected(struct agentx_session *s, int error)
{
	const struct passwd *pw = error == EACCES ? getpwuid(geteuid()) : NULL;
	char why[256];

	if (error == EACCES)
		snprintf(why, sizeof why,
			"%s for the account %s: see agentXPerms and agentXSocket in snmpd.conf",
			strerror(error), pw != NULL ? pw->pw_name : "nobody");
	else
		snprintf(why, sizeof why, "%s", strerror(error));
	hang_up(s, why);
}

static void
connect_master(struct agentx_session *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	s->try_at = now_ms() + AGAIN_MS;
	if (strlen(s->socket) >= sizeof address.sun_path) {
		tell_state(s, "the name of the socket is too long");
		return;
	}
	strcpy(address.sun_path, s->socket);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&address, sizeof address) < 0) {
		not_connected(s, errno);
		return;
	}
	agentx_open(&s->out, ++s->packets, "eventd");
	flush(s);
}

/* ---- requests ---- */

static const struct object *
object_of(const struct agentx_session *s, const struct object_id *id)
{
	for (size_t i = 0; i < s->nobjects; i++)
		if (object_id_is_below(id, &s->objects[i].id))
			return &s->objects[i];
	return NULL;
}

static json_t *
oid_json(const struct object_id *id)
{
	struct text *t = text_new(NULL);
	json_t *j;

	object_id_print(id, t);
	j = json_string(t->s);
	mem_free(t);
	return j;
}

static void
hand_on(struct agentx_session *s, uint64_t part, const struct object *o, const struct object_id *id,
	const char *kind, const struct snmp_var *set)
{
	json_t *j = json_pack("{s:s, s:I, s:s, s:s}", "event", "request", "request", (json_int_t)part, "kind",
		kind, "type", object_type_name(set != NULL ? set->type : o->type));

	json_object_set_new(j, "object", oid_json(&o->id));
	json_object_set_new(j, "oid", oid_json(id));
	if (set != NULL)
		json_object_set_new(j, "value", frame_octets(set->value, set->len));
	s->f(s->arg, j);
}

static void
respond(struct agentx_session *s, struct request *r)
{
	agentx_response(&s->out, &r->pdu->head, r->error, r->index, r->results,
		r->error == AGENTX_NO_ERROR ? r->n : 0);
	TAILQ_REMOVE(&s->requests, r, link);
	s->nrequests--;
	mem_free(r);
	flush(s);
}

static struct request *
request_new(struct agentx_session *s, struct agentx_pdu *pdu, size_t n)
{
	struct request *r = mem_new(s, struct request);

	r->pdu = mem_steal(r, pdu);
	r->n = n;
	r->results = mem_array(r, struct agentx_result, n + 1);
	r->ranges = mem_array(r, const struct agentx_range *, n + 1);
	r->answered = mem_array(r, bool, n + 1);
	r->parts = n;
	r->first = s->parts + 1;
	s->parts += n;
	TAILQ_INSERT_TAIL(&s->requests, r, link);
	s->nrequests++;
	return r;
}

static void
part_done(struct agentx_session *s, struct request *r)
{
	if (--r->left == 0)
		respond(s, r);
}

static bool
is_in(const struct agentx_range *range, const struct object_id *id)
{
	int from = object_id_compare(id, &range->start);

	return (from > 0 || (from == 0 && range->include)) &&
	       (range->end.n == 0 || object_id_compare(id, &range->end) < 0);
}

/* What getnext means: the only instance of a scalar; the next row of a table, which the policy knows. */
static void
ask_next(struct agentx_session *s, struct request *r, size_t i)
{
	const struct agentx_range *range = &r->pdu->ranges[i];
	struct agentx_result *result = &r->results[i];

	result->id = range->start;
	result->found = AGENTX_END_OF_VIEW;
	for (size_t k = 0; k < s->nobjects; k++) {
		const struct object *o = &s->objects[k];
		struct object_id id = o->id;

		if (o->is_table) {
			if (range->end.n != 0 && object_id_compare(&o->id, &range->end) >= 0)
				continue;
			if (object_id_compare(&range->start, &o->id) > 0 &&
				!object_id_is_below(&range->start, &o->id))
				continue;
			id = range->start;
		} else {
			if (id.arc[id.n - 1] != 0 && id.n < OBJECT_ARCS)
				id.arc[id.n++] = 0;
			if (!is_in(range, &id))
				continue;
		}
		r->ranges[i] = range;
		if (!o->is_table)
			result->id = id;
		hand_on(s, r->first + i, o, &id, "getnext", NULL);
		return;
	}
	part_done(s, r);
}

static void
ask_exact(struct agentx_session *s, struct request *r, size_t i)
{
	const struct object_id *id = &r->pdu->ranges[i].start;
	const struct object *o = object_of(s, id);

	r->results[i].id = *id;
	r->results[i].found = AGENTX_NO_OBJECT;
	if (o == NULL)
		part_done(s, r);
	else
		hand_on(s, r->first + i, o, id, "get", NULL);
}

static void
take_get(struct agentx_session *s, struct agentx_pdu *pdu)
{
	size_t n = pdu->nranges;
	bool exact = pdu->head.type == AGENTX_GET;
	struct request *r = request_new(s, pdu, n);

	r->left = n + 1; /* one is ours, so that it does not end before all are asked */
	for (size_t i = 0; i < n; i++) {
		if (exact)
			ask_exact(s, r, i);
		else
			ask_next(s, r, i);
	}
	part_done(s, r);
}

/* Unsigned32 is Gauge32 on the wire, and both kinds of octets are one. */
static bool
same_type(enum object_type a, enum object_type b)
{
	return a == b || (a == OBJECT_UINT && b == OBJECT_GAUGE) || (a == OBJECT_OCTET && b == OBJECT_STRING);
}

static void
take_test(struct agentx_session *s, struct agentx_pdu *pdu)
{
	enum agentx_error error = AGENTX_NO_ERROR;
	unsigned index = 0;

	for (size_t i = 0; i < pdu->nvars && error == AGENTX_NO_ERROR; i++) {
		struct object_id id;
		const struct object *o =
			object_id_parse(pdu->vars[i].oid, &id, NULL) ? object_of(s, &id) : NULL;

		if (o == NULL)
			error = AGENTX_NOT_WRITABLE;
		else if (!same_type(o->type, pdu->vars[i].type))
			error = AGENTX_WRONG_TYPE;
		if (error != AGENTX_NO_ERROR)
			index = (unsigned)i + 1;
	}
	agentx_response(&s->out, &pdu->head, error, index, NULL, 0);
	mem_free(s->test);
	s->test = mem_steal(s, pdu);
	flush(s);
}

/* Policies act when it is certain that the whole set is carried out. */
static void
take_commit(struct agentx_session *s, struct agentx_pdu *pdu)
{
	struct agentx_pdu *test = s->test;
	struct request *r;

	s->acted = false;
	s->test = NULL;
	if (test == NULL || test->head.transaction != pdu->head.transaction) {
		agentx_response(&s->out, &pdu->head, AGENTX_COMMIT_FAILED, 0, NULL, 0);
		mem_free(test);
		mem_free(pdu);
		flush(s);
		return;
	}
	r = request_new(s, pdu, test->nvars);
	mem_steal(r, test);
	r->left = test->nvars + 1;
	for (size_t i = 0; i < test->nvars; i++) {
		struct object_id id;

		object_id_parse(test->vars[i].oid, &id, NULL);
		hand_on(s, r->first + i, object_of(s, &id), &id, "set", &test->vars[i]);
	}
	r->n = 0; /* nothing is told but that it was done */
	part_done(s, r);
}

/* ---- messages ---- */

static void
take_response(struct agentx_session *s, const struct agentx_pdu *pdu)
{
	if (pdu->error != AGENTX_NO_ERROR) {
		hang_up(s, s->is_open ? "the master agent refuses an object" : "the master agent refuses us");
		return;
	}
	if (s->is_open) {
		if (s->registering > 0 && --s->registering == 0)
			tell_state(s, NULL);
		return;
	}
	s->is_open = true;
	s->registering = s->nobjects;
	s->session = pdu->head.session;
	for (size_t i = 0; i < s->nobjects; i++)
		agentx_register(&s->out, s->session, ++s->packets, &s->objects[i].id, s->objects[i].seconds);
	flush(s);
}

/* Takes the message. */
static void
take_message(struct agentx_session *s, struct agentx_pdu *pdu)
{
	enum agentx_type type = pdu->head.type;

	if (type == AGENTX_RESPONSE)
		take_response(s, pdu);
	else if (type == AGENTX_CLOSE)
		hang_up(s, "the master agent has closed the session");
	else if (s->nrequests >= REQUESTS_MAX)
		agentx_response(&s->out, &pdu->head, AGENTX_GEN_ERR, 0, NULL, 0);
	else if (type == AGENTX_GET || type == AGENTX_GETNEXT || type == AGENTX_GETBULK) {
		take_get(s, pdu);
		return;
	} else if (type == AGENTX_TESTSET) {
		take_test(s, pdu);
		return;
	} else if (type == AGENTX_COMMITSET) {
		take_commit(s, pdu);
		return;
	} else if (type == AGENTX_UNDOSET)
		agentx_response(
			&s->out, &pdu->head, s->acted ? AGENTX_UNDO_FAILED : AGENTX_NO_ERROR, 0, NULL, 0);
	else if (type == AGENTX_CLEANUPSET) { /* is not answered */
		mem_free(s->test);
		s->test = NULL;
	} else
		agentx_response(&s->out, &pdu->head, AGENTX_GEN_ERR, 0, NULL, 0);
	mem_free(pdu);
	flush(s);
}

static void
take_input(struct agentx_session *s)
{
	struct err err = ERR_INIT;
	size_t size;

	while (s->fd >= 0 && agentx_size(s->in.s, s->in.len, &size, &err) && size > 0 && s->in.len >= size) {
		struct agentx_pdu *pdu = agentx_read(s, s->in.s, size, &err);

		text_drop(&s->in, size);
		if (pdu == NULL)
			break;
		take_message(s, pdu);
	}
	if (err.code != ERR_NONE)
		hang_up(s, err.text);
}

static void
read_input(struct agentx_session *s)
{
	char bytes[16384];
	ssize_t n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(s, "the master agent has ended");
		return;
	}
	text_addn(&s->in, bytes, (size_t)n);
	take_input(s);
}

/* ---- answers ---- */

static struct request *
request_of(const struct agentx_session *s, uint64_t part, size_t *i)
{
	struct request *r;

	TAILQ_FOREACH (r, &s->requests, link)
		if (part >= r->first && part - r->first < r->parts) {
			*i = (size_t)(part - r->first);
			return r->answered[*i] ? NULL : r;
		}
	return NULL;
}

/* A value that is one, with the name that it has: of getnext one that lies in the range. */
static void
take_value(struct request *r, size_t i, const json_t *j)
{
	struct agentx_result *result = &r->results[i];
	const char *next = json_string_value(json_object_get(j, "next"));
	char *value = frame_octets_text(r, json_object_get(j, "value"));
	enum object_type type = object_type_named(json_string_value(json_object_get(j, "type")));
	struct object_id id = result->id;

	if (value == NULL || !object_value_check(type, value, strlen(value), NULL))
		return;
	if (next != NULL && r->ranges[i] != NULL && !object_id_parse(next, &id, NULL))
		return;
	if (r->ranges[i] != NULL && !is_in(r->ranges[i], &id))
		return;
	*result = (struct agentx_result){ AGENTX_VALUE, id, type, value, strlen(value) };
}

void
agentx_session_answer(struct agentx_session *s, const json_t *j)
{
	size_t i;
	struct request *r = request_of(s, (uint64_t)json_integer_value(json_object_get(j, "request")), &i);

	if (r == NULL)
		return; /* the master has gone meanwhile, or it was answered */
	r->answered[i] = true;
	if (json_object_get(j, "failed") != NULL && r->error == AGENTX_NO_ERROR) {
		r->error = r->pdu->head.type == AGENTX_COMMITSET ? AGENTX_COMMIT_FAILED : AGENTX_GEN_ERR;
		r->index = (unsigned)i + 1;
	}
	if (r->pdu->head.type == AGENTX_COMMITSET)
		s->acted |= json_object_get(j, "failed") == NULL;
	else {
		if (r->results[i].found == AGENTX_NO_OBJECT)
			r->results[i].found = AGENTX_NO_INSTANCE;
		if (json_object_get(j, "value") != NULL)
			take_value(r, i, j);
	}
	part_done(s, r);
}

/* ---- life ---- */

static int
agentx_session_free(void *p)
{
	struct agentx_session *s = p;

	if (s->is_open)
		agentx_close(&s->out, s->session, ++s->packets);
	flush(s);
	if (s->fd >= 0)
		close(s->fd);
	return 0;
}

struct agentx_session *
agentx_session_new(
	const void *ctx, const char *socket_path, const json_t *objects, agentx_session_f *f, void *arg)
{
	struct agentx_session *s = mem_new(ctx, struct agentx_session);

	s->socket = mem_strdup(s, socket_path);
	s->f = f;
	s->arg = arg;
	s->fd = -1;
	text_init(&s->in, s);
	text_init(&s->out, s);
	TAILQ_INIT(&s->requests);
	s->objects = mem_array(s, struct object, json_array_size(objects) + 1);
	for (size_t i = 0; i < json_array_size(objects); i++) {
		const json_t *j = json_array_get(objects, i);
		struct object *o = &s->objects[s->nobjects];
		const char *oid = json_string_value(json_object_get(j, "oid"));

		o->type = object_type_named(json_string_value(json_object_get(j, "type")));
		o->is_table = json_is_true(json_object_get(j, "table"));
		o->seconds = (unsigned)json_integer_value(json_object_get(j, "seconds"));
		if (oid != NULL && object_id_parse(oid, &o->id, NULL) && o->id.n > 1)
			s->nobjects++;
	}
	mem_on_free(s, agentx_session_free);
	return s;
}

int
agentx_session_fd(const struct agentx_session *s)
{
	return s->fd;
}

int
agentx_session_patience(const struct agentx_session *s)
{
	int64_t left = s->try_at - now_ms();

	if (s->fd >= 0)
		return s->out.len > 0 ? 20 : -1;
	return left < 0 ? 0 : (int)left;
}

void
agentx_session_turn(struct agentx_session *s, bool readable)
{
	if (s->fd < 0 && now_ms() >= s->try_at)
		connect_master(s);
	else if (s->fd >= 0 && readable)
		read_input(s);
	flush(s);
}
