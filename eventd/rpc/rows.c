/* The lines `event manager rpc ...`: who may call, and where. */
#include "rpc/rows.h"

#include <string.h>

#include "conf/conf.h"
#include "core/mem.h"
#include "core/redact.h"
#include "pki/store.h"
#include "rpc/rpc.h"
#include "store/secret.h"

enum { ORDER_RPC = 660, PORT = 8443, TOKEN_MIN = 16 };

/* ---- tokens ---- */

static char *
clear_token(const struct engine *e, const void *ctx, const struct kw_str *value)
{
	char *clear = e->secrets == NULL ? NULL : secret_decrypt(e->secrets, ctx, value->s, strlen(value->s));

	return clear != NULL ? clear : mem_secret(ctx, value->s, strlen(value->s));
}

static bool
client_adopt(struct engine *e, void *args, struct err *err)
{
	struct client_args *a = args;
	char *clear;
	bool good;

	if (!a->token.set)
		return true;
	clear = clear_token(e, NULL, &a->token);
	good = strlen(clear) >= TOKEN_MIN;
	if (!good) {
		err_set(err, ERR_REFUSED, "a token has %d characters or more", TOKEN_MIN);
		err_hint(err, "openssl rand -hex 24 makes a good one");
	} else if (e->secrets != NULL) {
		a->token.s = secret_encrypt_alike(e->secrets, args, clear, strlen(clear));
		a->token.quoted = false;
	}
	mem_free(clear);
	return good;
}

static void
redact_token(struct engine *e, const struct conf_node *n, void (*f)(struct redact *, const char *))
{
	const struct client_args *a = n->args;
	char *clear;

	if (strcmp(n->row->cmd.words, RPC_CLIENT) != 0 || !a->token.set)
		return;
	clear = clear_token(e, NULL, &a->token);
	f(e->redact, clear);
	mem_free(clear);
}

static bool
apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)err;
	/* Learnt before the old one is forgotten: it may be the same. */
	if (new != NULL)
		redact_token(e, new, redact_learn);
	if (old != NULL)
		redact_token(e, old, redact_forget);
	if (!e->is_check)
		rpc_reconfigure(e->rpc);
	return true;
}

/* ---- tables ---- */

static const struct kw listen_kw[] = {
	{ .word = "address",
		.help = "Address to listen at",
		.type = &kw_ip,
		KW_AT(struct listen_args, address) },
	{ .word = "port",
		.help = "TCP port to listen at",
		.type = &kw_number,
		KW_AT(struct listen_args, port),
		.min = 1,
		.max = 65535,
		.dflt = PORT,
		.has_dflt = true },
	{ .word = "trustpoint",
		.help = "Trustpoint that has our certificate and its key",
		.type = &kw_word,
		KW_AT(struct listen_args, trustpoint),
		.flags = KW_REQ },
	KW_END,
};

static const struct kw certificate_kw[] = {
	{ .word = "name",
		.help = "Name that the certificate is for",
		.type = &kw_word,
		KW_AT(struct client_args, as) },
	KW_END,
};

static const struct kw client_kw[] = {
	{ .help = "Name of the client",
		.type = &kw_word,
		KW_AT(struct client_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .word = "token",
		.help = "Secret that it shows (Authorization: Bearer)",
		.type = &kw_word,
		KW_AT(struct client_args, token),
		.flags = KW_REQ | KW_SEQ | KW_SECRET,
		.group = 1 },
	{ .word = "trustpoint",
		.help = "Trustpoint that its certificate is issued below",
		.type = &kw_word,
		KW_AT(struct client_args, trustpoint),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = certificate_kw },
	{ .word = "policy",
		.help = "Regular expression: policies that it may run",
		.type = &kw_pattern,
		KW_AT(struct client_args, policy) },
	KW_END,
};

static const struct conf_row rows[] = {
	{ .cmd = { .words = RPC_CLIENT,
		  .help = "Who may call policies",
		  .kw = client_kw,
		  .size = sizeof(struct client_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_RPC,
		.adopt = client_adopt,
		.apply = apply },
	{ .cmd = { .words = RPC_LISTEN,
		  .help = "Serve calls of policies over HTTPS",
		  .kw = listen_kw,
		  .size = sizeof(struct listen_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_RPC,
		.apply = apply },
};

void
rpc_rows_start(struct engine *e)
{
	conf_word(e->conf, "config", "event manager rpc", "Calls of policies over HTTPS");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
}

/* ---- what they mean ---- */

const struct listen_args *
rpc_listen_line(const struct engine *e)
{
	const struct conf_node *n = conf_find(e->conf, RPC_LISTEN);

	return n != NULL ? n->args : NULL;
}

void
rpc_each_client(const struct engine *e, void (*f)(void *arg, const struct client_args *), void *arg)
{
	for (const struct conf_node *n = conf_root(e->conf)->first; n != NULL; n = n->next)
		if (strcmp(n->row->cmd.words, RPC_CLIENT) == 0)
			f(arg, n->args);
}

struct collecting {
	const struct engine *engine;
	json_t *list, *refused;
};

/* Its certificate alone, with its policy: a client is issued below it or is nobody. */
static json_t *
trust_of(const struct engine *e, const char *name, struct err *err)
{
	const struct trustpoint *point = pki_find(e->pki, name);
	struct trust *trust;
	json_t *j;

	if (point == NULL || point->ca == NULL) {
		err_set(err, ERR_CONFIG, "trustpoint %s has no certificate (crypto pki authenticate %s)",
			name, name);
		return NULL;
	}
	trust = trust_new(NULL);
	trust_add(trust, point->name, point->ca, &point->policy);
	j = trust_to_json(trust);
	mem_free(trust);
	return j;
}

static void
add_client(void *arg, const struct client_args *a)
{
	struct collecting *c = arg;
	struct err err = ERR_INIT;
	json_t *trust = NULL, *client;
	char *clear;

	/* Nobody is let in below a trustpoint that is not there, and nobody else suffers from it. */
	if (!a->token.set && (trust = trust_of(c->engine, a->trustpoint.s, &err)) == NULL) {
		json_object_set_new(c->refused, a->name.s, json_string(err.text));
		return;
	}
	client = json_pack("{s:s, s:s?, s:s?}", "name", a->name.s, "as", a->as.set ? a->as.s : NULL, "policy",
		a->policy.set ? a->policy.s : NULL);
	if (a->token.set) {
		clear = clear_token(c->engine, NULL, &a->token);
		json_object_set_new(client, "token", json_string(clear));
		mem_free(clear);
	} else
		json_object_set_new(client, "trust", trust);
	json_array_append_new(c->list, client);
}

/* pki/identity.h's JSON with the key in the clear. */
static json_t *
identity_of(const struct engine *e, const char *trustpoint, struct err *err)
{
	const json_t *sealed = pki_identity(e->pki, trustpoint);
	const char *key = json_string_value(json_object_get(sealed, "key"));
	char *clear = key != NULL ? secret_decrypt(e->secrets, NULL, key, strlen(key)) : NULL;
	json_t *identity;

	if (clear == NULL) {
		err_set(err, ERR_CONFIG,
			"trustpoint %s has no certificate with its key (crypto pki import %s)", trustpoint,
			trustpoint);
		return NULL;
	}
	identity = json_copy((json_t *)(uintptr_t)sealed);
	json_object_set_new(identity, "key", json_string(clear));
	mem_free(clear);
	return identity;
}

json_t *
rpc_setup_nothing(void)
{
	return json_pack("{s:s, s:n, s:[]}", "op", "setup", "listen", "clients");
}

json_t *
rpc_setup(const struct engine *e, unsigned sessions, json_t *refused, struct err *err)
{
	const struct listen_args *a = rpc_listen_line(e);
	struct collecting c = { e, NULL, refused };
	json_t *identity;

	if (a == NULL)
		return rpc_setup_nothing();
	if ((identity = identity_of(e, a->trustpoint.s, err)) == NULL)
		return NULL;
	c.list = json_array();
	rpc_each_client(e, add_client, &c);
	return json_pack("{s:s, s:{s:s?, s:i, s:i, s:o}, s:o}", "op", "setup", "listen", "address",
		a->address.set ? a->address.s : NULL, "port", a->port.set ? (int)a->port.v : PORT, "sessions",
		(int)sessions, "identity", identity, "clients", c.list);
}
