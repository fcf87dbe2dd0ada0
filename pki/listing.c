/* Prints certificates field by field. */
#include "pki/listing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "pki/certtext.h"

#define NSEC_PER_SEC 1000000000

/* A field of one line: the text form and the JSON member. */
static void
field(struct writer *w, const char *label, const char *key, const char *value)
{
	w_text(w, "%s%s\n", label, value);
	w_str(w, key, value);
}

/* An entry of a JSON list that stands on a line of its own. */
static void
entry(struct writer *w, const char *label, const char *value)
{
	field(w, label, NULL, value);
}

/* The octets of a string of the certificate, safe for a screen; line ends must not forge fields. */
static char *
safe_text(const void *ctx, const void *data, int len)
{
	struct text t;

	text_init(&t, ctx);
	if (len > 0)
		text_add_screen(&t, data, (size_t)len);
	for (size_t i = 0; i < t.len; i++)
		if (t.s[i] == '\n' || t.s[i] == '\t')
			t.s[i] = ' ';
	return t.s;
}

static char *
string_text(const void *ctx, const ASN1_STRING *s)
{
	return s == NULL ? mem_strdup(ctx, "")
			 : safe_text(ctx, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
}

static char *
object_text(const void *ctx, const ASN1_OBJECT *object)
{
	char oid[128];

	if (OBJ_obj2txt(oid, sizeof oid, object, 1) <= 0)
		return mem_strdup(ctx, "?");
	return mem_strdup(ctx, oid);
}

/* ---- names ---- */

static void
show_name(struct writer *w, const void *ctx, const char *label, const char *key, const X509_NAME *name)
{
	struct text t;

	text_init(&t, ctx);
	certtext_name(&t, name, "\n    ");
	w_text(w, "  %s: \n    %s\n", label, t.s);
	w_str(w, key, certtext_name_new(ctx, name));
}

static void
show_crl_points(struct writer *w, const void *ctx, X509 *cert)
{
	STACK_OF(DIST_POINT) *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

	if (sk_DIST_POINT_num(points) <= 0) {
		CRL_DIST_POINTS_free(points);
		return;
	}
	w_text(w, "  CRL Distribution Points: \n");
	w_list(w, "crl_distribution_points");
	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *at = sk_DIST_POINT_value(points, i)->distpoint;

		if (at == NULL || at->type != 0)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(at->name.fullname); k++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(at->name.fullname, k);

			if (name->type == GEN_URI)
				entry(w, "    ", string_text(ctx, name->d.uniformResourceIdentifier));
		}
	}
	w_end(w);
	CRL_DIST_POINTS_free(points);
}

static void
show_validity(struct writer *w, const void *ctx, X509 *cert)
{
	struct text from, to;

	text_init(&from, ctx);
	text_init(&to, ctx);
	certtext_time(&from, X509_get0_notBefore(cert));
	certtext_time(&to, X509_get0_notAfter(cert));
	w_text(w, "  Validity Date: \n");
	field(w, "    start date: ", "start_date", from.s);
	field(w, "    end   date: ", "end_date", to.s);
}

/* ---- the key ---- */

static void
show_key(struct writer *w, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
	int bits = key == NULL ? 0 : EVP_PKEY_get_bits(key);
	const char *algorithm = key == NULL ? "unknown" : OBJ_nid2ln(kind), *word = NULL;

	if (kind == EVP_PKEY_RSA) {
		algorithm = "rsaEncryption";
		word = "RSA";
	} else if (kind == EVP_PKEY_EC) {
		algorithm = "ecEncryption";
		word = "EC";
	}
	w_text(w, "  Subject Key Info:\n");
	field(w, "    Public Key Algorithm: ", "public_key_algorithm", algorithm);
	if (key != NULL)
		w_text(w, "    %s Public Key: (%d bit)\n", word != NULL ? word : algorithm, bits);
	w_int(w, "public_key_bits", bits);
}

static void
show_fingerprint(
	struct writer *w, const void *ctx, X509 *cert, const char *label, const char *key, const char *md)
{
	struct text t;

	text_init(&t, ctx);
	certtext_fingerprint(&t, cert, md);
	w_text(w, "  %s: %s \n", label, t.s);
	w_str(w, key, t.s);
}

/* ---- extensions ---- */

static void
show_key_usage(struct writer *w, const void *ctx, X509 *cert)
{
	unsigned bits;
	const char *name;

	if (!certtext_key_usage_bits(cert, &bits))
		return;
	field(w, "    X509v3 Key Usage: ", "key_usage", mem_printf(ctx, "%X", bits));
	w_list(w, "key_usages");
	for (unsigned bit = 0; (name = certtext_key_usage(bit)) != NULL; bit++)
		if (bits & (0x80000000u >> bit))
			entry(w, "      ", name);
	w_end(w);
}

static void
show_key_id(
	struct writer *w, const void *ctx, const char *label, const char *key, const ASN1_OCTET_STRING *id)
{
	struct text t;
	size_t n = id == NULL ? 0 : (size_t)ASN1_STRING_length(id);

	if (id == NULL)
		return;
	text_init(&t, ctx);
	for (size_t at = 0; at < n; at += 4) {
		text_add(&t, at > 0 ? " " : "");
		text_add_hex(&t, ASN1_STRING_get0_data(id) + at, n - at < 4 ? n - at : 4, '\0');
	}
	w_text(w, "    %s: %s \n", label, t.s);
	w_str(w, key, t.s);
}

static void
show_basic_constraints(struct writer *w, X509 *cert)
{
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(cert, NID_basic_constraints, NULL, NULL);

	if (bc == NULL)
		return;
	w_text(w, "    X509v3 Basic Constraints:\n        CA: %s\n", bc->ca ? "TRUE" : "FALSE");
	w_bool(w, "ca", bc->ca != 0);
	BASIC_CONSTRAINTS_free(bc);
}

static char *
address_text(const void *ctx, const ASN1_OCTET_STRING *octets)
{
	char s[INET6_ADDRSTRLEN] = "?";
	int n = ASN1_STRING_length(octets);

	if (n == 4 || n == 16)
		inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), s, sizeof s);
	return mem_strdup(ctx, s);
}

/* A name that is neither DNS name nor address, as the OtherNames line lists it. */
static char *
other_name_text(const void *ctx, const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_EMAIL:
	case GEN_URI:
		return string_text(ctx, name->d.ia5);
	case GEN_DIRNAME:
		return certtext_name_new(ctx, name->d.directoryName);
	case GEN_OTHERNAME:
		return object_text(ctx, name->d.otherName->type_id);
	default:
		return NULL;
	}
}

/* IOS prints the headings of addresses and other names even when there are none. */
static void
show_alternative_names(struct writer *w, const void *ctx, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t addresses = 0, others = 0;

	if (names == NULL)
		return;
	w_text(w, "    X509v3 Subject Alternative Name:\n");
	w_object(w, "subject_alternative_name");
	w_list(w, "dns_names");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			entry(w, "        ", string_text(ctx, name->d.dNSName));
	}
	w_end(w);
	w_list(w, "ip_addresses");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_IPADD)
			entry(w, "        IP Address : ", address_text(ctx, name->d.iPAddress));
		addresses += name->type == GEN_IPADD;
	}
	w_end(w);
	if (addresses == 0)
		w_text(w, "        IP Address :\n");
	w_list(w, "other_names");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const char *other = other_name_text(ctx, sk_GENERAL_NAME_value(names, i));

		if (other != NULL)
			entry(w, "        OtherNames : ", other);
		others += other != NULL;
	}
	w_end(w);
	if (others == 0)
		w_text(w, "        OtherNames :\n");
	w_end(w);
	GENERAL_NAMES_free(names);
}

static void
show_access(struct writer *w, const void *ctx, const AUTHORITY_INFO_ACCESS *access, int method,
	const char *label, const char *key)
{
	w_list(w, key);
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(access, i);

		if (OBJ_obj2nid(d->method) == method && d->location->type == GEN_URI)
			entry(w, label, string_text(ctx, d->location->d.uniformResourceIdentifier));
	}
	w_end(w);
}

/* The heading stands also above nothing. */
static void
show_authority_access(struct writer *w, const void *ctx, X509 *cert)
{
	AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);

	w_text(w, "    Authority Info Access:\n");
	show_access(w, ctx, access, NID_ad_OCSP, "        OCSP URL: ", "ocsp_urls");
	show_access(w, ctx, access, NID_ad_ca_issuers, "        CA ISSUERS: ", "ca_issuers");
	AUTHORITY_INFO_ACCESS_free(access);
}

static void
show_qualifier(struct writer *w, const void *ctx, const POLICYQUALINFO *q)
{
	int nid = OBJ_obj2nid(q->pqualid);
	const char *info = "";

	if (nid == NID_id_qt_cps)
		info = string_text(ctx, q->d.cpsuri);
	else if (nid == NID_id_qt_unotice && q->d.usernotice != NULL)
		info = string_text(ctx, q->d.usernotice->exptext);
	w_object(w, NULL);
	field(w, "            Qualifier ID: ", "qualifier_id", object_text(ctx, q->pqualid));
	field(w, "            Qualifier Info: ", "qualifier_info", info);
	w_end(w);
}

static void
show_policies(struct writer *w, const void *ctx, X509 *cert)
{
	CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(cert, NID_certificate_policies, NULL, NULL);

	if (policies == NULL)
		return;
	w_text(w, "    X509v3 CertificatePolicies:\n");
	w_list(w, "certificate_policies");
	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		const POLICYINFO *policy = sk_POLICYINFO_value(policies, i);

		w_object(w, NULL);
		field(w, "        Policy: ", "policy", object_text(ctx, policy->policyid));
		w_list(w, "qualifiers");
		for (int k = 0; k < sk_POLICYQUALINFO_num(policy->qualifiers); k++)
			show_qualifier(w, ctx, sk_POLICYQUALINFO_value(policy->qualifiers, k));
		w_end(w);
		w_end(w);
	}
	w_end(w);
	CERTIFICATEPOLICIES_free(policies);
}

/* In this order, whatever the order in the certificate: GTS CA 1C3 has serverAuth first. */
static const struct {
	int nid;
	const char *name;
} extended_usages[] = {
	{ NID_client_auth, "Client Auth" },
	{ NID_server_auth, "Server Auth" },
	{ NID_code_sign, "Code Signing" },
	{ NID_email_protect, "Email Protection" },
	{ NID_ipsecEndSystem, "IPSEC End System" },
	{ NID_ipsecTunnel, "IPSEC Tunnel" },
	{ NID_ipsecUser, "IPSEC User" },
	{ NID_time_stamp, "Time Stamping" },
	{ NID_OCSP_sign, "OCSP Signing" },
};
#define EXTENDED_USAGES (sizeof extended_usages / sizeof *extended_usages)

static bool
is_named_usage(int nid)
{
	for (size_t i = 0; i < EXTENDED_USAGES; i++)
		if (extended_usages[i].nid == nid)
			return true;
	return false;
}

static void
show_extended_usage(struct writer *w, const void *ctx, X509 *cert)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);

	if (usage == NULL)
		return;
	w_text(w, "    Extended Key Usage:\n");
	w_list(w, "extended_key_usages");
	for (size_t i = 0; i < EXTENDED_USAGES; i++)
		for (int k = 0; k < sk_ASN1_OBJECT_num(usage); k++)
			if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, k)) == extended_usages[i].nid)
				entry(w, "        ", extended_usages[i].name);
	for (int k = 0; k < sk_ASN1_OBJECT_num(usage); k++)
		if (!is_named_usage(OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, k))))
			entry(w, "        ", object_text(ctx, sk_ASN1_OBJECT_value(usage, k)));
	w_end(w);
	EXTENDED_KEY_USAGE_free(usage);
}

static void
show_extensions(struct writer *w, const void *ctx, X509 *cert)
{
	w_text(w, "  X509v3 extensions:\n");
	show_key_usage(w, ctx, cert);
	show_key_id(w, ctx, "X509v3 Subject Key ID", "subject_key_id", X509_get0_subject_key_id(cert));
	show_basic_constraints(w, cert);
	show_alternative_names(w, ctx, cert);
	show_key_id(w, ctx, "X509v3 Authority Key ID", "authority_key_id", X509_get0_authority_key_id(cert));
	show_authority_access(w, ctx, cert);
	show_policies(w, ctx, cert);
	show_extended_usage(w, ctx, cert);
}

/* ---- around the certificate ---- */

static void
show_install_time(struct writer *w, const void *ctx, int64_t ns)
{
	time_t seconds = (time_t)(ns / NSEC_PER_SEC);
	char clock[40];
	struct tm tm;

	if (ns <= 0)
		return;
	gmtime_r(&seconds, &tm);
	strftime(clock, sizeof clock, "%H:%M:%S UTC %b ", &tm);
	field(w, "  Cert install time: ", "cert_install_time",
		mem_printf(ctx, "%s%d %d", clock, tm.tm_mday, tm.tm_year + 1900));
	w_text(w, "Cert install time in nsec: %" PRId64 "\n", ns);
	w_int(w, "cert_install_time_in_nsec", ns);
}

static void
show_trustpoints(struct writer *w, const struct listing *l)
{
	w_text(w, "  Associated Trustpoints:");
	w_list(w, "associated_trustpoints");
	for (size_t i = 0; i < l->trustpoint_count; i++) {
		w_text(w, " %s", l->trustpoints[i]);
		w_str(w, NULL, l->trustpoints[i]);
	}
	w_end(w);
	w_text(w, " \n");
}

void
listing_show(struct writer *w, const struct listing *l, bool verbose)
{
	void *ctx = mem_ctx(NULL, "listing");
	struct text t;

	w_text(w, "%s\n", l->heading);
	w_str(w, "type", l->heading);
	field(w, "  Status: ", "status", "Available");
	if (verbose) {
		w_text(w, "  Version: %ld\n", X509_get_version(l->cert) + 1);
		w_int(w, "version", X509_get_version(l->cert) + 1);
	}
	text_init(&t, ctx);
	certtext_serial(&t, l->cert, '\0');
	field(w, "  Certificate Serial Number (hex): ", "certificate_serial_number", t.s);
	field(w, "  Certificate Usage: ", "certificate_usage", "Signature");
	show_name(w, ctx, "Issuer", "issuer", X509_get_issuer_name(l->cert));
	show_name(w, ctx, "Subject", "subject", X509_get_subject_name(l->cert));
	show_crl_points(w, ctx, l->cert);
	show_validity(w, ctx, l->cert);
	if (verbose) {
		show_key(w, l->cert);
		text_clear(&t);
		certtext_signature(&t, l->cert);
		field(w, "  Signature Algorithm: ", "signature_algorithm", t.s);
		show_fingerprint(w, ctx, l->cert, "Fingerprint MD5", "fingerprint_md5", "md5");
		show_fingerprint(w, ctx, l->cert, "Fingerprint SHA1", "fingerprint_sha1", "sha1");
		show_extensions(w, ctx, l->cert);
		show_install_time(w, ctx, l->installed_ns);
	}
	show_trustpoints(w, l);
	mem_free(ctx);
}
