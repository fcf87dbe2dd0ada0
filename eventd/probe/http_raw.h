/* Inside eventd-probe: a request that somebody wrote by hand, over a connection of libcurl. */
#ifndef PROBE_HTTP_RAW_H
#define PROBE_HTTP_RAW_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/* Microseconds of a clock that is never set. Any thread. */
int64_t http_now(void);

/*
 * Behind curl_easy_perform() with CURLOPT_CONNECT_ONLY: sends the request and reads until the reply is whole or the
 * deadline (http_now()) has passed. Blocks: worker threads only. *status is the reply's; `why`, when it went wrong
 * and libcurl has no words for it.
 */
CURLcode http_raw_exchange(
	CURL *, const char *request, int64_t deadline, long *status, char *why, size_t why_size);

#endif
