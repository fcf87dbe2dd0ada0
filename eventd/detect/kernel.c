/* Which detectors need what of the kernel. */
#include "detect/kernel.h"

#include "detect/detector.h"

void
kernel_detectors_come(struct engine *e)
{
	static const struct detector *const of_links[] = { &detector_interface, NULL };
	static const struct detector *const of_netlink[] = { &detector_mat, &detector_oir, &detector_routing,
		NULL };

	for (size_t i = 0; e->links != NULL && of_links[i] != NULL; i++)
		bus_detector_come(e->bus, of_links[i]);
	for (size_t i = 0; e->addresses != NULL && of_netlink[i] != NULL; i++)
		bus_detector_come(e->bus, of_netlink[i]);
}
