/* Keeps the trustpoints of an engine. */
#include "pki/store.h"

#include <string.h>

#include <jansson.h>
#include <openssl/x509v3.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/expiry.h"
#include "pki/identities.h"
#include "pki/installed.h"
#include "pki/learnt.h"
#include "pki/pool.h"
#include "pki/system.h"

struct pki {
	struct engine *engine;
	struct trustpoint *first;
	struct installed *installed;
	struct pool *pool;
	struct learnt *learnt;
	struct expiry *expiry;
	struct identities *identities;
	struct system_store *system;
	struct pki_counters counters;
	void (*changed)(void *arg);
	void *changed_arg;
};

static int
forget_certificates(void *ptr)
{
	const struct pki *pki = ptr;

	for (struct trustpoint *tp = pki->first; tp != NULL; tp = tp->next)
		X509_free(tp->ca);
	return 0;
}

struct pki *
pki_new(const void *ctx, struct engine *engine)
{
	struct pki *pki = mem_new(ctx, struct pki);

	pki->engine = engine;
	pki->installed = installed_new(pki, engine);
	pki->pool = pool_new(pki, engine);
	pki->learnt = learnt_new(pki, engine);
	pki->identities = identities_new(pki, engine);
	pki->system = system_store_new(pki);
	pki->expiry = expiry_new(pki, engine);
	mem_on_free(pki, forget_certificates);
	return pki;
}

/* ---- trustpoints ---- */

void
pki_on_change(struct pki *pki, void (*f)(void *arg), void *arg)
{
	pki->changed = f;
	pki->changed_arg = arg;
}

static void
tell_change(struct pki *pki)
{
	if (pki->changed != NULL)
		pki->changed(pki->changed_arg);
}

const struct trustpoint *
pki_first(const struct pki *pki)
{
	return pki->first;
}

static struct trustpoint **
place_of(struct pki *pki, const char *name)
{
	struct trustpoint **at = &pki->first;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

const struct trustpoint *
pki_find(const struct pki *pki, const char *name)
{
	const struct trustpoint *tp = pki->first;

	while (tp != NULL && strcmp(tp->name, name) != 0)
		tp = tp->next;
	return tp;
}

struct trustpoint *
pki_trustpoint(struct pki *pki, const char *name)
{
	struct trustpoint **at = place_of(pki, name);

	tell_change(pki); /* whoever asks for it is going to write in it */
	if (*at == NULL) {
		*at = mem_new(pki, struct trustpoint);
		(*at)->name = mem_strdup(*at, name);
	}
	return *at;
}

/* The same certificate may stand in several trustpoints: its install time goes with the last. */
static void
drop_ca(struct pki *pki, struct trustpoint *tp)
{
	X509 *ca = tp->ca;

	tp->ca = NULL;
	tp->installed_ns = 0;
	if (ca == NULL)
		return;
	for (const struct trustpoint *other = pki->first; other != NULL; other = other->next)
		if (other->ca != NULL && X509_cmp(other->ca, ca) == 0) {
			X509_free(ca);
			return;
		}
	installed_forget(pki->installed, ca);
	X509_free(ca);
}

void
pki_remove(struct pki *pki, const char *name)
{
	struct trustpoint **at = place_of(pki, name), *tp = *at;
	struct err err = ERR_INIT;

	if (tp == NULL)
		return;
	drop_ca(pki, tp);
	if (pki_identity(pki, name) != NULL && !identities_set(pki->identities, name, NULL, &err))
		log_msg(pki->engine->log, NULL, "PKI", SEV_ERRORS, "IDENTITY_REMOVE",
			"the key of trustpoint %s is still in the state directory: %s", name, err.text);
	*at = tp->next;
	mem_free(tp);
	tell_change(pki);
}

void
pki_set_ca(struct pki *pki, const char *name, X509 *ca)
{
	struct trustpoint *tp = pki_trustpoint(pki, name);

	if (ca != NULL && tp->ca != NULL && X509_cmp(tp->ca, ca) == 0)
		return;
	drop_ca(pki, tp);
	if (ca == NULL)
		return;
	X509_up_ref(ca);
	tp->ca = ca;
	tp->installed_ns = installed_at(pki->installed, ca);
	expiry_recheck(pki->expiry);
}

/* ---- trustpool ---- */

const STACK_OF(X509) * pki_pool(const struct pki *pki)
{
	return pool_certs(pki->pool);
}

bool
pki_pool_has(const struct pki *pki, const X509 *cert)
{
	return pool_has(pki->pool, cert);
}

bool
pki_pool_add(struct pki *pki, const STACK_OF(X509) * certs, size_t *added, struct err *err)
{
	return pool_add(pki->pool, certs, added, err);
}

bool
pki_pool_clean(struct pki *pki, struct err *err)
{
	return pool_clean(pki->pool, err);
}

/* ---- identities ---- */

const json_t *
pki_identity(const struct pki *pki, const char *trustpoint)
{
	return identities_find(pki->identities, trustpoint);
}

X509 *
pki_identity_cert(const struct pki *pki, const char *trustpoint)
{
	return identities_cert(pki->identities, trustpoint);
}

bool
pki_set_identity(struct pki *pki, const char *trustpoint, json_t *sealed, struct err *err)
{
	bool ok = identities_set(pki->identities, trustpoint, sealed, err);

	expiry_recheck(pki->expiry);
	tell_change(pki);
	return ok;
}

/* ---- use ---- */

void
pki_add_system(struct pki *pki, struct trust *trust)
{
	static const struct trustpoint_policy policy = { .revocation = { REVOCATION_NONE },
		.revocation_count = 1 };
	struct err err = ERR_INIT;
	const STACK_OF(X509) *certs = system_store_certs(pki->system, &err);

	if (certs == NULL)
		log_msg(pki->engine->log, NULL, "PKI", SEV_ERRORS, "TRUSTPOOL_READ", "trustpool not read: %s",
			err.text);
	for (int i = 0; i < sk_X509_num(certs); i++)
		trust_add(trust, SYSTEM_NAME, sk_X509_value(certs, i), &policy);
}

struct trust *
pki_snapshot(const void *ctx, const struct pki *pki)
{
	static const struct trustpoint_policy pool_policy = { .revocation = { REVOCATION_NONE },
		.revocation_count = 1 };
	struct trust *trust = trust_new(ctx);
	const STACK_OF(X509) *pool = pki_pool(pki);

	for (const struct trustpoint *tp = pki->first; tp != NULL; tp = tp->next)
		if (tp->ca != NULL)
			trust_add(trust, tp->name, tp->ca, &tp->policy);
	for (int i = 0; i < sk_X509_num(pool); i++)
		trust_add(trust, POOL_NAME, sk_X509_value(pool, i), &pool_policy);
	return trust;
}

static bool
has_signed(X509 *ca, X509 *cert)
{
	return X509_check_issued(ca, cert) == X509_V_OK && X509_verify(cert, X509_get0_pubkey(ca)) == 1;
}

X509 *
pki_signer(const struct pki *pki, X509 *cert)
{
	const STACK_OF(X509) *pool = pki_pool(pki);

	for (const struct trustpoint *tp = pki->first; tp != NULL; tp = tp->next)
		if (tp->ca != NULL && has_signed(tp->ca, cert))
			return tp->ca;
	for (int i = 0; i < sk_X509_num(pool); i++)
		if (has_signed(sk_X509_value(pool, i), cert))
			return sk_X509_value(pool, i);
	return NULL;
}

const struct pki_counters *
pki_counters(const struct pki *pki)
{
	return &pki->counters;
}

void
pki_session(struct pki *pki, const char *host, const json_t *tls, bool valid)
{
	const json_t *chain = json_object_get(tls, "chain");
	const char *sni = json_string_value(json_object_get(tls, "sni"));

	if (json_array_size(chain) == 0)
		return;
	expiry_seen(pki->expiry, sni != NULL ? sni : host, chain);
	pki->counters.started++;
	pki->counters.ended++;
	if (valid)
		pki->counters.successful++;
	else
		pki->counters.failed++;
}

static uint64_t
count_of(const json_t *message, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(json_object_get(message, "counters"), key));

	return n > 0 ? (uint64_t)n : 0;
}

void
pki_learn(struct pki *pki, const json_t *message, uint64_t *known)
{
	learnt_take(pki->learnt, message, known);
	pki->counters.crls_checked += count_of(message, "checked");
	pki->counters.crl_fetches += count_of(message, "fetches");
	pki->counters.crl_failed += count_of(message, "failed");
}

struct learnt *
pki_learnt(const struct pki *pki)
{
	return pki->learnt;
}
