/*
 * action LABEL string COMMAND ...: the string commands, with Tcl's meaning and IOS's spelling. The
 * result is always $_string_result; indexes count characters from 0 (eem-language 6.7, rulings 8).
 */
#include <string.h>

#include "actions/data/characters.h"
#include "actions/data/data.h"
#include "core/glob.h"
#include "core/mem.h"

/* One for all commands: each has its own rows, which name what it takes. */
struct string_command_args {
	struct kw_flag nocase;
	struct kw_int length;
	struct kw_template text[2]; /* in the order of the line */
	struct kw_template index[2];
	struct kw_template other; /* characters to trim, replacement */
};

struct string_args {
	struct kw_sub command;
	struct variable result;
};

struct string_call {
	struct run *run;
	const struct string_command_args *a;
	const struct variable *result;
	const char *s, *t; /* text[0] and text[1] */
	size_t n, m;
};

struct string_command {
	enum step (*exec)(const struct string_call *);
};

/* ---- results and indexes ---- */

static enum step
answer(const struct string_call *c, const char *s, size_t n)
{
	return run_set_result(c->run, c->result, s, n) ? STEP_NEXT : STEP_FAIL;
}

static enum step
answer_int(const struct string_call *c, int64_t n)
{
	run_set_result_int(c->run, c->result, n);
	return STEP_NEXT;
}

/* An argument that was not given leaves *out as it is. */
static bool
read_index(const struct string_call *c, const struct kw_template *arg, const struct chars *of, int64_t *out)
{
	const char *word;
	size_t n;

	if (!arg->set)
		return true;
	word = run_expand(c->run, arg, &n);
	if (word == NULL)
		return false;
	if (chars_parse_index(word, n, of->n, out))
		return true;
	run_fail(c->run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG",
		"wrong argument %s: an index is an integer, end, or end-N", word);
	return false;
}

/* [first..last] as bytes [*from, *to), cut to the text. False: nothing of the text is in it. */
static bool
span(const struct chars *c, int64_t first, int64_t last, size_t *from, size_t *to)
{
	if (first < 0)
		first = 0;
	if (last >= (int64_t)c->n)
		last = (int64_t)c->n - 1;
	if (first > last)
		return false;
	*from = chars_offset(c, (size_t)first);
	*to = chars_offset(c, (size_t)last + 1);
	return true;
}

/* ---- the commands ---- */

static enum step
compare_exec(const struct string_call *c)
{
	size_t most = c->a->length.set ? (size_t)c->a->length.v : SIZE_MAX;

	return answer_int(c, chars_compare(c->s, c->n, c->t, c->m, c->a->nocase.set, most));
}

static enum step
equal_exec(const struct string_call *c)
{
	size_t most = c->a->length.set ? (size_t)c->a->length.v : SIZE_MAX;

	return answer_int(c, chars_compare(c->s, c->n, c->t, c->m, c->a->nocase.set, most) == 0);
}

static enum step
first_exec(const struct string_call *c)
{
	struct chars needle, hay;
	int64_t start = 0;

	chars_pair(c->s, c->n, c->t, c->m, &needle, &hay);
	if (!read_index(c, &c->a->index[0], &hay, &start))
		return STEP_FAIL;
	return answer_int(c, chars_find(&hay, &needle, start < 0 ? 0 : (size_t)start));
}

static enum step
last_exec(const struct string_call *c)
{
	struct chars needle, hay;
	int64_t start = INT64_MAX;

	chars_pair(c->s, c->n, c->t, c->m, &needle, &hay);
	if (!read_index(c, &c->a->index[0], &hay, &start))
		return STEP_FAIL;
	return answer_int(c, start < 0 ? -1 : chars_find_last(&hay, &needle, (size_t)start));
}

static enum step
index_exec(const struct string_call *c)
{
	struct chars text = chars_of(c->s, c->n);
	size_t from, to;
	int64_t at = 0;

	if (!read_index(c, &c->a->index[0], &text, &at))
		return STEP_FAIL;
	if (at < 0 || !span(&text, at, at, &from, &to))
		return answer(c, "", 0);
	return answer(c, c->s + from, to - from);
}

static enum step
length_exec(const struct string_call *c)
{
	return answer_int(c, (int64_t)chars_of(c->s, c->n).n);
}

static enum step
match_exec(const struct string_call *c)
{
	return answer_int(c, glob_match(c->s, c->n, c->t, c->m, c->a->nocase.set));
}

static enum step
range_exec(const struct string_call *c)
{
	struct chars text = chars_of(c->s, c->n);
	int64_t first = 0, last = 0;
	size_t from, to;

	if (!read_index(c, &c->a->index[0], &text, &first) || !read_index(c, &c->a->index[1], &text, &last))
		return STEP_FAIL;
	if (!span(&text, first, last, &from, &to))
		return answer(c, "", 0);
	return answer(c, c->s + from, to - from);
}

/* The text with [from, to) replaced. */
static enum step
answer_replaced(const struct string_call *c, size_t from, size_t to, const char *by, size_t n)
{
	struct text out;
	enum step step;

	text_init(&out, run_ctx(c->run));
	text_addn(&out, c->s, from);
	text_addn(&out, by, n);
	text_addn(&out, c->s + to, c->n - to);
	step = answer(c, out.s, out.len);
	mem_free(out.s);
	return step;
}

static enum step
replace_exec(const struct string_call *c)
{
	struct chars text = chars_of(c->s, c->n);
	int64_t first = 0, last = 0;
	size_t from, to, n = 0;
	const char *by = "";

	if (!read_index(c, &c->a->index[0], &text, &first) || !read_index(c, &c->a->index[1], &text, &last))
		return STEP_FAIL;
	if (c->a->other.set && (by = run_expand(c->run, &c->a->other, &n)) == NULL)
		return STEP_FAIL;
	if (!span(&text, first, last, &from, &to))
		return answer(c, c->s, c->n);
	return answer_replaced(c, from, to, by, n);
}

/* FIRST alone is that one character (rulings 8). */
static enum step
change_case(const struct string_call *c, enum letter_case way)
{
	struct chars text = chars_of(c->s, c->n);
	int64_t first = 0, last = (int64_t)text.n - 1;
	struct text part;
	size_t from, to;
	enum step step;

	if (!read_index(c, &c->a->index[0], &text, &first))
		return STEP_FAIL;
	if (c->a->index[0].set)
		last = first;
	if (!read_index(c, &c->a->index[1], &text, &last))
		return STEP_FAIL;
	if (!span(&text, first, last, &from, &to))
		return answer(c, c->s, c->n);
	text_init(&part, run_ctx(c->run));
	chars_add_cased(&text, from, to, way, &part);
	step = answer_replaced(c, from, to, part.s, part.len);
	mem_free(part.s);
	return step;
}

static enum step
tolower_exec(const struct string_call *c)
{
	return change_case(c, LOWER);
}

static enum step
toupper_exec(const struct string_call *c)
{
	return change_case(c, UPPER);
}

static bool
in_set(const struct chars *set, const char *c, size_t n)
{
	for (size_t at = 0, len; at < set->bytes; at += len) {
		len = chars_length_at(set, at);
		if (len == n && memcmp(set->s + at, c, n) == 0)
			return true;
	}
	return false;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static enum step
trim(const struct string_call *c, unsigned sides)
{
	const char *set = " \t\n\r";
	size_t nset = 4, from = 0, to = c->n;
	struct chars text, trimmed;

	if (c->a->other.set && (set = run_expand(c->run, &c->a->other, &nset)) == NULL)
		return STEP_FAIL;
	chars_pair(c->s, c->n, set, nset, &text, &trimmed);
	while ((sides & TRIM_LEFT) && from < to &&
		in_set(&trimmed, c->s + from, chars_length_at(&text, from)))
		from += chars_length_at(&text, from);
	while ((sides & TRIM_RIGHT) && to > from) {
		size_t at = to - 1;

		while (text.is_wide && at > from && ((unsigned char)c->s[at] & 0xc0) == 0x80)
			at--;
		if (!in_set(&trimmed, c->s + at, to - at))
			break;
		to = at;
	}
	return answer(c, c->s + from, to - from);
}

static enum step
trim_exec(const struct string_call *c)
{
	return trim(c, TRIM_LEFT | TRIM_RIGHT);
}

static enum step
trimleft_exec(const struct string_call *c)
{
	return trim(c, TRIM_LEFT);
}

static enum step
trimright_exec(const struct string_call *c)
{
	return trim(c, TRIM_RIGHT);
}

/* ---- what they take ---- */

#define ARG(field_, type_, flags_, help_)                                                                 \
	{                                                                                                 \
		.help = help_, .type = &type_, KW_AT(struct string_command_args, field_), .flags = flags_ \
	}
#define NOCASE                                                             \
	{                                                                  \
		.word = "nocase", .help = "Compare case insensitive",      \
		KW_AT(struct string_command_args, nocase), .flags = KW_SEQ \
	}
#define LENGTH                                                                                          \
	{                                                                                               \
		.word = "length", .help = "Compare only the first characters", .type = &kw_number,      \
		KW_AT(struct string_command_args, length), .flags = KW_SEQ, .min = 1, .max = UINT32_MAX \
	}

static const struct kw two_texts_kw[] = {
	NOCASE,
	LENGTH,
	ARG(text[0], kw_template, KW_REQ, "String 1"),
	ARG(text[1], kw_template, KW_REQ, "String 2"),
	KW_END,
};
static const struct kw find_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String to find"),
	ARG(text[1], kw_template, KW_REQ, "String to search in"),
	ARG(index[0], kw_operand, 0, "Index to start from"),
	KW_END,
};
static const struct kw index_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	ARG(index[0], kw_operand, KW_REQ, "Index of the character, or end"),
	KW_END,
};
static const struct kw text_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	KW_END,
};
static const struct kw match_kw[] = {
	NOCASE,
	ARG(text[0], kw_template, KW_REQ, "Pattern: * ? [chars] \\x"),
	ARG(text[1], kw_template, KW_REQ, "String to match"),
	KW_END,
};
static const struct kw range_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	ARG(index[0], kw_operand, KW_REQ, "Index of the first character"),
	ARG(index[1], kw_operand, KW_REQ, "Index of the last character"),
	KW_END,
};
static const struct kw replace_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	ARG(index[0], kw_operand, KW_REQ, "Index of the first character"),
	ARG(index[1], kw_operand, KW_REQ, "Index of the last character"),
	ARG(other, kw_template, 0, "String that takes their place"),
	KW_END,
};
static const struct kw case_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	ARG(index[0], kw_operand, 0, "Index of the first character to convert"),
	ARG(index[1], kw_operand, 0, "Index of the last character to convert"),
	KW_END,
};
static const struct kw trim_kw[] = {
	ARG(text[0], kw_template, KW_REQ, "String"),
	ARG(other, kw_template, 0, "Characters to trim"),
	KW_END,
};

#define COMMAND(word_, help_, kw_, exec_)                                                                   \
	{                                                                                                   \
		.word = word_, .help = help_, KW_AT(struct string_args, command), .flags = KW_REQ | KW_SEQ, \
		.group = 1, .sub = kw_, .sub_size = sizeof(struct string_command_args),                     \
		.owner = &(const struct string_command)                                                     \
		{                                                                                           \
			exec_                                                                               \
		}                                                                                           \
	}

static const struct kw string_kw[] = {
	COMMAND("compare", "Compare two strings", two_texts_kw, compare_exec),
	COMMAND("equal", "Compare two strings for equality", two_texts_kw, equal_exec),
	COMMAND("first", "Find the first occurrence of a string", find_kw, first_exec),
	COMMAND("index", "Get a character of a string", index_kw, index_exec),
	COMMAND("last", "Find the last occurrence of a string", find_kw, last_exec),
	COMMAND("length", "Get the length of a string", text_kw, length_exec),
	COMMAND("match", "Match a string against a pattern", match_kw, match_exec),
	COMMAND("range", "Get a range of a string", range_kw, range_exec),
	COMMAND("replace", "Replace a range of a string", replace_kw, replace_exec),
	COMMAND("tolower", "Convert a string to lower case", case_kw, tolower_exec),
	COMMAND("toupper", "Convert a string to upper case", case_kw, toupper_exec),
	COMMAND("trim", "Trim both ends of a string", trim_kw, trim_exec),
	COMMAND("trimleft", "Trim the left end of a string", trim_kw, trimleft_exec),
	COMMAND("trimright", "Trim the right end of a string", trim_kw, trimright_exec),
	KW_END,
};

/* ---- the action ---- */

static bool
index_is_good(const struct kw_template *index)
{
	int64_t out;

	return !index->set || strchr(index->s, '$') || chars_parse_index(index->s, strlen(index->s), 0, &out);
}

static bool
string_typed(struct engine *engine, void *args, struct err *err)
{
	const struct string_command_args *a = ((const struct string_args *)args)->command.args;

	for (size_t i = 0; i < 2; i++)
		if (!index_is_good(&a->index[i]))
			return err_set(err, ERR_REFUSED, "'%s' is no index: an integer, end, or end-N",
				a->index[i].s);
	return true;
}

static bool
string_check(struct compile *c, void *args, struct err *err)
{
	((struct string_args *)args)->result = compile_variable(c, "_string_result");
	return true;
}

static enum step
string_exec(struct run *run, const void *args)
{
	const struct string_args *a = args;
	const struct string_command *command = a->command.row->owner;
	struct string_call call = { .run = run, .a = a->command.args, .result = &a->result };

	call.s = run_expand(run, &call.a->text[0], &call.n);
	if (call.s == NULL)
		return STEP_FAIL;
	call.t = run_expand(run, &call.a->text[1], &call.m);
	if (call.t == NULL)
		return STEP_FAIL;
	return command->exec(&call);
}

const struct action action_string = {
	.name = "string",
	.help = "string commands",
	.kw = string_kw,
	.args_size = sizeof(struct string_args),
	.typed = string_typed,
	.check = string_check,
	.exec = string_exec,
	.sets = ACTION_VARIABLES("_string_result"),
};
