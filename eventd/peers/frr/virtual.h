/*
 * VRRP of FRR's vrrpd: its log tells a change of state of a virtual router, but not on which interface, which
 * `show vrrp json` knows. Both become what keepalived would have said (peers/vrrp.h), by IOS's name of the instance,
 * "GigabitEthernet0/1 Grp 5". Any thread, but for the conversation.
 */
#ifndef PEERS_FRR_VIRTUAL_H
#define PEERS_FRR_VIRTUAL_H

#include <stdbool.h>

#include <jansson.h>

#include "core/engine.h"
#include "core/settings.h"
#include "peers/frr/vty.h"
#include "peers/vrrp.h"

struct virtual_change {
	int64_t vrid;
	bool of_ipv6;
	enum vrrp_word from, to;
	bool in_any_state; /* of a search */
};

/* "[CORE] [VRID 5] [IPv4] Backup -> Master". False: it is about something else. */
bool virtual_read(const char *text, size_t n, struct virtual_change *);

/*
 * The next virtual router of the answer from *at on (0 at first): its name, state and priority. False: there are no
 * more. With `change` only one that has its number, family and new state (or any).
 */
bool virtual_next(const json_t *answer, size_t *at, const struct virtual_change *change,
	const struct settings *, struct vrrp_notice *);

/*
 * vrrpd is heard, and when it was away before, what it has is news; it has said this. What comes of it is told by
 * engine->vrrp. Engine thread.
 */
void virtual_begin(const void *ctx, struct vty *vrrpd, const struct engine *, bool was_away);
void virtual_message(const void *ctx, struct vty *vrrpd, const struct engine *, const char *text, size_t n);

#endif
