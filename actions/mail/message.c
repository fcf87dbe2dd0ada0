/* Building the RFC 5322 message. */
#include "actions/mail/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail/encode.h"
#include "actions/mail/hostname.h"
#include "core/mem.h"

#define TRANSFER_8BIT "Content-Transfer-Encoding: 8bit\r\n"

char *
mail_message_id(const void *ctx, const struct mail_id_seed *seed)
{
	time_t seconds = (time_t)(seed->wall_usec / 1000000);
	const char *fqdn = seed->fqdn == NULL ? "" : seed->fqdn;
	char *host = hostname_to_ascii(ctx, fqdn, strlen(fqdn), NULL), *id, stamp[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &tm);
	id = mem_printf(ctx, "<%s.%" PRIu32 ".%" PRIu32 ".%016" PRIx64 "@%s>", stamp, seed->pid,
		seed->counter, seed->random, host == NULL ? "localhost" : host);
	mem_free(host);
	return id;
}

/* Header text without controls: each run becomes one blank. Was there any? */
static bool
clean(struct text *out, const char *s, size_t n)
{
	bool cleaned = false, in_run = false;

	for (size_t i = 0; i < n;) {
		size_t len = utf8_len(s + i, n - i);

		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
			if (!in_run)
				text_addc(out, ' ');
			in_run = cleaned = true;
			i++;
			continue;
		}
		in_run = false;
		if (len == 0)
			text_add(out, "\xef\xbf\xbd");
		else
			text_addn(out, s + i, len);
		i += len == 0 ? 1 : len;
	}
	return cleaned;
}

static bool
add_text_header(struct text *out, const char *name, const char *value, size_t n)
{
	struct text *t = text_new(NULL);
	bool cleaned = clean(t, value, n);

	text_printf(out, "%s: ", name);
	encode_unstructured(out, t->s, t->len);
	text_add(out, "\r\n");
	mem_free(t);
	return cleaned;
}

/* RFC 5322 3.3, in English whatever the locale. */
void
mail_message_date(struct text *out, time_t when)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
		"Oct", "Nov", "Dec" };
	struct tm tm;
	long zone;

	localtime_r(&when, &tm);
	zone = tm.tm_gmtoff / 60;
	text_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d %c%02ld%02ld\r\n", days[tm.tm_wday], tm.tm_mday,
		months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, zone < 0 ? '-' : '+',
		labs(zone) / 60, labs(zone) % 60);
}

static bool
is_phrase(const char *s)
{
	for (; *s != '\0'; s++) {
		bool alnum = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');

		if (!alnum && strchr(" !#$%&'*+-/=?^_`{|}~", *s) == NULL)
			return false;
	}
	return true;
}

static void
add_display_name(struct text *out, const char *name)
{
	size_t n = strlen(name);

	if (needs_encoded_words(name, n) || n > MAIL_LINE_FOLD - 20) {
		encode_words(out, name, n);
		return;
	}
	if (is_phrase(name)) {
		text_add(out, name);
		return;
	}
	text_addc(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			text_addc(out, '\\');
		text_addc(out, *name);
	}
	text_addc(out, '"');
}

static size_t
address_width(const struct mail_address *a)
{
	return strlen(a->mailbox) + (a->name == NULL ? 0 : strlen(a->name) + 5);
}

static void
add_addresses(struct text *out, const char *header, const struct mail_address *items, size_t count)
{
	struct text *name = text_new(NULL);

	text_printf(out, "%s:", header);
	for (size_t i = 0; i < count; i++) {
		const struct mail_address *a = &items[i];

		if (i > 0)
			text_addc(out, ',');
		if (i > 0 && encode_column(out) + 2 + address_width(a) > MAIL_LINE_FOLD)
			text_add(out, "\r\n");
		text_addc(out, ' ');
		text_clear(name);
		if (a->name != NULL)
			clean(name, a->name, strlen(a->name));
		if (name->len == 0) {
			text_add(out, a->mailbox);
			continue;
		}
		add_display_name(out, name->s);
		text_add(out, encode_column(out) + strlen(a->mailbox) + 3 > MAIL_LINE_FOLD ? "\r\n <" : " <");
		text_printf(out, "%s>", a->mailbox);
	}
	text_add(out, "\r\n");
	mem_free(name);
}

/* CR, LF and CRLF all become CRLF, and the last line ends with one. */
static void
add_lines(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\r' && s[i] != '\n') {
			text_addc(out, s[i]);
			continue;
		}
		text_add(out, "\r\n");
		if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
			i++;
	}
	if (out->len > 0 && out->s[out->len - 1] != '\n')
		text_add(out, "\r\n");
}

/* How a body can travel. */
struct body_facts {
	size_t foreign; /* octets over 127 */
	bool must_encode;
};

static struct body_facts
look_at_body(const char *s, size_t n)
{
	struct body_facts f = { 0, !utf8_valid(s, n) };
	size_t line = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		f.foreign += c >= 0x80;
		line = c == '\n' ? 0 : line + 1;
		/* `line` counts the CR too. */
		if (line > MAIL_LINE_MAX + (c == '\r' ? 1u : 0u))
			f.must_encode = true;
		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			f.must_encode = true;
	}
	return f;
}

static bool
wants_base64(const struct body_facts *f, size_t n)
{
	return f->foreign * 3 > n;
}

static void
add_encoded_body(struct text *out, const char *s, size_t n, bool base64)
{
	if (base64)
		encode_base64_lines(out, s, n);
	else
		encode_quoted_printable(out, s, n);
}

/* `seven_bits`: nothing of it may travel as 8bit. */
static void
add_body(struct text *out, const char *body, size_t n, bool seven_bits)
{
	struct text *lines = text_new(NULL);
	struct body_facts f;
	bool base64;

	add_lines(lines, body, n);
	f = look_at_body(lines->s, lines->len);
	base64 = wants_base64(&f, lines->len);
	text_printf(out, "Content-Type: text/plain; charset=%s\r\n", f.foreign > 0 ? "utf-8" : "us-ascii");
	if (!f.must_encode && !(seven_bits && f.foreign > 0)) {
		text_add(out, f.foreign > 0 ? TRANSFER_8BIT : "Content-Transfer-Encoding: 7bit\r\n");
		text_add(out, "\r\n");
		text_addn(out, lines->s, lines->len);
	} else {
		text_printf(
			out, "Content-Transfer-Encoding: %s\r\n\r\n", base64 ? "base64" : "quoted-printable");
		add_encoded_body(out, lines->s, lines->len, base64);
	}
	mem_free(lines);
}

/* Parts are all of seven bits, so that no server has to touch them. */
static void
add_parts(struct text *out, const struct mail_message *m)
{
	char *boundary = multipart_boundary(NULL, m->body, m->body_len);

	text_printf(out, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", boundary,
		boundary);
	add_body(out, m->body, m->body_len, true);
	for (size_t i = 0; i < m->attachment_count; i++)
		multipart_attach(out, boundary, &m->attachments[i]);
	multipart_end(out, boundary);
	mem_free(boundary);
}

bool
mail_message_build(const struct mail_message *m, struct text *out, unsigned *cleaned, struct err *err)
{
	size_t max = m->max_size == 0 ? MAIL_MESSAGE_MAX : m->max_size, start = out->len;
	unsigned dirty = 0;

	if (m->body_len > max)
		return err_class(err, ERR_RANGE, "MESSAGE_TOO_BIG", "the message is over %zu octets", max);
	mail_message_date(out, m->date);
	add_addresses(out, "From", m->from, 1);
	add_addresses(out, "To", m->to->items, m->to->count);
	if (m->cc != NULL && m->cc->count > 0)
		add_addresses(out, "Cc", m->cc->items, m->cc->count);
	if (add_text_header(out, "Subject", m->subject, m->subject_len))
		dirty |= MAIL_CLEANED_SUBJECT;
	text_printf(out, "Message-ID: %s\r\n", m->message_id);
	text_add(out, "Auto-Submitted: auto-generated\r\n");
	if (m->applet != NULL && add_text_header(out, "X-EEM-Applet", m->applet, strlen(m->applet)))
		dirty |= MAIL_CLEANED_APPLET;
	text_add(out, "MIME-Version: 1.0\r\n");
	if (m->attachment_count > 0)
		add_parts(out, m);
	else
		add_body(out, m->body, m->body_len, false);
	if (cleaned != NULL)
		*cleaned = dirty;
	if (out->len - start > max)
		return err_class(err, ERR_RANGE, "MESSAGE_TOO_BIG", "the message has %zu octets, over %zu",
			out->len - start, max);
	return true;
}

/* Bytes of the header with its last CRLF; the empty line follows. */
static size_t
header_length(const char *message, size_t n)
{
	const char *end = memmem(message, n, "\r\n\r\n", 4);

	return end == NULL ? n : (size_t)(end - message) + 2;
}

static bool
has_8bit(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return true;
	return false;
}

struct mail_message_facts
mail_message_look(const char *message, size_t n)
{
	size_t header = header_length(message, n);

	return (struct mail_message_facts){
		.header_utf8 = has_8bit(message, header),
		.body_8bit = has_8bit(message + header, n - header),
	};
}

void
mail_message_to_7bit(struct text *out, const char *message, size_t n)
{
	size_t header = header_length(message, n), body_at = n - header < 2 ? n : header + 2, before;
	const char *transfer = memmem(message, header, "\r\n" TRANSFER_8BIT, sizeof TRANSFER_8BIT + 1);
	struct body_facts f = look_at_body(message + body_at, n - body_at);
	bool base64 = wants_base64(&f, n - body_at);

	if (transfer == NULL) {
		text_addn(out, message, n);
		return;
	}
	before = (size_t)(transfer - message) + 2;
	text_addn(out, message, before);
	text_printf(out, "Content-Transfer-Encoding: %s\r\n", base64 ? "base64" : "quoted-printable");
	before += sizeof TRANSFER_8BIT - 1;
	text_addn(out, message + before, body_at - before);
	add_encoded_body(out, message + body_at, n - body_at, base64);
}
