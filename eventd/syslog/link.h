/*
 * Speaks IOS about the kernel's interfaces: link changes become %LINK-3-UPDOWN, %LINK-5-CHANGED and
 * %LINEPROTO-5-UPDOWN in the device's own log (rulings 39), so that applets written for a router match
 * unchanged. Engine thread only.
 */
#ifndef SYSLOG_LINK_H
#define SYSLOG_LINK_H

#include "core/engine.h"
#include "net/links.h"

/* From now on, until ctx ends. Needs log and settings of the engine. */
void link_messages(const void *ctx, struct engine *, struct links *);

/* ---- the pure part: what a change of state is called ---- */

enum link_change {
	LINK_ADMIN_DOWN = 1, /* %LINK-5-CHANGED ... administratively down */
	LINK_DOWN = 2,       /* %LINK-3-UPDOWN ... down */
	LINK_UP = 4,         /* %LINK-3-UPDOWN ... up */
	LINK_PROTO_DOWN = 8, /* %LINEPROTO-5-UPDOWN ... down */
	LINK_PROTO_UP = 16,  /* %LINEPROTO-5-UPDOWN ... up */
};

/*
 * From one set of interface flags (netdevice(7)) to another: IFF_UP is IOS's `no shutdown`,
 * IFF_LOWER_UP the carrier, IFF_RUNNING the line protocol. A set of enum link_change.
 */
unsigned link_changes(unsigned from, unsigned to);

#endif
