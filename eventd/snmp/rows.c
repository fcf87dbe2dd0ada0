/* The lines `snmp-server ...` as they are typed, and the secrets in them. */
#include "snmp/rows.h"

#include <ctype.h>
#include <string.h>

#include "core/mem.h"
#include "core/redact.h"
#include "snmp/client.h"
#include "snmp/config.h"
#include "store/secret.h"

enum {
	ORDER_SNMP = 640,
	AGENT_PORT = 161,
	TRAP_PORT = 162,
	PASSWORD_MIN = 8,       /* RFC 3414 11.2 */
	ENGINE_DIGITS_MIN = 10, /* RFC 3411 5: 5 to 32 octets */
	ENGINE_DIGITS_MAX = 64,
};

/* ---- the secrets of a line ---- */

typedef void secret_f(void *arg, struct kw_str *);

const struct user_key user_keys[] = {
	{ offsetof(struct user_args, md5), "md5", false, "MD5" },
	{ offsetof(struct user_args, sha), "sha", false, "SHA" },
	{ offsetof(struct user_args, sha256), "sha-2 256", false, "SHA-256" },
	{ offsetof(struct user_args, sha384), "sha-2 384", false, "SHA-384" },
	{ offsetof(struct user_args, sha512), "sha-2 512", false, "SHA-512" },
	{ offsetof(struct user_args, des), "des", true, "DES" },
	{ offsetof(struct user_args, aes128), "aes 128", true, "AES128" },
	{ offsetof(struct user_args, aes192), "aes 192", true, "AES192" },
	{ offsetof(struct user_args, aes256), "aes 256", true, "AES256" },
	{ 0, NULL, false, NULL },
};

static void
each_secret(const char *words, void *args, secret_f *f, void *arg)
{
	struct host_args *host = args;

	if (strcmp(words, SNMP_COMMUNITY) == 0)
		f(arg, &((struct community_args *)args)->community);
	else if (strcmp(words, SNMP_HOST) == 0 || strcmp(words, SNMP_AGENT) == 0) {
		if (!host->release.set || host->release.v != SNMP_RELEASE_3) /* else it is a user's name */
			f(arg, &host->name);
	} else if (strcmp(words, SNMP_USER) == 0)
		for (const struct user_key *k = user_keys; k->protocol != NULL; k++) {
			struct kw_str *value = (void *)((char *)args + k->at);

			if (value->set)
				f(arg, value);
		}
}

char *
snmp_clear(const struct engine *e, const void *ctx, const struct kw_str *value)
{
	char *clear = e->secrets == NULL ? NULL : secret_decrypt(e->secrets, ctx, value->s, strlen(value->s));

	return clear != NULL ? clear : mem_secret(ctx, value->s, strlen(value->s));
}

struct sealing {
	const struct engine *engine;
	void *args; /* of the line that is adopted */
};

/* A secret is always the same ciphertext: a line typed anew is the line that is there, `no LINE` finds it. */
static void
seal(void *arg, struct kw_str *value)
{
	const struct sealing *s = arg;
	char *clear = snmp_clear(s->engine, NULL, value);

	value->s = secret_encrypt_alike(s->engine->secrets, s->args, clear, strlen(clear));
	value->quoted = false;
	mem_free(clear);
}

static void
seal_line(struct engine *e, const char *words, void *args)
{
	struct sealing s = { e, args };

	if (e->secrets != NULL)
		each_secret(words, args, seal, &s);
}

static void
learn(void *arg, struct kw_str *value)
{
	const struct engine *e = arg;
	char *clear = snmp_clear(e, NULL, value);

	if (!redact_is_word(clear))
		redact_learn(e->redact, clear);
	mem_free(clear);
}

static void
forget(void *arg, struct kw_str *value)
{
	const struct engine *e = arg;
	char *clear = snmp_clear(e, NULL, value);

	if (!redact_is_word(clear))
		redact_forget(e->redact, clear);
	mem_free(clear);
}

/* ---- adopt and apply ---- */

#define NO_VIEWS "views belong to the SNMP agent of this machine, which answers requests: see snmpd.conf"
#define NO_ACCESS                                                                                     \
	"access lists of requests belong to the SNMP agent of this machine, which answers them: see " \
	"snmpd.conf"

static bool
community_adopt(struct engine *e, void *args, struct err *err)
{
	const struct community_args *a = args;

	if (a->community.s[0] == '\0')
		return err_set(err, ERR_REFUSED, "a community is not empty");
	if (a->view.set)
		return err_set(err, ERR_REFUSED, NO_VIEWS);
	if (a->acl.set) {
		err_set(err, ERR_REFUSED, "a community has no access list here");
		err_hint(err, "'event snmp-notification ... src-ip-address' says whose notifications count");
		return false;
	}
	seal_line(e, SNMP_COMMUNITY, args);
	return true;
}

static bool
host_adopt_as(struct engine *e, const char *words, void *args, struct err *err)
{
	struct host_args *a = args;
	bool v3 = a->release.set && a->release.v == SNMP_RELEASE_3;

	if (v3 != a->secured.set) {
		err_set(err, ERR_REFUSED,
			v3 ? "version 3 needs its level of security"
			   : "a level of security belongs to version 3");
		err_hint(err, "version 3 auth, version 3 noauth or version 3 priv");
		return false;
	}
	if (a->informs.set && (!a->release.set || a->release.v == SNMP_RELEASE_1)) {
		err_set(err, ERR_REFUSED, "version 1 has no informs");
		err_hint(err, "informs version 2c or informs version 3");
		return false;
	}
	a->traps.set = false;
	seal_line(e, words, args);
	return true;
}

/* There are many more types on IOS: a host that asks for them would wait for ever. */
static bool
types_are_sent(const struct host_args *a, struct err *err)
{
	for (size_t i = 0; a->types.set && i < a->types.n; i++)
		if (strcmp(a->types.v[i], SNMP_TYPE_EM) != 0) {
			err_set(err, ERR_REFUSED, "no notifications of type '%.60s' are sent here",
				a->types.v[i]);
			err_hint(err, SNMP_TYPE_EM " is the one there is, with or without its name");
			return false;
		}
	return true;
}

static bool
host_adopt(struct engine *e, void *args, struct err *err)
{
	const struct host_args *a = args;

	if (a->vrf.set)
		return err_set(
			err, ERR_REFUSED, "notifications leave by the global routing table, in no VRF");
	return types_are_sent(a, err) && host_adopt_as(e, SNMP_HOST, args, err);
}

static bool
agent_adopt(struct engine *e, void *args, struct err *err)
{
	return host_adopt_as(e, SNMP_AGENT, args, err);
}

struct length_check {
	const struct engine *engine;
	bool too_short;
};

static void
check_length(void *arg, struct kw_str *value)
{
	struct length_check *c = arg;
	char *clear = snmp_clear(c->engine, NULL, value);

	c->too_short |= strlen(clear) < PASSWORD_MIN;
	mem_free(clear);
}

static bool
user_adopt(struct engine *e, void *args, struct err *err)
{
	struct length_check check = { .engine = e };
	const struct user_args *a = args;

	if (a->v1.set || a->v2c.set) {
		err_set(err, ERR_REFUSED, "versions 1 and 2c know no users here");
		err_hint(err, "'snmp-server community' names what they show");
		return false;
	}
	if (a->encrypted.set) {
		err_set(err, ERR_REFUSED,
			"keys of another engine cannot be used: they are its own (RFC 3414 2.6)");
		err_hint(err, "the pass phrases, without 'encrypted': they are kept encrypted");
		return false;
	}
	if (a->access.set)
		return err_set(err, ERR_REFUSED, NO_ACCESS);
	if (a->des3.set) {
		err_set(err, ERR_REFUSED, "there is no Triple DES here");
		err_hint(err, "priv aes 128, which RFC 3826 has for it");
		return false;
	}
	each_secret(SNMP_USER, args, check_length, &check);
	if (check.too_short)
		return err_set(err, ERR_REFUSED, "a pass phrase has %d characters or more", PASSWORD_MIN);
	seal_line(e, SNMP_USER, args);
	return true;
}

static bool
engine_id_adopt(struct engine *e, void *args, struct err *err)
{
	struct engine_id_args *a = args;
	size_t n = strlen(a->id.s);

	(void)e;
	if (n >= ENGINE_DIGITS_MIN && n <= ENGINE_DIGITS_MAX && n % 2 == 0 &&
		strspn(a->id.s, "0123456789abcdefABCDEF") == n && strspn(a->id.s, "0") < n &&
		strspn(a->id.s, "fF") < n)
		return true;
	err_set(err, ERR_REFUSED, "'%.80s' is no engine identifier", a->id.s);
	err_hint(err, "an even number of hexadecimal digits, from 10 to 64");
	return false;
}

static bool
agentx_adopt(struct engine *e, void *args, struct err *err)
{
	const struct agentx_args *a = args;

	(void)e;
	return a->socket.s[0] == '/' ||
	       err_set(err, ERR_REFUSED, "'%.80s' is no absolute path of a socket", a->socket.s);
}

static bool
group_adopt(struct engine *e, void *args, struct err *err)
{
	const struct group_args *a = args;

	(void)e;
	if (a->read.set || a->write.set || a->notify.set)
		return err_set(err, ERR_REFUSED, NO_VIEWS);
	if (a->context.set)
		return err_set(err, ERR_REFUSED,
			"contexts belong to the SNMP agent of this machine: see snmpd.conf");
	if (a->access.set)
		return err_set(err, ERR_REFUSED, NO_ACCESS);
	if ((a->release.v == SNMP_RELEASE_3) == a->secured.set)
		return true;
	err_set(err, ERR_REFUSED, "version 3 needs its level of security, the others have none");
	err_hint(err, "v3 auth, v3 noauth or v3 priv");
	return false;
}

static bool
apply(struct engine *e, const struct conf_node *old, const struct conf_node *new, struct err *err)
{
	(void)err;
	/* Learnt before the old one is forgotten: it may be the same. */
	if (new != NULL)
		each_secret(new->row->cmd.words, new->args, learn, e);
	if (old != NULL)
		each_secret(old->row->cmd.words, old->args, forget, e);
	if (!e->is_check)
		snmp_reconfigure(e->snmp);
	return true;
}

/* ---- tables ---- */

static const struct kw_alternative accesses[] = {
	{ "RO", "Read-only access with this community string", 0, false },
	{ "RW", "Read-write access with this community string", 1, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative releases[] = {
	{ "1", "Use SNMPv1", SNMP_RELEASE_1, false },
	{ "2c", "Use SNMPv2c", SNMP_RELEASE_2C, false },
	{ "3", "Use SNMPv3", SNMP_RELEASE_3, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative group_releases[] = {
	{ "v1", "group using the v1 security model", SNMP_RELEASE_1, false },
	{ "v2c", "group using the v2c security model", SNMP_RELEASE_2C, false },
	{ "v3", "group using the User Security Model (SNMPv3)", SNMP_RELEASE_3, false },
	{ NULL, NULL, 0, false },
};
static const struct kw_alternative levels[] = {
	{ "auth", "Use the SNMPv3 authNoPriv Security Level", SECURED_AUTH, false },
	{ "noauth", "Use the SNMPv3 noAuthNoPriv Security Level", SECURED_NOT, false },
	{ "priv", "Use the SNMPv3 authPriv Security Level", SECURED_PRIV, false },
	{ NULL, NULL, 0, false },
};

#define BARE(type_, field_, kind_, help_, ...)                                          \
	{                                                                               \
		.help = help_, .type = &kind_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}
#define WORD(type_, word_, field_, kind_, help_, ...)                                                  \
	{                                                                                              \
		.word = word_, .help = help_, .type = &kind_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}
#define FLAG(type_, word_, field_, help_, ...)                                         \
	{                                                                              \
		.word = word_, .help = help_, KW_AT(struct type_, field_), __VA_ARGS__ \
	}

static const struct kw community_kw[] = {
	BARE(community_args, community, kw_word, "SNMP community string",
		.flags = KW_REQ | KW_KEY | KW_SECRET),
	WORD(community_args, "view", view, kw_word, "Restrict this community to a named MIB view",
		.flags = KW_SEQ),
	BARE(community_args, access, kw_choice, "Access with this community string", .choices = accesses),
	BARE(community_args, acl, kw_word, "Access list allowing access with this community string"),
	KW_END,
};

static const struct kw level_kw[] = {
	BARE(host_args, secured, kw_choice, "Level of security of SNMPv3", .choices = levels),
	KW_END,
};

#define PEER_ROWS(port_)                                                                              \
	WORD(host_args, "version", release, kw_choice, "SNMP version to use", .flags = KW_SEQ,        \
		.choices = releases, .sub = level_kw),                                                \
		BARE(host_args, name, kw_word, "SNMPv1/v2c community string or SNMPv3 user name",     \
			.flags = KW_REQ | KW_SECRET),                                                 \
		WORD(host_args, "udp-port", port, kw_number, "UDP port of the host", .flags = KW_SEQ, \
			.min = 1, .max = 65535, .dflt = (port_), .has_dflt = true)

static const struct kw host_kw[] = {
	BARE(host_args, address, kw_ip, "IP address of the SNMP notification host", .flags = KW_REQ),
	WORD(host_args, "vrf", vrf, kw_word, "VPN Routing instance in which this host is", .flags = KW_SEQ),
	FLAG(host_args, "informs", informs, "Send Inform messages to this host", .flags = KW_SEQ, .group = 1),
	FLAG(host_args, "traps", traps, "Send Trap messages to this host", .flags = KW_SEQ, .group = 1),
	PEER_ROWS(TRAP_PORT),
	BARE(host_args, types, kw_word, "Notification type to allow, such as event-manager", .flags = KW_MANY,
		.param = "WORD"),
	KW_END,
};
static const struct kw agent_kw[] = {
	BARE(host_args, address, kw_ip, "IP address of the SNMP agent", .flags = KW_REQ),
	PEER_ROWS(AGENT_PORT),
	KW_END,
};

static const struct kw group_kw[] = {
	BARE(group_args, name, kw_word, "Name of the group", .flags = KW_REQ | KW_KEY),
	BARE(group_args, release, kw_choice, "Security model", .flags = KW_REQ | KW_KEY,
		.choices = group_releases),
	BARE(group_args, secured, kw_choice, "Level of security", .choices = levels),
	WORD(group_args, "read", read, kw_word, "specify a read view for the group"),
	WORD(group_args, "write", write, kw_word, "specify a write view for the group"),
	WORD(group_args, "notify", notify, kw_word, "specify a notify view for the group"),
	WORD(group_args, "context", context, kw_word,
		"specify a context to associate these views for the group"),
	WORD(group_args, "access", access, kw_line, "specify an access-list associated with this group"),
	KW_END,
};

#define PASS(word_, field_, help_)                                                                       \
	WORD(user_args, word_, field_, kw_word, help_, .flags = KW_REQ | KW_SEQ | KW_SECRET, .group = 1, \
		.param = "WORD")

static const struct kw sha2_kw[] = {
	PASS("256", sha256, "Use HMAC SHA-256; then the pass phrase"),
	PASS("384", sha384, "Use HMAC SHA-384; then the pass phrase"),
	PASS("512", sha512, "Use HMAC SHA-512; then the pass phrase"),
	KW_END,
};
static const struct kw auth_kw[] = {
	PASS("md5", md5, "Use HMAC MD5 algorithm for authentication; then the pass phrase"),
	PASS("sha", sha, "Use HMAC SHA algorithm for authentication; then the pass phrase"),
	FLAG(user_args, "sha-2", sha2, "Use HMAC SHA-2 algorithm for authentication",
		.flags = KW_REQ | KW_SEQ, .group = 1, .sub = sha2_kw),
	KW_END,
};
static const struct kw aes_kw[] = {
	PASS("128", aes128, "Use 128 bit AES algorithm for encryption; then the pass phrase"),
	PASS("192", aes192, "Use 192 bit AES algorithm for encryption; then the pass phrase"),
	PASS("256", aes256, "Use 256 bit AES algorithm for encryption; then the pass phrase"),
	KW_END,
};
static const struct kw priv_kw[] = {
	FLAG(user_args, "aes", aes, "Use AES algorithm for encryption", .flags = KW_REQ | KW_SEQ, .group = 1,
		.sub = aes_kw),
	PASS("des", des, "Use 56 bits DES algorithm for encryption; then the pass phrase"),
	PASS("3des", des3, "Use 168 bits 3DES algorithm for encryption; then the pass phrase"),
	KW_END,
};
static const struct kw v3_auth_kw[] = {
	FLAG(user_args, "encrypted", encrypted, "specifying passwords as MD5 or SHA digests",
		.flags = KW_SEQ),
	FLAG(user_args, "auth", auth, "authentication parameters for the user", .flags = KW_SEQ,
		.sub = auth_kw),
	FLAG(user_args, "priv", priv, "encryption parameters for the user", .flags = KW_SEQ, .sub = priv_kw),
	KW_END,
};
static const struct kw remote_kw[] = {
	WORD(user_args, "udp-port", remote_port, kw_number, "The remote engine's UDP port", .flags = KW_SEQ,
		.min = 1, .max = 65535),
	KW_END,
};
static const struct kw user_kw[] = {
	BARE(user_args, name, kw_word, "Name of the user", .flags = KW_REQ | KW_KEY),
	BARE(user_args, group, kw_word, "Group to which the user belongs", .flags = KW_REQ),
	WORD(user_args, "remote", remote, kw_ip, "Specify a remote SNMP entity to which the user belongs",
		.flags = KW_SEQ, .sub = remote_kw),
	FLAG(user_args, "v1", v1, "user using the v1 security model", .flags = KW_REQ | KW_SEQ, .group = 1),
	FLAG(user_args, "v2c", v2c, "user using the v2c security model", .flags = KW_REQ | KW_SEQ,
		.group = 1),
	FLAG(user_args, "v3", v3, "user using the v3 security model", .flags = KW_REQ | KW_SEQ, .group = 1,
		.sub = v3_auth_kw),
	WORD(user_args, "access", access, kw_line, "specify an access-list associated with this user",
		.flags = KW_SEQ),
	KW_END,
};

static const struct kw engine_id_kw[] = {
	BARE(engine_id_args, id, kw_word, "engine ID octet string", .flags = KW_REQ),
	KW_END,
};
static const struct kw agentx_kw[] = {
	BARE(agentx_args, socket, kw_word, "Socket of the master agent", .flags = KW_REQ),
	KW_END,
};
static const struct kw_alternative kinds[] = {
	{ "informs", "Interface that the informs come from", 1, false },
	{ "traps", "Interface that the traps come from", 0, false },
	{ NULL, NULL, 0, false },
};
static const struct kw source_kw[] = {
	BARE(source_args, kind, kw_choice, "Kind of notifications", .flags = KW_REQ | KW_KEY,
		.choices = kinds),
	BARE(source_args, interface, kw_ifname, "Interface whose address is the source", .flags = KW_REQ),
	KW_END,
};
static const struct kw trap_source_kw[] = {
	BARE(trap_source_args, interface, kw_ifname, "Interface whose address is the source",
		.flags = KW_REQ),
	KW_END,
};
static const struct kw manager_kw[] = {
	WORD(manager_args, "udp-port", port, kw_number, "UDP port where notifications are received", .min = 1,
		.max = 65535, .dflt = TRAP_PORT, .has_dflt = true),
	KW_END,
};

#define ROW(words_, help_, kw_, size_, ...)                                                       \
	{                                                                                         \
		.cmd = { .words = words_, .help = help_, .kw = kw_, .size = size_, .level = 15 }, \
		.mode = "config", .order = ORDER_SNMP, .apply = apply, __VA_ARGS__                \
	}

struct nothing_args {
	struct kw_flag nothing;
};

static const struct conf_row rows[] = {
	ROW(SNMP_ENGINE_ID, "Local SNMP agent", engine_id_kw, sizeof(struct engine_id_args),
		.adopt = engine_id_adopt),
	ROW(SNMP_GROUP, "Define a User Security Model group", group_kw, sizeof(struct group_args),
		.adopt = group_adopt),
	ROW(SNMP_USER, "Define a user who can access the SNMP engine", user_kw, sizeof(struct user_args),
		.adopt = user_adopt),
	ROW(SNMP_COMMUNITY, "Enable SNMP; set community string and access privs", community_kw,
		sizeof(struct community_args), .adopt = community_adopt, .adopt_no = true),
	ROW(SNMP_AGENT, "The SNMP agent of this device", agent_kw, sizeof(struct host_args),
		.adopt = agent_adopt),
	ROW(SNMP_AGENTX, "The master agent for objects of policies", agentx_kw, sizeof(struct agentx_args),
		.adopt = agentx_adopt),
	ROW(SNMP_ENABLE, "Enable SNMP Traps", NULL, sizeof(struct nothing_args)),
	ROW(SNMP_ENABLE_EM, "Enable SNMP Embedded Event Manager traps", NULL, sizeof(struct nothing_args)),
	ROW(SNMP_HOST, "Specify hosts to receive SNMP notifications", host_kw, sizeof(struct host_args),
		.adopt = host_adopt, .adopt_no = true, .whole_line_key = true),
	ROW(SNMP_SOURCE, "Assign a source interface to notifications", source_kw, sizeof(struct source_args)),
	ROW(SNMP_SOURCE_OF_TRAPS, "Assign an interface for the source address of all traps", trap_source_kw,
		sizeof(struct trap_source_args)),
	ROW(SNMP_MANAGER, "Receive SNMP notifications", manager_kw, sizeof(struct manager_args)),
};

void
snmp_rows_start(struct engine *e)
{
	conf_word(e->conf, "config", "snmp-server", "Modify SNMP engine parameters");
	conf_word(e->conf, "config", "snmp-server enable", "Enable SNMP Traps");
	conf_word(e->conf, "config", "snmp-server engineID", "Configure a local or remote SNMPv3 engineID");
	conf_rows(e->conf, rows, sizeof rows / sizeof *rows);
	snmp_absent_start(e);
}
