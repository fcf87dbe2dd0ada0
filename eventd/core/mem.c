/* Ownership of memory, over talloc. */
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

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
