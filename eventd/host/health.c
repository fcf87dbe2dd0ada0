/* Reading the kernel's own diagnostics. */
#include "host/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/read.h"

static const struct health_form forms[] = {
	/* ORDER: enum health_test */
	{ "TestMemoryUncorrectable", true, true, "monitoring" },
	{ "TestMemoryCorrectable", false, true, "monitoring" },
	{ "TestMachineCheck", true, true, "monitoring" },
	{ "TestPcieUncorrectable", true, true, "monitoring" },
	{ "TestPcieCorrectable", false, true, "monitoring" },
	{ "TestRaidArray", true, false, "monitoring" },
	{ "TestRaidScrub", false, false, "schedule" },
	{ "TestDiskState", true, false, "monitoring" },
	{ "TestDiskErrors", false, true, "monitoring" },
	{ "TestKernelOops", true, true, "monitoring" },
	{ "TestKernelWarning", false, true, "monitoring" },
	{ "TestWatchdogReset", true, false, "bootup" },
};

const struct health_form *
health_form(enum health_test test)
{
	return &forms[test];
}

enum health_test
health_find(const char *name)
{
	int test = 0;

	while (test < HEALTH_TESTS && strcasecmp(forms[test].name, name) != 0)
		test++;
	return (enum health_test)test;
}

static void
add(struct health *all, enum health_test test, const char *what, int64_t value)
{
	struct health_item *item;

	all->v = host_grow(all->v, all->n, sizeof *all->v);
	item = &all->v[all->n++];
	memset(item, 0, sizeof *item);
	item->test = test;
	snprintf(item->what, sizeof item->what, "%s", what);
	item->value = value;
}

/* Documentation/ABI/testing/sysfs-devices-edac */
static void
read_memory(struct health *all, const char *sysfs, const char *controller)
{
	int64_t v;

	if (host_number(&v, "%s/devices/system/edac/mc/%s/ue_count", sysfs, controller))
		add(all, HEALTH_MEMORY_UNCORRECTABLE, controller, v);
	if (host_number(&v, "%s/devices/system/edac/mc/%s/ce_count", sysfs, controller))
		add(all, HEALTH_MEMORY_CORRECTABLE, controller, v);
}

/* "RxErr 0\n...TOTAL_ERR_COR 0": Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats */
static bool
read_aer(const char *sysfs, const char *device, const char *file, int64_t *v)
{
	char text[1024];
	const char *total;
	long long n;

	if (!host_read(text, sizeof text, "%s/bus/pci/devices/%s/%s", sysfs, device, file) ||
		(total = strstr(text, "TOTAL_ERR_")) == NULL || sscanf(total, "%*s %lld", &n) != 1)
		return false;
	*v = n;
	return true;
}

static void
read_pci(struct health *all, const char *sysfs, const char *device)
{
	int64_t fatal, other;

	if (read_aer(sysfs, device, "aer_dev_fatal", &fatal) &&
		read_aer(sysfs, device, "aer_dev_nonfatal", &other))
		add(all, HEALTH_PCIE_UNCORRECTABLE, device, fatal + other);
	if (read_aer(sysfs, device, "aer_dev_correctable", &other))
		add(all, HEALTH_PCIE_CORRECTABLE, device, other);
}

/* Documentation/admin-guide/md.rst; scsi: `state` and `ioerr_cnt` of the device. */
static void
read_disk(struct health *all, const char *sysfs, const char *disk)
{
	static const char *const bad[] = { "offline", "transport-offline", "blocked", "dead", "deleting" };
	char state[32];
	int64_t v;

	if (host_number(&v, "%s/block/%s/md/degraded", sysfs, disk))
		add(all, HEALTH_RAID, disk, v);
	if (host_number(&v, "%s/block/%s/md/mismatch_cnt", sysfs, disk))
		add(all, HEALTH_RAID_SCRUB, disk, v);
	if (host_read(state, sizeof state, "%s/block/%s/device/state", sysfs, disk)) {
		v = 0;
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
			v |= strcmp(state, bad[i]) == 0;
		add(all, HEALTH_DISK_STATE, disk, v);
	}
	if (host_number(&v, "%s/block/%s/device/ioerr_cnt", sysfs, disk))
		add(all, HEALTH_DISK_ERRORS, disk, v);
}

static void
read_watchdog(struct health *all, const char *sysfs, const char *watchdog)
{
	int64_t v;

	if (host_number(&v, "%s/class/watchdog/%s/bootstatus", sysfs, watchdog))
		add(all, HEALTH_WATCHDOG_RESET, watchdog, v);
}

static void
read_kernel(struct health *all, const char *sysfs)
{
	int64_t v;

	if (host_number(&v, "%s/kernel/oops_count", sysfs))
		add(all, HEALTH_KERNEL_OOPS, "kernel", v);
	if (host_number(&v, "%s/kernel/warn_count", sysfs))
		add(all, HEALTH_KERNEL_WARNING, "kernel", v);
	host_read(all->serial, sizeof all->serial, "%s/class/dmi/id/product_serial", sysfs);
}

/* " MCE:   0   0   Machine check exceptions": one number a processor. */
static void
read_machine_checks(struct health *all, const char *procfs)
{
	char path[HOST_PATH_MAX], *line = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/interrupts", procfs);
	f = fopen(path, "re");
	while (f != NULL && getline(&line, &room, f) > 0) {
		char *at = line + strspn(line, " "), *end;
		int64_t sum = 0;

		if (strncmp(at, "MCE:", 4) != 0)
			continue;
		for (at += 4;; at = end) {
			long long n = strtoll(at, &end, 10);

			if (end == at)
				break;
			sum += n;
		}
		add(all, HEALTH_MACHINE_CHECK, "cpu", sum);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}

struct health *
health_read(const char *sysfs, const char *procfs)
{
	static const struct {
		const char *folder, *begin;
		void (*read)(struct health *, const char *sysfs, const char *name);
	} folders[] = {
		{ "devices/system/edac/mc", "mc", read_memory },
		{ "bus/pci/devices", NULL, read_pci },
		{ "block", NULL, read_disk },
		{ "class/watchdog", "watchdog", read_watchdog },
	};
	struct health *all = calloc(1, sizeof *all);

	if (all == NULL)
		abort();
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct host_names found = host_list(folders[i].begin, "%s/%s", sysfs, folders[i].folder);

		for (size_t j = 0; j < found.n; j++)
			folders[i].read(all, sysfs, found.v[j]);
		host_names_free(&found);
	}
	read_machine_checks(all, procfs);
	read_kernel(all, sysfs);
	return all;
}

void
health_free(struct health *all)
{
	if (all != NULL)
		free(all->v);
	free(all);
}
