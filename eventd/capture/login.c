/* Marks credentials. */
#include "capture/login.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "capture/device_secret.h"

/* ---- lines ---- */

struct line {
	const unsigned char *s;
	size_t n; /* without its end */
	unsigned char *secret;
};

static void
mark(const struct line *l, size_t from, size_t to)
{
	if (to > l->n)
		to = l->n;
	if (from < to)
		memset(l->secret + from, 1, to - from);
}

static bool
begins(const struct line *l, const char *with)
{
	size_t n = strlen(with);

	return l->n >= n && strncasecmp((const char *)l->s, with, n) == 0;
}

static size_t
skip_word(const struct line *l, size_t at)
{
	while (at < l->n && l->s[at] != ' ')
		at++;
	while (at < l->n && l->s[at] == ' ')
		at++;
	return at;
}

/* As skip_word(); a string in quotes may have blanks. */
static size_t
skip_string(const struct line *l, size_t at)
{
	if (at == l->n || l->s[at] != '"')
		return skip_word(l, at);
	for (at++; at < l->n && l->s[at] != '"'; at++)
		at += l->s[at] == '\\';
	return skip_word(l, at < l->n ? at : l->n);
}

/* Lines whose rest is a secret. HTTP and SIP name their headers, the others are commands. */
static const char *const heads[] = { "PASS ", "ACCT ", "APOP ", "AUTHINFO PASS ", "OPER ", "IDENTIFY ",
	"Authorization:", "Proxy-Authorization:", "Cookie:", "Set-Cookie:", "X-Api-Key:", "X-Auth-Token:",
	"X-Vault-Token:", "X-Amz-Security-Token:" };

/* Words with a value that is a secret, wherever they stand: forms, JSON, URLs, configurations. */
static const char *const keys[] = { "password", "passwd", "passphrase", "passwort", "pass", "pwd", "psk",
	"secret", "token", "api_key", "apikey", "api-key", "community" };

static void
mark_heads(const struct line *l)
{
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		if (begins(l, heads[i]))
			mark(l, strlen(heads[i]), l->n);
}

/* Of routers' configurations. */
static void
mark_configuration(const struct line *l)
{
	mark(l, device_secret_in_line(l->s, l->n), l->n);
}

/*
 * `a1 LOGIN user password` of IMAP. Either may come as a line of its own, behind its length: `{6}`. Answers how many
 * lines behind this one belong to the login.
 */
static unsigned
mark_imap(const struct line *l)
{
	size_t command = skip_word(l, 0), user;
	const struct line rest = { l->s + command, l->n - command, NULL };

	if (command == 0 || !begins(&rest, "LOGIN "))
		return 0;
	user = skip_word(l, command);
	mark(l, skip_string(l, user), l->n);
	if (l->s[l->n - 1] != '}')
		return 0;
	return skip_string(l, user) < l->n ? 1 : 2;
}

/* <password>...</password> */
static void
mark_element(const struct line *l, size_t at)
{
	const unsigned char *end = memchr(l->s + at, '<', l->n - at);

	mark(l, at, end == NULL ? l->n : (size_t)(end - l->s));
}

/* Behind `password`: `=` or `:`, quotes and blanks around, then the value; or an element of XML. */
static void
mark_value(const struct line *l, size_t at)
{
	size_t end;
	unsigned char quote = 0;

	if (at < l->n && l->s[at] == '>') {
		mark_element(l, at + 1);
		return;
	}
	while (at < l->n && (l->s[at] == '"' || l->s[at] == '\'' || l->s[at] == ' '))
		at++;
	if (at == l->n || (l->s[at] != '=' && l->s[at] != ':'))
		return;
	for (at++; at < l->n && (l->s[at] == ' ' || l->s[at] == '"' || l->s[at] == '\''); at++)
		quote = l->s[at] == ' ' ? quote : l->s[at];
	for (end = at; end < l->n; end++) {
		if (quote != 0 && l->s[end] == '\\')
			end++;
		else if (quote != 0 ? l->s[end] == quote
				    : strchr("&;, \t", l->s[end]) != NULL && l->s[end] != '\0')
			break;
	}
	mark(l, at, end);
}

static void
mark_keys(const struct line *l)
{
	for (size_t at = 0; at < l->n; at++)
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
			const struct line here = { l->s + at, l->n - at, NULL };

			if (tolower(l->s[at]) == keys[i][0] && begins(&here, keys[i])) {
				mark_value(l, at + strlen(keys[i]));
				break;
			}
		}
}

/* scheme://user:password@host */
static void
mark_urls(const struct line *l)
{
	for (size_t at = 0; at + 3 < l->n; at++) {
		size_t colon = 0, end;

		if (memcmp(l->s + at, "://", 3) != 0)
			continue;
		for (end = at + 3; end < l->n && strchr("/ \t\"'<>", l->s[end]) == NULL && l->s[end] != '@';
			end++)
			if (l->s[end] == ':' && colon == 0)
				colon = end + 1;
		if (end < l->n && l->s[end] == '@' && colon != 0)
			mark(l, colon, end);
	}
}

/* ---- dialogues: AUTH of SMTP, POP3 and Redis, AUTHENTICATE of IMAP ---- */

enum { ANSWERS_MAX = 8 }; /* lines of one login */

/* Lines that end a login: the client says something else. */
static const char *const commands[] = { "MAIL FROM:", "RCPT TO:", "DATA", "RSET", "NOOP", "QUIT", "EHLO ",
	"HELO ", "STARTTLS", "STAT", "LIST", "RETR ", "UIDL", "SELECT ", "*" };

static bool
is_command(const struct line *l)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (begins(l, commands[i]))
			return true;
	return false;
}

/* The mechanism stays. Answers how many lines behind this one may belong to the login. */
static unsigned
mark_auth(const struct line *l)
{
	size_t command = 0;
	struct line rest;

	if (l->n == 4 && begins(l, "AUTH"))
		return ANSWERS_MAX;
	if (!begins(l, "AUTH ")) {
		command = skip_word(l, 0);
		rest = (struct line){ l->s + command, l->n - command, NULL };
		if (!begins(&rest, "AUTHENTICATE "))
			return 0;
	}
	mark(l, skip_word(l, skip_word(l, command)), l->n);
	return ANSWERS_MAX;
}

void
login_mark(const unsigned char *octets, size_t n, unsigned char *secret)
{
	unsigned answers = 0;

	for (size_t at = 0; at < n;) {
		const unsigned char *nl = memchr(octets + at, '\n', n - at);
		size_t end = nl == NULL ? n : (size_t)(nl - octets);
		struct line l = { octets + at, end - at, secret + at };

		while (l.n > 0 && l.s[l.n - 1] == '\r')
			l.n--;
		if (answers > 0 && is_command(&l))
			answers = 0;
		if (answers > 0) {
			answers--;
			mark(&l, 0, l.n);
		} else {
			answers = mark_auth(&l);
			mark_heads(&l);
			if (answers == 0)
				answers = mark_imap(&l);
			mark_configuration(&l);
			mark_keys(&l);
			mark_urls(&l);
		}
		at = end + 1;
	}
}

/* ---- BER ---- */

enum { INTEGER = 0x02, OCTET_STRING = 0x04, SEQUENCE = 0x30 };
enum { SNMP_FIRST_PDU = 0xA0, SNMP_LAST_PDU = 0xA8, LDAP_BIND = 0x60, LDAP_SIMPLE = 0x80 };

struct ber {
	const unsigned char *s;
	size_t at, n;
};

struct element {
	unsigned char tag;
	size_t at, n; /* of its value; n as far as it was captured */
};

static bool
element_read(struct ber *b, struct element *e)
{
	size_t length;

	if (b->n - b->at < 2)
		return false;
	e->tag = b->s[b->at++];
	length = b->s[b->at++];
	if ((length & 0x80) != 0) {
		size_t octets = length & 0x7F;

		if (octets == 0 || octets > 4 || b->n - b->at < octets)
			return false;
		for (length = 0; octets > 0; octets--)
			length = length << 8 | b->s[b->at++];
	}
	e->at = b->at;
	e->n = length < b->n - b->at ? length : b->n - b->at;
	return true;
}

static bool
value_read(struct ber *b, struct element *e, unsigned char tag)
{
	if (!element_read(b, e) || e->tag != tag)
		return false;
	b->at += e->n;
	return true;
}

void
login_mark_ber(const unsigned char *octets, size_t n, unsigned char *secret)
{
	struct ber b = { octets, 0, n };
	struct element e, found;

	if (!element_read(&b, &e) || e.tag != SEQUENCE || !value_read(&b, &e, INTEGER) || e.n == 0)
		return;
	/* SNMP: version, community, a PDU (RFC 1157 4, RFC 1901 3); cut short, there may be no PDU to see. */
	if (e.n == 1 && octets[e.at] <= 1 && b.at < n && octets[b.at] == OCTET_STRING &&
		value_read(&b, &found, OCTET_STRING) &&
		(b.at >= n || (octets[b.at] >= SNMP_FIRST_PDU && octets[b.at] <= SNMP_LAST_PDU))) {
		memset(secret + found.at, 1, found.n);
		return;
	}
	/* LDAP: message id, bind request of version, name, password (RFC 4511 4.2). */
	b.at = e.at + e.n;
	if (!element_read(&b, &e) || e.tag != LDAP_BIND || !value_read(&b, &e, INTEGER) ||
		!value_read(&b, &e, OCTET_STRING) || !element_read(&b, &e) || e.tag != LDAP_SIMPLE)
		return;
	memset(secret + e.at, 1, e.n);
}
