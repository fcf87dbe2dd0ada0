/* Names and patterns of interfaces. */
#include "detect/interfaces.h"

#include <string.h>

#include "core/ifname.h"
#include "core/mem.h"

bool
interfaces_wanted(const void *ctx, const struct engine *e, const struct kw_str *ifname,
	const struct kw_str *regexp, struct interfaces_wanted *w, struct err *err)
{
	w->engine = e;
	if (ifname->set)
		w->name = mem_strdup(ctx, ifname->s);
	if (regexp->set)
		w->pattern = regex_new(ctx, regexp->s, REGEX_EVENT, err);
	return !regexp->set || w->pattern != NULL;
}

bool
interfaces_want(const struct interfaces_wanted *w, struct regex_scratch *scratch, const char *kernel_name)
{
	const char *shown;

	if (w->name != NULL)
		return strcmp(ifname_kernel(w->engine->settings, w->name), kernel_name) == 0;
	if (w->pattern == NULL)
		return true;
	shown = ifname_ios(w->engine->settings, kernel_name);
	return regex_match(w->pattern, scratch, shown, strlen(shown), NULL) == REGEX_YES;
}
