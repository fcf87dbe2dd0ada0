/* The users of SNMPv3 and their keys. */
#include "snmp/users.h"

#include <string.h>

#include "core/mem.h"

enum { USERS_MAX = 1024 };

struct protocol {
	const char *word; /* as `snmp-server user` has it */
	const oid *id;
	size_t len;
};

/* Routers extend short keys to those of AES-192 and AES-256 as Reeder's draft does: so do we. */
static const struct protocol auths[] = {
	{ "md5", usmHMACMD5AuthProtocol, USM_AUTH_PROTO_MD5_LEN },
	{ "sha", usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN },
	{ "sha-2 256", usmHMAC192SHA256AuthProtocol, OID_LENGTH(usmHMAC192SHA256AuthProtocol) },
	{ "sha-2 384", usmHMAC256SHA384AuthProtocol, OID_LENGTH(usmHMAC256SHA384AuthProtocol) },
	{ "sha-2 512", usmHMAC384SHA512AuthProtocol, OID_LENGTH(usmHMAC384SHA512AuthProtocol) },
	{ NULL, NULL, 0 },
};
static const struct protocol privs[] = {
	{ "aes 128", usmAESPrivProtocol, OID_LENGTH(usmAESPrivProtocol) },
	{ "aes 192", usmAES192CiscoPrivProtocol, OID_LENGTH(usmAES192CiscoPrivProtocol) },
	{ "aes 256", usmAES256CiscoPrivProtocol, OID_LENGTH(usmAES256CiscoPrivProtocol) },
	{ "des", usmDESPrivProtocol, OID_LENGTH(usmDESPrivProtocol) },
	{ NULL, NULL, 0 },
};

static const struct protocol *
find(const struct protocol *p, const char *word)
{
	while (p->word != NULL && strcmp(p->word, word) != 0)
		p++;
	return p->word == NULL ? NULL : p;
}

/* `hash` is what makes keys: the protocol of authentication, for both. */
static bool
make_key(const struct snmp_user *u, const char *password, unsigned char *key, size_t *len, struct err *err)
{
	if (generate_Ku(u->auth, (u_int)u->auth_len, (const u_char *)password, strlen(password), key, len) ==
		SNMPERR_SUCCESS)
		return true;
	return err_set(err, ERR_INVALID, "user %s: no key of this password", u->name);
}

static const char *
text_of(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static bool
read_user(const void *ctx, const json_t *j, struct snmp_user *u, struct err *err)
{
	const char *name = text_of(j, "name"), *auth = text_of(j, "auth"), *priv = text_of(j, "priv");
	const struct protocol *p;

	if (name == NULL)
		return err_set(err, ERR_INVALID, "a user without a name");
	u->name = mem_strdup(ctx, name);
	if (auth == NULL)
		return true;
	p = find(auths, auth);
	if (p == NULL || text_of(j, "auth_password") == NULL)
		return err_set(err, ERR_INVALID, "user %s: no authentication %s", name, auth);
	u->auth = p->id;
	u->auth_len = p->len;
	u->auth_key_len = sizeof u->auth_key;
	if (!make_key(u, text_of(j, "auth_password"), u->auth_key, &u->auth_key_len, err))
		return false;
	if (priv == NULL)
		return true;
	p = find(privs, priv);
	if (p == NULL || text_of(j, "priv_password") == NULL)
		return err_set(err, ERR_INVALID, "user %s: no privacy %s", name, priv);
	u->priv = p->id;
	u->priv_len = p->len;
	u->priv_key_len = sizeof u->priv_key;
	return make_key(u, text_of(j, "priv_password"), u->priv_key, &u->priv_key_len, err);
}

static int
users_free(void *p)
{
	struct snmp_users *users = p;

	explicit_bzero(users->v, users->n * sizeof *users->v);
	return 0;
}

struct snmp_users *
snmp_users_from_json(const void *ctx, const json_t *list, struct err *err)
{
	struct snmp_users *users = mem_new(ctx, struct snmp_users);

	users->n = json_array_size(list);
	if (users->n > USERS_MAX) {
		err_set(err, ERR_INVALID, "too many users");
		mem_free(users);
		return NULL;
	}
	users->v = mem_array(users, struct snmp_user, users->n + 1);
	mem_on_free(users, users_free);
	for (size_t i = 0; i < users->n; i++)
		if (!read_user(users, json_array_get(list, i), &users->v[i], err)) {
			mem_free(users);
			return NULL;
		}
	return users;
}

const struct snmp_user *
snmp_users_find(const struct snmp_users *users, const char *name)
{
	for (size_t i = 0; users != NULL && i < users->n; i++)
		if (strcmp(users->v[i].name, name) == 0)
			return &users->v[i];
	return NULL;
}

void
snmp_user_into(const struct snmp_user *u, netsnmp_session *s)
{
	s->securityName = (char *)(uintptr_t)u->name;
	s->securityNameLen = strlen(u->name);
	s->securityModel = SNMP_SEC_MODEL_USM;
	/* Said plainly: what is left out is a default of the library's. */
	s->securityAuthProto = usmNoAuthProtocol;
	s->securityAuthProtoLen = OID_LENGTH(usmNoAuthProtocol);
	s->securityPrivProto = usmNoPrivProtocol;
	s->securityPrivProtoLen = OID_LENGTH(usmNoPrivProtocol);
	if (u->auth != NULL) {
		s->securityAuthProto = (oid *)(uintptr_t)u->auth;
		s->securityAuthProtoLen = u->auth_len;
		memcpy(s->securityAuthKey, u->auth_key, u->auth_key_len);
		s->securityAuthKeyLen = u->auth_key_len;
	}
	if (u->priv != NULL) {
		s->securityPrivProto = (oid *)(uintptr_t)u->priv;
		s->securityPrivProtoLen = u->priv_len;
		memcpy(s->securityPrivKey, u->priv_key, u->priv_key_len);
		s->securityPrivKeyLen = u->priv_key_len;
	}
}

bool
snmp_user_enrol(const struct snmp_user *u, const unsigned char *engine, size_t len)
{
	netsnmp_session s;

	if (usm_get_user(engine, len, u->name) != NULL)
		return true;
	snmp_sess_init(&s);
	s.version = SNMP_VERSION_3;
	snmp_user_into(u, &s);
	s.securityEngineID = (u_char *)(uintptr_t)engine;
	s.securityEngineIDLen = len;
	s.securityLevel = u->priv != NULL   ? SNMP_SEC_LEVEL_AUTHPRIV
			  : u->auth != NULL ? SNMP_SEC_LEVEL_AUTHNOPRIV
					    : SNMP_SEC_LEVEL_NOAUTH;
	return usm_create_user_from_session(&s) == SNMPERR_SUCCESS;
}

void
snmp_users_forget(void)
{
	struct usmUser *user;

	while ((user = usm_get_userList()) != NULL) {
		usm_remove_user(user);
		usm_free_user(user);
	}
}
