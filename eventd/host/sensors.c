/* Sensors: hwmon (Documentation/hwmon/sysfs-interface), thermal zones, power supplies. */
#include "host/sensors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/read.h"

/* The kinds of hwmon, and what their numbers are thousandths (or millionths) of. */
struct kind {
	const char *prefix, *name, *unit;
	int64_t per_unit;
};

static const struct kind kinds[] = {
	{ "temp", "Temp", "Celsius", 1000 },
	{ "fan", "Fan", "RPM", 1 },
	{ "in", "Volt", "mV", 1 },
	{ "curr", "Current", "mA", 1 },
	{ "power", "Power", "mW", 1000 },
	{ "humidity", "Humidity", "percent", 1000 },
	{ "intrusion", "Intrusion", "", 1 },
};

/* What the driver itself calls an alarm, and of which level. */
static const struct {
	const char *suffix;
	enum alarm_level level;
} alarms[] = {
	{ "fault", ALARM_MAJOR },
	{ "emergency_alarm", ALARM_MAJOR },
	{ "crit_alarm", ALARM_MAJOR },
	{ "lcrit_alarm", ALARM_MAJOR },
	{ "alarm", ALARM_MINOR },
	{ "max_alarm", ALARM_MINOR },
	{ "min_alarm", ALARM_MINOR },
	{ "cap_alarm", ALARM_MINOR },
};

/* Limits that are compared with here when the driver has no alarm of its own for them. */
static const struct {
	const char *limit, *alarm;
	bool is_upper;
	enum alarm_level level;
} limits[] = {
	{ "emergency", "emergency_alarm", true, ALARM_MAJOR },
	{ "crit", "crit_alarm", true, ALARM_MAJOR },
	{ "lcrit", "lcrit_alarm", false, ALARM_MAJOR },
	{ "max", "max_alarm", true, ALARM_MINOR },
	{ "min", "min_alarm", false, ALARM_MINOR },
};

static struct sensor *
add(struct sensors *all)
{
	struct sensor *s;

	all->v = host_grow(all->v, all->n, sizeof *all->v);
	s = &all->v[all->n++];
	memset(s, 0, sizeof *s);
	return s;
}

static void
raise(struct sensor *s, enum alarm_level level)
{
	if (level > s->level)
		s->level = level;
}

/* ---- hwmon ---- */

/* Of "temp12_input": the kind, and the length of "temp12"; NULL: no sensor. */
static const struct kind *
kind_of(const char *entry, size_t *base)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t n = strlen(kinds[i].prefix);

		if (strncmp(entry, kinds[i].prefix, n) != 0 || !isdigit((unsigned char)entry[n]))
			continue;
		while (isdigit((unsigned char)entry[n]))
			n++;
		*base = n;
		return entry[n] == '_' ? &kinds[i] : NULL;
	}
	return NULL;
}

static void
judge_limits(struct sensor *s, const struct kind *k, const char *base, int64_t input)
{
	int64_t limit, alarm;

	if (strcmp(k->prefix, "fan") == 0 && input == 0 && host_number(&limit, "%s_min", base) && limit > 0)
		raise(s, ALARM_MAJOR); /* it stands */
	if (host_number(&alarm, "%s_alarm", base))
		return; /* one alarm for all limits */
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (host_number(&alarm, "%s_%s", base, limits[i].alarm) ||
			!host_number(&limit, "%s_%s", base, limits[i].limit))
			continue;
		if (limits[i].is_upper && limit <= 0)
			continue; /* nobody has set it */
		if (limits[i].is_upper ? input >= limit : input < limit)
			raise(s, limits[i].level);
	}
}

static void
read_hwmon_sensor(struct sensors *all, const char *dir, const char *chip, const char *entry)
{
	size_t n = 0;
	const struct kind *k = kind_of(entry, &n);
	char base[HOST_PATH_MAX + 64], label[64];
	int64_t value;
	struct sensor *s;

	snprintf(base, sizeof base, "%s/%.*s", dir, n < 63 ? (int)n : 63, entry);
	if (host_number(&value, "%s_enable", base) && value == 0)
		return;
	s = add(all);
	snprintf(s->place, sizeof s->place, "%s", chip);
	if (host_read(label, sizeof label, "%s_label", base) && label[0] != '\0')
		snprintf(s->name, sizeof s->name, "%s", label);
	else
		snprintf(s->name, sizeof s->name, "%.*s", (int)n, entry);
	s->kind = k->name;
	for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
		if (host_number(&value, "%s_%s", base, alarms[i].suffix) && value != 0)
			raise(s, alarms[i].level);
	if (!host_number(&value, "%s_input", base))
		return;
	snprintf(s->reading, sizeof s->reading, "%lld %s", (long long)(value / k->per_unit), k->unit);
	judge_limits(s, k, base, value);
}

static void
read_chip(struct sensors *all, const char *sysfs, const char *hwmon)
{
	char dir[HOST_PATH_MAX], name[32], chip[64], last[64] = "";
	struct host_names entries;

	snprintf(dir, sizeof dir, "%s/class/hwmon/%s", sysfs, hwmon);
	host_read(name, sizeof name, "%s/name", dir);
	snprintf(chip, sizeof chip, "%s%s%.28s", name, name[0] != '\0' ? " " : "", hwmon);
	entries = host_list(NULL, "%s", dir);
	for (size_t i = 0; i < entries.n; i++) {
		size_t n;

		/* The files of one sensor stand beside each other in the sorted list. */
		if (kind_of(entries.v[i], &n) == NULL || n >= sizeof last ||
			(strlen(last) == n && strncmp(last, entries.v[i], n) == 0))
			continue;
		snprintf(last, sizeof last, "%.*s", (int)n, entries.v[i]);
		read_hwmon_sensor(all, dir, chip, entries.v[i]);
	}
	host_names_free(&entries);
}

/* ---- thermal zones ---- */

static void
read_zone(struct sensors *all, const char *sysfs, const char *zone)
{
	char dir[HOST_PATH_MAX], type[64];
	struct sensor *s;
	int64_t temp, limit;

	snprintf(dir, sizeof dir, "%s/class/thermal/%s", sysfs, zone);
	if ((host_read(type, sizeof type, "%s/mode", dir) && strcmp(type, "disabled") == 0) ||
		!host_number(&temp, "%s/temp", dir))
		return;
	s = add(all);
	snprintf(s->place, sizeof s->place, "%s", zone);
	host_read(s->name, sizeof s->name, "%s/type", dir);
	s->kind = "Temp";
	snprintf(s->reading, sizeof s->reading, "%lld Celsius", (long long)(temp / 1000));
	for (int i = 0; host_read(type, sizeof type, "%s/trip_point_%d_type", dir, i); i++) {
		if (!host_number(&limit, "%s/trip_point_%d_temp", dir, i) || limit <= 0 || temp < limit)
			continue;
		if (strcmp(type, "critical") == 0 || strcmp(type, "hot") == 0)
			raise(s, ALARM_MAJOR);
		else if (strcmp(type, "passive") == 0) /* the kernel slows the machine down */
			raise(s, ALARM_MINOR);
	}
}

/* ---- power supplies ---- */

static void
judge_battery(struct sensor *s, const char *dir)
{
	char text[32], level[32];
	int64_t percent;
	bool drains = host_read(text, sizeof text, "%s/status", dir) && strcmp(text, "Discharging") == 0;

	if (host_number(&percent, "%s/capacity", dir))
		snprintf(s->reading, sizeof s->reading, "%lld percent", (long long)percent);
	else
		percent = 100;
	if (host_read(level, sizeof level, "%s/capacity_level", dir)) {
		if (strcmp(level, "Critical") == 0)
			raise(s, ALARM_MAJOR);
		else if (strcmp(level, "Low") == 0)
			raise(s, ALARM_MINOR);
	}
	if (drains && percent <= 15)
		raise(s, percent <= 5 ? ALARM_MAJOR : ALARM_MINOR);
	if (host_read(text, sizeof text, "%s/health", dir) && text[0] != '\0' && strcmp(text, "Good") != 0 &&
		strcmp(text, "Unknown") != 0) {
		raise(s, ALARM_MAJOR);
		snprintf(s->reading, sizeof s->reading, "%s", text);
	}
}

static void
read_supply(struct sensors *all, const char *sysfs, const char *name)
{
	char dir[HOST_PATH_MAX], type[32];
	struct sensor *s;
	int64_t value;

	snprintf(dir, sizeof dir, "%s/class/power_supply/%s", sysfs, name);
	host_read(type, sizeof type, "%s/type", dir);
	if (strcmp(type, "Mains") != 0 && strcmp(type, "Battery") != 0 && strcmp(type, "UPS") != 0)
		return; /* a USB port that may charge something */
	if (host_number(&value, "%s/present", dir) && value == 0)
		return;
	s = add(all);
	snprintf(s->place, sizeof s->place, "power supply");
	snprintf(s->name, sizeof s->name, "%.60s", name);
	s->kind = "Power";
	if (strcmp(type, "Mains") != 0) {
		judge_battery(s, dir);
	} else if (host_number(&value, "%s/online", dir)) {
		snprintf(s->reading, sizeof s->reading, "%s", value != 0 ? "online" : "offline");
		raise(s, value != 0 ? ALARM_NONE : ALARM_MAJOR);
	}
}

/* ---- all of them ---- */

struct sensors *
sensors_read(const char *sysfs)
{
	static const struct {
		const char *folder, *begin;
		void (*read)(struct sensors *, const char *sysfs, const char *name);
	} classes[] = {
		{ "hwmon", "hwmon", read_chip },
		{ "thermal", "thermal_zone", read_zone },
		{ "power_supply", NULL, read_supply },
	};
	struct sensors *all = calloc(1, sizeof *all);

	if (all == NULL)
		abort();
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		struct host_names found =
			host_list(classes[i].begin, "%s/class/%s", sysfs, classes[i].folder);

		for (size_t j = 0; j < found.n; j++)
			classes[i].read(all, sysfs, found.v[j]);
		host_names_free(&found);
	}
	return all;
}

void
sensors_free(struct sensors *all)
{
	if (all != NULL)
		free(all->v);
	free(all);
}
