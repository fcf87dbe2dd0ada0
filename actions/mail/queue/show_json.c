/* Mails of the queue as JSON. */
#include <stdlib.h>
#include <string.h>

#include "actions/mail/queue/show_private.h"
#include "core/mem.h"

static void
put_str(struct writer *w, const json_t *row, const char *key)
{
	const char *s = show_string(row, key);

	w_str(w, key, s != NULL && s[0] != '\0' && strcmp(s, "-") != 0 ? s : NULL);
}

static void
json_reply(struct writer *w, const json_t *row)
{
	if (show_integer(row, "code") == 0) {
		w_str(w, "reply", NULL);
		return;
	}
	w_object(w, "reply");
	w_int(w, "code", show_integer(row, "code"));
	w_str(w, "text", show_string(row, "reply"));
	w_end(w);
}

static int
by_rid(const void *a, const void *b)
{
	int64_t x = show_integer(*(json_t *const *)a, "rid"), y = show_integer(*(json_t *const *)b, "rid");

	return (x > y) - (x < y);
}

/* Those of all parts, as the mail names them. */
static void
json_recipients(struct writer *w, const json_t *parts)
{
	const json_t *part, *to;
	const json_t **all;
	size_t i, k, n = 0;

	json_array_foreach(parts, i, part) n += json_array_size(json_object_get(part, "recipients"));
	all = mem_array(NULL, const json_t *, n + 1);
	n = 0;
	json_array_foreach(parts, i, part)
	{
		json_array_foreach(json_object_get(part, "recipients"), k, to) all[n++] = to;
	}
	qsort(all, n, sizeof *all, by_rid);
	w_list(w, "recipients");
	for (i = 0; i < n; i++) {
		to = all[i];
		w_object(w, NULL);
		w_int(w, "rid", show_integer(to, "rid"));
		w_str(w, "mailbox", show_string(to, "mailbox"));
		w_str(w, "state", show_recipient_state(to));
		put_str(w, to, "class");
		put_str(w, to, "phase");
		w_int(w, "code", show_integer(to, "code"));
		put_str(w, to, "enhanced");
		json_reply(w, to);
		w_end(w);
	}
	w_end(w);
	mem_free(all);
}

static void
json_rids(struct writer *w, const json_t *part)
{
	const json_t *to;
	size_t i;

	w_list(w, "rids");
	json_array_foreach(json_object_get(part, "recipients"), i, to)
		w_int(w, NULL, show_integer(to, "rid"));
	w_end(w);
}

static void
json_attempts(const struct show *v, const json_t *part)
{
	struct writer *w = v->w;
	static const char *const texts[] = { "host", "ip", "phase", "class", "detail", "tls_version",
		"cipher", "certificate", "enhanced" };
	const json_t *a;
	char at[32];
	size_t i;

	w_list(w, "attempts");
	json_array_foreach(json_object_get(part, "attempts"), i, a)
	{
		w_object(w, NULL);
		w_str(w, "time", show_moment(show_integer(a, "at"), at));
		for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
			put_str(w, a, texts[n]);
		w_int(w, "port", show_integer(a, "port"));
		w_int(w, "code", show_integer(a, "code"));
		w_bool(w, "unconfirmed", show_integer(a, "unconfirmed") != 0);
		w_str(w, "next_try",
			show_integer(a, "next_try") == 0 || !show_next_try_was(v, part, i)
				? NULL
				: show_moment(show_integer(a, "next_try"), at));
		json_reply(w, a);
		w_end(w);
	}
	w_end(w);
}

static void
json_fate(const struct show *v, const json_t *part)
{
	static const char *const why[] = { "class", "phase", "reason" };
	struct writer *w = v->w;
	int64_t next = show_next_try(v, part);

	w_str(w, "state", show_states[show_state(v, part)]);
	w_int(w, "tries", show_integer(part, "tries"));
	if (next < 0)
		w_str(w, "next_try", NULL);
	else
		w_int(w, "next_try", next);
	for (size_t i = 0; i < sizeof why / sizeof *why; i++) {
		if (show_state(v, part) == MAILQUEUE_DONE)
			w_str(w, why[i], NULL); /* of an earlier attempt */
		else
			put_str(w, part, why[i]);
	}
	w_bool(w, "possible_duplicate", show_integer(part, "unconfirmed") > 0);
}

/* The liveliest part: what becomes of it becomes of the mail. */
static const json_t *
foremost(const struct show *v, const json_t *parts)
{
	const json_t *best = json_array_get(parts, 0), *part;
	size_t i;

	json_array_foreach(parts, i, part)
	{
		if (show_is_livelier(show_state(v, part), show_state(v, best)))
			best = part;
	}
	return best;
}

void
show_json(const struct show *v, const json_t *m)
{
	const json_t *parts = json_object_get(m, "parts"), *part;
	struct writer *w = v->w;
	char at[32];
	size_t i;

	w_object(w, NULL);
	w_int(w, "mid", show_integer(m, "id"));
	w_str(w, "kind", show_kind(m));
	w_str(w, "message_id", show_string(m, "message_id"));
	put_str(w, m, "applet");
	w_str(w, "server", show_string(m, "server"));
	w_str(w, "sender", show_string(m, "sender"));
	w_int(w, "size", show_integer(m, "size"));
	w_str(w, "accepted", show_moment(show_integer(m, "created"), at));
	json_fate(v, foremost(v, parts));
	json_recipients(w, parts);
	w_list(w, "parts");
	json_array_foreach(parts, i, part)
	{
		w_object(w, NULL);
		w_str(w, "host", show_string(part, "host"));
		json_rids(w, part);
		json_fate(v, part);
		if (v->args->detail.set || v->args->json.set)
			json_attempts(v, part);
		w_end(w);
	}
	w_end(w);
	w_end(w);
}
