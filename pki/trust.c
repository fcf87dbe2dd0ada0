/* The snapshot of trustpoints, and its JSON form for helper jobs. */
#include "pki/trust.h"

#include <string.h>

#include "core/mem.h"
#include "pki/import.h"

/* ORDER: enum revocation_method */
static const char *const method_names[] = { "none", "crl", "ocsp" };
#define METHOD_COUNT (sizeof(method_names) / sizeof(method_names[0]))

static int
release_certs(void *arg)
{
	struct trust *trust = arg;

	for (size_t i = 0; i < trust->count; i++)
		X509_free(trust->points[i].cert);
	return 0;
}

struct trust *
trust_new(const void *ctx)
{
	struct trust *trust = mem_new(ctx, struct trust);

	mem_on_free(trust, release_certs);
	return trust;
}

void
trust_add(struct trust *trust, const char *name, X509 *cert, const struct trustpoint_policy *policy)
{
	struct trustpoint_snapshot *point;

	trust->points = mem_resize(trust, trust->points, (trust->count + 1) * sizeof(*trust->points));
	point = &trust->points[trust->count++];
	X509_up_ref(cert);
	*point = (struct trustpoint_snapshot){ .name = mem_strdup(trust, name), .cert = cert };
	if (policy == NULL)
		return;
	point->policy = *policy;
	point->policy.parent = mem_strdup(trust, policy->parent);
	point->policy.ocsp_url = mem_strdup(trust, policy->ocsp_url);
}

struct trust *
trust_copy(const void *ctx, const struct trust *from)
{
	struct trust *trust = trust_new(ctx);

	for (size_t i = 0; i < from->count; i++)
		trust_add(trust, from->points[i].name, from->points[i].cert, &from->points[i].policy);
	return trust;
}

static json_t *
point_to_json(const struct trustpoint_snapshot *point)
{
	const struct trustpoint_policy *policy = &point->policy;
	json_t *methods = json_array();
	char *base64 = cert_to_base64(NULL, point->cert);
	json_t *object;

	for (size_t i = 0; i < policy->revocation_count; i++)
		json_array_append_new(methods, json_string(method_names[policy->revocation[i]]));
	object = json_pack("{s:s, s:s, s:o, s:b}", "name", point->name, "certificate", base64,
		"revocation_check", methods, "chain_continue", policy->chain_continue);
	mem_free(base64);
	if (policy->parent != NULL)
		json_object_set_new(object, "parent", json_string(policy->parent));
	if (policy->ocsp_url != NULL)
		json_object_set_new(object, "ocsp_url", json_string(policy->ocsp_url));
	return object;
}

json_t *
trust_to_json(const struct trust *trust)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trust->count; i++)
		json_array_append_new(list, point_to_json(&trust->points[i]));
	return list;
}

static bool
method_from_name(const char *name, enum revocation_method *method)
{
	for (size_t i = 0; name != NULL && i < METHOD_COUNT; i++) {
		if (strcmp(name, method_names[i]) != 0)
			continue;
		*method = (enum revocation_method)i;
		return true;
	}
	return false;
}

static bool
policy_from_json(const json_t *item, struct trustpoint_policy *policy, struct err *err)
{
	const json_t *methods = json_object_get(item, "revocation_check");
	const size_t room = sizeof(policy->revocation) / sizeof(policy->revocation[0]);
	const json_t *method;
	size_t i;

	policy->chain_continue = json_is_true(json_object_get(item, "chain_continue"));
	policy->parent = json_string_value(json_object_get(item, "parent"));
	policy->ocsp_url = json_string_value(json_object_get(item, "ocsp_url"));
	json_array_foreach(methods, i, method)
	{
		if (i >= room || !method_from_name(json_string_value(method), &policy->revocation[i]))
			return err_set(err, ERR_INVALID,
				"revocation_check takes up to %zu of none, crl, ocsp", room);
		policy->revocation_count = i + 1;
	}
	return true;
}

static bool
point_from_json(struct trust *trust, const json_t *item, struct err *err)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	const char *base64 = json_string_value(json_object_get(item, "certificate"));
	struct trustpoint_policy policy = { 0 };
	X509 *cert;

	if (name == NULL || base64 == NULL)
		return err_set(err, ERR_INVALID, "a trustpoint needs a name and a certificate");
	if (!policy_from_json(item, &policy, err))
		return err_wrap(err, "trustpoint %s", name);
	cert = cert_import(base64, strlen(base64), err);
	if (cert == NULL)
		return err_wrap(err, "trustpoint %s", name);
	trust_add(trust, name, cert, &policy);
	X509_free(cert);
	return true;
}

struct trust *
trust_from_json(const void *ctx, const json_t *list, struct err *err)
{
	struct trust *trust;
	const json_t *item;
	size_t i;

	if (!json_is_array(list)) {
		err_set(err, ERR_INVALID, "a trust snapshot is a JSON array");
		return NULL;
	}
	trust = trust_new(ctx);
	json_array_foreach(list, i, item)
	{
		if (point_from_json(trust, item, err))
			continue;
		mem_free(trust);
		return NULL;
	}
	return trust;
}
