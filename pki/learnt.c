/* Keeps what helpers have learnt about revocation. */
#include "pki/learnt.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"
#include "pki/revocation_cache.h"

#define FOLDER      "revocation"
#define KEY_MAX     4096
#define FILE_MAX    (64u * 1024u * 1024u)
#define NAME_OCTETS 16 /* of the digest that names a file */

struct entry {
	json_t *facts; /* as in the messages */
	uint64_t generation;
	size_t bytes;
};

/* A file to write, or to remove; malloc: worker threads use it. */
struct write {
	STAILQ_ENTRY(write) link;
	char *path, *data;
};
STAILQ_HEAD(writes, write);

struct learnt {
	struct engine *engine;
	struct entry entries[REVOCATION_KEEP_MAX]; /* the oldest first */
	size_t count;
	uint64_t generation, cleared; /* cleared: helpers that knew less have to forget */
	struct writes waiting;
	bool is_writing;
};

/* ---- files ---- */

struct batch {
	struct learnt *learnt;
	struct writes writes;
};

static void
free_writes(struct writes *writes)
{
	struct write *w;

	while ((w = STAILQ_FIRST(writes)) != NULL) {
		STAILQ_REMOVE_HEAD(writes, link);
		free(w->path);
		free(w->data);
		free(w);
	}
}

static void
write_batch(void *data)
{
	struct batch *b = data;
	struct write *w;

	STAILQ_FOREACH (w, &b->writes, link) {
		struct err err = ERR_INIT;

		/* A cache that cannot be written is fetched again after a restart. */
		if (w->data != NULL && path_make_parent(w->path, 0700, &err))
			path_write_file(w->path, w->data, strlen(w->data), 0600, &err);
		else if (w->data == NULL)
			unlink(w->path);
	}
}

static void
free_batch(void *data)
{
	struct batch *b = data;

	free_writes(&b->writes);
	free(b);
}

static void write_next(struct learnt *);

static void
batch_written(void *data)
{
	struct batch *b = data;

	b->learnt->is_writing = false;
	write_next(b->learnt);
}

/* One batch at a time: what is removed stays removed. */
static void
write_next(struct learnt *l)
{
	struct batch *b;

	if (l->is_writing || STAILQ_EMPTY(&l->waiting))
		return;
	b = malloc(sizeof *b);
	if (b == NULL)
		return;
	b->learnt = l;
	STAILQ_INIT(&b->writes);
	STAILQ_CONCAT(&b->writes, &l->waiting);
	l->is_writing = true;
	work_submit(l, l->engine->loop, write_batch, batch_written, free_batch, b);
}

static const char *
text_of(const json_t *facts, const char *key)
{
	const char *s = json_string_value(json_object_get(facts, key));

	return s != NULL ? s : "";
}

static time_t
time_of(const json_t *facts, const char *key)
{
	return (time_t)json_integer_value(json_object_get(facts, key));
}

static char *
file_of(const struct learnt *l, const json_t *facts)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	struct text name;
	char *what = mem_printf(NULL, "%s %s", text_of(facts, "kind"), text_of(facts, "key")), *path;

	text_init(&name, what);
	EVP_Digest(what, strlen(what), md, NULL, EVP_sha256(), NULL);
	text_add_hex(&name, md, NAME_OCTETS, '\0');
	if (asprintf(&path, "%s/" FOLDER "/%s.json", l->engine->state_dir, name.s) < 0)
		path = NULL;
	mem_free(what);
	return path;
}

static void
write_later(struct learnt *l, const json_t *facts, bool remove)
{
	struct write *w;

	if (l->engine->state_dir == NULL || l->engine->is_check)
		return;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return;
	w->path = file_of(l, facts);
	w->data = remove ? NULL : json_dumps(facts, JSON_COMPACT);
	if (w->path == NULL || (!remove && w->data == NULL)) {
		free(w->path);
		free(w->data);
		free(w);
		return;
	}
	STAILQ_INSERT_TAIL(&l->waiting, w, link);
	write_next(l);
}

/* ---- entries ---- */

static time_t
now_of(const struct learnt *l)
{
	return (time_t)(clock_wall(l->engine->clock) / USEC_PER_SEC);
}

static void
drop(struct learnt *l, size_t i)
{
	json_decref(l->entries[i].facts);
	l->count--;
	memmove(&l->entries[i], &l->entries[i + 1], (l->count - i) * sizeof l->entries[0]);
}

static bool
is_same(const json_t *a, const json_t *b)
{
	return strcmp(text_of(a, "kind"), text_of(b, "kind")) == 0 &&
	       strcmp(text_of(a, "key"), text_of(b, "key")) == 0;
}

/* of everything that is kept, OCSP responses too */
static size_t
learnt_bytes(const struct learnt *l)
{
	size_t bytes = 0;

	for (size_t i = 0; i < l->count; i++)
		bytes += l->entries[i].bytes;
	return bytes;
}

static void
give_up(struct learnt *l, size_t i)
{
	write_later(l, l->entries[i].facts, true);
	drop(l, i);
}

static bool
is_well_formed(const json_t *facts)
{
	const char *kind = text_of(facts, "kind");

	return (strcmp(kind, "crl") == 0 || strcmp(kind, "ocsp") == 0) && text_of(facts, "key")[0] != '\0' &&
	       strlen(text_of(facts, "key")) <= KEY_MAX && text_of(facts, "data")[0] != '\0' &&
	       json_is_integer(json_object_get(facts, "fetched")) &&
	       json_is_integer(json_object_get(facts, "until"));
}

/* Takes the reference on facts. */
static bool
keep(struct learnt *l, json_t *facts)
{
	size_t bytes = strlen(text_of(facts, "data")) / 4 * 3;
	time_t limit = now_of(l) + REVOCATION_KEEP_SECONDS;

	if (!is_well_formed(facts) || bytes > REVOCATION_KEEP_BYTES || time_of(facts, "until") <= now_of(l)) {
		json_decref(facts);
		return false;
	}
	if (time_of(facts, "until") > limit)
		json_object_set_new(facts, "until", json_integer((json_int_t)limit));
	for (size_t i = 0; i < l->count; i++)
		if (is_same(l->entries[i].facts, facts)) {
			drop(l, i);
			break;
		}
	while (l->count > 0 &&
		(l->count == REVOCATION_KEEP_MAX || learnt_bytes(l) + bytes > REVOCATION_KEEP_BYTES))
		give_up(l, 0);
	l->entries[l->count++] =
		(struct entry){ .facts = facts, .generation = ++l->generation, .bytes = bytes };
	return true;
}

void
learnt_take(struct learnt *l, const json_t *message, uint64_t *known)
{
	const json_t *list = json_object_get(message, "entries"), *j;
	bool up_to_date = *known == l->generation;
	size_t i;

	json_array_foreach(list, i, j)
	{
		json_t *facts = json_deep_copy(j);

		if (keep(l, facts))
			write_later(l, facts, false);
	}
	if (up_to_date)
		*known = l->generation;
}

json_t *
learnt_brief(const struct learnt *l, uint64_t *known)
{
	bool forget = *known < l->cleared;
	json_t *entries = json_array();

	for (size_t i = 0; i < l->count; i++)
		if (l->entries[i].generation > *known && time_of(l->entries[i].facts, "until") > now_of(l))
			json_array_append(entries, l->entries[i].facts);
	*known = l->generation;
	if (!forget && json_array_size(entries) == 0) {
		json_decref(entries);
		return NULL;
	}
	return json_pack("{s:s, s:b, s:o}", "type", "revocation", "forget", (int)forget, "entries", entries);
}

void
learnt_clear(struct learnt *l)
{
	while (l->count > 0)
		give_up(l, l->count - 1);
	l->cleared = ++l->generation;
}

bool
learnt_next_crl(const struct learnt *l, size_t *at, struct learnt_crl *crl)
{
	while (*at < l->count) {
		const struct entry *e = &l->entries[(*at)++];

		if (strcmp(text_of(e->facts, "kind"), "crl") != 0)
			continue;
		*crl = (struct learnt_crl){ .issuer = text_of(e->facts, "issuer"),
			.url = text_of(e->facts, "key"),
			.last_update = time_of(e->facts, "last_update"),
			.next_update = time_of(e->facts, "next_update"),
			.fetched = time_of(e->facts, "fetched"),
			.until = time_of(e->facts, "until"),
			.bytes = e->bytes,
			.revoked = (size_t)json_integer_value(json_object_get(e->facts, "revoked")) };
		return true;
	}
	return false;
}

/* ---- from the last life ---- */

/* What is out of date, or cannot be read, goes: it is fetched again. */
static void
read_file(struct learnt *l, const char *path)
{
	struct err err = ERR_INIT;
	size_t n = 0;
	char *data = path_read_file(l, path, FILE_MAX, &n, &err);
	json_t *facts = data != NULL ? json_loadb(data, n, JSON_REJECT_DUPLICATES, NULL) : NULL;

	mem_free(data);
	if (facts != NULL && keep(l, facts))
		return;
	if (!l->engine->is_check)
		unlink(path);
}

static void
read_files(struct learnt *l)
{
	char *folder = mem_printf(l, "%s/" FOLDER, l->engine->state_dir);
	DIR *dir = opendir(folder);
	const struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char *path;

		if (d->d_name[0] == '.')
			continue;
		path = mem_printf(folder, "%s/%s", folder, d->d_name);
		read_file(l, path);
	}
	if (dir != NULL)
		closedir(dir);
	mem_free(folder);
}

static int
release(void *arg)
{
	struct learnt *l = arg;

	while (l->count > 0)
		drop(l, l->count - 1);
	free_writes(&l->waiting);
	return 0;
}

struct learnt *
learnt_new(const void *ctx, struct engine *engine)
{
	struct learnt *l = mem_new(ctx, struct learnt);

	l->engine = engine;
	STAILQ_INIT(&l->waiting);
	mem_on_free(l, release);
	if (engine->state_dir != NULL)
		read_files(l);
	return l;
}
