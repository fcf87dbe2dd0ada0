/* show ipv6 interface brief: the IPv6 addresses of every interface. */
#include <ctype.h>
#include <string.h>

#include <arpa/inet.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/show/interfaces.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"

struct listing {
	struct writer *w;
	struct engine *engine;
	bool any;
};

static void
show_address(void *arg, const struct address *a)
{
	struct listing *l = arg;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, a->raw, text, sizeof text);
	w_str(l->w, NULL, text);
	for (char *c = text; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	w_text(l->w, "    %s\n", text);
	l->any = true;
}

static void
show_link(void *arg, struct link *link)
{
	struct listing *l = arg;
	struct writer *w = l->w;
	const char *name = ifname_ios(l->engine->settings, link->name);

	w_text(w, "%-22s [%s/%s]\n", name, interface_status(link), interface_protocol(link));
	w_object(w, NULL);
	w_str(w, "interface", name);
	w_str(w, "status", interface_status(link));
	w_str(w, "protocol", interface_protocol(link));
	w_list(w, "addresses");
	l->any = false;
	if (l->engine->addresses != NULL)
		addresses_each(l->engine->addresses, link->index, AF_INET6, show_address, l);
	if (!l->any)
		w_text(w, "    unassigned\n");
	w_end(w);
	w_end(w);
}

static enum cmd_result
show_brief(struct session *s, const void *args, struct err *err)
{
	struct listing l = { .w = session_writer(s), .engine = session_engine(s) };

	if (l.engine->links == NULL) {
		err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
		return CMD_REFUSED;
	}
	w_list(l.w, "interfaces");
	links_each(l.engine->links, show_link, &l);
	w_end(l.w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show ipv6 interface brief",
		  .help = "IPv6 addresses and status of every interface",
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = show_brief },
};

void
show_ipv6_interfaces_register(struct cli *cli)
{
	cli_word(cli, "show ipv6 interface", "IPv6 interface status");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
