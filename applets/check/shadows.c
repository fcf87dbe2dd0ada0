/* Applets with the same event. */
#include <string.h>

#include "applets/check/private.h"
#include "core/mem.h"
#include "core/text.h"

enum { WORDS_MAX = 5 };

/* What makes two events of a detector the same, and what that does. */
static const struct same {
	const char *detector;
	const char
		*words[WORDS_MAX]; /* arguments that must be equal, the first one set; none: all but limits */
	const char *needs;         /* one of both must have this, with "yes" */
	const char *effect;
} sames[] = {
	{ "syslog", { NULL }, NULL, "both run for each message" },
	{ "cli", { "pattern", "mode", "enter", "questionmark", "tab" }, "sync",
		"each may keep the command from running" },
	{ "timer", { "name" }, NULL, "both use one timer name" },
};

struct seen {
	const char *key;
	const struct check_applet *applet;
	const struct check_event *event;
	UT_hash_handle hh;
};

struct words {
	const struct same *same;
	struct text *key;
};

static void
add_word(void *arg, const struct kw *row, const void *value)
{
	const struct words *w = arg;
	const char *text = argument_text(row, value);

	for (size_t i = 0; i < WORDS_MAX && w->same->words[i] != NULL; i++)
		if (row->word != NULL && strcmp(row->word, w->same->words[i]) == 0)
			text_printf(w->key, " %s %s", row->word, text != NULL ? text : "");
}

/* "" when the event has nothing that could be the same. */
static const char *
key_of(struct check *c, const struct same *same, const struct check_event *e)
{
	struct text *key = text_new(c);

	if (same->words[0] == NULL) {
		struct spec_common *args = mem_dup(key, e->args, e->detector->spec_size);

		args->maxrun.set = args->ratelimit.set = false;
		kw_print_rows(e->detector->kw, args, key);
	} else if (argument(e->detector->kw, e->args, same->words[0]) != NULL) {
		arguments_each(e->detector->kw, e->args, add_word, &(struct words){ same, key });
	}
	return key->len == 0 ? "" : mem_printf(c, "%s %s", same->detector, key->s);
}

static bool
has_needed(const struct same *same, const struct check_event *e)
{
	const char *word = same->needs ? argument_choice(e->detector->kw, e->args, same->needs) : "yes";

	return word != NULL && strcmp(word, "yes") == 0;
}

static const struct same *
same_of(const struct detector *d)
{
	for (size_t i = 0; i < sizeof sames / sizeof *sames; i++)
		if (strcmp(sames[i].detector, d->name) == 0)
			return &sames[i];
	return NULL;
}

/* The place of an applet that is told about in another one's finding. */
static const char *
place_of(struct check *c, const struct conf_node *n)
{
	return conf_node_line(n) > 0 ? mem_printf(c, " (line %d)", conf_node_line(n)) : "";
}

static void
look_at(struct check *c, struct seen **all, const struct check_applet *a, const struct check_event *e,
	bool wanted)
{
	const struct same *same = same_of(e->detector);
	const char *key = same ? key_of(c, same, e) : "";
	struct seen *before;

	if (*key == '\0')
		return;
	HASH_FIND_STR(*all, key, before);
	if (before == NULL) {
		before = mem_new(c, struct seen);
		*before = (struct seen){ .key = key, .applet = a, .event = e };
		HASH_ADD_KEYPTR(hh, *all, key, strlen(key), before);
	} else if (wanted && before->applet != a &&
		   (has_needed(same, e) || has_needed(same, before->event))) {
		check_tell(c, LINT_SHADOWED, a, e->node, NULL, NULL, "applet %s%s has the same event: %s",
			before->applet->name, place_of(c, before->event->node), same->effect);
	}
}

void
check_shadows(struct check *c, const char *applet)
{
	struct seen *all = NULL;

	/* One of several events says little by itself. */
	for (size_t i = 0; i < c->n; i++)
		if (c->applets[i].nevents == 1)
			look_at(c, &all, &c->applets[i], c->applets[i].events,
				applet == NULL || strcmp(applet, c->applets[i].name) == 0);
	HASH_CLEAR(hh, all);
}
