/*
 * Fuzz target: the text of applets through everything a check does: parser, compiler, lints, the trees
 * of their expressions. Whatever is found must have a place in the text.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "applets/check/check.h"
#include "conf/conf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct checking {
	struct engine *engine;
	char *text;
};

static void
on_finding(void *arg, const struct check_finding *f)
{
	if (f->line < 1 || f->column < 1 || (size_t)f->column > strlen(f->text) + 1 || f->reason[0] == '\0' ||
		f->fix[0] == '\0')
		abort();
}

static void
on_configuration(void *arg, const struct conf_node *root)
{
	struct checking *c = arg;

	check_configuration(c->engine, root, c->text, NULL, on_finding, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine *engine;
	struct checking c;

	if (engine == NULL) {
		const struct setup how = { .clock = clock_new_virtual(NULL, 0), .seed = 1, .is_check = true };

		engine = engine_new(NULL, &how, NULL);
	}
	c = (struct checking){ engine, malloc(size + 1) };
	if (engine == NULL || c.text == NULL)
		abort();
	if (size > 0)
		memcpy(c.text, data, size);
	c.text[size] = '\0';
	conf_inspect(engine->conf, "fuzz", c.text, NULL, on_configuration, &c);
	free(c.text);
	return 0;
}
