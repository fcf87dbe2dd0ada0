/* Where a follower stands in what it reads. */
#include "syslog/position.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "core/mem.h"

#define SLOT_SIZE 4096
#define SLOTS     2

/* A slot: a line of header, then the text. */
#define HEADER "eventd-position %" PRIu64 " %08lx %zu\n"

struct position {
	int fd;
	uint64_t count; /* of saves: the newer slot has the greater */
	char *what, *text;
	bool unsynced;
};

static int
position_free(void *ptr)
{
	struct position *p = ptr;

	position_sync(p);
	close(p->fd);
	return 0;
}

/* The text begins with what it is about: two names may have one digest. */
static void
read_slot(struct position *p, unsigned slot)
{
	char bytes[SLOT_SIZE + 1], *body;
	ssize_t n = pread(p->fd, bytes, SLOT_SIZE, (off_t)slot * SLOT_SIZE);
	size_t len, about = strlen(p->what);
	unsigned long sum;
	uint64_t count;

	if (n <= 0)
		return;
	bytes[n] = '\0';
	body = strchr(bytes, '\n');
	if (body == NULL || sscanf(bytes, HEADER, &count, &sum, &len) != 3 || count <= p->count)
		return;
	body++;
	if (len > (size_t)(bytes + n - body) || crc32(0, (const Bytef *)body, (uInt)len) != sum ||
		len < about + 1 || memcmp(body, p->what, about) != 0 || body[about] != '\n')
		return;
	p->count = count;
	mem_free(p->text);
	p->text = mem_strndup(p, body + about + 1, len - about - 1);
}

static uint64_t
digest(const char *s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	while (*s != '\0')
		h = (h ^ (uint8_t)*s++) * 1099511628211u;
	return h;
}

struct position *
position_open(const void *ctx, const char *dir, const char *what, struct err *err)
{
	struct position *p = mem_new(ctx, struct position);
	char *path;

	p->what = mem_strdup(p, what);
	path = mem_printf(p, "%s/%016" PRIx64, dir, digest(what));
	if (mkdir(dir, 0750) != 0 && errno != EEXIST) {
		err_errno(err, "%s", dir);
		mem_free(p);
		return NULL;
	}
	p->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->fd < 0 || flock(p->fd, LOCK_EX) != 0) {
		err_errno(err, "%s", path);
		if (p->fd >= 0)
			close(p->fd);
		mem_free(p);
		return NULL;
	}
	mem_on_free(p, position_free);
	for (unsigned i = 0; i < SLOTS; i++)
		read_slot(p, i);
	return p;
}

const char *
position_text(const struct position *p)
{
	return p->text;
}

bool
position_save(struct position *p, const char *text, struct err *err)
{
	size_t room = strlen(p->what) + 1, len = room + strlen(text);
	char bytes[SLOT_SIZE] = { 0 }, *body;
	int head;

	if (p->text != NULL && strcmp(p->text, text) == 0)
		return true;
	body = mem_printf(NULL, "%s\n%s", p->what, text);
	head = snprintf(bytes, sizeof bytes, HEADER, p->count + 1,
		(unsigned long)crc32(0, (const Bytef *)body, (uInt)len), len);
	if ((size_t)head + len > sizeof bytes) {
		mem_free(body);
		return err_set(err, ERR_RANGE, "a position of %zu octets is too long to be kept", len);
	}
	memcpy(bytes + head, body, len);
	mem_free(body);
	if (pwrite(p->fd, bytes, sizeof bytes, (off_t)((p->count + 1) % SLOTS) * SLOT_SIZE) != sizeof bytes)
		return err_errno(err, "the position in %s", p->what);
	p->count++;
	mem_free(p->text);
	p->text = mem_strdup(p, text);
	p->unsynced = true;
	return true;
}

void
position_sync(struct position *p)
{
	if (p->unsynced && fdatasync(p->fd) == 0)
		p->unsynced = false;
}
