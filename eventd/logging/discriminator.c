/* Which messages a destination gets. */
#include "logging/discriminator.h"

#include <string.h>

#include "core/mem.h"
#include "core/regex.h"

enum { PARTS = 3 };

struct part {
	struct regex *regex; /* NULL: any will do */
	bool drops;          /* what matches is dropped; else what does not */
};

struct discriminator {
	const char *name;
	struct part part[PARTS]; /* facility, mnemonic, text */
	unsigned severities;     /* bit n: level n passes */
	unsigned per_second;     /* 0: any number */
	usec second;
	unsigned in_second;
	uint64_t dropped;
	struct regex_scratch *scratch;
};

static struct part
part_new(struct discriminator *d, const struct part_args *a)
{
	const char *pattern = a->drops.set ? a->drops.s : a->includes.set ? a->includes.s : NULL;
	struct part p = { .drops = a->drops.set };

	if (pattern != NULL)
		p.regex = regex_new(d, pattern, REGEX_EVENT, NULL);
	return p;
}

struct discriminator *
discriminator_new(const void *ctx, const struct discriminator_args *a)
{
	struct discriminator *d = mem_new(ctx, struct discriminator);
	unsigned bits = 0;

	d->name = mem_strdup(d, a->name.s);
	d->part[0] = part_new(d, &a->facility);
	d->part[1] = part_new(d, &a->mnemonics);
	d->part[2] = part_new(d, &a->body);
	d->scratch = regex_scratch_new(d, REGEX_INTERPRET);
	d->severities = ~0u;
	if (a->severity.drops.set && severities_parse(a->severity.drops.s, &bits))
		d->severities = ~bits;
	else if (a->severity.includes.set && severities_parse(a->severity.includes.s, &bits))
		d->severities = bits;
	d->per_second = a->rate.set ? (unsigned)a->rate.v : 0;
	return d;
}

static bool
part_passes(const struct discriminator *d, const struct part *p, const char *text)
{
	if (p->regex == NULL)
		return true;
	return (regex_match(p->regex, d->scratch, text, strlen(text), NULL) == REGEX_YES) != p->drops;
}

static bool
is_in_time(struct discriminator *d, const struct log_entry *e)
{
	if (d->per_second == 0)
		return true;
	if (d->second == 0 || e->mono - d->second >= USEC_PER_SEC) {
		d->second = e->mono;
		d->in_second = 0;
	}
	return d->in_second++ < d->per_second;
}

/* The text behind "%FAC-SEV-MNEM: ". */
static const char *
body_of(const struct log_entry *e)
{
	const char *colon = e->is_debug ? NULL : strstr(e->text, ": ");

	return colon != NULL ? colon + 2 : e->text;
}

bool
discriminator_passes(struct discriminator *d, const struct log_entry *e)
{
	if (d == NULL)
		return true;
	if ((d->severities >> e->severity & 1) != 0 && part_passes(d, &d->part[0], e->facility) &&
		part_passes(d, &d->part[1], e->mnemonic) && part_passes(d, &d->part[2], body_of(e)) &&
		is_in_time(d, e))
		return true;
	d->dropped++;
	return false;
}

const char *
discriminator_name(const struct discriminator *d)
{
	return d->name;
}

uint64_t
discriminator_dropped(const struct discriminator *d)
{
	return d->dropped;
}
