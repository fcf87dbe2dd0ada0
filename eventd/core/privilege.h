/*
 * Giving root up: a helper that meets foreign bytes works as the account "eventd", or as "nobody" where
 * that one does not exist. For processes at their start, before other threads.
 */
#ifndef CORE_PRIVILEGE_H
#define CORE_PRIVILEGE_H

#include <stdbool.h>

#include "core/err.h"

/* True when we are not root, or not any more. There is no way back. */
bool privilege_drop(struct err *);

/* As it, but ports below 1024 may still be opened (CAP_NET_BIND_SERVICE), if we may now. */
bool privilege_drop_but_ports(struct err *);

/* What privilege_drop() will leave us with: a file or directory that must stay ours is given to it. */
bool privilege_give(const char *path, struct err *);

/* As many descriptors as connections can be, or as many as we may have: 1024 is what most systems begin with. */
void privilege_many_files(void);

#endif
