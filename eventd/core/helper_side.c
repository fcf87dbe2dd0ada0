/* What every helper process does alike. */
#include "core/helper_side.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
wiping_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
helper_side_harden(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(malloc, wiping_free);
}

bool
helper_side_say(json_t *message)
{
	struct err err = ERR_INIT;
	bool said = frame_write_fd(STDOUT_FILENO, message, &err);

	json_decref(message);
	return said;
}

bool
helper_side_hear(struct frame_reader *in, void (*take)(void *arg, const json_t *message), void *arg)
{
	struct err err = ERR_INIT;
	char bytes[65536];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
	json_t *message;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	frame_reader_feed(in, bytes, (size_t)n);
	explicit_bzero(bytes, (size_t)n);
	while ((message = frame_reader_next(in, &err)) != NULL) {
		take(arg, message);
		json_decref(message);
	}
	return err.code == ERR_NONE;
}
