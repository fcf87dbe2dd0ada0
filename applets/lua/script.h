/* Inside applets/lua/, the engine's side: what its files know of each other. */
#ifndef APPLETS_LUA_SCRIPT_H
#define APPLETS_LUA_SCRIPT_H

#include <stdbool.h>
#include <sys/queue.h>

#include <jansson.h>

#include "applets/lua/host.h"
#include "applets/lua/process.h"
#include "applets/lua/scripts.h"
#include "applets/lua/source.h"
#include "bus/correlate.h"
#include "bus/named_timer.h"
#include "cli/kw/kw.h"
#include "sched/policy.h"

struct conf_node;
struct refusal;
struct registration;
struct settled;

struct scripts {
	struct engine *engine;
	const struct language *language;
	LIST_HEAD(, process) processes;
	TAILQ_HEAD(, registration) registrations; /* under way or waiting for their turn */
	LIST_HEAD(, settled) settled;             /* who waits for the end of all of them */
	LIST_HEAD(, refusal) refusals;            /* refusal.c */
	json_t *store;                            /* eem.store: an object */
	size_t stored;                            /* bytes in it, about */
	struct named_timers *timers;              /* eem.timer() */
	bool sandbox_told;
	struct host *ready; /* applets/lua/host.h: it waits for its policy */
	struct timer *soon;
	process_fake_f *fake; /* NULL but in tests */
	void *fake_arg;
};

/* Arguments of `event manager policy`. */
struct policy_args {
	struct kw_str name;
	struct kw_flag authorization, bypass;
	struct kw_enum class;
	struct kw_enum type; /* enum source_place */
	struct kw_flag trap;
};

/* What a registered policy keeps: the text as it was registered. The `args` of its only step. */
struct script {
	struct scripts *scripts;
	const char *text;
	size_t len;
};

/* config.c: the rows. */
void script_rows(struct engine *);

bool script_is_policy_line(const struct conf_node *);
/* Of such a line: its policy ends, and its file as it is now is registered. */
bool script_register_anew(struct engine *, const struct conf_node *line, struct err *);

/*
 * registration.c: runs the file in the mode in which only registering works, arms what it asked for
 * and adds the policy; when that fails the log says why, with file and line. Returns at once.
 */
void registration_start(struct scripts *, const struct policy_args *, const struct source *, uint64_t order);
/* Of one that was just started: its end is told as that of an update. */
void registration_is_update(struct scripts *, const char *name);
void registration_cancel(struct scripts *, const char *name);
bool registration_is_under_way(const struct scripts *, const char *name);

/* refusal.c: what scripts_refusal() answers. */
void refusal_keep(struct scripts *, const char *name, const char *why);
void refusal_forget(struct scripts *, const char *name);

/*
 * trigger.c: what eem.trigger{...} says, its texts in ctx.
 */
bool trigger_from_json(const void *ctx, const json_t *, struct trigger_spec *, struct err *);

/* run.c: the step of every script policy. */
enum step script_exec(struct run *, const void *script);

/* Tells once what the kernel lacks. */
void script_sandbox_told(struct scripts *, bool seccomp, int landlock);

#endif
