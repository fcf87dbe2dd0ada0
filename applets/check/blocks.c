/* Blocks that do not close, and what stands outside of them: with both places. */
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"

struct stack {
	size_t *open;
	size_t n;
	size_t closed_head, closed_by; /* the block that was closed last */
	bool has_closed;
};

static void
tell_stray(struct check *c, const struct check_applet *a, const struct stack *s, size_t i, const char *of)
{
	const struct compile_line *l = &a->lines[i];

	if (s->has_closed)
		check_tell(c, LINT_BLOCK_STRAY, a, l->node, l->action->name, NULL,
			"\"%s\" action found outside of %s block: the last one, `%s` of action %s, was "
			"closed by action %s",
			l->action->name, of, a->lines[s->closed_head].action->name,
			a->lines[s->closed_head].label, a->lines[s->closed_by].label);
	else
		check_tell(c, LINT_BLOCK_STRAY, a, l->node, l->action->name, NULL,
			"\"%s\" action found outside of %s block: no block begins before it", l->action->name,
			of);
}

static void
tell_open(struct check *c, const struct check_applet *a, const struct stack *s)
{
	const struct compile_line *head = &a->lines[s->open[s->n - 1]];

	if (s->has_closed && s->closed_by > s->open[s->n - 1])
		check_tell(c, LINT_BLOCK_OPEN, a, head->node, head->action->name, NULL,
			"Unmatched \"%s\": missing \"end\" action; the `end` of action %s closes the `%s` of "
			"action %s",
			head->action->name, a->lines[s->closed_by].label,
			a->lines[s->closed_head].action->name, a->lines[s->closed_head].label);
	else
		check_tell(c, LINT_BLOCK_OPEN, a, head->node, head->action->name, NULL,
			"Unmatched \"%s\": missing \"end\" action; the last action is %s", head->action->name,
			a->lines[a->n - 1].label);
}

/* False: the line belongs to no block; the rest is not worth looking at. */
static bool
place_line(struct check *c, const struct check_applet *a, struct stack *s, size_t i)
{
	const struct compile_line *l = &a->lines[i];
	unsigned flags = l->action->flags;
	unsigned inner = s->n > 0 ? a->lines[s->open[s->n - 1]].action->flags : 0;

	if (((flags & (ACTION_CLOSES | ACTION_LEAVES)) && s->n == 0) ||
		((flags & ACTION_MIDDLE) && (s->n == 0 || (inner & ACTION_LOOP)))) {
		tell_stray(c, a, s, i, flags & ACTION_LEAVES ? "loop" : "conditional");
		return false;
	}
	if (flags & ACTION_CLOSES) {
		s->closed_head = s->open[--s->n];
		s->closed_by = i;
		s->has_closed = true;
	} else if (flow_opens(l)) {
		s->open[s->n++] = i;
	}
	return true;
}

static void
check_targets(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct compile_line *l = &a->lines[i];
		const char *label = l->action->jumps_to ? l->action->jumps_to(l->args) : NULL;
		bool found = label == NULL;

		for (size_t j = 0; j < a->n && !found; j++)
			found = strcmp(a->lines[j].label, label) == 0;
		if (!found)
			check_tell(c, LINT_GOTO_LABEL, a, l->node, label, NULL, "goto label \"%s\" not found",
				label);
	}
}

void
check_blocks(struct check *c, const struct check_applet *a)
{
	struct stack s = { .open = mem_array(c, size_t, a->n + 1) };
	size_t i = 0;

	while (i < a->n && place_line(c, a, &s, i))
		i++;
	if (i == a->n && s.n > 0)
		tell_open(c, a, &s);
	mem_free(s.open);
	check_targets(c, a);
}
