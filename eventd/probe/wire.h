/*
 * What IP SLA senders and responders say to each other. Pure.
 *
 * Control messages ask a responder to open a port for a while: version 2 is RFC 6812 (UDP port 1167), version 1 its
 * forerunner (UDP port 1967), which every IOS speaks. Measurement packets travel to that port and come back with
 * the responder's times: type 3 is RFC 6812 4 (NTP time stamps), type 2 that of `precision milliseconds` (milliseconds
 * since midnight UTC). All numbers are big endian.
 */
#ifndef PROBE_WIRE_H
#define PROBE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROL_PORT_V1 = 1967, CONTROL_PORT_V2 = 1167, CONTROL_ROOM = 512 };

/* ORDER: as RFC 6812 numbers them (IANA: Cisco SLA protocol, status types). */
enum control_status {
	CONTROL_SUCCESS,
	CONTROL_FAIL,
	CONTROL_AUTHENTICATION_FAILURE,
	CONTROL_FORMAT_ERROR,
	CONTROL_PORT_IN_USE,
	CONTROL_STATUS_COUNT
};
const char *control_status_text(unsigned); /* "port in use" */

/* Of version 1. Captures show UDP; a responder opens both kinds of port for any other. */
enum { CONTROL_UDP = 4, CONTROL_TCP = 5 };

struct control_message {
	unsigned version;  /* 1 or 2 */
	uint32_t sequence; /* version 1 carries its last eight bits */
	uint16_t status;
	uint16_t command; /* of version 1 */
	uint32_t session; /* of version 2 */
	bool is_v6;       /* version 2 only */
	/* Of version 1 only the last one is there. */
	unsigned char control_source[16], control_destination[16], source[16], destination[16];
	uint16_t control_port, source_port, port;
	uint32_t duration_ms;
};

/* Octets written. */
size_t control_request(const struct control_message *, unsigned char out[CONTROL_ROOM]);

/*
 * A request that came to a responder's control port. Answers false for what is none and deserves no answer; else
 * *status is what to answer with when the port cannot be opened for the message's own faults: a format that
 * RFC 6812 does not have, or an authentication, for which there are no keys here.
 */
bool control_parse_request(
	const unsigned char *, size_t n, struct control_message *, enum control_status *status);

/* The response: the request with the status in it. Octets written; 0: it does not fit. */
size_t control_response(const unsigned char *request, size_t n, enum control_status, int64_t now_us,
	unsigned char out[CONTROL_ROOM]);

/* Is it the response to the request of that version and sequence? Then *status is the responder's. */
bool control_parse_response(
	const unsigned char *, size_t n, unsigned version, uint32_t sequence, uint16_t *status);

/* ---- measurement ---- */

enum { MEASURE_MILLISECONDS = 2, MEASURE_NTP = 3, MEASURE_HEAD_MILLISECONDS = 16, MEASURE_HEAD_NTP = 56 };

/* Times are microseconds since 1970, those of type 2 since midnight UTC. */
struct measure_packet {
	unsigned type;
	int64_t sent, responder_received, responder_sent;
	uint16_t sequence, responder_sequence;
};

/* A packet of n octets, at least the head of its type, filled up with the pattern. */
void measure_request(
	unsigned char *out, size_t n, unsigned type, uint16_t sequence, int64_t now_us, uint32_t pattern);
/* When it leaves: the time is put in as late as can be. */
void measure_stamp(unsigned char *packet, int64_t now_us);
/* The responder's answer, in place; false: no measurement packet, to be echoed as it is. */
bool measure_answer(
	unsigned char *packet, size_t n, int64_t received_us, int64_t now_us, uint16_t responder_sequence);
bool measure_parse(const unsigned char *, size_t n, struct measure_packet *);

/* Of the day, in microseconds. */
int64_t measure_of_day(int64_t epoch_us);

#endif
