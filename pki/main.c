/*
 * eventd-pki: the process that goes and fetches what PKI commands want: the chain of a server, a bundle of
 * certificates, revocation lists. It reads one message, writes one (pki/errand.h), and ends. It holds no
 * secret and gives root up before it reads.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/privilege.h"
#include "pki/chain.h"
#include "pki/fetch.h"
#include "pki/import.h"
#include "pki/revocation_cache.h"
#include "pki/trust.h"

static json_t *
fetch_data(const json_t *job, struct err *err)
{
	void *ctx = mem_ctx(NULL, "fetch");
	struct trust *trust = trust_from_json(ctx, json_object_get(job, "trust"), err);
	json_int_t timeout_ms = json_integer_value(json_object_get(job, "timeout_ms"));
	struct pki_fetch_ask ask = { .url = json_string_value(json_object_get(job, "url")),
		.timeout_ms = timeout_ms > 0 ? (unsigned)timeout_ms : 0 };
	unsigned char *data;
	json_t *answer = NULL;
	size_t n;

	if (trust != NULL && ask.url != NULL && pki_fetch_web(trust, ctx, &ask, &data, &n, err)) {
		char *base64 = mem_alloc(ctx, n / 3 * 4 + 8);

		EVP_EncodeBlock((unsigned char *)base64, data, (int)n);
		answer = json_pack("{s:s, s:s}", "type", "data", "data", base64);
	}
	mem_free(ctx);
	return answer;
}

static void
fetch_crl(struct revocation_cache *cache, const char *url, const json_t *job, json_t *errors)
{
	void *ctx = mem_ctx(NULL, "CRL");
	struct pki_fetch_ask ask = { .url = url,
		.timeout_ms = (unsigned)json_integer_value(json_object_get(job, "timeout_ms")) };
	struct err err = ERR_INIT;
	unsigned char *data;
	X509_CRL *crl = NULL;
	size_t n;

	revocation_cache_count(cache, REVOCATION_FETCHED);
	if (pki_fetch_http(NULL, ctx, &ask, &data, &n, &err))
		crl = crl_import(data, n, &err);
	if (crl != NULL) {
		revocation_cache_add_crl(cache, url, crl, time(NULL));
	} else {
		revocation_cache_count(cache, REVOCATION_FAILED);
		err_wrap(&err, "%s", url);
		json_array_append_new(errors, json_string(err.text));
	}
	X509_CRL_free(crl);
	mem_free(ctx);
}

static json_t *
fetch_crls(const json_t *job, struct err *err)
{
	struct revocation_cache *cache = revocation_cache_new(NULL);
	const json_t *urls = json_object_get(job, "urls"), *url;
	json_t *errors = json_array(), *answer;
	size_t i;

	json_array_foreach(urls, i, url) if (json_is_string(url))
		fetch_crl(cache, json_string_value(url), job, errors);
	answer = revocation_cache_news(cache);
	mem_free(cache);
	if (answer != NULL) {
		json_object_set_new(answer, "errors", errors);
		return answer;
	}
	json_decref(errors);
	err_set(err, ERR_INVALID, "nothing to fetch");
	return NULL;
}

static const struct {
	const char *type;
	json_t *(*f)(const json_t *job, struct err *);
} errands[] = {
	{ "chain", chain_fetch },
	{ "fetch", fetch_data },
	{ "crls", fetch_crls },
};

static json_t *
run(const json_t *job)
{
	const char *type = json_string_value(json_object_get(job, "type"));
	struct err err = ERR_INIT;

	for (size_t i = 0; type != NULL && i < sizeof errands / sizeof *errands; i++)
		if (strcmp(type, errands[i].type) == 0) {
			json_t *answer = errands[i].f(job, &err);

			if (answer != NULL)
				return answer;
		}
	return json_pack("{s:s, s:s, s:o, s:s}", "type", "error", "class", err.class, "text",
		frame_string(err.text, strlen(err.text)), "hint", err.hint);
}

int
main(void)
{
	struct err err = ERR_INIT;
	json_t *job, *answer;

	helper_side_harden();
	if (!privilege_drop(&err)) {
		fprintf(stderr, "eventd-pki: %s\n", err.text);
		return 1;
	}
	job = frame_read_fd(STDIN_FILENO, FRAME_MAX, &err);
	if (job == NULL)
		return err.code == ERR_NONE ? 0 : 1;
	answer = run(job);
	json_decref(job);
	if (!frame_write_fd(STDOUT_FILENO, answer, &err))
		return 1;
	json_decref(answer);
	return 0;
}
