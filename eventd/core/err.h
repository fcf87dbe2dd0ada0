/*
 * An error is a value: a code for programs, a sentence for people, a place in the input, and what
 * would be right. The caller owns the struct (usually on the stack); functions that can fail return
 * false (or NULL) and fill it. Each layer may add its words with err_wrap(). Any thread.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* What kind of failure: chooses the CLI form and the exit code, never the sentence. */
enum err_code {
	ERR_NONE = 0,
	ERR_INVALID,    /* a word of the input is wrong: `column` points at it */
	ERR_AMBIGUOUS,  /* an abbreviation fits several keywords */
	ERR_INCOMPLETE, /* more words are needed */
	ERR_REFUSED,    /* understood, and not allowed or not possible now */
	ERR_NOT_FOUND,
	ERR_EXISTS,
	ERR_RANGE,
	ERR_IO,      /* a file, a socket, a peer */
	ERR_TIMEOUT, /* a deadline passed */
	ERR_CONFIG,  /* a configuration or settings file */
	ERR_CRYPTO,
	ERR_INTERNAL,
};

struct err {
	enum err_code code;
	int line;       /* 1-based line of a file, 0 = none */
	int column;     /* 1-based byte offset in the line, 0 = none */
	char class[32]; /* stable name such as "EMPTY_USER"; may be empty */
	char text[512]; /* the sentence, without "% " and without a final newline */
	char hint[256]; /* what would be right; may be empty */
};

#define ERR_INIT                 \
	{                        \
		.code = ERR_NONE \
	}

/* Both return false, so that `return err_set(...)` reads well. A NULL err is allowed. */
bool err_set(struct err *, enum err_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool err_class(struct err *, enum err_code, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* As err_set() with ": strerror(errno)" behind it. */
bool err_errno(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "words: " in front of the sentence. */
bool err_wrap(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void err_hint(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_at(struct err *, int line, int column);
void err_clear(struct err *);

/* "invalid", "ambiguous", ...: for JSON. */
const char *err_code_name(enum err_code);

#endif
