/* FRR's virtual routers. */
#include "peers/frr/virtual.h"

#include <stdio.h>
#include <string.h>

#include "core/ifname.h"
#include "core/mem.h"

/* FRR's states; one that cannot take part is keepalived's FAULT. */
static bool
state_of(const char *word, size_t n, enum vrrp_word *out)
{
	static const struct {
		const char *frr;
		enum vrrp_word word;
	} states[] = {
		{ "Master", VRRP_MASTER },
		{ "Backup", VRRP_BACKUP },
		{ "Initialize", VRRP_FAULT },
	};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strlen(states[i].frr) == n && memcmp(states[i].frr, word, n) == 0) {
			*out = states[i].word;
			return true;
		}
	return false;
}

bool
virtual_read(const char *text, size_t n, struct virtual_change *c)
{
	char line[128], from[16], to[16];
	int vrid, family, end = 0;

	if (n >= sizeof line || memchr(text, '\0', n) != NULL)
		return false;
	memcpy(line, text, n);
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "[CORE] [VRID %3d] [IPv%1d] %15s -> %15s%n", &vrid, &family, from, to, &end) != 4 ||
		line[end] != '\0' || vrid < 1 || vrid > 255 || (family != 4 && family != 6))
		return false;
	memset(c, 0, sizeof *c);
	c->vrid = vrid;
	c->of_ipv6 = family == 6;
	return state_of(from, strlen(from), &c->from) && state_of(to, strlen(to), &c->to);
}

static bool
describe(const json_t *router, bool of_ipv6, const struct settings *settings, struct vrrp_notice *notice)
{
	const json_t *family = json_object_get(router, of_ipv6 ? "v6" : "v4");
	const char *interface = json_string_value(json_object_get(router, "interface"));
	const char *status = json_string_value(json_object_get(family, "status"));

	memset(notice, 0, sizeof *notice);
	if (interface == NULL || status == NULL || !state_of(status, strlen(status), &notice->word))
		return false;
	notice->of_frr = true;
	notice->priority = json_integer_value(json_object_get(family, "effectivePriority"));
	snprintf(notice->name, sizeof notice->name, "%.64s Grp %lld%s", ifname_ios(settings, interface),
		(long long)json_integer_value(json_object_get(router, "vrid")), of_ipv6 ? " IPv6" : "");
	return true;
}

bool
virtual_next(const json_t *answer, size_t *at, const struct virtual_change *change,
	const struct settings *settings, struct vrrp_notice *notice)
{
	for (; *at < 2 * json_array_size(answer); ++*at) {
		const json_t *router = json_array_get(answer, *at / 2);
		bool of_ipv6 = *at % 2 == 1;

		if (change != NULL &&
			(change->of_ipv6 != of_ipv6 ||
				json_integer_value(json_object_get(router, "vrid")) != change->vrid))
			continue;
		if (!describe(router, of_ipv6, settings, notice) ||
			(change != NULL && !change->in_any_state && notice->word != change->to))
			continue;
		++*at;
		return true;
	}
	return false;
}

/* ---- vrrpd ---- */

/* A change that waits for the name of its interface. */
struct pending {
	const struct engine *engine;
	struct virtual_change change;
	bool was_away;
};

static void
on_answer(void *arg, const char *text, size_t n)
{
	struct pending *p = arg;
	const struct engine *e = p->engine;
	json_t *answer = text == NULL ? NULL : json_loadb(text, n, 0, NULL);
	struct vrrp_notice notice;
	size_t at = 0;
	bool found = virtual_next(answer, &at, &p->change, e->settings, &notice);

	/* It has changed once more meanwhile. */
	at = 0;
	p->change.in_any_state = true;
	found = found || virtual_next(answer, &at, &p->change, e->settings, &notice);
	if (found) {
		notice.word = p->change.to;
		vrrp_frr_changed(e->vrrp, &notice, p->change.from);
	}
	json_decref(answer);
	mem_free(p);
}

void
virtual_message(const void *ctx, struct vty *vrrpd, const struct engine *e, const char *text, size_t n)
{
	struct virtual_change change;
	struct pending *p;

	if (e->vrrp == NULL || !virtual_read(text, n, &change))
		return;
	p = mem_new(ctx, struct pending);
	p->engine = e;
	p->change = change;
	vty_ask(p, vrrpd, "show vrrp json", on_answer, p);
}

static void
on_all(void *arg, const char *text, size_t n)
{
	struct pending *p = arg;
	json_t *answer = text == NULL ? NULL : json_loadb(text, n, 0, NULL);
	struct vrrp_notice notice;
	size_t at = 0;

	while (virtual_next(answer, &at, NULL, p->engine->settings, &notice))
		vrrp_frr_is(p->engine->vrrp, &notice, p->was_away);
	json_decref(answer);
	mem_free(p);
}

void
virtual_begin(const void *ctx, struct vty *vrrpd, const struct engine *e, bool was_away)
{
	struct pending *p;

	if (e->vrrp == NULL)
		return;
	vrrp_frr_heard(e->vrrp);
	p = mem_new(ctx, struct pending);
	p->engine = e;
	p->was_away = was_away;
	vty_ask(p, vrrpd, "show vrrp json", on_all, p);
}
