/*
 * Real handshakes over a socket pair, with a chain of the shape that seed 000 shows: a leaf, its CA,
 * and a root that an older root has cross-signed. The traces are compared line by line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <regex.h>
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
static int
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

static int
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

static void
server_info(const SSL *ssl, int where, int value)
{
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		((struct server *)SSL_get_app_data(ssl))->alert = value & 0xff;
}

static int
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
static void *
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

static void
collect(void *arg, debug_mask why, bool stamped, const char *text)
{
	text_printf(arg, "%s%s\n", stamped ? "TS: " : "", text);
}

static struct session *
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

static struct session *
run_stapled(const struct world *w, const struct trust *trust, const char *host, int max_version,
	debug_mask on, bool unverified, int staple)
{
	return run_want(w, (struct tls_want){ .trust = trust, .host = host, .unverified = unverified },
		max_version, on, staple);
}

static struct session *
run(const struct world *w, const struct trust *trust, const char *host, int max_version, debug_mask on,
	bool unverified)
{
	return run_stapled(w, trust, host, max_version, on, unverified, -1);
}

static void
session_free(struct session *s)
{
	json_decref(s->json);
	mem_free(s);
}

/* Each line of `want` is a regular expression for the next line of `lines`, from the first that fits. */
static void
assert_lines(const char *lines, const char *const *want)
{
	char *copy = strdup(lines), *rest = NULL;
	char *line = strtok_r(copy, "\n", &rest);
	bool begun = false;

	for (size_t i = 0; want[i] != NULL;) {
		char pattern[400];
		regex_t re;
		bool fits;

		if (line == NULL)
			fail_msg("not found: %s\nin:\n%s", want[i], lines);
		snprintf(pattern, sizeof(pattern), "^%s$", want[i]);
		assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
		fits = regexec(&re, line, 0, NULL, 0) == 0;
		regfree(&re);
		if (begun && !fits)
			fail_msg("wanted: %s\ngot:    %s\nin:\n%s", want[i], line, lines);
		begun |= fits;
		i += fits;
		line = strtok_r(NULL, "\n", &rest);
	}
	free(copy);
}

#define PKI                                                                                          \
	(DEBUG_BIT(DEBUG_PKI_API) | DEBUG_BIT(DEBUG_PKI_CALLBACKS) | DEBUG_BIT(DEBUG_PKI_MESSAGES) | \
		DEBUG_BIT(DEBUG_PKI_TRANSACTIONS) | DEBUG_BIT(DEBUG_PKI_VALIDATION))
#define TLS                                                                                  \
	(DEBUG_BIT(DEBUG_SSL_ERRORS) | DEBUG_BIT(DEBUG_SSL_EXT) | DEBUG_BIT(DEBUG_SSL_MSG) | \
		DEBUG_BIT(DEBUG_SSL_STATES))

/* Seed 000, the failure: as printed there, from its first line to the last of TLS. */
static const char *const failure[] = {
	"TS: CRYPTO_PKI: \\(A069C\\) Check for identical certs",
	"TS: CRYPTO_PKI\\(Cert Lookup\\) issuer=\"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE\" "
	"serial "
	"number= 77 BD 0D 6C DB 36 F9 1A EA 21 0F C4 F0 58 D3 0D",
	"TS: CRYPTO_PKI: looking for cert in handle=[0-9A-F]+, digest=",
	"94 40 D1 90 A0 A3 5D 47 E5 B5 31 F6 63 AD 1B 0A",
	"TS: CRYPTO_PKI: Cert record not found for issuer serial\\.",
	"TS: CRYPTO_PKI : \\(A069C\\) Validating non-trusted cert",
	"TS: CRYPTO_PKI: \\(A069C\\) Create a list of suitable trustpoints",
	"TS: CRYPTO_PKI: crypto_pki_get_cert_record_by_issuer\\(\\)",
	"TS: CRYPTO_PKI: Unable to locate cert record by issuername",
	"TS: CRYPTO_PKI: No trust point for cert issuer, looking up cert chain",
	"TS: CRYPTO_PKI: crypto_pki_get_cert_record_by_subject\\(\\)",
	"TS: CRYPTO_PKI: \\(A069C\\) No suitable trustpoints found",
	"TS: CRYPTO_PKI: \\(A069C\\) Removing verify context",
	"TS: CRYPTO_PKI: destroying ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident 35, ref count "
	"1:Decrementing "
	"refcount for context id-35 to 0",
	"TS: CRYPTO_PKI: ca_req_context released",
	"TS: CRYPTO_OPSSL: Certificate verification has failed",
	"TS: CRYPTO_PKI: Rcvd request to end PKI session A069C\\.",
	"TS: CRYPTO_PKI: PKI session A069C has ended\\. Freeing all resources\\.",
	"TS: >>> \\?\\?\\? \\[length 0005\\]",
	"TS: 15 03 03 00 02",
	"TS: ",
	"TS: >>> TLS 1\\.2 Alert \\[length 0002\\], fatal bad_certificate",
	"TS: 02 2A",
	"TS: ",
	"TS: SSL3 alert write:fatal:bad certificate",
	"TS: SSL_connect:error in error",
	"TS: 0:error:[0-9A-F]+:SSL routines:tls[a-z_]*_process_server_certificate:certificate verify "
	"failed:[^:]+:[0-9]+:",
	NULL,
};

static void
test_failure_as_in_the_seed(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->none, "smtp.gmail.com", TLS1_2_VERSION, PKI | TLS, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "CERT_UNTRUSTED");
	assert_non_null(strstr(s->err.text, "no trustpoint configured"));
	assert_non_null(
		strstr(s->err.text, "issuer \"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE\""));
	assert_int_equal(s->alert_sent, 42);
	assert_int_equal(s->server_alert, 42);
	assert_lines(s->lines.s, failure);
	session_free(s);
}

/* Seed 000, the success: trustpoints for every issuer and the leaf; anchored where IOS says. */
static const char *const success[] = {
	"TS: CC_DEBUG: Entering shim layer app callback function",
	"TS: CRYPTO_PKI: \\(A069C\\) Session started - identity not specified",
	"TS: CRYPTO_PKI: \\(A069C\\) Adding peer certificate",
	"TS: CRYPTO_PKI: Added x509 peer certificate - \\([0-9]+\\) bytes",
	"TS: CRYPTO_PKI: \\(A069C\\) Adding peer certificate",
	"TS: CRYPTO_PKI: Added x509 peer certificate - \\([0-9]+\\) bytes",
	"TS: CRYPTO_PKI: \\(A069C\\) Adding peer certificate",
	"TS: CRYPTO_PKI: Added x509 peer certificate - \\([0-9]+\\) bytes",
	"TS: CRYPTO_OPSSL: Validate Certificate Chain Callback",
	"TS: CRYPTO_PKI\\(Cert Lookup\\) issuer=\"cn=GTS CA 1C3,o=Google Trust Services LLC,c=US\" serial "
	"number= 52 "
	"87 E0 40 A4 FE F7 07 12 68 B0 4F DD DD F0 F4",
	"TS: CRYPTO_PKI: looking for cert in handle=[0-9A-F]+, digest=",
	"A7 CC 4B 0F 36 C3 AC D1 2F 77 DD 1D 9A 37 DC FC",
	"TS: CRYPTO_PKI\\(Cert Lookup\\) issuer=\"cn=GTS Root R1,o=Google Trust Services LLC,c=US\" serial "
	"number= "
	"02 03 BC 53 59 6B 34 C7 18 F5 01 50 66",
	"TS: CRYPTO_PKI: looking for cert in handle=[0-9A-F]+, digest=",
	"03 9F CF 59 82 EE 09 CC 4F 53 AE D8 02 7E 4B AF",
	"TS: CRYPTO_PKI\\(Cert Lookup\\) issuer=\"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE\" "
	"serial "
	"number= 77 BD 0D 6C DB 36 F9 1A EA 21 0F C4 F0 58 D3 0D",
	"TS: CRYPTO_PKI: looking for cert in handle=[0-9A-F]+, digest=",
	"94 40 D1 90 A0 A3 5D 47 E5 B5 31 F6 63 AD 1B 0A",
	"TS: CRYPTO_PKI: Cert record not found for issuer serial\\.",
	"TS: CRYPTO_PKI: crypto_pki_get_cert_record_by_subject\\(\\)",
	"TS: CRYPTO_PKI: Found a subject match",
	"TS: CRYPTO_PKI: ip-ext-val: IP extension validation not required:Incrementing refcount for context "
	"id-35 to 1",
	"TS: CRYPTO_PKI: create new ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident 35",
	"TS: CRYPTO_PKI: \\(A069C\\)validation path has 1 certs",
	"TS: CRYPTO_PKI: \\(A069C\\) Check for identical certs",
	"TS: CRYPTO_PKI\\(Cert Lookup\\) issuer=\"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE\" "
	"serial "
	"number= 77 BD 0D 6C DB 36 F9 1A EA 21 0F C4 F0 58 D3 0D",
	"TS: CRYPTO_PKI: looking for cert in handle=[0-9A-F]+, digest=",
	"94 40 D1 90 A0 A3 5D 47 E5 B5 31 F6 63 AD 1B 0A",
	"TS: CRYPTO_PKI: Cert record not found for issuer serial\\.",
	"TS: CRYPTO_PKI : \\(A069C\\) Validating non-trusted cert",
	"TS: CRYPTO_PKI: \\(A069C\\) Create a list of suitable trustpoints",
	"TS: CRYPTO_PKI: crypto_pki_get_cert_record_by_issuer\\(\\)",
	"TS: CRYPTO_PKI: Found a issuer match",
	"TS: CRYPTO_PKI: \\(A069C\\) Suitable trustpoints are: CA-GlobalSign-Root,",
	"TS: CRYPTO_PKI: \\(A069C\\) Attempting to validate certificate using CA-GlobalSign-Root policy",
	"TS: CRYPTO_PKI: \\(A069C\\) Using CA-GlobalSign-Root to validate certificate",
	"TS: CRYPTO_PKI\\(make trusted certs chain\\)",
	"TS: CRYPTO_PKI: Added 1 certs to trusted chain\\.",
	"TS: CRYPTO_PKI: Prepare session revocation service providers",
	"TS: CRYPTO_PKI: \\(A069C\\) Certificate is verified",
	"TS: CRYPTO_PKI: Remove session revocation service providers",
	"TS: CRYPTO_PKI: Remove session revocation service providersCA-GlobalSign-Root:validation status - "
	"CRYPTO_VALID_CERT_WITH_WARNING",
	"TS: CRYPTO_PKI: \\(A069C\\) Certificate validated without revocation check:cert refcount after "
	"increment = 1",
	"TS: PKI: Cert key-usage: Digital-Signature , Certificate-Signing , CRL-Signing",
	"TS: CRYPTO_PKI: \\(A069C\\)chain cert was anchored to trustpoint CA-GlobalSign-Root, and chain "
	"validation "
	"result was: CRYPTO_VALID_CERT_WITH_WARNING",
	"TS: CRYPTO_PKI: \\(A069C\\) Removing verify context",
	"TS: CRYPTO_PKI: destroying ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident 35, ref count "
	"1:Decrementing "
	"refcount for context id-35 to 0",
	"TS: CRYPTO_PKI: ca_req_context released",
	"TS: CRYPTO_PKI: \\(A069C\\) Validation TP is CA-GlobalSign-Root",
	"TS: CRYPTO_PKI: \\(A069C\\) Certificate validation succeeded",
	"TS: CRYPTO_OPSSL: Certificate verification is successful",
	"TS: CRYPTO_PKI: Rcvd request to end PKI session A069C\\.",
	"TS: CRYPTO_PKI: PKI session A069C has ended\\. Freeing all resources\\.:cert refcount after "
	"decrement = 0",
	"TS: <<< \\?\\?\\? \\[length 0005\\]",
	"TS: 16 03 03 00 [0-9A-F]{2}",
	"TS: ",
	"TS: SSL_connect:SSLv3/TLS read server certificate",
	"TS: <<< TLS 1\\.2 Handshake \\[length 00[0-9A-F]{2}\\], ServerKeyExchange",
	NULL,
};

static const char *const opening[] = {
	"TS: CRYPTO_OPSSL: Allocated the memory for OPSSLContext",
	"TS: CRYPTO_OPSSL: Set cipher specs to mask 0x02FC0000 for version 128",
	"TS: Set the Default EC Curve list: 0x70Set the EC curve list: secp521r1:secp384r1:prime256v1",
	"TS: opssl_SetPKIInfo entry",
	"TS: opssl_SetPKIInfo done\\.",
	"TS: CRYPTO_OPSSL: ciphersuites "
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-"
	"GCM-SHA384:DHE-"
	"RSA-AES256-SHA256:AES256-GCM-SHA384:AES256-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-"
	"GCM-SHA256:ECDHE-"
	"RSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES128-SHA256",
	"TS: Handshake start: before SSL initialization",
	"TS: SSL_connect:before SSL initialization",
	"TS: >>> \\?\\?\\? \\[length 0005\\]",
	"TS: 16 03 01 0[0-9A-F] [0-9A-F]{2}",
	"TS: ",
	"TS: >>> TLS 1\\.2 Handshake \\[length 0[0-9A-F]{3}\\], ClientHello",
	NULL,
};

static const char *const hello[] = {
	"TS: SSL_connect:SSLv3/TLS write client hello",
	"TS: <<< \\?\\?\\? \\[length 0005\\]",
	"TS: 16 03 03 00 [0-9A-F]{2}",
	"TS: ",
	"TS: SSL_connect:SSLv3/TLS write client hello",
	"TS: <<< TLS 1\\.2 Handshake \\[length 00[0-9A-F]{2}\\], ServerHello",
	"TS: 02 00 00 [0-9A-F]{2} 03 03 [0-9A-F ]+",
	"TS: [0-9A-F ]+",
	"TS: [0-9A-F ]+",
	"TS: [0-9A-F ]+",
	"TS: [0-9A-F ]+",
	"TS: [0-9A-F ]+",
	"TS: TLS server extension \"renegotiate\" \\(id=65281\\), len=1",
	"TS: 00",
	"TS: TLS server extension \"EC point formats\" \\(id=11\\), len=4",
	"TS: 03 00 01 02",
	"TS: TLS server extension \"unknown\" \\(id=23\\), len=0",
	"TS: <<< \\?\\?\\? \\[length 0005\\]",
	NULL,
};

static void
test_success_as_in_the_seed(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "smtp.gmail.com", TLS1_2_VERSION, PKI | TLS, false);

	assert_true(s->good);
	assert_true(s->verified);
	assert_string_equal(s->class, "OK");
	assert_string_equal(s->anchor, "CA-GlobalSign-Root");
	assert_string_equal(s->version, "TLSv1.2");
	assert_lines(s->lines.s, opening);
	assert_lines(s->lines.s, success);
	session_free(s);
}

static void
test_states_and_extensions(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "smtp.gmail.com", TLS1_2_VERSION, TLS, false);
	const char *at;

	assert_true(s->good);
	at = strstr(s->lines.s, "TS: SSL_connect:SSLv3/TLS write client hello");
	assert_non_null(at);
	assert_lines(at, hello);
	assert_null(strstr(s->lines.s, "CRYPTO_PKI"));
	/* RFC 8446 content type 23: the header alone, never what was sent ("ping"). */
	assert_non_null(strstr(s->lines.s, "TS: 17 03 03 00 "));
	assert_null(strstr(s->lines.s, "70 69 6E 67"));
	session_free(s);
}

static void
test_one_root_is_enough(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->old, "SMTP.gmail.com.", TLS1_3_VERSION, PKI | TLS, false);

	assert_true(s->good);
	assert_string_equal(s->version, "TLSv1.3");
	assert_string_equal(s->anchor, "CA-GlobalSign-Root");
	assert_string_equal(json_string_value(json_object_get(s->json, "trustpoint")), "CA-GlobalSign-Root");
	assert_string_equal(json_string_value(json_object_get(s->json, "anchor")),
		"cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE");
	assert_int_equal(json_array_size(json_object_get(s->json, "chain")), 3);
	assert_non_null(strstr(s->lines.s, "validation path has 3 certs"));
	assert_non_null(strstr(s->lines.s, "<<< TLS 1.3 Handshake [length 00"));
	session_free(s);
}

static void
test_tls13_failure(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->none, "smtp.gmail.com", TLS1_3_VERSION, PKI | TLS, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "CERT_UNTRUSTED");
	assert_int_equal(s->server_alert, 42);
	assert_non_null(strstr(
		s->lines.s, "TS: >>> TLS 1.3 Alert [length 0002], fatal bad_certificate\nTS: 02 2A\n"));
	session_free(s);
}

static void
test_wrong_name(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "mail.example.com", TLS1_3_VERSION, PKI, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "CERT_NAME_MISMATCH");
	assert_int_equal(s->server_alert, 42);
	assert_non_null(strstr(s->lines.s,
		"CERT_NAME_MISMATCH: the certificate is for smtp.gmail.com, not for mail.example.com\n"
		"TS: CRYPTO_OPSSL: Certificate verification has failed"));
	session_free(s);
}

static void
test_opportunistic(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->none, "smtp.gmail.com", TLS1_3_VERSION, 0, true);

	assert_true(s->good);
	assert_false(s->verified);
	assert_string_equal(s->class, "CERT_UNTRUSTED");
	assert_int_equal(s->lines.len, 0);
	session_free(s);
}

static void
test_old_version_is_refused(void **state)
{
	struct world *w = *state;
	struct session *s = run(w, w->all, "smtp.gmail.com", TLS1_1_VERSION, 0, false);

	assert_false(s->good);
	assert_string_equal(s->err.class, "TLS_VERSION");
	session_free(s);
}

/* mail-security.md 14: which alert tells the server. */
static void
test_alerts(void **state)
{
	static const struct {
		struct cert_spec spec;
		const char *class;
		int alert;
	} rows[] = {
		{ { .from = -9 * 86400, .until = -86400 }, "CERT_EXPIRED", 45 },
		{ { .from = 86400, .until = 9 * 86400 }, "CERT_NOT_YET_VALID", 46 },
		{ { .ext_usage = "clientAuth" }, "CERT_PURPOSE", 43 },
		{ { .san = "DNS:mail.example.com" }, "CERT_NAME_MISMATCH", 42 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world other = *w;
		struct cert_spec spec = rows[i].spec;
		struct session *s;

		spec.subject[0] = "CN=smtp.gmail.com";
		spec.issuer = &w->ca;
		spec.san = spec.san != NULL ? spec.san : "DNS:smtp.gmail.com";
		other.leaf = make_cert(&spec);
		s = run(&other, w->old, "smtp.gmail.com", TLS1_3_VERSION, 0, false);
		assert_string_equal(s->err.class, rows[i].class);
		assert_int_equal(s->server_alert, rows[i].alert);
		session_free(s);
		made_free(&other.leaf);
	}
}

/* TLS 1.2 brings the staple behind the certificate, TLS 1.3 with it. */
static void
test_staple_in_the_handshake(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct world *w = *state;
	struct trust *trust = trust_new(NULL);

	trust_add(trust, "CA", w->ca.cert,
		&(struct trustpoint_policy){ .revocation = { REVOCATION_OCSP }, .revocation_count = 1 });
	for (size_t i = 0; i < 2; i++) {
		struct session *s;

		s = run_stapled(w, trust, "smtp.gmail.com", versions[i], PKI, false, V_OCSP_CERTSTATUS_GOOD);
		assert_true(s->good && s->verified);
		assert_non_null(
			strstr(s->lines.s, "anchored to trustpoint CA, and chain validation result was: "
					   "CRYPTO_VALID_CERT\n"));
		session_free(s);
		s = run_stapled(
			w, trust, "smtp.gmail.com", versions[i], PKI, false, V_OCSP_CERTSTATUS_REVOKED);
		assert_false(s->good || s->verified);
		assert_string_equal(s->err.class, "CERT_REVOKED");
		session_free(s);
		s = run_stapled(w, trust, "smtp.gmail.com", versions[i], PKI, false, -1);
		assert_false(s->good || s->verified);
		assert_string_equal(s->err.class, "CERT_REVOCATION_UNKNOWN");
		session_free(s);
	}
	mem_free(trust);
}

/* Each switch prints its own lines and no others. */
static void
test_switches(void **state)
{
	static const struct {
		enum debug_switch which;
		const char *has, *has_not;
	} rows[] = {
		{ DEBUG_PKI_API, "Cert Lookup", "validation path" },
		{ DEBUG_PKI_CALLBACKS, "Validate Certificate Chain Callback", "Cert Lookup" },
		{ DEBUG_PKI_MESSAGES, "Added x509 peer certificate", "Session started" },
		{ DEBUG_PKI_TRANSACTIONS, "Suitable trustpoints are", "validation path" },
		{ DEBUG_PKI_VALIDATION, "validation path has 1 certs", "Cert Lookup" },
		{ DEBUG_SSL_STATES, "SSL_connect:SSLv3/TLS write client hello", ">>>" },
		{ DEBUG_SSL_MSG, ">>> ??? [length 0005]", "SSL_connect" },
		{ DEBUG_SSL_EXT, "TLS server extension", "[length" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session *s =
			run(w, w->all, "smtp.gmail.com", TLS1_2_VERSION, DEBUG_BIT(rows[i].which), false);

		if (strstr(s->lines.s, rows[i].has) == NULL || strstr(s->lines.s, rows[i].has_not) != NULL)
			fail_msg("%s:\n%s", debug_rows[rows[i].which].words, s->lines.s);
		session_free(s);
	}
}

static void
test_silence_times_out(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct tls *tls;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	tls = tls_client_new(NULL, &(struct tls_want){ .trust = w->all, .host = "192.0.2.7" }, &err);
	assert_false(tls_handshake(tls, ends[0], tls_now() + 50000, &err));
	assert_string_equal(err.class, "TIMEOUT");
	assert_null(tls_result(tls)->sni);
	mem_free(tls);
	close(ends[0]);
	close(ends[1]);
}

static void
test_plain_text_answer(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct tls *tls;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], "220 mail.example.com ESMTP\r\n", 28), 28);
	tls = tls_client_new(NULL, &(struct tls_want){ .trust = w->all, .host = "mail.example.com" }, &err);
	assert_false(tls_handshake(tls, ends[0], tls_now() + 20000000, &err));
	assert_string_equal(err.class, "HANDSHAKE_FAILED");
	mem_free(tls);
	close(ends[0]);
	close(ends[1]);
}

/* TLSA records decide, whatever the trustpoints are; SNI stays the host, the names are the record's. */
static void
test_dane_decides(void **state)
{
	struct world *w = *state;
	const char *const names[] = { "elsewhere.example.net", "smtp.gmail.com" };
	unsigned char spki[32], cert[32];
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(w->leaf.cert), &der);
	struct dane_record ee = { DANE_EE, DANE_SPKI, DANE_SHA2_256, spki, 32 };
	struct dane_record ta = { DANE_TA, DANE_CERT, DANE_SHA2_256, cert, 32 };
	struct dane_record wrong = { DANE_EE, DANE_CERT, DANE_SHA2_256, spki, 32 };
	const struct {
		const struct dane_record *record;
		const char *const *names;
		bool good;
		const char *class;
		int depth;
	} rows[] = {
		{ &ee, NULL, true, "OK", 0 },
		{ &ta, names, true, "OK", 1 },
		{ &ta, NULL, false, "CERT_NAME_MISMATCH", 1 },
		{ &wrong, NULL, false, "DANE_MISMATCH", -1 },
	};

	assert_int_equal(EVP_Digest(der, (size_t)n, spki, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(X509_digest(w->ca.cert, EVP_sha256(), cert, NULL), 1);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct tls_want want = { .host = "mx.gmail.com",
				.names = rows[i].names,
				.name_count = rows[i].names != NULL ? 2 : 0,
				.dane = rows[i].record,
				.dane_count = 1 };
			struct session *s = run_want(w, want, version, PKI, -1);
			const json_t *dane = json_object_get(s->json, "dane");

			assert_int_equal(s->good, rows[i].good);
			assert_int_equal(s->verified, rows[i].good);
			assert_string_equal(s->class, rows[i].class);
			assert_string_equal(
				json_string_value(json_object_get(s->json, "sni")), "mx.gmail.com");
			assert_int_equal(dane != NULL, rows[i].depth >= 0);
			if (dane != NULL)
				assert_int_equal(
					json_integer_value(json_object_get(dane, "depth")), rows[i].depth);
			if (!s->good) {
				assert_string_equal(s->err.class, rows[i].class);
				assert_int_equal(s->server_alert, 42);
			}
			assert_non_null(
				strstr(s->lines.s, rows[i].depth >= 0 ? "TLSA record" : "No TLSA record"));
			session_free(s);
			/* Opportunistic: the handshake goes on and nothing is called verified. */
			want.unverified = true;
			s = run_want(w, want, version, 0, -1);
			assert_true(s->good);
			assert_int_equal(s->verified, rows[i].good);
			session_free(s);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_as_in_the_seed),
		cmocka_unit_test(test_success_as_in_the_seed),
		cmocka_unit_test(test_states_and_extensions),
		cmocka_unit_test(test_one_root_is_enough),
		cmocka_unit_test(test_tls13_failure),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_opportunistic),
		cmocka_unit_test(test_old_version_is_refused),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_staple_in_the_handshake),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_silence_times_out),
		cmocka_unit_test(test_plain_text_answer),
		cmocka_unit_test(test_dane_decides),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
