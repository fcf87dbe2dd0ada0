/* Knows what network devices say in the clear. */
#include "capture/device_secret.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* ---- configurations ---- */

/*
 * A line that begins so (behind blanks and `no`) has its secret behind the word; "": behind the head itself. `alone`:
 * only when one word follows, since sentences begin so, too.
 */
static const struct {
	const char *head, *word;
	bool alone;
} lines[] = {
	{ "enable ", "secret ", false },
	{ "enable ", "password ", false },
	{ "username ", "secret ", false },
	{ "username ", "password ", false },
	{ "password ", "", true },
	{ "password 0 ", "", true },
	{ "password 7 ", "", true },
	{ "secret ", "", true },
	{ "secret 0 ", "", true },
	{ "secret 7 ", "", true },
	{ "key-string ", "", false },
	{ "key ", "", true },
	{ "key 0 ", "", true },
	{ "key 7 ", "", true },
	{ "pre-shared-key ", "", false },
	{ "crypto isakmp key ", "", false },
	{ "snmp-server community ", "", false },
	{ "snmp-server host ", "version ", false },
	{ "snmp-server user ", "auth ", false },
	{ "tacacs-server ", "key ", false },
	{ "radius-server ", "key ", false },
	{ "neighbor ", "password ", false },
	{ "ip ospf authentication-key ", "", false },
	{ "ip ospf message-digest-key ", "md5 ", false },
	{ "area ", "-key ", false },
	{ "standby ", "authentication ", false },
	{ "vrrp ", "authentication ", false },
	{ "glbp ", "authentication ", false },
	{ "ntp authentication-key ", "", false },
	{ "isis password ", "", false },
	{ "ppp chap password ", "", false },
	{ "ppp pap sent-username ", "password ", false },
	{ "wpa-psk ", "", false },
};

static bool
begins(const unsigned char *s, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && strncasecmp((const char *)s, with, len) == 0;
}

/* Behind the word; n: it is not there. */
static size_t
behind(const unsigned char *s, size_t at, size_t n, const char *word)
{
	if (word[0] == '\0')
		return at;
	for (; at < n; at++)
		if (begins(s + at, n - at, word))
			return at + strlen(word);
	return n;
}

static bool
is_one_word(const unsigned char *s, size_t at, size_t n)
{
	return at < n && memchr(s + at, ' ', n - at) == NULL;
}

size_t
device_secret_in_line(const unsigned char *line, size_t n)
{
	size_t start = 0, first = n;

	while (start < n && line[start] == ' ')
		start++;
	if (begins(line + start, n - start, "no "))
		start += strlen("no ");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		size_t at;

		if (!begins(line + start, n - start, lines[i].head))
			continue;
		at = behind(line, start + strlen(lines[i].head), n, lines[i].word);
		if (at < first && (!lines[i].alone || is_one_word(line, at, n)))
			first = at;
	}
	return first;
}

/* ---- routing protocols ---- */

enum { PROTOCOL_UDP = 17, PROTOCOL_OSPF = 89, PROTOCOL_VRRP = 112, PORT_RIP = 520, PORT_HSRP = 1985 };
enum { SIMPLE = 1, PASSWORD = 8 };

static void
mark(unsigned char *secret, size_t n, size_t at, size_t len)
{
	if (at < n)
		memset(secret + at, 1, n - at < len ? n - at : len);
}

/* RFC 2328 A.3.1: the header has 24 octets, its type of authentication at 14. */
static void
mark_ospf(const unsigned char *m, size_t n, unsigned char *secret)
{
	if (n > 16 && m[0] == 2 && m[14] == 0 && m[15] == SIMPLE)
		mark(secret, n, 16, PASSWORD);
}

/* RFC 2338 5.3: the password stands behind the addresses, whose number is at 3. */
static void
mark_vrrp(const unsigned char *m, size_t n, unsigned char *secret)
{
	if (n > 8 && m[0] >> 4 == 2 && m[4] == SIMPLE)
		mark(secret, n, 8 + (size_t)m[3] * 4, PASSWORD);
}

/* RFC 2453 4.1: the first route is a password when its family is 0xFFFF and its tag 2. */
static void
mark_rip(const unsigned char *m, size_t n, unsigned char *secret)
{
	if (n > 8 && m[1] == 2 && m[4] == 0xFF && m[5] == 0xFF && m[6] == 0 && m[7] == 2)
		mark(secret, n, 8, 16);
}

/* RFC 2281 5.1: always there, "cisco" when nobody has chosen another. */
static void
mark_hsrp(const unsigned char *m, size_t n, unsigned char *secret)
{
	if (n > 8 && m[0] == 0)
		mark(secret, n, 8, PASSWORD);
}

void
device_secret_in_message(
	unsigned protocol, unsigned port, const unsigned char *octets, size_t n, unsigned char *secret)
{
	static const struct {
		unsigned protocol, port;
		void (*mark)(const unsigned char *, size_t, unsigned char *);
	} known[] = { { PROTOCOL_OSPF, 0, mark_ospf }, { PROTOCOL_VRRP, 0, mark_vrrp },
		{ PROTOCOL_UDP, PORT_RIP, mark_rip }, { PROTOCOL_UDP, PORT_HSRP, mark_hsrp } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].protocol == protocol && known[i].port == port)
			known[i].mark(octets, n, secret);
}
