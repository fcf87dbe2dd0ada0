/* `crypto pki import NAME pem | pkcs12`: a certificate of our own, with its key. */
#include "cli/pki.h"

#include <string.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/identity.h"
#include "pki/store.h"
#include "store/secret.h"

#define FILE_MAX (1024u * 1024u)

struct import_args {
	struct kw_str name;
	struct kw_flag pem, pkcs12, terminal, usage_keys, exportable;
	struct kw_str url, password;
};

#define OPTIONS                                                                              \
	{ .word = "usage-keys",                                                              \
		.help = "Keys for one use each",                                             \
		KW_AT(struct import_args, usage_keys),                                       \
		.flags = KW_HIDDEN },                                                        \
		{ .word = "exportable",                                                      \
			.help = "The key may be exported",                                   \
			KW_AT(struct import_args, exportable),                               \
			.flags = KW_HIDDEN },                                                \
	{                                                                                    \
		.word = "password", .help = "Password of the private key", .type = &kw_word, \
		KW_AT(struct import_args, password), .flags = KW_SECRET                      \
	}

static const struct kw pem_kw[] = {
	{ .word = "terminal",
		.help = "Paste key and certificates",
		KW_AT(struct import_args, terminal),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "url",
		.help = "File such as flash:r1.pem with key and certificates",
		.type = &kw_word,
		KW_AT(struct import_args, url),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.param = "URL" },
	OPTIONS,
	KW_END,
};

static const struct kw pkcs12_kw[] = {
	{ .help = "File such as flash:r1.p12",
		.type = &kw_word,
		KW_AT(struct import_args, url),
		.flags = KW_REQ,
		.param = "URL" },
	OPTIONS,
	KW_END,
};

static const struct kw import_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct import_args, name),
		.flags = KW_REQ },
	{ .word = "pem",
		.help = "Key and certificates as PEM",
		KW_AT(struct import_args, pem),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = pem_kw },
	{ .word = "pkcs12",
		.help = "Key and certificates as PKCS#12",
		KW_AT(struct import_args, pkcs12),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.sub = pkcs12_kw },
	KW_END,
};

/* The trustpoint is made when it is not there, as IOS makes it. */
static bool
make_trustpoint(struct session *s, const char *name, struct err *err)
{
	struct engine *engine = session_engine(s);
	char *lines;

	if (pki_find(engine->pki, name) != NULL)
		return true;
	if (strpbrk(name, " \t\"'?") != NULL)
		return err_set(err, ERR_INVALID, "the name of a trustpoint has no blanks and no quotes");
	lines = mem_printf(session_cmd_ctx(s), "crypto pki trustpoint %s\n", name);
	return conf_load(engine->conf, session_who(s), lines, false, true, NULL, NULL, err);
}

static bool
keep(struct session *s, const char *name, const struct identity *id, struct err *err)
{
	struct engine *engine = session_engine(s);
	json_t *j = identity_to_json(id);
	const char *key = json_string_value(json_object_get(j, "key"));
	char *sealed = secret_encrypt(engine->secrets, session_cmd_ctx(s), key, strlen(key));

	/* The clear text goes; its memory is jansson's own and is wiped before that. */
	explicit_bzero((char *)(uintptr_t)key, strlen(key));
	json_object_set_new(j, "key", json_string(sealed));
	return pki_set_identity(engine->pki, name, j, err);
}

static bool
install(struct session *s, const struct import_args *a, const struct identity *id, struct err *err)
{
	struct text told;

	text_init(&told, session_cmd_ctx(s));
	if (!make_trustpoint(s, a->name.s, err) || !keep(s, a->name.s, id, err))
		return false;
	identity_warnings(&told, id);
	text_printf(
		&told, "%% Identity \"%s\"", certtext_name_new(told.ctx, X509_get_subject_name(id->cert)));
	if (sk_X509_num(id->chain) > 0)
		text_printf(&told, ", with %d CA certificate%s that go%s along and %s not trusted by that",
			sk_X509_num(id->chain), sk_X509_num(id->chain) == 1 ? "" : "s",
			sk_X509_num(id->chain) == 1 ? "es" : "", sk_X509_num(id->chain) == 1 ? "is" : "are");
	text_printf(&told, ".\n%s\n",
		a->pem.set ? "% PEM files import succeeded."
			   : "CRYPTO_PKI: Imported PKCS12 file successfully.");
	session_write(s, told.s, told.len);
	return true;
}

static bool
import_data(struct session *s, const struct import_args *a, const void *data, size_t n, struct err *err)
{
	const char *password = a->password.set ? a->password.s : NULL;
	struct identity id = { 0 };
	bool ok = a->pem.set ? identity_read_pem(&id, data, n, password, err)
			     : identity_read_pkcs12(&id, data, n, password, err);

	ok = ok && install(s, a, &id, err);
	identity_clear(&id);
	return ok;
}

/* ---- pasted: the key, then the certificates ---- */

struct paste {
	const struct import_args *args;
	struct text text;
};

static void
got_certificates(struct session *s, const struct answer *answer, void *arg)
{
	struct paste *p = arg;
	struct err err = ERR_INIT;
	bool ok;

	text_addn(&p->text, answer->text, answer->len);
	ok = import_data(s, p->args, p->text.s, p->text.len, &err);
	explicit_bzero(p->text.s, p->text.len);
	if (ok)
		session_done(s);
	else
		session_fail(s, &err);
}

static void
got_key(struct session *s, const struct answer *answer, void *arg)
{
	struct paste *p = arg;

	text_addn(&p->text, answer->text, answer->len);
	session_ask(s, ASK_COLLECT,
		"% Enter PEM-formatted General Purpose certificate, and those of its CAs behind it.\n"
		"% End with a blank line or \"quit\" on a line by itself.\n",
		got_certificates, p);
}

static enum cmd_result
import_identity(struct session *s, const void *args, struct err *err)
{
	const struct import_args *a = args;
	struct text data;
	struct paste *p;
	bool ok;

	if (a->terminal.set) {
		p = mem_new(session_cmd_ctx(s), struct paste);
		p->args = a;
		text_init(&p->text, p);
		return session_ask(s, ASK_COLLECT,
			"% Enter PEM-formatted encrypted private General Purpose key.\n"
			"% End with \"quit\" on a line by itself.\n",
			got_key, p);
	}
	text_init(&data, session_cmd_ctx(s));
	if (!files_read(session_engine(s)->files, a->url.s, session_level(s) == 15 ? FILES_ABSOLUTE : 0,
		    FILE_MAX, &data, err))
		return CMD_REFUSED;
	ok = import_data(s, a, data.s, data.len, err);
	explicit_bzero(data.s, data.len);
	return ok ? CMD_DONE : CMD_REFUSED;
}

static const struct exec_cmd identity_cmds[] = {
	{ .cmd = { .words = "crypto pki import",
		  .help = "Import a certificate of this device with its key",
		  .kw = import_kw,
		  .size = sizeof(struct import_args),
		  .level = 15 },
		.flags = EXEC_CONFIG | EXEC_EXEC | EXEC_SECRET,
		.run = import_identity },
};

void
pki_identity_commands(struct cli *cli)
{
	cli_commands(cli, identity_cmds, sizeof identity_cmds / sizeof *identity_cmds);
}
