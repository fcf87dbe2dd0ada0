/*
 * Preloaded into eventd, the interfaces that VRFS names (blanks between) are VRFs as far as their driver's
 * name goes: for kernels without VRF devices. To a socket a VRF is a device that leads somewhere, as a veth is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

static int
is_named(const char *name)
{
	const char *all = getenv("VRFS");
	size_t n = strlen(name);

	for (const char *at = all; at != NULL && (at = strstr(at, name)) != NULL; at += n)
		if ((at == all || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return 1;
	return 0;
}

int
ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	struct ethtool_drvinfo *info;
	struct ifreq *r;
	va_list ap;

	va_start(ap, request);
	r = va_arg(ap, struct ifreq *);
	va_end(ap);
	info = request == SIOCETHTOOL ? (void *)r->ifr_data : NULL;
	if (info == NULL || info->cmd != ETHTOOL_GDRVINFO || !is_named(r->ifr_name))
		return real(fd, request, r);
	strcpy(info->driver, "vrf");
	return 0;
}
