/*
 * eventd-rpc: the process that serves HTTPS for `event rpc`. It keeps our key and the clients' tokens (as
 * digests), is root no more, and exits when the engine goes away. Frames from the engine:
 *     {"op":"setup","listen":{"address","port","identity","sessions"},"clients":[...]}
 *     {"op":"answer","call":N,"status":N,"body":{...}}
 * and to it:
 *     {"event":"listening","port":N} or {"event":"listening","error":TEXT}
 *     {"event":"call","call":N,"client","peer","method","policy","type","args":[...]}
 *     {"event":"denied","peer","why"}
 * and what pki/revocation_cache.h tells.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "pki/identity.h"
#include "pki/revocation_cache.h"
#include "rpc/caller.h"
#include "rpc/check.h"
#include "rpc/http.h"

struct helper_state {
	struct frame_reader *in;
	struct revocation_cache *crls;
	struct checks *checks;
	struct callers *callers;
	struct http *http; /* NULL while nothing is served */
	json_t *served;    /* what it was made of, and the authorities that it names */
	bool ended;        /* nobody reads what we write */
};

/* ---- what is said ---- */

static void
say(struct helper_state *h, json_t *message)
{
	h->ended |= !helper_side_say(message);
}

static void
on_called(void *arg, int64_t id, const char *client, const char *peer, const struct rpc_request *r)
{
	static const char *const methods[] = { "run", "publish", "policies" }; /* ORDER: enum rpc_method */
	json_t *args = json_array();

	for (size_t i = 0; i < r->nargs; i++)
		json_array_append_new(args, json_string(r->args[i]));
	say(arg, json_pack("{s:s, s:I, s:s, s:s, s:s, s:s?, s:I, s:o}", "event", "call", "call",
			 (json_int_t)id, "client", client, "peer", peer, "method", methods[r->method],
			 "policy", r->policy, "type", (json_int_t)r->type, "args", args));
}

static void
on_denied(void *arg, const char *peer, const char *why)
{
	say(arg, json_pack("{s:s, s:s, s:o}", "event", "denied", "peer", peer, "why",
			 frame_string(why, strlen(why))));
}

/* ---- what is asked ---- */

static char *
pem_of(const void *ctx, const struct identity *id, bool key)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data, *pem;
	long n;

	if (key)
		PEM_write_bio_PKCS8PrivateKey(out, id->key, NULL, NULL, 0, NULL, NULL);
	else {
		PEM_write_bio_X509(out, id->cert);
		for (int i = 0; i < sk_X509_num(id->chain); i++)
			PEM_write_bio_X509(out, sk_X509_value(id->chain, i));
	}
	n = BIO_get_mem_data(out, &data);
	pem = mem_secret(ctx, data, (size_t)n);
	explicit_bzero(data, (size_t)n);
	BIO_free(out);
	return pem;
}

static struct http *
open_server(struct helper_state *h, const json_t *listen, struct err *err)
{
	const struct http_events events = { on_called, on_denied, h };
	struct identity id = { 0 };
	void *ctx = mem_ctx(NULL, "identity");
	struct http *http = NULL;

	if (identity_from_json(&id, json_object_get(listen, "identity"), err))
		http = http_new(h,
			&(struct http_setup){
				.address = json_string_value(json_object_get(listen, "address")),
				.port = (uint16_t)json_integer_value(json_object_get(listen, "port")),
				.certificate = pem_of(ctx, &id, false),
				.key = pem_of(ctx, &id, true),
				.sessions = (unsigned)json_integer_value(json_object_get(listen, "sessions")),
				.checks = h->checks },
			h->callers, &events, err);
	identity_clear(&id);
	mem_free(ctx);
	return http;
}

static void
serve(struct helper_state *h, const json_t *listen)
{
	struct err err = ERR_INIT;

	h->http = open_server(h, listen, &err);
	if (h->http != NULL)
		say(h, json_pack("{s:s, s:i}", "event", "listening", "port", (int)http_port(h->http)));
	else
		say(h, json_pack("{s:s, s:s}", "event", "listening", "error", err.text));
}

/* A server that would be the same stays, with the requests that wait in it. */
static void
take_setup(struct helper_state *h, const json_t *message)
{
	const json_t *listen = json_object_get(message, "listen");
	struct err err = ERR_INIT;
	struct callers *callers = callers_new(h, json_object_get(message, "clients"), h->crls, &err),
		       *old = h->callers;
	char *authorities = callers != NULL ? callers_authorities(NULL, callers) : NULL;
	json_t *want = json_pack("[O?, s?]", listen, authorities);

	mem_free(authorities);
	if (callers == NULL) {
		say(h, json_pack("{s:s, s:s}", "event", "listening", "error", err.text));
		json_decref(want);
		return;
	}
	h->callers = callers;
	if (h->http != NULL && json_equal(want, h->served))
		http_callers(h->http, callers);
	else {
		mem_free(h->http);
		h->http = NULL;
		if (json_is_object(listen))
			serve(h, listen);
	}
	mem_free(old);
	json_decref(h->served);
	h->served = want;
}

static void
take_answer(struct helper_state *h, const json_t *message)
{
	json_t *body = json_object_get(message, "body");

	if (h->http != NULL && json_is_object(body))
		http_answer(h->http, json_integer_value(json_object_get(message, "call")),
			(unsigned)json_integer_value(json_object_get(message, "status")), json_incref(body));
}

static void
take_message(void *arg, const json_t *message)
{
	struct helper_state *h = arg;
	const char *op = json_string_value(json_object_get(message, "op"));

	if (op != NULL && strcmp(op, "setup") == 0)
		take_setup(h, message);
	else if (op != NULL && strcmp(op, "answer") == 0)
		take_answer(h, message);
}

static void
turn(struct helper_state *h)
{
	struct pollfd fds[3] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = -1, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };
	json_t *news;

	if (h->http != NULL) {
		fds[1].fd = http_fd(h->http);
		fds[2].fd = checks_fd(h->checks);
	}
	if (poll(fds, 3, h->http != NULL ? http_patience(h->http) : -1) < 0 && errno != EINTR)
		h->ended = true;
	if (fds[0].revents != 0)
		h->ended |= !helper_side_hear(h->in, take_message, h);
	/* Behind the answers: what they let go on is done in this turn. */
	if (h->http != NULL)
		http_turn(h->http);
	if ((news = revocation_cache_news(h->crls)) != NULL)
		say(h, news);
}

int
main(void)
{
	struct helper_state *h;
	struct err err = ERR_INIT;

	helper_side_harden();
	if (!privilege_drop_but_ports(&err)) {
		fprintf(stderr, "eventd-rpc: %s\n", err.text);
		return 1;
	}
	h = mem_new(NULL, struct helper_state);
	h->in = frame_reader_new(h, FRAME_MAX);
	h->crls = revocation_cache_new(h);
	h->checks = checks_new(h, h->crls, &err);
	if (h->checks == NULL) {
		fprintf(stderr, "eventd-rpc: %s\n", err.text);
		return 1;
	}
	while (!h->ended)
		turn(h);
	mem_free(h->http);
	h->http = NULL;
	json_decref(h->served);
	mem_free(h);
	return 0;
}
