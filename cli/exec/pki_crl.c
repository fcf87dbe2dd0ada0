/* `crypto pki crl request NAME`: the revocation lists of a trustpoint's CA, fetched anew. */
#include "cli/pki.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/errand.h"
#include "pki/fetch.h"
#include "pki/learnt.h"
#include "pki/store.h"

#define GRACE (2 * USEC_PER_SEC)

struct request {
	struct session *session;
	struct errand *errand;
	const char *trustpoint;
};

struct name_args {
	struct kw_str name;
};

static const struct kw name_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct name_args, name),
		.flags = KW_REQ },
	KW_END,
};

static void
add_url(json_t *urls, const char *url)
{
	const json_t *known;
	size_t i;

	json_array_foreach(urls, i, known) if (strcmp(json_string_value(known), url) == 0) return;
	json_array_append_new(urls, json_string(url));
}

/* Those that the certificate itself names: a root's own are of the lists that it signs. */
static void
add_own_points(json_t *urls, X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		for (int k = 0;
			name != NULL && name->type == 0 && k < sk_GENERAL_NAME_num(name->name.fullname);
			k++) {
			const GENERAL_NAME *n = sk_GENERAL_NAME_value(name->name.fullname, k);
			char *url;

			if (n->type != GEN_URI)
				continue;
			url = mem_strndup(NULL,
				(const char *)ASN1_STRING_get0_data(n->d.uniformResourceIdentifier),
				(size_t)ASN1_STRING_length(n->d.uniformResourceIdentifier));
			if (strncasecmp(url, "http://", 7) == 0 && utf8_valid(url, strlen(url)))
				add_url(urls, url);
			mem_free(url);
		}
	}
	CRL_DIST_POINTS_free(points);
}

/* Lists of this CA that a server's certificate has led to. */
static void
add_known_points(json_t *urls, const struct learnt *learnt, X509 *ca)
{
	char *issuer = certtext_name_new(NULL, X509_get_subject_name(ca));
	struct learnt_crl crl;

	for (size_t at = 0; learnt_next_crl(learnt, &at, &crl);)
		if (strcmp(crl.issuer, issuer) == 0)
			add_url(urls, crl.url);
	mem_free(issuer);
}

static void
arrived(void *arg, const json_t *answer, const struct err *why)
{
	struct request *r = arg;
	struct engine *engine = session_engine(r->session);
	const json_t *errors = json_object_get(answer, "errors");
	uint64_t known = 0;
	struct err err = ERR_INIT;

	if (answer == NULL) {
		session_fail(r->session, why);
		return;
	}
	pki_learn(engine->pki, answer, &known);
	if (json_array_size(errors) == 0) {
		session_done(r->session);
		return;
	}
	err_class(&err, ERR_IO, "CRL_FETCH", "%s", json_string_value(json_array_get(errors, 0)));
	log_msg(engine->log, session_cause(r->session), "PKI", SEV_WARNINGS, "CRLHTTPFETCHFAIL",
		"CRL Request for trustpoint %s returned %s", r->trustpoint, err.text);
	session_fail(r->session, &err);
}

static void
over(void *arg, enum session_end why)
{
	struct request *r = arg;

	(void)why;
	mem_free(r->errand);
	r->errand = NULL;
}

static enum cmd_result
request_crl(struct session *s, const void *args, struct err *err)
{
	const struct name_args *a = args;
	struct engine *engine = session_engine(s);
	const struct trustpoint *tp = pki_find(engine->pki, a->name.s);
	struct request *r;
	json_t *urls;
	usec timeout;

	if (tp == NULL || tp->ca == NULL) {
		err_set(err, ERR_NOT_FOUND,
			tp == NULL ? "Trustpoint '%s' not configured"
				   : "The specified trustpoint is not enrolled (%s).",
			a->name.s);
		return CMD_REFUSED;
	}
	urls = json_array();
	add_known_points(urls, pki_learnt(engine->pki), tp->ca);
	add_own_points(urls, tp->ca);
	if (json_array_size(urls) == 0) {
		json_decref(urls);
		err_set(err, ERR_NOT_FOUND, "No CRL distribution point of trustpoint %s is known", a->name.s);
		err_hint(err,
			"the certificates that it signs say where its list is: one has to be seen first");
		return CMD_REFUSED;
	}
	r = mem_new(session_cmd_ctx(s), struct request);
	r->session = s;
	r->trustpoint = a->name.s;
	timeout = (usec)json_array_size(urls) * PKI_FETCH_MAX_MS * USEC_PER_MSEC + GRACE;
	r->errand = errand_run(r, engine,
		json_pack("{s:s, s:o, s:i}", "type", "crls", "urls", urls, "timeout_ms", PKI_FETCH_MAX_MS),
		timeout, arrived, r, err);
	return r->errand != NULL ? session_wait(s, 0, over, r) : CMD_REFUSED;
}

static const struct exec_cmd crl_cmds[] = {
	{ .cmd = { .words = "crypto pki crl request",
		  .help = "Fetch the revocation list of a trustpoint anew",
		  .kw = name_kw,
		  .size = sizeof(struct name_args),
		  .level = 15 },
		.flags = EXEC_CONFIG | EXEC_EXEC,
		.run = request_crl },
};

void
pki_request_commands(struct cli *cli)
{
	cli_word(cli, "crypto pki crl", "Revocation lists");
	cli_commands(cli, crl_cmds, sizeof crl_cmds / sizeof *crl_cmds);
}
