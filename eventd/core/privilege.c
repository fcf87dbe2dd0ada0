/* Giving root up. */
#include "core/privilege.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534 /* where there is no account of that name either */

bool
privilege_drop(struct err *err)
{
	const struct passwd *pw;
	uid_t uid = NOBODY;
	gid_t gid = NOBODY;

	if (geteuid() != 0)
		return true;
	pw = getpwnam("eventd");
	if (pw == NULL)
		pw = getpwnam("nobody");
	if (pw != NULL) {
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	}
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_errno(err, "giving up root");
	if (setuid(0) == 0)
		return err_set(err, ERR_INTERNAL, "giving up root: it came back");
	prctl(PR_SET_DUMPABLE, 0); /* a change of user may have set it again */
	return true;
}
