"""Routes of the kernel as events: added, changed, removed, of every protocol and VRF, and lost with their interface."""

import pytest

import tree

PRINT = ('action 1.0 syslog msg "$_routing_type $_routing_network $_routing_mask/$_routing_prefix_len $_routing_protocol via '
         '$_routing_lastgateway $_routing_lastinterface dist $_routing_distance metric $_routing_metric vrf $_routing_vrf_name $_routing_afi"')


@pytest.fixture
def linked(netns, new_daemon):
    netns.ip("address", "flush", "dev", "peer0")  # one way to the network
    return netns, new_daemon(netns=netns.name)


def watch(daemon, name, what):
    daemon.configure("event manager applet %s" % name, "event routing network %s" % what, PRINT)


def told(daemon, name):
    mark = "%%HA_EM-6-LOG: %s: " % name
    return [line.split(mark, 1)[1] for line in daemon.show("show logging").splitlines() if mark in line]


def wait_told(daemon, name, count):
    assert tree.wait_for(lambda: len(told(daemon, name)) >= count), daemon.show("show logging")
    return told(daemon, name)


def test_a_static_route_comes_changes_and_goes(linked):
    namespace, daemon = linked
    watch(daemon, "R", "10.20.0.0/16 protocol static")
    namespace.ip("route", "add", "10.20.0.0/16", "via", "192.0.2.2", "proto", "static")
    namespace.ip("route", "replace", "10.20.0.0/16", "via", "192.0.2.3", "proto", "static")
    namespace.ip("route", "add", "10.20.1.0/24", "via", "192.0.2.2", "proto", "static")
    namespace.ip("route", "add", "10.30.0.0/16", "via", "192.0.2.2", "proto", "static")
    namespace.ip("route", "del", "10.20.0.0/16")
    end = "eth0 dist 1 metric 0 vrf default ipv4"
    assert wait_told(daemon, "R", 3) == [
        "add 10.20.0.0 255.255.0.0/16 static via 192.0.2.2 " + end,
        "modify 10.20.0.0 255.255.0.0/16 static via 192.0.2.3 " + end,
        "remove 10.20.0.0 255.255.0.0/16 static via 192.0.2.3 " + end]


def test_an_interface_that_goes_takes_its_routes(linked):
    """The kernel says nothing of the IPv4 routes that a shut interface takes along; a router would."""
    namespace, daemon = linked
    namespace.ip("route", "add", "10.20.0.0/16", "via", "192.0.2.2")
    watch(daemon, "LOST", "0.0.0.0/0 type remove")
    namespace.down("eth0")
    seen = wait_told(daemon, "LOST", 2)
    assert {line.split()[1] for line in seen} == {"10.20.0.0", "192.0.2.0"}
    assert {line.split()[3] for line in seen} == {"static", "connected"}


def test_a_lost_carrier_takes_routes_and_gives_them_back(linked):
    """Linux keeps the routes of an interface without carrier in its table; a router does not."""
    namespace, daemon = linked
    watch(daemon, "C", "192.0.2.0/24 protocol connected")
    namespace.down("peer0")
    assert wait_told(daemon, "C", 1)[0].startswith("remove 192.0.2.0 255.255.255.0/24 connected")
    namespace.up("peer0")
    assert wait_told(daemon, "C", 2)[1].startswith("add 192.0.2.0 255.255.255.0/24 connected")


def test_lengths_are_those_of_a_prefix_list(linked):
    namespace, daemon = linked
    watch(daemon, "LONG", "10.0.0.0/8 ge 24 le 30 ne 25")
    for prefix in ("10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/25", "10.1.3.4/30", "10.1.4.4/32", "11.1.1.0/24"):
        namespace.ip("route", "add", prefix, "via", "192.0.2.2")
    assert [line.split()[1] for line in wait_told(daemon, "LONG", 2)] == ["10.1.1.0", "10.1.3.4"]


def test_ipv6(linked):
    namespace, daemon = linked
    namespace.ip("address", "add", "2001:db8:1::1/64", "dev", "eth0", "nodad")
    watch(daemon, "SIX", "2001:db8::/32 ge 48 le 48 type add")
    namespace.ip("route", "add", "2001:db8:20::/48", "via", "2001:db8:1::2", "proto", "static", "metric", "7")
    assert wait_told(daemon, "SIX", 1) == [
        "add 2001:db8:20:: ffff:ffff:ffff::/48 static via 2001:db8:1::2 eth0 dist 1 metric 7 vrf default ipv6"]


def test_a_next_hop_of_many_is_another(linked):
    """The first of them stands for the route, and stays."""
    namespace, daemon = linked
    watch(daemon, "MANY", "10.2.0.0/16")
    hops = ("nexthop", "via", "192.0.2.2", "nexthop", "via")
    namespace.ip("route", "add", "10.2.0.0/16", *hops, "192.0.2.3")
    namespace.ip("route", "replace", "10.2.0.0/16", *hops, "192.0.2.4")
    namespace.ip("route", "replace", "10.2.0.0/16", *hops, "192.0.2.4", "weight", "3")
    namespace.ip("route", "del", "10.2.0.0/16")
    assert [line.split()[0] for line in wait_told(daemon, "MANY", 4)] == ["add", "modify", "modify", "remove"]


def test_a_next_hop_that_is_deleted_takes_its_routes(linked):
    """Next hops as objects of their own, as FRR makes them: the kernel drops their routes without a word."""
    namespace, daemon = linked
    watch(daemon, "HOP", "10.0.0.0/8 ge 16 le 16")
    namespace.ip("nexthop", "add", "id", "5", "via", "192.0.2.2", "dev", "eth0")
    namespace.ip("nexthop", "add", "id", "6", "group", "5")
    namespace.ip("route", "add", "10.5.0.0/16", "nhid", "5")
    namespace.ip("route", "add", "10.6.0.0/16", "nhid", "6")
    assert len(wait_told(daemon, "HOP", 2)) == 2
    namespace.ip("nexthop", "del", "id", "5")
    assert sorted(line.split()[:2] for line in wait_told(daemon, "HOP", 4)[2:]) == [["remove", "10.5.0.0"], ["remove", "10.6.0.0"]]


def test_protocols_have_the_words_of_ios(linked):
    namespace, daemon = linked
    watch(daemon, "BGP", "0.0.0.0/0 protocol bgp")
    watch(daemon, "ALL", "0.0.0.0/0 type add")
    for i, proto in enumerate(("186", "188", "189", "187")):
        namespace.ip("route", "add", "10.%d.0.0/16" % i, "via", "192.0.2.2", "proto", proto)
    assert [line.split()[3] for line in wait_told(daemon, "ALL", 4)] == ["bgp", "ospf", "rip", "isis"]
    assert [line.split()[1] for line in wait_told(daemon, "BGP", 1)] == ["10.0.0.0"]


def test_routes_of_a_vrf(linked):
    namespace, daemon = linked
    made = namespace.run("ip", "link", "add", "RED", "type", "vrf", "table", "10", check=False)
    table = ["vrf", "RED"] if made.returncode == 0 else ["table", "10"]
    if made.returncode == 0:
        namespace.up("RED")
    watch(daemon, "ANY", "10.9.0.0/16 vrf all")
    watch(daemon, "DEFAULT", "10.9.0.0/16 vrf default")
    watch(daemon, "NAMED", '10.9.0.0/16 vrf name "RED|table 10"')
    namespace.ip("route", "add", "10.9.0.0/16", "dev", "eth0", *table)
    want = " vrf %s ipv4" % ("RED" if made.returncode == 0 else "table 10")
    assert wait_told(daemon, "ANY", 1)[0].endswith(want)
    assert wait_told(daemon, "NAMED", 1)[0].endswith(want)
    namespace.ip("route", "add", "10.9.0.0/16", "dev", "eth0")
    assert len(wait_told(daemon, "DEFAULT", 1)) == 1
    assert len(wait_told(daemon, "ANY", 2)) == 2 and len(told(daemon, "NAMED")) == 1


def test_more_changes_than_can_be_read_end_in_the_kernels_state(linked):
    """Thousands of routes at once: messages may be lost, the end may not."""
    namespace, daemon = linked
    watch(daemon, "LAST", "10.255.255.0/24")
    batch = "\n".join("route add 10.%d.%d.0/24 via 192.0.2.2" % (i // 256, i % 256) for i in range(20000))
    assert namespace.run("ip", "-batch", "-", input=batch + "\n").returncode == 0
    namespace.ip("route", "add", "10.255.255.0/24", "via", "192.0.2.2")
    wait_told(daemon, "LAST", 1)
    assert namespace.run("ip", "-batch", "-", input=batch.replace("route add", "route del") + "\n").returncode == 0
    namespace.ip("route", "del", "10.255.255.0/24")
    assert [line.split()[0] for line in wait_told(daemon, "LAST", 2)] == ["add", "remove"]


def test_only_the_best_route_is_told(linked):
    """A floating route comes and goes unseen; taking the place of the best, or giving it back, is a modification."""
    namespace, daemon = linked
    watch(daemon, "BEST", "10.7.0.0/16")
    floating = ("10.7.0.0/16", "via", "192.0.2.3", "metric", "50")
    namespace.ip("route", "add", "10.7.0.0/16", "via", "192.0.2.2", "metric", "10")
    namespace.ip("route", "append", *floating)
    namespace.ip("route", "del", *floating)
    namespace.ip("route", "append", *floating)
    namespace.ip("route", "del", "10.7.0.0/16", "via", "192.0.2.2", "metric", "10")
    namespace.ip("route", "append", "10.7.0.0/16", "via", "192.0.2.4", "metric", "20")
    namespace.ip("route", "del", "10.7.0.0/16", "via", "192.0.2.4", "metric", "20")
    namespace.ip("route", "del", *floating)
    assert [(line.split()[0], line.split()[5]) for line in wait_told(daemon, "BEST", 5)] == [
        ("add", "192.0.2.2"), ("modify", "192.0.2.3"), ("modify", "192.0.2.4"), ("modify", "192.0.2.3"), ("remove", "192.0.2.3")]
