/* Giving root up. */
#include "core/privilege.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
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
