/* TCP connections to the addresses of a host. */
#include "actions/mail/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail/poll.h"
#include "actions/mail/trace.h"
#include "core/mem.h"
#include "core/vrf.h"
#include "pki/tls.h"

#define SECOND_FAMILY_USEC 250000 /* RFC 8305 5: Connection Attempt Delay */

static bool
is_link_local(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

/* Keeps the first address of each family; a global one replaces a link-local one. */
static void
keep_address(struct mail_source *src, const struct sockaddr *a)
{
	struct sockaddr_storage *to = a->sa_family == AF_INET ? &src->v4 : &src->v6;
	size_t n = a->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (to->ss_family == AF_UNSPEC || is_link_local((const struct sockaddr *)to))
		memcpy(to, a, n);
}

static bool
find_interface(const char *name, struct mail_source *src, struct err *err)
{
	struct ifaddrs *list, *i;
	bool exists = false, up = false;

	if (getifaddrs(&list) < 0) {
		err_errno(err, "the addresses of interface %s", name);
		goto unavailable;
	}
	for (i = list; i != NULL; i = i->ifa_next) {
		if (strcmp(i->ifa_name, name) != 0)
			continue;
		exists = true;
		up |= (i->ifa_flags & IFF_UP) != 0;
		if (i->ifa_addr != NULL &&
			(i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6))
			keep_address(src, i->ifa_addr);
	}
	freeifaddrs(list);
	if (!exists)
		return err_class(err, ERR_NOT_FOUND, "SOURCE_UNAVAILABLE", "there is no interface %s", name);
	if (!up)
		return err_class(err, ERR_REFUSED, "SOURCE_UNAVAILABLE", "interface %s is down", name);
	if (src->v4.ss_family == AF_UNSPEC && src->v6.ss_family == AF_UNSPEC)
		return err_class(err, ERR_REFUSED, "SOURCE_UNAVAILABLE", "interface %s has no address", name);
	return true;
unavailable:
	return err_class(err, ERR_IO, "SOURCE_UNAVAILABLE", "interface %s cannot be looked up", name);
}

bool
mail_source_find(const char *interface, const char *address, struct mail_source *src, struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&src->v4;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&src->v6;

	memset(src, 0, sizeof *src);
	if (interface == NULL && address == NULL)
		return true;
	src->bound = true;
	src->interface = interface;
	if (interface != NULL)
		return find_interface(interface, src, err);
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1)
		v4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1)
		v6->sin6_family = AF_INET6;
	else
		return err_class(err, ERR_INVALID, "SOURCE_UNAVAILABLE", "%s is no IP address", address);
	return true;
}

int
mail_source_family(const struct mail_source *src)
{
	if (!src->bound || (src->v4.ss_family != AF_UNSPEC && src->v6.ss_family != AF_UNSPEC))
		return AF_UNSPEC;
	return src->v4.ss_family != AF_UNSPEC ? AF_INET : AF_INET6;
}

static const char *
class_of(int error)
{
	if (error == ECONNREFUSED)
		return "CONNECT_REFUSED";
	return error == ETIMEDOUT ? "CONNECT_TIMEOUT" : "CONNECT_UNREACHABLE";
}

/* A VRF is a device: what is bound to it is routed by its table. Nothing may leave by another one. */
static bool
use_vrf(int fd, const char *vrf, struct err *err)
{
	enum vrf_state state = vrf_look(vrf);

	if (state == VRF_ABSENT)
		return err_class(err, ERR_NOT_FOUND, "SOURCE_UNAVAILABLE", "there is no VRF %s", vrf);
	if (state == VRF_INTERFACE)
		return err_class(
			err, ERR_REFUSED, "SOURCE_UNAVAILABLE", "%s is an interface, not a VRF", vrf);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, vrf, (socklen_t)strlen(vrf)) == 0)
		return true;
	return err_class(
		err, ERR_IO, "SOURCE_UNAVAILABLE", "VRF %s cannot be used: %s", vrf, strerror(errno));
}

static bool
bind_source(const struct connect_want *w, int fd, int family, struct err *err)
{
	const struct mail_source *src = w->source;
	const struct sockaddr_storage *from = family == AF_INET ? &src->v4 : &src->v6;
	socklen_t n = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (src->interface == NULL && src->vrf != NULL && !use_vrf(fd, src->vrf, err))
		return false;
	if (!src->bound)
		return true;
	/* Unprivileged since Linux 5.7; where it is not, the address alone must do. */
	if (src->interface != NULL && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, src->interface,
					      (socklen_t)strlen(src->interface)) < 0) {
		if (errno != EPERM)
			return err_class(err, ERR_IO, "SOURCE_UNAVAILABLE", "interface %s cannot be used: %s",
				src->interface, strerror(errno));
		mail_trace(w->trace, w->policy, "not bound to interface %s: not permitted", src->interface);
	}
	if (bind(fd, (const struct sockaddr *)from, n) < 0)
		return err_class(err, ERR_IO, "SOURCE_UNAVAILABLE", "the source address cannot be used: %s",
			strerror(errno));
	return true;
}

/* A connection under way. */
struct attempt {
	int fd; /* -1: none */
	struct mail_endpoint *to;
	unsigned number;
	int64_t started, deadline;
};

struct race {
	const struct connect_want *want;
	struct attempt lanes[2]; /* the second is for the other family */
};

static void
give_up(struct attempt *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void
lane_failed(struct race *r, struct attempt *a, const char *class, const char *why, struct err *err)
{
	const struct connect_want *w = r->want;
	struct err before = *err;

	/* Both address families keep the port in the same place. */
	err_class(err, ERR_IO, class, "%.300s%s%s port %u: %s", before.text,
		before.code != ERR_NONE ? "; " : "", a->to->text,
		ntohs(((const struct sockaddr_in *)&a->to->addr)->sin_port), why);
	mail_trace(w->trace, w->policy, "fh_smtp_connect failed at attempt %u", a->number);
	give_up(a);
}

/* Starts an attempt; one that fails at once leaves the lane free. */
static void
lane_start(struct race *r, struct attempt *a, struct mail_endpoint *to, struct err *err)
{
	const struct connect_want *w = r->want;
	int family = to->addr.ss_family, on = 1, error = 0;
	struct err why = ERR_INIT;

	to->tried = true;
	*a = (struct attempt){ .to = to, .number = ++*w->attempts, .started = tls_now() };
	a->deadline = a->started + (int64_t)w->timeout_ms * 1000;
	mail_trace(w->trace, w->policy, "smtp_connect_attempt: %u", a->number);
	a->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (a->fd < 0) {
		lane_failed(r, a, "CONNECT_UNREACHABLE", strerror(errno), err);
		return;
	}
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!bind_source(w, a->fd, family, &why)) {
		lane_failed(r, a, why.class, why.text, err);
		return;
	}
	if (connect(a->fd, (const struct sockaddr *)&to->addr, to->len) < 0 && errno != EINPROGRESS)
		error = errno;
	if (w->begun != NULL)
		w->begun(w->arg, a->fd, to);
	if (error != 0)
		lane_failed(r, a, class_of(error), strerror(error), err);
}

static struct mail_endpoint *
next_untried(const struct connect_want *w, int not_family)
{
	for (size_t i = 0; i < w->to->count; i++) {
		struct mail_endpoint *e = &w->to->items[i];

		if (!e->tried && e->addr.ss_family != not_family)
			return e;
	}
	return NULL;
}

/* Fills free lanes: the first at once, the second when the first has had its head start. */
static bool
fill_lanes(struct race *r, struct err *err)
{
	struct attempt *first = &r->lanes[0], *second = &r->lanes[1];
	struct mail_endpoint *to;

	if (first->fd < 0 && second->fd >= 0) {
		*first = *second;
		second->fd = -1;
	}
	while (first->fd < 0 && (to = next_untried(r->want, AF_UNSPEC)) != NULL)
		lane_start(r, first, to, err);
	if (first->fd < 0)
		return false;
	if (second->fd < 0 && tls_now() >= first->started + SECOND_FAMILY_USEC &&
		(to = next_untried(r->want, first->to->addr.ss_family)) != NULL)
		lane_start(r, second, to, err);
	return true;
}

/* When something has to be done even if no descriptor becomes ready. */
static int64_t
next_moment(const struct race *r)
{
	const struct attempt *first = &r->lanes[0], *second = &r->lanes[1];
	int64_t at = r->want->deadline;

	for (int i = 0; i < 2; i++)
		if (r->lanes[i].fd >= 0 && r->lanes[i].deadline < at)
			at = r->lanes[i].deadline;
	if (second->fd < 0 && next_untried(r->want, first->to->addr.ss_family) != NULL &&
		first->started + SECOND_FAMILY_USEC < at)
		at = first->started + SECOND_FAMILY_USEC;
	return at;
}

static bool
lane_is_through(struct race *r, struct attempt *a, short revents, struct err *err)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (a->fd < 0)
		return false;
	if (revents == 0) {
		if (tls_now() < a->deadline)
			return false;
		mail_trace(r->want->trace, r->want->policy, "fh_smtp_connect callback timer is awake");
		lane_failed(r, a, "CONNECT_TIMEOUT", "no answer to the connection request", err);
		return false;
	}
	getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	/* A server that resets what it has just accepted was reached: its silence belongs to the banner. */
	if (error == 0 || error == ECONNRESET)
		return true;
	lane_failed(r, a, class_of(error), strerror(error), err);
	return false;
}

/* Waits for the next thing to happen; the lane that is connected, or NULL. False when the job must end. */
static bool
wait_lanes(struct race *r, struct attempt **through, struct err *err)
{
	struct pollfd p[3] = { { .fd = r->lanes[0].fd, .events = POLLOUT },
		{ .fd = r->lanes[1].fd, .events = POLLOUT },
		{ .fd = cancel_fd(r->want->cancel), .events = POLLIN } };

	if (poll(p, 3, mail_poll_ms(next_moment(r))) < 0)
		p[0].revents = p[1].revents = p[2].revents = 0;
	if (p[2].revents != 0)
		return err_class(err, ERR_REFUSED, "CANCELLED", "the run that sent the mail has ended");
	for (int i = 0; i < 2; i++) {
		if (lane_is_through(r, &r->lanes[i], p[i].revents, err)) {
			*through = &r->lanes[i];
			return true;
		}
	}
	if (tls_now() < r->want->deadline)
		return true;
	mail_trace(r->want->trace, r->want->policy, "fh_smtp_connect callback timer is awake");
	return err_class(err, ERR_TIMEOUT, "CONNECT_TIMEOUT", "no connection in time");
}

int
mail_connect(const struct connect_want *want, const struct mail_endpoint **to, struct err *err)
{
	struct race r = { .want = want, .lanes = { { .fd = -1 }, { .fd = -1 } } };
	struct attempt *through = NULL;
	int fd = -1;

	while (through == NULL && fill_lanes(&r, err))
		if (!wait_lanes(&r, &through, err))
			break;
	if (through != NULL) {
		fd = through->fd;
		*to = through->to;
		through->fd = -1;
	}
	for (int i = 0; i < 2; i++) {
		if (r.lanes[i].fd >= 0 && through != NULL)
			r.lanes[i].to->tried = false; /* it lost the race, and may be needed yet */
		give_up(&r.lanes[i]);
	}
	return fd;
}
