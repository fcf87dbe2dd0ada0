/*
 * VRFs of Linux, which are network devices of a kind of their own: what a socket is bound to one is routed by
 * its table. Any thread, any process.
 */
#ifndef CORE_VRF_H
#define CORE_VRF_H

enum vrf_state {
	VRF_THERE,
	VRF_ABSENT,    /* no device has the name */
	VRF_INTERFACE, /* an interface has it that is no VRF: what is bound to it is routed by the main table */
};

/* Of the network namespace that the caller is in. Does not block. */
enum vrf_state vrf_look(const char *name);

#endif
