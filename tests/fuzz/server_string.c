/* Fuzz target: the server string of `action mail server`, its mask, and address lists. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/address.h"
#include "actions/mail/server.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the parts hold: before the last `@` stands the mask and nothing of the password. */
static bool
hides_password(const char *masked)
{
	static const char mask[] = ":********";
	const char *at = strrchr(masked, '@');
	size_t n = sizeof mask - 1;

	return at != NULL && (size_t)(at - masked) >= n && memcmp(at - n, mask, n) == 0;
}

static void
check_server(void *ctx, const char *s, size_t n)
{
	struct err err = ERR_INIT;
	struct mail_server *srv = mail_server_parse(ctx, s, n, &err);
	char *masked = mail_server_mask(ctx, s, n);

	if (srv == NULL && err.class[0] == '\0')
		abort();
	if (srv == NULL)
		return;
	if (srv->port > 65535 || srv->host == NULL || strpbrk(srv->host, "\r\n @/") != NULL)
		abort();
	if (srv->password != NULL && !hides_password(masked))
		abort();
}

static void
check_addresses(void *ctx, const char *s, size_t n)
{
	struct mail_addresses *list = mail_addresses_parse(ctx, s, n, NULL);

	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (strpbrk(list->items[i].mailbox, "\r\n <>") != NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = mem_ctx(NULL, "fuzz");

	check_server(ctx, (const char *)data, size);
	check_addresses(ctx, (const char *)data, size);
	mem_free(ctx);
	return 0;
}
