"""The kernel's interfaces: event interface on a real veth, show interfaces, addresses that come and go."""

import json
import signal

import pytest

import tree
from netns import program_ip

WATCH = ("event manager applet %s", "event interface name %s parameter %s entry-op ge entry-val %d entry-type %s poll-interval 1")


@pytest.fixture
def linked(netns, new_daemon):
    return netns, new_daemon(netns=netns.name)


def watch(daemon, name, interface, parameter, value, kind="value"):
    daemon.configure(WATCH[0] % name, WATCH[1] % (interface, parameter, value, kind),
                     'action 1.0 syslog msg "%s on $_interface_name: $_interface_value by $_interface_delta_value"' % parameter)


def interface(daemon, name):
    rows = daemon.json("show interfaces")["interfaces"]
    return next(row for row in rows if row["interface"] == name)


def kernel(namespace, name):
    out = namespace.run(program_ip(), "-j", "-s", "link", "show", name).stdout
    return json.loads(out)[0]["stats64"]


def send(namespace, count, size=100):
    """Packets over the pair: to the other end's address, which the neighbour entry knows."""
    with namespace.entered():
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.bind(("192.0.2.1", 0))
    for _ in range(count):
        s.sendto(b"x" * size, ("192.0.2.255", 9))
    s.close()


def test_a_flap_is_a_reset_of_the_interface(linked):
    namespace, daemon = linked
    before = interface(daemon, "eth0")["interface_resets"]
    watch(daemon, "RESETS", "eth0", "interface_resets", 1, "increment")
    watch(daemon, "BEGUN", "eth0", "interface_resets", 0)
    daemon.wait_log("BEGUN: ")  # sampled together: the first sample is what later ones are compared with
    namespace.down("peer0")
    namespace.up("peer0")
    daemon.wait_log(r"RESETS: interface_resets on eth0: %d by 1" % (before + 1))
    assert interface(daemon, "eth0")["interface_resets"] == before + 1


def test_counters_are_those_of_the_kernel(linked):
    namespace, daemon = linked
    send(namespace, 50)

    def agrees():  # the pair says something by itself now and then
        before, seen, after = kernel(namespace, "eth0"), interface(daemon, "eth0"), kernel(namespace, "eth0")
        return before == after and (seen["packets_output"], seen["bytes_output"]) == (after["tx"]["packets"], after["tx"]["bytes"])
    assert tree.wait_for(agrees)
    assert kernel(namespace, "eth0")["tx"]["packets"] >= 50
    assert interface(daemon, "peer0")["packets_input"] >= 50
    assert tree.wait_for(lambda: "%d packets output, %d bytes" % (kernel(namespace, "eth0")["tx"]["packets"],
                                                                  kernel(namespace, "eth0")["tx"]["bytes"])
                         in daemon.show("show interfaces eth0"))


def test_cleared_counters_begin_anew_and_the_detector_does_not(linked):
    namespace, daemon = linked
    send(namespace, 20)
    assert interface(daemon, "eth0")["packets_output"] >= 20
    daemon.ctl("clear counters eth0")
    assert interface(daemon, "eth0")["packets_output"] < 20
    assert "Clear counter on interface eth0 by " in daemon.show("show logging")
    send(namespace, 5)
    assert interface(daemon, "eth0")["packets_output"] >= 5


def test_rates_follow_traffic(linked):
    namespace, daemon = linked
    watch(daemon, "BUSY", "eth0", "transmit_rate_bps", 1)
    send(namespace, 500, 1000)
    daemon.wait_log(r"BUSY: transmit_rate_bps on eth0: \d+ by", seconds=30)
    assert interface(daemon, "eth0")["output_rate_bps"] > 0


def test_the_words_behind_show_interfaces(linked):
    """One interface or all; and `desc`, which the parser must take for a name, is description when no interface has it."""
    namespace, daemon = linked
    namespace.ip("link", "set", "eth0", "alias", "to the core")
    assert tree.wait_for(lambda: "to the core" in daemon.show("show interfaces desc"))
    assert daemon.show("show interfaces desc") == daemon.show("show interfaces description")
    assert [row["interface"] for row in daemon.json("show interfaces eth0 description")["interfaces"]] == ["eth0"]
    assert [row["interface"] for row in daemon.json("show interfaces eth0 counters")["interfaces"]] == ["eth0"]
    assert [row["interface"] for row in daemon.json("show ip interface brief eth0")["interfaces"]] == ["eth0"]
    assert daemon.show("show ip int br") == daemon.show("show ip interface brief")
    assert set(daemon.json("show interfaces counters errors")["interfaces"][0]) > {"align_err", "fcs_err", "xmit_err", "rcv_err"}
    assert daemon.show("show ip interface eth0") == "eth0 is up, line protocol is up\n  Internet address is 192.0.2.1/24\n  MTU is 1500 bytes\n"
    namespace.ip("address", "flush", "dev", "peer0")
    assert tree.wait_for(lambda: "  Internet protocol processing disabled\n" in daemon.show("show ip interface peer0"))
    namespace.ip("link", "add", "desc", "type", "veth", "peer", "name", "desc1")
    assert tree.wait_for(lambda: daemon.show("show interfaces desc").startswith("desc is administratively down"))


def test_an_interface_that_comes_later_is_watched(linked):
    namespace, daemon = linked
    watch(daemon, "LATE", "late0", "receive_broadcasts", 0)
    refused = daemon.eventctl("-c", "show interfaces late0")
    assert refused.code == 1 and "There is no interface late0" in refused.out + refused.err
    namespace.ip("link", "add", "late0", "type", "veth", "peer", "name", "late1")
    daemon.wait_log("LATE: receive_broadcasts on late0: 0 by 0")
    assert "administratively down" in daemon.show("show interfaces late0")
    namespace.ip("link", "del", "late0")
    assert tree.wait_for(lambda: "late0" not in daemon.show("show interfaces brief"))


def test_addresses_come_and_go(linked):
    namespace, daemon = linked
    namespace.ip("address", "add", "198.51.100.7/24", "dev", "peer0")
    rows = {row["interface"]: row for row in daemon.json("show ip interface brief")["interfaces"]}
    assert rows["eth0"]["ip_address"] == "192.0.2.1" and rows["eth0"]["method"] == "manual"
    assert "198.51.100.7/24" in interface(daemon, "peer0")["addresses"]
    namespace.ip("address", "del", "198.51.100.7/24", "dev", "peer0")
    assert tree.wait_for(lambda: "198.51.100.7/24" not in interface(daemon, "peer0")["addresses"])
    namespace.ip("link", "set", "eth0", "alias", "to the core")
    assert tree.wait_for(lambda: interface(daemon, "eth0")["description"] == "to the core")


def test_names_are_those_of_the_alias_table(netns, new_daemon):
    daemon = new_daemon(netns=netns.name, settings={"interfaces": {"alias": {"GigabitEthernet0/0/1": "eth0"}}})
    watch(daemon, "ALIAS", "Gi0/0/1", "reliability", 255)
    daemon.wait_log("ALIAS: reliability on GigabitEthernet0/0/1: 255|ALIAS: reliability on Gi0/0/1: 255")
    assert daemon.show("show interface GigabitEthernet0/0/1").startswith("GigabitEthernet0/0/1 is up, line protocol is up")


def test_load_interval_of_an_interface(linked):
    namespace, daemon = linked
    line = "event manager detector interface load-interval eth0"
    assert "  5 minute input rate" in daemon.show("show interfaces eth0")
    daemon.configure(line + " 30")
    assert line + " 30\n" in daemon.show("show running-config")
    assert "  30 second output rate" in daemon.show("show interfaces eth0")
    assert "  5 minute output rate" in daemon.show("show interfaces peer0")
    for seconds, why in (("45", "% a load interval is a multiple of 30 seconds, from 30 to 600"), ("630", "% Invalid input")):
        answer = daemon.ctl("configure terminal", line + " " + seconds)
        assert answer.code == 1 and why in answer.out, answer.out
    daemon.configure(line + " 60")
    assert "  1 minute input rate" in daemon.show("show interfaces eth0")
    daemon.configure("no " + line)
    assert "  5 minute input rate" in daemon.show("show interfaces eth0")
    assert "load-interval" not in daemon.show("show running-config")



def test_an_interface_that_is_not_there_is_told(linked):
    namespace, daemon = linked
    watch(daemon, "LATE", "late0", "interface_resets", 1)
    watch(daemon, "THERE", "eth0", "interface_resets", 1000)
    daemon.wait_log("policy LATE waits: event detector interface needs interface late0")
    assert "needs interface late0" in daemon.show("show event manager policy registered")
    namespace.ip("link", "add", "late0", "type", "veth", "peer", "name", "late1")
    daemon.wait_log("policy LATE: event detector interface has what it needs")
    assert "late0" in daemon.show("show event manager policy registered")
    assert "needs interface" not in daemon.show("show event manager policy registered")
    namespace.ip("link", "delete", "late0")
    assert tree.wait_for(lambda: "needs interface late0" in daemon.show("show event manager policy registered"))
    assert "policy THERE waits" not in daemon.log()


def test_more_changes_than_can_be_read_end_in_the_state_of_the_kernel(linked):
    """eventd is stopped while interfaces flap, come and go and get addresses: what it lost, it reads anew."""
    namespace, daemon = linked
    daemon.configure("track 1 interface eth0 line-protocol", "exit", "event manager applet LOST", 'event syslog pattern "NETLINK-4-RESYNC"',
                     'action 1 syslog msg "all is read anew"')
    flaps = ["link set peer0 down", "link set peer0 up"] * 1500
    comings = ["link add z%d type veth peer name y%d" % (n, n) for n in range(60)] + ["link del z%d" % n for n in range(30)]
    addresses = ["address add 198.18.%d.%d/32 dev peer0" % divmod(n, 256) for n in range(2000)]
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        assert namespace.run(program_ip(), "-batch", "-", input="\n".join(flaps + addresses + comings + ["link set peer0 down"]) + "\n").returncode == 0
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    daemon.wait_log("%HA_EM-6-LOG: LOST: all is read anew")

    def same():
        seen = {row["interface"]: (row["protocol"], sorted(row["addresses"])) for row in daemon.json("show interfaces")["interfaces"]}
        there = {row["ifname"]: ("up" if {"UP", "LOWER_UP"} <= set(row["flags"]) else "down",
                                 sorted("%s/%d" % (a["local"], a["prefixlen"]) for a in row["addr_info"]))
                 for row in json.loads(namespace.run(program_ip(), "-j", "address").stdout)}
        return seen == there
    assert tree.wait_for(same)
    assert "  Line protocol is Down" in daemon.show("show track 1")
