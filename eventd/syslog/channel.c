/* A helper's end of the packets' channel. */
#include "syslog/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/frame.h"
#include "core/mem.h"
#include "syslog/message.h"
#include "syslog/wire.h"

#define RECORD_MAX (sizeof(struct wire_head) + SYSLOG_LINE_MAX)

struct channel {
	size_t n; /* octets of the packet under the hand */
	uint32_t mark;
	char packet[WIRE_PACKET_MAX];
};

struct channel *
channel_new(const void *ctx)
{
	struct channel *c = mem_new(ctx, struct channel);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	c->mark = (uint32_t)now.tv_nsec; /* an answer to the process before us is not for us */
	return c;
}

void
channel_flush(struct channel *c)
{
	ssize_t n = (ssize_t)c->n;

	while (c->n > 0 && (n = send(WIRE_FD, c->packet, c->n, MSG_NOSIGNAL)) < 0 && errno == EINTR)
		;
	if (n < 0)
		_exit(1);
	c->n = 0;
}

/* Room for a record's body behind its header. */
static char *
record(struct channel *c, enum wire_kind kind, unsigned flags, uint32_t number, size_t n)
{
	const struct wire_head head = {
		.kind = (uint8_t)kind, .flags = (uint8_t)flags, .n = (uint16_t)n, .number = number
	};
	char *p;

	if (c->n + RECORD_MAX > sizeof c->packet)
		channel_flush(c);
	p = c->packet + c->n;
	memcpy(p, &head, sizeof head);
	c->n += sizeof head + n;
	return p + sizeof head;
}

void
channel_peer(struct channel *c, uint32_t number, bool trusted, const char *source, const char *host)
{
	size_t a = strlen(source) + 1, b = strlen(host) + 1;
	char *p = record(c, WIRE_PEER, trusted ? WIRE_TRUSTED : 0, number, a + b);

	memcpy(p, source, a);
	memcpy(p + a, host, b);
}

void
channel_gone(struct channel *c, uint32_t number)
{
	record(c, WIRE_GONE, 0, number, 0);
}

void
channel_message(struct channel *c, uint32_t number, bool cut, struct slice m)
{
	size_t n = m.n < SYSLOG_LINE_MAX ? m.n : SYSLOG_LINE_MAX;

	if (n > 0)
		memcpy(record(c, WIRE_MESSAGE, cut || n < m.n ? WIRE_CUT : 0, number, n), m.s, n);
}

static bool
is_answered(const struct channel *c)
{
	struct wire_head head;
	ssize_t n;

	while ((n = recv(WIRE_FD, &head, sizeof head, MSG_DONTWAIT)) > 0)
		if (n == sizeof head && head.kind == WIRE_MARK && head.number == c->mark)
			return true;
	if (n == 0)
		_exit(1);
	return false;
}

bool
channel_settle(struct channel *c, int control)
{
	record(c, WIRE_MARK, 0, ++c->mark, 0);
	channel_flush(c);
	for (;;) {
		struct pollfd p[2] = { { .fd = WIRE_FD, .events = POLLIN },
			{ .fd = control, .events = POLLRDHUP } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (is_answered(c))
			return true;
		if ((p[1].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
			return false;
	}
}

void
channel_log(const char *facility, int severity, const char *mnemonic, const char *fmt, ...)
{
	struct err err = ERR_INIT;
	va_list ap;
	char *text;
	json_t *j;

	va_start(ap, fmt);
	text = mem_vprintf(NULL, fmt, ap);
	va_end(ap);
	j = json_pack("{s:s, s:s, s:i, s:s, s:o}", "type", "log", "facility", facility, "severity", severity,
		"mnemonic", mnemonic, "text", frame_string(text, strlen(text)));
	if (!frame_write_fd(STDOUT_FILENO, j, &err))
		_exit(1);
	json_decref(j);
	mem_free(text);
}
