/* `crypto pki authenticate, import-chain, export`: the dialogs. */
#include "cli/pki.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cli/cmd.h"
#include "cli/exec/pki_chain.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/authenticate.h"
#include "pki/certtext.h"
#include "pki/hexbody.h"
#include "pki/store.h"

/* ---- crypto pki authenticate NAME [pem] ---- */

struct authenticate_args {
	struct kw_str name;
	struct kw_flag pem; /* both forms are always read */
	struct kw_sub from_server;
};

static const struct kw authenticate_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct authenticate_args, name),
		.flags = KW_REQ },
	{ .word = "pem",
		.help = "The certificate comes as PEM",
		KW_AT(struct authenticate_args, pem),
		.group = 1 },
	{ .word = "from-server",
		.help = "Look at the certificates that a server shows",
		KW_AT(struct authenticate_args, from_server),
		.group = 1,
		.sub = pki_server_kw,
		.sub_size = sizeof(struct pki_server_args) },
	KW_END,
};

static const struct kw import_chain_kw[] = {
	{ .help = "Name of the first trustpoint",
		.type = &kw_word,
		KW_AT(struct authenticate_args, name),
		.flags = KW_REQ },
	{ .word = "from-server",
		.help = "Look at the certificates that a server shows",
		KW_AT(struct authenticate_args, from_server),
		.flags = KW_REQ,
		.sub = pki_server_kw,
		.sub_size = sizeof(struct pki_server_args) },
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

	if (a->from_server.set)
		return pki_from_server(s, a->name.s, a->from_server.args, err);
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
	{ .cmd = { .words = "crypto pki import-chain",
		  .help = "Get certificates from a server that shows them",
		  .kw = import_chain_kw,
		  .size = sizeof(struct authenticate_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = authenticate },
	{ .cmd = { .words = "crypto pki export",
		  .help = "Export the certificate of a trustpoint",
		  .kw = export_kw,
		  .size = sizeof(struct export_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = export_certificate },
};

void
pki_exec_commands(struct cli *cli)
{
	cli_word(cli, "crypto", "Cryptography");
	cli_word(cli, "crypto pki", "Public key infrastructure");
	cli_word(cli, "crypto ca", "Public key infrastructure");
	cli_commands(cli, exec_cmds, sizeof exec_cmds / sizeof *exec_cmds);
}
