/* Commands that are known to belong to the device itself: what is said where nobody here understands them. */
#include <string.h>

#include "cli/device/device.h"
#include "cli/session_private.h"
#include "core/engine.h"
#include "core/settings.h"

/* Of configuration and EXEC, as far as applets and people type them. */
static const char *const commands[] = {
	"aaa",
	"bandwidth",
	"bfd",
	"bridge",
	"channel-group",
	"clear bgp",
	"clear crypto sa",
	"clear interface",
	"clear ip bgp",
	"clear ip dhcp",
	"clear ip nat",
	"clear ip ospf",
	"clear ip route",
	"clear line",
	"controller",
	"crypto ipsec",
	"crypto isakmp",
	"crypto map",
	"description",
	"duplex",
	"encapsulation",
	"hw-module",
	"interface",
	"ip access-group",
	"ip address",
	"ip dhcp",
	"ip nat",
	"ip ospf",
	"ip policy",
	"ip prefix-list",
	"ip route",
	"ip routing",
	"ip vrf",
	"ipv6 address",
	"ipv6 enable",
	"ipv6 ospf",
	"ipv6 route",
	"ipv6 unicast-routing",
	"key chain",
	"line",
	"mtu",
	"neighbor",
	"network",
	"ntp",
	"policy-map",
	"power",
	"redistribute",
	"route-map",
	"router",
	"router-id",
	"service-policy",
	"show bgp",
	"show crypto ipsec",
	"show crypto isakmp",
	"show environment",
	"show inventory",
	"show ip bgp",
	"show ip dhcp",
	"show ip eigrp",
	"show ip nat",
	"show ip ospf",
	"show ip protocols",
	"show platform",
	"show spanning-tree",
	"show standby",
	"show vlan",
	"show vrf",
	"shutdown",
	"spanning-tree",
	"speed",
	"standby",
	"switchport",
	"tunnel",
	"username",
	"vlan",
	"vrf",
};

enum { LETTERS = 3 }; /* of an abbreviation */

static size_t
word(const char **s)
{
	*s += strspn(*s, " \t");
	return strcspn(*s, " \t");
}

/* Where the words of the command end in the line, each of which may be abbreviated; NULL: it is another. */
static const char *
match(const char *line, const char *command)
{
	while (*command != '\0') {
		size_t n = word(&line), whole = word(&command);

		if (n > whole || (n < whole && n < LETTERS) || !starts_with_nocase(command, line, n))
			return NULL;
		line += n;
		command += whole;
	}
	return line;
}

static const char *
behind_negation(const char *line)
{
	static const char *const before[] = { "no", "default" };

	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		size_t n = word(&line);

		if (n == strlen(before[i]) && starts_with_nocase(before[i], line, n)) {
			line += n;
			word(&line);
		}
	}
	return line;
}

void
blame_device(const struct command *c, struct err *err)
{
	const struct engine *e = c->session->cli->engine;
	const char *line = behind_negation(c->line), *end = NULL;

	if (err->code != ERR_INVALID && err->code != ERR_AMBIGUOUS)
		return;
	for (size_t i = 0; i < sizeof commands / sizeof *commands && end == NULL; i++)
		end = match(line, commands[i]);
	/* What is wrong further behind is ours. */
	if (end == NULL || err->column > end - c->line)
		return;
	err->hint[0] = '\0';
	if (device_is_configured(e))
		err_hint(err, "this is a command of the device itself: policies pass it on to its CLI with "
			      "'action cli command'");
	else
		err_hint(err, "this is a command of the device itself, not of eventd: with "
			      "'cli: { device: vtysh }' (or shell) in the settings, policies pass it on to "
			      "its CLI");
}
