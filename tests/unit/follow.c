/* What followers are made of: lines, positions, chains of rotated files, the journal's export format. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/text.h"
#include "syslog/follow/chain.h"
#include "syslog/journal/export.h"
#include "syslog/message.h"
#include "syslog/position.h"

struct place {
	void *ctx;
	char dir[64], path[96];
	struct text *seen; /* "line|" */
	struct text *said;
};

static struct place *
place_new(void)
{
	void *ctx = mem_ctx(NULL, "test");
	struct place *p = mem_new(ctx, struct place);

	p->ctx = ctx;
	strcpy(p->dir, "/tmp/eventd-follow-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/log", p->dir);
	p->seen = text_new(ctx);
	p->said = text_new(ctx);
	return p;
}

static void
place_free(struct place *p)
{
	char *command = mem_printf(p->ctx, "rm -r %s", p->dir);

	assert_int_equal(system(command), 0);
	mem_free(p->ctx);
}

static void
put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
line(void *arg, struct slice s, bool cut)
{
	struct place *p = arg;

	text_printf(p->seen, "%.*s%s|", SLICE_FMT(s), cut ? "..." : "");
}

static void
say(void *arg, const char *text)
{
	struct place *p = arg;

	text_printf(p->said, "%s|", text);
}

static struct chain *
chain_of(struct place *p, const char *position)
{
	return chain_new(p->ctx, p->path, position, say, p);
}

static void
expect(struct place *p, struct chain *c, usec now, const char *want)
{
	text_drop(p->seen, p->seen->len);
	chain_look(c, now);
	while (chain_read(c, now, line, p))
		;
	assert_string_equal(p->seen->s, want);
}

static void
move(struct place *p, const char *from, const char *to)
{
	char *a = mem_printf(p->ctx, "%s%s", p->path, from), *b = mem_printf(p->ctx, "%s%s", p->path, to);

	assert_int_equal(rename(a, b), 0);
}

/* ---- chains ---- */

static void
test_it_begins_at_the_end(void **state)
{
	struct place *p = place_new();
	struct chain *c;

	put(p->path, 0, "old\nhalf of a li");
	c = chain_of(p, NULL);
	expect(p, c, 0, "");
	put(p->path, O_APPEND, "ne\nnew\nnot y");
	expect(p, c, 0, "new|");
	put(p->path, O_APPEND, "et\n");
	expect(p, c, 0, "not yet|");
	place_free(p);
}

static void
test_rotation_by_renaming(void **state)
{
	struct place *p = place_new();
	struct chain *c = chain_of(p, NULL);
	char *old = mem_printf(p->ctx, "%s.1", p->path);

	put(p->path, 0, "1\n");
	expect(p, c, 0, "1|");
	move(p, "", ".1");
	put(old, O_APPEND, "2\nand the rest is never ended");
	expect(p, c, 0, "2|");
	put(p->path, 0, "3\n");
	expect(p, c, USEC_PER_SEC, "3|");
	expect(p, c, 5 * USEC_PER_SEC, "");
	expect(p, c, 20 * USEC_PER_SEC, "and the rest is never ended|");
	assert_int_equal(c->count, 1);
	put(old, O_APPEND, "too late\n");
	expect(p, c, 21 * USEC_PER_SEC, "");
	/* Twice while nobody looked; what is still written to the oldest is no reason to read that again. */
	move(p, ".1", ".3");
	move(p, "", ".2");
	put(p->path, 0, "4\n5\n");
	move(p, "", ".1");
	put(p->path, 0, "6\n");
	put(mem_printf(p->ctx, "%s.3", p->path), O_APPEND, "far too late\n");
	expect(p, c, 22 * USEC_PER_SEC, "4|5|6|");
	place_free(p);
}

static void
test_rotation_by_copying(void **state)
{
	struct place *p = place_new();
	const char *first = "a first line that is long enough to tell one file from another\n";
	struct chain *c = chain_of(p, NULL);
	char *copy = mem_printf(p->ctx, "%s.1", p->path), *want;

	put(p->path, 0, first);
	want = mem_printf(p->ctx, "%.*s|", (int)strlen(first) - 1, first);
	expect(p, c, 0, want);
	/* Two lines more, of which the second is only in the copy when we look. */
	put(copy, 0, mem_printf(p->ctx, "%s2\n3\n", first));
	put(p->path, O_TRUNC, "4\n");
	expect(p, c, 0, "2|3|4|");
	/* It may grow beyond where it was before we look: its beginning tells. */
	put(p->path, O_TRUNC, "another first line, longer than the whole file was before it was emptied\n");
	expect(p, c, 0, "another first line, longer than the whole file was before it was emptied|");
	put(p->path, O_TRUNC, "");
	expect(p, c, 0, "");
	put(p->path, 0, "5\n");
	expect(p, c, 0, "5|");
	place_free(p);
}

/* From one life to the next, whatever happens between. */
static void
test_positions(void **state)
{
	struct place *p = place_new();
	struct chain *c = chain_of(p, NULL);
	char *at;

	put(p->path, 0, "1\n2\nhal");
	expect(p, c, 0, "1|2|");
	at = chain_position(p->ctx, c);
	mem_free(c);
	put(p->path, O_APPEND, "f\n3\n");
	c = chain_of(p, at);
	expect(p, c, 0, "half|3|");
	at = chain_position(p->ctx, c);
	mem_free(c);
	/* Rotated twice, and a stranger and a compressed one beside. */
	put(p->path, O_APPEND, "4\n");
	move(p, "", ".1");
	put(p->path, 0, "5\n");
	move(p, ".1", ".2");
	move(p, "", ".1");
	put(p->path, 0, "6\n");
	put(mem_printf(p->ctx, "%s.old", p->path), 0, "stranger\n");
	put(mem_printf(p->ctx, "%s.3.gz", p->path), 0, "compressed\n");
	c = chain_of(p, at);
	expect(p, c, 0, "4|5|6|");
	assert_string_equal(p->said->s, "");
	at = chain_position(p->ctx, c);
	mem_free(c);
	/* The same again: nothing. */
	c = chain_of(p, at);
	expect(p, c, 0, "");
	mem_free(c);
	/* Gone: what is there now is new, and somebody is told. */
	unlink(p->path);
	put(p->path, 0, "7\n");
	c = chain_of(p, at);
	expect(p, c, 0, "7|");
	mem_free(c);
	c = chain_of(p, "{\"parts\":[[1,2,-3,4,5,false],7,[]]}");
	expect(p, c, 0, "7|");
	place_free(p);
}

static void
test_long_lines_and_zeros(void **state)
{
	struct place *p = place_new();
	struct chain *c = chain_of(p, NULL);
	char *big = mem_array(p->ctx, char, 3 * SYSLOG_LINE_MAX), *at;
	int fd;

	memset(big, 'x', 3 * SYSLOG_LINE_MAX - 1);
	put(p->path, 0, big);
	chain_look(c, 0);
	while (chain_read(c, 0, line, p))
		;
	assert_int_equal(p->seen->len, SYSLOG_LINE_MAX + 4);
	at = chain_position(p->ctx, c);
	mem_free(c);
	c = chain_of(p, at); /* in the middle of it */
	put(p->path, O_APPEND, "tail\nnext\n");
	fd = open(p->path, O_WRONLY | O_APPEND);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) + 700), 0);
	close(fd);
	put(p->path, O_APPEND, "last\n");
	expect(p, c, 0, "next|last|");
	place_free(p);
}

/* ---- positions ---- */

static void
test_slots_survive_a_torn_write(void **state)
{
	struct place *p = place_new();
	struct err err = ERR_INIT;
	struct position *pos = position_open(p->ctx, p->dir, "x", &err);
	char *path = NULL, *long_text = mem_array(p->ctx, char, 5000);
	FILE *names;
	int fd;

	assert_null(position_text(pos));
	for (unsigned i = 0; i < 5; i++)
		assert_true(position_save(pos, mem_printf(p->ctx, "at %u", i), &err));
	memset(long_text, 'x', 4999);
	assert_false(position_save(pos, long_text, &err));
	mem_free(pos);
	names = popen(mem_printf(p->ctx, "ls %s", p->dir), "r");
	assert_non_null(fgets(long_text, 100, names));
	pclose(names);
	path = mem_printf(p->ctx, "%s/%.16s", p->dir, long_text);
	pos = position_open(p->ctx, p->dir, "x", &err);
	assert_string_equal(position_text(pos), "at 4");
	mem_free(pos);
	/* The fifth save went to slot 1: half of it is from another world. */
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 4096 + 34), 4);
	pos = position_open(p->ctx, p->dir, "x", &err);
	assert_string_equal(position_text(pos), "at 3");
	assert_true(position_save(pos, "at 5", &err));
	mem_free(pos);
	assert_int_equal(ftruncate(fd, 10), 0);
	close(fd);
	pos = position_open(p->ctx, p->dir, "x", &err);
	assert_null(position_text(pos));
	place_free(p);
}

/* ---- the journal ---- */

static void
test_an_entry_is_a_message(void **state)
{
	static const char two[] =
		"__CURSOR=c1\n__REALTIME_TIMESTAMP=1700000000123456\nPRIORITY=3\nSYSLOG_FACILITY=23\n"
		"SYSLOG_IDENTIFIER=my app\n_PID=7\nSYSLOG_PID=8\n_HOSTNAME=r1\n_TRANSPORT=syslog\n"
		"_SYSTEMD_UNIT=a]b.service\nX=1\nMESSAGE\n\7\0\0\0\0\0\0\0one\ntwo\nMESSAGE=other\n\n"
		"__CURSOR=c2\nPRIORITY=99\nSYSLOG_FACILITY=x\n\n"
		"NOT=ours\n\n";
	static char room[EXPORT_ROOM];
	size_t n = sizeof two - 1;

	for (size_t step = 1; step <= n; step++) {
		struct export *x = export_new(NULL);
		struct text *seen = text_new(x);
		size_t at = 0, used;

		while (at < n) {
			size_t take = step < n - at ? step : n - at;
			struct slice m;

			if (export_feed(x, two + at, take, &used)) {
				m = export_message(x, room);
				text_printf(seen, "%.*s %.*s|", SLICE_FMT(export_field(x, EXPORT_CURSOR)),
					SLICE_FMT(m));
			}
			at += used;
		}
		assert_string_equal(seen->s, "c1 <187>1 2023-11-14T22:13:20.123456Z r1 my_app 8 - "
					     "[journal transport=\"syslog\" unit=\"a\\]b.service\"] one\ntwo|"
					     "c2 <14>1 1970-01-01T00:00:00.000000Z - - - - [journal] |");
		mem_free(x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_begins_at_the_end),
		cmocka_unit_test(test_rotation_by_renaming),
		cmocka_unit_test(test_rotation_by_copying),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_long_lines_and_zeros),
		cmocka_unit_test(test_slots_survive_a_torn_write),
		cmocka_unit_test(test_an_entry_is_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
