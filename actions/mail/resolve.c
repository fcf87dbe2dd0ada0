/* Names to addresses. */
#include "actions/mail/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actions/mail/nameserver.h"
#include "actions/mail/poll.h"

/* Shared by the asking and the answering thread; the last one frees it. malloc: talloc is of one thread. */
struct lookup {
	pthread_mutex_t lock;
	int owners;
	int done; /* eventfd */
	char host[256];
	char port[8];
	char server[64]; /* "": the system's resolver */
	struct addrinfo hints;
	struct addrinfo *found;
	struct mail_endpoints asked; /* of `server` */
	int rc;
};

static void
release(struct lookup *l)
{
	int left;

	pthread_mutex_lock(&l->lock);
	left = --l->owners;
	pthread_mutex_unlock(&l->lock);
	if (left > 0)
		return;
	if (l->found != NULL)
		freeaddrinfo(l->found);
	close(l->done);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *
answer(void *arg)
{
	struct lookup *l = arg;

	if (l->server[0] != '\0')
		l->rc = nameserver_ask(
			l->server, l->host, (unsigned)atoi(l->port), l->hints.ai_family, &l->asked);
	else
		l->rc = getaddrinfo(l->host, l->port, &l->hints, &l->found);
	eventfd_write(l->done, 1);
	release(l);
	return NULL;
}

static struct lookup *
lookup_new(const struct resolve_ask *ask)
{
	struct lookup *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->owners = 1;
	l->done = eventfd(0, EFD_CLOEXEC);
	snprintf(l->host, sizeof l->host, "%s", ask->host);
	snprintf(l->port, sizeof l->port, "%u", ask->port);
	if (ask->server != NULL)
		snprintf(l->server, sizeof l->server, "%s", ask->server);
	l->hints.ai_family = ask->family;
	l->hints.ai_socktype = SOCK_STREAM;
	l->hints.ai_flags = AI_NUMERICSERV | (ask->is_address ? AI_NUMERICHOST : 0);
	return l;
}

static bool
start(struct lookup *l, struct err *err)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	l->owners++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, answer, l);
	pthread_attr_destroy(&attr);
	if (rc == 0)
		return true;
	l->owners--;
	return err_class(err, ERR_IO, "DNS_FAILED", "no thread for the name lookup: %s", strerror(rc));
}

static const struct {
	int rc;
	const char *class, *text;
} failures[] = {
	{ EAI_NONAME, "DNS_NXDOMAIN", "there is no host of that name" },
#ifdef EAI_NODATA
	{ EAI_NODATA, "DNS_NODATA", "the host has no address" },
#endif
#ifdef EAI_ADDRFAMILY
	{ EAI_ADDRFAMILY, "DNS_NODATA", "the host has no address of that family" },
#endif
};

static bool
failed(const struct resolve_ask *ask, int rc, struct err *err)
{
	if (ask->is_address)
		return err_class(err, ERR_INVALID, "BAD_HOST", "%s cannot be used as an address: %s",
			ask->host, gai_strerror(rc));
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].rc == rc)
			return err_class(
				err, ERR_NOT_FOUND, failures[i].class, "%s: %s", ask->host, failures[i].text);
	return err_class(err, ERR_IO, "DNS_FAILED", "%s: %s", ask->host, gai_strerror(rc));
}

static void
collect(const struct addrinfo *ai, struct mail_endpoints *out)
{
	out->count = 0;
	for (; ai != NULL && out->count < MAIL_ADDRESSES_MAX; ai = ai->ai_next) {
		struct mail_endpoint *e = &out->items[out->count];

		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		memset(e, 0, sizeof *e);
		memcpy(&e->addr, ai->ai_addr, ai->ai_addrlen);
		e->len = ai->ai_addrlen;
		getnameinfo(ai->ai_addr, ai->ai_addrlen, e->text, sizeof e->text, NULL, 0, NI_NUMERICHOST);
		out->count++;
	}
}

bool
mail_resolve(const struct resolve_ask *ask, struct mail_endpoints *out, struct err *err)
{
	struct lookup *l = lookup_new(ask);
	bool ok;

	if (l == NULL)
		return err_class(err, ERR_IO, "DNS_FAILED", "no memory for the name lookup");
	if (ask->is_address) {
		l->rc = getaddrinfo(l->host, l->port, &l->hints, &l->found);
		ok = true;
	} else {
		ok = start(l, err) && mail_poll(l->done, POLLIN, ask->deadline, ask->cancel, err);
		if (!ok && strcmp(err->class, "TIMEOUT") == 0)
			err_class(err, ERR_TIMEOUT, "TIMEOUT", "no answer from the name server for %s",
				ask->host);
	}
	if (ok && l->rc != 0)
		ok = failed(ask, l->rc, err);
	if (ok && l->server[0] != '\0' && !ask->is_address)
		*out = l->asked;
	else if (ok)
		collect(l->found, out);
	if (ok && out->count == 0)
		ok = err_class(err, ERR_NOT_FOUND, "DNS_NODATA", "%s: the host has no address", ask->host);
	release(l);
	return ok;
}
