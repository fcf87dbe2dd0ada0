/* Events told again: one more of the same, with variables of its own, and one line about it. */
#include "bus/event.h"

#include <string.h>

#include "bus/detector.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/text.h"

enum { SAY_MAX = 200 };

struct event *
event_again(struct engine *engine, struct event *of)
{
	struct event *ev = event_new(engine, of->detector, of->type, of->cause);

	ev->of = event_ref(of);
	ev->data = of->data; /* immutable, and alive as long as `of` */
	ev->depth = of->depth;
	ev->parent = of->id;
	ev->origin = of->origin;
	ev->doubted = of->doubted;
	ev->source = of->source;
	ev->severity = of->severity;
	ev->raw = of->raw;
	ev->raw_len = of->raw_len;
	if (of->nmembers > 0)
		event_set_members(ev, of->members, of->nmembers);
	for (size_t i = 0; i < of->nown; i++)
		event_add(ev, of->own[i].name, of->own_values[i]);
	return ev;
}

static void
say_field(void *arg, const char *name, const char *value, size_t n)
{
	struct text *out = arg;

	if (n == 0 || strncmp(name, "_event_", strlen("_event_")) == 0)
		return;
	text_printf(out, "%s%s=", out->len ? " " : "", name + 1);
	text_add_line(out, value, n);
}

void
event_say(const struct event *ev, struct text *out)
{
	struct text *line = text_new(ev);

	if (ev->detector->say != NULL)
		ev->detector->say(ev, line);
	else
		event_each(ev, say_field, line);
	if (line->len == 0)
		text_add(line, ev->type);
	text_addn(out, line->s, line->len < SAY_MAX ? line->len : SAY_MAX);
	mem_free(line);
}
