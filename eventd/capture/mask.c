/* One half of a conversation, put together and judged. */
#include "capture/mask.h"

#include <string.h>
#include <strings.h>

#include "capture/login.h"
#include "core/mem.h"

enum { STREAM_MAX = 16 << 20, TLS_RECORD = 0x16 };

struct mask {
	enum mask_rules rules;
	size_t *budget;        /* or NULL */
	unsigned char *octets; /* the stream as it was sent */
	unsigned char *known;  /* 1 where an octet was captured */
	unsigned char *secret; /* 1 where it is starred out */
	size_t len, room;
	uint32_t first; /* sequence number of the first octet */
	bool started, judged;
};

struct mask *
mask_new(const void *ctx, enum mask_rules rules, size_t *budget)
{
	struct mask *m = mem_new(ctx, struct mask);

	m->rules = rules;
	m->budget = budget;
	return m;
}

/* Where in the stream a segment begins; false when that is before the first or out of reach. */
static bool
position(const struct mask *m, uint32_t seq, bool syn, size_t *at)
{
	uint32_t offset = seq + (syn ? 1 : 0) - m->first;

	*at = offset;
	return offset < STREAM_MAX;
}

/* False: there is no room for so much. */
static bool
reach(struct mask *m, size_t n)
{
	size_t room = m->room, more = n * 2 - room;

	if (n <= m->room) {
		m->len = n > m->len ? n : m->len;
		return true;
	}
	if (m->budget != NULL && *m->budget < more)
		return false;
	if (m->budget != NULL)
		*m->budget -= more;
	m->room = n * 2;
	m->octets = mem_resize(m, m->octets, m->room);
	m->known = mem_resize(m, m->known, m->room);
	m->secret = mem_resize(m, m->secret, m->room);
	memset(m->octets + room, 0, m->room - room);
	memset(m->known + room, 0, m->room - room);
	memset(m->secret + room, 0, m->room - room);
	m->len = n;
	return true;
}

void
mask_learn(struct mask *m, uint32_t seq, bool syn, const unsigned char *payload, size_t n)
{
	size_t at;

	if (!m->started) {
		m->first = seq + (syn ? 1 : 0);
		m->started = true;
	}
	if (m->rules == MASK_ALL || !position(m, seq, syn, &at) || n > STREAM_MAX - at || n == 0 ||
		!reach(m, at + n))
		return;
	memcpy(m->octets + at, payload, n);
	memset(m->known + at, 1, n);
}

/* ---- judging ---- */

/* Commands that hold no secret, as eventd and everybody else writes them. */
static const char *const harmless[] = { "EHLO ", "HELO ", "STARTTLS\r\n",
	"MAIL FROM:", "RCPT TO:", "DATA\r\n", "RSET\r\n", "NOOP\r\n", "QUIT\r\n", "BDAT ", "VRFY ", "*\r\n" };

enum state { COMMANDS, TEXT, TLS };

static bool
begins(const unsigned char *line, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && strncasecmp((const char *)line, with, len) == 0;
}

/* AUTH MECHANISM stays, what stands behind it does not. */
static size_t
shown_of(const unsigned char *line, size_t n)
{
	size_t at = strlen("AUTH ");

	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
		if (begins(line, n, harmless[i]))
			return n;
	if (!begins(line, n, "AUTH "))
		return 0;
	while (at < n && line[at] != ' ' && line[at] != '\r' && line[at] != '\n' && line[at] != '\0')
		at++;
	return at;
}

static size_t
line_end(const struct mask *m, size_t at)
{
	const unsigned char *nl = memchr(m->octets + at, '\n', m->len - at);

	return nl == NULL ? m->len : (size_t)(nl - m->octets) + 1;
}

static void
judge_smtp(struct mask *m)
{
	enum state state = COMMANDS;
	size_t at = 0, end;

	for (; at < m->len && state != TLS; at = end) {
		const unsigned char *line = m->octets + at;
		size_t n, shown;

		end = line_end(m, at);
		n = end - at;
		if (state == COMMANDS && line[0] == TLS_RECORD && m->known[at]) {
			state = TLS;
			break;
		}
		if (state == TEXT) {
			if (n == 3 && memcmp(line, ".\r\n", 3) == 0)
				state = COMMANDS;
			continue;
		}
		shown = shown_of(line, n);
		if (begins(line, n, "DATA\r\n"))
			state = TEXT;
		while (n > shown && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			n--;
		if (n > shown)
			memset(m->secret + at + shown, 1, n - shown);
	}
}

void
mask_apply(struct mask *m, uint32_t seq, bool syn, unsigned char *payload, size_t n)
{
	size_t at;

	if (!m->judged && m->rules == MASK_SMTP)
		judge_smtp(m);
	else if (!m->judged && m->rules == MASK_LOGINS && m->len > 0)
		login_mark(m->octets, m->len, m->secret);
	m->judged = true;
	if (!position(m, seq, syn, &at) || at >= m->len || n > m->len - at) {
		memset(payload, '*', n); /* nobody knows what this is */
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (m->secret[at + i])
			payload[i] = '*';
}
