/* The delivery log: entries, the ring that `show mail log` reads, and the way to the file. */
#include "actions/mail/maillog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "actions/mail/maillog_file.h"
#include "core/engine.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/text.h"

#define RING_MAX ((size_t)1024 * 1024) /* octets of lines */

struct kept {
	STAILQ_ENTRY(kept) link;
	struct maillog_entry entry;
	size_t n;
	char line[];
};

struct maillog {
	struct engine *engine;
	enum maillog_level level;
	STAILQ_HEAD(, kept) ring;
	size_t ring_bytes;
	unsigned dcid;
	struct maillog_file *file; /* NULL: none */
};

/* ORDER: enum maillog_level */
static const char *const level_names[] = { "Critical", "Warning", "Info", "Debug" };

const char *
maillog_level_name(enum maillog_level level)
{
	return level_names[level];
}

bool
maillog_wants(const struct engine *e, enum maillog_level level)
{
	return e->maillog != NULL && level <= e->maillog->level;
}

static void
keep(struct maillog *m, enum maillog_level level, usec wall, const struct text *line, size_t text_at)
{
	struct kept *k = mem_alloc(m, sizeof *k + line->len + 1);

	memcpy(k->line, line->s, line->len + 1);
	k->n = line->len;
	k->entry = (struct maillog_entry){ wall, level, k->line, k->line + text_at };
	STAILQ_INSERT_TAIL(&m->ring, k, link);
	m->ring_bytes += k->n;
	while (m->ring_bytes > RING_MAX) {
		k = STAILQ_FIRST(&m->ring);
		STAILQ_REMOVE_HEAD(&m->ring, link);
		m->ring_bytes -= k->n;
		mem_free(k);
	}
}

void
maillog_add_at(struct engine *e, enum maillog_level level, usec wall, const char *text)
{
	struct maillog *m = e->maillog;
	time_t sec = (time_t)(wall / USEC_PER_SEC);
	struct text line;
	char when[32];
	size_t text_at;

	if (!maillog_wants(e, level))
		return;
	text_init(&line, m);
	ctime_r(&sec, when); /* local time, in the words of the C locale */
	when[strcspn(when, "\n")] = '\0';
	text_printf(&line, "%s %s: ", when, level_names[level]);
	text_at = line.len;
	text_add_line(&line, text, strlen(text));
	redact_text(e->redact, &line, text_at);
	keep(m, level, wall, &line, text_at);
	if (m->file != NULL)
		maillog_file_add(m->file, line.s, line.len);
	mem_free(line.s);
}

void
maillog_add(struct engine *e, enum maillog_level level, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!maillog_wants(e, level))
		return;
	va_start(ap, fmt);
	text = mem_vprintf(e->maillog, fmt, ap);
	va_end(ap);
	maillog_add_at(e, level, clock_wall(e->clock), text);
	mem_free(text);
}

unsigned
maillog_next_dcid(struct engine *e)
{
	return e->maillog == NULL ? 0 : ++e->maillog->dcid;
}

void
maillog_each(const struct maillog *m, void (*f)(void *arg, const struct maillog_entry *), void *arg)
{
	const struct kept *k;

	STAILQ_FOREACH (k, &m->ring, link)
		f(arg, &k->entry);
}

void
maillog_set_level(struct maillog *m, enum maillog_level level)
{
	m->level = level;
}

static void
begin_file(struct maillog *m)
{
	time_t now = (time_t)(clock_wall(m->engine->clock) / USEC_PER_SEC);
	struct tm tm;

	localtime_r(&now, &tm);
	maillog_add(m->engine, MAILLOG_INFO, "Begin Logfile");
	maillog_add(m->engine, MAILLOG_INFO, "Time offset from UTC: %ld seconds", tm.tm_gmtoff);
}

void
maillog_set_file(struct maillog *m, const char *name, size_t size, unsigned count)
{
	const char *dir = m->engine->state_dir;
	char *path;

	mem_free(m->file);
	m->file = NULL;
	if (name == NULL || dir == NULL || m->engine->is_check)
		return;
	path = name[0] == '/' ? mem_strdup(m, name) : mem_printf(m, "%s/%s", dir, name);
	m->file = maillog_file_new(m, m->engine, path, size, count);
	mem_free(path);
	begin_file(m);
}

struct maillog *
maillog_new(const void *ctx, struct engine *engine)
{
	struct maillog *m = engine->maillog = mem_new(ctx, struct maillog);

	m->engine = engine;
	m->level = MAILLOG_INFO;
	STAILQ_INIT(&m->ring);
	maillog_set_file(m, MAILLOG_FILE, MAILLOG_FILE_SIZE, MAILLOG_FILE_COUNT);
	return m;
}
