/* Compiled policies: lifetime only; applets/compile.c fills them. */
#include "sched/run.h"

#include <string.h>

#include "core/mem.h"

struct program *
program_new(const char *policy)
{
	struct program *p = mem_roomy(NULL, sizeof *p, strlen(policy) + 1);

	p->refs = 1;
	p->policy = mem_pack_str(p, policy);
	return p;
}

struct program *
program_ref(struct program *p)
{
	p->refs++;
	return p;
}

void
program_unref(struct program *p)
{
	if (p && --p->refs == 0)
		mem_free(p);
}
