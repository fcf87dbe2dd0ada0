/* Reading in a worker, writing in pieces. */
#include "cli/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/mem.h"

#define BEHIND (50 * USEC_PER_MSEC) /* until it is asked anew whether the reader has caught up */

/* One command under way; of the command's context. */
struct piecing {
	struct session *session;
	const struct pieces *how;
	void *arg;
	void *data; /* what was read */
	struct timer *next;
};

/* What the worker has. */
struct reading {
	struct piecing *of;
	const struct pieces *how;
	void *arg, *data;
};

static int
piecing_free(void *ptr)
{
	struct piecing *p = ptr;

	if (p->data != NULL)
		p->how->free_data(p->data);
	return 0;
}

static void
on_next(void *arg)
{
	struct piecing *p = arg;
	struct session *s = p->session;
	struct err err = ERR_INIT;

	if (session_is_behind(s)) {
		timer_set(p->next, BEHIND);
		return;
	}
	if (p->how->write(s, p->arg, p->data, &err)) {
		session_write(s, "", 0); /* what is written goes out */
		timer_set(p->next, 0);
	} else if (err.code != ERR_NONE) {
		session_fail(s, &err);
	} else {
		session_done(s);
	}
}

static void
work(void *data)
{
	struct reading *r = data;

	r->data = r->how->read(r->arg);
}

static void
have_read(void *data)
{
	struct reading *r = data;
	struct piecing *p = r->of;

	p->data = r->data;
	r->data = NULL;
	p->next = timer_after(p, session_engine(p->session)->loop, 0, on_next, p);
}

static void
reading_free(void *data)
{
	struct reading *r = data;

	if (r->data != NULL)
		r->how->free_data(r->data);
	free(r->arg);
	free(r);
}

static void
over(void *arg, enum session_end why)
{
}

enum cmd_result
pieces_begin(struct session *s, const struct pieces *how, void *arg, size_t arg_size)
{
	struct piecing *p = mem_new(session_cmd_ctx(s), struct piecing);
	struct reading *r = calloc(1, sizeof *r);

	*p = (struct piecing){ .session = s, .how = how, .arg = arg };
	mem_on_free(p, piecing_free);
	if (r == NULL || (r->arg = malloc(arg_size + 1)) == NULL)
		abort();
	memcpy(r->arg, arg, arg_size);
	r->of = p;
	r->how = how;
	work_submit(p, session_engine(s)->loop, work, have_read, reading_free, r);
	return session_wait(s, 0, over, NULL);
}
