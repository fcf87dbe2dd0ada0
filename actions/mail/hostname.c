/* Host names: IDNA and syntax. */
#include "actions/mail/hostname.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <idn2.h>

#include "core/mem.h"

static bool
is_address(int family, const char *s, size_t n)
{
	char text[INET6_ADDRSTRLEN + 1], binary[sizeof(struct in6_addr)];

	if (n == 0 || n >= sizeof text)
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	return strlen(text) == n && inet_pton(family, text, binary) == 1;
}

bool
is_ipv4(const char *s, size_t n)
{
	return is_address(AF_INET, s, n);
}

bool
is_ipv6(const char *s, size_t n)
{
	return is_address(AF_INET6, s, n);
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_label(const char *s, size_t n)
{
	if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	return true;
}

static bool
are_labels(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, ".");

		if (!is_label(s, n))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

/*
 * getaddrinfo() would read "127.1", "0x7f000001" or "2130706433" as an address: what looks like a number
 * to it is no name.
 */
static bool
is_number(const char *s)
{
	struct in_addr ignored;

	return strspn(s, "0123456789.") == strlen(s) || inet_aton(s, &ignored) != 0;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static bool
has_a_label(const char *s)
{
	for (; s != NULL; s = strchr(s, '.')) {
		s += *s == '.';
		if (strncasecmp(s, "xn--", 4) == 0)
			return true;
	}
	return false;
}

/* Non-ASCII labels become A-labels; A-labels must be real ones. The result replaces *name. */
static bool
convert(const void *ctx, char **name, struct err *err)
{
	uint8_t *ascii = NULL;
	int rc;

	if (is_ascii(*name) && !has_a_label(*name))
		return true;
	rc = idn2_lookup_u8((const uint8_t *)*name, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (rc == IDN2_TOO_BIG_DOMAIN)
		return err_class(
			err, ERR_INVALID, "TOO_LONG", "host name is longer than %d octets", HOSTNAME_MAX);
	if (rc != IDN2_OK)
		return err_class(
			err, ERR_INVALID, "BAD_HOST", "host name is not valid: %s", idn2_strerror(rc));
	mem_free(*name);
	*name = mem_strdup(ctx, (const char *)ascii);
	idn2_free(ascii);
	return true;
}

char *
hostname_to_ascii(const void *ctx, const char *s, size_t n, struct err *err)
{
	char *name;

	if (n > 0 && s[n - 1] == '.')
		n--;
	if (n > 4 * HOSTNAME_MAX) {
		err_class(err, ERR_INVALID, "TOO_LONG", "host name is longer than %d octets", HOSTNAME_MAX);
		return NULL;
	}
	if (memchr(s, '\0', n) != NULL) {
		err_class(err, ERR_INVALID, "BAD_HOST", "host name holds a NUL");
		return NULL;
	}
	name = mem_strndup(ctx, s, n);
	if (!convert(ctx, &name, err))
		goto refused;
	if (strlen(name) > HOSTNAME_MAX) {
		err_class(err, ERR_INVALID, "TOO_LONG", "host name is longer than %d octets", HOSTNAME_MAX);
		goto refused;
	}
	if (!are_labels(name) || is_number(name)) {
		err_class(err, ERR_INVALID, "BAD_HOST", "host name is not valid");
		goto refused;
	}
	return name;
refused:
	mem_free(name);
	return NULL;
}
