/* A helper's end of the packets' channel. */
#include "syslog/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/frame.h"
#include "core/mem.h"
#include "syslog/message.h"
#include "syslog/wire.h"

#define BATCH 64u
#define ROOM  (sizeof(struct wire_head) + SYSLOG_LINE_MAX)

struct channel {
	struct mmsghdr head[BATCH];
	struct iovec part[BATCH];
	unsigned n;
	uint32_t mark;
	char bytes[BATCH][ROOM];
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
	unsigned done = 0;

	for (unsigned i = 0; i < c->n; i++)
		c->head[i].msg_hdr = (struct msghdr){ .msg_iov = &c->part[i], .msg_iovlen = 1 };
	while (done < c->n) {
		int n = sendmmsg(WIRE_FD, c->head + done, c->n - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			exit(1);
		done += (unsigned)n;
	}
	c->n = 0;
}

/* Room for a packet's body behind its header. */
static char *
packet(struct channel *c, enum wire_kind kind, unsigned flags, uint32_t number, size_t n)
{
	const struct wire_head head = { .kind = (uint8_t)kind, .flags = (uint8_t)flags, .number = number };
	char *p;

	if (c->n == BATCH)
		channel_flush(c);
	p = c->bytes[c->n];
	memcpy(p, &head, sizeof head);
	c->part[c->n++] = (struct iovec){ p, sizeof head + n };
	return p + sizeof head;
}

void
channel_peer(struct channel *c, uint32_t number, bool trusted, const char *source, const char *host)
{
	size_t a = strlen(source) + 1, b = strlen(host) + 1;
	char *p = packet(c, WIRE_PEER, trusted ? WIRE_TRUSTED : 0, number, a + b);

	memcpy(p, source, a);
	memcpy(p + a, host, b);
}

void
channel_gone(struct channel *c, uint32_t number)
{
	packet(c, WIRE_GONE, 0, number, 0);
}

void
channel_message(struct channel *c, uint32_t number, bool cut, struct slice m)
{
	size_t n = m.n < SYSLOG_LINE_MAX ? m.n : SYSLOG_LINE_MAX;

	if (n > 0)
		memcpy(packet(c, WIRE_MESSAGE, cut || n < m.n ? WIRE_CUT : 0, number, n), m.s, n);
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
		exit(1);
	return false;
}

bool
channel_settle(struct channel *c, int control)
{
	packet(c, WIRE_MARK, 0, ++c->mark, 0);
	channel_flush(c);
	for (;;) {
		struct pollfd p[2] = { { .fd = WIRE_FD, .events = POLLIN },
			{ .fd = control, .events = POLLRDHUP } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			exit(1);
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
		exit(1);
	json_decref(j);
	mem_free(text);
}
