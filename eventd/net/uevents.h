/*
 * Hardware that is inserted and removed, as the kernel announces it (kobject uevents, what udev reads).
 * Engine thread only.
 */
#ifndef NET_UEVENTS_H
#define NET_UEVENTS_H

#include <stdbool.h>

#include "core/engine.h"
#include "core/err.h"

struct uevent {
	bool added;
	const char *path;      /* "/devices/pci0000:00/0000:00:03.0" */
	const char *subsystem; /* "net", "pci", "usb", "block", ... */
	const char *name;      /* "eth0", "sda", else the last part of the path */
};

struct uevents;

/* Uevents are borrowed for the call. NULL: the kernel does not let us listen, err says why. */
typedef void uevents_f(void *arg, const struct uevent *);
struct uevents *uevents_new(const void *ctx, struct engine *, uevents_f *, void *arg, struct err *);

/* The pure part: one datagram, `ACTION@PATH` and KEY=VALUE, each ended by NUL. False: none of ours. */
bool uevent_parse(char *data, size_t n, struct uevent *);

#endif
