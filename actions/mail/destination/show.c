/* show mail destinations, show mail routes. */
#include "actions/mail/destination/destination.h"

#include <string.h>

#include "actions/mail/destination/profile.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/writer.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- show mail destinations ---- */

static const struct w_column destination_columns[] = {
	{ "domain", "Domain", 0, 0 },
	{ "tls", "TLS", 26, 0 },
	{ "dane", "DANE", 61, 0 },
	{ "mta_sts", "MTA STS", 76, 0 },
	{ "bounce_profile", "Bounce profile", 85, 0 },
	{ "connections", "Conn", 101, 0 },
	{ "messages", "Msgs", 107, 0 },
	{ "legacy_cn", "CN", 113, 0 },
};

struct listing {
	struct writer *w;
	const struct destinations *destinations;
	bool has_default, has_hosted;
};

static void
cell_limit(struct writer *w, unsigned n)
{
	if (n > 0)
		w_cell_int(w, n);
	else
		w_cell(w, writer_is_json(w) ? NULL : "-");
}

static void
list_profile(void *arg, const struct mail_profile *p)
{
	struct listing *l = arg;

	w_cell(l->w, p->domain);
	w_cell(l->w, mail_tls_setting_name(p->tls));
	w_cell(l->w, mail_dane_name(p->dane));
	w_cell(l->w, p->mta_sts ? "on" : "off");
	w_cell(l->w, p->bounce->name);
	cell_limit(l->w, p->max_connections);
	cell_limit(l->w, p->max_messages);
	w_cell(l->w, p->legacy_cn ? "yes" : "no");
	l->has_default |= strcmp(p->domain, "default") == 0;
	l->has_hosted |= p->tls == MAIL_TLS_REQUIRED_VERIFY_HOSTED;
}

static enum cmd_result
show_destinations(struct session *s, const void *args, struct err *err)
{
	struct listing l = { .w = session_writer(s), .destinations = session_engine(s)->destinations };

	(void)args, (void)err;
	w_table_begin(l.w, "destinations", destination_columns, COUNT(destination_columns));
	destination_each(l.destinations, list_profile, &l);
	if (!l.has_default)
		list_profile(&l, destination_for(l.destinations, ""));
	w_table_end(l.w);
	if (l.has_hosted)
		w_text(l.w, "\nWhere the MX records are not signed, a certificate for the mail host protects "
			    "against\n"
			    "eavesdropping only: whoever forges the records chooses the host.\n");
	return CMD_DONE;
}

/* ---- show mail routes ---- */

static const struct w_column route_columns[] = {
	{ "domain", "Domain", 0, 0 },
	{ "host", "Host", 26, 0 },
	{ "port", "Port", 58, 0 },
	{ "undone", "Effect", 65, 0 },
};

struct meeting {
	const struct mail_smtp_route *route;
	bool dane, sts;
};

static void
meet(void *arg, const struct mail_profile *p)
{
	struct meeting *m = arg;

	if (!destination_is_undone(p, m->route))
		return;
	m->dane |= p->dane != MAIL_DANE_NONE;
	m->sts |= p->mta_sts;
}

static const char *
effect(const struct meeting *m)
{
	if (m->dane)
		return m->sts ? "DANE fails, MTA STS is not applied" : "DANE fails";
	return m->sts ? "MTA STS is not applied" : NULL;
}

static void
list_route(void *arg, const struct mail_smtp_route *r)
{
	struct listing *l = arg;
	struct meeting m = { .route = r };

	destination_each(l->destinations, meet, &m);
	w_cell(l->w, r->domain);
	w_cell(l->w, r->use_dns ? "USEDNS" : r->host);
	if (r->use_dns)
		w_cell(l->w, writer_is_json(l->w) ? NULL : "-");
	else
		w_cell_int(l->w, r->port);
	w_cell(l->w, effect(&m));
}

static enum cmd_result
show_routes(struct session *s, const void *args, struct err *err)
{
	struct listing l = { .w = session_writer(s), .destinations = session_engine(s)->destinations };

	(void)args, (void)err;
	w_table_begin(l.w, "routes", route_columns, COUNT(route_columns));
	destination_each_route(l.destinations, list_route, &l);
	w_table_end(l.w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show mail destinations", .help = "Controls for mail to domains", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_destinations },
	{ .cmd = { .words = "show mail routes", .help = "SMTP routes and what they undo", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_routes },
};

void
destination_commands(struct cli *cli)
{
	cli_commands(cli, cmds, COUNT(cmds));
	destconfig_command(cli);
}
