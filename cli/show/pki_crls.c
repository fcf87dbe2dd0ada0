/* `show crypto pki crls`, `clear crypto pki crls`. */
#include "cli/pki.h"

#include <string.h>
#include <time.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/writer.h"
#include "pki/learnt.h"
#include "pki/revocation_cache.h"
#include "pki/store.h"

enum { WHEN_SIZE = 64 };

/* As in certificates: "00:00:42 UTC Aug 13 2020". */
static const char *
when(time_t t, char text[WHEN_SIZE])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, WHEN_SIZE, "%H:%M:%S UTC %b %-d %Y", &tm);
	return text;
}

static void
show_time(struct writer *w, const char *label, const char *key, time_t t)
{
	char text[WHEN_SIZE];

	if (t == 0)
		return;
	w_text(w, "    %s: %s\n", label, when(t, text));
	w_str(w, key, text);
}

static void
show_crl(struct writer *w, const struct learnt_crl *crl)
{
	w_object(w, NULL);
	w_text(w, "CRL Issuer Name:\n    ");
	w_foreign(w, crl->issuer, strlen(crl->issuer));
	w_text(w, "\n");
	w_str(w, "crl_issuer_name", crl->issuer);
	show_time(w, "LastUpdate", "last_update", crl->last_update);
	show_time(w, "NextUpdate", "next_update", crl->next_update);
	w_text(w, "    Retrieved from CRL Distribution Point:\n      ");
	w_foreign(w, crl->url, strlen(crl->url));
	w_text(w, "\n");
	w_str(w, "retrieved_from", crl->url);
	show_time(w, "Retrieved at", "retrieved_at", crl->fetched);
	show_time(w, "Used until", "used_until", crl->until);
	w_text(w,
		"    Revoked certificates: %zu\n CRL DER is %zu bytes\n CRL is stored in parsed CRL "
		"cache\n\n",
		crl->revoked, crl->bytes);
	w_int(w, "revoked_certificates", (int64_t)crl->revoked);
	w_int(w, "bytes", (int64_t)crl->bytes);
	w_end(w);
}

static enum cmd_result
show_crls(struct session *s, const void *args, struct err *err)
{
	const struct learnt *learnt = pki_learnt(session_engine(s)->pki);
	struct writer *w = session_writer(s);
	struct learnt_crl crl;
	size_t bytes = 0;

	w_list(w, "crls");
	for (size_t at = 0; learnt_next_crl(learnt, &at, &crl);) {
		show_crl(w, &crl);
		bytes += crl.bytes;
	}
	w_end(w);
	w_text(w, " Parsed CRL cache current size is %zu bytes\n Parsed CRL cache maximum size is %u bytes\n",
		bytes, REVOCATION_KEEP_BYTES);
	w_int(w, "cache_bytes", (int64_t)bytes);
	w_int(w, "cache_maximum_bytes", REVOCATION_KEEP_BYTES);
	return CMD_DONE;
}

/* OCSP responses go with them: what is wanted is to ask anew. */
static enum cmd_result
clear_crls(struct session *s, const void *args, struct err *err)
{
	learnt_clear(pki_learnt(session_engine(s)->pki));
	return CMD_DONE;
}

static const struct exec_cmd crl_cmds[] = {
	{ .cmd = { .words = "show crypto pki crls",
		  .help = "Show the revocation lists that are kept",
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_crls },
	{ .cmd = { .words = "clear crypto pki crls",
		  .help = "Forget revocation lists and OCSP responses",
		  .level = 15 },
		.run = clear_crls },
};

void
pki_crl_commands(struct cli *cli)
{
	cli_word(cli, "clear crypto", "Cryptographic information");
	cli_word(cli, "clear crypto pki", "Public key infrastructure");
	cli_commands(cli, crl_cmds, sizeof crl_cmds / sizeof *crl_cmds);
}
