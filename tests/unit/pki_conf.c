/* Trustpoints and certificate chains as configuration: typing, printing, loading back, refusing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/pki.h"
#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/redact.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/hexbody.h"
#include "pki/import.h"
#include "pki/store.h"

#define FIXTURES "tests/fixtures/pki/"

struct world {
	struct engine engine;
	struct conf_edit *edit;
	struct err err;
};

static int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	w->engine.clock = clock_new_virtual(w, 1678933880873946);
	w->engine.redact = redact_new(w);
	w->engine.log = log_new(w, w->engine.clock, w->engine.redact);
	w->engine.pki = pki_new(w, &w->engine);
	w->engine.conf = conf_new(w, &w->engine);
	pki_conf_trustpoints(w->engine.conf);
	pki_conf_chains(w->engine.conf);
	w->edit = conf_edit_new(w, w->engine.conf, "test");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	conf_edit_abandon(w->edit);
	mem_free(w);
	return 0;
}

static bool
type_line(struct world *w, const char *line)
{
	err_clear(&w->err);
	return conf_edit_line(w->edit, line, true, NULL, &w->err);
}

static void
type(struct world *w, const char *lines)
{
	char *copy = mem_strdup(NULL, lines), *save = NULL;

	for (char *l = strtok_r(copy, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save))
		if (!type_line(w, l))
			fail_msg("%s: %s", l, w->err.text);
	mem_free(copy);
}

static char *
running(struct world *w)
{
	struct text *t = text_new(w);

	conf_print_running(w->engine.conf, t);
	return t->s;
}

static X509 *
load(const char *name)
{
	struct err err = ERR_INIT;
	size_t n;
	char *path = mem_printf(NULL, FIXTURES "%s", name);
	char *s = path_read_file(NULL, path, 1 << 20, &n, &err);
	X509 *cert = s == NULL ? NULL : cert_import(s, n, &err);

	if (cert == NULL)
		fail_msg("%s", err.text);
	mem_free(s);
	mem_free(path);
	return cert;
}

/* The lines that `crypto pki authenticate` adds. */
static char *
chain_lines(struct world *w, const char *trustpoint, const char *file)
{
	struct text *t = text_new(w);
	X509 *cert = load(file);

	text_printf(t, "crypto pki certificate chain %s\n certificate ca ", trustpoint);
	certtext_serial(t, cert, '\0');
	text_addc(t, '\n');
	hexbody_print(t, cert);
	X509_free(cert);
	return t->s;
}

static const char seed_trustpoints[] = "crypto pki trustpoint CA-GTS-1C3\n"
				       " enrollment terminal\n"
				       " revocation-check none\n"
				       " chain-validation stop\n"
				       "crypto pki trustpoint CA-GTS-Root-R1\n"
				       " enrollment terminal\n"
				       " revocation-check none\n"
				       " chain-validation stop\n"
				       "crypto pki trustpoint CA-GlobalSign-Root\n"
				       " enrollment terminal\n"
				       " revocation-check none\n"
				       " chain-validation stop\n"
				       "crypto pki trustpoint CA-gmail-SMTP\n"
				       " enrollment terminal\n"
				       " revocation-check none\n"
				       " chain-validation stop\n";

/* The seed's four blank trustpoints: each has its chain line from the beginning. */
static void
test_blank_trustpoints(void **state)
{
	struct world *w = *state;
	const char *text;

	type(w, seed_trustpoints);
	text = running(w);
	assert_non_null(strstr(text, "!\ncrypto pki trustpoint CA-GTS-1C3\n"
				     " enrollment terminal\n"
				     " revocation-check none\n"
				     " chain-validation stop\n!\n"));
	for (const struct trustpoint *tp = pki_first(w->engine.pki); tp != NULL; tp = tp->next) {
		char *line = mem_printf(w, "\ncrypto pki certificate chain %s\n!", tp->name);

		assert_non_null(strstr(text, line));
		assert_true(tp->has_enrollment);
		assert_int_equal(tp->policy.revocation_count, 1);
		assert_int_equal(tp->policy.revocation[0], REVOCATION_NONE);
		assert_null(tp->ca);
	}
	assert_true(strstr(text, "chain CA-GTS-1C3\n") < strstr(text, "chain CA-gmail-SMTP\n"));
	assert_true(strstr(text, "trustpoint CA-gmail-SMTP\n") < strstr(text, "chain CA-GTS-1C3\n"));
}

static void
test_chain_round_trip(void **state)
{
	struct world *w = *state, *again;
	struct err err = ERR_INIT;
	void *other = NULL;
	char *text;

	type(w, seed_trustpoints);
	assert_true(conf_load(w->engine.conf, "authenticate",
		chain_lines(w, "CA-GlobalSign-Root", "GlobalSign_Root_CA.pem"), false, true, NULL, NULL,
		&err));
	assert_non_null(pki_find(w->engine.pki, "CA-GlobalSign-Root")->ca);
	text = running(w);
	/* As the seed shows it, with the indentation of a device. */
	assert_non_null(
		strstr(text, "\ncrypto pki certificate chain CA-GlobalSign-Root\n"
			     " certificate ca 040000000001154B5AC394\n"
			     "  30820375 3082025D A0030201 02020B04 00000000 01154B5A C394300D 06092A86 \n"));
	assert_non_null(
		strstr(text, "\n  1CC51FA4 806F1520 C9DE0C88 0A1DD666 55E2FC48 C9292669 E0 \n  \tquit\n!\n"));
	setup(&other);
	again = other;
	assert_true(conf_load(again->engine.conf, "file", text, true, true, NULL, NULL, &err));
	assert_string_equal(running(again), text);
	assert_int_equal(X509_cmp(pki_find(w->engine.pki, "CA-GlobalSign-Root")->ca,
				 pki_find(again->engine.pki, "CA-GlobalSign-Root")->ca),
		0);
	teardown(&other);
	/* A configuration without the certificate takes it away; the blank line stays. */
	assert_true(conf_load(w->engine.conf, "file", seed_trustpoints, true, true, NULL, NULL, &err));
	assert_null(pki_find(w->engine.pki, "CA-GlobalSign-Root")->ca);
	assert_non_null(strstr(running(w), "\ncrypto pki certificate chain CA-GlobalSign-Root\n!"));
}

static void
test_no_forms(void **state)
{
	struct world *w = *state;
	const char *question = NULL;

	type(w, "crypto pki trustpoint A\n enrollment terminal\ncrypto pki trustpoint B\n");
	type(w, chain_lines(w, "A", "GTS_Root_R1.pem"));
	assert_non_null(pki_find(w->engine.pki, "A")->ca);
	/* A question only where certificates would be lost. */
	assert_true(conf_edit_line(w->edit, "no crypto pki trustpoint A", false, &question, &w->err));
	assert_string_equal(question, "% Removing an enrolled trustpoint will destroy all certificates\n"
				      " received from the related Certificate Authority.\n\n"
				      "Are you sure you want to do this? [yes/no]: ");
	assert_non_null(pki_find(w->engine.pki, "A"));
	assert_true(conf_edit_line(w->edit, "no crypto pki trustpoint B", false, &question, &w->err));
	assert_null(question);
	assert_null(pki_find(w->engine.pki, "B"));
	assert_null(strstr(running(w), "chain B"));
	/* Removing the certificate leaves a blank trustpoint; so does removing its chain. */
	type(w, "crypto pki certificate chain A\n no certificate ca 0203E5936F31B01349886BA217\n");
	assert_null(pki_find(w->engine.pki, "A")->ca);
	type(w, chain_lines(w, "A", "GTS_Root_R1.pem"));
	type(w, "no crypto pki certificate chain A\n");
	assert_null(pki_find(w->engine.pki, "A")->ca);
	assert_non_null(strstr(running(w), "\ncrypto pki certificate chain A\n!"));
	type(w, chain_lines(w, "A", "GTS_Root_R1.pem"));
	type(w, "no crypto pki trustpoint A\n");
	assert_null(pki_first(w->engine.pki));
	assert_null(strstr(running(w), "crypto"));
}

static void
test_policy(void **state)
{
	struct world *w = *state;
	const struct trustpoint *tp;

	type(w, "crypto pki trustpoint A\n");
	tp = pki_find(w->engine.pki, "A");
	assert_int_equal(tp->policy.revocation[0], REVOCATION_CRL);
	assert_false(tp->has_enrollment);
	type(w, " revocation-check ocsp crl none\n chain-validation continue PARENT\n"
		" ocsp url http://ocsp.example/\n"
		" fingerprint 05fed0bf 71a8a376 63da01e0 d852dc40\n");
	assert_int_equal(tp->policy.revocation_count, 3);
	assert_int_equal(tp->policy.revocation[0], REVOCATION_OCSP);
	assert_int_equal(tp->policy.revocation[2], REVOCATION_NONE);
	assert_true(tp->policy.chain_continue);
	assert_string_equal(tp->policy.parent, "PARENT");
	assert_string_equal(tp->policy.ocsp_url, "http://ocsp.example/");
	assert_string_equal(tp->fingerprint, "05FED0BF71A8A37663DA01E0D852DC40");
	type(w, " no revocation-check\n no chain-validation\n no ocsp url\n no fingerprint\n");
	assert_int_equal(tp->policy.revocation_count, 1);
	assert_int_equal(tp->policy.revocation[0], REVOCATION_CRL);
	assert_false(tp->policy.chain_continue);
	assert_null(tp->policy.ocsp_url);
	assert_null(tp->fingerprint);
}

/* Every accepted line, typed in any order and in old spelling, printed in IOS's order. */
static void
test_canonical_order(void **state)
{
	struct world *w = *state;

	type(w, "crypto ca trustpoint ALL\n"
		" hash sha384\n eckeypair KEY-EC\n rsakeypair KEY 2048 1024\n"
		" chain-validation continue\n revocation-check crl ocsp\n"
		" subject-alt-name mail.example.test\n subject-name cn=r1, o=Example\n"
		" email a@example.test\n ip-address 192.0.2.1\n fqdn r1.example.test\n serial-number none\n"
		" usage ssl-client\n enrollment terminal pem\n");
	assert_non_null(strstr(running(w), "!\ncrypto pki trustpoint ALL\n"
					   " enrollment terminal pem\n"
					   " usage ssl-client\n"
					   " serial-number none\n"
					   " fqdn r1.example.test\n"
					   " ip-address 192.0.2.1\n"
					   " email a@example.test\n"
					   " subject-name cn=r1, o=Example\n"
					   " subject-alt-name mail.example.test\n"
					   " revocation-check crl ocsp\n"
					   " chain-validation continue\n"
					   " rsakeypair KEY 2048 1024\n"
					   " eckeypair KEY-EC\n"
					   " hash sha384\n!\n"));
}

/* Each is refused with a sentence, and nothing is changed. */
static void
test_refused_lines(void **state)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{ "revocation-check", "Incomplete command" },
		{ "revocation-check maybe", "Invalid input" },
		{ "revocation-check crl crl", "a method stands twice" },
		{ "revocation-check none crl", "nothing is asked behind 'none'" },
		{ "chain-validation continue T", "cannot be its own parent" },
		{ "chain-validation sometimes", "Invalid input" },
		{ "fingerprint 1234", "Invalid input" },
		{ "fingerprint 05FED0BF71A8A37663DA01E0D852DC4Z", "Invalid input" },
		{ "ocsp url ldap://x", "begins with http://" },
		{ "hash sha3-256", "Invalid input" },
		{ "usage mail", "Invalid input" },
		{ "rsakeypair K 100", "Invalid input" },
		{ "enrollment url http://ca.example/", "'enrollment url' is not supported" },
		{ "enrollment selfsigned", "'enrollment selfsigned' is not supported" },
		{ "auto-enroll 70", "'auto-enroll' is not supported" },
		{ "authorization list X", "'authorization' is not supported" },
		{ "match certificate MAP", "'match certificate' is not supported" },
		{ "crl query ldap://x", "'crl' is not supported" },
		{ "source interface eth0", "'source' is not supported" },
		{ "vrf RED", "'vrf' is not supported" },
		{ "primary", "'primary' is not supported" },
		{ "crypto pki certificate chain UNKNOWN", "CA trustpoint for cert chain not known" },
	};
	struct world *w = *state;
	char *before;

	type(w, "crypto pki trustpoint T\n");
	before = running(w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (type_line(w, bad[i].line))
			fail_msg("accepted: %s", bad[i].line);
		if (strstr(w->err.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].line, w->err.text);
		assert_string_equal(running(w), before);
		type(w, "crypto pki trustpoint T\n");
	}
}

static void
test_refused_bodies(void **state)
{
	static const struct {
		const char *lines, *why;
	} bad[] = {
		{ " certificate ca 01\n  quit\n", "the body is empty" },
		{ " certificate ca 01\n  3082 0300\n  quit\n", "not a certificate" },
		{ " certificate ca 01\n  30820300 GG\n  quit\n", "not a hex digit" },
		{ " certificate self-signed 01\n  30820300\n  quit\n", "identity certificates" },
		{ " certificate 1234\n  30820300\n  quit\n", "identity certificates" },
	};
	struct world *w = *state;
	struct err err = ERR_INIT;
	char *wrong;

	type(w, "crypto pki trustpoint T\n enrollment terminal\n");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *text = mem_printf(w, "crypto pki certificate chain T\n%s", bad[i].lines);

		assert_false(conf_load(w->engine.conf, "f", text, false, true, NULL, NULL, &err));
		assert_non_null(strstr(err.text, bad[i].why));
		assert_null(pki_find(w->engine.pki, "T")->ca);
	}
	/* Another serial number than the certificate's, and a second certificate. */
	wrong = chain_lines(w, "T", "GTS_Root_R1.pem");
	memcpy(strstr(wrong, "0203E5"), "0303E5", 6);
	assert_false(conf_load(w->engine.conf, "f", wrong, false, true, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "its serial number is 0203E5936F31B01349886BA217"));
	assert_true(conf_load(
		w->engine.conf, "f", chain_lines(w, "T", "GTS_Root_R1.pem"), false, true, NULL, NULL, &err));
	assert_false(conf_load(w->engine.conf, "f", chain_lines(w, "T", "GlobalSign_Root_CA.pem"), false,
		true, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "has a CA certificate already"));
}

#define TEST(f_) cmocka_unit_test_setup_teardown(f_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blank_trustpoints),
		TEST(test_chain_round_trip),
		TEST(test_no_forms),
		TEST(test_policy),
		TEST(test_canonical_order),
		TEST(test_refused_lines),
		TEST(test_refused_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
