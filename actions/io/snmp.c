/*
 * action LABEL snmp-trap: cEventMgrPolicyEvent to the receivers of the configuration, and a line of the history
 * of traps; snmp-object-value: the answer to a request for an object (eem-language 6.5 and 13).
 */
#include <string.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "bus/history.h"
#include "core/debug.h"
#include "core/mem.h"
#include "sched/policy.h"
#include "snmp/object.h"
#include "snmp/trap.h"

enum { STRDATA_MAX = 255 };

struct trap_args {
	struct kw_template intdata1, intdata2, strdata;
};

static const struct kw trap_kw[] = {
	{ .word = "intdata1",
		.help = "First integer of the trap",
		.type = &kw_operand,
		KW_AT(struct trap_args, intdata1) },
	{ .word = "intdata2",
		.help = "Second integer of the trap",
		.type = &kw_operand,
		KW_AT(struct trap_args, intdata2) },
	{ .word = "strdata",
		.help = "Text of the trap",
		.type = &kw_template,
		KW_AT(struct trap_args, strdata) },
	KW_END,
};

static bool
fits(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

/* A number that is no variable can be judged when it is compiled. */
static bool
check_number(struct compile *c, const struct kw_template *t, const char *word, struct err *err)
{
	int64_t v;

	if (!t->set || !t->t->is_literal || (parse_integer(t->t->text, t->t->len, &v) && fits(v)))
		return true;
	return err_set(err, ERR_RANGE, "action %s: %s takes a number from -2147483648 to 2147483647",
		c->label, word);
}

static bool
trap_check(struct compile *c, void *args, struct err *err)
{
	const struct trap_args *a = args;

	if (!check_number(c, &a->intdata1, "intdata1", err) ||
		!check_number(c, &a->intdata2, "intdata2", err))
		return false;
	return !a->strdata.set || !a->strdata.t->is_literal || a->strdata.t->len <= STRDATA_MAX ||
	       err_set(err, ERR_RANGE, "action %s: strdata takes at most %d characters", c->label,
		       STRDATA_MAX);
}

/* False: the step has failed. */
static bool
read_number(struct run *run, const struct kw_template *t, int32_t *out)
{
	int64_t v = 0;
	enum number kind = t->set ? run_expand_int(run, t, &v) : IS_NUMBER;

	if (kind == IS_MISSING)
		return false;
	if (kind != IS_NUMBER || !fits(v)) {
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG",
			"wrong argument of snmp-trap: a number from -2147483648 to 2147483647");
		return false;
	}
	*out = (int32_t)v;
	return true;
}

static enum step
trap_exec(struct run *run, const void *args)
{
	const struct trap_args *a = args;
	struct engine *e = run_engine(run);
	struct snmp_policy_trap trap = { .text = "" };
	struct history_entry entry = { .job_id = run_job(run),
		.status = "success",
		.wall = clock_wall(e->clock),
		.type = "policy",
		.kind = policy_kind_name(run_registration(run)->kind),
		.name = run_policy(run),
		.detail = "",
		.cause = run_cause(run) };
	size_t n = 0;

	if (!read_number(run, &a->intdata1, &trap.int1) || !read_number(run, &a->intdata2, &trap.int2))
		return STEP_FAIL;
	if (a->strdata.set && (trap.text = run_expand(run, &a->strdata, &n)) == NULL)
		return STEP_FAIL;
	if (n > STRDATA_MAX)
		return run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG",
			"wrong argument of snmp-trap: strdata takes at most %d characters", STRDATA_MAX);
	if (!run_is_live(run))
		return STEP_NEXT;
	run_debug(run, DEBUG_BIT(DEBUG_EEM_SNMP), "snmp_lib",
		": OUT : trap cEventMgrPolicyEvent intdata1 %d intdata2 %d strdata %s", trap.int1, trap.int2,
		trap.text);
	history_types(run_event(run), entry.types);
	entry.no = history_add(e->traps, &entry);
	snmp_trap_policy(e, &entry, &trap);
	return STEP_NEXT;
}

const struct action action_snmp_trap = {
	.name = "snmp-trap",
	.help = "Send an SNMP trap",
	.kw = trap_kw,
	.args_size = sizeof(struct trap_args),
	.check = trap_check,
	.exec = trap_exec,
};

/* ---- snmp-object-value ---- */

struct value_args {
	struct kw_enum type;
	struct kw_template value, next;
};

static const struct kw value_kw[] = {
	{ .help = "Type of the value",
		.type = &kw_choice,
		KW_AT(struct value_args, type),
		.flags = KW_REQ,
		.choices = object_types },
	{ .help = "Value of the object",
		.type = &kw_template,
		KW_AT(struct value_args, value),
		.flags = KW_REQ },
	{ .word = "next-oid",
		.help = "Object identifier that follows",
		.type = &kw_template,
		KW_AT(struct value_args, next) },
	KW_END,
};

static bool
value_check(struct compile *c, void *args, struct err *err)
{
	const struct value_args *a = args;
	const struct template *t = a->value.t;

	return !t->is_literal || object_value_check((enum object_type)a->type.v, t->text, t->len, err) ||
	       err_wrap(err, "action %s", c->label);
}

/* NULL: the step has failed. Otherwise the identifier in numbers, in ctx. */
static const char *
next_oid(struct run *run, void *ctx, const struct kw_template *t)
{
	const struct snmp_object_data *asked = snmp_object_asked(run_event(run));
	const char *typed = run_expand(run, t, NULL);
	struct err err = ERR_INIT;
	struct object_id id, from;
	struct text out;

	if (typed == NULL)
		return NULL;
	if (!object_id_parse(typed, &id, &err)) {
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_SNMP_OBJECT",
			"Error setting snmp object value: %s", err.text);
		return NULL;
	}
	if (asked != NULL && strcmp(asked->request, "getnext") == 0 &&
		object_id_parse(asked->oid, &from, NULL) && object_id_compare(&id, &from) <= 0) {
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_SNMP_OBJECT",
			"Error setting snmp object value: next-oid %s is not behind %s, which was "
			"asked for",
			typed, asked->oid);
		return NULL;
	}
	text_init(&out, ctx);
	object_id_print(&id, &out);
	return out.s;
}

static enum step
give_value(struct run *run, void *ctx, const struct value_args *a)
{
	struct snmp_reply reply = { .kind = SNMP_REPLY_VALUE, .type = (enum object_type)a->type.v };
	const struct snmp_object_data *asked = snmp_object_asked(run_event(run));
	struct err err = ERR_INIT;
	size_t n;

	reply.value = run_expand(run, &a->value, &n);
	if (reply.value == NULL || (a->next.set && (reply.next = next_oid(run, ctx, &a->next)) == NULL))
		return STEP_FAIL;
	if (!object_value_check(reply.type, reply.value, n, &err))
		return run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_SNMP_OBJECT",
			"Error setting snmp object value: %s", err.text);
	if (asked == NULL)
		return run_fail(run, "FH_ENOSNMPDATA", SEV_ERRORS, "FMPD_SNMP_OBJECT",
			"Error setting snmp object value: this run answers no request");
	if (!snmp_object_value(run_engine(run), asked->id, &reply))
		return run_fail(run, "FH_ENOSNMPDATA", SEV_ERRORS, "FMPD_SNMP_OBJECT",
			"Error setting snmp object value: nobody waits for it any more");
	return STEP_NEXT;
}

static enum step
value_exec(struct run *run, const void *args)
{
	void *ctx = mem_ctx(run_ctx(run), "snmp object value");
	enum step step = give_value(run, ctx, args);

	mem_free(ctx);
	return step;
}

const struct action action_snmp_object_value = {
	.name = "snmp-object-value",
	.help = "object value for snmp request",
	.kw = value_kw,
	.args_size = sizeof(struct value_args),
	.check = value_check,
	.exec = value_exec,
};
