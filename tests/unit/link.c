/* Link messages: the words for each change of flags, and a real veth that flaps in a namespace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/if.h>

#include "core/ifname.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "syslog/link.h"

#define DEADLINE (20 * USEC_PER_SEC)
#define ALL_UP   (IFF_UP | IFF_LOWER_UP | IFF_RUNNING)

static void
test_changes(void **state)
{
	static const struct {
		unsigned from, to, want;
	} rows[] = {
		{ 0, 0, 0 },
		{ ALL_UP, ALL_UP, 0 },
		{ 0, ALL_UP, LINK_UP | LINK_PROTO_UP },
		{ ALL_UP, 0, LINK_ADMIN_DOWN | LINK_PROTO_DOWN },
		{ ALL_UP, IFF_LOWER_UP | IFF_RUNNING, LINK_ADMIN_DOWN | LINK_PROTO_DOWN },
		{ ALL_UP, IFF_UP, LINK_DOWN | LINK_PROTO_DOWN },
		{ IFF_UP, ALL_UP, LINK_UP | LINK_PROTO_UP },
		{ IFF_UP, 0, LINK_ADMIN_DOWN },
		{ 0, IFF_UP, LINK_DOWN },
		{ 0, IFF_UP | IFF_LOWER_UP, LINK_UP },
		{ IFF_UP | IFF_LOWER_UP, ALL_UP, LINK_PROTO_UP },
		{ ALL_UP, IFF_UP | IFF_LOWER_UP, LINK_PROTO_DOWN },
		{ ALL_UP, ALL_UP | IFF_PROMISC, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (link_changes(rows[i].from, rows[i].to) != rows[i].want)
			fail_msg("row %zu: %x", i, link_changes(rows[i].from, rows[i].to));
}

static void
test_names(void **state)
{
	struct setting_pair pairs[] = { { "GigabitEthernet0/0/1", "eth0" },
		{ "GigabitEthernet0/0/10", "eth1" }, { "Vlan7", "br0" } };
	struct settings s = { .aliases = pairs, .alias_count = 3 };

	assert_string_equal(ifname_ios(&s, "eth1"), "GigabitEthernet0/0/10");
	assert_string_equal(ifname_ios(&s, "lo"), "lo");
	assert_string_equal(ifname_kernel(&s, "gigabitethernet0/0/1"), "eth0");
	assert_string_equal(ifname_kernel(&s, "Gi0/0/10"), "eth1");
	assert_string_equal(ifname_kernel(&s, "Gi 0/0/1"), "eth0");
	assert_string_equal(ifname_kernel(&s, "vl7"), "br0");
	assert_string_equal(ifname_kernel(&s, "Gi0/0/2"), "Gi0/0/2");
	assert_string_equal(ifname_kernel(&s, "eth0"), "eth0");
	assert_string_equal(ifname_kernel(&s, "7"), "7");
	assert_string_equal(ifname_kernel(NULL, "eth0"), "eth0");
}

static bool
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* A network namespace of our own, without root where the system lets us. */
static bool
enter_namespace(void)
{
	char map[64];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && put("/proc/self/setgroups", "deny") &&
	       put("/proc/self/uid_map", map);
}

struct net {
	void *ctx;
	struct engine engine;
	struct links *links;
	struct text *log;
	const char *until; /* the loop stops when the log ends so */
	bool late;
};

static void
see(void *arg, const struct log_entry *e)
{
	struct net *n = arg;

	text_printf(n->log, "%s\n", e->text);
	if (n->until != NULL && strstr(n->log->s, n->until) != NULL)
		loop_stop(n->engine.loop);
}

static void
too_late(void *arg)
{
	struct net *n = arg;

	n->late = true;
	loop_stop(n->engine.loop);
}

static void
ip(const char *command)
{
	char line[256];

	snprintf(line, sizeof line, "ip %s", command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static void
await(struct net *n, const char *line)
{
	struct timer *deadline = timer_after(n->ctx, n->engine.loop, DEADLINE, too_late, n);

	n->until = line;
	if (strstr(n->log->s, line) == NULL)
		loop_run(n->engine.loop);
	n->until = NULL;
	mem_free(deadline);
	if (n->late)
		fail_msg("\"%s\" did not come:\n%s", line, n->log->s);
}

/* Does something to the interfaces; the log must then say all of this, and nothing else. */
static void
expect(struct net *n, const char *command, const char *const *lines, size_t count)
{
	text_clear(n->log);
	ip(command);
	for (size_t i = 0; i < count; i++)
		await(n, lines[i]);
	for (size_t i = 0, seen = 0; n->log->s[i] != '\0'; i++)
		if (n->log->s[i] == '\n' && ++seen > count)
			fail_msg("ip %s: more than was expected:\n%s", command, n->log->s);
}
#define EXPECT(n, command, ...)                                  \
	expect(n, command, (const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* Follows a namespace with `ip COMMAND` done before; NULL where none can be made. */
static struct net *
net_new(const struct settings *settings, const char *const *before, size_t count)
{
	struct err err = ERR_INIT;
	struct net *n;
	void *ctx;

	if (!enter_namespace() || system("ip link show >/dev/null") != 0) {
		print_message("no network namespace can be made here (%s): real interfaces were not tested\n",
			strerror(errno));
		return NULL;
	}
	ctx = mem_ctx(NULL, "test");
	n = mem_new(ctx, struct net);
	n->ctx = ctx;
	n->log = text_new(ctx);
	n->engine.clock = clock_new_real(ctx);
	n->engine.loop = loop_new(ctx, n->engine.clock);
	n->engine.log = log_new(ctx, n->engine.clock, NULL);
	n->engine.settings = (struct settings *)(uintptr_t)settings;
	log_sink(ctx, n->engine.log, see, n);
	for (size_t i = 0; i < count; i++)
		ip(before[i]);
	n->links = links_new(n, &n->engine, &err);
	if (n->links == NULL)
		fail_msg("%s", err.text);
	link_messages(n, &n->engine, n->links);
	loop_settle(n->engine.loop);
	assert_string_equal(n->log->s, ""); /* what was there is learnt in silence */
	return n;
}

static void
net_free(struct net *n)
{
	void *ctx = n->ctx;

	mem_free(n->links);
	mem_free(ctx);
}

static void
test_flap(void **state)
{
	static const char *const before[] = { "link add v0 type veth peer name v1", "link set v0 up" };
	struct setting_pair alias = { "GigabitEthernet0/0/1", "v0" };
	struct settings settings = { .aliases = &alias, .alias_count = 1 };
	struct links_stats st;
	struct net *n = net_new(&settings, before, 2);

	if (n == NULL)
		skip();
	EXPECT(n, "link set v1 up", "%LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to up",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/1, changed state to up",
		"%LINK-3-UPDOWN: Interface v1, changed state to up",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface v1, changed state to up");
	EXPECT(n, "link set v1 down", "%LINK-5-CHANGED: Interface v1, changed state to administratively down",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface v1, changed state to down",
		"%LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to down",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/1, changed state to "
		"down");
	EXPECT(n, "link set v0 down",
		"%LINK-5-CHANGED: Interface GigabitEthernet0/0/1, changed state to administratively down");
	EXPECT(n, "link set v0 up", "%LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to down");
	EXPECT(n, "link set v1 up", "%LINEPROTO-5-UPDOWN: Line protocol on Interface v1, changed state to up",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/1, changed state to up",
		"%LINK-3-UPDOWN: Interface v1, changed state to up",
		"%LINK-3-UPDOWN: Interface GigabitEthernet0/0/1, changed state to up");
	EXPECT(n, "link del v0",
		"%LINK-5-CHANGED: Interface GigabitEthernet0/0/1, changed state to administratively down",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/1, changed state to down",
		"%LINK-5-CHANGED: Interface v1, changed state to administratively down",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface v1, changed state to down");
	links_stats(n->links, &st);
	assert_int_equal(st.interfaces, 1); /* lo */
	assert_int_equal(st.resyncs, 0);
	net_free(n);
}

/* The kernel drops what finds no room; what is true afterwards must be known all the same. */
static void
test_too_fast_to_follow(void **state)
{
	static const char *const before[] = { "link add v0 type veth peer name v1", "link set v1 up" };
	struct settings settings = { 0 };
	struct links_stats st = { 0 };
	struct net *n = net_new(&settings, before, 2);

	if (n == NULL)
		skip();
	for (unsigned round = 0; round < 50 && st.resyncs == 0; round++) {
		assert_int_equal(
			system("for i in $(seq 2000); do echo link set v0 up; echo link set v0 down; done"
			       " | ip -batch -"),
			0);
		loop_settle(n->engine.loop);
		links_stats(n->links, &st);
	}
	assert_true(st.resyncs > 0);
	assert_non_null(strstr(n->log->s, "%NETLINK-4-RESYNC: "));
	/* When the last thing done is known, all that was done before is. */
	ip("link add last type veth peer name tsal");
	ip("link set last up");
	await(n, "%LINK-3-UPDOWN: Interface last, changed state to down");
	EXPECT(n, "link set v0 up", "%LINK-3-UPDOWN: Interface v0, changed state to up",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface v0, changed state to up",
		"%LINK-3-UPDOWN: Interface v1, changed state to up",
		"%LINEPROTO-5-UPDOWN: Line protocol on Interface v1, changed state to up");
	net_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_flap),
		cmocka_unit_test(test_too_fast_to_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
