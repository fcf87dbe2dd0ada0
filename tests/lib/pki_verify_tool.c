/* `eventctl pki verify` as a program of its own, for tests that run before eventctl is linked. */
#include "cli/client/pki_verify.h"

int
main(int argc, char **argv)
{
	return pki_verify_main(argc, argv);
}
