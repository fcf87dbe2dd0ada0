/*
 * foreach VAR LIST [DELIMITERS] ... end: the block runs once for each item. Without delimiters items
 * stand between runs of blanks, tabs and line ends; with them the list is split at each one, as
 * Tcl's `split` does, empty items included (eem-language 6.2). VAR keeps its last value.
 */
#include <string.h>

#include "actions/flow/flow.h"
#include "core/mem.h"
#include "core/text.h"

struct foreach_args {
	struct kw_variable variable;
	struct kw_template list, delimiters;
};

/* One loop under way. The list is a copy: what the block does to its variables does not change it. */
struct items {
	char *s;
	size_t n, at;
	char *delimiters; /* NULL: white space */
	size_t ndelimiters;
	bool by_char; /* characters, else bytes */
	bool is_over; /* the last item has been taken */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
char_length(const struct items *i, const char *s, size_t n)
{
	size_t len = i->by_char ? utf8_len(s, n) : 1;

	return len ? len : 1;
}

static bool
is_delimiter(const struct items *i, const char *c, size_t len)
{
	for (size_t at = 0; at + len <= i->ndelimiters;
		at += char_length(i, i->delimiters + at, i->ndelimiters - at))
		if (memcmp(i->delimiters + at, c, len) == 0)
			return true;
	return false;
}

static bool
next_word(struct items *i, const char **item, size_t *len)
{
	while (i->at < i->n && is_space(i->s[i->at]))
		i->at++;
	*item = i->s + i->at;
	while (i->at < i->n && !is_space(i->s[i->at]))
		i->at++;
	*len = (size_t)(i->s + i->at - *item);
	return *len > 0;
}

/* Without any delimiter each character is an item. */
static bool
next_character(struct items *i, const char **item, size_t *len)
{
	*item = i->s + i->at;
	*len = i->at < i->n ? char_length(i, *item, i->n - i->at) : 0;
	i->at += *len;
	return *len > 0;
}

static bool
next_field(struct items *i, const char **item, size_t *len)
{
	if (i->is_over)
		return false;
	*item = i->s + i->at;
	while (i->at < i->n) {
		const char *c = i->s + i->at;
		size_t n = char_length(i, c, i->n - i->at);

		i->at += n;
		if (is_delimiter(i, c, n)) {
			*len = (size_t)(c - *item);
			return true;
		}
	}
	*len = (size_t)(i->s + i->n - *item);
	i->is_over = true;
	return true;
}

static bool
next_item(struct items *i, const char **item, size_t *len)
{
	if (i->delimiters == NULL)
		return next_word(i, item, len);
	return i->ndelimiters == 0 ? next_character(i, item, len) : next_field(i, item, len);
}

static struct items *
begin(struct run *run, const struct foreach_args *a)
{
	size_t n, nd = 0;
	const char *list = run_expand(run, &a->list, &n);
	const char *delimiters = list && a->delimiters.set ? run_expand(run, &a->delimiters, &nd) : NULL;
	struct items *i;

	if (list == NULL || (a->delimiters.set && delimiters == NULL))
		return NULL;
	i = mem_new(run_ctx(run), struct items);
	i->s = mem_dup(i, list, n);
	i->n = n;
	i->is_over = n == 0; /* the list "" has no item */
	if (delimiters) {
		i->delimiters = mem_dup(i, delimiters, nd);
		i->ndelimiters = nd;
		i->by_char = utf8_valid(list, n) && utf8_valid(delimiters, nd);
	}
	return i;
}

/* Each foreach of a program has its own state, named by its arguments. */
static enum step
foreach_exec(struct run *run, const void *args)
{
	const struct foreach_args *a = args;
	struct items *i = run_get(run, args);
	const char *item;
	size_t len;

	if (i == NULL || run_arrival(run) != ARRIVE_BRANCH) {
		mem_free(i);
		i = begin(run, a);
		run_put(run, args, i);
		if (i == NULL)
			return STEP_FAIL;
	}
	if (next_item(i, &item, &len))
		return run_set(run, &a->variable.v, item, len) ? STEP_NEXT : STEP_FAIL;
	mem_free(i);
	run_put(run, args, NULL);
	return run_jump(run, run_step(run)->other, ARRIVE_BRANCH);
}

static const struct kw foreach_kw[] = {
	{ .help = "Name of iterator variable",
		.type = &kw_variable,
		KW_AT(struct foreach_args, variable),
		.flags = KW_REQ },
	{ .help = "List to iterate over",
		.type = &kw_template,
		KW_AT(struct foreach_args, list),
		.flags = KW_REQ },
	{ .help = "Delimiter string", .type = &kw_template, KW_AT(struct foreach_args, delimiters) },
	KW_END,
};

const struct action action_foreach = {
	.name = "foreach",
	.help = "foreach loop",
	.kw = foreach_kw,
	.args_size = sizeof(struct foreach_args),
	.exec = foreach_exec,
	.flags = ACTION_OPENS | ACTION_LOOP | ACTION_CONDITION,
};
