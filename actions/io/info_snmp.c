/*
 * action LABEL info type snmp ...: objects of agents, read and set; notifications with variables of one's own
 * (eem-language 6.6). The agent is the device's own unless an address is given.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "actions/action.h"
#include "actions/io/info.h"
#include "core/debug.h"
#include "core/mem.h"
#include "snmp/client.h"
#include "snmp/config.h"
#include "snmp/trap.h"

enum {
	AGENT_PORT = 161,
	TRAP_PORT = 162,
	VARS_MAX = 32, /* variables of one name */
};

/* Whom it is about: [community C ipaddr A [udp-port N] [version V] [context C]]. */
struct target_args {
	struct kw_template community, address, context;
	struct kw_int port;
	struct kw_enum release;
};

struct get_args {
	struct target_args target;
	struct kw_template oid;
	struct kw_enum next;
};

struct set_args {
	struct target_args target;
	struct kw_template oid, value;
	struct kw_enum type;
};

struct trap_args {
	struct target_args target;
	struct kw_template enterprise, generic, specific, oid, variables;
};

struct var_args {
	struct kw_template name, oid, value;
	struct kw_enum type;
};

/* ---- failing ---- */

static enum step
fail(struct run *run, const char *error, const char *text)
{
	return run_fail(run, error, SEV_ERRORS, "FMPD_ACTION_INFO",
		"Error attempting to fetch snmp information: %s", text);
}

static enum step
fail_with(struct run *run, const struct err *err)
{
	return fail(run, err->class[0] != '\0' ? err->class : "FH_EBADFMT", err->text);
}

/* ---- whom, and what ---- */

/* False: the step has failed. */
static bool
find_target(
	struct run *run, const void *ctx, const struct target_args *a, uint16_t port, struct snmp_peer *peer)
{
	struct err err = ERR_INIT;
	unsigned char bits[16];

	if (!a->address.set && !a->community.set) {
		if (snmp_config_agent(run_engine(run), ctx, peer, &err))
			return true;
		fail_with(run, &err);
		return false;
	}
	*peer = (struct snmp_peer){ .address = "127.0.0.1",
		.port = a->port.set ? (uint16_t)a->port.v : port,
		.release = a->release.set ? (enum snmp_release)a->release.v : SNMP_RELEASE_2C };
	if (a->address.set && (peer->address = run_expand(run, &a->address, NULL)) == NULL)
		return false;
	if (inet_pton(AF_INET, peer->address, bits) != 1 && inet_pton(AF_INET6, peer->address, bits) != 1) {
		err_set(&err, ERR_INVALID, "'%.80s' is no IP address", peer->address);
		fail_with(run, &err);
		return false;
	}
	if (a->community.set && (peer->name = run_expand(run, &a->community, NULL)) == NULL)
		return false;
	if (!a->community.set)
		err_set(&err, ERR_INVALID, "an address needs a community");
	else if (peer->release == SNMP_RELEASE_3 &&
		 !snmp_config_user_level(run_engine(run), peer->name, &peer->secured))
		err_class(&err, ERR_CONFIG, "FH_ENOSNMPDATA", "no SNMPv3 user %s is configured", peer->name);
	if (err.code != ERR_NONE)
		fail_with(run, &err);
	return err.code == ERR_NONE;
}

/* The context of a set also goes to the device's own agent. False: the step has failed. */
static bool
find_context(struct run *run, const struct target_args *a, struct snmp_peer *peer)
{
	return !a->context.set || (peer->context = run_expand(run, &a->context, NULL)) != NULL;
}

/* An identifier in numbers, in ctx; NULL: the step has failed. */
static const char *
find_oid(struct run *run, const void *ctx, const struct kw_template *t)
{
	const char *typed = run_expand(run, t, NULL);
	struct err err = ERR_INIT;
	struct object_id id;
	struct text out;

	if (typed == NULL)
		return NULL;
	if (!object_id_parse(typed, &id, &err)) {
		fail_with(run, &err);
		return NULL;
	}
	text_init(&out, ctx);
	object_id_print(&id, &out);
	return out.s;
}

/* A value of the type, in ctx. False: the step has failed. */
static bool
find_value(struct run *run, const void *ctx, const struct kw_template *t, struct snmp_var *var)
{
	struct err err = ERR_INIT;
	const char *value = run_expand(run, t, &var->len);

	if (value == NULL)
		return false;
	if (!object_value_check(var->type, value, var->len, &err)) {
		fail_with(run, &err);
		return false;
	}
	var->value = mem_dup(ctx, value, var->len + 1); /* it may hold NULs */
	return true;
}

/* ---- waiting for an answer ---- */

/* debug event manager action snmp; communities are not shown. */
static void
trace_job(struct run *run, const struct snmp_job *job)
{
	static const char *const ops[] = { "get", "getnext", "set", "inform" }; /* ORDER: enum snmp_op */
	const struct snmp_peer *to = &job->peers[0];

	for (size_t i = 0; i < job->nvars; i++)
		run_debug(run, DEBUG_BIT(DEBUG_EEM_SNMP), "snmp_lib", ": OUT : %s %s%s%s to %s:%u",
			ops[job->op], job->vars[i].oid, job->vars[i].value != NULL ? " = " : "",
			job->vars[i].value != NULL ? job->vars[i].value : "", to->address, to->port);
}

static void
trace_answer(struct run *run, const struct snmp_answer *answer)
{
	if (answer->err.code != ERR_NONE)
		run_debug(run, DEBUG_BIT(DEBUG_EEM_SNMP), "snmp_lib", ": CTL : %s", answer->err.text);
	for (size_t i = 0; i < answer->nvars; i++)
		run_debug(run, DEBUG_BIT(DEBUG_EEM_SNMP), "snmp_lib", ": IN  : %s = %s", answer->vars[i].oid,
			answer->vars[i].value);
}

struct asking {
	struct run *run;
	void (*take)(struct run *, const struct snmp_answer *); /* NULL: nothing to keep */
};

static void
on_answer(void *arg, const struct snmp_answer *answer)
{
	struct asking *a = arg;
	struct run *run = a->run;

	trace_answer(run, answer);
	if (answer->err.code != ERR_NONE) {
		run_resume_failed(run, answer->err.class, SEV_ERRORS, "FMPD_ACTION_INFO",
			"Error attempting to fetch snmp information: %s", answer->err.text);
		return;
	}
	if (a->take != NULL)
		a->take(run, answer);
	run_resume(run, NULL);
}

static enum step
ask(struct run *run, const struct snmp_job *job, void (*take)(struct run *, const struct snmp_answer *))
{
	struct asking *a = mem_new(run_ctx(run), struct asking);

	a->run = run;
	a->take = take;
	trace_job(run, job);
	snmp_submit(a, run_engine(run)->snmp, job, on_answer, a);
	return run_wait(run, NULL, NULL);
}

/* ---- oid, getid, set ---- */

static void
set_object(struct run *run, const struct snmp_var *v)
{
	run_var_set(run, "_info_snmp_oid", v->oid, strlen(v->oid));
	run_var_set(run, "_info_snmp_value", v->value, v->len);
}

static void
take_object(struct run *run, const struct snmp_answer *answer)
{
	if (answer->nvars > 0)
		set_object(run, &answer->vars[0]);
}

static enum step
get_exec(struct run *run, const void *args)
{
	const struct get_args *a = args;
	void *ctx = mem_ctx(run_ctx(run), "snmp get");
	struct snmp_peer peer;
	struct snmp_var var = { .oid = find_oid(run, ctx, &a->oid) };
	struct snmp_job job = { .op = a->next.v ? SNMP_OP_NEXT : SNMP_OP_GET,
		.peers = &peer,
		.npeers = 1,
		.vars = &var,
		.nvars = 1 };
	enum step step = STEP_FAIL;

	var.type = OBJECT_NONE;
	if (var.oid != NULL && find_target(run, ctx, &a->target, AGENT_PORT, &peer) &&
		find_context(run, &a->target, &peer))
		step = ask(run, &job, take_object);
	mem_free(ctx);
	return step;
}

/* The system group: what `getid` reads beside its object, and the variables that it sets. */
static const char system_oid[] = "1.3.6.1.2.1.1";
static const struct {
	const char *oid, *name;
} system_group[] = {
	{ "1.3.6.1.2.1.1.1.0", "sysdescr" },
	{ "1.3.6.1.2.1.1.2.0", "sysobjectid" },
	{ "1.3.6.1.2.1.1.3.0", "sysuptime" },
	{ "1.3.6.1.2.1.1.4.0", "syscontact" },
	{ "1.3.6.1.2.1.1.5.0", "sysname" },
	{ "1.3.6.1.2.1.1.6.0", "syslocation" },
};
enum { SYSTEM_GROUP = sizeof system_group / sizeof *system_group };

static void
take_system(struct run *run, const struct snmp_answer *answer)
{
	char name[64];

	for (size_t i = 0; i < answer->nvars && i < SYSTEM_GROUP; i++) {
		const struct snmp_var *v = &answer->vars[i];

		snprintf(name, sizeof name, "_info_snmp_%s_oid", system_group[i].name);
		run_var_set(run, name, v->oid, strlen(v->oid));
		snprintf(name, sizeof name, "_info_snmp_%s_value", system_group[i].name);
		run_var_set(run, name, v->value, v->len);
	}
	if (answer->nvars > SYSTEM_GROUP)
		set_object(run, &answer->vars[SYSTEM_GROUP]);
}

/* The object, and with the same request the system group that says whose it is; or the group alone. */
static enum step
getid_exec(struct run *run, const void *args)
{
	const struct get_args *a = args;
	void *ctx = mem_ctx(run_ctx(run), "snmp getid");
	struct snmp_peer peer;
	struct snmp_var vars[SYSTEM_GROUP + 1];
	struct snmp_job job = {
		.op = SNMP_OP_GET, .peers = &peer, .npeers = 1, .vars = vars, .nvars = SYSTEM_GROUP
	};
	const char *oid = find_oid(run, ctx, &a->oid);
	enum step step = STEP_FAIL;

	for (size_t i = 0; i < SYSTEM_GROUP; i++)
		vars[i] = (struct snmp_var){ system_group[i].oid, OBJECT_NONE, NULL, 0 };
	if (oid != NULL && strcmp(oid, system_oid) != 0)
		vars[job.nvars++] = (struct snmp_var){ oid, OBJECT_NONE, NULL, 0 };
	if (oid != NULL && find_target(run, ctx, &a->target, AGENT_PORT, &peer) &&
		find_context(run, &a->target, &peer))
		step = ask(run, &job, take_system);
	mem_free(ctx);
	return step;
}

static enum step
set_exec(struct run *run, const void *args)
{
	const struct set_args *a = args;
	void *ctx = mem_ctx(run_ctx(run), "snmp set");
	struct snmp_peer peer;
	struct snmp_var var = { .oid = find_oid(run, ctx, &a->oid), .type = (enum object_type)a->type.v };
	struct snmp_job job = { .op = SNMP_OP_SET, .peers = &peer, .npeers = 1, .vars = &var, .nvars = 1 };
	enum step step = STEP_FAIL;

	if (var.oid != NULL && find_value(run, ctx, &a->value, &var) &&
		find_target(run, ctx, &a->target, AGENT_PORT, &peer) && find_context(run, &a->target, &peer))
		step = run_is_live(run) ? ask(run, &job, take_object) : STEP_NEXT;
	mem_free(ctx);
	return step;
}

/* ---- var, trap, inform ---- */

/* The variables that a run has laid down under one name. */
struct list {
	const char *name;
	struct snmp_var v[VARS_MAX];
	size_t n;
	struct list *next;
};

static const char lists_key;

static struct list *
find_list(const struct run *run, const char *name)
{
	struct list *l = run_get(run, &lists_key);

	while (l != NULL && strcmp(l->name, name) != 0)
		l = l->next;
	return l;
}

static struct list *
make_list(struct run *run, const char *name)
{
	struct list *l = find_list(run, name);

	if (l != NULL)
		return l;
	l = mem_new(run_ctx(run), struct list);
	l->name = mem_strdup(l, name);
	l->next = run_get(run, &lists_key);
	run_put(run, &lists_key, l);
	return l;
}

static enum step
var_exec(struct run *run, const void *args)
{
	const struct var_args *a = args;
	const char *name = run_expand(run, &a->name, NULL);
	struct snmp_var var = { .type = (enum object_type)a->type.v };
	struct list *l;

	if (name == NULL)
		return STEP_FAIL;
	l = make_list(run, name);
	if ((var.oid = find_oid(run, l, &a->oid)) == NULL || !find_value(run, l, &a->value, &var))
		return STEP_FAIL;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].oid, var.oid) == 0)
			return run_fail(run, "FH_EDUPLICATEKEY", SEV_INFORMATIONAL, "FMPD_SNMP_DUP_OID",
				"duplicate oid");
	if (l->n == VARS_MAX)
		return run_fail(run, "FH_ESUBSEXCEED", SEV_INFORMATIONAL, "FMPD_SNMP_VARS_EXCEEDED",
			"number of trap variables exceeds maximum");
	l->v[l->n++] = var;
	return STEP_NEXT;
}

/* NULL: the step has failed. */
static const struct list *
named_list(struct run *run, const struct kw_template *t)
{
	const char *name = run_expand(run, t, NULL);
	const struct list *l;

	if (name == NULL)
		return NULL;
	l = find_list(run, name);
	if (l == NULL || l->n == 0) {
		run_fail(run, "FH_ENOSUCHKEY", SEV_INFORMATIONAL, "FMPD_SNMP_NO_VAR",
			"No snmp variables found: %s", name);
		return NULL;
	}
	return l;
}

static bool
find_number(struct run *run, const struct kw_template *t, int32_t *out)
{
	int64_t v;

	if (run_expand_int(run, t, &v) == IS_MISSING)
		return false;
	if (v >= 0 && v <= INT32_MAX) {
		*out = (int32_t)v;
		return true;
	}
	fail(run, "FH_EBADFMT", "a trap number is from 0 to 2147483647");
	return false;
}

static enum step
trap_exec(struct run *run, const void *args)
{
	const struct trap_args *a = args;
	struct engine *e = run_engine(run);
	void *ctx = mem_ctx(run_ctx(run), "snmp trap");
	struct snmp_notice notice = { .uptime = snmp_uptime(e) };
	const struct list *l = NULL;
	bool fine = (notice.enterprise = find_oid(run, ctx, &a->enterprise)) != NULL &&
		    find_number(run, &a->generic, &notice.generic) &&
		    find_number(run, &a->specific, &notice.specific) &&
		    (notice.oid = find_oid(run, ctx, &a->oid)) != NULL &&
		    (l = named_list(run, &a->variables)) != NULL;

	if (fine && run_is_live(run))
		snmp_trap_send(e, run_policy(run), run_cause(run), &notice,
			(struct snmp_var *)(uintptr_t)l->v, l->n);
	mem_free(ctx);
	return fine ? STEP_NEXT : STEP_FAIL;
}

/* An inform goes to one manager, and the run waits until it has confirmed. */
static enum step
inform_exec(struct run *run, const void *args)
{
	const struct trap_args *a = args;
	struct engine *e = run_engine(run);
	void *ctx = mem_ctx(run_ctx(run), "snmp inform");
	struct snmp_peer peer = { .inform = true };
	struct snmp_job job = { .op = SNMP_OP_NOTIFY, .peers = &peer, .npeers = 1 };
	const char *oid = find_oid(run, ctx, &a->oid);
	const struct list *l = NULL;
	struct err err = ERR_INIT;
	enum step step = STEP_FAIL;

	if (oid != NULL && (l = named_list(run, &a->variables)) != NULL &&
		find_target(run, ctx, &a->target, TRAP_PORT, &peer)) {
		peer.inform = true;
		job.vars = (struct snmp_var *)(uintptr_t)l->v;
		job.nvars = l->n;
		if (!snmp_notice_of(ctx, e, oid, &job.notice, &err))
			step = fail_with(run, &err);
		else
			step = run_is_live(run) ? ask(run, &job, NULL) : STEP_NEXT;
	}
	mem_free(ctx);
	return step;
}

/* ---- the words ---- */

static const struct kw_alternative get_types[] = {
	{ "exact", "The object itself", 0, false },
	{ "next", "The object behind it", 1, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative target_releases[] = {
	{ "1", "SNMPv1", SNMP_RELEASE_1, false },
	{ "2c", "SNMPv2c", SNMP_RELEASE_2C, false },
	{ "3", "SNMPv3: the community is the name of a user", SNMP_RELEASE_3, false },
	{ NULL, NULL, 0, false },
};
/* Version 1 has no informs. */
static const struct kw_alternative inform_releases[] = {
	{ "2c", "SNMPv2c", SNMP_RELEASE_2C, false },
	{ "3", "SNMPv3: the community is the name of a user", SNMP_RELEASE_3, false },
	{ NULL, NULL, 0, false },
};

#define ARG(type_, word_, help_, field_, kind_, ...)                                            \
	{                                                                                       \
		.word = word_, .help = help_, .type = &kind_, KW_AT(type_, field_), __VA_ARGS__ \
	}

#define TARGET_ROWS(type_, flags_, port_, releases_)                                                    \
	ARG(type_, "community", "SNMP community string; with version 3 the name of a user",             \
		target.community, kw_operand, .flags = KW_SECRET | (flags_)),                           \
		ARG(type_, "ipaddr", "IP address of the SNMP entity", target.address, kw_operand,       \
			.flags = (flags_)),                                                             \
		ARG(type_, "udp-port", "UDP port of the SNMP entity", target.port, kw_number, .min = 1, \
			.max = 65535, .dflt = (port_), .has_dflt = true),                               \
		ARG(type_, "version", "SNMP version", target.release, kw_choice, .choices = releases_,  \
			.dflt = SNMP_RELEASE_2C, .has_dflt = true),                                     \
		ARG(type_, "context", "SNMPv3 context", target.context, kw_operand)

static const struct kw get_kw[] = {
	ARG(struct get_args, NULL, "Object identifier", oid, kw_operand, .flags = KW_REQ),
	ARG(struct get_args, "get-type", "Type of get operation", next, kw_choice, .flags = KW_REQ | KW_SEQ,
		.choices = get_types),
	TARGET_ROWS(struct get_args, 0, AGENT_PORT, target_releases),
	KW_END,
};
static const struct kw getid_kw[] = {
	ARG(struct get_args, NULL, "Object identifier", oid, kw_operand, .flags = KW_REQ),
	TARGET_ROWS(struct get_args, 0, AGENT_PORT, target_releases),
	KW_END,
};
static const struct kw set_kw[] = {
	ARG(struct set_args, "oid", "Object to set", oid, kw_operand, .flags = KW_REQ | KW_SEQ),
	ARG(struct set_args, "oid-type", "Type of the object", type, kw_choice, .flags = KW_REQ | KW_SEQ,
		.choices = object_types),
	ARG(struct set_args, NULL, "Value of the object", value, kw_template, .flags = KW_REQ),
	TARGET_ROWS(struct set_args, 0, AGENT_PORT, target_releases),
	KW_END,
};
static const struct kw trap_kw[] = {
	ARG(struct trap_args, "enterprise-oid", "Enterprise of the trap", enterprise, kw_operand,
		.flags = KW_REQ),
	ARG(struct trap_args, "generic-trapnum", "Generic trap number", generic, kw_operand, .flags = KW_REQ),
	ARG(struct trap_args, "specific-trapnum", "Specific trap number", specific, kw_operand,
		.flags = KW_REQ),
	ARG(struct trap_args, "trap-oid", "Identifier of the trap", oid, kw_operand, .flags = KW_REQ),
	ARG(struct trap_args, "trap-var", "Name of the variables that it carries", variables, kw_operand,
		.flags = KW_REQ),
	KW_END,
};
static const struct kw inform_kw[] = {
	ARG(struct trap_args, "trap-oid", "Identifier of the notification", oid, kw_operand, .flags = KW_REQ),
	ARG(struct trap_args, "trap-var", "Name of the variables that it carries", variables, kw_operand,
		.flags = KW_REQ),
	TARGET_ROWS(struct trap_args, KW_REQ, TRAP_PORT, inform_releases),
	KW_END,
};
static const struct kw var_kw[] = {
	ARG(struct var_args, NULL, "Name of the variables", name, kw_operand, .flags = KW_REQ),
	ARG(struct var_args, "oid", "Object identifier", oid, kw_operand, .flags = KW_REQ | KW_SEQ),
	ARG(struct var_args, "oid-type", "Type of the object", type, kw_choice, .flags = KW_REQ | KW_SEQ,
		.choices = object_types),
	ARG(struct var_args, NULL, "Value of the object", value, kw_template, .flags = KW_REQ),
	KW_END,
};

const struct kw info_snmp_kw[] = {
	INFO_KIND("getid", "An object, and the system group of the SNMP entity", getid_kw, struct get_args,
		getid_exec),
	INFO_KIND("inform", "Send an inform request", inform_kw, struct trap_args, inform_exec),
	INFO_KIND("oid", "Value of an object", get_kw, struct get_args, get_exec),
	INFO_KIND("set", "Set an object", set_kw, struct set_args, set_exec),
	INFO_KIND("trap", "Send a trap", trap_kw, struct trap_args, trap_exec),
	INFO_KIND("var", "Variable for a trap", var_kw, struct var_args, var_exec),
	KW_END,
};

bool
info_snmp_typed(const struct kw *row, const void *args, struct err *err)
{
	const struct target_args *t = args; /* first of all but var */
	bool is_var = strcmp(row->word, "var") == 0;

	if (!is_var && !t->community.set && !t->address.set && (t->port.set || t->release.set))
		return err_set(err, ERR_REFUSED,
			"'%s' belongs to 'community' and 'ipaddr': the device's own agent is configured by "
			"itself",
			t->port.set ? "udp-port" : "version");
	if (is_var || t->community.set == t->address.set)
		return true;
	err_set(err, ERR_INCOMPLETE, "Incomplete command.");
	err_hint(err, "'%s' is missing%s", t->community.set ? "ipaddr" : "community",
		!t->community.set && t->release.set && t->release.v == SNMP_RELEASE_3
			? ": with version 3 it takes the name of the user"
			: "");
	return false;
}
