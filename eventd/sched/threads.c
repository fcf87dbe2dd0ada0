/* Slots of classes: the lines of `event manager scheduler ... thread class`. */
#include <string.h>

#include "core/mem.h"
#include "sched/sched_state.h"

static struct threads **
find_line(struct sched *s, enum policy_kind kind, const char *line)
{
	struct threads **at = &s->threads;

	while (*at != NULL && ((*at)->kind != kind || strcmp((*at)->line, line) != 0))
		at = &(*at)->next;
	return at;
}

static void
recompute(struct sched *s, enum policy_kind kind)
{
	for (size_t i = 0; i < SCHED_CLASSES; i++) {
		struct class *c = &s->kinds[kind].classes[i];

		c->is_configured = false;
		c->slots = sched_slots_default(kind);
		for (const struct threads *t = s->threads; t; t = t->next)
			if (t->kind == kind && (t->classes & SCHED_CLASS_BIT(class_letter(i)))) {
				c->is_configured = true;
				c->slots = t->slots;
			}
	}
}

void
sched_set_threads(struct sched *s, enum policy_kind kind, const char *line, uint32_t classes, unsigned slots)
{
	struct threads **at = find_line(s, kind, line), *t = *at;

	if (t == NULL && slots == 0)
		return;
	if (slots == 0) {
		*at = t->next;
		mem_free(t);
	} else {
		if (t == NULL) {
			*at = t = mem_new(s, struct threads);
			t->kind = kind;
			t->line = mem_strdup(t, line);
		}
		t->classes = classes;
		t->slots = slots;
	}
	recompute(s, kind);
	sched_start_pending(s);
}
