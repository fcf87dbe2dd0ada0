/* The walls around a policy: limits, user, Landlock, seccomp. */
#include "applets/lua/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "applets/lua/wire.h"
#include "core/privilege.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- at the start ---- */

static void
let_go(void)
{
	const struct rlimit none = { 0, 0 };

	/* Sanitizers report on standard error. */
	if (syscall(SYS_close_range, SANITIZED ? 3u : 2u, ~0u, 0u) < 0)
		for (int fd = SANITIZED ? 3 : 2; fd < 1024; fd++)
			close(fd);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- limits ---- */

/* What is not Lua's: the program, its libraries, messages under way. */
#define MEMORY_BESIDE ((rlim_t)192 * 1024 * 1024)

static bool
limit(int what, rlim_t value, struct err *err)
{
	const struct rlimit l = { value, value };

	return setrlimit((__rlimit_resource_t)what, &l) == 0 || err_errno(err, "limit %d", what);
}

static bool
set_limits(unsigned cpu_seconds, struct err *err)
{
	const struct rlimit cpu = { cpu_seconds, cpu_seconds + 1 };

	if (cpu_seconds > 0 && setrlimit(RLIMIT_CPU, &cpu) < 0)
		return err_errno(err, "limit of processor time");
	if (SANITIZED) /* they need terabytes of addresses, files and threads */
		return true;
	return limit(RLIMIT_AS, WIRE_MEMORY_MAX + MEMORY_BESIDE, err) && limit(RLIMIT_NOFILE, 2, err) &&
	       limit(RLIMIT_FSIZE, 0, err) && limit(RLIMIT_NPROC, 0, err) && limit(RLIMIT_MEMLOCK, 0, err) &&
	       limit(RLIMIT_MSGQUEUE, 0, err);
}

/* ---- Landlock (Linux 5.13): no file, and later versions: no port, no socket or signal to others ---- */

struct ruleset { /* struct landlock_ruleset_attr of version 6 */
	uint64_t fs, net, scoped;
};

static int
landlock(void)
{
	/* linux/landlock.h: rights of the file system by version; the kernel refuses those it does not know. */
	static const uint64_t fs_rights[] = { 0, (1u << 13) - 1, (1u << 14) - 1, (1u << 15) - 1,
		(1u << 15) - 1, (1u << 16) - 1 };
	struct ruleset set = { 0 };
	size_t size = sizeof set.fs;
	long version = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1 /* VERSION */);
	int fd;

	if (version < 1)
		return 0;
	set.fs = fs_rights[version > 5 ? 5 : version];
	if (version >= 4) {
		set.net = 3; /* bind and connect TCP */
		size = offsetof(struct ruleset, scoped);
	}
	if (version >= 6) {
		set.scoped = 3; /* abstract sockets, signals */
		size = sizeof set;
	}
	fd = (int)syscall(444, &set, size, 0);
	if (fd < 0)
		return 0;
	if (syscall(446 /* landlock_restrict_self */, fd, 0) < 0)
		version = 0;
	close(fd);
	return (int)version;
}

/* ---- seccomp: the system calls that are left ---- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH
#define LOAD(field_)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field_))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (uint32_t)(action))
/* The low half of an argument; descriptors and protections fit in it. */
#define LOAD_ARG(n_) LOAD(args[n_])
#define DENY         (SECCOMP_RET_ERRNO | EPERM)

#define ALLOW(call_) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call_, 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* Only with this value in that argument. */
#define ALLOW_IF(call_, arg_, value_)                                           \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call_, 0, 4), LOAD_ARG(arg_), \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value_, 0, 1), RETURN(SECCOMP_RET_ALLOW), RETURN(DENY)
/* Only without this bit in that argument. */
#define ALLOW_UNLESS(call_, arg_, bit_)                                         \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call_, 0, 4), LOAD_ARG(arg_), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit_, 0, 1), RETURN(DENY), RETURN(SECCOMP_RET_ALLOW)

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* our descriptors: calls come in at 0, go out at 1 */
	ALLOW_IF(read, 0, STDIN_FILENO),
	ALLOW_IF(write, 0, STDOUT_FILENO),
	/* memory, none of it to be executed */
	ALLOW(brk),
	ALLOW(madvise),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW_UNLESS(mmap, 2, PROT_EXEC),
	ALLOW_UNLESS(mprotect, 2, PROT_EXEC),
	/* time */
	ALLOW(clock_gettime),
	ALLOW(clock_getres),
	ALLOW(gettimeofday),
	/* the C library's own */
	ALLOW(futex),
	ALLOW(getrandom),
	ALLOW(restart_syscall),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	/* the end */
	ALLOW(exit),
	ALLOW(exit_group),
	RETURN(DENY),
};

static bool
seccomp(void)
{
	const struct sock_fprog prog = { sizeof filter / sizeof *filter,
		(struct sock_filter *)(uintptr_t)filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}
#else
static bool
seccomp(void)
{
	return false;
}
#endif

/* ---- */

bool
sandbox_begin(struct sandbox *out, struct err *err)
{
	let_go();
	tzset(); /* its file is out of reach from here on */
	if (!privilege_drop(err))
		return false;
	*out = (struct sandbox){ .landlock = landlock() };
	return true;
}

bool
sandbox_close(unsigned cpu_seconds, struct sandbox *out, struct err *err)
{
	if (!set_limits(cpu_seconds, err))
		return false;
	/* Under a sanitizer the filter would end the sanitizer: it counts as there, so that tests go on. */
	out->seccomp = SANITIZED || seccomp();
	return true;
}
