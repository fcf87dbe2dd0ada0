/* eem.timer(): timers by name that policies set for those that are registered with timer_subscriber. */
#include "bus/named_timer.h"

#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/script.h"

/* The range of `event timer`. */
#define TIME_MIN 1.0
#define TIME_MAX 2085978494.999

static bool
read_kind(const json_t *args, enum alarm_kind *kind, struct err *err)
{
	const char *word = json_string_value(json_object_get(args, "kind"));

	for (*kind = ALARM_WATCHDOG; word != NULL && *kind <= ALARM_CRON; ++*kind)
		if (strcmp(word, alarm_kind_word(*kind)) == 0)
			return true;
	return err_class(err, ERR_INVALID, "FH_EBADFMT",
		"eem.timer: a timer is a watchdog, a countdown, absolute or cron");
}

static const char *
read_name(const json_t *args, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));

	if (name == NULL || *name == '\0')
		err_class(err, ERR_INVALID, "FH_EBADFMT", "eem.timer: a timer has a name");
	return name != NULL && *name != '\0' ? name : NULL;
}

static bool
read_cron(const json_t *args, struct alarm_when *when, struct err *err)
{
	const char *entry = json_string_value(json_object_get(args, "when"));
	struct err why = ERR_INIT;

	if (entry == NULL)
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "a cron timer takes a cron entry");
	if (!cron_parse(entry, &when->cron, &why))
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "%s", why.text);
	if (when->cron.at_reboot)
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "@reboot has no time to wait for");
	return true;
}

static bool
read_when(const json_t *args, struct alarm_when *when, struct err *err)
{
	if (when->kind == ALARM_CRON)
		return read_cron(args, when, err);
	if (!api_seconds(args, "when", TIME_MAX, &when->time, err))
		return false;
	if (when->time < (usec)(TIME_MIN * USEC_PER_SEC))
		return err_class(err, ERR_RANGE, "FH_EBADFMT", "a timer takes one second at least");
	return true;
}

static struct named_timers *
timers(const struct script_run *s)
{
	return api_scripts(s)->timers;
}

static json_t *
left(const struct script_run *s, const char *name, enum alarm_kind kind)
{
	return json_real((double)named_timer_left(timers(s), name, kind) / (double)USEC_PER_SEC);
}

enum served
api_timer_arm(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = read_name(args, err);
	struct alarm_when when = { .time = 0 };

	if (name == NULL || !read_kind(args, &when.kind, err) || !read_when(args, &when, err) ||
		!named_timer_set(timers(s), name, &when, err))
		return SERVED_REFUSED;
	*value = left(s, name, when.kind);
	return SERVED_VALUE;
}

enum served
api_timer_cancel(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	const char *name = read_name(args, err);
	enum alarm_kind kind;

	if (name == NULL || !read_kind(args, &kind, err))
		return SERVED_REFUSED;
	*value = left(s, name, kind);
	named_timer_stop(timers(s), name, kind);
	return SERVED_VALUE;
}
