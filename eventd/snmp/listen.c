/* Receives notifications with net-snmp. */
#include "snmp/listen.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/frame.h"
#include "core/mem.h"
#include "snmp/convert.h"
#include "snmp/refused.h"
#include "snmp/v3head.h"

/* Engines that users were enrolled for: beyond it all are forgotten, so that no sender fills the memory. */
enum { ENGINES_MAX = 1024, SOCKETS = 2, GENERIC_ENTERPRISE = 6 };

#define UPTIME     "1.3.6.1.2.1.1.3.0"
#define TRAP_OID   "1.3.6.1.6.3.1.1.4.1.0"
#define ENTERPRISE "1.3.6.1.6.3.1.1.4.3.0"
#define STANDARD   "1.3.6.1.6.3.1.1.5"

struct listener {
	void *sessions[SOCKETS];
	json_t *communities;
	const struct snmp_users *users;
	struct refused *refused;
	unsigned enrolled;
	listener_f *f;
	void *arg;
};

/* The library hands the transport alone to what reads its socket. */
struct reader {
	netsnmp_transport *transport;
	int (*recv)(netsnmp_transport *, void *, int, void **, int *);
	struct listener *listener;
	char host[NI_MAXHOST]; /* that the last message came from */
	bool names_user;       /* it is one of SNMPv3 */
};
static struct reader readers[SOCKETS];

/* ---- addresses ---- */

static void
address_text(const struct sockaddr *address, socklen_t n, char text[NI_MAXHOST])
{
	if (getnameinfo(address, n, text, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
		text[0] = '\0';
	if (strncmp(text, "::ffff:", 7) == 0)
		memmove(text, text + 7, strlen(text + 7) + 1);
}

static socklen_t
address_size(const netsnmp_indexed_addr_pair *pair)
{
	return pair->remote_addr.sa.sa_family == AF_INET6 ? sizeof pair->remote_addr.sin6
							  : sizeof pair->remote_addr.sin;
}

static void
sender_text(const void *transport_data, int length, char text[NI_MAXHOST])
{
	const netsnmp_indexed_addr_pair *pair = transport_data;

	text[0] = '\0';
	if (pair != NULL && length == (int)sizeof *pair)
		address_text(&pair->remote_addr.sa, address_size(pair), text);
}

/* ---- users of engines that are not known yet ---- */

static void
enrol_own(const struct listener *l)
{
	unsigned char engine[SPRINT_MAX_LEN];
	size_t n = snmpv3_get_engineID(engine, sizeof engine);

	for (size_t i = 0; l->users != NULL && i < l->users->n; i++)
		snmp_user_enrol(&l->users->v[i], engine, n);
}

static void
enrol(struct listener *l, const struct v3_head *head)
{
	char name[V3_USER_MAX + 1];
	const struct snmp_user *user;

	memcpy(name, head->user, head->user_len);
	name[head->user_len] = '\0';
	user = head->engine_len == 0 || head->user_len == 0 || strlen(name) != head->user_len
		       ? NULL
		       : snmp_users_find(l->users, name);
	if (user == NULL || usm_get_user(head->engine, head->engine_len, name) != NULL)
		return;
	if (++l->enrolled > ENGINES_MAX) {
		snmp_users_forget();
		enrol_own(l);
		l->enrolled = 1;
	}
	snmp_user_enrol(user, head->engine, head->engine_len);
}

/* What the library reads with, once the head of the message was looked at. */
static int
receive(netsnmp_transport *t, void *buf, int size, void **opaque, int *opaque_len)
{
	struct v3_head head;
	struct reader *r = readers;

	while (r->transport != t)
		r++;

	int n = r->recv(t, buf, size, opaque, opaque_len);
	sender_text(n > 0 ? *opaque : NULL, *opaque_len, r->host);
	r->names_user = n > 0 && v3_head_read(buf, (size_t)n, &head) && head.user_len > 0;
	if (r->names_user)
		enrol(r->listener, &head);
	return n;
}

/* ---- who is believed ---- */

static bool
knows_community(const struct listener *l, const netsnmp_pdu *pdu)
{
	size_t i;
	json_t *c;

	json_array_foreach(l->communities, i, c)
	{
		if (json_string_length(c) == pdu->community_len &&
			memcmp(json_string_value(c), pdu->community, pdu->community_len) == 0)
			return true;
	}
	return false;
}

static bool
is_believed(const struct listener *l, const netsnmp_pdu *pdu)
{
	const struct snmp_user *user;

	if (pdu->version != SNMP_VERSION_3)
		return knows_community(l, pdu);
	user = pdu->securityName == NULL ? NULL : snmp_users_find(l->users, pdu->securityName);
	if (user == NULL)
		return false;
	if (user->priv != NULL)
		return pdu->securityLevel >= SNMP_SEC_LEVEL_AUTHPRIV;
	return user->auth == NULL || pdu->securityLevel >= SNMP_SEC_LEVEL_AUTHNOPRIV;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Messages of SNMPv3 that the library dropped by itself (RFC 3414 3.2), since the process began. AES proves nothing:
 * what another key has decrypted is garbage.
 */
static unsigned
dropped_by_library(void)
{
	static const unsigned counters[] = { STAT_USMSTATSUNSUPPORTEDSECLEVELS, STAT_USMSTATSUNKNOWNUSERNAMES,
		STAT_USMSTATSWRONGDIGESTS, STAT_USMSTATSDECRYPTIONERRORS, STAT_SNMPINASNPARSEERRS };
	unsigned all = 0;

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
		all += snmp_get_statistic((int)counters[i]);
	return all;
}

static void
refuse(const struct listener *l, const netsnmp_pdu *pdu)
{
	char host[NI_MAXHOST];

	sender_text(pdu->transport_data, pdu->transport_data_length, host);
	refused_add(l->refused, host, pdu->version == SNMP_VERSION_3 ? REFUSED_USER : REFUSED_COMMUNITY,
		now_ms());
}

/* ---- what is told ---- */

static void
add_address(json_t *j, const char *key, const struct sockaddr *address, socklen_t n)
{
	char text[NI_MAXHOST];

	address_text(address, n, text);
	json_object_set_new(j, key, json_string(text));
}

static void
add_addresses(json_t *j, const netsnmp_pdu *pdu)
{
	const netsnmp_indexed_addr_pair *pair = pdu->transport_data;
	socklen_t n;

	if (pair == NULL || pdu->transport_data_length != (int)sizeof *pair)
		return;
	n = address_size(pair);
	add_address(j, "source", &pair->remote_addr.sa, n);
	if (pair->local_addr.sa.sa_family == pair->remote_addr.sa.sa_family)
		add_address(j, "destination", &pair->local_addr.sa, n);
}

/* The identifier that a trap of version 1 has in the others (RFC 3584 3.1). */
static char *
trap_oid_of_v1(const void *ctx, const netsnmp_pdu *pdu, const char *enterprise)
{
	if (pdu->trap_type != GENERIC_ENTERPRISE)
		return mem_printf(ctx, STANDARD ".%ld", pdu->trap_type + 1);
	return mem_printf(ctx, "%s.0.%ld", enterprise, pdu->specific_type);
}

/* What the identifier would be in version 1: the enterprise as text in ctx, "" for none. */
static const char *
numbers_of(const void *ctx, const char *oid, int32_t *generic, int32_t *specific)
{
	struct object_id id, enterprise;
	struct text t;

	text_init(&t, ctx);
	if (object_id_parse(oid, &id, NULL) && snmp_numbers_of(&id, generic, specific, &enterprise))
		object_id_print(&enterprise, &t);
	return t.s;
}

static void
add_vars(const void *ctx, const netsnmp_pdu *pdu, struct snmp_var *vars, size_t *n)
{
	for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable)
		convert_read(ctx, v, &vars[(*n)++]);
}

static const char *
value_of(const struct snmp_var *vars, size_t n, const char *oid)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(vars[i].oid, oid) == 0)
			return vars[i].value;
	return NULL;
}

static size_t
count_vars(const netsnmp_pdu *pdu)
{
	size_t n = 0;

	for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable)
		n++;
	return n;
}

static void
hand_on(const struct listener *l, const netsnmp_pdu *pdu)
{
	void *ctx = mem_ctx(NULL, "notification");
	struct snmp_var *vars = mem_array(ctx, struct snmp_var, count_vars(pdu) + 2);
	const char *oid, *enterprise = "";
	int32_t generic = 0, specific = 0;
	size_t n = 0;
	json_t *j = json_pack("{s:s}", "event", "notification");

	if (pdu->command == SNMP_MSG_TRAP) {
		char *uptime = mem_printf(ctx, "%lu", pdu->time);

		enterprise = convert_oid_text(ctx, pdu->enterprise, pdu->enterprise_length);
		generic = (int32_t)pdu->trap_type;
		specific = (int32_t)pdu->specific_type;
		oid = trap_oid_of_v1(ctx, pdu, enterprise);
		vars[n++] = (struct snmp_var){ UPTIME, OBJECT_TICKS, uptime, strlen(uptime) };
		vars[n++] = (struct snmp_var){ TRAP_OID, OBJECT_OID, oid, strlen(oid) };
		add_vars(ctx, pdu, vars, &n);
	} else {
		add_vars(ctx, pdu, vars, &n);
		oid = value_of(vars, n, TRAP_OID);
		if (oid == NULL)
			oid = "";
		enterprise = numbers_of(ctx, oid, &generic, &specific);
		if (value_of(vars, n, ENTERPRISE) != NULL)
			enterprise = value_of(vars, n, ENTERPRISE);
	}
	add_addresses(j, pdu);
	json_object_set_new(j, "trap_oid", frame_octets(oid, strlen(oid)));
	json_object_set_new(j, "enterprise", frame_octets(enterprise, strlen(enterprise)));
	json_object_set_new(j, "generic", json_integer(generic));
	json_object_set_new(j, "specific", json_integer(specific));
	json_object_set_new(j, "vars", snmp_vars_to_json(vars, n));
	l->f(l->arg, j);
	mem_free(ctx);
}

/* ---- messages ---- */

static void
confirm(void *session, const netsnmp_pdu *pdu)
{
	netsnmp_pdu *reply = snmp_clone_pdu((netsnmp_pdu *)(uintptr_t)pdu);

	if (reply == NULL)
		return;
	reply->command = SNMP_MSG_RESPONSE;
	reply->errstat = SNMP_ERR_NOERROR;
	reply->errindex = 0;
	if (snmp_sess_send(session, reply) == 0)
		snmp_free_pdu(reply);
}

static int
on_notification(int operation, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg)
{
	struct listener *l = arg;

	(void)reqid;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
		(pdu->command != SNMP_MSG_TRAP && pdu->command != SNMP_MSG_TRAP2 &&
			pdu->command != SNMP_MSG_INFORM))
		return 1;
	if (!is_believed(l, pdu)) {
		refuse(l, pdu);
		return 1;
	}
	for (size_t i = 0; pdu->command == SNMP_MSG_INFORM && i < SOCKETS; i++)
		if (l->sessions[i] != NULL && snmp_sess_session(l->sessions[i]) == s)
			confirm(l->sessions[i], pdu);
	hand_on(l, pdu);
	return 1;
}

/* ---- sockets ---- */

static int
listener_free(void *p)
{
	struct listener *l = p;

	for (size_t i = 0; i < SOCKETS; i++) {
		if (l->sessions[i] != NULL)
			snmp_sess_close(l->sessions[i]);
		readers[i] = (struct reader){ 0 };
	}
	json_decref(l->communities);
	return 0;
}

static void *
open_socket(struct listener *l, size_t at, const char *domain, uint16_t port)
{
	char *where = mem_printf(l, "%s:%u", domain, port);
	netsnmp_transport *t = netsnmp_transport_open_server("snmptrap", where);
	netsnmp_session s;

	mem_free(where);
	if (t == NULL)
		return NULL;
	snmp_sess_init(&s);
	s.peername = SNMP_DEFAULT_PEERNAME;
	s.version = SNMP_DEFAULT_VERSION;
	s.community_len = SNMP_DEFAULT_COMMUNITY_LEN;
	s.callback = on_notification;
	s.callback_magic = l;
	s.authenticator = NULL;
	s.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
	readers[at] = (struct reader){ .transport = t, .recv = t->f_recv, .listener = l };
	t->f_recv = receive;
	return snmp_sess_add(&s, t, NULL, NULL);
}

struct listener *
listener_new(const void *ctx, uint16_t port, json_t *communities, const struct snmp_users *users,
	listener_f *f, void *arg, struct err *err)
{
	static const char *const domains[SOCKETS] = { "udp", "udp6" };
	struct listener *l = mem_new(ctx, struct listener);
	bool any = false;

	l->communities = json_incref(communities);
	l->users = users;
	l->f = f;
	l->arg = arg;
	l->refused = refused_new(l, f, arg);
	mem_on_free(l, listener_free);
	enrol_own(l);
	for (size_t i = 0; i < SOCKETS; i++) {
		l->sessions[i] = open_socket(l, i, domains[i], port);
		any |= l->sessions[i] != NULL;
	}
	if (any)
		return l;
	err_errno(err, "UDP port %u", port);
	mem_free(l);
	return NULL;
}

void
listener_wait_for(struct listener *l, int *nfds, netsnmp_large_fd_set *fds)
{
	for (size_t i = 0; i < SOCKETS; i++) {
		struct timeval unused = { 0 };
		int block = 1;

		if (l->sessions[i] != NULL)
			snmp_sess_select_info2(l->sessions[i], nfds, fds, &unused, &block);
	}
}

int
listener_patience(const struct listener *l)
{
	return refused_patience(l->refused, now_ms());
}

void
listener_turn(struct listener *l, netsnmp_large_fd_set *fds)
{
	for (size_t i = 0; i < SOCKETS; i++) {
		unsigned dropped = dropped_by_library();

		if (l->sessions[i] == NULL)
			continue;
		readers[i].names_user = false;
		snmp_sess_read2(l->sessions[i], fds);
		if (readers[i].names_user && dropped_by_library() != dropped)
			refused_add(l->refused, readers[i].host, REFUSED_USER, now_ms());
	}
	refused_turn(l->refused, now_ms());
}
