/*
 * What the kernel finds out about the machine by itself: counters of memory, PCIe and machine check errors,
 * the state of RAID arrays and disks, its own oopses, and whether a watchdog reset it. Blocking, for a worker
 * thread; malloc only. Any thread.
 */
#ifndef HOST_HEALTH_H
#define HOST_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ORDER: health_tests; the number of a test is its place, from 1. */
enum health_test {
	HEALTH_MEMORY_UNCORRECTABLE,
	HEALTH_MEMORY_CORRECTABLE,
	HEALTH_MACHINE_CHECK,
	HEALTH_PCIE_UNCORRECTABLE,
	HEALTH_PCIE_CORRECTABLE,
	HEALTH_RAID,
	HEALTH_RAID_SCRUB,
	HEALTH_DISK_STATE,
	HEALTH_DISK_ERRORS,
	HEALTH_KERNEL_OOPS,
	HEALTH_KERNEL_WARNING,
	HEALTH_WATCHDOG_RESET,
	HEALTH_TESTS
};

struct health_form {
	const char *name; /* "TestRaidArray" */
	bool is_major;
	bool counts;      /* it fails when its value grows; else while it is not 0 */
	const char *when; /* "monitoring", "bootup", "schedule" */
};
const struct health_form *health_form(enum health_test);
/* By its name, any case; HEALTH_TESTS: there is none. */
enum health_test health_find(const char *name);

/* One test of one component. */
struct health_item {
	enum health_test test;
	char what[64]; /* "mc0", "0000:00:1f.2", "md0", "sda", "kernel" */
	int64_t value;
};

struct health {
	size_t n;
	struct health_item *v;
	char serial[64]; /* of the machine; "": not told */
};

struct health *health_read(const char *sysfs, const char *procfs);
void health_free(struct health *);

#endif
