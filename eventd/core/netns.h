/*
 * Network namespaces by the name that ip-netns(8) gives them. A socket, and a process that is started, is of the
 * namespace that its maker's thread is in: the thread goes there and comes back.
 */
#ifndef CORE_NETNS_H
#define CORE_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* Which one has the name now: another one may have it later. False: none has. Does not block. */
struct netns_id {
	uint64_t device, inode;
};
bool netns_look(const char *name, struct netns_id *);

/* What netns_leave() wants to bring this thread back; -1 and err: it is where it was. */
int netns_enter(const char *name, struct err *);
void netns_leave(int before);

#endif
