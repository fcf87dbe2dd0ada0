/* What a TLS handshake found, as JSON. */
#include "pki/tls.h"

#include <string.h>

#include "core/mem.h"
#include "pki/certtext.h"

static json_t *
take_text(struct text *t)
{
	json_t *value = json_stringn(t->s, t->len);

	text_clear(t);
	return value;
}

static json_t *
iso_time(const ASN1_TIME *when)
{
	char words[32] = "";
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) == 1)
		strftime(words, sizeof(words), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(words);
}

static json_t *
san_list(struct text *t, const X509 *cert)
{
	json_t *list = json_array();
	char *rest = NULL;

	certtext_san(t, cert, "\n", 100);
	for (char *name = strtok_r(t->s, "\n", &rest); name != NULL; name = strtok_r(NULL, "\n", &rest))
		json_array_append_new(list, json_string(name));
	text_clear(t);
	return list;
}

static json_t *
cert_to_json(const X509 *cert)
{
	struct text *t = text_new(NULL);
	json_t *object = json_object();

	certtext_name(t, X509_get_subject_name(cert), ",");
	json_object_set_new(object, "subject", take_text(t));
	certtext_name(t, X509_get_issuer_name(cert), ",");
	json_object_set_new(object, "issuer", take_text(t));
	certtext_serial(t, cert, '\0');
	json_object_set_new(object, "serial", take_text(t));
	json_object_set_new(object, "not_before", iso_time(X509_get0_notBefore(cert)));
	json_object_set_new(object, "not_after", iso_time(X509_get0_notAfter(cert)));
	certtext_fingerprint(t, cert, "sha256");
	json_object_set_new(object, "sha256", take_text(t));
	json_object_set_new(object, "san", san_list(t, cert));
	mem_free(t);
	return object;
}

static json_t *
anchor_subject(const struct pki_result *r)
{
	int n = sk_X509_num(r->chain);
	char *name;
	json_t *value;

	if (r->anchor[0] == '\0' || n <= 0)
		return json_null();
	name = certtext_name_new(NULL, X509_get_subject_name(sk_X509_value(r->chain, n - 1)));
	value = json_string(name);
	mem_free(name);
	return value;
}

static json_t *
findings(const struct pki_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->finding_count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:s}", "class", pki_class_name(r->findings[i].class),
				      "depth", r->findings[i].depth, "detail", r->findings[i].text));
	return list;
}

json_t *
tls_result_to_json(const struct tls *tls)
{
	const struct tls_result *r = tls_result(tls);
	json_t *chain = json_array();
	json_t *object;

	for (int i = 0; i < sk_X509_num(r->received); i++)
		json_array_append_new(chain, cert_to_json(sk_X509_value(r->received, i)));
	object = json_pack("{s:s?, s:s?, s:s?, s:o, s:o, s:s?, s:o}", "version", r->version, "cipher",
		r->cipher, "sni", r->sni, "chain", chain, "anchor", anchor_subject(&r->pki), "trustpoint",
		r->pki.anchor[0] != '\0' ? r->pki.anchor : NULL, "verify", findings(&r->pki));
	if (r->pki.name[0] != '\0')
		json_object_set_new(object, "matched_name", json_string(r->pki.name));
	if (r->pki.dane_record >= 0)
		json_object_set_new(object, "dane",
			json_pack("{s:i, s:i, s:s}", "record", r->pki.dane_record, "depth", r->pki.dane_depth,
				"tlsa", r->pki.anchor + strlen("TLSA ")));
	return object;
}
