/* Destinations of mail whose settings undo each other (mail-security 11.2). */
#include <string.h>
#include <strings.h>

#include "applets/check/private.h"
#include "core/mem.h"

static const char profile_words[] = "mail destination", route_words[] = "mail route";

static bool
is_line(const struct conf_node *n, const char *words)
{
	return !n->no && strcmp(n->row->cmd.words, words) == 0;
}

/* The key value behind the words. */
static const char *
domain_of(const struct conf_node *n)
{
	return n->key + strlen(n->row->cmd.words) + 1;
}

static bool
uses_dns(const struct conf_node *route)
{
	struct text line;
	bool uses;

	text_init(&line, NULL);
	kw_print(&route->row->cmd, route->args, &line);
	uses = line.len > 7 && strcmp(line.s + line.len - 7, " USEDNS") == 0;
	mem_free(line.s);
	return uses;
}

static bool
is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return domain[0] == '.' && n > d && strcasecmp(name + n - d, domain) == 0;
}

/* Is there mail that both lines are about? */
static bool
do_meet(const char *profile, const char *route)
{
	return strcmp(profile, "default") == 0 || strcmp(route, "ALL") == 0 ||
	       strcasecmp(profile, route) == 0 || is_below(profile, route) || is_below(route, profile);
}

static const struct conf_node *
find_route(const struct check *c, const char *profile)
{
	const struct conf_node *n = c->root->first;

	while (n != NULL && !(is_line(n, route_words) && !uses_dns(n) && do_meet(profile, domain_of(n))))
		n = n->next;
	return n;
}

static void
check_profile(struct check *c, const struct conf_node *n)
{
	const struct conf_node *route = find_route(c, domain_of(n));
	const char *dane = argument_choice(n->row->cmd.kw, n->args, "dane");
	const char *sts = argument_choice(n->row->cmd.kw, n->args, "mta-sts");
	bool has_dane = dane != NULL && strcmp(dane, "none") != 0,
	     has_sts = sts != NULL && strcmp(sts, "on") == 0;

	if (route != NULL && has_dane)
		check_tell(c, LINT_DANE_ROUTE, NULL, n, "dane", NULL,
			"`mail route %s` leads elsewhere, so that DANE fails and the mail stays in the queue",
			domain_of(route));
	if (route != NULL && has_sts)
		check_tell(c, LINT_STS_ROUTE, NULL, n, "mta-sts", NULL,
			"MTA STS will not be applied for domains that have SMTP routes configured: `mail "
			"route %s`",
			domain_of(route));
	if (has_sts && strcmp(domain_of(n), "default") == 0)
		check_tell(c, LINT_STS_DEFAULT, NULL, n, "mta-sts", NULL,
			"a policy is looked for at every domain that mail goes to");
}

void
check_destinations(struct check *c)
{
	for (const struct conf_node *n = c->root->first; n != NULL; n = n->next)
		if (is_line(n, profile_words))
			check_profile(c, n);
}
