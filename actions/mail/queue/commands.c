/* `mail queue flush|retry|hold|release|delete|export|digest`: what people do to what waits. */
#include <string.h>
#include <strings.h>

#include "actions/mail/queue/digest.h"
#include "actions/mail/queue/private.h"
#include "actions/mail/queue/show.h"
#include "actions/mail/sts/cache.h"
#include "actions/mail/sts/sts.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/mem.h"

#define STORE_WAIT (30 * USEC_PER_SEC)

struct select_args {
	struct kw_flag all;
	struct kw_str host, file;
	struct kw_int id, number;
};

#define AT(field_) KW_AT(struct select_args, field_)

/* Which mails: all of them unless said, but where it must be said (KW_REQ). */
#define WHICH(flags_)                                                                                        \
	{ .help = "Number of the mail (MID)",                                                                \
		.type = &kw_number,                                                                          \
		AT(number),                                                                                  \
		.flags = (flags_),                                                                           \
		.group = 1,                                                                                  \
		.min = 1,                                                                                    \
		.max = INT64_MAX },                                                                          \
		{ .word = "all", .help = "All of them", AT(all), .flags = (flags_), .group = 1 },            \
		{ .word = "host",                                                                            \
			.help = "Those for one server or domain",                                            \
			.type = &kw_word,                                                                    \
			AT(host),                                                                            \
			.flags = (flags_),                                                                   \
			.group = 1,                                                                          \
			.param = "HOST" },                                                                   \
	{                                                                                                    \
		.word = "id", .help = "One mail", .type = &kw_number, AT(id), .flags = (flags_), .group = 1, \
		.min = 1, .max = INT64_MAX                                                                   \
	}

static const struct kw some_kw[] = { WHICH(0), KW_END };
static const struct kw which_kw[] = { WHICH(KW_REQ), KW_END };

static const struct kw file_kw[] = {
	{ .help = "File for the message", .type = &kw_word, AT(file), .flags = KW_REQ, .param = "URL" },
	KW_END,
};

static const struct kw export_kw[] = {
	{ .help = "Number of the mail (MID)",
		.type = &kw_number,
		AT(number),
		.flags = KW_REQ,
		.group = 1,
		.min = 1,
		.max = INT64_MAX,
		.sub = file_kw },
	{ .word = "id",
		.help = "One mail",
		.type = &kw_number,
		AT(id),
		.flags = KW_REQ,
		.group = 1,
		.min = 1,
		.max = INT64_MAX,
		.sub = file_kw },
	KW_END,
};

/* ---- which ---- */

static uint64_t
wanted_id(const struct select_args *a)
{
	return a->id.set ? (uint64_t)a->id.v : a->number.set ? (uint64_t)a->number.v : 0;
}

/* "mail.example.net" is a server at any port. */
static bool
is_host(const struct queue_host *h, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(h->name, name, n) == 0 && (h->name[n] == '\0' || h->name[n] == ':');
}

static bool
is_selected(const struct select_args *a, const struct queue_part *p)
{
	uint64_t id = wanted_id(a);

	return (id == 0 || p->message->mid == id) && (!a->host.set || is_host(p->host, a->host.s));
}

static bool
check_known(const struct mail_queue *q, const struct select_args *a, struct err *err)
{
	uint64_t id = wanted_id(a);

	return id == 0 || queue_message_find(q, id) != NULL ||
	       err_set(err, ERR_NOT_FOUND, "MID %llu is not in the mail queue", (unsigned long long)id);
}

static void
say(struct session *s, size_t n, const char *what)
{
	session_print(s, "%zu mail%s %s\n", n, n == 1 ? "" : "s", what);
}

/* ---- the answer comes behind the commit: the next command finds what this one did ---- */

/* The session may go meanwhile, what was ordered happens all the same: so the commit knows a number only. */
struct queue_command {
	LIST_ENTRY(queue_command) link;
	struct session *session;
	uint64_t number;
	size_t count;
	const char *what;
};

static int
command_free(void *p)
{
	struct queue_command *c = p;

	if (c->session != NULL)
		LIST_REMOVE(c, link);
	return 0;
}

void
queue_commands_forget(struct mail_queue *q)
{
	struct queue_command *c;

	while ((c = LIST_FIRST(&q->commands)) != NULL) {
		LIST_REMOVE(c, link);
		c->session = NULL;
	}
}

/* Takes the session that waits for the work; NULL: it has gone meanwhile. */
static struct session *
command_take(struct mail_queue *q, const json_t *in, size_t *count, const char **what)
{
	uint64_t number = (uint64_t)json_integer_value(json_object_get(in, "command"));
	struct queue_command *c;
	struct session *s;

	LIST_FOREACH (c, &q->commands, link) {
		if (c->number != number)
			continue;
		s = c->session;
		*count = c->count;
		*what = c->what;
		mem_free(c);
		return s;
	}
	return NULL;
}

void
queue_command_done(struct mail_queue *q, const json_t *in, const json_t *out)
{
	size_t count;
	const char *what;
	struct session *s = command_take(q, in, &count, &what);

	(void)out;
	if (s == NULL)
		return;
	say(s, count, what);
	session_done(s);
}

/* An order is carried out at once or not at all: who gave it hears of a full disk, and can give it again. */
struct order {
	struct mail_queue *queue;
	json_t *in;
	queue_stored_f *done;
	queue_refused_f *refused;
};

static int
order_free(void *p)
{
	json_decref(((struct order *)p)->in);
	return 0;
}

static void
on_order(void *arg, const json_t *out, const struct err *err)
{
	struct order *o = arg;
	struct session *s;
	size_t count;
	const char *what;

	if (err == NULL) {
		o->done(o->queue, o->in, out);
		mem_free(o);
		return;
	}
	if (o->refused != NULL)
		o->refused(o->queue, o->in);
	s = command_take(o->queue, o->in, &count, &what);
	if (s != NULL)
		session_fail(s, err);
	mem_free(o);
}

enum cmd_result
queue_command(struct session *s, struct mail_queue *q, store_work_f *work, json_t *in, queue_stored_f *done,
	queue_refused_f *refused, size_t count, const char *what)
{
	struct queue_command *c = mem_new(session_cmd_ctx(s), struct queue_command);
	struct order *o = mem_new(q, struct order);

	c->session = s;
	c->number = ++q->last_command;
	c->count = count;
	c->what = what;
	LIST_INSERT_HEAD(&q->commands, c, link);
	mem_on_free(c, command_free);
	json_object_set_new(in, "command", json_integer((json_int_t)c->number));
	o->queue = q;
	o->in = in;
	o->done = done;
	o->refused = refused;
	mem_on_free(o, order_free);
	store_submit(o, q->store, work, json_incref(in), on_order, o);
	return session_wait(s, STORE_WAIT, NULL, NULL);
}

static struct mail_queue *
queue_of(const struct session *s)
{
	return session_engine(s)->mail_queue;
}

/* ---- flush ---- */

static enum cmd_result
flush(struct session *s, const void *args, struct err *err)
{
	struct mail_queue *q = queue_of(s);
	const struct select_args *a = args;
	struct queue_part *p, *next;
	size_t n = 0;

	if (!check_known(q, a, err))
		return CMD_REFUSED;
	HASH_ITER (hh, q->parts, p, next) {
		if (!is_selected(a, p) || (p->state != MAILQUEUE_QUEUED && p->state != MAILQUEUE_DEFERRED))
			continue;
		queue_host_clear(q, p->host);
		if (p->state == MAILQUEUE_DEFERRED)
			queue_part_place(q, p, MAILQUEUE_QUEUED, 0);
		n++;
	}
	/* Nor does a policy that could not be fetched wait. */
	sts_cache_retry(sts_cache(session_engine(s)->sts), NULL);
	say(s, n, "tried now");
	return CMD_DONE;
}

/* ---- retry, release, hold ---- */

/* Behind the commit. What was deleted meanwhile, or is active, stays as it is. */
static void
on_set(struct mail_queue *q, const json_t *in, const json_t *out)
{
	enum mailqueue_state state = (enum mailqueue_state)json_integer_value(json_object_get(in, "state"));
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(in, "parts"), i, id)
	{
		struct queue_part *p = queue_part_find(q, (uint64_t)json_integer_value(id));

		if (p == NULL || p->state == MAILQUEUE_ACTIVE || p->state == state)
			continue;
		if (state == MAILQUEUE_QUEUED) {
			p->renewed_at = p->tries;
			queue_message_born(q, p->message, clock_wall(q->engine->clock));
			queue_host_clear(q, p->host);
		}
		queue_part_place(q, p, state, 0);
	}
	queue_command_done(q, in, out);
}

#define BIT(state_) (1u << (state_))

/* Is it meant? Of one that is being attempted the end is not yet known: it is held then, or not. */
static bool
take_part(const struct select_args *a, struct queue_part *p, unsigned from, bool hold, json_t *ids)
{
	if (!is_selected(a, p))
		return false;
	if (p->state == MAILQUEUE_ACTIVE) {
		if (p->hold == hold)
			return false;
		p->hold = hold;
		return true;
	}
	if ((from & BIT(p->state)) == 0)
		return false;
	json_array_append_new(ids, json_integer((json_int_t)p->id));
	return true;
}

/* Those in one of the states (a mask) get another. */
static enum cmd_result
set_state(struct session *s, const struct select_args *a, unsigned from, enum mailqueue_state to,
	const char *what)
{
	struct mail_queue *q = queue_of(s);
	json_t *ids = json_array(), *in;
	struct queue_message *m, *next;
	struct queue_part *p;
	size_t n = 0;

	HASH_ITER (hh, q->messages, m, next) {
		bool taken = false;

		LIST_FOREACH (p, &m->parts, sibling)
			taken |= take_part(a, p, from, to == MAILQUEUE_HELD, ids);
		n += taken;
	}
	in = json_pack("{s:o, s:i, s:i}", "parts", ids, "state", to, "next_try", 0);
	if (to == MAILQUEUE_QUEUED)
		json_object_set_new(in, "renewed", json_integer(clock_wall(q->engine->clock)));
	return queue_command(s, q, mailqueue_set, in, on_set, NULL, n, what);
}

static enum cmd_result
retry(struct session *s, const void *args, struct err *err)
{
	if (!check_known(queue_of(s), args, err))
		return CMD_REFUSED;
	return set_state(s, args, BIT(MAILQUEUE_HELD) | BIT(MAILQUEUE_FAILED) | BIT(MAILQUEUE_DEFERRED),
		MAILQUEUE_QUEUED, "tried anew");
}

static enum cmd_result
release(struct session *s, const void *args, struct err *err)
{
	if (!check_known(queue_of(s), args, err))
		return CMD_REFUSED;
	return set_state(s, args, BIT(MAILQUEUE_HELD), MAILQUEUE_QUEUED, "released");
}

static enum cmd_result
hold(struct session *s, const void *args, struct err *err)
{
	if (!check_known(queue_of(s), args, err))
		return CMD_REFUSED;
	return set_state(s, args, BIT(MAILQUEUE_QUEUED) | BIT(MAILQUEUE_DEFERRED), MAILQUEUE_HELD, "held");
}

/* ---- delete ---- */

static bool
is_meant(const struct select_args *a, const struct queue_message *m)
{
	const struct queue_part *p;

	LIST_FOREACH (p, &m->parts, sibling)
		if (is_selected(a, p))
			return true;
	return false;
}

/* Behind the commit: a mail that could not be deleted is still there. */
static void
on_deleted(struct mail_queue *q, const json_t *in, const json_t *out)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(in, "mids"), i, id)
	{
		struct queue_message *m = queue_message_find(q, (uint64_t)json_integer_value(id));

		if (m != NULL)
			queue_message_drop(q, m);
	}
	queue_command_done(q, in, out);
}

static enum cmd_result
delete_selected(struct session *s, const struct select_args *a)
{
	struct mail_queue *q = queue_of(s);
	struct queue_message *m, *next;
	json_t *mids = json_array();

	HASH_ITER (hh, q->messages, m, next) {
		if (is_meant(a, m))
			json_array_append_new(mids, json_integer((json_int_t)m->mid));
	}
	return queue_command(s, q, mailqueue_delete, json_pack("{s:o}", "mids", mids), on_deleted, NULL,
		json_array_size(mids), "deleted");
}

static void
delete_confirmed(struct session *s, const struct answer *answer, void *arg)
{
	if (answer->yes)
		delete_selected(s, arg);
	else
		session_done(s);
}

static enum cmd_result
delete_mails(struct session *s, const void *args, struct err *err)
{
	struct mail_queue *q = queue_of(s);
	const struct select_args *a = args;

	if (!check_known(q, a, err))
		return CMD_REFUSED;
	if (!a->all.set || session_is_quiet(s) || HASH_CNT(hh, q->messages) == 0)
		return delete_selected(s, a);
	return session_ask(s, ASK_CONFIRM,
		mem_printf(session_cmd_ctx(s), "Delete all mails of the queue (%u)? [confirm]",
			HASH_CNT(hh, q->messages)),
		delete_confirmed, (void *)(uintptr_t)args);
}

/* ---- export ---- */

struct mail_export {
	struct session *session;
	uint64_t mid;
	const char *file;
};

static unsigned
how(const struct session *s)
{
	return session_level(s) >= 15 && !session_is_policy(s) ? FILES_ABSOLUTE : 0;
}

static void
on_text(void *arg, const json_t *out, const struct err *err)
{
	struct mail_export *x = arg;
	struct session *s = x->session;
	const json_t *text = json_object_get(out, "text");
	struct err why = ERR_INIT;

	if (err != NULL) {
		session_fail(s, err);
		return;
	}
	if (!files_replace(session_engine(s)->files, x->file, how(s), json_string_value(text),
		    json_string_length(text), &why)) {
		session_fail(s, &why);
		return;
	}
	session_print(s, "%zu bytes written to %s\n", json_string_length(text), x->file);
	session_done(s);
}

static enum cmd_result
read_text(struct mail_export *x)
{
	store_submit(x, session_engine(x->session)->store, mailqueue_text,
		json_pack("{s:I}", "mid", (json_int_t)x->mid), on_text, x);
	return session_wait(x->session, STORE_WAIT, NULL, NULL);
}

static void
overwrite_answered(struct session *s, const struct answer *answer, void *arg)
{
	if (answer->yes)
		read_text(arg);
	else
		session_done(s);
}

/* As IOS's `copy` does. */
static enum cmd_result
export_mail(struct session *s, const void *args, struct err *err)
{
	const struct select_args *a = args;
	struct mail_export *x;

	if (!check_known(queue_of(s), a, err))
		return CMD_REFUSED;
	x = mem_new(session_cmd_ctx(s), struct mail_export);
	x->session = s;
	x->mid = wanted_id(a);
	x->file = a->file.s;
	if (session_is_quiet(s) || !files_exists(session_engine(s)->files, x->file, how(s)))
		return read_text(x);
	session_print(s, "%%Warning:There is a file already existing with this name\n");
	return session_ask(s, ASK_CONFIRM, "Do you want to over write? [confirm]", overwrite_answered, x);
}

/* ---- rows ---- */

#define ROW(words_, help_, kw_, run_)                       \
	{                                                   \
		.cmd = { .words = (words_),                 \
			.help = (help_),                    \
			.kw = (kw_),                        \
			.size = sizeof(struct select_args), \
			.level = 15 },                      \
		.run = (run_)                               \
	}

static const struct exec_cmd cmds[] = {
	ROW("mail queue flush", "Try mails that wait now", some_kw, flush),
	ROW("mail queue retry", "Try mails that are held or failed again", some_kw, retry),
	ROW("mail queue hold", "Keep mails from being tried", some_kw, hold),
	ROW("mail queue release", "Let held mails go", some_kw, release),
	ROW("mail queue delete", "Delete mails", which_kw, delete_mails),
	ROW("mail queue export", "Write a mail to a file", export_kw, export_mail),
};

void
mail_queue_commands(struct cli *cli, struct mail_queue *q)
{
	(void)q;
	cli_word(cli, "mail", "Delivery of mail by applets");
	cli_word(cli, "mail queue", "Mails that are not yet delivered");
	cli_commands(cli, cmds, sizeof cmds / sizeof *cmds);
	queue_digest_commands(cli);
	queue_show_commands(cli);
}
