/* What the settings name of the configuration: trustpoints of TLS listeners. */
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"
#include "core/settings.h"
#include "core/text.h"

/* The listener as a line of the settings. */
static char *
line_of(const void *ctx, const struct setting_listen *l)
{
	struct text t;

	text_init(&t, (void *)(uintptr_t)ctx);
	text_printf(&t, "{ url: '%s', identity: %s", l->url, l->identity);
	for (size_t i = 0; i < l->client_ca.n; i++)
		text_printf(&t, "%s%s", i == 0 ? ", client-ca: [ " : ", ", l->client_ca.v[i]);
	text_add(&t, l->client_ca.n > 0 ? " ] }" : " }");
	return t.s;
}

static void
check_name(struct check *c, const struct setting_listen *l, const struct setting_place *at, const char *name,
	const char *what)
{
	char *text;

	if (check_is_configured(c, "crypto pki trustpoint", name))
		return;
	text = line_of(NULL, l);
	check_tell_setting(c, LINT_TRUST_UNKNOWN, at, text, name, "there is no trustpoint %s, the %s of %s",
		name, what, l->url);
	mem_free(text);
}

void
check_listeners(struct check *c)
{
	const struct settings *s = c->engine->settings;

	for (size_t i = 0; s != NULL && i < s->listen_count; i++) {
		const struct setting_listen *l = &s->listen[i];

		if (l->identity == NULL)
			continue;
		check_name(c, l, &l->identity_at, l->identity, "identity");
		for (size_t k = 0; k < l->client_ca.n; k++)
			check_name(c, l, &l->client_ca_at[k], l->client_ca.v[k], "client-ca");
	}
}
