/* Where probes are sent from: here, or a network namespace that `vrf NAME` names, which has a process of its own. */
#include <net/if.h>
#include <string.h>

#include "core/helper.h"
#include "core/mem.h"
#include "core/netns.h"
#include "probe/operation.h"
#include "probe/prober.h"
#include "probe/slas.h"

struct sla_place {
	struct sla_place *next;
	const char *name;
	struct netns_id id;
	struct prober *prober;
};

/* The place of that name, made when missing. */
static struct sla_place *
place_of(struct slas_world *all, const char *name)
{
	struct sla_place *p = all->places;

	while (p != NULL && strcmp(p->name, name) != 0)
		p = p->next;
	if (p != NULL)
		return p;
	p = mem_new(all, struct sla_place);
	p->name = mem_strdup(p, name);
	netns_look(name, &p->id);
	p->prober = prober_new(p, all->engine, name);
	p->next = all->places;
	all->places = p;
	return p;
}

struct prober *
sla_prober(struct slas_world *all, const char *vrf, bool *is_namespace)
{
	struct sla_place *p;
	struct netns_id now;

	*is_namespace = vrf != NULL && if_nametoindex(vrf) == 0 && netns_look(vrf, &now);
	if (!*is_namespace)
		return all->prober;
	p = place_of(all, vrf);
	if (memcmp(&p->id, &now, sizeof now) != 0) { /* another one has the name */
		prober_restart(p->prober);
		p->id = now;
	}
	return p->prober;
}

void
sla_places_tidy(struct slas_world *all)
{
	for (struct sla_place *p = all->places; p != NULL; p = p->next) {
		const struct operation *o = all->first;

		while (o != NULL && (o->config.vrf == NULL || strcmp(o->config.vrf, p->name) != 0))
			o = o->next;
		if (o == NULL)
			prober_rest(p->prober);
	}
}

void
slas_each_helper(const struct slas_world *all, void (*f)(void *arg, const struct helper *), void *arg)
{
	f(arg, prober_helper(all->prober));
	for (const struct sla_place *p = all->places; p != NULL; p = p->next)
		f(arg, prober_helper(p->prober));
}
