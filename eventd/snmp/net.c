/* Jobs of the helper, carried out with net-snmp. */
#include "snmp/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "core/mem.h"
#include "snmp/convert.h"

struct work;

/* One peer of a job. With SNMPv3 its engine is asked who it is first (RFC 3414 4). */
struct exchange {
	TAILQ_ENTRY(exchange) link;
	struct work *work;
	const struct snmp_peer *peer;
	void *session;
	int probe; /* number of the question who the engine is */
	enum { ASKS_ENGINE, ASKS, IS_DONE } phase;
};

struct work {
	const struct snmp_job *job; /* its own copy */
	struct net *net;
	int64_t id;
	net_done_f *done;
	void *arg;
	size_t left; /* exchanges that have not ended */
	bool ready;  /* to be answered */
	struct snmp_answer answer;
};

struct net {
	TAILQ_HEAD(, exchange) exchanges;
	struct work **ready; /* answered with the next turn */
	size_t nready;
	const struct snmp_users *users;
};

/* Boots grow with every start (RFC 3414 2.2.2) though nothing is stored: the seconds since 2026. */
enum { BOOTS_EPOCH = 1767225600 };

void
net_start(const char *engine_id)
{
	time_t now = time(NULL);
	char line[128];

	/* Nothing of the host's: neither its configuration and MIB files nor what the library would store. */
	setenv("MIBS", "", 1);
	setenv("SNMPCONFPATH", "/nonexistent", 1);
	setenv("SNMP_PERSISTENT_DIR", "/nonexistent", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	/* Without any handler its texts would go to our standard error, bare. */
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
	snprintf(line, sizeof line, "exactEngineID 0x%s", engine_id);
	netsnmp_config_remember(line);
	snprintf(line, sizeof line, "engineBoots %lld",
		(long long)(now > BOOTS_EPOCH ? now - BOOTS_EPOCH : 1));
	netsnmp_config_remember(line);
	init_snmp("eventd-snmp");
}

/* ---- ends ---- */

static int
work_free(void *p)
{
	struct work *w = p;
	struct exchange *x, *next;

	for (x = TAILQ_FIRST(&w->net->exchanges); x != NULL; x = next) {
		next = TAILQ_NEXT(x, link);
		if (x->work != w)
			continue;
		TAILQ_REMOVE(&w->net->exchanges, x, link);
		if (x->session != NULL)
			snmp_sess_close(x->session);
	}
	for (size_t i = 0; i < w->net->nready; i++)
		if (w->net->ready[i] == w)
			w->net->ready[i] = w->net->ready[--w->net->nready];
	return 0;
}

static void
note_ready(struct work *w)
{
	struct net *net = w->net;

	if (w->ready || w->left > 0)
		return;
	w->ready = true;
	net->ready = mem_resize(net, net->ready, (net->nready + 1) * sizeof *net->ready);
	net->ready[net->nready++] = w;
}

/* The session itself is closed by net_turn(): we may stand inside its callback. */
static void
end(struct exchange *x)
{
	if (x->phase == IS_DONE)
		return;
	x->phase = IS_DONE;
	x->work->left--;
	note_ready(x->work);
}

/* The first thing that goes wrong is told. */
static void fail(struct exchange *x, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
fail(struct exchange *x, const char *class, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (x->work->answer.err.code == ERR_NONE)
		err_class(&x->work->answer.err, ERR_IO, class, "%s: %s", x->peer->address, text);
	end(x);
}

/* ---- what is said ---- */

static bool
add_vars(netsnmp_pdu *pdu, const struct snmp_job *job, bool values, struct err *err)
{
	for (size_t i = 0; i < job->nvars; i++) {
		struct snmp_var v = job->vars[i];

		if (!values)
			v.type = OBJECT_NONE;
		if (!convert_add(pdu, &v, err))
			return false;
	}
	return true;
}

/* sysUpTime.0 and snmpTrapOID.0 come first (RFC 3416 4.2.6). */
static bool
add_notice(netsnmp_pdu *pdu, const struct snmp_notice *n, struct err *err)
{
	char uptime[24];
	const struct snmp_var first[] = {
		{ "1.3.6.1.2.1.1.3.0", OBJECT_TICKS, uptime, strlen(uptime) },
		{ "1.3.6.1.6.3.1.1.4.1.0", OBJECT_OID, n->oid, strlen(n->oid) },
	};

	snprintf(uptime, sizeof uptime, "%lu", (unsigned long)(n->uptime & UINT32_MAX));
	return convert_add(pdu, &first[0], err) && convert_add(pdu, &first[1], err);
}

static bool
make_trap1(netsnmp_pdu *pdu, const struct snmp_notice *n, struct err *err)
{
	oid enterprise[MAX_OID_LEN];
	size_t len;

	if (!convert_oid(n->enterprise, enterprise, &len, err))
		return false;
	pdu->enterprise = snmp_duplicate_objid(enterprise, len);
	pdu->enterprise_length = len;
	pdu->trap_type = n->generic;
	pdu->specific_type = n->specific;
	pdu->time = n->uptime & UINT32_MAX;
	return true;
}

static netsnmp_pdu *
make_message(const struct snmp_job *job, const struct snmp_peer *peer, struct err *err)
{
	static const int commands[] = { SNMP_MSG_GET, SNMP_MSG_GETNEXT, SNMP_MSG_SET,
		SNMP_MSG_TRAP2 }; /* ORDER: enum snmp_op */
	int command = commands[job->op];
	netsnmp_pdu *pdu;
	bool fine = true;

	if (job->op == SNMP_OP_NOTIFY && peer->release == SNMP_RELEASE_1)
		command = SNMP_MSG_TRAP;
	else if (job->op == SNMP_OP_NOTIFY && peer->inform)
		command = SNMP_MSG_INFORM;
	pdu = snmp_pdu_create(command);
	if (command == SNMP_MSG_TRAP)
		fine = make_trap1(pdu, &job->notice, err);
	else if (job->op == SNMP_OP_NOTIFY)
		fine = add_notice(pdu, &job->notice, err);
	if (fine && add_vars(pdu, job, job->op == SNMP_OP_SET || job->op == SNMP_OP_NOTIFY, err))
		return pdu;
	snmp_free_pdu(pdu);
	return NULL;
}

static int on_message(int operation, netsnmp_session *, int reqid, netsnmp_pdu *, void *arg);

/* False: the exchange has ended. */
static bool
ask(struct exchange *x)
{
	bool waits =
		x->work->job->op != SNMP_OP_NOTIFY || (x->peer->inform && x->peer->release != SNMP_RELEASE_1);
	struct err err = ERR_INIT;
	netsnmp_pdu *pdu = make_message(x->work->job, x->peer, &err);
	int sent;

	if (pdu == NULL) {
		fail(x, "FH_EBADFMT", "%s", err.text);
		return false;
	}
	x->phase = ASKS;
	sent = waits ? snmp_sess_async_send(x->session, pdu, on_message, x) : snmp_sess_send(x->session, pdu);
	if (sent == 0) {
		char *why = NULL;

		snmp_sess_error(x->session, NULL, NULL, &why);
		fail(x, "FH_ENOSNMPDATA", "%s", why != NULL ? why : "the message cannot be sent");
		free(why);
		snmp_free_pdu(pdu);
		return false;
	}
	if (!waits)
		end(x);
	return waits;
}

/* ---- what is answered ---- */

static void
keep_vars(struct exchange *x, const netsnmp_pdu *pdu)
{
	struct work *w = x->work;
	size_t n = 0;

	for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable)
		n++;
	w->answer.vars = mem_array(w, struct snmp_var, n + 1);
	for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable) {
		const char *none = convert_exception(v);

		convert_read(w->answer.vars, v, &w->answer.vars[w->answer.nvars++]);
		if (none != NULL && w->answer.err.code == ERR_NONE)
			err_class(&w->answer.err, ERR_NOT_FOUND, "FH_ENOSNMPDATA", "%s: %s",
				w->answer.vars[w->answer.nvars - 1].oid, none);
	}
}

static void
take_answer(struct exchange *x, const netsnmp_pdu *pdu)
{
	if (pdu->command == SNMP_MSG_REPORT)
		fail(x, "FH_ENOSNMPDATA", "%s",
			snmp_api_errstring(snmpv3_get_report_type((netsnmp_pdu *)(uintptr_t)pdu)));
	else if (pdu->errstat == SNMP_ERR_NOSUCHNAME) /* what release 1 says for all exceptions */
		fail(x, "FH_ENOSNMPDATA", "no such object");
	else if (pdu->errstat != SNMP_ERR_NOERROR)
		fail(x, "FH_ENOSNMPDATA", "%s", snmp_errstring((int)pdu->errstat));
	else {
		if (x->work->job->op != SNMP_OP_NOTIFY)
			keep_vars(x, pdu);
		end(x);
	}
}

/* The engine has said who it is: its keys can be made, and the question asked. */
static void
take_engine(struct exchange *x, netsnmp_session *s, const netsnmp_pdu *pdu)
{
	const struct snmp_user *user = snmp_users_find(x->work->net->users, x->peer->name);

	if (s->securityEngineIDLen == 0 && pdu->securityEngineIDLen > 0) {
		s->securityEngineID = netsnmp_memdup(pdu->securityEngineID, pdu->securityEngineIDLen);
		s->securityEngineIDLen = pdu->securityEngineIDLen;
	}
	if (s->contextEngineIDLen == 0 && s->securityEngineIDLen > 0) {
		s->contextEngineID = netsnmp_memdup(s->securityEngineID, s->securityEngineIDLen);
		s->contextEngineIDLen = s->securityEngineIDLen;
	}
	if (user == NULL || s->securityEngineIDLen == 0 ||
		!snmp_user_enrol(user, s->securityEngineID, s->securityEngineIDLen))
		fail(x, "FH_ENOSNMPDATA", "the agent does not say who it is");
	else
		ask(x);
}

static int
on_message(int operation, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
{
	struct exchange *x = arg;

	/* The library asks an engine that has said who it is once more: not our question any longer. */
	if (x->phase == IS_DONE || (x->phase == ASKS && x->probe != 0 && reqid == x->probe))
		return 1;
	switch (operation) {
	case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
	case NETSNMP_CALLBACK_OP_SEC_ERROR: /* a report (RFC 3414 3.2) */
		if (x->phase == ASKS_ENGINE)
			take_engine(x, s, pdu);
		else
			take_answer(x, pdu);
		break;
	case NETSNMP_CALLBACK_OP_TIMED_OUT:
		fail(x, "FH_ETIMEOUT", "no answer");
		break;
	case NETSNMP_CALLBACK_OP_SEND_FAILED:
	case NETSNMP_CALLBACK_OP_DISCONNECT:
		fail(x, "FH_ENOSNMPDATA", "the message cannot be sent");
		break;
	default:
		break;
	}
	return 1;
}

/* ---- begin ---- */

/* A user of no name asks for nothing: the report that comes back names the engine (RFC 3414 4). */
static bool
ask_engine(struct exchange *x)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
	struct usmUser *nobody = usm_get_user(NULL, 0, "");

	if (nobody == NULL) {
		nobody = usm_create_user();
		nobody->name = strdup("");
		nobody->secName = strdup("");
		usm_add_user(nobody);
	}
	pdu->version = SNMP_VERSION_3;
	pdu->securityName = strdup("");
	pdu->securityNameLen = 0;
	pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	pdu->securityModel = SNMP_SEC_MODEL_USM;
	x->phase = ASKS_ENGINE;
	x->probe = snmp_sess_async_send(x->session, pdu, on_message, x);
	if (x->probe != 0)
		return true;
	snmp_free_pdu(pdu);
	return false;
}

/* A trap is authoritative by its sender: our own engine's keys. */
static bool
use_own_engine(const struct snmp_user *user, netsnmp_session *s, unsigned char *room, size_t max)
{
	s->securityEngineIDLen = s->contextEngineIDLen = snmpv3_get_engineID(room, max);
	s->securityEngineID = s->contextEngineID = room;
	return s->securityEngineIDLen > 0 && snmp_user_enrol(user, room, s->securityEngineIDLen);
}

static bool
is_trap(const struct exchange *x)
{
	return x->work->job->op == SNMP_OP_NOTIFY && !x->peer->inform;
}

static bool
open_v3(struct exchange *x, netsnmp_session *s)
{
	static const int levels[] = { SNMP_SEC_LEVEL_NOAUTH, SNMP_SEC_LEVEL_AUTHNOPRIV,
		SNMP_SEC_LEVEL_AUTHPRIV }; /* ORDER: enum snmp_secured */
	const struct snmp_user *user = snmp_users_find(x->work->net->users, x->peer->name);
	unsigned char engine[SPRINT_MAX_LEN];

	if (user == NULL) {
		fail(x, "FH_ENOSNMPDATA", "no SNMPv3 user %s is configured", x->peer->name);
		return false;
	}
	if ((x->peer->secured >= SECURED_AUTH && user->auth == NULL) ||
		(x->peer->secured == SECURED_PRIV && user->priv == NULL)) {
		fail(x, "FH_ENOSNMPDATA", "user %s has no keys for this level of security", x->peer->name);
		return false;
	}
	s->version = SNMP_VERSION_3;
	s->securityLevel = levels[x->peer->secured];
	snmp_user_into(user, s);
	if (x->peer->context != NULL) {
		s->contextName = (char *)(uintptr_t)x->peer->context;
		s->contextNameLen = strlen(x->peer->context);
	}
	s->flags |= SNMP_FLAGS_DONT_PROBE;
	if (is_trap(x) && !use_own_engine(user, s, engine, sizeof engine)) {
		fail(x, "FH_ENOSNMPDATA", "no keys of user %s", x->peer->name);
		return false;
	}
	x->session = snmp_sess_open(s);
	/* Opening forgets the flag; with it no message waits for the library's own, blocking question. */
	if (x->session != NULL)
		snmp_sess_session(x->session)->flags |= SNMP_FLAGS_DONT_PROBE;
	return true;
}

static void
open_community(struct exchange *x, netsnmp_session *s)
{
	s->version = x->peer->release == SNMP_RELEASE_1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
	s->community = (u_char *)(uintptr_t)x->peer->name;
	s->community_len = strlen(x->peer->name);
	x->session = snmp_sess_open(s);
}

static void
begin(struct exchange *x)
{
	bool v6 = strchr(x->peer->address, ':') != NULL;
	char *name = mem_printf(x, v6 ? "udp6:[%s]:%u" : "udp:%s:%u", x->peer->address, x->peer->port);
	netsnmp_session s;

	snmp_sess_init(&s);
	s.peername = name;
	s.timeout = NET_ATTEMPT_MS * 1000L;
	s.retries = NET_RETRIES;
	s.localname = (char *)(uintptr_t)x->peer->source;
	if (x->peer->release != SNMP_RELEASE_3)
		open_community(x, &s);
	else if (!open_v3(x, &s))
		return;
	if (x->session == NULL)
		fail(x, "FH_ENOSNMPDATA", "%s", snmp_api_errstring(snmp_errno));
	else if (x->peer->release != SNMP_RELEASE_3 || is_trap(x))
		ask(x);
	else if (!ask_engine(x))
		fail(x, "FH_ENOSNMPDATA", "the message cannot be sent");
}

void
net_begin(struct net *net, const struct snmp_job *job, int64_t id, net_done_f *done, void *arg)
{
	struct work *w = mem_new(net, struct work);
	json_t *copy = snmp_job_to_json(job, id);

	w->net = net;
	w->job = snmp_job_from_json(w, copy, NULL);
	json_decref(copy);
	w->id = id;
	w->done = done;
	w->arg = arg;
	w->left = w->job->npeers;
	mem_on_free(w, work_free);
	for (size_t i = 0; i < w->job->npeers; i++) {
		struct exchange *x = mem_new(w, struct exchange);

		x->work = w;
		x->peer = &w->job->peers[i];
		TAILQ_INSERT_TAIL(&net->exchanges, x, link);
		begin(x);
	}
}

void
net_cancel(struct net *net, int64_t id)
{
	struct exchange *x;

	TAILQ_FOREACH (x, &net->exchanges, link)
		if (x->work->id == id) {
			mem_free(x->work);
			return;
		}
}

/* ---- turns ---- */

/* The library forgets the earlier deadline of another session when this one has none. */
static void
wait_for_session(void *session, int *nfds, netsnmp_large_fd_set *fds, struct timeval *timeout, int *block)
{
	struct timeval own = { 0 };
	int own_block = 1;

	snmp_sess_select_info2(session, nfds, fds, &own, &own_block);
	if (own_block || (!*block && !timercmp(&own, timeout, <)))
		return;
	*timeout = own;
	*block = 0;
}

void
net_wait_for(struct net *net, int *nfds, netsnmp_large_fd_set *fds, struct timeval *timeout, int *block)
{
	struct exchange *x;

	TAILQ_FOREACH (x, &net->exchanges, link)
		if (x->phase != IS_DONE)
			wait_for_session(x->session, nfds, fds, timeout, block);
	if (net->nready > 0) {
		*timeout = (struct timeval){ 0 };
		*block = 0;
	}
}

static void
close_done(struct net *net)
{
	struct exchange *x, *next;

	for (x = TAILQ_FIRST(&net->exchanges); x != NULL; x = next) {
		next = TAILQ_NEXT(x, link);
		if (x->phase != IS_DONE)
			continue;
		TAILQ_REMOVE(&net->exchanges, x, link);
		if (x->session != NULL)
			snmp_sess_close(x->session);
		mem_free(x);
	}
}

void
net_turn(struct net *net, netsnmp_large_fd_set *fds)
{
	struct exchange *x;

	TAILQ_FOREACH (x, &net->exchanges, link) {
		if (x->phase == IS_DONE)
			continue;
		snmp_sess_read2(x->session, fds);
		if (x->phase != IS_DONE)
			snmp_sess_timeout(x->session);
	}
	close_done(net);
	while (net->nready > 0) {
		struct work *w = net->ready[--net->nready];

		w->done(w->arg, w->id, &w->answer);
		mem_free(w);
	}
}

void
net_use(struct net *net, const struct snmp_users *users)
{
	net->users = users;
}

struct net *
net_new(const void *ctx)
{
	struct net *net = mem_new(ctx, struct net);

	TAILQ_INIT(&net->exchanges);
	return net;
}
