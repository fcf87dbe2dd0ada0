/* What kind of device has a name. */
#include "core/vrf.h"

#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

/* Its driver tells, as `ethtool -i` shows it: the one question that needs neither netlink nor sysfs. */
static bool
has_driver(const char *device, const char *driver)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has;

	if (fd < 0)
		return false;
	memcpy(request.ifr_name, device, strnlen(device, IFNAMSIZ - 1));
	has = ioctl(fd, SIOCETHTOOL, &request) == 0 && strcmp(info.driver, driver) == 0;
	close(fd);
	return has;
}

enum vrf_state
vrf_look(const char *name)
{
	if (if_nametoindex(name) == 0)
		return VRF_ABSENT;
	return has_driver(name, "vrf") ? VRF_THERE : VRF_INTERFACE;
}
