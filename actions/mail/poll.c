/* Waiting for a descriptor. */
#include "actions/mail/poll.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>

#include "pki/tls.h"

int
mail_poll_ms(int64_t deadline)
{
	int64_t left = deadline - tls_now();

	if (left <= 0)
		return 0;
	return left / 1000 >= INT_MAX ? INT_MAX : (int)((left + 999) / 1000);
}

bool
mail_poll(int fd, short events, int64_t deadline, struct cancel *cancel, struct err *err)
{
	struct pollfd p[2] = { { .fd = fd, .events = events },
		{ .fd = cancel == NULL ? -1 : cancel_fd(cancel), .events = POLLIN } };

	for (;;) {
		int ms = mail_poll_ms(deadline), n = poll(p, 2, ms);

		if (n > 0 && p[1].revents != 0)
			return err_class(
				err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
		if (n > 0)
			return true;
		if (ms == 0)
			return err_class(err, ERR_TIMEOUT, "TIMEOUT", "no answer in time");
	}
}
