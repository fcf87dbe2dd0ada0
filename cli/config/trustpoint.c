/* `crypto pki trustpoint NAME` and the lines below it. */
#include "cli/pki.h"

#include <ctype.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/row.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "pki/store.h"

#define MODE "ca-trustpoint"

/* Behind it in running-config: the chains (cli/config/chain.c). */
#define ORDER_TRUSTPOINT 300

/* ---- a fingerprint: 32 (MD5) or 40 (SHA1) hex digits, blanks and colons between them ignored ---- */

static bool
fingerprint_parse(
	const void *ctx, const struct kw *row, const struct kw_token *token, void *dst, struct err *err)
{
	char digits[41];
	size_t n = 0;

	for (const char *s = token->text; *s != '\0'; s++) {
		if (*s == ' ' || *s == ':')
			continue;
		if (!isxdigit((unsigned char)*s) || n == 40)
			return err_set(err, ERR_RANGE, "32 (MD5) or 40 (SHA1) hex digits");
		digits[n++] = (char)toupper((unsigned char)*s);
	}
	if (n != 32 && n != 40)
		return err_set(err, ERR_RANGE, "32 (MD5) or 40 (SHA1) hex digits");
	*(struct kw_str *)dst = (struct kw_str){ .set = true, .s = mem_strndup(ctx, digits, n) };
	return true;
}

static void
fingerprint_print(const struct kw *row, const void *src, struct text *out)
{
	text_add(out, ((const struct kw_str *)src)->s);
}

static bool
fingerprint_equal(const void *a, const void *b)
{
	return strcmp(((const struct kw_str *)a)->s, ((const struct kw_str *)b)->s) == 0;
}

static void
fingerprint_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	for (int i = rng_below(rng, 2) == 0 ? 32 : 40; i > 0; i--)
		text_addc(out, "0123456789abcdefABCDEF"[rng_below(rng, 22)]);
}

static const struct kw_type kw_fingerprint = {
	.param = "HEX",
	.name = "fingerprint",
	.size = sizeof(struct kw_str),
	.rest = true,
	.parse = fingerprint_parse,
	.print = fingerprint_print,
	.equal = fingerprint_equal,
	.sample = fingerprint_sample,
};

/* ---- what the lines hold ---- */

struct word_args {
	struct kw_str value;
};
struct flag_args {
	struct kw_flag flag;
};
struct choice_args {
	struct kw_enum value;
};
struct revocation_args {
	struct kw_enum method[3];
};
struct chain_args {
	struct kw_flag stop, more;
	struct kw_str parent;
};
struct keypair_args {
	struct kw_str label;
	struct kw_int size, encryption_size;
};

#define WORD_KW(name_, help_, type_, param_)            \
	static const struct kw name_[] = {              \
		{ .help = (help_),                      \
			.type = (type_),                \
			KW_AT(struct word_args, value), \
			.flags = KW_REQ,                \
			.param = (param_) },            \
		KW_END,                                 \
	}

WORD_KW(fqdn_kw, "Host name for the certificate, or none", &kw_word, NULL);
WORD_KW(address_kw, "Address or interface for the certificate, or none", &kw_word, NULL);
WORD_KW(subject_kw, "Subject name, such as cn=r1,o=Example", &kw_line, NULL);
WORD_KW(alternative_kw, "Further names", &kw_line, NULL);
WORD_KW(email_kw, "Mail address for the certificate", &kw_word, NULL);
WORD_KW(label_kw, "Label of the key pair", &kw_word, NULL);
WORD_KW(fingerprint_kw, "Fingerprint that the CA certificate must have", &kw_fingerprint, NULL);
WORD_KW(ocsp_url_kw, "Responder to ask instead of the certificate's own", &kw_word, "URL");

static const struct kw trustpoint_kw[] = {
	{ .help = "Name of the trustpoint",
		.type = &kw_word,
		KW_AT(struct word_args, value),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static const struct kw pem_kw[] = {
	{ .word = "pem", .help = "Certificates come as PEM", KW_AT(struct flag_args, flag) },
	KW_END,
};

static const struct kw none_kw[] = {
	{ .word = "none", .help = "Not in the certificate", KW_AT(struct flag_args, flag) },
	KW_END,
};

static const struct kw_alternative methods[] = {
	{ "crl", "Ask a certificate revocation list", REVOCATION_CRL, false },
	{ "none", "Accept the certificate", REVOCATION_NONE, false },
	{ "ocsp", "Ask an OCSP responder", REVOCATION_OCSP, false },
	{ NULL, NULL, 0, false },
};

#define METHOD(n_, flags_)                                                                        \
	{                                                                                         \
		.help = "How to learn of revocation, in order", .type = &kw_choice,               \
		KW_AT(struct revocation_args, method[n_]), .flags = (flags_), .choices = methods, \
	}

static const struct kw revocation_kw[] = { METHOD(0, KW_REQ), METHOD(1, 0), METHOD(2, 0), KW_END };

static const struct kw parent_kw[] = {
	{ .help = "Trustpoint that must have signed this one",
		.type = &kw_word,
		KW_AT(struct chain_args, parent) },
	KW_END,
};

static const struct kw chain_kw[] = {
	{ .word = "stop",
		.help = "Validation ends at this trustpoint's certificate",
		KW_AT(struct chain_args, stop),
		.group = 1 },
	{ .word = "continue",
		.help = "This trustpoint's certificate must itself be validated",
		KW_AT(struct chain_args, more),
		.group = 1,
		.sub = parent_kw },
	KW_END,
};

static const struct kw_alternative usages[] = {
	{ "ike", "Key exchange of IPsec", 0, false },
	{ "ssl-client", "Client of TLS", 1, false },
	{ "ssl-server", "Server of TLS", 2, false },
	{ NULL, NULL, 0, false },
};
static const struct kw usage_kw[] = {
	{ .help = "What the identity certificate is for",
		.type = &kw_choice,
		KW_AT(struct choice_args, value),
		.flags = KW_REQ,
		.choices = usages },
	KW_END,
};

static const struct kw_alternative hashes[] = {
	{ "md5", "MD5", 0, false },
	{ "sha1", "SHA-1", 1, false },
	{ "sha256", "SHA-256", 2, false },
	{ "sha384", "SHA-384", 3, false },
	{ "sha512", "SHA-512", 4, false },
	{ NULL, NULL, 0, false },
};
static const struct kw hash_kw[] = {
	{ .help = "Digest of the certificate request's signature",
		.type = &kw_choice,
		KW_AT(struct choice_args, value),
		.flags = KW_REQ,
		.choices = hashes },
	KW_END,
};

static const struct kw rsakeypair_kw[] = {
	{ .help = "Label of the key pair",
		.type = &kw_word,
		KW_AT(struct keypair_args, label),
		.flags = KW_REQ },
	{ .help = "Bits of the key",
		.type = &kw_number,
		KW_AT(struct keypair_args, size),
		.min = 360,
		.max = 4096 },
	{ .help = "Bits of the encryption key",
		.type = &kw_number,
		KW_AT(struct keypair_args, encryption_size),
		.min = 360,
		.max = 4096 },
	KW_END,
};

/* ---- what the lines do ---- */

static void
fill_enrollment(struct trustpoint *tp, const void *args)
{
	tp->has_enrollment = true;
}

static void
fill_fingerprint(struct trustpoint *tp, const void *args)
{
	tp->fingerprint = mem_strdup(tp, ((const struct word_args *)args)->value.s);
}

static void
fill_revocation(struct trustpoint *tp, const void *args)
{
	const struct revocation_args *a = args;

	tp->policy.revocation_count = 0;
	for (size_t i = 0; i < 3 && a->method[i].set; i++)
		tp->policy.revocation[tp->policy.revocation_count++] = (enum revocation_method)a->method[i].v;
}

static void
fill_chain(struct trustpoint *tp, const void *args)
{
	const struct chain_args *a = args;

	tp->policy.chain_continue = a->more.set;
	tp->policy.parent = a->parent.set ? mem_strdup(tp, a->parent.s) : NULL;
}

static void
fill_ocsp_url(struct trustpoint *tp, const void *args)
{
	tp->policy.ocsp_url = mem_strdup(tp, ((const struct word_args *)args)->value.s);
}

/*
 * Lines that change something. The others that are accepted (subject-name, fqdn, rsakeypair, ...)
 * describe a certificate request: they are kept and have no effect on a trustpoint that only
 * validates, as on IOS.
 */
static const struct {
	const char *words;
	void (*fill)(struct trustpoint *, const void *args);
} effects[] = {
	{ "enrollment terminal", fill_enrollment },
	{ "fingerprint", fill_fingerprint },
	{ "revocation-check", fill_revocation },
	{ "chain-validation", fill_chain },
	{ "ocsp url", fill_ocsp_url },
};

/* The trustpoint anew from its lines; its certificate stays (that of cli/config/chain.c). */
static void
fill(struct trustpoint *tp, const struct conf_node *node)
{
	static const struct trustpoint_policy by_default = { .revocation = { REVOCATION_CRL },
		.revocation_count = 1 };

	tp->policy = by_default;
	tp->has_enrollment = false;
	tp->fingerprint = NULL;
	for (const struct conf_node *line = node->first; line != NULL; line = line->next)
		for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
			if (strcmp(line->row->cmd.words, effects[i].words) == 0)
				effects[i].fill(tp, line->args);
}

static const char *
name_of(const struct conf_node *node)
{
	return ((const struct word_args *)node->args)->value.s;
}

static bool
apply_trustpoint(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	if (new == NULL)
		pki_remove(engine->pki, name_of(old));
	else
		fill(pki_trustpoint(engine->pki, name_of(new)), new);
	return true;
}

static const char *
confirm_removal(struct engine *engine, const struct conf_node *node)
{
	const struct trustpoint *tp = pki_find(engine->pki, name_of(node));

	if (tp == NULL || tp->ca == NULL)
		return NULL;
	return "% Removing an enrolled trustpoint will destroy all certificates\n"
	       " received from the related Certificate Authority.\n\n"
	       "Are you sure you want to do this? [yes/no]: ";
}

/* ---- what is refused, and why: nothing here is accepted and then ignored ---- */

static const struct {
	const char *words, *why;
} refusals[] = {
	{ "enrollment url", "certificates are not fetched by SCEP: paste them with 'enrollment terminal'" },
	{ "enrollment selfsigned", "self-signed identity certificates are not made here" },
	{ "enrollment pkcs12", "it needs no line here: crypto pki import NAME pkcs12 FILE password P" },
	{ "enrollment profile", "enrollment profiles need SCEP, which is not there" },
	{ "enrollment mode", "registration authorities need SCEP, which is not there" },
	{ "enrollment retry", "there is nothing to retry without SCEP" },
	{ "auto-enroll", "certificates are not enrolled by themselves" },
	{ "authorization", "certificates are not authorized by AAA" },
	{ "crl", "CRLs come from the distribution points of the certificates, by http" },
	{ "ocsp disable-nonce", "OCSP requests always hold a nonce; a responder may leave it out" },
	{ "source", "CRLs and OCSP answers are fetched from the address that the system chooses" },
	{ "vrf", "CRLs and OCSP answers are fetched in the namespace of the mail helper" },
	{ "match certificate", "certificate maps are not there" },
	{ "password", "there is no enrollment that needs a password" },
	{ "on", "keys stand in files of the state directory only" },
	{ "storage", "certificates stand in the running configuration only" },
	{ "primary", "every trustpoint is searched: there is no primary one" },
	{ "validation-usage", "a trustpoint is used for whatever its policy accepts" },
};

static bool
refuse_line(struct engine *engine, const struct conf_node *node, struct err *err)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (strcmp(node->row->cmd.words, refusals[i].words) == 0) {
			err_set(err, ERR_REFUSED, "'%s' is not supported", refusals[i].words);
			err_hint(err, "%s", refusals[i].why);
		}
	return false;
}

static bool
adopt_revocation(struct engine *engine, void *args, struct err *err)
{
	const struct revocation_args *a = args;

	for (size_t i = 1; i < 3 && a->method[i].set; i++) {
		if (a->method[i - 1].v == REVOCATION_NONE)
			return err_set(err, ERR_INVALID, "revocation-check: nothing is asked behind 'none'");
		for (size_t k = 0; k < i; k++)
			if (a->method[k].v == a->method[i].v)
				return err_set(err, ERR_INVALID, "revocation-check: a method stands twice");
	}
	return true;
}

static bool
adopt_ocsp_url(struct engine *engine, void *args, struct err *err)
{
	const char *url = ((const struct word_args *)args)->value.s;

	return strncmp(url, "http://", 7) == 0 ||
	       err_set(err, ERR_INVALID, "ocsp url: an URL that begins with http:// is needed");
}

/* A trustpoint cannot vouch for itself. */
static bool
check_parent(struct engine *engine, const struct conf_node *node, struct err *err)
{
	const struct chain_args *a = node->args;

	return !a->parent.set || strcmp(a->parent.s, name_of(node->parent)) != 0 ||
	       err_set(err, ERR_REFUSED, "chain-validation: trustpoint %s cannot be its own parent",
		       a->parent.s);
}

/* ---- the rows ---- */

#define LINE(order_, words_, help_, kw_, args_, ...)         \
	{                                                    \
		.cmd = { .words = (words_),                  \
			.help = (help_),                     \
			.kw = (kw_),                         \
			.size = sizeof(args_),               \
			.level = 15 },                       \
		.mode = MODE, .order = (order_), __VA_ARGS__ \
	}
static const struct conf_row rows[] = {
	{ .cmd = { .words = "crypto pki trustpoint",
		  .help = "Define a certificate authority that is trusted",
		  .kw = trustpoint_kw,
		  .size = sizeof(struct word_args),
		  .level = 15 },
		.mode = "config",
		.enters = MODE,
		.order = ORDER_TRUSTPOINT,
		.companion = "crypto pki certificate chain",
		.apply = apply_trustpoint,
		.confirm_no = confirm_removal,
		.farewell = "% Be sure to ask the CA administrator to revoke your certificates.\n" },
	/* Printed in this order. */
	LINE(10, "enrollment terminal", "Paste certificates into the terminal", pem_kw, struct flag_args),
	LINE(20, "usage", "What the identity certificate is for", usage_kw, struct choice_args),
	LINE(30, "serial-number", "Serial number of the device in the certificate", none_kw,
		struct flag_args),
	LINE(40, "fqdn", "Host name in the certificate", fqdn_kw, struct word_args),
	LINE(50, "ip-address", "Address in the certificate", address_kw, struct word_args),
	LINE(60, "email", "Mail address in the certificate", email_kw, struct word_args),
	LINE(70, "fingerprint", "Fingerprint of the CA certificate", fingerprint_kw, struct word_args),
	LINE(80, "subject-name", "Subject of the certificate", subject_kw, struct word_args),
	LINE(90, "subject-alt-name", "Further names of the certificate", alternative_kw, struct word_args),
	LINE(100, "revocation-check", "How revocation is checked", revocation_kw, struct revocation_args,
		.adopt = adopt_revocation),
	LINE(110, "chain-validation", "Where validation of a chain ends", chain_kw, struct chain_args,
		.check = check_parent),
	LINE(120, "ocsp url", "OCSP responder", ocsp_url_kw, struct word_args, .adopt = adopt_ocsp_url),
	LINE(130, "rsakeypair", "RSA key pair of the certificate", rsakeypair_kw, struct keypair_args),
	LINE(140, "eckeypair", "EC key pair of the certificate", label_kw, struct word_args),
	LINE(150, "hash", "Digest for certificate requests", hash_kw, struct choice_args),
};

/* The spelling before 12.4. */
static const struct conf_row old_spelling = {
	.cmd = { .words = "crypto ca trustpoint",
		.help = "Define a certificate authority that is trusted",
		.kw = trustpoint_kw,
		.size = sizeof(struct word_args),
		.level = 15,
		.hidden = true },
	.mode = "config",
	.enters = MODE,
	.alias_of = &rows[0],
};

/* The refused lines are understood, so that the reason can be given, and never offered. */
static void
add_refusals(struct conf *conf)
{
	static const struct kw anything_kw[] = {
		{ .help = "Further words", .type = &kw_line, KW_AT(struct word_args, value) },
		KW_END,
	};
	size_t n = sizeof refusals / sizeof *refusals;
	struct conf_row *refused = mem_array(conf, struct conf_row, n);

	for (size_t i = 0; i < n; i++)
		refused[i] = (struct conf_row)LINE(900, refusals[i].words, "Not supported", anything_kw,
			struct word_args, .check = refuse_line);
	for (size_t i = 0; i < n; i++)
		refused[i].cmd.hidden = true;
	conf_rows(conf, refused, n);
}

void
pki_conf_trustpoints(struct conf *conf)
{
	static const struct conf_mode modes[] = { { .name = MODE, .parent = "config" } };

	conf_modes(conf, modes, 1);
	conf_word(conf, "config", "crypto", "Cryptography");
	conf_word(conf, "config", "crypto pki", "Public key infrastructure");
	conf_word(conf, MODE, "enrollment", "How certificates come here");
	conf_word(conf, MODE, "ocsp", "Online certificate status");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_rows(conf, &old_spelling, 1);
	add_refusals(conf);
}
