/* Memory for one step. */
#include "sched/scratch.h"

#include "core/mem.h"

struct scratch *
scratch_new(const void *ctx)
{
	return mem_new(ctx, struct scratch);
}

void *
scratch_alloc(struct scratch *s, size_t size)
{
	size_t need = (size + SCRATCH_ALIGN - 1) / SCRATCH_ALIGN * SCRATCH_ALIGN;

	if (need <= SCRATCH_BLOCK - s->used) {
		void *at = s->block + s->used;

		s->used += need;
		return at;
	}
	if (s->more == NULL)
		s->more = mem_ctx(s, "large scratch");
	return mem_alloc(s->more, size);
}

void
scratch_drop_more(struct scratch *s)
{
	mem_free(s->more);
	s->more = NULL;
}
