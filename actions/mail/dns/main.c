/*
 * eventd-resolve: the process that asks the DNS and validates what it hears (libunbound). It takes
 * questions from standard input, works on all of them at once, and writes the log lines and the answer
 * of each to standard output (actions/mail/dns/wire.h has the form). It owns the file with the root's
 * keys, which RFC 5011 keeps up to date.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "actions/mail/dns/anchor.h"
#include "actions/mail/dns/dnslog.h"
#include "actions/mail/dns/question.h"
#include "actions/mail/dns/validator.h"
#include "actions/mail/dns/verify.h"
#include "actions/mail/dns/wire.h"
#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/privilege.h"

#define MESSAGE_MAX (4u * 1024u * 1024u)
#define ANCHOR_FILE "root.key" /* below STATE/dns, which is our working directory */
#define FDS_MAX     (VALIDATOR_SERVER_MAX + 4)

/* An ask under way. */
struct asked {
	LIST_ENTRY(asked) link;
	struct resolve *resolve;
	json_int_t id;
	struct mail_dns_question question;
	struct question *under_way;
	bool log; /* every line, not only warnings */
};

struct resolve {
	struct validator *validator; /* NULL: the configuration cannot be used */
	char *broken;                /* why */
	LIST_HEAD(, asked) asked;
	struct frame_reader *in;
	const char *anchor_file;
	const char *weakness; /* that was told */
	json_int_t status_id;
};

/* ---- what we say ----------------------------------------------------------------------------------- */

static int64_t
wall_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
say(json_t *message)
{
	struct err err = ERR_INIT;
	bool ok = frame_write_fd(STDOUT_FILENO, message, &err);

	json_decref(message);
	if (!ok)
		exit(1); /* nobody reads what we write */
}

static void
say_line(const struct asked *a, const char *s, size_t n)
{
	json_t *j;

	if (!a->log && strncmp(s, DNSLOG_WARNING, strlen(DNSLOG_WARNING)) != 0)
		return;
	j = json_pack("{s:s, s:I, s:I}", "type", "log", "id", a->id, "at", (json_int_t)wall_usec());
	json_object_set_new(j, "text", frame_string(s, n));
	say(j);
}

static void
say_lines(const struct asked *a, const struct text *lines)
{
	for (const char *s = lines->s; *s != '\0';) {
		size_t n = strcspn(s, "\n");

		say_line(a, s, n);
		s += n + (s[n] == '\n');
	}
}

static void
say_answer(json_int_t id, const struct mail_dns_answer *a)
{
	json_t *j = json_pack("{s:s, s:I}", "type", "answer", "id", id);

	json_object_set_new(j, "answer", mail_dns_answer_to_json(a));
	say(j);
}

static void
say_weakness(struct resolve *r)
{
	const char *weakness = validator_weakness(r->validator);

	if (weakness != NULL && weakness != r->weakness)
		say(json_pack("{s:s, s:s++}", "type", "trouble", "text",
			"DNSSEC validation is off, and DANE with it: ", weakness, ""));
	r->weakness = weakness;
}

/* ---- asks ---------------------------------------------------------------------------------------------- */

static void
on_seen(void *arg, const char *name, int type, const struct lookup_result *r)
{
	struct asked *a = arg;
	const char *server = validator_server(a->resolve->validator);
	struct text *t = text_new(NULL);

	if (r == NULL)
		dnslog_asked(t, name, type, server);
	else
		dnslog_answered(t, r, server, wall_usec());
	say_lines(a, t);
	mem_free(t);
}

static int
asked_free(void *p)
{
	struct asked *a = p;

	LIST_REMOVE(a, link);
	return 0;
}

static void
on_done(void *arg, const struct mail_dns_answer *answer)
{
	struct asked *a = arg;

	say_answer(a->id, answer);
	mem_free(a);
}

static void
begin(struct asked *a)
{
	struct resolve *r = a->resolve;
	const struct question_hooks hooks = { on_done, on_seen, a };

	if (r->validator == NULL) {
		on_done(a, question_failed(a, &a->question, r->broken));
		return;
	}
	a->under_way = question_ask(a, r->validator, &a->question, &hooks);
	say_weakness(r);
}

static void
take_ask(struct resolve *r, const json_t *message)
{
	struct mail_dns_question q = { 0 };
	struct asked *a;

	if (!resolve_question_read(message, &q)) {
		fprintf(stderr, RESOLVE_PROGRAM ": not a question\n");
		return;
	}
	a = mem_new(r, struct asked);
	a->resolve = r;
	a->id = json_integer_value(json_object_get(message, "id"));
	a->log = json_is_true(json_object_get(message, "log"));
	a->question = q;
	a->question.name = mem_strdup(a, q.name);
	LIST_INSERT_HEAD(&r->asked, a, link);
	mem_on_free(a, asked_free);
	begin(a);
}

static void
take_cancel(struct resolve *r, const json_t *message)
{
	json_int_t id = json_integer_value(json_object_get(message, "id"));
	struct asked *a;

	LIST_FOREACH (a, &r->asked, link) {
		if (a->id == id) {
			mem_free(a);
			return;
		}
	}
}

/* ---- status -------------------------------------------------------------------------------------------- */

static void
say_status(void *arg)
{
	/* ORDER: enum validator_passes */
	static const char *const passes[] = { "unknown", "yes", "no", "silent" };
	struct resolve *r = arg;
	struct validator_server servers[VALIDATOR_SERVER_MAX];
	size_t n = r->validator == NULL ? 0 : validator_servers(r->validator, servers, VALIDATOR_SERVER_MAX);
	const char *weakness = r->validator == NULL ? r->broken : validator_weakness(r->validator);
	json_t *j = json_pack("{s:s, s:I, s:s?}", "type", "status", "id", r->status_id, "weakness", weakness);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *s = json_pack("{s:s, s:s, s:b}", "address", servers[i].address, "passes",
			passes[servers[i].passes], "last", (int)servers[i].is_last);

		if (servers[i].why != NULL)
			json_object_set_new(s, "why", frame_string(servers[i].why, strlen(servers[i].why)));
		json_array_append_new(list, s);
	}
	json_object_set_new(j, "resolvers", list);
	say(j);
}

static void
take_status(struct resolve *r, const json_t *message)
{
	r->status_id = json_integer_value(json_object_get(message, "id"));
	if (r->validator == NULL)
		say_status(r);
	else
		validator_probe(r->validator, say_status, r);
}

/* ---- configuration ------------------------------------------------------------------------------------- */

/* The keys of the root are ours to keep: copied once, then only RFC 5011 changes them. */
static bool
adopt_anchor(const char *state, struct err *err)
{
	char *dir = mem_printf(NULL, "%s/dns", state), *keys;
	bool ok = path_make_dir(dir, 0700, err) && privilege_give(dir, err);
	size_t n = 0;

	if (ok && chdir(dir) < 0)
		ok = err_errno(err, "%s", dir);
	mem_free(dir);
	if (!ok)
		return false;
	if (access(ANCHOR_FILE, F_OK) == 0)
		return privilege_give(ANCHOR_FILE, err);
	keys = path_read_file(NULL, ANCHOR_SYSTEM, ANCHOR_FILE_MAX, &n, err);
	ok = keys != NULL && path_write_file(ANCHOR_FILE, keys, n, 0600, err) &&
	     privilege_give(ANCHOR_FILE, err);
	mem_free(keys);
	return ok;
}

static void
take_configure(struct resolve *r, const json_t *message)
{
	const json_t *list = json_object_get(message, "servers");
	const char *servers[VALIDATOR_SERVER_MAX];
	struct validator_setup setup = {
		.servers = servers,
		.iterate = json_is_true(json_object_get(message, "iterate")),
		.anchor = json_string_value(json_object_get(message, "anchor")),
		.anchor_file = r->anchor_file,
	};
	struct validator *old = r->validator;
	struct err err = ERR_INIT;
	struct asked *a, *next;

	for (size_t i = 0; i < json_array_size(list) && setup.server_count < VALIDATOR_SERVER_MAX; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL)
			servers[setup.server_count++] = s;
	}
	LIST_FOREACH (a, &r->asked, link) {
		mem_free(a->under_way); /* asked again under the new configuration */
		a->under_way = NULL;
	}
	mem_free(old);
	mem_free(r->broken);
	r->broken = NULL;
	r->validator = validator_new(r, &setup, &err);
	if (r->validator == NULL) {
		r->broken = mem_strdup(r, err.text);
		say(json_pack("{s:s, s:s+}", "type", "trouble", "text", "DNSSEC: ", r->broken));
	} else {
		say_weakness(r);
	}
	for (a = LIST_FIRST(&r->asked); a != NULL; a = next) {
		next = LIST_NEXT(a, link);
		begin(a);
	}
}

/* ---- daneverify ---------------------------------------------------------------------------------------- */

static void
say_step(void *arg, json_t *step)
{
	const json_int_t *id = arg;

	say(json_pack("{s:s, s:I, s:o}", "type", "step", "id", *id, "step", step));
}

static void
take_verify(struct resolve *r, const json_t *message)
{
	json_int_t id = json_integer_value(json_object_get(message, "id"));
	json_int_t port = json_integer_value(json_object_get(message, "port"));
	struct err err = ERR_INIT;
	struct mail_dns_answer *a = mail_dns_answer_from_json(r, json_object_get(message, "answer"), &err);
	enum verify_outcome outcome = VERIFY_UNKNOWN;

	if (a != NULL)
		outcome = dane_verify_domain(a, (unsigned)port, say_step, &id);
	else
		fprintf(stderr, RESOLVE_PROGRAM ": %s\n", err.text);
	mem_free(a);
	say(json_pack("{s:s, s:I, s:i}", "type", "verified", "id", id, "outcome", (int)outcome));
}

/* ---- work ------------------------------------------------------------------------------------------------ */

static void
take_message(struct resolve *r, const json_t *message)
{
	static const struct {
		const char *type;
		void (*take)(struct resolve *, const json_t *);
	} rows[] = {
		{ "configure", take_configure },
		{ "ask", take_ask },
		{ "cancel", take_cancel },
		{ "status", take_status },
		{ "verify", take_verify },
	};
	const char *type = json_string_value(json_object_get(message, "type"));

	for (size_t i = 0; type != NULL && i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i].type, type) == 0)
			rows[i].take(r, message);
	}
}

/* False at the end of standard input. */
static bool
read_input(struct resolve *r)
{
	struct err err = ERR_INIT;
	char buf[65536];
	ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
	json_t *message;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	frame_reader_feed(r->in, buf, (size_t)n);
	while ((message = frame_reader_next(r->in, &err)) != NULL) {
		take_message(r, message);
		json_decref(message);
	}
	if (err.code != ERR_NONE)
		fprintf(stderr, RESOLVE_PROGRAM ": %s\n", err.text);
	return err.code == ERR_NONE;
}

static void
work(struct resolve *r)
{
	for (;;) {
		struct pollfd fds[FDS_MAX] = { { .fd = STDIN_FILENO, .events = POLLIN } };
		size_t n = 1;
		int patience = -1;

		if (r->validator != NULL) {
			n += validator_fds(r->validator, fds + 1, FDS_MAX - 1);
			patience = validator_patience(r->validator);
		}
		if (poll(fds, n, patience) < 0)
			fds[0].revents = 0;
		if (fds[0].revents != 0 && !read_input(r))
			return;
		if (r->validator != NULL)
			validator_work(r->validator);
	}
}

/* The first message is read while we may still make the directory of the keys. */
static bool
start(struct resolve *r, struct err *err)
{
	json_t *first = frame_read_fd(STDIN_FILENO, MESSAGE_MAX, err);
	const char *state = json_string_value(json_object_get(first, "state"));
	struct err why = ERR_INIT;

	if (first == NULL)
		return false;
	if (state != NULL && adopt_anchor(state, &why))
		r->anchor_file = ANCHOR_FILE;
	else if (state != NULL)
		fprintf(stderr, RESOLVE_PROGRAM ": %s; the system's keys are used as they are\n", why.text);
	if (privilege_drop(err))
		take_message(r, first);
	json_decref(first);
	return err->code == ERR_NONE;
}

int
main(void)
{
	struct resolve *r = mem_new(NULL, struct resolve);
	struct err err = ERR_INIT;
	int status = 0;

	helper_side_harden();
	LIST_INIT(&r->asked);
	r->in = frame_reader_new(r, MESSAGE_MAX);
	r->broken = mem_strdup(r, "the resolver is not configured");
	if (start(r, &err)) {
		work(r);
	} else if (err.code != ERR_NONE) {
		fprintf(stderr, RESOLVE_PROGRAM ": %s\n", err.text);
		status = 1;
	}
	mem_free(r);
	return status;
}
