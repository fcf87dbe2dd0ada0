/*
 * Fuzz target: configuration text and the words of a line. What was accepted must be printed so that
 * it is read back and printed the same; `?` and Tab get the same bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"
#include "setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine *
engine_of_ours(void)
{
	void *ctx = mem_ctx(NULL, "fuzz");
	const struct setup how = { .clock = clock_new_virtual(ctx, 0), .seed = 1, .is_check = true };
	struct engine *e = engine_new(ctx, &how, NULL);

	if (e == NULL)
		abort();
	return e;
}

static void
one_line(const void *ctx, const struct kw_tree *tree, const char *line)
{
	struct text *once = text_new(ctx), *twice = text_new(ctx), *help = text_new(ctx);
	struct err err = ERR_INIT;
	struct kw_parsed a, b;

	kw_help(tree, line, 15, help);
	kw_complete(tree, line, 15, help);
	kw_parse(ctx, tree, line, 1, KW_PARSE_KEY, &a, &err);
	if (!kw_parse(ctx, tree, line, 15, 0, &a, &err))
		return;
	kw_print(a.cmd, a.args, once);
	if (!kw_parse(ctx, tree, once->s, 15, 0, &b, &err))
		abort();
	kw_print(b.cmd, b.args, twice);
	if (strcmp(once->s, twice->s) != 0)
		abort();
}

static void
lines_of_mode(void *arg, const char *mode, const struct kw_tree *tree)
{
	void *ctx = mem_ctx(NULL, "lines");
	char *text = mem_strdup(ctx, arg), *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL)
		one_line(ctx, tree, line);
	mem_free(ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Building the tables for each input would be most of the work. */
	static struct engine *engine;
	char *text = malloc(size + 1);

	if (engine == NULL)
		engine = engine_of_ours();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	conf_each_tree(engine->conf, lines_of_mode, text);
	conf_check(engine->conf, "fuzz", text, NULL, NULL);
	free(text);
	return 0;
}
