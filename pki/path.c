/* Depth-first search for certification paths. */
#include "pki/path.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/mem.h"

#define MAX_POOL       256 /* received and installed certificates considered */
#define MAX_WAYS       64
#define MAX_SIGNATURES 512
#define MAX_CPU_MS     1000

struct search {
	const struct pki_request *ask;
	path_f *offer;
	void *arg;
	X509 *pool[MAX_POOL]; /* installed ones first */
	size_t pool_count;
	struct path way;
	struct path longest;
	unsigned ways, signatures;
	struct timespec start;
	bool ended, exhausted;
};

const struct trustpoint_snapshot *
trust_find_identical(const struct trust *trust, const X509 *cert)
{
	for (size_t i = 0; i < trust->count; i++)
		if (X509_cmp(trust->points[i].cert, cert) == 0)
			return &trust->points[i];
	return NULL;
}

const struct trustpoint_snapshot *
trust_next_subject(const struct trust *trust, const X509_NAME *name, size_t *at)
{
	while (*at < trust->count) {
		const struct trustpoint_snapshot *point = &trust->points[(*at)++];

		if (X509_NAME_cmp(X509_get_subject_name(point->cert), name) == 0)
			return point;
	}
	return NULL;
}

bool
cert_is_self_issued(const X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

static bool
is_worn_out(struct search *s)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	ms = (now.tv_sec - s->start.tv_sec) * 1000 + (now.tv_nsec - s->start.tv_nsec) / 1000000;
	if (ms >= MAX_CPU_MS || s->ways >= MAX_WAYS || s->signatures >= MAX_SIGNATURES)
		s->exhausted = true;
	return s->exhausted || s->ended;
}

static bool
is_in_way(const struct path *way, const X509 *cert)
{
	for (size_t i = 0; i < way->count; i++)
		if (X509_cmp(way->certs[i], cert) == 0)
			return true;
	return false;
}

/* RFC 5280 6.1: self-issued certificates do not count as intermediates. */
static int
intermediates(const struct path *way)
{
	int n = 0;

	for (size_t i = 1; i < way->count; i++)
		n += !cert_is_self_issued(way->certs[i]);
	return n;
}

/* Key identifiers are hints (RFC 4158 3.5.12), but a contradiction is one that OpenSSL refuses too. */
static bool
may_issue(const X509 *issuer, X509 *cert)
{
	int verdict;

	if (X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(cert)) != 0)
		return false;
	verdict = X509_check_issued((X509 *)issuer, cert);
	return verdict != X509_V_ERR_AKID_SKID_MISMATCH && verdict != X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH;
}

static bool
did_sign(struct search *s, X509 *issuer, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool good;

	s->signatures++;
	good = key != NULL && X509_verify(cert, key) == 1;
	ERR_clear_error();
	if (!good)
		s->way.bad_signature = true;
	return good;
}

static void
keep_longest(struct search *s)
{
	if (s->longest.count < s->way.count || (s->way.bad_signature && s->longest.count == s->way.count))
		s->longest = s->way;
}

static void
offer_way(struct search *s, const struct trustpoint_snapshot *anchor)
{
	s->ways++;
	s->way.anchor = anchor;
	s->ended = s->offer(s->arg, &s->way);
	s->way.anchor = NULL;
}

static bool
is_parent(const struct trust *trust, const char *parent, const X509 *cert)
{
	for (size_t i = 0; i < trust->count; i++)
		if (strcmp(trust->points[i].name, parent) == 0 && X509_cmp(trust->points[i].cert, cert) == 0)
			return true;
	return false;
}

/*
 * Every trustpoint that holds the top certificate may end the way: at once (`chain-validation stop`,
 * or a root), or when its parent has been reached (`continue`). `below` is the trustpoint further down
 * that asked for that; the policy of the first one met applies.
 */
static const struct trustpoint_snapshot *
try_anchors(struct search *s, const X509 *top, const struct trustpoint_snapshot *below)
{
	const struct trust *trust = s->ask->trust;
	const struct trustpoint_snapshot *going_on = below;

	for (size_t i = 0; i < trust->count && !is_worn_out(s); i++) {
		const struct trustpoint_snapshot *point = &trust->points[i];
		bool goes_on = point->policy.chain_continue && !cert_is_self_issued(top);

		if (X509_cmp(point->cert, top) != 0)
			continue;
		if (below != NULL && below->policy.parent != NULL &&
			!is_parent(trust, below->policy.parent, top))
			continue;
		if (!goes_on)
			offer_way(s, point);
		else if (going_on == NULL)
			going_on = point;
	}
	return going_on;
}

static void
climb(struct search *s, const struct trustpoint_snapshot *below)
{
	X509 *top = s->way.certs[s->way.count - 1];
	int limit = s->ask->depth >= 0 && s->ask->depth < PKI_MAX_DEPTH ? s->ask->depth : PKI_MAX_DEPTH;

	below = try_anchors(s, top, below);
	s->way.bad_signature = false;
	for (size_t i = 0; i < s->pool_count && s->way.count < PATH_MAX_CERTS && !is_worn_out(s); i++) {
		X509 *issuer = s->pool[i];
		bool is_anchor;

		if (is_in_way(&s->way, issuer) || !may_issue(issuer, top) || !did_sign(s, issuer, top))
			continue;
		is_anchor = trust_find_identical(s->ask->trust, issuer) != NULL;
		s->way.certs[s->way.count++] = issuer;
		if (intermediates(&s->way) > limit && !is_anchor) {
			s->way.too_deep = true;
			s->longest = s->way;
		} else {
			climb(s, below);
		}
		s->way.count--;
		s->way.too_deep = false;
	}
	keep_longest(s);
	s->way.bad_signature = false;
}

static bool
add_to_pool(struct search *s, X509 *cert)
{
	for (size_t i = 0; i < s->pool_count; i++)
		if (X509_cmp(s->pool[i], cert) == 0)
			return true;
	if (s->pool_count == MAX_POOL)
		return false;
	s->pool[s->pool_count++] = cert;
	return true;
}

/* Marks the trustpoints that may have issued this certificate; answers how many are new. */
static size_t
mark_issuers(const struct trust *trust, const X509 *cert, bool *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < trust->count; i++) {
		if (wanted[i] || X509_NAME_cmp(X509_get_subject_name(trust->points[i].cert),
					 X509_get_issuer_name(cert)) != 0)
			continue;
		wanted[i] = true;
		n++;
	}
	return n;
}

/*
 * A trustpool may hold many hundreds: only those count whose names lead on from what was received, in the
 * order in which they are installed.
 */
static bool
add_installed(struct search *s)
{
	const struct trust *trust = s->ask->trust;
	bool *wanted = mem_array(s, bool, trust->count + 1);
	size_t fresh = mark_issuers(trust, s->ask->peer, wanted);
	bool fits = true;

	for (int i = 0; i < sk_X509_num(s->ask->untrusted); i++)
		fresh += mark_issuers(trust, sk_X509_value(s->ask->untrusted, i), wanted);
	while (fresh > 0) {
		fresh = 0;
		for (size_t i = 0; i < trust->count; i++)
			if (wanted[i])
				fresh += mark_issuers(trust, trust->points[i].cert, wanted);
	}
	for (size_t i = 0; i < trust->count; i++)
		if (wanted[i])
			fits &= add_to_pool(s, trust->points[i].cert);
	mem_free(wanted);
	return fits;
}

/*
 * IOS follows the chain as sent up to the first certificate that is not installed itself, and looks
 * for a trustpoint by that one's issuer. Tried first, so that the trustpoint we name is the one that
 * IOS names; the general search decides when it does not please.
 */
static void
try_as_sent(struct search *s)
{
	const struct trust *trust = s->ask->trust;
	int n = s->ask->untrusted != NULL ? sk_X509_num(s->ask->untrusted) : 0;
	X509 *top = s->ask->peer;
	size_t at = 0;
	const struct trustpoint_snapshot *point;

	s->way = (struct path){ .certs = { top }, .count = 1 };
	for (int i = 0; i < n && trust_find_identical(trust, top) != NULL; i++) {
		X509 *next = sk_X509_value(s->ask->untrusted, i);

		if (X509_cmp(next, top) == 0)
			continue;
		if (s->way.count + 2 > PATH_MAX_CERTS || !may_issue(next, top) || !did_sign(s, next, top))
			return;
		s->way.certs[s->way.count++] = top = next;
	}
	if (s->way.count == 1 || trust_find_identical(trust, top) != NULL)
		return;
	while (!s->ended && (point = trust_next_subject(trust, X509_get_issuer_name(top), &at)) != NULL) {
		if (point->policy.chain_continue || !may_issue(point->cert, top) ||
			!did_sign(s, point->cert, top))
			continue;
		s->way.certs[s->way.count++] = point->cert;
		if (s->ask->depth < 0)
			offer_way(s, point);
		s->way.count--;
	}
}

enum path_limit
path_search(const struct pki_request *ask, path_f *offer, void *arg)
{
	struct search *s;
	enum path_limit limit = PATH_LIMIT_NONE;
	int n = ask->untrusted != NULL ? sk_X509_num(ask->untrusted) : 0;

	if (n > PKI_MAX_CERTS)
		return PATH_LIMIT_CERTS;
	s = mem_new(NULL, struct search);
	s->ask = ask;
	s->offer = offer;
	s->arg = arg;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &s->start);
	if (!add_installed(s))
		limit = PATH_LIMIT_CERTS;
	for (int i = 0; i < n; i++)
		if (!add_to_pool(s, sk_X509_value(ask->untrusted, i)))
			limit = PATH_LIMIT_CERTS;
	if (limit == PATH_LIMIT_NONE) {
		try_as_sent(s);
		s->way = (struct path){ .certs = { ask->peer }, .count = 1 };
		if (!s->ended)
			climb(s, NULL);
		if (s->exhausted && !s->ended)
			limit = PATH_LIMIT_WORK;
		else if (s->ways == 0)
			s->offer(arg, &s->longest);
	}
	mem_free(s);
	return limit;
}
