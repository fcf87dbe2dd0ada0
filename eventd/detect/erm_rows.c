/*
 * resource policy: the lines of IOS's Embedded Resource Manager, with the resources that Linux has. The
 * whole block is read anew whenever one of its lines changes.
 */
#include "detect/erm.h"

#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"

enum { ORDER_ERM = 630 };

static const char MODE[] = "config-erm", POLICY_MODE[] = "config-erm-policy",
		  NODE_MODE[] = "config-policy-node", CPU_MODE[] = "config-owner-cpu",
		  MEMORY_MODE[] = "config-owner-memory", HOST_MODE[] = "config-owner-host";

struct name_args {
	struct kw_str name;
	struct kw_flag global;
};

struct owner_args {
	struct kw_enum kind;
	struct kw_str path;
};

struct level_args {
	struct kw_int rising, falling;
	struct kw_time rising_time, falling_time;
	struct kw_flag global;
};

static const struct kw policy_kw[] = {
	{ .help = "Name of the policy",
		.type = &kw_word,
		KW_AT(struct name_args, name),
		.flags = KW_REQ | KW_KEY },
	{ .word = "global", .help = "A policy of the whole device", KW_AT(struct name_args, global) },
	KW_END,
};

static const struct kw user_kw[] = {
	{ .help = "Policy that is applied",
		.type = &kw_word,
		KW_AT(struct name_args, name),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

/* ---- resources ---- */

static const struct kw_alternative cpu_kinds[] = {
	{ "interrupt", "Time in interrupts, of all processors", USAGE_CPU_INTERRUPT, false },
	{ "pressure", "Time that tasks wait for a processor", USAGE_CPU_PRESSURE, false },
	{ "process", "Time in processes, of all processors", USAGE_CPU_PROCESS, false },
	{ "total", "Time that is not idle, of all processors", USAGE_CPU_TOTAL, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative memory_kinds[] = {
	{ "pressure", "Time that tasks wait for memory", USAGE_MEMORY_PRESSURE, false },
	{ "processor", "Memory that is not available", USAGE_MEMORY, false },
	{ NULL, NULL, 0, false },
};

static const struct kw_alternative io_kinds[] = {
	{ "pressure", "Time that tasks wait for storage", USAGE_IO_PRESSURE, false },
	{ NULL, NULL, 0, false },
};

#define OWNER_KIND(name_, kinds_)                                                  \
	static const struct kw name_[] = { { .help = "What of it",                 \
						   .type = &kw_choice,             \
						   KW_AT(struct owner_args, kind), \
						   .flags = KW_REQ | KW_KEY,       \
						   .choices = kinds_ },            \
		KW_END }

OWNER_KIND(cpu_kw, cpu_kinds);
OWNER_KIND(memory_kw, memory_kinds);
OWNER_KIND(io_kw, io_kinds);

static const struct kw filesystem_kw[] = {
	{ .help = "Path on the file system",
		.type = &kw_word,
		KW_AT(struct owner_args, path),
		.flags = KW_REQ | KW_KEY },
	KW_END,
};

static bool
filesystem_adopt(struct engine *e, void *args, struct err *err)
{
	const struct owner_args *a = args;

	return a->path.s[0] == '/' || err_set(err, ERR_REFUSED, "The path of a file system begins with '/'");
}

/* ---- levels ---- */

static const struct kw rising_kw[] = {
	{ .word = "interval",
		.help = "Seconds that the value has to stay there; it is sampled each 5",
		.type = &kw_seconds,
		KW_AT(struct level_args, rising_time),
		.max = 86400 * USEC_PER_SEC },
	KW_END,
};

static const struct kw falling_kw[] = {
	{ .word = "interval",
		.help = "Seconds that the value has to stay there; it is sampled each 5",
		.type = &kw_seconds,
		KW_AT(struct level_args, falling_time),
		.max = 86400 * USEC_PER_SEC },
	KW_END,
};

static const struct kw level_kw[] = {
	{ .word = "rising",
		.help = "Threshold in percent at which the level is reached",
		.type = &kw_number,
		KW_AT(struct level_args, rising),
		.flags = KW_REQ | KW_SEQ,
		.min = 1,
		.max = 100,
		.sub = rising_kw },
	{ .word = "falling",
		.help = "Threshold in percent at which it is over; without it one below",
		.type = &kw_number,
		KW_AT(struct level_args, falling),
		.flags = KW_SEQ,
		.max = 100,
		.sub = falling_kw },
	{ .word = "global",
		.help = "Of the whole device",
		KW_AT(struct level_args, global),
		.flags = KW_SEQ },
	KW_END,
};

static bool
level_adopt(struct engine *e, void *args, struct err *err)
{
	const struct level_args *a = args;

	if (a->falling.set && a->falling.v >= a->rising.v)
		return err_set(err, ERR_REFUSED, "The falling threshold must be below the rising one");
	return true;
}

/* ---- what the lines come to ---- */

static const char *
words_of(const struct conf_node *n)
{
	return n->row->cmd.words;
}

static void
read_level(struct erm_owner *o, const struct conf_node *n)
{
	const struct level_args *a = n->args;
	struct erm_limit *l;
	int level = 0;

	while (level < ERM_CRITICAL && strcmp(words_of(n), erm_level_name((enum erm_level)level)) != 0)
		level++;
	l = &o->limits[level];
	l->set = true;
	l->rising = (int)a->rising.v;
	l->falling = a->falling.set ? (int)a->falling.v : l->rising - 1;
	l->rising_time = a->rising_time.set ? a->rising_time.v : 0;
	l->falling_time = a->falling_time.set ? a->falling_time.v : 0;
}

static enum usage_kind
kind_of(const struct conf_node *n)
{
	static const struct {
		const char *words;
		enum usage_kind kind;
	} rows[] = {
		{ "filesystem", USAGE_FILESYSTEM },
		{ "files", USAGE_FILES },
		{ "processes", USAGE_PROCESSES },
		{ "conntrack", USAGE_CONNTRACK },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(words_of(n), rows[i].words) == 0)
			return rows[i].kind;
	return (enum usage_kind)((const struct owner_args *)n->args)->kind.v;
}

static struct erm_owner *
read_owner(struct erm_policy *p, const struct conf_node *n)
{
	struct erm_owner *o = mem_new(p, struct erm_owner);

	o->kind = kind_of(n);
	if (o->kind == USAGE_FILESYSTEM)
		o->path = mem_strdup(o, ((const struct owner_args *)n->args)->path.s);
	for (const struct conf_node *l = n->first; l != NULL; l = l->next)
		read_level(o, l);
	return o;
}

static struct erm_policy *
read_policy(const void *ctx, const struct conf_node *n)
{
	struct erm_policy *p = mem_new(ctx, struct erm_policy);
	struct erm_owner **end = &p->owners;

	p->name = mem_strdup(p, ((const struct name_args *)n->args)->name.s);
	for (const struct conf_node *system = n->first; system != NULL; system = system->next)
		for (const struct conf_node *o = system->first; o != NULL; o = o->next) {
			*end = read_owner(p, o);
			end = &(*end)->next;
		}
	for (const struct conf_node *other = n->parent->first; other != NULL; other = other->next)
		if (strcmp(words_of(other), "user global") == 0 &&
			strcmp(((const struct name_args *)other->args)->name.s, p->name) == 0)
			p->applied = true;
	return p;
}

static bool
erm_apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	struct erm *erm = erm_of(e);
	struct erm_policy *policies = NULL, **end = &policies;

	for (const struct conf_node *n = new == NULL ? NULL : new->first; n != NULL; n = n->next)
		if (strcmp(words_of(n), "policy") == 0) {
			*end = read_policy(erm, n);
			end = &(*end)->next;
		}
	erm_replace(erm, policies);
	return true;
}

/* ---- words of IOS that Linux has nothing for ---- */

static bool
begins(const char *line, const char *words)
{
	line += strspn(line, " ");
	return strncasecmp(line, words, strlen(words)) == 0;
}

static const char *
erm_hint(const char *line)
{
	if (begins(line, "policy"))
		return "policies are of the whole device: 'policy NAME global'; single processes are watched "
		       "by 'event ioswdsysmon'";
	return begins(line, "user") ? "policies are of the whole device: 'user global NAME'" : NULL;
}

static const char *
node_hint(const char *line)
{
	if (begins(line, "buffer"))
		return "Linux has no pools of packet buffers; 'memory processor' is all the memory there is";
	return begins(line, "memory io") ? "Linux has one memory for everything: 'memory processor'" : NULL;
}

/* ---- rows ---- */

#define LEVEL_ROW(mode_, words_, help_, order_)                      \
	{                                                            \
		.cmd = { .words = words_,                            \
			.help = help_,                               \
			.kw = level_kw,                              \
			.size = sizeof(struct level_args),           \
			.level = 15 },                               \
		.mode = mode_, .order = order_, .adopt = level_adopt \
	}
#define LEVEL_ROWS(mode_)                                                                               \
	LEVEL_ROW(mode_, "critical", "Critical level", 1), LEVEL_ROW(mode_, "major", "Major level", 2), \
		LEVEL_ROW(mode_, "minor", "Minor level", 3)
#define OWNER_ROW(words_, help_, kw_, enters_, order_, ...)                        \
	{                                                                          \
		.cmd = { .words = words_,                                          \
			.help = help_,                                             \
			.kw = kw_,                                                 \
			.size = sizeof(struct owner_args),                         \
			.level = 15 },                                             \
		.mode = NODE_MODE, .enters = enters_, .order = order_, __VA_ARGS__ \
	}

static const struct conf_row rows[] = {
	{ .cmd = { .words = "resource policy", .help = "Resource policies", .level = 15 },
		.mode = "config",
		.enters = MODE,
		.order = ORDER_ERM,
		.apply = erm_apply },
	{ .cmd = { .words = "policy",
		  .help = "A policy",
		  .kw = policy_kw,
		  .size = sizeof(struct name_args),
		  .level = 15 },
		.mode = MODE,
		.enters = POLICY_MODE,
		.order = 1 },
	{ .cmd = { .words = "user global",
		  .help = "Applies a policy to the whole device",
		  .kw = user_kw,
		  .size = sizeof(struct name_args),
		  .level = 15 },
		.mode = MODE,
		.order = 2 },
	{ .cmd = { .words = "system", .help = "Resources of the device", .level = 15 },
		.mode = POLICY_MODE,
		.enters = NODE_MODE,
		.order = 1 },
	OWNER_ROW("cpu", "Processors", cpu_kw, CPU_MODE, 1, .sorted = true),
	OWNER_ROW("memory", "Memory", memory_kw, MEMORY_MODE, 2, .sorted = true),
	OWNER_ROW("io", "Storage", io_kw, HOST_MODE, 3, .sorted = true),
	OWNER_ROW("filesystem", "A file system", filesystem_kw, HOST_MODE, 4, .sorted = true,
		.adopt = filesystem_adopt),
	OWNER_ROW("files", "Open files of the whole device", NULL, HOST_MODE, 5, .sorted = false),
	OWNER_ROW("processes", "Processes and threads", NULL, HOST_MODE, 6, .sorted = false),
	OWNER_ROW("conntrack", "Table of tracked connections", NULL, HOST_MODE, 7, .sorted = false),
	LEVEL_ROWS(CPU_MODE),
	LEVEL_ROWS(MEMORY_MODE),
	LEVEL_ROWS(HOST_MODE),
};

void
erm_rows(struct conf *conf)
{
	static const struct conf_mode modes[] = {
		{ .name = MODE, .parent = "config" },
		{ .name = POLICY_MODE, .parent = MODE },
		{ .name = NODE_MODE, .parent = POLICY_MODE },
		{ .name = CPU_MODE, .parent = NODE_MODE },
		{ .name = MEMORY_MODE, .parent = NODE_MODE },
		{ .name = HOST_MODE, .parent = NODE_MODE },
	};

	conf_modes(conf, modes, sizeof modes / sizeof *modes);
	conf_word(conf, "config", "resource", "Resource policies");
	conf_word(conf, MODE, "user", "Applies a policy");
	conf_rows(conf, rows, sizeof rows / sizeof *rows);
	conf_hints(conf, MODE, erm_hint);
	conf_hints(conf, NODE_MODE, node_hint);
}
