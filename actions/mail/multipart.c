/* Attachments as MIME parts. */
#include "actions/mail/multipart.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "actions/mail/encode.h"
#include "core/mem.h"

enum { PIECE_MAX = 60 }; /* octets of a name on one line, encoded */

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".txt", "text/plain" },
	{ ".log", "text/plain" },
	{ ".cfg", "text/plain" },
	{ ".conf", "text/plain" },
	{ ".csv", "text/csv" },
	{ ".html", "text/html" },
	{ ".xml", "application/xml" },
	{ ".json", "application/json" },
	{ ".yaml", "application/yaml" },
	{ ".pcap", "application/vnd.tcpdump.pcap" },
	{ ".pcapng", "application/x-pcapng" },
	{ ".gz", "application/gzip" },
	{ ".zip", "application/zip" },
	{ ".tar", "application/x-tar" },
	{ ".pdf", "application/pdf" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".pem", "application/x-pem-file" },
};

/* "text/plain", "application/octet-stream", ... */
static const char *
multipart_type(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(ending, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

char *
multipart_boundary(const void *ctx, const char *body, size_t n)
{
	unsigned count = 0;
	char *boundary = NULL;

	/* "=_" stands in no base64 and no quoted-printable text (RFC 2045 6.7). */
	do {
		mem_free(boundary);
		boundary = mem_printf(ctx, "=_eem_%u", count++);
	} while (memmem(body, n, boundary, strlen(boundary)) != NULL);
	return boundary;
}

/* May it stand in a quoted string on one line? Controls never may: they could end the header. */
static bool
is_plain(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\')
			return false;
	return n <= PIECE_MAX;
}

/* RFC 2231: %HH for what is no attribute-char, and pieces where it is long. */
static void
add_extended(struct text *out, const char *name)
{
	struct text *piece = text_new(NULL);
	size_t number = 0, n = strlen(name);
	bool is_whole = n * 3 <= PIECE_MAX;

	for (size_t i = 0; i < n;) {
		text_clear(piece);
		while (i < n && piece->len < PIECE_MAX) {
			unsigned char c = (unsigned char)name[i++];

			if (isalnum(c) || strchr("!#$&+-.^_`|~", c) != NULL)
				text_addc(piece, (char)c);
			else
				text_printf(piece, "%%%02X", c);
		}
		text_add(out, ";\r\n filename*");
		if (!is_whole)
			text_printf(out, "%zu*", number);
		text_printf(out, "=%s%s", number == 0 ? "utf-8''" : "", piece->s);
		number++;
	}
	mem_free(piece);
}

void
multipart_attach(struct text *out, const char *boundary, const struct mail_attachment *a)
{
	const char *type = multipart_type(a->name);
	bool is_text = strncmp(type, "text/", 5) == 0;

	text_printf(out, "--%s\r\nContent-Type: %s", boundary, type);
	if (is_text && utf8_valid(a->data, a->len))
		text_add(out, "; charset=utf-8");
	text_add(out, "\r\nContent-Disposition: attachment");
	if (is_plain(a->name))
		text_printf(out, ";\r\n filename=\"%s\"", a->name);
	else
		add_extended(out, a->name);
	text_add(out, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	encode_base64_lines(out, a->data, a->len);
}

void
multipart_end(struct text *out, const char *boundary)
{
	text_printf(out, "--%s--\r\n", boundary);
}
