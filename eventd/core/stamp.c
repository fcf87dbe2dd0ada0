/* Moments as IOS writes them. */
#include "core/stamp.h"

#include <stdio.h>
#include <time.h>

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	"Nov", "Dec" };
static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* Broken-down time in the C locale's words, whatever the process's locale is. */
static struct tm
broken_down(usec wall, bool local, int *msec)
{
	time_t t = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	if (local)
		localtime_r(&t, &tm);
	else
		gmtime_r(&t, &tm);
	if (msec != NULL)
		*msec = (int)(wall % USEC_PER_SEC / 1000);
	return tm;
}

/* "00:00:46", "1d16h", "1w2d": ages and uptimes. */
static void
stamp_age(usec age, char *out, size_t size)
{
	long long s = age / USEC_PER_SEC;

	if (s < 86400)
		snprintf(out, size, "%02lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else if (s < 7 * 86400)
		snprintf(out, size, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	else
		snprintf(out, size, "%lldw%lldd", s / (7 * 86400), s / 86400 % 7);
}

void
stamp_datetime(const struct stamp_form *f, usec wall, usec up, char *out, size_t size)
{
	char year[16] = "", fraction[8] = "", zone[16] = "";
	struct tm tm;
	int msec;

	if (f->uptime) {
		stamp_age(up, out, size);
		return;
	}
	tm = broken_down(wall, f->localtime, &msec);
	if (f->year)
		snprintf(year, sizeof year, " %d", tm.tm_year + 1900);
	if (f->msec)
		snprintf(fraction, sizeof fraction, ".%03d", msec);
	if (f->zone)
		snprintf(zone, sizeof zone, " %s", f->localtime ? tm.tm_zone : "UTC");
	snprintf(out, size, "%s %2d%s %02d:%02d:%02d%s%s", months[tm.tm_mon], tm.tm_mday, year, tm.tm_hour,
		tm.tm_min, tm.tm_sec, fraction, zone);
}

void
stamp_history(usec wall, char *out, size_t size)
{
	struct tm tm = broken_down(wall, true, NULL);

	snprintf(out, size, "%s %s%2d %02d:%02d:%02d %d", days[tm.tm_wday], months[tm.tm_mon], tm.tm_mday,
		tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
}

void
stamp_iso(usec wall, char *out, size_t size)
{
	int msec;
	struct tm tm = broken_down(wall, false, &msec);

	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, msec);
}
