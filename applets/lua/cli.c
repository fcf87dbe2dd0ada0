/*
 * CLI sessions of Lua policies: several at once, each a vty as `action cli command` has one. Reading
 * goes to the prompt, to an expression, or takes what is there; line ends are CR LF, as IOS has them.
 */
#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "applets/vty.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"

enum { SESSIONS_MAX = 8 };
#define EXPECT_MAX 31536000.0

/* What the call under way waits for. */
enum goal { GOAL_NONE, GOAL_OPEN, GOAL_PROMPT, GOAL_PATTERN, GOAL_LINE };

struct cli_session {
	struct cli_sessions *all;
	json_int_t id;
	struct vty *vty;
	enum goal goal; /* of the call under way */
	struct regex *pattern;
	struct timer *timeout;
};

struct cli_sessions {
	struct script_run *script;
	struct cli_session *v[SESSIONS_MAX];
	struct regex_scratch *scratch;
	json_int_t last_id;
};

static struct cli_session **
slot(struct cli_sessions *all, json_int_t id)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (id == 0 ? all->v[i] == NULL : all->v[i] != NULL && all->v[i]->id == id)
			return &all->v[i];
	return NULL;
}

/* ---- reading ---- */

static void
end_call(struct cli_session *c)
{
	c->goal = GOAL_NONE;
	mem_free(c->timeout);
	c->timeout = NULL;
}

/* Answers with the first n bytes. */
static void
give(struct cli_session *c, size_t n)
{
	size_t all;

	end_call(c);
	api_answer(c->all->script, wire_bytes(vty_text(c->vty, &all), n));
	vty_take(c->vty, n);
}

static void
look_for_pattern(struct cli_session *c, const char *s, size_t n)
{
	struct regex_captures found;

	if (n > 0 && regex_match(c->pattern, c->all->scratch, s, n, &found) == REGEX_YES)
		give(c, found.group[0].at + found.group[0].len);
}

static void
look_for_line(struct cli_session *c, const char *s, size_t n)
{
	const char *end = n > 0 ? memchr(s, '\n', n) : NULL;

	if (end != NULL)
		give(c, (size_t)(end - s) + 1);
	else if (vty_wants_input(c->vty))
		give(c, n);
}

/* Has the call under way what it wants? */
static void
on_news(void *arg)
{
	struct cli_session *c = arg;
	size_t n;
	const char *s = vty_text(c->vty, &n);

	switch (c->goal) {
	case GOAL_NONE:
		break;
	case GOAL_OPEN:
		if (!vty_wants_input(c->vty))
			break;
		c->goal = GOAL_NONE;
		api_answer(c->all->script, json_pack("{s:I}", "session", c->id));
		break;
	case GOAL_PROMPT:
		if (vty_at_prompt(c->vty))
			give(c, n);
		break;
	case GOAL_PATTERN:
		look_for_pattern(c, s, n);
		break;
	case GOAL_LINE:
		look_for_line(c, s, n);
		break;
	}
}

static void
on_failed(void *arg, enum cli_port_failure what, const char *why)
{
	struct cli_session *c = arg;

	if (c->goal == GOAL_NONE)
		return;
	if (c->goal == GOAL_OPEN)
		*slot(c->all, c->id) = NULL; /* it stays, unused, until the run ends */
	end_call(c);
	api_refuse(c->all->script, "FH_ECLI", "%s: %s", vty_failure_text(what), why);
}

static const struct vty_events vty_events = { .news = on_news, .failed = on_failed };

/* ---- sessions ---- */

static struct cli_sessions *
sessions(struct script_run *s)
{
	struct api_parts *parts = api_parts(s);

	if (parts->cli == NULL) {
		parts->cli = mem_new(run_ctx(api_run(s)), struct cli_sessions);
		parts->cli->script = s;
		parts->cli->scratch = regex_scratch_new(parts->cli, REGEX_JIT);
	}
	return parts->cli;
}

static struct cli_session *
named_session(struct script_run *s, const json_t *args, struct err *err)
{
	json_int_t id = json_integer_value(json_object_get(args, "session"));
	struct cli_session **found = id > 0 ? slot(sessions(s), id) : NULL;

	if (found != NULL)
		return *found;
	err_class(err, ERR_NOT_FOUND, "FH_EFDCONNERR", "the CLI session is closed");
	return NULL;
}

static enum served
await(struct cli_session *c, enum goal goal)
{
	c->goal = goal;
	on_news(c);
	return SERVED_LATER;
}

enum served
api_cli_open(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_sessions *all = sessions(s);
	struct cli_session **free_slot = slot(all, 0), *c;

	if (free_slot == NULL) {
		err_class(err, ERR_REFUSED, "FH_EFDUNAVAIL",
			"Unable to establish CLI session: a run has %d at most", SESSIONS_MAX);
		return SERVED_REFUSED;
	}
	c = mem_new(all, struct cli_session);
	c->all = all;
	c->vty = vty_open(c, api_run(s), &vty_events, c);
	if (c->vty == NULL) {
		mem_free(c);
		err_class(err, ERR_REFUSED, "FH_EFDUNAVAIL", VTY_NO_LINE);
		return SERVED_REFUSED;
	}
	c->id = ++all->last_id;
	*free_slot = c;
	return await(c, GOAL_OPEN);
}

enum served
api_cli_close(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	json_int_t id = json_integer_value(json_object_get(args, "session"));
	struct cli_session **found = id > 0 ? slot(sessions(s), id) : NULL;

	if (found != NULL) {
		mem_free(*found);
		*found = NULL;
	}
	return SERVED_VALUE;
}

/* ---- calls ---- */

static bool
type_line(struct cli_session *c, struct script_run *s, const json_t *args, struct err *err)
{
	size_t n = 0;
	const char *line = api_text(s, args, "text", &n);

	if (line == NULL)
		return err_class(err, ERR_INVALID, "FH_EBADFMT", "a command is a text");
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r' || line[i] == '\0')
			return err_class(err, ERR_INVALID, "FH_EBADFMT", "a command is one line");

	vty_type(c->vty, mem_strndup(api_ctx(s), line, n));
	return true;
}

enum served
api_cli_exec(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);
	size_t unread;

	if (c == NULL)
		return SERVED_REFUSED;
	/* What stands there unread belongs to an earlier command. */
	vty_text(c->vty, &unread);
	vty_take(c->vty, unread);
	if (!type_line(c, s, args, err))
		return SERVED_REFUSED;
	return await(c, GOAL_PROMPT);
}

enum served
api_cli_write(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);

	return c != NULL && type_line(c, s, args, err) ? SERVED_VALUE : SERVED_REFUSED;
}

enum served
api_cli_read(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);

	return c == NULL ? SERVED_REFUSED : await(c, GOAL_PROMPT);
}

enum served
api_cli_readline(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);

	return c == NULL ? SERVED_REFUSED : await(c, GOAL_LINE);
}

enum served
api_cli_drain(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);
	size_t unread;

	if (c == NULL)
		return SERVED_REFUSED;
	vty_text(c->vty, &unread);
	give(c, unread);
	return SERVED_LATER; /* given already */
}

static void
expect_over(void *arg)
{
	struct cli_session *c = arg;

	end_call(c);
	api_refuse(c->all->script, "FH_ETIMEOUT", "the output did not match in time");
}

enum served
api_cli_expect(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);
	const char *pattern = api_text(s, args, "pattern", NULL);
	struct err why = ERR_INIT;
	usec timeout;

	if (c == NULL)
		return SERVED_REFUSED;
	if (pattern == NULL) {
		err_class(err, ERR_INVALID, "FH_EBADFMT", "an expression is a text");
		return SERVED_REFUSED;
	}
	mem_free(c->pattern);
	c->pattern = regex_new(c, pattern, REGEX_TCL, &why);
	if (c->pattern == NULL) {
		err_class(err, ERR_INVALID, "FH_EBADFMT", "%s", why.text);
		return SERVED_REFUSED;
	}
	if (json_is_number(json_object_get(args, "timeout"))) {
		if (!api_seconds(args, "timeout", EXPECT_MAX, &timeout, err))
			return SERVED_REFUSED;
		c->timeout = timer_after(c, run_engine(api_run(s))->loop, timeout, expect_over, c);
	}
	return await(c, GOAL_PATTERN);
}
