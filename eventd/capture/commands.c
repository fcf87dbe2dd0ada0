/* `monitor capture NAME ...`: defining, starting, stopping, exporting. */
#include "capture/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "capture/client.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/log.h"
#include "core/mem.h"

#define ANSWER_WITHIN (30 * USEC_PER_SEC)

/* ---- grammar ---- */

struct monitor_args {
	struct kw_str name, interface;
	struct kw_enum direction, plane_direction;
	struct kw_flag plane, buffer, circular, linear, limit, start, stop, clear;
	struct kw_sub match;
	struct kw_int size, duration, every, packet_len, packets, pps;
	struct kw_str export;
};

#define AT(field_) .at = offsetof(struct monitor_args, field_)

static const struct kw_alternative directions[] = {
	{ "both", "Both directions", CAPTURE_BOTH, false },
	{ "in", "Received packets", CAPTURE_IN, false },
	{ "out", "Sent packets", CAPTURE_OUT, false },
	{ NULL, NULL, 0, false },
};

static const struct kw direction_kw[] = {
	{ .help = "Direction", .type = &kw_choice, AT(direction), .flags = KW_REQ, .choices = directions },
	KW_END,
};
static const struct kw plane_kw[] = {
	{ .help = "Direction",
		.type = &kw_choice,
		AT(plane_direction),
		.flags = KW_REQ,
		.choices = directions },
	KW_END,
};
static const struct kw buffer_kw[] = {
	{ .word = "circular", .help = "The oldest packets make room for new ones", AT(circular), .group = 1 },
	{ .word = "linear", .help = "A full buffer ends the capture", AT(linear), .group = 1 },
	{ .word = "size", .help = "Megabytes", .type = &kw_number, AT(size), .min = 1, .max = 100 },
	KW_END,
};

#define LIMIT(word_, help_, field_, min_, max_)                                                  \
	{                                                                                        \
		.word = (word_), .help = (help_), .type = &kw_number, AT(field_), .min = (min_), \
		.max = (max_)                                                                    \
	}
static const struct kw limit_kw[] = {
	LIMIT("duration", "Seconds", duration, 1, 1000000),
	LIMIT("every", "Take one packet of so many", every, 2, 100000),
	LIMIT("packet-len", "Bytes of each packet", packet_len, 64, 9500),
	LIMIT("packets", "Number of packets", packets, 1, 100000),
	LIMIT("pps", "Packets a second", pps, 1, 1000000),
	KW_END,
};

enum { GROUP_ACTION = 1 };

static const struct kw monitor_kw[] = {
	{ .help = "Name of the capture", .type = &kw_word, AT(name), .flags = KW_REQ },
	{ .word = "buffer", .help = "Where packets are kept", AT(buffer), .sub = buffer_kw },
	{ .word = "clear", .help = "Empty the buffer", AT(clear), .group = GROUP_ACTION },
	{ .word = "control-plane", .help = "What this host receives and sends", AT(plane), .sub = plane_kw },
	{ .word = "export",
		.help = "Write the packets to a file",
		.type = &kw_word,
		AT(export),
		.group = GROUP_ACTION,
		.param = "URL" },
	{ .word = "interface",
		.help = "Interface to capture from",
		.type = &kw_ifname,
		AT(interface),
		.sub = direction_kw },
	{ .word = "limit", .help = "Limits", AT(limit), .sub = limit_kw },
	{ .word = "match",
		.help = "Which packets are captured",
		AT(match),
		.sub = filter_kw,
		.sub_size = sizeof(struct filter_args) },
	{ .word = "start", .help = "Start capturing into an empty buffer", AT(start), .group = GROUP_ACTION },
	{ .word = "stop", .help = "Stop capturing", AT(stop), .group = GROUP_ACTION },
	KW_END,
};

/* ---- a command that waits for the helper ---- */

struct job {
	struct captures *captures;
	struct session *session; /* NULL: it went away, nothing is printed */
	char *name;
	int fd; /* export: the file */
	char *url;
	bool pcapng, absolute;
};

static int
close_file(void *ptr)
{
	struct job *job = ptr;

	if (job->fd >= 0)
		close(job->fd);
	return 0;
}

/* The job outlives the command: a capture that starts after Ctrl-C still has to be known. */
static struct job *
job_new(struct session *s, struct captures *c, const char *name)
{
	struct job *job = mem_new(c, struct job);

	job->captures = c;
	job->session = s;
	job->name = mem_strdup(job, name);
	job->fd = -1;
	mem_on_free(job, close_file);
	return job;
}

static void
session_over(void *arg, enum session_end why)
{
	((struct job *)arg)->session = NULL;
}

static void
job_failed(struct job *job, const struct err *err)
{
	if (job->session != NULL)
		session_fail(job->session, err);
	mem_free(job);
}

static void
job_done(struct job *job, const char *say)
{
	if (job->session != NULL) {
		session_print(job->session, say, job->name);
		session_done(job->session);
	}
	mem_free(job);
}

static enum cmd_result
ask(struct job *job, const char *op, json_t *question, captures_done_f *done, usec deadline, struct err *err)
{
	struct session *s = job->session;

	if (!captures_ask(job->captures, op, job->name, question, done, job, err)) {
		mem_free(job);
		return CMD_REFUSED;
	}
	return session_wait(s, deadline, session_over, job);
}

/* ---- start, stop, clear, delete ---- */

static void
started(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);
	struct err why;

	if (answer == NULL) {
		why = *err;
		err_set(&why, err->code, "Unable to activate Capture.");
		err_hint(&why, "%.250s", err->text);
		job_failed(job, &why);
		return;
	}
	if (p != NULL) {
		p->active = p->has_packets = true;
		log_msg(job->captures->engine->log, NULL, "BUFCAP", SEV_INFORMATIONAL, "ENABLE",
			"Capture Point %s enabled.", p->name);
	}
	job_done(job, "Started capture point : %s\n");
}

static enum cmd_result
start(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", p->name), CMD_REFUSED;
	if (p->interface_count == 0 || p->filter == NULL) {
		err_set(err, ERR_REFUSED, "Unable to activate Capture.");
		err_hint(err,
			p->interface_count == 0 ? "it has no interface: monitor capture %s interface IF both"
						: "it has no filter: monitor capture %s match any",
			p->name);
		return CMD_REFUSED;
	}
	return ask(job_new(s, c, p->name), "start", point_spec(c->engine, p), started, ANSWER_WITHIN, err);
}

static void
stopped(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);

	if (answer == NULL) {
		job_failed(job, err);
		return;
	}
	if (p != NULL)
		captures_ended(job->captures, p, NULL);
	job_done(job, "Stopped capture point : %s\n");
}

static void
cleared(void *arg, const json_t *answer, const struct err *err)
{
	if (answer == NULL)
		job_failed(arg, err);
	else
		job_done(arg, "");
}

static enum cmd_result
stop(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (!p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is not active", p->name), CMD_REFUSED;
	return ask(job_new(s, c, p->name), "stop", json_object(), stopped, ANSWER_WITHIN, err);
}

static enum cmd_result
clear(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	if (!p->has_packets)
		return CMD_DONE;
	return ask(job_new(s, c, p->name), "clear", json_object(), cleared, ANSWER_WITHIN, err);
}

/* ---- export: stop, then the file in pieces, so that no answer is large ---- */

static void
export_failed(struct job *job, const struct err *err)
{
	struct err ignored = ERR_INIT;

	files_delete(job->captures->engine->files, job->url, job->absolute ? FILES_ABSOLUTE : 0, &ignored);
	job_failed(job, err);
}

static bool
write_all(const struct job *job, const unsigned char *data, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t w = write(job->fd, data, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_set(err, ERR_IO, "%%Error writing %s (%s)", job->url, strerror(errno));
		data += w;
		n -= (size_t)w;
	}
	return true;
}

static bool
write_piece(const struct job *job, const json_t *bytes, struct err *err)
{
	size_t n = json_string_length(bytes);
	const char *text = json_string_value(bytes);
	unsigned char *data = mem_alloc(NULL, n + 1);
	int len = text == NULL ? -1 : EVP_DecodeBlock(data, (const unsigned char *)text, (int)n);
	bool ok;

	for (size_t pads = 0; len > 0 && pads < 2 && n > pads && text[n - 1 - pads] == '='; pads++)
		len--;
	ok = len < 0 ? err_set(err, ERR_INTERNAL, "%s: the helper's answer is damaged", job->url)
		     : write_all(job, data, (size_t)len, err);
	mem_free(data);
	return ok;
}

static bool ask_piece(struct job *, json_int_t from, struct err *);

static void
got_piece(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	const json_t *next = json_object_get(answer, "next");
	struct err why = ERR_INIT;

	if (answer == NULL) {
		export_failed(job, err);
		return;
	}
	if (job->session == NULL) {
		err_set(&why, ERR_REFUSED, "interrupted");
		export_failed(job, &why);
		return;
	}
	if (!write_piece(job, json_object_get(answer, "bytes"), &why) ||
		(next != NULL && !ask_piece(job, json_integer_value(next), &why))) {
		export_failed(job, &why);
		return;
	}
	if (next == NULL)
		job_done(job, "Exported Successfully\n");
}

static bool
ask_piece(struct job *job, json_int_t from, struct err *err)
{
	return captures_ask(job->captures, "export", job->name,
		json_pack("{sIsb}", "from", from, "pcapng", job->pcapng), got_piece, job, err);
}

static void
stopped_for_export(void *arg, const json_t *answer, const struct err *err)
{
	struct job *job = arg;
	struct capture_point *p = captures_find(job->captures, job->name);
	struct err why = ERR_INIT;

	if (answer == NULL) {
		export_failed(job, err);
		return;
	}
	if (p != NULL)
		captures_ended(job->captures, p, NULL);
	if (!ask_piece(job, 0, &why))
		export_failed(job, &why);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static enum cmd_result
export_file(struct session *s, struct captures *c, struct capture_point *p, const char *url, struct err *err)
{
	struct job *job;
	struct err why = ERR_INIT;

	if (!p->has_packets) {
		err_set(err, ERR_REFUSED, "%%Error: Capture %s has no buffer", p->name);
		err_hint(err, "it was never started, or its helper ended");
		return CMD_REFUSED;
	}
	job = job_new(s, c, p->name);
	job->url = mem_strdup(job, url);
	job->absolute = session_level(s) == 15;
	job->pcapng = ends_with(url, ".pcapng");
	job->fd = files_open(
		c->engine->files, url, O_WRONLY | O_CREAT | O_TRUNC, job->absolute ? FILES_ABSOLUTE : 0, err);
	if (job->fd < 0) {
		mem_free(job);
		return CMD_REFUSED;
	}
	if (p->active)
		return ask(job, "stop", json_object(), stopped_for_export, 0, err);
	if (!ask_piece(job, 0, &why)) {
		*err = why;
		mem_free(job);
		return CMD_REFUSED;
	}
	return session_wait(s, 0, session_over, job);
}

/* ---- defining ---- */

static bool
is_defining(const struct monitor_args *a)
{
	return a->interface.set || a->plane.set || a->match.set || a->buffer.set || a->limit.set;
}

static void
take_int(struct kw_int *to, const struct kw_int *from)
{
	if (from->set)
		*to = *from;
}

static bool
define(struct capture_point *p, const struct monitor_args *a, struct err *err)
{
	if (a->match.set && !point_filter(p, a->match.args, err))
		return false;
	if (a->interface.set &&
		!point_interface(p, a->interface.s, (enum capture_direction)a->direction.v, err))
		return false;
	if (a->plane.set && !point_interface(p, "", (enum capture_direction)a->plane_direction.v, err))
		return false;
	if (a->circular.set || a->linear.set) {
		p->circular = a->circular.set;
		p->has_buffer_kind = true;
	}
	take_int(&p->buffer_mb, &a->size);
	take_int(&p->duration, &a->duration);
	take_int(&p->every, &a->every);
	take_int(&p->packet_len, &a->packet_len);
	take_int(&p->packets, &a->packets);
	take_int(&p->pps, &a->pps);
	return true;
}

static enum cmd_result
monitor(struct session *s, const void *args, struct err *err)
{
	const struct monitor_args *a = args;
	struct captures *c = session_engine(s)->captures;
	struct capture_point *p = captures_find(c, a->name.s);
	bool is_new = p == NULL;

	if (is_new && !is_defining(a))
		return err_set(err, ERR_NOT_FOUND, "Capture %s does not exist", a->name.s), CMD_REFUSED;
	if (!is_new && p->active && is_defining(a))
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", a->name.s), CMD_REFUSED;
	if (is_defining(a)) {
		p = captures_make(c, a->name.s);
		if (!define(p, a, err)) {
			if (is_new)
				captures_drop(c, p);
			return CMD_REFUSED;
		}
	}
	if (a->start.set)
		return start(s, c, p, err);
	if (a->stop.set)
		return stop(s, c, p, err);
	if (a->clear.set)
		return clear(s, c, p, err);
	if (a->export.set)
		return export_file(s, c, p, a->export.s, err);
	if (!is_defining(a))
		return err_set(err, ERR_INCOMPLETE, "Incomplete command."), CMD_REFUSED;
	return CMD_DONE;
}

/* ---- no monitor capture NAME [...] ---- */

struct no_args {
	struct kw_str name, interface;
	struct kw_flag plane, match, buffer, limit;
	struct kw_enum direction; /* means nothing: as `monitor capture NAME interface IF both` was typed */
};

#define NO_AT(field_) .at = offsetof(struct no_args, field_)

static const struct kw no_direction_kw[] = {
	{ .help = "Direction", .type = &kw_choice, NO_AT(direction), .choices = directions },
	KW_END,
};

static const struct kw no_kw[] = {
	{ .help = "Name of the capture", .type = &kw_word, NO_AT(name), .flags = KW_REQ },
	{ .word = "buffer", .help = "The buffer as by default", NO_AT(buffer), .group = 1 },
	{ .word = "control-plane",
		.help = "Not what this host receives and sends",
		NO_AT(plane),
		.group = 1,
		.sub = no_direction_kw },
	{ .word = "interface",
		.help = "Not from this interface",
		.type = &kw_ifname,
		NO_AT(interface),
		.group = 1,
		.sub = no_direction_kw },
	{ .word = "limit", .help = "The limits as by default", NO_AT(limit), .group = 1 },
	{ .word = "match", .help = "No filter", NO_AT(match), .group = 1 },
	KW_END,
};

static bool
remove_interface(struct capture_point *p, const char *name)
{
	for (size_t i = 0; i < p->interface_count; i++)
		if (strcasecmp(p->interfaces[i].name, name) == 0) {
			p->interface_count--;
			memmove(&p->interfaces[i], &p->interfaces[i + 1],
				(p->interface_count - i) * sizeof p->interfaces[0]);
			return true;
		}
	return false;
}

static void
undefine(struct capture_point *p, const struct no_args *a)
{
	static const struct kw_int unset = { false, 0 };

	if (a->match.set)
		point_no_filter(p);
	if (a->buffer.set) {
		p->buffer_mb = unset;
		p->circular = p->has_buffer_kind = false;
	}
	if (a->limit.set)
		p->duration = p->every = p->packet_len = p->packets = p->pps = unset;
}

static void
deleted(void *arg, const json_t *answer, const struct err *err)
{
	/* A helper that died has deleted everything: the wish is fulfilled either way. */
	job_done(arg, "");
}

static enum cmd_result
delete_point(struct session *s, struct captures *c, struct capture_point *p, struct err *err)
{
	struct job *job = job_new(s, c, p->name);
	bool had_packets = p->has_packets;

	captures_ended(c, p, NULL);
	log_msg(c->engine->log, session_cause(s), "BUFCAP", SEV_INFORMATIONAL, "DELETE",
		"Capture Point %s deleted.", p->name);
	captures_drop(c, p);
	if (had_packets)
		return ask(job, "delete", json_object(), deleted, ANSWER_WITHIN, err);
	mem_free(job);
	return CMD_DONE;
}

static enum cmd_result
no_monitor(struct session *s, const void *args, struct err *err)
{
	const struct no_args *a = args;
	struct captures *c = session_engine(s)->captures;
	struct capture_point *p = captures_find(c, a->name.s);
	const char *interface = a->plane.set ? "" : a->interface.set ? a->interface.s : NULL;

	if (p == NULL)
		return err_set(err, ERR_NOT_FOUND, "Capture %s does not exist", a->name.s), CMD_REFUSED;
	if (interface == NULL && !a->match.set && !a->buffer.set && !a->limit.set)
		return delete_point(s, c, p, err);
	if (p->active)
		return err_set(err, ERR_REFUSED, "%%Error: Capture %s is active", p->name), CMD_REFUSED;
	if (interface != NULL && !remove_interface(p, interface))
		return err_set(err, ERR_NOT_FOUND, "Capture %s has no such interface", p->name), CMD_REFUSED;
	undefine(p, a);
	return CMD_DONE;
}

/* ---- registration ---- */

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "monitor capture",
		  .help = "Capture packets",
		  .kw = monitor_kw,
		  .size = sizeof(struct monitor_args),
		  .level = 15 },
		.flags = EXEC_EXEC,
		.run = monitor },
	{ .cmd = { .words = "no monitor capture",
		  .help = "Remove a capture, or a part of it",
		  .kw = no_kw,
		  .size = sizeof(struct no_args),
		  .level = 15 },
		.flags = EXEC_EXEC,
		.run = no_monitor },
};

void
capture_commands(struct cli *cli)
{
	cli_word(cli, "monitor", "Watch what happens");
	cli_word(cli, "no", "Take something back");
	cli_word(cli, "no monitor", "Watch what happens no more");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	capture_show_commands(cli);
}
