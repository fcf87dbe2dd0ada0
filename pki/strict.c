/* The checks on single certificates that OpenSSL leaves out. */
#include "pki/strict.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

static bool
refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_CRYPTO, "%s", what);
}

static bool
has(const X509 *cert, int nid)
{
	return X509_get_ext_by_NID(cert, nid, -1) >= 0;
}

static bool
is_critical(const X509 *cert, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(cert, at)) == 1;
}

static bool
is_ca(const X509 *cert)
{
	return (X509_get_extension_flags((X509 *)cert) & EXFLAG_CA) != 0;
}

/* No extension twice (RFC 5280 4.2), and each one that we know must decode, to its last octet. */
static bool
check_extensions(const X509 *cert, struct err *err)
{
	int n = X509_get_ext_count(cert);

	for (int i = 0; i < n; i++) {
		X509_EXTENSION *ext = X509_get_ext(cert, i);
		const ASN1_OBJECT *object = X509_EXTENSION_get_object(ext);
		const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
		int nid = OBJ_obj2nid(object);
		void *value;

		if (X509_get_ext_by_OBJ(cert, object, i) >= 0)
			return err_set(err, ERR_CRYPTO, "extension %s stands twice", OBJ_nid2sn(nid));
		if (method == NULL)
			continue;
		value = X509V3_EXT_d2i(ext);
		if (value == NULL) {
			ERR_clear_error();
			return err_set(err, ERR_CRYPTO, "extension %s is malformed", OBJ_nid2sn(nid));
		}
		if (method->it != NULL)
			ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
		else
			method->ext_free(value);
	}
	return true;
}

/* Extensions that RFC 5280 4.2.1.1, 4.2.1.2, 4.2.2.1 want not critical: a critical one is an attack or a mistake. */
static bool
check_criticality(const X509 *cert, struct err *err)
{
	static const int never[] = { NID_authority_key_identifier, NID_subject_key_identifier,
		NID_info_access, NID_sinfo_access };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (is_critical(cert, never[i]))
			return err_set(
				err, ERR_CRYPTO, "extension %s must not be critical", OBJ_nid2sn(never[i]));
	return true;
}

/* A dNSName that is none at all (empty, a leading period, blanks, 8-bit): name constraints cannot judge it. */
static bool
is_dns_name(const ASN1_IA5STRING *name)
{
	const char *s = (const char *)ASN1_STRING_get0_data(name);
	size_t n = (size_t)ASN1_STRING_length(name);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] == 0x7f || (unsigned char)s[i] >= 0x80)
			return false;
	return n > 0 && s[0] != '.' && memmem(s, n, "..", 2) == NULL;
}

static bool
check_san(const X509 *cert, struct err *err)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool good = true;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		good &= name->type != GEN_DNS || is_dns_name(name->d.dNSName);
	}
	GENERAL_NAMES_free(names);
	return good || refuse(err, "subjectAltName holds a malformed dNSName");
}

static bool
check_subject(const X509 *cert, struct err *err)
{
	bool empty = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;

	if (X509_NAME_entry_count(X509_get_issuer_name(cert)) == 0)
		return refuse(err, "the issuer name is empty");
	if (!has(cert, NID_subject_alt_name))
		return true;
	if (empty && !is_critical(cert, NID_subject_alt_name))
		return refuse(err, "subjectAltName must be critical when the subject is empty");
	if (!empty && is_critical(cert, NID_subject_alt_name))
		return refuse(err, "subjectAltName must not be critical when there is a subject");
	return true;
}

/* A root's authorityKeyIdentifier, when there is one, is its own key identifier and nothing else. */
static bool
check_root_aki(X509 *cert, struct err *err)
{
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(cert, NID_authority_key_identifier, NULL, NULL);
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(cert);
	bool good = aki == NULL || (aki->keyid != NULL && aki->issuer == NULL && aki->serial == NULL &&
					   ski != NULL && ASN1_OCTET_STRING_cmp(aki->keyid, ski) == 0);

	AUTHORITY_KEYID_free(aki);
	return good || refuse(err, "authorityKeyIdentifier of a root must be its own key identifier alone");
}

/* Does each base of these subtrees hold what its type allows? A mask of an address must be one run of ones. */
static bool
is_address_base(const ASN1_OCTET_STRING *base)
{
	const unsigned char *p = ASN1_STRING_get0_data(base);
	int n = ASN1_STRING_length(base);
	bool zeros = false;

	if (n != 8 && n != 32)
		return false;
	for (int bit = 0; bit < n * 4; bit++) {
		bool one = (p[n / 2 + bit / 8] >> (7 - bit % 8) & 1) != 0;

		if (one && zeros)
			return false;
		zeros |= !one;
	}
	return true;
}

static bool
is_dns_base(const ASN1_IA5STRING *base)
{
	const char *s = (const char *)ASN1_STRING_get0_data(base);
	size_t n = (size_t)ASN1_STRING_length(base);

	/* RFC 5280 4.2.1.10: labels may be added at the left of the base; a leading period is another syntax. */
	for (size_t i = 0; i < n; i++) {
		bool fine = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
			    (s[i] >= '0' && s[i] <= '9') || s[i] == '-' || s[i] == '_' || s[i] == '.';

		if (!fine)
			return false;
	}
	return n == 0 || (s[0] != '.' && s[n - 1] != '.' && memmem(s, n, "..", 2) == NULL);
}

static bool
are_subtrees_good(const STACK_OF(GENERAL_SUBTREE) * trees)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(trees, i)->base;

		if (base->type == GEN_IPADD && !is_address_base(base->d.iPAddress))
			return false;
		if (base->type == GEN_DNS && !is_dns_base(base->d.dNSName))
			return false;
	}
	return true;
}

static bool
check_name_constraints(const X509 *cert, struct err *err)
{
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(cert, NID_name_constraints, NULL, NULL);
	bool empty, good;

	if (nc == NULL)
		return true;
	empty = sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) <= 0 &&
		sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) <= 0;
	good = are_subtrees_good(nc->permittedSubtrees) && are_subtrees_good(nc->excludedSubtrees);
	NAME_CONSTRAINTS_free(nc);
	if (!is_ca(cert))
		return refuse(err, "nameConstraints stand in a certificate that is not a CA's");
	if (empty)
		return refuse(err, "nameConstraints are empty");
	return good || refuse(err, "nameConstraints are malformed");
}

static bool
check_ca(const X509 *cert, struct err *err)
{
	if (!has(cert, NID_basic_constraints))
		return refuse(err, "a CA certificate needs basicConstraints");
	if (!is_ca(cert))
		return refuse(err, "not a CA certificate: basicConstraints say CA:FALSE");
	if (!is_critical(cert, NID_basic_constraints))
		return refuse(err, "basicConstraints of a CA must be critical");
	if (!has(cert, NID_key_usage))
		return refuse(err, "a CA certificate needs keyUsage (openssl req -x509 -addext "
				   "keyUsage=critical,keyCertSign,cRLSign)");
	if ((X509_get_key_usage((X509 *)cert) & KU_KEY_CERT_SIGN) == 0)
		return refuse(err, "keyUsage of a CA must hold keyCertSign");
	if (!has(cert, NID_subject_key_identifier))
		return refuse(err, "a CA certificate needs subjectKeyIdentifier");
	if (X509_NAME_entry_count(X509_get_subject_name(cert)) == 0)
		return refuse(err, "the subject of a CA is empty");
	return true;
}

static bool
check_peer(const X509 *cert, struct err *err)
{
	if (is_ca(cert))
		return refuse(err, "a CA certificate cannot serve as the certificate of a peer");
	if (has(cert, NID_key_usage) && (X509_get_key_usage((X509 *)cert) & KU_KEY_CERT_SIGN) != 0)
		return refuse(err, "keyCertSign stands in a certificate that is not a CA's");
	return true;
}

/* By its key, whatever its key identifiers claim. */
static bool
is_self_signed(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool is = key != NULL &&
		  X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0 &&
		  X509_verify(cert, key) == 1;

	ERR_clear_error();
	return is;
}

static bool
check_aki(X509 *cert, enum strict_role role, struct err *err)
{
	if (is_self_signed(cert))
		return role != STRICT_ANCHOR || check_root_aki(cert, err);
	if (role == STRICT_ANCHOR || X509_get0_authority_key_id(cert) != NULL)
		return true;
	return refuse(err, "authorityKeyIdentifier is missing or names no key");
}

/* Whoever installed this very certificate vouches for its form; numbers must be numbers all the same. */
static bool
check_pinned(const X509 *cert, struct err *err)
{
	if (ASN1_STRING_type(X509_get0_serialNumber(cert)) == V_ASN1_NEG_INTEGER)
		return refuse(err, "the serial number is negative");
	return true;
}

bool
strict_check(X509 *cert, enum strict_role role, struct err *err)
{
	if (role == STRICT_PINNED)
		return check_pinned(cert, err);
	if (X509_get_version(cert) != X509_VERSION_3)
		return refuse(err, "not an X.509 version 3 certificate");
	if (!check_extensions(cert, err))
		return false;
	if (X509_check_purpose(cert, -1, 0) != 1)
		return refuse(err, "an extension is malformed");
	if (!check_criticality(cert, err) || !check_subject(cert, err) || !check_san(cert, err) ||
		!check_aki(cert, role, err) || !check_name_constraints(cert, err))
		return false;
	return role == STRICT_PEER ? check_peer(cert, err) : check_ca(cert, err);
}

bool
strict_key(X509 *cert, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int type, bits;

	if (key == NULL)
		return refuse(err, "the public key is of an unknown kind");
	type = EVP_PKEY_get_base_id(key);
	bits = EVP_PKEY_get_bits(key);
	if (type == EVP_PKEY_DSA)
		return refuse(err, "DSA keys are not accepted");
	if ((type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) && bits < 2048)
		return err_set(err, ERR_CRYPTO, "RSA key of %d bits; 2048 are needed", bits);
	if ((type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) && bits % 8 != 0)
		return err_set(err, ERR_CRYPTO, "RSA key of %d bits is not whole octets", bits);
	if (type == EVP_PKEY_EC && bits < 224)
		return err_set(err, ERR_CRYPTO, "EC key of %d bits; 224 are needed", bits);
	return true;
}

bool
strict_authenticate(X509 *cert, struct err *err)
{
	enum strict_role role = X509_check_ca(cert) != 0 ? STRICT_ANCHOR : STRICT_PEER;

	return strict_check(cert, role, err) && strict_key(cert, err);
}
