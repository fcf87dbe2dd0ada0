/* show event manager rpc: where calls are served, who may call, how many did. */
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/writer.h"
#include "rpc/rows.h"
#include "rpc/rpc.h"

static void
show_client(void *arg, const struct client_args *a)
{
	struct writer *w = arg;

	w_text(w, "  %s: %s%s", a->name.s, a->token.set ? "token" : "certificate below trustpoint ",
		a->token.set ? "" : a->trustpoint.s);
	if (a->as.set)
		w_text(w, " for %s", a->as.s);
	if (a->policy.set)
		w_text(w, ", policies {%s}", a->policy.s);
	w_text(w, "\n");

	w_object(w, NULL);
	w_str(w, "name", a->name.s);
	w_str(w, "by", a->token.set ? "token" : "certificate");
	w_str(w, "trustpoint", a->trustpoint.set ? a->trustpoint.s : NULL);
	w_str(w, "certificate_name", a->as.set ? a->as.s : NULL);
	w_str(w, "policies", a->policy.set ? a->policy.s : NULL);
	w_end(w);
}

static enum cmd_result
show_rpc(struct session *s, const void *args, struct err *err)
{
	const struct engine *e = session_engine(s);
	const char *lacks = rpc_lacks(e->rpc);
	struct rpc_counters n = rpc_counters(e->rpc);
	struct writer *w = session_writer(s);

	if (lacks != NULL)
		w_text(w, "Calls of policies are not served: no %s\n",
			lacks + (lacks[0] == 'a' && lacks[1] == ' ' ? 2 : 0));
	else if (rpc_place(e->rpc) == NULL)
		w_text(w, "Calls of policies are not served yet: the listener is being opened\n");
	else
		w_text(w, "Calls of policies are served over HTTPS at %s\n", rpc_place(e->rpc));
	w_text(w, "%llu calls, %llu denied\nClients:\n", (unsigned long long)n.calls,
		(unsigned long long)n.denied);
	w_int(w, "port", rpc_port(e->rpc));
	w_str(w, "lacks", lacks);
	w_int(w, "calls", (int64_t)n.calls);
	w_int(w, "denied", (int64_t)n.denied);
	w_list(w, "clients");
	rpc_each_client(e, show_client, w);
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show event manager rpc", .help = "Calls of policies over HTTPS", .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_rpc },
};

void
rpc_commands(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
