/* The value types of action arguments: texts that are substituted, and variables that are set. */
#include "applets/expand.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/regex.h"
#include "core/rng.h"

/* struct kw_template begins as struct kw_str does, so the plain string types read it. */
static bool
template_parse(
	const void *ctx, const struct kw *row, const struct kw_token *token, void *dst, struct err *err)
{
	return kw_string_parse(ctx, row, token, dst, err);
}

static void
template_print(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_template *v = src;

	text_printf(out, "\"%s\"", v->s);
}

static bool
template_equal(const void *a, const void *b)
{
	const struct kw_template *x = a, *y = b;

	return x->set == y->set && (!x->set || strcmp(x->s, y->s) == 0);
}

static void
template_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "\"some text\"", "\"$_event_id\"", "word",
		"\"a \\\"b\\\" \\n\"", "\"\"", "\"50% of $x and \\$5\"" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_template = {
	.param = "WORD",
	.name = "text",
	.size = sizeof(struct kw_template),
	.parse = template_parse,
	.print = template_print,
	.equal = template_equal,
	.sample = template_sample,
};

static uint32_t
no_symbol(void *arg, const char *name, size_t n)
{
	return 0;
}

/* One without variables is tried when it is typed. */
static bool
regex_parse(const void *ctx, const struct kw *row, const struct kw_token *token, void *dst, struct err *err)
{
	void *scratch = mem_ctx(NULL, "regex");
	struct kw_template value = { 0 };
	struct err why = ERR_INIT;
	const struct template *t;
	bool fine = template_parse(ctx, row, token, &value, err);

	if (fine) {
		t = template_new(scratch, value.s, no_symbol, NULL);
		if (t->is_literal && !regex_check(t->text, REGEX_TCL, &why))
			fine = err_set(err, ERR_INVALID, "%s", why.text);
	}
	mem_free(scratch);
	if (fine) {
		((struct kw_template *)dst)->s = value.s;
		((struct kw_template *)dst)->quoted = value.quoted;
	}
	return fine;
}

const struct kw_type kw_template_regex = {
	.param = "WORD",
	.name = "regular expression",
	.size = sizeof(struct kw_template),
	.parse = regex_parse,
	.print = template_print,
	.equal = template_equal,
	.sample = template_sample,
};

/* IOS prints variables and numbers of a condition bare, words quoted. */
static bool
prints_bare(const struct kw_template *v)
{
	int64_t number;

	if (v->quoted || v->s[0] == '\0' || strpbrk(v->s, " \t\""))
		return false;
	return v->s[0] == '$' || parse_integer(v->s, strlen(v->s), &number);
}

static bool
operand_parse(const void *ctx, const struct kw *row, const struct kw_token *token, void *dst, struct err *err)
{
	struct kw_template *v = dst;

	if (!template_parse(ctx, row, token, dst, err))
		return false;
	v->quoted = token->quoted;
	return true;
}

static void
operand_print(const struct kw *row, const void *src, struct text *out)
{
	const struct kw_template *v = src;

	if (prints_bare(v))
		text_add(out, v->s);
	else
		template_print(row, src, out);
}

static bool
operand_equal(const void *a, const void *b)
{
	const struct kw_template *x = a, *y = b;

	return template_equal(a, b) && (!x->set || prints_bare(x) == prints_bare(y));
}

static void
operand_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "$x", "\"$x\"", "12", "\"12\"", "Disabled", "\"\"" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_operand = {
	.param = "WORD",
	.name = "operand",
	.size = sizeof(struct kw_template),
	.parse = operand_parse,
	.print = operand_print,
	.equal = operand_equal,
	.sample = operand_sample,
};

const struct kw_type kw_template_rest = {
	.param = "LINE",
	.name = "text to the end of the line",
	.size = sizeof(struct kw_template),
	.join = true,
	.parse = template_parse,
	.print = template_print,
	.equal = template_equal,
	.sample = template_sample,
};

/* ---- variables ---- */

static bool
variable_parse(
	const void *ctx, const struct kw *row, const struct kw_token *token, void *dst, struct err *err)
{
	struct kw_variable *v = dst;
	const char *name = token->text + (token->text[0] == '$');

	if (!variable_name_valid(name, strlen(name)))
		return err_set(err, ERR_RANGE, "a name of letters, digits and _ that begins with no digit");
	v->s = mem_pack_str(ctx, name);
	v->v = (struct variable){ .name = v->s, .symbol = PROGRAM_NOWHERE };
	return true;
}

static void
variable_print(const struct kw *row, const void *src, struct text *out)
{
	text_add(out, ((const struct kw_variable *)src)->s);
}

static bool
variable_equal(const void *a, const void *b)
{
	const struct kw_variable *x = a, *y = b;

	return x->set == y->set && (!x->set || strcmp(x->s, y->s) == 0);
}

static void
variable_sample(const struct kw *row, struct rng *rng, struct text *out)
{
	static const char *const samples[] = { "x", "_result", "$counter1", "Name_2" };

	text_add(out, samples[rng_below(rng, sizeof samples / sizeof *samples)]);
}

const struct kw_type kw_variable = {
	.param = "WORD",
	.name = "variable",
	.size = sizeof(struct kw_variable),
	.parse = variable_parse,
	.print = variable_print,
	.equal = variable_equal,
	.sample = variable_sample,
};
