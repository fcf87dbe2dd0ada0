/* `show monitor capture [NAME [buffer ... | parameter | capture-statistics]]`. */
#include "capture/commands.h"

#include <inttypes.h>
#include <string.h>

#include "capture/client.h"
#include "capture/job.h"
#include "capture/packet.h"
#include "capture/trigger.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

#define ANSWER_WITHIN (30 * USEC_PER_SEC)
#define NSEC_PER_SEC  1000000000
#define KILO          1024
#define LOOK_AGAIN    (20 * (USEC_PER_SEC / 1000))
#define FOLLOW        (200 * (USEC_PER_SEC / 1000))

enum { DOCUMENT_PACKETS = 20000, DOCUMENT_OCTETS = 16 << 20 }; /* of a JSON document */

struct show_args {
	struct kw_str name;
	struct kw_flag buffer, brief, detailed, dump, parameter, statistics, trigger;
};

#define AT(field_) .at = offsetof(struct show_args, field_)

static const struct kw buffer_kw[] = {
	{ .word = "brief", .help = "A line a packet", AT(brief), .group = 1 },
	{ .word = "detailed", .help = "A line and the bytes of each packet", AT(detailed), .group = 1 },
	{ .word = "dump", .help = "The bytes of each packet", AT(dump), .group = 1 },
	KW_END,
};

static const struct kw what_kw[] = {
	{ .word = "buffer", .help = "What has been captured", AT(buffer), .group = 1, .sub = buffer_kw },
	{ .word = "capture-statistics", .help = "What has been counted", AT(statistics), .group = 1 },
	{ .word = "parameter", .help = "The commands that made the capture", AT(parameter), .group = 1 },
	{ .word = "trigger", .help = "What freezes the buffer, and what was kept", AT(trigger), .group = 1 },
	KW_END,
};
static const struct kw show_kw[] = {
	{ .help = "Name of a capture", .type = &kw_word, AT(name), .sub = what_kw },
	KW_END,
};

/* A show that asks the helper, perhaps several times. */
struct view {
	struct captures *captures;
	struct session *session; /* NULL: it went away */
	char *name;
	bool brief, dump; /* what is printed of each packet */
	int64_t buffer_bytes;
	int64_t origin_ns;    /* time of the first packet */
	size_t shown, octets; /* packets, and octets of them */
	json_int_t next;
	struct timer *later; /* the session has not taken what there is, or more may come */
	bool follows, is_last_look;
};

static void
session_over(void *arg, enum session_end why)
{
	((struct view *)arg)->session = NULL;
}

/* False: there is nothing more to do with this answer. */
static bool
is_answered(struct view *v, const json_t *answer, const struct err *err)
{
	if (v->session != NULL && answer != NULL)
		return true;
	if (v->session != NULL)
		session_fail(v->session, err);
	mem_free(v);
	return false;
}

static int64_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *
string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

/* ---- packets ---- */

static const char rule[] = " ----------------------------------------------------------------------------\n";

/* "  0000:  52540017 59D25254 0018BE46 08004500   RT..Y.RT...F..E." */
static void
dump_bytes(struct writer *w, const char *hex)
{
	size_t n = strlen(hex) / 2;
	char groups[40], letters[17];

	for (size_t at = 0; at < n; at += 16) {
		size_t len = n - at < 16 ? n - at : 16, out = 0;

		for (size_t i = 0; i < 16; i++) {
			unsigned char byte = ' ';

			if (i < len)
				hex_read(&byte, hex + 2 * (at + i), 2);
			if (i > 0 && i % 4 == 0)
				groups[out++] = ' ';
			groups[out++] = i < len ? hex[2 * (at + i)] : ' ';
			groups[out++] = i < len ? hex[2 * (at + i) + 1] : ' ';
			letters[i] = byte >= ' ' && byte < 0x7F ? (char)byte : '.';
		}
		groups[out] = '\0';
		letters[len] = '\0';
		w_text(w, "  %04zX:  %s   %s\n", at, groups, letters);
	}
}

static void
show_packet(const struct view *v, struct writer *w, const json_t *p)
{
	int dscp = (int)number(p, "dscp");
	int64_t since = number(p, "ns") - v->origin_ns;

	if (v->brief && dscp >= 0)
		w_text(w, "%4" PRId64 " %4" PRId64 " %11.6f   %-16s ->  %-16s %d  %-4s %s\n", number(p, "no"),
			number(p, "size"), (double)since / NSEC_PER_SEC, string(p, "source"),
			string(p, "destination"), dscp, packet_dscp_name(dscp), string(p, "protocol"));
	else if (v->brief)
		w_text(w, "%4" PRId64 " %4" PRId64 " %11.6f   %-16s ->  %-16s %8s%s\n", number(p, "no"),
			number(p, "size"), (double)since / NSEC_PER_SEC, string(p, "source"),
			string(p, "destination"), "", string(p, "protocol"));
	else
		w_text(w, "%" PRId64 "\n", number(p, "no"));
	w_object(w, NULL);
	w_int(w, "no", number(p, "no"));
	w_int(w, "size", number(p, "size"));
	w_real(w, "timestamp", (double)since / NSEC_PER_SEC);
	w_str(w, "source", string(p, "source"));
	w_str(w, "destination", string(p, "destination"));
	if (dscp >= 0)
		w_int(w, "dscp", dscp);
	w_str(w, "protocol", string(p, "protocol"));
	if (v->dump) {
		dump_bytes(w, string(p, "data"));
		w_text(w, "\n");
		w_str(w, "data", string(p, "data"));
	}
	w_end(w);
}

static void got_packets(void *arg, const json_t *answer, const struct err *err);

static bool
ask_packets(struct view *v, struct err *err)
{
	return captures_ask(v->captures, "packets", v->name,
		json_pack("{sIsb}", "from", v->next, "data", v->dump), got_packets, v, err);
}

static void go_on(void *arg);

static void
go_on_in(struct view *v, usec after)
{
	if (v->later == NULL)
		v->later = timer_after(v, v->captures->engine->loop, after, go_on, v);
	else
		timer_set(v->later, after);
}

/* Nobody may take the rest of a large buffer at once: the session's own time decides. */
static void
go_on(void *arg)
{
	struct view *v = arg;
	struct err why = ERR_INIT;

	if (v->session != NULL && session_is_behind(v->session)) {
		go_on_in(v, LOOK_AGAIN);
	} else if (v->session == NULL || !ask_packets(v, &why)) {
		if (v->session != NULL)
			session_fail(v->session, &why);
		mem_free(v);
	}
}

/* A document is made in one go: it has an end, and says so. */
static bool
is_enough(const struct view *v)
{
	return writer_is_json(session_writer(v->session)) &&
	       (v->shown >= DOCUMENT_PACKETS || v->octets >= DOCUMENT_OCTETS);
}

/* More may come; what came just before the end is looked for once more. False: that was all. */
static bool
look_later(struct view *v)
{
	const struct capture_point *p = captures_find(v->captures, v->name);
	bool is_active = p != NULL && p->active;

	if (v->is_last_look)
		return false;
	v->is_last_look = !is_active;
	session_write(v->session, "", 0);
	go_on_in(v, is_active ? FOLLOW : 0);
	return true;
}

static void
got_packets(void *arg, const json_t *answer, const struct err *err)
{
	struct view *v = arg;
	const json_t *next = json_object_get(answer, "next"), *p;
	struct writer *w;
	size_t i;

	if (!is_answered(v, answer, err))
		return;
	w = session_writer(v->session);
	if (v->origin_ns == 0)
		v->origin_ns = number(answer, "origin_ns");
	json_array_foreach(json_object_get(answer, "packets"), i, p)
	{
		show_packet(v, w, p);
		v->shown++;
		v->next = number(p, "no") + 1;
		v->octets += v->dump ? strlen(string(p, "data")) : 0;
	}
	v->next = next != NULL ? json_integer_value(next) : v->next;
	if (v->follows && next == NULL && look_later(v))
		return;
	if (next != NULL && !is_enough(v)) {
		session_write(v->session, "", 0); /* what is written goes out */
		go_on(v);
		return;
	}
	w_end(w);
	w_int(w, "left_out", number(answer, "left"));
	session_done(v->session);
	mem_free(v);
}

static void
print_head(struct writer *w)
{
	w_text(w,
		"%s #   size   timestamp     source             destination      dscp    "
		"protocol\n%s",
		rule, rule);
}

static bool
begin_packets(struct view *v, struct err *err)
{
	struct writer *w = session_writer(v->session);

	if (!ask_packets(v, err))
		return false;
	if (v->brief)
		print_head(w);
	w_list(w, "packets");
	return true;
}

void
capture_display(struct session *s, struct captures *c, const char *name)
{
	struct view *v = mem_new(c, struct view);
	struct writer *w = session_writer(s);

	v->captures = c;
	v->session = s;
	v->name = mem_strdup(v, name);
	v->brief = v->follows = true;
	w_text(w, "Starting the packet display ........ Press Ctrl + Shift + 6 to exit\n\n");
	print_head(w);
	w_list(w, "packets");
	session_wait(s, 0, session_over, v);
	session_write(s, "", 0);
	go_on_in(v, FOLLOW);
}

/* ---- counters ---- */

static void
counted(struct writer *w, const char *label, const char *key, int64_t n)
{
	w_text(w, " %-17s: %" PRId64 "\n", label, n);
	w_int(w, key, n);
}

static void
got_buffer(void *arg, const json_t *answer, const struct err *err)
{
	struct view *v = arg;
	struct writer *w;
	int64_t seconds;

	if (!is_answered(v, answer, err))
		return;
	w = session_writer(v->session);
	seconds = number(answer, "duration_ns") / NSEC_PER_SEC;
	counted(w, "buffer size (KB)", "buffer_size_kb", v->buffer_bytes / KILO);
	counted(w, "buffer used (KB)", "buffer_used_kb", number(answer, "buffer_used") / KILO);
	counted(w, "packets in buf", "packets_in_buf", number(answer, "buffer_packets"));
	counted(w, "packets dropped", "packets_dropped", number(answer, "dropped"));
	counted(w, "packets per sec", "packets_per_sec",
		number(answer, "kept") / (seconds > 0 ? seconds : 1));
	session_done(v->session);
	mem_free(v);
}

static void
statistic(struct writer *w, const char *label, const char *key, int64_t n)
{
	w_text(w, "        %s - %" PRId64 "\n", label, n);
	w_int(w, key, n);
}

static void
got_statistics(void *arg, const json_t *answer, const struct err *err)
{
	struct view *v = arg;
	struct writer *w;

	if (!is_answered(v, answer, err))
		return;
	w = session_writer(v->session);
	w_text(w,
		"capture statistics collected at software:\n        capture duration - %" PRId64 " seconds\n",
		number(answer, "duration_ns") / NSEC_PER_SEC);
	w_int(w, "capture_duration", number(answer, "duration_ns") / NSEC_PER_SEC);
	statistic(w, "packets received", "packets_received", number(answer, "received"));
	statistic(w, "packets dropped", "packets_dropped", number(answer, "dropped"));
	statistic(w, "packets oversized", "packets_oversized", number(answer, "oversized"));
	statistic(w, "packets errored", "packets_errored", 0);
	statistic(w, "packets sent", "packets_sent", number(answer, "kept"));
	statistic(w, "bytes received", "bytes_received", number(answer, "received_bytes"));
	statistic(w, "bytes dropped", "bytes_dropped", number(answer, "dropped_bytes"));
	statistic(w, "bytes sent", "bytes_sent", number(answer, "kept_bytes"));
	session_done(v->session);
	mem_free(v);
}

/* ---- the command ---- */

static bool
ask_helper(struct view *v, const struct show_args *a, struct err *err)
{
	if (a->statistics.set)
		return captures_ask(v->captures, "stats", v->name, json_object(), got_statistics, v, err);
	if (v->brief || v->dump)
		return begin_packets(v, err);
	return captures_ask(v->captures, "stats", v->name, json_object(), got_buffer, v, err);
}

static enum cmd_result
show_from_helper(struct session *s, const struct capture_point *p, const struct show_args *a, struct err *err)
{
	struct captures *c = session_engine(s)->captures;
	struct view *v;

	if (!p->has_packets) {
		err_set(err, ERR_REFUSED, "%%Error: Capture %s has no buffer", p->name);
		err_hint(err, "it was never started, or its helper ended");
		return CMD_REFUSED;
	}
	v = mem_new(c, struct view);
	v->captures = c;
	v->session = s;
	v->name = mem_strdup(v, p->name);
	v->brief = a->brief.set || a->detailed.set;
	v->dump = a->dump.set || a->detailed.set;
	v->buffer_bytes = (p->buffer_mb.set ? p->buffer_mb.v : CAPTURE_BUFFER_MB) << 20;
	if (!ask_helper(v, a, err)) {
		mem_free(v);
		return CMD_REFUSED;
	}
	return session_wait(s, v->brief || v->dump ? 0 : ANSWER_WITHIN, session_over, v);
}

static enum cmd_result
show_all(struct session *s)
{
	struct writer *w = session_writer(s);

	w_list(w, "captures");
	for (const struct capture_point *p = session_engine(s)->captures->first; p != NULL; p = p->next) {
		w_object(w, NULL);
		w_text(w, "\n");
		point_show(session_engine(s), p, w);
		w_end(w);
	}
	w_end(w);
	return CMD_DONE;
}

static enum cmd_result
show(struct session *s, const void *args, struct err *err)
{
	const struct show_args *a = args;
	const struct capture_point *p;

	if (!a->name.set)
		return show_all(s);
	p = captures_find(session_engine(s)->captures, a->name.s);
	if (p == NULL)
		return err_set(err, ERR_NOT_FOUND, "Capture %s does not exist", a->name.s), CMD_REFUSED;
	/* Packets may hold passwords (rulings 23). */
	if (a->buffer.set && session_level(s) < 15)
		return err_set(err, ERR_REFUSED, "packets are shown at privilege level 15 only"), CMD_REFUSED;
	if (a->buffer.set || a->statistics.set)
		return show_from_helper(s, p, a, err);
	if (a->parameter.set)
		point_show_parameter(p, session_writer(s));
	else if (a->trigger.set)
		triggers_show(p, session_writer(s));
	else {
		w_text(session_writer(s), "\n");
		point_show(session_engine(s), p, session_writer(s));
	}
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show monitor capture",
		  .help = "Packet captures",
		  .kw = show_kw,
		  .size = sizeof(struct show_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show },
};

void
capture_show_commands(struct cli *cli)
{
	cli_word(cli, "show monitor", "What is being watched");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
}
