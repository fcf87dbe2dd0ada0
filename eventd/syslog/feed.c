/* Cuts the reads of one connection into messages. */
#include "syslog/feed.h"

#include <string.h>

#include "core/mem.h"

void
feed_init(struct feed *f)
{
	octets_init(&f->octets, SYSLOG_LINE_MAX);
}

size_t
feed_begin(const struct feed *f, char *buf)
{
	if (f->rest_n > 0)
		memcpy(buf, f->rest, f->rest_n);
	return f->rest_n;
}

bool
feed_take(struct feed *f, const void *ctx, const char *buf, size_t n, bool end, feed_f *take, void *arg)
{
	uint64_t cut = f->octets.cut;
	enum octets_result r;
	struct slice m;
	size_t used;

	while ((r = octets_next(&f->octets, buf, n, end, &m, &used)) == OCTETS_MESSAGE) {
		take(arg, m, f->octets.cut != cut);
		cut = f->octets.cut;
		buf += used;
		n -= used;
	}
	if (r == OCTETS_REFUSED)
		return false;
	buf += used;
	n -= used;
	mem_free(f->rest);
	f->rest = n > 0 && !end ? mem_dup(ctx, buf, n) : NULL;
	f->rest_n = f->rest != NULL ? n : 0;
	return true;
}
