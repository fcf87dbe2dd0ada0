/* The certificate that we show to mail servers: from its trustpoint into a job, and out of it again. */
#include <string.h>

#include "actions/mail/job.h"
#include "core/engine.h"
#include "core/mem.h"
#include "pki/identity.h"
#include "pki/store.h"
#include "store/secret.h"

/* The text of the whole, wiped when freed; what jansson held of the key is wiped here. */
static const char *
unsealed(const void *ctx, const json_t *sealed, const char *key)
{
	json_t *j = json_copy((json_t *)(uintptr_t)sealed), *value = json_string(key);
	const char *result;
	char *text;

	json_object_set(j, "key", value);
	text = json_dumps(j, JSON_COMPACT);
	result = mem_secret(ctx, text, strlen(text));
	explicit_bzero(text, strlen(text));
	free(text);
	explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_decref(value);
	json_decref(j);
	return result;
}

void
mail_job_set_identity(struct mail_job *job, struct engine *engine, const char *trustpoint)
{
	const json_t *sealed = engine->pki != NULL ? pki_identity(engine->pki, trustpoint) : NULL;
	const char *key = json_string_value(json_object_get(sealed, "key"));
	char *clear = key != NULL ? secret_decrypt(engine->secrets, NULL, key, strlen(key)) : NULL;

	job->identity = clear != NULL ? unsealed(job, sealed, clear) : "{}";
	mem_free(clear);
}

bool
mail_job_identity(const struct mail_job *job, struct identity *id, struct err *err)
{
	json_t *j;
	bool ok;

	*id = (struct identity){ 0 };
	if (job->identity == NULL)
		return true;
	j = json_loads(job->identity, 0, NULL);
	ok = identity_from_json(id, j, err);
	json_decref(j);
	if (ok)
		return true;
	err_class(err, ERR_CONFIG, "HANDSHAKE_FAILED",
		"the trustpoint of \"mail identity-trustpoint\" has no certificate with its key");
	err_hint(err, "crypto pki import NAME pem | pkcs12");
	return false;
}
