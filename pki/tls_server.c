/* The server end of TLS connections. */
#include "pki/tls_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "pki/fetch.h"
#include "pki/tls_check.h"
#include "pki/tls_error.h"
#include "pki/verify.h"

static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM";
#define CLIENT_CHAIN_MAX 32768 /* octets of certificates that a client may send */

struct tls_server {
	SSL_CTX *ctx;
	const struct trust *clients;
	struct revocation_cache *revoked;
};

struct tls_peer {
	struct tls_server *server;
	SSL *ssl;
	struct pki_result verdict;
	bool judged;
	char *wanted; /* the first URL that has to be asked before the verdict counts, or NULL */
};

static int
server_free(void *ptr)
{
	SSL_CTX_free(((struct tls_server *)ptr)->ctx);
	return 0;
}

static int
peer_free(void *ptr)
{
	struct tls_peer *p = ptr;

	SSL_free(p->ssl);
	pki_result_clear(&p->verdict);
	return 0;
}

/* The error whose alert tells the client what is wrong with its certificate. */
static int error_for(enum pki_class class)
{
	switch (class) {
	case PKI_UNTRUSTED:
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY; /* unknown_ca */
	case PKI_EXPIRED:
		return X509_V_ERR_CERT_HAS_EXPIRED;
	case PKI_REVOKED:
		return X509_V_ERR_CERT_REVOKED;
	case PKI_PURPOSE:
		return X509_V_ERR_INVALID_PURPOSE;
	default:
		return X509_V_ERR_CERT_REJECTED;
	}
}

/* Fetches nothing: tells what would have to be fetched. */
static bool
want(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	struct tls_peer *p = arg;

	if (p->wanted == NULL)
		p->wanted = mem_strdup(p, ask->url);
	return err_set(err, ERR_TIMEOUT, "not asked yet");
}

/* With what is known; good as well when only what has to be fetched is missing. */
static bool
judge(struct tls_peer *p, X509 *cert, STACK_OF(X509) * chain)
{
	const struct pki_fetch fetch = { .get = want, .arg = p, .cache = p->server->revoked };
	struct pki_request ask = { .trust = p->server->clients,
		.peer = cert,
		.untrusted = chain,
		.purpose = PKI_CLIENT,
		.depth = -1,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = &fetch };
	bool good;

	mem_free(p->wanted);
	p->wanted = NULL;
	pki_result_clear(&p->verdict);
	good = pki_verify(&ask, &p->verdict);
	p->judged = true;
	return good || (p->wanted != NULL && p->verdict.class == PKI_REVOCATION_UNKNOWN);
}

static int
on_verify(X509_STORE_CTX *store, void *arg)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_peer *p = SSL_get_app_data(ssl);
	bool good = judge(p, X509_STORE_CTX_get0_cert(store), X509_STORE_CTX_get0_untrusted(store));

	(void)arg;
	X509_STORE_CTX_set_error(store, good ? X509_V_OK : error_for(p->verdict.class));
	return good;
}

/* Clients that have several certificates choose by the names of the CAs. */
static void
name_clients(SSL_CTX *ctx, const struct trust *clients)
{
	for (size_t i = 0; i < clients->count; i++)
		SSL_CTX_add_client_CA(ctx, clients->points[i].cert);
}

static bool
set_context(struct tls_server *s, const struct identity *id, struct err *err)
{
	SSL_CTX *ctx = s->ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return tls_error(err, "TLS cannot start");
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
	SSL_CTX_set_dh_auto(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
		SSL_CTX_set_cipher_list(ctx, ciphers) != 1)
		return tls_error(err, "TLS settings");
	if (SSL_CTX_use_cert_and_key(ctx, id->cert, id->key, id->chain, 1) != 1)
		return tls_error(err, "the identity certificate cannot be used");
	if (s->clients != NULL) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, on_verify, s);
		name_clients(ctx, s->clients);
	}
	return true;
}

struct tls_server *
tls_server_new(const void *ctx, const struct identity *id, const struct trust *clients,
	struct revocation_cache *revoked, struct err *err)
{
	struct tls_server *s = mem_new(ctx, struct tls_server);

	s->clients = clients;
	s->revoked = revoked;
	mem_on_free(s, server_free);
	if (set_context(s, id, err))
		return s;
	mem_free(s);
	return NULL;
}

struct tls_peer *
tls_peer_new(const void *ctx, struct tls_server *server, int fd, struct err *err)
{
	struct tls_peer *p = mem_new(ctx, struct tls_peer);

	p->server = server;
	mem_on_free(p, peer_free);
	p->ssl = SSL_new(server->ctx);
	if (p->ssl == NULL || SSL_set_fd(p->ssl, fd) != 1) {
		tls_error(err, "TLS cannot start");
		mem_free(p);
		return NULL;
	}
	SSL_set_app_data(p->ssl, p);
	SSL_set_accept_state(p->ssl);
	return p;
}

/* ---- driving the connection ---- */

static void
explain(const struct tls_peer *p, int error, int saved, struct err *err)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);

	if (p->judged && p->verdict.class != PKI_OK)
		err_class(err, ERR_CRYPTO, pki_class_name(p->verdict.class), "%s", p->verdict.detail);
	else if (error == SSL_ERROR_SYSCALL && saved != 0)
		err_class(err, ERR_IO, "CONNECTION_LOST", "connection lost: %s", strerror(saved));
	else if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN ||
		 reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		err_class(err, ERR_IO, "CONNECTION_LOST", "connection lost: end of stream");
	else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "the client shows no certificate");
	else if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_VERSION_TOO_LOW)
		err_class(err, ERR_CRYPTO, "TLS_VERSION", "no common TLS version: %s", text);
	else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
		err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "the client does not speak TLS");
	else
		err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "%s", text != NULL ? text : "TLS failed");
	ERR_clear_error();
}

static enum tls_turn
turn_of(const struct tls_peer *p, int result, struct err *err)
{
	int saved = errno, error = SSL_get_error(p->ssl, result);

	if (error == SSL_ERROR_WANT_READ)
		return TLS_TURN_READ;
	if (error == SSL_ERROR_WANT_WRITE)
		return TLS_TURN_WRITE;
	explain(p, error, saved, err);
	return TLS_TURN_FAILED;
}

enum tls_turn
tls_peer_handshake(struct tls_peer *p, struct err *err)
{
	int n;

	ERR_clear_error();
	errno = 0;
	n = SSL_do_handshake(p->ssl);
	return n == 1 ? TLS_TURN_DONE : turn_of(p, n, err);
}

enum tls_turn
tls_peer_believe(struct tls_peer *p, const char **url, struct err *err)
{
	if (p->wanted == NULL)
		return TLS_TURN_DONE;
	if (!judge(p, SSL_get0_peer_certificate(p->ssl), SSL_get_peer_cert_chain(p->ssl))) {
		err_class(err, ERR_CRYPTO, pki_class_name(p->verdict.class), "%s", p->verdict.detail);
		return TLS_TURN_FAILED;
	}
	*url = p->wanted;
	return p->wanted != NULL ? TLS_TURN_FETCH : TLS_TURN_DONE;
}

struct tls_check *
tls_peer_check(const void *ctx, const struct tls_peer *p)
{
	return tls_check_new(ctx, p->server->clients, SSL_get0_peer_certificate(p->ssl),
		SSL_get_peer_cert_chain(p->ssl), p->server->revoked);
}

enum tls_turn
tls_peer_read(struct tls_peer *p, void *buf, size_t n, size_t *got, struct err *err)
{
	*got = 0;
	ERR_clear_error();
	errno = 0;
	if (SSL_read_ex(p->ssl, buf, n, got) == 1 || (SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
		return TLS_TURN_DONE;
	return turn_of(p, 0, err);
}

void
tls_peer_close(struct tls_peer *p)
{
	if (SSL_is_init_finished(p->ssl))
		SSL_shutdown(p->ssl);
	ERR_clear_error();
}

/* ---- who it is ---- */

/* Names are compared and shown: printable ASCII, or none. */
static bool
take_text(const unsigned char *s, int n, char name[TLS_PEER_NAME])
{
	if (n <= 0 || n >= (int)TLS_PEER_NAME)
		return false;
	for (int i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f)
			return false;
	memcpy(name, s, (size_t)n);
	name[n] = '\0';
	return true;
}

static bool
take_general(const GENERAL_NAME *g, int type, char name[TLS_PEER_NAME])
{
	const unsigned char *s;
	int n;

	if (g->type != type)
		return false;
	if (type == GEN_DNS)
		return take_text(ASN1_STRING_get0_data(g->d.dNSName), ASN1_STRING_length(g->d.dNSName), name);
	s = ASN1_STRING_get0_data(g->d.iPAddress);
	n = ASN1_STRING_length(g->d.iPAddress);
	return (n == 4 || n == 16) && inet_ntop(n == 4 ? AF_INET : AF_INET6, s, name, TLS_PEER_NAME) != NULL;
}

static bool
take_alternative(const X509 *cert, int type, char name[TLS_PEER_NAME])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++)
		found = take_general(sk_GENERAL_NAME_value(names, i), type, name);
	GENERAL_NAMES_free(names);
	return found;
}

static bool
take_common_name(const X509 *cert, char name[TLS_PEER_NAME])
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const ASN1_STRING *s = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

	return s != NULL && take_text(ASN1_STRING_get0_data(s), ASN1_STRING_length(s), name);
}

bool
tls_peer_name(const struct tls_peer *p, char name[TLS_PEER_NAME])
{
	const X509 *cert = p->server->clients != NULL ? SSL_get0_peer_certificate(p->ssl) : NULL;

	return cert != NULL &&
	       (take_alternative(cert, GEN_DNS, name) || take_alternative(cert, GEN_IPADD, name) ||
		       take_common_name(cert, name));
}
