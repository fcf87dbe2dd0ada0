/* Asks and answers of probes, between processes. */
#include "probe/ask.h"

#include <string.h>

#include "core/frame.h"
#include "core/mem.h"

static const char *const kinds[PROBE_KIND_COUNT] = { "dns", "http", "icmp-echo", "icmp-jitter", "tcp-connect",
	"udp-echo", "udp-jitter" }; /* ORDER: enum probe_kind */

static const char *const codes[PROBE_CODE_COUNT] = { "Unknown", "OK", "Over threshold", "Timeout",
	"No connection", "Busy", "Verify error", "Socket connect error", "DNS query error",
	"DNS server timeout", "TCP connect timeout", "HTTP transaction timeout",
	"HTTP error" }; /* ORDER: enum probe_code */

const char *
probe_kind_name(enum probe_kind kind)
{
	return kinds[kind];
}

const char *
probe_code_text(enum probe_code code)
{
	return codes[code];
}

bool
probe_code_is_success(enum probe_code code)
{
	return code == PROBE_OK || code == PROBE_OVER_THRESHOLD;
}

static int
index_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; name != NULL && i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static void
set_string(json_t *j, const char *key, const char *value)
{
	if (value != NULL)
		json_object_set_new(j, key, frame_string(value, strlen(value)));
}

static const char *
get_string(const void *ctx, const json_t *j, const char *key)
{
	return mem_strdup(ctx, json_string_value(json_object_get(j, key)));
}

static json_int_t
get_number(const json_t *j, const char *key, json_int_t dflt)
{
	const json_t *v = json_object_get(j, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

json_t *
probe_ask_to_json(const struct probe_ask *a)
{
	json_t *j = json_pack("{s:s, s:i, s:I, s:s, s:i, s:i, s:i, s:i, s:I, s:b}", "type", "probe",
		"version", PROBE_VERSION, "id", (json_int_t)a->id, "kind", kinds[a->kind], "port",
		(int)a->port, "timeout", (int)a->timeout_ms, "size", (int)a->size, "tos", (int)a->tos,
		"pattern", (json_int_t)a->pattern, "verify", a->verify);

	json_object_set_new(j, "source_port", json_integer(a->source_port));
	json_object_set_new(j, "threshold", json_integer(a->threshold_ms));
	json_object_set_new(j, "control", json_boolean(a->control));
	json_object_set_new(j, "control_retry", json_integer(a->control_retry));
	json_object_set_new(j, "control_timeout", json_integer(a->control_timeout_ms));
	json_object_set_new(j, "packets", json_integer(a->packets));
	json_object_set_new(j, "interval", json_integer(a->interval_ms));
	json_object_set_new(j, "microseconds", json_boolean(a->microseconds));
	json_object_set_new(j, "no_cache", json_boolean(a->no_cache));
	json_object_set_new(j, "http_version", json_integer(a->http_version));
	set_string(j, "proxy", a->proxy);
	set_string(j, "request", a->request);
	set_string(j, "anchors", a->anchors);
	set_string(j, "target", a->target);
	set_string(j, "server", a->server);
	set_string(j, "source_address", a->source_address);
	set_string(j, "source_interface", a->source_interface);
	set_string(j, "vrf", a->vrf);
	return j;
}

struct probe_ask *
probe_ask_from_json(const void *ctx, const json_t *j, struct err *err)
{
	struct probe_ask *a = mem_new(ctx, struct probe_ask);
	int kind = index_of(kinds, PROBE_KIND_COUNT, json_string_value(json_object_get(j, "kind")));
	json_int_t port = get_number(j, "port", 0), size = get_number(j, "size", 0),
		   source_port = get_number(j, "source_port", 0), packets = get_number(j, "packets", 0);

	a->id = (uint64_t)get_number(j, "id", 0);
	a->target = get_string(a, j, "target");
	if (get_number(j, "version", 0) != PROBE_VERSION || kind < 0 || a->target == NULL || port < 0 ||
		port > 65535 || size < 0 || size > 65000 || source_port < 0 || source_port > 65535 ||
		packets < 0 || packets > PROBE_PACKETS_MAX) {
		err_set(err, ERR_INVALID, "this is no probe");
		mem_free(a);
		return NULL;
	}
	a->kind = (enum probe_kind)kind;
	a->port = (unsigned)port;
	a->size = (unsigned)size;
	a->server = get_string(a, j, "server");
	a->source_address = get_string(a, j, "source_address");
	a->source_interface = get_string(a, j, "source_interface");
	a->vrf = get_string(a, j, "vrf");
	a->timeout_ms = (unsigned)get_number(j, "timeout", 5000);
	a->tos = (unsigned)get_number(j, "tos", 0) & 0xff;
	a->pattern = (uint32_t)get_number(j, "pattern", 0);
	a->verify = json_is_true(json_object_get(j, "verify"));
	a->source_port = (unsigned)source_port;
	a->threshold_ms = (unsigned)get_number(j, "threshold", 5000);
	a->control = json_is_true(json_object_get(j, "control"));
	a->control_retry = (unsigned)get_number(j, "control_retry", 3) & 0xff;
	a->control_timeout_ms = (unsigned)get_number(j, "control_timeout", 5000);
	a->packets = (unsigned)packets;
	a->interval_ms = (unsigned)get_number(j, "interval", 20);
	a->microseconds = json_is_true(json_object_get(j, "microseconds"));
	a->proxy = get_string(a, j, "proxy");
	a->request = get_string(a, j, "request");
	a->anchors = get_string(a, j, "anchors");
	a->no_cache = json_is_true(json_object_get(j, "no_cache"));
	a->http_version = (unsigned)get_number(j, "http_version", 0);
	return a;
}

int64_t
probe_ask_deadline_ms(const struct probe_ask *a)
{
	return (int64_t)a->timeout_ms * (a->control ? 2 : 1) + (int64_t)a->packets * a->interval_ms;
}

json_t *
probe_answer_to_json(const struct probe_answer *a, uint64_t id)
{
	json_t *j = json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:i}", "type", "answer", "id",
		(json_int_t)id, "code", codes[a->code], "rtt", (json_int_t)a->rtt_us, "dns",
		(json_int_t)a->dns_us, "tcp", (json_int_t)a->tcp_us, "http", (json_int_t)a->http_us, "status",
		a->http_status);

	set_string(j, "address", a->address);
	set_string(j, "detail", a->detail);
	if (a->absent)
		json_object_set_new(j, "absent", json_true());
	if (a->jitter != NULL)
		json_object_set_new(j, "jitter", jitter_to_json(a->jitter));
	return j;
}

struct probe_answer *
probe_answer_from_json(const void *ctx, const json_t *j, struct err *err)
{
	int code = index_of(codes, PROBE_CODE_COUNT, json_string_value(json_object_get(j, "code")));
	struct probe_answer *a;

	if (code < 0) {
		err_set(err, ERR_INVALID, "this is no answer of a probe");
		return NULL;
	}
	a = mem_new(ctx, struct probe_answer);
	a->code = (enum probe_code)code;
	a->rtt_us = get_number(j, "rtt", -1);
	a->dns_us = get_number(j, "dns", -1);
	a->tcp_us = get_number(j, "tcp", -1);
	a->http_us = get_number(j, "http", -1);
	a->http_status = (int)get_number(j, "status", 0);
	a->address = get_string(a, j, "address");
	a->detail = get_string(a, j, "detail");
	a->absent = json_is_true(json_object_get(j, "absent"));
	if (json_is_object(json_object_get(j, "jitter"))) {
		struct jitter_result *r = mem_new(a, struct jitter_result);

		jitter_from_json(r, json_object_get(j, "jitter"));
		a->jitter = r;
	}
	return a;
}
