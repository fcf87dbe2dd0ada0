/* Decodes certificates and CRLs from PEM, bare base64 or DER. */
#include "pki/import.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/mem.h"

enum { BASE64_PAD = 64, BASE64_NONE = -1 };

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return c == '=' ? BASE64_PAD : BASE64_NONE;
}

struct base64 {
	unsigned char *out;
	size_t len;
	uint32_t bits;
	unsigned digits, pads;
};

static bool
base64_take(struct base64 *b, unsigned char c, struct err *err, int line)
{
	int value = base64_value(c);

	if (value == BASE64_NONE) {
		if (isprint(c))
			err_set(err, ERR_INVALID, "not base64: '%c' in line %d", c, line);
		else
			err_set(err, ERR_INVALID, "not base64: character %d in line %d", c, line);
		err_at(err, line, 0);
		return false;
	}
	if (value == BASE64_PAD) {
		b->pads++;
		return b->pads <= 2 || err_set(err, ERR_INVALID, "not base64: too many '=' in line %d", line);
	}
	if (b->pads > 0)
		return err_set(err, ERR_INVALID, "not base64: text behind '=' in line %d", line);
	b->bits = (b->bits << 6) | (uint32_t)value;
	if (b->digits++ % 4 == 0)
		return true;
	b->out[b->len++] = (unsigned char)(b->bits >> (6 - 2 * ((b->digits - 1) % 4)));
	return true;
}

static bool
is_frame_line(const char *line, size_t n)
{
	while (n > 0 && isspace((unsigned char)*line)) {
		line++;
		n--;
	}
	return n >= 5 && memcmp(line, "-----", 5) == 0;
}

/* Base64 text, frame lines left out, to bytes in `out` (at least 3/4 n). */
static bool
base64_decode(struct base64 *b, const char *s, size_t n, struct err *err)
{
	int number = 0;

	for (size_t at = 0; at < n;) {
		const char *end = memchr(s + at, '\n', n - at);
		size_t len = end != NULL ? (size_t)(end - s) - at : n - at;

		number++;
		for (size_t i = 0; !is_frame_line(s + at, len) && i < len; i++) {
			unsigned char c = (unsigned char)s[at + i];

			if (!isspace(c) && !base64_take(b, c, err, number))
				return false;
		}
		at += len + 1;
	}
	if ((b->digits + b->pads) % 4 != 0 && (b->pads > 0 || b->digits % 4 == 1))
		return err_set(err, ERR_INVALID, "base64 text is cut short");
	return true;
}

typedef void *decode_f(const unsigned char **p, long n);

static void *
decode_cert(const unsigned char **p, long n)
{
	return d2i_X509(NULL, p, n);
}

static void *
decode_crl(const unsigned char **p, long n)
{
	return d2i_X509_CRL(NULL, p, n);
}

struct kind {
	const char *what, *begin, *end;
	decode_f *decode;
	size_t max;
};

static const struct kind kind_cert = { "certificate", "-----BEGIN CERTIFICATE-----",
	"-----END CERTIFICATE-----", decode_cert, CERT_MAX_BYTES };
static const struct kind kind_crl = { "CRL", "-----BEGIN X509 CRL-----", "-----END X509 CRL-----", decode_crl,
	64u * 1024u * 1024u };

static void
release(const struct kind *kind, void *object)
{
	if (kind == &kind_cert)
		X509_free(object);
	else
		X509_CRL_free(object);
}

static void *
from_der(const struct kind *kind, const unsigned char *der, size_t n, struct err *err)
{
	const unsigned char *p = der;
	void *object;

	if (n == 0) {
		err_set(err, ERR_INVALID, "no %s in the text", kind->what);
		return NULL;
	}
	object = kind->decode(&p, (long)n);
	ERR_clear_error();
	if (object != NULL && p == der + n)
		return object;
	if (object != NULL)
		err_set(err, ERR_INVALID, "%zu bytes behind the %s", (size_t)(der + n - p), kind->what);
	else
		err_set(err, ERR_INVALID, "not a %s: the bytes do not decode as ASN.1", kind->what);
	release(kind, object);
	return NULL;
}

static void *
from_base64(const struct kind *kind, const char *s, size_t n, struct err *err)
{
	struct base64 b = { .out = mem_alloc(NULL, n / 4 * 3 + 4) };
	void *object = NULL;

	if (base64_decode(&b, s, n, err))
		object = from_der(kind, b.out, b.len, err);
	mem_free(b.out);
	return object;
}

/* DER of a certificate or CRL begins with a SEQUENCE in the long form. */
static bool
is_der(const void *data, size_t n)
{
	const unsigned char *p = data;

	return n > 2 && p[0] == 0x30 && p[1] >= 0x80;
}

static bool
within(const struct kind *kind, size_t n, struct err *err)
{
	return n <= kind->max || err_set(err, ERR_RANGE, "a %s of %zu bytes is too long", kind->what, n);
}

static void *
import(const struct kind *kind, const void *data, size_t n, struct err *err)
{
	const char *begin = memmem(data, n, kind->begin, strlen(kind->begin));
	const char *end;

	if (!within(kind, n, err))
		return NULL;
	if (is_der(data, n))
		return from_der(kind, data, n, err);
	if (begin == NULL)
		return from_base64(kind, data, n, err);
	n -= (size_t)(begin - (const char *)data);
	end = memmem(begin, n, kind->end, strlen(kind->end));
	return from_base64(kind, begin, end != NULL ? (size_t)(end - begin) : n, err);
}

X509 *
cert_import(const void *data, size_t n, struct err *err)
{
	return import(&kind_cert, data, n, err);
}

X509_CRL *
crl_import(const void *data, size_t n, struct err *err)
{
	return import(&kind_crl, data, n, err);
}

typedef void push_f(void *into, void *object);

static bool
import_all(const struct kind *kind, push_f *push, void *into, const void *data, size_t n, size_t max,
	struct err *err)
{
	const char *s = data;
	size_t count = 0;

	if (is_der(data, n))
		max = 1;
	while (n > 0) {
		const char *end =
			count == 0 && is_der(s, n) ? NULL : memmem(s, n, kind->end, strlen(kind->end));
		size_t len = end != NULL ? (size_t)(end - s) + strlen(kind->end) : n;
		void *object;

		if (end == NULL && count > 0)
			return true; /* what stands behind the last one is a remark */
		if (count == max)
			return err_set(err, ERR_RANGE, "more than %zu of %s", max, kind->what);
		object = import(kind, s, len, err);
		if (object == NULL)
			return err_wrap(err, "%s %zu", kind->what, count + 1);
		push(into, object);
		count++;
		s += len;
		n -= len;
	}
	return count > 0 || err_set(err, ERR_INVALID, "no %s in the text", kind->what);
}

static void
push_cert(void *into, void *object)
{
	sk_X509_push((STACK_OF(X509) *)into, object);
}

static void
push_crl(void *into, void *object)
{
	sk_X509_CRL_push((STACK_OF(X509_CRL) *)into, object);
}

bool
certs_import(STACK_OF(X509) * into, const void *data, size_t n, size_t max, struct err *err)
{
	return import_all(&kind_cert, push_cert, into, data, n, max, err);
}

bool
crls_import(STACK_OF(X509_CRL) * into, const void *data, size_t n, size_t max, struct err *err)
{
	return import_all(&kind_crl, push_crl, into, data, n, max, err);
}

char *
cert_to_base64(const void *ctx, X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);
	char *out = mem_alloc(ctx, n > 0 ? (size_t)n / 3 * 4 + 8 : 1);

	if (n > 0)
		EVP_EncodeBlock((unsigned char *)out, der, n);
	OPENSSL_free(der);
	return out;
}
