"""What is learnt by a bridge, and what is plugged in: event mat and event oir on the kernel's own words."""

import signal

import pytest

import tree


@pytest.fixture
def linked(netns, new_daemon):
    return netns, new_daemon(netns=netns.name)


def told(daemon, name):
    mark = "%%HA_EM-6-LOG: %s: " % name
    return [line.split(mark, 1)[1] for line in daemon.show("show logging").splitlines() if mark in line]


def wait_told(daemon, name, count):
    assert tree.wait_for(lambda: len(told(daemon, name)) >= count), daemon.show("show logging")
    return told(daemon, name)


@pytest.fixture
def bridged(linked):
    namespace, daemon = linked
    if namespace.run("ip", "link", "add", "br0", "type", "bridge", check=False).returncode:
        pytest.skip("this kernel has no bridge")
    namespace.ip("address", "flush", "dev", "peer0")
    namespace.ip("link", "set", "peer0", "master", "br0")
    namespace.ip("link", "set", "br0", "up")
    return namespace, daemon


def fdb(namespace, what, mac, interface="peer0"):
    namespace.run("bridge", "fdb", what, mac, "dev", interface, "master", "dynamic")


SAY = 'action 1.0 syslog msg "$_mat_notification $_mat_mac_address $_mat_intf_name"'


def test_an_address_is_learnt_and_forgotten(bridged):
    namespace, daemon = bridged
    daemon.configure("event manager applet ANY", 'event mat interface peer0 mac-address "^02(11|99)"', SAY)
    daemon.configure("event manager applet GONE", "event mat mac-address 0211.22.* type delete", SAY)
    fdb(namespace, "add", "02:11:22:33:44:55")
    fdb(namespace, "add", "02:99:22:33:44:55")
    fdb(namespace, "del", "02:11:22:33:44:55")
    assert wait_told(daemon, "ANY", 3) == ["add 0211.2233.4455 peer0", "add 0299.2233.4455 peer0", "delete 0211.2233.4455 peer0"]
    assert wait_told(daemon, "GONE", 1) == ["delete 0211.2233.4455 peer0"]


def test_real_traffic_is_learnt(bridged):
    """A frame from the other end of the pair."""
    namespace, daemon = bridged
    daemon.configure("event manager applet SEEN", 'event mat interface regexp "peer.*" type add', SAY)
    mac = (
        namespace.ip("-o", "link", "show", "eth0").split("link/ether ")[1].split()[0])
    with namespace.entered():
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.bind(("192.0.2.1", 0))
    s.sendto(b"hello", ("192.0.2.255", 9))
    s.close()
    octets = mac.replace(":", "")
    assert "add %s.%s.%s peer0" % (octets[:4], octets[4:8], octets[8:]) in wait_told(daemon, "SEEN", 1)


def test_hold_down_delays_the_policy(bridged):
    namespace, daemon = bridged
    daemon.configure("event manager applet LATER", "event mat interface peer0 mac-address ^0211 hold-down 1", SAY)
    daemon.configure("event manager applet NOW", 'event mat interface peer0 mac-address "^02(11|99)"', SAY)
    fdb(namespace, "add", "02:11:22:33:44:55")
    wait_told(daemon, "NOW", 1)
    order = [line for line in daemon.show("show logging").splitlines() if "LATER: " in line or "NOW: " in line]
    assert "NOW: " in order[0]
    assert wait_told(daemon, "LATER", 1) == ["add 0211.2233.4455 peer0"]


def test_what_is_plugged_in_is_an_event(linked):
    namespace, daemon = linked
    daemon.configure("event manager applet OIR", "event oir", 'action 1.0 syslog msg "$_oir_event $_oir_slot"')
    daemon.configure("event manager applet OUT", "event oir event removal", 'action 1.0 syslog msg "$_oir_event $_oir_slot"')
    namespace.ip("link", "add", "plug0", "type", "veth", "peer", "name", "plug1")
    assert tree.wait_for(lambda: "insert net plug0" in told(daemon, "OIR")), daemon.show("show logging")
    namespace.ip("link", "del", "plug0")
    assert tree.wait_for(lambda: "remove net plug0" in told(daemon, "OUT")), daemon.show("show logging")
    assert not [line for line in told(daemon, "OUT") if line.startswith("insert")]


def test_announcements_that_are_lost_are_told(linked):
    """There is no list that could be read anew: who relies on event oir must know. What comes afterwards is heard."""
    namespace, daemon = linked
    daemon.configure("event manager applet OIR", "event oir event insert", 'action 1.0 syslog msg "$_oir_slot"')
    batch = "\n".join("link add q%d type veth peer name p%d" % (n, n) for n in range(700))
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        assert namespace.run("ip", "-batch", "-", input=batch + "\n").returncode == 0
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    daemon.wait_log("%NETLINK-4-LOST: Announcements of hardware came faster than they were read, some are lost")
    namespace.ip("link", "add", "plug0", "type", "veth", "peer", "name", "plug1")
    assert tree.wait_for(lambda: "net plug0" in told(daemon, "OIR"))
