/* Lines of /proc and folders of /sys, also such as nobody would expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/processes.h"
#include "host/read.h"
#include "host/sensors.h"

#define NUMBERS " S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 777 1 3 18446744073709551615"

static void
test_a_process_calls_itself_what_it_likes(void **state)
{
	struct process p = { 0 };
	char comm[64];

	assert_true(process_parse("7 (a) S (b)" NUMBERS, &p, comm));
	assert_string_equal(comm, "a) S (b");
	assert_int_equal(p.pid, 7);
	assert_int_equal(p.start, 777);
	assert_int_equal(p.cpu_us, 2000000);
	assert_int_equal(p.rss, 3 * sysconf(_SC_PAGESIZE));
	assert_true(process_parse("8 (a\nb)" NUMBERS, &p, comm));
	assert_string_equal(comm, "a\nb");
	assert_true(process_parse("9 ()" NUMBERS, &p, comm));
	assert_string_equal(comm, "");
}

static void
test_what_is_no_line_of_a_process(void **state)
{
	static const char *const lines[] = { "", "7", "7 (a", "7 a)" NUMBERS, ")(", "7 (a) S 1 1 1",
		"x (a)" NUMBERS,
		"7 (0123456789012345678901234567890123456789012345678901234567890123456)" NUMBERS };
	struct process p;
	char comm[64];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_false(process_parse(lines[i], &p, comm));
}

static void
test_nothing_is_there(void **state)
{
	struct sensors *s = sensors_read("/nonexistent");
	struct processes *p = processes_read("/nonexistent", NULL, 0);

	assert_int_equal(s->n, 0);
	assert_false(p->readable);
	sensors_free(s);
	processes_free(p);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_numbers_and_lists(void **state)
{
	char dir[] = "/tmp/host-XXXXXX", path[64];
	int64_t v;
	struct host_names names;

	assert_non_null(mkdtemp(dir));
	write_file(dir, "a10", "-12 mV\n");
	write_file(dir, "a2", "0x1f\n");
	write_file(dir, "b", "none\n");
	assert_true(host_number(&v, "%s/a10", dir));
	assert_int_equal(v, -12);
	assert_true(host_number(&v, "%s/a2", dir));
	assert_int_equal(v, 31);
	assert_false(host_number(&v, "%s/b", dir));
	assert_false(host_number(&v, "%s/c", dir));
	names = host_list("a", "%s", dir);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "a2");
	assert_string_equal(names.v[1], "a10");
	host_names_free(&names);
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = { "a10", "a2", "b" };

		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process_calls_itself_what_it_likes),
		cmocka_unit_test(test_what_is_no_line_of_a_process),
		cmocka_unit_test(test_nothing_is_there),
		cmocka_unit_test(test_numbers_and_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
