/* What is taken for a credential in conversations of many protocols, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/dlt.h>

#include "capture/credentials.h"
#include "capture/login.h"
#include "core/mem.h"

static const struct {
	const char *said, *left;
} texts[] = {
	/* FTP, POP3 */
	{ "USER joe\r\nPASS hunter2\r\nLIST\r\n", "USER joe\r\nPASS *******\r\nLIST\r\n" },
	{ "APOP joe c4c9334bac560ecc\r\n", "APOP ********************\r\n" },
	/* SMTP, with and without an answer to be waited for */
	{ "AUTH PLAIN AGpvZQ==\r\nMAIL FROM:<a>\r\n", "AUTH PLAIN ********\r\nMAIL FROM:<a>\r\n" },
	{ "AUTH LOGIN\r\nam9l\r\naHVudGVy\r\nMAIL FROM:<a>\r\n",
		"AUTH LOGIN\r\n****\r\n********\r\nMAIL FROM:<a>\r\n" },
	/* IMAP */
	{ "a1 LOGIN joe hunter2\r\na2 SELECT INBOX\r\n", "a1 LOGIN joe *******\r\na2 SELECT INBOX\r\n" },
	{ "a1 AUTHENTICATE PLAIN\r\nAGpvZQ==\r\n", "a1 AUTHENTICATE PLAIN\r\n********\r\n" },
	{ "a1 LOGIN \"joe x\" \"hunter 2\"\r\n", "a1 LOGIN \"joe x\" **********\r\n" },
	{ "a1 LOGIN {3}\r\njoe {7}\r\nhunter2\r\na2 SELECT INBOX\r\n",
		"a1 LOGIN {3}\r\n*******\r\n*******\r\na2 SELECT INBOX\r\n" },
	{ "a1 LOGIN joe {7}\r\nhunter2\r\na2 LIST\r\n", "a1 LOGIN joe ***\r\n*******\r\na2 LIST\r\n" },
	{ "AUTHINFO USER joe\r\nAUTHINFO PASS hunter2\r\n",
		"AUTHINFO USER joe\r\nAUTHINFO PASS *******\r\n" },
	/* HTTP: headers, forms, JSON, XML, URLs */
	{ "<Password>hunter2</Password><x>1</x>", "<Password>*******</Password><x>1</x>" },
	{ "pass=hunter2&bypass=1", "pass=*******&bypass=*" },
	{ "GET / HTTP/1.1\r\nauthorization: Basic am9l\r\nAccept: a\r\n",
		"GET / HTTP/1.1\r\nauthorization:***********\r\nAccept: a\r\n" },
	{ "Cookie: sid=1; b=2\r\nHost: h\r\n", "Cookie:***********\r\nHost: h\r\n" },
	{ "user=joe&password=hunter2&go=1", "user=joe&password=*******&go=1" },
	{ "GET /?access_token=abc&x=1 HTTP/1.1\r\n", "GET /?access_token=***&x=1 HTTP/1.1\r\n" },
	{ "{\"user\":\"joe\", \"Password\": \"hun,ter\\\"2\", \"n\":1}",
		"{\"user\":\"joe\", \"Password\": \"**********\", \"n\":1}" },
	{ "http://joe:hunter2@host/x", "http://joe:*******@host/x" },
	{ "see http://host:80/x@y", "see http://host:80/x@y" },
	/* Redis */
	{ "*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n", "*2\r\n$4\r\nAUTH\r\n**\r\n*******\r\n" },
	/* configurations of routers */
	{ "enable secret 9 $9$abc\nhostname r1\n", "enable secret ********\nhostname r1\n" },
	{ " username joe privilege 15 password 0 x\n", " username joe privilege 15 password ***\n" },
	{ "line vty 0 4\n password 7 0822\n login\n", "line vty 0 4\n password 7 ****\n login\n" },
	{ "snmp-server community public RO 10\r\n", "snmp-server community ************\r\n" },
	{ " neighbor 192.0.2.1 password x y\n neighbor 192.0.2.1 remote-as 1\n",
		" neighbor 192.0.2.1 password ***\n neighbor 192.0.2.1 remote-as 1\n" },
	{ "no tacacs-server host 1.1.1.1 key abc", "no tacacs-server host 1.1.1.1 key ***" },
	{ "crypto isakmp key abc address 0.0.0.0", "crypto isakmp key *******************" },
	{ " ip ospf message-digest-key 1 md5 7 ab", " ip ospf message-digest-key 1 md5 ****" },
	/* words that only look so */
	{ "key chain A\npassword of mine\n", "key chain A\npassword of mine\n" },
	{ "the password is not here\r\n", "the password is not here\r\n" },
	{ "PASSIVE\r\nPASV\r\n", "PASSIVE\r\nPASV\r\n" },
	/* cut off */
	{ "PASS hun", "PASS ***" },
	{ "password=", "password=" },
	{ "", "" },
};

static void
starred(char *text, size_t n, void (*mark)(const unsigned char *, size_t, unsigned char *))
{
	unsigned char secret[256] = { 0 };

	assert_true(n < sizeof secret);
	mark((unsigned char *)text, n, secret);
	for (size_t i = 0; i < n; i++)
		if (secret[i] != 0)
			text[i] = '*';
	assert_int_equal(secret[n], 0);
}

static void
texts_are_starred(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char copy[256];

		strcpy(copy, texts[i].said);
		starred(copy, strlen(copy), login_mark);
		assert_string_equal(copy, texts[i].left);
	}
}

#define BYTES(text_) (text_), sizeof(text_) - 1
static const struct {
	const char *said;
	size_t n;
	const char *left;
} messages[] = {
	/* SNMPv2c get, SNMPv1 trap, cut off behind the community */
	{ BYTES("\x30\x13\x02\x01\x01\x04\x06public\xa0\x06\x02\x01\x01\x02\x01\x00"),
		"\x30\x13\x02\x01\x01\x04\x06******\xa0\x06\x02\x01\x01\x02\x01" },
	{ BYTES("\x30\x81\x0d\x02\x01\x00\x04\x06public\xa4\x00"), "\x30\x81\x0d\x02\x01" },
	{ BYTES("\x30\x40\x02\x01\x01\x04\x06pub"), "\x30\x40\x02\x01\x01\x04\x06***" },
	/* LDAP simple bind */
	{ BYTES("\x30\x14\x02\x01\x01\x60\x0f\x02\x01\x03\x04\x04"
		"cn=a\x80\x04hunt"),
		"\x30\x14\x02\x01\x01\x60\x0f\x02\x01\x03\x04\x04"
		"cn=a\x80\x04****" },
	/* SNMPv3 has no community; a string behind an integer is nobody's secret */
	{ BYTES("\x30\x0b\x02\x01\x03\x04\x06public"), "\x30\x0b\x02\x01\x03\x04\x06public" },
	{ BYTES("\x30\x0d\x02\x01\x01\x04\x06public\x05\x00"), "\x30\x0d\x02\x01\x01\x04\x06public\x05" },
	{ BYTES("\x30\x84\xff\xff\xff\xff\x02\x01\x01\x04"), "\x30\x84\xff\xff\xff\xff\x02\x01\x01\x04" },
};

static void
messages_are_starred(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		char copy[256] = { 0 };

		memcpy(copy, messages[i].said, messages[i].n);
		starred(copy, messages[i].n, login_mark_ber);
		assert_memory_equal(copy, messages[i].left, strlen(messages[i].left));
	}
}

#define IPV4(flags_, protocol_) \
	0x45, 0, 0, 60, 0, 1, (flags_) >> 8, (flags_)&255, 64, protocol_, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define UDP_HEADER_ 4, 1, 0, 80, 0, 40, 0, 0
#define SAID_       'P', 'A', 'S', 'S', ' ', 'h', 'u', 'n', 't'
static const struct {
	unsigned char packet[64];
	size_t n;
	const char *left; /* of its last octets */
} packets[] = {
	/* UDP; the second piece of a datagram; the same of IPv6; ICMP that quotes the first; IP in IP */
	{ { IPV4(0, 17), UDP_HEADER_, SAID_ }, 37, "PASS ****" },
	{ { IPV4(5, 17), SAID_ }, 29, "*********" },
	{ { 0x60, 0, 0, 0, 0, 17, 44, 64, [40] = 17, 0, 0, 8, 0, 0, 0, 1, SAID_ }, 57, "*********" },
	{ { IPV4(0, 1), 3, 3, 0, 0, 0, 0, 0, 0, IPV4(0, 17), UDP_HEADER_, 'p', 'w', 'd', '=', 'x', 'y' }, 62,
		"pwd=**" },
	{ { IPV4(0, 4), IPV4(0, 6), 'p', 'w', 'd', '=', 'x', 'y' }, 46, "pwd=**" },
	/* the first piece of a datagram has its header */
	{ { IPV4(0x2000, 17), UDP_HEADER_, SAID_ }, 37, "PASS ****" },
};

static void
packets_are_starred(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
		struct credentials *c = credentials_keep(NULL);
		unsigned char copy[64];
		size_t left = strlen(packets[i].left);

		memcpy(copy, packets[i].packet, sizeof copy);
		credentials_learn(c, DLT_RAW, copy, packets[i].n);
		credentials_star(c, DLT_RAW, copy, packets[i].n);
		assert_memory_equal(copy + packets[i].n - left, packets[i].left, left);
		assert_memory_equal(copy, packets[i].packet, 20);
		mem_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_starred),
		cmocka_unit_test(messages_are_starred),
		cmocka_unit_test(packets_are_starred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
