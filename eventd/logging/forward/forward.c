/* Brings lines to one host. */
#include "logging/forward/forward.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <jansson.h>

#include "core/frame.h"
#include "core/helper_side.h"
#include "core/mem.h"
#include "core/text.h"
#include "logging/forward/link.h"
#include "pki/revocation_cache.h"
#include "pki/tls.h"

#define USEC          INT64_C(1000000)
#define AGAIN_FIRST   (1 * USEC) /* before a broken connection is made anew */
#define AGAIN_MAX     (60 * USEC)
#define LAST_WORDS    (2 * USEC)
#define BATCH_OCTETS  16384u      /* written at once to a stream */
#define FORWARD_AFTER (60 * USEC) /* a datagram socket lives so long: names and our own address may change */

struct line {
	char *head, *text;
	STAILQ_ENTRY(line) entry;
};

struct forward {
	struct frame_reader *in;
	struct link_want *want; /* NULL: nothing was said yet */
	struct link *link;      /* NULL: there is no connection */
	int64_t link_until;     /* datagrams: when it is made anew */
	STAILQ_HEAD(, line) lines;
	int64_t again, wait; /* no connection before `again` */
	bool ended, down;
	char *trouble; /* as it was told */
	struct revocation_cache *revoked;
};

static void
tell(struct forward *f, json_t *j)
{
	f->ended |= !helper_side_say(j);
}

/* ---- what the engine says ---- */

static void
drop_link(struct forward *f)
{
	link_close(f->link);
	f->link = NULL;
}

static void
take_line(struct forward *f, const json_t *j)
{
	const char *head = json_string_value(json_object_get(j, "head"));
	struct line *line = mem_new(f, struct line);

	line->head = mem_strdup(line, head != NULL ? head : "");
	line->text = frame_octets_text(line, json_object_get(j, "line"));
	if (line->text == NULL)
		line->text = mem_strdup(line, "");
	STAILQ_INSERT_TAIL(&f->lines, line, entry);
}

static void
take(void *arg, const json_t *j)
{
	struct forward *f = arg;

	if (json_object_get(j, "line") != NULL) {
		take_line(f, j);
	} else if (json_object_get(j, "type") != NULL) {
		revocation_cache_take(f->revoked, j);
	} else if (json_object_get(j, "host") != NULL) {
		drop_link(f);
		mem_free(f->want);
		f->want = link_want_read(f, j);
		f->again = f->wait = 0;
	}
}

/* ---- the host ---- */

static void
say_trouble(struct forward *f, const char *why)
{
	if (f->trouble == NULL || strcmp(f->trouble, why) != 0)
		tell(f, json_pack("{s:s}", "error", why));
	mem_free(f->trouble);
	f->trouble = mem_strdup(f, why);
}

static void
say_up(struct forward *f)
{
	if (f->trouble != NULL)
		tell(f, json_pack("{s:b}", "up", 1));
	mem_free(f->trouble);
	f->trouble = NULL;
	f->wait = 0;
}

static void
failed(struct forward *f, const char *why)
{
	drop_link(f);
	say_trouble(f, why);
	f->wait = f->wait == 0 ? AGAIN_FIRST : f->wait * 2 > AGAIN_MAX ? AGAIN_MAX : f->wait * 2;
	f->again = tls_now() + f->wait;
}

static bool
open_link(struct forward *f, struct err *err)
{
	json_t *news;

	f->link = link_open(f, f->want, f->revoked, err);
	f->link_until = tls_now() + FORWARD_AFTER;
	if ((news = revocation_cache_news(f->revoked)) != NULL)
		tell(f, news);
	return f->link != NULL;
}

/* As many lines as one write takes. */
static size_t
gather(const struct forward *f, struct text *out)
{
	const struct line *line;
	size_t n = 0;

	STAILQ_FOREACH (line, &f->lines, entry) {
		if (n > 0 && (link_is_datagram(f->want) || out->len > BATCH_OCTETS))
			break;
		link_frame(f->link, f->want, line->head, line->text, out);
		n++;
	}
	return n;
}

static void
forget(struct forward *f, size_t n)
{
	struct line *line;

	while (n-- > 0 && (line = STAILQ_FIRST(&f->lines)) != NULL) {
		STAILQ_REMOVE_HEAD(&f->lines, entry);
		mem_free(line);
	}
}

/* All that waits, or until it breaks. */
static void
bring(struct forward *f)
{
	struct err err = ERR_INIT;
	size_t sent = 0;

	if (f->link != NULL && link_is_datagram(f->want) && tls_now() >= f->link_until)
		drop_link(f);
	if (f->link == NULL && !open_link(f, &err)) {
		failed(f, err.text);
		return;
	}
	while (!STAILQ_EMPTY(&f->lines)) {
		struct text out;
		size_t n;
		bool good;

		text_init(&out, f);
		n = gather(f, &out);
		good = link_write(f->link, out.s, out.len, &err);
		mem_free(out.s);
		if (!good)
			break;
		forget(f, n);
		sent += n;
	}
	if (sent > 0)
		tell(f, json_pack("{s:I}", "sent", (json_int_t)sent));
	if (err.code != ERR_NONE)
		failed(f, err.text);
	else
		say_up(f);
}

static void
turn(struct forward *f)
{
	bool waits = f->want != NULL && !STAILQ_EMPTY(&f->lines);
	int64_t left = f->again - tls_now();
	struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 },
		{ f->link != NULL ? link_fd(f->link) : -1, POLLIN, 0 } };

	if (poll(fds, 2, !waits ? -1 : left > 0 ? (int)(left / 1000) + 1 : 0) < 0 && errno != EINTR)
		f->ended = true;
	if (fds[0].revents != 0)
		f->ended |= !helper_side_hear(f->in, take, f);
	/* What collectors say is nothing that we want to know; that they have gone is. */
	if (fds[1].revents != 0 && f->link != NULL && !link_listen(f->link))
		drop_link(f);
	if (f->want != NULL && !STAILQ_EMPTY(&f->lines) && tls_now() >= f->again)
		bring(f);
}

void
forward_run(const void *ctx)
{
	struct forward *f = mem_new(ctx, struct forward);
	int64_t end;

	STAILQ_INIT(&f->lines);
	f->in = frame_reader_new(f, FRAME_MAX);
	f->revoked = revocation_cache_new(f);
	while (!f->ended)
		turn(f);
	for (end = tls_now() + LAST_WORDS; f->want != NULL && !STAILQ_EMPTY(&f->lines) && f->trouble == NULL;)
		if (tls_now() < end)
			bring(f);
		else
			break;
	drop_link(f);
	mem_free(f);
}
