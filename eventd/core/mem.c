/* Ownership of memory, over talloc. */
#include "core/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#ifdef __SANITIZE_ADDRESS__
enum { APART = true };
#else
enum { APART = false };
#endif

static _Noreturn void
out_of_memory(void)
{
	fputs("eventd: out of memory\n", stderr);
	abort();
}

static void *
must(void *p)
{
	if (p == NULL)
		out_of_memory();
	return p;
}

void *
mem_ctx(const void *parent, const char *name)
{
	void *p = must(talloc_size(parent, 0));

	talloc_set_name_const(p, name);
	return p;
}

void *
mem_alloc_named(const void *ctx, size_t size, const char *name)
{
	void *p = must(talloc_zero_size(ctx, size));

	talloc_set_name_const(p, name);
	return p;
}

void *
mem_alloc(const void *ctx, size_t size)
{
	return must(talloc_zero_size(ctx, size));
}

void *
mem_alloc_array(const void *ctx, size_t size, size_t n, const char *name)
{
	size_t bytes;

	if (__builtin_mul_overflow(size, n, &bytes))
		out_of_memory();
	return mem_alloc_named(ctx, bytes, name);
}

void *
mem_resize(const void *ctx, void *ptr, size_t size)
{
	return must(talloc_realloc_size(ctx, ptr, size == 0 ? 1 : size));
}

char *
mem_strdup(const void *ctx, const char *s)
{
	return s == NULL ? NULL : must(talloc_strdup(ctx, s));
}

char *
mem_strndup(const void *ctx, const char *s, size_t n)
{
	return must(talloc_strndup(ctx, s, n));
}

void *
mem_dup(const void *ctx, const void *data, size_t len)
{
	void *p = must(talloc_size(ctx, len));

	if (len > 0)
		memcpy(p, data, len);
	return p;
}

char *
mem_vprintf(const void *ctx, const char *fmt, va_list ap)
{
	return must(talloc_vasprintf(ctx, fmt, ap));
}

char *
mem_printf(const void *ctx, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vprintf(ctx, fmt, ap);
	va_end(ap);
	return s;
}

/* ---- small things behind an object ---- */

enum { ALIGN = sizeof(void *), MORE_ROOM = 256 };

/* Stands at the end of the object. */
struct room {
	char *at, *end;
};

static const char roomy_name[] = "roomy";

static size_t
aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static struct room *
room_of(const void *ptr)
{
	if (ptr == NULL || talloc_get_name(ptr) != roomy_name)
		return NULL;
	return (struct room *)(void *)((char *)(uintptr_t)ptr + talloc_get_size(ptr) - sizeof(struct room));
}

void *
mem_roomy(const void *ctx, size_t size, size_t room)
{
	char *p = mem_alloc_named(ctx, aligned(size) + aligned(room) + sizeof(struct room), roomy_name);
	struct room *r = room_of(p);

	r->at = p + aligned(size);
	r->end = (char *)r;
	return p;
}

void
mem_reserve(const void *roomy, size_t bytes)
{
	struct room *r = room_of(roomy);

	if (r == NULL || bytes <= (size_t)(r->end - r->at))
		return;
	r->at = mem_alloc(roomy, bytes);
	r->end = r->at + bytes;
}

static char *
pack(const void *roomy, size_t size, bool align)
{
	struct room *r = room_of(roomy);
	size_t skip;
	char *at;

	if (r == NULL || APART)
		return mem_alloc(roomy, size);
	skip = align ? (size_t)(-(uintptr_t)r->at % ALIGN) : 0;
	if (size + skip > (size_t)(r->end - r->at)) {
		mem_reserve(roomy, size < MORE_ROOM ? MORE_ROOM : size);
		skip = 0;
	}
	at = r->at + skip;
	r->at = at + size;
	return at;
}

void *
mem_pack(const void *roomy, size_t size)
{
	return pack(roomy, size, true);
}

char *
mem_pack_strn(const void *roomy, const char *s, size_t n)
{
	char *copy = pack(roomy, n + 1, false);

	if (n > 0)
		memcpy(copy, s, n);
	return copy;
}

char *
mem_pack_str(const void *roomy, const char *s)
{
	return s == NULL ? NULL : mem_pack_strn(roomy, s, strlen(s));
}

void
mem_free(void *ptr)
{
	if (ptr != NULL)
		talloc_free(ptr);
}

void *
mem_steal(const void *ctx, void *ptr)
{
	return talloc_steal(ctx, ptr);
}

void
mem_on_free_f(void *ptr, int (*f)(void *))
{
	_talloc_set_destructor(ptr, f);
}

static int
wipe(void *p)
{
	explicit_bzero(p, talloc_get_size(p));
	return 0;
}

char *
mem_secret(const void *ctx, const char *s, size_t n)
{
	char *p = must(talloc_zero_size(ctx, n + 1));

	memcpy(p, s, n);
	mem_on_free(p, wipe);
	return p;
}
