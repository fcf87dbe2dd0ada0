/* Renders parts of certificates as IOS does. */
#include "pki/certtext.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "core/mem.h"

/* Foreign text on one line: even a line end in a name must not begin a line of a log. */
static void
add_foreign(struct text *t, const void *data, size_t n)
{
	const char *s = data;
	size_t at = 0;

	while (at < n) {
		size_t len = 0;

		while (at + len < n && s[at + len] != '\n' && s[at + len] != '\t')
			len++;
		text_add_screen(t, s + at, len);
		at += len;
		if (at < n)
			text_printf(t, "\\x%02X", (unsigned)s[at++]);
	}
}

static void
add_attribute(struct text *t, const X509_NAME_ENTRY *entry)
{
	ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
	int nid = OBJ_obj2nid(object);
	char word[80];
	unsigned char *value = NULL;
	int n = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));

	if (nid != NID_undef)
		text_printf(t, "%s", nid == NID_pkcs9_emailAddress ? "e" : OBJ_nid2sn(nid));
	else if (OBJ_obj2txt(word, sizeof(word), object, 1) > 0)
		text_add(t, word);
	text_addc(t, '=');
	if (n > 0)
		add_foreign(t, value, (size_t)n);
	OPENSSL_free(value);
}

void
certtext_name(struct text *t, const X509_NAME *name, const char *sep)
{
	for (int i = X509_NAME_entry_count(name); i-- > 0;) {
		size_t at = t->len;

		add_attribute(t, X509_NAME_get_entry(name, i));
		for (; at < t->len && t->s[at] != '='; at++)
			t->s[at] = (char)tolower((unsigned char)t->s[at]);
		if (i > 0)
			text_add(t, sep);
	}
}

char *
certtext_name_new(const void *ctx, const X509_NAME *name)
{
	struct text t;
	char *s;

	text_init(&t, NULL);
	certtext_name(&t, name, ",");
	s = mem_strdup(ctx, t.s);
	mem_free(t.s);
	return s;
}

void
certtext_serial(struct text *t, const X509 *cert, char sep)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

	if (ASN1_STRING_length(serial) == 0)
		text_add(t, "00");
	else
		text_add_hex(t, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), sep);
}

void
certtext_fingerprint(struct text *t, const X509 *cert, const char *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (X509_digest(cert, EVP_get_digestbyname(md), digest, &n) != 1)
		return;
	for (unsigned at = 0; at < n; at += 4) {
		if (at > 0)
			text_addc(t, ' ');
		text_add_hex(t, digest + at, n - at < 4 ? n - at : 4, '\0');
	}
}

const char *
certtext_key_usage(unsigned bit)
{
	static const char *const names[] = { "Digital Signature", "Non Repudiation", "Key Encipherment",
		"Data Encipherment", "Key Agreement", "Key Cert Sign", "CRL Signature", "Encipher Only",
		"Decipher Only" };

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

bool
certtext_key_usage_bits(const X509 *cert, unsigned *bits)
{
	ASN1_BIT_STRING *usage = X509_get_ext_d2i(cert, NID_key_usage, NULL, NULL);

	*bits = 0;
	if (usage == NULL)
		return false;
	for (int i = 0; i < 4 && i < ASN1_STRING_length(usage); i++)
		*bits |= (unsigned)ASN1_STRING_get0_data(usage)[i] << (24 - 8 * i);
	ASN1_BIT_STRING_free(usage);
	return true;
}

static const char *
key_name(int nid)
{
	switch (nid) {
	case EVP_PKEY_RSA:
		return "RSA Encryption";
	case EVP_PKEY_RSA_PSS:
		return "RSA PSS";
	case EVP_PKEY_EC:
		return "ECDSA";
	default:
		return OBJ_nid2ln(nid);
	}
}

void
certtext_signature(struct text *t, const X509 *cert)
{
	int md = NID_undef, key = NID_undef;
	int nid = X509_get_signature_nid(cert);

	if (OBJ_find_sigid_algs(nid, &md, &key) != 1 || md == NID_undef)
		text_add(t, OBJ_nid2ln(nid));
	else
		text_printf(t, "%s with %s", OBJ_nid2sn(md), key_name(key));
}

void
certtext_time(struct text *t, const ASN1_TIME *when)
{
	char words[40];
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return;
	strftime(words, sizeof(words), "%H:%M:%S UTC %b ", &tm);
	text_printf(t, "%s%d %d", words, tm.tm_mday, tm.tm_year + 1900);
}

bool
asn1_to_time(const ASN1_TIME *when, time_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static bool
add_general_name(struct text *t, const GENERAL_NAME *name)
{
	char address[INET6_ADDRSTRLEN] = "";
	const ASN1_STRING *value = name->d.ia5;

	switch (name->type) {
	case GEN_DNS:
	case GEN_EMAIL:
	case GEN_URI:
		add_foreign(t, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		return true;
	case GEN_IPADD:
		if (ASN1_STRING_length(value) == 4)
			inet_ntop(AF_INET, ASN1_STRING_get0_data(value), address, sizeof(address));
		else if (ASN1_STRING_length(value) == 16)
			inet_ntop(AF_INET6, ASN1_STRING_get0_data(value), address, sizeof(address));
		text_add(t, address);
		return address[0] != '\0';
	default:
		return false;
	}
}

void
certtext_san(struct text *t, const X509 *cert, const char *sep, size_t max)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		size_t before = t->len;

		if (shown > 0)
			text_add(t, sep);
		if (shown == max) {
			text_add(t, "...");
			break;
		}
		if (add_general_name(t, sk_GENERAL_NAME_value(names, i)))
			shown++;
		else
			t->s[t->len = before] = '\0';
	}
	GENERAL_NAMES_free(names);
}
