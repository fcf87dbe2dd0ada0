/* Secrets at rest, under the machine key. */
#include "store/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/mem.h"
#include "core/text.h"

#define KEY_BYTES   32
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define MARK        "{6}"
#define MARK_BYTES  3

struct secrets {
	unsigned char *key; /* in a locked page of its own */
	bool kept;          /* it is a file's */
};

static int
secrets_free(void *p)
{
	struct secrets *s = p;

	explicit_bzero(s->key, KEY_BYTES);
	munmap(s->key, KEY_BYTES);
	return 0;
}

/* Exactly KEY_BYTES from a file that nobody else can read. */
static bool
read_key(int fd, const char *path, unsigned char *key, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		return err_set(err, ERR_IO, "%s: the machine key must be a file of mode 0600", path);
	if (st.st_size != KEY_BYTES || read(fd, key, KEY_BYTES) != KEY_BYTES)
		return err_set(err, ERR_IO, "%s: the machine key must be %d bytes", path, KEY_BYTES);
	return true;
}

/* Written beside and linked into place, so that two starts at once agree on one key. */
static bool
make_key(const char *path, unsigned char *key, struct err *err)
{
	char *beside = mem_printf(NULL, "%s.%ld", path, (long)getpid());
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0;

	if (ok)
		ok = link(beside, path) == 0 || errno == EEXIST;
	if (!ok)
		err_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	unlink(beside);
	mem_free(beside);
	return ok;
}

static bool
load_key(const char *path, unsigned char *key, struct err *err)
{
	for (int round = 0; round < 2; round++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		bool ok;

		if (fd >= 0) {
			ok = read_key(fd, path, key, err);
			close(fd);
			return ok;
		}
		if (errno != ENOENT)
			return err_errno(err, "%s", path);
		if (!make_key(path, key, err))
			return false;
	}
	return err_set(err, ERR_IO, "%s: the machine key went away", path);
}

/* With a random key. */
static struct secrets *
secrets_make(const void *ctx, struct err *err)
{
	struct secrets *s = mem_new(ctx, struct secrets);

	s->key = mmap(NULL, KEY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->key == MAP_FAILED) {
		err_errno(err, "machine key");
		mem_free(s);
		return NULL;
	}
	mlock(s->key, KEY_BYTES);
	madvise(s->key, KEY_BYTES, MADV_DONTDUMP);
	mem_on_free(s, secrets_free);
	if (getrandom(s->key, KEY_BYTES, 0) != KEY_BYTES) {
		err_errno(err, "machine key");
		mem_free(s);
		return NULL;
	}
	return s;
}

struct secrets *
secrets_open(const void *ctx, const char *path, struct err *err)
{
	struct secrets *s = secrets_make(ctx, err);

	if (s == NULL || path == NULL)
		return s;
	s->kept = load_key(path, s->key, err);
	if (s->kept)
		return s;
	mem_free(s);
	return NULL;
}

struct secrets *
secrets_look(const void *ctx, const char *path, struct err *err)
{
	struct secrets *s = secrets_make(ctx, err);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		if (errno == ENOENT)
			err_set(err, ERR_NOT_FOUND, "%s: there is no machine key", path);
		else
			err_errno(err, "%s", path);
		return s;
	}
	if (s != NULL)
		s->kept = read_key(fd, path, s->key, err);
	close(fd);
	return s;
}

bool
secrets_are_kept(const struct secrets *s)
{
	return s->kept;
}

/* ---- base64url without padding ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(struct text *out, const unsigned char *p, size_t n)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 6; have -= 6)
			text_addc(out, digits[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		text_addc(out, digits[bits << (6 - have) & 63]);
}

/* Bytes written to out (of at least n), or -1. */
static ssize_t
decode(const char *s, size_t n, unsigned char *out)
{
	unsigned bits = 0, have = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = s[i] == '\0' ? NULL : strchr(digits, s[i]);

		if (at == NULL)
			return -1;
		bits = bits << 6 | (unsigned)(at - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (unsigned char)(bits >> have);
		}
	}
	return (ssize_t)len;
}

/* Under the nonce; NULL when that could not be made, or OpenSSL fails. */
static char *
encrypt(const struct secrets *s, const void *ctx, const unsigned char *nonce, const char *clear, size_t n)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char *buf = mem_alloc(NULL, NONCE_BYTES + n + TAG_BYTES);
	struct text *out = text_new(NULL);
	char *result = NULL;
	int len = 0, tail = 0;

	memcpy(buf, nonce, NONCE_BYTES);
	if (c != NULL && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, buf) == 1 &&
		EVP_EncryptUpdate(c, buf + NONCE_BYTES, &len, (const unsigned char *)clear, (int)n) == 1 &&
		EVP_EncryptFinal_ex(c, buf + NONCE_BYTES + len, &tail) == 1 &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, buf + NONCE_BYTES + n) == 1) {
		text_add(out, MARK);
		encode(out, buf, NONCE_BYTES + n + TAG_BYTES);
		result = mem_strndup(ctx, out->s, out->len);
	}
	EVP_CIPHER_CTX_free(c);
	mem_free(buf);
	mem_free(out);
	return result;
}

char *
secret_encrypt(const struct secrets *s, const void *ctx, const char *clear, size_t n)
{
	unsigned char nonce[NONCE_BYTES];

	return getrandom(nonce, sizeof nonce, 0) == sizeof nonce ? encrypt(s, ctx, nonce, clear, n) : NULL;
}

char *
secret_encrypt_alike(const struct secrets *s, const void *ctx, const char *clear, size_t n)
{
	unsigned char nonce[EVP_MAX_MD_SIZE];

	/* A nonce that the text decides is never used for another text. */
	if (HMAC(EVP_sha256(), s->key, KEY_BYTES, (const unsigned char *)clear, n, nonce, NULL) == NULL)
		return NULL;
	return encrypt(s, ctx, nonce, clear, n);
}

char *
secret_decrypt(const struct secrets *s, const void *ctx, const char *sealed, size_t n)
{
	EVP_CIPHER_CTX *c;
	unsigned char *buf, *clear;
	char *result = NULL;
	ssize_t got;
	int len = 0, tail = 0;

	if (n < MARK_BYTES || memcmp(sealed, MARK, MARK_BYTES) != 0)
		return NULL;
	buf = mem_alloc(NULL, n);
	got = decode(sealed + MARK_BYTES, n - MARK_BYTES, buf);
	if (got < NONCE_BYTES + TAG_BYTES) {
		mem_free(buf);
		return NULL;
	}
	n = (size_t)got - NONCE_BYTES - TAG_BYTES;
	clear = mem_alloc(NULL, n + 1);
	c = EVP_CIPHER_CTX_new();
	if (c != NULL && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, buf) == 1 &&
		EVP_DecryptUpdate(c, clear, &len, buf + NONCE_BYTES, (int)n) == 1 &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, buf + NONCE_BYTES + n) == 1 &&
		EVP_DecryptFinal_ex(c, clear + len, &tail) == 1)
		result = mem_secret(ctx, (const char *)clear, n);
	EVP_CIPHER_CTX_free(c);
	explicit_bzero(clear, n);
	mem_free(clear);
	mem_free(buf);
	return result;
}

bool
secret_find(const char *s, size_t *start, size_t *end)
{
	const char *scheme = strstr(s, "://"), *creds = s, *colon, *at;

	if (strpbrk(s, " \t\r\n") != NULL)
		return false;
	if (scheme != NULL && scheme > s && strcspn(s, ":@/") == (size_t)(scheme - s))
		creds = scheme + 3;
	/* A path or query may hold '@'; only a bare server string is split at its last one. */
	at = creds == s ? strrchr(creds, '@') : memrchr(creds, '@', strcspn(creds, "/?#"));
	if (at == NULL || at[1] == '\0')
		return false;
	colon = memchr(creds, ':', (size_t)(at - creds));
	if (colon == NULL || colon == creds || colon + 1 == at)
		return false;
	*start = (size_t)(colon + 1 - s);
	*end = (size_t)(at - s);
	return true;
}

static char *
spliced(const void *ctx, const char *value, size_t start, size_t end, const char *with)
{
	struct text *t = text_new(NULL);
	char *result;

	text_addn(t, value, start);
	text_add(t, with);
	text_add(t, value + end);
	result = mem_secret(ctx, t->s, t->len);
	explicit_bzero(t->s, t->len);
	mem_free(t);
	return result;
}

char *
secret_seal(const struct secrets *s, const void *ctx, const char *value)
{
	size_t start, end;
	char *clear, *sealed, *result;

	if (!secret_find(value, &start, &end))
		return mem_strdup(ctx, value);
	clear = secret_decrypt(s, NULL, value + start, end - start);
	if (clear != NULL) { /* sealed already */
		mem_free(clear);
		return mem_strdup(ctx, value);
	}
	sealed = secret_encrypt(s, NULL, value + start, end - start);
	result = sealed == NULL ? NULL : spliced(ctx, value, start, end, sealed);
	mem_free(sealed);
	return result;
}

char *
secret_unseal(const struct secrets *s, const void *ctx, const char *value)
{
	size_t start, end;
	char *clear, *result;

	if (!secret_find(value, &start, &end))
		return mem_strdup(ctx, value);
	clear = secret_decrypt(s, NULL, value + start, end - start);
	if (clear == NULL)
		return mem_strdup(ctx, value);
	result = spliced(ctx, value, start, end, clear);
	mem_free(clear);
	return result;
}

char *
secret_mask(const void *ctx, const char *value)
{
	size_t start, end;

	if (!secret_find(value, &start, &end))
		return mem_strdup(ctx, value);
	return spliced(ctx, value, start, end, "********");
}
