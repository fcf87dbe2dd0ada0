"""What applets ask the device: its processes, routes, neighbours and file systems, in IOS's layouts and as the kernel has them."""

import json
import os
import re
import subprocess
import sys

import pytest

import tree
from lldphost import Lldpd, Unavailable
from netns import program_ip
from test_cli import Shell
from test_manuals import documented, outline


# ---- processes -----------------------------------------------------------------------------------------------------------

CPU_HEAD = r"CPU utilization for five seconds: (\d+)%/\d+%; one minute: \d+%; five minutes: \d+%\n" \
           r" PID Runtime\(ms\)     Invoked      uSecs   5Sec   1Min   5Min TTY Process\n"


@pytest.fixture
def busy():
    """A process that takes what a processor has."""
    with subprocess.Popen([sys.executable, "-c", "print(1, flush=True)\nwhile True: pass"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_the_busiest_process_comes_first(daemon, busy):
    text = daemon.show("show processes cpu sorted")
    assert re.match(CPU_HEAD, text), text[:300]
    rows = daemon.json("show processes cpu sorted")["processes"]
    mine = next(row for row in rows if row["pid"] == busy)
    assert mine["five_seconds"] > 0 and mine["runtime_ms"] > 0
    assert [row["five_seconds"] for row in rows] == sorted((row["five_seconds"] for row in rows), reverse=True)
    # Waited for: 10.00 would be left out as well.
    daemon.wait_show("show processes cpu sorted | exclude 0.00",
                     r"^ *%d +\d+ +\d+ +\d+ +\d+\.\d\d%% +\d+\.\d\d%% +\d+\.\d\d%% +0 python" % busy)
    assert re.search(r"^ *%d " % busy, daemon.show("show processes cpu sorted 1min"), re.M)


def test_every_process_is_there_in_order(daemon):
    rows = daemon.json("show processes cpu")["processes"]
    pids = [row["pid"] for row in rows]
    assert pids == sorted(pids) and {os.getpid(), daemon.pid, 1} <= set(pids)
    # One that has come since is there as well.
    with subprocess.Popen(["sleep", "100"]) as late:
        assert next(row for row in daemon.json("show processes cpu")["processes"] if row["pid"] == late.pid)["process"] == "sleep"
        late.kill()
    assert late.pid not in {row["pid"] for row in daemon.json("show processes cpu")["processes"]}


def test_memory_is_that_of_the_kernel(daemon):
    with open("/proc/meminfo") as f:
        total = int(re.search(r"MemTotal: +(\d+)", f.read()).group(1)) * 1024
    document = daemon.json("show processes memory sorted")
    assert document["total"] == total and 0 < document["used"] < total and document["used"] + document["free"] == total
    held = [row["holding"] for row in document["processes"]]
    assert held == sorted(held, reverse=True)
    with open("/proc/%d/statm" % daemon.pid) as f:
        resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    mine = next(row for row in document["processes"] if row["pid"] == daemon.pid)
    assert resident / 2 < mine["holding"] < resident * 2
    text = daemon.show("show processes memory")
    assert text.startswith("Processor Pool Total: %10d Used: " % total)
    assert "\n PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process\n" in text


def test_processes_refuse_what_they_do_not_know(daemon):
    for command, hint in (("show processes cpu unsorted", "'sorted'"), ("show processes memory sorted 1min", "")):
        refused = daemon.ctl(command)
        assert refused.code == 1 and "% Invalid input detected at '^' marker." in refused.out and hint in refused.out


# ---- routes --------------------------------------------------------------------------------------------------------------

ROUTES = (
    ("default", "via", "192.0.2.2"),
    ("10.1.0.0/16", "via", "10.0.0.2"),
    ("blackhole", "10.2.0.0/16"),
    ("172.16.0.0/12", "via", "10.0.0.3"),
    ("172.16.0.0/12", "via", "10.0.0.4", "metric", "50"),
    ("203.0.113.0/24", "proto", "186", "nexthop", "via", "10.0.0.4", "nexthop", "via", "10.0.0.5"),
    ("198.51.100.0/25", "via", "10.0.0.9", "proto", "188", "metric", "20"),
    ("198.18.0.0/15", "dev", "eth0"),
)
ROUTES6 = (("default", "via", "2001:db8::2"), ("2001:db8:5::/48", "via", "fe80::5", "dev", "eth0"))

TABLE = """Codes: L - local, C - connected, S - static, R - RIP, B - BGP
       D - EIGRP, O - OSPF, i - IS-IS, H - NHRP, ND - neighbor discovery
       K - other route of the kernel, * - candidate default

Gateway of last resort is 192.0.2.2 to network 0.0.0.0

S*    0.0.0.0/0 [1/0] via 192.0.2.2
      10.0.0.0/8 is variably subnetted, 5 subnets, 3 masks
C        10.0.0.0/24 is directly connected, eth0
L        10.0.0.1/32 is directly connected, eth0
S        10.1.0.0/16 [1/0] via 10.0.0.2
S        10.2.0.0/16 is directly connected, Null0
C        10.99.0.1/32 is directly connected, lo
S     172.16.0.0/12 [1/0] via 10.0.0.3
      192.0.2.0/24 is variably subnetted, 3 subnets, 2 masks
C        192.0.2.0/24 is directly connected, eth0
L        192.0.2.1/32 is directly connected, eth0
L        192.0.2.2/32 is directly connected, peer0
S     198.18.0.0/15 is directly connected, eth0
      198.51.100.0/25 is subnetted, 1 subnets
O        198.51.100.0/25 [110/20] via 10.0.0.9, eth0
B     203.0.113.0/24 [20/0] via 10.0.0.4, eth0
                     [20/0] via 10.0.0.5, eth0
"""


def kernel(namespace, *arguments):
    return json.loads(namespace.run(program_ip(), "-j", *arguments).stdout)


@pytest.fixture
def routed(netns, new_daemon):
    netns.ip("address", "add", "10.0.0.1/24", "dev", "eth0")
    netns.ip("address", "add", "10.99.0.1/32", "dev", "lo")
    netns.ip("address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    for route in ROUTES:
        netns.ip("route", "add", *route)
    for route in ROUTES6:
        netns.ip("-6", "route", "add", *route)
    return netns, new_daemon(netns=netns.name)


def of_kernel(rows):
    """{prefix: [gateway, ...]} of the least metric, as the kernel's own tool tells it."""
    best = {}
    for row in sorted(rows, key=lambda row: row.get("metric", 0)):
        prefix = row["dst"].replace("default", "::/0" if ":" in row.get("gateway", "") else "0.0.0.0/0")
        best.setdefault(prefix, [hop.get("gateway") for hop in row.get("nexthops", [row])])
    return best


def of_daemon(document):
    return {row["prefix"]: [path["gateway"] for path in row["paths"]] for row in document["routes"]
            if row["code"] != "L" and "/32" not in row["prefix"]}


def test_the_routing_table_has_the_layout_of_ios(routed):
    _, daemon = routed
    assert daemon.show("show ip route") == TABLE
    assert daemon.show("show ip route static | include ^S") == \
        "".join(line for line in TABLE.splitlines(True) if re.match("S[* ]", line))
    assert "via" not in daemon.show("show ip route connected").partition("10.0.0.0/8")[2]


def test_routes_are_those_of_the_kernel(routed):
    namespace, daemon = routed
    document = daemon.json("show ip route")
    assert of_daemon(document) == of_kernel(row for row in kernel(namespace, "route"))
    assert document["gateway_of_last_resort"] == "192.0.2.2" and outline(document) == documented()["show ip route"]
    assert {row["prefix"]: row["protocol"] for row in document["routes"]}["198.51.100.0/25"] == "ospf"
    six = daemon.json("show ipv6 route")
    assert of_daemon(six) == of_kernel(row for row in kernel(namespace, "-6", "route") if row["dst"] != "fe80::/64")
    assert outline(six) == documented()["show ipv6 route"]
    assert re.search(r"^S   ::/0 \[1/0\]\n     via 2001:DB8::2, eth0\n", daemon.show("show ipv6 route"), re.M)
    namespace.ip("route", "del", "default")
    assert "Gateway of last resort is not set" in daemon.show("show ip route")


def test_the_route_of_an_address(routed):
    _, daemon = routed
    assert daemon.show("show ip route 10.1.2.3") == """Routing entry for 10.1.0.0/16
  Known via "static", distance 1, metric 0
  Routing Descriptor Blocks:
  * 10.0.0.2, via eth0
      Route metric is 0, traffic share count is 1
"""
    assert daemon.show("show ip route 10.1.0.0 255.255.0.0") == daemon.show("show ip route 10.1.2.3")
    assert "candidate default path" in daemon.show("show ip route 0.0.0.0")
    # As on IOS the default route is nobody's own.
    assert daemon.show("show ip route 8.8.8.8") == "% Network not in table\n"
    assert daemon.show("show ip route 10.200.0.0") == "% Subnet not in table\n"
    assert daemon.json("show ip route 8.8.8.8")["routes"] == []
    assert len(daemon.json("show ip route 203.0.113.77")["routes"][0]["paths"]) == 2
    assert "FE80::5, via eth0" in daemon.show("show ipv6 route 2001:db8:5::1")
    for wrong, why in (("show ip route vrf none", "% IP routing table none does not exist"),
                       ("show ip route 10.0.0.1 255.0.255.0", "% 255.0.255.0 is no network mask"),
                       ("show ip route 2001:db8::", "% 2001:db8:: is no IPv4 address"),
                       ("show ip route frames", "expected one of: bgp, connected")):
        refused = daemon.ctl(wrong)
        assert refused.code == 1 and why in refused.out


def test_a_full_table_is_listed_while_others_are_served(routed):
    namespace, daemon = routed
    many = "".join("route add 11.%d.%d.%d/30 via 10.0.0.2\n" % (i >> 14, i >> 6 & 255, (i & 63) * 4) for i in range(30000))
    namespace.run(program_ip(), "-batch", "-", input=many)
    text = daemon.show("show ip route")
    assert "      11.0.0.0/30 is subnetted, 30000 subnets\n" in text
    assert len(re.findall(r"^S        11\.\d+\.\d+\.\d+/30 \[1/0\] via 10\.0\.0\.2$", text, re.M)) == 30000
    document = daemon.json("show ip route")
    assert len(document["routes"]) == 20000 and document["left_out"] > 10000
    assert daemon.show("show ip route | include 11.1.0.0") == "S        11.1.0.0/30 [1/0] via 10.0.0.2\n"
    assert daemon.show("show ip route | count via 10.0.0.2") == "Number of lines which match regexp = 30001\n"


# ---- neighbours ----------------------------------------------------------------------------------------------------------

STATES = {"REACHABLE": "REACH", "PERMANENT": "REACH", "INCOMPLETE": "INCMP", "FAILED": "INCMP"}


def dotted(mac):
    digits = mac.replace(":", "")
    return ".".join(digits[i:i + 4] for i in (0, 4, 8))


@pytest.fixture
def neighbours(netns, new_daemon):
    netns.ip("address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    for address, mac, state in (("192.0.2.10", "02:00:00:00:00:10", "stale"), ("192.0.2.9", "02:00:00:00:00:09", "reachable"),
                                ("192.0.2.11", "02:00:00:00:00:11", "permanent"), ("2001:db8::9", "02:00:00:00:00:09", "stale")):
        netns.ip("neighbor", "add", address, "lladdr", mac, "nud", state, "dev", "eth0")
    return netns, new_daemon(netns=netns.name, settings={"interfaces": {"alias": {"GigabitEthernet0/1": "eth0"}}})


def test_arp_is_that_of_the_kernel(neighbours):
    namespace, daemon = neighbours
    own = {link["ifname"]: dotted(link["address"]) for link in kernel(namespace, "link")}
    assert daemon.show("show arp") == \
        "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n" \
        "Internet  192.0.2.1                 -  %s  ARPA   GigabitEthernet0/1\n" \
        "Internet  192.0.2.2                 -  %s  ARPA   peer0\n" \
        "Internet  192.0.2.9                 0  0200.0000.0009  ARPA   GigabitEthernet0/1\n" \
        "Internet  192.0.2.10                0  0200.0000.0010  ARPA   GigabitEthernet0/1\n" \
        "Internet  192.0.2.11                -  0200.0000.0011  ARPA   GigabitEthernet0/1\n" % (own["eth0"], own["peer0"])
    document = daemon.json("show ip arp")
    assert outline(document) == documented()["show arp"]
    seen = {row["address"]: (row["hardware_address"], row["state"]) for row in document["entries"]}
    for row in kernel(namespace, "-4", "neighbor"):
        assert seen[row["dst"]] == (dotted(row["lladdr"]), STATES.get(row["state"][0], row["state"][0]))
    assert daemon.show("show ip arp 192.0.2.9") == daemon.show("show arp 0200.0000.0009") \
        == "".join(daemon.show("show arp").splitlines(True)[i] for i in (0, 3))
    assert daemon.json("show arp gi0/1")["entries"] == [row for row in document["entries"] if row["interface"] != "peer0"]


def test_an_address_that_nobody_has_is_incomplete(neighbours):
    namespace, daemon = neighbours
    namespace.run(program_ip(), "neighbor", "add", "192.0.2.77", "dev", "eth0", "nud", "incomplete")
    assert "Internet  192.0.2.77                0  Incomplete      ARPA\n" in daemon.show("show arp")
    assert daemon.json("show arp 192.0.2.77")["entries"][0]["hardware_address"] is None


def test_ipv6_neighbors(neighbours):
    _, daemon = neighbours
    head, row = daemon.show("show ipv6 neighbors 2001:db8::9").splitlines()
    assert head == "IPv6 Address                              Age Link-layer Addr State Interface"
    assert row == "2001:DB8::9                                 0 0200.0000.0009  STALE GigabitEthernet0/1"
    assert outline(daemon.json("show ipv6 neighbors")) == documented()["show ipv6 neighbors"]
    assert re.search(r"^GigabitEthernet0/1     \[up/up\]\n(    FE80::.*\n)?    2001:DB8::1\n", daemon.show("show ipv6 interface brief"), re.M)
    assert daemon.ctl("clear ipv6 neighbors").code == 0
    assert "2001:DB8::9" not in daemon.show("show ipv6 neighbors")


def test_arp_can_be_cleared(neighbours):
    namespace, daemon = neighbours

    def left():
        return {row["dst"] for row in kernel(namespace, "-4", "neighbor")}
    assert daemon.ctl("clear ip arp 192.0.2.10").code == 0
    assert left() == {"192.0.2.9", "192.0.2.11"}
    assert daemon.ctl("clear arp interface peer0").code == 0
    assert left() == {"192.0.2.9", "192.0.2.11"}
    assert daemon.ctl("clear arp").code == 0
    assert left() == {"192.0.2.11"}  # what somebody set is not learnt
    for wrong, why in (("clear ip arp", "% Incomplete command."), ("clear arp interface none0", "% There is no interface none0"),
                       ("show arp none0", "% There is no interface none0"), ("show ipv6 neighbors 192.0.2.1", "There is no interface")):
        refused = daemon.ctl(wrong)
        assert refused.code == 1 and why in refused.out


@pytest.fixture
def bridged(netns, new_daemon):
    netns.ip("link", "add", "br0", "type", "bridge")
    netns.ip("link", "set", "eth0", "master", "br0")
    netns.ip("link", "set", "br0", "up")
    bridge = os.path.join(os.path.dirname(program_ip()), "bridge")
    for mac, kind in (("02:00:00:00:09:01", "dynamic"), ("02:00:00:00:09:02", "static")):
        netns.run(bridge, "fdb", "add", mac, "dev", "eth0", "master", kind)
    return netns, new_daemon(netns=netns.name)


def test_mac_addresses_are_those_of_the_bridge(bridged):
    namespace, daemon = bridged
    own = next(dotted(link["address"]) for link in kernel(namespace, "link") if link["ifname"] == "eth0")
    text = daemon.show("show mac address-table interface eth0")
    assert text.startswith("""          Mac Address Table
-------------------------------------------

Vlan    Mac Address       Type        Ports
----    -----------       --------    -----
   1    0200.0000.0901    DYNAMIC     eth0
   1    0200.0000.0902    STATIC      eth0
""")
    assert " All    %s    STATIC      CPU\n" % own in text
    document = daemon.json("show mac address-table")
    assert outline(document) == documented()["show mac address-table"] and document["total"] == len(document["entries"])
    assert daemon.json("show mac address-table address 0200.0000.0901")["entries"] == \
        [{"vlan": None, "mac_address": "0200.0000.0901", "type": "DYNAMIC", "port": "eth0", "bridge": "br0", "own": False}]
    assert "0200.0000.0902" not in daemon.show("show mac address-table dynamic vlan 1")
    assert "0200.0000.0901" not in daemon.show("show mac-address-table static")
    assert daemon.ctl("clear mac address-table dynamic address 0200.0000.0901").code == 0
    assert "0200.0000.0901" not in daemon.show("show mac address-table")
    assert daemon.ctl("clear mac address-table dynamic").code == 0
    assert "0200.0000.0902" in daemon.show("show mac address-table")
    for wrong, why in (("show mac address-table dynamic static", "Invalid input"), ("show mac address-table address 1", "a MAC address such as"),
                       ("clear mac address-table", "Incomplete command"), ("show mac address-table vlan 5000", "1 to 4094")):
        refused = daemon.ctl(wrong)
        assert refused.code == 1 and why in refused.out, refused.out


# ---- CDP and LLDP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def discovered(cable, tmp_path, new_daemon):
    """A device beside a real lldpd, with r2 at the other end of its cable."""
    try:
        own = Lldpd(tmp_path / "own", cable.first.name, "eth0", "r1")
        other = Lldpd(tmp_path / "other", cable.second.name, "peer0", "r2")
    except Unavailable as why:
        pytest.skip(str(why))
    own.start()
    other.start()
    yield new_daemon(netns=cable.first.name, env={"PATH": tree.PATH},
                     settings={"daemons": {"lldpd": own.socket}, "interfaces": {"alias": {"GigabitEthernet0/1": "eth0"}}})
    own.stop()
    other.stop()


def test_neighbors_of_both_protocols(discovered, cable):
    daemon = discovered
    mac = next(link["address"] for link in kernel(cable.second, "link", "show", "peer0"))
    daemon.wait_show("show lldp neighbors", "^Total entries displayed: 1$")
    daemon.wait_show("show cdp neighbors", "^Total cdp entries displayed : 1$")
    assert daemon.show("show lldp neighbors").endswith(
        "Device ID           Local Intf     Hold-time  Capability      Port ID\n"
        "r2                  Gi0/1          120        S               peer0\n\nTotal entries displayed: 1\n")
    assert daemon.show("show cdp neighbors").endswith(
        "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID\n"
        "r2               Gig 0/1           120                H   Linux     peer0\n\nTotal cdp entries displayed : 1\n")
    detail = daemon.show("show lldp neighbors gi0/1 detail")
    for line in ("Local Intf: Gi0/1", "Chassis id: " + mac, "Port Description: peer0", "System Name: r2",
                 "Router r2 of the test", "Enabled Capabilities: S", "    IP: 192.0.2.2"):
        assert line + "\n" in detail
    detail = daemon.show("show cdp neighbors detail")
    for line in ("Device ID: r2\nEntry address(es): \n  IP address: 192.0.2.2\n", "Platform: Linux,  Capabilities: Host \n",
                 "Interface: GigabitEthernet0/1,  Port ID (outgoing port): peer0\nHoldtime : 120 sec\n", "\nVersion :\nRouter r2 of the test\n"):
        assert line in detail
    assert daemon.show("show cdp nei det") == detail
    for protocol in ("cdp", "lldp"):
        document = daemon.json("show %s neighbors" % protocol)
        assert outline(document) == documented()["show %s neighbors" % protocol]
        assert document["neighbors"][0]["device_id"] == "r2"
    assert daemon.json("show lldp neighbors lo")["neighbors"] == []
    refused = daemon.ctl("show cdp neighbors none0")
    assert refused.code == 1 and "% There is no interface none0" in refused.out


def test_without_lldpd_neighbors_are_refused_with_the_reason(new_daemon, tmp_path):
    daemon = new_daemon(settings={"daemons": {"lldpd": str(tmp_path / "nobody")}})
    for protocol in ("CDP", "LLDP"):
        refused = daemon.ctl("show %s neighbors" % protocol)
        assert refused.code == 1
        assert refused.out == "%% %s is not enabled\n%% lldpd: %s: No such file or directory\n" % (protocol, tmp_path / "nobody")


# ---- ping ----------------------------------------------------------------------------------------------------------------

BEGIN = "Type escape sequence to abort.\nSending %d, %d-byte ICMP Echos to %s, timeout is 2 seconds:\n"
ALL_BACK = r"Success rate is 100 percent \(%d/%d\), round-trip min/avg/max = \d+/\d+/\d+ ms\n"


def test_ping_has_the_layout_of_ios(routed):
    namespace, daemon = routed
    assert re.fullmatch(re.escape(BEGIN % (5, 100, "10.0.0.1")) + r"!!!!!\n" + ALL_BACK % (5, 5), daemon.show("ping 10.0.0.1"))
    text = daemon.show("ping 192.0.2.2 source eth0 repeat 75 size 1500")
    assert re.fullmatch(re.escape(BEGIN % (75, 1500, "192.0.2.2") + "Packet sent with a source address of 192.0.2.1 \n") +
                        "!{70}\\n!{5}\\n" + ALL_BACK % (75, 75), text), text
    assert re.search(ALL_BACK % (2, 2), daemon.show("ping ipv6 2001:db8::1 repeat 2"))
    assert daemon.show("ping 10.0.0.1 | include Success").count("\n") == 1
    # Nobody has this address.
    assert daemon.show("ping 10.0.0.77 repeat 2 timeout 1").endswith("\n..\nSuccess rate is 0 percent (0/2)\n")


def test_ping_as_a_document(routed):
    _, daemon = routed
    document = daemon.json("ping 10.0.0.1 repeat 3")
    assert outline(document) == documented()["ping 127.0.0.1"]
    assert (document["results"], document["sent"], document["received"], document["success_rate"]) == ("!!!", 3, 3, 100)
    assert 0 < document["round_trip_min"] <= document["round_trip_avg"] <= document["round_trip_max"]
    lost = daemon.json("ping 10.0.0.77 repeat 1 timeout 1")
    assert (lost["results"], lost["success_rate"], lost["round_trip_avg"]) == (".", 0, None)


@pytest.mark.parametrize("typed, why", (
    ("ping", "% Incomplete command."),
    ("ping 10.0.0.1 size 5", "'size' takes a number from 36 to 18024"),
    ("ping 2001:db8::1 size 40", "% The size of an IPv6 echo request is 56 octets at least"),
    ("ping ipv6 10.0.0.1", "% 10.0.0.1 is no IPv6 address"),
    ("ping 10.0.0.1 source 10.0.0.9", "% Invalid source address- IP address not on any of our up interfaces"),
    ("ping 10.0.0.1 source none0", "% There is no interface none0"),
    ("ping 2001:db8::1 source 10.0.0.1", "are of two families"),
    ("ping vrf NONE 10.0.0.1", "% VRF NONE does not exist"),
    ("ping nobody.invalid", "% Unrecognized host or address, or protocol not running."),
))
def test_ping_is_refused_with_the_reason(routed, typed, why):
    refused = routed[1].ctl(typed)
    assert refused.code == 1 and why in refused.out, refused.out


def test_ctrl_c_ends_a_ping(new_daemon):
    daemon = new_daemon(config=["hostname R1"])
    shell = Shell(daemon)
    shell.type("terminal length 0")
    shell.type("ping 127.0.0.1 repeat 1000000", None)
    shell.expect("!!!!!!!!!!")
    shell.keys("\x03", "Success rate is 100 percent (")
    shell.expect("R1#")
    assert "Success rate is 100 percent (1/1)" in shell.type("ping 127.0.0.1 repeat 1")
    assert shell.close() == 0


def test_an_applet_reads_what_the_commands_print(routed):
    """As applets do it: type, match, decide."""
    _, daemon = routed
    daemon.configure(
        "event manager applet UPLINK", "event none sync yes",
        'action 010 cli command "enable"',
        'action 020 cli command "show ip route 0.0.0.0"',
        'action 030 regexp "\\* ([0-9.]+)" "$_cli_result" match gateway',
        'action 040 puts "gateway $gateway"',
        'action 050 cli command "ping 10.0.0.1 source 192.0.2.1 repeat 3"',
        'action 060 regexp "Success rate is ([0-9]+) percent \\(([0-9]+)/" "$_cli_result" match rate count',
        "action 070 if $rate eq 100",
        'action 080  puts "reached $count times"',
        "action 090 end",
        'action 100 cli command "ping 10.0.0.77 repeat 1 timeout 1"',
        'action 110 regexp "Success rate is 0 percent" "$_cli_result"',
        "action 120 if $_regexp_result eq 1",
        'action 130  cli command "show ip route 10.200.0.1 | include not in table"',
        'action 140  puts "$_cli_result"',
        "action 150 end",
        'action 160 cli command "show processes cpu | include CPU utilization"',
        'action 170 regexp "five seconds: ([0-9]+)%" "$_cli_result" match busy',
        'action 180 puts "busy $_regexp_result"',
        'action 190 cli command "show arp | include 192.0.2.1 "',
        'action 200 foreach line "$_cli_result" "\\n"',
        'action 210  regexp "Internet +([0-9.]+) +- +([0-9a-f.]+) +ARPA +(.*)" "$line" match address mac interface',
        "action 220  if $_regexp_result eq 1",
        'action 230   puts "own $address on $interface"',
        "action 240  end",
        "action 250 end")
    ran = daemon.run("UPLINK")
    assert ran.code == 0, ran.out
    for told in ("gateway 192.0.2.2", "reached 3 times", "% Subnet not in table", "busy 1", "own 192.0.2.1 on eth0"):
        assert told in ran.out, ran.out


# ---- files ---------------------------------------------------------------------------------------------------------------


def test_file_systems_have_the_room_of_the_kernel(daemon):
    text = daemon.show("show file systems")
    assert text.startswith("File Systems:\n\n       Size(b)       Free(b)      Type  Flags  Prefixes\n"
                           "             -             -    opaque     rw   system:\n")
    kept = os.statvfs(daemon.state)
    assert re.search(r"^\*%13d *\d+      disk     rw   flash:$" % (kept.f_blocks * kept.f_frsize), text, re.M)
    row = next(row for row in daemon.json("show file systems")["file_systems"] if row["prefix"] == "flash:")
    assert row["size"] == kept.f_blocks * kept.f_frsize and 0 < row["free"] <= row["size"] and row["default"]


# ---- what is the device's own --------------------------------------------------------------------------------------------

NOT_OURS = "% this is a command of the device itself, not of eventd: with 'cli: { device: vtysh }' (or shell) in the settings, " \
           "policies pass it on to its CLI\n"


def test_what_configures_the_device_is_refused_with_what_would_help(daemon, new_daemon):
    for line in ("interface GigabitEthernet0/1", "no shutdown", "ip route 10.0.0.0 255.0.0.0 192.0.2.1", "no ip nat inside",
                 "router bgp 65001", "int gi0/1"):
        refused = daemon.ctl("configure terminal", line)
        assert refused.code == 1 and "% Invalid input detected at '^' marker.\n" + NOT_OURS in refused.out, refused.out
    for line in ("clear ip nat translation *", "show ip bgp summary", "show vlan brief"):
        refused = daemon.ctl(line)
        assert refused.code == 1 and NOT_OURS in refused.out
    # A mistake in what is ours is told as one, and so is what nobody knows.
    for line in ("ip sla x", "ip rotue 1", "frobnicate"):
        refused = daemon.ctl("configure terminal", line)
        assert refused.code == 1 and "% Invalid input detected" in refused.out and "of the device itself" not in refused.out
    document = json.loads(daemon.ctl("show spanning-tree", options=("--json",)).out)["error"]
    assert document["code"] == "invalid" and document["hint"] == NOT_OURS[2:-1]
    with_device = new_daemon(settings={"cli": {"device": "shell"}})
    assert "% this is a command of the device itself: policies pass it on to its CLI with 'action cli command'\n" in \
        with_device.ctl("configure terminal", "interface eth0").out


def test_a_policy_learns_it_as_well(daemon):
    daemon.configure("event manager applet SHUT", "event none sync yes", 'action 1 cli command "enable"',
                     'action 2 cli command "configure terminal"', 'action 3 cli command "interface eth0"', 'action 4 puts "$_cli_result"')
    assert NOT_OURS.strip() in daemon.run("SHUT").out.replace("\r", "")


# ---- the session ---------------------------------------------------------------------------------------------------------

LOAD = r"Load for five secs: \d+%/\d+%; one minute: \d+%; five minutes: \d+%\n" \
       r"(Time source is NTP, |No time source, \*)\d\d:\d\d:\d\d\.\d{3} UTC \w{3} \w{3} [ \d]\d \d{4}\n\n"


def test_load_and_time_stand_before_each_show(daemon):
    done = daemon.ctl("terminal exec prompt timestamp", "show clock | include nothing of it", "dir flash:", "show privilege",
                      "terminal no exec prompt timestamp", "show privilege").out
    assert re.match(LOAD + "Directory of flash:/", done), done  # IOS filters what the command prints only
    assert re.search("\n" + LOAD + "Current privilege level is 15\nCurrent privilege level is 15\n$", done), done
    assert "time" in json.loads(daemon.ctl("terminal exec prompt timestamp", "show clock", options=("--json",)).out)


def test_aliases_are_commands(daemon):
    assert daemon.show("show aliases") == "Exec mode aliases:\n" + "".join(
        "  %-22s%s\n" % pair for pair in (("lo", "logout"), ("p", "ping"), ("s", "show"), ("u", "undebug"), ("un", "undebug")))
    daemon.configure("alias exec addresses show ip interface brief", "alias exec p ping 127.0.0.1 repeat 1", "alias exec bad show nothing")
    assert daemon.show("addresses") == daemon.show("show ip interface brief")
    assert daemon.show("addresses | include ^lo") == daemon.show("show ip interface brief | include ^lo")
    assert daemon.ctl("configure terminal", "do addresses").out.endswith(daemon.show("addresses"))
    assert "Success rate is 100 percent (1/1)" in daemon.show("p timeout 1")
    assert daemon.show("s privilege") == "Current privilege level is 15\n"
    aliases = {row["name"]: row["text"] for row in daemon.json("show aliases")["aliases"]}
    assert aliases["p"] == "ping 127.0.0.1 repeat 1" and aliases["addresses"] == "show ip interface brief"
    assert "alias exec addresses show ip interface brief\n" in daemon.show("show running-config")
    # What the alias stands for is shown, or the mark would point at nothing.
    assert "show nothing\n     ^\n% Invalid input detected" in daemon.ctl("bad").out
    assert "  timeout " in daemon.show("p ?") and "  repeat " not in daemon.show("p ?")
    daemon.configure("no alias exec addresses", "no alias exec p")
    assert daemon.ctl("addresses").code == 1
    assert {row["name"]: row["text"] for row in daemon.json("show aliases")["aliases"]}["p"] == "ping"
    refused = daemon.ctl("configure terminal", "alias configure x hostname y")
    assert refused.code == 1 and "aliases are of EXEC" in refused.out
    # A policy may use one; what it hears has the alias written out.
    daemon.configure("alias exec lastclock show clock", "event manager applet USES", "event none sync yes", 'action 1 cli command "lastclock"',
                     'action 2 puts "$_cli_result"', "exit", "event manager applet HEARS",
                     'event cli pattern "^show clock" sync no skip no', 'action 1 syslog msg "heard $_cli_msg"')
    assert " UTC " in daemon.run("USES").out
    daemon.show("lastclock")
    daemon.wait_log("HEARS: heard show clock")


@pytest.mark.parametrize("typed, why", (("tclsh flash:x.tcl", "% scripts are policies in Lua here"), ("lua flash:x.lua", "event manager policy FILE"),
                                        ("guestshell run ls", "% there is no guest shell here"), ("traceroute 192.0.2.1", "% paths are not traced here")))
def test_what_is_not_here_says_why(daemon, typed, why):
    refused = daemon.ctl(typed)
    assert refused.code == 1 and "% Invalid input detected at '^' marker." in refused.out and why in refused.out


# ---- reload --------------------------------------------------------------------------------------------------------------


def test_reload_runs_what_is_allowed(daemon, tmp_path):
    refused = daemon.ctl("reload")
    assert refused.code == 1 and "% A reload is not allowed here\n% 'event manager allow reload PROGRAM'" in refused.out
    ran = tmp_path / "ran"
    daemon.configure("event manager allow reload /usr/bin/touch %s" % ran)
    asked = daemon.ctl("reload", input="no\nn\n").out
    assert "System configuration has been modified. Save? [yes/no]: " in asked and "Proceed with reload? [confirm]" in asked
    assert daemon.ctl("show logging | include SYS-5-RELOAD").out == ""
    assert daemon.ctl("write memory", "reload", input="y\n").code == 0
    daemon.wait_log(r"%SYS-5-RELOAD: Reload requested by \S+ on vty\d+ \(\S+\)\. Reload Reason: Reload Command\.")
    assert tree.wait_for(ran.exists)


def test_a_reload_can_be_scheduled_and_cancelled(daemon, tmp_path):
    daemon.configure("event manager allow reload /usr/bin/touch %s" % (tmp_path / "ran"))
    assert daemon.show("show reload") == "No reload is scheduled.\n"
    none = daemon.ctl("reload cancel")
    assert none.code == 1 and "% No reload is scheduled." in none.out
    asked = daemon.ctl("write memory", "reload in 5", input="y\n").out
    assert re.search(r"Reload scheduled for \d\d:\d\d:\d\d UTC .* \(in 5 minutes\) by ", asked)
    assert re.search(r"\(in [45] minutes and \d+ seconds\) by ", daemon.show("show reload"))
    assert 0 < daemon.json("show reload")["in_seconds"] <= 300
    daemon.wait_log("%SYS-5-SCHEDULED_RELOAD: Reload requested for ")
    assert "--- SHUTDOWN ABORTED ---" in daemon.show("reload cancel")
    assert daemon.show("show reload") == "No reload is scheduled.\n"
    for wrong, why in (("reload in 0", "from 1 to 34560"), ("reload in 5 cancel", "Invalid input")):
        refused = daemon.ctl(wrong)
        assert refused.code == 1 and why in refused.out
