/* show snmp: what came and went, who is told, who may speak. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "core/mem.h"
#include "core/writer.h"
#include "snmp/client.h"
#include "snmp/config.h"
#include "snmp/rows.h"

enum { TRAP_PORT = 162 };

static bool
begins(const struct conf_node *n, const char *words)
{
	return strncmp(n->row->cmd.words, words, strlen(words)) == 0;
}

/* The next line that begins so, behind `n` (NULL: the first). */
static const struct conf_node *
next_line(const struct engine *e, const struct conf_node *n, const char *words)
{
	n = n == NULL ? conf_root(e->conf)->first : n->next;
	while (n != NULL && !begins(n, words))
		n = n->next;
	return n;
}

/* ---- show snmp ---- */

static const char *const requests[] = { "Get-request", "Get-next",
	"Set-request" }; /* ORDER: snmp_request_kind */
static const char *const request_keys[] = { "get_requests", "get_nexts", "set_requests" };
enum { REQUESTS = sizeof requests / sizeof *requests };

static void
print_state(struct writer *w, const struct engine *e, const struct snmp_state *s)
{
	uint64_t all = 0;

	for (size_t i = 0; i < REQUESTS; i++)
		all += s->requests[i];
	w_text(w, "%llu SNMP packets input\n",
		(unsigned long long)(all + s->received + s->unknown_communities + s->unknown_users));
	w_text(w, "    %llu Unknown community name\n    %llu Unknown user or wrong keys\n",
		(unsigned long long)s->unknown_communities, (unsigned long long)s->unknown_users);
	for (size_t i = 0; i < REQUESTS; i++)
		w_text(w, "    %llu %s PDUs\n", (unsigned long long)s->requests[i], requests[i]);
	w_text(w, "    %llu Notifications\n", (unsigned long long)s->received);
	w_text(w, "%llu SNMP packets output\n", (unsigned long long)(all + s->sent));
	w_text(w, "    %llu Response PDUs\n    %llu Trap PDUs\n", (unsigned long long)all,
		(unsigned long long)s->sent);
	w_text(w, "%llu notifications not sent\n", (unsigned long long)s->failed);
	if (s->port > 0)
		w_text(w, "Notifications are received on UDP port %lld\n", (long long)s->port);
	else
		w_text(w, "Notifications are not received%s\n",
			snmp_config_listens(e) ? ": see the log" : "");
	w_text(w, "Objects of policies are %sanswered at %s\n", s->answers ? "" : "not ",
		snmp_config_agentx(e));
}

static enum cmd_result
show_snmp(struct session *session, const void *args, struct err *err)
{
	const struct engine *e = session_engine(session);
	const struct snmp_state *s = snmp_state(e->snmp);
	struct writer *w = session_writer(session);
	bool enabled = next_line(e, NULL, "snmp-server ") != NULL;

	(void)args, (void)err;
	if (enabled)
		print_state(w, e, s);
	else
		w_text(w, "%%SNMP agent not enabled\n");
	w_bool(w, "enabled", enabled);
	for (size_t i = 0; i < REQUESTS; i++)
		w_int(w, request_keys[i], (int64_t)s->requests[i]);
	w_int(w, "unknown_community", (int64_t)s->unknown_communities);
	w_int(w, "unknown_user", (int64_t)s->unknown_users);
	w_int(w, "notifications", (int64_t)s->received);
	w_int(w, "traps", (int64_t)s->sent);
	w_int(w, "not_sent", (int64_t)s->failed);
	w_int(w, "port", s->port > 0 ? s->port : 0);
	w_str(w, "agentx", snmp_config_agentx(e));
	w_bool(w, "answers", s->answers);
	return CMD_DONE;
}

/* ---- show snmp host ---- */

/* A community is a secret; the name of a user is none. */
static void
show_one_host(struct writer *w, const struct host_args *a)
{
	static const char *const releases[] = { "v1", "v2c", "v3" };      /* ORDER: enum snmp_release */
	static const char *const levels[] = { "noauth", "auth", "priv" }; /* ORDER: enum snmp_secured */
	int64_t release = a->release.set ? a->release.v : SNMP_RELEASE_1,
		port = a->port.set ? a->port.v : TRAP_PORT;
	const char *type = a->informs.set ? "inform" : "trap";
	const char *user = release == SNMP_RELEASE_3 ? a->name.s : "********";
	const char *level = release == SNMP_RELEASE_3 ? levels[a->secured.v] : NULL;

	w_text(w, "Notification host: %s udp-port: %lld   type: %s\n", a->address.s, (long long)port, type);
	w_text(w, "user: %s   security model: %s%s%s\n\n", user, releases[release], level != NULL ? " " : "",
		level != NULL ? level : "");
	w_object(w, NULL);
	w_str(w, "notification_host", a->address.s);
	w_int(w, "udp_port", port);
	w_str(w, "type", type);
	w_str(w, "user", user);
	w_str(w, "security_model", releases[release]);
	w_str(w, "security_level", level);
	w_end(w);
}

static enum cmd_result
show_hosts(struct session *session, const void *args, struct err *err)
{
	const struct engine *e = session_engine(session);
	struct writer *w = session_writer(session);

	(void)args, (void)err;
	w_list(w, "hosts");
	for (const struct conf_node *n = NULL; (n = next_line(e, n, SNMP_HOST)) != NULL;)
		show_one_host(w, n->args);
	w_end(w);
	return CMD_DONE;
}

/* ---- show snmp user ---- */

static void
show_one_user(struct writer *w, const struct user_args *a, const char *engine)
{
	const char *protocols[2] = { "None", "None" };

	for (const struct user_key *k = user_keys; k->protocol != NULL; k++)
		if (((const struct kw_str *)(const void *)((const char *)a + k->at))->set)
			protocols[k->is_priv] = k->shown;
	w_text(w, "User name: %s\nEngine ID: %s\nstorage-type: nonvolatile\t active\n", a->name.s, engine);
	w_text(w, "Authentication Protocol: %s\nPrivacy Protocol: %s\nGroup-name: %s\n\n", protocols[0],
		protocols[1], a->group.s);
	w_object(w, NULL);
	w_str(w, "user_name", a->name.s);
	w_str(w, "engine_id", engine);
	w_str(w, "authentication_protocol", protocols[0]);
	w_str(w, "privacy_protocol", protocols[1]);
	w_str(w, "group_name", a->group.s);
	w_end(w);
}

static enum cmd_result
show_users(struct session *session, const void *args, struct err *err)
{
	const struct engine *e = session_engine(session);
	struct writer *w = session_writer(session);
	char *engine = snmp_config_engine_id(session, e);

	(void)args, (void)err;
	w_list(w, "users");
	for (const struct conf_node *n = NULL; (n = next_line(e, n, SNMP_USER)) != NULL;)
		show_one_user(w, n->args, engine);
	w_end(w);
	mem_free(engine);
	return CMD_DONE;
}

/* ---- show snmp engineID ---- */

static enum cmd_result
show_engine_id(struct session *session, const void *args, struct err *err)
{
	struct writer *w = session_writer(session);
	char *engine = snmp_config_engine_id(session, session_engine(session));

	(void)args, (void)err;
	w_text(w, "Local SNMP engineID: %s\n", engine);
	w_str(w, "local_engine_id", engine);
	mem_free(engine);
	return CMD_DONE;
}

#define SHOW(words_, help_, run_)                                                                      \
	{                                                                                              \
		.cmd = { .words = words_, .help = help_, .level = 1 }, .flags = EXEC_SHOW, .run = run_ \
	}

static const struct exec_cmd cmds[] = {
	SHOW("show snmp", "SNMP statistics", show_snmp),
	SHOW("show snmp engineID", "SNMP engine identifier", show_engine_id),
	SHOW("show snmp host", "Hosts that receive notifications", show_hosts),
	SHOW("show snmp user", "Users of SNMPv3", show_users),
};

#define AGENT "it belongs to the SNMP agent of this machine: see snmpd.conf"

static const struct kw_absent absent[] = {
	{ "show snmp chassis", "there is no number of a chassis here" },
	{ "show snmp community", "communities are secrets: 'show running-config' has them encrypted" },
	{ "show snmp contact", AGENT },
	{ "show snmp context", AGENT },
	{ "show snmp group", "a group is a name here: 'show running-config | include snmp-server group'" },
	{ "show snmp location", AGENT },
	{ "show snmp mib", AGENT },
	{ "show snmp pending", "no request waits here: informs end within seconds" },
	{ "show snmp sessions", "no sessions of managers are kept here" },
	{ "show snmp stats", AGENT },
	{ "show snmp view", AGENT },
};

void
snmp_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	cli_absent(cli, absent, sizeof absent / sizeof *absent);
}
