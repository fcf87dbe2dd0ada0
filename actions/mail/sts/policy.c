/* Reading MTA-STS policies and records: strict, because a policy that is misread is worse than none. */
#include "actions/mail/sts/policy.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/slice.h"

#define MAX_AGE_MAX 31557600u /* a year: RFC 8461 3.2 */
#define NAME_MAX_   253
#define LABEL_MAX   63
#define ID_MAX      32

static const char *const mode_names[STS_MODE_COUNT] = { "none", "testing", "enforce" };

const char *
sts_mode_name(enum sts_mode mode)
{
	return mode_names[mode];
}

/* ---- the record ---- */

/* "v=STSv1" up to a `;`: the version stands first, and exactly so. */
static bool
is_sts_record(const char *text)
{
	static const char version[] = "v=STSv1";
	size_t n = sizeof version - 1;

	if (strncmp(text, version, n) != 0)
		return false;
	text += n;
	text += strspn(text, " \t");
	return *text == ';';
}

static bool
is_id(struct slice id)
{
	if (id.n == 0 || id.n > ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!isascii((unsigned char)id.s[i]) || !isalnum((unsigned char)id.s[i]))
			return false;
	return true;
}

static const char *
id_of(const void *ctx, const char *text, struct err *err)
{
	struct slice rest = slice_of(text), id = SLICE_NONE;

	slice_cut(&rest, ';'); /* the version */
	while (rest.n > 0) {
		struct slice field = slice_cut(&rest, ';'), key, value;
		const char *equals = field.n == 0 ? NULL : memchr(field.s, '=', field.n);

		if (equals == NULL)
			continue; /* nothing that we know: ignored */
		key = slice_trim(slice_between(field.s, equals));
		value = slice_trim(slice_between(equals + 1, field.s + field.n));
		if (!slice_is(key, "id"))
			continue;
		if (id.s != NULL) {
			err_set(err, ERR_INVALID, "the record has two ids");
			return NULL;
		}
		id = value;
	}
	if (id.s == NULL) {
		err_set(err, ERR_INVALID, "the record has no id");
		return NULL;
	}
	if (!is_id(id)) {
		err_set(err, ERR_INVALID, "the record's id is not 1 to 32 letters and digits");
		return NULL;
	}
	return mem_strndup(ctx, id.s, id.n);
}

const char *
sts_record_id(const void *ctx, const char *const *texts, size_t count, struct err *err)
{
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_sts_record(texts[i]))
			continue;
		if (found != NULL) {
			err_set(err, ERR_INVALID, "there is more than one v=STSv1 record");
			return NULL;
		}
		found = texts[i];
	}
	if (found == NULL) {
		err_set(err, ERR_NOT_FOUND, "there is no v=STSv1 record");
		return NULL;
	}
	return id_of(ctx, found, err);
}

/* ---- the policy ---- */

struct reader {
	struct sts_policy *policy;
	int line;
	bool has_version, has_mode, has_max_age;
	size_t mx_room;
};

/* Letters, digits, `-` and `_` in labels of 1 to 63, 253 in all. */
static bool
is_host(struct slice host)
{
	size_t label = 0;

	if (host.n == 0 || host.n > NAME_MAX_)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.s[i];
		bool hyphen = c == '-';

		if (c == '.') {
			if (label == 0 || host.s[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!isascii(c) || (!isalnum(c) && !hyphen && c != '_') || (hyphen && label == 0) ||
			++label > LABEL_MAX)
			return false;
	}
	return label > 0 && host.s[host.n - 1] != '-';
}

static bool
add_mx(struct reader *r, struct slice value, struct err *err)
{
	struct sts_policy *p = r->policy;
	struct slice host = value;
	char *kept;

	if (host.n > 0 && host.s[host.n - 1] == '.')
		host.n--;
	value.n = host.n;
	if (host.n > 2 && host.s[0] == '*' && host.s[1] == '.') {
		host.s += 2;
		host.n -= 2;
	}
	if (!is_host(host))
		return err_set(err, ERR_INVALID, "mx is neither a host nor *.host");
	if (p->mx_count == r->mx_room) {
		r->mx_room = r->mx_room == 0 ? 8 : r->mx_room * 2;
		p->mx = mem_resize(p, p->mx, r->mx_room * sizeof *p->mx);
	}
	kept = mem_strndup(p, value.s, value.n);
	for (char *c = kept; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	p->mx[p->mx_count++] = kept;
	return true;
}

static bool
set_version(struct reader *r, struct slice value, struct err *err)
{
	if (r->has_version)
		return true;
	r->has_version = true;
	return slice_is(value, "STSv1") || err_set(err, ERR_INVALID, "version is not STSv1");
}

static bool
set_mode(struct reader *r, struct slice value, struct err *err)
{
	if (r->has_mode)
		return true;
	r->has_mode = true;
	for (int m = 0; m < STS_MODE_COUNT; m++) {
		if (slice_is(value, mode_names[m])) {
			r->policy->mode = (enum sts_mode)m;
			return true;
		}
	}
	return err_set(err, ERR_INVALID, "mode is none of enforce, testing and none");
}

static bool
set_max_age(struct reader *r, struct slice value, struct err *err)
{
	uint64_t seconds = 0;

	if (r->has_max_age)
		return true;
	r->has_max_age = true;
	if (value.n == 0 || value.n > 10)
		return err_set(err, ERR_INVALID, "max_age is not a number of 1 to 10 digits");
	for (size_t i = 0; i < value.n; i++) {
		if (value.s[i] < '0' || value.s[i] > '9')
			return err_set(err, ERR_INVALID, "max_age is not a number of 1 to 10 digits");
		seconds = seconds * 10 + (uint64_t)(value.s[i] - '0');
	}
	r->policy->max_age = seconds > MAX_AGE_MAX ? MAX_AGE_MAX : (uint32_t)seconds;
	return true;
}

static const struct {
	const char *name;
	bool (*set)(struct reader *, struct slice value, struct err *);
} keys[] = {
	{ "version", set_version },
	{ "mode", set_mode },
	{ "max_age", set_max_age },
	{ "mx", add_mx },
};

/* RFC 8461 3.2: a letter or digit, then up to 31 of these and `_`, `-`, `.`. */
static bool
is_key(struct slice key)
{
	if (key.n == 0 || key.n > ID_MAX || !isalnum((unsigned char)key.s[0]))
		return false;
	for (size_t i = 0; i < key.n; i++) {
		unsigned char c = (unsigned char)key.s[i];

		if (!isascii(c) || (!isalnum(c) && strchr("_-.", c) == NULL))
			return false;
	}
	return true;
}

static bool
read_line(struct reader *r, struct slice line, struct err *err)
{
	const char *colon;
	struct slice key, value;

	line = slice_trim(line);
	if (line.n == 0)
		return true;
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.s[i] < 0x20 && line.s[i] != '\t')
			return err_set(err, ERR_INVALID, "the line holds a control character");
	colon = memchr(line.s, ':', line.n);
	if (colon == NULL)
		return err_set(err, ERR_INVALID, "the line is not \"key: value\"");
	key = slice_trim(slice_between(line.s, colon));
	value = slice_trim(slice_between(colon + 1, line.s + line.n));
	if (!is_key(key))
		return err_set(err, ERR_INVALID, "the key is not one of letters and digits");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (slice_is(key, keys[i].name))
			return keys[i].set(r, value, err);
	return true; /* of a later version: ignored */
}

static bool
read_lines(struct reader *r, const char *text, size_t n, struct err *err)
{
	const char *end = text + n;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline == NULL ? end : newline;
		struct slice line = slice_between(text, stop);

		r->line++;
		if (newline != NULL && line.n > 0 && line.s[line.n - 1] == '\r')
			line.n--;
		if (!read_line(r, line, err)) {
			err_at(err, r->line, 0);
			return err_wrap(err, "line %d", r->line);
		}
		text = newline == NULL ? end : newline + 1;
	}
	return true;
}

static bool
is_complete(const struct reader *r, struct err *err)
{
	if (!r->has_version)
		return err_set(err, ERR_INVALID, "there is no version");
	if (!r->has_mode)
		return err_set(err, ERR_INVALID, "there is no mode");
	if (!r->has_max_age)
		return err_set(err, ERR_INVALID, "there is no max_age");
	if (r->policy->mx_count == 0 && r->policy->mode != STS_NONE)
		return err_set(err, ERR_INVALID, "there is no mx");
	return true;
}

struct sts_policy *
sts_policy_parse(const void *ctx, const char *text, size_t n, struct err *err)
{
	struct reader r = { .policy = mem_new(ctx, struct sts_policy) };

	if (!read_lines(&r, text, n, err) || !is_complete(&r, err)) {
		mem_free(r.policy);
		return NULL;
	}
	r.policy->text = mem_strndup(r.policy, text, n);
	return r.policy;
}

/* ---- matching ---- */

static bool
fits(const char *pattern, const char *host, size_t n)
{
	if (pattern[0] == '*') {
		const char *dot = memchr(host, '.', n);

		if (dot == NULL || dot == host)
			return false;
		n -= (size_t)(dot - host);
		host = dot;
		pattern++;
	}
	return strlen(pattern) == n && strncasecmp(pattern, host, n) == 0;
}

bool
sts_policy_matches(const struct sts_policy *p, const char *host)
{
	size_t n = strlen(host);

	if (n > 0 && host[n - 1] == '.')
		n--;
	for (size_t i = 0; i < p->mx_count; i++)
		if (fits(p->mx[i], host, n))
			return true;
	return false;
}
