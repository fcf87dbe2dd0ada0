/* ip sla reaction-configuration, ip sla reaction-trigger. */
#include <string.h>

#include "conf/conf.h"
#include "core/mem.h"
#include "probe/lines.h"
#include "probe/rows.h"

enum { ORDER_REACTION = 7702, COUNT = 5 };

struct reaction_args {
	struct kw_int number;
	struct kw_enum type, action;
	struct kw_flag threshold, never, immediate, consecutive_, xofy_, average_;
	struct kw_int consecutive, x, y, average;
	struct kw_flag value;
	struct kw_int upper, lower;
};

static const struct kw_alternative types[] = {
	{ "connectionLoss", "React on connection loss", REACT_CONNECTION_LOSS, false },
	{ "icpif", "React on the planning impairment factor", REACT_ICPIF, false },
	{ "jitterAvg", "React on the average jitter", REACT_JITTER_AVG, false },
	{ "jitterDSAvg", "React on the average jitter from destination to source", REACT_JITTER_DS_AVG,
		false },
	{ "jitterSDAvg", "React on the average jitter from source to destination", REACT_JITTER_SD_AVG,
		false },
	{ "latencyDSAvg", "React on the average latency from destination to source", REACT_LATENCY_DS_AVG,
		false },
	{ "latencySDAvg", "React on the average latency from source to destination", REACT_LATENCY_SD_AVG,
		false },
	{ "maxOfLatencyDS", "React on the longest latency from destination to source", REACT_MAX_LATENCY_DS,
		false },
	{ "maxOfLatencySD", "React on the longest latency from source to destination", REACT_MAX_LATENCY_SD,
		false },
	{ "maxOfNegativeDS", "React on the largest negative jitter from destination to source",
		REACT_MAX_NEGATIVE_DS, false },
	{ "maxOfNegativeSD", "React on the largest negative jitter from source to destination",
		REACT_MAX_NEGATIVE_SD, false },
	{ "maxOfPositiveDS", "React on the largest positive jitter from destination to source",
		REACT_MAX_POSITIVE_DS, false },
	{ "maxOfPositiveSD", "React on the largest positive jitter from source to destination",
		REACT_MAX_POSITIVE_SD, false },
	{ "mos", "React on the mean opinion score, in hundredths", REACT_MOS, false },
	{ "packetLateArrival", "React on packets that arrive late", REACT_PACKET_LATE, false },
	{ "packetLoss", "React on lost packets", REACT_PACKET_LOSS, false },
	{ "packetLossDS", "React on packets lost from destination to source", REACT_PACKET_LOSS_DS, false },
	{ "packetLossSD", "React on packets lost from source to destination", REACT_PACKET_LOSS_SD, false },
	{ "packetMIA", "React on packets missing in action", REACT_PACKET_MIA, false },
	{ "packetOutOfSequence", "React on packets out of sequence", REACT_PACKET_ORDER, false },
	{ "rtt", "React on round trip time", REACT_RTT, false },
	{ "successivePacketLoss", "React on packets lost in a row", REACT_SUCCESSIVE_LOSS, false },
	{ "timeout", "React on timeout", REACT_TIMEOUT, false },
	{ "verifyError", "React on error of verification", REACT_VERIFY_ERROR, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative actions[] = {
	{ "none", "Log nothing, start nothing", ACTION_NONE, false },
	{ "trapAndTrigger", "Log a message and start other operations", ACTION_BOTH, false },
	{ "trapOnly", "Log a message", ACTION_TRAP, false },
	{ "triggerOnly", "Start other operations", ACTION_TRIGGER, false },
	{ NULL, NULL, 0, false },
};

#define OPTIONAL_COUNT(name_, help_, ...)    \
	static const struct kw name_[] = {   \
		{ .help = help_,             \
			.type = &kw_number,  \
			.flags = KW_SEQ,     \
			.min = 1,            \
			.max = REACT_WINDOW, \
			__VA_ARGS__ },       \
		KW_END,                      \
	}

OPTIONAL_COUNT(consecutive_kw, "Runs in a row", KW_AT(struct reaction_args, consecutive));
OPTIONAL_COUNT(average_kw, "Runs that are averaged", KW_AT(struct reaction_args, average));

static const struct kw xofy_kw[] = {
	{ .help = "Violations",
		.type = &kw_number,
		KW_AT(struct reaction_args, x),
		.flags = KW_SEQ,
		.min = 1,
		.max = REACT_WINDOW },
	{ .help = "Runs that are looked at",
		.type = &kw_number,
		KW_AT(struct reaction_args, y),
		.flags = KW_SEQ,
		.min = 1,
		.max = REACT_WINDOW },
	KW_END,
};

#define KIND(word_, help_, field_, ...)                                                                      \
	{                                                                                                    \
		.word = word_, .help = help_, KW_AT(struct reaction_args, field_), .flags = KW_REQ | KW_SEQ, \
		.group = 1, __VA_ARGS__                                                                      \
	}

static const struct kw threshold_kw[] = {
	KIND("average", "Average of the last runs", average_, .sub = average_kw),
	KIND("consecutive", "Runs in a row", consecutive_, .sub = consecutive_kw),
	KIND("immediate", "Every run", immediate),
	KIND("never", "Never", never),
	KIND("xOfy", "X of the last Y runs", xofy_, .sub = xofy_kw),
	KW_END,
};

static const struct kw value_kw[] = {
	{ .help = "Upper limit",
		.type = &kw_number,
		KW_AT(struct reaction_args, upper),
		.flags = KW_REQ | KW_SEQ,
		.max = 60000 },
	{ .help = "Lower limit",
		.type = &kw_number,
		KW_AT(struct reaction_args, lower),
		.flags = KW_REQ | KW_SEQ,
		.max = 60000 },
	KW_END,
};

static const struct kw reaction_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct reaction_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	{ .word = "react",
		.help = "Monitored element",
		.type = &kw_choice,
		KW_AT(struct reaction_args, type),
		.choices = types,
		.flags = KW_REQ | KW_SEQ | KW_KEY },
	{ .word = "action-type",
		.help = "What to do",
		.type = &kw_choice,
		KW_AT(struct reaction_args, action),
		.choices = actions,
		.dflt = ACTION_NONE,
		.has_dflt = true },
	{ .word = "threshold-type",
		.help = "When the threshold counts as crossed",
		KW_AT(struct reaction_args, threshold),
		.sub = threshold_kw },
	{ .word = "threshold-value",
		.help = "Limits: milliseconds, packets, or scores",
		KW_AT(struct reaction_args, value),
		.sub = value_kw },
	KW_END,
};

static bool
reaction_adopt(struct engine *e, void *args, struct err *err)
{
	const struct reaction_args *a = args;
	const struct reaction_kind *k = reaction_kind((enum react_type)a->type.v);

	if (a->value.set && k->unit == NULL)
		return err_set(err, ERR_REFUSED, "'%s' has no limits: it happened or not", k->name);
	if (a->value.set && (a->upper.v > k->max || a->lower.v > k->max))
		return err_set(
			err, ERR_RANGE, "limits of '%s' are numbers from 0 to %d", k->name, (int)k->max);
	if (a->value.set && a->lower.v > a->upper.v)
		return err_set(err, ERR_REFUSED, "The lower limit is above the upper limit");
	return true;
}

static void
fill(struct reaction *r, const struct reaction_args *a)
{
	r->type = (enum react_type)a->type.v;
	r->action = a->action.set ? (enum react_action)a->action.v : ACTION_NONE;
	r->threshold = a->immediate.set      ? THRESHOLD_IMMEDIATE
		       : a->consecutive_.set ? THRESHOLD_CONSECUTIVE
		       : a->xofy_.set        ? THRESHOLD_X_OF_Y
		       : a->average_.set     ? THRESHOLD_AVERAGE
					     : THRESHOLD_NEVER;
	r->x = COUNT;
	r->y = COUNT;
	if (a->consecutive.set)
		r->x = (unsigned)a->consecutive.v;
	if (a->average.set)
		r->x = (unsigned)a->average.v;
	if (a->x.set)
		r->x = (unsigned)a->x.v;
	if (a->y.set)
		r->y = (unsigned)a->y.v;
	/* What happened or not is 1 or 0: above 0, or below 1. */
	r->upper = a->value.set ? a->upper.v : reaction_kind(r->type)->upper;
	r->lower = a->value.set ? a->lower.v : reaction_kind(r->type)->lower;
	r->falls = reaction_kind(r->type)->falls;
	reaction_forget(r);
}

static bool
reaction_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct reaction_args *a = n->args;
	const struct reaction_kind *k = reaction_kind((enum react_type)a->type.v);
	const struct conf_node *entry, *type;

	if (!sla_entry_is_there(n, (uint32_t)a->number.v, false, err))
		return false;
	entry = sla_entry(n, (uint32_t)a->number.v);
	type = sla_kind_line(entry);
	if (type == NULL)
		return true;
	if ((k->kinds & 1u << sla_kind_of(type)) == 0)
		return err_set(err, ERR_REFUSED, "'%s' says nothing of operations of type %s", k->name,
			probe_kind_name((enum probe_kind)sla_kind_of(type)));
	if ((a->type.v == REACT_MOS || a->type.v == REACT_ICPIF) &&
		!((const struct line_args *)type->args)->codec.set) {
		err_set(err, ERR_REFUSED, "'%s' needs a codec", k->name);
		err_hint(err, "udp-jitter ADDRESS PORT codec g711ulaw");
		return false;
	}
	return true;
}

static bool
reaction_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct reaction_args *a = (new != NULL ? new : old)->args;
	struct operation *o = slas_get(e->sla_world, (uint32_t)a->number.v);
	struct reaction **at = &o->reactions, *r;

	while (*at != NULL && (*at)->type < (enum react_type)a->type.v)
		at = &(*at)->next;
	r = *at != NULL && (*at)->type == (enum react_type)a->type.v ? *at : NULL;
	if (new == NULL) {
		if (r != NULL) {
			*at = r->next;
			mem_free(r);
		}
		slas_tidy(e->sla_world, o);
		return true;
	}
	if (r == NULL) {
		r = mem_new(o, struct reaction);
		r->next = *at;
		*at = r;
	}
	fill(r, new->args);
	return true;
}

/* ---- ip sla reaction-trigger N TARGET ---- */

struct trigger_args {
	struct kw_int number, target;
};

static const struct kw trigger_kw[] = {
	{ .help = "Entry number",
		.type = &kw_number,
		KW_AT(struct trigger_args, number),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	{ .help = "Entry that is started",
		.type = &kw_number,
		KW_AT(struct trigger_args, target),
		.flags = KW_REQ | KW_KEY,
		.min = 1,
		.max = SLA_MAX },
	KW_END,
};

static bool
trigger_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct trigger_args *a = (new != NULL ? new : old)->args;
	struct operation *o = slas_get(e->sla_world, (uint32_t)a->number.v);
	size_t max = sizeof o->triggers / sizeof *o->triggers, i = 0;

	while (i < o->trigger_count && o->triggers[i] != (uint32_t)a->target.v)
		i++;
	if (new != NULL && i == o->trigger_count &&i < max)
		o->triggers[o->trigger_count++] = (uint32_t)a->target.v;
	if (new == NULL && i < o->trigger_count)
		o->triggers[i] = o->triggers[--o->trigger_count];
	slas_tidy(e->sla_world, o);
	return true;
}

/* Before it is applied: no more than there is room for. */
static bool
trigger_check(struct engine *e, const struct conf_node *n, struct err *err)
{
	const struct trigger_args *a = n->args;
	size_t count = 0;

	for (const struct conf_node *other = n->parent->first; other != NULL; other = other->next)
		count += other->row == n->row &&
			 ((const struct trigger_args *)other->args)->number.v == a->number.v;
	return sla_entry_is_there(n, (uint32_t)a->number.v, false, err) &&
	       (count <= 8 || err_set(err, ERR_REFUSED, "An operation triggers at most 8 others"));
}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "ip sla reaction-configuration",
		  .help = "IP SLAs reaction configuration",
		  .kw = reaction_kw,
		  .size = sizeof(struct reaction_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_REACTION,
		.adopt = reaction_adopt,
		.check = reaction_check,
		.apply = reaction_apply },
	{ .cmd = { .words = "ip sla reaction-trigger",
		  .help = "IP SLAs trigger assignment",
		  .kw = trigger_kw,
		  .size = sizeof(struct trigger_args),
		  .level = 15 },
		.mode = "config",
		.order = ORDER_REACTION + 1,
		.check = trigger_check,
		.apply = trigger_apply },
};

void
sla_reaction_rows(struct conf *conf)
{
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
}
