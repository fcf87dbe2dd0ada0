/* What the lines `snmp-server ...` mean. */
#include "snmp/config.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ifname.h"
#include "core/mem.h"
#include "core/text.h"
#include "net/addresses.h"
#include "net/links.h"
#include "snmp/rows.h"

enum { AGENT_PORT = 161, TRAP_PORT = 162, ENGINE_TEXT_MAX = 27 /* RFC 3411 5 */ };

static bool
is_row(const struct conf_node *n, const char *words)
{
	return strcmp(n->row->cmd.words, words) == 0;
}

/* The first line of these words behind `n` (NULL: the first of all), or NULL. */
static const struct conf_node *
next_line(const struct engine *e, const struct conf_node *n, const char *words)
{
	n = n == NULL ? conf_root(e->conf)->first : n->next;
	while (n != NULL && !is_row(n, words))
		n = n->next;
	return n;
}

void
snmp_config_start(struct engine *e)
{
	snmp_rows_start(e);
}

/* ---- who we are ---- */

/* Enterprise 8072 is net-snmp's, whose library speaks for us; format 4: a text, the host name. */
char *
snmp_config_engine_id(const void *ctx, const struct engine *e)
{
	const struct conf_node *n = next_line(e, NULL, SNMP_ENGINE_ID);
	const char *name = engine_hostname(e);
	struct text t;

	if (n != NULL)
		return mem_strdup(ctx, ((const struct engine_id_args *)n->args)->id.s);
	text_init(&t, ctx);
	text_add(&t, "80001F8804");
	text_add_hex(&t, name, strnlen(name, ENGINE_TEXT_MAX), '\0');
	return t.s;
}

static void
add_key(const struct engine *e, json_t *user, const struct user_key *key, const struct kw_str *value)
{
	char *clear = snmp_clear(e, NULL, value);

	json_object_set_new(user, key->is_priv ? "priv" : "auth", json_string(key->protocol));
	json_object_set_new(user, key->is_priv ? "priv_password" : "auth_password", json_string(clear));
	mem_free(clear);
}

static json_t *
users(const struct engine *e)
{
	json_t *list = json_array();

	for (const struct conf_node *n = NULL; (n = next_line(e, n, SNMP_USER)) != NULL;) {
		const struct user_args *a = n->args;
		json_t *user = json_pack("{s:s}", "name", a->name.s);

		for (const struct user_key *k = user_keys; k->protocol != NULL; k++) {
			const struct kw_str *value = (const void *)((const char *)a + k->at);

			if (value->set)
				add_key(e, user, k, value);
		}
		json_array_append_new(list, user);
	}
	return list;
}

const char *
snmp_config_agentx(const struct engine *e)
{
	const struct conf_node *n = next_line(e, NULL, SNMP_AGENTX);

	return n == NULL ? "/var/agentx/master" : ((const struct agentx_args *)n->args)->socket.s;
}

bool
snmp_config_listens(const struct engine *e)
{
	return next_line(e, NULL, SNMP_MANAGER) != NULL;
}

/* Notifications are believed with any of our communities. */
static json_t *
listening(const struct engine *e)
{
	const struct conf_node *n = next_line(e, NULL, SNMP_MANAGER);
	const struct manager_args *a = n == NULL ? NULL : n->args;
	json_t *communities;

	if (a == NULL)
		return json_null();
	communities = json_array();
	for (n = NULL; (n = next_line(e, n, SNMP_COMMUNITY)) != NULL;) {
		char *clear = snmp_clear(e, NULL, &((const struct community_args *)n->args)->community);

		json_array_append_new(communities, json_string(clear));
		mem_free(clear);
	}
	return json_pack(
		"{s:i, s:o}", "port", a->port.set ? (int)a->port.v : TRAP_PORT, "communities", communities);
}

json_t *
snmp_config_setup(struct engine *e)
{
	char *id = snmp_config_engine_id(NULL, e);
	json_t *setup = json_pack("{s:s, s:s, s:o, s:o}", "op", "setup", "engine_id", id, "users", users(e),
		"listen", listening(e));

	json_object_set_new(setup, "agentx", json_string(snmp_config_agentx(e)));

	mem_free(id);
	return setup;
}

/* ---- whom we speak to ---- */

static void
read_peer(struct engine *e, const void *ctx, const struct host_args *a, uint16_t port, struct snmp_peer *p)
{
	p->address = mem_strdup(ctx, a->address.s);
	p->port = a->port.set ? (uint16_t)a->port.v : port;
	p->secured = a->secured.set ? (enum snmp_secured)a->secured.v : SECURED_NOT;
	p->name = snmp_clear(e, ctx, &a->name);
	p->inform = a->informs.set;
}

/* Traps are of version 1 when nothing is said, as on IOS; questions of version 2c. */
bool
snmp_config_agent(struct engine *e, const void *ctx, struct snmp_peer *peer, struct err *err)
{
	const struct conf_node *n = next_line(e, NULL, SNMP_AGENT);
	const struct host_args *a = n == NULL ? NULL : n->args;

	*peer = (struct snmp_peer){ .address = "127.0.0.1", .port = AGENT_PORT, .release = SNMP_RELEASE_2C };
	if (a != NULL) {
		read_peer(e, ctx, a, AGENT_PORT, peer);
		if (a->release.set)
			peer->release = (enum snmp_release)a->release.v;
		return true;
	}
	n = next_line(e, NULL, SNMP_COMMUNITY);
	if (n == NULL)
		return err_class(err, ERR_CONFIG, "FH_ENOSNMPDATA",
			"no agent is configured (snmp-server community, or snmp-server agent)");
	peer->name = snmp_clear(e, ctx, &((const struct community_args *)n->args)->community);
	return true;
}

bool
snmp_config_sends_traps(const struct engine *e)
{
	return next_line(e, NULL, SNMP_ENABLE) != NULL || next_line(e, NULL, SNMP_ENABLE_EM) != NULL;
}

struct snmp_peer *
snmp_config_hosts(struct engine *e, const void *ctx, size_t *n)
{
	struct snmp_peer *peers;
	size_t max = 0;

	*n = 0;
	for (const struct conf_node *l = NULL; (l = next_line(e, l, SNMP_HOST)) != NULL;)
		max++;
	peers = mem_array(ctx, struct snmp_peer, max + 1);
	for (const struct conf_node *l = NULL; (l = next_line(e, l, SNMP_HOST)) != NULL;) {
		const struct host_args *a = l->args;

		read_peer(e, peers, a, TRAP_PORT, &peers[*n]);
		peers[(*n)++].release = a->release.set ? (enum snmp_release)a->release.v : SNMP_RELEASE_1;
	}
	return peers;
}

/* ---- where it comes from ---- */

/* `trap-source` is the older spelling of `source-interface traps`, which wins. */
static const char *
source_interface(const struct engine *e, bool informs)
{
	const struct conf_node *n = NULL;

	while ((n = next_line(e, n, SNMP_SOURCE)) != NULL) {
		const struct source_args *a = n->args;

		if ((a->kind.v != 0) == informs)
			return a->interface.s;
	}
	n = informs ? NULL : next_line(e, NULL, SNMP_SOURCE_OF_TRAPS);
	return n != NULL ? ((const struct trap_source_args *)n->args)->interface.s : NULL;
}

/* The first address that is good for this: one that is not of the link alone, if there is one. */
static void
keep_address(void *arg, const struct address *a)
{
	const struct address **best = arg;

	if (*best == NULL || ((*best)->link_local && !a->link_local))
		*best = a;
}

bool
snmp_config_source(const struct engine *e, const void *ctx, struct snmp_peer *peer, struct err *err)
{
	const char *name = source_interface(e, peer->inform);
	int family = strchr(peer->address, ':') != NULL ? AF_INET6 : AF_INET;
	const struct address *best = NULL;
	char text[INET6_ADDRSTRLEN];
	const struct link *l;

	if (name == NULL)
		return true;
	l = e->links != NULL ? links_find(e->links, ifname_kernel(e->settings, name)) : NULL;
	if (l == NULL)
		return err_set(err, ERR_NOT_FOUND, "%s: there is no interface %s", peer->address, name);
	if (e->addresses != NULL)
		addresses_each(e->addresses, l->index, family, keep_address, (void *)&best);
	if (best == NULL)
		return err_set(err, ERR_NOT_FOUND, "%s: interface %s has no IPv%d address", peer->address,
			name, family == AF_INET6 ? 6 : 4);
	inet_ntop(family, best->raw, text, sizeof text);
	peer->source = mem_strdup(ctx, text);
	return true;
}

bool
snmp_config_user_level(const struct engine *e, const char *name, enum snmp_secured *level)
{
	for (const struct conf_node *n = NULL; (n = next_line(e, n, SNMP_USER)) != NULL;) {
		const struct user_args *a = n->args;

		if (strcmp(a->name.s, name) != 0)
			continue;
		*level = a->priv.set ? SECURED_PRIV : a->auth.set ? SECURED_AUTH : SECURED_NOT;
		return true;
	}
	return false;
}
