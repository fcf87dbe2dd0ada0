/* What all Lua policies of an engine share. */
#include "applets/lua/scripts.h"

#include <string.h>

#include "applets/lua/script.h"
#include "core/log.h"
#include "core/mem.h"

static int
scripts_free(void *p)
{
	json_decref(((struct scripts *)p)->store);
	return 0;
}

void
scripts_start(const void *ctx, struct engine *engine, const struct language *language)
{
	struct scripts *s = mem_new(ctx, struct scripts);

	s->engine = engine;
	s->language = language;
	s->store = json_object();
	s->timers = named_timers_new(s, engine);
	LIST_INIT(&s->processes);
	TAILQ_INIT(&s->registrations);
	LIST_INIT(&s->settled);
	LIST_INIT(&s->refusals);
	mem_on_free(s, scripts_free);
	engine->scripts = s;
	script_rows(engine);
}

void
script_sandbox_told(struct scripts *s, bool seccomp, int landlock)
{
	const char *missing = seccomp ? (landlock > 0 ? NULL : "Landlock")
				      : (landlock > 0 ? "seccomp" : "seccomp and Landlock");

	if (s->sandbox_told || missing == NULL)
		return;
	s->sandbox_told = true;
	log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_SANDBOX",
		"eventd-lua runs policies without %s, which this kernel does not have; its other limits hold",
		missing);
}

void
scripts_each_available(
	struct engine *engine, bool system, void (*f)(void *arg, const char *name, usec created), void *arg)
{
	source_each(engine, system ? SOURCE_SYSTEM : SOURCE_USER, f, arg);
}

const char *
scripts_text(const void *ctx, struct engine *engine, const char *name, size_t *len, struct err *err)
{
	struct source source;

	if (!source_find(ctx, engine, name, &source, err))
		return NULL;
	*len = source.len;
	return source.text;
}
