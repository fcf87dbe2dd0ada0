/* Remembers when certificates were installed. */
#include "pki/installed.h"

#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "pki/statefile.h"

#define FILE_NAME    "certificates.json"
#define NS_PER_USEC  1000
#define SHA256_CHARS 64

struct installed {
	struct engine *engine;
	json_t *table; /* SHA-256 in hex -> nanoseconds */
};

static int
drop_table(void *ptr)
{
	json_decref(((struct installed *)ptr)->table);
	return 0;
}

struct installed *
installed_new(const void *ctx, struct engine *engine)
{
	struct installed *in = mem_new(ctx, struct installed);
	struct err err = ERR_INIT;

	in->engine = engine;
	mem_on_free(in, drop_table);
	in->table = statefile_read_object(engine, FILE_NAME, &err);
	if (err.code != ERR_NONE)
		log_msg(engine->log, NULL, "PKI", SEV_WARNINGS, "INSTALL_TIMES",
			"%s cannot be read: certificates count as installed now", FILE_NAME);
	return in;
}

static void
key_of(const X509 *cert, char key[SHA256_CHARS + 1])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	static const char digits[] = "0123456789abcdef";

	X509_digest(cert, EVP_sha256(), md, &n);
	for (unsigned i = 0; i < SHA256_CHARS / 2; i++) {
		key[2 * i] = digits[md[i] >> 4];
		key[2 * i + 1] = digits[md[i] & 15];
	}
	key[SHA256_CHARS] = '\0';
}

static void
save(struct installed *in)
{
	struct err err = ERR_INIT;

	if (!statefile_write_object(in->engine, FILE_NAME, in->table, &err))
		log_msg(in->engine->log, NULL, "PKI", SEV_WARNINGS, "INSTALL_TIMES",
			"install time not kept: %s", err.text);
}

int64_t
installed_at(struct installed *in, const X509 *cert)
{
	char key[SHA256_CHARS + 1];
	const json_t *known;
	int64_t now;

	key_of(cert, key);
	known = json_object_get(in->table, key);
	if (json_is_integer(known))
		return json_integer_value(known);
	now = clock_wall(in->engine->clock) * NS_PER_USEC;
	json_object_set_new(in->table, key, json_integer(now));
	save(in);
	return now;
}

void
installed_forget(struct installed *in, const X509 *cert)
{
	char key[SHA256_CHARS + 1];

	key_of(cert, key);
	if (json_object_del(in->table, key) == 0)
		save(in);
}
