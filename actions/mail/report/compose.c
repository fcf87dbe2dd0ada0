/* Writing the mail that brings a TLS report. */
#include "actions/mail/report/compose.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "actions/mail/encode.h"
#include "core/mem.h"

#define GZIP_BITS (15 + 16) /* zlib.h: the header of gzip around it */

struct text *
report_gzip(const void *ctx, const json_t *document)
{
	char *plain = json_dumps(document, JSON_COMPACT);
	struct text *out = text_new(ctx);
	unsigned char buffer[16384];
	z_stream z = { 0 };

	if (plain == NULL ||
		deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_BITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory */
	z.next_in = (unsigned char *)plain;
	z.avail_in = (unsigned)strlen(plain);
	do {
		z.next_out = buffer;
		z.avail_out = sizeof buffer;
		deflate(&z, Z_FINISH);
		text_addn(out, buffer, sizeof buffer - z.avail_out);
	} while (z.avail_out == 0);
	deflateEnd(&z);
	free(plain);
	return out;
}

static void
add_date(struct text *out, time_t when)
{
	char date[64];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	text_printf(out, "Date: %s\r\n", date);
}

static void
add_header(struct text *out, const struct report_mail *m)
{
	char *subject = mem_printf(out, "Report Domain: %s Submitter: %s Report-ID: <%s>", m->domain,
		m->submitter, m->report_id);

	text_printf(out, "From: <%s>\r\nTo: <%s>\r\n", m->from, m->to);
	add_date(out, m->date);
	text_add(out, "Subject: ");
	encode_unstructured(out, subject, strlen(subject));
	text_printf(out, "\r\nMessage-ID: %s\r\nMIME-Version: 1.0\r\n", m->message_id);
	text_printf(out, "TLS-Report-Domain: %s\r\nTLS-Report-Submitter: %s\r\n", m->domain, m->submitter);
	text_printf(out,
		"Auto-Submitted: auto-generated\r\nContent-Type: multipart/report; "
		"report-type=\"tlsrpt\";\r\n"
		"\tboundary=\"%s\"\r\n\r\n",
		m->boundary);
}

static void
add_parts(struct text *out, const struct report_mail *m, const struct text *gzip)
{
	text_printf(out,
		"--%s\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: "
		"7bit\r\n\r\n"
		"This is an aggregate TLS report of %s about mail to\r\n%s.\r\n\r\n",
		m->boundary, m->submitter, m->domain);
	text_printf(out,
		"--%s\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n\tfilename=\"%s!%s!%lld!%lld.json.gz\"\r\n\r\n",
		m->boundary, m->submitter, m->domain, (long long)m->start, (long long)m->end);
	encode_base64_lines(out, gzip->s, gzip->len);
	text_printf(out, "--%s--\r\n", m->boundary);
}

struct text *
report_compose(const void *ctx, const struct report_mail *m, const struct text *gzip, struct err *err)
{
	struct text *message = text_new(ctx), *all = message;
	char *signature;

	add_header(message, m);
	add_parts(message, m, gzip);
	if (m->dkim != NULL) {
		signature = dkim_sign(message, message->s, message->len, m->dkim, m->date, err);
		if (signature == NULL)
			return NULL;
		all = text_new(ctx);
		text_add(all, signature);
		text_addn(all, message->s, message->len);
	}
	return all;
}
