/*
 * Data of DNS records as a name server sends them: first octet the type, then the data. Host names come
 * out as host names, and no line of the log holds what a screen must not see.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/dnslog.h"
#include "actions/mail/dns/rdata.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_host(const char *name)
{
	if (strlen(name) >= RDATA_NAME_MAX)
		abort();
	for (; *name != '\0'; name++) {
		if (!isalnum((unsigned char)*name) && strchr("-_.", *name) == NULL)
			abort();
	}
}

static void
check_log(int type, const uint8_t *data, size_t size)
{
	const struct lookup_data one = { data, size };
	const struct lookup_result r = { .name = "example.net",
		.type = type,
		.status = { .state = DNS_SECURE },
		.data = &one,
		.count = 1 };
	struct text *t = text_new(NULL);

	dnslog_answered(t, &r, "192.0.2.1", 0);
	for (size_t i = 0; i < t->len; i++) {
		if ((unsigned char)t->s[i] < ' ' && t->s[i] != '\n')
			abort();
	}
	mem_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = { RDATA_A, RDATA_AAAA, RDATA_MX, RDATA_TLSA, RDATA_TXT };
	struct err err = ERR_INIT;
	struct dane_record record;
	struct rdata_mx mx;
	char name[RDATA_NAME_MAX], *text;
	void *ctx;
	int type;
	size_t n;

	if (size == 0)
		return 0;
	ctx = mem_ctx(NULL, "fuzz");
	type = types[data[0] % (sizeof types / sizeof *types)];
	data++;
	size--;
	if (rdata_host(data, size, name))
		check_host(name);
	if (rdata_mx(data, size, &mx))
		check_host(mx.host);
	if (rdata_tlsa(ctx, data, size, &record))
		dane_use(&record);
	rdata_address(ctx, data, size);
	rdata_txt(ctx, data, size);
	rdata_signed_for(data, size, 1000);
	check_log(type, data, size);
	text = mem_strndup(ctx, (const char *)data, size);
	anchor_records(ctx, text, &n, &err);
	mem_free(ctx);
	return 0;
}
