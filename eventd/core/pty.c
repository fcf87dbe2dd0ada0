/* Pseudo-terminals. */
#include "core/pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define WIDTH  4096
#define HEIGHT 1000

static bool
prepare(int slave)
{
	struct winsize size = { .ws_row = HEIGHT, .ws_col = WIDTH };
	struct termios t;

	if (tcgetattr(slave, &t) < 0)
		return false;
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ECHOCTL | ECHOKE);
	t.c_oflag |= OPOST | ONLCR;
	return tcsetattr(slave, TCSANOW, &t) == 0 && ioctl(slave, TIOCSWINSZ, &size) == 0;
}

static int
open_slave(int master)
{
	char name[64];

	if (grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name) != 0)
		return -1;
	return open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool
pty_open(int *master, int *slave, struct err *err)
{
	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (*master < 0)
		return err_errno(err, "pseudo-terminal");
	*slave = open_slave(*master);
	if (*slave >= 0 && prepare(*slave))
		return true;
	err_errno(err, "pseudo-terminal");
	if (*slave >= 0)
		close(*slave);
	close(*master);
	return false;
}
