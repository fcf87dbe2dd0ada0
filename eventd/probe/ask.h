/*
 * One run of an IP SLA operation by value: what eventd-probe is to do, and what it found.
 *
 * Messages to eventd-probe: {"type":"probe","version":1,"id":7,...}, any number at the same time,
 * {"type":"cancel","id":7}; from it {"type":"answer","id":7,...}, one for each that was not cancelled. The
 * responder lives there, too: probe/responder.h.
 */
#ifndef PROBE_ASK_H
#define PROBE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/err.h"
#include "probe/jitter.h"

#define PROBE_VERSION 2

enum { PROBE_PACKETS_MAX = 60000 };

/* ORDER: as `ip sla` lists them. */
enum probe_kind {
	PROBE_DNS,
	PROBE_HTTP,
	PROBE_ICMP_ECHO,
	PROBE_ICMP_JITTER,
	PROBE_TCP_CONNECT,
	PROBE_UDP_ECHO,
	PROBE_UDP_JITTER,
	PROBE_KIND_COUNT
};

struct probe_ask {
	uint64_t id;
	enum probe_kind kind;
	const char *target; /* address or name; of dns the name that is asked for; of http the URL */
	unsigned port;      /* of tcp-connect, udp-echo and udp-jitter; of dns, 0 is 53 */
	unsigned source_port;
	const char *server; /* dns: the name server's address; http: of one that is asked, or NULL */
	const char *source_address,
		*source_interface; /* of what is sent, or NULL; the interface's kernel name */
	const char *vrf;           /* the VRF's device, or NULL */
	unsigned timeout_ms;
	unsigned threshold_ms; /* jitter: packets above it are counted */
	unsigned size;         /* octets of data: icmp-echo, udp-echo, udp-jitter */
	unsigned tos;
	uint32_t pattern;
	bool verify;  /* the echoed data must be what was sent */
	bool control; /* the responder is asked to open the port before */
	unsigned control_retry, control_timeout_ms;
	const char *proxy;             /* of http, or NULL */
	bool no_cache;                 /* of http */
	const char *anchors;           /* of https: PEM, trusted beside the system's; or NULL */
	const char *request;           /* of http raw: all of it; or NULL */
	unsigned http_version;         /* 10, 11; 0: as it comes */
	unsigned packets, interval_ms; /* of jitter */
	bool microseconds;             /* udp-jitter: NTP time stamps */
};

/* How long the answer may take. */
int64_t probe_ask_deadline_ms(const struct probe_ask *);

/* ORDER: probe_codes; ios-surfaces 3.3. */
enum probe_code {
	PROBE_UNKNOWN,
	PROBE_OK,
	PROBE_OVER_THRESHOLD,
	PROBE_TIMEOUT,
	PROBE_NO_CONNECTION,
	PROBE_BUSY,
	PROBE_VERIFY_ERROR,
	PROBE_SOCKET_ERROR,
	PROBE_DNS_QUERY_ERROR,
	PROBE_DNS_TIMEOUT,
	PROBE_TCP_TIMEOUT,
	PROBE_HTTP_TIMEOUT,
	PROBE_HTTP_ERROR,
	PROBE_CODE_COUNT
};

struct probe_answer {
	enum probe_code code;
	int64_t rtt_us;                  /* -1: none */
	int64_t dns_us, tcp_us, http_us; /* of http, else -1 */
	int http_status;                 /* 0: none */
	const char *address;             /* that was probed, or NULL */
	const char *detail;              /* a sentence when it went wrong, or NULL */
	bool absent; /* there is no such VRF or source interface, nothing was sent: `detail` names it */
	const struct jitter_result *jitter; /* of jitter operations that sent something, else NULL */
};

json_t *probe_ask_to_json(const struct probe_ask *);
struct probe_ask *probe_ask_from_json(const void *ctx, const json_t *, struct err *);
json_t *probe_answer_to_json(const struct probe_answer *, uint64_t id);
struct probe_answer *probe_answer_from_json(const void *ctx, const json_t *, struct err *);

const char *probe_kind_name(enum probe_kind); /* "icmp-echo" */
const char *probe_code_text(enum probe_code); /* "OK", "Timeout", "No connection" */
bool probe_code_is_success(enum probe_code);  /* OK and over threshold */

#endif
