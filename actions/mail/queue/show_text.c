/* Mails of the queue as text. */
#include <stdio.h>
#include <string.h>

#include "actions/mail/queue/show_private.h"

static void
say_foreign(struct writer *w, const char *s)
{
	if (s != NULL)
		w_foreign(w, s, strlen(s));
}

static void
say_attempt(struct writer *w, const json_t *a, bool is_due)
{
	char at[32];
	const char *tls = show_string(a, "tls_version"), *reply = show_string(a, "reply"),
		   *ip = show_string(a, "ip");

	w_text(w, "    %s ", show_moment(show_integer(a, "at"), at));
	say_foreign(w, show_string(a, "host"));
	if (ip != NULL)
		w_text(w, " [%s]:%lld", ip, (long long)show_integer(a, "port"));
	w_text(w, " %s", show_string(a, "class"));
	if (show_string(a, "phase") != NULL && strcmp(show_string(a, "phase"), "-") != 0)
		w_text(w, " %s", show_string(a, "phase"));
	if (show_string(a, "detail") != NULL) {
		w_text(w, ": ");
		say_foreign(w, show_string(a, "detail"));
	}
	w_text(w, "\n");
	if (tls != NULL) {
		w_text(w, "      TLS %s %s", tls,
			show_string(a, "cipher") != NULL ? show_string(a, "cipher") : "");
		if (show_string(a, "certificate") != NULL) {
			w_text(w, ", certificate ");
			say_foreign(w, show_string(a, "certificate"));
		}
		w_text(w, "\n");
	}
	if (show_integer(a, "code") != 0) {
		w_text(w, "      reply %lld ", (long long)show_integer(a, "code"));
		say_foreign(w, reply);
		w_text(w, "\n");
	}
	if (show_integer(a, "unconfirmed") != 0)
		w_text(w, "      not confirmed: it may arrive twice\n");
	if (is_due && show_integer(a, "next_try") != 0)
		w_text(w, "      next try %s\n", show_moment(show_integer(a, "next_try"), at));
}

/* It waits although nothing is wrong with itself. */
static void
say_put_off(const struct show *v, const json_t *part)
{
	const struct queue_part *p = queue_part_find(v->queue, (uint64_t)show_integer(part, "id"));

	if (p == NULL || (p->state != MAILQUEUE_QUEUED && p->state != MAILQUEUE_DEFERRED) ||
		show_put_off(v->queue, p->host) == 0)
		return;
	w_text(v->w, "       the host is put off");
	show_put_off_why(v, "", p->host);
}

static void
say_part(const struct show *v, const json_t *m, const json_t *part)
{
	struct writer *w = v->w;
	int64_t next = show_next_try(v, part);
	const json_t *item;
	char when[32] = "-";
	size_t i;

	if (next >= 0)
		snprintf(when, sizeof when, "%lld s", (long long)next);
	w_text(w, "%-7lld%-10s%-7lld%-10s", (long long)show_integer(m, "id"),
		show_states[show_state(v, part)], (long long)show_integer(part, "tries"), when);
	say_foreign(w, show_string(part, "host"));
	json_array_foreach(json_object_get(part, "recipients"), i, item)
	{
		if (i == 3) {
			w_text(w, ", ... (%zu)", json_array_size(json_object_get(part, "recipients")));
			break;
		}
		w_text(w, i == 0 ? "  " : ", ");
		say_foreign(w, show_string(item, "mailbox"));
	}
	w_text(w, "\n");
	if (show_string(part, "reason") != NULL && show_state(v, part) != MAILQUEUE_DONE) {
		w_text(w, "       ");
		say_foreign(w, show_string(part, "reason"));
		w_text(w, "\n");
	}
	say_put_off(v, part);
	if (show_integer(part, "unconfirmed") > 0)
		w_text(w, "       possible duplicate: %lld attempt%s ended without an answer\n",
			(long long)show_integer(part, "unconfirmed"),
			show_integer(part, "unconfirmed") == 1 ? "" : "s");
}

static void
say_message(const struct show *v, const json_t *m)
{
	const char *sender = show_string(m, "sender"); /* NULL: the null reverse-path of a bounce */
	char at[32];

	w_text(v->w,
		"    %s of applet %s, from <%s>, accepted %s, %lld octets\n    Message-ID %s\n    server ",
		show_kind(m), show_string(m, "applet"), sender != NULL ? sender : "",
		show_moment(show_integer(m, "created"), at), (long long)show_integer(m, "size"),
		show_string(m, "message_id"));
	say_foreign(v->w, show_string(m, "server"));
	w_text(v->w, "\n");
}

static void
say_details(const struct show *v, const json_t *part)
{
	struct writer *w = v->w;
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(part, "recipients"), i, item)
	{
		w_text(w, "    RID [%lld] ", (long long)show_integer(item, "rid"));
		say_foreign(w, show_string(item, "mailbox"));
		w_text(w, " %s", show_recipient_state(item));
		if (show_integer(item, "code") != 0) {
			w_text(w, ": %lld ", (long long)show_integer(item, "code"));
			say_foreign(w, show_string(item, "reply"));
		}
		w_text(w, "\n");
	}
	json_array_foreach(json_object_get(part, "attempts"), i, item)
		say_attempt(w, item, show_next_try_was(v, part, i));
}

void
show_text(const struct show *v, const json_t *m)
{
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(m, "parts"), i, part)
	{
		say_part(v, m, part);
		if (!v->args->detail.set)
			continue;
		if (i == 0)
			say_message(v, m);
		say_details(v, part);
	}
}
