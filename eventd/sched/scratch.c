/* Memory for one step. */
#include "sched/scratch.h"

#include <stdalign.h>

#include "core/mem.h"

enum { FIRST_BLOCK = 16384, ALIGN = 16 };

struct scratch {
	size_t used;
	void *more; /* context of what did not fit; NULL = none */
	alignas(ALIGN) char block[FIRST_BLOCK];
};

struct scratch *
scratch_new(const void *ctx)
{
	return mem_new(ctx, struct scratch);
}

void *
scratch_alloc(struct scratch *s, size_t size)
{
	size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;

	if (need <= FIRST_BLOCK - s->used) {
		void *at = s->block + s->used;

		s->used += need;
		return at;
	}
	if (s->more == NULL)
		s->more = mem_ctx(s, "large scratch");
	return mem_alloc(s->more, size);
}

void
scratch_reset(struct scratch *s)
{
	s->used = 0;
	if (s->more) {
		mem_free(s->more);
		s->more = NULL;
	}
}
