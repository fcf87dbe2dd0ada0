/* Which actions a run can come to, and how long it takes on its way. */
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"

/* ---- what a step is ---- */

bool
flow_opens(const struct compile_line *l)
{
	return l->action->opens ? l->action->opens(l->args) : (l->action->flags & ACTION_OPENS) != 0;
}

static bool
has_flag(const struct compile_line *l, unsigned flag)
{
	return (l->action->flags & flag) != 0;
}

/* The operands and the operator of a condition. */
struct operands {
	const struct template *t[2];
	unsigned n;
	const char *op;
};

static void
take_operand(void *arg, const struct kw *row, const void *value)
{
	struct operands *o = arg;

	if (row->type == &kw_operand && o->n < 2)
		o->t[o->n++] = ((const struct kw_template *)value)->t;
	for (const struct kw_alternative *c = row->type == &kw_choice ? row->choices : NULL; c && c->word;
		c++)
		if (c->value == ((const struct kw_enum *)value)->v)
			o->op = c->word;
}

static int
compare(const struct template *a, const struct template *b)
{
	if (a->is_number && b->is_number)
		return a->number < b->number ? -1 : a->number > b->number;
	return strcmp(a->text, b->text);
}

/* -1: cannot be told; else whether the condition of the step holds always, or never. */
static int
flow_constant(const struct compile_line *l)
{
	struct operands o = { .n = 0 };
	int order;

	if (!has_flag(l, ACTION_CONDITION))
		return -1;
	arguments_each(l->action->kw, l->args, take_operand, &o);
	if (o.n < 2 || o.op == NULL || !o.t[0]->is_literal || !o.t[1]->is_literal)
		return -1;
	order = compare(o.t[0], o.t[1]);
	switch (o.op[0] << 8 | o.op[1]) {
	case 'e' << 8 | 'q':
		return order == 0;
	case 'n' << 8 | 'e':
		return order != 0;
	case 'g' << 8 | 't':
		return order > 0;
	case 'g' << 8 | 'e':
		return order >= 0;
	case 'l' << 8 | 't':
		return order < 0;
	case 'l' << 8 | 'e':
		return order <= 0;
	default:
		return -1;
	}
}

/* ---- which step may follow which: as the actions of actions/flow/ do it ---- */

struct flow *
flow_new(const void *ctx, const struct check_applet *a)
{
	struct flow *f = mem_new(ctx, struct flow);

	f->applet = a;
	f->seen = mem_array(f, bool, (a->n + 2) * ARRIVALS);
	return f;
}

struct way {
	uint32_t step;
	enum arrival arrival;
};

/* The ways on from a step; at most two. */
static unsigned
ways_from(const struct check_applet *a, struct way at, struct way *out)
{
	const struct compile_line *l = &a->lines[at.step];
	const struct program_step *s = &a->program->steps[at.step];
	const struct way next = { at.step + 1, ARRIVE_NEXT };
	int constant = flow_constant(l);
	unsigned n = 0;

	if (has_flag(l, ACTION_ENDS))
		return 0;
	if (has_flag(l, ACTION_LEAVES)) {
		out[0] = has_flag(l, ACTION_AGAIN) && s->loop != PROGRAM_NOWHERE
				 ? (struct way){ s->loop, ARRIVE_BRANCH }
				 : (struct way){ s->leave, ARRIVE_NEXT };
		return 1;
	}
	if (has_flag(l, ACTION_CLOSES)) {
		out[0] = s->loop == PROGRAM_NOWHERE || at.arrival == ARRIVE_BRANCH
				 ? next
				 : (struct way){ s->loop, ARRIVE_BRANCH };
		return 1;
	}
	if (has_flag(l, ACTION_MIDDLE) && at.arrival == ARRIVE_NEXT) {
		out[0] = (struct way){ s->end, ARRIVE_BRANCH };
		return 1;
	}
	if (s->target != PROGRAM_NOWHERE && constant != 0)
		out[n++] = (struct way){ s->target, ARRIVE_GOTO };
	if (s->target != PROGRAM_NOWHERE ? constant != 1 : constant != 0)
		out[n++] = next;
	if (s->target == PROGRAM_NOWHERE && has_flag(l, ACTION_CONDITION) && constant != 1)
		out[n++] = (struct way){ s->other, ARRIVE_BRANCH };
	return n;
}

static bool *
seen_at(const struct flow *f, struct way w)
{
	return &f->seen[w.step * ARRIVALS + w.arrival];
}

void
flow_from(struct flow *f, uint32_t step, enum arrival arrival)
{
	const struct check_applet *a = f->applet;
	struct way *todo = mem_array(f, struct way, 2 * ARRIVALS * (a->n + 2));
	size_t n = 0;

	todo[n++] = (struct way){ step, arrival };
	while (n > 0) {
		struct way at = todo[--n], out[2];
		unsigned ways;

		if (at.step > a->n || *seen_at(f, at))
			continue;
		*seen_at(f, at) = true;
		ways = at.step < a->n ? ways_from(a, at, out) : 0;
		for (unsigned i = 0; i < ways; i++)
			todo[n++] = out[i];
	}
	mem_free(todo);
}

void
flow_behind(struct flow *f, uint32_t step)
{
	for (unsigned arrival = 0; arrival < ARRIVALS; arrival++) {
		struct way out[2];
		unsigned n = ways_from(f->applet, (struct way){ step, (enum arrival)arrival }, out);

		for (unsigned i = 0; i < n; i++)
			flow_from(f, out[i].step, out[i].arrival);
	}
}

bool
flow_reaches(const struct flow *f, uint32_t step)
{
	for (unsigned arrival = 0; arrival < ARRIVALS; arrival++)
		if (*seen_at(f, (struct way){ step, (enum arrival)arrival }))
			return true;
	return false;
}

/* ---- unreachable actions ---- */

/* Does it do nothing by itself? A block's words are not missed where nobody comes. */
static bool
is_silent(const struct compile_line *l)
{
	return l->action->exec == NULL || has_flag(l, ACTION_CLOSES | ACTION_MIDDLE);
}

static void
tell_unreachable(struct check *c, const struct check_applet *a, uint32_t first)
{
	const struct conf_node *node = a->lines[first].node;
	const struct compile_line *before = first > 0 ? &a->lines[first - 1] : NULL;
	const struct program_step *s = first > 0 ? &a->program->steps[first - 1] : NULL;

	if (before == NULL)
		return;
	if (has_flag(before, ACTION_ENDS | ACTION_LEAVES))
		check_tell(c, LINT_UNREACHABLE, a, node, NULL, NULL,
			"no run comes here: it stands behind the `%s` of action %s", before->action->name,
			before->label);
	else if (s->target != PROGRAM_NOWHERE)
		check_tell(c, LINT_UNREACHABLE, a, node, NULL, NULL,
			"no run comes here: action %s always jumps", before->label);
	else if (has_flag(before, ACTION_CLOSES) && s->loop != PROGRAM_NOWHERE)
		check_tell(c, LINT_UNREACHABLE, a, node, NULL, NULL,
			"no run comes here: the loop that begins at action %s never ends",
			a->lines[s->loop].label);
	else if (flow_constant(before) == 0)
		check_tell(c, LINT_UNREACHABLE, a, node, NULL, NULL,
			"no run comes here: the condition of action %s never holds", before->label);
	else
		check_tell(c, LINT_UNREACHABLE, a, node, NULL, NULL, "no run comes here");
}

static void
check_reach(struct check *c, const struct check_applet *a, const struct flow *f)
{
	bool was_reached = true;

	for (uint32_t i = 0; i < a->n; i++) {
		bool reached = flow_reaches(f, i);

		if (!reached && is_silent(&a->lines[i]))
			continue;
		if (!reached && was_reached)
			tell_unreachable(c, a, i);
		was_reached = reached;
	}
}

/* ---- loops ---- */

struct changes {
	const struct check *check;
	const struct check_applet *applet;
	uint32_t head, end;
	bool any; /* something may change the condition */
	unsigned variables;
};

struct target {
	const char *name;
	bool found;
};

static void
is_target(void *arg, const struct kw *row, const void *value)
{
	struct target *t = arg;

	if (row->type == &kw_variable && strcmp(((const struct kw_variable *)value)->s, t->name) == 0)
		t->found = true;
}

/* Is the variable set between head and end, or from outside? */
static bool
may_change(const struct changes *ch, const char *name)
{
	struct target t = { .name = name };

	if (check_variable(ch->check, name) != NULL)
		return true;
	for (uint32_t i = ch->head + 1; i < ch->end && !t.found; i++) {
		const struct action *action = ch->applet->lines[i].action;

		arguments_each(action->kw, ch->applet->lines[i].args, is_target, &t);
		for (const char *const *set = action->sets; set != NULL && *set != NULL; set++)
			t.found |= strcmp(*set, name) == 0;
		if (action->sets_named != NULL && action->sets_named(ch->applet->lines[i].args) != NULL)
			t.found = true;
	}
	return t.found;
}

static void
look_at_operand(void *arg, const struct kw *row, const void *value)
{
	struct changes *ch = arg;
	const struct template *t = row->type == &kw_operand ? ((const struct kw_template *)value)->t : NULL;

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		if (!t->pieces[i].is_variable)
			continue;
		ch->variables++;
		ch->any |= may_change(ch, t->pieces[i].s);
	}
}

static bool
is_left_inside(const struct check_applet *a, uint32_t head, uint32_t end)
{
	for (uint32_t i = head + 1; i < end; i++)
		if (has_flag(&a->lines[i], ACTION_ENDS) ||
			(has_flag(&a->lines[i], ACTION_LEAVES) && !has_flag(&a->lines[i], ACTION_AGAIN)) ||
			a->program->steps[i].target != PROGRAM_NOWHERE)
			return true;
	return false;
}

static void
check_loop(struct check *c, const struct check_applet *a, uint32_t i)
{
	struct changes ch = { .check = c, .applet = a, .head = i, .end = a->program->steps[i].end };
	const struct compile_line *l = &a->lines[i];

	arguments_each(l->action->kw, l->args, look_at_operand, &ch);
	if (ch.variables > 0 && !ch.any && !is_left_inside(a, i, ch.end))
		check_tell(c, LINT_LOOP_ENDLESS, a, l->node, l->action->name, NULL,
			"nothing between here and action %s changes the condition or leaves the loop",
			a->lines[ch.end].label);
}

static bool
has_target(const struct compile_line *l)
{
	for (const struct kw *row = l->action->kw; row && (row->word || row->help); row++)
		if (row->type == &kw_variable)
			return true;
	return false;
}

static void
check_loops(struct check *c, const struct check_applet *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];

		if (has_flag(l, ACTION_LOOP) && !has_target(l))
			check_loop(c, a, i);
		if (has_flag(l, ACTION_LEAVES) && a->program->steps[i].loop == PROGRAM_NOWHERE)
			check_tell(c, LINT_BREAK_NO_LOOP, a, l->node, l->action->name, NULL,
				"`%s` has no loop around it: it leaves the block that ends at action %s",
				l->action->name, a->lines[a->program->steps[i].end].label);
	}
}

/* ---- time ---- */

/* maxrun of the applet, of several events that with the lowest tag that has one; 0: no limit. */
static usec
maxrun_of(const struct check_applet *a, bool *is_default)
{
	const struct check_event *best = NULL;

	for (size_t i = 0; i < a->nevents; i++) {
		const struct check_event *e = &a->events[i];

		if (((const struct spec_common *)e->args)->maxrun.set &&
			(best == NULL || strcmp(e->tag, best->tag) < 0))
			best = e;
	}
	*is_default = best == NULL;
	return best ? ((const struct spec_common *)best->args)->maxrun.v : MAXRUN_DEFAULT_S * USEC_PER_SEC;
}

/* The waits outside of all blocks: those that every run takes. */
static void
check_time(struct check *c, const struct check_applet *a)
{
	bool is_default;
	usec limit = maxrun_of(a, &is_default), sum = 0;
	const struct compile_line *over = NULL;
	unsigned depth = 0;

	if (limit == 0 || a->nevents == 0)
		return;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];

		depth += flow_opens(l);
		depth -= has_flag(l, ACTION_CLOSES);
		if (depth == 0 && has_flag(l, ACTION_ENDS))
			break;
		if (depth == 0 && l->action->takes != NULL)
			sum += l->action->takes(l->args);
		if (sum >= limit && over == NULL)
			over = l;
		if (a->program->steps[i].target != PROGRAM_NOWHERE && over == NULL)
			return; /* a jump may go around what follows */
	}
	if (over != NULL)
		check_tell(c, LINT_MAXRUN_SHORT, a, over->node, NULL, NULL,
			"the waits on the way take %lld s, and maxrun ends the run after %lld s%s",
			(long long)(sum / USEC_PER_SEC), (long long)(limit / USEC_PER_SEC),
			is_default ? " (the default)" : "");
}

void
check_flow(struct check *c, const struct check_applet *a)
{
	struct flow *f = flow_new(c, a);

	if (a->n > 0) {
		flow_from(f, 0, ARRIVE_NEXT);
		check_reach(c, a, f);
	}
	mem_free(f);
	check_loops(c, a);
	check_time(c, a);
}
