/*
 * Ownership of memory, over talloc. Everything is allocated in a context (any earlier allocation,
 * or NULL for a root) and dies with it, newest first. A run, a session, a configuration, a capture
 * each own one. Allocation never returns NULL: running out of memory ends the process.
 * One thread per context tree; worker threads use malloc only.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* A named, empty context below `parent`. */
void *mem_ctx(const void *parent, const char *name);

/* Zeroed memory. mem_new() allocates one object of a type, named after it. */
void *mem_alloc(const void *ctx, size_t size);
void *mem_alloc_named(const void *ctx, size_t size, const char *name);
#define mem_new(ctx, type)      ((type *)mem_alloc_named((ctx), sizeof(type), #type))
#define mem_array(ctx, type, n) ((type *)mem_alloc_array((ctx), sizeof(type), (n), #type))
void *mem_alloc_array(const void *ctx, size_t size, size_t n, const char *name);

/* Grows or shrinks; new space is not zeroed. `ptr` may be NULL. */
void *mem_resize(const void *ctx, void *ptr, size_t size);

char *mem_strdup(const void *ctx, const char *s); /* NULL stays NULL */
char *mem_strndup(const void *ctx, const char *s, size_t n);
void *mem_dup(const void *ctx, const void *data, size_t len);
char *mem_printf(const void *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *mem_vprintf(const void *ctx, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/*
 * An object with room behind it for the small things that live as long as it does: each by itself
 * would cost more in headers than it holds. mem_pack() gives zeroed memory out of the room, and makes
 * new room when it is used up; with any other object it allocates as usual. What is packed cannot be
 * freed, resized or be a context. Where the address sanitizer watches, everything is apart.
 */
void *mem_roomy(const void *ctx, size_t size, size_t room);
void mem_reserve(const void *roomy, size_t bytes); /* the next of these are in one piece */
void *mem_pack(const void *roomy, size_t size);    /* aligned for pointers */
char *mem_pack_str(const void *roomy, const char *s);
char *mem_pack_strn(const void *roomy, const char *s, size_t n);

/* Frees `ptr` and everything allocated in it; NULL is fine. */
void mem_free(void *ptr);

/* Moves `ptr` into `ctx`; returns ptr. */
void *mem_steal(const void *ctx, void *ptr);

/* `f` runs when ptr is freed, before its children go. One per allocation. */
void mem_on_free_f(void *ptr, int (*f)(void *));
#define mem_on_free(ptr, f) mem_on_free_f((ptr), (f))

/* A string that is wiped with explicit_bzero() when freed: for passwords and keys. */
char *mem_secret(const void *ctx, const char *s, size_t n);

#endif
