/* The files behind one name that is followed. */
#include "syslog/follow/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "syslog/follow/siblings.h"

#define READ_SIZE ((size_t)64 * 1024)
#define LET_GO    (10 * USEC_PER_SEC) /* writers that have not yet been told of the rotation */
#define SUM_LEAST 32u                 /* octets that tell a copy by its beginning */

static int
part_free(void *ptr)
{
	close(((struct part *)ptr)->fd);
	return 0;
}

/* At the end of the chain, or in front of `before`. The descriptor is the part's from now on. */
static struct part *
part_add(struct chain *c, int fd, const struct stat *st, struct part *before)
{
	struct part *p = mem_new(c, struct part);

	p->fd = fd;
	p->device = st->st_dev;
	p->inode = st->st_ino;
	mem_on_free(p, part_free);
	if (before != NULL)
		TAILQ_INSERT_BEFORE(before, p, entry);
	else
		TAILQ_INSERT_TAIL(&c->parts, p, entry);
	c->count++;
	return p;
}

static void
part_drop(struct chain *c, struct part *p)
{
	TAILQ_REMOVE(&c->parts, p, entry);
	c->count--;
	mem_free(p);
}

/* ---- beginnings ---- */

uint32_t
chain_sum(int fd, uint32_t n)
{
	unsigned char head[CHAIN_HEAD];

	if (n > sizeof head || pread(fd, head, n, 0) != (ssize_t)n)
		return 0;
	return (uint32_t)crc32(0, head, n);
}

/* More of the beginning, as the file grows. */
static void
learn_head(struct part *p, off_t size)
{
	uint32_t n = size < CHAIN_HEAD ? (uint32_t)size : CHAIN_HEAD;

	if (n <= p->head_n)
		return;
	p->head_n = n;
	p->head_sum = chain_sum(p->fd, n);
}

static bool
has_head(int fd, const struct part *p)
{
	return p->head_n == 0 || chain_sum(fd, p->head_n) == p->head_sum;
}

/* ---- what has become of the name ---- */

static void
complain(struct chain *c, int error)
{
	char *text;

	if (error == c->failed)
		return;
	c->failed = error;
	if (error == 0 || error == ENOENT || error == ENOTDIR)
		return;
	text = mem_printf(NULL, "%s: %s", c->path, error == EISDIR ? "not a file" : strerror(error));
	c->say(c->arg, text);
	mem_free(text);
}

/* -1: there is none. */
static int
open_file(struct chain *c, const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode)) {
		complain(c, 0);
		return fd;
	}
	complain(c, fd >= 0 ? EISDIR : errno);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The file was emptied under its name: what we had not read may stand in a copy (logrotate's copytruncate). */
static void
follow_truncated(struct chain *c, struct part *p, usec now)
{
	struct stat st;
	struct part *copy;
	int fd = p->head_n >= SUM_LEAST ? siblings_copy(c->path, p->head_n, p->head_sum, p->inode) : -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > p->at && c->count < CHAIN_MAX) {
		copy = part_add(c, fd, &st, p);
		copy->at = p->at;
		copy->head_n = p->head_n;
		copy->head_sum = p->head_sum;
		copy->lines = p->lines;
		copy->quiet_since = now;
	} else if (fd >= 0) {
		close(fd);
	}
	p->at = 0;
	p->head_n = 0;
	p->lines.skip = false;
}

static void
add_sibling(void *arg, int fd, const struct stat *st)
{
	struct chain *c = arg;
	const struct part *p;

	TAILQ_FOREACH (p, &c->parts, entry)
		if (p->inode == st->st_ino && p->device == st->st_dev)
			break;
	if (p == NULL && c->count + 1 < CHAIN_MAX)
		learn_head(part_add(c, fd, st, NULL), st->st_size);
	else
		close(fd);
}

void
chain_look(struct chain *c, usec now)
{
	struct part *current = TAILQ_LAST(&c->parts, part_list), *next;
	struct stat st;
	int fd;

	if (current != NULL && fstat(current->fd, &st) == 0) {
		if (st.st_size < current->at || !has_head(current->fd, current))
			follow_truncated(c, current, now);
		learn_head(current, st.st_size);
	}
	if (current != NULL && stat(c->path, &st) == 0 && st.st_dev == current->device &&
		st.st_ino == current->inode)
		return;
	if (c->count >= CHAIN_MAX)
		return;      /* until older ones have been read */
	if (current != NULL) /* it may have been rotated twice since we looked */
		siblings_after(c->path, current->fd, add_sibling, c);
	fd = open_file(c, c->path, &st);
	if (fd < 0)
		return;
	next = part_add(c, fd, &st, NULL);
	learn_head(next, st.st_size);
	if (current != NULL)
		current->quiet_since = now;
}

/* ---- reading ---- */

/* False: nothing new. */
static bool
read_part(struct part *p, bool last, chain_line_f *f, void *arg)
{
	char *bytes = malloc(READ_SIZE);
	ssize_t got = bytes != NULL ? pread(p->fd, bytes, READ_SIZE, p->at) : 0;
	size_t n = got > 0 ? (size_t)got : 0, at = 0, used;
	struct slice line;
	bool cut;

	while (lines_next(&p->lines, bytes + at, n - at, last && n < READ_SIZE, &line, &cut, &used)) {
		f(arg, line, cut);
		at += used;
	}
	at += used;
	p->at += (off_t)at;
	free(bytes);
	return at > 0;
}

bool
chain_read(struct chain *c, usec now, chain_line_f *f, void *arg)
{
	struct part *p, *next;

	for (p = TAILQ_FIRST(&c->parts); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (read_part(p, false, f, arg)) {
			p->quiet_since = now;
			return true;
		}
		if (next != NULL && now - p->quiet_since >= LET_GO) {
			read_part(p, true, f, arg);
			part_drop(c, p);
			return true;
		}
	}
	return false;
}

/* ---- positions ---- */

char *
chain_position(const void *ctx, const struct chain *c)
{
	json_t *parts = json_array(), *whole;
	const struct part *p;
	char *text, *copy;

	TAILQ_FOREACH (p, &c->parts, entry)
		json_array_append_new(
			parts, json_pack("[I, I, I, I, I, b]", (json_int_t)p->device, (json_int_t)p->inode,
				       (json_int_t)p->at, (json_int_t)p->head_n, (json_int_t)p->head_sum,
				       p->lines.skip));
	whole = json_pack("{s:o}", "parts", parts);
	text = json_dumps(whole, JSON_COMPACT);
	copy = mem_strdup(ctx, text);
	free(text);
	json_decref(whole);
	return copy;
}

/* A file that fits what was saved, under its name or another: -1 when it is gone. */
static int
find_saved(const struct chain *c, const struct part *saved)
{
	struct stat st;
	int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == saved->inode &&
		st.st_dev == saved->device && st.st_size >= saved->at && has_head(fd, saved))
		return fd;
	if (fd >= 0)
		close(fd);
	fd = siblings_inode(c->path, saved->inode, saved->device, saved->head_n, saved->head_sum);
	if (fd < 0 && saved->head_n >= SUM_LEAST)
		fd = siblings_copy(c->path, saved->head_n, saved->head_sum, 0);
	return fd;
}

static struct part *
restore_part(struct chain *c, const json_t *j, usec now)
{
	struct part saved = { .fd = -1 }, *p;
	json_int_t device, inode, at, n, sum;
	struct stat st;
	int skip, fd;

	if (json_unpack((json_t *)(uintptr_t)j, "[I, I, I, I, I, b]", &device, &inode, &at, &n, &sum,
		    &skip) != 0 ||
		at < 0 || n < 0 || n > CHAIN_HEAD)
		return NULL;
	saved.device = (dev_t)device;
	saved.inode = (ino_t)inode;
	saved.at = (off_t)at;
	saved.head_n = (uint32_t)n;
	saved.head_sum = (uint32_t)sum;
	fd = find_saved(c, &saved);
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	p = part_add(c, fd, &st, NULL);
	p->at = saved.at <= st.st_size ? saved.at : st.st_size;
	p->head_n = saved.head_n;
	p->head_sum = saved.head_sum;
	p->lines.skip = skip != 0;
	p->quiet_since = now;
	return p;
}

/* What was rotated while nobody looked: after the last one that we know, oldest first. */
static void
restore(struct chain *c, const char *position)
{
	json_t *whole = json_loads(position, 0, NULL), *parts = json_object_get(whole, "parts"), *item;
	usec now = 0; /* of files that were rotated away: they are let go when they are read */
	struct part *last = NULL;
	struct stat st;
	bool is_current;
	size_t i;

	json_array_foreach(parts, i, item) last = c->count < CHAIN_MAX ? restore_part(c, item, now) : last;
	is_current = last != NULL && stat(c->path, &st) == 0 && st.st_ino == last->inode &&
		     st.st_dev == last->device;
	if (last != NULL && !is_current) {
		siblings_after(c->path, last->fd, add_sibling, c);
	} else if (last == NULL && json_array_size(parts) > 0) {
		char *text = mem_printf(
			NULL, "%s: the file that was read is gone; lines at its end may be lost", c->path);

		c->say(c->arg, text);
		mem_free(text);
	}
	json_decref(whole);
}

static int
chain_free(void *ptr)
{
	struct chain *c = ptr;
	struct part *p;

	while ((p = TAILQ_FIRST(&c->parts)) != NULL)
		part_drop(c, p);
	return 0;
}

struct chain *
chain_new(const void *ctx, const char *path, const char *position, void (*say)(void *arg, const char *text),
	void *arg)
{
	struct chain *c = mem_new(ctx, struct chain);
	struct part *p;
	char end;

	c->path = mem_strdup(c, path);
	c->say = say;
	c->arg = arg;
	TAILQ_INIT(&c->parts);
	mem_on_free(c, chain_free);
	if (position != NULL)
		restore(c, position);
	chain_look(c, 0);
	if (position == NULL && (p = TAILQ_FIRST(&c->parts)) != NULL) {
		p->at = lseek(p->fd, 0, SEEK_END);
		p->lines.skip = p->at > 0 && pread(p->fd, &end, 1, p->at - 1) == 1 && end != '\n';
	}
	return c;
}
