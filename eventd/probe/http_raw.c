/* http raw: a request as it was written is sent, and its reply waited for. */
#include "probe/http_raw.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "probe/http_reply.h"

int64_t
http_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Until the socket is ready; false: the time is over. */
static bool
is_ready(curl_socket_t fd, short what, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = what };
	int64_t left = (deadline - http_now() + 999) / 1000;

	return left > 0 && poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0;
}

static CURLcode
send_all(CURL *c, curl_socket_t fd, const char *request, int64_t deadline)
{
	size_t left = strlen(request), sent;

	while (left > 0) {
		CURLcode code = curl_easy_send(c, request, left, &sent);

		if (code == CURLE_AGAIN && !is_ready(fd, POLLOUT, deadline))
			return CURLE_OPERATION_TIMEDOUT;
		if (code != CURLE_OK && code != CURLE_AGAIN)
			return code;
		if (code == CURLE_OK) {
			request += sent;
			left -= sent;
		}
	}
	return CURLE_OK;
}

static CURLcode
receive(CURL *c, curl_socket_t fd, struct http_reply *reply, int64_t deadline)
{
	char room[16384];
	size_t n;

	while (reply->part != HTTP_DONE && reply->part != HTTP_WRONG) {
		CURLcode code = curl_easy_recv(c, room, sizeof room, &n);

		if (code == CURLE_AGAIN && !is_ready(fd, POLLIN, deadline))
			return CURLE_OPERATION_TIMEDOUT;
		if (code == CURLE_AGAIN)
			continue;
		if (code != CURLE_OK)
			return code;
		if (n == 0)
			http_reply_close(reply);
		else
			http_reply_feed(reply, room, n);
		if (http_now() > deadline && reply->part != HTTP_DONE)
			return CURLE_OPERATION_TIMEDOUT; /* drop by drop for ever */
	}
	return CURLE_OK;
}

CURLcode
http_raw_exchange(CURL *c, const char *request, int64_t deadline, long *status, char *why, size_t why_size)
{
	struct http_reply reply;
	curl_socket_t fd;
	CURLcode code;

	if (curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
		return CURLE_FAILED_INIT;
	http_reply_begin(&reply, strncasecmp(request, "HEAD ", 5) == 0);
	code = send_all(c, fd, request, deadline);
	if (code == CURLE_OK)
		code = receive(c, fd, &reply, deadline);
	*status = reply.status;
	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(why, why_size, "%s",
			reply.status == 0 ? "no reply came in time" : "the reply was not whole in time");
	if (code != CURLE_OK || reply.part == HTTP_DONE)
		return code;
	snprintf(why, why_size, "%s",
		reply.status == 0 ? "what came is no reply of HTTP" : "the reply ended early");
	return CURLE_WEIRD_SERVER_REPLY;
}
