/* Regular expressions, over PCRE2. */
#include "core/regex.h"

#include <stdatomic.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/mem.h"
#include "core/text.h"

#define JIT_STACK_START ((size_t)32 * 1024)
#define JIT_STACK_MAX   ((size_t)512 * 1024)

/* Machine code is made by the first match; others meanwhile use the interpreter. */
enum jit_state { JIT_NONE, JIT_BEING_MADE, JIT_READY, JIT_REFUSED };

struct form {
	pcre2_code *code;
	_Atomic int jit; /* enum jit_state */
};

struct regex {
	enum regex_dialect dialect;
	bool ascii; /* the pattern has no byte above 0x7F */
	unsigned groups;
	struct form bytes, chars; /* chars: UTF-8, made when first needed */
	char text[];
};

struct regex_scratch {
	enum regex_engine engine;
	pcre2_match_context *limits;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

static bool
is_ascii(const char *s, size_t n)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; i + sizeof word <= n; i += sizeof word) {
		memcpy(&word, s + i, sizeof word);
		all |= word;
	}
	for (; i < n; i++)
		all |= (unsigned char)s[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static uint32_t
options(enum regex_dialect dialect, bool chars)
{
	uint32_t o = PCRE2_NEVER_BACKSLASH_C;

	if (dialect == REGEX_TCL)
		o |= PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY;
	if (chars)
		return o | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	return o | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
}

static pcre2_code *
compile(const char *pattern, enum regex_dialect dialect, bool chars, struct err *err)
{
	pcre2_compile_context *cc = pcre2_compile_context_create(NULL);
	pcre2_code *code;
	PCRE2_SIZE at = 0;
	int failure = 0;

	pcre2_set_max_pattern_length(cc, REGEX_PATTERN_MAX);
	pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
	code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options(dialect, chars), &failure, &at, cc);
	pcre2_compile_context_free(cc);
	if (code == NULL) {
		PCRE2_UCHAR why[128] = "";

		pcre2_get_error_message(failure, why, sizeof why);
		err_set(err, ERR_INVALID, "Invalid regular expression: %s", (const char *)why);
		err_at(err, 0, (int)at + 1);
	}
	return code;
}

static int
regex_free(void *ptr)
{
	struct regex *re = ptr;

	pcre2_code_free(re->bytes.code);
	pcre2_code_free(re->chars.code);
	return 0;
}

/* Event patterns are bytes unless they hold characters themselves; see the header. */
static bool
begins_with_chars(const struct regex *re)
{
	return !re->ascii && utf8_valid(re->text, strlen(re->text));
}

struct regex *
regex_new(const void *ctx, const char *pattern, enum regex_dialect dialect, struct err *err)
{
	size_t n = strlen(pattern);
	struct regex *re = mem_alloc_named(ctx, sizeof *re + n + 1, "struct regex");
	uint32_t groups = 0;
	struct form *form;

	memcpy(re->text, pattern, n + 1);
	re->dialect = dialect;
	re->ascii = is_ascii(pattern, n);
	mem_on_free(re, regex_free);
	form = begins_with_chars(re) ? &re->chars : &re->bytes;
	form->code = compile(pattern, dialect, form == &re->chars, err);
	if (form->code == NULL) {
		mem_free(re);
		return NULL;
	}
	pcre2_pattern_info(form->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	re->groups = groups;
	return re;
}

bool
regex_check(const char *pattern, enum regex_dialect dialect, struct err *err)
{
	struct regex *re = regex_new(NULL, pattern, dialect, err);

	mem_free(re);
	return re != NULL;
}

const char *
regex_text(const struct regex *re)
{
	return re->text;
}

static int
scratch_free(void *ptr)
{
	struct regex_scratch *sc = ptr;

	pcre2_match_context_free(sc->limits);
	pcre2_match_data_free(sc->data);
	pcre2_jit_stack_free(sc->stack);
	return 0;
}

struct regex_scratch *
regex_scratch_new(const void *ctx, enum regex_engine engine)
{
	struct regex_scratch *sc = mem_new(ctx, struct regex_scratch);

	sc->engine = engine;
	sc->limits = pcre2_match_context_create(NULL);
	sc->data = pcre2_match_data_create(REGEX_GROUPS, NULL);
	sc->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
	mem_on_free(sc, scratch_free);
	pcre2_set_match_limit(sc->limits, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(sc->limits, REGEX_DEPTH_LIMIT);
	pcre2_set_heap_limit(sc->limits, REGEX_HEAP_KIB);
	if (sc->stack != NULL)
		pcre2_jit_stack_assign(sc->limits, NULL, sc->stack);
	return sc;
}

/* The first match makes the machine code. */
static bool
jit_ready(struct form *form)
{
	int state = atomic_load_explicit(&form->jit, memory_order_acquire);

	if (state == JIT_READY)
		return true;
	if (state != JIT_NONE || !atomic_compare_exchange_strong(&form->jit, &state, JIT_BEING_MADE))
		return false;
	state = pcre2_jit_compile(form->code, PCRE2_JIT_COMPLETE) == 0 ? JIT_READY : JIT_REFUSED;
	atomic_store_explicit(&form->jit, state, memory_order_release);
	return state == JIT_READY;
}

/*
 * The form for this subject. An all-ASCII subject means the same in both, so the cheaper one serves;
 * a pattern with characters of its own has only the one.
 */
static struct form *
choose(struct regex *re, const char *s, size_t n)
{
	if (re->bytes.code == NULL)
		return &re->chars;
	if (re->dialect == REGEX_EVENT || is_ascii(s, n) || !utf8_valid(s, n))
		return &re->bytes;
	if (re->chars.code == NULL)
		re->chars.code = compile(re->text, re->dialect, true, NULL);
	return re->chars.code != NULL ? &re->chars : &re->bytes;
}

static void
report(const pcre2_match_data *data, int rc, struct regex_captures *out)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer((pcre2_match_data *)(uintptr_t)data);

	out->n = rc == 0 ? REGEX_GROUPS : (unsigned)rc; /* 0: more groups than we report */
	for (unsigned i = 0; i < out->n; i++) {
		struct regex_group *g = &out->group[i];

		g->set = at[2 * i] != PCRE2_UNSET;
		g->at = g->set ? at[2 * i] : 0;
		/* \K inside a lookahead can put the end before the start. */
		g->len = g->set && at[2 * i + 1] > g->at ? at[2 * i + 1] - g->at : 0;
	}
}

enum regex_verdict
regex_match(struct regex *re, struct regex_scratch *sc, const char *s, size_t n, struct regex_captures *out)
{
	struct form *form = choose(re, s, n);
	int rc;

	if (sc->engine == REGEX_JIT && jit_ready(form))
		rc = pcre2_jit_match(form->code, (PCRE2_SPTR)s, n, 0, 0, sc->data, sc->limits);
	else
		rc = pcre2_match(form->code, (PCRE2_SPTR)s, n, 0, PCRE2_NO_JIT, sc->data, sc->limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	if (rc < 0)
		return REGEX_LIMIT;
	if (out != NULL)
		report(sc->data, rc, out);
	return REGEX_YES;
}

bool
regex_jit_works(const char **why)
{
	struct regex *re = regex_new(NULL, "a", REGEX_EVENT, NULL);
	uint32_t built = 0;
	bool works;

	pcre2_config(PCRE2_CONFIG_JIT, &built);
	works = built != 0 && jit_ready(&re->bytes);
	mem_free(re);
	if (why != NULL)
		*why = works        ? "machine code"
		       : built == 0 ? "interpreter: PCRE2 was built without JIT"
				    : "interpreter: the system refuses executable memory";
	return works;
}
