/*
 * CLI sessions of Lua policies: several at once, each a vty as `action cli command` has one. Reading
 * goes to the prompt, to an expression, or takes what is there; line ends are CR LF, as IOS has them.
 */
#include <string.h>

#include "applets/lua/api.h"
#include "applets/lua/script.h"
#include "applets/lua/wire.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/regex.h"
#include "core/text.h"
#include "core/tty.h"

enum { SESSIONS_MAX = 8 };
#define EXPECT_MAX 31536000.0
#define READ_MAX   ((size_t)4 * 1024 * 1024) /* of one answer */

/* What the call under way waits for. */
enum goal { GOAL_NONE, GOAL_OPEN, GOAL_PROMPT, GOAL_PATTERN, GOAL_LINE };

struct cli_session {
	struct cli_sessions *all;
	json_int_t id;
	struct cli_port *port;
	struct text read; /* what came and was not read yet */
	size_t shown;     /* bytes of it already in the debug */
	bool is_waiting;  /* the session wants input ... */
	bool at_prompt;   /* ... at its prompt, not at a question */
	unsigned sent;    /* lines whose answer has not come to a wait for input yet */
	enum goal goal;   /* of the call under way */
	struct regex *pattern;
	struct timer *timeout;
};

struct cli_sessions {
	struct script_run *script;
	struct cli_session *v[SESSIONS_MAX];
	struct regex_scratch *scratch;
	json_int_t last_id;
};

static struct run *
run_of(const struct cli_session *c)
{
	return api_run(c->all->script);
}

static const struct cli_port_ops *
ops(const struct cli_session *c)
{
	return run_engine(run_of(c))->cli_port;
}

static struct cli_session **
slot(struct cli_sessions *all, json_int_t id)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (id == 0 ? all->v[i] == NULL : all->v[i] != NULL && all->v[i]->id == id)
			return &all->v[i];
	return NULL;
}

/* ---- debug event manager action cli ---- */

static void
show_output(struct cli_session *c, bool all)
{
	while (c->shown < c->read.len) {
		const char *at = c->read.s + c->shown, *end = memchr(at, '\n', c->read.len - c->shown);
		size_t n = end == NULL ? c->read.len - c->shown : (size_t)(end - at);

		if (end == NULL && !all)
			break;
		c->shown += n + (end != NULL);
		if (n > 0 && at[n - 1] == '\r')
			n--;
		run_debug(run_of(c), DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": OUT : %.*s", (int)n, at);
	}
}

static void
trace(struct cli_session *c, const char *what)
{
	run_debug(run_of(c), DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": CTL : %s called.", what);
}

/* ---- reading ---- */

/* Answers with the first n bytes. */
static void
give(struct cli_session *c, size_t n)
{
	show_output(c, true);
	c->goal = GOAL_NONE;
	mem_free(c->timeout);
	c->timeout = NULL;
	api_answer(c->all->script, wire_bytes(c->read.s, n));
	text_drop(&c->read, n);
	c->shown = c->shown > n ? c->shown - n : 0;
}

static void
look_for_pattern(struct cli_session *c)
{
	struct regex_captures found;

	if (c->read.len > 0 &&
		regex_match(c->pattern, c->all->scratch, c->read.s, c->read.len, &found) == REGEX_YES)
		give(c, found.group[0].at + found.group[0].len);
}

/* Has the call under way what it wants? */
static void
advance(struct cli_session *c)
{
	const char *end;

	switch (c->goal) {
	case GOAL_NONE:
		break;
	case GOAL_OPEN:
		if (!c->is_waiting)
			break;
		c->goal = GOAL_NONE;
		api_answer(c->all->script, json_pack("{s:I}", "session", c->id));
		break;
	case GOAL_PROMPT:
		if (c->is_waiting && c->at_prompt && c->sent == 0)
			give(c, c->read.len);
		break;
	case GOAL_PATTERN:
		look_for_pattern(c);
		break;
	case GOAL_LINE:
		end = memchr(c->read.s, '\n', c->read.len);
		if (end != NULL)
			give(c, (size_t)(end - c->read.s) + 1);
		else if (c->is_waiting && c->sent == 0)
			give(c, c->read.len);
		break;
	}
}

static void
on_output(void *arg, const char *s, size_t n)
{
	struct cli_session *c = arg;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' && (c->read.len == 0 || c->read.s[c->read.len - 1] != '\r'))
			text_addc(&c->read, '\r');
		text_addc(&c->read, s[i]);
	}
	if (c->read.len > READ_MAX) { /* nobody reads it: the oldest goes */
		size_t over = c->read.len - READ_MAX;

		text_drop(&c->read, over);
		c->shown = c->shown > over ? c->shown - over : 0;
	}
	show_output(c, false);
	advance(c);
}

static void
on_waiting(void *arg, int is_prompt)
{
	struct cli_session *c = arg;

	c->is_waiting = true;
	c->at_prompt = is_prompt != 0;
	if (c->sent > 0)
		c->sent--;
	advance(c);
}

static void
on_failed(void *arg, enum cli_port_failure what, const char *why)
{
	static const char *const texts[] = { /* ORDER: enum cli_port_failure */
		"Unable to establish CLI session", "Unable to read CLI response", "Unable to send CLI command"
	};
	struct cli_session *c = arg;

	c->sent = 0;
	c->is_waiting = c->at_prompt = true;
	if (c->goal == GOAL_NONE)
		return;
	if (c->goal == GOAL_OPEN)
		*slot(c->all, c->id) = NULL; /* it stays, unused, until the run ends */
	c->goal = GOAL_NONE;
	mem_free(c->timeout);
	c->timeout = NULL;
	api_refuse(c->all->script, "FH_ECLI", "%s: %s", texts[what], why);
}

static const struct cli_port_events port_events = {
	.output = on_output,
	.waiting = on_waiting,
	.failed = on_failed,
};

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
	advance(c);
	return SERVED_LATER;
}

enum served
api_cli_open(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_sessions *all = sessions(s);
	struct engine *engine = run_engine(api_run(s));
	struct cli_session **free_slot = slot(all, 0), *c;

	if (free_slot == NULL) {
		err_class(err, ERR_REFUSED, "FH_EFDUNAVAIL",
			"Unable to establish CLI session: a run has %d at most", SESSIONS_MAX);
		return SERVED_REFUSED;
	}
	c = mem_new(all, struct cli_session);
	c->all = all;
	text_init(&c->read, c);
	trace(c, "cli_open");
	c->sent = 1; /* the session's first prompt */
	c->port = engine->cli_port == NULL ? NULL
					   : engine->cli_port->open(engine, c, run_policy(api_run(s)),
						     run_cause(api_run(s)), &port_events, c);
	if (c->port == NULL) {
		mem_free(c);
		err_class(err, ERR_REFUSED, "FH_EFDUNAVAIL",
			"Unable to establish CLI session: no tty lines available, minimum of 2 required by "
			"EEM");
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
		trace(*found, "cli_close");
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

	char *copy = mem_strndup(api_ctx(s), line, n);
	show_output(c, true);
	run_debug(run_of(c), DEBUG_BIT(DEBUG_EEM_CLI), "cli_lib", ": IN  : %s%s", ops(c)->prompt(c->port),
		copy);
	c->is_waiting = false;
	c->sent++;
	ops(c)->send(c->port, copy);
	return true;
}

enum served
api_cli_exec(struct script_run *s, const json_t *args, json_t **value, struct err *err)
{
	struct cli_session *c = named_session(s, args, err);

	if (c == NULL)
		return SERVED_REFUSED;
	/* What stands there unread belongs to an earlier command. */
	text_clear(&c->read);
	c->shown = 0;
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

	if (c == NULL)
		return SERVED_REFUSED;
	give(c, c->read.len);
	return SERVED_LATER; /* given already */
}

static void
expect_over(void *arg)
{
	struct cli_session *c = arg;

	c->goal = GOAL_NONE;
	mem_free(c->timeout);
	c->timeout = NULL;
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
		c->timeout = timer_after(c, run_engine(run_of(c))->loop, timeout, expect_over, c);
	}
	return await(c, GOAL_PATTERN);
}
