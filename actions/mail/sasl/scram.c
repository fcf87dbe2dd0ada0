/* SCRAM, by RFC 5802. */
#include "actions/mail/sasl/scram.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "actions/mail/encode.h"
#include "core/mem.h"

enum { NONCE_OCTETS = 24, MESSAGE_MAX = 4096, SALT_MAX = 1024, DIGEST_MAX = EVP_MAX_MD_SIZE };

enum state { WANTS_FIRST, WANTS_LAST, COMPLETE };

struct scram {
	const EVP_MD *md;
	size_t digest_len;
	char *user, *password;                    /* prepared; the password is wiped */
	char *nonce;                              /* ours */
	struct text *gs2;                         /* "n,," */
	struct text *bound;                       /* what c= encodes: gs2 header and binding */
	struct text *messages;                    /* AuthMessage as it grows */
	unsigned char server_key_sig[DIGEST_MAX]; /* what the server has to show */
	enum state state;
};

/* ---- beginning ---- */

static char *
prepared(const void *ctx, const char *s, struct err *err)
{
	char *out = NULL, *copy;

	if (gsasl_saslprep(s, GSASL_ALLOW_UNASSIGNED, &out, NULL) != GSASL_OK) {
		err_class(err, ERR_CONFIG, "CONFIG", "user name or password has a prohibited character");
		return NULL;
	}
	copy = mem_secret(ctx, out, strlen(out));
	explicit_bzero(out, strlen(out));
	gsasl_free(out);
	return copy;
}

static char *
random_nonce(const void *ctx)
{
	unsigned char raw[NONCE_OCTETS];
	struct text t;

	if (RAND_bytes(raw, sizeof raw) != 1)
		abort();
	text_init(&t, ctx);
	encode_base64(&t, raw, sizeof raw); /* letters, digits, + and /: all may stand in a nonce */
	return t.s;
}

struct scram *
scram_new(const void *ctx, const struct scram_want *want, struct err *err)
{
	struct scram *s = mem_new(ctx, struct scram);
	const struct channel_binding *b = want->binding;

	s->md = EVP_get_digestbyname(want->digest);
	s->digest_len = (size_t)EVP_MD_get_size(s->md);
	s->user = prepared(s, want->user, err);
	s->password = s->user == NULL ? NULL : prepared(s, want->password, err);
	if (s->password == NULL) {
		mem_free(s);
		return NULL;
	}
	s->nonce = want->nonce != NULL ? mem_strdup(s, want->nonce) : random_nonce(s);
	s->gs2 = text_new(s);
	s->bound = text_new(s);
	s->messages = text_new(s);
	if (want->plus)
		text_printf(s->gs2, "p=%s,,", b->name);
	else
		text_add(s->gs2, b != NULL && !want->offered ? "y,," : "n,,");
	text_addn(s->bound, s->gs2->s, s->gs2->len);
	if (want->plus)
		text_addn(s->bound, b->data, b->len);
	return s;
}

/* A user name may hold neither ',' nor '=' (RFC 5802 5.1). */
static void
add_name(struct text *out, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == ',')
			text_add(out, "=2C");
		else if (*name == '=')
			text_add(out, "=3D");
		else
			text_addc(out, *name);
	}
}

void
scram_begin(struct scram *s, struct text *out)
{
	text_clear(s->messages);
	text_add(s->messages, "n=");
	add_name(s->messages, s->user);
	text_printf(s->messages, ",r=%s", s->nonce);
	text_addn(out, s->gs2->s, s->gs2->len);
	text_addn(out, s->messages->s, s->messages->len);
}

/* ---- the server's first message: r=NONCE,s=SALT,i=COUNT ---- */

struct first {
	const char *nonce;
	unsigned char salt[SALT_MAX];
	size_t nonce_len, salt_len;
	int iterations;
};

static bool
bad(struct err *err, const char *why)
{
	return err_class(err, ERR_IO, "PROTOCOL_ERROR", "SCRAM: %s", why);
}

/* The value of the attribute that comes next: "r=...". */
static bool
attribute(const char **at, const char *end, char letter, const char **value, size_t *n)
{
	if (end - *at < 2 || (*at)[0] != letter || (*at)[1] != '=')
		return false;
	*value = *at + 2;
	*n = 0;
	while (*value + *n < end && (*value)[*n] != ',')
		++*n;
	*at = *value + *n + (*value + *n < end);
	return true;
}

static bool
decode_base64(const char *s, size_t n, unsigned char *out, size_t room, size_t *len)
{
	char *text = mem_strndup(NULL, s, n), *raw = NULL;
	size_t raw_len = 0;
	bool ok = n > 0 && memchr(s, '\0', n) == NULL &&
		  gsasl_base64_from(text, n, &raw, &raw_len) == GSASL_OK && raw_len <= room;

	if (ok)
		memcpy(out, raw, raw_len);
	*len = raw_len;
	gsasl_free(raw);
	mem_free(text);
	return ok;
}

static bool
count(const char *s, size_t n, int *value)
{
	long v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v > SCRAM_ITERATIONS_MAX ? v : v * 10 + (s[i] - '0');
	}
	*value = v > SCRAM_ITERATIONS_MAX ? SCRAM_ITERATIONS_MAX + 1 : (int)v;
	return n > 0;
}

static bool
read_first(const struct scram *s, const char *message, size_t n, struct first *f, struct err *err)
{
	const char *at = message, *end = message + n, *value;
	size_t len, ours = strlen(s->nonce);

	if (n >= 2 && message[0] == 'm' && message[1] == '=')
		return bad(err, "the server wants an extension that is not known");
	if (!attribute(&at, end, 'r', &f->nonce, &f->nonce_len) ||
		memchr(f->nonce, '\0', f->nonce_len) != NULL)
		return bad(err, "the first message has no nonce");
	if (f->nonce_len <= ours || memcmp(f->nonce, s->nonce, ours) != 0)
		return bad(err, "the server's nonce does not go on from ours");
	if (!attribute(&at, end, 's', &value, &len) ||
		!decode_base64(value, len, f->salt, sizeof f->salt, &f->salt_len))
		return bad(err, "the first message has no salt");
	if (!attribute(&at, end, 'i', &value, &len) || !count(value, len, &f->iterations))
		return bad(err, "the first message has no iteration count");
	if (f->iterations < SCRAM_ITERATIONS_MIN || f->iterations > SCRAM_ITERATIONS_MAX)
		return err_class(err, ERR_CRYPTO, "AUTH_FAILED",
			"the server's iteration count is not from %d to %d", SCRAM_ITERATIONS_MIN,
			SCRAM_ITERATIONS_MAX);
	return true;
}

/* ---- the proof ---- */

static bool
keyed(const struct scram *s, const unsigned char *key, const char *text, size_t n, unsigned char *out)
{
	return HMAC(s->md, key, (int)s->digest_len, (const unsigned char *)text, n, out, NULL) != NULL;
}

static bool
prove(struct scram *s, const struct first *f, unsigned char *proof)
{
	unsigned char salted[DIGEST_MAX], client_key[DIGEST_MAX], stored[DIGEST_MAX], signature[DIGEST_MAX],
		server_key[DIGEST_MAX];
	const struct text *m = s->messages;
	bool ok;

	ok = PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), f->salt, (int)f->salt_len,
		     f->iterations, s->md, (int)s->digest_len, salted) == 1 &&
	     keyed(s, salted, "Client Key", strlen("Client Key"), client_key) &&
	     EVP_Digest(client_key, s->digest_len, stored, NULL, s->md, NULL) == 1 &&
	     keyed(s, stored, m->s, m->len, signature) &&
	     keyed(s, salted, "Server Key", strlen("Server Key"), server_key) &&
	     keyed(s, server_key, m->s, m->len, s->server_key_sig);
	for (size_t i = 0; ok && i < s->digest_len; i++)
		proof[i] = client_key[i] ^ signature[i];
	OPENSSL_cleanse(salted, sizeof salted);
	OPENSSL_cleanse(client_key, sizeof client_key);
	OPENSSL_cleanse(server_key, sizeof server_key);
	return ok;
}

static bool
answer_first(struct scram *s, const char *message, size_t n, struct text *out, struct err *err)
{
	unsigned char proof[DIGEST_MAX];
	struct text *without_proof = text_new(NULL);
	struct first f;
	bool ok = read_first(s, message, n, &f, err);

	if (ok) {
		text_add(without_proof, "c=");
		encode_base64(without_proof, s->bound->s, s->bound->len);
		text_add(without_proof, ",r=");
		text_addn(without_proof, f.nonce, f.nonce_len);
		text_addc(s->messages, ',');
		text_addn(s->messages, message, n);
		text_addc(s->messages, ',');
		text_addn(s->messages, without_proof->s, without_proof->len);
		ok = prove(s, &f, proof) || bad(err, "the digest cannot be computed");
	}
	if (ok) {
		text_addn(out, without_proof->s, without_proof->len);
		text_add(out, ",p=");
		encode_base64(out, proof, s->digest_len);
		s->state = WANTS_LAST;
	}
	mem_free(without_proof);
	return ok;
}

/* v=SIGNATURE, or e=WHY. */
static bool
check_last(struct scram *s, const char *message, size_t n, struct err *err)
{
	unsigned char shown[DIGEST_MAX];
	const char *at = message, *value;
	size_t len, shown_len;

	if (n >= 2 && message[0] == 'e' && message[1] == '=')
		return err_class(err, ERR_REFUSED, "AUTH_FAILED", "the server refuses the login");
	if (!attribute(&at, message + n, 'v', &value, &len) ||
		!decode_base64(value, len, shown, sizeof shown, &shown_len))
		return bad(err, "the last message has no signature");
	if (shown_len != s->digest_len || CRYPTO_memcmp(shown, s->server_key_sig, shown_len) != 0)
		return err_class(err, ERR_CRYPTO, "AUTH_FAILED", "server does not know the password");
	s->state = COMPLETE;
	return true;
}

bool
scram_answer(struct scram *s, const char *message, size_t n, struct text *out, struct err *err)
{
	if (n > MESSAGE_MAX)
		return bad(err, "a message is too long");
	if (s->state == WANTS_FIRST)
		return answer_first(s, message, n, out, err);
	if (s->state == WANTS_LAST)
		return check_last(s, message, n, err);
	return bad(err, "the server asks on after the last answer");
}

bool
scram_is_complete(const struct scram *s)
{
	return s->state == COMPLETE;
}
