/* Finds out in a thread of its own whether a client is revoked. */
#include "pki/tls_check.h"

#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "pki/fetch.h"
#include "pki/revocation_cache.h"
#include "pki/verify.h"

struct tls_check {
	struct trust *clients;
	X509 *peer;
	STACK_OF(X509) * chain;
	struct revocation_cache *revoked;
	long long until_ms; /* of the monotonic clock */
	struct pki_result verdict;
};

static int
check_free(void *ptr)
{
	struct tls_check *c = ptr;

	X509_free(c->peer);
	sk_X509_pop_free(c->chain, X509_free);
	pki_result_clear(&c->verdict);
	return 0;
}

struct tls_check *
tls_check_new(const void *ctx, const struct trust *clients, X509 *peer, STACK_OF(X509) * chain,
	const struct revocation_cache *revoked)
{
	struct tls_check *c = mem_new(ctx, struct tls_check);

	X509_up_ref(peer);
	c->peer = peer;
	c->chain = chain != NULL ? X509_chain_up_ref(chain) : NULL;
	c->clients = trust_copy(c, clients);
	c->revoked = revocation_cache_copy(c, revoked);
	mem_on_free(c, check_free);
	return c;
}

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A certificate may name many places to ask: they share the time. */
static bool
fetch_in_time(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	const struct tls_check *c = arg;
	struct pki_fetch_ask timed = *ask;
	long long left = c->until_ms - now_ms();

	if (left <= 0)
		return err_set(err, ERR_TIMEOUT, "no time was left to ask");
	timed.timeout_ms = left < PKI_FETCH_MAX_MS ? (unsigned)left : PKI_FETCH_MAX_MS;
	return pki_fetch_http(NULL, ctx, &timed, data, len, err);
}

void
tls_check_run(struct tls_check *c, unsigned timeout_ms)
{
	const struct pki_fetch fetch = { .get = fetch_in_time, .arg = c, .cache = c->revoked };
	const struct pki_request ask = { .trust = c->clients,
		.peer = c->peer,
		.untrusted = c->chain,
		.purpose = PKI_CLIENT,
		.depth = -1,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = &fetch };

	c->until_ms = now_ms() + timeout_ms;
	pki_verify(&ask, &c->verdict);
}

bool
tls_check_end(struct tls_check *c, struct revocation_cache *revoked, struct err *err)
{
	revocation_cache_join(revoked, c->revoked);
	if (c->verdict.class == PKI_OK)
		return true;
	err_class(err, ERR_CRYPTO, pki_class_name(c->verdict.class), "%s", c->verdict.detail);
	return false;
}
