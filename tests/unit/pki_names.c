/* Reference identities against the names of certificates (RFC 9525). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "certs.h"
#include "pki/names.h"

static void
test_dns_names(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool fits;
	} rows[] = {
		{ "mail.example.com", "mail.example.com", true },
		{ "MAIL.Example.COM", "mail.example.com", true },
		{ "mail.example.com", "mail.example.com.", true },
		{ "mail.example.com", "mail.example.org", false },
		{ "example.com", "mail.example.com", false },
		{ "mail.example.com", "example.com", false },
		{ "*.example.com", "mail.example.com", true },
		{ "*.example.com", "xn--bcher-kva.example.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "a.mail.example.com", false },
		{ "*.example.com", ".example.com", false },
		{ "*.com", "example.com", false },
		{ "*", "example", false },
		{ "*.", "example.", false },
		{ "m*.example.com", "mail.example.com", false },
		{ "*l.example.com", "mail.example.com", false },
		{ "xn--*.example.com", "xn--bcher-kva.example.com", false },
		{ "mail.*.com", "mail.example.com", false },
		{ "*.*.com", "mail.example.com", false },
		{ "", "mail.example.com", false },
		{ "mail.example.com", "", false },
		{ "b\xC3\xBC.example.com", "b\xC3\xBC.example.com", false },
		{ "mail..example.com", "mail..example.com", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (dns_name_matches(rows[i].pattern, strlen(rows[i].pattern), rows[i].host) != rows[i].fits)
			fail_msg("\"%s\" for \"%s\"", rows[i].pattern, rows[i].host);
	assert_false(dns_name_matches("mail.example.com\0.evil.org", 26, "mail.example.com"));
}

static bool
fits(const char *san, enum pki_name_kind kind, const char *value, bool legacy_cn)
{
	struct made leaf = make_cert(&(struct cert_spec){ .subject = { "CN=cn.example.com" }, .san = san });
	bool is = name_matches(leaf.cert, &(struct pki_name){ kind, value }, legacy_cn, NULL, 0);

	made_free(&leaf);
	return is;
}

static void
test_kinds(void **state)
{
	assert_true(fits("DNS:mail.example.com,IP:192.0.2.7", PKI_NAME_IP, "192.0.2.7", false));
	assert_false(fits("DNS:192.0.2.7", PKI_NAME_IP, "192.0.2.7", false));
	assert_false(fits("IP:192.0.2.7", PKI_NAME_DNS, "192.0.2.7", false));
	assert_true(fits("IP:2001:db8::25", PKI_NAME_IP, "2001:DB8:0::25", false));
	assert_false(fits("IP:2001:db8::25", PKI_NAME_IP, "2001:db8::26", false));
	assert_true(fits("email:ops@example.com", PKI_NAME_EMAIL, "ops@EXAMPLE.com", false));
	assert_false(fits("email:ops@example.com", PKI_NAME_EMAIL, "OPS@example.com", false));
	assert_false(fits("DNS:example.com", PKI_NAME_EMAIL, "ops@example.com", false));
}

static void
test_common_name_only_by_wish(void **state)
{
	assert_false(fits(NULL, PKI_NAME_DNS, "cn.example.com", false));
	assert_true(fits(NULL, PKI_NAME_DNS, "cn.example.com", true));
	assert_true(fits("email:ops@example.com", PKI_NAME_DNS, "cn.example.com", true));
	assert_false(fits("DNS:mail.example.com", PKI_NAME_DNS, "cn.example.com", true));
}

static void
test_tells_which_entry_fits(void **state)
{
	struct made leaf = make_cert(
		&(struct cert_spec){ .subject = { "CN=x" }, .san = "DNS:a.example.org,DNS:*.example.com" });
	char matched[64] = "";

	assert_true(name_matches(leaf.cert, &(struct pki_name){ PKI_NAME_DNS, "mail.example.com" }, false,
		matched, sizeof(matched)));
	assert_string_equal(matched, "*.example.com");
	made_free(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns_names),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_common_name_only_by_wish),
		cmocka_unit_test(test_tells_which_entry_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
