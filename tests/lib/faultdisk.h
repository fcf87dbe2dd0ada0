/*
 * A disk under SQLite that remembers every write and every sync, and loses power at any of them; and one whose
 * writes and syncs fail. It is SQLite's default VFS while it is installed; the files themselves are real. One
 * process, any thread.
 */
#ifndef TESTS_LIB_FAULTDISK_H
#define TESTS_LIB_FAULTDISK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define DISK_FILES 8
#define DISK_NAME  512

enum disk_what { DISK_WRITE, DISK_TRUNCATE, DISK_SYNC, DISK_DELETE };

struct disk_op {
	enum disk_what what;
	int file; /* index of disk.names */
	sqlite3_int64 at;
	size_t n;
	unsigned char *data;
	bool lost; /* its sync has failed: the kernel took it for written */
};

static struct {
	sqlite3_vfs vfs, *real;
	pthread_mutex_t lock;
	char names[DISK_FILES][DISK_NAME];
	int files;
	struct disk_op *ops;
	size_t count, room;
	size_t calls, fail_at, fail_times; /* of writes and syncs; 0: none fails */
	size_t failed_from;
	bool off;
} disk;

struct disk_file {
	sqlite3_file base;
	int file;
	sqlite3_file *real; /* behind it */
};

static inline sqlite3_file *
disk_real(sqlite3_file *f)
{
	return ((struct disk_file *)f)->real;
}

static inline int
disk_file_of(const char *name)
{
	for (int i = 0; i < disk.files; i++)
		if (strcmp(disk.names[i], name) == 0)
			return i;
	if (disk.files == DISK_FILES)
		abort();
	snprintf(disk.names[disk.files], DISK_NAME, "%s", name);
	return disk.files++;
}

static inline void
disk_record(enum disk_what what, int file, sqlite3_int64 at, const void *data, size_t n)
{
	struct disk_op *op;

	if (disk.off)
		return;
	if (disk.count == disk.room) {
		disk.room = disk.room == 0 ? 1024 : disk.room * 2;
		disk.ops = realloc(disk.ops, disk.room * sizeof *disk.ops);
	}
	op = &disk.ops[disk.count++];
	*op = (struct disk_op){ .what = what, .file = file, .at = at, .n = n };
	if (data == NULL)
		return;
	op->data = malloc(n);
	memcpy(op->data, data, n);
}

/* Does this call fail? What a sync that fails should have written is lost although it can be read. */
static inline bool
disk_fails(void)
{
	disk.calls += !disk.off;
	return !disk.off && disk.fail_at != 0 && disk.calls >= disk.fail_at &&
	       disk.calls < disk.fail_at + disk.fail_times;
}

static inline int
disk_close(sqlite3_file *f)
{
	int code = disk_real(f)->pMethods->xClose(disk_real(f));

	free(disk_real(f));
	return code;
}

static inline int
disk_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return disk_real(f)->pMethods->xRead(disk_real(f), to, n, at);
}

static inline int
disk_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	bool fails;

	pthread_mutex_lock(&disk.lock);
	fails = disk_fails();
	if (!fails)
		disk_record(DISK_WRITE, ((struct disk_file *)f)->file, at, from, (size_t)n);
	pthread_mutex_unlock(&disk.lock);
	return fails ? SQLITE_IOERR_WRITE : disk_real(f)->pMethods->xWrite(disk_real(f), from, n, at);
}

static inline int
disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	pthread_mutex_lock(&disk.lock);
	disk_record(DISK_TRUNCATE, ((struct disk_file *)f)->file, size, NULL, 0);
	pthread_mutex_unlock(&disk.lock);
	return disk_real(f)->pMethods->xTruncate(disk_real(f), size);
}

static inline void
disk_lose(int file)
{
	for (size_t i = disk.count; i > 0; i--) {
		struct disk_op *op = &disk.ops[i - 1];

		if (op->file != file)
			continue;
		if (op->what == DISK_SYNC)
			return;
		op->lost = true;
	}
}

static inline int
disk_sync(sqlite3_file *f, int flags)
{
	int file = ((struct disk_file *)f)->file;
	bool fails;

	(void)flags; /* the images are made of the record: nothing need reach the real disk */
	pthread_mutex_lock(&disk.lock);
	fails = disk_fails();
	if (fails)
		disk_lose(file);
	disk_record(DISK_SYNC, file, 0, NULL, 0);
	pthread_mutex_unlock(&disk.lock);
	return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static inline int
disk_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return disk_real(f)->pMethods->xFileSize(disk_real(f), size);
}

static inline int
disk_lock(sqlite3_file *f, int how)
{
	return disk_real(f)->pMethods->xLock(disk_real(f), how);
}

static inline int
disk_unlock(sqlite3_file *f, int how)
{
	return disk_real(f)->pMethods->xUnlock(disk_real(f), how);
}

static inline int
disk_reserved(sqlite3_file *f, int *out)
{
	return disk_real(f)->pMethods->xCheckReservedLock(disk_real(f), out);
}

static inline int
disk_control(sqlite3_file *f, int op, void *arg)
{
	return disk_real(f)->pMethods->xFileControl(disk_real(f), op, arg);
}

static inline int
disk_sector(sqlite3_file *f)
{
	return disk_real(f)->pMethods->xSectorSize(disk_real(f));
}

static inline int
disk_traits(sqlite3_file *f)
{
	return disk_real(f)->pMethods->xDeviceCharacteristics(disk_real(f));
}

static inline int
disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return disk_real(f)->pMethods->xShmMap(disk_real(f), page, size, extend, p);
}

static inline int
disk_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return disk_real(f)->pMethods->xShmLock(disk_real(f), offset, n, flags);
}

static inline void
disk_shm_barrier(sqlite3_file *f)
{
	disk_real(f)->pMethods->xShmBarrier(disk_real(f));
}

static inline int
disk_shm_unmap(sqlite3_file *f, int delete)
{
	return disk_real(f)->pMethods->xShmUnmap(disk_real(f), delete);
}

static inline int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	static const sqlite3_io_methods methods = { 2, disk_close, disk_read, disk_write, disk_truncate,
		disk_sync, disk_size, disk_lock, disk_unlock, disk_reserved, disk_control, disk_sector,
		disk_traits, disk_shm_map, disk_shm_lock, disk_shm_barrier, disk_shm_unmap, NULL, NULL };
	struct disk_file *file = (struct disk_file *)f;
	int code;

	(void)vfs;
	f->pMethods = NULL;
	file->real = calloc(1, (size_t)disk.real->szOsFile);
	code = disk.real->xOpen(disk.real, name, file->real, flags, out);
	if (code != SQLITE_OK) {
		free(file->real);
		return code;
	}
	pthread_mutex_lock(&disk.lock);
	file->file = disk.off ? 0 : disk_file_of(name == NULL ? "" : name);
	pthread_mutex_unlock(&disk.lock);
	f->pMethods = &methods;
	return SQLITE_OK;
}

static inline int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	pthread_mutex_lock(&disk.lock);
	if (!disk.off)
		disk_record(DISK_DELETE, disk_file_of(name), 0, NULL, 0);
	pthread_mutex_unlock(&disk.lock);
	return disk.real->xDelete(disk.real, name, sync);
}

static inline void
disk_install(void)
{
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = "faultdisk";
	disk.vfs.szOsFile = sizeof(struct disk_file);
	disk.vfs.xOpen = disk_open;
	disk.vfs.xDelete = disk_delete;
	pthread_mutex_init(&disk.lock, NULL);
	sqlite3_vfs_register(&disk.vfs, 1);
}

/* The record begins anew; no file is open. */
static inline void
disk_forget(void)
{
	for (size_t i = 0; i < disk.count; i++)
		free(disk.ops[i].data);
	disk.count = disk.calls = disk.fail_at = 0;
	disk.files = 0;
}

static inline void
disk_remove(void)
{
	sqlite3_vfs_unregister(&disk.vfs);
	disk_forget();
	free(disk.ops);
	memset(&disk, 0, sizeof disk);
}

/* The record stays as it is: images are looked at. */
static inline void
disk_off(bool off)
{
	disk.off = off;
}

/* How many operations there have been. */
static inline size_t
disk_now(void)
{
	size_t n;

	pthread_mutex_lock(&disk.lock);
	n = disk.count;
	pthread_mutex_unlock(&disk.lock);
	return n;
}

/* ---- what is on the disk when the power goes ---- */

enum disk_fate { DISK_DROPPED, DISK_KEPT, DISK_CHANCE }; /* of what was written and not synced */

static inline unsigned
disk_chance(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

/* For each operation: has its file been synced behind it? */
static inline bool *
disk_synced(size_t until)
{
	bool *synced = calloc(until + 1, sizeof *synced), seen[DISK_FILES] = { false };

	for (size_t i = until; i > 0; i--) {
		const struct disk_op *op = &disk.ops[i - 1];

		seen[op->file] |= op->what == DISK_SYNC;
		synced[i - 1] = seen[op->file] && !op->lost;
	}
	return synced;
}

struct disk_bytes {
	unsigned char *data;
	size_t n, room;
	bool exists;
};

static inline void
disk_resize(struct disk_bytes *b, size_t n)
{
	if (n > b->room) {
		b->room = n * 2;
		b->data = realloc(b->data, b->room);
	}
	if (n > b->n)
		memset(b->data + b->n, 0, n - b->n);
	b->n = n;
	b->exists = true;
}

/* A write that nobody had waited for: some of its sectors may have been written, in any order. */
static inline void
disk_apply(struct disk_bytes *b, const struct disk_op *op, enum disk_fate fate, uint64_t *seed)
{
	if ((size_t)op->at + op->n > b->n)
		disk_resize(b, (size_t)op->at + op->n);
	for (size_t at = 0; at < op->n; at += 512) {
		size_t n = op->n - at < 512 ? op->n - at : 512;

		if (fate != DISK_CHANCE || disk_chance(seed) % 4 != 0)
			memcpy(b->data + op->at + at, op->data + at, n);
	}
}

/*
 * The file (its name ends so) as it is after `until` operations into `path`: what was synced, and of the rest
 * nothing, all, or what the seed says. A file that was deleted, or of which nothing is left, is not made.
 */
static inline void
disk_image(const char *ending, const char *path, size_t until, enum disk_fate fate, uint64_t seed)
{
	struct disk_bytes b = { 0 };
	bool *synced = disk_synced(until);
	FILE *f;

	for (size_t i = 0; i < until; i++) {
		const struct disk_op *op = &disk.ops[i];
		const char *name = disk.names[op->file];
		size_t n = strlen(name), e = strlen(ending);

		if (n < e || strcmp(name + n - e, ending) != 0 || op->what == DISK_SYNC)
			continue;
		if (op->what == DISK_DELETE) {
			b.n = 0;
			b.exists = false;
			continue;
		}
		if (!synced[i] && (fate == DISK_DROPPED || op->lost ||
					  (fate == DISK_CHANCE && disk_chance(&seed) % 3 == 0)))
			continue;
		if (op->what == DISK_TRUNCATE)
			disk_resize(&b, (size_t)op->at);
		else
			disk_apply(&b, op, synced[i] ? DISK_KEPT : fate, &seed);
	}
	f = b.exists ? fopen(path, "wb") : NULL;
	if (f != NULL) {
		fwrite(b.data, 1, b.n, f);
		fclose(f);
	}
	free(b.data);
	free(synced);
}

#endif
