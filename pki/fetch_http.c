/* Fetches CRLs, OCSP responses and bundles of certificates over http or https, or from files. */
#include "pki/fetch.h"

#include <string.h>

#include <curl/curl.h>

#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"
#include "pki/import.h"

static size_t
take_data(char *data, size_t size, size_t n, void *arg)
{
	struct text *body = arg;

	if (body->len + size * n > PKI_FETCH_MAX_BYTES)
		return 0; /* curl ends the transfer */
	text_addn(body, data, size * n);
	return size * n;
}

/* A transfer: what is asked, what may be used for it, what came. */
struct transfer {
	const struct pki_fetch_ask *ask;
	const char *schemes;
	struct text anchors; /* PEM, for https */
	struct text body;
	char why[CURL_ERROR_SIZE];
};

static void
set_options(CURL *curl, struct transfer *t, struct curl_slist *headers)
{
	const struct pki_fetch_ask *ask = t->ask;

	curl_easy_setopt(curl, CURLOPT_URL, ask->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, t->schemes);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, t->schemes);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
		ask->timeout_ms != 0 && ask->timeout_ms < PKI_FETCH_MAX_MS ? (long)ask->timeout_ms
									   : (long)PKI_FETCH_MAX_MS);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)PKI_FETCH_MAX_BYTES);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &t->body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (ask->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)ask->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
	}
}

/* Nobody but these: not the system's store either. */
static void
set_anchors(CURL *curl, struct transfer *t)
{
	struct curl_blob blob = { .data = t->anchors.s, .len = t->anchors.len, .flags = CURL_BLOB_NOCOPY };

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
}

static struct curl_slist *
content_type(const struct pki_fetch_ask *ask)
{
	struct curl_slist *headers;
	char *line;

	if (ask->content_type == NULL)
		return NULL;
	line = mem_printf(NULL, "Content-Type: %s", ask->content_type);
	headers = curl_slist_append(NULL, line);
	mem_free(line);
	return headers;
}

static bool
transfer(struct transfer *t, struct err *err)
{
	struct curl_slist *headers;
	CURLcode code;
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		return err_set(err, ERR_INTERNAL, "libcurl cannot start");
	headers = content_type(t->ask);
	set_options(curl, t, headers);
	if (t->anchors.len > 0)
		set_anchors(curl, t);
	code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	if (code == CURLE_OK)
		return true;
	if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(err, ERR_RANGE, "more than %u bytes", PKI_FETCH_MAX_BYTES);
	return err_set(err, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "%s",
		t->why[0] != '\0' ? t->why : curl_easy_strerror(code));
}

static bool
has_scheme(const char *url, const char *scheme)
{
	return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

bool
pki_fetch_http(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	/* RFC 5280 8, 9: https here would need a certificate to check a certificate. */
	struct transfer t = { .ask = ask, .schemes = "http" };
	bool ok;

	if (!has_scheme(ask->url, "http://"))
		return err_set(err, ERR_REFUSED, "only http is fetched");
	text_init(&t.body, (void *)ctx);
	ok = transfer(&t, err);
	*data = (unsigned char *)t.body.s;
	*len = t.body.len;
	return ok;
}

static void
add_anchors(struct text *pem, const struct trust *trust)
{
	for (size_t i = 0; i < trust->count; i++) {
		char *base64 = cert_to_base64(NULL, trust->points[i].cert);

		text_add(pem, "-----BEGIN CERTIFICATE-----\n");
		for (size_t at = 0, n = strlen(base64); at < n; at += 64)
			text_printf(pem, "%.64s\n", base64 + at);
		text_add(pem, "-----END CERTIFICATE-----\n");
		mem_free(base64);
	}
}

bool
pki_fetch_web(const struct trust *trust, const void *ctx, const struct pki_fetch_ask *ask,
	unsigned char **data, size_t *len, struct err *err)
{
	struct transfer t = { .ask = ask, .schemes = "https" };
	bool ok;

	if (!has_scheme(ask->url, "https://"))
		return pki_fetch_http(NULL, ctx, ask, data, len, err);
	if (trust->count == 0) {
		err_class(err, ERR_CRYPTO, "CERT_UNTRUSTED", "no trustpoint configured");
		err_hint(err, "https needs a trustpoint that its server is validated against");
		return false;
	}
	text_init(&t.anchors, (void *)ctx);
	text_init(&t.body, (void *)ctx);
	add_anchors(&t.anchors, trust);
	ok = transfer(&t, err);
	*data = (unsigned char *)t.body.s;
	*len = t.body.len;
	return ok;
}

bool
pki_fetch_any(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	const char *path = ask->url;

	if (strncasecmp(path, "file://", 7) == 0)
		path += 7;
	else if (strstr(path, "://") != NULL)
		return pki_fetch_http(arg, ctx, ask, data, len, err);
	*data = (unsigned char *)path_read_file(ctx, path, PKI_FETCH_MAX_BYTES, len, err);
	return *data != NULL;
}
