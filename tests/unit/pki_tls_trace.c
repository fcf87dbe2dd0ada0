/* What is traced of a handshake: line for line as IOS does, of one that fails and of one that works. */
#include "tlspair.h"

#include <regex.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_as_in_the_seed),
		cmocka_unit_test(test_success_as_in_the_seed),
		cmocka_unit_test(test_states_and_extensions),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
