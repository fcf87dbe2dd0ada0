/* Any octets as one syslog message: every part lies inside it, and the subject is bounded. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syslog/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
inside(struct slice whole, struct slice part)
{
	if (part.n > 0 && (part.s < whole.s || part.s + part.n > whole.s + whole.n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char room[SYSLOG_SUBJECT_ROOM];
	struct syslog_message m;
	struct slice subject;

	if (n > SYSLOG_LINE_MAX)
		return 0;
	syslog_message_parse(&m, (const char *)data, n);
	const struct slice parts[] = { m.sequence, m.host, m.stamp, m.app, m.procid, m.msgid, m.data, m.line,
		m.text, m.facility, m.mnemonic };
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		inside(m.raw, parts[i]);
	if (m.severity > SEV_DEBUGGING || m.pri > 191)
		abort();
	subject = syslog_message_subject(&m, room);
	if (subject.n > m.raw.n + 64 || subject.n < m.text.n)
		abort();
	if (m.text.n > 0 && memcmp(subject.s + subject.n - m.text.n, m.text.s, m.text.n) != 0)
		abort();
	syslog_message_facility(&m);
	syslog_message_mnemonic(&m);
	return 0;
}
