/* The events of a policy, joined. */
#include "applets/join.h"

#include <string.h>

#define MAXRUN_DEFAULT (20 * USEC_PER_SEC)

/* Of several events the one with the lowest tag that has the option decides (5). */
static const struct spec_common *
deciding_event(const struct policy *p, bool (*has)(const struct spec_common *))
{
	const struct spec *best = NULL;

	for (size_t i = 0; i < p->nspecs; i++) {
		const struct spec *s = p->specs[i];

		if (has(spec_common(s)) && (best == NULL || strcmp(s->tag, best->tag) < 0))
			best = s;
	}
	return best ? spec_common(best) : NULL;
}

static bool
has_maxrun(const struct spec_common *c)
{
	return c->maxrun.set;
}

static bool
has_ratelimit(const struct spec_common *c)
{
	return c->ratelimit.set;
}

static bool
add_trigger(struct policy *p, struct trigger_spec *want, struct err *err)
{
	const struct spec_common *limits = deciding_event(p, has_ratelimit);

	want->ratelimit = limits ? limits->ratelimit.v : 0;
	for (size_t i = 0; i < p->nspecs; i++)
		p->specs[i]->ratelimit.every = 0; /* it is the policy's, not that of one event */
	p->trigger = trigger_new(p, p->engine, p->specs, p->nspecs, want, policy_triggered, p, err);
	return p->trigger != NULL;
}

bool
policy_join(struct policy *p, bool has_trigger, struct trigger_spec *want, struct err *err)
{
	const struct spec_common *limits;

	if (has_trigger && p->nspecs > 0 && p->specs[0]->tag == NULL)
		return err_set(err, ERR_CONFIG, "the event of a trigger has no tag: use \"event tag\"");
	limits = deciding_event(p, has_maxrun);
	p->maxrun = limits ? limits->maxrun.v : MAXRUN_DEFAULT;
	return (!has_trigger && p->nspecs <= 1) || p->nspecs == 0 || add_trigger(p, want, err);
}

bool
policy_arm(struct policy *p, struct err *err)
{
	for (size_t i = 0; i < p->nspecs; i++)
		if (!spec_arm(p->specs[i], err))
			return false;
	return true;
}
