/* The certificate that we show to mail servers: from its trustpoint into a job, and out of it again. */
#include "actions/mail/job.h"
#include "core/engine.h"
#include "core/mem.h"
#include "pki/identity.h"
#include "pki/store.h"
#include "store/sealed.h"

void
mail_job_set_identity(struct mail_job *job, struct engine *engine, const char *trustpoint)
{
	const json_t *sealed = engine->pki != NULL ? pki_identity(engine->pki, trustpoint) : NULL;
	const char *identity = sealed_identity(job, engine->secrets, sealed);

	job->identity = identity != NULL ? identity : "{}";
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
