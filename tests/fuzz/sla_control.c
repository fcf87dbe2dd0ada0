/* Control messages of IP SLA, as anybody may send them to a responder, or answer a sender. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned char out[CONTROL_ROOM], *copy = malloc(n + 1);
	struct control_message m;
	enum control_status status;
	uint16_t answered;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, n);
	copy = realloc(copy, n > 0 ? n : 1); /* exactly as long: one octet too far is seen */
	if (copy == NULL)
		return 0;
	if (control_parse_request(copy, n, &m, &status)) {
		size_t len = control_response(copy, n, status, 1, out);

		if (len > n || (status == CONTROL_SUCCESS && len == 0))
			abort();
		if (len > 0 && (!control_parse_response(out, len, m.version, m.sequence, &answered) ||
				       answered != (uint16_t)status))
			abort();
		if (status == CONTROL_SUCCESS) {
			size_t again = control_request(&m, out);
			struct control_message twice;

			if (!control_parse_request(out, again, &twice, &status) || twice.port != m.port)
				abort();
		}
	}
	control_parse_response(copy, n, 1, 7, &answered);
	control_parse_response(copy, n, 2, 7, &answered);
	free(copy);
	return 0;
}
