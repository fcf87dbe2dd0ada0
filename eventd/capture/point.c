/* What has been said about a capture point. */
#include "capture/point.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "acl/acl.h"
#include "capture/trigger.h"
#include "core/engine.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/writer.h"

/* ORDER: enum capture_direction */
static const char *const directions[] = { "in", "out", "both" };
static const char *const shouted[] = { "IN", "OUT", "BOTH" };

/* What the host itself sends and receives, on all interfaces. */
#define CONTROL_PLANE_DEVICE "any"

enum { FILTER_MAX = 32768 };

/* One interface has one name, however it is typed. */
static const char *
name_of(const struct engine *engine, const char *typed)
{
	return typed[0] == '\0' ? typed
				: ifname_ios(engine->settings, ifname_kernel(engine->settings, typed));
}

bool
point_interface(const struct engine *engine, struct capture_point *p, const char *typed,
	enum capture_direction direction, struct err *err)
{
	const char *name = name_of(engine, typed);
	size_t i = 0;

	while (i < p->interface_count && strcasecmp(p->interfaces[i].name, name) != 0)
		i++;
	if (i == CAPTURE_MAX_INTERFACES)
		return err_set(err, ERR_RANGE, "a capture has at most %d interfaces", CAPTURE_MAX_INTERFACES);
	if (i == p->interface_count)
		p->interfaces[p->interface_count++].name = mem_strdup(p, name);
	p->interfaces[i].direction = direction;
	return true;
}

bool
point_no_interface(const struct engine *engine, struct capture_point *p, const char *typed)
{
	const char *name = name_of(engine, typed);

	for (size_t i = 0; i < p->interface_count; i++)
		if (strcasecmp(p->interfaces[i].name, name) == 0) {
			p->interface_count--;
			memmove(&p->interfaces[i], &p->interfaces[i + 1],
				(p->interface_count - i) * sizeof p->interfaces[0]);
			return true;
		}
	return false;
}

static const char *
copy(const void *ctx, const struct kw_str *s)
{
	return s->set ? mem_strdup(ctx, s->s) : NULL;
}

static void
keep_end(const void *ctx, struct filter_end *e)
{
	e->host.s = copy(ctx, &e->host);
	e->net.s = copy(ctx, &e->net);
	e->mac.s = copy(ctx, &e->mac);
	e->mask.s = copy(ctx, &e->mask);
}

bool
point_filter(struct capture_point *p, const struct filter_args *args, struct err *err)
{
	struct filter_args *kept = mem_dup(p, args, sizeof *args);
	struct text pcap, text;

	text_init(&pcap, kept);
	text_init(&text, kept);
	if (!filter_build(args, &pcap, err)) {
		mem_free(kept);
		return false;
	}
	kw_print_rows(filter_kw, args, &text);
	keep_end(kept, &kept->source);
	keep_end(kept, &kept->destination);
	point_no_filter(p);
	p->filter = kept;
	p->filter_pcap = pcap.s;
	p->filter_text = text.s;
	return true;
}

void
point_no_filter(struct capture_point *p)
{
	mem_free(p->filter);
	p->filter = NULL;
	p->filter_pcap = p->filter_text = p->list = p->map = NULL;
}

void
point_filter_by(struct capture_point *p, const char *list, const char *map)
{
	point_no_filter(p);
	p->list = mem_strdup(p, list);
	p->map = mem_strdup(p, map);
}

bool
point_has_filter(const struct capture_point *p)
{
	return p->filter != NULL || p->list != NULL || p->map != NULL;
}

/* ---- for the helper ---- */

static const char *
kernel_name(const struct engine *engine, const char *name)
{
	return name[0] == '\0' ? CONTROL_PLANE_DEVICE : ifname_kernel(engine->settings, name);
}

static json_int_t
value_or(const struct kw_int *v, json_int_t otherwise)
{
	return v->set ? (json_int_t)v->v : otherwise;
}

/* The point's filter and `more` in libpcap's language. */
static bool
whole_filter(struct engine *engine, const struct capture_point *p, const char *more, struct text *out,
	struct err *err)
{
	bool fine = p->list != NULL  ? acl_expression(engine, p->list, out, err)
		    : p->map != NULL ? class_map_expression(engine, p->map, out, err)
				     : true;

	if (fine && p->filter_pcap != NULL)
		text_add(out, p->filter_pcap);
	/* A class map's `vlan` changes what follows it: it comes last. */
	if (fine && more != NULL) {
		char *one = out->len == 0 ? mem_printf(NULL, "%s", more)
					  : mem_printf(NULL, "(%s) and (%s)", more, out->s);

		text_clear(out);
		text_add(out, one);
		mem_free(one);
	}
	/* libpcap takes seconds for more, in which nobody reads packets. */
	if (fine && out->len > FILTER_MAX)
		return err_set(err, ERR_REFUSED,
			"its filter is too long, %zu octets: at most %d, some 400 lines of an access list",
			out->len, FILTER_MAX);
	return fine;
}

json_t *
point_spec(struct engine *engine, const struct capture_point *p, const char *more, struct err *err)
{
	json_t *interfaces, *spec;
	struct text filter;

	text_init(&filter, NULL);
	if (!whole_filter(engine, p, more, &filter, err)) {
		mem_free(filter.s);
		return NULL;
	}
	interfaces = json_array();

	for (size_t i = 0; i < p->interface_count; i++)
		json_array_append_new(
			interfaces, json_pack("{sssssb}", "name", kernel_name(engine, p->interfaces[i].name),
					    "direction", directions[p->interfaces[i].direction], "plane",
					    p->interfaces[i].name[0] == '\0'));
	spec = json_pack("{sosssIsbsIsIsIsIsIsb}", "interfaces", interfaces, "filter", filter.s,
		"buffer_bytes", value_or(&p->buffer_mb, CAPTURE_BUFFER_MB) << 20, "circular", p->circular,
		"duration", value_or(&p->duration, 0), "packets", value_or(&p->packets, 0), "packet_len",
		value_or(&p->packet_len, 0), "pps", value_or(&p->pps, CAPTURE_PPS), "every",
		value_or(&p->every, 0), "waits", p->triggers != NULL);
	mem_free(filter.s);
	return spec;
}

/* ---- what it names and is not there ---- */

/* The sentence of a filter that cannot be made; NULL: it can. */
static char *
filter_problem(const void *ctx, struct engine *engine, const struct capture_point *p)
{
	struct err err = ERR_INIT;
	struct text filter;
	bool fine;

	text_init(&filter, ctx);
	fine = whole_filter(engine, p, NULL, &filter, &err);
	return fine ? NULL : mem_strdup(ctx, err.text);
}

static char *
filter_command(const void *ctx, const struct capture_point *p)
{
	return mem_printf(ctx, "monitor capture %s %s %s", p->name,
		p->list != NULL ? "access-list" : "class-map", p->list != NULL ? p->list : p->map);
}

void
point_problems(struct engine *engine, const struct capture_point *p, captures_problem_f *f, void *arg)
{
	void *ctx = mem_ctx(NULL, "problems");
	const char *head = mem_printf(ctx, "monitor capture %s", p->name), *what;

	what = filter_problem(ctx, engine, p);
	if (what != NULL)
		f(arg, filter_command(ctx, p), p->list != NULL ? p->list : p->map, what);
	for (const struct trigger *t = p->triggers; t != NULL; t = trigger_next(t)) {
		what = trigger_problem(ctx, t);
		if (what != NULL)
			f(arg, trigger_command(ctx, head, t), trigger_names(ctx, t), what);
	}
	mem_free(ctx);
}

/* ---- show ---- */

static void
show_filter(struct engine *engine, const struct capture_point *p, struct writer *w)
{
	void *ctx = mem_ctx(NULL, "filter");
	const char *problem = filter_problem(ctx, engine, p);
	struct text filter;

	text_init(&filter, ctx);
	if (p->filter != NULL)
		filter_describe(p->filter, &filter);
	else if (point_has_filter(p))
		text_printf(&filter, "   %s: %s\n", p->list != NULL ? "Access-list" : "Class-map",
			p->list != NULL ? p->list : p->map);
	w_text(w, "  Filter Details: \n%s", filter.s);
	if (problem != NULL)
		w_text(w, "   Not usable : %s\n", problem);
	w_str(w, "filter", p->filter_text != NULL ? p->filter_text + 1 : NULL);
	w_str(w, "access_list", p->list);
	w_str(w, "class_map", p->map);
	w_str(w, "filter_problem", problem);
	mem_free(ctx);
}

static void
show_interfaces(const struct capture_point *p, struct writer *w)
{
	w_text(w, "  Target Type: \n");
	w_list(w, "interfaces");
	for (size_t i = 0; i < p->interface_count; i++) {
		const struct capture_interface *at = &p->interfaces[i];

		if (at->name[0] == '\0')
			w_text(w, "   Interface: Control Plane, Direction : %s\n", directions[at->direction]);
		else
			w_text(w, "   Interface: %s, Direction: %s\n", at->name, directions[at->direction]);
		w_object(w, NULL);
		w_str(w, "interface", at->name[0] == '\0' ? "Control Plane" : at->name);
		w_str(w, "direction", directions[at->direction]);
		w_end(w);
	}
	w_end(w);
}

static void
show_limit(struct writer *w, const char *label, const char *key, int64_t value, const char *none)
{
	w_text(w, "   %s: %" PRId64 "%s\n", label, value, value == 0 ? none : "");
	w_int(w, key, value);
}

static void
show_file(const struct capture_point *p, struct writer *w)
{
	const struct capture_file *f = &p->file;

	w_str(w, "file", f->url);
	if (f->url == NULL)
		return;
	w_text(w, "  File Details: \n   Associated file name: %s\n", f->url);
	if (f->size_mb.set) {
		w_text(w, "   Total size of files(in MB): %" PRId64 "\n", f->size_mb.v);
		w_int(w, "file_size_mb", f->size_mb.v);
	}
	if (f->ring.set) {
		w_text(w, "   Number of files in ring: %" PRId64 "\n", f->ring.v);
		w_int(w, "file_ring", f->ring.v);
	}
	if (f->buffer_mb.set) {
		w_text(w, "   Size of buffer(in MB): %" PRId64 "\n", f->buffer_mb.v);
		w_int(w, "file_buffer_mb", f->buffer_mb.v);
	}
}

void
point_show(struct engine *engine, const struct capture_point *p, struct writer *w)
{
	w_text(w, "Status Information for Capture %s\n", p->name);
	w_str(w, "name", p->name);
	show_interfaces(p, w);
	w_text(w, "   Status : %s\n", p->active ? "Active" : "Inactive");
	w_str(w, "status", p->active ? "Active" : "Inactive");
	if (!p->active && p->reason != NULL)
		w_text(w, "   Reason : %s\n", p->reason);
	if (p->active && p->lost != NULL)
		w_text(w, "   Waiting for interface %s\n", p->lost);
	w_str(w, "reason", p->active ? NULL : p->reason);
	w_str(w, "waiting_for", p->active ? p->lost : NULL);
	show_filter(engine, p, w);
	w_text(w, "  Buffer Details: \n   Buffer Type: %s%s\n", p->circular ? "CIRCULAR" : "LINEAR",
		p->has_buffer_kind ? "" : " (default)");
	w_str(w, "buffer_type", p->circular ? "CIRCULAR" : "LINEAR");
	w_text(w, "   Buffer Size (in MB): %" PRId64 "\n",
		(int64_t)value_or(&p->buffer_mb, CAPTURE_BUFFER_MB));
	w_int(w, "buffer_size_mb", value_or(&p->buffer_mb, CAPTURE_BUFFER_MB));
	show_file(p, w);
	w_text(w, "  Limit Details: \n");
	show_limit(w, "Number of Packets to capture", "packets", value_or(&p->packets, 0), " (no limit)");
	show_limit(w, "Packet Capture duration", "duration", value_or(&p->duration, 0), " (no limit)");
	show_limit(w, "Packet Size to capture", "packet_len", value_or(&p->packet_len, 0), " (no limit)");
	show_limit(w, "Maximum number of packets to capture per second", "pps",
		value_or(&p->pps, CAPTURE_PPS), " (no limit)");
	show_limit(w, "Packet sampling rate", "every", value_or(&p->every, 0), " (no sampling)");
	if (p->triggers != NULL)
		w_text(w, "  Trigger Details: \n");
	w_list(w, "triggers");
	for (const struct trigger *t = p->triggers; t != NULL; t = trigger_next(t))
		trigger_show_line(t, w);
	w_end(w);
}

static void
show_command(struct writer *w, const char *command)
{
	w_text(w, "   %s\n", command);
	w_str(w, NULL, command);
}

static const char *
file_command(const void *ctx, const char *head, const struct capture_file *f)
{
	struct text *line = text_new(ctx);

	text_printf(line, "%s file location %s", head, f->url);
	if (f->buffer_mb.set)
		text_printf(line, " buffer-size %" PRId64, f->buffer_mb.v);
	if (f->ring.set)
		text_printf(line, " ring %" PRId64, f->ring.v);
	if (f->size_mb.set)
		text_printf(line, " size %" PRId64, f->size_mb.v);
	return line->s;
}

void
point_show_parameter(const struct capture_point *p, struct writer *w)
{
	const struct {
		const char *word;
		const struct kw_int *value;
	} limits[] = { { "duration", &p->duration }, { "every", &p->every }, { "packet-len", &p->packet_len },
		{ "packets", &p->packets }, { "pps", &p->pps } };
	void *ctx = mem_ctx(NULL, "parameter");
	const char *head = mem_printf(ctx, "monitor capture %s", p->name);

	w_str(w, "name", p->name);
	w_list(w, "parameters");
	for (size_t i = 0; i < p->interface_count; i++) {
		const struct capture_interface *at = &p->interfaces[i];
		const char *what =
			at->name[0] == '\0' ? "control-plane" : mem_printf(ctx, "interface %s", at->name);

		show_command(w, mem_printf(ctx, "%s %s %s", head, what, shouted[at->direction]));
	}
	if (p->filter_text != NULL)
		show_command(w, mem_printf(ctx, "%s match%s", head, p->filter_text));
	if (p->list != NULL || p->map != NULL)
		show_command(w, filter_command(ctx, p));
	if (p->has_buffer_kind || p->buffer_mb.set)
		show_command(w, mem_printf(ctx, "%s buffer size %" PRId64 "%s", head,
					(int64_t)value_or(&p->buffer_mb, CAPTURE_BUFFER_MB),
					p->circular ? " circular" : ""));
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].value->set)
			show_command(w, mem_printf(ctx, "%s limit %s %" PRId64, head, limits[i].word,
						limits[i].value->v));
	if (p->file.url != NULL)
		show_command(w, file_command(ctx, head, &p->file));
	for (const struct trigger *t = p->triggers; t != NULL; t = trigger_next(t))
		show_command(w, trigger_command(ctx, head, t));
	w_end(w);
	mem_free(ctx);
}
