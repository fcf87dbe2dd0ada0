/* Reads requests: path, verb and a JSON body. */
#include "rpc/request.h"

#include <string.h>

#include <jansson.h>

#include "core/mem.h"
#include "core/text.h"

enum { OK = 200, BAD_REQUEST = 400, NOT_FOUND = 404, BAD_METHOD = 405, TOO_LARGE = 413 };

static const char run_path[] = "/v1/run/";

/* One segment of a path with its %XX decoded (RFC 3986 2.1); NULL: not well formed, or a control character. */
static char *
decoded(const void *ctx, const char *s)
{
	char *out = mem_alloc(ctx, strlen(s) + 1), *to = out;

	while (*s != '\0') {
		int high, low, c = (unsigned char)*s++;

		if (c == '/')
			return NULL;
		if (c == '%') {
			if ((high = hex_digit(s[0])) < 0 || (low = hex_digit(s[1])) < 0)
				return NULL;
			c = high << 4 | low;
			s += 2;
		}
		if (c < ' ' || c == 0x7f)
			return NULL;
		*to++ = (char)c;
	}
	return out;
}

static bool
read_argument(const void *ctx, const json_t *v, const char **out)
{
	if (json_is_string(v))
		*out = strlen(json_string_value(v)) == json_string_length(v)
			       ? mem_strdup(ctx, json_string_value(v))
			       : NULL;
	else if (json_is_integer(v))
		*out = mem_printf(ctx, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		*out = json_is_true(v) ? "1" : "0";
	else
		*out = NULL;
	return *out != NULL;
}

static bool
read_arguments(const void *ctx, const json_t *list, size_t max, struct rpc_request *r, struct err *err)
{
	size_t n = json_array_size(list);

	if (list != NULL && !json_is_array(list))
		return err_set(err, ERR_INVALID, "\"args\" is a list");
	if (n > max)
		return err_set(err, ERR_RANGE, "\"args\" has %zu elements at most", max);
	r->args = mem_array(ctx, const char *, n + 1);
	for (r->nargs = 0; r->nargs < n; r->nargs++)
		if (!read_argument(ctx, json_array_get(list, r->nargs), &r->args[r->nargs]))
			return err_set(err, ERR_INVALID,
				"\"args\" holds texts without NUL, whole numbers and booleans");
	return true;
}

/* A member that nobody asked for is a mistake of the caller, or a hope that is not met. */
static bool
knows_members(const json_t *body, const char *const *names, struct err *err)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)body, name, v)
	{
		const char *const *known = names;

		while (*known != NULL && strcmp(*known, name) != 0)
			known++;
		if (*known == NULL)
			return err_set(
				err, ERR_INVALID, "the body has a member \"%.60s\" that is not known", name);
	}
	return true;
}

static bool
read_run(const void *ctx, const char *path, const json_t *body, struct rpc_request *r, struct err *err)
{
	static const char *const members[] = { "args", NULL };

	r->policy = decoded(ctx, path + strlen(run_path));
	if (r->policy == NULL || *r->policy == '\0' || strlen(r->policy) > RPC_NAME_MAX)
		return err_set(err, ERR_INVALID, "the path ends with the name of a policy: %sNAME", run_path);
	return knows_members(body, members, err) &&
	       read_arguments(ctx, json_object_get(body, "args"), RPC_RUN_ARGS, r, err);
}

static bool
read_publish(const void *ctx, const json_t *body, struct rpc_request *r, struct err *err)
{
	static const char *const members[] = { "type", "args", NULL };
	const json_t *type = json_object_get(body, "type");
	json_int_t number = json_integer_value(type);

	if (!json_is_integer(type) || number < 1 || number > UINT32_MAX)
		return err_set(err, ERR_INVALID, "\"type\" is a whole number from 1 to %u", UINT32_MAX);
	r->type = (uint32_t)number;
	return knows_members(body, members, err) &&
	       read_arguments(ctx, json_object_get(body, "args"), RPC_PUBLISH_ARGS, r, err);
}

static json_t *
read_body(const char *body, size_t n, struct err *err)
{
	json_error_t why;
	json_t *j;

	if (n == 0)
		return json_object();
	j = json_loadb(body, n, JSON_REJECT_DUPLICATES, &why);
	if (j == NULL)
		err_set(err, ERR_INVALID, "the body is not JSON: %s", why.text);
	else if (!json_is_object(j)) {
		err_set(err, ERR_INVALID, "the body is a JSON object");
		json_decref(j);
		j = NULL;
	}
	return j;
}

static bool
find_method(const char *path, enum rpc_method *method)
{
	if (strncmp(path, run_path, strlen(run_path)) == 0)
		*method = RPC_RUN;
	else if (strcmp(path, "/v1/publish") == 0)
		*method = RPC_PUBLISH;
	else if (strcmp(path, "/v1/policies") == 0)
		*method = RPC_POLICIES;
	else
		return false;
	return true;
}

unsigned
rpc_request_read(const void *ctx, const char *verb, const char *path, const char *body, size_t n,
	struct rpc_request *r, struct err *err)
{
	bool good = true;
	json_t *j;

	*r = (struct rpc_request){ 0 };
	if (!find_method(path, &r->method)) {
		err_set(err, ERR_NOT_FOUND, "there is nothing here: /v1/run/NAME, /v1/publish, /v1/policies");
		return NOT_FOUND;
	}
	if (strcmp(verb, r->method == RPC_POLICIES ? "GET" : "POST") != 0) {
		err_set(err, ERR_INVALID, "the method is %s", r->method == RPC_POLICIES ? "GET" : "POST");
		return BAD_METHOD;
	}
	if (n > RPC_BODY_MAX) {
		err_set(err, ERR_RANGE, "the body has %d bytes at most", RPC_BODY_MAX);
		return TOO_LARGE;
	}
	if ((j = read_body(body, n, err)) == NULL)
		return BAD_REQUEST;
	if (r->method == RPC_RUN)
		good = read_run(ctx, path, j, r, err);
	else if (r->method == RPC_PUBLISH)
		good = read_publish(ctx, j, r, err);
	json_decref(j);
	return good ? OK : BAD_REQUEST;
}
