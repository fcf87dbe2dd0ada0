/*
 * An answer as the resolving process sends it: what is accepted is written and read back the same, and
 * whatever it says, a decision follows that never delivers by DANE without SECURE records.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "actions/mail/destination/dane_decide.h"
#include "actions/mail/dns/answer.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_host(
	const void *ctx, const struct mail_dns_answer *a, const struct mail_exchanger *h, enum mail_dane mode)
{
	struct dane_host d = dane_decide_host(ctx, a, h, mode);

	if (d.outcome == DANE_HOST_RECORDS &&
		(h->tlsa.state != DNS_SECURE || mail_exchanger_status(h)->state != DNS_SECURE ||
			d.record_count == 0))
		abort();
	if (d.success && !a->is_relay && a->mx.state != DNS_SECURE)
		abort();
	if (mode == MAIL_DANE_MANDATORY && d.outcome != DANE_HOST_NEXT && !d.success)
		abort();
	if ((d.outcome == DANE_HOST_NEXT) != (d.class != MAIL_OK))
		abort();
}

static void
check(const void *ctx, const struct mail_dns_answer *a)
{
	for (int mode = MAIL_DANE_NONE; mode <= MAIL_DANE_MANDATORY; mode++) {
		dane_decide_domain(a, (enum mail_dane)mode, 0);
		for (size_t i = 0; i < a->host_count; i++)
			check_host(ctx, a, &a->hosts[i], (enum mail_dane)mode);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *j = json_loadb((const char *)data, size, 0, NULL), *first, *second;
	void *ctx = mem_ctx(NULL, "fuzz");
	struct err err = ERR_INIT;
	struct mail_dns_answer *a = mail_dns_answer_from_json(ctx, j, &err), *b;

	if (a != NULL) {
		check(ctx, a);
		first = mail_dns_answer_to_json(a);
		b = mail_dns_answer_from_json(ctx, first, &err);
		if (b == NULL)
			abort();
		second = mail_dns_answer_to_json(b);
		if (!json_equal(first, second))
			abort();
		json_decref(first);
		json_decref(second);
	}
	json_decref(j);
	mem_free(ctx);
	return 0;
}
