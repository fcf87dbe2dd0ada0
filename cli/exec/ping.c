/* ping: echo requests one after the other through eventd-probe, told as they come back. */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "cli/builtin.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"
#include "net/addresses.h"
#include "net/links.h"
#include "probe/prober.h"

enum {
	REPEAT = 5,
	OCTETS = 100, /* octets of the datagram */
	OCTETS_MIN = 36,
	OCTETS_MAX = 18024,
	TIMEOUT = 2, /* s */
	TIMEOUT_MAX = 3600,
	COLUMNS = 70,       /* marks on a line */
	ICMP = 8 + 8,       /* its header, and what tells our requests apart */
	RESULTS_MAX = 10000 /* marks in a document */
};

#define BEHIND  (50 * USEC_PER_MSEC)
#define PATTERN 0xabcdabcdu

struct ping_args {
	struct kw_str vrf, target, source;
	struct kw_flag ip, ipv6;
	struct kw_int repeat, size, timeout;
};

/* One command under way. */
struct ping {
	struct session *session;
	struct probe_ask ask;
	const char *target;
	const char *address; /* of the target; NULL: not known yet */
	const char *source;  /* shown; NULL: none was asked for */
	int64_t repeat, sent, received;
	int64_t min_us, max_us, sum_us;
	unsigned size;
	bool is_v6, is_json, begun;
	struct text results; /* "!!.!!" */
	void *attempt;       /* what the request under way lives in */
	struct timer *later; /* the next one, when the reader has caught up */
};

/* ---- telling ---- */

static void
tell_begin(struct ping *p)
{
	if (p->begun)
		return;
	p->begun = true;
	if (p->is_json)
		return;
	session_print(p->session,
		"Type escape sequence to abort.\n"
		"Sending %lld, %u-byte ICMP Echos to %s, timeout is %u seconds:\n",
		(long long)p->repeat, p->size, p->address, p->ask.timeout_ms / 1000);
	if (p->source != NULL)
		session_print(p->session, "Packet sent with a source address of %s \n", p->source);
}

static void
tell_mark(struct ping *p, char mark)
{
	if (p->results.len < RESULTS_MAX)
		text_addc(&p->results, mark);
	if (p->is_json)
		return;
	session_write(p->session, &mark, 1);
	if (p->sent % COLUMNS == 0 && p->sent < p->repeat)
		session_write(p->session, "\n", 1);
}

/* A round trip that took less than a millisecond took one, as on IOS. */
static long long
ms(int64_t us)
{
	return (us + 999) / 1000;
}

static int64_t
average(const struct ping *p)
{
	return p->received == 0 ? 0 : p->sum_us / p->received;
}

static void
tell_summary(struct ping *p)
{
	if (p->sent == 0 || p->is_json)
		return;
	session_print(p->session, "\nSuccess rate is %lld percent (%lld/%lld)",
		(long long)(p->received * 100 / p->sent), (long long)p->received, (long long)p->sent);
	if (p->received > 0)
		session_print(p->session, ", round-trip min/avg/max = %lld/%lld/%lld ms", ms(p->min_us),
			ms(average(p)), ms(p->max_us));
	session_print(p->session, "\n");
}

static void
write_real_ms(struct writer *w, const char *key, const struct ping *p, int64_t us)
{
	if (p->received == 0)
		w_str(w, key, NULL);
	else
		w_real(w, key, (double)us / 1000);
}

static void
write_document(struct ping *p)
{
	struct writer *w = session_writer(p->session);

	w_str(w, "target", p->target);
	w_str(w, "address", p->address);
	w_str(w, "source", p->source);
	w_int(w, "size", p->size);
	w_int(w, "timeout", p->ask.timeout_ms / 1000);
	w_str(w, "results", p->results.s);
	w_int(w, "sent", p->sent);
	w_int(w, "received", p->received);
	w_int(w, "success_rate", p->received * 100 / p->sent);
	write_real_ms(w, "round_trip_min", p, p->min_us);
	write_real_ms(w, "round_trip_avg", p, average(p));
	write_real_ms(w, "round_trip_max", p, p->max_us);
}

/* ---- going on ---- */

static void on_answer(void *arg, const struct probe_answer *);

static void
send_next(void *arg)
{
	struct ping *p = arg;
	struct probe_ask ask = p->ask;
	void *before = p->attempt;

	if (session_is_behind(p->session)) {
		mem_free(p->later);
		p->later = timer_after(p, session_engine(p->session)->loop, BEHIND, send_next, p);
		return;
	}
	p->attempt = mem_ctx(p, "attempt");
	prober_ask(p->attempt, session_engine(p->session)->prober, &ask, on_answer, p);
	mem_free(before);
}

static void
count(struct ping *p, const struct probe_answer *a)
{
	bool is_back = probe_code_is_success(a->code) && a->rtt_us >= 0;

	p->sent++;
	if (is_back) {
		if (p->received == 0 || a->rtt_us < p->min_us)
			p->min_us = a->rtt_us;
		if (a->rtt_us > p->max_us)
			p->max_us = a->rtt_us;
		p->sum_us += a->rtt_us;
		p->received++;
	}
	tell_mark(p, is_back ? '!' : '.');
}

/* What no other request would do better; false: go on. */
static bool
is_hopeless(const struct ping *p, const struct probe_answer *a, struct err *err)
{
	if (a->code == PROBE_DNS_QUERY_ERROR || a->code == PROBE_DNS_TIMEOUT) {
		err_set(err, ERR_NOT_FOUND, "Unrecognized host or address, or protocol not running.");
		err_hint(err, "%s: %s", p->target, a->detail != NULL ? a->detail : "no such name");
		return true;
	}
	if (a->absent || a->code == PROBE_SOCKET_ERROR || a->code == PROBE_UNKNOWN) {
		err_set(err, ERR_REFUSED, "%s",
			a->detail != NULL ? a->detail : "the probing process does not answer");
		return true;
	}
	return false;
}

static void
on_answer(void *arg, const struct probe_answer *a)
{
	struct ping *p = arg;
	struct session *s = p->session;
	struct err err = ERR_INIT;

	if (is_hopeless(p, a, &err)) {
		session_fail(s, &err);
		return;
	}
	if (p->address == NULL) {
		p->address = mem_strdup(p, a->address != NULL ? a->address : p->target);
		p->ask.target = p->address; /* all go to the same */
	}
	tell_begin(p);
	count(p, a);
	if (p->sent < p->repeat) {
		send_next(p);
		return;
	}
	if (p->is_json)
		write_document(p);
	else
		tell_summary(p);
	session_done(s);
}

/* Ctrl-C, or a session that goes away. */
static void
over(void *arg, enum session_end why)
{
	struct ping *p = arg;

	mem_free(p->attempt);
	p->attempt = NULL;
	mem_free(p->later);
	p->later = NULL;
	if (why == SESSION_INTERRUPTED)
		tell_summary(p);
}

/* ---- beginning ---- */

struct source_search {
	int family;
	unsigned char raw[16];
	bool by_address; /* is it one of ours? Else: which one has the interface? */
	bool found;
};

static void
look_at_address(void *arg, const struct address *a)
{
	struct source_search *q = arg;
	size_t n = a->family == AF_INET ? 4 : 16;

	if (q->found || (!q->by_address && (a->secondary || (a->family == AF_INET6 && a->link_local))))
		return;
	if (q->by_address && memcmp(a->raw, q->raw, n) != 0)
		return;
	memcpy(q->raw, a->raw, n);
	q->found = true;
}

/* `source X`: an address of ours, or an interface, whose address it is. */
static bool
take_source(struct ping *p, const struct kw_str *typed, struct err *err)
{
	struct engine *e = session_engine(p->session);
	struct source_search q = { .family = p->is_v6 ? AF_INET6 : AF_INET };
	const struct link *l = NULL;
	char room[INET6_ADDRSTRLEN];

	if (e->addresses == NULL || e->links == NULL)
		return err_set(err, ERR_REFUSED, "Interfaces are not watched: there is no netlink");
	q.by_address = inet_pton(AF_INET, typed->s, q.raw) == 1 || inet_pton(AF_INET6, typed->s, q.raw) == 1;
	if (q.by_address && inet_pton(q.family, typed->s, q.raw) != 1)
		return err_set(err, ERR_REFUSED,
			"Invalid source address- %s and the target are of two families", typed->s);
	if (!q.by_address && (l = links_find(e->links, ifname_kernel(e->settings, typed->s))) == NULL)
		return err_set(err, ERR_NOT_FOUND, "There is no interface %s", typed->s);
	addresses_each(e->addresses, l != NULL ? l->index : 0, q.family, look_at_address, &q);
	if (!q.found && q.by_address)
		return err_set(err, ERR_REFUSED,
			"Invalid source address- IP address not on any of our up interfaces");
	if (!q.found)
		return err_set(
			err, ERR_REFUSED, "Invalid source interface - IP not enabled or interface is down");
	p->source = p->ask.source_address = mem_strdup(p, inet_ntop(q.family, q.raw, room, sizeof room));
	return true;
}

/* The family is that of the address; of a name, what was asked for. */
static bool
take_target(struct ping *p, const struct ping_args *a, struct err *err)
{
	unsigned char raw[16];
	bool is_v4 = inet_pton(AF_INET, a->target.s, raw) == 1;
	bool is_v6 = inet_pton(AF_INET6, a->target.s, raw) == 1;

	if ((is_v4 && a->ipv6.set) || (is_v6 && a->ip.set))
		return err_set(
			err, ERR_REFUSED, "%s is no %s address", a->target.s, a->ipv6.set ? "IPv6" : "IPv4");
	p->target = p->ask.target = a->target.s;
	p->address = is_v4 || is_v6 ? a->target.s : NULL;
	p->is_v6 = is_v6 || a->ipv6.set;
	if (!is_v4 && !is_v6 && (a->ip.set || a->ipv6.set))
		p->ask.source_address =
			a->ipv6.set ? "::" : "0.0.0.0"; /* a name is resolved to that family */
	return true;
}

static bool
take_sizes(struct ping *p, const struct ping_args *a, struct err *err)
{
	unsigned headers = (p->is_v6 ? 40 : 20) + ICMP;

	p->repeat = a->repeat.set ? a->repeat.v : REPEAT;
	p->size = a->size.set ? (unsigned)a->size.v : OCTETS;
	if (p->size < headers)
		return err_set(
			err, ERR_RANGE, "The size of an IPv6 echo request is %u octets at least", headers);
	p->ask.size = p->size - headers;
	p->ask.timeout_ms = (a->timeout.set ? (unsigned)a->timeout.v : TIMEOUT) * 1000;
	return true;
}

static enum cmd_result
ping(struct session *s, const void *args, struct err *err)
{
	const struct ping_args *a = args;
	struct ping *p = mem_new(session_cmd_ctx(s), struct ping);

	if (session_engine(s)->prober == NULL) {
		err_set(err, ERR_REFUSED, "There is nobody who would send it");
		return CMD_REFUSED;
	}
	p->session = s;
	p->ask = (struct probe_ask){
		.kind = PROBE_ICMP_ECHO, .pattern = PATTERN, .vrf = a->vrf.set ? a->vrf.s : NULL
	};
	text_init(&p->results, p);
	p->is_json = writer_is_json(session_writer(s));
	if (!take_target(p, a, err) || !take_sizes(p, a, err) ||
		(a->source.set && !take_source(p, &a->source, err)))
		return CMD_REFUSED;
	if (p->address != NULL)
		tell_begin(p);
	send_next(p);
	return session_wait(s, 0, over, p);
}

static const struct kw ping_kw[] = {
	{ .word = "vrf",
		.help = "From a VRF",
		.type = &kw_word,
		KW_AT(struct ping_args, vrf),
		.flags = KW_SEQ },
	{ .word = "ip", .help = "IP echo", KW_AT(struct ping_args, ip), .flags = KW_SEQ, .group = 1 },
	{ .word = "ipv6", .help = "IPv6 echo", KW_AT(struct ping_args, ipv6), .flags = KW_SEQ, .group = 1 },
	{ .help = "Ping destination address or hostname",
		.type = &kw_word,
		KW_AT(struct ping_args, target),
		.flags = KW_REQ },
	{ .word = "repeat",
		.help = "Number of requests",
		.type = &kw_number,
		KW_AT(struct ping_args, repeat),
		.min = 1,
		.max = INT32_MAX },
	{ .word = "size",
		.help = "Octets of a datagram",
		.type = &kw_number,
		KW_AT(struct ping_args, size),
		.min = OCTETS_MIN,
		.max = OCTETS_MAX },
	{ .word = "source",
		.help = "Source address, or interface that has it",
		.type = &kw_ifname,
		KW_AT(struct ping_args, source) },
	{ .word = "timeout",
		.help = "Seconds to wait for each answer",
		.type = &kw_number,
		KW_AT(struct ping_args, timeout),
		.min = 1,
		.max = TIMEOUT_MAX },
	KW_END,
};

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "ping",
		  .help = "Send echo messages",
		  .kw = ping_kw,
		  .size = sizeof(struct ping_args),
		  .level = 1 },
		.flags = EXEC_SHOW | EXEC_DEVICE,
		.run = ping },
};

void
exec_ping_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
