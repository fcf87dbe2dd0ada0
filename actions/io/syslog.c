/*
 * action LABEL syslog [facility F] [priority P] msg TEXT: logs %FACILITY-N-LOG: NAME: TEXT
 * (eem-language 6.5); the facility is HA_EM and the level informational unless said otherwise.
 */
#include <ctype.h>

#include "actions/action.h"
#include "actions/io/io.h"
#include "core/text.h"

struct syslog_args {
	struct kw_template facility, priority, msg;
};

static const struct kw syslog_kw[] = {
	{ .word = "facility",
		.help = "Facility of the message",
		.type = &kw_template,
		KW_AT(struct syslog_args, facility) },
	{ .word = "priority",
		.help = "Priority of the message: a level's name or number",
		.type = &kw_operand,
		KW_AT(struct syslog_args, priority) },
	{ .word = "msg",
		.help = "Text of the message",
		.type = &kw_template_rest,
		KW_AT(struct syslog_args, msg),
		.flags = KW_REQ },
	KW_END,
};

static bool
is_facility(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (!isupper((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_' && *s != '-')
			return false;
	}
	return true;
}

static bool
syslog_check(struct compile *c, void *args, struct err *err)
{
	const struct syslog_args *a = args;
	enum severity severity;

	(void)c;
	if (a->priority.set && a->priority.t->is_literal && !severity_parse(a->priority.t->text, &severity))
		return err_set(err, ERR_INVALID, "\"%s\" is not a priority", a->priority.t->text);
	if (a->facility.set && a->facility.t->is_literal && !is_facility(a->facility.t->text))
		return err_set(err, ERR_INVALID, "\"%s\" is not a facility: capitals, digits and '_'",
			a->facility.t->text);
	return true;
}

static enum step
syslog_exec(struct run *run, const void *args)
{
	const struct syslog_args *a = args;
	const char *facility = "HA_EM", *priority, *msg;
	enum severity severity = SEV_INFORMATIONAL;

	if (a->facility.set && (facility = run_expand(run, &a->facility, NULL)) == NULL)
		return STEP_FAIL;
	if (a->priority.set) {
		priority = run_expand(run, &a->priority, NULL);
		if (priority == NULL)
			return STEP_FAIL;
		if (!severity_parse(priority, &severity))
			return run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG", "wrong argument %s",
				priority);
	}
	if (!is_facility(facility))
		return run_fail(
			run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG", "wrong argument %s", facility);
	msg = run_expand(run, &a->msg, NULL);
	if (msg == NULL)
		return STEP_FAIL;
	run_log(run, facility, severity, "LOG", "%s: %s", run_policy(run), msg);
	return STEP_NEXT;
}

const struct action action_syslog = {
	.name = "syslog",
	.help = "Log a syslog message",
	.kw = syslog_kw,
	.args_size = sizeof(struct syslog_args),
	.check = syslog_check,
	.exec = syslog_exec,
};
