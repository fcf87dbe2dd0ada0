/* Fuzz target: the head of SNMPv3 messages. What is found lies inside the message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "snmp/v3head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(const uint8_t *data, size_t size, const uint8_t *part, size_t n)
{
	if (part < data || n > size || (size_t)(part - data) > size - n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct v3_head head;

	if (v3_head_read(data, size, &head)) {
		inside(data, size, head.engine, head.engine_len);
		inside(data, size, head.user, head.user_len);
	}
	return 0;
}
