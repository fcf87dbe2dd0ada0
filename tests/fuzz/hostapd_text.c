/* Fuzz target: messages of hostapd and its answers to STA. Addresses are addresses, names of attributes are names. */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peers/hostapd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
attribute(void *arg, const char *name, const char *value)
{
	size_t n = *(const size_t *)arg;

	if (name[0] == '\0' || strlen(name) > n + sizeof "session_id" || strlen(value) > n)
		abort();
	for (; *name != '\0'; name++)
		if (*name != '_' && !isdigit((unsigned char)*name) && !islower((unsigned char)*name))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostapd_notice notice;

	if (hostapd_notice_read((const char *)data, size, &notice) &&
		strspn(notice.mac, "0123456789abcdef:") != HOSTAPD_MAC_SIZE - 1)
		abort();
	hostapd_attributes((const char *)data, size, attribute, &size);
	return 0;
}
