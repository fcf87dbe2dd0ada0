/* The secrets we know, so that none is ever shown. */
#include "core/redact.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/mem.h"
#include "core/text.h"

#define SHORTEST 6 /* rulings 43: shorter ones would garble ordinary text */

struct secret {
	struct secret *next;
	size_t n;
	unsigned owners;
	char *s; /* in locked pages of its own */
};

struct redact {
	struct secret *first;
};

static void
secret_free(struct secret *s)
{
	explicit_bzero(s->s, s->n);
	munmap(s->s, s->n);
	free(s);
}

static int
redact_free(void *p)
{
	struct redact *r = p;

	while (r->first != NULL) {
		struct secret *s = r->first;

		r->first = s->next;
		secret_free(s);
	}
	return 0;
}

struct redact *
redact_new(const void *ctx)
{
	struct redact *r = mem_new(ctx, struct redact);

	mem_on_free(r, redact_free);
	return r;
}

static struct secret **
find(struct redact *r, const char *secret, size_t n)
{
	struct secret **at = &r->first;

	for (; *at != NULL; at = &(*at)->next) {
		if ((*at)->n == n && memcmp((*at)->s, secret, n) == 0)
			break;
	}
	return at;
}

bool
redact_is_word(const char *secret)
{
	return strcmp(secret, "public") == 0 || strcmp(secret, "private") == 0;
}

void
redact_learn(struct redact *r, const char *secret)
{
	size_t n = secret == NULL ? 0 : strlen(secret);
	struct secret **at, *s;

	if (n < SHORTEST)
		return;
	at = find(r, secret, n);
	if (*at != NULL) {
		(*at)->owners++;
		return;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL)
		abort();
	s->s = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->s == MAP_FAILED)
		abort();
	mlock(s->s, n); /* may be refused by a limit; the page is kept out of cores all the same */
	madvise(s->s, n, MADV_DONTDUMP);
	memcpy(s->s, secret, n);
	s->n = n;
	s->owners = 1;
	/* Longest first, so that a secret that holds another is replaced whole. */
	for (at = &r->first; *at != NULL && (*at)->n >= n; at = &(*at)->next)
		;
	s->next = *at;
	*at = s;
}

void
redact_forget(struct redact *r, const char *secret)
{
	size_t n = secret == NULL ? 0 : strlen(secret);
	struct secret **at, *s;

	if (n < SHORTEST)
		return;
	at = find(r, secret, n);
	s = *at;
	if (s == NULL || --s->owners > 0)
		return;
	*at = s->next;
	secret_free(s);
}

static void
replace_all(struct text *t, size_t from, const struct secret *s)
{
	static const char mask[] = "********";
	struct text out;
	char *at = memmem(t->s + from, t->len - from, s->s, s->n);

	if (at == NULL)
		return;
	text_init(&out, NULL);
	text_addn(&out, t->s, from);
	while (at != NULL) {
		text_addn(&out, t->s + from, (size_t)(at - t->s) - from);
		text_add(&out, mask);
		from = (size_t)(at - t->s) + s->n;
		at = memmem(t->s + from, t->len - from, s->s, s->n);
	}
	text_addn(&out, t->s + from, t->len - from);
	explicit_bzero(t->s, t->len);
	text_clear(t);
	text_addn(t, out.s, out.len);
	mem_free(out.s);
}

void
redact_text(const struct redact *r, struct text *t, size_t from)
{
	if (r == NULL || from >= t->len)
		return;
	for (const struct secret *s = r->first; s != NULL; s = s->next)
		replace_all(t, from, s);
}
