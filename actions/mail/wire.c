/* Octets to and from the server. */
#include "actions/mail/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions/mail/poll.h"

void
wire_open(struct wire *w, int fd, struct cancel *cancel, int64_t job_deadline)
{
	w->fd = fd;
	w->tls = NULL;
	w->cancel = cancel;
	w->job_deadline = job_deadline;
	w->in_at = w->in_len = 0;
	cancel_guard(cancel, fd);
}

void
wire_close(struct wire *w)
{
	if (w->fd < 0)
		return;
	if (w->tls != NULL)
		tls_close(w->tls);
	cancel_guard(w->cancel, -1);
	close(w->fd);
	w->fd = -1;
}

int64_t
wire_deadline(const struct wire *w, unsigned ms)
{
	int64_t at = tls_now() + (int64_t)ms * 1000;

	return at < w->job_deadline ? at : w->job_deadline;
}

/* A cancelled job finds its socket shut: say what really happened. */
static bool
lost(const struct wire *w, const char *why, struct err *err)
{
	if (cancel_fired(w->cancel))
		return err_class(err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
	return err_class(err, ERR_IO, "CONNECTION_LOST", "%s", why);
}

static bool
tls_result_of(const struct wire *w, bool ok, struct err *err)
{
	return ok || (cancel_fired(w->cancel) ? lost(w, "", err) : false);
}

bool
wire_write(struct wire *w, const void *data, size_t n, int64_t deadline, struct err *err)
{
	const char *at = data;

	if (w->tls != NULL)
		return tls_result_of(w, tls_write(w->tls, data, n, deadline, err), err);
	while (n > 0) {
		ssize_t sent = send(w->fd, at, n, MSG_NOSIGNAL);

		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			if (!mail_poll(w->fd, POLLOUT, deadline, w->cancel, err))
				return false;
		} else if (errno != EINTR) {
			return lost(w, strerror(errno), err);
		}
	}
	return true;
}

static ssize_t
receive(struct wire *w, int64_t deadline, struct err *err)
{
	if (w->tls != NULL && tls_pending(w->tls))
		return tls_read(w->tls, w->in, sizeof w->in, deadline, err);
	for (;;) {
		ssize_t n;

		if (!mail_poll(w->fd, POLLIN, deadline, w->cancel, err))
			return -1;
		if (w->tls != NULL)
			return tls_read(w->tls, w->in, sizeof w->in, deadline, err);
		n = recv(w->fd, w->in, sizeof w->in, 0);
		if (n >= 0)
			return n;
		if (errno != EINTR && errno != EAGAIN) {
			lost(w, strerror(errno), err);
			return -1;
		}
	}
}

bool
wire_fill(struct wire *w, int64_t deadline, struct err *err)
{
	ssize_t n;

	if (w->in_at < w->in_len)
		return true;
	n = receive(w, deadline, err);
	if (n < 0)
		return tls_result_of(w, false, err);
	if (n == 0)
		return lost(w, "the server closed the connection", err);
	w->in_at = 0;
	w->in_len = (size_t)n;
	return true;
}

bool
wire_has_input(const struct wire *w)
{
	char c;

	return w->in_at < w->in_len || recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}
