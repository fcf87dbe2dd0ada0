/* Addresses, encodings and the RFC 5322 message. */
#include "actions/mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actions/mail/decode.h"
#include "actions/mail/encode.h"
#include "core/mem.h"

static void *ctx;

static int
setup(void **state)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	ctx = mem_ctx(NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	mem_free(ctx);
	return 0;
}

/* --- reading again --------------------------------------------------------------------------------- */

static void
words_are(const char *raw, const char *want)
{
	struct text *out = text_new(ctx);

	decode_words(out, raw, strlen(raw));
	assert_string_equal(out->s, want);
}

static void
encoded_words_are_read_again(void **state)
{
	static const char subject[] = "Gr\xc3\xbc\xc3\x9f"
				      "e vom Router, der eine ziemlich lange und sehr ausf\xc3\xbchrliche "
				      "Betreffzeile schreibt, damit sie gefaltet wird";
	struct text *t = text_new(ctx);

	words_are("=?UTF-8?Q?Gr=C3=BC=C3=9Fe_an?= =?utf-8?b?IGFsbGU=?=", "Gr\xc3\xbc\xc3\x9f"
									 "e an alle");
	words_are("plain =?us-ascii*en?q?a?=  b", "plain a  b");
	words_are("=?ISO-8859-1?Q?=FC?= =?UTF-8?Q?=FF?= =?UTF-8?Q?x",
		"=?ISO-8859-1?Q?=FC?= =?UTF-8?Q?=FF?= =?UTF-8?Q?x");
	text_add(t, "From: a\r\nsubject: ");
	encode_unstructured(t, subject, strlen(subject));
	text_add(t, "\r\nTo: b\r\n\r\nSubject: no\r\n");
	assert_non_null(strstr(t->s, "\r\n "));
	assert_string_equal(decode_field(ctx, t->s, "Subject"), subject);
	assert_string_equal(decode_field(ctx, t->s, "To"), "b");
	assert_string_equal(decode_field(ctx, t->s, "Cc"), "");
	assert_string_equal(
		decode_field(ctx, "Subject: one\r\n  two\r\n\tthree\r\n\r\n", "Subject"), "one  two\tthree");
}

static void
bodies_are_read_again(void **state)
{
	struct text *t = text_new(ctx);

	decode_body(t, "Content-Transfer-Encoding: quoted-printable\r\n\r\na=\r\nb=3D=C3=BC=\r\nc=x\r\nd");
	assert_string_equal(t->s, "ab=\xc3\xbc"
				  "c=x\r\nd");
	text_clear(t);
	decode_body(t, "Content-Transfer-Encoding: base64\r\n\r\nb25l\r\nDQp0d28=\r\n");
	assert_string_equal(t->s, "one\r\ntwo");
	text_clear(t);
	decode_body(t, "Content-Type: multipart/mixed;\r\n boundary=\"x\"\r\n\r\n--x\r\nContent-Type: "
		       "text/plain\r\n\r\n"
		       "the text\r\n--x\r\n\r\nother\r\n--x--\r\n");
	assert_string_equal(t->s, "the text");
	text_clear(t);
	decode_body(t, "no body");
	assert_string_equal(t->s, "");
}

/* --- addresses ------------------------------------------------------------------------------------ */

/* "name|mailbox name|mailbox ..." or "!" when the list is refused. */
static void
list_is(const char *string, const char *want)
{
	struct err err = ERR_INIT;
	struct mail_addresses *list = mail_addresses_parse(ctx, string, strlen(string), &err);
	struct text *got = text_new(ctx);

	if (list == NULL) {
		assert_string_equal(err.class, "BAD_ADDRESS");
		text_add(got, "!");
	}
	for (size_t i = 0; list != NULL && i < list->count; i++) {
		const struct mail_address *a = &list->items[i];

		text_printf(got, "%s%s|%s%s", i > 0 ? "; " : "", a->name == NULL ? "" : a->name, a->mailbox,
			a->needs_utf8 ? " utf8" : "");
	}
	if (strcmp(got->s, want) != 0)
		fail_msg("'%s' gave '%s', not '%s' (%s)", string, got->s, want, err.text);
}

static void
lists_are_taken_apart(void **state)
{
	list_is("", "");
	list_is(" ,; ", "");
	list_is("a@b.example", "|a@b.example");
	list_is("<username@gmail.com>", "|username@gmail.com");
	list_is("a@b, c@d;e@f g@h", "|a@b; |c@d; |e@f; |g@h");
	list_is("Net Ops <noc@example.net>", "Net Ops|noc@example.net");
	list_is("\"Ops, Net\" <noc@example.net>,b@c", "Ops, Net|noc@example.net; |b@c");
	list_is("\"O\\\"ps\"<noc@example.net>", "O\"ps|noc@example.net");
	list_is("A <a@b> B <c@d> e@f", "A|a@b; B|c@d; |e@f");
	list_is("\"quoted.local\"@example.net", "|\"quoted.local\"@example.net");
	list_is("a@[192.0.2.1] b@[IPv6:2001:db8::1]", "|a@[192.0.2.1]; |b@[IPv6:2001:db8::1]");
	list_is("jörg@example.net", "|jörg@example.net utf8");
	list_is("joerg@bücher.example", "|joerg@xn--bcher-kva.example");
	list_is("user%other@example.net", "|user%other@example.net");
	list_is("Bad\r\nName <a@b>", "Bad Name|a@b");
}

static void
what_is_no_mailbox_is_refused(void **state)
{
	static const char *const wrong[] = { "nobody", "a@b nobody", "@b", "a@", "a@b@c d", "a..b@c", ".a@b",
		"a.@b", "-rm@b", "a b@c", "<a@b", "<a@b>c", "<>", "\"a b\"@c", "\"a<b\"@c", "a@b\nRCPT",
		"a@b\r\nTo:x", "a\x01@b", "a@-b", "a@b c@", "a@b_c..d", "a@[300.1.1.1]", "a@[IPv6:zz]",
		"\"open@b", "1234567890123456789012345678901234567890123456789012345678901234x@b", "a\xff@b",
		"Name, <a@b>" };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		list_is(wrong[i], "!");
}

static void
one_address_means_one(void **state)
{
	struct err err = ERR_INIT;

	assert_non_null(mail_address_parse(ctx, "Me <me@here.example>", 20, &err));
	assert_null(mail_address_parse(ctx, "", 0, &err));
	assert_string_equal(err.class, "BAD_ADDRESS");
	assert_null(mail_address_parse(ctx, "a@b c@d", 7, &err));
	assert_string_equal(err.class, "BAD_ADDRESS");
}

/* --- the message ---------------------------------------------------------------------------------- */

static struct text *
build_bytes(const char *subject, const char *body, size_t n, unsigned *cleaned)
{
	struct mail_message m = {
		.from = mail_address_parse(ctx, "EEM <eem@r1.example>", 20, NULL),
		.to = mail_addresses_parse(ctx, "noc@example.net", 15, NULL),
		.subject = subject,
		.subject_len = strlen(subject),
		.body = body,
		.body_len = n,
		.applet = "LINK",
		.message_id = "<1@r1.example>",
		.date = 1727357019,
	};
	struct text *t = text_new(ctx);
	struct err err = ERR_INIT;

	assert_true(mail_message_build(&m, t, cleaned, &err));
	return t;
}

static struct text *
build(const char *subject, const char *body)
{
	return build_bytes(subject, body, strlen(body), NULL);
}

static bool
has(const struct text *t, const char *s)
{
	return memmem(t->s, t->len, s, strlen(s)) != NULL;
}

/* No bare CR or LF, no line over 998 octets. */
static void
assert_lines_are_sound(const struct text *t)
{
	size_t line = 0;

	for (size_t i = 0; i < t->len; i++) {
		if (t->s[i] == '\r')
			assert_true(i + 1 < t->len && t->s[i + 1] == '\n');
		if (t->s[i] == '\n')
			assert_true(i > 0 && t->s[i - 1] == '\r');
		line = t->s[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 999);
	}
	assert_true(t->len >= 2 && memcmp(t->s + t->len - 2, "\r\n", 2) == 0);
}

static void
every_header_is_written(void **state)
{
	struct text *t = build("Link down", "one\ntwo");

	assert_string_equal(t->s, "Date: Thu, 26 Sep 2024 15:23:39 +0200\r\n"
				  "From: EEM <eem@r1.example>\r\n"
				  "To: noc@example.net\r\n"
				  "Subject: Link down\r\n"
				  "Message-ID: <1@r1.example>\r\n"
				  "Auto-Submitted: auto-generated\r\n"
				  "X-EEM-Applet: LINK\r\n"
				  "MIME-Version: 1.0\r\n"
				  "Content-Type: text/plain; charset=us-ascii\r\n"
				  "Content-Transfer-Encoding: 7bit\r\n"
				  "\r\n"
				  "one\r\ntwo\r\n");
}

static void
a_subject_adds_no_header(void **state)
{
	unsigned cleaned = 0;
	struct text *t = build_bytes("x\r\nBcc: evil@example.org\r\n\r\nbody\x01", "b", 1, &cleaned);

	assert_int_equal(cleaned, MAIL_CLEANED_SUBJECT);
	assert_true(has(t, "Subject: x Bcc: evil@example.org body\r\n"));
	assert_lines_are_sound(t);
	build_bytes("clean", "b", 1, &cleaned);
	assert_int_equal(cleaned, 0);
}

static void
headers_are_encoded_and_folded(void **state)
{
	struct text *t = build("Schnittstelle gestört", "x");

	assert_true(has(t, "Subject: =?UTF-8?Q?Schnittstelle_gest=C3=B6rt?=\r\n"));
	t = build("接口关闭", "x");
	assert_true(has(t, "Subject: =?UTF-8?B?5o6l5Y+j5YWz6Zet?=\r\n"));
	t = build("looks =?UTF-8?Q?encoded?= already", "x");
	assert_true(has(t, "Subject: =?UTF-8?Q?looks_=3D=3FUTF"));
	t = build("one two three four five six seven eight nine ten eleven twelve thirteen fourteen", "x");
	assert_true(has(t, "Subject: one two three four five six seven eight nine ten eleven twelve\r\n"
			   " thirteen fourteen\r\n"));
	t = build("", "x");
	assert_true(has(t, "Subject: \r\nMessage-ID"));
}

static void
encoded_words_stay_short_and_whole(void **state)
{
	struct text *t = text_new(ctx);
	const char *line;

	text_add(t, "Subject: ");
	encode_words(
		t, "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää€€€€€€€€€€", 170);
	for (line = t->s; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		assert_true(strcspn(line, "\r") <= 78);
	}
	assert_true(strstr(t->s, "?=\r\n =?UTF-8?B?") != NULL);
}

static void
bodies_choose_their_encoding(void **state)
{
	char longest[1200];
	struct text *t = build("s", "grüße\n");

	assert_true(has(t, "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngrüße\r\n"));
	assert_true(mail_message_look(t->s, t->len).body_8bit);
	assert_false(mail_message_look(t->s, t->len).header_utf8);

	memset(longest, 'x', sizeof longest);
	t = build_bytes("s", longest, 998, NULL);
	assert_true(has(t, "Content-Transfer-Encoding: 7bit\r\n"));
	assert_lines_are_sound(t);
	t = build_bytes("s", longest, 999, NULL);
	assert_true(has(t, "charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
	assert_lines_are_sound(t);

	t = build_bytes("s", "a\0b", 3, NULL);
	assert_true(has(t, "quoted-printable\r\n\r\na=00b\r\n"));
	t = build_bytes("s", "caf\xe9 au lait", 12, NULL);
	assert_true(has(t, "quoted-printable\r\n\r\ncaf=E9 au lait\r\n"));
	t = build_bytes("s", "\xff\xfe\xfd", 3, NULL);
	assert_true(has(t, "base64\r\n\r\n//79DQo=\r\n"));
	t = build("s", "a\rb\nc\r\n\r\nd");
	assert_true(has(t, "\r\n\r\na\r\nb\r\nc\r\n\r\nd\r\n"));
	t = build("s", "");
	assert_true(has(t, "7bit\r\n\r\n"));
	assert_lines_are_sound(t);
}

static void
a_server_without_8bitmime_gets_7bit(void **state)
{
	struct text *t = build("x Content-Transfer-Encoding: 8bit",
			    "grüße = grüße  \nund viel mehr Text als Umlaute"),
		    *out = text_new(ctx);

	mail_message_to_7bit(out, t->s, t->len);
	assert_true(has(out, "Subject: x Content-Transfer-Encoding: 8bit\r\n"));
	assert_true(has(out, "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
			     "gr=C3=BC=C3=9Fe =3D gr=C3=BC=C3=9Fe =20\r\nund viel"));
	assert_false(mail_message_look(out->s, out->len).body_8bit);
	assert_lines_are_sound(out);
	t = build("s", "接口关闭");
	text_clear(out);
	mail_message_to_7bit(out, t->s, t->len);
	assert_true(has(out, "Content-Transfer-Encoding: base64\r\n\r\n5o6l5Y+j5YWz6ZetDQo=\r\n"));
}

static void
quoted_printable_lines_stay_short(void **state)
{
	char s[400];
	struct text *t = text_new(ctx);
	size_t line = 0;

	for (size_t i = 0; i < sizeof s; i++)
		s[i] = i % 3 == 0 ? (char)0xe9 : 'a';
	encode_quoted_printable(t, s, sizeof s);
	for (size_t i = 0; i < t->len; i++) {
		line = t->s[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 77);
	}
}

static void
a_message_over_the_limit_is_refused(void **state)
{
	struct mail_message m = {
		.from = mail_address_parse(ctx, "a@b", 3, NULL),
		.to = mail_addresses_parse(ctx, "c@d", 3, NULL),
		.subject = "",
		.body = "0123456789",
		.body_len = 10,
		.message_id = "<1@b>",
		.max_size = 100,
	};
	struct err err = ERR_INIT;

	assert_false(mail_message_build(&m, text_new(ctx), NULL, &err));
	assert_string_equal(err.class, "MESSAGE_TOO_BIG");
}

static void
message_ids_hold_what_makes_them_unique(void **state)
{
	struct mail_id_seed seed = { 1727357019000000, 0xabcdef, 1234, 7, "r1.example.net" };

	assert_string_equal(
		mail_message_id(ctx, &seed), "<20240926132339.1234.7.0000000000abcdef@r1.example.net>");
	seed.fqdn = "not a host\r\n";
	assert_string_equal(
		mail_message_id(ctx, &seed), "<20240926132339.1234.7.0000000000abcdef@localhost>");
}

static void
display_names_are_quoted_or_encoded(void **state)
{
	struct mail_message m = {
		.from = mail_address_parse(ctx, "\"Ops, Net\" <a@b>", 16, NULL),
		.to = mail_addresses_parse(ctx, "Jörg <c@d>, E <e@f>", 20, NULL),
		.cc = mail_addresses_parse(ctx, "g@h", 3, NULL),
		.subject = "",
		.body = "",
		.message_id = "<1@b>",
	};
	struct text *t = text_new(ctx);

	assert_true(mail_message_build(&m, t, NULL, NULL));
	assert_true(has(t, "From: \"Ops, Net\" <a@b>\r\n"));
	assert_true(has(t, "To: =?UTF-8?B?SsO2cmc=?= <c@d>, E <e@f>\r\n"));
	assert_true(has(t, "Cc: g@h\r\n"));
	assert_false(has(t, "Bcc"));
}

/* --- attachments ---------------------------------------------------------------------------------- */

static void
names_of_attachments(void **state)
{
	static const struct {
		const char *name, *type, *header;
	} rows[] = {
		{ "a.txt", "text/plain; charset=utf-8", ";\r\n filename=\"a.txt\"\r\n" },
		{ "CAP.PCAPNG", "application/x-pcapng", ";\r\n filename=\"CAP.PCAPNG\"\r\n" },
		{ "noending", "application/octet-stream", ";\r\n filename=\"noending\"\r\n" },
		{ "gr\xc3\xbc\xc3\x9f"
		  "e.log",
			"text/plain; charset=utf-8", ";\r\n filename*=utf-8''gr%C3%BC%C3%9Fe.log\r\n" },
		{ "a\"b.bin", "application/octet-stream", ";\r\n filename*=utf-8''a%22b.bin\r\n" },
		{ "a\r\nBcc: x.txt", "text/plain; charset=utf-8",
			";\r\n filename*=utf-8''a%0D%0ABcc%3A%20x.txt\r\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text *out = text_new(ctx);
		const struct mail_attachment a = { rows[i].name, "xyz", 3 };
		char *want = mem_printf(ctx,
			"--B\r\nContent-Type: %s\r\nContent-Disposition: "
			"attachment%sContent-Transfer-Encoding: base64\r\n\r\neHl6\r\n",
			rows[i].type, rows[i].header);

		multipart_attach(out, "B", &a);
		assert_string_equal(out->s, want);
	}
}

/* RFC 2231 3: in numbered pieces, none over the length of a line. */
static void
long_names_are_cut(void **state)
{
	struct text *out = text_new(ctx);
	char name[200];
	const struct mail_attachment a = { name, "", 0 };
	const char *line;

	memset(name, '\xe9', sizeof name - 1); /* no UTF-8 either */
	name[sizeof name - 1] = '\0';
	multipart_attach(out, "B", &a);
	assert_non_null(strstr(out->s, "\r\n filename*0*=utf-8''%E9"));
	assert_non_null(strstr(out->s, ";\r\n filename*9*=%E9"));
	for (line = out->s; line != NULL && *line != '\0';
		line = strstr(line, "\r\n"), line = line == NULL ? NULL : line + 2)
		assert_true(strcspn(line, "\r\n") <= 100);
}

static void
boundaries_are_not_in_the_text(void **state)
{
	assert_string_equal(multipart_boundary(ctx, "", 0), "=_eem_0");
	assert_string_equal(multipart_boundary(ctx, "--=_eem_0\r\n=_eem_1", 18), "=_eem_2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoded_words_are_read_again),
		cmocka_unit_test(bodies_are_read_again),
		cmocka_unit_test(lists_are_taken_apart),
		cmocka_unit_test(what_is_no_mailbox_is_refused),
		cmocka_unit_test(one_address_means_one),
		cmocka_unit_test(every_header_is_written),
		cmocka_unit_test(a_subject_adds_no_header),
		cmocka_unit_test(headers_are_encoded_and_folded),
		cmocka_unit_test(encoded_words_stay_short_and_whole),
		cmocka_unit_test(bodies_choose_their_encoding),
		cmocka_unit_test(a_server_without_8bitmime_gets_7bit),
		cmocka_unit_test(quoted_printable_lines_stay_short),
		cmocka_unit_test(a_message_over_the_limit_is_refused),
		cmocka_unit_test(message_ids_hold_what_makes_them_unique),
		cmocka_unit_test(display_names_are_quoted_or_encoded),
		cmocka_unit_test(names_of_attachments),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(boundaries_are_not_in_the_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
