/* The variables of a run: an array by symbol, and a list for names that no step mentions. */
#include "applets/vars.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "applets/env.h"
#include "applets/expand.h"
#include "core/mem.h"
#include "core/text.h"

bool
variable_name_valid(const char *name, size_t n)
{
	if (n == 0 || (!isalpha((unsigned char)name[0]) && name[0] != '_'))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* ---- where values are ---- */

static struct vars *
vars_of(struct run *r)
{
	void **slot = run_variables(r);

	if (*slot == NULL)
		*slot = mem_alloc(
			run_ctx(r), sizeof(struct vars) + run_program(r)->nsymbols * sizeof(struct value));
	return *slot;
}

static uint32_t
symbol_of(const struct run *r, const char *name)
{
	const struct program *p = run_program(r);

	for (uint32_t i = 0; i < p->nsymbols; i++)
		if (strcmp(p->symbols[i], name) == 0)
			return i;
	return PROGRAM_NOWHERE;
}

static inline struct value *
find_value(struct run *r, uint32_t symbol, const char *name)
{
	struct vars *v = *run_variables(r);

	if (v == NULL)
		return NULL;
	if (symbol != PROGRAM_NOWHERE)
		return v->by_symbol[symbol].form ? &v->by_symbol[symbol] : NULL;
	for (struct extra *e = v->extras; e; e = e->next)
		if (e->value.form && strcmp(e->name, name) == 0)
			return &e->value;
	return NULL;
}

static inline struct value *
make_value(struct run *r, uint32_t symbol, const char *name)
{
	struct vars *v = vars_of(r);

	if (symbol != PROGRAM_NOWHERE)
		return &v->by_symbol[symbol];
	for (struct extra *e = v->extras; e; e = e->next)
		if (strcmp(e->name, name) == 0)
			return &e->value;

	struct extra *e = mem_new(run_ctx(r), struct extra);
	e->name = mem_strdup(e, name);
	e->next = v->extras;
	v->extras = e;
	return &e->value;
}

/* Room for n bytes and a NUL, what is there kept. */
static void
value_reserve(struct run *r, struct value *v, size_t n)
{
	if (v->s == NULL) {
		v->s = v->small;
		v->cap = VALUE_SMALL;
	}
	if (n < v->cap)
		return;

	size_t cap = n + n / 2 + 1;
	char *old = v->s == v->small ? NULL : v->s;
	char *grown = mem_resize(run_ctx(r), old, cap);
	if (old == NULL)
		memcpy(grown, v->small, VALUE_SMALL);
	v->s = grown;
	v->cap = cap;
}

static void
value_put(struct run *r, struct value *v, size_t at, const char *s, size_t n)
{
	/* `s` may lie in the value itself (`append x "$x"`). */
	bool is_inside = (v->form & HAS_TEXT) && s >= v->s && s <= v->s + v->n;
	size_t inside = is_inside ? (size_t)(s - v->s) : SIZE_MAX;

	value_reserve(r, v, at + n);
	if (inside != SIZE_MAX)
		s = v->s + inside;
	memmove(v->s + at, s, n);
	v->n = at + n;
	v->s[v->n] = '\0';
	v->form = HAS_TEXT;
}

static const char *
value_text(struct run *r, struct value *v, size_t *len)
{
	if ((v->form & HAS_TEXT) == 0) {
		value_reserve(r, v, VALUE_SMALL - 1);
		v->n = (size_t)snprintf(v->s, v->cap, "%" PRId64, v->number);
		v->form |= HAS_TEXT;
	}
	*len = v->n;
	return v->s;
}

static bool
value_number(struct value *v, int64_t *out)
{
	if ((v->form & (HAS_NUMBER | NO_NUMBER)) == 0)
		v->form |= parse_integer(v->s, v->n, &v->number) ? HAS_NUMBER : NO_NUMBER;
	*out = v->number;
	return (v->form & HAS_NUMBER) != 0;
}

/* ---- reading ---- */

/* What is not kept as a value: the run's own state, the event, the environment. */
static const char *
foreign_value(struct run *r, const char *name, size_t *len)
{
	struct text t;
	char number[24] = "";

	if (strcmp(name, "_job_id") == 0)
		snprintf(number, sizeof number, "%" PRIu64, run_job(r));
	else if (strcmp(name, "_exit_status") == 0)
		snprintf(number, sizeof number, "%d", run_exit_status(r));
	else if (strcmp(name, "_error") == 0)
		snprintf(number, sizeof number, "%s", run_error(r));
	else if (event_has(run_event(r), name)) {
		text_init(&t, run_ctx(r));
		event_get(run_event(r), name, &t);
		char *s = run_scratch(r, t.len + 1);
		memcpy(s, t.s, t.len + 1);
		*len = t.len;
		mem_free(t.s);
		return s;
	} else
		return environment_get(run_engine(r)->env, name, len);

	*len = strlen(number);
	return memcpy(run_scratch(r, *len + 1), number, *len + 1);
}

static const char *
read_value(struct run *r, uint32_t symbol, const char *name, size_t *len)
{
	size_t none;
	struct value *v = find_value(r, symbol, name);

	if (len == NULL)
		len = &none;
	return v ? value_text(r, v, len) : foreign_value(r, name, len);
}

const char *
run_var(struct run *r, const struct variable *v, size_t *len)
{
	return read_value(r, v->symbol, v->name, len);
}

enum number
run_var_read_int(struct run *r, const struct variable *v, int64_t *out)
{
	struct value *own = find_value(r, v->symbol, v->name);
	const char *s;
	size_t n;

	if (own)
		return value_number(own, out) ? IS_NUMBER : IS_TEXT;
	s = foreign_value(r, v->name, &n);
	if (s == NULL)
		return IS_MISSING;
	return parse_integer(s, n, out) ? IS_NUMBER : IS_TEXT;
}

const char *
run_var_get(struct run *r, const char *name, size_t *len)
{
	return read_value(r, symbol_of(r, name), name, len);
}

/* ---- writing ---- */

static bool
set_exit_status(struct run *r, const char *s, size_t n)
{
	int64_t status;

	if (!parse_integer(s, n, &status) || status < INT32_MIN || status > INT32_MAX) {
		run_fail(r, "FH_EINVAL", SEV_INFORMATIONAL, "FMPD_OPERAND_INVALID",
			"Invalid value of _exit_status, it must be an integer");
		return false;
	}
	run_set_exit_status(r, (int)status);
	return true;
}

/*
 * The value to write to; NULL, with the step failed, when the name is read-only. What the run has set
 * once it may set again: an event's variables do not change during a run.
 */
static struct value *
writable_value(struct run *r, uint32_t symbol, const char *name)
{
	struct value *v = find_value(r, symbol, name);

	if (v)
		return v;
	if (name[0] == '_' && (strcmp(name, "_job_id") == 0 || event_has(run_event(r), name))) {
		run_fail(r, "FH_EREADONLY", SEV_ERRORS, "FMPD_SET_VAR", "Variable %s is read-only", name);
		return NULL;
	}
	return make_value(r, symbol, name);
}

static bool
is_exit_status(const char *name)
{
	return name[0] == '_' && name[1] == 'e' && strcmp(name, "_exit_status") == 0;
}

static bool
value_write(struct run *r, struct value *v, const char *name, bool append, const char *s, size_t n)
{
	size_t at = 0, most = run_engine(r)->value_max;

	if (append && v->form)
		value_text(r, v, &at);
	if (at > most || n > most - at) {
		run_fail(r, "FH_ETOOBIG", SEV_ERRORS, "FMPD_SET_VAR", "Variable %s would exceed %zu bytes",
			name, most);
		return false;
	}
	value_put(r, v, at, s, n);
	return true;
}

static bool
write_value(struct run *r, uint32_t symbol, const char *name, bool append, const char *s, size_t n)
{
	struct value *v;

	if (is_exit_status(name))
		return set_exit_status(r, s, n);
	v = writable_value(r, symbol, name);
	return v && value_write(r, v, name, append, s, n);
}

static bool
write_number(struct run *r, uint32_t symbol, const char *name, int64_t number)
{
	struct value *v;
	char s[24];

	if (is_exit_status(name)) {
		snprintf(s, sizeof s, "%" PRId64, number);
		return set_exit_status(r, s, strlen(s));
	}
	v = writable_value(r, symbol, name);
	if (v == NULL)
		return false;
	value_put_number(v, number);
	return true;
}

bool
run_set(struct run *r, const struct variable *v, const char *s, size_t n)
{
	return write_value(r, v->symbol, v->name, false, s, n);
}

bool
run_append(struct run *r, const struct variable *v, const char *s, size_t n)
{
	const struct value *own = find_value(r, v->symbol, v->name);
	size_t len;
	const char *old = own ? NULL : foreign_value(r, v->name, &len);

	/* An environment variable of that name is where appending begins. */
	if (old && !write_value(r, v->symbol, v->name, false, old, len))
		return false;
	return write_value(r, v->symbol, v->name, true, s, n);
}

bool
run_set_new_int(struct run *r, const struct variable *v, int64_t number)
{
	return write_number(r, v->symbol, v->name, number);
}

/* ---- results ---- */

/* An action's result stands above an event's variable of that name. */
bool
run_set_result(struct run *r, const struct variable *v, const char *s, size_t n)
{
	return value_write(r, make_value(r, v->symbol, v->name), v->name, false, s, n);
}

void
run_set_new_result_int(struct run *r, const struct variable *v, int64_t number)
{
	value_put_number(make_value(r, v->symbol, v->name), number);
}

bool
run_var_set(struct run *r, const char *name, const char *s, size_t n)
{
	return run_set_result(r, &(struct variable){ .name = name, .symbol = symbol_of(r, name) }, s, n);
}

void
run_var_unset(struct run *r, const char *name)
{
	struct value *v = find_value(r, symbol_of(r, name), name);

	if (v == NULL)
		return;
	if (v->s != v->small)
		mem_free(v->s);
	*v = (struct value){ .form = IS_UNSET };
}

void
run_vars_each(struct run *r, void (*f)(void *arg, const char *name, const char *s, size_t n), void *arg)
{
	const struct program *p = run_program(r);
	struct vars *v = *run_variables(r);
	const char *s;
	size_t n;

	if (v == NULL)
		return;
	for (uint32_t i = 0; i < p->nsymbols; i++)
		if (v->by_symbol[i].form) {
			s = value_text(r, &v->by_symbol[i], &n);
			f(arg, p->symbols[i], s, n);
		}
	for (struct extra *e = v->extras; e; e = e->next)
		if (e->value.form) {
			s = value_text(r, &e->value, &n);
			f(arg, e->name, s, n);
		}
}
