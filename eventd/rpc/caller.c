/* Knows the clients: tokens by their digest, certificates by validation. */
#include "rpc/caller.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "core/mem.h"
#include "core/regex.h"
#include "pki/fetch.h"
#include "pki/revocation_cache.h"
#include "pki/tls_check.h"
#include "pki/verify.h"

enum { CLIENTS_MAX = 1000 };

struct caller {
	const char *name;
	bool has_token;
	unsigned char token[SHA256_DIGEST_LENGTH];
	struct trust *trust;  /* NULL: known by its token */
	const char *as;       /* the name in its certificate; NULL: any */
	struct regex *policy; /* NULL: all */
};

struct callers {
	struct caller *v;
	size_t n;
	struct regex_scratch *scratch;
	struct revocation_cache *revoked;
	bool wants; /* something had to be fetched */
};

static void
digest(const char *token, unsigned char out[SHA256_DIGEST_LENGTH])
{
	SHA256((const unsigned char *)token, strlen(token), out);
}

static bool
read_caller(struct callers *all, const json_t *j, struct caller *c, struct err *err)
{
	const char *token = json_string_value(json_object_get(j, "token"));
	const char *policy = json_string_value(json_object_get(j, "policy"));
	const json_t *trust = json_object_get(j, "trust");

	c->name = mem_strdup(all, json_string_value(json_object_get(j, "name")));
	c->as = mem_strdup(all, json_string_value(json_object_get(j, "as")));
	if (c->name == NULL || (token == NULL) == (trust == NULL))
		return err_set(err, ERR_INVALID, "a client has a name, and a token or a trustpoint");
	if ((c->has_token = token != NULL))
		digest(token, c->token);
	if (trust != NULL && (c->trust = trust_from_json(all, trust, err)) == NULL)
		return false;
	return policy == NULL || (c->policy = regex_new(all, policy, REGEX_EVENT, err)) != NULL;
}

struct callers *
callers_new(const void *ctx, const json_t *clients, struct revocation_cache *cache, struct err *err)
{
	struct callers *all = mem_new(ctx, struct callers);
	size_t n = json_array_size(clients);

	all->scratch = regex_scratch_new(all, REGEX_JIT);
	all->revoked = cache;
	all->v = mem_array(all, struct caller, n + 1);
	if (n > CLIENTS_MAX)
		err_set(err, ERR_RANGE, "%d clients at most", CLIENTS_MAX);
	for (; n <= CLIENTS_MAX && all->n < n; all->n++)
		if (!read_caller(all, json_array_get(clients, all->n), &all->v[all->n], err))
			break;
	if (all->n == n)
		return all;
	mem_free(all);
	return NULL;
}

bool
callers_have_certificates(const struct callers *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].trust != NULL)
			return true;
	return false;
}

static void
add_pem(BIO *out, const struct trust *trust)
{
	for (size_t i = 0; trust != NULL && i < trust->count; i++)
		PEM_write_bio_X509(out, trust->points[i].cert);
}

char *
callers_authorities(const void *ctx, const struct callers *all)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data, *pem;
	long n;

	for (size_t i = 0; i < all->n; i++)
		add_pem(out, all->v[i].trust);
	n = BIO_get_mem_data(out, &data);
	pem = n > 0 ? mem_strndup(ctx, data, (size_t)n) : NULL;
	BIO_free(out);
	return pem;
}

/* ---- who is it? ---- */

/* Every token is compared, and none of them byte by byte: the time says nothing. */
static const struct caller *
find_by_token(const struct callers *all, const char *token)
{
	unsigned char shown[SHA256_DIGEST_LENGTH];
	const struct caller *found = NULL;

	digest(token, shown);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].has_token && CRYPTO_memcmp(all->v[i].token, shown, sizeof shown) == 0)
			found = &all->v[i];
	return found;
}

/* Nothing is fetched here: everybody would wait for it. */
static bool
note_want(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	struct callers *all = arg;

	(void)ctx, (void)ask, (void)data, (void)len;
	all->wants = true;
	return err_set(err, ERR_TIMEOUT, "not asked yet");
}

/* The last reason; but that it is not this client's name says least, where there are others to compare with. */
static void
keep_reason(const struct pki_result *result, struct err *err)
{
	if (err->code == ERR_NONE || result->class != PKI_NAME_MISMATCH)
		err_set(err, ERR_REFUSED, "%s: %s", pki_class_name(result->class), result->detail);
}

static bool
proves(struct callers *all, const struct caller *c, const STACK_OF(X509) * chain, struct err *err)
{
	const struct pki_fetch fetch = { .get = note_want, .arg = all, .cache = all->revoked };
	struct pki_request request = { .trust = c->trust,
		.peer = sk_X509_value(chain, 0),
		.untrusted = (STACK_OF(X509) *)(uintptr_t)chain,
		.legacy_cn = true,
		.purpose = PKI_CLIENT,
		.depth = -1,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = &fetch };
	struct pki_result result;
	bool good, unknown;

	all->wants = false;
	if (c->as != NULL)
		request.name = (struct pki_name){ PKI_NAME_DNS, c->as };
	good = pki_verify(&request, &result);
	unknown = result.class == PKI_REVOCATION_UNKNOWN;
	if (!good)
		keep_reason(&result, err);
	pki_result_clear(&result);
	/* Good as well as unknown: `revocation-check crl none` is not to be had by not asking. */
	all->wants = all->wants && (good || unknown);
	return good;
}

static const struct caller *
find_by_certificate(
	struct callers *all, const struct caller_shown *shown, struct caller_check *needed, struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct caller *c = &all->v[i];
		bool good = c->trust != NULL && proves(all, c, shown->chain, err);

		if (c->trust != NULL && all->wants &&
			(shown->checked == NULL || strcmp(shown->checked, c->name) != 0)) {
			needed->client = c->name;
			needed->check = tls_check_new(NULL, c->trust, sk_X509_value(shown->chain, 0),
				(STACK_OF(X509) *)(uintptr_t)shown->chain, all->revoked);
			return NULL;
		}
		if (good)
			return c;
	}
	return NULL;
}

const char *
callers_find(
	struct callers *all, const struct caller_shown *shown, struct caller_check *needed, struct err *err)
{
	const struct caller *c = shown->token != NULL ? find_by_token(all, shown->token) : NULL;

	*needed = (struct caller_check){ 0 };
	if (c == NULL && shown->chain != NULL && sk_X509_num(shown->chain) > 0 &&
		callers_have_certificates(all)) {
		c = find_by_certificate(all, shown, needed, err);
		if (needed->check != NULL)
			return NULL;
	}
	if (c == NULL && shown->token != NULL)
		err_set(err, ERR_REFUSED, "the token is not known");
	else if (c == NULL && err->code == ERR_NONE)
		err_set(err, ERR_REFUSED, "neither a token nor a certificate was shown");
	return c != NULL ? c->name : NULL;
}

bool
callers_may_run(const struct callers *all, const char *client, const char *policy)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct caller *c = &all->v[i];

		if (strcmp(c->name, client) == 0)
			return c->policy == NULL || regex_match(c->policy, all->scratch, policy,
							    strlen(policy), NULL) == REGEX_YES;
	}
	return false;
}
