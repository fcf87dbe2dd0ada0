/*
 * The walls around a policy, tried from inside: what eventd-lua's process may not do any more. Each try
 * runs in a child that has shut itself in; what it found comes back through its only way out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/lua/sandbox.h"
#include "applets/lua/wire.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Each answers true when it got what it should not. */

static bool
opens(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0600) >= 0;
}

static bool
reads_a_file(void)
{
	return opens("/etc/passwd", O_RDONLY) || opens("/proc/self/status", O_RDONLY) || opens("/", O_RDONLY);
}

static bool
writes_a_file(void)
{
	return opens("/tmp/eventd-lua-was-here", O_WRONLY | O_CREAT) ||
	       unlink("/tmp/eventd-lua-was-here") == 0 || mkdir("/tmp/eventd-lua-was-here", 0700) == 0;
}

static bool
opens_a_socket(void)
{
	int pair[2];

	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_INET6, SOCK_DGRAM, 0) >= 0 ||
	       socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 ||
	       connect(0, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET }, 16) == 0;
}

static bool
runs_a_program(void)
{
	char *const argv[] = { (char *)(uintptr_t) "/bin/true", NULL };

	execve(argv[0], argv, NULL);
	return vfork() == 0 || syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) >= 0;
}

static bool
touches_others(void)
{
	return kill(getppid(), 0) == 0 || ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ||
	       syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) >= 0;
}

static bool
makes_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ||
	       mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
uses_other_descriptors(void)
{
	char c = 0;

	return write(2, "", 1) == 1 || read(1, &c, 1) >= 0 || write(0, "", 1) >= 0 || dup(1) >= 0 ||
	       fcntl(1, F_DUPFD, 3) >= 0;
}

static bool
loosens_its_limits(void)
{
	const struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_AS, &more) == 0 || setuid(0) == 0 || prctl(PR_SET_DUMPABLE, 1) == 0 ||
	       chroot("/") == 0 || setpriority(PRIO_PROCESS, 0, -5) == 0;
}

static bool
takes_much_memory(void)
{
	return mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static const struct {
	const char *what;
	bool (*get)(void);
} tries[] = {
	{ "a file to read", reads_a_file },
	{ "a file to write", writes_a_file },
	{ "a socket", opens_a_socket },
	{ "another program", runs_a_program },
	{ "another process", touches_others },
	{ "memory to execute", makes_code },
	{ "a descriptor", uses_other_descriptors },
	{ "its limits", loosens_its_limits },
	{ "a gigabyte", takes_much_memory },
};
enum { TRIES = sizeof tries / sizeof *tries };

/* In the child: its descriptors 0 and 1 are what eventd-lua has, a way in and a way out. */
static void
shut_in(int out, size_t which)
{
	struct sandbox sandbox;
	struct err err = ERR_INIT;
	int in = open("/dev/null", O_RDONLY);
	char answer;

	dup2(out, STDOUT_FILENO);
	dup2(in, STDIN_FILENO);
	if (!sandbox_begin(&sandbox, &err) || !sandbox_close(5, &sandbox, &err) || !sandbox.seccomp)
		_exit(3);
	answer = tries[which].get() ? 'y' : 'n';
	if (write(STDOUT_FILENO, &answer, 1) != 1)
		_exit(4);
	_exit(0);
}

static char
try_inside(size_t which)
{
	int pair[2], status;
	char answer = '?';
	pid_t pid;

	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0)
		shut_in(pair[1], which);
	close(pair[1]);
	if (read(pair[0], &answer, 1) < 0)
		answer = '?';
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: the child ended with status %x", tries[which].what, (unsigned)status);
	return answer;
}

/* Valgrind makes system calls of its own in the same process. */
static bool
is_watched(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return SANITIZED || (preload != NULL && strstr(preload, "valgrind") != NULL);
}

static void
nothing_is_left_to_take(void **state)
{
	if (is_watched()) {
		print_message("not run: this process is shared with a tool that needs more\n");
		skip();
	}
	for (size_t i = 0; i < TRIES; i++)
		if (try_inside(i) != 'n')
			fail_msg("a policy gets %s", tries[i].what);
}

/* What the tries try works outside: they would notice a way through. */
static void
the_tries_are_real(void **state)
{
	assert_true(reads_a_file());
	assert_true(opens_a_socket());
	assert_true(makes_code() || is_watched());
	assert_true(takes_much_memory());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_to_take),
		cmocka_unit_test(the_tries_are_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
