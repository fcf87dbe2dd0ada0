/* URLs of http operations: a password in one is kept sealed, shown as ********, and clear only where it is used. */
#include <string.h>

#include "core/mem.h"
#include "core/redact.h"
#include "probe/operation.h"
#include "store/secret.h"

struct known {
	struct redact *redact;
	char *password;
};

static int
known_free(void *ptr)
{
	struct known *k = ptr;

	redact_forget(k->redact, k->password);
	return 0;
}

/* The password of a URL, while `ctx` lives. */
static void
learn(void *ctx, const struct engine *e, const char *url)
{
	char *clear = url == NULL ? NULL : secret_unseal(e->secrets, NULL, url);
	size_t start, end;

	if (clear != NULL && secret_find(clear, &start, &end)) {
		struct known *k = mem_new(ctx, struct known);

		k->redact = e->redact;
		k->password = mem_secret(k, clear + start, end - start);
		redact_learn(k->redact, k->password);
		mem_on_free(k, known_free);
	}
	mem_free(clear);
}

void
sla_urls_learn(void *ctx, const struct engine *e, const struct sla_config *c)
{
	if (e->secrets == NULL || e->redact == NULL)
		return;
	learn(ctx, e, c->url);
	learn(ctx, e, c->proxy_url);
}

const char *
sla_url_clear(const void *ctx, const struct engine *e, const char *url)
{
	return url == NULL || e->secrets == NULL ? url : secret_unseal(e->secrets, ctx, url);
}
