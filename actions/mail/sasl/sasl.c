/* The mechanisms in one table, and the steps of an exchange. */
#include "actions/mail/sasl/sasl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gsasl.h>

#include "actions/mail/encode.h"
#include "actions/mail/sasl/oauth.h"
#include "actions/mail/sasl/scram.h"
#include "core/mem.h"

struct mechanism;

/* Appends the answer; challenge NULL: the initial response. */
typedef bool step_f(struct sasl *, const char *challenge, size_t n, struct text *out, struct err *);

static step_f step_library, step_scram, step_xoauth2, step_oauthbearer, step_external;

enum proof { BY_PASSWORD, BY_TOKEN, BY_CERTIFICATE };

struct mechanism {
	const char *name;
	step_f *step;
	enum proof proof;
	bool client_first;
	bool plus;          /* binds to the TLS connection */
	const char *digest; /* of SCRAM */
};

static const struct mechanism mechanisms[] = {
	{ "EXTERNAL", step_external, BY_CERTIFICATE, true, false, NULL },
	{ "SCRAM-SHA-256-PLUS", step_scram, BY_PASSWORD, true, true, "SHA256" },
	{ "SCRAM-SHA-256", step_scram, BY_PASSWORD, true, false, "SHA256" },
	{ "SCRAM-SHA-1-PLUS", step_scram, BY_PASSWORD, true, true, "SHA1" },
	{ "SCRAM-SHA-1", step_scram, BY_PASSWORD, true, false, "SHA1" },
	{ "XOAUTH2", step_xoauth2, BY_TOKEN, true, false, NULL },
	{ "OAUTHBEARER", step_oauthbearer, BY_TOKEN, true, false, NULL },
	{ "PLAIN", step_library, BY_PASSWORD, true, false, NULL },
	{ "LOGIN", step_library, BY_PASSWORD, false, false, NULL },
	{ "CRAM-MD5", step_library, BY_PASSWORD, false, false, NULL },
};
#define MECHANISMS (sizeof mechanisms / sizeof mechanisms[0])

#define SCRAMS "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1"
#define OAUTHS "XOAUTH2 OAUTHBEARER"

static const char in_verified_tls[] = SCRAMS " " OAUTHS " PLAIN LOGIN CRAM-MD5";
/* Where others listen, what does not show the password comes first. */
static const char in_the_clear[] = SCRAMS " " OAUTHS " CRAM-MD5 PLAIN LOGIN";

struct sasl {
	const struct sasl_want *want;
	struct text *order; /* what can be used of what is allowed, blanks between */
	const char *next;   /* in order: what was not yet chosen */
	Gsasl *library;
	const struct mechanism *mech;
	Gsasl_session *session; /* of step_library */
	struct scram *scram;
	char *status;      /* of a token that was not taken */
	bool plus_offered; /* by the server */
	bool complete;
};

static const struct mechanism *
find(const char *name, size_t n)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (strlen(mechanisms[i].name) == n && strncasecmp(mechanisms[i].name, name, n) == 0)
			return &mechanisms[i];
	return NULL;
}

bool
sasl_is_known(const char *mechanism)
{
	return find(mechanism, strlen(mechanism)) != NULL;
}

static void
wipe_property(Gsasl_session *session, Gsasl_property property)
{
	const char *s = gsasl_property_fast(session, property);

	if (s != NULL)
		explicit_bzero((char *)(uintptr_t)s, strlen(s));
}

static void
end_exchange(struct sasl *s)
{
	if (s->session != NULL) {
		wipe_property(s->session, GSASL_PASSWORD);
		gsasl_finish(s->session);
	}
	mem_free(s->scram);
	mem_free(s->status);
	s->session = NULL;
	s->scram = NULL;
	s->status = NULL;
	s->complete = false;
}

static int
finish(void *ptr)
{
	struct sasl *s = ptr;

	end_exchange(s);
	if (s->library != NULL)
		gsasl_done(s->library);
	return 0;
}

/* ---- which one ---- */

static bool
can_use(const struct sasl_want *want, const struct mechanism *m)
{
	if (m->plus && want->binding == NULL)
		return false;
	switch (m->proof) {
	case BY_TOKEN:
		return want->token != NULL;
	case BY_CERTIFICATE:
		return want->certificate;
	default:
		return want->password != NULL;
	}
}

static void
set_order(struct sasl *s)
{
	const struct sasl_want *want = s->want;
	const char *at = want->allowed != NULL ? want->allowed
			 : want->verified      ? in_verified_tls
					       : in_the_clear;
	size_t n;

	s->order = text_new(s);
	for (; *(at += strspn(at, " ")) != '\0'; at += n) {
		const struct mechanism *m;

		n = strcspn(at, " ");
		m = find(at, n);
		if (m != NULL && can_use(want, m))
			text_printf(s->order, "%s%s", s->order->len > 0 ? " " : "", m->name);
	}
	s->next = s->order->s;
}

struct sasl *
sasl_new(const void *ctx, const struct sasl_want *want, struct err *err)
{
	struct sasl *s = mem_new(ctx, struct sasl);

	s->want = want;
	set_order(s);
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
	s->plus_offered = smtp_ehlo_has_mechanism(ehlo, "SCRAM-SHA-256-PLUS") ||
			  smtp_ehlo_has_mechanism(ehlo, "SCRAM-SHA-1-PLUS");
	for (;;) {
		const char *at = s->next + strspn(s->next, " ");
		size_t n = strcspn(at, " ");
		const struct mechanism *m = find(at, n);

		if (n == 0)
			return NULL;
		s->next = at + n;
		if (m != NULL && smtp_ehlo_has_mechanism(ehlo, m->name))
			return m->name;
	}
}

const char *
sasl_ours(const struct sasl *s)
{
	return s->order->len > 0 ? s->order->s : "none";
}

bool
sasl_is_client_first(const char *mechanism)
{
	return find(mechanism, strlen(mechanism))->client_first;
}

/* ---- PLAIN, LOGIN, CRAM-MD5: libgsasl ---- */

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

static bool
start_library(struct sasl *s, struct err *err)
{
	int rc = gsasl_client_start(s->library, s->mech->name, &s->session);

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

static bool
step_library(struct sasl *s, const char *challenge, size_t n, struct text *out, struct err *err)
{
	char *said = NULL;
	size_t len = 0;
	int rc = gsasl_step(s->session, challenge, n, &said, &len);

	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		return failed(rc, err);
	s->complete = rc == GSASL_OK;
	text_addn(out, said, len);
	if (said != NULL)
		explicit_bzero(said, len);
	gsasl_free(said);
	return true;
}

/* ---- SCRAM ---- */

static bool
start_scram(struct sasl *s, struct err *err)
{
	const struct scram_want want = {
		.user = s->want->user,
		.password = s->want->password,
		.digest = s->mech->digest,
		.binding = s->want->binding,
		.plus = s->mech->plus,
		.offered = s->plus_offered,
	};

	s->scram = scram_new(s, &want, err);
	return s->scram != NULL;
}

static bool
step_scram(struct sasl *s, const char *challenge, size_t n, struct text *out, struct err *err)
{
	if (challenge == NULL) {
		scram_begin(s->scram, out);
		return true;
	}
	if (!scram_answer(s->scram, challenge, n, out, err))
		return false;
	s->complete = scram_is_complete(s->scram);
	return true;
}

/* ---- tokens ---- */

/* A challenge is the server's no, in JSON; it waits for `close` before it says 535. */
static bool
step_token(struct sasl *s, const char *challenge, size_t n, struct text *out, const char *close)
{
	s->complete = challenge == NULL;
	if (challenge == NULL)
		return true;
	mem_free(s->status);
	s->status = oauth_status(s, challenge, n);
	text_add(out, close);
	return true;
}

static bool
step_xoauth2(struct sasl *s, const char *challenge, size_t n, struct text *out, struct err *err)
{
	const struct oauth_login login = { s->want->user, s->want->token, s->want->host, s->want->port };

	(void)err;
	if (challenge == NULL)
		oauth_xoauth2(out, &login);
	return step_token(s, challenge, n, out, "");
}

static bool
step_oauthbearer(struct sasl *s, const char *challenge, size_t n, struct text *out, struct err *err)
{
	const struct oauth_login login = { s->want->user, s->want->token, s->want->host, s->want->port };

	(void)err;
	if (challenge == NULL)
		oauth_bearer(out, &login);
	return step_token(s, challenge, n, out, "\001");
}

/* ---- EXTERNAL: the certificate says who we are, the name as whom (RFC 4422 A) ---- */

static bool
step_external(struct sasl *s, const char *challenge, size_t n, struct text *out, struct err *err)
{
	(void)n;
	if (challenge != NULL)
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "the server asks on after the last answer");
	if (s->want->user != NULL)
		text_add(out, s->want->user);
	s->complete = true;
	return true;
}

/* ---- an exchange ---- */

bool
sasl_start(struct sasl *s, const char *mechanism, struct err *err)
{
	end_exchange(s);
	s->mech = find(mechanism, strlen(mechanism));
	if (s->mech->step == step_library)
		return start_library(s, err);
	return s->mech->step != step_scram || start_scram(s, err);
}

bool
sasl_step(struct sasl *s, const char *challenge, struct text *response, struct err *err)
{
	struct text *out;
	char *plain = NULL;
	size_t n = 0;
	bool ok;

	text_clear(response);
	if (challenge != NULL && s->complete && s->mech->client_first && s->mech->proof == BY_PASSWORD)
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "the server asks on after the last answer");
	if (challenge != NULL && gsasl_base64_from(challenge, strlen(challenge), &plain, &n) != GSASL_OK)
		return err_class(err, ERR_IO, "PROTOCOL_ERROR", "login challenge is not base64");
	out = text_new(NULL);
	ok = s->mech->step(s, challenge != NULL ? (plain != NULL ? plain : "") : NULL, n, out, err);
	if (ok)
		encode_base64(response, out->s, out->len);
	explicit_bzero(out->s, out->len);
	mem_free(out);
	gsasl_free(plain);
	return ok;
}

bool
sasl_is_complete(const struct sasl *s)
{
	return s->complete;
}

const char *
sasl_status(const struct sasl *s)
{
	return s->status;
}
