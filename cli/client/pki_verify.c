/* The offline certificate validator. */
#include "cli/client/pki_verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/paths.h"
#include "pki/certtext.h"
#include "pki/import.h"
#include "pki/verify.h"

#define MAX_TRUST   256
#define USAGE_CLASS "USAGE" /* of errors in the request itself */
#define FILE_BYTES  (64u * 1024u * 1024u)

/* How each option stands in a request: the command line becomes the same JSON as a line of --batch. */
enum form { FORM_FLAG, FORM_TEXT, FORM_NUMBER, FORM_LIST };

struct option_row {
	const char *name; /* without "--" */
	enum form form;
};

static const struct option_row options[] = {
	{ "trust", FORM_LIST },
	{ "untrusted", FORM_LIST },
	{ "crl", FORM_LIST },
	{ "peer", FORM_TEXT },
	{ "name", FORM_TEXT },
	{ "ip", FORM_TEXT },
	{ "email", FORM_TEXT },
	{ "time", FORM_TEXT },
	{ "purpose", FORM_TEXT },
	{ "depth", FORM_NUMBER },
	{ "json", FORM_FLAG },
	{ "batch", FORM_FLAG },
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const char usage[] = "usage: eventctl pki verify --trust F... [--untrusted F...] --peer F [--name H | "
			    "--ip A | --email M]\n"
			    "                           [--time ISO8601] [--purpose server|client] [--crl "
			    "F...] [--depth N] [--json]\n"
			    "       eventctl pki verify --batch < requests\n";

/* What a request asks for, owned by ctx and freed with it. */
struct work {
	struct trust *trust;
	X509 *peer;
	STACK_OF(X509) * untrusted;
	STACK_OF(X509_CRL) * crls;
	struct pki_request ask;
};

static int
release(void *arg)
{
	struct work *w = arg;

	X509_free(w->peer);
	sk_X509_pop_free(w->untrusted, X509_free);
	sk_X509_CRL_pop_free(w->crls, X509_CRL_free);
	return 0;
}

/* "2023-07-10", "2023-07-10T12:00:00Z", "2023-07-10T14:00:00.5+02:00" */
static bool
parse_time(const char *s, time_t *at)
{
	struct tm tm = { 0 };
	const char *p = strptime(s, "%Y-%m-%d", &tm);
	int hours = 0, minutes = 0, n = 0;

	if (p == NULL)
		return false;
	if (*p == 'T' || *p == ' ' || *p == 't') {
		if ((p = strptime(p + 1, "%H:%M", &tm)) == NULL)
			return false;
		if (*p == ':' && (p = strptime(p + 1, "%S", &tm)) == NULL)
			return false;
		if (*p == '.')
			p += 1 + strspn(p + 1, "0123456789");
	}
	*at = timegm(&tm);
	if (*p == '\0' || strcasecmp(p, "Z") == 0)
		return true;
	if ((*p != '+' && *p != '-') ||
		(sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 &&
			sscanf(p + 1, "%2d%2d%n", &hours, &minutes, &n) != 2) ||
		p[1 + n] != '\0')
		return false;
	*at -= (*p == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/* A value is the text itself or the path of a file. */
static char *
contents(const void *ctx, const json_t *value, size_t *n, struct err *err)
{
	const char *s = json_string_value(value);
	char *data;

	if (s == NULL) {
		err_set(err, ERR_INVALID, "certificates and CRLs are given as strings");
		return NULL;
	}
	*n = json_string_length(value);
	if (strstr(s, "-----BEGIN") != NULL || strchr(s, '\n') != NULL || *n >= 4096)
		return mem_dup(ctx, s, *n);
	data = path_read_file(ctx, s, FILE_BYTES, n, err);
	if (data == NULL) /* a path that is wrong says nothing about certificates */
		snprintf(err->class, sizeof err->class, "%s", USAGE_CLASS);
	return data;
}

typedef bool load_f(struct work *, const char *data, size_t n, struct err *);

static bool
load_trust(struct work *w, const char *data, size_t n, struct err *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool good = certs_import(certs, data, n, MAX_TRUST, err);

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		char *name = certtext_name_new(w, X509_get_subject_name(cert));

		trust_add(w->trust, name, cert, NULL);
	}
	sk_X509_pop_free(certs, X509_free);
	return good;
}

static bool
load_untrusted(struct work *w, const char *data, size_t n, struct err *err)
{
	return certs_import(w->untrusted, data, n, PKI_MAX_CERTS, err);
}

static bool
load_crl(struct work *w, const char *data, size_t n, struct err *err)
{
	return crls_import(w->crls, data, n, PKI_MAX_CERTS, err);
}

/* A peer file may hold its chain behind the peer, as servers' files do. */
static bool
load_peer(struct work *w, const char *data, size_t n, struct err *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool good = certs_import(certs, data, n, PKI_MAX_CERTS, err);

	if (good)
		w->peer = sk_X509_shift(certs);
	while (good && sk_X509_num(certs) > 0)
		sk_X509_push(w->untrusted, sk_X509_shift(certs));
	sk_X509_pop_free(certs, X509_free);
	return good;
}

static bool
load_value(struct work *w, const char *key, const json_t *value, load_f *load, struct err *err)
{
	const char *path = json_string_value(value);
	size_t n;
	char *data = contents(w, value, &n, err);
	bool is_path = path != NULL && strpbrk(path, "\n") == NULL && strlen(path) < 4096;

	if (data == NULL)
		return err_wrap(err, "%s", key);
	if (!load(w, data, n, err))
		return is_path ? err_wrap(err, "%s: %s", key, path) : err_wrap(err, "%s", key);
	return true;
}

/* An array, or a single string. */
static bool
load_list(struct work *w, const json_t *request, const char *key, load_f *load, struct err *err)
{
	const json_t *list = json_object_get(request, key);
	const json_t *value;
	size_t i;

	if (list == NULL || json_is_null(list))
		return true;
	if (!json_is_array(list))
		return load_value(w, key, list, load, err);
	json_array_foreach(list, i, value)
	{
		if (!load_value(w, key, value, load, err))
			return false;
	}
	return true;
}

/* Wrong words in a request are usage errors; wrong certificates are bad certificates. */
static bool
usage_error(struct err *err, const char *what, const char *value)
{
	return err_class(err, ERR_INVALID, USAGE_CLASS, "%s%s", what, value);
}

static bool
read_name(struct work *w, const json_t *request, const char *key, enum pki_name_kind kind, struct err *err)
{
	const char *value = json_string_value(json_object_get(request, key));

	if (value == NULL)
		return true;
	if (w->ask.name.kind != PKI_NAME_NONE)
		return usage_error(err, "give one of name, ip and email", "");
	w->ask.name = (struct pki_name){ .kind = kind, .value = value };
	return true;
}

static bool
read_words(struct work *w, const json_t *request, struct err *err)
{
	const char *at = json_string_value(json_object_get(request, "time"));
	const char *purpose = json_string_value(json_object_get(request, "purpose"));
	const json_t *depth = json_object_get(request, "depth");

	if (!read_name(w, request, "name", PKI_NAME_DNS, err) ||
		!read_name(w, request, "ip", PKI_NAME_IP, err) ||
		!read_name(w, request, "email", PKI_NAME_EMAIL, err))
		return false;
	if (at != NULL && !parse_time(at, &w->ask.at))
		return usage_error(err, "not an ISO 8601 time: ", at);
	if (purpose != NULL && strcasecmp(purpose, "server") != 0 && strcasecmp(purpose, "client") != 0)
		return usage_error(err, "purpose is server or client, not ", purpose);
	w->ask.purpose = purpose != NULL && strcasecmp(purpose, "client") == 0 ? PKI_CLIENT : PKI_SERVER;
	w->ask.depth = json_is_integer(depth) ? (int)json_integer_value(depth) : -1;
	return true;
}

static bool
read_request(struct work *w, const json_t *request, struct err *err)
{
	w->trust = trust_new(w);
	w->untrusted = sk_X509_new_null();
	w->crls = sk_X509_CRL_new_null();
	mem_on_free(w, release);
	if (!json_is_string(json_object_get(request, "peer")))
		return usage_error(err, "peer is missing", "");
	if (!read_words(w, request, err) || !load_list(w, request, "trust", load_trust, err) ||
		!load_list(w, request, "peer", load_peer, err) ||
		!load_list(w, request, "untrusted", load_untrusted, err) ||
		!load_list(w, request, "crl", load_crl, err))
		return false;
	w->ask.trust = w->trust;
	w->ask.peer = w->peer;
	w->ask.untrusted = w->untrusted;
	w->ask.crls = w->crls;
	w->ask.revocation = sk_X509_CRL_num(w->crls) > 0 ? PKI_REVOCATION_CRLS : PKI_REVOCATION_SKIP;
	return true;
}

static json_t *
findings_to_json(const struct pki_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->finding_count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:s}", "class", pki_class_name(r->findings[i].class),
				      "depth", r->findings[i].depth, "detail", r->findings[i].text));
	return list;
}

static json_t *
result_to_json(const struct pki_result *r)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s?, s:s?, s:o}", "result",
		r->class == PKI_OK ? "SUCCESS" : "FAILURE", "class", pki_class_name(r->class), "detail",
		r->detail, "depth", r->depth, "anchor", r->anchor[0] != '\0' ? r->anchor : NULL, "hint",
		r->hint[0] != '\0' ? r->hint : NULL, "findings", findings_to_json(r));
}

/* Certificates that do not decode prove nothing. */
static json_t *
error_to_json(const struct err *err)
{
	if (strcmp(err->class, USAGE_CLASS) == 0)
		return json_pack("{s:{s:s, s:s}}", "error", "code", "invalid", "message", err->text);
	return json_pack("{s:s, s:s, s:s, s:i, s:n}", "result", "FAILURE", "class",
		pki_class_name(PKI_UNTRUSTED), "detail", err->text, "depth", 0, "anchor");
}

/* One request of --batch; the caller owns the answer. */
static json_t *
pki_verify_answer(const json_t *request)
{
	struct work *w = mem_new(NULL, struct work);
	struct err err = ERR_INIT;
	struct pki_result r;
	json_t *answer;

	if (read_request(w, request, &err)) {
		pki_verify(&w->ask, &r);
		answer = result_to_json(&r);
		pki_result_clear(&r);
	} else {
		answer = error_to_json(&err);
	}
	if (json_object_get(request, "id") != NULL)
		json_object_set(answer, "id", json_object_get(request, "id"));
	mem_free(w);
	return answer;
}

static int
run_batch(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) >= 0) {
		json_error_t why;
		json_t *request, *answer;

		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		request = json_loadb(line, (size_t)n, 0, &why);
		answer = json_is_object(request)
				 ? pki_verify_answer(request)
				 : json_pack("{s:{s:s, s:s}}", "error", "code", "invalid", "message",
					   request != NULL ? "a request is a JSON object" : why.text);
		json_dumpf(answer, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		fflush(stdout);
		json_decref(answer);
		json_decref(request);
	}
	free(line);
	return 0;
}

static const struct option_row *
find_option(const char *word)
{
	for (size_t i = 0; strncmp(word, "--", 2) == 0 && i < OPTION_COUNT; i++)
		if (strcmp(word + 2, options[i].name) == 0)
			return &options[i];
	return NULL;
}

static int
complain(const char *what, const char *word)
{
	fprintf(stderr, "eventctl pki verify: %s%s\n%s", what, word, usage);
	return 2;
}

/* A list goes on to the next option: --trust a b --peer c. Answers how many words were taken. */
static int
take_values(json_t *request, const struct option_row *option, int argc, char **argv)
{
	json_t *list = json_object_get(request, option->name);
	int n = 0;

	if (list == NULL) {
		list = json_array();
		json_object_set_new(request, option->name, list);
	}
	while (n < argc && strncmp(argv[n], "--", 2) != 0)
		json_array_append_new(list, json_string(argv[n++]));
	return n;
}

static bool
set_value(json_t *request, const struct option_row *option, const char *word)
{
	char *end;
	long number;

	if (option->form == FORM_TEXT)
		return json_object_set_new(request, option->name, json_string(word)) == 0;
	errno = 0;
	number = strtol(word, &end, 10);
	if (errno != 0 || end == word || *end != '\0' || number < 0 || number > PKI_MAX_CERTS)
		return false;
	return json_object_set_new(request, option->name, json_integer(number)) == 0;
}

static int
read_options(json_t *request, int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		const struct option_row *option = find_option(argv[i]);
		int n = 0;

		if (option == NULL)
			return complain("unknown option ", argv[i]);
		i++;
		if (option->form == FORM_FLAG)
			json_object_set_new(request, option->name, json_true());
		else if (option->form == FORM_LIST)
			n = take_values(request, option, argc - i, argv + i);
		else if (i < argc && set_value(request, option, argv[i]))
			n = 1;
		if (option->form != FORM_FLAG && n == 0)
			return complain("no good value for --", option->name);
		i += n;
	}
	return 0;
}

static int
run_one(const json_t *request)
{
	json_t *answer;
	const json_t *error;
	int status;

	if (json_object_get(request, "peer") == NULL || json_object_get(request, "trust") == NULL)
		return complain("--trust and --peer are needed", "");
	answer = pki_verify_answer(request);
	error = json_object_get(answer, "error");
	status = error != NULL ? 2
			       : strcmp(json_string_value(json_object_get(answer, "result")), "SUCCESS") != 0;
	if (error != NULL)
		complain(json_string_value(json_object_get(error, "message")), "");
	else
		json_dumpf(answer, stdout,
			JSON_PRESERVE_ORDER |
				(json_object_get(request, "json") != NULL ? 0 : JSON_INDENT(2)));
	if (error == NULL)
		putchar('\n');
	json_decref(answer);
	return status;
}

int
pki_verify_main(int argc, char **argv)
{
	json_t *request = json_object();
	int status = read_options(request, argc, argv);

	if (status == 0)
		status = json_object_get(request, "batch") != NULL ? run_batch() : run_one(request);
	json_decref(request);
	return status;
}
