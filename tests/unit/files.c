/* Files by IOS prefix: the jail, whole files, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/files.h"
#include "core/mem.h"
#include "core/text.h"

static char dir[64];
static void *ctx;
static struct files *files;

static int
setup(void **state)
{
	char path[128];

	ctx = mem_ctx(NULL, "test");
	snprintf(dir, sizeof dir, "/tmp/eventd-files-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/deep/flash", dir);
	files = files_new(ctx);
	files_prefix(files, "flash:", path);
	files_prefix(files, "nvram:", dir);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[128];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	assert_int_equal(system(cmd), 0);
	mem_free(ctx);
	return 0;
}

static const char *
content(const char *name)
{
	struct text *t = text_new(ctx);
	struct err err = ERR_INIT;

	return files_read(files, name, 0, 1000, t, &err) ? t->s : NULL;
}

static const char *
why_not(const char *name)
{
	static struct err err;

	err_clear(&err);
	assert_int_equal(files_open(files, name, O_RDONLY, 0, &err), -1);
	return err.text;
}

static void
write_and_read(void **state)
{
	struct err err = ERR_INIT;

	assert_null(content("flash:a"));
	assert_true(files_replace(files, "flash:a", 0, "one\n", 4, &err)); /* makes the directory */
	assert_string_equal(content("flash:a"), "one\n");
	assert_string_equal(content("FLASH:/a"), "one\n");
	assert_string_equal(content("a"), "one\n");
	assert_true(files_append(files, "a", 0, "two\n", 4, &err));
	assert_string_equal(content("flash:a"), "one\ntwo\n");
	assert_true(files_replace(files, "flash:a", 0, "x", 1, &err));
	assert_string_equal(content("flash:a"), "x");
	assert_true(files_exists(files, "a", 0));
	assert_true(files_delete(files, "a", 0, &err));
	assert_false(files_exists(files, "a", 0));
	assert_false(files_delete(files, "a", 0, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void
the_jail(void **state)
{
	char path[128];
	struct err err = ERR_INIT;

	assert_true(files_replace(files, "flash:a", 0, "in", 2, &err));
	assert_true(files_replace(files, "nvram:secret", 0, "out", 3, &err));
	assert_string_equal(
		why_not("flash:../../secret"), "%Error opening flash:../../secret (Permission denied)");
	assert_string_equal(why_not("/etc/passwd"), "%Error opening /etc/passwd (Permission denied)");
	assert_string_equal(why_not("moon:x"), "%Error opening moon:x (Invalid argument)");
	assert_string_equal(
		why_not("flash:nothing"), "%Error opening flash:nothing (No such file or directory)");

	snprintf(path, sizeof path, "%s/deep/flash/leave", dir);
	assert_int_equal(symlink("../../secret", path), 0);
	assert_string_equal(why_not("flash:leave"), "%Error opening flash:leave (Permission denied)");
	snprintf(path, sizeof path, "%s/deep/flash/rooted", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_string_equal(why_not("flash:rooted"), "%Error opening flash:rooted (Permission denied)");
	assert_false(files_replace(files, "flash:rooted", 0, "x", 1, &err));
	assert_false(files_append(files, "flash:leave", 0, "x", 1, &err));
	assert_string_equal(content("nvram:secret"), "out");
}

static void
no_pipe_is_read(void **state)
{
	char path[128];
	struct err err = ERR_INIT;
	struct text *t = text_new(ctx);

	assert_true(files_replace(files, "flash:a", 0, "", 0, &err));
	snprintf(path, sizeof path, "%s/deep/flash/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(files_read(files, "flash:fifo", 0, 1000, t, &err));
	assert_false(files_read(files, "flash:", 0, 1000, t, &err));
	assert_string_equal(err.text, "%Error opening flash: (Is a directory)");
	assert_true(files_replace(files, "flash:big", 0, "0123456789", 10, &err));
	assert_false(files_read(files, "flash:big", 0, 5, t, &err));
}

static void
absolute_paths_when_asked_for(void **state)
{
	char path[128];
	struct err err = ERR_INIT;
	struct text *t = text_new(ctx);

	snprintf(path, sizeof path, "%s/absolute", dir);
	assert_false(files_replace(files, path, 0, "x", 1, &err));
	assert_true(files_append(files, path, FILES_ABSOLUTE, "x", 1, &err));
	assert_true(files_replace(files, path, FILES_ABSOLUTE, "yz", 2, &err));
	assert_true(files_read(files, path, FILES_ABSOLUTE, 100, t, &err));
	assert_string_equal(t->s, "yz");
	assert_true(files_delete(files, path, FILES_ABSOLUTE, &err));
}

static void
add_name(void *arg, const char *name, const struct stat *st)
{
	text_printf(arg, "%s=%lld ", name, (long long)st->st_size);
}

static void
lists(void **state)
{
	struct err err = ERR_INIT;
	struct text *t = text_new(ctx);

	assert_true(files_list(files, "flash:", 0, add_name, t, &err)); /* nothing there yet */
	assert_string_equal(t->s, "");
	assert_true(files_replace(files, "b", 0, "22", 2, &err));
	assert_true(files_replace(files, "a", 0, "1", 1, &err));
	assert_true(files_list(files, "flash:", 0, add_name, t, &err));
	assert_string_equal(t->s, "a=1 b=2 ");
	assert_false(files_list(files, "flash:none", 0, add_name, t, &err));
	text_clear(t);
	files_canonical(files, "/x", t);
	files_canonical(files, "FLASH:/y", t);
	files_canonical(files, "z", t);
	assert_string_equal(t->s, "/xflash:yflash:z");
}

static void
no_files_at_all(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(files_open(NULL, "flash:x", O_RDONLY, FILES_ABSOLUTE, &err), -1);
	assert_int_equal(files_open(NULL, "/etc/passwd", O_RDONLY, FILES_ABSOLUTE, &err), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(write_and_read),
		T(the_jail),
		T(no_pipe_is_read),
		T(absolute_paths_when_asked_for),
		T(lists),
		T(no_files_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
