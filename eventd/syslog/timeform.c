/* Recognises the time stamps of syslog messages. */
#include "syslog/timeform.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Behind min..max digits, or NULL. More digits than max are not a number of this kind. */
static const char *
digits(const char *p, const char *end, ptrdiff_t min, ptrdiff_t max)
{
	const char *from = p;

	while (p < end && is_digit(*p) && p - from <= max)
		p++;
	return p - from >= min && p - from <= max ? p : NULL;
}

static const char *
literal(const char *p, const char *end, char c)
{
	return p != NULL && p < end && *p == c ? p + 1 : NULL;
}

/* HH:MM:SS[.fraction]; hours may be many in an uptime. */
static const char *
clock_end(const char *p, const char *end, ptrdiff_t hours_max)
{
	const char *fraction;

	p = literal(digits(p, end, 1, hours_max), end, ':');
	p = p != NULL ? literal(digits(p, end, 2, 2), end, ':') : NULL;
	p = p != NULL ? digits(p, end, 2, 2) : NULL;
	fraction = literal(p, end, '.');
	fraction = fraction != NULL ? digits(fraction, end, 1, 9) : NULL;
	return fraction != NULL ? fraction : p;
}

static const char *
month_end(const char *p, const char *end)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (end - p < 4 || p[3] != ' ')
		return NULL;
	for (const char *m = months; *m != '\0'; m += 3)
		if (memcmp(m, p, 3) == 0)
			return p + 3;
	return NULL;
}

/* "MMM DD", the day padded with a blank or a zero or not at all. */
static const char *
day_end(const char *p, const char *end)
{
	p = literal(month_end(p, end), end, ' ');
	if (p != NULL && p < end && *p == ' ')
		p++;
	return p != NULL ? digits(p, end, 1, 2) : NULL;
}

/* "UTC+2", "GMT-03": behind the hours; `p` is behind the letters. */
static const char *
offset_end(const char *z, const char *p, const char *end)
{
	const char *q;

	if (p - z != 3 || (memcmp(z, "UTC", 3) != 0 && memcmp(z, "GMT", 3) != 0) || p == end ||
		(*p != '+' && *p != '-'))
		return p;
	q = digits(p + 1, end, 1, 4);
	return q != NULL ? q : p;
}

/* A zone name stands before a colon: in RFC 3164 a host name stands there. */
static const char *
zone_end(const char *p, const char *end)
{
	const char *z = literal(p, end, ' '), *after;

	if (z == NULL)
		return p;
	after = z;
	if (after < end && (*after == '+' || *after == '-'))
		after++;
	while (after < end && after - z < 6 && (is_upper(*after) || (is_digit(*after) && after > z)))
		after++;
	if (after - z < 2)
		return p;
	after = offset_end(z, after, end);
	if (literal(after, end, ':') != NULL || (end - after >= 2 && after[0] == ' ' && after[1] == ':'))
		return after;
	return p;
}

/* [YYYY ]MMM DD [YYYY ]HH:MM:SS[.mmm][ ZONE] */
static const char *
date_end(const char *p, const char *end)
{
	const char *year = is_digit(*p) ? literal(digits(p, end, 4, 4), end, ' ') : p;

	if (year == NULL)
		return NULL;
	p = literal(day_end(year, end), end, ' ');
	if (p == NULL)
		return NULL;
	year = literal(digits(p, end, 4, 4), end, ' ');
	p = clock_end(year != NULL ? year : p, end, 2);
	return p != NULL ? zone_end(p, end) : NULL;
}

/* RFC 3339: YYYY-MM-DDTHH:MM:SS[.fraction](Z|+hh:mm), the zone optional. */
static const char *
iso_end(const char *p, const char *end)
{
	const char *zone;

	p = literal(digits(p, end, 4, 4), end, '-');
	p = p != NULL ? literal(digits(p, end, 2, 2), end, '-') : NULL;
	p = p != NULL ? literal(digits(p, end, 2, 2), end, 'T') : NULL;
	p = p != NULL ? clock_end(p, end, 2) : NULL;
	if (p == NULL || p == end)
		return p;
	if (*p == 'Z')
		return p + 1;
	if (*p != '+' && *p != '-')
		return p;
	zone = literal(digits(p + 1, end, 2, 2), end, ':');
	zone = zone != NULL ? digits(zone, end, 2, 2) : NULL;
	return zone != NULL ? zone : p;
}

/* FRR's own log: YYYY/MM/DD HH:MM:SS[.fraction] */
static const char *
slashed_end(const char *p, const char *end)
{
	p = literal(digits(p, end, 4, 4), end, '/');
	p = p != NULL ? literal(digits(p, end, 2, 2), end, '/') : NULL;
	p = p != NULL ? literal(digits(p, end, 2, 2), end, ' ') : NULL;
	return p != NULL ? clock_end(p, end, 2) : NULL;
}

/* "1w2d", "3d04h", "2y5w": two or more numbers with units. */
static const char *
units_end(const char *p, const char *end)
{
	unsigned n = 0;

	for (;;) {
		const char *unit = digits(p, end, 1, 4);

		if (unit == NULL || unit == end || strchr("ywdhms", *unit) == NULL || *unit == '\0')
			break;
		p = unit + 1;
		n++;
	}
	return n >= 2 && (p == end || *p == ':' || *p == ' ') ? p : NULL;
}

const char *
timeform_end(const char *p, const char *end)
{
	const char *q;

	if (p < end && (*p == '*' || *p == '.'))
		p++;
	if (end - p < 4)
		return NULL;
	if (!is_digit(*p))
		return date_end(p, end);
	if ((q = iso_end(p, end)) != NULL || (q = date_end(p, end)) != NULL ||
		(q = slashed_end(p, end)) != NULL)
		return q;
	if ((q = clock_end(p, end, 6)) != NULL) /* uptime 00:00:46 */
		return q;
	return units_end(p, end);
}
