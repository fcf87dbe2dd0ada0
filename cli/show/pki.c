/* `show crypto pki certificates, trustpoints, trustpool, counters`. */
#include "cli/pki.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/x509.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "core/writer.h"
#include "pki/certtext.h"
#include "pki/listing.h"
#include "pki/pool.h"
#include "pki/store.h"

static bool
is_configured(const struct pki *pki, const struct kw_str *name, struct err *err)
{
	return !name->set || pki_find(pki, name->s) != NULL ||
	       err_set(err, ERR_NOT_FOUND, "Trustpoint '%s' not configured", name->s);
}

/* ---- show crypto pki certificates [verbose] [NAME] ---- */

/*
 * A trustpoint's name, where `verbose` may stand instead: `show crypto pki cert verb` is what people
 * type, so an abbreviation of verbose is no name. Quoted it is one.
 */
enum { VERBOSE_LETTERS = 3 };

static bool
name_parse(const void *ctx, const struct kw *row, const struct kw_token *t, void *dst, struct err *err)
{
	size_t n = strlen(t->text);

	if (!t->quoted && n >= VERBOSE_LETTERS && starts_with_nocase("verbose", t->text, n))
		return err_set(err, ERR_RANGE, "the name of a trustpoint");
	return kw_word_parse(ctx, row, t, dst, err);
}

static void
name_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	text_printf(out, "CA-%u", (unsigned)rng_below(rng, 1000));
}

static const struct kw_type kw_trustpoint = { .param = "WORD",
	.name = "trustpoint",
	.size = sizeof(struct kw_str),
	.parse = name_parse,
	.print = kw_word_print,
	.equal = kw_str_equal,
	.sample = name_sample };

struct certificates_args {
	struct kw_flag verbose;
	struct kw_str name;
};

static const struct kw certificates_kw[] = {
	{ .word = "verbose",
		.help = "Show every field of the certificates",
		KW_AT(struct certificates_args, verbose),
		.flags = KW_SEQ },
	{ .help = "Name of a trustpoint", .type = &kw_trustpoint, KW_AT(struct certificates_args, name) },
	KW_END,
};

static bool
holds(const struct trustpoint *tp, const X509 *cert)
{
	return tp->ca != NULL && X509_cmp(tp->ca, cert) == 0;
}

/* Every trustpoint with this certificate, "Trustpool" last, as IOS lists them. */
static const char **
trustpoints_of(const void *ctx, const struct pki *pki, const X509 *cert, size_t *n)
{
	const char **names = NULL;

	*n = 0;
	for (const struct trustpoint *tp = pki_first(pki); tp != NULL; tp = tp->next) {
		if (!holds(tp, cert))
			continue;
		names = mem_resize(ctx, names, (*n + 1) * sizeof *names);
		names[(*n)++] = tp->name;
	}
	if (pki_pool_has(pki, cert)) {
		names = mem_resize(ctx, names, (*n + 1) * sizeof *names);
		names[(*n)++] = POOL_NAME;
	}
	return names;
}

static void
list_certificate(struct session *s, struct listing l, bool verbose, bool first)
{
	struct writer *w = session_writer(s);

	w_text(w, "%s", first ? "" : "\n");
	w_object(w, NULL);
	listing_show(w, &l, verbose);
	w_end(w);
}

static void
show_certificate(struct session *s, X509 *cert, int64_t installed_ns, bool verbose, bool first)
{
	struct listing l = { .heading = "CA Certificate", .cert = cert, .installed_ns = installed_ns };

	l.trustpoints = trustpoints_of(session_cmd_ctx(s), session_engine(s)->pki, cert, &l.trustpoint_count);
	list_certificate(s, l, verbose, first);
}

/* A trustpoint's own certificate; IOS lists it before that of its CA. False when it has none. */
static bool
show_identity(struct session *s, const struct trustpoint *tp, bool verbose, bool first)
{
	X509 *cert = pki_identity_cert(session_engine(s)->pki, tp->name);

	if (cert == NULL)
		return false;
	list_certificate(s,
		(struct listing){ .heading = "Certificate",
			.cert = cert,
			.trustpoints = &tp->name,
			.trustpoint_count = 1 },
		verbose, first);
	X509_free(cert);
	return true;
}

static bool
was_shown(const struct pki *pki, const struct trustpoint *until)
{
	for (const struct trustpoint *tp = pki_first(pki); tp != until; tp = tp->next)
		if (holds(tp, until->ca))
			return true;
	return false;
}

static enum cmd_result
show_certificates(struct session *s, const void *args, struct err *err)
{
	const struct certificates_args *a = args;
	const struct pki *pki = session_engine(s)->pki;
	bool first = true;

	if (!is_configured(pki, &a->name, err))
		return CMD_REFUSED;
	w_list(session_writer(s), "certificates");
	for (const struct trustpoint *tp = pki_first(pki); tp != NULL; tp = tp->next) {
		if (a->name.set && strcmp(tp->name, a->name.s) != 0)
			continue;
		if (show_identity(s, tp, a->verbose.set, first))
			first = false;
		if (tp->ca == NULL || (!a->name.set && was_shown(pki, tp)))
			continue;
		show_certificate(s, tp->ca, tp->installed_ns, a->verbose.set, first);
		first = false;
	}
	w_end(session_writer(s));
	return CMD_DONE;
}

/* ---- show crypto pki trustpool [verbose] ---- */

struct trustpool_args {
	struct kw_flag verbose;
};

static const struct kw trustpool_kw[] = {
	{ .word = "verbose",
		.help = "Show every field of the certificates",
		KW_AT(struct trustpool_args, verbose) },
	KW_END,
};

static enum cmd_result
show_trustpool(struct session *s, const void *args, struct err *err)
{
	const struct trustpool_args *a = args;
	const STACK_OF(X509) *pool = pki_pool(session_engine(s)->pki);
	struct writer *w = session_writer(s);

	w_list(w, "certificates");
	for (int i = 0; i < sk_X509_num(pool); i++) {
		show_certificate(s, sk_X509_value(pool, i), 0, a->verbose.set, i == 0);
		w_text(w, "  Trustpool: Downloaded\n");
	}
	w_end(w);
	return CMD_DONE;
}

/* ---- show crypto pki trustpoints [NAME] [status] ---- */

struct trustpoints_args {
	struct kw_flag status;
	struct kw_str name;
};

static const struct kw trustpoints_kw[] = {
	{ .help = "Name of a trustpoint", .type = &kw_word, KW_AT(struct trustpoints_args, name) },
	{ .word = "status",
		.help = "Show what has been configured and authenticated",
		KW_AT(struct trustpoints_args, status) },
	KW_END,
};

static void
show_trustpoint(struct writer *w, const void *ctx, const struct trustpoint *tp)
{
	struct text subject, serial;

	w_text(w, "Trustpoint %s:\n", tp->name);
	w_str(w, "name", tp->name);
	w_bool(w, "certificate_configured", tp->ca != NULL);
	if (tp->ca == NULL) {
		w_text(w, "\n\n");
		return;
	}
	text_init(&subject, ctx);
	text_init(&serial, ctx);
	certtext_name(&subject, X509_get_subject_name(tp->ca), "\n    ");
	certtext_serial(&serial, tp->ca, '\0');
	w_text(w,
		"    Subject Name: \n    %s\n          Serial Number (hex): %s\n    Certificate "
		"configured.\n\n\n",
		subject.s, serial.s);
	w_str(w, "subject_name", certtext_name_new(ctx, X509_get_subject_name(tp->ca)));
	w_str(w, "serial_number", serial.s);
}

static void
show_fingerprint(
	struct writer *w, const void *ctx, X509 *cert, const char *label, const char *key, const char *md)
{
	struct text t;

	text_init(&t, ctx);
	certtext_fingerprint(&t, cert, md);
	w_text(w, "    Fingerprint %s: %s \n", label, t.s);
	w_str(w, key, t.s);
}

static void
show_status(struct writer *w, const void *ctx, const struct trustpoint *tp, X509 *own)
{
	w_text(w, "Trustpoint %s:\n", tp->name);
	w_str(w, "name", tp->name);
	if (tp->ca != NULL) {
		const char *subject = certtext_name_new(ctx, X509_get_subject_name(tp->ca));

		w_text(w, "  Issuing CA certificate configured:\n    Subject Name:\n     %s\n", subject);
		w_str(w, "subject_name", subject);
		show_fingerprint(w, ctx, tp->ca, "MD5", "fingerprint_md5", "md5");
		show_fingerprint(w, ctx, tp->ca, "SHA1", "fingerprint_sha1", "sha1");
	} else
		w_text(w, "  Issuing CA certificate not configured.\n");
	if (own != NULL) {
		const char *subject = certtext_name_new(ctx, X509_get_subject_name(own));

		w_text(w, "  Router General Purpose certificate configured:\n    Subject Name:\n     %s\n",
			subject);
		show_fingerprint(w, ctx, own, "MD5", "identity_fingerprint_md5", "md5");
		show_fingerprint(w, ctx, own, "SHA1", "identity_fingerprint_sha1", "sha1");
		w_str(w, "identity_subject_name", subject);
	}
	w_text(w,
		"  State:\n"
		"    Keys generated ............. %s\n"
		"    Issuing CA authenticated ....... %s\n"
		"    Certificate request(s) ..... None\n\n",
		own != NULL ? "Yes (General Purpose, non-exportable)" : "No", tp->ca != NULL ? "Yes" : "No");
	w_bool(w, "keys_generated", own != NULL);
	w_bool(w, "issuing_ca_authenticated", tp->ca != NULL);
	w_str(w, "certificate_requests", "None");
}

static enum cmd_result
show_trustpoints(struct session *s, const void *args, struct err *err)
{
	const struct trustpoints_args *a = args;
	const struct pki *pki = session_engine(s)->pki;
	struct writer *w = session_writer(s);

	if (!is_configured(pki, &a->name, err))
		return CMD_REFUSED;
	w_list(w, "trustpoints");
	for (const struct trustpoint *tp = pki_first(pki); tp != NULL; tp = tp->next) {
		if (a->name.set && tp != pki_find(pki, a->name.s))
			continue;
		w_object(w, NULL);
		if (a->status.set) {
			X509 *own = pki_identity_cert(pki, tp->name);

			show_status(w, session_cmd_ctx(s), tp, own);
			X509_free(own);
		} else
			show_trustpoint(w, session_cmd_ctx(s), tp);
		w_end(w);
	}
	w_end(w);
	return CMD_DONE;
}

/* ---- show crypto pki counters ---- */

static void
counter(struct writer *w, const char *label, const char *key, uint64_t n)
{
	w_text(w, "%s: %" PRIu64 "\n", label, n);
	w_int(w, key, (int64_t)n);
}

static enum cmd_result
show_counters(struct session *s, const void *args, struct err *err)
{
	const struct pki_counters *c = pki_counters(session_engine(s)->pki);
	struct writer *w = session_writer(s);

	counter(w, "PKI Sessions Started", "pki_sessions_started", c->started);
	counter(w, "PKI Sessions Ended", "pki_sessions_ended", c->ended);
	counter(w, "PKI Sessions Active", "pki_sessions_active", c->started - c->ended);
	counter(w, "Successful Validations", "successful_validations", c->successful);
	counter(w, "Failed Validations", "failed_validations", c->failed);
	counter(w, "Bypassed Validations", "bypassed_validations", 0);
	counter(w, "Pending Validations", "pending_validations", 0);
	counter(w, "CRLs checked", "crls_checked", c->crls_checked);
	counter(w, "CRL - fetch attempts", "crl_fetch_attempts", c->crl_fetches);
	counter(w, "CRL - failed attempts", "crl_failed_attempts", c->crl_failed);
	counter(w, "CRL - rejected busy fetching", "crl_rejected_busy_fetching", 0);
	counter(w, "AAA authorizations", "aaa_authorizations", 0);
	return CMD_DONE;
}

static const struct exec_cmd show_cmds[] = {
	{ .cmd = { .words = "show crypto pki certificates",
		  .help = "Show certificates",
		  .kw = certificates_kw,
		  .size = sizeof(struct certificates_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_certificates },
	{ .cmd = { .words = "show crypto pki trustpoints",
		  .help = "Show trustpoints",
		  .kw = trustpoints_kw,
		  .size = sizeof(struct trustpoints_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_trustpoints },
	{ .cmd = { .words = "show crypto pki trustpool",
		  .help = "Show the certificates of the trustpool",
		  .kw = trustpool_kw,
		  .size = sizeof(struct trustpool_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_trustpool },
	{ .cmd = { .words = "show crypto pki counters", .help = "Show what PKI has counted", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_counters },
	/* The spelling before 12.4. */
	{ .cmd = { .words = "show crypto ca certificates",
		  .help = "Show certificates",
		  .kw = certificates_kw,
		  .size = sizeof(struct certificates_args),
		  .level = 1,
		  .hidden = true },
		.flags = EXEC_SHOW,
		.run = show_certificates },
	{ .cmd = { .words = "show crypto ca trustpoints",
		  .help = "Show trustpoints",
		  .kw = trustpoints_kw,
		  .size = sizeof(struct trustpoints_args),
		  .level = 1,
		  .hidden = true },
		.flags = EXEC_SHOW,
		.run = show_trustpoints },
};

void
pki_show_commands(struct cli *cli)
{
	cli_word(cli, "show crypto", "Cryptographic information");
	cli_word(cli, "show crypto pki", "Public key infrastructure");
	cli_word(cli, "show crypto ca", "Public key infrastructure");
	cli_commands(cli, show_cmds, sizeof show_cmds / sizeof *show_cmds);
}
