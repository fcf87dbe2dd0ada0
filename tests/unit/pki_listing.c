/* The listings of seed 000, field for field: `show crypto pki certificates verbose`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"
#include "core/writer.h"
#include "pki/certtext.h"
#include "pki/hexbody.h"
#include "pki/import.h"
#include "pki/listing.h"

#define FIXTURES "tests/fixtures/pki/"

// What a test makes; freed when the test ends.
static void *pool;

static int
set_up(void **state)
{
	pool = mem_ctx(NULL, "test");
	return 0;
}

static int
tear_down(void **state)
{
	mem_free(pool);
	return 0;
}

static char *
slurp(const char *name)
{
	struct err err = ERR_INIT;
	size_t n;
	char *s = path_read_file(pool, mem_printf(pool, FIXTURES "%s", name), 1 << 20, &n, &err);

	if (s == NULL)
		fail_msg("%s", err.text);
	return s;
}

static X509 *
load(const char *name)
{
	struct err err = ERR_INIT;
	char *s = slurp(name);
	X509 *cert = cert_import(s, strlen(s), &err);

	if (cert == NULL)
		fail_msg("%s: %s", name, err.text);
	return cert;
}

/* The seed's text lost its leading blanks: lines are compared trimmed, runs of blanks as one. */
static char *
normal(const char *s)
{
	struct text t;
	bool gap = false;

	text_init(&t, pool);
	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '\t') {
			gap = t.len > 0 && t.s[t.len - 1] != '\n';
			continue;
		}
		if (gap && *s != '\n')
			text_addc(&t, ' ');
		gap = false;
		text_addc(&t, *s);
	}
	return t.s;
}

/* Puts the certificate's own fingerprint where the seed's stands: a look-alike has another key. */
static char *
with_fingerprint(const char *listing, const char *label, X509 *cert, const char *md)
{
	const char *at = strstr(listing, label), *end;
	struct text t;

	assert_non_null(at);
	at += strlen(label);
	end = strchr(at, '\n');
	text_init(&t, pool);
	text_addn(&t, listing, (size_t)(at - listing));
	certtext_fingerprint(&t, cert, md);
	text_add(&t, end);
	return t.s;
}

struct sample {
	const char *cert, *listing, *trustpoints[2];
	int64_t installed_ns;
	bool lookalike;
};

static const struct sample samples[] = {
	{ "GTS_Root_R1.pem", "listing-gts-root-r1.txt", { "CA-GTS-Root-R1", "Trustpool" },
		1678718378546968064, false },
	{ "GlobalSign_Root_CA.pem", "listing-globalsign-root.txt", { "CA-GlobalSign-Root" },
		1678935781942944000, false },
	{ "lookalike-gts-ca-1c3.pem", "listing-gts-ca-1c3.txt", { "CA-GTS-1C3" }, 1678933880873946880, true },
	{ "lookalike-smtp-gmail.pem", "listing-smtp-gmail.txt", { "CA-gmail-SMTP" }, 1678936241822955008,
		true },
};

static void
show(struct text *out, enum writer_form form, X509 *cert, const struct sample *s, bool verbose)
{
	struct writer *w = writer_new(pool, form, out);
	const struct listing l = { .heading = "CA Certificate",
		.cert = cert,
		.installed_ns = s->installed_ns,
		.trustpoints = s->trustpoints,
		.trustpoint_count = s->trustpoints[1] != NULL ? 2 : 1 };

	w_list(w, "certificates");
	w_object(w, NULL);
	listing_show(w, &l, verbose);
	w_end(w);
	w_end(w);
	writer_finish(w);
}

static void
test_listings_of_the_seed(void **state)
{
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		X509 *cert = load(samples[i].cert);
		char *want = slurp(samples[i].listing);
		struct text *out = text_new(pool);

		if (samples[i].lookalike) {
			want = with_fingerprint(want, "Fingerprint MD5: ", cert, "md5");
			want = with_fingerprint(want, "Fingerprint SHA1: ", cert, "sha1");
		}
		show(out, WRITER_TEXT, cert, &samples[i], true);
		assert_string_equal(normal(out->s), normal(want));
		X509_free(cert);
	}
}

static void
test_plain_form(void **state)
{
	X509 *cert = load("lookalike-smtp-gmail.pem");
	struct text *out = text_new(pool);

	show(out, WRITER_TEXT, cert, &samples[3], false);
	assert_string_equal(out->s, "CA Certificate\n"
				    "  Status: Available\n"
				    "  Certificate Serial Number (hex): 5287E040A4FEF7071268B04FDDDDF0F4\n"
				    "  Certificate Usage: Signature\n"
				    "  Issuer: \n"
				    "    cn=GTS CA 1C3\n"
				    "    o=Google Trust Services LLC\n"
				    "    c=US\n"
				    "  Subject: \n"
				    "    cn=smtp.gmail.com\n"
				    "  CRL Distribution Points: \n"
				    "    http://crls.pki.goog/gts1c3/moVDfISia2k.crl\n"
				    "  Validity Date: \n"
				    "    start date: 09:15:03 UTC Feb 20 2023\n"
				    "    end   date: 09:15:02 UTC May 15 2023\n"
				    "  Associated Trustpoints: CA-gmail-SMTP \n");
	X509_free(cert);
}

static void
test_json(void **state)
{
	X509 *cert = load("lookalike-gts-ca-1c3.pem");
	struct text *out = text_new(pool);
	json_t *doc, *c;

	show(out, WRITER_JSON, cert, &samples[2], true);
	doc = json_loadb(out->s, out->len, 0, NULL);
	assert_non_null(doc);
	c = json_array_get(json_object_get(doc, "certificates"), 0);
	assert_string_equal(json_string_value(json_object_get(c, "certificate_serial_number")),
		"0203BC53596B34C718F5015066");
	assert_int_equal(json_integer_value(json_object_get(c, "version")), 3);
	assert_int_equal(json_array_size(json_object_get(c, "certificate_policies")), 3);
	assert_string_equal(json_string_value(json_array_get(json_object_get(c, "ocsp_urls"), 0)),
		"http://ocsp.pki.goog/gtsr1");
	assert_int_equal(
		json_integer_value(json_object_get(c, "cert_install_time_in_nsec")), 1678933880873946880);
	json_decref(doc);
	X509_free(cert);
}

/* The seed's running-config of CA-GlobalSign-Root: first and last line of the body. */
static void
test_hex_body(void **state)
{
	X509 *cert = load("GlobalSign_Root_CA.pem"), *again;
	struct text *out = text_new(pool);
	struct err err = ERR_INIT;
	const char *quit;

	hexbody_print(out, cert);
	assert_memory_equal(
		out->s, "30820375 3082025D A0030201 02020B04 00000000 01154B5A C394300D 06092A86 \n", 73);
	quit = strstr(out->s, "1CC51FA4 806F1520 C9DE0C88 0A1DD666 55E2FC48 C9292669 E0 \n\tquit\n");
	assert_non_null(quit);
	again = hexbody_parse(out->s, (size_t)(strstr(out->s, "\tquit") - out->s), &err);
	assert_non_null(again);
	assert_int_equal(X509_cmp(cert, again), 0);
	X509_free(again);
	X509_free(cert);
}

static void
test_hex_bodies_refused(void **state)
{
	static const struct {
		const char *body, *why;
	} bad[] = {
		{ "", "the body is empty" },
		{ "3082 0375", "the body is not a certificate" },
		{ "308", "an odd number of hex digits" },
		{ "30 82\n0X", "not a hex digit in line 2" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = ERR_INIT;

		assert_null(hexbody_parse(bad[i].body, strlen(bad[i].body), &err));
		assert_non_null(strstr(err.text, bad[i].why));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listings_of_the_seed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plain_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hex_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hex_bodies_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
