/* Giving root up. */
#include "core/privilege.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* where there is no account of that name either */

static void
find_account(uid_t *uid, gid_t *gid)
{
	const struct passwd *pw = getpwnam("eventd");

	*uid = NOBODY;
	*gid = NOBODY;
	if (pw == NULL)
		pw = getpwnam("nobody");
	if (pw != NULL) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
}

bool
privilege_give(const char *path, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return true;
	find_account(&uid, &gid);
	return lchown(path, uid, gid) == 0 || err_errno(err, "%s: giving it away", path);
}

bool
privilege_drop(struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return true;
	find_account(&uid, &gid);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_errno(err, "giving up root");
	if (setuid(0) == 0)
		return err_set(err, ERR_INTERNAL, "giving up root: it came back");
	prctl(PR_SET_DUMPABLE, 0); /* a change of user may have set it again */
	return true;
}

/* Only this one, in effect and to keep. */
static bool
hold_ports(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1u << CAP_NET_BIND_SERVICE,
		.permitted = 1u << CAP_NET_BIND_SERVICE } };

	return syscall(SYS_capset, &head, data) == 0;
}

bool
privilege_drop_but_ports(struct err *err)
{
	bool was_root = geteuid() == 0;

	if (was_root && prctl(PR_SET_KEEPCAPS, 1) < 0)
		return err_errno(err, "giving up root");
	if (!privilege_drop(err))
		return false;
	/* A container's root may not have had it: then the port says so. */
	if (was_root && !hold_ports()) {
		struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct none[2] = { { 0 } };

		return syscall(SYS_capset, &head, none) == 0 || err_errno(err, "giving up root");
	}
	return true;
}

#define FILES_WANTED 8192u

void
privilege_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}
