/* The interactive shell, over libedit. */
#include "cli/client/terminal.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/client/client.h"
#include "cli/client/link.h"
#include "cli/client/pager.h"
#include "cli/client/plain.h"
#include "core/mem.h"
#include "core/text.h"

#define REDRAW       L'\022' /* Ctrl-R, bound to ed-redisplay */
#define CTRL_SHIFT_6 0x1e    /* IOS's escape: ends a running command */

struct terminal {
	struct client *client;
	EditLine *el;
	History *history;
	struct pager *pager;
	char *prompt;
	bool typing;    /* in el_gets(): messages must not destroy the line */
	bool answering; /* a question: `?` and Tab are ordinary, nothing is remembered */
	/* A key is with the daemon; the line stands above what a policy prints or asks (`event cli ... tab`). */
	bool in_key, printed;
	char last; /* printed */
	bool lost;
	enum { LINE, END, BREAK } key; /* how the line was ended: Return, Ctrl-Z, Ctrl-C */
	mbstate_t mb;
};

static struct terminal *
of(EditLine *el)
{
	void *arg = NULL;

	el_get(el, EL_CLIENTDATA, &arg);
	return arg;
}

/* ---- the line being typed ---- */

static size_t
columns(const char *s, size_t n)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

/* Screen lines above the cursor that belong to the line being typed. */
static size_t
rows_above(struct terminal *t)
{
	const LineInfo *li = el_line(t->el);
	size_t n = columns(t->prompt, strlen(t->prompt)) +
		   columns(li->buffer, (size_t)(li->cursor - li->buffer));

	return t->client->width > 0 ? n / (size_t)t->client->width : 0;
}

/*
 * libedit believes that the cursor is where it left it, rows_above() below the prompt's line: so many
 * line ends make it right again before it redraws.
 */
static void
put_back(size_t rows)
{
	while (rows-- > 0)
		putchar('\n');
	fflush(stdout);
}

static void
show_above(struct terminal *t, const char *text)
{
	size_t rows = rows_above(t);

	putchar('\r');
	if (rows > 0)
		printf("\033[%zuA", rows);
	printf("\033[J%s\n", text);
	put_back(rows);
}

static void
monitor(struct client *c, const char *text)
{
	struct terminal *t = c->arg;

	if (t->typing)
		show_above(t, text);
	else
		printf("%s\n", text);
	fflush(stdout);
}

static int
decode(struct terminal *t, unsigned char byte, wchar_t *out)
{
	char c = (char)byte;
	size_t n = mbrtowc(out, &c, 1, &t->mb);

	if (n == (size_t)-2)
		return 0;
	if (n == (size_t)-1) {
		memset(&t->mb, 0, sizeof t->mb);
		*out = L'?';
	}
	return 1;
}

/* The next key, or REDRAW when a message was shown meanwhile. */
static int
get_key(EditLine *el, wchar_t *out)
{
	struct terminal *t = of(el);

	for (;;) {
		unsigned what = link_wait(t->client->link, STDIN_FILENO, -1);
		unsigned char byte;
		ssize_t n;

		if ((what & LINK_FD) != 0) {
			n = read(STDIN_FILENO, &byte, 1);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return (int)n;
			if (decode(t, byte, out))
				return 1;
			continue;
		}
		if ((what & LINK_MESSAGE) != 0) {
			t->lost = !client_idle(t->client);
			*out = REDRAW;
			if (!t->lost)
				return 1;
		}
		if ((what & LINK_CLOSED) != 0 || t->lost) {
			t->lost = true;
			return 0;
		}
	}
}

/* ---- keys ---- */

static char *
typed(struct terminal *t)
{
	const LineInfo *li = el_line(t->el);

	return mem_strndup(t->client, li->buffer, (size_t)(li->cursor - li->buffer));
}

/* What comes for a key begins on a line of its own; messages need no care then. */
static void
key_prints(struct terminal *t)
{
	if (!t->in_key || t->printed)
		return;
	t->printed = true;
	t->typing = false;
	t->last = '\n';
	putchar('\n');
}

static void
output(struct client *c, bool is_json, const char *s)
{
	struct terminal *t = c->arg;

	key_prints(t);
	if (s[0] != '\0')
		t->last = s[strlen(s) - 1];
	pager_write(t->pager, s);
}

static void
key_begin(struct terminal *t)
{
	t->in_key = true;
	t->printed = false;
	pager_start(t->pager, t->client->length, t->client->width);
}

/* False: nothing was printed, and the line stands where it stood. */
static bool
key_ends(struct terminal *t)
{
	t->in_key = false;
	t->typing = true;
	if (!t->printed)
		return false;
	pager_end(t->pager);
	if (t->last != '\n')
		putchar('\n');
	return true;
}

static unsigned char
key_help(EditLine *el, int ch)
{
	struct terminal *t = of(el);
	size_t rows = rows_above(t);
	char *line, *help;

	if (t->answering) {
		el_insertstr(el, "?");
		return CC_REFRESH;
	}
	line = typed(t);
	putchar('?');
	key_begin(t);
	key_prints(t);
	help = client_help(t->client, line);
	mem_free(line);
	if (help == NULL) {
		t->lost = true;
		return CC_EOF;
	}
	if (t->last != '\n' && help[0] != '\0')
		putchar('\n');
	if (help[0] != '\0')
		output(t->client, false, help);
	mem_free(help);
	key_ends(t);
	putchar('\n');
	put_back(rows);
	return CC_REDISPLAY;
}

static unsigned char
key_tab(EditLine *el, int ch)
{
	struct terminal *t = of(el);
	char *line, *more;
	size_t rows;
	bool has_more, has_printed;

	if (t->answering)
		return CC_NORM;
	line = typed(t);
	rows = rows_above(t);
	key_begin(t);
	more = client_complete(t->client, line);
	mem_free(line);
	if (more == NULL) {
		t->lost = true;
		return CC_EOF;
	}
	has_printed = key_ends(t);
	has_more = more[0] != '\0';
	if (has_more)
		el_insertstr(el, more);
	mem_free(more);
	if (has_more && !has_printed)
		return CC_REFRESH;
	if (!has_printed)
		putchar('\n');
	put_back(rows);
	return CC_REDISPLAY;
}

/* As Return does: the line goes off whole, wherever the cursor stands. */
static unsigned char
finish_line(EditLine *el, const char *shown)
{
	const LineInfo *li = el_line(el);

	el_cursor(el, (int)(li->lastchar - li->cursor));
	el_insertstr(el, "\n");
	puts(shown);
	fflush(stdout);
	return CC_NEWLINE;
}

static unsigned char
key_end(EditLine *el, int ch)
{
	of(el)->key = END;
	return finish_line(el, "^Z");
}

static unsigned char
key_break(EditLine *el, int ch)
{
	of(el)->key = BREAK;
	return finish_line(el, "^C");
}

static char *
show_prompt(EditLine *el)
{
	return of(el)->prompt;
}

/* ---- lines ---- */

/* The line without its newline, valid until the next; NULL: the end of the input. */
static char *
read_line(struct terminal *t, const char *prompt)
{
	int n = 0;
	const char *s;
	char *line;

	mem_free(t->prompt);
	t->prompt = mem_strdup(t->client, prompt);
	t->key = LINE;
	t->typing = true;
	s = el_gets(t->el, &n);
	t->typing = false;
	if (s == NULL || n <= 0)
		return NULL;
	line = mem_strndup(t->client, s, (size_t)n);
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/* Nothing that is secret may stay in the editor; and while a key is handled it is busy. */
static void
read_plain(struct terminal *t, const char *prompt, bool is_shown)
{
	struct text line;

	text_init(&line, t->client);
	if (plain_read(&line, prompt, is_shown))
		client_answer(t->client, line.s);
	else
		client_interrupt(t->client);
	explicit_bzero(line.s, line.cap);
	mem_free(line.s);
}

static void
read_confirm(struct terminal *t, const char *prompt)
{
	int key;

	fputs(prompt, stdout);
	fflush(stdout);
	key = pager_key();
	printf("%s\n", key == 'y' || key == 'Y' ? "y" : "");
	if (key == 3 || key == -1)
		client_interrupt(t->client);
	else
		client_answer(t->client, key == '\r' || key == '\n' ? "" : (char[]){ (char)key, '\0' });
}

/* Lines until a blank one or "quit"; the daemon decides. */
static void
read_collect(struct terminal *t, const char *prompt)
{
	char *line;

	fputs(prompt, stdout);
	fflush(stdout);
	line = read_line(t, "");
	if (line == NULL || t->key != LINE)
		client_interrupt(t->client);
	else
		client_answer(t->client, line);
	mem_free(line);
}

static void
read_answer(struct terminal *t, const char *prompt)
{
	const char *last = strrchr(prompt, '\n');
	char *line;

	if (last != NULL)
		fwrite(prompt, 1, (size_t)(last + 1 - prompt), stdout);
	line = read_line(t, last != NULL ? last + 1 : prompt);
	if (line == NULL || t->key != LINE)
		client_interrupt(t->client);
	else
		client_answer(t->client, line);
	mem_free(line);
}

static void
question(struct client *c, const char *kind, const char *prompt)
{
	struct terminal *t = c->arg;

	key_prints(t);
	pager_end(t->pager);
	t->last = '\n';
	t->answering = true;
	if (strcmp(kind, "secret") == 0)
		read_plain(t, prompt, false);
	else if (strcmp(kind, "confirm") == 0)
		read_confirm(t, prompt);
	else if (strcmp(kind, "collect") == 0)
		read_collect(t, prompt);
	else if (t->in_key)
		read_plain(t, prompt, true);
	else
		read_answer(t, prompt);
	t->answering = false;
	pager_start(t->pager, c->length, c->width);
}

static const struct client_ui ui = { .output = output, .question = question, .monitor = monitor };

/* ---- the shell ---- */

static void
on_signal(int signo)
{
	client_interrupted = 1;
}

static const char *const bindings[][2] = {
	{ "?", "ios-help" },
	{ "^I", "ios-complete" },
	{ "^Z", "ios-end" },
	{ "^C", "ios-break" },
	{ "^R", "ed-redisplay" },
	{ "^L", "ed-redisplay" },
	{ "^W", "ed-delete-prev-word" },
	{ "^U", "vi-kill-line-prev" },
	{ "^X", "vi-kill-line-prev" },
	{ "^V", "ed-quoted-insert" },
	{ "^T", "ed-transpose-chars" },
};

static void
set_up_editing(struct terminal *t)
{
	HistEvent ev;
	size_t i;

	t->el = el_init("eventctl", stdin, stdout, stderr);
	t->history = history_init();
	history(t->history, &ev, H_SETSIZE, 256);
	history(t->history, &ev, H_SETUNIQUE, 1);
	el_set(t->el, EL_CLIENTDATA, t);
	el_set(t->el, EL_PROMPT, show_prompt);
	el_set(t->el, EL_EDITOR, "emacs");
	el_set(t->el, EL_HIST, history, t->history);
	el_set(t->el, EL_GETCFN, get_key);
	el_set(t->el, EL_SETTY, "-d", "-isig", NULL);
	/* The wide form keeps our strings; the other one copies and never frees them. */
	el_wset(t->el, EL_ADDFN, L"ios-help", L"What may come here", key_help);
	el_wset(t->el, EL_ADDFN, L"ios-complete", L"Complete the word", key_tab);
	el_wset(t->el, EL_ADDFN, L"ios-end", L"Leave configuration", key_end);
	el_wset(t->el, EL_ADDFN, L"ios-break", L"Forget the line", key_break);
	for (i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
		el_set(t->el, EL_BIND, bindings[i][0], bindings[i][1], NULL);
}

static void
remember(struct terminal *t, const char *line)
{
	HistEvent ev;

	if (line[strspn(line, " \t")] != '\0')
		history(t->history, &ev, H_ENTER, line);
}

static int
run_command(struct terminal *t, const char *line)
{
	int status;

	pager_start(t->pager, t->client->length, t->client->width);
	status = client_line(t->client, line);
	pager_end(t->pager);
	return status;
}

/* Ctrl-Z carries out what is on the line, then leaves configuration (as IOS does). */
static int
carry_out(struct terminal *t, const char *line)
{
	bool blank = line[strspn(line, " \t")] == '\0';
	int status = CTL_FINE;

	if (t->key == BREAK) {
		if (blank)
			client_interrupt(t->client);
		return blank ? client_line(t->client, "") : CTL_FINE;
	}
	remember(t, line);
	if (!blank)
		status = run_command(t, line);
	if (t->key == END && status != CTL_UNREACHABLE)
		status = client_end(t->client);
	return status;
}

static int
shell(struct terminal *t)
{
	int status = CTL_FINE;

	while (!t->client->closed && !t->lost) {
		char *line = read_line(t, t->client->prompt);

		if (line == NULL)
			break;
		status = carry_out(t, line);
		mem_free(line);
		if (status == CTL_UNREACHABLE)
			t->lost = true;
	}
	if (t->lost) {
		fputs("\n% Connection to eventd lost\n", stderr);
		return CTL_UNREACHABLE;
	}
	if (!t->client->closed)
		client_end(t->client);
	return CTL_FINE;
}

/* While a command runs the terminal is an ordinary one: Ctrl-C and Ctrl-Shift-6 interrupt. */
static void
set_up_tty(struct termios *old)
{
	struct termios now;
	struct sigaction act = { .sa_handler = on_signal };

	tcgetattr(STDIN_FILENO, old);
	now = *old;
	now.c_cc[VQUIT] = CTRL_SHIFT_6;
	now.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSANOW, &now);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGQUIT, &act, NULL);
}

int
terminal_run(const struct ctl_options *o)
{
	struct winsize size = { 0 };
	struct client_spec spec = {
		.path = o->socket, .json = false, .terminal = true, .timeout_ms = o->timeout_ms
	};
	struct terminal t = { 0 };
	struct err err = ERR_INIT;
	struct termios old;
	int status;

	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	spec.height = size.ws_row;
	spec.width = size.ws_col;
	t.client = client_open(NULL, &spec, &ui, &t, &status, &err);
	if (t.client == NULL) {
		fprintf(stderr, "eventctl: %s\n", err.text);
		return status;
	}
	t.pager = pager_new(t.client);
	set_up_tty(&old);
	set_up_editing(&t);
	status = shell(&t);
	el_end(t.el);
	history_end(t.history);
	tcsetattr(STDIN_FILENO, TCSANOW, &old);
	mem_free(t.client);
	return status;
}
