/* `crypto pki authenticate, export, trustpool import`: the dialogs. */
#include "cli/pki.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/authenticate.h"
#include "pki/certtext.h"
#include "pki/hexbody.h"
#include "pki/import.h"
#include "pki/pool.h"
#include "pki/store.h"

#define BUNDLE_MAX_BYTES (4u * 1024u * 1024u)

/* ---- crypto pki authenticate NAME [pem] ---- */

struct authenticate_args {
	struct kw_str name;
	struct kw_flag pem; /* both forms are always read */
};

static const struct kw authenticate_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct authenticate_args, name),
		.flags = KW_REQ },
	{ .word = "pem", .help = "The certificate comes as PEM", KW_AT(struct authenticate_args, pem) },
	KW_END,
};

struct dialog {
	const char *trustpoint;
	X509 *cert;
};

static int
drop_cert(void *ptr)
{
	X509_free(((struct dialog *)ptr)->cert);
	return 0;
}

/* Installing is configuring: the chain's lines go the way of any configuration text. */
static bool
install(struct session *s, const struct dialog *d, struct err *err)
{
	struct text lines;

	text_init(&lines, session_cmd_ctx(s));
	text_printf(&lines, "crypto pki certificate chain %s\n certificate ca ", d->trustpoint);
	certtext_serial(&lines, d->cert, '\0');
	text_addc(&lines, '\n');
	hexbody_print(&lines, d->cert);
	return conf_load(session_engine(s)->conf, session_who(s), lines.s, false, true, NULL, NULL, err);
}

static void
accept_certificate(struct session *s, const struct dialog *d)
{
	struct err err = ERR_INIT;

	/* Somebody else may have authenticated or removed the trustpoint while we asked. */
	if (!authenticate_ready(session_engine(s), d->trustpoint, &err) || !install(s, d, &err)) {
		session_fail(s, &err);
		return;
	}
	session_print(s, "Trustpoint CA certificate accepted.\n%% Certificate successfully imported\n\n");
	session_done(s);
}

static void
answered(struct session *s, const struct answer *answer, void *arg)
{
	if (answer->yes) {
		accept_certificate(s, arg);
		return;
	}
	session_print(s, "%% Certificate not accepted.\n");
	session_done(s);
}

static void
judge(struct session *s, const struct answer *answer, void *arg)
{
	struct dialog *d = arg;
	struct err err = ERR_INIT;
	struct text told;
	bool ask;

	text_init(&told, session_cmd_ctx(s));
	d->cert = authenticate_judge(
		session_engine(s), d->trustpoint, answer->text, answer->len, &told, &ask, &err);
	session_write(s, told.s, told.len);
	if (d->cert == NULL) {
		session_fail(s, &err);
		return;
	}
	if (ask) {
		session_ask(s, ASK_YESNO, "\n% Do you accept this certificate? [yes/no]: ", answered, d);
		return;
	}
	session_print(s, "\n");
	accept_certificate(s, d);
}

static enum cmd_result
authenticate(struct session *s, const void *args, struct err *err)
{
	const struct authenticate_args *a = args;
	struct dialog *d;

	if (!authenticate_ready(session_engine(s), a->name.s, err))
		return CMD_REFUSED;
	d = mem_new(session_cmd_ctx(s), struct dialog);
	d->trustpoint = a->name.s;
	mem_on_free(d, drop_cert);
	return session_ask(s, ASK_COLLECT,
		"\nEnter the base 64 encoded CA certificate.\n"
		"End with a blank line or the word \"quit\" on a line by itself\n\n",
		judge, d);
}

/* ---- crypto pki export NAME pem terminal ---- */

struct export_args {
	struct kw_str name;
	struct kw_flag pem, terminal;
};

static const struct kw export_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct export_args, name),
		.flags = KW_REQ },
	{ .word = "pem", .help = "As PEM", KW_AT(struct export_args, pem), .flags = KW_REQ | KW_SEQ },
	{ .word = "terminal",
		.help = "To this terminal",
		KW_AT(struct export_args, terminal),
		.flags = KW_REQ | KW_SEQ },
	KW_END,
};

static enum cmd_result
export_certificate(struct session *s, const void *args, struct err *err)
{
	const struct export_args *a = args;
	const struct trustpoint *tp = pki_find(session_engine(s)->pki, a->name.s);
	char *pem = NULL;
	BIO *bio;
	long n;

	if (tp == NULL || tp->ca == NULL) {
		err_set(err, ERR_NOT_FOUND, "The specified trustpoint is not enrolled (%s).", a->name.s);
		return CMD_REFUSED;
	}
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, tp->ca);
	n = BIO_get_mem_data(bio, &pem);
	session_print(s, "%% CA certificate:\n%.*s\n", (int)n, pem);
	BIO_free(bio);
	return CMD_DONE;
}

/* ---- crypto pki trustpool import ... ---- */

static bool
import_bundle(struct session *s, const char *data, size_t n, struct err *err)
{
	struct engine *engine = session_engine(s);
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool ok = certs_import(certs, data, n, POOL_MAX, err) && pki_pool_add(engine->pki, certs, NULL, err);

	sk_X509_pop_free(certs, X509_free);
	if (!ok)
		return false;
	session_print(s, "%% PEM files import succeeded.\n");
	log_msg(engine->log, session_cause(s), "PKI", SEV_INFORMATIONAL, "TRUSTPOOL_DOWNLOAD_SUCCESS",
		"Trustpool Download is successful");
	return true;
}

static void
got_bundle(struct session *s, const struct answer *answer, void *arg)
{
	struct err err = ERR_INIT;

	if (import_bundle(s, answer->text, answer->len, &err))
		session_done(s);
	else
		session_fail(s, &err);
}

static enum cmd_result
pool_from_terminal(struct session *s, const void *args, struct err *err)
{
	return session_ask(s, ASK_COLLECT,
		"% Enter PEM-formatted CA certificate.\n"
		"% End with a blank line or \"quit\" on a line by itself.\n",
		got_bundle, NULL);
}

struct url_args {
	struct kw_str url;
};

static const struct kw url_kw[] = {
	{ .help = "File with PEM certificates, such as flash:ca-bundle.pem",
		.type = &kw_word,
		KW_AT(struct url_args, url),
		.flags = KW_REQ,
		.param = "URL" },
	KW_END,
};

static enum cmd_result
pool_from_file(struct session *s, const void *args, struct err *err)
{
	const struct url_args *a = args;
	struct text data;

	text_init(&data, session_cmd_ctx(s));
	if (!files_read(session_engine(s)->files, a->url.s, session_level(s) == 15 ? FILES_ABSOLUTE : 0,
		    BUNDLE_MAX_BYTES, &data, err))
		return CMD_REFUSED;
	return import_bundle(s, data.s, data.len, err) ? CMD_DONE : CMD_REFUSED;
}

static enum cmd_result
pool_clean_all(struct session *s, const void *args, struct err *err)
{
	return pki_pool_clean(session_engine(s)->pki, err) ? CMD_DONE : CMD_REFUSED;
}

#define IN_CONFIG (EXEC_CONFIG | EXEC_EXEC)

static const struct exec_cmd exec_cmds[] = {
	{ .cmd = { .words = "crypto pki authenticate",
		  .help = "Get the CA certificate of a trustpoint",
		  .kw = authenticate_kw,
		  .size = sizeof(struct authenticate_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = authenticate },
	{ .cmd = { .words = "crypto ca authenticate", /* the spelling before 12.4 */
		  .help = "Get the CA certificate of a trustpoint",
		  .kw = authenticate_kw,
		  .size = sizeof(struct authenticate_args),
		  .level = 15,
		  .hidden = true },
		.flags = IN_CONFIG,
		.run = authenticate },
	{ .cmd = { .words = "crypto pki export",
		  .help = "Export the certificate of a trustpoint",
		  .kw = export_kw,
		  .size = sizeof(struct export_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = export_certificate },
	{ .cmd = { .words = "crypto pki trustpool import terminal",
		  .help = "Paste PEM certificates",
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = pool_from_terminal },
	{ .cmd = { .words = "crypto pki trustpool import url",
		  .help = "Read PEM certificates from a file",
		  .kw = url_kw,
		  .size = sizeof(struct url_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = pool_from_file },
	{ .cmd = { .words = "crypto pki trustpool clean",
		  .help = "Remove every certificate of the trustpool",
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = pool_clean_all },
};

void
pki_exec_commands(struct cli *cli)
{
	cli_word(cli, "crypto", "Cryptography");
	cli_word(cli, "crypto pki", "Public key infrastructure");
	cli_word(cli, "crypto ca", "Public key infrastructure");
	cli_word(cli, "crypto pki trustpool", "Certificates that are trusted beside the trustpoints");
	cli_word(cli, "crypto pki trustpool import", "Add certificates to the trustpool");
	cli_commands(cli, exec_cmds, sizeof exec_cmds / sizeof *exec_cmds);
}
