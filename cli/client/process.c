/* Helper programs of eventctl's own. */
#include "cli/client/process.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/paths.h"

extern char **environ;

/* Its descriptors 0 and 1 are `fd`. */
static bool
spawn(const char *path, const char *name, int fd, pid_t *pid, struct err *err)
{
	char *argv[] = { mem_strdup(NULL, name), NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	rc = posix_spawn(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	mem_free(argv[0]);
	return rc == 0 || err_class(err, ERR_IO, "HELPER_FAILED", "%s: %s", path, strerror(rc));
}

bool
client_process_start(struct client_process *p, const char *name, struct err *err)
{
	char *dir = path_program_dir(NULL), *path = mem_printf(dir, "%s/%s", dir, name);
	int pair[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		mem_free(dir);
		return err_errno(err, "%s", name);
	}
	ok = spawn(path, name, pair[1], &p->pid, err);
	p->fd = pair[0];
	close(pair[1]);
	if (!ok)
		close(pair[0]);
	mem_free(dir);
	return ok;
}

void
client_process_end(struct client_process *p)
{
	close(p->fd);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
