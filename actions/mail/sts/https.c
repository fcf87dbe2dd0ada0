/* Requests to web servers. */
#include "actions/mail/sts/https.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/system.h"
#include "pki/verify.h"

struct exchange {
	const struct web_request *request;
	const struct trust *trust;
	struct pki_fetch revocation;
	CURL *curl;
	struct curl_slist *headers, *resolved;
	struct text body;
	bool too_big;
	struct pki_result verdict;
	bool judged;
	char why[CURL_ERROR_SIZE];
};

void
https_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Instead of OpenSSL's own judgement. */
static int
on_verify(X509_STORE_CTX *store, void *arg)
{
	struct exchange *x = arg;
	struct pki_request ask = {
		.trust = x->trust,
		.peer = X509_STORE_CTX_get0_cert(store),
		.untrusted = X509_STORE_CTX_get0_untrusted(store),
		.name = { .kind = PKI_NAME_DNS, .value = x->request->host },
		.purpose = PKI_SERVER,
		.depth = -1,
		.revocation = PKI_REVOCATION_BY_POLICY,
		.fetch = &x->revocation,
	};
	bool good;

	if (x->judged)
		pki_result_clear(&x->verdict);
	good = pki_verify(&ask, &x->verdict);
	x->judged = true;
	X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	return good;
}

static CURLcode
on_context(CURL *curl, void *ssl_ctx, void *arg)
{
	(void)curl;
	SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION);
	SSL_CTX_set_security_level(ssl_ctx, 2);
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, on_verify, arg);
	return CURLE_OK;
}

/* ---- the request ---- */

static size_t
take_data(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	if (x->body.len + size * n > WEB_TEXT_MAX) {
		x->too_big = true;
		return 0; /* curl ends the transfer */
	}
	text_addn(&x->body, data, size * n);
	return size * n;
}

/* "host:443:192.0.2.1,2001:db8::1": where the name was found by whoever asks us. */
static void
set_addresses(struct exchange *x)
{
	const struct web_request *r = x->request;
	struct text line;

	if (r->address_count == 0 || r->proxy != NULL)
		return;
	text_init(&line, NULL);
	text_printf(&line, "%s:%u:", r->host, r->port == 0 ? 443 : r->port);
	for (size_t i = 0; i < r->address_count; i++)
		text_printf(&line, "%s%s", i == 0 ? "" : ",", r->addresses[i]);
	x->resolved = curl_slist_append(NULL, line.s);
	curl_easy_setopt(x->curl, CURLOPT_RESOLVE, x->resolved);
	mem_free(line.s);
}

static void
set_body(struct exchange *x)
{
	const struct web_request *r = x->request;
	char *line;

	if (r->body == NULL)
		return;
	line = mem_printf(NULL, "Content-Type: %s",
		r->content_type != NULL ? r->content_type : "application/octet-stream");
	x->headers = curl_slist_append(NULL, line);
	x->headers = curl_slist_append(x->headers, "Expect:");
	mem_free(line);
	curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(x->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
	curl_easy_setopt(x->curl, CURLOPT_POSTFIELDS, r->body);
}

static void
set_options(struct exchange *x)
{
	const struct web_request *r = x->request;
	CURL *c = x->curl;

	curl_easy_setopt(c, CURLOPT_URL, r->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms != 0 ? r->timeout_ms : WEB_TIMEOUT_MS));
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, r->proxy != NULL ? r->proxy : "");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, x);
	set_addresses(x);
	set_body(x);
}

/* ---- the answer ---- */

static struct web_answer *
failed(struct web_answer *a, enum web_failure failure, const char *reason)
{
	a->failure = failure;
	a->reason = reason;
	return a;
}

static struct web_answer *
judge_transfer(struct web_answer *a, const struct exchange *x, CURLcode code)
{
	const char *why = x->why[0] != '\0' ? x->why : curl_easy_strerror(code);

	if (x->too_big)
		return failed(a, WEB_TOO_BIG, mem_printf(a, "a body of more than %u octets", WEB_TEXT_MAX));
	if (x->judged && x->verdict.class != PKI_OK)
		return failed(a, WEB_TLS,
			mem_printf(a, "a certificate that cannot be trusted (%s: %s)",
				pki_class_name(x->verdict.class), x->verdict.detail));
	if (code == CURLE_OPERATION_TIMEDOUT)
		return failed(a, WEB_TIMEOUT, "a connection timeout"); /* seed 003 */
	if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION)
		return failed(a, WEB_TLS, mem_printf(a, "a failure of TLS (%s)", why));
	return failed(a, WEB_CONNECT, mem_printf(a, "a connection failure (%s)", why));
}

/* "text/plain", with parameters or without. */
static bool
is_plain_text(const char *type)
{
	static const char plain[] = "text/plain";
	size_t n = sizeof plain - 1;

	if (type == NULL || strncasecmp(type, plain, n) != 0)
		return false;
	type += n;
	type += strspn(type, " \t");
	return *type == '\0' || *type == ';';
}

static struct web_answer *
judge_http(struct web_answer *a, struct exchange *x)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->curl, CURLINFO_CONTENT_TYPE, &type);
	a->status = (int)status;
	if (status >= 300 && status < 400)
		return failed(a, WEB_HTTP, mem_printf(a, "a redirect (HTTP status %ld)", status));
	if (x->request->plain_text ? status != 200 : status < 200 || status > 299)
		return failed(a, WEB_HTTP, mem_printf(a, "the HTTP status %ld", status));
	if (x->request->plain_text && !is_plain_text(type))
		return failed(a, WEB_HTTP,
			mem_printf(a, "the content type %s", type != NULL ? type : "that is missing"));
	a->text = mem_strndup(a, "", 0);
	if (x->body.len > 0)
		a->text = mem_dup(a, x->body.s, x->body.len + 1);
	a->text_len = x->body.len;
	return a;
}

static struct web_answer *
carry_out(struct web_answer *a, struct exchange *x)
{
	CURLcode code;

	x->curl = curl_easy_init();
	if (x->curl == NULL)
		return failed(a, WEB_CONNECT, "a lack of memory");
	text_init(&x->body, a);
	set_options(x);
	code = curl_easy_perform(x->curl);
	a = code == CURLE_OK ? judge_http(a, x) : judge_transfer(a, x, code);
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->resolved);
	if (x->judged)
		pki_result_clear(&x->verdict);
	return a;
}

struct web_answer *
https_ask(const void *ctx, const struct web_request *r)
{
	struct web_answer *a = mem_new(ctx, struct web_answer);
	struct exchange *x = mem_new(a, struct exchange);
	struct err err = ERR_INIT;

	a->id = r->id;
	x->request = r;
	x->revocation.get = pki_fetch_http;
	x->trust = r->trust != NULL ? r->trust : system_trust(a, &err);
	if (x->trust == NULL)
		return failed(a, WEB_TLS, mem_strdup(a, err.text));
	return carry_out(a, x);
}
