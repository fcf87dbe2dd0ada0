/* Certificates as people paste them, and their parts in IOS's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>

#include <openssl/pem.h>

#include "certs.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/import.h"

struct world {
	struct made root;
	char *pem;    /* as OpenSSL writes it */
	char *base64; /* one line */
	unsigned char *der;
	size_t der_len;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long n;

	w->root = make_cert(&(struct cert_spec){
		.subject = { "C=BE", "O=GlobalSign nv-sa", "OU=Root CA", "CN=GlobalSign Root CA" },
		.serial = "040000000001154B5AC394",
		.ca = true,
		.key_usage = "critical,keyCertSign,cRLSign",
		.san = "DNS:a.example.com,IP:192.0.2.7,email:a@example.com" });
	PEM_write_bio_X509(bio, w->root.cert);
	n = BIO_get_mem_data(bio, &data);
	w->pem = mem_strndup(w, data, (size_t)n);
	BIO_free(bio);
	w->base64 = cert_to_base64(w, w->root.cert);
	w->der_len = (size_t)i2d_X509(w->root.cert, &w->der);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	OPENSSL_free(w->der);
	made_free(&w->root);
	mem_free(w);
	return 0;
}

static void
assert_imports(const struct world *w, const char *data, size_t n)
{
	struct err err = ERR_INIT;
	X509 *cert = cert_import(data, n, &err);

	if (cert == NULL)
		fail_msg("%s\n%.*s", err.text, (int)n, data);
	assert_int_equal(X509_cmp(cert, w->root.cert), 0);
	X509_free(cert);
}

static char *
replace(const void *ctx, const char *s, char what, const char *with)
{
	struct text t;

	text_init(&t, (void *)ctx);
	for (; *s != '\0'; s++) {
		if (*s == what)
			text_add(&t, with);
		else
			text_addc(&t, *s);
	}
	return t.s;
}

static void
test_forms(void **state)
{
	struct world *w = *state;
	void *ctx = mem_ctx(NULL, "test");
	char *body = strchr(w->pem, '\n') + 1;
	char *forms[] = { w->pem, w->base64, body, replace(ctx, w->pem, '\n', "\r\n"),
		replace(ctx, w->pem, '\n', " \t\n  "),
		mem_printf(ctx, "subject=/CN=x\n\n%s\nremark\n", w->pem),
		mem_printf(ctx, "\n\n  %s\n\n", w->base64),
		mem_printf(ctx, "%s\n-----END CERTIFICATE-----", w->base64),
		mem_printf(ctx, "-----BEGIN TRUSTED-----\n%s", w->base64) };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_imports(w, forms[i], strlen(forms[i]));
	assert_imports(w, (const char *)w->der, w->der_len);
	mem_free(ctx);
}

static void
test_refusals(void **state)
{
	struct world *w = *state;
	void *ctx = mem_ctx(NULL, "test");
	const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no certificate in the text" },
		{ "\n \n", "no certificate in the text" },
		{ "quit", "not a certificate: the bytes do not decode as ASN.1" },
		{ "MIIC\nfoo!bar", "not base64: '!' in line 2" },
		{ "MIIC\001", "not base64: character 1 in line 1" },
		{ "MIIC=AAA", "not base64: text behind '=' in line 1" },
		{ "MIIC====", "not base64: too many '=' in line 1" },
		{ "MIICA", "base64 text is cut short" },
		{ mem_printf(ctx, "%.*s", 400, w->base64),
			"not a certificate: the bytes do not decode as ASN.1" },
		{ "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "no certificate in the text" },
	};
	char *huge = mem_alloc(ctx, CERT_MAX_BYTES + 1);
	char *twice = mem_alloc(ctx, w->der_len * 2);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(cert_import(rows[i].text, strlen(rows[i].text), &err));
		assert_string_equal(err.text, rows[i].why);
	}
	memset(huge, 'A', CERT_MAX_BYTES + 1);
	assert_null(cert_import(huge, CERT_MAX_BYTES + 1, &err));
	assert_int_equal(err.code, ERR_RANGE);
	memcpy(twice, w->der, w->der_len);
	memcpy(twice + w->der_len, w->der, w->der_len);
	assert_null(cert_import(twice, w->der_len * 2, &err));
	assert_non_null(strstr(err.text, "bytes behind the certificate"));
	mem_free(ctx);
}

static void
test_bundle(void **state)
{
	struct world *w = *state;
	STACK_OF(X509) *certs = sk_X509_new_null();
	char *text = mem_printf(NULL, "# one\n%s# two\n%s# end\n", w->pem, w->pem);
	struct err err = ERR_INIT;

	assert_true(certs_import(certs, text, strlen(text), 2, &err));
	assert_int_equal(sk_X509_num(certs), 2);
	assert_false(certs_import(certs, text, strlen(text), 1, &err));
	assert_int_equal(err.code, ERR_RANGE);
	sk_X509_pop_free(certs, X509_free);
	mem_free(text);
}

static void
test_words(void **state)
{
	struct world *w = *state;
	struct text *t = text_new(NULL);
	unsigned bits;

	certtext_name(t, X509_get_subject_name(w->root.cert), ",");
	assert_string_equal(t->s, "cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE");
	text_clear(t);
	certtext_serial(t, w->root.cert, '\0');
	assert_string_equal(t->s, "040000000001154B5AC394");
	text_clear(t);
	certtext_serial(t, w->root.cert, ' ');
	assert_string_equal(t->s, "04 00 00 00 00 01 15 4B 5A C3 94");
	text_clear(t);
	certtext_san(t, w->root.cert, ", ", 9);
	assert_string_equal(t->s, "a.example.com, 192.0.2.7, a@example.com");
	text_clear(t);
	certtext_san(t, w->root.cert, ", ", 1);
	assert_string_equal(t->s, "a.example.com, ...");
	text_clear(t);
	certtext_signature(t, w->root.cert);
	assert_string_equal(t->s, "SHA256 with ECDSA");
	text_clear(t);
	certtext_fingerprint(t, w->root.cert, "md5");
	assert_int_equal(t->len, 35);
	assert_int_equal(t->s[8], ' ');
	assert_true(certtext_key_usage_bits(w->root.cert, &bits));
	assert_int_equal(bits, 0x06000000);
	assert_string_equal(certtext_key_usage(5), "Key Cert Sign");
	assert_null(certtext_key_usage(9));
	mem_free(t);
}

/* The name of a certificate must not begin a line of a log or move the cursor of a terminal. */
static void
test_hostile_name(void **state)
{
	X509_NAME *name = X509_NAME_new();
	char *text;

	X509_NAME_add_entry_by_txt(
		name, "CN", V_ASN1_UTF8STRING, (const unsigned char *)"a\n%SYS-1: b\t\033[2J", -1, -1, 0);
	text = certtext_name_new(NULL, name);
	assert_string_equal(text, "cn=a\\x0A%SYS-1: b\\x09\\x1B[2J");
	mem_free(text);
	X509_NAME_free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_bundle),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hostile_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
