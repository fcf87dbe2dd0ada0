/* From the lines of an applet to a program. */
#include "applets/compile.h"

#include <stdlib.h>
#include <string.h>

#include "applets/action.h"
#include "applets/seal.h"
#include "core/mem.h"

enum { NESTING_MAX = 1000 };

int
label_compare(const char *a, const char *b)
{
	return strcmp(a, b);
}

static int
line_compare(const void *a, const void *b)
{
	return label_compare(
		((const struct compile_line *)a)->label, ((const struct compile_line *)b)->label);
}

/* ---- variables and templates ---- */

/* The number of a variable in this program. */
static uint32_t
compile_symbol(struct compile *c, const char *name, size_t n)
{
	struct program *p = c->program;

	if (c->by_name)
		return PROGRAM_NOWHERE;
	for (uint32_t i = 0; i < p->nsymbols; i++)
		if (strncmp(p->symbols[i], name, n) == 0 && p->symbols[i][n] == '\0')
			return i;
	if ((p->nsymbols & (p->nsymbols - 1)) == 0) { /* grows at the powers of two */
		const char **grown = mem_pack(p, (p->nsymbols ? 2 * p->nsymbols : 1) * sizeof *grown);

		if (p->nsymbols)
			memcpy(grown, p->symbols, p->nsymbols * sizeof *grown);
		p->symbols = grown;
	}
	p->symbols[p->nsymbols] = mem_pack_strn(p, name, n);
	return p->nsymbols++;
}

struct variable
compile_variable(struct compile *c, const char *name)
{
	uint32_t symbol = compile_symbol(c, name, strlen(name));

	if (symbol == PROGRAM_NOWHERE)
		return (struct variable){ .name = mem_strdup(c->program, name), .symbol = symbol };
	return (struct variable){ .name = c->program->symbols[symbol], .symbol = symbol };
}

static uint32_t
number_variable(void *arg, const char *name, size_t n)
{
	return compile_symbol(arg, name, n);
}

/* Every value of our two types, wherever it stands in the table of the action. */
static void
compile_args(struct compile *c, const struct kw *rows, void *args)
{
	for (const struct kw *row = rows; row && (row->word || row->help); row++) {
		void *at = (char *)args + row->at;

		if (!*(const bool *)at)
			continue;
		if (row_is_template(row)) {
			struct kw_template *v = at;

			v->t = template_new(
				c->program, seal_open(c->engine, c->program, row, v->s), number_variable, c);
		} else if (row->type == &kw_variable) {
			struct kw_variable *v = at;

			v->v.name = v->s;
			v->v.symbol = compile_symbol(c, v->s, strlen(v->s));
		}
		if (row->sub == NULL)
			continue;
		if (row->sub_size == 0)
			compile_args(c, row->sub, args);
		else if (((const struct kw_sub *)at)->row == row)
			compile_args(c, row->sub, ((const struct kw_sub *)at)->args);
	}
}

/* ---- blocks ---- */

static bool
line_opens(const struct compile_line *l)
{
	return l->action->opens ? l->action->opens(l->args) : (l->action->flags & ACTION_OPENS) != 0;
}

struct block {
	uint32_t head;
	uint32_t branch; /* the last of head, elseif, else: its `other` is not known yet */
	bool is_loop, has_last;
};

struct blocks {
	struct program *p;
	const struct compile_line *lines;
	struct block open[NESTING_MAX];
	uint32_t n;
	uint32_t *around; /* of each step: the head of the innermost block around */
};

static bool
misplaced(const struct compile_line *l, const char *of, struct err *err)
{
	return err_set(err, ERR_CONFIG, "\"%s\" action found outside of %s block", l->action->name, of);
}

static bool
open_block(struct blocks *b, uint32_t i, struct err *err)
{
	if (b->n == NESTING_MAX)
		return err_set(err, ERR_CONFIG, "blocks nested deeper than %d", NESTING_MAX);
	b->open[b->n++] = (struct block){
		.head = i, .branch = i, .is_loop = (b->lines[i].action->flags & ACTION_LOOP) != 0
	};
	return true;
}

static bool
branch_block(struct blocks *b, uint32_t i, struct err *err)
{
	struct block *top = b->n ? &b->open[b->n - 1] : NULL;

	if (top == NULL || top->is_loop || top->has_last)
		return misplaced(&b->lines[i], "conditional", err);
	b->p->steps[top->branch].other = i;
	top->branch = i;
	top->has_last = (b->lines[i].action->flags & ACTION_LAST) != 0;
	b->around[i] = top->head;
	return true;
}

static bool
close_block(struct blocks *b, uint32_t i, struct err *err)
{
	if (b->n == 0)
		return misplaced(&b->lines[i], "conditional", err);

	struct block *top = &b->open[--b->n];
	b->p->steps[top->branch].other = i;
	b->p->steps[top->head].end = i;
	b->around[i] = top->head;
	return true;
}

static bool
place_line(struct blocks *b, uint32_t i, struct err *err)
{
	const struct compile_line *l = &b->lines[i];
	unsigned flags = l->action->flags;

	b->around[i] = b->n ? b->open[b->n - 1].head : PROGRAM_NOWHERE;
	if (flags & ACTION_CLOSES)
		return close_block(b, i, err);
	if (flags & ACTION_MIDDLE)
		return branch_block(b, i, err);
	if ((flags & ACTION_LEAVES) && b->n == 0)
		return misplaced(l, "loop", err);
	return !line_opens(l) || open_block(b, i, err);
}

static bool
is_loop_head(const struct blocks *b, uint32_t i)
{
	return i != PROGRAM_NOWHERE && (b->lines[i].action->flags & ACTION_LOOP) != 0;
}

/* All heads know their end by now: tell the lines inside. */
static void
link_lines(struct blocks *b)
{
	struct program_step *steps = b->p->steps;

	for (uint32_t i = 0; i < b->p->n; i++) {
		uint32_t head = b->around[i], loop = line_opens(&b->lines[i]) ? i : head;

		while (loop != PROGRAM_NOWHERE && !is_loop_head(b, loop))
			loop = b->around[loop];
		if (b->lines[i].action->flags & ACTION_CLOSES)
			loop = is_loop_head(b, head) ? head : PROGRAM_NOWHERE;
		steps[i].loop = loop;
		if (steps[i].end == PROGRAM_NOWHERE && head != PROGRAM_NOWHERE)
			steps[i].end = steps[head].end;
		/* Without a loop around it, `break` leaves the `if` (rulings 5). */
		if (loop != PROGRAM_NOWHERE)
			steps[i].leave = steps[loop].end + 1;
		else if (head != PROGRAM_NOWHERE)
			steps[i].leave = steps[i].end + 1;
	}
}

static bool
find_blocks(struct program *p, const struct compile_line *lines, struct err *err)
{
	struct blocks *b = mem_new(p, struct blocks);
	bool good = true;

	b->p = p;
	b->lines = lines;
	b->around = mem_array(b, uint32_t, p->n + 1);
	for (uint32_t i = 0; i < p->n && good; i++)
		good = place_line(b, i, err);
	if (good && b->n > 0)
		good = err_set(err, ERR_CONFIG, "Unmatched \"%s\": missing \"end\" action",
			lines[b->open[b->n - 1].head].action->name);
	if (good)
		link_lines(b);
	mem_free(b);
	return good;
}

/* ---- the program ---- */

static bool
find_targets(struct program *p, const struct compile_line *lines, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *label =
			lines[i].action->jumps_to ? lines[i].action->jumps_to(lines[i].args) : NULL;

		if (label == NULL)
			continue;
		const struct compile_line *found = bsearch(
			&(struct compile_line){ .label = label }, lines, n, sizeof *lines, line_compare);
		if (found == NULL)
			return err_set(err, ERR_CONFIG, "goto label \"%s\" not found", label);
		p->steps[i].target = (uint32_t)(found - lines);
	}
	return true;
}

static bool
compile_step(struct compile *c, const struct compile_line *l, struct err *err)
{
	const struct action *a = l->action;
	struct program_step *step = &c->program->steps[c->at];

	*step = (struct program_step){ .label = l->label,
		.exec = a->exec,
		.args = l->args,
		.is_condition = (a->flags & ACTION_CONDITION) != 0,
		.keeps_error =
			(a->flags & (ACTION_QUIET | ACTION_OPENS | ACTION_MIDDLE | ACTION_CLOSES)) != 0,
		.other = PROGRAM_NOWHERE,
		.end = PROGRAM_NOWHERE,
		.loop = PROGRAM_NOWHERE,
		.target = PROGRAM_NOWHERE,
		.leave = PROGRAM_NOWHERE };
	compile_args(c, a->kw, l->args);
	return a->check == NULL || a->check(c, l->args, err);
}

bool
compile_line_check(struct engine *engine, const struct compile_line *line, struct err *err)
{
	struct program *p = program_new("");
	struct compile c = { .engine = engine, .program = p, .applet = "", .label = line->label };
	struct compile_line copy = *line;
	bool good;

	p->steps = mem_array(p, struct program_step, 1);
	copy.args = mem_dup(p, line->args, line->action->args_size);
	good = compile_step(&c, &copy, err);
	program_unref(p);
	return good;
}

bool
compile_program(
	struct engine *engine, struct program *p, struct compile_line *lines, size_t n, struct err *err)
{
	struct compile c = { .engine = engine, .program = p, .applet = p->policy };

	if (n > 1)
		qsort(lines, n, sizeof *lines, line_compare);
	p->steps = mem_pack(p, (n + 1) * sizeof *p->steps);
	for (p->n = 0; p->n < n; p->n++) {
		c.at = p->n;
		c.label = lines[c.at].label;
		if (!compile_step(&c, &lines[c.at], err))
			return false;
	}
	return find_blocks(p, lines, err) && find_targets(p, lines, n, err);
}
