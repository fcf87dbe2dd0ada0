/* Syslog messages as devices send them: what is taken from each, and what patterns will see. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "syslog/message.h"
#include "syslog/timeform.h"

static const struct row {
	const char *raw;
	enum syslog_form form;
	int severity;
	const char *sequence, *host, *stamp, *facility, *mnemonic, *subject;
} rows[] = {
	/* IOS, piece by piece. */
	{ "<187>52: 000123: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down",
		SYSLOG_CISCO, 3, "000123", "", "*Mar  1 18:46:11.123", "LINK", "UPDOWN",
		"*Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down" },
	{ "<189>53: R1: .Mar  1 2024 18:46:11 UTC: %SYS-5-CONFIG_I: Configured", SYSLOG_CISCO, 5, "53", "R1",
		".Mar  1 2024 18:46:11 UTC", "SYS", "CONFIG_I",
		".Mar  1 2024 18:46:11 UTC: %SYS-5-CONFIG_I: Configured" },
	{ "<189>54: 2001:db8::1: 00:00:46: %SYS-5-RESTART: System restarted --", SYSLOG_CISCO, 5, "54",
		"2001:db8::1", "00:00:46", "SYS", "RESTART",
		"00:00:46: %SYS-5-RESTART: System restarted --" },
	{ "<189>55: 1w2d: %SYS-5-CONFIG_I: x", SYSLOG_CISCO, 5, "55", "", "1w2d", "SYS", "CONFIG_I",
		"1w2d: %SYS-5-CONFIG_I: x" },
	{ "<189>%SYS-5-CONFIG_I: x", SYSLOG_CISCO, 5, "", "", "", "SYS", "CONFIG_I", "%SYS-5-CONFIG_I: x" },
	{ "%SYS-SP-2-RESTART: x", SYSLOG_CISCO, 2, "", "", "", "SYS-SP", "RESTART", "%SYS-SP-2-RESTART: x" },
	{ "<189>56: R1: %SYS-5-CONFIG_I: x", SYSLOG_CISCO, 5, "56", "R1", "", "SYS", "CONFIG_I",
		"%SYS-5-CONFIG_I: x" },
	{ "<191>57: *Mar 15 21:51:32.798: CRYPTO_PKI: Trust-Point x picked up", SYSLOG_CISCO, 7, "57", "",
		"*Mar 15 21:51:32.798", "local7", "",
		"*Mar 15 21:51:32.798: CRYPTO_PKI: Trust-Point x picked up" },
	{ "<189>58: some text", SYSLOG_CISCO, 5, "58", "", "", "local7", "", "some text" },
	{ "001850: May 17 18:06:42.919 UTC: %LINEPROTO-5-UPDOWN: Line protocol\r\n", SYSLOG_CISCO, 5,
		"001850", "", "May 17 18:06:42.919 UTC", "LINEPROTO", "UPDOWN",
		"May 17 18:06:42.919 UTC: %LINEPROTO-5-UPDOWN: Line protocol" },
	/* The text's severity stands above that of the priority. */
	{ "<190>%A_B-1-C: x", SYSLOG_CISCO, 1, "", "", "", "A_B", "C", "%A_B-1-C: x" },
	/* A message that quotes another: the first one counts. */
	{ "<190>1: *Mar  1 18:46:11.123: %HA_EM-6-LOG: APP: %LINK-3-UPDOWN: down", SYSLOG_CISCO, 6, "1", "",
		"*Mar  1 18:46:11.123", "HA_EM", "LOG",
		"*Mar  1 18:46:11.123: %HA_EM-6-LOG: APP: %LINK-3-UPDOWN: down" },
	/* Line ends inside stay (rulings 19). */
	{ "<189>1: *Mar  1 18:46:11: %A-1-B: one\ntwo\n", SYSLOG_CISCO, 1, "1", "", "*Mar  1 18:46:11", "A",
		"B", "*Mar  1 18:46:11: %A-1-B: one\ntwo" },
	/* IOS XR, NX-OS, ASA. */
	{ "<187>1: RP/0/RSP0/CPU0:Mar  1 18:46:11.123 UTC: ifmgr[123]: %PKT_INFRA-LINK-3-UPDOWN : Interface "
	  "x",
		SYSLOG_CISCO, 3, "1", "RP/0/RSP0/CPU0", "Mar  1 18:46:11.123 UTC", "PKT_INFRA-LINK", "UPDOWN",
		"Mar  1 18:46:11.123 UTC: ifmgr[123]: %PKT_INFRA-LINK-3-UPDOWN : Interface x" },
	{ "<187>1: RP/0/0/CPU0:Mar  1 18:46:11.123 : ifmgr[1]: %A-B-3-C : x", SYSLOG_CISCO, 3, "1",
		"RP/0/0/CPU0", "Mar  1 18:46:11.123", "A-B", "C",
		"Mar  1 18:46:11.123: ifmgr[1]: %A-B-3-C : x" },
	{ "<189>: 2024 Mar  1 18:46:11 UTC: %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/1 is down",
		SYSLOG_CISCO, 5, "", "", "2024 Mar  1 18:46:11 UTC", "ETHPORT", "IF_DOWN_LINK_FAILURE",
		"2024 Mar  1 18:46:11 UTC: %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/1 is down" },
	{ "<166>Jan 01 2020 10:00:00: %ASA-6-302013: Built", SYSLOG_CISCO, 6, "", "", "Jan 01 2020 10:00:00",
		"ASA", "302013", "Jan 01 2020 10:00:00: %ASA-6-302013: Built" },
	{ "<166>Jan 01 2020 10:00:00 asa : %ASA-6-302013: Built", SYSLOG_CISCO, 6, "", "asa",
		"Jan 01 2020 10:00:00", "ASA", "302013", "Jan 01 2020 10:00:00: %ASA-6-302013: Built" },
	{ "<187>1: core-7 RP/0/RSP0/CPU0:Mar  1 18:46:11.123 UTC: ifmgr[123]: %A-B-3-C : x", SYSLOG_CISCO, 3,
		"1", "core-7", "Mar  1 18:46:11.123 UTC", "A-B", "C",
		"Mar  1 18:46:11.123 UTC: ifmgr[123]: %A-B-3-C : x" },
	{ "<189>7: rack 4, left: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: x", SYSLOG_CISCO, 3, "7",
		"rack 4, left", "*Mar  1 18:46:11.123", "LINK", "UPDOWN",
		"*Mar  1 18:46:11.123: %LINK-3-UPDOWN: x" },
	{ "<189>a: b c: 1w2d: %LINK-3-UPDOWN: x", SYSLOG_CISCO, 3, "", "a: b c", "1w2d", "LINK", "UPDOWN",
		"1w2d: %LINK-3-UPDOWN: x" },
	{ "<189>55: *Mar 31 2024 18:46:11.123 UTC+2: %LINK-3-UPDOWN: x", SYSLOG_CISCO, 3, "55", "",
		"*Mar 31 2024 18:46:11.123 UTC+2", "LINK", "UPDOWN",
		"*Mar 31 2024 18:46:11.123 UTC+2: %LINK-3-UPDOWN: x" },
	/* RFC 3164, from a host, from a local socket, around a router's message. */
	{ "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick", SYSLOG_BSD, 2, "", "mymachine",
		"Oct 11 22:14:15", "auth", "su",
		"Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick" },
	{ "<38>Oct  1 22:14:15 sshd[812]: Accepted", SYSLOG_BSD, 6, "", "", "Oct  1 22:14:15", "auth", "sshd",
		"Oct  1 22:14:15 sshd[812]: Accepted" },
	{ "<13>Oct  1 22:14:15 host root: %LINK-3-UPDOWN: x", SYSLOG_BSD, 3, "", "host", "Oct  1 22:14:15",
		"LINK", "UPDOWN", "Oct  1 22:14:15 host root: %LINK-3-UPDOWN: x" },
	{ "<13>Oct  1 22:14:15 host %LINK-3-UPDOWN: x", SYSLOG_BSD, 3, "", "host", "Oct  1 22:14:15", "LINK",
		"UPDOWN", "Oct  1 22:14:15: %LINK-3-UPDOWN: x" },
	{ "<189>Mar  1 18:46:12 10.1.1.1 52: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x", SYSLOG_CISCO, 5, "52",
		"10.1.1.1", "*Mar  1 18:46:11.123", "SYS", "CONFIG_I",
		"*Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x" },
	{ "<189>Mar  1 18:46:12 10.1.1.1 52: r7: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x", SYSLOG_CISCO, 5,
		"52", "r7", "*Mar  1 18:46:11.123", "SYS", "CONFIG_I",
		"*Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x" },
	{ "<189>Mar  1 18:46:12 xr1 52: RP/0/0/CPU0:Mar  1 18:46:11.123 : a[1]: %SYS-5-CONFIG_I : x",
		SYSLOG_CISCO, 5, "52", "xr1", "Mar  1 18:46:11.123", "SYS", "CONFIG_I",
		"Mar  1 18:46:11.123: a[1]: %SYS-5-CONFIG_I : x" },
	{ "<13>Oct  1 22:14:15 host app: Oct  1 22:14:15: text", SYSLOG_BSD, 5, "", "host", "Oct  1 22:14:15",
		"user", "app", "Oct  1 22:14:15 host app: Oct  1 22:14:15: text" },
	{ "2024/03/01 18:46:11.123 BGP: [M59KS-A3ZXZ] %ADJCHANGE: neighbor 192.0.2.2 in vrf default Down",
		SYSLOG_BSD, 5, "", "", "2024/03/01 18:46:11.123", "user", "BGP",
		"2024/03/01 18:46:11.123 BGP: [M59KS-A3ZXZ] %ADJCHANGE: neighbor 192.0.2.2 in vrf default "
		"Down" },
	{ "<38>2024-03-01T18:46:11.5+01:00 host app[7]: text", SYSLOG_BSD, 6, "", "host",
		"2024-03-01T18:46:11.5+01:00", "auth", "app",
		"2024-03-01T18:46:11.5+01:00 host app[7]: text" },
	/* RFC 5424, with its own examples. */
	{ "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed",
		SYSLOG_5424, 2, "", "mymachine.example.com", "2003-10-11T22:14:15.003Z", "auth", "su",
		"2003-10-11T22:14:15.003Z mymachine.example.com su: 'su root' failed" },
	{ "<165>1 2003-10-11T22:14:15.003Z h evntslog 42 ID47 [x@32473 iut=\"3\" s=\"a]\\\"b\"][y@1] text",
		SYSLOG_5424, 5, "", "h", "2003-10-11T22:14:15.003Z", "local4", "evntslog",
		"2003-10-11T22:14:15.003Z h evntslog[42]: text" },
	{ "<165>1 - - - - - -", SYSLOG_5424, 5, "", "", "", "local4", "", "" },
	{ "<165>1 - - - - ID47 - text", SYSLOG_5424, 5, "", "", "", "local4", "ID47", "text" },
	{ "<189>1 2024-03-01T18:46:11Z r1 - - - - %LINK-3-UPDOWN: x", SYSLOG_5424, 3, "", "r1",
		"2024-03-01T18:46:11Z", "LINK", "UPDOWN", "2024-03-01T18:46:11Z r1: %LINK-3-UPDOWN: x" },
	/* Not what they look like. */
	{ "<165>1 2003-10-11T22:14:15.003Z h a p m [unclosed text", SYSLOG_BARE, 5, "", "", "", "local4", "",
		"1 2003-10-11T22:14:15.003Z h a p m [unclosed text" },
	{ "CRYPTO_PKI: nothing here is a host", SYSLOG_BARE, 5, "", "", "", "user", "",
		"CRYPTO_PKI: nothing here is a host" },
	{ "<13>it said 100%: *Mar  1 18:46:11: x", SYSLOG_BARE, 5, "", "", "", "user", "",
		"it said 100%: *Mar  1 18:46:11: x" },
	{ "<189>text\n<184>1: %SYS-0-FORGED: x", SYSLOG_BARE, 0, "", "", "", "SYS", "FORGED",
		"text\n<184>1: %SYS-0-FORGED: x" },
	{ "<192>x", SYSLOG_BARE, 5, "", "", "", "user", "", "<192>x" },
	{ "<>x", SYSLOG_BARE, 5, "", "", "", "user", "", "<>x" },
	{ "<1234>x", SYSLOG_BARE, 5, "", "", "", "user", "", "<1234>x" },
	{ "<0>", SYSLOG_BARE, 0, "", "", "", "kern", "", "" },
	{ "", SYSLOG_BARE, 5, "", "", "", "user", "", "" },
	{ "<13>100% of LINK-3-UPDOWN: x", SYSLOG_BARE, 5, "", "", "", "user", "",
		"100% of LINK-3-UPDOWN: x" },
	{ "%LINK-9-UPDOWN: x", SYSLOG_CISCO, 5, "", "", "", "user", "", "%LINK-9-UPDOWN: x" },
	{ "%LINK-3-: x", SYSLOG_CISCO, 5, "", "", "", "user", "", "%LINK-3-: x" },
};

static void
same(const char *raw, const char *what, struct slice got, const char *want)
{
	if (!slice_is(got, want))
		fail_msg("\"%s\": %s is \"%.*s\", not \"%s\"", raw, what, SLICE_FMT(got), want);
}

static void
check_header(const char *raw, const char *sequence, const char *origin, const char *stamp)
{
	char host[64];
	struct syslog_message m;

	snprintf(host, sizeof host, "%.*s", (int)(strlen(origin) > 2 ? strlen(origin) - 2 : 0), origin);
	syslog_message_parse(&m, raw, strlen(raw));
	same(raw, "sequence", m.sequence, sequence);
	same(raw, "host", m.host, host);
	same(raw, "stamp", m.stamp, stamp);
	same(raw, "facility", m.facility, "SYS");
	same(raw, "mnemonic", m.mnemonic, "CONFIG_I");
	same(raw, "text", m.text, "%SYS-5-CONFIG_I: by x: y");
	assert_int_equal(m.severity, 5);
}

/* NUL, bad UTF-8 and control characters are kept to the octet. */
static void
test_octets_are_kept(void **state)
{
	static const char s[] = "<189>1: *Mar  1 18:46:11: %A-1-B: a\0b\xff\xc3\x28\x1b[31m\x80 end\0\0";
	const size_t n = sizeof s - 3; /* what stands at the end is no part of it */
	char room[SYSLOG_SUBJECT_ROOM];
	struct syslog_message m;

	syslog_message_parse(&m, s, sizeof s - 1);
	assert_int_equal(m.raw.n, n);
	assert_memory_equal(m.raw.s, s, n);
	assert_int_equal(m.text.n, n - 26);
	assert_memory_equal(m.text.s, s + 26, m.text.n);
	same(s, "mnemonic", m.mnemonic, "B");
	assert_int_equal(syslog_message_subject(&m, room).n, n - 8);
}

static void
test_table(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		char room[SYSLOG_SUBJECT_ROOM], *exact = malloc(strlen(r->raw) > 0 ? strlen(r->raw) : 1);
		struct syslog_message m;

		memcpy(exact, r->raw, strlen(r->raw));
		syslog_message_parse(&m, exact, strlen(r->raw));
		if (m.form != r->form || (int)m.severity != r->severity)
			fail_msg("\"%s\": form %u, severity %u", r->raw, m.form, m.severity);
		same(r->raw, "sequence", m.sequence, r->sequence);
		same(r->raw, "host", m.host, r->host);
		same(r->raw, "stamp", m.stamp, r->stamp);
		same(r->raw, "facility", syslog_message_facility(&m), r->facility);
		same(r->raw, "mnemonic", syslog_message_mnemonic(&m), r->mnemonic);
		same(r->raw, "subject", syslog_message_subject(&m, room), r->subject);
		free(exact);
	}
}

/* Everything that `service timestamps`, `service sequence-numbers` and `logging origin-id` can make of a header. */
static void
test_every_header_of_a_router(void **state)
{
	static const char *const pri[] = { "", "<189>" }, *const count[] = { "", "52: " },
				 *const sequence[] = { "", "000123: " },
				 *const origin[] = { "",
					 "R1: ", "192.0.2.1: ", "2001:db8::1: ", "dc1-core.example: " },
				 *const mark[] = { "", "*", "." },
				 *const day[] = { "Mar  1 ", "Mar 31 ", "Mar  1 2024 ", "2024 Mar  1 " },
				 *const msec[] = { "18:46:11", "18:46:11.123" },
				 *const zone[] = { "", " UTC", " CEST", " EST5", " +01" },
				 *const uptime[] = { "00:00:46", "1d02h", "1w2d", "2y13w", "123:00:46" };
	unsigned n = 0;

#define EACH(list, i) for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)
	EACH(pri, a)
	EACH(count, b)
	EACH(sequence, c)
	EACH(origin, d)
	EACH(mark, e)
	for (size_t f = 0; f < 4 * 2 * 5 + 5; f++) {
		char stamp[64], raw[300];

		if (f < 40)
			snprintf(stamp, sizeof stamp, "%s%s%s%s", mark[e], day[f / 10], msec[f / 5 % 2],
				zone[f % 5]);
		else
			snprintf(stamp, sizeof stamp, "%s%s", mark[e], uptime[f - 40]);
		snprintf(raw, sizeof raw, "%s%s%s%s%s: %%SYS-5-CONFIG_I: by x: y", pri[a], count[b],
			origin[d], sequence[c], stamp);
		check_header(raw, c > 0 ? "000123" : b > 0 ? "52" : "", origin[d], stamp);
		snprintf(raw, sizeof raw, "%s%s%s%s%s: %%SYS-5-CONFIG_I: by x: y", pri[a], count[b],
			sequence[c], origin[d], stamp);
		check_header(raw, c > 0 ? "000123" : b > 0 ? "52" : "", origin[d], stamp);
		n++;
	}
	assert_int_equal(n, 2 * 2 * 2 * 5 * 3 * 45);
}

static void
test_parts_of_5424(void **state)
{
	const char *s =
		"<165>1 2003-10-11T22:14:15.003Z h evntslog 42 ID47 [x@32473 s=\"a]\\\"b\"][y@1] text";
	struct syslog_message m;

	syslog_message_parse(&m, s, strlen(s));
	same(s, "app", m.app, "evntslog");
	same(s, "procid", m.procid, "42");
	same(s, "msgid", m.msgid, "ID47");
	same(s, "data", m.data, "[x@32473 s=\"a]\\\"b\"][y@1]");
	same(s, "text", m.text, "text");
}

/* IOS XR names the process that speaks. */
static void
test_process_of_xr(void **state)
{
	const char *s = "<187>1: RP/0/RSP0/CPU0:Mar  1 18:46:11.123 UTC: ifmgr[203]: %A-B-3-C : x";
	struct syslog_message m;

	syslog_message_parse(&m, s, strlen(s));
	same(s, "app", m.app, "ifmgr");
	same(s, "procid", m.procid, "203");
	same(s, "text", m.text, "ifmgr[203]: %A-B-3-C : x");
}

static void
test_stamps(void **state)
{
	static const char *const good[] = { "Mar  1 18:46:11", "*Mar 1 18:46:11.1", ".Mar 01 18:46:11.123456",
		"Mar  1 2024 18:46:11", "2024 Mar  1 18:46:11.123", "00:00:46", "123:04:05", "1w2d", "2y5w",
		"3d04h", "2024-03-01T18:46:11", "2024-03-01T18:46:11Z", "2024-03-01T18:46:11.123-05:00" };
	static const char *const bad[] = { "", "*", "Mar", "Mar  1", "Mar  1 18:46", "March 1 18:46:11",
		"mar  1 18:46:11", "1w", "12", "12:34", "1:2:3", "2024", "2024-03-01", "1234567:00:00",
		"Foo  1 18:46:11" };

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		const char *end = good[i] + strlen(good[i]);

		if (timeform_end(good[i], end) != end)
			fail_msg("\"%s\" is a time stamp", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (timeform_end(bad[i], bad[i] + strlen(bad[i])) != NULL)
			fail_msg("\"%s\" is no time stamp", bad[i]);
}

static void
test_longest_message_fits(void **state)
{
	char raw[SYSLOG_LINE_MAX], room[SYSLOG_SUBJECT_ROOM];
	const char *head = "<165>1 2003-10-11T22:14:15.003Z h a 1 m - ";
	struct syslog_message m;

	memset(raw, 'x', sizeof raw);
	memcpy(raw, head, strlen(head));
	syslog_message_parse(&m, raw, sizeof raw);
	assert_int_equal(
		syslog_message_subject(&m, room).n, strlen("2003-10-11T22:14:15.003Z h a[1]: ") + m.text.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_header_of_a_router),
		cmocka_unit_test(test_octets_are_kept),
		cmocka_unit_test(test_parts_of_5424),
		cmocka_unit_test(test_process_of_xr),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_longest_message_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
