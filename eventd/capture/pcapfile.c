/* Writes pcap and pcapng blocks. */
#include "capture/pcapfile.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

#define NSEC_PER_SEC 1000000000

/* ---- pcap ---- */

void
pcap_header(struct text *out, int linktype, uint32_t snaplen)
{
	const struct {
		uint32_t magic; /* nanoseconds */
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, linktype;
	} header = { 0xA1B23C4D, 2, 4, 0, 0, snaplen, (uint32_t)linktype };

	text_addn(out, &header, sizeof header);
}

void
pcap_packet(struct text *out, const struct packet *p)
{
	const struct {
		uint32_t seconds, nanoseconds, len, wire_len;
	} header = { (uint32_t)(p->ns / NSEC_PER_SEC), (uint32_t)(p->ns % NSEC_PER_SEC), p->len,
		p->wire_len };

	text_addn(out, &header, sizeof header);
	text_addn(out, p->data, p->len);
}

/* ---- pcapng: blocks of type, length, body, length; all padded to four bytes ---- */

enum {
	SECTION_HEADER = 0x0A0D0D0A,
	INTERFACE_DESCRIPTION = 1,
	INTERFACE_STATISTICS = 5,
	ENHANCED_PACKET = 6,
	DECRYPTION_SECRETS = 10
};
enum { OPT_END = 0, OPT_COMMENT = 1 };
enum { SHB_USERAPPL = 4 };
enum { IF_NAME = 2, IF_TSRESOL = 9, IF_FILTER = 11 };
enum { EPB_FLAGS = 2 };
enum { ISB_IFRECV = 4, ISB_IFDROP = 5 };
enum { RESOLUTION_NS = 9 };
enum { TLS_KEY_LOG = 0x544C534B }; /* "TLSK" */

static void
add32(struct text *out, uint32_t v)
{
	text_addn(out, &v, sizeof v);
}

static void
add16(struct text *out, uint16_t v)
{
	text_addn(out, &v, sizeof v);
}

static void
add_padded(struct text *out, const void *data, size_t n)
{
	text_addn(out, data, n);
	text_addn(out, "\0\0\0", (4 - n % 4) % 4);
}

static size_t
block_begin(struct text *out, uint32_t type)
{
	size_t at = out->len;

	add32(out, type);
	add32(out, 0);
	return at;
}

static void
block_end(struct text *out, size_t at)
{
	uint32_t len = (uint32_t)(out->len - at + 4);

	memcpy(out->s + at + 4, &len, sizeof len);
	add32(out, len);
}

static void
option(struct text *out, uint16_t code, const void *data, size_t n)
{
	if (n > UINT16_MAX)
		n = UINT16_MAX;
	add16(out, code);
	add16(out, (uint16_t)n);
	add_padded(out, data, n);
}

static void
option_text(struct text *out, uint16_t code, const char *s)
{
	if (s[0] != '\0')
		option(out, code, s, strlen(s));
}

static void
add_time(struct text *out, int64_t ns)
{
	add32(out, (uint32_t)((uint64_t)ns >> 32));
	add32(out, (uint32_t)ns);
}

void
pcapng_section(struct text *out, const char *application, const char *comment)
{
	size_t at = block_begin(out, SECTION_HEADER);
	const int64_t unknown_length = -1;

	add32(out, 0x1A2B3C4D);
	add16(out, 1);
	add16(out, 0);
	text_addn(out, &unknown_length, sizeof unknown_length);
	option_text(out, OPT_COMMENT, comment);
	option_text(out, SHB_USERAPPL, application);
	add32(out, OPT_END);
	block_end(out, at);
}

void
pcapng_interface(struct text *out, const char *name, int linktype, uint32_t snaplen, const char *filter)
{
	size_t at = block_begin(out, INTERFACE_DESCRIPTION);
	const unsigned char resolution = RESOLUTION_NS;

	add16(out, (uint16_t)linktype);
	add16(out, 0);
	add32(out, snaplen);
	option_text(out, IF_NAME, name);
	option(out, IF_TSRESOL, &resolution, 1);
	if (filter[0] != '\0') {
		size_t n = strlen(filter);

		/* A leading zero byte says: a filter in libpcap's language. */
		add16(out, IF_FILTER);
		add16(out, (uint16_t)(n + 1));
		text_addc(out, '\0');
		text_addn(out, filter, n);
		text_addn(out, "\0\0\0", (4 - (n + 1) % 4) % 4);
	}
	add32(out, OPT_END);
	block_end(out, at);
}

void
pcapng_packet(struct text *out, const struct packet *p, const char *comment)
{
	size_t at = block_begin(out, ENHANCED_PACKET);
	const uint32_t flags = p->direction;

	add32(out, p->tap);
	add_time(out, p->ns);
	add32(out, p->len);
	add32(out, p->wire_len);
	add_padded(out, p->data, p->len);
	option_text(out, OPT_COMMENT, comment);
	if (flags != 0)
		option(out, EPB_FLAGS, &flags, sizeof flags);
	if (flags != 0 || comment[0] != '\0')
		add32(out, OPT_END);
	block_end(out, at);
}

void
pcapng_tls_secrets(struct text *out, const char *lines, size_t n)
{
	size_t at = block_begin(out, DECRYPTION_SECRETS);

	add32(out, TLS_KEY_LOG);
	add32(out, (uint32_t)n);
	add_padded(out, lines, n);
	block_end(out, at);
}

void
pcapng_statistics(
	struct text *out, uint32_t interface, int64_t ns, uint64_t received, uint64_t dropped_by_kernel)
{
	size_t at = block_begin(out, INTERFACE_STATISTICS);

	add32(out, interface);
	add_time(out, ns);
	option(out, ISB_IFRECV, &received, sizeof received);
	option(out, ISB_IFDROP, &dropped_by_kernel, sizeof dropped_by_kernel);
	add32(out, OPT_END);
	block_end(out, at);
}
