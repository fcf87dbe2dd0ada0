/*
 * Any octets as the journal's export format: entries do not depend on how they were split, and each makes a
 * message that the parser understands. The first octet is the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "syslog/journal/export.h"
#include "syslog/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t
read_all(const char *s, size_t n, size_t step)
{
	static char room[EXPORT_ROOM], subject[SYSLOG_SUBJECT_ROOM];
	struct export *x = export_new(NULL);
	uint64_t sum = 14695981039346656037u;
	size_t at = 0, used;

	while (at < n) {
		size_t take = step < n - at ? step : n - at;
		bool entry = export_feed(x, s + at, take, &used);
		struct syslog_message m;
		struct slice raw;

		if (used > take || (!entry && used != take))
			abort();
		at += used;
		if (!entry)
			continue;
		raw = export_message(x, room);
		syslog_message_parse(&m, raw.s, raw.n);
		syslog_message_subject(&m, subject);
		if (m.form != SYSLOG_5424 || m.host.n > 255)
			abort();
		for (size_t i = 0; i < raw.n; i++)
			sum = (sum ^ (unsigned char)raw.s[i]) * 1099511628211u;
	}
	mem_free(x);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2)
		return 0;
	if (read_all((const char *)data + 1, n - 1, 1 + data[0] % 64) !=
		read_all((const char *)data + 1, n - 1, n))
		abort();
	return 0;
}
