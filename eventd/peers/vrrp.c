/* Reads keepalived's notifications. */
#include "peers/vrrp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"

#define LINE_MAX_BYTES 512u
#define KNOWN_MAX      1024u /* instances whose last state is kept */

struct known {
	LIST_ENTRY(known) entry;
	bool of_group, of_frr;
	enum vrrp_word word;
	char name[VRRP_NAME_MAX + 1];
};

struct vrrp {
	struct engine *engine;
	vrrp_f *f;
	void *arg;
	char *path; /* of the FIFO */
	int fd;
	struct watch *watch;
	LIST_HEAD(, known) known;
	unsigned nknown;
	char line[LINE_MAX_BYTES];
	size_t n;
	bool too_long; /* what comes until the end of the line belongs to one that had no room */
};

/* ---- one line ---- */

static const struct {
	const char *word;
	enum vrrp_word value;
} words[] = {
	{ "MASTER", VRRP_MASTER },
	{ "BACKUP", VRRP_BACKUP },
	{ "FAULT", VRRP_FAULT },
	{ "STOP", VRRP_STOP },
	{ "DELETED", VRRP_DELETED },
	{ "MASTER_RX_LOWER_PRI", VRRP_LOWER },
	{ "MASTER_PRIORITY", VRRP_PRIORITY },
	{ "BACKUP_PRIORITY", VRRP_PRIORITY },
};

const char *
vrrp_word(enum vrrp_word value)
{
	size_t i = 0;

	while (words[i].value != value)
		i++;
	return words[i].word;
}

/* The text of a line that is left, from `*at` to `end`, if it begins so. */
static bool
take(const char **at, const char *end, const char *what)
{
	size_t n = strlen(what);

	if ((size_t)(end - *at) < n || memcmp(*at, what, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool
take_word(const char **at, const char *end, enum vrrp_word *word)
{
	const char *stop = memchr(*at, ' ', (size_t)(end - *at));
	size_t n = (size_t)((stop != NULL ? stop : end) - *at);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i].word) != n || memcmp(words[i].word, *at, n) != 0)
			continue;
		*word = words[i].value;
		*at += n;
		return true;
	}
	return false;
}

bool
vrrp_notice_parse(const char *line, size_t n, struct vrrp_notice *out)
{
	const char *at = line, *end = line + n, *quote;

	memset(out, 0, sizeof *out);
	if (take(&at, end, "GROUP \""))
		out->of_group = true;
	else if (!take(&at, end, "INSTANCE \""))
		return false;
	quote = memchr(at, '"', (size_t)(end - at));
	if (quote == NULL || quote == at || (size_t)(quote - at) > VRRP_NAME_MAX ||
		memchr(at, '\0', (size_t)(quote - at)) != NULL)
		return false;
	memcpy(out->name, at, (size_t)(quote - at));
	at = quote;
	if (!take(&at, end, "\" ") || !take_word(&at, end, &out->word))
		return false;
	if (at == end)
		return true;
	if (!take(&at, end, " ") || at == end || end - at > 5)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		out->priority = 10 * out->priority + (*at - '0');
	}
	return true;
}

/* ---- what is known ---- */

static struct known *
known_of(struct vrrp *v, const struct vrrp_notice *notice)
{
	struct known *k;

	LIST_FOREACH (k, &v->known, entry)
		if (k->of_group == notice->of_group && k->of_frr == notice->of_frr &&
			strcmp(k->name, notice->name) == 0)
			return k;
	if (v->nknown == KNOWN_MAX)
		return NULL;
	k = mem_new(v, struct known);
	k->of_group = notice->of_group;
	k->of_frr = notice->of_frr;
	k->word = VRRP_STOP;
	memcpy(k->name, notice->name, sizeof k->name);
	LIST_INSERT_HEAD(&v->known, k, entry);
	v->nknown++;
	return k;
}

/* The states as IOS's VRRP names them; one that cannot take part is in Init. */
static const char *
ios_state(enum vrrp_word word)
{
	return word == VRRP_MASTER   ? "Master"
	       : word == VRRP_BACKUP ? "Backup"
	       : word == VRRP_FAULT  ? "Init"
				     : "Disable";
}

static void
say_change(struct vrrp *v, const struct vrrp_notice *notice, enum vrrp_word before)
{
	const char *from = ios_state(before), *to = ios_state(notice->word);

	if (!notice->of_group && from != to)
		log_msg(v->engine->log, NULL, "VRRP", SEV_INFORMATIONAL, "STATECHANGE", "%s state %s -> %s",
			notice->name, from, to);
}

static void
take_notice(struct vrrp *v, const struct vrrp_notice *notice)
{
	bool is_state = notice->word != VRRP_LOWER && notice->word != VRRP_PRIORITY;
	struct known *k = known_of(v, notice);
	enum vrrp_word before = k != NULL ? k->word : VRRP_STOP;

	if (is_state) {
		say_change(v, notice, before);
		if (k != NULL)
			k->word = notice->word;
	}
	v->f(v->arg, notice, before);
	if (k != NULL && notice->word == VRRP_DELETED) {
		LIST_REMOVE(k, entry);
		mem_free(k);
		v->nknown--;
	}
}

/* ---- vrrpd ---- */

void
vrrp_frr_heard(struct vrrp *v)
{
	v->f(v->arg, NULL, VRRP_STOP);
}

void
vrrp_frr_is(struct vrrp *v, const struct vrrp_notice *notice, bool news)
{
	struct known *k = known_of(v, notice);

	if (k == NULL)
		return;
	if (k->word == VRRP_STOP)
		k->word = VRRP_FAULT; /* it was not there: it took no part */
	if (news && k->word != notice->word)
		take_notice(v, notice);
	k->word = notice->word;
}

void
vrrp_frr_changed(struct vrrp *v, const struct vrrp_notice *notice, enum vrrp_word before)
{
	struct known *k = known_of(v, notice);

	if (k != NULL && k->word == notice->word)
		return; /* it was asked for in between */
	if (k != NULL)
		k->word = before;
	take_notice(v, notice);
}

/* Its virtual routers take part no more. */
void
vrrp_frr_ended(struct vrrp *v)
{
	struct vrrp_notice notice = { .of_frr = true, .word = VRRP_FAULT };
	struct known *k;

	LIST_FOREACH (k, &v->known, entry) {
		if (!k->of_frr || k->word == VRRP_FAULT)
			continue;
		memcpy(notice.name, k->name, sizeof notice.name);
		take_notice(v, &notice);
	}
}

static void
take_line(struct vrrp *v)
{
	struct vrrp_notice notice;

	if (!v->too_long && vrrp_notice_parse(v->line, v->n, &notice))
		take_notice(v, &notice);
	else if (v->n > 0)
		log_msg(v->engine->log, NULL, "HA_EM", SEV_WARNINGS, "FMPD_VRRP",
			"a line that is none of keepalived's came in its FIFO");
	v->n = 0;
	v->too_long = false;
}

void
vrrp_feed(struct vrrp *v, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n')
			take_line(v);
		else if (v->n < sizeof v->line)
			v->line[v->n++] = data[i];
		else
			v->too_long = true;
	}
}

/* ---- the FIFO ---- */

static void
on_readable(void *arg, int fd, unsigned what)
{
	struct vrrp *v = arg;
	char data[4096];
	ssize_t n = read(fd, data, sizeof data);

	if (n > 0)
		vrrp_feed(v, data, (size_t)n);
}

bool
vrrp_is_open(const struct vrrp *v, const char *path)
{
	return v->fd >= 0 && strcmp(v->path, path) == 0;
}

static void
hang_up(struct vrrp *v)
{
	mem_free(v->watch);
	mem_free(v->path);
	v->watch = NULL;
	v->path = NULL;
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
	v->n = 0;
	v->too_long = false;
}

bool
vrrp_open(struct vrrp *v, const char *path, struct err *err)
{
	struct stat st;

	if (v->fd >= 0 && strcmp(v->path, path) == 0)
		return true;
	hang_up(v);
	/* Its group may write: keepalived can run as a user of its own. */
	if (mkfifo(path, 0620) < 0 && errno != EEXIST)
		return err_errno(err, "keepalived's FIFO %s", path);
	/* Opened for writing, too: without a writer it would be at its end all the time. */
	v->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (v->fd < 0)
		return err_errno(err, "keepalived's FIFO %s", path);
	if (fstat(v->fd, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		close(v->fd);
		v->fd = -1;
		return err_set(err, ERR_IO, "keepalived's FIFO %s: it is no FIFO", path);
	}
	v->path = mem_strdup(v, path);
	v->watch = watch_fd(v, v->engine->loop, v->fd, WATCH_READ, on_readable, v);
	return true;
}

static int
vrrp_free(void *p)
{
	struct vrrp *v = p;

	mem_free(v->watch);
	if (v->fd >= 0)
		close(v->fd);
	return 0;
}

struct vrrp *
vrrp_new(const void *ctx, struct engine *engine, vrrp_f *f, void *arg)
{
	struct vrrp *v = mem_new(ctx, struct vrrp);

	v->engine = engine;
	v->f = f;
	v->arg = arg;
	v->fd = -1;
	LIST_INIT(&v->known);
	mem_on_free(v, vrrp_free);
	return v;
}
