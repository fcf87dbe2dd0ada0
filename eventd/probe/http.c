/* http get: a transaction with libcurl, in a worker thread: it resolves and connects by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "core/mem.h"
#include "probe/run.h"

/* Of the worker thread: malloc only. */
struct transaction {
	struct probe_run *run;
	char *url, *source, *device, *proxy;
	bool no_cache;
	unsigned version;
	long source_port;
	long timeout_ms;
	CURLcode result;
	long status;
	curl_off_t dns_us, tcp_us, total_us;
	char address[64];
	char why[CURL_ERROR_SIZE + 128];
};

static size_t
forget_body(char *data, size_t size, size_t n, void *arg)
{
	return size * n;
}

static int
bind_device(void *arg, curl_socket_t fd, curlsocktype what)
{
	const char *device = arg;

	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) == 0
		       ? CURL_SOCKOPT_OK
		       : CURL_SOCKOPT_ERROR;
}

static enum probe_code
code_of(const struct transaction *t)
{
	switch (t->result) {
	case CURLE_OK:
		/* IOS takes redirections for an answer. */
		return t->status == 200 || t->status == 301 || t->status == 302 ? PROBE_OK : PROBE_HTTP_ERROR;
	case CURLE_OPERATION_TIMEDOUT:
		return PROBE_HTTP_TIMEOUT;
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

static void
work(void *data)
{
	struct transaction *t = data;
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL;
	char *address = NULL;
	long error = 0;

	t->result = CURLE_FAILED_INIT;
	if (c == NULL)
		return;
	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, t->timeout_ms);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, forget_body);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "eventd");
	if (t->source != NULL)
		curl_easy_setopt(c, CURLOPT_INTERFACE, t->source);
	if (t->device != NULL) {
		curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, bind_device);
		curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, t->device);
	}
	if (t->proxy != NULL)
		curl_easy_setopt(c, CURLOPT_PROXY, t->proxy);
	if (t->source_port != 0)
		curl_easy_setopt(c, CURLOPT_LOCALPORT, t->source_port);
	if (t->version != 0)
		curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
			(long)(t->version == 10 ? CURL_HTTP_VERSION_1_0 : CURL_HTTP_VERSION_1_1));
	if (t->no_cache)
		headers = curl_slist_append(NULL, "Cache-Control: no-cache");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	t->result = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &t->status);
	curl_easy_getinfo(c, CURLINFO_NAMELOOKUP_TIME_T, &t->dns_us);
	curl_easy_getinfo(c, CURLINFO_CONNECT_TIME_T, &t->tcp_us);
	curl_easy_getinfo(c, CURLINFO_TOTAL_TIME_T, &t->total_us);
	curl_easy_getinfo(c, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &error);
	explain(t, (int)error);
	snprintf(t->address, sizeof t->address, "%s", address == NULL ? "" : address);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
}

static void
done(void *data)
{
	const struct transaction *t = data;
	struct probe_run *r = t->run;
	struct probe_answer a = { .code = code_of(t),
		.rtt_us = t->result == CURLE_OK ? t->total_us : -1,
		.dns_us = t->dns_us,
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
	free(t);
}

void
probe_http_start(struct probe_run *r)
{
	struct transaction *t = calloc(1, sizeof *t);
	const char *device = probe_device(r);

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
	if (r->ask->proxy != NULL)
		t->proxy = strdup(r->ask->proxy);
	if (r->ask->source_address != NULL)
		t->source = strdup(r->ask->source_address);
	if (device != NULL)
		t->device = strdup(device);
	work_submit(r, r->loop, work, done, forget, t);
}
