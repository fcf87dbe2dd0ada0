/*
 * What the kernel's sensors say: hwmon chips (temperatures, fans, voltages, currents, power), thermal
 * zones and power supplies, each judged by the limits that the kernel tells. Blocking, for a worker
 * thread; malloc only. Any thread.
 */
#ifndef HOST_SENSORS_H
#define HOST_SENSORS_H

#include <stddef.h>

enum alarm_level { ALARM_NONE, ALARM_MINOR, ALARM_MAJOR };

struct sensor {
	char place[64];   /* "coretemp hwmon0", "thermal_zone1", "power supply AC" */
	char name[64];    /* its label, or "temp1" */
	const char *kind; /* "Temp", "Fan", "Volt", ...: static */
	enum alarm_level level;
	char reading[48]; /* "98 Celsius" */
};

struct sensors {
	size_t n;
	struct sensor *v;
};

/* sysfs: "/sys". The caller frees. */
struct sensors *sensors_read(const char *sysfs);
void sensors_free(struct sensors *);

#endif
