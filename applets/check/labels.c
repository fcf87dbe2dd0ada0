/* Labels that sort unlike they look. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "applets/check/private.h"

/* Compares the numbers that stand at both places, and steps behind them. */
static int
compare_numbers(const char **a, const char **b)
{
	size_t n, m;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	n = strspn(*a, "0123456789");
	m = strspn(*b, "0123456789");
	int order = n != m ? (n < m ? -1 : 1) : strncmp(*a, *b, n);
	*a += n;
	*b += m;
	return order;
}

/* As people read labels: numbers by their value. *fraction: it is decided behind a dot. */
static int
compare_as_read(const char *a, const char *b, bool *fraction)
{
	*fraction = false;
	while (*a != '\0' && *b != '\0') {
		int order;

		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			order = compare_numbers(&a, &b);
			if (order != 0)
				return order;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		*fraction |= *a == '.';
		a++, b++;
	}
	return *a != '\0' ? 1 : *b != '\0' ? -1 : 0;
}

/* Was `a` written before `b`? */
static bool
is_written_before(const struct conf_node *a, const struct conf_node *b)
{
	int x = conf_node_line(a), y = conf_node_line(b);

	return x > 0 && y > 0 ? x < y : a->seq < b->seq;
}

/*
 * 4.1, 4.11, 4.2 is how an action is put in between, and written in this order; who writes 4.9 and then
 * 4.10 means ten.
 */
static bool
misleads(const struct compile_line *first, const struct compile_line *second)
{
	bool fraction;

	return compare_as_read(first->label, second->label, &fraction) > 0 &&
	       (!fraction || is_written_before(second->node, first->node));
}

void
check_labels(struct check *c, const struct check_applet *a)
{
	for (size_t i = 0; i + 1 < a->n; i++) {
		if (!misleads(&a->lines[i], &a->lines[i + 1]))
			continue;
		check_tell(c, LINT_LABEL_ORDER, a, a->lines[i].node, check_label, NULL,
			"action %s runs before action %s, because labels sort as text", a->lines[i].label,
			a->lines[i + 1].label);
		return;
	}
}
