/* Writes certificates into the configuration and reads them back. */
#include "pki/hexbody.h"

#include <ctype.h>
#include <stdint.h>

#include <openssl/err.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/import.h"

enum { GROUP_BYTES = 4, LINE_BYTES = 32 };

void
hexbody_print(struct text *out, const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	for (int at = 0; at < len; at += GROUP_BYTES) {
		int n = len - at < GROUP_BYTES ? len - at : GROUP_BYTES;

		text_add_hex(out, der + at, (size_t)n, '\0');
		text_addc(out, ' ');
		if ((at + GROUP_BYTES) % LINE_BYTES == 0 || at + n == len)
			text_addc(out, '\n');
	}
	text_add(out, "\tquit\n");
	OPENSSL_free(der);
}

static int
digit(unsigned char c)
{
	return isdigit(c) ? c - '0' : toupper(c) - 'A' + 10;
}

/* Hex digits to bytes; false at the first thing that is neither digit nor blank. */
static bool
read_digits(const char *text, size_t n, uint8_t *out, size_t *len, struct err *err)
{
	size_t digits = 0;
	int line = 1;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			line++;
		if (isspace(c))
			continue;
		if (!isxdigit(c)) {
			err_set(err, ERR_INVALID, "certificate: not a hex digit in line %d of its body",
				line);
			return false;
		}
		if (digits % 2 == 0)
			out[digits / 2] = 0;
		out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | digit(c));
		digits++;
	}
	*len = digits / 2;
	return digits % 2 == 0 || err_set(err, ERR_INVALID, "certificate: an odd number of hex digits");
}

X509 *
hexbody_parse(const char *text, size_t n, struct err *err)
{
	uint8_t *der;
	const unsigned char *p;
	size_t len = 0;
	X509 *cert = NULL;

	if (n > 3 * CERT_MAX_BYTES) {
		err_set(err, ERR_RANGE, "certificate: more than %u bytes", CERT_MAX_BYTES);
		return NULL;
	}
	der = mem_alloc(NULL, n / 2 + 1);
	p = der;
	if (read_digits(text, n, der, &len, err)) {
		cert = d2i_X509(NULL, &p, (long)len);
		ERR_clear_error();
		if (cert == NULL || p != der + len) {
			err_set(err, ERR_INVALID, "certificate: %s",
				len == 0       ? "the body is empty"
				: cert == NULL ? "the body is not a certificate"
					       : "there is more behind the certificate");
			X509_free(cert);
			cert = NULL;
		}
	}
	mem_free(der);
	return cert;
}
