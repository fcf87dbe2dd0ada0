/* ip sla responder: what is configured of it goes to eventd-probe; show ip sla responder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/writer.h"
#include "probe/prober.h"
#include "probe/rows.h"
#include "probe/show.h"
#include "probe/wire.h"

struct permanent {
	struct permanent *next;
	const char *kind, *address;
	unsigned port;
};

struct sla_responder {
	struct slas_world *all;
	bool enabled;
	struct permanent *permanent;
	struct timer *telling; /* once for all lines of a change */
	json_t *news;          /* what eventd-probe said last, or NULL */
};

struct responder_args {
	struct kw_str address;
	struct kw_int port;
};

/* ---- telling ---- */

static void
heard(void *arg, const json_t *message)
{
	struct sla_responder *r = arg;
	const char *why = message == NULL ? NULL : json_string_value(json_object_get(message, "error"));
	const char *was = r->news == NULL ? "" : json_string_value(json_object_get(r->news, "error"));

	if (why != NULL && why[0] != '\0' && strcmp(why, was) != 0)
		log_msg(r->all->engine->log, NULL, "RTT", SEV_ERRORS, "RESPONDER",
			"IP SLAs responder cannot listen: %s", why);
	json_decref(r->news);
	r->news = message == NULL ? NULL : json_deep_copy(message);
}

static void
tell(void *arg)
{
	struct sla_responder *r = arg;
	json_t *wanted = NULL, *list;

	mem_free(r->telling);
	r->telling = NULL;
	if (r->enabled || r->permanent != NULL) {
		list = json_array();
		for (const struct permanent *p = r->permanent; p != NULL; p = p->next)
			json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "kind", p->kind, "address",
							    p->address, "port", (int)p->port));
		wanted = json_pack(
			"{s:s, s:b, s:o}", "type", "responder", "enabled", r->enabled, "permanent", list);
	} else {
		heard(r, NULL);
	}
	prober_responder(r->all->prober, wanted, heard, r);
}

static void
changed(struct sla_responder *r)
{
	if (r->telling == NULL && !r->all->engine->is_check)
		r->telling = timer_after(r, r->all->engine->loop, 0, tell, r);
}

/* ---- configuration ---- */

static const struct kw where_kw[] = {
	{ .word = "ipaddress",
		.help = "Address to listen on",
		.type = &kw_ip,
		KW_AT(struct responder_args, address),
		.flags = KW_REQ | KW_SEQ | KW_KEY },
	{ .word = "port",
		.help = "Port to listen on",
		.type = &kw_number,
		KW_AT(struct responder_args, port),
		.flags = KW_REQ | KW_SEQ | KW_KEY,
		.min = 1,
		.max = 65535 },
	KW_END,
};

static bool
enabled_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	e->sla_world->responder->enabled = new != NULL;
	changed(e->sla_world->responder);
	return true;
}

static void
permanent_apply(
	struct sla_responder *r, const char *kind, const struct conf_node *old, const struct conf_node *new)
{
	const struct responder_args *a = (new != NULL ? new : old)->args;
	struct permanent **at = &r->permanent, *p;

	while (*at != NULL && (strcmp((*at)->kind, kind) != 0 || strcmp((*at)->address, a->address.s) != 0 ||
				      (*at)->port != (unsigned)a->port.v))
		at = &(*at)->next;
	if (new == NULL &&*at != NULL) {
		p = *at;
		*at = p->next;
		mem_free(p);
	} else if (new != NULL &&*at == NULL) {
		p = mem_new(r, struct permanent);
		p->kind = kind;
		p->address = mem_strdup(p, a->address.s);
		p->port = (unsigned)a->port.v;
		*at = p;
	}
	changed(r);
}

static bool
udp_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	permanent_apply(e->sla_world->responder, "udp-echo", old, new);
	return true;
}

static bool
tcp_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	permanent_apply(e->sla_world->responder, "tcp-connect", old, new);
	return true;
}

static bool
where_adopt(struct engine *e, void *args, struct err *err)
{
	const struct responder_args *a = args;

	return (a->port.v != CONTROL_PORT_V1 && a->port.v != CONTROL_PORT_V2) ||
	       err_set(err, ERR_REFUSED, "Port %d is that of control messages", (int)a->port.v);
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip sla responder", .help = "IP SLAs responder", .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 5,
		.apply = enabled_apply },
	{ .cmd = { .words = "ip sla responder tcp-connect",
		  .help = "Permanent port for TCP connections",
		  .kw = where_kw,
		  .size = sizeof(struct responder_args),
		  .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 5,
		.adopt = where_adopt,
		.apply = tcp_apply },
	{ .cmd = { .words = "ip sla responder udp-echo",
		  .help = "Permanent port for UDP packets",
		  .kw = where_kw,
		  .size = sizeof(struct responder_args),
		  .level = 15 },
		.mode = "config",
		.order = SLA_ORDER + 5,
		.adopt = where_adopt,
		.apply = udp_apply },
};

void
sla_responder_rows(struct conf *conf)
{
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}

static int
responder_free(void *ptr)
{
	json_decref(((struct sla_responder *)ptr)->news);
	return 0;
}

struct sla_responder *
sla_responder_new(struct slas_world *all)
{
	struct sla_responder *r = mem_new(all, struct sla_responder);

	r->all = all;
	mem_on_free(r, responder_free);
	return r;
}

/* ---- show ip sla responder ---- */

static void
show_sources(struct writer *w, bool in_text, const json_t *list, const char *title, const char *key)
{
	const json_t *one;
	size_t i;

	if (in_text)
		w_text(w, "%s:\n", title);
	w_list(w, key);
	json_array_foreach(list, i, one)
	{
		const char *address = json_string_value(json_object_get(one, "address"));
		char when[64];

		sla_date(json_integer_value(json_object_get(one, "time")), when, sizeof when);
		w_text(w, "        %s [%s]\n", address, when);
		w_object(w, NULL);
		w_str(w, "address", address);
		w_str(w, "time", when);
		w_end(w);
	}
	w_end(w);
}

static int64_t
number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void
show_ports(struct writer *w, const json_t *list, bool in_text)
{
	static const struct {
		const char *kind, *title;
	} kinds[] = { { "udp-echo", "udpEcho" }, { "tcp-connect", "tcpConnect" } };
	const json_t *one;
	size_t i;

	for (size_t k = 0; in_text && k < sizeof kinds / sizeof *kinds; k++) {
		w_text(w, "\n%s Responder:\n  IP Address             Port\n", kinds[k].title);
		json_array_foreach(list, i, one)
		{
			const char *kind = json_string_value(json_object_get(one, "kind"));
			const char *address = json_string_value(json_object_get(one, "address"));
			const char *why = json_string_value(json_object_get(one, "error"));

			if (strcmp(kind, kinds[k].kind) == 0 &&
				json_is_true(json_object_get(one, "permanent")))
				w_text(w, "  %-22s %" PRId64 "%s%s\n", address, number(one, "port"),
					why[0] == '\0' ? "" : "  ", why);
		}
	}
	w_list(w, "ports");
	json_array_foreach(list, i, one)
	{
		const char *why = json_string_value(json_object_get(one, "error"));

		w_object(w, NULL);
		w_str(w, "kind", json_string_value(json_object_get(one, "kind")));
		w_str(w, "address", json_string_value(json_object_get(one, "address")));
		w_int(w, "port", number(one, "port"));
		w_bool(w, "permanent", json_is_true(json_object_get(one, "permanent")));
		w_str(w, "error", why == NULL || why[0] == '\0' ? NULL : why);
		w_end(w);
	}
	w_end(w);
}

static enum cmd_result
show_responder(struct session *s, const void *args, struct err *err)
{
	const struct sla_responder *r = session_engine(s)->sla_world->responder;
	const char *why = json_string_value(json_object_get(r->news, "error"));
	struct writer *w = session_writer(s);

	w_text(w,
		"        General IP SLA Responder on Control port %d\n"
		"        General IP SLA Responder on Control V2 port %d\nGeneral IP SLA Responder is: %s\n",
		CONTROL_PORT_V1, CONTROL_PORT_V2, r->enabled ? "Enabled" : "Disabled");
	w_bool(w, "enabled", r->enabled);
	w_int(w, "control_port", CONTROL_PORT_V1);
	w_int(w, "control_v2_port", CONTROL_PORT_V2);
	if (r->enabled && why != NULL && why[0] != '\0')
		w_text(w, "Control messages are not heard: %s\n", why);
	w_str(w, "error", why == NULL || why[0] == '\0' ? NULL : why);
	if (r->enabled)
		w_text(w, "Number of control message received: %" PRId64 " Number of errors: %" PRId64 "\n",
			number(r->news, "received"), number(r->news, "errors"));
	w_int(w, "received", number(r->news, "received"));
	w_int(w, "errors", number(r->news, "errors"));
	show_sources(w, r->enabled, json_object_get(r->news, "sources"), "Recent sources", "sources");
	show_sources(w, r->enabled, json_object_get(r->news, "error_sources"), "Recent error sources",
		"error_sources");
	w_text(w, "\n        Permanent Port IP SLA Responder\nPermanent Port IP SLA Responder is: %s\n",
		r->permanent != NULL ? "Enabled" : "Disabled");
	w_bool(w, "permanent_enabled", r->permanent != NULL);
	show_ports(w, json_object_get(r->news, "ports"), r->permanent != NULL);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show ip sla responder", .help = "What the responder has answered", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_responder },
};

void
sla_responder_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
