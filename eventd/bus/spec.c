/* Specifications: made, armed, described. */
#include "bus/spec.h"

#include <string.h>

#include "bus/bus.h"
#include "bus/detector.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

enum { LOOP_MESSAGE_EVERY_S = 60 };

const struct spec_common *
spec_common(const struct spec *s)
{
	return s->args; /* every detector's arguments begin with it */
}

static int
spec_free(void *p)
{
	spec_disarm(p);
	return 0;
}

struct spec *
spec_new(const void *ctx, struct engine *engine, const struct detector *d, const char *policy,
	const char *tag, void *args, void (*raised)(void *, struct spec *, struct event *), void *arg)
{
	struct spec *s = mem_roomy(ctx, sizeof *s, strlen(policy) + 1 + (tag ? strlen(tag) + 1 : 0));
	const struct spec_common *c = args;

	s->engine = engine;
	s->detector = d;
	s->policy = mem_pack_str(s, policy);
	s->tag = mem_pack_str(s, tag);
	s->args = args;
	s->raised = raised;
	s->arg = arg;
	if (c->occurs.set && c->occurs.v > 1)
		s->occurs = occurs_new(s, (unsigned)c->occurs.v, c->period.set ? c->period.v : 0);
	if (c->ratelimit.set)
		s->ratelimit.every = c->ratelimit.v;
	if (c->damping.set)
		s->damping = damping_new(s, c->damping.args);
	if (c->digest.set)
		s->digest = digest_new(s, c->digest.args);
	s->loop_message.every = LOOP_MESSAGE_EVERY_S * USEC_PER_SEC;
	mem_on_free(s, spec_free);
	return s;
}

bool
spec_check(struct engine *engine, const struct detector *d, const void *args, bool final, struct err *err)
{
	const struct spec_common *c = args;

	if (d->check != NULL && !d->check(engine, args, final, err))
		return false;
	if (c->digest.set && c->ratelimit.set)
		return err_set(err, ERR_CONFIG,
			"'digest' and 'ratelimit' exclude each other: a digest runs once in its time anyway");
	return !c->damping.set || damping_check(d, c->damping.args, final, err);
}

bool
spec_arm(struct spec *s, struct err *err)
{
	if (s->armed)
		return true;
	bus_add_spec(s->engine->bus, s);
	s->armed = true;
	s->waits = !bus_detector_is_there(s->engine->bus, s->detector);
	if (s->waits) {
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_NO_DETECTOR",
			"policy %s waits: event detector %s is not available yet", s->policy,
			s->detector->name);
		return true;
	}
	if (s->detector->arm == NULL || s->detector->arm(s, err)) {
		if (bus_detector_lack(s->engine->bus, s->detector) != NULL)
			spec_lacks(s, bus_detector_lack(s->engine->bus, s->detector));
		return true;
	}
	s->armed = false;
	bus_remove_spec(s->engine->bus, s);
	return false;
}

void
spec_disarm(struct spec *s)
{
	if (!s->armed)
		return;
	s->armed = false;
	if (s->damping != NULL)
		damping_end(s->damping);
	if (s->digest != NULL)
		digest_end(s->digest);
	mem_free(s->lacks);
	s->lacks = NULL;
	if (s->detector->disarm && !s->waits)
		s->detector->disarm(s);
	bus_remove_spec(s->engine->bus, s);
}

void
spec_lacks(struct spec *s, const char *what)
{
	spec_lacks_for(s, what, NULL);
}

void
spec_lacks_for(struct spec *s, const char *what, const char *part)
{
	char *lacks =
		what != NULL && part != NULL ? mem_printf(s, "%s (for %s)", what, part) : mem_strdup(s, what);

	if (lacks != NULL && s->lacks != NULL && strcmp(lacks, s->lacks) == 0) {
		mem_free(lacks);
		return;
	}
	if (what != NULL && part != NULL)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_NEEDS",
			"policy %s waits for %s: event detector %s needs %s", s->policy, part,
			s->detector->name, what);
	else if (what != NULL)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_NEEDS",
			"policy %s waits: event detector %s needs %s", s->policy, s->detector->name, what);
	else if (s->lacks != NULL)
		log_msg(s->engine->log, NULL, "HA_EM", SEV_INFORMATIONAL, "FMPD_SEES",
			"policy %s: event detector %s has what it needs", s->policy, s->detector->name);
	mem_free(s->lacks);
	s->lacks = lacks;
}

const char *
spec_type(const struct spec *s)
{
	return s->detector->type ? s->detector->type(s->args) : s->detector->name;
}

/* The options of every statement that stand in no column of their own. */
static void
describe_options(const struct spec *s, struct text *out)
{
	static const struct kw rows[] = { SPEC_COMMON_ROWS(struct { struct spec_common common; }), KW_END };
	struct spec_common common = { .damping = spec_common(s)->damping, .digest = spec_common(s)->digest };

	/* A sub-table is printed by the row that it was read by. */
	for (const struct kw *row = rows; row->word != NULL; row++) {
		if (row->sub == damping_kw)
			common.damping.row = row;
		else if (row->sub == digest_kw)
			common.digest.row = row;
	}
	kw_print_shown(rows, &common, out);
}

void
spec_describe(const struct spec *s, struct text *out)
{
	if (s->detector->describe) {
		s->detector->describe(s, out);
		describe_options(s, out);
		return;
	}

	struct text *options = text_new(s);
	struct spec_common *common = mem_dup(options, s->args, s->detector->spec_size);

	common->maxrun.set = common->ratelimit.set = false; /* of the policy: they are shown with it */
	kw_print_shown(s->detector->kw, common, options);
	text_add(out, options->len ? options->s + 1 : "");
	mem_free(options);
}
