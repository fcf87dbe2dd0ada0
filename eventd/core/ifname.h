/*
 * Interface names: what the kernel calls eth0 may be GigabitEthernet0/0/1 to people, as the setting
 * `interfaces: alias` says. Names without an alias are the kernel's. Any thread.
 */
#ifndef CORE_IFNAME_H
#define CORE_IFNAME_H

#include "core/settings.h"

/* The name for messages and `show`. */
const char *ifname_ios(const struct settings *, const char *kernel);

/* The kernel's name for what somebody typed: an alias, abbreviated as on IOS (Gi0/0/1), or itself. */
const char *ifname_kernel(const struct settings *, const char *typed);

#endif
