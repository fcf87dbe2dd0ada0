/* `crypto pki certificate chain NAME`: the certificates of trustpoints, as hex. */
#include "cli/pki.h"

#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "conf/row.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/certtext.h"
#include "pki/hexbody.h"
#include "pki/import.h"
#include "pki/store.h"

#define MODE      "config-cert-chain"
#define BODY_MODE "config-pubkey"

/* Behind the trustpoints (cli/config/trustpoint.c). */
#define ORDER_CHAIN 310

struct chain_args {
	struct kw_str name;
};

/* The certificate is parsed when its last line has come; args own a reference. */
struct certificate_args {
	struct kw_str serial;
	struct text hex;
	struct holder *holder;
};

struct holder {
	X509 *cert;
};

static const struct kw chain_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct chain_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static const struct kw certificate_kw[] = {
	{ .help = "Serial number in hex",
		.type = &kw_word,
		KW_AT(struct certificate_args, serial),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

/* ---- certificate ca SERIAL, with its body ---- */

static int
drop_cert(void *ptr)
{
	X509_free(((struct holder *)ptr)->cert);
	return 0;
}

static bool
read_body(struct engine *engine, void *args, const char *line, bool *done, struct err *err)
{
	struct certificate_args *a = args;
	const char *word = line + strspn(line, " \t");

	if (a->hex.s == NULL)
		text_init(&a->hex, args);
	if (strncasecmp(word, "quit", 4) == 0 && word[4 + strspn(word + 4, " \t")] == '\0') {
		*done = true;
		return true;
	}
	if (a->hex.len + strlen(line) > 3 * CERT_MAX_BYTES)
		return err_set(err, ERR_RANGE, "certificate: more than %u bytes", CERT_MAX_BYTES);
	text_add(&a->hex, line);
	text_addc(&a->hex, '\n');
	return true;
}

/* IOS writes the serial number as it stands in the certificate; a wrong one means a mixed-up paste. */
static bool
adopt_certificate(struct engine *engine, void *args, struct err *err)
{
	struct certificate_args *a = args;
	struct text serial;
	bool same;

	a->holder = mem_new(args, struct holder);
	mem_on_free(a->holder, drop_cert);
	a->holder->cert = hexbody_parse(a->hex.s, a->hex.len, err);
	if (a->holder->cert == NULL)
		return false;
	mem_free(a->hex.s);
	a->hex = (struct text){ 0 };
	text_init(&serial, args);
	certtext_serial(&serial, a->holder->cert, '\0');
	same = strcasecmp(serial.s, a->serial.s) == 0;
	if (!same)
		return err_set(err, ERR_INVALID, "certificate: its serial number is %s, not %s", serial.s,
			a->serial.s);
	a->serial.s = serial.s; /* in capitals */
	return true;
}

static void
print_body(struct engine *engine, const struct conf_node *node, struct text *out)
{
	hexbody_print(out, ((const struct certificate_args *)node->args)->holder->cert);
}

/* Certificates of the device itself, as a router's configuration holds them: read over and refused. */
static bool
refuse_identity(struct engine *engine, void *args, struct err *err)
{
	err_set(err, ERR_REFUSED, "identity certificates are not supported");
	err_hint(err, "a trustpoint holds the CA certificate that validates others: 'certificate ca'");
	return false;
}

/* A trustpoint has one CA certificate. */
static bool
check_certificate(struct engine *engine, const struct conf_node *node, struct err *err)
{
	return node->parent->first == node->parent->last ||
	       err_set(err, ERR_EXISTS, "the chain has a CA certificate already");
}

/* ---- the chain ---- */

static const char *
name_of(const struct conf_node *node)
{
	return ((const struct chain_args *)node->args)->name.s;
}

static bool
check_chain(struct engine *engine, const struct conf_node *node, struct err *err)
{
	char *key = mem_printf(NULL, "crypto pki trustpoint %s", name_of(node));
	bool known = conf_child(node->parent, key) != NULL;

	mem_free(key);
	if (known)
		return true;
	err_set(err, ERR_NOT_FOUND, "CA trustpoint for cert chain not known");
	err_hint(err, "configure it first: crypto pki trustpoint %s", name_of(node));
	return false;
}

static X509 *
cert_of(const struct conf_node *chain)
{
	return chain->first == NULL ? NULL
				    : ((const struct certificate_args *)chain->first->args)->holder->cert;
}

static bool
apply_chain(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const char *name = name_of(new != NULL ? new : old);

	/* The trustpoint may have gone a moment ago, and its certificate with it. */
	if (new != NULL || pki_find(engine->pki, name) != NULL)
		pki_set_ca(engine->pki, name, new != NULL ? cert_of(new) : NULL);
	return true;
}

static const char *
confirm_removal(struct engine *engine, const struct conf_node *node)
{
	return node->first == NULL ? NULL
				   : "This will remove all certificates for this trustpoint\n\n"
				     "Are you sure you want to do this? [yes/no]: ";
}

#define IDENTITY(words_)                                                                                     \
	{                                                                                                    \
		.cmd = { .words = (words_),                                                                  \
			.help = "Certificate of this device: not supported",                                 \
			.kw = certificate_kw,                                                                \
			.size = sizeof(struct certificate_args),                                             \
			.level = 15,                                                                         \
			.hidden = true },                                                                    \
		.mode = MODE, .enters = BODY_MODE, .order = 20, .adopt = refuse_identity, .body = read_body, \
	}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "crypto pki certificate chain",
		  .help = "The certificate of a trustpoint",
		  .kw = chain_kw,
		  .size = sizeof(struct chain_args),
		  .level = 15 },
		.mode = "config",
		.enters = MODE,
		.order = ORDER_CHAIN,
		.check = check_chain,
		.apply = apply_chain,
		.confirm_no = confirm_removal },
	{ .cmd = { .words = "certificate ca",
		  .help = "CA certificate, in hex behind this line until `quit`",
		  .kw = certificate_kw,
		  .size = sizeof(struct certificate_args),
		  .level = 15 },
		.mode = MODE,
		.enters = BODY_MODE,
		.order = 10,
		.missing = "there is no such certificate",
		.adopt = adopt_certificate,
		.body = read_body,
		.check = check_certificate,
		.print = print_body },
	IDENTITY("certificate self-signed"),
	IDENTITY("certificate"),
};

/* The spelling before 12.4. */
static const struct conf_row old_spelling = {
	.cmd = { .words = "crypto ca certificate chain",
		.help = "The certificate of a trustpoint",
		.kw = chain_kw,
		.size = sizeof(struct chain_args),
		.level = 15,
		.hidden = true },
	.mode = "config",
	.enters = MODE,
	.alias_of = &rows[0],
};

void
pki_conf_chains(struct conf *conf)
{
	static const struct conf_mode modes[] = {
		{ .name = MODE, .parent = "config" },
		{ .name = BODY_MODE, .parent = MODE },
	};

	conf_modes(conf, modes, 2);
	conf_word(conf, "config", "crypto pki certificate", "Certificates");
	conf_word(conf, MODE, "certificate", "A certificate of this trustpoint");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_rows(conf, &old_spelling, 1);
}
