/* Remembers what was fetched about revocation, and tells it on. */
#include "pki/revocation_cache.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/mem.h"
#include "pki/certtext.h"
#include "pki/import.h"

struct entry {
	char *key;     /* URL of a CRL, certificate of an OCSP response */
	char *url;     /* of an OCSP response */
	X509_CRL *crl; /* NULL: an OCSP response */
	unsigned char *ocsp;
	size_t len; /* octets of either */
	time_t fetched, until;
	bool is_news;
};

struct revocation_cache {
	struct entry entries[REVOCATION_KEEP_MAX]; /* the oldest first */
	size_t count;
	uint64_t counts[REVOCATION_COUNTS];
};

/* ---- entries ---- */

static void
drop(struct revocation_cache *cache, size_t i)
{
	struct entry *e = &cache->entries[i];

	X509_CRL_free(e->crl);
	mem_free(e->ocsp);
	mem_free(e->key);
	mem_free(e->url);
	cache->count--;
	memmove(e, e + 1, (cache->count - i) * sizeof *e);
}

static void
forget_all(struct revocation_cache *cache)
{
	while (cache->count > 0)
		drop(cache, cache->count - 1);
}

static int
release(void *arg)
{
	forget_all(arg);
	return 0;
}

struct revocation_cache *
revocation_cache_new(const void *ctx)
{
	struct revocation_cache *cache = mem_new(ctx, struct revocation_cache);

	mem_on_free(cache, release);
	return cache;
}

static const struct entry *
find(const struct revocation_cache *cache, bool is_crl, const char *key)
{
	for (size_t i = 0; cache != NULL && i < cache->count; i++)
		if ((cache->entries[i].crl != NULL) == is_crl && strcmp(cache->entries[i].key, key) == 0)
			return &cache->entries[i];
	return NULL;
}

X509_CRL *
revocation_cache_crl(const struct revocation_cache *cache, const char *url, time_t at)
{
	const struct entry *e = find(cache, true, url);

	return e != NULL && at < e->until ? e->crl : NULL;
}

const unsigned char *
revocation_cache_ocsp(const struct revocation_cache *cache, const char *key, time_t at, size_t *len)
{
	const struct entry *e = find(cache, false, key);

	if (e == NULL || at >= e->until)
		return NULL;
	*len = e->len;
	return e->ocsp;
}

static size_t
bytes_of(const struct revocation_cache *cache)
{
	size_t bytes = 0;

	for (size_t i = 0; i < cache->count; i++)
		bytes += cache->entries[i].len;
	return bytes;
}

static void
add(struct revocation_cache *cache, const struct entry *e)
{
	const struct entry *old = find(cache, e->crl != NULL, e->key);

	if (old != NULL)
		drop(cache, (size_t)(old - cache->entries));
	while (cache->count > 0 &&
		(cache->count == REVOCATION_KEEP_MAX || bytes_of(cache) + e->len > REVOCATION_KEEP_BYTES))
		drop(cache, 0);
	cache->entries[cache->count++] = *e;
}

static time_t
keep_until(time_t at, bool known, time_t next_update)
{
	time_t until = at + REVOCATION_KEEP_SECONDS;

	return known && next_update < until ? next_update : until;
}

static size_t
crl_bytes(const X509_CRL *crl)
{
	int n = i2d_X509_CRL((X509_CRL *)crl, NULL);

	return n > 0 ? (size_t)n : 0;
}

void
revocation_cache_add_crl(struct revocation_cache *cache, const char *url, X509_CRL *crl, time_t at)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t expiry = 0;
	bool known = next != NULL && asn1_to_time(next, &expiry);

	if (cache == NULL)
		return;
	X509_CRL_up_ref(crl);
	add(cache, &(struct entry){ .key = mem_strdup(cache, url),
			   .crl = crl,
			   .len = crl_bytes(crl),
			   .fetched = at,
			   .until = keep_until(at, known, expiry),
			   .is_news = true });
}

void
revocation_cache_add_ocsp(struct revocation_cache *cache, const char *key, const char *url, const void *der,
	size_t n, time_t next_update, time_t at)
{
	if (cache == NULL)
		return;
	add(cache, &(struct entry){ .key = mem_strdup(cache, key),
			   .url = mem_strdup(cache, url),
			   .ocsp = mem_dup(cache, der, n),
			   .len = n,
			   .fetched = at,
			   .until = keep_until(at, true, next_update),
			   .is_news = true });
}

void
revocation_cache_count(struct revocation_cache *cache, enum revocation_count which)
{
	if (cache != NULL)
		cache->counts[which]++;
}

/* ---- a thread's own ---- */

static void
add_copy(struct revocation_cache *to, const struct entry *e, bool is_news)
{
	struct entry copy = *e;

	copy.key = mem_strdup(to, e->key);
	copy.url = mem_strdup(to, e->url);
	copy.is_news = is_news;
	if (e->crl != NULL)
		X509_CRL_up_ref(e->crl);
	else
		copy.ocsp = mem_dup(to, e->ocsp, e->len);
	add(to, &copy);
}

struct revocation_cache *
revocation_cache_copy(const void *ctx, const struct revocation_cache *cache)
{
	struct revocation_cache *copy = revocation_cache_new(ctx);

	for (size_t i = 0; i < cache->count; i++)
		add_copy(copy, &cache->entries[i], false);
	return copy;
}

void
revocation_cache_join(struct revocation_cache *cache, const struct revocation_cache *copy)
{
	for (size_t i = 0; i < copy->count; i++)
		if (copy->entries[i].is_news)
			add_copy(cache, &copy->entries[i], true);
	for (size_t i = 0; i < REVOCATION_COUNTS; i++)
		cache->counts[i] += copy->counts[i];
}

/* ---- as messages ---- */

static json_t *
base64_of(const unsigned char *der, size_t n)
{
	char *text = mem_alloc(NULL, n / 3 * 4 + 8);
	json_t *value;

	EVP_EncodeBlock((unsigned char *)text, der, (int)n);
	value = json_string(text);
	mem_free(text);
	return value;
}

static json_t *
time_of(const ASN1_TIME *when)
{
	time_t t;

	return when != NULL && asn1_to_time(when, &t) ? json_integer((json_int_t)t) : json_null();
}

/* The "crl" entry of the messages. */
static json_t *
revocation_crl_facts(const char *url, const X509_CRL *crl, time_t fetched, time_t until)
{
	char *issuer = certtext_name_new(NULL, X509_CRL_get_issuer(crl));
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED((X509_CRL *)crl);
	unsigned char *der = NULL;
	int n = i2d_X509_CRL((X509_CRL *)crl, &der);
	json_t *facts = json_pack("{s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:i}", "kind", "crl", "key", url,
		"fetched", (json_int_t)fetched, "until", (json_int_t)until, "issuer", issuer, "last_update",
		time_of(X509_CRL_get0_lastUpdate(crl)), "next_update", time_of(X509_CRL_get0_nextUpdate(crl)),
		"revoked", revoked != NULL ? sk_X509_REVOKED_num(revoked) : 0);

	if (n > 0)
		json_object_set_new(facts, "data", base64_of(der, (size_t)n));
	OPENSSL_free(der);
	mem_free(issuer);
	return facts;
}

static json_t *
entry_to_json(const struct entry *e)
{
	json_t *facts;

	if (e->crl != NULL)
		return revocation_crl_facts(e->key, e->crl, e->fetched, e->until);
	facts = json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", "ocsp", "key", e->key, "url", e->url,
		"fetched", (json_int_t)e->fetched, "until", (json_int_t)e->until);
	json_object_set_new(facts, "data", base64_of(e->ocsp, e->len));
	return facts;
}

json_t *
revocation_cache_news(struct revocation_cache *cache)
{
	const uint64_t *n = cache->counts;
	json_t *entries = json_array();
	json_t *message;

	for (size_t i = 0; i < cache->count; i++) {
		if (cache->entries[i].is_news)
			json_array_append_new(entries, entry_to_json(&cache->entries[i]));
		cache->entries[i].is_news = false;
	}
	if (json_array_size(entries) == 0 && n[REVOCATION_CHECKED] == 0 && n[REVOCATION_FETCHED] == 0) {
		json_decref(entries);
		return NULL;
	}
	message = json_pack("{s:s, s:o, s:{s:I, s:I, s:I}}", "type", "revocation", "entries", entries,
		"counters", "checked", (json_int_t)n[REVOCATION_CHECKED], "fetches",
		(json_int_t)n[REVOCATION_FETCHED], "failed", (json_int_t)n[REVOCATION_FAILED]);
	memset(cache->counts, 0, sizeof cache->counts);
	return message;
}

static unsigned char *
octets_of(struct revocation_cache *cache, const char *base64, size_t *len)
{
	size_t n = base64 != NULL ? strlen(base64) : 0;
	unsigned char *out;
	int got;

	if (n == 0 || n % 4 != 0 || n / 4 * 3 > REVOCATION_KEEP_BYTES)
		return NULL;
	out = mem_alloc(cache, n / 4 * 3 + 1);
	got = EVP_DecodeBlock(out, (const unsigned char *)base64, (int)n);
	if (got < 0) {
		mem_free(out);
		return NULL;
	}
	*len = (size_t)got - (base64[n - 1] == '=') - (base64[n - 2] == '=');
	return out;
}

static void
take_entry(struct revocation_cache *cache, const json_t *j)
{
	const char *kind = json_string_value(json_object_get(j, "kind"));
	const char *key = json_string_value(json_object_get(j, "key"));
	const char *url = json_string_value(json_object_get(j, "url"));
	struct entry e = { .fetched = (time_t)json_integer_value(json_object_get(j, "fetched")),
		.until = (time_t)json_integer_value(json_object_get(j, "until")) };
	struct err err = ERR_INIT;
	unsigned char *der;

	if (kind == NULL || key == NULL)
		return;
	der = octets_of(cache, json_string_value(json_object_get(j, "data")), &e.len);
	if (der == NULL)
		return;
	if (strcmp(kind, "crl") == 0) {
		e.crl = crl_import(der, e.len, &err);
		mem_free(der);
		if (e.crl == NULL)
			return;
	} else {
		e.ocsp = der;
		e.url = mem_strdup(cache, url != NULL ? url : "");
	}
	e.key = mem_strdup(cache, key);
	add(cache, &e);
}

void
revocation_cache_take(struct revocation_cache *cache, const json_t *message)
{
	const json_t *list = json_object_get(message, "entries"), *j;
	size_t i;

	if (json_is_true(json_object_get(message, "forget")))
		forget_all(cache);
	json_array_foreach(list, i, j) take_entry(cache, j);
}
