/* The commands of MTA-STS: `mta-sts trustpoint`, `mta-sts proxy`, `show mail mta-sts`, `clear mail mta-sts`. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/sts/cache.h"
#include "actions/mail/sts/sts.h"
#include "actions/mail/sts/verify.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/stamp.h"
#include "core/writer.h"

#define STS_ORDER 624
#define PROMPT    "[]> "

/* ---- configuration ---- */

struct names_line {
	struct kw_list names;
};

struct proxy_line {
	struct kw_str url;
};

static const struct kw names_kw[] = {
	{ .help = "Trustpoint name",
		.type = &kw_word,
		KW_AT(struct names_line, names),
		.flags = KW_REQ | KW_MANY,
		.param = "WORD" },
	KW_END,
};

static const struct kw proxy_kw[] = {
	{ .help = "http://HOST:PORT",
		.type = &kw_word,
		KW_AT(struct proxy_line, url),
		.flags = KW_REQ,
		.param = "URL" },
	KW_END,
};

static bool
apply_trustpoints(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct names_line *l = new == NULL ? NULL : new->args;

	(void)old, (void)err;
	sts_set_trustpoints(e->sts, l == NULL ? NULL : l->names.v, l == NULL ? 0 : l->names.n);
	return true;
}

static bool
adopt_proxy(struct engine *e, void *args, struct err *err)
{
	const struct proxy_line *l = args;
	const char *rest;

	(void)e;
	if (l->url.s == NULL)
		return true;
	rest = strncasecmp(l->url.s, "http://", 7) == 0 ? l->url.s + 7 : NULL;
	if (rest != NULL && *rest != '\0' && strpbrk(rest, "/@?# ") == NULL)
		return true;
	err_set(err, ERR_REFUSED, "\"%s\" is no proxy", l->url.s);
	err_hint(err, "http://HOST:PORT; what goes through it is TLS with the policy host all the same");
	return false;
}

static bool
apply_proxy(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct proxy_line *l = new == NULL ? NULL : new->args;

	(void)old, (void)err;
	sts_set_proxy(e->sts, l == NULL ? NULL : l->url.s);
	return true;
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "mta-sts trustpoint",
		  .help = "Trust only these trustpoints for policy hosts",
		  .kw = names_kw,
		  .size = sizeof(struct names_line) },
		.mode = "config",
		.order = STS_ORDER,
		.apply = apply_trustpoints },
	{ .cmd = { .words = "mta-sts proxy",
		  .help = "Fetch policies through this proxy",
		  .kw = proxy_kw,
		  .size = sizeof(struct proxy_line) },
		.mode = "config",
		.order = STS_ORDER,
		.adopt = adopt_proxy,
		.apply = apply_proxy },
};

/* ---- show, clear ---- */

struct domain_args {
	struct kw_str domain;
};

static const struct kw domain_kw[] = {
	{ .help = "Domain", .type = &kw_word, KW_AT(struct domain_args, domain), .param = "DOMAIN" },
	KW_END,
};

static const struct w_column columns[] = {
	{ "domain", "Domain", 0, 0 },
	{ "mode", "Mode", 32, 0 },
	{ "id", "Id", 41, 0 },
	{ "fetched", "Fetched", 60, 0 },
	{ "expires", "Expires", 82, 0 },
	{ "failure", "Last failure", 104, 0 },
};

static char *
lower_case(const void *ctx, const char *typed)
{
	char *s = mem_strdup(ctx, typed);

	for (char *c = s; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return s;
}

static const char *
moment(usec wall, char out[40])
{
	char *fraction;

	if (wall == 0)
		return NULL;
	stamp_iso(wall, out, 40);
	fraction = strchr(out, '.');
	if (fraction != NULL)
		strcpy(fraction, "Z");
	return out;
}

static void
show_row(void *arg, struct sts_entry *e)
{
	struct writer *w = arg;
	const struct sts_policy *p = e->policy;
	char fetched[40], expires[40];

	w_cell(w, e->domain);
	w_cell(w, p == NULL ? NULL : sts_mode_name(p->mode));
	w_cell(w, p == NULL ? NULL : p->id);
	w_cell(w, p == NULL ? NULL : moment(e->fetched, fetched));
	w_cell(w, p == NULL ? NULL : moment(e->expires, expires));
	w_cell(w, e->failure);
}

static void
show_failure(struct writer *w, const struct sts_entry *e)
{
	char when[40];

	if (e->failure == NULL)
		return;
	w_text(w, "Last failure: %s, at %s\n", e->failure, moment(e->failed_at, when));
	if (e->policy == NULL)
		w_text(w,
			"Fetched again with the next mail%s%s; 'mail queue flush' and 'clear mail mta-sts' "
			"need no waiting\n",
			e->retry_at == 0 ? "" : " behind ",
			e->retry_at == 0 ? "" : moment(e->retry_at, when));
}

static void
show_entry(struct writer *w, const struct sts_entry *e)
{
	const struct sts_policy *p = e->policy;
	char fetched[40], expires[40], refresh[40];

	w_str(w, "domain", e->domain);
	w_str(w, "mode", p == NULL ? NULL : sts_mode_name(p->mode));
	w_str(w, "id", p == NULL ? NULL : p->id);
	w_str(w, "fetched", p == NULL ? NULL : moment(e->fetched, fetched));
	w_str(w, "expires", p == NULL ? NULL : moment(e->expires, expires));
	w_str(w, "refresh", moment(p == NULL ? e->retry_at : e->refresh_at, refresh));
	w_str(w, "failure", e->failure);
	w_list(w, "mx");
	for (size_t i = 0; p != NULL && i < p->mx_count; i++)
		w_str(w, NULL, p->mx[i]);
	w_end(w);
	if (p == NULL) {
		w_text(w, "No policy of %s is in force.\n", e->domain);
		show_failure(w, e);
		return;
	}
	w_text(w, "MTA-STS policy of %s: mode %s, id %s\nFetched %s, expires %s", e->domain,
		sts_mode_name(p->mode), p->id, fetched, expires);
	w_text(w, e->refresh_at == 0 ? "\n" : ", fetched again %s\n", refresh);
	show_failure(w, e);
	w_text(w, "\n");
	w_foreign(w, p->text, strlen(p->text));
	if (p->text[0] != '\0' && p->text[strlen(p->text) - 1] != '\n')
		w_text(w, "\n");
}

static void
look_at_clock(void *arg, struct sts_entry *e)
{
	struct text *domains = arg;

	text_addn(domains, e->domain, strlen(e->domain) + 1);
}

/* What has expired goes first. */
static void
drop_expired(const void *ctx, struct sts_cache *c)
{
	struct text *domains = text_new(ctx);

	sts_cache_each(c, look_at_clock, domains);
	for (size_t at = 0; at < domains->len; at += strlen(domains->s + at) + 1)
		sts_cache_policy(c, domains->s + at);
	mem_free(domains);
}

static enum cmd_result
show_mta_sts(struct session *s, const void *args, struct err *err)
{
	const struct domain_args *a = args;
	struct sts_cache *c = sts_cache(session_engine(s)->sts);
	struct writer *w = session_writer(s);
	struct sts_entry *e;

	drop_expired(session_cmd_ctx(s), c);
	if (!a->domain.set) {
		w_table_begin(w, "policies", columns, sizeof columns / sizeof *columns);
		sts_cache_each(c, show_row, w);
		w_table_end(w);
		return CMD_DONE;
	}
	e = sts_cache_find(c, lower_case(session_cmd_ctx(s), a->domain.s));
	if (e == NULL) {
		err_set(err, ERR_NOT_FOUND, "Nothing is known of the MTA-STS policy of %s", a->domain.s);
		err_hint(err, "mtastsverify %s looks for one", a->domain.s);
		return CMD_REFUSED;
	}
	show_entry(w, e);
	return CMD_DONE;
}

static enum cmd_result
clear_mta_sts(struct session *s, const void *args, struct err *err)
{
	const struct domain_args *a = args;
	struct sts *sts = session_engine(s)->sts;
	const char *domain = a->domain.set ? lower_case(session_cmd_ctx(s), a->domain.s) : NULL;

	if (!sts_cache_clear(sts_cache(sts), domain) && domain != NULL) {
		err_set(err, ERR_NOT_FOUND, "Nothing is known of the MTA-STS policy of %s", a->domain.s);
		return CMD_REFUSED;
	}
	sts_cleared(sts);
	return CMD_DONE;
}

/* ---- mtastsverify ---- */

struct verify_args {
	struct kw_str domain;
};

static const struct kw verify_kw[] = {
	{ .help = "Domain whose MTA-STS is looked at",
		.type = &kw_word,
		KW_AT(struct verify_args, domain),
		.param = "DOMAIN" },
	KW_END,
};

struct verifying {
	struct session *session;
	struct sts_verify *verify;
};

static void
on_line(void *arg, const char *line)
{
	struct verifying *v = arg;
	struct writer *w = session_writer(v->session);

	w_foreign(w, line, strlen(line));
	w_text(w, "\n");
}

static void
on_verdict(void *arg, json_t *document, bool good)
{
	struct verifying *v = arg;

	(void)good;
	/* Whatever was wrong with the fetch is mended. */
	if (json_is_object(json_object_get(document, "policy")))
		sts_cache_retry(sts_cache(session_engine(v->session)->sts),
			json_string_value(json_object_get(document, "domain")));
	w_json(session_writer(v->session), NULL, json_incref(document));
	session_done(v->session);
}

static void
verify_over(void *arg, enum session_end why)
{
	struct verifying *v = arg;

	(void)why;
	mem_free(v->verify);
	v->verify = NULL;
}

static struct verifying *
verify_begin(struct session *s, const char *domain, struct err *err)
{
	struct verifying *v = mem_new(session_cmd_ctx(s), struct verifying);

	v->session = s;
	v->verify = sts_verify(v, session_engine(s), domain, on_line, on_verdict, v, err);
	return v->verify != NULL ? v : NULL;
}

static void
on_domain(struct session *s, const struct answer *a, void *arg)
{
	struct err err = ERR_INIT;
	struct verifying *v = verify_begin(s, a->text, &err);

	(void)arg;
	if (v == NULL)
		session_fail(s, &err);
	else
		session_wait(s, 0, verify_over, v);
}

/* Without a domain it is asked for, as daneverify does. */
static enum cmd_result
mtastsverify(struct session *s, const void *args, struct err *err)
{
	const struct verify_args *a = args;
	struct verifying *v;

	if (!a->domain.set)
		return session_ask(s, ASK_LINE, PROMPT, on_domain, NULL);
	v = verify_begin(s, a->domain.s, err);
	return v == NULL ? CMD_REFUSED : session_wait(s, 0, verify_over, v);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mail mta-sts",
		  .help = "Policies of domains that are in force",
		  .kw = domain_kw,
		  .size = sizeof(struct domain_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_mta_sts },
	{ .cmd = { .words = "clear mail mta-sts",
		  .help = "Forget policies, of one domain or all",
		  .kw = domain_kw,
		  .size = sizeof(struct domain_args),
		  .level = 15 },
		.run = clear_mta_sts },
	{ .cmd = { .words = "mtastsverify",
		  .help = "Look at the MTA-STS of a domain, from its record to its mail hosts",
		  .kw = verify_kw,
		  .size = sizeof(struct verify_args),
		  .level = 15 },
		.flags = EXEC_SHOW,
		.run = mtastsverify },
};

void
sts_start(struct engine *e)
{
	conf_word(e->conf, "config", "mta-sts", "MTA-STS: policies of domains about mail to them");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	cli_commands(e->cli, cmds, sizeof cmds / sizeof *cmds);
}
