/*
 * "PATTERN\nMESSAGE": the match set finds the pattern in the message exactly when PCRE2 does, however
 * crowded its buckets are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bus/matchset.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
count(void *arg, void *owner, const struct regex_captures *c)
{
	unsigned *hits = arg;

	if (owner != NULL)
		++*hits;
}

/* Others that share its first mnemonic or none, so that the indexes are in use. */
static void
crowd(struct matchset *set)
{
	static const char *const others[] = { "%LINK-3-UPDOWN: Interface Gi0/1",
		"%LINK-3-UPDOWN: Interface Gi0/2", "%LINK-3-UPDOWN: x",
		"%LINK-3-UPDOWN:", "%LINK-3-UPDOWN: .*down$", "Interface Gi0/1", "changed state to", "abcd",
		"ab", "(?i)link", "bcde", "cdefghij" };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		matchset_add(set, NULL, others[i], NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nl = memchr(data, '\n', n);
	void *ctx = mem_ctx(NULL, "fuzz");
	char pattern[256];
	struct regex *re = NULL;

	if (nl != NULL && (size_t)(nl - data) < sizeof pattern) {
		memcpy(pattern, data, (size_t)(nl - data));
		pattern[nl - data] = '\0';
		re = regex_new(ctx, pattern, REGEX_EVENT, NULL);
	}
	if (re != NULL) {
		struct matchset *set = matchset_new(ctx);
		struct matchset_caller *caller = matchset_caller_new(ctx, REGEX_JIT);
		const char *s = (const char *)nl + 1;
		size_t len = n - (size_t)(nl + 1 - data);
		unsigned hits = 0;
		bool want;

		crowd(set);
		matchset_add(set, ctx, pattern, NULL);
		matchset_commit(set);
		matchset_scan(set, caller, s, len, count, &hits);
		want = regex_match(re, regex_scratch_new(ctx, REGEX_JIT), s, len, NULL) == REGEX_YES;
		if (hits != want)
			abort();
	}
	mem_free(ctx);
	return 0;
}
