/* flow monitor NAME: where flows come from. */
#include "detect/nf.h"

#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "flow/monitor.h"

enum { ORDER_FLOW = 635, ENTRIES_MIN = 16, ENTRIES_MAX = 1048576 };

static const char MODE[] = "config-flow-monitor";

struct name_args {
	struct kw_str name;
};

struct text_args {
	struct kw_str text;
};

struct source_args {
	struct kw_flag conntrack;
	struct kw_int port;
	struct kw_str address;
};

struct number_args {
	struct kw_int n;
};

static const struct kw name_kw[] = {
	{ .help = "Name of the flow monitor",
		.type = &kw_word,
		KW_AT(struct name_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static const struct kw description_kw[] = {
	{ .help = "Description", .type = &kw_text, KW_AT(struct text_args, text), .flags = KW_REQ },
	KW_END,
};

static const struct kw udp_kw[] = {
	{ .word = "address",
		.help = "Own address that is listened on; without it all",
		.type = &kw_ip,
		KW_AT(struct source_args, address) },
	KW_END,
};

static const struct kw source_kw[] = {
	{ .word = "conntrack",
		.help = "Connections that the kernel tracks",
		KW_AT(struct source_args, conntrack),
		.flags = KW_REQ | KW_SEQ,
		.group = 1 },
	{ .word = "udp",
		.help = "Port that exporters send NetFlow 5, NetFlow 9 and IPFIX to",
		.type = &kw_number,
		KW_AT(struct source_args, port),
		.flags = KW_REQ | KW_SEQ,
		.group = 1,
		.min = 1,
		.max = UINT16_MAX,
		.sub = udp_kw },
	KW_END,
};

static const struct kw inactive_kw[] = {
	{ .help = "Seconds after which a flow that no exporter speaks of is gone",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.flags = KW_REQ,
		.min = 1,
		.max = 604800 },
	KW_END,
};

static const struct kw entries_kw[] = {
	{ .help = "Flows that are known at a time",
		.type = &kw_number,
		KW_AT(struct number_args, n),
		.flags = KW_REQ,
		.min = ENTRIES_MIN,
		.max = ENTRIES_MAX },
	KW_END,
};

static void
read_line(struct monitor_spec *spec, const struct conf_node *n)
{
	const struct source_args *source = n->args;
	const struct number_args *number = n->args;
	const struct text_args *text = n->args;

	if (strcmp(n->row->cmd.words, "description") == 0) {
		spec->description = text->text.s;
	} else if (strcmp(n->row->cmd.words, "source") == 0) {
		spec->source = source->conntrack.set ? FLOW_FROM_CONNTRACK : FLOW_FROM_UDP;
		spec->port = (uint16_t)source->port.v;
		spec->address = source->address.set ? source->address.s : NULL;
	} else if (strcmp(n->row->cmd.words, "cache entries") == 0) {
		spec->entries = (size_t)number->n.v;
	} else if (strcmp(n->row->cmd.words, "cache timeout inactive") == 0) {
		spec->inactive = number->n.v * USEC_PER_SEC;
	}
}

static bool
monitor_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const char *name = ((const struct name_args *)(new != NULL ? new : old)->args)->name.s;
	struct monitor_spec spec = { .inactive = FLOW_INACTIVE_DEFAULT_S * USEC_PER_SEC,
		.entries = FLOW_ENTRIES_DEFAULT };
	struct monitor *m = flows_find(e->flows, name);

	for (const struct conf_node *n = new == NULL ? NULL : new->first; n != NULL; n = n->next)
		read_line(&spec, n);
	if (new == NULL) {
		if (m != NULL)
			flows_remove(e->flows, m);
	} else if (m == NULL) {
		flows_add(e->flows, name, &spec);
	} else {
		monitor_set(m, &spec);
	}
	nf_settle(e);
	return true;
}

/* Words of Flexible NetFlow, whose part exporters have here. */
static const char *
monitor_hint(const char *line)
{
	static const struct {
		const char *begin, *hint;
	} rows[] = {
		{ "record", "the exporter chooses the fields; all that event nf knows are read" },
		{ "exporter",
			"flows are followed here, not sent on: 'source conntrack' or 'source udp PORT'" },
		{ "statistics", "packet sizes are not counted; 'show flow monitor' counts flows" },
		{ "cache timeout",
			"exporters have their own timeouts; only 'cache timeout inactive' is ours" },
		{ "cache type", "there is one kind of cache: flows are kept while they live" },
	};

	line += strspn(line, " ");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strncasecmp(line, rows[i].begin, strlen(rows[i].begin)) == 0)
			return rows[i].hint;
	return NULL;
}

static const char *
flow_hint(const char *line)
{
	line += strspn(line, " ");
	if (strncasecmp(line, "flow record", 11) == 0 || strncasecmp(line, "flow exporter", 13) == 0)
		return "flows are followed here, not made: 'flow monitor NAME', 'source conntrack' or "
		       "'source udp "
		       "PORT'";
	return NULL;
}

#define ROW(words_, help_, kw_, type_, order_)                                                            \
	{                                                                                                 \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = sizeof(type_), .level = 15 }, \
		.mode = MODE, .order = order_                                                             \
	}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "flow monitor",
		  .help = "A monitor of flows",
		  .kw = name_kw,
		  .size = sizeof(struct name_args),
		  .level = 15 },
		.mode = "config",
		.enters = MODE,
		.order = ORDER_FLOW,
		.sorted = true,
		.apply = monitor_apply },
	ROW("description", "Description of the monitor", description_kw, struct text_args, 1),
	ROW("source", "Where flows come from", source_kw, struct source_args, 2),
	ROW("cache entries", "Size of the cache", entries_kw, struct number_args, 3),
	ROW("cache timeout inactive", "Time without news", inactive_kw, struct number_args, 4),
};

void
nf_rows(struct conf *conf)
{
	static const struct conf_mode modes[] = { { .name = MODE, .parent = "config" } };

	conf_modes(conf, modes, 1);
	conf_word(conf, "config", "flow", "Flows of packets");
	conf_word(conf, MODE, "cache", "Flows that are known");
	conf_word(conf, MODE, "cache timeout", "When flows are gone");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_hints(conf, "config", flow_hint);
	conf_hints(conf, MODE, monitor_hint);
}
