/* Commands without a terminal: from -c, a file or standard input, in one session. */
#include "cli/client/oneshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "cli/client/client.h"
#include "core/mem.h"
#include "core/text.h"

/* Lines of a file, one of which may have been looked at already. */
struct source {
	FILE *f;
	char *line; /* without its newline */
	size_t cap;
	bool peeked;
	int number;
};

struct oneshot {
	const struct ctl_options *o;
	struct source in;      /* commands, when they come from a file; answers always */
	bool answers_are_rare; /* the lines are commands too: only what looks like an answer is one */
	int line;              /* of the command in its file; 0: from -c */
};

static bool
peek(struct source *s)
{
	ssize_t n;

	if (s->peeked)
		return true;
	if (s->f == NULL || (n = getline(&s->line, &s->cap, s->f)) < 0)
		return false;
	while (n > 0 && (s->line[n - 1] == '\n' || s->line[n - 1] == '\r'))
		s->line[--n] = '\0';
	s->number++;
	s->peeked = true;
	return true;
}

static const char *
take(struct source *s)
{
	if (!peek(s))
		return NULL;
	s->peeked = false;
	return s->line;
}

/* ---- what the daemon shows ---- */

/* With --json standard output holds documents only. */
static FILE *
stream(const struct client *c, bool is_json)
{
	return c->json && !is_json ? stderr : stdout;
}

static void
output(struct client *c, bool is_json, const char *s)
{
	fputs(s, stream(c, is_json));
}

static void
monitor(struct client *c, const char *text)
{
	fprintf(c->json ? stderr : stdout, "%s\n", text);
	fflush(stdout);
}

/* ---- what it asks ---- */

static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t")] == '\0';
}

static bool
is_one_of(const char *s, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasecmp(s, *words) == 0)
			return true;
	}
	return false;
}

/* The default that "... [startup-config]? " shows. */
static bool
is_default(const char *s, const char *prompt)
{
	const char *open = strrchr(prompt, '['), *close = open != NULL ? strchr(open, ']') : NULL;

	return close != NULL && strlen(s) == (size_t)(close - open - 1) &&
	       strncmp(open + 1, s, strlen(s)) == 0;
}

/* The prompt of a whole dialogue ("[]> ", as on an ESA): who began it feeds it to its end. */
static bool
is_dialogue(const char *prompt)
{
	size_t n = strlen(prompt);

	return n >= 3 && strcmp(prompt + n - 3, "]> ") == 0;
}

/*
 * Among commands the next line is an answer only when it can be meant as one: a script that does not
 * know of a question must not lose its next command to it.
 */
static bool
looks_like_answer(const char *kind, const char *prompt, const char *line)
{
	static const char *const words[] = { "yes", "no", "y", "n", NULL };

	if (strcmp(kind, "secret") == 0 || is_dialogue(prompt))
		return true;
	if (strcmp(kind, "line") != 0)
		return is_one_of(line, words) || (strcmp(kind, "confirm") == 0 && is_blank(line));
	return is_blank(line) || is_default(line, prompt) || is_one_of(line, words) ||
	       (strchr(line, ':') != NULL && strpbrk(line, " \t") == NULL);
}

static void
answer_collect(struct client *c, struct source *in)
{
	const char *line;
	struct text t;
	bool any = false, ended = false;

	text_init(&t, c);
	while (!ended && (line = take(in)) != NULL) {
		ended = (any && is_blank(line)) || strcasecmp(line + strspn(line, " \t"), "quit") == 0;
		any = any || !is_blank(line);
		if (any) {
			text_add(&t, line);
			text_addc(&t, '\n');
		}
	}
	if (!ended)
		text_add(&t, "quit"); /* the end of the input is the end of the paste */
	client_answer(c, t.s);
	mem_free(t.s);
}

/* With -c on a terminal somebody types the answers: what is typed shows by itself, a secret must not. */
static bool
is_terminal(const struct source *in)
{
	return in->f != NULL && isatty(fileno(in->f));
}

static void
show_typing(const struct source *in, bool on)
{
	struct termios t;

	if (!is_terminal(in) || tcgetattr(fileno(in->f), &t) < 0)
		return;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	tcsetattr(fileno(in->f), TCSADRAIN, &t);
}

static void
question(struct client *c, const char *kind, const char *prompt)
{
	struct oneshot *one = c->arg;
	struct source *in = &one->in;
	const char *line = NULL;
	FILE *out = stream(c, false);

	fputs(prompt, out);
	fflush(out);
	if (strcmp(kind, "collect") == 0) {
		answer_collect(c, in);
		return;
	}
	if (strcmp(kind, "secret") == 0)
		show_typing(in, false);
	if (peek(in) && (!one->answers_are_rare || looks_like_answer(kind, prompt, in->line)))
		line = take(in);
	if (strcmp(kind, "secret") == 0)
		show_typing(in, true);
	else if (line != NULL && !is_terminal(in))
		fputs(line, out);
	if (line == NULL || strcmp(kind, "secret") == 0 || !is_terminal(in))
		fputc('\n', out);
	fflush(out);
	client_answer(c, line);
}

static const struct client_ui ui = { .output = output, .question = question, .monitor = monitor };

/* ---- commands ---- */

static void
print_error(struct client *c, int line)
{
	json_t *doc = json_object();

	if (line > 0 && c->error != NULL)
		json_object_set_new(c->error, "line", json_integer(line));
	json_object_set(doc, "error", c->error);
	json_dumpf(doc, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(doc);
}

/* Where in its file the refused line stands; who typed a line with -c sees it. */
static void
print_place(const struct oneshot *one)
{
	const char *file = one->o->file;

	if (one->line == 0)
		return;
	fprintf(stderr, "eventctl: %s:%d: refused\n",
		file == NULL || strcmp(file, "-") == 0 ? "<stdin>" : file, one->line);
}

/* The status so far, after one more command. False: stop. */
static bool
run_line(struct oneshot *one, struct client *c, const char *line, int *status)
{
	int now = client_line(c, line);

	if (now == CTL_REFUSED && c->json && c->error != NULL)
		print_error(c, one->line);
	fflush(stdout);
	if (now == CTL_REFUSED)
		print_place(one);
	if (now != CTL_FINE)
		*status = now;
	if (now == CTL_REFUSED)
		return one->o->keep_going && !c->closed;
	return now == CTL_FINE && !c->closed;
}

static int
run_all(struct oneshot *one, struct client *c)
{
	int status = CTL_FINE, end;
	const char *line;
	char *copy;
	size_t i;
	bool go_on = true;

	for (i = 0; go_on && i < one->o->n_commands; i++)
		go_on = run_line(one, c, one->o->commands[i], &status);
	while (go_on && one->answers_are_rare && (line = take(&one->in)) != NULL) {
		one->line = one->in.number;
		copy = mem_strdup(c, line);
		go_on = run_line(one, c, copy, &status);
		mem_free(copy);
	}
	if (!go_on)
		return status;
	end = client_end(c);
	if (end == CTL_REFUSED && c->json && c->error != NULL)
		print_error(c, 0);
	return end != CTL_FINE ? end : status;
}

static void
on_signal(int signo)
{
	client_interrupted = 1;
}

static bool
open_source(struct oneshot *one)
{
	const struct ctl_options *o = one->o;

	one->in.f = stdin;
	one->answers_are_rare = o->file != NULL || o->n_commands == 0;
	if (o->file == NULL || strcmp(o->file, "-") == 0)
		return true;
	one->in.f = fopen(o->file, "re");
	if (one->in.f != NULL)
		return true;
	fprintf(stderr, "eventctl: %s: %s\n", o->file, strerror(errno));
	return false;
}

int
oneshot_run(const struct ctl_options *o)
{
	struct oneshot one = { .o = o };
	struct client_spec spec = { .path = o->socket, .json = o->json, .timeout_ms = o->timeout_ms };
	struct sigaction act = { .sa_handler = on_signal };
	struct err err = ERR_INIT;
	struct client *c;
	int status;

	if (!open_source(&one))
		return CTL_USAGE;
	sigaction(SIGINT, &act, NULL);
	c = client_open(NULL, &spec, &ui, &one, &status, &err);
	if (c == NULL) {
		fprintf(stderr, "eventctl: %s\n", err.text);
		return status;
	}
	status = run_all(&one, c);
	if (status == CTL_UNREACHABLE)
		fputs("eventctl: the connection to eventd is lost\n", stderr);
	if (status == CTL_TIMEOUT)
		fputs("eventctl: timed out\n", stderr);
	mem_free(c);
	free(one.in.line);
	if (one.in.f != stdin)
		fclose(one.in.f);
	return status;
}
