/* Length-prefixed JSON messages. */
#include "core/frame.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/paths.h"
#include "core/text.h"

struct frame_reader {
	struct text buf;
	size_t used; /* bytes of buf already handed out */
	size_t max;
	bool dead;
};

static void
put_length(unsigned char out[4], size_t n)
{
	out[0] = (unsigned char)(n >> 24);
	out[1] = (unsigned char)(n >> 16);
	out[2] = (unsigned char)(n >> 8);
	out[3] = (unsigned char)n;
}

static size_t
get_length(const unsigned char in[4])
{
	return (size_t)in[0] << 24 | (size_t)in[1] << 16 | (size_t)in[2] << 8 | in[3];
}

void
frame_add(struct text *out, const json_t *object)
{
	char *s = json_dumps(object, JSON_COMPACT);
	unsigned char head[4];
	size_t n;

	if (s == NULL)
		return;
	n = strlen(s);
	put_length(head, n);
	text_addn(out, head, sizeof head);
	text_addn(out, s, n);
	free(s);
}

json_t *
frame_string(const char *s, size_t n)
{
	json_t *j = json_stringn(s, n);
	struct text *t;

	if (j != NULL)
		return j;
	t = text_new(NULL);
	while (n > 0) {
		size_t len = utf8_len(s, n);

		if (len == 0) {
			text_add(t, "\xef\xbf\xbd");
			len = 1;
		} else {
			text_addn(t, s, len);
		}
		s += len;
		n -= len;
	}
	j = json_stringn(t->s, t->len);
	mem_free(t);
	return j;
}

json_t *
frame_octets(const char *s, size_t n)
{
	struct text *t = text_new(NULL);
	json_t *j;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80)
			text_addc(t, (char)(0xc0 | c >> 6));
		text_addc(t, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
	}
	j = json_stringn(t->s, t->len);
	mem_free(t);
	return j;
}

char *
frame_octets_text(const void *ctx, const json_t *octets)
{
	const char *s = json_string_value(octets);
	size_t n = json_string_length(octets);
	struct text t;

	if (s == NULL)
		return NULL;
	text_init(&t, ctx);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80 && (c > 0xc3 || c < 0xc2)) {
			mem_free(t.s);
			return NULL;
		}
		if (c >= 0x80) /* jansson's strings are well-formed: another octet follows */
			c = (unsigned char)((c & 3) << 6 | ((unsigned char)s[++i] & 0x3f));
		text_addc(&t, (char)c);
	}
	return t.s;
}

struct frame_reader *
frame_reader_new(const void *ctx, size_t max)
{
	struct frame_reader *r = mem_new(ctx, struct frame_reader);

	text_init(&r->buf, r);
	r->max = max;
	return r;
}

void
frame_reader_feed(struct frame_reader *r, const void *data, size_t n)
{
	if (r->dead)
		return;
	if (r->used > 0) {
		text_drop(&r->buf, r->used);
		r->used = 0;
	}
	text_addn(&r->buf, data, n);
}

static json_t *
decode(const char *s, size_t n, struct err *err)
{
	json_error_t why;
	json_t *j = json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	if (j == NULL) {
		err_set(err, ERR_IO, "message is not JSON: %s", why.text);
		return NULL;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		err_set(err, ERR_IO, "message is not a JSON object");
		return NULL;
	}
	return j;
}

json_t *
frame_reader_next(struct frame_reader *r, struct err *err)
{
	const char *at = r->buf.s + r->used;
	size_t have = r->buf.len - r->used, n;
	json_t *j;

	err_clear(err);
	if (r->dead || have < 4)
		return NULL;
	n = get_length((const unsigned char *)at);
	if (n > r->max) {
		r->dead = true;
		err_set(err, ERR_IO, "message of %zu bytes is longer than %zu", n, r->max);
		return NULL;
	}
	if (have < 4 + n)
		return NULL;
	j = decode(at + 4, n, err);
	r->used += 4 + n;
	if (j == NULL)
		r->dead = true;
	return j;
}

bool
frame_write_fd(int fd, const json_t *object, struct err *err)
{
	struct text *t = text_new(NULL);
	bool ok;

	frame_add(t, object);
	ok = path_write_all(fd, t->s, t->len) || err_errno(err, "write");
	mem_free(t);
	return ok;
}

/* 1 all read, 0 end of the stream before the first byte, -1 error. */
static int
read_all(int fd, char *s, size_t n, struct err *err)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, s + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			err_errno(err, "read");
			return -1;
		}
		if (r == 0) {
			if (got == 0)
				return 0;
			err_set(err, ERR_IO, "stream ended inside a message");
			return -1;
		}
		got += (size_t)r;
	}
	return 1;
}

json_t *
frame_read_fd(int fd, size_t max, struct err *err)
{
	unsigned char head[4];
	char *body;
	size_t n;
	json_t *j = NULL;

	err_clear(err);
	if (read_all(fd, (char *)head, sizeof head, err) != 1)
		return NULL;
	n = get_length(head);
	if (n > max) {
		err_set(err, ERR_IO, "message of %zu bytes is longer than %zu", n, max);
		return NULL;
	}
	body = mem_alloc(NULL, n + 1);
	if (n == 0 || read_all(fd, body, n, err) == 1)
		j = decode(body, n, err);
	else if (err->code == ERR_NONE)
		err_set(err, ERR_IO, "stream ended inside a message");
	explicit_bzero(body, n); /* jobs hold passwords */
	mem_free(body);
	return j;
}
