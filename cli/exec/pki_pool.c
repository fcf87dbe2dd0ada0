/* `crypto pki trustpool import terminal | url`, `crypto pki trustpool clean`. */
#include "cli/pki.h"

#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "pki/bundle.h"
#include "pki/errand.h"
#include "pki/fetch.h"
#include "pki/pool.h"
#include "pki/store.h"

#define BUNDLE_MAX_BYTES (4u * 1024u * 1024u)
#define GRACE            (2 * USEC_PER_SEC)

/* A bundle on its way into the pool; lives as long as the command. */
struct bundle {
	struct session *session;
	struct errand *errand;
	const char *url;
	bool clean; /* what is in the pool goes first */
	STACK_OF(X509) * certs;
	struct bundle_counts counts;
};

static int
release(void *arg)
{
	sk_X509_pop_free(((struct bundle *)arg)->certs, X509_free);
	return 0;
}

static struct bundle *
bundle_new(struct session *s)
{
	struct bundle *b = mem_new(session_cmd_ctx(s), struct bundle);

	b->session = s;
	b->clean = session_row(s)->cmd.owner != NULL;
	b->certs = sk_X509_new_null();
	mem_on_free(b, release);
	return b;
}

static bool
read_bundle(struct bundle *b, const void *data, size_t n, struct err *err)
{
	time_t now = (time_t)(clock_wall(session_engine(b->session)->clock) / USEC_PER_SEC);

	return bundle_import(b->certs, data, n, POOL_MAX, now, &b->counts, err);
}

static void
tell_counts(struct bundle *b, size_t added)
{
	const struct bundle_counts *c = &b->counts;
	size_t known = (size_t)sk_X509_num(b->certs) - added;

	session_print(
		b->session, "%% %zu certificate%s read: %zu added", c->read, c->read == 1 ? "" : "s", added);
	if (known > 0)
		session_print(b->session, ", %zu there already", known);
	if (c->not_ca > 0)
		session_print(b->session, ", %zu left out that %s no CA's", c->not_ca,
			c->not_ca == 1 ? "is" : "are");
	if (c->expired > 0)
		session_print(b->session, ", %zu left out that %s expired", c->expired,
			c->expired == 1 ? "has" : "have");
	session_print(b->session, "\n");
}

static bool
add_to_pool(struct bundle *b, struct err *err)
{
	struct engine *engine = session_engine(b->session);
	size_t added = 0;

	if (sk_X509_num(b->certs) > 0 && ((b->clean && !pki_pool_clean(engine->pki, err)) ||
						 !pki_pool_add(engine->pki, b->certs, &added, err)))
		return false;
	tell_counts(b, added);
	if (sk_X509_num(b->certs) == 0)
		return err_set(err, ERR_INVALID, "there is no CA certificate in it that is valid now");
	session_print(b->session, "%% PEM files import succeeded.\n");
	log_msg(engine->log, session_cause(b->session), "PKI", SEV_INFORMATIONAL,
		"TRUSTPOOL_DOWNLOAD_SUCCESS", "Trustpool Download is successful");
	return true;
}

static void
conclude(struct bundle *b)
{
	struct err err = ERR_INIT;

	if (add_to_pool(b, &err))
		session_done(b->session);
	else
		session_fail(b->session, &err);
}

/* ---- pasted ---- */

static void
got_pasted(struct session *s, const struct answer *answer, void *arg)
{
	struct bundle *b = arg;
	struct err err = ERR_INIT;

	if (read_bundle(b, answer->text, answer->len, &err))
		conclude(b);
	else
		session_fail(s, &err);
}

static enum cmd_result
from_terminal(struct session *s, const void *args, struct err *err)
{
	return session_ask(s, ASK_COLLECT,
		"% Enter PEM-formatted CA certificate.\n"
		"% End with a blank line or \"quit\" on a line by itself.\n",
		got_pasted, bundle_new(s));
}

/* ---- from the network ---- */

static void
answered(struct session *s, const struct answer *answer, void *arg)
{
	if (answer->yes) {
		conclude(arg);
		return;
	}
	session_print(s, "%% No certificate was imported.\n");
	session_done(s);
}

/* What came in the clear may be anybody's: the user says whether it is the right one. */
static void
ask_about(struct bundle *b, const unsigned char *data, size_t n)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct text digest;

	EVP_Digest(data, n, md, &len, EVP_sha256(), NULL);
	text_init(&digest, b);
	text_add_hex(&digest, md, len, '\0');
	session_print(b->session,
		"%% %zu bytes with %zu certificates came over http, which proves nothing about them.\n"
		"%% SHA256 of the file: %s\n",
		n, b->counts.read, digest.s);
	session_ask(b->session, ASK_YESNO, "% Do you accept these certificates? [yes/no]: ", answered, b);
}

static void
take_data(struct bundle *b, const char *base64)
{
	size_t n = strlen(base64), pad = n > 1 ? (size_t)(base64[n - 1] == '=') + (base64[n - 2] == '=') : 0;
	unsigned char *data = mem_alloc(b, n / 4 * 3 + 1);
	int len = EVP_DecodeBlock(data, (const unsigned char *)base64, (int)n);
	struct err err = ERR_INIT;

	if (len < (int)pad || (size_t)len > BUNDLE_MAX_BYTES)
		err_set(&err, ERR_RANGE, "more than %u bytes", BUNDLE_MAX_BYTES);
	if (err.code != ERR_NONE || !read_bundle(b, data, (size_t)len - pad, &err)) {
		err_wrap(&err, "%s", b->url);
		session_fail(b->session, &err);
	} else if (strncasecmp(b->url, "https://", 8) == 0) {
		conclude(b);
	} else {
		ask_about(b, data, (size_t)len - pad);
	}
}

static void
arrived(void *arg, const json_t *answer, const struct err *why)
{
	struct bundle *b = arg;
	const char *base64 = json_string_value(json_object_get(answer, "data"));
	struct err err = ERR_INIT;

	if (base64 != NULL) {
		take_data(b, base64);
		return;
	}
	if (answer != NULL)
		err_set(&err, ERR_INTERNAL, "no data came");
	else
		err = *why;
	err_wrap(&err, "%s", b->url);
	session_fail(b->session, &err);
}

static void
over(void *arg, enum session_end why)
{
	struct bundle *b = arg;

	(void)why;
	mem_free(b->errand);
	b->errand = NULL;
}

static enum cmd_result
fetch(struct bundle *b, struct err *err)
{
	struct engine *engine = session_engine(b->session);
	struct trust *trust = pki_snapshot(b, engine->pki);

	b->errand = errand_run(b, engine,
		json_pack("{s:s, s:s, s:o, s:i}", "type", "fetch", "url", b->url, "trust",
			trust_to_json(trust), "timeout_ms", PKI_FETCH_MAX_MS),
		PKI_FETCH_MAX_MS * USEC_PER_MSEC + GRACE, arrived, b, err);
	return b->errand != NULL ? session_wait(b->session, 0, over, b) : CMD_REFUSED;
}

/* ---- from a file, or from the network ---- */

struct url_args {
	struct kw_str url;
};

static const struct kw url_kw[] = {
	{ .help = "File such as flash:ca-bundle.pem, or http://... or https://...",
		.type = &kw_word,
		KW_AT(struct url_args, url),
		.flags = KW_REQ,
		.param = "URL" },
	KW_END,
};

static enum cmd_result
from_url(struct session *s, const void *args, struct err *err)
{
	const struct url_args *a = args;
	struct bundle *b = bundle_new(s);
	struct text data;

	b->url = a->url.s;
	if (strncasecmp(b->url, "http://", 7) == 0 || strncasecmp(b->url, "https://", 8) == 0)
		return fetch(b, err);
	text_init(&data, b);
	if (!files_read(session_engine(s)->files, b->url, session_level(s) == 15 ? FILES_ABSOLUTE : 0,
		    BUNDLE_MAX_BYTES, &data, err))
		return CMD_REFUSED;
	return read_bundle(b, data.s, data.len, err) && add_to_pool(b, err) ? CMD_DONE : CMD_REFUSED;
}

static enum cmd_result
clean(struct session *s, const void *args, struct err *err)
{
	return pki_pool_clean(session_engine(s)->pki, err) ? CMD_DONE : CMD_REFUSED;
}

#define IN_CONFIG (EXEC_CONFIG | EXEC_EXEC)

static const char with_clean; /* owner of the rows that empty the pool first */

static const struct exec_cmd pool_cmds[] = {
	{ .cmd = { .words = "crypto pki trustpool import terminal",
		  .help = "Paste PEM certificates",
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = from_terminal },
	{ .cmd = { .words = "crypto pki trustpool import url",
		  .help = "Read a bundle of certificates (PEM, DER, PKCS#7)",
		  .kw = url_kw,
		  .size = sizeof(struct url_args),
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = from_url },
	{ .cmd = { .words = "crypto pki trustpool import clean terminal",
		  .help = "Paste PEM certificates",
		  .level = 15,
		  .owner = &with_clean },
		.flags = IN_CONFIG,
		.run = from_terminal },
	{ .cmd = { .words = "crypto pki trustpool import clean url",
		  .help = "Read a bundle of certificates (PEM, DER, PKCS#7)",
		  .kw = url_kw,
		  .size = sizeof(struct url_args),
		  .level = 15,
		  .owner = &with_clean },
		.flags = IN_CONFIG,
		.run = from_url },
	{ .cmd = { .words = "crypto pki trustpool clean",
		  .help = "Remove every certificate of the trustpool",
		  .level = 15 },
		.flags = IN_CONFIG,
		.run = clean },
};

void
pki_pool_commands(struct cli *cli)
{
	cli_word(cli, "crypto pki trustpool", "Certificates that are trusted beside the trustpoints");
	cli_word(cli, "crypto pki trustpool import", "Add certificates to the trustpool");
	cli_word(cli, "crypto pki trustpool import clean", "Instead of those that are there");
	cli_commands(cli, pool_cmds, sizeof pool_cmds / sizeof *pool_cmds);
}
