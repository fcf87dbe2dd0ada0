/* Keeps the trustpool. */
#include "pki/pool.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "pki/import.h"
#include "pki/statefile.h"

#define FILE_NAME "trustpool.pem"

struct pool {
	struct engine *engine;
	STACK_OF(X509) * certs;
};

static int
drop_certs(void *ptr)
{
	sk_X509_pop_free(((struct pool *)ptr)->certs, X509_free);
	return 0;
}

struct pool *
pool_new(const void *ctx, struct engine *engine)
{
	struct pool *pool = mem_new(ctx, struct pool);
	struct err err = ERR_INIT;
	size_t n = 0;
	char *data = statefile_read(pool, engine, FILE_NAME, &n, &err);

	pool->engine = engine;
	pool->certs = sk_X509_new_null();
	mem_on_free(pool, drop_certs);
	if (n > 0)
		certs_import(pool->certs, data, n, POOL_MAX, &err);
	mem_free(data);
	if (err.code != ERR_NONE)
		log_msg(engine->log, NULL, "PKI", SEV_ERRORS, "TRUSTPOOL_READ", "trustpool not read: %s",
			err.text);
	return pool;
}

const STACK_OF(X509) * pool_certs(const struct pool *pool)
{
	return pool->certs;
}

static bool
stack_has(const STACK_OF(X509) * certs, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (X509_cmp(sk_X509_value(certs, i), cert) == 0)
			return true;
	return false;
}

bool
pool_has(const struct pool *pool, const X509 *cert)
{
	return stack_has(pool->certs, cert);
}

static bool
save(const struct pool *pool, const STACK_OF(X509) * certs, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long n;
	bool ok;

	for (int i = 0; i < sk_X509_num(certs); i++)
		PEM_write_bio_X509(bio, sk_X509_value(certs, i));
	n = BIO_get_mem_data(bio, &data);
	ok = statefile_write(pool->engine, FILE_NAME, data, (size_t)n, err);
	BIO_free(bio);
	return ok;
}

bool
pool_add(struct pool *pool, const STACK_OF(X509) * certs, size_t *added, struct err *err)
{
	STACK_OF(X509) *all = X509_chain_up_ref(pool->certs);
	int before = sk_X509_num(all);

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (stack_has(all, cert))
			continue;
		X509_up_ref(cert);
		sk_X509_push(all, cert);
	}
	if (sk_X509_num(all) > POOL_MAX)
		err_set(err, ERR_RANGE, "the trustpool holds at most %d certificates", POOL_MAX);
	else if (save(pool, all, err)) {
		if (added != NULL)
			*added = (size_t)(sk_X509_num(all) - before);
		sk_X509_pop_free(pool->certs, X509_free);
		pool->certs = all;
		return true;
	}
	sk_X509_pop_free(all, X509_free);
	return false;
}

bool
pool_clean(struct pool *pool, struct err *err)
{
	STACK_OF(X509) *none = sk_X509_new_null();

	if (!save(pool, none, err)) {
		sk_X509_free(none);
		return false;
	}
	sk_X509_pop_free(pool->certs, X509_free);
	pool->certs = none;
	return true;
}
