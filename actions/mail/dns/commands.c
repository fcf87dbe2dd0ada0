/* The configuration lines and commands about the DNS. */
#include "actions/mail/dns/commands.h"

#include <arpa/inet.h>
#include <string.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/resolver.h"
#include "actions/mail/dns/wire.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"
#include "core/writer.h"

/* ---- configuration ------------------------------------------------------------------------------------ */

struct server_line {
	struct kw_list addresses;
};

struct anchor_line {
	struct kw_str file;
	const char *text; /* of the file, as it was when the line was typed */
};

struct iterate_line {
	struct kw_flag none;
};

static const struct kw server_kw[] = {
	{ .help = "Domain server IP address, with @PORT when it is not 53",
		.type = &kw_word,
		KW_AT(struct server_line, addresses),
		.flags = KW_REQ | KW_MANY,
		.param = "A.B.C.D|X:X:X:X::X" },
	KW_END,
};

static const struct kw anchor_kw[] = {
	{ .help = "File with DS or DNSKEY records, instead of the root's keys",
		.type = &kw_word,
		KW_AT(struct anchor_line, file),
		.flags = KW_REQ },
	KW_END,
};

static bool
adopt_server(struct engine *e, void *args, struct err *err)
{
	const struct server_line *l = args;

	(void)e;
	for (size_t i = 0; i < l->addresses.n; i++) {
		if (resolve_server_is_valid(l->addresses.v[i]))
			continue;
		err_set(err, ERR_REFUSED, "\"%s\" is no address of a name server", l->addresses.v[i]);
		err_hint(err, "an IPv4 or IPv6 address, perhaps with @PORT");
		return false;
	}
	return true;
}

static bool
apply_server(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct server_line *was = old == NULL ? NULL : old->args;
	const struct server_line *is = new == NULL ? NULL : new->args;

	(void)err;
	for (size_t i = 0; was != NULL && i < was->addresses.n; i++)
		resolver_remove_server(e->resolver, was->addresses.v[i]);
	for (size_t i = 0; is != NULL && i < is->addresses.n; i++)
		resolver_add_server(e->resolver, is->addresses.v[i]);
	return true;
}

/* Read now, so that a wrong file is refused where it is named. */
static bool
adopt_anchor(struct engine *e, void *args, struct err *err)
{
	struct anchor_line *l = args;
	struct text t;
	size_t n;

	if (l->file.s == NULL)
		return true;
	text_init(&t, args);
	if (!files_read(e->files, l->file.s, FILES_ABSOLUTE, ANCHOR_FILE_MAX, &t, err))
		return false;
	l->text = t.s;
	return anchor_records(args, t.s, &n, err) != NULL || err_wrap(err, "%s", l->file.s);
}

static bool
apply_anchor(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct anchor_line *l = new == NULL ? NULL : new->args;

	(void)old, (void)err;
	resolver_set_anchor(e->resolver, l == NULL ? NULL : l->file.s, l == NULL ? NULL : l->text);
	return true;
}

static bool
apply_iterate(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)old, (void)err;
	resolver_set_iterate(e->resolver, new != NULL);
	return true;
}

#define DNS_ORDER 45 /* behind `ip domain lookup` */

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip name-server",
		  .help = "Specify address of name server to use",
		  .kw = server_kw,
		  .size = sizeof(struct server_line) },
		.mode = "config",
		.order = DNS_ORDER,
		.whole_line_key = true,
		.adopt = adopt_server,
		.apply = apply_server },
	{ .cmd = { .words = "dnssec resolver iterate",
		  .help = "Ask from the root servers on, not a name server",
		  .size = sizeof(struct iterate_line) },
		.mode = "config",
		.order = DNS_ORDER,
		.apply = apply_iterate },
	{ .cmd = { .words = "dnssec trust-anchor",
		  .help = "Keys that signatures are traced back to",
		  .kw = anchor_kw,
		  .size = sizeof(struct anchor_line) },
		.mode = "config",
		.order = DNS_ORDER,
		.adopt = adopt_anchor,
		.apply = apply_anchor },
};

/* ---- show ------------------------------------------------------------------------------------------------ */

#define STATUS_WAIT (15 * USEC_PER_SEC)

static const struct w_column columns[] = {
	{ "address", "Name server", 0, 0 },
	{ "dnssec", "DNSSEC", 32, 0 },
	{ "used", "Used", 41, 0 },
	{ "remark", "Remark", 48, 0 },
};

static void
show_servers(struct writer *w, const json_t *list)
{
	const json_t *s;
	size_t i;

	if (json_array_size(list) > 0)
		w_text(w, "\n");
	w_table_begin(w, "resolvers", columns, sizeof columns / sizeof *columns);
	json_array_foreach(list, i, s)
	{
		w_cell(w, json_string_value(json_object_get(s, "address")));
		w_cell(w, json_string_value(json_object_get(s, "passes")));
		w_cell(w, json_is_true(json_object_get(s, "last")) ? "last" : "first");
		w_cell(w, json_string_value(json_object_get(s, "why")));
	}
	w_table_end(w);
}

static void
on_status(void *arg, const json_t *status)
{
	struct session *s = arg;
	const struct engine *e = session_engine(s);
	struct writer *w = session_writer(s);
	const char *weakness = json_string_value(json_object_get(status, "weakness"));
	const char *anchor = resolver_anchor_file(e->resolver);
	bool iterate = resolver_config(e->resolver)->iterate;
	struct err err = ERR_INIT;

	if (status == NULL) {
		err_set(&err, ERR_IO, "%s cannot be asked", RESOLVE_PROGRAM);
		session_fail(s, &err);
		return;
	}
	w_text(w, "DNSSEC validation is %s%s%s\n", weakness == NULL ? "on" : "off",
		weakness == NULL ? "" : ": ", weakness == NULL ? "" : weakness);
	if (anchor != NULL)
		w_text(w, "Trust anchor: %s\n", anchor);
	else
		w_text(w, "Trust anchor: the root's keys, kept by RFC 5011\n");
	if (iterate)
		w_text(w, "Names are looked up from the root servers on\n");
	w_bool(w, "validation", weakness == NULL);
	w_str(w, "weakness", weakness);
	w_str(w, "trust_anchor", anchor);
	w_bool(w, "iterate", iterate);
	show_servers(w, json_object_get(status, "resolvers"));
	session_done(s);
}

static enum cmd_result
show_dnssec(struct session *s, const void *args, struct err *err)
{
	(void)args, (void)err;
	resolver_status(session_cmd_ctx(s), session_engine(s)->resolver, on_status, s);
	return session_wait(s, STATUS_WAIT, NULL, NULL);
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mail dnssec", .help = "Whether the name servers pass DNSSEC", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_dnssec },
};

void
mail_dns_commands(struct engine *e)
{
	conf_word(e->conf, "config", "dnssec", "Validation of DNS answers");
	conf_word(e->conf, "config", "dnssec resolver", "How names are looked up");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	cli_commands(e->cli, cmds, sizeof cmds / sizeof *cmds);
	mail_dns_daneverify(e->cli);
}
