/* Preloaded into a program, the wall clock is one of 1990: a machine whose battery is empty. */
#include <time.h>

#define YEAR_1990 631152000

time_t
time(time_t *t)
{
	if (t != NULL)
		*t = YEAR_1990;
	return YEAR_1990;
}
