/* Compares reference identities with the names in a certificate. */
#include "pki/names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

/* A presented name that is not a host name in ASCII never matches anything. */
static bool
is_ldh(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_' || c == '.';

		if (!fine)
			return false;
	}
	return n > 0 && s[0] != '.' && memmem(s, n, "..", 2) == NULL;
}

static size_t
host_len(const char *host)
{
	size_t n = strlen(host);

	return n > 0 && host[n - 1] == '.' ? n - 1 : n;
}

static bool
same(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && strncasecmp(a, b, n) == 0;
}

bool
dns_name_matches(const char *pattern, size_t n, const char *host)
{
	size_t m = host_len(host);
	const char *rest;

	if (!is_ldh(host, m))
		return false;
	if (n < 2 || pattern[0] != '*')
		return is_ldh(pattern, n) && same(pattern, n, host, m);
	/* RFC 9525 6.3: the wildcard stands for one whole label; ours: two labels at least behind it. */
	if (pattern[1] != '.' || !is_ldh(pattern + 2, n - 2) || memchr(pattern + 2, '.', n - 2) == NULL ||
		pattern[n - 1] == '.')
		return false;
	rest = memchr(host, '.', m);
	return rest != NULL && rest != host && same(pattern + 1, n - 1, rest, m - (size_t)(rest - host));
}

/* RFC 5280 7.5: the local part as it is, the host part without regard to case. */
static bool
mailbox_matches(const char *entry, size_t n, const char *mailbox)
{
	size_t m = strlen(mailbox);
	const char *at = strrchr(mailbox, '@');

	return n == m && at != NULL && memchr(entry, '\0', n) == NULL &&
	       memcmp(entry, mailbox, (size_t)(at - mailbox) + 1) == 0 &&
	       strncasecmp(entry + (at - mailbox), at, m - (size_t)(at - mailbox)) == 0;
}

static bool
address_matches(const void *octets, size_t n, const char *address)
{
	unsigned char want[16];

	if (n == 4)
		return inet_pton(AF_INET, address, want) == 1 && memcmp(want, octets, 4) == 0;
	return n == 16 && inet_pton(AF_INET6, address, want) == 1 && memcmp(want, octets, 16) == 0;
}

static bool
entry_matches(const GENERAL_NAME *entry, const struct pki_name *name)
{
	const char *value;
	size_t n;

	if (entry->type != GEN_DNS && entry->type != GEN_EMAIL && entry->type != GEN_IPADD)
		return false;
	value = (const char *)ASN1_STRING_get0_data(entry->d.ia5);
	n = (size_t)ASN1_STRING_length(entry->d.ia5);
	switch (name->kind) {
	case PKI_NAME_DNS:
		return entry->type == GEN_DNS && dns_name_matches(value, n, name->value);
	case PKI_NAME_EMAIL:
		return entry->type == GEN_EMAIL && mailbox_matches(value, n, name->value);
	case PKI_NAME_IP:
		return entry->type == GEN_IPADD && address_matches(value, n, name->value);
	default:
		return false;
	}
}

static void
keep(char *matched, size_t size, const void *value, size_t n)
{
	if (matched != NULL)
		snprintf(matched, size, "%.*s", (int)n, (const char *)value);
}

/* RFC 6125 6.4.4, in use only by explicit wish: the last CN, when no dNSName is there at all. */
static bool
cn_matches(const X509 *cert, const char *host, char *matched, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1, last = -1;
	unsigned char *cn = NULL;
	bool fits = false;
	int n;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return false;
	n = ASN1_STRING_to_UTF8(&cn, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
	if (n > 0 && dns_name_matches((const char *)cn, (size_t)n, host)) {
		keep(matched, size, cn, (size_t)n);
		fits = true;
	}
	OPENSSL_free(cn);
	return fits;
}

bool
name_matches(const X509 *cert, const struct pki_name *name, bool legacy_cn, char *matched, size_t size)
{
	GENERAL_NAMES *entries = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool fits = false, has_dns = false;

	for (int i = 0; !fits && i < sk_GENERAL_NAME_num(entries); i++) {
		const GENERAL_NAME *entry = sk_GENERAL_NAME_value(entries, i);

		has_dns |= entry->type == GEN_DNS;
		fits = entry_matches(entry, name);
		if (fits && entry->type == GEN_IPADD)
			keep(matched, size, name->value, strlen(name->value));
		else if (fits)
			keep(matched, size, ASN1_STRING_get0_data(entry->d.ia5),
				(size_t)ASN1_STRING_length(entry->d.ia5));
	}
	GENERAL_NAMES_free(entries);
	if (!fits && legacy_cn && !has_dns && name->kind == PKI_NAME_DNS)
		return cn_matches(cert, name->value, matched, size);
	return fits;
}
