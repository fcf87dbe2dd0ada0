/*
 * TLSA records as the DNS brings them, against a certificate as a server sends it: first octet the
 * length of the certificate in units of 16 octets, then the certificate, then records: length, usage,
 * selector, matching type, data. No input may make a verdict that the records do not give.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "core/mem.h"
#include "pki/dane.h"
#include "pki/verify.h"

#define MAX_RECORDS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
read_records(struct dane_record *records, const uint8_t *data, size_t size)
{
	size_t n = 0;

	while (n < MAX_RECORDS && size >= 4) {
		size_t len = data[0] < size - 4 ? data[0] : size - 4;

		if (data[0] == 255) /* a whole certificate or key */
			len = size - 4;
		records[n++] = (struct dane_record){ data[1], data[2], data[3], data + 4, len };
		data += 4 + len;
		size -= 4 + len;
	}
	return n;
}

static void
judge(X509 *peer, const struct dane_record *records, size_t n)
{
	struct pki_result r;
	bool good = pki_verify(&(struct pki_request){ .peer = peer,
				       .name = { PKI_NAME_DNS, "mail.example.com" },
				       .dane = records,
				       .dane_count = n,
				       .depth = -1,
				       .at = 1700000000 },
		&r);

	if (good && (r.dane_record < 0 || dane_use(&records[r.dane_record]) != DANE_COUNTS))
		abort();
	if (good && records[r.dane_record].usage == DANE_EE && !dane_matches(&records[r.dane_record], peer))
		abort();
	pki_result_clear(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dane_record records[MAX_RECORDS];
	size_t cert_len = size > 0 ? (size_t)data[0] * 16 : 0, n;
	const unsigned char *p = data + 1;
	X509 *peer;

	if (size < 1 || cert_len > size - 1)
		return 0;
	n = read_records(records, data + 1 + cert_len, size - 1 - cert_len);
	dane_select(records, n, NULL);
	peer = cert_len > 0 ? d2i_X509(NULL, &p, (long)cert_len) : NULL;
	ERR_clear_error();
	if (peer != NULL)
		judge(peer, records, n);
	X509_free(peer);
	return 0;
}
