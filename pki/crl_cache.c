/* Remembers fetched CRLs. */
#include "pki/revocation.h"

#include <string.h>

#include "core/mem.h"
#include "pki/certtext.h"

#define KEEP_SECONDS (24 * 3600)
#define MAX_ENTRIES  64

struct entry {
	char *url;
	X509_CRL *crl;
	time_t until;
};

struct crl_cache {
	struct entry entries[MAX_ENTRIES];
	size_t count;
	size_t next; /* the entry to give up when all are taken */
};

static int
release(void *arg)
{
	struct crl_cache *cache = arg;

	for (size_t i = 0; i < cache->count; i++)
		X509_CRL_free(cache->entries[i].crl);
	return 0;
}

struct crl_cache *
crl_cache_new(const void *ctx)
{
	struct crl_cache *cache = mem_new(ctx, struct crl_cache);

	mem_on_free(cache, release);
	return cache;
}

static struct entry *
find(const struct crl_cache *cache, const char *url)
{
	for (size_t i = 0; i < cache->count; i++)
		if (strcmp(cache->entries[i].url, url) == 0)
			return (struct entry *)&cache->entries[i];
	return NULL;
}

X509_CRL *
crl_cache_find(const struct crl_cache *cache, const char *url, time_t at)
{
	const struct entry *entry = cache != NULL ? find(cache, url) : NULL;

	return entry != NULL && at < entry->until ? entry->crl : NULL;
}

static struct entry *
take(struct crl_cache *cache, const char *url)
{
	struct entry *entry = find(cache, url);

	if (entry == NULL && cache->count < MAX_ENTRIES)
		entry = &cache->entries[cache->count++];
	else if (entry == NULL)
		entry = &cache->entries[cache->next++ % MAX_ENTRIES];
	X509_CRL_free(entry->crl);
	mem_free(entry->url);
	return entry;
}

void
crl_cache_add(struct crl_cache *cache, const char *url, X509_CRL *crl, time_t at)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t until = at + KEEP_SECONDS, expiry;
	struct entry *entry;

	if (cache == NULL)
		return;
	if (next != NULL && asn1_to_time(next, &expiry) && expiry < until)
		until = expiry;
	entry = take(cache, url);
	X509_CRL_up_ref(crl);
	*entry = (struct entry){ .url = mem_strdup(cache, url), .crl = crl, .until = until };
}
