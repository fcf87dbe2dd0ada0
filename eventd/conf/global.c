/* Global configuration that belongs to no feature: hostname, service. */
#include "conf/global.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/settings.h"

/* IOS keeps names to the rules of RFC 1035, 63 characters a label. */
enum { HOSTNAME_MAX = 63 };

struct word_args {
	struct kw_str name;
};
struct stamp_args {
	struct kw_flag uptime, datetime, localtime, msec, zone, year;
};
struct no_args {
	struct kw_flag set;
};

/* ---- hostname ---- */

static const struct kw hostname_kw[] = {
	{ .help = "This system's network name",
		.type = &kw_word,
		KW_AT(struct word_args, name),
		.flags = KW_REQ },
	KW_END,
};

const char *
engine_hostname(const struct engine *engine)
{
	return engine->hostname != NULL ? engine->hostname : "Router";
}

static void
hostname_set(struct engine *engine, const char *name, size_t n)
{
	const char *old = engine->hostname;

	engine->hostname = n == 0 ? NULL : mem_strndup(engine->conf, name, n);
	mem_free((void *)(uintptr_t)old);
}

/* Without a line: the settings' name, or the kernel's up to its first dot. */
static void
hostname_default(struct engine *engine)
{
	char kernel[256] = "";

	if (engine->settings != NULL && engine->settings->hostname != NULL) {
		hostname_set(engine, engine->settings->hostname, strlen(engine->settings->hostname));
		return;
	}
	if (gethostname(kernel, sizeof kernel - 1) != 0)
		kernel[0] = '\0';
	hostname_set(engine, kernel, strcspn(kernel, "."));
}

static bool
hostname_adopt(struct engine *engine, void *args, struct err *err)
{
	const char *name = ((struct word_args *)args)->name.s;
	size_t n = strlen(name);

	if (n == 0 || n > HOSTNAME_MAX)
		return err_set(err, ERR_REFUSED, "a host name has 1 to %d characters", HOSTNAME_MAX);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
			return err_set(err, ERR_REFUSED, "Hostname contains one or more illegal characters.");
	return true;
}

static bool
hostname_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const char *name = new == NULL ? NULL : ((const struct word_args *)new->args)->name.s;

	if (name == NULL)
		hostname_default(engine);
	else
		hostname_set(engine, name, strlen(name));
	return true;
}

/* ---- service ---- */

static const struct kw datetime_kw[] = {
	{ .word = "msec", .help = "Include milliseconds in timestamp", KW_AT(struct stamp_args, msec) },
	{ .word = "localtime",
		.help = "Use local time zone for timestamps",
		KW_AT(struct stamp_args, localtime) },
	{ .word = "show-timezone",
		.help = "Add time zone information to timestamp",
		KW_AT(struct stamp_args, zone) },
	{ .word = "year", .help = "Include year in timestamp", KW_AT(struct stamp_args, year) },
	KW_END,
};
static const struct kw stamp_kw[] = {
	{ .word = "datetime",
		.help = "Timestamp with date and time",
		KW_AT(struct stamp_args, datetime),
		.group = 1,
		.sub = datetime_kw },
	{ .word = "uptime",
		.help = "Timestamp with system uptime",
		KW_AT(struct stamp_args, uptime),
		.group = 1 },
	KW_END,
};

#define STAMPS_OF_LOG   "service timestamps log"
#define STAMPS_OF_DEBUG "service timestamps debug"

/* IOS XE stamps with date and milliseconds when nothing is said, with the uptime when no form is. */
static struct stamp_form
stamp_form_of(const struct conf_node *n)
{
	const struct stamp_args *a;

	if (n == NULL)
		return (struct stamp_form){ .msec = true };
	if (n->no)
		return (struct stamp_form){ .off = true };
	a = n->args;
	return (struct stamp_form){ .uptime = !a->datetime.set,
		.localtime = a->localtime.set,
		.msec = a->msec.set,
		.zone = a->zone.set,
		.year = a->year.set };
}

static bool
stamps_apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct stamp_form log = stamp_form_of(conf_find(engine->conf, STAMPS_OF_LOG));
	struct stamp_form debug = stamp_form_of(conf_find(engine->conf, STAMPS_OF_DEBUG));

	if (engine->log != NULL)
		log_set_stamps(engine->log, &log, &debug);
	return true;
}

static bool
sequence_apply(
	struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	if (engine->log != NULL)
		log_set_sequence(engine->log, new != NULL);
	return true;
}

/* ---- the rows ---- */

#define LINE(order_, words_, help_, kw_, args_, ...)                                         \
	{                                                                                    \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = sizeof(args_) }, \
		.mode = "config", .order = order_, __VA_ARGS__                               \
	}
static const struct conf_row rows[] = {
	LINE(10, STAMPS_OF_DEBUG, "Timestamp debug messages", stamp_kw, struct stamp_args, .keep_no = true,
		.apply = stamps_apply),
	LINE(10, STAMPS_OF_LOG, "Timestamp log messages", stamp_kw, struct stamp_args, .keep_no = true,
		.apply = stamps_apply),
	LINE(10, "service sequence-numbers", "Stamp logger messages with a sequence number", NULL,
		struct no_args, .apply = sequence_apply),
	LINE(20, "hostname", "Set system's network name", hostname_kw, struct word_args,
		.adopt = hostname_adopt, .apply = hostname_apply),
	/* Names typed by mistake are never looked up (ios-surfaces 1.2): kept, without an effect. */
	LINE(40, "ip domain lookup", "Enable IP Domain Name System hostname translation", NULL,
		struct no_args, .keep_no = true),
};

void
conf_global_start(struct engine *engine)
{
	struct conf *conf = engine->conf;

	conf_word(conf, "config", "service", "Modify use of network based services");
	conf_word(conf, "config", "service timestamps", "Timestamp debug/log messages");
	conf_word(conf, "config", "ip", "Global IP configuration subcommands");
	conf_word(conf, "config", "ip domain", "IP DNS Resolver");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_global_settings(engine);
}

void
conf_global_settings(struct engine *engine)
{
	if (conf_find(engine->conf, "hostname") == NULL)
		hostname_default(engine);
}
