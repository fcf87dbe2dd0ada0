/* Tokens from programs and files. */
#include "actions/mail/token.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/kw/kw.h"
#include "core/engine.h"
#include "core/files.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"

enum { TOKEN_MAX = 8192, OUTPUT_MAX = 16384, COMPLAINT_MAX = 512, COMPLAINT_SHOWN = 200 };

/* A token on its way; owned by whoever asked. */
struct fetch {
	struct loop *loop;
	token_done_f *done;
	void *arg;
	struct child *child;
	struct watch *watch, *complaints;
	const struct redact *redact;
	struct timer *timer;
	usec within;
	int fd; /* what the program prints */
	char output[OUTPUT_MAX];
	size_t len;
	int errors;                    /* its standard error */
	char complaint[COMPLAINT_MAX]; /* the end of it */
	size_t complained;
	bool exited, eof;
	int exit_code, term_signal;
	struct err err; /* of a beginning that failed */
};

/* What a worker thread reads: malloc, it may outlive the fetch. */
struct reading {
	struct fetch *fetch;
	int fd;
	ssize_t n;
	int error;
	char data[OUTPUT_MAX];
};

static int
close_fetch(void *ptr)
{
	struct fetch *f = ptr;

	if (f->fd >= 0)
		close(f->fd);
	if (f->errors >= 0)
		close(f->errors);
	loop_in_flight(f->loop, -1);
	explicit_bzero(f->output, sizeof f->output);
	explicit_bzero(f->complaint, sizeof f->complaint);
	return 0;
}

char *
token_first_line(const void *ctx, const char *s, unsigned long n)
{
	size_t len = 0;

	while (len < n &&
		(isalnum((unsigned char)s[len]) || (s[len] != '\0' && strchr("-._~+/=", s[len]) != NULL)))
		len++;
	if (len == 0 || len > TOKEN_MAX || (len < n && s[len] != '\n' && s[len] != '\r'))
		return NULL;
	return mem_secret(ctx, s, len);
}

const char *const *
token_argv(const void *ctx, const char *command)
{
	struct kw_token *words;
	size_t n = kw_split(ctx, command, &words);
	const char **argv = mem_array(ctx, const char *, n + 1);

	for (size_t i = 0; i < n; i++)
		argv[i] = words[i].text;
	return argv;
}

/* The end, which frees the fetch. */
static void
finish(struct fetch *f, const char *data, size_t n, struct err *err)
{
	char *token = NULL;
	token_done_f *done = f->done;
	void *arg = f->arg;

	if (err->code == ERR_NONE) {
		token = token_first_line(NULL, data, n);
		if (token == NULL)
			err_class(
				err, ERR_REFUSED, "AUTH_TEMPFAIL", "what should be the OAuth token is none");
	}
	mem_free(f);
	done(arg, token, err);
	mem_free(token);
}

/* ---- a program ---- */

/* False when there is nothing more to read now. */
static bool
read_complaint(struct fetch *f)
{
	char more[COMPLAINT_MAX];
	ssize_t n = read(f->errors, more, sizeof more);
	size_t over;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	over = f->complained + (size_t)n > sizeof f->complaint
		       ? f->complained + (size_t)n - sizeof f->complaint
		       : 0;
	memmove(f->complaint, f->complaint + over, f->complained - over);
	f->complained -= over;
	memcpy(f->complaint + f->complained, more, (size_t)n);
	f->complained += (size_t)n;
	explicit_bzero(more, sizeof more);
	return true;
}

static void
on_complaint(void *arg, int fd, unsigned what)
{
	struct fetch *f = arg;

	(void)fd;
	(void)what;
	if (read_complaint(f) || errno == EAGAIN)
		return;
	mem_free(f->complaints);
	f->complaints = NULL;
}

/* The last line that it said: without secrets, printable, and cut. */
static void
add_complaint(struct fetch *f, struct err *err)
{
	struct text *shown = text_new(f);
	const char *line = f->complaint;
	size_t n;

	for (int i = 0; f->errors >= 0 && i < 256 && read_complaint(f); i++)
		;
	for (n = f->complained; n > 0 && isspace((unsigned char)line[n - 1]);)
		n--;
	for (size_t i = n; i > 0; i--) {
		if (line[i - 1] != '\n')
			continue;
		line += i;
		n -= i;
		break;
	}
	text_add_line(shown, line, n);
	redact_text(f->redact, shown, 0);
	if (shown->len > 0)
		err_class(err, err->code, "AUTH_TEMPFAIL", "%s: %.*s", mem_strdup(shown, err->text),
			COMPLAINT_SHOWN, shown->s);
	explicit_bzero(shown->s, shown->len);
	mem_free(shown);
}

static void
check_ended(struct fetch *f)
{
	struct err err = ERR_INIT;

	if (!f->exited || !f->eof)
		return;
	if (f->term_signal != 0)
		err_class(&err, ERR_REFUSED, "AUTH_TEMPFAIL", "the OAuth token command ended by signal %d",
			f->term_signal);
	else if (f->exit_code != 0)
		err_class(&err, ERR_REFUSED, "AUTH_TEMPFAIL", "the OAuth token command ended with status %d",
			f->exit_code);
	if (err.code != ERR_NONE)
		add_complaint(f, &err);
	finish(f, f->output, f->len, &err);
}

static void
on_output(void *arg, int fd, unsigned what)
{
	struct fetch *f = arg;
	char rest[512];
	bool full = f->len == sizeof f->output;
	ssize_t n =
		read(fd, full ? rest : f->output + f->len, full ? sizeof rest : sizeof f->output - f->len);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		f->len += full ? 0 : (size_t)n;
		return;
	}
	mem_free(f->watch);
	f->watch = NULL;
	f->eof = true;
	check_ended(f);
}

static void
on_exit_program(void *arg, int exit_code, int term_signal)
{
	struct fetch *f = arg;

	f->exited = true;
	f->exit_code = exit_code;
	f->term_signal = term_signal;
	check_ended(f);
}

static void
on_late(void *arg)
{
	struct fetch *f = arg;
	struct err err = ERR_INIT;

	err_class(&err, ERR_TIMEOUT, "AUTH_TEMPFAIL", "the OAuth token did not come within %d s",
		(int)(f->within / USEC_PER_SEC));
	finish(f, NULL, 0, &err);
}

static bool
run_program(struct fetch *f, const char *command, struct err *err)
{
	struct child_spec spec = {
		.argv = token_argv(f, command), .fds = { -1, -1, -1 }, .nfds = 3, .own_group = true
	};
	int out[2], said[2];

	if (spec.argv[0] == NULL)
		return err_set(err, ERR_CONFIG, "the OAuth token command is empty");
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, "the OAuth token command");
	f->fd = out[0];
	if (pipe2(said, O_CLOEXEC) < 0) {
		err_errno(err, "the OAuth token command");
		close(out[1]);
		return false;
	}
	f->errors = said[0];
	spec.file = spec.argv[0];
	spec.fds[1] = out[1];
	spec.fds[2] = said[1];
	f->child = child_start(f, f->loop, &spec, on_exit_program, f, err);
	close(out[1]);
	close(said[1]);
	if (f->child == NULL)
		return err_wrap(err, "the OAuth token command");
	fcntl(f->fd, F_SETFL, O_NONBLOCK);
	fcntl(f->errors, F_SETFL, O_NONBLOCK);
	f->watch = watch_fd(f, f->loop, f->fd, WATCH_READ, on_output, f);
	f->complaints = watch_fd(f, f->loop, f->errors, WATCH_READ, on_complaint, f);
	return true;
}

/* ---- a file ---- */

static void
read_whole(void *data)
{
	struct reading *r = data;

	r->n = read(r->fd, r->data, sizeof r->data);
	r->error = r->n < 0 ? errno : 0;
}

static void
have_read(void *data)
{
	struct reading *r = data;
	struct err err = ERR_INIT;

	if (r->n < 0)
		err_class(&err, ERR_IO, "AUTH_TEMPFAIL", "the OAuth token file: %s", strerror(r->error));
	finish(r->fetch, r->data, r->n < 0 ? 0 : (size_t)r->n, &err);
}

static void
free_reading(void *data)
{
	struct reading *r = data;

	close(r->fd);
	explicit_bzero(r->data, sizeof r->data);
	free(r);
}

static bool
read_file(struct fetch *f, struct engine *e, const char *file, struct err *err)
{
	struct reading *r;
	int fd = files_open(e->files, file, O_RDONLY | O_NONBLOCK, FILES_ABSOLUTE, err);

	if (fd < 0)
		return err_wrap(err, "the OAuth token file");
	r = calloc(1, sizeof *r);
	if (r == NULL) {
		close(fd);
		return err_set(err, ERR_IO, "the OAuth token file: no memory");
	}
	r->fetch = f;
	r->fd = fd;
	work_submit(f, f->loop, read_whole, have_read, free_reading, r);
	return true;
}

/* ---- */

static void
on_failed(void *arg)
{
	struct fetch *f = arg;
	struct err err = f->err;

	finish(f, NULL, 0, &err);
}

void
token_fetch(const void *ctx, struct engine *e, const char *command, const char *file, usec within,
	token_done_f *done, void *arg)
{
	struct fetch *f = mem_new(ctx, struct fetch);
	bool ok;

	f->loop = e->loop;
	f->done = done;
	f->arg = arg;
	f->fd = f->errors = -1;
	f->redact = e->redact;
	f->within = within < TOKEN_TIME ? within : TOKEN_TIME;
	mem_on_free(f, close_fetch);
	loop_in_flight(e->loop, 1);
	ok = command != NULL ? run_program(f, command, &f->err) : read_file(f, e, file, &f->err);
	if (!ok)
		strcpy(f->err.class, "NO_PASSWORD");
	f->timer = timer_after(f, e->loop, ok ? f->within : 0, ok ? on_late : on_failed, f);
}
