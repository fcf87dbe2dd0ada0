/* Keeps the identities of trustpoints. */
#include "pki/identities.h"

#include <string.h>

#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "pki/import.h"
#include "pki/statefile.h"

#define FILE_NAME "identities.json"

struct identities {
	struct engine *engine;
	json_t *table; /* trustpoint -> identity */
};

static int
release(void *arg)
{
	json_decref(((struct identities *)arg)->table);
	return 0;
}

struct identities *
identities_new(const void *ctx, struct engine *engine)
{
	struct identities *ids = mem_new(ctx, struct identities);
	struct err err = ERR_INIT;

	ids->engine = engine;
	mem_on_free(ids, release);
	ids->table = statefile_read_object(engine, FILE_NAME, &err);
	if (err.code != ERR_NONE)
		log_msg(engine->log, NULL, "PKI", SEV_ERRORS, "IDENTITIES_READ",
			"%s cannot be read: identity certificates have to be imported again", FILE_NAME);
	return ids;
}

const json_t *
identities_find(const struct identities *ids, const char *trustpoint)
{
	return json_object_get(ids->table, trustpoint);
}

X509 *
identities_cert(const struct identities *ids, const char *trustpoint)
{
	const char *base64 =
		json_string_value(json_object_get(identities_find(ids, trustpoint), "certificate"));
	struct err err = ERR_INIT;

	return base64 != NULL ? cert_import(base64, strlen(base64), &err) : NULL;
}

bool
identities_set(struct identities *ids, const char *trustpoint, json_t *sealed, struct err *err)
{
	json_t *table = json_copy(ids->table);

	if (sealed != NULL)
		json_object_set_new(table, trustpoint, sealed);
	else
		json_object_del(table, trustpoint);
	if (!statefile_write_object(ids->engine, FILE_NAME, table, err)) {
		json_decref(table);
		return false;
	}
	json_decref(ids->table);
	ids->table = table;
	return true;
}
