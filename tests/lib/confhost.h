/* A configuration with rows that write down what is applied, and somebody who edits it. */
#ifndef TESTS_CONFHOST_H
#define TESTS_CONFHOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

struct args {
	struct kw_str name, value;
	struct kw_flag trap;
	struct kw_str class;
	struct text *hex;
};
static const struct kw name_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	KW_END,
};
static const struct kw environment_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ NULL, "Value", &kw_line, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};
static const struct kw applet_kw[] = {
	{ NULL, "Name", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ "class", "Class", &kw_word, KW_AT(struct args, class) },
	{ "trap", "Trap", NULL, KW_AT(struct args, trap) },
	KW_END,
};
static const struct kw action_kw[] = {
	{ NULL, "Label", &kw_word, KW_AT(struct args, name), .flags = KW_REQ | KW_KEY },
	{ "puts", "Print", &kw_string, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};
static const struct kw value_kw[] = {
	{ NULL, "Value", &kw_word, KW_AT(struct args, value), .flags = KW_REQ },
	KW_END,
};

static struct text *applied; /* reset by setup() */

static inline bool
apply(struct engine *engine, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	const struct conf_node *any = new != NULL ? new : old;
	size_t n = 0;

	if (new != NULL && strstr(new->key, "FAIL") != NULL)
		return err_set(err, ERR_REFUSED, "cannot apply");
	for (const struct conf_node *c = any->first; c != NULL; c = c->next)
		n++;
	text_printf(applied, "%s%s%s%s/%zu;",
		old == NULL   ? "+"
		: new == NULL ? "-"
			      : "~",
		any->key, any->no ? " (no)" : "", "", n);
	return true;
}

static inline bool
check(struct engine *engine, const struct conf_node *n, struct err *err)
{
	if (strstr(n->key, "BAD") == NULL)
		return true;
	return err_set(err, ERR_REFUSED, "bad as a whole");
}

static inline bool
body(struct engine *engine, void *args, const char *line, bool *done, struct err *err)
{
	struct args *a = args;

	line += strspn(line, " \t");
	if (a->hex == NULL)
		a->hex = text_new(a);
	if (strcmp(line, "quit") == 0) {
		*done = true;
		return a->hex->len > 0 || err_set(err, ERR_INVALID, "an empty certificate");
	}
	if (strspn(line, "0123456789ABCDEF ") != strlen(line))
		return err_set(err, ERR_INVALID, "not hex");
	text_printf(a->hex, "%s\n", line);
	return true;
}

static inline void
print_body(struct engine *engine, const struct conf_node *n, struct text *out)
{
	text_add(out, ((const struct args *)n->args)->hex->s);
	text_add(out, "\tquit\n");
}

static inline const char *
confirm(struct engine *engine, const struct conf_node *n)
{
	return n->first == NULL ? NULL : "Are you sure?";
}

#define SIZE .size = sizeof(struct args)
static const struct conf_mode modes[] = {
	{ .name = "config-applet", .parent = "config", .commit_on_exit = true },
	{ .name = "config-applet-trigger", .parent = "config-applet" },
	{ .name = "ca-trustpoint", .parent = "config" },
	{ .name = "config-cert-chain", .parent = "config" },
	{ .name = "config-pubkey", .parent = "config-cert-chain" },
};
static const struct conf_row rows[] = {
	{ .cmd = { "alias", "Alias", environment_kw, SIZE },
		.mode = "config",
		.order = 15,
		.whole_line_key = true,
		.apply = apply },
	{ .cmd = { "hostname", "Name", value_kw, SIZE }, .mode = "config", .order = 10, .apply = apply },
	{ .cmd = { .words = "ip domain lookup", .help = "DNS", SIZE },
		.mode = "config",
		.order = 20,
		.keep_no = true,
		.apply = apply },
	{ .cmd = { "crypto pki trustpoint", "Trustpoint", name_kw, SIZE },
		.mode = "config",
		.enters = "ca-trustpoint",
		.order = 30,
		.apply = apply,
		.check = check,
		.confirm_no = confirm },
	{ .cmd = { "usage", "Usage", value_kw, SIZE }, .mode = "ca-trustpoint", .order = 2 },
	{ .cmd = { .words = "enrollment terminal", .help = "Paste", SIZE },
		.mode = "ca-trustpoint",
		.order = 1 },
	{ .cmd = { "crypto pki certificate chain", "Chain", name_kw, SIZE },
		.mode = "config",
		.enters = "config-cert-chain",
		.order = 40 },
	{ .cmd = { "certificate ca", "Certificate", name_kw, SIZE },
		.mode = "config-cert-chain",
		.enters = "config-pubkey",
		.body = body,
		.print = print_body,
		.apply = apply },
	{ .cmd = { "event manager environment", "Variable", environment_kw, SIZE },
		.mode = "config",
		.order = 50,
		.apply = apply },
	{ .cmd = { "event manager applet", "Applet", applet_kw, SIZE },
		.mode = "config",
		.enters = "config-applet",
		.order = 60,
		.apply = apply },
	{ .cmd = { .words = "event none", .help = "None", SIZE }, .mode = "config-applet", .order = 1 },
	{ .cmd = { "trigger", "Trigger", NULL, SIZE },
		.mode = "config-applet",
		.order = 2,
		.enters = "config-applet-trigger" },
	{ .cmd = { "correlate", "Correlate", value_kw, SIZE }, .mode = "config-applet-trigger" },
	{ .cmd = { "action", "Action", action_kw, SIZE },
		.mode = "config-applet",
		.order = 3,
		.sorted = true,
		.missing = "Action label not found",
		.check = check },
};

struct world {
	struct engine engine;
	struct conf *conf;
	struct conf_edit *edit;
};

static inline int
setup(void **state)
{
	struct world *w = mem_new(NULL, struct world);

	applied = text_new(w);
	w->conf = conf_new(w, &w->engine);
	conf_modes(w->conf, modes, sizeof modes / sizeof *modes);
	conf_rows(w->conf, rows, sizeof rows / sizeof *rows);
	w->edit = conf_edit_new(w, w->conf, "test");
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;

	mem_free(w->edit);
	mem_free(w);
	return 0;
}

/* ---- helpers ---- */

static inline void
type(struct world *w, const char *line)
{
	struct err err = ERR_INIT;

	if (!conf_edit_line(w->edit, line, true, NULL, &err))
		fail_msg("%s: %s (%s)", line, err.text, err.hint);
}

static inline void
refuse(struct world *w, const char *line, const char *why)
{
	struct err err = ERR_INIT;

	assert_false(conf_edit_line(w->edit, line, true, NULL, &err));
	assert_string_equal(err.text, why);
}

static inline void
leave(struct world *w)
{
	struct err err = ERR_INIT;
	bool left;

	assert_true(conf_edit_exit(w->edit, &left, &err));
}

/* What was applied since the last call. */
#define assert_applied(text_)                           \
	do {                                            \
		assert_string_equal(applied->s, text_); \
		text_clear(applied);                    \
	} while (0)

static inline const char *
running(struct world *w)
{
	struct text *t = text_new(w);

	conf_print_running(w->conf, t);
	return t->s;
}

static inline void
assert_running(struct world *w, const char *lines)
{
	char *all = mem_printf(w, "version 17.9\n%s!\nend\n", lines);

	assert_string_equal(running(w), all);
}

static const char with_chain[] = "crypto pki certificate chain T\n"
				 " certificate ca 01\n"
				 "  30820596 3082037E \n"
				 "  40\n"
				 "  \tquit\n";

#endif
