/* Tokens in the forms that servers take. */
#include "actions/mail/sasl/oauth.h"

#include <string.h>

#include <jansson.h>

#include "core/mem.h"

#define STATUS_MAX 64

void
oauth_xoauth2(struct text *out, const struct oauth_login *l)
{
	text_printf(out, "user=%s\001auth=Bearer %s\001\001", l->user, l->token);
}

void
oauth_bearer(struct text *out, const struct oauth_login *l)
{
	text_add(out, "n,a=");
	for (const char *s = l->user; *s != '\0'; s++) { /* a saslname (RFC 5801 4) */
		if (*s == ',')
			text_add(out, "=2C");
		else if (*s == '=')
			text_add(out, "=3D");
		else
			text_addc(out, *s);
	}
	text_printf(out, ",\001host=%s\001port=%u\001auth=Bearer %s\001\001", l->host, l->port, l->token);
}

char *
oauth_status(const void *ctx, const char *json, size_t n)
{
	json_t *j = json_loadb(json, n, JSON_REJECT_DUPLICATES, NULL);
	const char *said = json_string_value(json_object_get(j, "status"));
	struct text *shown = text_new(NULL);
	char *status = NULL;

	if (said != NULL)
		text_add_line(shown, said, strlen(said));
	if (shown->len > 0 && shown->len <= STATUS_MAX)
		status = mem_strdup(ctx, shown->s);
	mem_free(shown);
	json_decref(j);
	return status;
}
