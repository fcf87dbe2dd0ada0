/*
 * Credentials of network devices that go over the wire in the clear: lines of a configuration (TFTP, syslog, a
 * terminal), and the simple passwords of routing protocols. Reads foreign bytes. Any thread.
 */
#ifndef CAPTURE_DEVICE_SECRET_H
#define CAPTURE_DEVICE_SECRET_H

#include <stddef.h>

/* Where the secret begins in a line of IOS's configuration language; n: there is none. */
size_t device_secret_in_line(const unsigned char *line, size_t n);

/*
 * Sets secret[i] to 1 where octet i of a message belongs to a password: OSPFv2 and VRRPv2 by the number of their IP
 * protocol, RIPv2 and HSRP as UDP (17) by their port.
 */
void device_secret_in_message(
	unsigned protocol, unsigned port, const unsigned char *octets, size_t n, unsigned char *secret);

#endif
