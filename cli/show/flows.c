/* show flow monitor: monitors, what they hear and how much. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/builtin.h"
#include "core/engine.h"
#include "core/text.h"
#include "core/writer.h"
#include "flow/monitor.h"

struct flow_args {
	struct kw_str name;
};

static const struct kw flow_kw[] = {
	{ .help = "Name of a flow monitor", .type = &kw_word, KW_AT(struct flow_args, name) },
	KW_END,
};

static void
source_text(const struct monitor_spec *s, char *out, size_t size)
{
	if (s->source == FLOW_FROM_UDP)
		snprintf(out, size, "udp %u%s%s", s->port, s->address != NULL ? " address " : "",
			s->address != NULL ? s->address : "");
	else
		snprintf(out, size, "%s", s->source == FLOW_FROM_CONNTRACK ? "conntrack" : "none");
}

static void
show_exporters(struct writer *w, const struct netflow_stats *s)
{
	w_text(w, "  Exports:           %llu datagrams, %llu flows, %zu templates\n",
		(unsigned long long)s->datagrams, (unsigned long long)s->flows, s->templates);
	w_text(w, "                     %llu malformed, %llu of unknown templates\n",
		(unsigned long long)s->malformed, (unsigned long long)s->unknown);
}

static void
show_monitor(struct writer *w, const struct monitor *m)
{
	const struct monitor_spec *spec = monitor_of(m);
	struct monitor_stats s;
	char source[80];

	monitor_stats(m, &s);
	source_text(spec, source, sizeof source);
	w_text(w, "Flow Monitor %s:\n", monitor_name(m));
	if (spec->description != NULL) {
		w_text(w, "  Description:       ");
		w_foreign(w, spec->description, strlen(spec->description));
		w_text(w, "\n");
	}
	w_text(w, "  Source:            %s\n", source);
	w_text(w, "  Flows:             %zu of %zu, %llu refused\n", s.flows, spec->entries,
		(unsigned long long)s.refused);
	w_text(w, "  Changes:           %llu created, %llu updated, %llu deleted\n",
		(unsigned long long)s.created, (unsigned long long)s.updated, (unsigned long long)s.deleted);
	if (spec->source == FLOW_FROM_UDP) {
		w_text(w, "  Inactive Timeout:  %lld secs\n", (long long)(spec->inactive / USEC_PER_SEC));
		show_exporters(w, &s.exporters);
	}
	if (monitor_needs(m) != NULL)
		w_text(w, "  Needs:             %s\n", monitor_needs(m));
	w_str(w, "name", monitor_name(m));
	w_str(w, "description", spec->description);
	w_str(w, "source", source);
	w_int(w, "flows", (int64_t)s.flows);
	w_int(w, "entries", (int64_t)spec->entries);
	w_int(w, "refused", (int64_t)s.refused);
	w_int(w, "created", (int64_t)s.created);
	w_int(w, "updated", (int64_t)s.updated);
	w_int(w, "deleted", (int64_t)s.deleted);
	w_int(w, "inactive_timeout", spec->inactive / USEC_PER_SEC);
	w_int(w, "datagrams", (int64_t)s.exporters.datagrams);
	w_int(w, "exported", (int64_t)s.exporters.flows);
	w_int(w, "templates", (int64_t)s.exporters.templates);
	w_int(w, "malformed", (int64_t)s.exporters.malformed);
	w_int(w, "unknown_templates", (int64_t)s.exporters.unknown);
	w_str(w, "needs", monitor_needs(m));
}

static enum cmd_result
show_flow_monitor(struct session *s, const void *args, struct err *err)
{
	const struct flow_args *a = args;
	const struct flows *all = session_engine(s)->flows;
	struct writer *w = session_writer(s);

	if (a->name.set && flows_find(all, a->name.s) == NULL) {
		err_set(err, ERR_NOT_FOUND, "Flow monitor %s not found", a->name.s);
		return CMD_REFUSED;
	}
	w_list(w, "monitors");
	for (const struct monitor *m = flows_next(all, NULL); m != NULL; m = flows_next(all, m)) {
		if (a->name.set && strcmp(a->name.s, monitor_name(m)) != 0)
			continue;
		w_object(w, NULL);
		show_monitor(w, m);
		w_end(w);
	}
	w_end(w);
	return CMD_DONE;
}

static const struct exec_cmd cmds[] = {
	{ .cmd = { .words = "show flow monitor",
		  .help = "Flow monitors and how much they hear",
		  .kw = flow_kw,
		  .size = sizeof(struct flow_args),
		  .level = 1 },
		.flags = EXEC_SHOW,
		.run = show_flow_monitor },
};

void
show_flows_register(struct cli *cli)
{
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	cli_word(cli, "show flow", "Flows of packets");
}
