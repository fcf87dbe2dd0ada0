/* Expressions that cannot match, that run away, or that mean something else than in Tcl. */
#include <string.h>

#include "applets/check/pattern_tree.h"
#include "applets/check/private.h"
#include "applets/seal.h"
#include "core/mem.h"
#include "core/regex.h"

enum { NESTED_COPIES = 40 };

/* An expression of the configuration, and where it stands. */
struct expression {
	struct check *check;
	const struct check_applet *applet;
	const struct conf_node *node;
	const char *word; /* as typed */
	const char *text; /* as the engine gets it */
	enum regex_dialect dialect;
	bool is_message; /* its subject begins with a time stamp */
	bool has_match_variables;
	bool reads_cli_result;
	void *ctx;
	struct pattern *tree;
};

static void tell(const struct expression *, enum lint_id, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void
tell(const struct expression *e, enum lint_id id, const char *fix, const char *fmt, ...)
{
	va_list ap;
	char *reason;

	va_start(ap, fmt);
	reason = mem_vprintf(e->ctx, fmt, ap);
	va_end(ap);
	check_tell(e->check, id, e->applet, e->node, e->word, fix, "%s", reason);
}

/* ---- what cannot match ---- */

struct side {
	bool has_before; /* something must stand before this place */
	bool has_ended;  /* `$` was passed */
};

static const struct pattern *find_impossible(
	const struct expression *, const struct pattern *, struct side *);

/* A choice is impossible when all of it is. */
static const struct pattern *
choice_impossible(const struct expression *e, const struct pattern *p, struct side *side)
{
	const struct pattern *bad = NULL;
	struct side all = { true, true };
	bool any = false;

	for (const struct pattern *c = p->first; c != NULL; c = c->next) {
		struct side one = *side;
		const struct pattern *found = find_impossible(e, c, &one);

		if (found != NULL) {
			bad = found;
			continue;
		}
		any = true;
		all.has_before &= one.has_before;
		all.has_ended &= one.has_ended;
	}
	*side = all;
	return any ? NULL : bad;
}

/* The part that nothing can satisfy, or NULL. */
static const struct pattern *
find_impossible(const struct expression *e, const struct pattern *p, struct side *side)
{
	const struct pattern *found = NULL;

	switch (p->kind) {
	case PATTERN_CHAR:
	case PATTERN_SET:
	case PATTERN_ANY:
		if (side->has_ended)
			return p;
		side->has_before = true;
		/* What an event is matched against is one line. */
		return p->kind == PATTERN_CHAR && p->c == '\n' && e->dialect == REGEX_EVENT ? p : NULL;
	case PATTERN_BEGIN:
		return side->has_before ? p : NULL;
	case PATTERN_END:
		side->has_ended = true;
		return NULL;
	case PATTERN_PLACE:
		return NULL;
	case PATTERN_REPEAT:
		return p->min > 0 ? find_impossible(e, p->first, side) : NULL;
	case PATTERN_CHOICE:
		return choice_impossible(e, p, side);
	case PATTERN_GROUP:
	case PATTERN_ROW:
		for (const struct pattern *c = p->first; c != NULL && found == NULL; c = c->next)
			found = find_impossible(e, c, side);
		return found;
	}
	return NULL;
}

static const struct pattern *
first_in_row(const struct pattern *p)
{
	while (p != NULL && (p->kind == PATTERN_ROW || p->kind == PATTERN_GROUP))
		p = p->first;
	return p;
}

static void
check_never(const struct expression *e)
{
	struct side side = { false, false };
	const struct pattern *bad = find_impossible(e, e->tree, &side), *first = first_in_row(e->tree);

	if (bad != NULL && bad->kind == PATTERN_BEGIN)
		tell(e, LINT_PATTERN_NEVER, NULL,
			"it never matches: something must stand before the `^` at byte %zu", bad->from + 1);
	else if (bad != NULL && bad->kind == PATTERN_CHAR && bad->c == '\n')
		tell(e, LINT_PATTERN_NEVER, "leave the line end out; `\\n*` may stay",
			"it never matches: it requires a line end at byte %zu, and the subject has none",
			bad->from + 1);
	else if (bad != NULL)
		tell(e, LINT_PATTERN_NEVER, NULL,
			"it never matches: something must stand behind a `$`, at byte %zu", bad->from + 1);
	else if (e->is_message && first != NULL && first->kind == PATTERN_BEGIN && first->next != NULL &&
		 first->next->kind == PATTERN_CHAR && first->next->c == '%')
		tell(e, LINT_PATTERN_NEVER, "leave the `^` out",
			"it never matches: a message begins with its time stamp, not with `%%`");
}

/* ---- what runs away ---- */

static bool
is_endless(void *arg, const struct pattern *p)
{
	return p == arg || p->kind != PATTERN_REPEAT || !p->is_endless;
}

/* What a hostile text has in the place of a repetition: many copies, then what does not fit. */
struct flood {
	const char *end;
	bool once; /* with what may be left out, or without */
};

static bool
add_flood(void *arg, const struct pattern *part, struct text *out)
{
	const struct flood *flood = arg;

	for (int i = 0; i < NESTED_COPIES; i++)
		pattern_sample(part->first, flood->once, out);
	text_add(out, flood->end);
	return true;
}

/* Does this subject make it give up? */
static bool
gives_up(const struct expression *e, const struct text *subject)
{
	struct regex *re = regex_new(e->ctx, e->text, e->dialect, NULL);
	struct regex_scratch *scratch = regex_scratch_new(e->ctx, REGEX_JIT);

	return re != NULL && regex_match(re, scratch, subject->s, subject->len, NULL) == REGEX_LIMIT;
}

static bool
look_at_repeat(void *arg, const struct pattern *p)
{
	const struct expression *e = arg;
	static const char *const ends[] = { "\x01", "", "!" };

	if (p->kind != PATTERN_REPEAT || !p->is_endless || pattern_each(p, is_endless, (void *)(uintptr_t)p))
		return true;
	for (size_t i = 0; i < 2 * sizeof ends / sizeof *ends; i++) {
		struct text *subject = text_new(e->ctx);
		struct flood flood = { ends[i / 2], i % 2 != 0 };

		pattern_sample_around(e->tree, p, subject, add_flood, &flood);
		if (!gives_up(e, subject))
			continue;
		tell(e, LINT_PATTERN_RUNAWAY, NULL,
			"a text of %zu bytes is enough to make `%.*s` give up: repetitions stand inside "
			"repetitions",
			subject->len, (int)(p->to - p->from), e->text + p->from);
		return false;
	}
	return true;
}

/* ---- what Tcl takes otherwise ---- */

struct choice {
	const struct expression *e;
	const struct pattern *shorter, *longer;
};

static bool
add_longer(void *arg, const struct pattern *part, struct text *out)
{
	pattern_sample(((const struct choice *)arg)->longer, false, out);
	return true;
}

/* The expression with the longer alternative in front of the shorter one. */
static char *
reordered(const struct choice *c)
{
	const char *s = c->e->text;
	const struct pattern *a = c->shorter, *b = c->longer;

	return mem_printf(c->e->ctx, "%.*s%.*s%.*s%.*s%s", (int)a->from, s, (int)(b->to - b->from),
		s + b->from, (int)(b->from - a->to), s + a->to, (int)(a->to - a->from), s + a->from,
		s + b->to);
}

static bool
match(const struct expression *e, const char *pattern, const struct text *subject, struct regex_captures *out)
{
	struct regex *re = regex_new(e->ctx, pattern, REGEX_TCL, NULL);

	return re != NULL && regex_match(re, regex_scratch_new(e->ctx, REGEX_INTERPRET), subject->s,
				     subject->len, out) == REGEX_YES;
}

static bool
is_same(const struct regex_captures *a, const struct regex_captures *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->group[i].set != b->group[i].set || a->group[i].at != b->group[i].at ||
			a->group[i].len != b->group[i].len)
			return false;
	return true;
}

static bool
tell_longest(const struct choice *c, const struct pattern *whole_choice)
{
	const struct expression *e = c->e;
	struct text *subject = text_new(e->ctx);
	struct regex_captures here, there;

	pattern_sample_around(e->tree, whole_choice, subject, add_longer, (void *)(uintptr_t)c);
	if (!match(e, e->text, subject, &here) || !match(e, reordered(c), subject, &there) ||
		is_same(&here, &there))
		return false;
	tell(e, LINT_PATTERN_LONGEST, NULL,
		"of \"%s\" it takes \"%.*s\", and Tcl takes \"%.*s\": `%.*s` begins as `%.*s` does, and "
		"stands "
		"behind it",
		subject->s, (int)here.group[0].len, subject->s + here.group[0].at, (int)there.group[0].len,
		subject->s + there.group[0].at, (int)(c->longer->to - c->longer->from),
		e->text + c->longer->from, (int)(c->shorter->to - c->shorter->from),
		e->text + c->shorter->from);
	return true;
}

static bool
look_at_choice(void *arg, const struct pattern *p)
{
	const struct expression *e = arg;

	if (p->kind != PATTERN_CHOICE)
		return true;
	for (const struct pattern *a = p->first; a != NULL; a = a->next)
		for (const struct pattern *b = a->next; b != NULL; b = b->next) {
			struct choice c = { e, a, b };
			struct text *x = text_new(e->ctx), *y = text_new(e->ctx);

			pattern_sample(a, false, x);
			pattern_sample(b, false, y);
			if (x->len < y->len && memcmp(x->s, y->s, x->len) == 0 && tell_longest(&c, p))
				return false;
		}
	return true;
}

/* ---- what takes too much ---- */

/* Is the last element a greedy `.*`, alone in a group perhaps? */
static bool
ends_greedy(const struct pattern *p)
{
	const struct pattern *last = p->first;

	if (p->kind == PATTERN_REPEAT)
		return p->is_endless && !p->is_lazy && p->first->kind == PATTERN_ANY;
	if (p->kind != PATTERN_ROW && p->kind != PATTERN_GROUP)
		return false;
	while (last != NULL && last->next != NULL)
		last = last->next;
	return last != NULL && ends_greedy(last);
}

/* ---- where expressions stand ---- */

static bool
has_quotes(const char *s)
{
	for (; (s = strstr(s, "\xe2\x80")) != NULL; s += 2)
		if (((unsigned char)s[2] >= 0x98 && (unsigned char)s[2] <= 0x9f))
			return true;
	return false;
}

static void
check_expression(struct expression *e)
{
	e->ctx = mem_ctx(e->check, "expression");
	if (has_quotes(e->word))
		tell(e, LINT_QUOTES, NULL, "a typographic quote stands in the expression");
	e->tree = pattern_tree(e->ctx, e->text);
	if (e->tree != NULL) {
		check_never(e);
		pattern_each(e->tree, look_at_repeat, e);
		if (e->has_match_variables)
			pattern_each(e->tree, look_at_choice, e);
		if (e->has_match_variables && e->reads_cli_result && ends_greedy(e->tree))
			tell(e, LINT_PATTERN_GREEDY, NULL,
				"the greedy end takes all lines that follow, and the prompt");
	}
	mem_free(e->ctx);
}

static bool
has_variable(const char *s)
{
	for (; (s = strchr(s, '$')) != NULL; s++)
		if (variable_name_valid(s + 1, 1))
			return true;
	return false;
}

static void
look_at_event(void *arg, const struct kw *row, const void *value)
{
	struct expression e = *(const struct expression *)arg;
	const struct kw_str *v = value;

	if (row->type != &kw_pattern || has_variable(v->s))
		return;
	e.word = e.text = v->s;
	e.is_message = e.is_message && row->word != NULL && strcmp(row->word, "pattern") == 0;
	check_expression(&e);
}

/* Without `no service timestamps log`, every message of this device begins with one. */
static bool
has_stamps(const struct check *c)
{
	const struct conf_node *n = c->root->first;

	while (n != NULL && !(n->no && strcmp(n->row->cmd.words, "service timestamps log") == 0))
		n = n->next;
	return n == NULL;
}

static void
look_at_action(void *arg, const struct kw *row, const void *value)
{
	struct expression *e = arg;
	const struct kw_template *v = value;

	if (row->type == &kw_variable)
		e->has_match_variables = true;
	for (size_t i = 0; row_is_template(row) && v->t != NULL && i < v->t->n; i++)
		if (v->t->pieces[i].is_variable && strcmp(v->t->pieces[i].s, "_cli_result") == 0)
			e->reads_cli_result = true;
	if (row->type == &kw_template_regex && v->t != NULL && v->t->is_literal) {
		e->word = v->s;
		e->text = v->t->text;
	}
}

/* Words that quote nothing, in what is compared or typed. */
static void
look_for_quotes(void *arg, const struct kw *row, const void *value)
{
	const struct expression *e = arg;
	const char *s = row->type == &kw_operand || (row->word != NULL && strcmp(row->word, "command") == 0)
				? argument_text(row, value)
				: NULL;

	if (s != NULL && has_quotes(s))
		check_tell(e->check, LINT_QUOTES, e->applet, e->node, s, NULL,
			"a typographic quote stands in the argument");
}

void
check_patterns(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->nevents; i++) {
		const struct check_event *event = &a->events[i];
		struct expression e = { .check = c,
			.applet = a,
			.node = event->node,
			.dialect = REGEX_EVENT,
			.is_message = strcmp(event->detector->name, "syslog") == 0 && has_stamps(c) };

		arguments_each(event->detector->kw, event->args, look_at_event, &e);
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];
		struct expression e = { .check = c, .applet = a, .node = l->node, .dialect = REGEX_TCL };

		arguments_each(l->action->kw, l->args, look_for_quotes, &e);
		arguments_each(l->action->kw, l->args, look_at_action, &e);
		if (e.text != NULL)
			check_expression(&e);
	}
}
