/* Fetches CRLs and OCSP responses over http, or from files. */
#include "pki/fetch.h"

#include <string.h>

#include <curl/curl.h>

#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

static size_t
take_data(char *data, size_t size, size_t n, void *arg)
{
	struct text *body = arg;

	if (body->len + size * n > PKI_FETCH_MAX_BYTES)
		return 0; /* curl ends the transfer */
	text_addn(body, data, size * n);
	return size * n;
}

static void
set_options(
	CURL *curl, const struct pki_fetch_ask *ask, struct curl_slist *headers, struct text *body, char *why)
{
	curl_easy_setopt(curl, CURLOPT_URL, ask->url);
	/* RFC 5280 8, 9: https here would need a certificate to check a certificate. */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
		ask->timeout_ms != 0 && ask->timeout_ms < PKI_FETCH_MAX_MS ? (long)ask->timeout_ms
									   : (long)PKI_FETCH_MAX_MS);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)PKI_FETCH_MAX_BYTES);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (ask->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)ask->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
	}
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

bool
pki_fetch_http(void *arg, const void *ctx, const struct pki_fetch_ask *ask, unsigned char **data, size_t *len,
	struct err *err)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	struct text body;
	CURLcode code;
	CURL *curl;

	if (strncasecmp(ask->url, "http://", 7) != 0)
		return err_set(err, ERR_REFUSED, "only http is fetched");
	curl = curl_easy_init();
	if (curl == NULL)
		return err_set(err, ERR_INTERNAL, "libcurl cannot start");
	text_init(&body, (void *)ctx);
	headers = content_type(ask);
	set_options(curl, ask, headers, &body, why);
	code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	*data = (unsigned char *)body.s;
	*len = body.len;
	if (code == CURLE_OK)
		return true;
	if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(err, ERR_RANGE, "more than %u bytes", PKI_FETCH_MAX_BYTES);
	return err_set(err, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "%s",
		why[0] != '\0' ? why : curl_easy_strerror(code));
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
