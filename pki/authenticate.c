/* Judges certificates that are offered for trustpoints. */
#include "pki/authenticate.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/store.h"
#include "pki/strict.h"

#define MD5_DIGITS  32
#define SHA1_DIGITS 40

bool
authenticate_ready(struct engine *engine, const char *name, struct err *err)
{
	const struct trustpoint *tp = pki_find(engine->pki, name);

	if (tp == NULL) {
		err_set(err, ERR_NOT_FOUND, "Trustpoint '%s' not configured", name);
		err_hint(err, "configure it first: crypto pki trustpoint %s", name);
		return false;
	}
	if (!tp->has_enrollment) {
		err_set(err, ERR_REFUSED, "The enrollment method has not been specified");
		err_hint(err, "crypto pki trustpoint %s needs 'enrollment terminal'", name);
		return false;
	}
	if (tp->ca != NULL)
		return err_set(err, ERR_EXISTS,
			"Please delete your existing CA certificate first.\n"
			"%% You must use 'no crypto pki trustpoint %s' to delete the CA certificate.",
			name);
	return true;
}

static bool
is_ca(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;
}

void
authenticate_warnings(struct text *told, X509 *cert)
{
	struct err err = ERR_INIT;

	if (!strict_authenticate(cert, &err))
		text_printf(told, "%% Warning: validation will refuse this certificate: %s\n", err.text);
}

static bool
check_dates(struct engine *engine, X509 *cert, struct err *err)
{
	time_t now = (time_t)(clock_wall(engine->clock) / USEC_PER_SEC);
	struct text from, to;
	void *ctx;

	if (X509_cmp_time(X509_get0_notBefore(cert), &now) < 0 &&
		X509_cmp_time(X509_get0_notAfter(cert), &now) > 0)
		return true;
	ctx = mem_ctx(NULL, "dates");
	text_init(&from, ctx);
	text_init(&to, ctx);
	certtext_time(&from, X509_get0_notBefore(cert));
	certtext_time(&to, X509_get0_notAfter(cert));
	err_set(err, ERR_REFUSED,
		"CA Cert not yet valid or is expired -\n    start date: %s\n    end   date: %s", from.s,
		to.s);
	mem_free(ctx);
	return false;
}

static void
tell_attributes(struct text *told, X509 *cert)
{
	text_add(told, "Certificate has the following attributes:\n       Fingerprint MD5: ");
	certtext_fingerprint(told, cert, "md5");
	text_add(told, " \n      Fingerprint SHA1: ");
	certtext_fingerprint(told, cert, "sha1");
	text_add(told, " \n");
}

bool
authenticate_has_fingerprint(const X509 *cert, const char *wanted)
{
	struct text found;
	size_t n = 0;
	bool same;

	text_init(&found, NULL);
	certtext_fingerprint(&found, cert, strlen(wanted) == MD5_DIGITS ? "md5" : "sha1");
	for (size_t i = 0; i < found.len; i++)
		if (found.s[i] != ' ')
			found.s[n++] = found.s[i];
	same = n == strlen(wanted) && strncasecmp(found.s, wanted, n) == 0;
	mem_free(found.s);
	return same;
}

static bool
judge_fingerprint(const struct trustpoint *tp, X509 *cert, struct text *told, struct err *err)
{
	tell_attributes(told, cert);
	text_add(told, "Trustpoint Fingerprint: ");
	for (size_t i = 0; tp->fingerprint[i] != '\0'; i++) {
		if (i > 0 && i % 8 == 0)
			text_addc(told, ' ');
		text_addc(told, tp->fingerprint[i]);
	}
	text_addc(told, '\n');
	if (!authenticate_has_fingerprint(cert, tp->fingerprint)) {
		err_set(err, ERR_REFUSED, "Fingerprint mismatch");
		err_hint(err, "the certificate is not the one that 'fingerprint' of trustpoint %s names",
			tp->name);
		return false;
	}
	text_add(told, "Certificate validated - fingerprints matched.\n");
	return true;
}

/* The order of the questions is that of IOS: a certificate that is no CA is asked about even when we
 * know its issuer, as the seed's server certificate is. */
static bool
judge(struct engine *engine, const struct trustpoint *tp, X509 *cert, struct text *told, bool *ask,
	struct err *err)
{
	*ask = false;
	if (!check_dates(engine, cert, err))
		return false;
	if (tp->fingerprint != NULL)
		return judge_fingerprint(tp, cert, told, err);
	if (!is_ca(cert)) {
		text_printf(told,
			"Trustpoint '%s' is a subordinate CA.\nbut certificate is not a CA certificate.\n"
			"Manual verification required\n",
			tp->name);
		tell_attributes(told, cert);
		*ask = true;
		return true;
	}
	tell_attributes(told, cert);
	*ask = pki_signer(engine->pki, cert) == NULL;
	if (!*ask)
		text_add(told, "Certificate validated - Signed by existing trustpoint CA certificate.\n");
	return true;
}

X509 *
authenticate_judge(struct engine *engine, const char *name, const void *data, size_t n, struct text *told,
	bool *ask, struct err *err)
{
	const struct trustpoint *tp;
	struct err why = ERR_INIT;
	X509 *cert;

	if (!authenticate_ready(engine, name, err))
		return NULL;
	tp = pki_find(engine->pki, name);
	cert = cert_import(data, n, &why);
	if (cert == NULL) {
		err_set(err, ERR_CRYPTO, "Error in saving certificate: status = FAIL");
		err_hint(err, "%.250s", why.text);
		return NULL;
	}
	if (!judge(engine, tp, cert, told, ask, err)) {
		X509_free(cert);
		return NULL;
	}
	authenticate_warnings(told, cert);
	return cert;
}
