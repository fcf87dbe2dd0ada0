/*
 * action LABEL file {open | close | read | gets | puts | write | delete} ...: files by IOS names, each
 * prefix a jail (eem-language 6.9, rulings 9). At the end of a file `gets` and `read` set "".
 */
#include <string.h>

#include "actions/action.h"
#include "actions/io/policy_file.h"
#include "actions/io/io.h"
#include "core/files.h"
#include "core/mem.h"

enum { READ_AHEAD = 64 * 1024, LENGTH_MAX = FILE_SIZE_MAX };

/* One for all commands: each has its own rows, which name what it takes. */
struct file_command_args {
	struct kw_flag nonewline;
	struct kw_str handle;
	struct kw_template path, text, length;
	struct kw_enum mode;
	struct kw_variable variable;
};

struct file_args {
	struct kw_sub command;
};

struct file_command {
	step_f *exec; /* gets the struct file_args */
};

static const struct file_command_args *
args_of(const void *args)
{
	return ((const struct file_args *)args)->command.args;
}

static enum step
fail_with(struct run *run, const struct err *err)
{
	return run_fail(
		run, err->class[0] ? err->class : "FH_EFILE", SEV_ERRORS, "FMPD_FILE", "%s", err->text);
}

/* NULL: the step has failed. */
static struct policy_file *
handle_of(struct run *run, const struct file_command_args *a)
{
	struct policy_file *h = policy_file_find(run, a->handle.s);

	if (h == NULL)
		run_fail(run, "FH_EBADF", SEV_ERRORS, "FMPD_FILE", "File handle %s is not open", a->handle.s);
	return h;
}

/* A number of bytes. */
static bool
read_length(struct run *run, const struct file_command_args *a, size_t *out)
{
	int64_t n = 0;
	enum number is = run_expand_int(run, &a->length, &n);

	if (is == IS_NUMBER && n >= 0 && n <= LENGTH_MAX) {
		*out = (size_t)n;
		return true;
	}
	if (is != IS_MISSING)
		run_fail(run, "FH_EBADFMT", SEV_ERRORS, "FMPD_WRONGARG",
			"wrong argument %s: a length is a number from 0 to %d",
			run_expand(run, &a->length, NULL), LENGTH_MAX);
	return false;
}

/* ---- the commands ---- */

static enum step
open_exec(struct run *run, const void *args)
{
	const struct file_command_args *a = args_of(args);
	struct err err = ERR_INIT;
	const char *path = run_expand(run, &a->path, NULL);

	if (path == NULL)
		return STEP_FAIL;
	if (!policy_file_open(run, a->handle.s, path, (enum file_mode)a->mode.v, &err))
		return fail_with(run, &err);
	return STEP_NEXT;
}

static enum step
close_exec(struct run *run, const void *args)
{
	struct policy_file *h = handle_of(run, args_of(args));

	if (h == NULL)
		return STEP_FAIL;
	policy_file_close(run, h);
	return STEP_NEXT;
}

/* Fills until LEN bytes, or what there is, have come. */
static enum step
read_exec(struct run *run, const void *args)
{
	const struct file_command_args *a = args_of(args);
	struct policy_file *h = handle_of(run, a);
	const struct text *unread;
	size_t length;
	bool at_end;

	if (h == NULL || !read_length(run, a, &length))
		return STEP_FAIL;
	unread = policy_file_unread(h, &at_end);
	if (unread->len < length && !at_end)
		return policy_file_fill(run, h, length - unread->len, read_exec);
	if (length > unread->len)
		length = unread->len;
	if (!run_set(run, &a->variable.v, unread->s, length))
		return STEP_FAIL;
	policy_file_take(h, length);
	return STEP_NEXT;
}

/* Fills until there is a whole line, or the end. */
static enum step
gets_exec(struct run *run, const void *args)
{
	const struct file_command_args *a = args_of(args);
	struct policy_file *h = handle_of(run, a);
	const struct text *unread;
	const char *end;
	size_t n;
	bool at_end;

	if (h == NULL)
		return STEP_FAIL;
	unread = policy_file_unread(h, &at_end);
	end = unread->len ? memchr(unread->s, '\n', unread->len) : NULL;
	if (end == NULL && !at_end && unread->len < LENGTH_MAX)
		return policy_file_fill(run, h, READ_AHEAD, gets_exec);
	n = end ? (size_t)(end - unread->s) : unread->len;
	if (!run_set(run, &a->variable.v, unread->s, n))
		return STEP_FAIL;
	policy_file_take(h, n + (end != NULL));
	return STEP_NEXT;
}

static enum step
puts_exec(struct run *run, const void *args)
{
	const struct file_command_args *a = args_of(args);
	struct policy_file *h = handle_of(run, a);
	size_t n;
	const char *s = h ? run_expand(run, &a->text, &n) : NULL;
	char *line;

	if (s == NULL)
		return STEP_FAIL;
	if (a->nonewline.set)
		return policy_file_write(run, h, s, n);
	line = run_scratch(run, n + 1);
	memcpy(line, s, n);
	line[n] = '\n';
	return policy_file_write(run, h, line, n + 1);
}

/* The first LEN bytes of the text; all of it when it is shorter. */
static enum step
write_exec(struct run *run, const void *args)
{
	const struct file_command_args *a = args_of(args);
	struct policy_file *h = handle_of(run, a);
	size_t n, length;
	const char *s = h ? run_expand(run, &a->text, &n) : NULL;

	if (s == NULL || !read_length(run, a, &length))
		return STEP_FAIL;
	return policy_file_write(run, h, s, length < n ? length : n);
}

static enum step
delete_exec(struct run *run, const void *args)
{
	struct err err = ERR_INIT;
	const char *path = run_expand(run, &args_of(args)->path, NULL);

	if (path == NULL)
		return STEP_FAIL;
	if (!run_is_live(run) || files_delete(run_engine(run)->files, path, 0, &err))
		return STEP_NEXT;
	if (err.code == ERR_NOT_FOUND)
		strcpy(err.class, "FH_ENOENT");
	return fail_with(run, &err);
}

/* ---- what they take ---- */

static const struct kw_alternative file_modes[] = {
	{ "a", "Append to the file", MODE_A, false },
	{ "a+", "Read, and append to the file", MODE_A_PLUS, false },
	{ "r", "Read an existing file", MODE_R, false },
	{ "r+", "Read and write an existing file", MODE_R_PLUS, false },
	{ "w", "Write an empty file", MODE_W, false },
	{ "w+", "Write an empty file, and read it", MODE_W_PLUS, false },
	{ NULL, NULL, 0, false },
};

#define ARG(field_, type_, help_)                                                                       \
	{                                                                                               \
		.help = help_, .type = &type_, KW_AT(struct file_command_args, field_), .flags = KW_REQ \
	}
#define HANDLE ARG(handle, kw_word, "Name of the file handle")

static const struct kw open_kw[] = {
	HANDLE,
	ARG(path, kw_template, "Name of the file"),
	{ .help = "How to open it",
		.type = &kw_choice,
		KW_AT(struct file_command_args, mode),
		.flags = KW_REQ,
		.choices = file_modes },
	KW_END,
};
static const struct kw close_kw[] = {
	HANDLE,
	KW_END,
};
static const struct kw read_kw[] = {
	HANDLE,
	ARG(variable, kw_variable, "Variable for what is read"),
	ARG(length, kw_operand, "Number of bytes to read"),
	KW_END,
};
static const struct kw gets_kw[] = {
	HANDLE,
	ARG(variable, kw_variable, "Variable for the line"),
	KW_END,
};
static const struct kw puts_kw[] = {
	{ .word = "nonewline",
		.help = "Do not append a newline",
		KW_AT(struct file_command_args, nonewline),
		.flags = KW_SEQ },
	HANDLE,
	ARG(text, kw_template, "Text to write"),
	KW_END,
};
static const struct kw write_kw[] = {
	HANDLE,
	ARG(text, kw_template, "Text to write"),
	ARG(length, kw_operand, "Number of bytes to write"),
	KW_END,
};
static const struct kw delete_kw[] = {
	ARG(path, kw_template, "Name of the file"),
	KW_END,
};

#define COMMAND(word_, help_, kw_, exec_)                                                                 \
	{                                                                                                 \
		.word = word_, .help = help_, KW_AT(struct file_args, command), .flags = KW_REQ | KW_SEQ, \
		.group = 1, .sub = kw_, .sub_size = sizeof(struct file_command_args),                     \
		.owner = &(const struct file_command)                                                     \
		{                                                                                         \
			exec_                                                                             \
		}                                                                                         \
	}

static const struct kw file_kw[] = {
	COMMAND("close", "Close a file", close_kw, close_exec),
	COMMAND("delete", "Delete a file", delete_kw, delete_exec),
	COMMAND("gets", "Read a line of a file", gets_kw, gets_exec),
	COMMAND("open", "Open a file", open_kw, open_exec),
	COMMAND("puts", "Write a line to a file", puts_kw, puts_exec),
	COMMAND("read", "Read from a file", read_kw, read_exec),
	COMMAND("write", "Write to a file", write_kw, write_exec),
	KW_END,
};

/* A length without variables can be judged when it is typed. */
static bool
file_check(struct compile *c, void *args, struct err *err)
{
	const struct file_command_args *a = ((const struct file_args *)args)->command.args;
	int64_t n;

	if (!a->length.set || !a->length.t->is_literal ||
		(parse_integer(a->length.t->text, a->length.t->len, &n) && n >= 0 && n <= LENGTH_MAX))
		return true;
	return err_set(
		err, ERR_RANGE, "action %s: a length is a number from 0 to %d", c->label, (int)LENGTH_MAX);
}

static enum step
file_exec(struct run *run, const void *args)
{
	const struct file_command *command = ((const struct file_args *)args)->command.row->owner;

	return command->exec(run, args);
}

const struct action action_file = {
	.name = "file",
	.help = "file operations",
	.kw = file_kw,
	.args_size = sizeof(struct file_args),
	.check = file_check,
	.exec = file_exec,
};
