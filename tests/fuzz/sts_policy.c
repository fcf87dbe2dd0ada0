/* An MTA-STS policy, and the same octets as a record: either refused with a reason, or within its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/sts/policy.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	struct err err = ERR_INIT;
	const char *text = mem_strndup(ctx, (const char *)data, size), *id;
	struct sts_policy *p = sts_policy_parse(ctx, (const char *)data, size, &err);

	if (p == NULL && err.text[0] == '\0')
		abort();
	if (p != NULL) {
		if (p->max_age > 31557600 || (p->mx_count == 0 && p->mode != STS_NONE))
			abort();
		for (size_t i = 0; i < p->mx_count; i++) {
			/* "*" fits one label; any other pattern fits itself. */
			char *host = mem_strdup(ctx, p->mx[i]);

			if (host[0] == '*')
				host[0] = 'x';
			if (!sts_policy_matches(p, host))
				abort();
		}
	}
	err = (struct err)ERR_INIT;
	id = sts_record_id(ctx, &text, 1, &err);
	if ((id == NULL) == (err.text[0] == '\0') || (id != NULL && (strlen(id) == 0 || strlen(id) > 32)))
		abort();
	mem_free(ctx);
	return 0;
}
