/* Runs checks of certificates in threads. */
#include "rpc/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "core/mem.h"
#include "pki/tls_check.h"

enum { CHECKS_MAX = 8, CHECK_MS = 12000, READS = 0, WRITES = 1 };

struct checks {
	struct revocation_cache *cache;
	unsigned n;
	int ends[2]; /* a pipe: pointers of jobs that have ended */
};

struct job {
	int64_t id;
	struct tls_check *check;
	int told; /* where its end is told */
};

static void *
run(void *arg)
{
	struct job *j = arg;

	tls_check_run(j->check, CHECK_MS);
	/* A pointer is written whole (pipe(7)), and there is always room for CHECKS_MAX of them. */
	if (write(j->told, &j, sizeof j) < 0)
		return NULL; /* the process is ending */
	return NULL;
}

static void
job_free(struct job *j)
{
	mem_free(j->check);
	mem_free(j);
}

bool
checks_start(struct checks *c, int64_t id, struct tls_check *check)
{
	struct job *j;
	pthread_attr_t detached;
	pthread_t thread;
	bool runs;

	if (c->n >= CHECKS_MAX) {
		mem_free(check);
		return false;
	}
	j = mem_new(NULL, struct job);
	*j = (struct job){ id, check, c->ends[WRITES] };
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	runs = pthread_create(&thread, &detached, run, j) == 0;
	pthread_attr_destroy(&detached);
	if (runs)
		c->n++;
	else
		job_free(j);
	return runs;
}

int
checks_fd(const struct checks *c)
{
	return c->ends[READS];
}

void
checks_turn(struct checks *c, checks_f *f, void *arg)
{
	struct job *j;

	while (read(c->ends[READS], &j, sizeof j) == (ssize_t)sizeof j) {
		struct err why = ERR_INIT;
		bool good = tls_check_end(j->check, c->cache, &why);

		c->n--;
		f(arg, j->id, good, &why);
		job_free(j);
	}
}

struct checks *
checks_new(const void *ctx, struct revocation_cache *cache, struct err *err)
{
	struct checks *c = mem_new(ctx, struct checks);

	c->cache = cache;
	if (pipe2(c->ends, O_CLOEXEC) == 0 && fcntl(c->ends[READS], F_SETFL, O_NONBLOCK) == 0)
		return c;
	err_errno(err, "a pipe");
	mem_free(c);
	return NULL;
}
