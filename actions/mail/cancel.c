/* Giving up a job from another thread. */
#include "actions/mail/cancel.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"

struct cancel {
	pthread_mutex_t lock;
	bool fired;
	int guarded;
	int event; /* an eventfd: its count is 1 once fired */
};

static int
finish(void *ptr)
{
	struct cancel *c = ptr;

	close(c->event);
	pthread_mutex_destroy(&c->lock);
	return 0;
}

struct cancel *
cancel_new(const void *ctx)
{
	struct cancel *c = mem_new(ctx, struct cancel);

	pthread_mutex_init(&c->lock, NULL);
	c->guarded = -1;
	c->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	mem_on_free(c, finish);
	return c;
}

void
cancel_fire(struct cancel *c)
{
	pthread_mutex_lock(&c->lock);
	if (!c->fired)
		eventfd_write(c->event, 1);
	c->fired = true;
	if (c->guarded >= 0)
		shutdown(c->guarded, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
}

void
cancel_reset(struct cancel *c)
{
	eventfd_t ignored;

	pthread_mutex_lock(&c->lock);
	eventfd_read(c->event, &ignored);
	c->fired = false;
	c->guarded = -1;
	pthread_mutex_unlock(&c->lock);
}

bool
cancel_fired(struct cancel *c)
{
	bool fired;

	pthread_mutex_lock(&c->lock);
	fired = c->fired;
	pthread_mutex_unlock(&c->lock);
	return fired;
}

int
cancel_fd(const struct cancel *c)
{
	return c->event;
}

void
cancel_guard(struct cancel *c, int fd)
{
	pthread_mutex_lock(&c->lock);
	c->guarded = fd;
	if (c->fired && fd >= 0)
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
}
