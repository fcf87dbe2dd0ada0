/*
 * action LABEL info type ...: what the device knows of itself. Each type has its variable, named
 * _info_TYPE; lists also have one for each record (eem-language 6.6).
 */
#include "actions/io/info.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "actions/io/io.h"
#include "bus/detector.h"
#include "bus/recent.h"
#include "core/ifname.h"
#include "core/mem.h"
#include "core/regex.h"
#include "sched/policy.h"

/* Of interface-names; at most one. */
struct info_filter {
	struct kw_template include, exclude, regexp;
};

static enum step
answer(struct run *run, const char *name, const struct text *t)
{
	return run_var_set(run, name, t->s, t->len) ? STEP_NEXT : STEP_FAIL;
}

/* ---- routername, event reqinfo ---- */

static enum step
routername(struct run *run, const void *args)
{
	const char *name = engine_hostname(run_engine(run));

	return run_var_set(run, "_info_routername", name, strlen(name)) ? STEP_NEXT : STEP_FAIL;
}

static void
add_field(void *arg, const char *name, const char *value, size_t n)
{
	struct text *t = arg;

	text_printf(t, "%s%s {", t->len ? " " : "", name + (name[0] == '_'));
	text_addn(t, value, n);
	text_addc(t, '}');
}

static enum step
event_reqinfo(struct run *run, const void *args)
{
	struct text t;
	enum step step;

	text_init(&t, run_ctx(run));
	event_each(run_event(run), add_field, &t);
	step = answer(run, "_info_event_reqinfo", &t);
	mem_free(t.s);
	return step;
}

/* ---- interface-names ---- */

/* What the action wants to see. */
struct wanted {
	const char *include, *exclude; /* NULL: not asked for */
	struct regex *regexp;
	struct regex_scratch *scratch; /* of the run */
};

static bool
is_wanted(const struct wanted *w, const char *name)
{
	if (w->include && strstr(name, w->include) == NULL)
		return false;
	if (w->exclude && strstr(name, w->exclude) != NULL)
		return false;
	return w->regexp == NULL || regex_match(w->regexp, w->scratch, name, strlen(name), NULL) == REGEX_YES;
}

static bool
want(struct run *run, void *ctx, const struct info_filter *f, struct wanted *w)
{
	struct err err = ERR_INIT;
	const char *pattern;

	if (f->include.set && (w->include = run_expand(run, &f->include, NULL)) == NULL)
		return false;
	if (f->exclude.set && (w->exclude = run_expand(run, &f->exclude, NULL)) == NULL)
		return false;
	if (!f->regexp.set)
		return true;
	pattern = run_expand(run, &f->regexp, NULL);
	if (pattern == NULL)
		return false;
	w->regexp = regex_new(ctx, pattern, REGEX_TCL, &err);
	if (w->regexp == NULL)
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_ACTION_INFO", "%s", err.text);
	w->scratch = run_regex_scratch(run);
	return w->regexp != NULL;
}

static enum step
interface_names(struct run *run, const void *args)
{
	void *ctx = mem_ctx(run_ctx(run), "interface names");
	struct if_nameindex *all = if_nameindex();
	struct text *t = text_new(ctx);
	struct wanted w = { .include = NULL };
	enum step step = STEP_FAIL;

	if (all == NULL)
		step = run_fail(run, "FH_ESYSERR", SEV_ERRORS, "FMPD_ACTION_INFO",
			"Error attempting to fetch interface names: %m");
	else if (want(run, ctx, args, &w)) {
		for (const struct if_nameindex *i = all; i->if_index != 0; i++) {
			const char *name = ifname_ios(run_engine(run)->settings, i->if_name);

			if (is_wanted(&w, name))
				text_printf(t, "%s%s", t->len ? " " : "", name);
		}
		step = answer(run, "_info_interface_names", t);
	}
	if (all != NULL)
		if_freenameindex(all);
	mem_free(ctx);
	return step;
}

/* ---- histories ---- */

/*
 * All records as the script interface prints them, and each text in a variable of its own:
 * PREFIX1 is the oldest.
 */
static enum step
history(struct run *run, const struct recent *records, const char *list, const char *prefix, const char *word)
{
	char name[64];
	struct text t;
	enum step step;
	usec wall;

	text_init(&t, run_ctx(run));
	for (size_t i = 0; i < recent_count(records); i++) {
		const char *s = recent_at(records, i, &wall);

		text_printf(&t, "%stime_sec %" PRId64 " time_msec %d %s {%s}", i ? "\n" : "",
			wall / USEC_PER_SEC, (int)(wall % USEC_PER_SEC / USEC_PER_MSEC), word, s);
		snprintf(name, sizeof name, "%s%zu", prefix, i + 1);
		run_var_set(run, name, s, strlen(s));
	}
	step = answer(run, list, &t);
	mem_free(t.s);
	return step;
}

static enum step
cli_history(struct run *run, const void *args)
{
	return history(run, run_engine(run)->commands, "_info_cli_history", "_info_cli_hist_cmd_", "cmd");
}

static enum step
syslog_history(struct run *run, const void *args)
{
	return history(
		run, run_engine(run)->messages, "_info_syslog_history", "_info_syslog_hist_msg_", "msg");
}

/* ---- frequencies: how often the patterns of event statements were met ---- */

struct frequency {
	struct run *run;
	const char *detector;
	unsigned n;
	struct text text;
};

static const char *
pattern_of(const struct spec *s)
{
	for (const struct kw *row = s->detector->kw; row->word || row->help; row++)
		if (row->word && strcmp(row->word, "pattern") == 0) {
			const struct kw_str *v = (const void *)((const char *)s->args + row->at);

			return v->set ? v->s : "";
		}
	return "";
}

static void
set_record(struct frequency *f, const char *field, const char *s)
{
	char name[64];

	snprintf(name, sizeof name, "_info_%s_freq_%s_%u", f->detector, field, f->n);
	run_var_set(f->run, name, s, strlen(s));
}

static void
add_spec(struct frequency *f, const struct spec *s)
{
	const struct spec_common *common = spec_common(s);
	usec now = clock_wall(run_engine(f->run)->clock);
	usec period = common->period.set ? common->period.v : 0;
	char number[24];

	f->n++;
	text_printf(&f->text,
		"%stime_sec %" PRId64 " time_msec %d match_count %" PRIu64 " raise_count %" PRIu64
		" occurs %" PRId64 " period_sec %" PRId64 " period_msec %d pattern {%s}",
		f->text.len ? "\n" : "", now / USEC_PER_SEC, (int)(now % USEC_PER_SEC / USEC_PER_MSEC),
		s->matched, s->triggered, common->occurs.set ? common->occurs.v : 1, period / USEC_PER_SEC,
		(int)(period % USEC_PER_SEC / USEC_PER_MSEC), pattern_of(s));
	set_record(f, "pattern", pattern_of(s));
	snprintf(number, sizeof number, "%" PRIu64, s->matched);
	set_record(f, "match_count", number);
	snprintf(number, sizeof number, "%" PRIu64, s->triggered);
	set_record(f, "raise_count", number);
}

static void
add_policy(void *arg, struct policy *p)
{
	struct frequency *f = arg;

	for (size_t i = 0; i < p->nspecs; i++)
		if (strcmp(p->specs[i]->detector->name, f->detector) == 0)
			add_spec(f, p->specs[i]);
}

static enum step
frequency(struct run *run, const char *detector, const char *list)
{
	struct frequency f = { .run = run, .detector = detector };
	enum step step;

	text_init(&f.text, run_ctx(run));
	policies_each(run_engine(run)->policies, add_policy, &f);
	step = answer(run, list, &f.text);
	mem_free(f.text.s);
	return step;
}

static enum step
cli_frequency(struct run *run, const void *args)
{
	return frequency(run, "cli", "_info_cli_freq");
}

static enum step
syslog_frequency(struct run *run, const void *args)
{
	return frequency(run, "syslog", "_info_syslog_freq");
}

/* ---- the words ---- */

static const struct kw nothing_kw[] = { KW_END };

static const struct kw filter_kw[] = {
	{ .word = "exclude",
		.help = "Names without this text",
		.type = &kw_template,
		KW_AT(struct info_filter, exclude),
		.group = 1 },
	{ .word = "include",
		.help = "Names with this text",
		.type = &kw_template,
		KW_AT(struct info_filter, include),
		.group = 1 },
	{ .word = "regexp",
		.help = "Names that match this expression",
		.type = &kw_template,
		KW_AT(struct info_filter, regexp),
		.group = 1 },
	KW_END,
};

#define KIND(word_, help_, sub_, exec_) INFO_KIND(word_, help_, sub_, struct info_filter, exec_)
#define WORD(word_, help_, sub_)                                                                         \
	{                                                                                                \
		.word = #word_, .help = help_, KW_AT(struct info_args, word_), .flags = KW_REQ | KW_SEQ, \
		.group = 1, .sub = sub_                                                                  \
	}

static const struct kw event_kw[] = {
	KIND("reqinfo", "Information of the event that triggered this policy", nothing_kw, event_reqinfo),
	KW_END,
};
static const struct kw cli_kw[] = {
	KIND("frequency", "How often patterns of cli events were met", nothing_kw, cli_frequency),
	KIND("history", "The last commands", nothing_kw, cli_history),
	KW_END,
};
static const struct kw syslog_kw[] = {
	KIND("frequency", "How often patterns of syslog events were met", nothing_kw, syslog_frequency),
	KIND("history", "The last messages", nothing_kw, syslog_history),
	KW_END,
};
static const struct kw type_kw[] = {
	WORD(cli, "Information of the CLI", cli_kw),
	WORD(event, "Information of the event", event_kw),
	KIND("interface-names", "Names of the interfaces", filter_kw, interface_names),
	KIND("routername", "Name of this device", nothing_kw, routername),
	WORD(snmp, "SNMP information", info_snmp_kw),
	WORD(syslog, "Information of the log", syslog_kw),
	KW_END,
};
static const struct kw info_kw[] = {
	{ .word = "type",
		.help = "Type of information to obtain",
		KW_AT(struct info_args, type),
		.flags = KW_REQ | KW_SEQ,
		.sub = type_kw },
	KW_END,
};

/* A pattern without variables can be judged when it is typed. */
static bool
info_typed(struct engine *engine, void *args, struct err *err)
{
	const struct info_args *a = args;
	const struct info_filter *f = a->what.args;

	if (a->snmp.set)
		return info_snmp_typed(a->what.row, a->what.args, err);
	return !f->regexp.set || strpbrk(f->regexp.s, "$\\") || regex_check(f->regexp.s, REGEX_TCL, err);
}

static enum step
info_exec(struct run *run, const void *args)
{
	const struct info_args *a = args;
	const struct info_kind *kind = a->what.row->owner;

	return kind->exec(run, a->what.args);
}

const struct action action_info = {
	.name = "info",
	.help = "Obtain system specific information",
	.kw = info_kw,
	.args_size = sizeof(struct info_args),
	.typed = info_typed,
	.exec = info_exec,
	.sets = ACTION_VARIABLES("_info_*"),
};
