/* eventctl's own eventd-mail. */
#include "cli/client/mail_process.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/mem.h"
#include "core/paths.h"

extern char **environ;

/* Its descriptors 0 and 1 are `fd`. */
static bool
start(const char *path, int fd, pid_t *pid, struct err *err)
{
	char *argv[] = { (char[]){ "eventd-mail" }, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	rc = posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 || err_class(err, ERR_IO, "HELPER_FAILED", "%s: %s", path, strerror(rc));
}

static struct mail_result *
converse(const void *ctx, int fd, const struct mail_job *job, struct err *err)
{
	json_t *message = mail_job_to_json(job);
	bool sent = frame_write_fd(fd, message, err);
	struct mail_result *r = NULL;

	json_decref(message);
	if (!sent)
		return NULL;
	while (r == NULL && (message = frame_read_fd(fd, FRAME_MAX, err)) != NULL) {
		const char *type = json_string_value(json_object_get(message, "type"));

		if (type != NULL && strcmp(type, "result") == 0) {
			r = mail_result_from_json(ctx, message, err);
			json_decref(message);
			return r;
		}
		json_decref(message);
	}
	if (err->code == ERR_NONE)
		err_class(err, ERR_IO, "HELPER_FAILED", "the mail process ended without an answer");
	return NULL;
}

struct mail_result *
mail_process_run(const void *ctx, const struct mail_job *job, struct err *err)
{
	char *path = mem_printf(NULL, "%s/eventd-mail", path_program_dir(ctx));
	struct mail_result *r = NULL;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		err_errno(err, "eventd-mail");
		mem_free(path);
		return NULL;
	}
	if (start(path, pair[1], &pid, err)) {
		close(pair[1]);
		r = converse(ctx, pair[0], job, err);
		close(pair[0]);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	} else {
		close(pair[0]);
		close(pair[1]);
	}
	mem_free(path);
	return r;
}
