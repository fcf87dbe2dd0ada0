/* What `crypto pki authenticate` says to certificates, and the trustpoint store behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/text.h"
#include "pki/authenticate.h"
#include "pki/import.h"
#include "pki/pool.h"
#include "pki/store.h"

#define FIXTURES "tests/fixtures/pki/"
/* 2023-03-16 02:31:20.873946 UTC, when the seed's CA-GTS-1C3 was installed. */
#define MARCH_2023 ((usec)1678933880873946)

struct world {
	struct engine engine;
	char dir[64];
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	strcpy(w->dir, "/tmp/eventd-pki-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->engine.clock = clock_new_virtual(w, MARCH_2023);
	w->engine.redact = redact_new(w);
	w->engine.log = log_new(w, w->engine.clock, w->engine.redact);
	w->engine.state_dir = w->dir;
	w->engine.pki = pki_new(w, &w->engine);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char *rm = mem_printf(NULL, "rm -rf %s", w->dir);

	assert_int_equal(system(rm), 0);
	mem_free(rm);
	mem_free(w);
	return 0;
}

static char *
slurp(const char *name, size_t *n)
{
	struct err err = ERR_INIT;
	char *path = mem_printf(NULL, FIXTURES "%s", name);
	char *s = path_read_file(NULL, path, 1 << 20, n, &err);

	mem_free(path);
	if (s == NULL)
		fail_msg("%s", err.text);
	return s;
}

static X509 *
load(const char *name)
{
	struct err err = ERR_INIT;
	size_t n;
	char *s = slurp(name, &n);
	X509 *cert = cert_import(s, n, &err);

	assert_non_null(cert);
	mem_free(s);
	return cert;
}

static struct trustpoint *
trustpoint(struct world *w, const char *name)
{
	struct trustpoint *tp = pki_trustpoint(w->engine.pki, name);

	tp->has_enrollment = true;
	return tp;
}

static void
install(struct world *w, const char *name, const char *file)
{
	X509 *cert = load(file);

	trustpoint(w, name);
	pki_set_ca(w->engine.pki, name, cert);
	X509_free(cert);
}

/* The verdict on a file: what was told, whether it asks, and the error's text. */
struct verdict {
	struct text told;
	bool accepted, ask;
	struct err err;
};

static void
judge(struct world *w, const char *name, const char *data, size_t n, struct verdict *v)
{
	X509 *cert;

	memset(v, 0, sizeof *v);
	text_init(&v->told, w);
	cert = authenticate_judge(&w->engine, name, data, n, &v->told, &v->ask, &v->err);
	v->accepted = cert != NULL;
	X509_free(cert);
}

static void
judge_file(struct world *w, const char *name, const char *file, struct verdict *v)
{
	size_t n;
	char *s = slurp(file, &n);

	judge(w, name, s, n, v);
	mem_free(s);
}

/* Variant B of the seed, to the letter: CA-GTS-Root-R1, self-signed. */
static void
test_root_is_asked_about(void **state)
{
	struct world *w = *state;
	struct verdict v;

	trustpoint(w, "CA-GTS-Root-R1");
	judge_file(w, "CA-GTS-Root-R1", "GTS_Root_R1.pem", &v);
	assert_true(v.accepted);
	assert_true(v.ask);
	assert_string_equal(v.told.s,
		"Certificate has the following attributes:\n"
		"       Fingerprint MD5: 05FED0BF 71A8A376 63DA01E0 D852DC40 \n"
		"      Fingerprint SHA1: E58C1CC4 913B3863 4BE9106E E3AD8E6B 9DD9814A \n");
}

/* Variant A: the issuer is known, from another trustpoint or from the trustpool. */
static void
test_known_issuer_is_accepted(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct verdict v;
	STACK_OF(X509) *roots = sk_X509_new_null();

	trustpoint(w, "CA-GTS-1C3");
	judge_file(w, "CA-GTS-1C3", "lookalike-gts-ca-1c3.pem", &v);
	assert_true(v.ask);
	sk_X509_push(roots, load("lookalike-gts-root-r1.pem"));
	assert_true(pki_pool_add(w->engine.pki, roots, NULL, &err));
	judge_file(w, "CA-GTS-1C3", "lookalike-gts-ca-1c3.pem", &v);
	assert_true(v.accepted);
	assert_false(v.ask);
	assert_non_null(
		strstr(v.told.s, "Certificate validated - Signed by existing trustpoint CA certificate.\n"));
	assert_true(pki_pool_clean(w->engine.pki, &err));
	judge_file(w, "CA-GTS-1C3", "lookalike-gts-ca-1c3.pem", &v);
	assert_true(v.ask);
	install(w, "CA-GTS-Root-R1", "lookalike-gts-root-r1.pem");
	judge_file(w, "CA-GTS-1C3", "lookalike-gts-ca-1c3.pem", &v);
	assert_false(v.ask);
	sk_X509_pop_free(roots, X509_free);
}

/* Variant C: asked about although the issuer is known. */
static void
test_leaf_is_asked_about(void **state)
{
	struct world *w = *state;
	struct verdict v;

	install(w, "CA-GTS-1C3", "lookalike-gts-ca-1c3.pem");
	trustpoint(w, "CA-gmail-SMTP");
	judge_file(w, "CA-gmail-SMTP", "lookalike-smtp-gmail.pem", &v);
	assert_true(v.accepted);
	assert_true(v.ask);
	assert_memory_equal(v.told.s,
		"Trustpoint 'CA-gmail-SMTP' is a subordinate CA.\n"
		"but certificate is not a CA certificate.\n"
		"Manual verification required\n"
		"Certificate has the following attributes:\n",
		strlen("Trustpoint 'CA-gmail-SMTP' is a subordinate CA.\n"
		       "but certificate is not a CA certificate.\n"
		       "Manual verification required\n"
		       "Certificate has the following attributes:\n"));
}

static void
test_bare_base64(void **state)
{
	struct world *w = *state;
	struct verdict v;
	size_t n;
	char *pem = slurp("GlobalSign_Root_CA.pem", &n);
	char *from = strchr(pem, '\n') + 1, *to = strstr(pem, "-----END");

	trustpoint(w, "CA-GlobalSign-Root");
	judge(w, "CA-GlobalSign-Root", from, (size_t)(to - from), &v);
	assert_true(v.accepted);
	assert_non_null(strstr(v.told.s, "MD5: 3E455215 095192E1 B75D379F B187298A \n"));
	mem_free(pem);
}

static void
test_fingerprint(void **state)
{
	struct world *w = *state;
	struct verdict v;
	struct trustpoint *tp = trustpoint(w, "R");

	tp->fingerprint = "E58C1CC4913B38634BE9106EE3AD8E6B9DD9814A";
	judge_file(w, "R", "GTS_Root_R1.pem", &v);
	assert_true(v.accepted);
	assert_false(v.ask);
	assert_non_null(
		strstr(v.told.s, "Trustpoint Fingerprint: E58C1CC4 913B3863 4BE9106E E3AD8E6B 9DD9814A\n"
				 "Certificate validated - fingerprints matched.\n"));
	tp->fingerprint = "05FED0BF71A8A37663DA01E0D852DC40";
	judge_file(w, "R", "GTS_Root_R1.pem", &v);
	assert_true(v.accepted);
	tp->fingerprint = "05FED0BF71A8A37663DA01E0D852DC41";
	judge_file(w, "R", "GTS_Root_R1.pem", &v);
	assert_false(v.accepted);
	assert_string_equal(v.err.text, "Fingerprint mismatch");
}

static void
test_refusals(void **state)
{
	static const char *const bad[] = { "", "\n", "hello", "MIIFVzCC", "AAAA",
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "\xff\xfe\x00" };
	struct world *w = *state;
	struct verdict v;

	trustpoint(w, "T");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		judge(w, "T", bad[i], strlen(bad[i]), &v);
		assert_false(v.accepted);
		assert_string_equal(v.err.text, "Error in saving certificate: status = FAIL");
		assert_int_equal(v.told.len, 0);
	}
	assert_null(pki_find(w->engine.pki, "T")->ca);
	judge_file(w, "UNKNOWN", "GTS_Root_R1.pem", &v);
	assert_string_equal(v.err.text, "Trustpoint 'UNKNOWN' not configured");
	pki_trustpoint(w->engine.pki, "BARE");
	judge_file(w, "BARE", "GTS_Root_R1.pem", &v);
	assert_string_equal(v.err.text, "The enrollment method has not been specified");
	install(w, "FULL", "GTS_Root_R1.pem");
	judge_file(w, "FULL", "GlobalSign_Root_CA.pem", &v);
	assert_string_equal(v.err.text, "Please delete your existing CA certificate first.\n"
					"% You must use 'no crypto pki trustpoint FULL' to delete the CA "
					"certificate.");
	clock_step_wall(w->engine.clock, 60 * USEC_PER_SEC * 60 * 24 * 365);
	judge_file(w, "T", "lookalike-smtp-gmail.pem", &v);
	assert_false(v.accepted);
	assert_string_equal(v.err.text, "CA Cert not yet valid or is expired -\n"
					"    start date: 09:15:03 UTC Feb 20 2023\n"
					"    end   date: 09:15:02 UTC May 15 2023");
}

/* Install times outlive the engine, and end with the last trustpoint that holds the certificate. */
static void
test_install_times(void **state)
{
	struct world *w = *state;
	int64_t first;

	install(w, "A", "GTS_Root_R1.pem");
	first = pki_find(w->engine.pki, "A")->installed_ns;
	assert_int_equal(first, MARCH_2023 * 1000);
	clock_advance(w->engine.clock, 5 * USEC_PER_SEC);
	mem_free(w->engine.pki);
	w->engine.pki = pki_new(w, &w->engine);
	install(w, "A", "GTS_Root_R1.pem");
	assert_int_equal(pki_find(w->engine.pki, "A")->installed_ns, first);
	install(w, "B", "GTS_Root_R1.pem");
	pki_set_ca(w->engine.pki, "A", NULL);
	install(w, "A", "GTS_Root_R1.pem");
	assert_int_equal(pki_find(w->engine.pki, "A")->installed_ns, first);
	pki_remove(w->engine.pki, "A");
	pki_remove(w->engine.pki, "B");
	install(w, "A", "GTS_Root_R1.pem");
	assert_int_equal(pki_find(w->engine.pki, "A")->installed_ns, first + 5 * (int64_t)1000000000);
}

static void
test_snapshot(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	STACK_OF(X509) *pool = sk_X509_new_null();
	struct trust *trust;

	trustpoint(w, "BLANK");
	install(w, "A", "GTS_Root_R1.pem");
	pki_trustpoint(w->engine.pki, "A")->policy.chain_continue = true;
	sk_X509_push(pool, load("GlobalSign_Root_CA.pem"));
	assert_true(pki_pool_add(w->engine.pki, pool, NULL, &err));
	trust = pki_snapshot(w, w->engine.pki);
	assert_int_equal(trust->count, 2);
	assert_string_equal(trust->points[0].name, "A");
	assert_true(trust->points[0].policy.chain_continue);
	assert_string_equal(trust->points[1].name, POOL_NAME);
	assert_int_equal(trust->points[1].policy.revocation[0], REVOCATION_NONE);
	/* The pool is there again after a restart. */
	mem_free(w->engine.pki);
	w->engine.pki = pki_new(w, &w->engine);
	assert_true(pki_pool_has(w->engine.pki, sk_X509_value(pool, 0)));
	sk_X509_pop_free(pool, X509_free);
}

#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_root_is_asked_about),
		TEST(test_known_issuer_is_accepted),
		TEST(test_leaf_is_asked_about),
		TEST(test_bare_base64),
		TEST(test_fingerprint),
		TEST(test_refusals),
		TEST(test_install_times),
		TEST(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
