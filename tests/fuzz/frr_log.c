/*
 * Fuzz target: what FRR's daemons send. The first octet chooses: a message of a live log, the text of one of the
 * daemons, frames of bfdd, or what bgpd and vrrpd answer. What is found lies inside, texts end, and the message of IOS is one line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/mem.h"
#include "core/settings.h"
#include "core/slice.h"
#include "peers/frr/adjacency.h"
#include "peers/frr/bfd.h"
#include "peers/frr/live.h"
#include "peers/frr/standing.h"
#include "peers/frr/virtual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
speak(const void *ctx, const struct adjacency *a)
{
	static const struct settings none;
	struct adjacency_message m;
	struct text *text = text_new(ctx);

	if (!adjacency_is_name(a->neighbor) || (adjacency_message(a, &none, &m, text) && text->len == 0))
		abort();
}

static void
log_text(const void *ctx, const char *daemon, const char *text, size_t n)
{
	struct adjacency a;

	if (adjacency_from_log(daemon, text, n, &a))
		speak(ctx, &a);
}

static void
live(const void *ctx, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;
	struct live_message m;

	if (!live_read(data, size, &m))
		return;
	if (m.text.s < begin || m.text.s + m.text.n > begin + size)
		abort();
	log_text(ctx, "bgpd", m.text.s, m.text.n);
}

static void
frames(const void *ctx, const uint8_t *data, size_t size)
{
	struct bfd_sessions *all = bfd_sessions_new(ctx);
	struct adjacency a;
	struct slice text;
	long n;

	for (; (n = bfd_frame(data, size, &text)) > 0; data += n, size -= (size_t)n) {
		json_t *j = json_loadb(text.s, text.n, 0, NULL);

		if ((size_t)n > size)
			abort();
		if (bfd_sessions_take(all, j, &a))
			speak(ctx, &a);
		json_decref(j);
	}
}

static void
virtual_router(const char *text, size_t n)
{
	struct virtual_change c;

	if (virtual_read(text, n, &c) && (c.vrid < 1 || c.vrid > 255))
		abort();
}

static void
stands(void *ctx, const struct adjacency *a)
{
	speak(ctx, a);
}

static void
answer(void *ctx, const char *text, size_t n)
{
	static const struct settings none;
	json_t *j = json_loadb(text, n, 0, NULL);
	struct standing *all = standing_new(ctx);
	struct vrrp_notice notice;
	size_t at = 0;

	standing_bgp(all, "bgpd", j, true, stands, ctx);
	standing_end(all, "bgpd", stands, ctx);
	while (virtual_next(j, &at, NULL, &none, &notice))
		if (memchr(notice.name, '\0', sizeof notice.name) == NULL)
			abort();
	json_decref(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const daemons[] = { "bgpd", "ospfd", "ospf6d", "isisd" };
	void *ctx = mem_ctx(NULL, "fuzz");

	if (size > 0 && data[0] == 'l')
		live(ctx, data + 1, size - 1);
	else if (size > 0 && data[0] == 'f')
		frames(ctx, data + 1, size - 1);
	else if (size > 0 && data[0] == 'v')
		virtual_router((const char *)data + 1, size - 1);
	else if (size > 0 && data[0] == 'a')
		answer(ctx, (const char *)data + 1, size - 1);
	else if (size > 0)
		log_text(ctx, daemons[data[0] % 4], (const char *)data + 1, size - 1);
	mem_free(ctx);
	return 0;
}
