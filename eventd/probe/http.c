/* http get, http raw: a transaction with libcurl, in a worker thread: it resolves and connects by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "core/mem.h"
#include "probe/http_raw.h"
#include "probe/run.h"

/* Of the worker thread: malloc only. */
struct transaction {
	struct probe_run *run;
	char *url, *source, *device, *proxy;
	char *request;  /* http raw, or NULL */
	char *anchors;  /* PEM, or NULL */
	char *resolved; /* HOST:PORT:ADDRESS,..., as the name server said; NULL: the system resolves */
	bool no_cache;
	int tos;
	unsigned version;
	long source_port;
	long timeout_ms;
	CURLcode result;
	long status;
	curl_off_t dns_us, tcp_us, total_us;
	curl_off_t asked_us; /* the name server was asked before */
	char address[64];
	char why[CURL_ERROR_SIZE + 128];
};

static size_t
forget_body(char *data, size_t size, size_t n, void *arg)
{
	return size * n;
}

/* Before it connects: the device, and the TOS of whichever family it is. */
static int
dress_socket(void *arg, curl_socket_t fd, curlsocktype what)
{
	const struct transaction *t = arg;

	if (t->device != NULL &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->device, (socklen_t)strlen(t->device)) != 0)
		return CURL_SOCKOPT_ERROR;
	if (t->tos != 0) {
		setsockopt(fd, IPPROTO_IP, IP_TOS, &t->tos, sizeof t->tos);
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &t->tos, sizeof t->tos);
	}
	return CURL_SOCKOPT_OK;
}

static enum probe_code
code_of(const struct transaction *t)
{
	switch (t->result) {
	case CURLE_OK:
		/* IOS takes redirections for an answer. */
		return t->status == 200 || t->status == 301 || t->status == 302 ? PROBE_OK : PROBE_HTTP_ERROR;
	case CURLE_OPERATION_TIMEDOUT: /* a phase that did not end has taken no time */
		return t->dns_us == 0   ? PROBE_DNS_TIMEOUT
		       : t->tcp_us == 0 ? PROBE_TCP_TIMEOUT
					: PROBE_HTTP_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
		return PROBE_DNS_QUERY_ERROR;
	case CURLE_COULDNT_CONNECT:
		return PROBE_NO_CONNECTION;
	default:
		return PROBE_HTTP_ERROR;
	}
}

/* What libcurl says of a failure, and what it leaves out: the status, and why a connection did not come. */
static void
explain(struct transaction *t, int error)
{
	size_t n = strlen(t->why);

	if (t->result == CURLE_OK) {
		t->why[0] = '\0';
		if (code_of(t) != PROBE_OK)
			snprintf(t->why, sizeof t->why, "the server answered with status %ld", t->status);
		return;
	}
	if (n == 0)
		n = (size_t)snprintf(t->why, sizeof t->why, "%s", curl_easy_strerror(t->result));
	if (t->result == CURLE_COULDNT_CONNECT && error != 0)
		snprintf(t->why + n, sizeof t->why - n, ": %s", strerror(error));
}

/* The system's certificates are in the store already. */
static CURLcode
add_anchors(CURL *c, void *context, void *arg)
{
	const struct transaction *t = arg;
	X509_STORE *store = SSL_CTX_get_cert_store(context);
	BIO *in = t->anchors == NULL ? NULL : BIO_new_mem_buf(t->anchors, -1);
	X509 *cert;

	while (in != NULL && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		X509_STORE_add_cert(store, cert);
		X509_free(cert);
	}
	BIO_free(in);
	ERR_clear_error(); /* the text has ended */
	return CURLE_OK;
}

static void
set_options(CURL *c, struct transaction *t)
{
	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, t->timeout_ms);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, t->request == NULL ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, forget_body);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "eventd");
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, dress_socket);
	curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, t);
	curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, t->request != NULL ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, add_anchors);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, t);
	if (t->source != NULL)
		curl_easy_setopt(c, CURLOPT_INTERFACE, t->source);
	if (t->proxy != NULL)
		curl_easy_setopt(c, CURLOPT_PROXY, t->proxy);
	if (t->source_port != 0)
		curl_easy_setopt(c, CURLOPT_LOCALPORT, t->source_port);
	if (t->version != 0)
		curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
			(long)(t->version == 10 ? CURL_HTTP_VERSION_1_0 : CURL_HTTP_VERSION_1_1));
}

static void
take_times(CURL *c, struct transaction *t, int64_t began)
{
	char *address = NULL;

	curl_easy_getinfo(c, CURLINFO_NAMELOOKUP_TIME_T, &t->dns_us);
	curl_easy_getinfo(c, CURLINFO_CONNECT_TIME_T, &t->tcp_us);
	curl_easy_getinfo(c, CURLINFO_TOTAL_TIME_T, &t->total_us);
	curl_easy_getinfo(c, CURLINFO_PRIMARY_IP, &address);
	if (t->request != NULL)
		t->total_us = http_now() - began;
	snprintf(t->address, sizeof t->address, "%s", address == NULL ? "" : address);
}

static void
work(void *data)
{
	struct transaction *t = data;
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL, *resolved = NULL;
	int64_t began = http_now();
	long error = 0;

	t->result = CURLE_FAILED_INIT;
	if (c == NULL)
		return;
	set_options(c, t);
	if (t->no_cache)
		headers = curl_slist_append(NULL, "Cache-Control: no-cache");
	if (t->resolved != NULL)
		resolved = curl_slist_append(NULL, t->resolved);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_RESOLVE, resolved);
	t->result = curl_easy_perform(c);
	if (t->request == NULL)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &t->status);
	else if (t->result == CURLE_OK)
		t->result = http_raw_exchange(c, t->request, began + (int64_t)t->timeout_ms * 1000,
			&t->status, t->why, sizeof t->why);
	take_times(c, t, began);
	curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &error);
	explain(t, (int)error);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolved);
}

static void
done(void *data)
{
	const struct transaction *t = data;
	struct probe_run *r = t->run;
	struct probe_answer a = { .code = code_of(t),
		.rtt_us = t->result == CURLE_OK ? t->asked_us + t->total_us : -1,
		.dns_us = t->asked_us + t->dns_us,
		.tcp_us = t->tcp_us > t->dns_us ? t->tcp_us - t->dns_us : -1,
		.http_us = t->total_us > t->tcp_us ? t->total_us - t->tcp_us : -1,
		.http_status = (int)t->status,
		.detail = t->why[0] != '\0' ? t->why : NULL };

	snprintf(r->address, sizeof r->address, "%.*s", (int)sizeof r->address - 1, t->address);
	probe_finish_answer(r, &a);
}

static void
forget(void *data)
{
	struct transaction *t = data;

	free(t->url);
	free(t->source);
	free(t->device);
	free(t->proxy);
	free(t->request);
	free(t->anchors);
	free(t->resolved);
	free(t);
}

/* `resolved`: what the name server said, or NULL. */
static void
submit(struct probe_run *r, const char *resolved)
{
	struct transaction *t = calloc(1, sizeof *t);
	const char *device = probe_device(r);
	usec asked = probe_elapsed(r);

	if (t == NULL || (t->url = strdup(r->ask->target)) == NULL) {
		free(t);
		probe_finish(r, PROBE_BUSY, "no memory");
		return;
	}
	t->run = r;
	t->timeout_ms = (long)r->ask->timeout_ms;
	t->no_cache = r->ask->no_cache;
	t->version = r->ask->http_version;
	t->source_port = (long)r->ask->source_port;
	t->tos = (int)r->ask->tos;
	if (r->ask->proxy != NULL)
		t->proxy = strdup(r->ask->proxy);
	if (r->ask->source_address != NULL)
		t->source = strdup(r->ask->source_address);
	if (device != NULL)
		t->device = strdup(device);
	if (r->ask->anchors != NULL)
		t->anchors = strdup(r->ask->anchors);
	if (r->ask->request != NULL)
		t->request = strdup(r->ask->request);
	if (resolved != NULL) {
		t->resolved = strdup(resolved);
		t->asked_us = asked;
		t->timeout_ms -= (long)(asked / USEC_PER_MSEC);
		if (t->timeout_ms < 1)
			t->timeout_ms = 1; /* 0 is for ever */
	}
	work_submit(r, r->loop, work, done, forget, t);
}

/* Who is connected to: the proxy, or the URL's host. Of libcurl's allocation. */
static bool
peer_of(const struct probe_ask *a, char **host, char **port)
{
	CURLU *u = curl_url();
	bool found = u != NULL &&
		     curl_url_set(u, CURLUPART_URL, a->proxy != NULL ? a->proxy : a->target,
			     CURLU_GUESS_SCHEME) == CURLUE_OK &&
		     curl_url_get(u, CURLUPART_HOST, host, 0) == CURLUE_OK;

	/* Without one, libcurl takes port 1080 of a proxy. */
	if (found && a->proxy != NULL && curl_url_get(u, CURLUPART_PORT, port, 0) != CURLUE_OK)
		curl_url_set(u, CURLUPART_PORT, "1080", 0);
	curl_free(*port);
	*port = NULL;
	found = found && curl_url_get(u, CURLUPART_PORT, port, CURLU_DEFAULT_PORT) == CURLUE_OK;
	curl_url_cleanup(u);
	return found;
}

static void
looked_up(struct probe_run *r, const char *addresses)
{
	char *host = NULL, *port = NULL;

	if (peer_of(r->ask, &host, &port))
		submit(r, mem_printf(r, "%s:%s:%s", host, port, addresses));
	curl_free(host);
	curl_free(port);
}

void
probe_http_start(struct probe_run *r)
{
	char *host = NULL, *port = NULL;
	struct in6_addr ignored;

	if (r->ask->server == NULL) {
		submit(r, NULL);
		return;
	}
	if (!peer_of(r->ask, &host, &port))
		probe_finish(r, PROBE_HTTP_ERROR, "the URL names no host");
	else if (host[0] == '[' || inet_pton(AF_INET, host, &ignored) == 1)
		submit(r, NULL);
	else
		probe_lookup(r, host, looked_up);
	curl_free(host);
	curl_free(port);
}
