/* What the helper of a TLS listener has to know: our certificate with its key, and whom it trusts. */
#include <string.h>

#include "conf/conf.h"
#include "core/mem.h"
#include "pki/store.h"
#include "pki/trust.h"
#include "store/sealed.h"
#include "syslog/intake.h"
#include "syslog/relay.h"

/* What is missing is said once, and again after it was there. */
static void
complain(struct listener *l, const char *why, const char *trustpoint)
{
	char *text = why != NULL ? mem_printf(l, "trustpoint %s %s", trustpoint, why) : NULL;

	if (text != NULL && (l->missing == NULL || strcmp(l->missing, text) != 0))
		log_msg(l->intake->engine->log, NULL, "SYSLOG", SEV_WARNINGS, "TLS", "%s: %s", l->url, text);
	mem_free(l->missing);
	l->missing = text;
}

/* The authenticated ones of the trustpoints that clients' certificates must lead to. */
static json_t *
clients_trust(const struct listener *l, const char **missing)
{
	const struct pki *pki = l->intake->engine->pki;
	struct trust *trust = trust_new(NULL);
	json_t *j;

	for (size_t i = 0; i < l->client_ca.n; i++) {
		const struct trustpoint *tp = pki_find(pki, l->client_ca.v[i]);

		if (tp != NULL && tp->ca != NULL)
			trust_add(trust, tp->name, tp->ca, &tp->policy);
		else
			*missing = l->client_ca.v[i];
	}
	j = l->client_ca.n > 0 ? trust_to_json(trust) : json_null();
	mem_free(trust);
	return j;
}

void
tls_tell(struct listener *l)
{
	struct engine *e = l->intake->engine;
	const json_t *sealed = pki_identity(e->pki, l->identity);
	uint64_t revision = conf_revision(e->conf)->number;
	const char *identity, *missing = NULL;
	json_t *trust, *shown;

	relay_brief(l->relay);
	if (l->told && l->told_revision == revision && l->told_identity == sealed)
		return;
	l->told = true;
	l->told_revision = revision;
	json_decref(l->told_identity);
	l->told_identity = json_incref((json_t *)(uintptr_t)sealed);
	identity = sealed_identity(NULL, e->secrets, sealed);
	trust = clients_trust(l, &missing);
	shown = identity != NULL ? json_string(identity) : json_null();
	if (identity == NULL)
		complain(l, "has no certificate with its key yet; connections wait for it", l->identity);
	else
		complain(l, missing != NULL ? "has no CA certificate: clients of it are refused" : NULL,
			missing);
	relay_tell(l->relay, json_pack("{s:o, s:o}", "identity", shown, "clients", trust));
	mem_free((char *)(uintptr_t)identity);
}
