/* TLS client connections: settings, validation in the handshake, reading and writing with deadlines. */
#include "pki/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "core/mem.h"
#include "pki/revocation.h"
#include "pki/tls_error.h"
#include "pki/trace_lines.h"
#include "pki/trace_tls.h"

/* The list that seed 000 prints, in its order; TLS 1.3 has OpenSSL's own three. */
static const char ciphers[] =
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:"
	"DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-SHA256:AES256-GCM-SHA384:AES256-SHA256:"
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:"
	"DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES128-SHA256";
static const char curves[] = "secp521r1:secp384r1:prime256v1";

struct tls {
	struct tls_want want;
	char *host; /* without trailing dot and zone */
	bool is_address;
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	struct tls_result result;
	bool awaits_staple; /* TLS 1.2: the status comes behind the certificate */
};

static int
release(void *arg)
{
	struct tls *tls = arg;

	SSL_free(tls->ssl);
	SSL_CTX_free(tls->ctx);
	pki_result_clear(&tls->result.pki);
	sk_X509_pop_free(tls->result.received, X509_free);
	return 0;
}

int64_t
tls_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- validation ---- */

static void
set_host(struct tls *tls, const char *host)
{
	struct in6_addr address;
	size_t n;

	tls->host = mem_strdup(tls, host);
	n = strcspn(tls->host, "%"); /* an address's zone is no part of its identity */
	tls->host[n] = '\0';
	tls->is_address =
		inet_pton(AF_INET, tls->host, &address) == 1 || inet_pton(AF_INET6, tls->host, &address) == 1;
	if (!tls->is_address && n > 0 && tls->host[n - 1] == '.')
		tls->host[n - 1] = '\0';
}

static const struct trustpoint_policy *
anchor_policy(const struct tls *tls)
{
	const struct trust *trust = tls->want.trust;

	for (size_t i = 0; trust != NULL && i < trust->count; i++)
		if (strcmp(trust->points[i].name, tls->result.pki.anchor) == 0)
			return &trust->points[i].policy;
	return NULL;
}

/* A staple is looked at first, whatever the methods are, unless nothing is checked at all. */
static bool
wants_staple(const struct trustpoint_policy *policy)
{
	return policy != NULL && policy->revocation_count > 0 && policy->revocation[0] != REVOCATION_NONE;
}

static struct pki_name
first_name(const struct tls *tls)
{
	if (tls->want.name_count > 0)
		return (struct pki_name){ .kind = PKI_NAME_DNS, .value = tls->want.names[0] };
	return (struct pki_name){ .kind = tls->is_address ? PKI_NAME_IP : PKI_NAME_DNS, .value = tls->host };
}

static void
judge(struct tls *tls, enum pki_revocation revocation, const struct trace *trace)
{
	const unsigned char *staple = NULL;
	long staple_len = SSL_get_tlsext_status_ocsp_resp(tls->ssl, &staple);
	struct pki_request ask = { .trust = tls->want.trust,
		.peer = sk_X509_value(tls->result.received, 0),
		.untrusted = tls->result.received,
		.name = first_name(tls),
		.also = tls->want.name_count > 1 ? tls->want.names + 1 : NULL,
		.also_count = tls->want.name_count > 1 ? tls->want.name_count - 1 : 0,
		.dane = tls->want.dane,
		.dane_count = tls->want.dane_count,
		.legacy_cn = tls->want.legacy_cn,
		.at = tls->want.at,
		.purpose = PKI_SERVER,
		.depth = -1,
		.revocation = revocation,
		.staple = staple_len > 0 ? staple : NULL,
		.staple_len = staple_len > 0 ? (size_t)staple_len : 0,
		.fetch = tls->want.fetch,
		.trace = trace,
		.session = tls->want.session,
		.context_id = tls->want.context_id };

	pki_result_clear(&tls->result.pki);
	tls->result.verified = pki_verify(&ask, &tls->result.pki);
	tls->result.judged = true;
}

/* OpenSSL sends the alert that fits the error of the store context. */
static int error_for(enum pki_class class)
{
	switch (class) {
	case PKI_OK:
		return X509_V_OK;
	case PKI_UNTRUSTED:
	case PKI_NAME_MISMATCH:
	case PKI_DANE_MISMATCH:
		return X509_V_ERR_CERT_REJECTED; /* 42 */
	case PKI_EXPIRED:
		return X509_V_ERR_CERT_HAS_EXPIRED; /* 45 */
	case PKI_REVOKED:
		return X509_V_ERR_CERT_REVOKED; /* 44 */
	case PKI_PURPOSE:
		return X509_V_ERR_INVALID_PURPOSE; /* 43 */
	default:
		return X509_V_ERR_SUBTREE_MINMAX; /* none that OpenSSL has an alert for: 46 */
	}
}

static void
keep_received(struct tls *tls, X509_STORE_CTX *store_ctx)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store_ctx);
	X509 *peer = X509_STORE_CTX_get0_cert(store_ctx);

	tls->result.received = sk_X509_new_null();
	X509_up_ref(peer);
	sk_X509_push(tls->result.received, peer);
	for (int i = 0; i < sk_X509_num(sent); i++) {
		X509 *cert = sk_X509_value(sent, i);

		if (cert == peer)
			continue;
		X509_up_ref(cert);
		sk_X509_push(tls->result.received, cert);
	}
}

/*
 * In TLS 1.2 a stapled response arrives only after this; where the trustpoint checks revocation, or the
 * certificate demands a staple, revocation is left to on_status().
 */
static int
on_verify(X509_STORE_CTX *store_ctx, void *arg)
{
	struct tls *tls = arg;
	const struct trace *trace = tls->want.trace;
	X509 *peer;

	pki_say(trace, LINE_CALLBACK, &(struct pki_words){ 0 });
	keep_received(tls, store_ctx);
	peer = sk_X509_value(tls->result.received, 0);
	if (tls->want.dane == NULL && SSL_version(tls->ssl) < TLS1_3_VERSION &&
		tls->want.revocation == PKI_REVOCATION_BY_POLICY) {
		judge(tls, PKI_REVOCATION_SKIP, NULL);
		tls->awaits_staple = tls->result.verified &&
				     (wants_staple(anchor_policy(tls)) || revocation_must_staple(peer));
	}
	if (!tls->awaits_staple)
		judge(tls, tls->want.revocation, trace);
	if (!tls->result.verified)
		X509_STORE_CTX_set_error(store_ctx, error_for(tls->result.pki.class));
	return tls->result.verified || tls->want.unverified;
}

static int
on_status(SSL *ssl, void *arg)
{
	struct tls *tls = arg;

	if (!tls->awaits_staple)
		return 1;
	tls->awaits_staple = false;
	judge(tls, tls->want.revocation, tls->want.trace);
	return tls->result.verified || tls->want.unverified;
}

static void
on_info(const SSL *ssl, int where, int value)
{
	struct tls *tls = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		tls->result.alert_received = value & 0xff;
	else if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT)
		tls->result.alert_sent = value & 0xff;
	trace_tls_state(tls->want.trace, ssl, where, value);
}

/* ---- settings ---- */

static void
on_keylog(const SSL *ssl, const char *line)
{
	const struct tls *tls = SSL_get_app_data(ssl);

	tls->want.keylog(tls->want.keylog_arg, line);
}

static bool
set_identity(struct tls *tls, struct err *err)
{
	const struct tls_want *want = &tls->want;

	if (want->identity == NULL)
		return true;
	if (SSL_CTX_use_cert_and_key(tls->ctx, want->identity, want->key, want->identity_chain, 1) == 1)
		return true;
	return tls_error(err, "the identity certificate cannot be used");
}

static bool
set_context(struct tls *tls, struct err *err)
{
	int min = tls->want.min_version != 0 ? tls->want.min_version : TLS1_2_VERSION;

	tls->ctx = SSL_CTX_new(TLS_client_method());
	if (tls->ctx == NULL)
		return tls_error(err, "TLS cannot start");
	SSL_CTX_set_security_level(tls->ctx, 2);
	SSL_CTX_set_options(tls->ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_clear_options(tls->ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(tls->ctx, min) != 1 ||
		SSL_CTX_set_cipher_list(tls->ctx, ciphers) != 1 ||
		SSL_CTX_set1_groups_list(tls->ctx, curves) != 1)
		return tls_error(err, "TLS settings");
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(tls->ctx, on_verify, tls);
	SSL_CTX_set_tlsext_status_cb(tls->ctx, on_status);
	SSL_CTX_set_tlsext_status_arg(tls->ctx, tls);
	SSL_CTX_set_info_callback(tls->ctx, on_info);
	if (tls->want.keylog != NULL)
		SSL_CTX_set_keylog_callback(tls->ctx, on_keylog);
	return set_identity(tls, err);
}

static bool
set_connection(struct tls *tls, struct err *err)
{
	tls->ssl = SSL_new(tls->ctx);
	if (tls->ssl == NULL)
		return tls_error(err, "TLS cannot start");
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_connect_state(tls->ssl);
	SSL_set_tlsext_status_type(tls->ssl, TLSEXT_STATUSTYPE_ocsp);
	if (!tls->is_address) {
		if (SSL_set_tlsext_host_name(tls->ssl, tls->host) != 1)
			return tls_error(err, "server name");
		tls->result.sni = tls->host;
	}
	trace_tls_attach(tls->ssl, tls->want.trace);
	return true;
}

struct tls *
tls_client_new(const void *ctx, const struct tls_want *want, struct err *err)
{
	struct tls *tls = mem_new(ctx, struct tls);

	mem_on_free(tls, release);
	tls->want = *want;
	tls->fd = -1;
	tls->result.alert_sent = tls->result.alert_received = -1;
	if (tls->want.session == 0)
		tls->want.session = 1;
	if (tls->want.context_id == 0)
		tls->want.context_id = 1;
	set_host(tls, want->host);
	trace_tls_begin(want->trace, curves, ciphers);
	if (set_context(tls, err) && set_connection(tls, err))
		return tls;
	mem_free(tls);
	return NULL;
}

/* ---- driving the connection ---- */

static bool
lost(struct err *err, const char *why)
{
	return err_class(err, ERR_IO, "CONNECTION_LOST", "connection lost: %s", why);
}

/* Waits for what the last call of OpenSSL needs. */
static bool
await(struct tls *tls, int need, int64_t deadline, struct err *err)
{
	struct pollfd p = { .fd = tls->fd, .events = need == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN };

	for (;;) {
		int64_t left = (deadline - tls_now() + 999) / 1000;
		int n;

		if (left <= 0)
			return err_class(err, ERR_TIMEOUT, "TIMEOUT", "time-out in TLS");
		n = poll(&p, 1, left > 1000000 ? 1000000 : (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return lost(err, strerror(errno));
	}
}

static bool
is_version_reason(int reason)
{
	return reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
	       reason == SSL_R_VERSION_TOO_LOW || reason == SSL_R_NO_PROTOCOLS_AVAILABLE;
}

/* Turns OpenSSL's failure into ours; the queue of errors is traced and emptied. */
static bool
fail(struct tls *tls, int error, int saved_errno, struct err *err)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);
	const struct pki_result *pki = &tls->result.pki;

	trace_tls_errors(tls->want.trace);
	if (tls->result.judged && pki->class != PKI_OK && !tls->want.unverified &&
		!SSL_is_init_finished(tls->ssl)) {
		err_class(err, ERR_CRYPTO, pki_class_name(pki->class), "%s", pki->detail);
		err_hint(err, "%s", pki->hint);
		return false;
	}
	if (error == SSL_ERROR_SYSCALL)
		return lost(err, saved_errno != 0 ? strerror(saved_errno) : "end of stream");
	if (error == SSL_ERROR_ZERO_RETURN || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return lost(err, "end of stream");
	if (is_version_reason(reason))
		return err_class(err, ERR_CRYPTO, "TLS_VERSION", "no common TLS version: %s", text);
	if (reason == SSL_R_WRONG_VERSION_NUMBER) {
		tls->result.in_clear = true;
		return err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "the server does not answer with TLS");
	}
	return err_class(err, ERR_CRYPTO, "HANDSHAKE_FAILED", "%s", text != NULL ? text : "TLS failed");
}

static void
fill_result(struct tls *tls)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);

	if (cipher == NULL)
		cipher = SSL_get_pending_cipher(tls->ssl);
	if (cipher == NULL)
		return;
	tls->result.version = SSL_get_version(tls->ssl);
	tls->result.cipher = SSL_CIPHER_get_name(cipher);
}

bool
tls_handshake(struct tls *tls, int fd, int64_t deadline, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || SSL_set_fd(tls->ssl, fd) != 1)
		return err_errno(err, "socket");
	tls->fd = fd;
	for (;;) {
		int n, error, saved;

		ERR_clear_error();
		n = SSL_do_handshake(tls->ssl);
		saved = errno;
		error = SSL_get_error(tls->ssl, n);
		if (n == 1 || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)) {
			fill_result(tls);
			return n == 1 || fail(tls, error, saved, err);
		}
		if (!await(tls, error, deadline, err))
			return false;
	}
}

void
tls_settle(struct tls *tls)
{
	SSL_CTX_set_keylog_callback(tls->ctx, NULL);
	tls->want = (struct tls_want){ .trace = tls->want.trace };
}

ssize_t
tls_read(struct tls *tls, void *buf, size_t n, int64_t deadline, struct err *err)
{
	for (;;) {
		size_t got = 0;
		int error, saved;

		ERR_clear_error();
		if (SSL_read_ex(tls->ssl, buf, n, &got) == 1)
			return (ssize_t)got;
		saved = errno;
		error = SSL_get_error(tls->ssl, 0);
		if (error == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
			fail(tls, error, saved, err);
			return -1;
		}
		if (!await(tls, error, deadline, err))
			return -1;
	}
}

bool
tls_write(struct tls *tls, const void *data, size_t n, int64_t deadline, struct err *err)
{
	while (n > 0) {
		size_t put = 0;
		int error, saved;

		ERR_clear_error();
		if (SSL_write_ex(tls->ssl, data, n, &put) == 1) {
			data = (const char *)data + put;
			n -= put;
			continue;
		}
		saved = errno;
		error = SSL_get_error(tls->ssl, 0);
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
			return fail(tls, error, saved, err);
		if (!await(tls, error, deadline, err))
			return false;
	}
	return true;
}

bool
tls_pending(const struct tls *tls)
{
	return SSL_has_pending(tls->ssl) == 1;
}

void
tls_close(struct tls *tls)
{
	if (SSL_is_init_finished(tls->ssl))
		SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

const struct tls_result *
tls_result(const struct tls *tls)
{
	return &tls->result;
}

SSL *
tls_ssl(struct tls *tls)
{
	return tls->ssl;
}
