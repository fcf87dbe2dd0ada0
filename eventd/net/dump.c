/* Asking the kernel over rtnetlink. */
#include "net/dump.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#define ROOM_BYTES ((size_t)32 * 1024)
#define TRIES      4 /* of a table that changes all the time; the last one counts as it is */

struct asking {
	const struct dump *dump;
	void *arg;
	bool disturbed;
};

static int
on_row(const struct nlmsghdr *h, void *data)
{
	struct asking *a = data;

	a->disturbed |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (mnl_nlmsg_get_payload_len(h) >= a->dump->header)
		a->dump->row(a->arg, h);
	return MNL_CB_OK;
}

static bool
send_request(struct mnl_socket *nl, struct nlmsghdr *h, unsigned flags, uint32_t sequence)
{
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = sequence;
	return mnl_socket_sendto(nl, h, h->nlmsg_len) >= 0;
}

/* Until the kernel says that this is all, or that it will not. */
static bool
receive(struct mnl_socket *nl, uint32_t sequence, struct asking *a, char *room)
{
	unsigned port = mnl_socket_get_portid(nl);
	int more;

	do {
		ssize_t n = mnl_socket_recvfrom(nl, room, ROOM_BYTES);

		if (n < 0 && errno == EINTR)
			more = MNL_CB_OK;
		else if (n < 0)
			return false;
		else
			more = mnl_cb_run(room, (size_t)n, sequence, port, a != NULL ? on_row : NULL, a);
	} while (more > MNL_CB_STOP);
	return more == MNL_CB_STOP;
}

static struct mnl_socket *
open_socket(struct err *err)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_errno(err, "netlink");
		if (nl != NULL)
			mnl_socket_close(nl);
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return nl;
}

bool
dump_read(const struct dump *d, void *arg, struct err *err)
{
	struct mnl_socket *nl = open_socket(err);
	bool ok = nl != NULL;
	char room[ROOM_BYTES];

	for (uint32_t try = 1; ok && try <= TRIES; try++) {
		char request[128] = { 0 };
		struct nlmsghdr *h = mnl_nlmsg_put_header(request);
		struct asking a = { .dump = d, .arg = arg };

		h->nlmsg_type = d->type;
		/* The family is the first octet of every header of rtnetlink. */
		*(unsigned char *)mnl_nlmsg_put_extra_header(h, d->header) = d->family;
		if (try > 1)
			d->again(arg);
		ok = send_request(nl, h, NLM_F_DUMP, try) && receive(nl, try, &a, room);
		if (!ok && (errno == EINTR || errno == ENOBUFS) && try < TRIES) {
			ok = true; /* disturbed as well */
			continue;
		}
		if (!ok)
			err_errno(err, "netlink");
		if (!a.disturbed)
			break;
	}
	if (nl != NULL)
		mnl_socket_close(nl);
	return ok;
}

bool
dump_request(struct nlmsghdr *h, struct err *err)
{
	struct mnl_socket *nl = open_socket(err);
	char room[ROOM_BYTES];
	int error;
	bool ok;

	if (nl == NULL)
		return false;
	ok = send_request(nl, h, NLM_F_ACK, 1) && receive(nl, 1, NULL, room);
	error = errno;
	if (!ok)
		err_errno(err, "the kernel refuses");
	mnl_socket_close(nl);
	errno = error;
	return ok;
}
