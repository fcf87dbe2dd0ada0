/* SASL over libgsasl. */
#include "actions/mail/sasl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "actions/mail/encode.h"
#include "core/mem.h"

/* RFC 7677 4 asks for 4,096 iterations at least; above ten million a server only burns our time. */
#define SCRAM_ITERATIONS_MIN 4096
#define SCRAM_ITERATIONS_MAX 10000000

struct mechanism {
	const char *name;
	bool client_first;
	bool scram;
};

/* In order of preference inside verified TLS. */
static const struct mechanism mechanisms[] = {
	{ "SCRAM-SHA-256", true, true },
	{ "SCRAM-SHA-1", true, true },
	{ "PLAIN", true, false },
	{ "LOGIN", false, false },
	{ "CRAM-MD5", false, false },
};

static const char in_verified_tls[] = "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5";
/* Where others listen, what does not show the password comes first. */
static const char in_the_clear[] = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN";

struct sasl {
	const struct sasl_want *want;
	const char *order;
	const char *next; /* in order: what was not yet chosen */
	char name[32];
	Gsasl *library;
	Gsasl_session *session;
	const struct mechanism *mech;
	bool complete;
};

static const struct mechanism *
find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (strlen(mechanisms[i].name) == n && memcmp(mechanisms[i].name, name, n) == 0)
			return &mechanisms[i];
	return NULL;
}

static void
wipe_property(Gsasl_session *session, Gsasl_property property)
{
	const char *s = gsasl_property_fast(session, property);

	if (s != NULL)
		explicit_bzero((char *)(uintptr_t)s, strlen(s));
}

static void
end_session(struct sasl *s)
{
	if (s->session == NULL)
		return;
	wipe_property(s->session, GSASL_PASSWORD);
	wipe_property(s->session, GSASL_SCRAM_SALTED_PASSWORD);
	gsasl_finish(s->session);
	s->session = NULL;
}

static int
finish(void *ptr)
{
	struct sasl *s = ptr;

	end_session(s);
	if (s->library != NULL)
		gsasl_done(s->library);
	return 0;
}

struct sasl *
sasl_new(const void *ctx, const struct sasl_want *want, struct err *err)
{
	struct sasl *s = mem_new(ctx, struct sasl);

	s->want = want;
	s->order = want->allowed != NULL ? want->allowed : want->verified ? in_verified_tls : in_the_clear;
	s->next = s->order;
	mem_on_free(s, finish);
	if (gsasl_init(&s->library) == GSASL_OK)
		return s;
	s->library = NULL;
	err_class(err, ERR_INTERNAL, "HELPER_FAILED", "the SASL library cannot be used");
	mem_free(s);
	return NULL;
}

const char *
sasl_choose(struct sasl *s, const struct smtp_ehlo *ehlo)
{
	for (;;) {
		const char *at = s->next + strspn(s->next, " ");
		size_t n = strcspn(at, " ");
		const struct mechanism *m = find(at, n);

		if (n == 0)
			return NULL;
		s->next = at + n;
		if (m != NULL && smtp_ehlo_has_mechanism(ehlo, m->name) &&
			gsasl_client_support_p(s->library, m->name))
			return m->name;
	}
}

const char *
sasl_ours(const struct sasl *s)
{
	return s->order;
}

bool
sasl_is_client_first(const char *mechanism)
{
	return find(mechanism, strlen(mechanism))->client_first;
}

static bool
failed(int rc, struct err *err)
{
	switch (rc) {
	case GSASL_SASLPREP_ERROR:
		return err_class(
			err, ERR_CONFIG, "CONFIG", "user name or password has a prohibited character");
	case GSASL_AUTHENTICATION_ERROR:
	case GSASL_INTEGRITY_ERROR:
		return err_class(err, ERR_CRYPTO, "AUTH_FAILED", "server does not know the password");
	default:
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "login challenge: %s", gsasl_strerror(rc));
	}
}

bool
sasl_start(struct sasl *s, const char *mechanism, struct err *err)
{
	int rc;

	end_session(s);
	s->mech = find(mechanism, strlen(mechanism));
	s->complete = false;
	rc = gsasl_client_start(s->library, mechanism, &s->session);
	if (rc == GSASL_OK)
		rc = gsasl_property_set(s->session, GSASL_AUTHID, s->want->user);
	if (rc == GSASL_OK)
		rc = gsasl_property_set(s->session, GSASL_PASSWORD, s->want->password);
	if (rc == GSASL_OK)
		rc = gsasl_property_set(s->session, GSASL_SERVICE, "smtp");
	if (rc == GSASL_OK)
		rc = gsasl_property_set(s->session, GSASL_HOSTNAME, s->want->host);
	return rc == GSASL_OK || failed(rc, err);
}

/* A SCRAM server's first message names the iterations: "r=...,s=...,i=4096". */
static bool
check_iterations(const char *challenge, size_t n, struct err *err)
{
	const char *at = memmem(challenge, n, ",i=", 3);
	unsigned long count = 0;

	if (at == NULL)
		return true;
	for (at += 3; at < challenge + n && *at >= '0' && *at <= '9' && count <= SCRAM_ITERATIONS_MAX; at++)
		count = count * 10 + (unsigned long)(*at - '0');
	if (count < SCRAM_ITERATIONS_MIN || count > SCRAM_ITERATIONS_MAX)
		return err_class(err, ERR_CRYPTO, "AUTH_FAILED",
			"the server's iteration count is not from %d to %d", SCRAM_ITERATIONS_MIN,
			SCRAM_ITERATIONS_MAX);
	return true;
}

static bool
answer(struct sasl *s, const char *challenge, size_t n, struct text *response, struct err *err)
{
	char *out = NULL;
	size_t out_len = 0;
	int rc;

	if (s->mech->scram && challenge != NULL && !check_iterations(challenge, n, err))
		return false;
	rc = gsasl_step(s->session, challenge, n, &out, &out_len);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		return failed(rc, err);
	s->complete = rc == GSASL_OK;
	encode_base64(response, out, out_len);
	if (out != NULL)
		explicit_bzero(out, out_len);
	gsasl_free(out);
	return true;
}

bool
sasl_step(struct sasl *s, const char *challenge, struct text *response, struct err *err)
{
	char *plain = NULL;
	size_t n = 0;
	bool ok;

	text_clear(response);
	if (challenge == NULL)
		return answer(s, NULL, 0, response, err);
	if (s->complete && s->mech->client_first)
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "the server asks on after the last answer");
	if (gsasl_base64_from(challenge, strlen(challenge), &plain, &n) != GSASL_OK)
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "login challenge is not base64");
	ok = answer(s, plain, n, response, err);
	gsasl_free(plain);
	return ok;
}

bool
sasl_is_complete(const struct sasl *s)
{
	return s->complete;
}
