/* Measurement packets of IP SLA: answered by a responder, read by a sender, counted. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/jitter.h"
#include "probe/wire.h"

enum { SAMPLES = 8, EACH = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct jitter_sample samples[SAMPLES] = { 0 };
	struct jitter_result r;
	struct measure_packet m;
	size_t count = 0;

	for (size_t at = 0; at < n && count < SAMPLES; at += EACH, count++) {
		size_t len = n - at < EACH ? n - at : EACH;
		unsigned char *copy = malloc(len); /* exactly as long: one octet too far is seen */

		if (copy == NULL)
			return 0;
		memcpy(copy, data + at, len);
		samples[count].sent = (int64_t)count * 20000;
		if (measure_parse(copy, len, &m)) {
			samples[count].received = (m.sequence & 1) == 0;
			samples[count].late = !samples[count].received;
			samples[count].arrival = m.sequence;
			samples[count].responder_sequence = jitter_unwrap(0, m.responder_sequence);
			samples[count].responder_received = m.responder_received;
			samples[count].responder_sent = m.responder_sent;
			samples[count].arrived = m.sent;
			if (!measure_answer(copy, len, 5, 9, 3))
				abort();
		}
		free(copy);
	}
	for (int how = 0; how < 4; how++) {
		jitter_count(&r, samples, count, 5000, (how & 1) != 0, (how & 2) != 0);
		if (r.rtt_count > r.sent || r.loss < 0 || r.loss_sd < 0 || r.loss_ds < 0 || r.mia > r.loss)
			abort();
	}
	return 0;
}
