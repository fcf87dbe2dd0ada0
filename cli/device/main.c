/*
 * eventd-device PROGRAM [ARGUMENT...]: makes standard input the controlling terminal of a session and
 * becomes the program. The engine starts it for the device's own CLI behind `cli command`; it ends with
 * the engine, and takes nothing from it but its three descriptors.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NOT_RUN = 127 };

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };

	if (argc < 2 || !isatty(STDIN_FILENO)) {
		fprintf(stderr, "usage: eventd-device PROGRAM [ARGUMENT...] on a terminal\n");
		return EXIT_USAGE;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	setsid(); /* the engine has done so; by hand it may fail, and then the session is the caller's */
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	execvp(argv[1], argv + 1);
	fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
	return EXIT_NOT_RUN;
}
