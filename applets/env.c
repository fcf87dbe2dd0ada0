/* The environment of all policies: names and plain values, in order of definition. */
#include "applets/env.h"

#include <string.h>

#include <uthash.h>

#include "core/debug.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redact.h"
#include "store/secret.h"

struct entry {
	const char *name;
	char *value;
	size_t len;
	char *secret; /* the password in it that redaction knows; NULL = none */
	UT_hash_handle hh;
};

struct environment {
	struct engine *engine;
	struct entry *by_name; /* uthash keeps the order of insertion */
};

static void
forget(struct environment *env, struct entry *e)
{
	if (e->secret)
		redact_forget(env->engine->redact, e->secret);
	mem_free(e->secret);
	mem_free(e->value);
	e->secret = NULL;
}

static void
learn(struct environment *env, struct entry *e)
{
	size_t start, end;

	if (!secret_find(e->value, &start, &end))
		return;
	e->secret = mem_secret(e, e->value + start, end - start);
	redact_learn(env->engine->redact, e->secret);
}

static int
environment_free(void *arg)
{
	struct environment *env = arg;
	struct entry *e, *next;

	HASH_ITER (hh, env->by_name, e, next) {
		HASH_DEL(env->by_name, e);
		forget(env, e);
	}
	return 0;
}

struct environment *
environment_new(const void *ctx, struct engine *engine)
{
	struct environment *env = mem_new(ctx, struct environment);

	env->engine = engine;
	mem_on_free(env, environment_free);
	return env;
}

static struct entry *
find(const struct environment *env, const char *name)
{
	struct entry *e;

	HASH_FIND_STR(env->by_name, name, e);
	return e;
}

const char *
environment_get(const struct environment *env, const char *name, size_t *len)
{
	const struct entry *e = find(env, name);

	if (e && len)
		*len = e->len;
	return e ? e->value : NULL;
}

void
environment_set(struct environment *env, const char *name, const char *value)
{
	struct entry *e = find(env, name);

	if (e)
		forget(env, e);
	else {
		e = mem_new(env, struct entry);
		e->name = mem_strdup(e, name);
		HASH_ADD_KEYPTR(hh, env->by_name, e->name, strlen(e->name), e);
	}
	log_debug(env->engine->log, DEBUG_BIT(DEBUG_EEM_COMMON), "EEM: environment variable %s set", name);
	e->len = strlen(value);
	e->value = mem_secret(e, value, e->len);
	learn(env, e);
}

void
environment_unset(struct environment *env, const char *name)
{
	struct entry *e = find(env, name);

	if (e == NULL)
		return;
	log_debug(
		env->engine->log, DEBUG_BIT(DEBUG_EEM_COMMON), "EEM: environment variable %s removed", name);
	HASH_DEL(env->by_name, e);
	forget(env, e);
	mem_free(e);
}

void
environment_each(
	const struct environment *env, void (*f)(void *arg, const char *name, const char *value), void *arg)
{
	struct entry *e, *next;

	HASH_ITER (hh, env->by_name, e, next)
		f(arg, e->name, e->value);
}
