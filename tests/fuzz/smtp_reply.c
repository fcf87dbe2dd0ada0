/* Fuzz target: an SMTP reply, cut anywhere, and what is read out of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/ehlo.h"
#include "actions/mail/reply.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how the rest is cut into reads. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	struct smtp_reply r;
	size_t step = size > 0 ? (size_t)data[0] + 1 : 1;
	char enhanced[16];

	smtp_reply_init(&r, ctx);
	for (size_t at = 1; at < size;) {
		size_t n = size - at < step ? size - at : step, used = 0;
		enum smtp_fed fed = smtp_reply_feed(&r, (const char *)data + at, n, &used);

		if (used > n || (fed == SMTP_MORE && used != n))
			abort();
		if (r.octets > SMTP_REPLY_MAX + SMTP_LINE_MAX || r.lines > SMTP_LINES_MAX)
			abort();
		if (fed == SMTP_BAD)
			break;
		at += used;
		if (fed != SMTP_DONE)
			continue;
		if (r.code < 200 || r.code > 599 || strlen(r.text.s) != r.text.len)
			abort();
		smtp_reply_enhanced(&r, enhanced);
		mem_free(smtp_ehlo_parse(ctx, &r));
		smtp_reply_reset(&r);
	}
	mem_free(ctx);
	return 0;
}
