/* What the kernel tells of processors, memory and processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/machine.h"

static void
processors(void **state)
{
	struct machine_cpu a, b, live;
	struct err err = ERR_INIT;

	assert_true(machine_parse_cpu("cpu  100 20 30 800 50 1 2 3 0 0\ncpu0 1 2\ncpu1 1 2\nintr 5\n", &a));
	assert_int_equal(a.count, 2);
	assert_int_equal(a.user, 120);
	assert_int_equal(a.system, 36);
	assert_int_equal(a.idle, 800);
	assert_int_equal(a.wait, 50);
	b = a;
	b.user += 30;
	b.idle += 60;
	b.wait += 10;
	assert_true(machine_busy(&a, &b) > 29.9 && machine_busy(&a, &b) < 30.1);
	assert_true(machine_busy(&a, &a) == 0);
	assert_false(machine_parse_cpu("cpu 1 2 3\n", &b));
	assert_false(machine_parse_cpu("", &b));
	assert_true(machine_cpu(&live, &err));
	assert_true(live.count >= 1 && live.idle + live.user > 0);
}

static void
memory(void **state)
{
	struct machine_memory m;
	struct err err = ERR_INIT;

	assert_true(machine_parse_memory(
		"MemTotal:       2000 kB\nMemFree: 500 kB\nMemAvailable: 900 kB\nSwapTotal: 0 kB\n", &m));
	assert_int_equal(m.total, 2048000);
	assert_int_equal(m.free, 512000);
	assert_int_equal(m.available, 921600);
	assert_int_equal(m.swap_total, 0);
	assert_false(machine_parse_memory("MemFree: 500 kB\n", &m));
	assert_true(machine_memory(&m, &err));
	assert_true(m.available <= m.total);
}

/* A process may name itself as it likes. */
static void
names(void **state)
{
	struct machine_process p;

	assert_true(machine_parse_process(
		"7 (a) R 1 (b) S 3 7 7 0 -1 4194304 0 0 0 0 100 50 0 0 20 0 4 0 500 1000 25 18", &p));
	assert_int_equal(p.pid, 7);
	assert_string_equal(p.name, "a) R 1 (b");
	assert_int_equal(p.state, 'S');
	assert_int_equal(p.parent, 3);
	assert_int_equal(p.threads, 4);
	assert_int_equal(p.cpu_msec, 150 * 1000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(p.memory, 25 * sysconf(_SC_PAGESIZE));
	assert_false(machine_parse_process("7 (a) R 1", &p));
	assert_false(machine_parse_process("7 )a( R 1", &p));
	assert_false(machine_parse_process("", &p));
}

static void
ourselves(void **state)
{
	struct machine_process *all;
	size_t n, found = 0;

	assert_int_equal(prctl(PR_SET_NAME, "me) R (again"), 0);
	n = machine_processes(&all);

	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || all[i - 1].pid < all[i].pid);
		if (all[i].pid == getpid()) {
			assert_string_equal(all[i].name, "me) R (again");
			assert_int_equal(all[i].parent, getppid());
			assert_true(all[i].memory > 0 && all[i].threads >= 1);
			found++;
		}
	}
	free(all);
	assert_int_equal(found, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processors),
		cmocka_unit_test(memory),
		cmocka_unit_test(names),
		cmocka_unit_test(ourselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
