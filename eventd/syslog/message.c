/* One syslog message taken apart in place. */
#include "syslog/message.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "syslog/timeform.h"

#define PRI_DEFAULT 13  /* user.notice */
#define WORDS_MAX   5u  /* parts of a router's header */
#define PHRASE_MAX  128 /* octets of a name with blanks in it */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && *p == ' ')
		p++;
	return p;
}

static const char *
word_end(const char *p, const char *end)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));

	return blank != NULL ? blank : end;
}

/* <0> to <191> */
static const char *
take_pri(struct syslog_message *m, const char *p, const char *end)
{
	const char *q = p + 1;
	int pri = 0;

	m->pri = -1;
	if (p == end || *p != '<')
		return p;
	while (q < end && q - p <= 3 && is_digit(*q))
		pri = pri * 10 + (*q++ - '0');
	if (q == p + 1 || q == end || *q != '>' || pri > 191)
		return p;
	m->pri = pri;
	return q + 1;
}

/* ---- %FACILITY-SEVERITY-MNEMONIC: ---- */

static bool
is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/*
 * p is behind a `%`. The facility may have a hyphen (PKT_INFRA-LINK); the severity is the first part
 * that is one digit. IOS XR writes a blank before the colon.
 */
static bool
take_name(struct syslog_message *m, const char *p, const char *end)
{
	const char *from = p, *severity = NULL;

	for (; p < end && (is_name(*p) || *p == '-'); p++)
		if (severity == NULL && p > from + 1 && p[-1] >= '0' && p[-1] <= '7' && *p == '-' &&
			p[-2] == '-')
			severity = p - 1;
	if (severity == NULL || severity < from + 2 || p < severity + 3)
		return false;
	if (skip_blanks(p, end) - p > 1 || skip_blanks(p, end) == end || *skip_blanks(p, end) != ':')
		return false;
	m->facility = slice_between(from, severity - 1);
	m->severity = (enum severity)(*severity - '0');
	m->mnemonic = slice_between(severity + 2, p);
	return true;
}

static void
find_name(struct syslog_message *m)
{
	const char *p = m->text.s, *end = p + m->text.n;

	while (p < end && (p = memchr(p, '%', (size_t)(end - p))) != NULL)
		if (take_name(m, ++p, end))
			return;
}

/* ---- routers: [SEQ: ][HOST: ][*|.]TIME: TEXT ---- */

/* Digits, a colon and a blank: a sequence number. */
static const char *
sequence_end(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return end - p >= 2 && p[0] == ':' && p[1] == ' ' ? p : NULL;
}

/* Behind "[ ]: " that ends a time stamp; NULL when none does. */
static const char *
colon_end(const char *p, const char *end)
{
	p = skip_blanks(p, end);
	return p < end && *p == ':' ? skip_blanks(p + 1, end) : NULL;
}

/* No device is called by a mnemonic, by a line end, or by what begins another message. */
static bool
can_name(const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '%' || *p == '<' || ((unsigned char)*p < ' ' && *p != '\t'))
			return false;
	return true;
}

/*
 * `logging origin-id string` may hold blanks, and IOS XR puts a name in front of its node: a phrase and a colon in
 * front of a time stamp that a colon ends. NULL when this is none.
 */
static const char *
phrase_end(const char *p, const char *end)
{
	const char *limit = end - p > PHRASE_MAX ? p + PHRASE_MAX : end, *colon = p, *stamp;

	while ((colon = memchr(colon, ':', (size_t)(limit - colon))) != NULL) {
		if (!can_name(p, colon))
			return NULL;
		stamp = timeform_end(skip_blanks(colon + 1, end), end);
		if (stamp != NULL && colon_end(stamp, end) != NULL)
			return colon;
		colon++;
	}
	return NULL;
}

/* Of "NAME RP/0/RSP0/CPU0" the name. */
static struct slice
without_node(struct slice origin)
{
	const char *blank = memrchr(origin.s, ' ', origin.n);

	if (blank != NULL && memchr(blank, '/', (size_t)(origin.s + origin.n - blank)) != NULL)
		origin.n = (size_t)(blank - origin.s);
	return origin;
}

/*
 * A name and a colon in front of a time stamp, another number or a mnemonic: `logging origin-id`, or
 * IOS XR's node, whose colon no blank follows. Anything else with a colon is text.
 */
static const char *
origin_end(const char *p, const char *end)
{
	const char *stop = word_end(p, end), *colon = memrchr(p, ':', (size_t)(stop - p)), *next;

	if (colon == NULL || colon == p || !can_name(p, colon))
		return NULL;
	if (colon + 1 < stop)
		return timeform_end(colon + 1, end) != NULL ? colon : NULL;
	next = skip_blanks(stop, end);
	if (next == end)
		return NULL;
	if (*next == '%' || timeform_end(next, end) != NULL)
		return colon;
	return is_digit(*next) && sequence_end(next, end) != NULL ? colon : NULL;
}

/* APP: or APP[PROCID]: ; answers where the text begins, p when there is no tag. */
static const char *
take_tag(struct syslog_message *m, const char *p, const char *end)
{
	const char *q = p, *close;

	while (q < end && *q != ' ' && *q != ':' && *q != '[' && *q != '%')
		q++;
	if (q == p || q == end || (*q != ':' && *q != '['))
		return p;
	if (*q == ':') {
		m->app = slice_between(p, q);
		return skip_blanks(q + 1, end);
	}
	close = memchr(q, ']', (size_t)(word_end(q, end) - q));
	if (close == NULL || close + 1 == end || close[1] != ':')
		return p;
	m->app = slice_between(p, q);
	m->procid = slice_between(q + 1, close);
	return skip_blanks(close + 2, end);
}

/* The colon of whatever names the device. Behind a relay's header a word in front of a `%` is a program. */
static const char *
name_end(const char *p, const char *end, bool relayed)
{
	const char *colon = origin_end(p, end);

	if (colon == NULL)
		return phrase_end(p, end);
	return relayed && *skip_blanks(colon + 1, end) == '%' ? NULL : colon;
}

/* IOS XR names the process in front of the mnemonic, which stays in the text: "ifmgr[203]: %PKT_INFRA-...". */
static void
take_process(struct syslog_message *m)
{
	struct syslog_message found = *m;
	const char *end = m->text.s + m->text.n, *p = take_tag(&found, m->text.s, end);

	if (found.procid.n == 0 || p == end || *p != '%')
		return;
	m->app = found.app;
	m->procid = found.procid;
}

/* True: a router's header was found, and text stands behind it. */
static bool
take_router(struct syslog_message *m, const char *p, const char *end)
{
	struct syslog_message found = *m;
	bool any = false, named = false; /* a relay's header in front of ours has named the host, too */

	for (unsigned i = 0; i < WORDS_MAX; i++) {
		const char *q;

		p = skip_blanks(p, end);
		if (i == 0 && p < end && *p == ':') /* NX-OS, ASA without a host */
			p = skip_blanks(p + 1, end);
		if (p == end || *p == '%') {
			any = any || p < end;
			break;
		}
		if (is_digit(*p) && (q = sequence_end(p, end)) != NULL) {
			found.sequence = slice_between(p, q);
			any = true;
			p = q + 1;
		} else if ((q = timeform_end(p, end)) != NULL) {
			if (colon_end(q, end) == NULL)
				return false;
			found.stamp = slice_between(p, q);
			any = true;
			p = colon_end(q, end);
			break;
		} else if (!named && (q = name_end(p, end, m->host.n > 0)) != NULL) {
			named = true;
			/* What IOS XR writes, without a blank behind it, is a part of the device. */
			if (m->host.n == 0 || q[1] == ' ')
				found.host = without_node(slice_between(p, q));
			p = q + 1;
		} else {
			break;
		}
	}
	/* Behind a relay's header that may be a program which writes the time, too. */
	if (!any || (named && m->host.n > 0 && found.sequence.n == 0 && (p == end || *p != '%')))
		return false;
	*m = found;
	m->form = SYSLOG_CISCO;
	m->text = slice_between(p, end);
	take_process(m);
	return true;
}

/* ---- RFC 3164: TIME HOST APP[PROCID]: TEXT ---- */

static bool
take_bsd(struct syslog_message *m, const char *p, const char *end)
{
	const char *from = p, *q = timeform_end(p, end);
	bool local;

	if (q == NULL || q == end || *q != ' ')
		return false;
	m->form = SYSLOG_BSD;
	m->stamp = slice_between(p, q);
	p = skip_blanks(q, end);
	q = word_end(p, end);
	/* A local socket's messages have no host: the first word is the tag already. */
	local = q > p && (q[-1] == ':' || memchr(p, '[', (size_t)(q - p)) != NULL || *p == '%');
	if (!local && q < end) {
		m->host = slice_between(p, q);
		p = skip_blanks(q, end);
	}
	if (!local && p < end && *p != '%' && take_router(m, p, end)) /* behind a relay's header */
		return true;
	if (p < end && *p != '%')
		p = take_tag(m, p, end);
	m->text = slice_between(p, end);
	m->line = slice_between(from, end);
	return true;
}

/* ---- RFC 5424 ---- */

/* One field up to a blank; "-" reads as empty. False at the end of the message. */
static bool
take_field(struct slice *out, const char **p, const char *end)
{
	const char *q;

	if (*p >= end)
		return false;
	q = word_end(*p, end);
	*out = slice_between(*p, q);
	if (slice_is(*out, "-"))
		out->n = 0;
	*p = q < end ? q + 1 : end;
	return true;
}

/* [ID NAME="VALUE" ...]...: a bracket inside a value is quoted, and escaped (6.3.3). */
static const char *
data_end(const char *p, const char *end)
{
	bool quoted = false;

	while (p < end && *p == '[') {
		for (p++; p < end && (quoted || *p != ']'); p++) {
			if (quoted && *p == '\\' && p + 1 < end)
				p++;
			else if (*p == '"')
				quoted = !quoted;
		}
		if (p == end)
			return NULL;
		p++;
	}
	return p;
}

static bool
take_5424(struct syslog_message *m, const char *p, const char *end)
{
	struct syslog_message found = *m;
	const char *q;

	if (end - p < 4 || p[0] != '1' || p[1] != ' ')
		return false;
	p += 2;
	q = timeform_end(p, end);
	if (!(p[0] == '-' && p[1] == ' ') && (q == NULL || q - p < 19 || p[4] != '-'))
		return false;
	if (!take_field(&found.stamp, &p, end) || !take_field(&found.host, &p, end) ||
		!take_field(&found.app, &p, end) || !take_field(&found.procid, &p, end) ||
		!take_field(&found.msgid, &p, end))
		return false;
	if (p < end && *p == '[') {
		q = data_end(p, end);
		if (q == NULL)
			return false;
		found.data = slice_between(p, q);
		p = q;
	} else if (p < end && *p == '-') {
		p++;
	}
	if (p < end && *p == ' ')
		p++;
	if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	*m = found;
	m->form = SYSLOG_5424;
	m->text = slice_between(p, end);
	return true;
}

/* ---- the whole ---- */

void
syslog_message_parse(struct syslog_message *m, const char *s, size_t n)
{
	const char *p, *end;

	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r' || s[n - 1] == '\0'))
		n--;
	memset(m, 0, sizeof *m);
	m->raw = (struct slice){ s, n };
	end = s + n;
	p = take_pri(m, s, end);
	m->severity = (enum severity)((m->pri < 0 ? PRI_DEFAULT : m->pri) & 7);
	m->text = slice_between(p, end);
	if (!take_5424(m, p, end) && !take_router(m, p, end))
		take_bsd(m, p, end);
	find_name(m);
}

enum severity
syslog_message_severity(const char *s, size_t n)
{
	struct syslog_message m;

	take_pri(&m, s, s + n);
	return (enum severity)((m.pri < 0 ? PRI_DEFAULT : m.pri) & 7);
}

struct put {
	char *to;
	size_t n;
};

static void
put(struct put *out, const char *before, struct slice what, const char *after)
{
	struct slice part[] = { slice_of(before), what, slice_of(after) };

	if (what.n == 0)
		return;
	for (size_t i = 0; i < 3; i++) {
		size_t room = SYSLOG_SUBJECT_ROOM - out->n, n = part[i].n < room ? part[i].n : room;

		memcpy(out->to + out->n, part[i].s, n);
		out->n += n;
	}
}

struct slice
syslog_message_subject(const struct syslog_message *m, char room[SYSLOG_SUBJECT_ROOM])
{
	struct put out = { .to = room };

	if (m->form == SYSLOG_BSD && (m->app.n > 0 || m->text.n == 0 || m->text.s[0] != '%'))
		return m->line;
	if (m->form != SYSLOG_5424 && m->stamp.n == 0)
		return m->text;
	if (m->form == SYSLOG_CISCO && m->text.s == m->stamp.s + m->stamp.n + 2) /* ": " */
		return slice_between(m->stamp.s, m->text.s + m->text.n);
	if (m->form != SYSLOG_5424) {
		put(&out, "", m->stamp, ": ");
		put(&out, "", m->text, "");
		return (struct slice){ room, out.n };
	}
	put(&out, "", m->stamp, "");
	put(&out, out.n > 0 ? " " : "", m->host, "");
	put(&out, out.n > 0 ? " " : "", m->app, "");
	put(&out, "[", m->procid, "]");
	put(&out, out.n > 0 ? ": " : "", m->text, "");
	return (struct slice){ room, out.n };
}

struct slice
syslog_message_facility(const struct syslog_message *m)
{
	if (m->facility.n > 0)
		return m->facility;
	return slice_of(syslog_facility_name((unsigned)(m->pri < 0 ? PRI_DEFAULT : m->pri) >> 3));
}

struct slice
syslog_message_mnemonic(const struct syslog_message *m)
{
	return m->mnemonic.n > 0 ? m->mnemonic : m->app.n > 0 ? m->app : m->msgid;
}

const char *
syslog_facility_name(unsigned facility)
{
	/* RFC 5424 table 1, with the names that syslog.conf uses. */
	static const char *const names[] = { "kern", "user", "mail", "daemon", "auth", "syslog", "lpr",
		"news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0",
		"local1", "local2", "local3", "local4", "local5", "local6", "local7" };

	return facility < sizeof names / sizeof names[0] ? names[facility] : "user";
}
