/* Reads the system's certificates. */
#include "pki/system.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "core/mem.h"
#include "core/paths.h"
#include "pki/bundle.h"
#include "pki/pool.h"

#define DEBIAN_FILE "/etc/ssl/certs/ca-certificates.crt"
#define MAX_BYTES   (8u * 1024u * 1024u)

struct system_store {
	STACK_OF(X509) * certs;
	struct timespec changed;
};

static int
release(void *arg)
{
	sk_X509_pop_free(((struct system_store *)arg)->certs, X509_free);
	return 0;
}

struct system_store *
system_store_new(const void *ctx)
{
	struct system_store *store = mem_new(ctx, struct system_store);

	mem_on_free(store, release);
	return store;
}

static bool
read_file(struct system_store *store, const char *path, struct err *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct bundle_counts counts;
	size_t n = 0;
	char *data = path_read_file(store, path, MAX_BYTES, &n, err);
	bool ok = data != NULL && bundle_import(certs, data, n, POOL_MAX, time(NULL), &counts, err);

	mem_free(data);
	if (!ok) {
		sk_X509_pop_free(certs, X509_free);
		return err_wrap(err, "%s", path);
	}
	sk_X509_pop_free(store->certs, X509_free);
	store->certs = certs;
	return true;
}

const STACK_OF(X509) * system_store_certs(struct system_store *store, struct err *err)
{
	const char *path = getenv(X509_get_default_cert_file_env());
	struct stat st;

	if (path == NULL)
		path = DEBIAN_FILE;
	if (stat(path, &st) < 0) {
		err_errno(err, "%s", path);
		return NULL;
	}
	if (store->certs != NULL && st.st_mtim.tv_sec == store->changed.tv_sec &&
		st.st_mtim.tv_nsec == store->changed.tv_nsec)
		return store->certs;
	if (!read_file(store, path, err))
		return NULL;
	store->changed = st.st_mtim;
	return store->certs;
}

struct trust *
system_trust(const void *ctx, struct err *err)
{
	struct system_store *store = system_store_new(NULL);
	const STACK_OF(X509) *certs = system_store_certs(store, err);
	struct trust *trust = certs == NULL ? NULL : trust_new(ctx);

	for (int i = 0; trust != NULL && i < sk_X509_num(certs); i++)
		trust_add(trust, SYSTEM_NAME, sk_X509_value(certs, i), NULL);
	mem_free(store);
	return trust;
}
