/* Two ends of a TLS connection: a server with made certificates in a thread, and our client with its trace. */
#ifndef TESTS_TLSPAIR_H
#define TESTS_TLSPAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "certs.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/tls.h"

struct world {
	struct made old_root, root, cross, ca, leaf;
	struct trust *none, *old, *all;
};

/* Names and serial numbers of the seed's certificates: their lookup digests are known. */
static inline int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->old_root = make_cert(&(struct cert_spec){
		.subject = { "C=BE", "O=GlobalSign nv-sa", "OU=Root CA", "CN=GlobalSign Root CA" },
		.serial = "040000000001154B5AC394",
		.ca = true,
		.key_usage = "critical,keyCertSign,cRLSign",
	});
	w->root = make_cert(&(struct cert_spec){
		.subject = { "C=US", "O=Google Trust Services LLC", "CN=GTS Root R1" },
		.serial = "0203E5936F31B01349886BA217",
		.ca = true,
	});
	w->cross = make_cert(&(struct cert_spec){
		.subject = { "C=US", "O=Google Trust Services LLC", "CN=GTS Root R1" },
		.serial = "77BD0D6CDB36F91AEA210FC4F058D30D",
		.key = w->root.key,
		.issuer = &w->old_root,
		.ca = true,
	});
	w->ca = make_cert(&(struct cert_spec){
		.subject = { "C=US", "O=Google Trust Services LLC", "CN=GTS CA 1C3" },
		.serial = "0203BC53596B34C718F5015066",
		.issuer = &w->root,
		.ca = true,
		.basic = "critical,CA:TRUE,pathlen:0",
	});
	w->leaf = make_cert(&(struct cert_spec){
		.subject = { "CN=smtp.gmail.com" },
		.serial = "5287E040A4FEF7071268B04FDDDDF0F4",
		.issuer = &w->ca,
		.san = "DNS:smtp.gmail.com",
	});
	w->none = trust_new(w);
	w->old = trust_new(w);
	trust_add(w->old, "CA-GlobalSign-Root", w->old_root.cert, NULL);
	w->all = trust_new(w);
	trust_add(w->all, "CA-GTS-1C3", w->ca.cert, NULL);
	trust_add(w->all, "CA-GTS-Root-R1", w->root.cert, NULL);
	trust_add(w->all, "CA-GlobalSign-Root", w->old_root.cert, NULL);
	trust_add(w->all, "CA-gmail-SMTP", w->leaf.cert, NULL);
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;

	made_free(&w->old_root);
	made_free(&w->root);
	made_free(&w->cross);
	made_free(&w->ca);
	made_free(&w->leaf);
	mem_free(w);
	return 0;
}

/* ---- the server's end ---- */

struct server {
	const struct world *world;
	int fd, max_version;
	int alert;  /* received */
	int staple; /* certificate status to send, -1 = none */
};

static inline void
server_info(const SSL *ssl, int where, int value)
{
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		((struct server *)SSL_get_app_data(ssl))->alert = value & 0xff;
}

static inline int
send_status(SSL *ssl, void *arg)
{
	const struct server *server = arg;
	const struct world *w = server->world;
	unsigned char *data;
	size_t len;

	if (server->staple < 0)
		return SSL_TLSEXT_ERR_NOACK;
	data = make_ocsp(&(struct ocsp_spec){ .cert = w->leaf.cert,
				 .issuer = w->ca.cert,
				 .signer = &w->ca,
				 .status = server->staple },
		&len);
	SSL_set_tlsext_status_ocsp_resp(ssl, data, (long)len); /* takes it */
	return SSL_TLSEXT_ERR_OK;
}

/* Handshake, then everything read is written back until the end. */
static inline void *
serve(void *arg)
{
	struct server *server = arg;
	const struct world *w = server->world;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	char data[256];
	int n;

	SSL_CTX_set_max_proto_version(ctx, server->max_version);
	SSL_CTX_use_certificate(ctx, w->leaf.cert);
	SSL_CTX_use_PrivateKey(ctx, w->leaf.key);
	SSL_CTX_add1_chain_cert(ctx, w->ca.cert);
	SSL_CTX_add1_chain_cert(ctx, w->cross.cert);
	SSL_CTX_set_info_callback(ctx, server_info);
	SSL_CTX_set_tlsext_status_cb(ctx, send_status);
	SSL_CTX_set_tlsext_status_arg(ctx, server);
	ssl = SSL_new(ctx);
	SSL_set_app_data(ssl, server);
	SSL_set_fd(ssl, server->fd);
	if (SSL_accept(ssl) == 1)
		while ((n = SSL_read(ssl, data, sizeof(data))) > 0)
			SSL_write(ssl, data, n);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(server->fd);
	return NULL;
}

/* ---- the client's end ---- */

struct session {
	struct text lines; /* "TS: " in front of stamped ones */
	struct trace trace;
	struct err err;
	bool good;
	int server_alert;
	char *class, *anchor, *version, *cipher;
	bool verified;
	int alert_sent;
	json_t *json;
};

static inline void
collect(void *arg, debug_mask why, bool stamped, const char *text)
{
	text_printf(arg, "%s%s\n", stamped ? "TS: " : "", text);
}

static inline struct session *
run_want(const struct world *w, struct tls_want want, int max_version, debug_mask on, int staple)
{
	struct session *s = mem_new(NULL, struct session);
	struct server server = { .world = w, .max_version = max_version, .alert = -1, .staple = staple };
	int64_t deadline = tls_now() + 20 * 1000000;
	const struct tls_result *r;
	struct tls *tls;
	pthread_t thread;
	char echo[4] = "";
	int ends[2];

	text_init(&s->lines, s);
	s->trace = (struct trace){ .on = on, .f = collect, .arg = &s->lines };
	want.trace = &s->trace;
	want.revocation = PKI_REVOCATION_BY_POLICY;
	want.session = 0xA069C;
	want.context_id = 35;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	server.fd = ends[1];
	pthread_create(&thread, NULL, serve, &server);
	tls = tls_client_new(s, &want, &s->err);
	assert_non_null(tls);
	s->good = tls_handshake(tls, ends[0], deadline, &s->err);
	if (s->good) {
		assert_true(tls_write(tls, "ping", 4, deadline, &s->err));
		assert_int_equal(tls_read(tls, echo, 4, deadline, &s->err), 4);
		assert_memory_equal(echo, "ping", 4);
		tls_close(tls);
	}
	r = tls_result(tls);
	s->class = mem_strdup(s, r->judged ? pki_class_name(r->pki.class) : NULL);
	s->anchor = mem_strdup(s, r->pki.anchor);
	s->version = mem_strdup(s, r->version);
	s->cipher = mem_strdup(s, r->cipher);
	s->verified = r->verified;
	s->alert_sent = r->alert_sent;
	s->json = tls_result_to_json(tls);
	mem_free(tls);
	close(ends[0]);
	pthread_join(thread, NULL);
	s->server_alert = server.alert;
	return s;
}

static inline struct session *
run_stapled(const struct world *w, const struct trust *trust, const char *host, int max_version,
	debug_mask on, bool unverified, int staple)
{
	return run_want(w, (struct tls_want){ .trust = trust, .host = host, .unverified = unverified },
		max_version, on, staple);
}

static inline struct session *
run(const struct world *w, const struct trust *trust, const char *host, int max_version, debug_mask on,
	bool unverified)
{
	return run_stapled(w, trust, host, max_version, on, unverified, -1);
}

static inline void
session_free(struct session *s)
{
	json_decref(s->json);
	mem_free(s);
}

#define PKI                                                                                          \
	(DEBUG_BIT(DEBUG_PKI_API) | DEBUG_BIT(DEBUG_PKI_CALLBACKS) | DEBUG_BIT(DEBUG_PKI_MESSAGES) | \
		DEBUG_BIT(DEBUG_PKI_TRANSACTIONS) | DEBUG_BIT(DEBUG_PKI_VALIDATION))
#define TLS                                                                                  \
	(DEBUG_BIT(DEBUG_SSL_ERRORS) | DEBUG_BIT(DEBUG_SSL_EXT) | DEBUG_BIT(DEBUG_SSL_MSG) | \
		DEBUG_BIT(DEBUG_SSL_STATES))

#endif
