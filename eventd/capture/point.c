/* What has been said about a capture point. */
#include "capture/point.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/engine.h"
#include "core/mem.h"
#include "core/settings.h"
#include "core/text.h"
#include "core/writer.h"

/* ORDER: enum capture_direction */
static const char *const directions[] = { "in", "out", "both" };
static const char *const shouted[] = { "IN", "OUT", "BOTH" };

/* What the host itself sends and receives, on all interfaces. */
#define CONTROL_PLANE_DEVICE "any"

bool
point_interface(struct capture_point *p, const char *name, enum capture_direction direction, struct err *err)
{
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
	p->filter_pcap = p->filter_text = NULL;
}

/* ---- for the helper ---- */

static const char *
kernel_name(const struct engine *engine, const char *name)
{
	const struct settings *s = engine->settings;

	if (name[0] == '\0')
		return CONTROL_PLANE_DEVICE;
	for (size_t i = 0; s != NULL && i < s->alias_count; i++)
		if (strcasecmp(s->aliases[i].key, name) == 0)
			return s->aliases[i].value;
	return name;
}

static json_int_t
value_or(const struct kw_int *v, json_int_t otherwise)
{
	return v->set ? (json_int_t)v->v : otherwise;
}

json_t *
point_spec(const struct engine *engine, const struct capture_point *p)
{
	json_t *interfaces = json_array();

	for (size_t i = 0; i < p->interface_count; i++)
		json_array_append_new(
			interfaces, json_pack("{ssss}", "name", kernel_name(engine, p->interfaces[i].name),
					    "direction", directions[p->interfaces[i].direction]));
	return json_pack("{sosssIsbsIsIsIsIsI}", "interfaces", interfaces, "filter", p->filter_pcap,
		"buffer_bytes", value_or(&p->buffer_mb, CAPTURE_BUFFER_MB) << 20, "circular", p->circular,
		"duration", value_or(&p->duration, 0), "packets", value_or(&p->packets, 0), "packet_len",
		value_or(&p->packet_len, 0), "pps", value_or(&p->pps, CAPTURE_PPS), "every",
		value_or(&p->every, 0));
}

/* ---- show ---- */

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

void
point_show(const struct capture_point *p, struct writer *w)
{
	struct text filter;

	text_init(&filter, NULL);
	if (p->filter != NULL)
		filter_describe(p->filter, &filter);
	w_text(w, "Status Information for Capture %s\n", p->name);
	w_str(w, "name", p->name);
	show_interfaces(p, w);
	w_text(w, "   Status : %s\n", p->active ? "Active" : "Inactive");
	w_str(w, "status", p->active ? "Active" : "Inactive");
	w_text(w, "  Filter Details: \n%s", filter.s);
	w_str(w, "filter", p->filter_text != NULL ? p->filter_text + 1 : NULL);
	w_text(w, "  Buffer Details: \n   Buffer Type: %s%s\n", p->circular ? "CIRCULAR" : "LINEAR",
		p->has_buffer_kind ? "" : " (default)");
	w_str(w, "buffer_type", p->circular ? "CIRCULAR" : "LINEAR");
	w_text(w, "   Buffer Size (in MB): %" PRId64 "\n",
		(int64_t)value_or(&p->buffer_mb, CAPTURE_BUFFER_MB));
	w_int(w, "buffer_size_mb", value_or(&p->buffer_mb, CAPTURE_BUFFER_MB));
	w_text(w, "  Limit Details: \n");
	show_limit(w, "Number of Packets to capture", "packets", value_or(&p->packets, 0), " (no limit)");
	show_limit(w, "Packet Capture duration", "duration", value_or(&p->duration, 0), " (no limit)");
	show_limit(w, "Packet Size to capture", "packet_len", value_or(&p->packet_len, 0), " (no limit)");
	show_limit(w, "Maximum number of packets to capture per second", "pps",
		value_or(&p->pps, CAPTURE_PPS), " (no limit)");
	show_limit(w, "Packet sampling rate", "every", value_or(&p->every, 0), " (no sampling)");
	mem_free(filter.s);
}

static void
show_command(struct writer *w, const char *command)
{
	w_text(w, "   %s\n", command);
	w_str(w, NULL, command);
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
	if (p->has_buffer_kind || p->buffer_mb.set)
		show_command(w, mem_printf(ctx, "%s buffer size %" PRId64 "%s", head,
					(int64_t)value_or(&p->buffer_mb, CAPTURE_BUFFER_MB),
					p->circular ? " circular" : ""));
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].value->set)
			show_command(w, mem_printf(ctx, "%s limit %s %" PRId64, head, limits[i].word,
						limits[i].value->v));
	w_end(w);
	mem_free(ctx);
}
