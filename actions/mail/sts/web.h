/*
 * What eventd-sts is asked to do in the web, by value: fetch a policy (RFC 8461 3.3), or hand in a TLS
 * report (RFC 8460 3). One https request; no redirect, no cookie, nothing cached. Owned by its context.
 *
 * Messages to eventd-sts (core/frame.h): {"type":"web","version":1,"id":7,...}
 * and from it, exactly one for each:     {"type":"answer","version":1,"id":7,...}
 */
#ifndef ACTIONS_MAIL_STS_WEB_H
#define ACTIONS_MAIL_STS_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "pki/trust.h"

#define WEB_VERSION    1
#define WEB_TEXT_MAX   (64u * 1024u) /* octets of an answer's body */
#define WEB_TIMEOUT_MS 60000u        /* mail-security 10.1: the whole of it */
#define WEB_BODY_MAX   (8u * 1024u * 1024u)

struct web_request {
	uint64_t id;
	const char *url;        /* https://host[:port]/... */
	const char *host;       /* of the URL: the name that the certificate must have */
	unsigned port;          /* of the URL */
	const char **addresses; /* of the host; none: the system resolves */
	size_t address_count;
	const char *proxy;         /* "http://host:port", or NULL */
	const struct trust *trust; /* NULL: the system's pool */
	const char *content_type;  /* of `body` */
	const char *body;          /* POST when not NULL; any octets */
	size_t body_len;
	bool plain_text;     /* demand Content-Type: text/plain and the status 200 */
	unsigned timeout_ms; /* 0: WEB_TIMEOUT_MS */
};

/* ORDER: web_failure_name() */
enum web_failure {
	WEB_OK,
	WEB_TIMEOUT,
	WEB_CONNECT, /* no name, no connection, or one that broke */
	WEB_TLS,     /* no TLS 1.2, or a certificate that proves nothing */
	WEB_HTTP,    /* a redirect, another status, another content type */
	WEB_TOO_BIG,
	WEB_FAILURE_COUNT
};

struct web_answer {
	uint64_t id;
	enum web_failure failure;
	const char *reason; /* of a failure: a noun phrase, "a connection timeout" */
	int status;         /* of HTTP, 0: none came */
	const char *text;   /* the body; NULL with a failure */
	size_t text_len;
};

const char *web_failure_name(int);

json_t *web_request_to_json(const struct web_request *);
struct web_request *web_request_from_json(const void *ctx, const json_t *, struct err *);
json_t *web_answer_to_json(const struct web_answer *);
struct web_answer *web_answer_from_json(const void *ctx, const json_t *, struct err *);

#endif
