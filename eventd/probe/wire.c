/* Control messages and measurement packets of IP SLA, octet by octet. */
#include "probe/wire.h"

#include <string.h>

#define DAY_US     (86400LL * 1000000)
#define NTP_OFFSET 2208988800LL /* seconds from 1900 to 1970 */

enum {
	HEAD_V2 = 20,
	CSLD_HEAD = 8,           /* command, status, length */
	CSLD_AUTHENTICATION = 1, /* mode, key id, random number, digest */
	CSLD_UDP = 2,
	AUTHENTICATION_SIZE = CSLD_HEAD + 4 + 16 + 32,
	UDP_SIZE = CSLD_HEAD + 8 + 4 * 16 + 4 + 4 + 4,
	UDP_SIZE_SHORT = CSLD_HEAD + 8 + 4 * 4 + 4 + 4 + 4, /* addresses of four octets */
	ADDRESS_V4 = 2,
	ADDRESS_V6 = 3,
	ROLE_RESPONDER = 1,
	SIZE_V1 = 52,
	BODY_V1 = 24, /* up to the duration: what a response has */
};

static void
put16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void
put32(unsigned char *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static uint16_t
get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
put_ntp(unsigned char *p, int64_t us)
{
	put32(p, (uint32_t)(us / 1000000 + NTP_OFFSET));
	put32(p + 4, (uint32_t)(((uint64_t)(us % 1000000) << 32) / 1000000));
}

static int64_t
get_ntp(const unsigned char *p)
{
	int64_t seconds = (int64_t)get32(p) - NTP_OFFSET;

	if (seconds < 0) /* the era that begins in 2036 (RFC 5905 6) */
		seconds += 1LL << 32;
	/* Rounded: what was put in comes out again. */
	return seconds * 1000000 + (int64_t)(((uint64_t)get32(p + 4) * 1000000 + (1ULL << 31)) >> 32);
}

/* ---- control ---- */

const char *
control_status_text(unsigned status)
{
	static const char *const texts[CONTROL_STATUS_COUNT] = { "success", "fail", "authentication failure",
		"format error", "port in use" }; /* ORDER: enum control_status */

	return status < CONTROL_STATUS_COUNT ? texts[status] : "unknown status";
}

/* As captured: 01 ID 00 34, status, command 00 04 of 16 octets, and an authentication of zeros. */
static size_t
request_v1(const struct control_message *m, unsigned char *out)
{
	memset(out, 0, SIZE_V1);
	out[0] = 1;
	out[1] = (unsigned char)m->sequence;
	put16(out + 2, SIZE_V1);
	put16(out + 8, m->command);
	put16(out + 10, 16);
	memcpy(out + 16, m->destination, 4);
	put16(out + 20, m->port);
	put16(out + 22, m->duration_ms > UINT16_MAX ? UINT16_MAX : (uint16_t)m->duration_ms);
	put16(out + 24, 1);
	put16(out + 26, 28);
	return SIZE_V1;
}

static size_t
request_v2(const struct control_message *m, unsigned char *out)
{
	const size_t total = HEAD_V2 + AUTHENTICATION_SIZE + UDP_SIZE;
	unsigned char *c;

	memset(out, 0, total);
	out[0] = 2;
	put32(out + 4, m->sequence);
	put32(out + 8, (uint32_t)total);
	c = out + HEAD_V2; /* mode 0: no authentication */
	put16(c, CSLD_AUTHENTICATION);
	put32(c + 4, AUTHENTICATION_SIZE);
	c += AUTHENTICATION_SIZE;
	put16(c, CSLD_UDP);
	put32(c + 4, UDP_SIZE);
	c[8] = m->is_v6 ? ADDRESS_V6 : ADDRESS_V4;
	c[9] = ROLE_RESPONDER;
	put32(c + 12, m->session);
	memcpy(c + 16, m->control_source, 16);
	memcpy(c + 32, m->control_destination, 16);
	memcpy(c + 48, m->source, 16);
	memcpy(c + 64, m->destination, 16);
	put16(c + 80, m->control_port);
	put16(c + 84, m->source_port);
	put16(c + 86, m->port);
	put32(c + 88, m->duration_ms);
	return total;
}

size_t
control_request(const struct control_message *m, unsigned char out[CONTROL_ROOM])
{
	return m->version == 1 ? request_v1(m, out) : request_v2(m, out);
}

static bool
parse_v1(const unsigned char *d, size_t n, struct control_message *m)
{
	if (n < BODY_V1 || n > CONTROL_ROOM || get16(d + 2) > n || get16(d + 10) != 16 || get16(d + 20) == 0)
		return false;
	m->sequence = d[1];
	m->command = get16(d + 8);
	memcpy(m->destination, d + 16, 4);
	m->port = get16(d + 20);
	m->duration_ms = get16(d + 22);
	return true;
}

/* Octets of the section at `at`, with its head; 0: it does not end inside the message. */
static size_t
csld_size(const unsigned char *d, size_t n, size_t at)
{
	size_t len;

	if (n - at < CSLD_HEAD)
		return 0;
	len = get32(d + at + 4);
	/* Some count the head, some do not: what follows must be the end, or another section. */
	if (len >= CSLD_HEAD && len <= n - at &&
		(at + len == n || (n - at - len >= CSLD_HEAD && (get16(d + at + len) == CSLD_AUTHENTICATION ||
									get16(d + at + len) == CSLD_UDP))))
		return len;
	return len <= n - at - CSLD_HEAD ? len + CSLD_HEAD : 0;
}

static bool
take_udp(const unsigned char *c, size_t size, struct control_message *m)
{
	size_t width = size == UDP_SIZE ? 16 : 4;
	unsigned char *const into[] = { m->control_source, m->control_destination, m->source,
		m->destination };
	const unsigned char *p = c + 16;

	if ((size != UDP_SIZE && size != UDP_SIZE_SHORT) || (c[8] != ADDRESS_V4 && c[8] != ADDRESS_V6) ||
		c[9] != ROLE_RESPONDER || (c[8] == ADDRESS_V6 && width != 16))
		return false;
	m->is_v6 = c[8] == ADDRESS_V6;
	m->session = get32(c + 12);
	for (size_t i = 0; i < 4; i++, p += width)
		memcpy(into[i], p, width);
	m->control_port = get16(p);
	m->source_port = get16(p + 4);
	m->port = get16(p + 6);
	m->duration_ms = get32(p + 8);
	return m->port != 0;
}

static enum control_status
parse_sections(const unsigned char *d, size_t n, struct control_message *m)
{
	enum control_status status = CONTROL_FORMAT_ERROR;
	size_t size;

	for (size_t at = HEAD_V2; at < n; at += size) {
		size = csld_size(d, n, at);
		if (size == 0)
			return CONTROL_FORMAT_ERROR;
		switch (get16(d + at)) {
		case CSLD_AUTHENTICATION:
			if (size > CSLD_HEAD && d[at + CSLD_HEAD] != 0)
				return CONTROL_AUTHENTICATION_FAILURE;
			break;
		case CSLD_UDP:
			if (!take_udp(d + at, size, m))
				return CONTROL_FORMAT_ERROR;
			status = CONTROL_SUCCESS;
			break;
		default:
			return CONTROL_FORMAT_ERROR;
		}
	}
	return status;
}

bool
control_parse_request(
	const unsigned char *d, size_t n, struct control_message *m, enum control_status *status)
{
	memset(m, 0, sizeof *m);
	*status = CONTROL_SUCCESS;
	if (n < BODY_V1 && (n < HEAD_V2 || d[0] != 2))
		return false;
	m->version = d[0];
	if (m->version == 1)
		return parse_v1(d, n, m);
	if (m->version != 2 || n > CONTROL_ROOM || get32(d + 8) != n)
		return false;
	m->sequence = get32(d + 4);
	*status = parse_sections(d, n, m);
	return true;
}

size_t
control_response(const unsigned char *request, size_t n, enum control_status status, int64_t now_us,
	unsigned char out[CONTROL_ROOM])
{
	size_t size;

	if (n > CONTROL_ROOM || n < HEAD_V2)
		return 0;
	memcpy(out, request, n);
	if (request[0] == 1) {
		put16(out + 2, BODY_V1);
		put32(out + 4, 0);
		put16(out + 4, (uint16_t)status);
		return n < BODY_V1 ? 0 : BODY_V1;
	}
	put16(out + 2, (uint16_t)status);
	put_ntp(out + 12, now_us);
	for (size_t at = HEAD_V2; at < n; at += size) {
		size = csld_size(request, n, at);
		if (size == 0)
			break;
		put16(out + at + 2, (uint16_t)status);
	}
	return n;
}

bool
control_parse_response(
	const unsigned char *d, size_t n, unsigned version, uint32_t sequence, uint16_t *status)
{
	if (version == 1) {
		/* Some answer with eight octets of head alone. */
		if (n < 8 || d[0] != 1 || d[1] != (unsigned char)sequence)
			return false;
		*status = get16(d + 4);
		return true;
	}
	if (n < HEAD_V2 || d[0] != 2 || get32(d + 4) != sequence)
		return false;
	*status = get16(d + 2);
	return true;
}

/* ---- measurement ---- */

int64_t
measure_of_day(int64_t us)
{
	return ((us % DAY_US) + DAY_US) % DAY_US;
}

void
measure_request(
	unsigned char *out, size_t n, unsigned type, uint16_t sequence, int64_t now_us, uint32_t pattern)
{
	size_t head = type == MEASURE_NTP ? MEASURE_HEAD_NTP : MEASURE_HEAD_MILLISECONDS;

	memset(out, 0, head);
	put16(out, (uint16_t)type);
	put16(out + (type == MEASURE_NTP ? 52 : 12), sequence);
	for (size_t i = head; i < n; i++)
		out[i] = (unsigned char)(pattern >> (24 - (i - head) % 4 * 8));
	measure_stamp(out, now_us);
}

void
measure_stamp(unsigned char *packet, int64_t now_us)
{
	if (get16(packet) == MEASURE_NTP)
		put_ntp(packet + 4, now_us);
	else
		put32(packet + 4, (uint32_t)(measure_of_day(now_us) / 1000));
}

static bool
is_whole(const unsigned char *packet, size_t n)
{
	if (n < MEASURE_HEAD_MILLISECONDS)
		return false;
	return get16(packet) == MEASURE_MILLISECONDS ||
	       (get16(packet) == MEASURE_NTP && n >= MEASURE_HEAD_NTP);
}

bool
measure_answer(
	unsigned char *packet, size_t n, int64_t received_us, int64_t now_us, uint16_t responder_sequence)
{
	int64_t delta = (now_us - received_us) / 1000;

	if (!is_whole(packet, n))
		return false;
	if (get16(packet) == MEASURE_NTP) {
		put_ntp(packet + 12, received_us);
		put_ntp(packet + 20, now_us);
		put16(packet + 54, responder_sequence);
		return true;
	}
	put16(packet + 2, delta < 0 ? 0 : delta > UINT16_MAX ? UINT16_MAX : (uint16_t)delta);
	put32(packet + 8, (uint32_t)(measure_of_day(received_us) / 1000));
	put16(packet + 14, responder_sequence);
	return true;
}

bool
measure_parse(const unsigned char *packet, size_t n, struct measure_packet *m)
{
	memset(m, 0, sizeof *m);
	if (!is_whole(packet, n))
		return false;
	m->type = get16(packet);
	if (m->type == MEASURE_NTP) {
		m->sent = get_ntp(packet + 4);
		m->responder_received = get_ntp(packet + 12);
		m->responder_sent = get_ntp(packet + 20);
		m->sequence = get16(packet + 52);
		m->responder_sequence = get16(packet + 54);
		return true;
	}
	m->sent = (int64_t)get32(packet + 4) * 1000;
	m->responder_received = (int64_t)get32(packet + 8) * 1000;
	m->responder_sent = m->responder_received + (int64_t)get16(packet + 2) * 1000;
	m->sequence = get16(packet + 12);
	m->responder_sequence = get16(packet + 14);
	return true;
}
