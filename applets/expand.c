/* Templates: compiled at commit, joined when an action runs. */
#include "applets/expand.h"

#include <ctype.h>
#include <string.h>

#include "applets/env.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

/* ---- reading what was typed ---- */

static size_t
name_length(const char *s)
{
	size_t n = 0;

	if (!isalpha((unsigned char)s[0]) && s[0] != '_')
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* Rulings 1. Appends what the two characters mean; answers how many were used. */
static size_t
add_escape(const char *s, struct text *out)
{
	static const char from[] = "\\\"$ntr", to[] = "\\\"$\n\t\r";
	const char *at = s[1] ? strchr(from, s[1]) : NULL;

	if (at) {
		text_addc(out, to[at - from]);
		return 2;
	}
	text_addc(out, s[0]);
	return 1;
}

struct builder {
	const void *ctx; /* of what stays */
	struct text literal;
	struct template_piece *pieces;
	size_t n, cap;
};

static void
add_piece(struct builder *b, struct template_piece piece)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 4;
		b->pieces = mem_resize(NULL, b->pieces, b->cap * sizeof *b->pieces);
	}
	b->pieces[b->n++] = piece;
}

static void
flush_literal(struct builder *b)
{
	if (b->literal.len == 0)
		return;
	add_piece(b, (struct template_piece){ .s = mem_pack_strn(b->ctx, b->literal.s, b->literal.len),
			     .n = b->literal.len,
			     .symbol = PROGRAM_NOWHERE });
	text_clear(&b->literal);
}

static struct template *
finish(struct builder *b)
{
	struct template *t = mem_pack(b->ctx, sizeof *t);

	flush_literal(b);
	t->n = (uint32_t)b->n;
	t->is_literal = b->n == 0 || (b->n == 1 && !b->pieces[0].is_variable);
	t->is_variable = b->n == 1 && b->pieces[0].is_variable;
	if (t->is_literal) {
		t->text = b->n ? b->pieces[0].s : "";
		t->len = b->n ? b->pieces[0].n : 0;
		t->is_number = parse_integer(t->text, t->len, &t->number);
	}
	if (t->is_variable)
		t->variable = (struct variable){ .name = b->pieces[0].s, .symbol = b->pieces[0].symbol };
	if (b->n)
		t->pieces = memcpy(
			mem_pack(b->ctx, b->n * sizeof *t->pieces), b->pieces, b->n * sizeof *t->pieces);
	mem_free(b->pieces);
	mem_free(b->literal.s);
	return t;
}

struct template *
template_new(const void *ctx, const char *typed, uint32_t (*symbol_of)(void *arg, const char *name, size_t n),
	void *arg)
{
	struct builder b = { .ctx = ctx };

	text_init(&b.literal, NULL);
	while (*typed) {
		size_t n = *typed == '$' ? name_length(typed + 1) : 0;

		if (n > 0) {
			flush_literal(&b);
			add_piece(&b, (struct template_piece){ .s = mem_pack_strn(ctx, typed + 1, n),
					      .n = n,
					      .is_variable = true,
					      .symbol = symbol_of(arg, typed + 1, n) });
			typed += n + 1;
		} else if (*typed == '\\')
			typed += add_escape(typed, &b.literal);
		else
			text_addc(&b.literal, *typed++);
	}
	return finish(&b);
}

struct template *
template_literal(const void *ctx, const char *s, size_t n)
{
	struct template *t = mem_new(ctx, struct template);
	char *copy = mem_alloc(t, n + 1);

	memcpy(copy, s, n);
	t->is_literal = true;
	t->text = copy;
	t->len = n;
	if (n > 0) {
		t->pieces = mem_new(t, struct template_piece);
		t->n = 1;
		t->pieces[0] = (struct template_piece){ .s = t->text, .n = n, .symbol = PROGRAM_NOWHERE };
	}
	return t;
}

/* ---- joining ---- */

static const char *
piece_value(struct run *r, const struct template_piece *p, size_t *len)
{
	struct variable v = { .name = p->s, .symbol = p->symbol };

	if (p->is_variable)
		return run_var(r, &v, len);
	*len = p->n;
	return p->s;
}

static void
unknown_variable(struct run *r, const char *name)
{
	run_fail(r, "FH_EMEMORY", SEV_ERRORS, "FMPD_UNKNOWN_ENV",
		"fh_parse_var: could not find environment variable: %s", name);
}

static const char *
single(struct run *r, const struct template_piece *p, bool strict, size_t *len)
{
	const char *value = piece_value(r, p, len);

	if (value)
		return value;
	if (strict)
		unknown_variable(r, p->s);
	*len = 0;
	return strict ? NULL : "";
}

static const char *
join(struct run *r, const struct template *t, bool strict, size_t *len)
{
	if (t->n == 1)
		return single(r, t->pieces, strict, len);

	const char **values = run_scratch(r, t->n * sizeof *values);
	size_t *lens = run_scratch(r, t->n * sizeof *lens), total = 0;

	for (size_t i = 0; i < t->n; i++) {
		values[i] = piece_value(r, &t->pieces[i], &lens[i]);
		if (values[i] == NULL && strict) {
			unknown_variable(r, t->pieces[i].s);
			return NULL;
		}
		if (values[i] == NULL)
			lens[i] = 0;
		total += lens[i];
	}
	*len = total;

	char *out = run_scratch(r, total + 1), *at = out;
	for (size_t i = 0; i < t->n; i++) {
		if (lens[i])
			memcpy(at, values[i], lens[i]);
		at += lens[i];
	}
	*at = '\0';
	return out;
}

/* For whoever takes a value as a string: a NUL would cut it, and is the \x00 that screens show instead. */
static const char *
without_nuls(struct run *r, const char *s, size_t n)
{
	size_t nuls = 0, k = 0;
	char *out;

	if (memchr(s, '\0', n) == NULL)
		return s;
	for (size_t i = 0; i < n; i++)
		nuls += s[i] == '\0';
	out = run_scratch(r, n + nuls * (sizeof "\\x00" - 2) + 1);
	for (size_t i = 0; i < n; i++)
		if (s[i] != '\0')
			out[k++] = s[i];
		else
			k += (size_t)(stpcpy(out + k, "\\x00") - (out + k));
	out[k] = '\0';
	return out;
}

static const char *
expand(struct run *r, const struct kw_template *arg, bool strict, size_t *len)
{
	const char *s;
	size_t n;

	if (!arg->set || arg->t == NULL) {
		n = 0;
		s = "";
	} else if (!arg->t->is_literal) {
		s = join(r, arg->t, strict, &n);
	} else {
		n = arg->t->len;
		s = arg->t->text;
	}
	if (len == NULL)
		return s != NULL ? without_nuls(r, s, n) : NULL;
	*len = n;
	return s;
}

const char *
run_expand(struct run *r, const struct kw_template *arg, size_t *len)
{
	return expand(r, arg, true, len);
}

const char *
run_expand_or_empty(struct run *r, const struct kw_template *arg, size_t *len)
{
	return expand(r, arg, false, len);
}

enum number
run_expand_read_int(struct run *r, const struct kw_template *arg, int64_t *out)
{
	const char *s;
	size_t n;

	if (arg->t && arg->t->is_variable) {
		enum number is = run_var_int(r, &arg->t->variable, out);

		if (is == IS_MISSING)
			unknown_variable(r, arg->t->variable.name);
		return is;
	}
	s = run_expand(r, arg, &n);
	if (s == NULL)
		return IS_MISSING;
	return parse_integer(s, n, out) ? IS_NUMBER : IS_TEXT;
}

bool
run_expand_pieces(struct run *r, const struct kw_template *arg,
	void (*f)(void *arg, const char *s, size_t n, bool is_variable), void *farg)
{
	size_t whole;

	if (!arg->set || arg->t == NULL)
		return true;
	if (!arg->t->is_literal && join(r, arg->t, true, &whole) == NULL)
		return false;
	for (size_t i = 0; i < arg->t->n; i++) {
		size_t len;
		const char *s = piece_value(r, &arg->t->pieces[i], &len);

		f(farg, s, len, arg->t->pieces[i].is_variable);
	}
	return true;
}

/* ---- at registration ---- */

bool
expand_environment(const void *ctx, struct engine *engine, const char *s, char **out, struct err *err)
{
	struct text *t = text_new(ctx);

	while (*s) {
		size_t n = *s == '$' ? name_length(s + 1) : 0, len;

		if (*s == '\\' && s[1]) {
			text_addn(t, s, 2);
			s += 2;
			continue;
		}
		if (n == 0) {
			text_addc(t, *s++);
			continue;
		}
		char *name = mem_strndup(t, s + 1, n);
		const char *value = environment_get(engine->env, name, &len);
		if (value == NULL) {
			err_class(err, ERR_NOT_FOUND, "FH_EMEMORY",
				"fh_parse_var: could not find environment variable: %s", name);
			mem_free(t);
			return false;
		}
		text_addn(t, value, len);
		s += n + 1;
	}
	*out = mem_strndup(ctx, t->s, t->len);
	mem_free(t);
	return true;
}

/* ---- numbers ---- */

bool
parse_integer(const char *s, size_t n, int64_t *out)
{
	bool negative;
	uint64_t v = 0;

	while (n > 0 && isspace((unsigned char)s[0]))
		s++, n--;
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	negative = n > 0 && s[0] == '-';
	if (n > 0 && (s[0] == '-' || s[0] == '+'))
		s++, n--;
	if (n == 0)
		return false;
	for (; n > 0; s++, n--) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}
