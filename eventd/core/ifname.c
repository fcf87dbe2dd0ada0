/* Interface names of people and of the kernel. */
#include "core/ifname.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

const char *
ifname_ios(const struct settings *s, const char *kernel)
{
	for (size_t i = 0; s != NULL && i < s->alias_count; i++)
		if (strcmp(s->aliases[i].value, kernel) == 0)
			return s->aliases[i].key;
	return kernel;
}

static size_t
letters(const char *s)
{
	size_t n = 0;

	while (isalpha((unsigned char)s[n]) || s[n] == '-')
		n++;
	return n;
}

/* Gi0/0/1 and GigabitEthernet 0/0/1 mean GigabitEthernet0/0/1. */
static bool
abbreviates(const char *typed, const char *name)
{
	size_t a = letters(typed), b = letters(name);
	const char *number = typed + a;

	while (*number == ' ')
		number++;
	return a > 0 && a <= b && strncasecmp(typed, name, a) == 0 && strcmp(number, name + b) == 0;
}

const char *
ifname_kernel(const struct settings *s, const char *typed)
{
	for (size_t i = 0; s != NULL && i < s->alias_count; i++)
		if (strcasecmp(s->aliases[i].key, typed) == 0)
			return s->aliases[i].value;
	for (size_t i = 0; s != NULL && i < s->alias_count; i++)
		if (abbreviates(typed, s->aliases[i].key))
			return s->aliases[i].value;
	return typed;
}
