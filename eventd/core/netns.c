/* Into a network namespace, and back. */
#include "core/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name with a slash would be another path. */
static bool
path_of(const char *name, char *out, size_t size)
{
	return *name != '\0' && *name != '.' && strchr(name, '/') == NULL &&
	       (size_t)snprintf(out, size, "/run/netns/%s", name) < size;
}

bool
netns_look(const char *name, struct netns_id *id)
{
	struct stat st;
	char path[300];

	if (!path_of(name, path, sizeof path) || stat(path, &st) != 0)
		return false;
	id->device = (uint64_t)st.st_dev;
	id->inode = (uint64_t)st.st_ino;
	return true;
}

int
netns_enter(const char *name, struct err *err)
{
	char path[300];
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), there = -1;

	if (path_of(name, path, sizeof path))
		there = open(path, O_RDONLY | O_CLOEXEC);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0) {
		err_errno(err, "network namespace %s", name);
		if (here >= 0)
			close(here);
		here = -1;
	}
	if (there >= 0)
		close(there);
	return here;
}

void
netns_leave(int before)
{
	if (setns(before, CLONE_NEWNET) != 0) {
		/* Everything that is opened from now on would be of the wrong one. */
		perror("eventd: the way back to our network namespace");
		abort();
	}
	close(before);
}
