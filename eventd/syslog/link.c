/* Speaks IOS about the kernel's interfaces. */
#include "syslog/link.h"

#include <stdbool.h>

#include "core/ifname.h"
#include "core/log.h"

static bool
carrier(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_LOWER_UP) != 0;
}

static bool
protocol(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
}

unsigned
link_changes(unsigned from, unsigned to)
{
	unsigned what = 0;

	if ((from & IFF_UP) != 0 && (to & IFF_UP) == 0)
		what |= LINK_ADMIN_DOWN;
	else if (carrier(from) != carrier(to))
		what |= carrier(to) ? LINK_UP : LINK_DOWN;
	else if ((from & IFF_UP) == 0 && (to & IFF_UP) != 0)
		what |= LINK_DOWN; /* `no shutdown` on a dead line: IOS says that it is down */
	if (protocol(from) != protocol(to))
		what |= protocol(to) ? LINK_PROTO_UP : LINK_PROTO_DOWN;
	return what;
}

static void
say(struct engine *e, const struct link *l, unsigned what)
{
	/* In the order in which a router says it. */
	static const struct {
		enum link_change change;
		const char *facility;
		enum severity severity;
		const char *mnemonic, *text, *state;
	} rows[] = {
		{ LINK_ADMIN_DOWN, "LINK", SEV_NOTIFICATIONS, "CHANGED", "Interface",
			"administratively down" },
		{ LINK_DOWN, "LINK", SEV_ERRORS, "UPDOWN", "Interface", "down" },
		{ LINK_UP, "LINK", SEV_ERRORS, "UPDOWN", "Interface", "up" },
		{ LINK_PROTO_DOWN, "LINEPROTO", SEV_NOTIFICATIONS, "UPDOWN", "Line protocol on Interface",
			"down" },
		{ LINK_PROTO_UP, "LINEPROTO", SEV_NOTIFICATIONS, "UPDOWN", "Line protocol on Interface",
			"up" },
	};

	for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
		if ((what & rows[n].change) != 0)
			log_msg(e->log, NULL, rows[n].facility, rows[n].severity, rows[n].mnemonic,
				"%s %s, changed state to %s", rows[n].text, ifname_ios(e->settings, l->name),
				rows[n].state);
}

/* One that nobody saw before counts as shut down until now; one that is gone is shut down. */
static void
changed(void *arg, enum link_event event, const struct link *l, unsigned before)
{
	say(arg, l, link_changes(before, l->flags));
}

void
link_messages(const void *ctx, struct engine *e, struct links *links)
{
	links_on_change(ctx, links, changed, e);
}
