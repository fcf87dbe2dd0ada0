"""Access lists and class maps: their lines, what they refuse, and which packets captures take by them."""

import frames
import pytest
import tree
from test_capture_triggers import start, wait_kept
from test_cli import Shell

SENDER = """
import socket, sys
for item in sys.argv[1:]:
    address, port, tos = item.split(',')
    s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
    if ':' not in address:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(tos))
    else:
        s.setsockopt(socket.IPPROTO_IPV6, 67, int(tos))
    s.bind(('::1' if ':' in address else '127.0.0.7', 0))
    s.sendto(b'x', (address, int(port)))
"""


def send(netns, *items):
    """Datagrams "ADDRESS,PORT,TOS" from 127.0.0.7 or ::1, then one to port 1 that every filter of these tests takes."""
    netns.run("/usr/bin/python3", "-c", SENDER, *items, "127.0.0.1,1,0")


def ports(tshark, capture):
    """The destination ports that were captured, from an exported file."""
    assert capture.ctl("monitor capture CAP export /%s/out.pcapng" % capture.dir.strip("/")).code == 0
    read = tshark("-r", capture.dir + "/out.pcapng", "-T", "fields", "-e", "udp.dstport").split()
    return sorted(int(port) for port in read if port != "1")


@pytest.fixture
def eventd(new_daemon):
    return new_daemon()


@pytest.fixture
def capture(netns, new_daemon):
    return new_daemon(netns=netns.name)


def taken(capture, netns, tshark, by, *items):
    start(capture, "CAP", "interface lo in", by)
    send(netns, *items)
    wait_kept(capture, 1)
    return ports(tshark, capture)


LISTS = [
    # the first entry that fits decides; what none fits is left out
    (["ip access-list extended X", " permit udp any any eq 1", " deny udp any any eq 5000", " permit udp any any range 4999 5001"],
     [4999, 4999, 5001]),
    (["ip access-list extended X", " permit udp any any eq 1", " 30 permit udp any any eq 5000 5002", " 20 deny udp any any eq 5002"],
     [5000]),
    # wildcards need not be contiguous: 127.0.0.1 and 127.0.0.3 differ in a bit that is not compared
    (["ip access-list extended X", " permit udp any any eq 1", " permit udp host 127.0.0.7 127.0.0.1 0.0.0.2 lt 5000"],
     [4998, 4999, 4999]),
    (["ip access-list extended X", " permit udp any any eq 1", " permit udp any any neq 5000 5001 5002 4999"], [4998]),
    (["ip access-list extended X", " permit udp any any eq 1", " permit ip any any dscp ef"], [5002]),
    (["ip access-list extended X", " permit udp any any eq 1", " permit ip any any precedence critical"], [5002]),
    (["ip access-list extended X", " remark nothing but", " permit udp any any eq 1", " permit udp any any gt 5001"], [5002]),
    (["access-list 150 permit udp any any eq 1", "access-list 150 deny ip any host 127.0.0.3", "access-list 150 permit udp any any lt 5000"],
     [4998, 4999]),
    (["ipv6 access-list X", " permit udp host ::1 ::1/128 eq 5000 5001", " sequence 5 deny udp any any eq 5001"], [5000]),
    (["ipv6 access-list X", " permit udp any any dscp ef"], [5001]),
]
SENT = ["127.0.0.1,4999,0", "127.0.0.3,4999,0", "127.0.0.1,4998,0", "127.0.0.1,5000,0", "127.0.0.1,5001,0", "127.0.0.1,5002,184"]
SENT6 = ["::1,5000,0", "::1,5001,184", "::1,5002,0"]


@pytest.mark.parametrize("lines, wanted", LISTS)
def test_which_packets_a_list_takes(capture, netns, tshark, lines, wanted):
    capture.configure(*lines)
    name = "150" if lines[0].startswith("access-list") else "X"
    got = taken(capture, netns, tshark, "access-list " + name, *(SENT6 if "ipv6" in lines[0] else SENT))
    assert got == sorted(wanted)
    assert "   Access-list: %s\n" % name in capture.show("show monitor capture CAP")
    assert "   monitor capture CAP access-list %s\n" % name in capture.show("show monitor capture CAP parameter")


@pytest.mark.parametrize("lines, wanted", [
    (["class-map match-any C", " match access-group name ONE", " match access-group 150"], [5000, 5001]),
    (["class-map C", " match access-group name RANGE", " match not access-group 150"], [5000, 5002]),
    (["class-map match-any C", " match access-group name ONE", " match ip dscp ef"], [5000, 5002]),
    (["class-map match-all C", " match protocol udp", " match packet length max 43", " match class-map D", "class-map D",
      " match ip precedence 5"], [5002]),
    (["class-map match-any C", " match protocol syslog"], []),
])
def test_which_packets_a_class_map_takes(capture, netns, tshark, lines, wanted):
    capture.configure("ip access-list extended ONE", " permit udp any any eq 5000", "ip access-list extended RANGE",
                      " permit udp any any range 5000 5002", "access-list 150 permit udp any any eq 5001", *lines)
    start(capture, "CAP", "interface lo in", "class-map C")
    assert capture.ctl("monitor capture ALL interface lo in match ipv4 protocol udp any any eq 1", "monitor capture ALL start").code == 0
    send(netns, *SENT)
    wait_kept(capture, 1, "ALL")
    assert ports(tshark, capture) == wanted
    assert "   Class-map: C\n" in capture.show("show monitor capture CAP")


def icmp(kind, code=0):
    return frames.ethernet(frames.ipv4(1, bytes([kind, code]) + b"\0" * 6))


def icmp6(kind, code=0):
    return frames.ethernet(frames.ipv6(58, bytes([kind, code]) + b"\0" * 6), frames.IPV6)


MESSAGES = [icmp(8), icmp(0), icmp(3, 3), icmp(3, 4), icmp(11), icmp6(128), icmp6(1, 4), icmp6(136)]


@pytest.mark.parametrize("lines, wanted", [
    (["ip access-list extended X", " permit icmp any any echo"], [0]),
    (["ip access-list extended X", " permit icmp any any 8 0", " permit icmp any any packet-too-big"], [0, 3]),
    (["ip access-list extended X", " deny icmp any any port-unreachable", " permit icmp any any unreachable log"], [3]),
    (["ip access-list extended X", " permit icmp any any icmp-type 11 0", " permit icmp any any echo-rep"], [1, 4]),
    (["access-list 150 permit icmp any any ttl-exceeded"], [4]),
    (["ipv6 access-list X", " permit icmp any any echo-request", " permit icmp any any 1 4"], [5, 6]),
    (["ipv6 access-list X", " permit icmp any any nd-na"], [7]),
])
def test_messages_of_icmp(capture, netns, lines, wanted):
    """By IOS's names, and by numbers; what is printed is read again."""
    capture.configure(*lines)
    name = "150" if lines[0].startswith("access-list") else "X"
    running = capture.show("show running-config | section access-list")
    capture.configure(*[line for line in lines[:1]], *running.splitlines())
    assert capture.show("show running-config | section access-list") == running
    assert running.splitlines() == [line.replace("echo-rep", "echo-reply").replace("icmp-type ", "") for line in lines]
    start(capture, "CAP", "interface eth0 in", "access-list " + name)
    assert capture.ctl("monitor capture ALL interface eth0 in match any", "monitor capture ALL start").code == 0
    frames.send(netns, "peer0", [m[:14] + m[14:] + bytes([n]) for n, m in enumerate(MESSAGES)])
    seen = lambda cap: [int(p["data"][-2:], 16) for p in capture.json("show monitor capture %s buffer dump" % cap)["packets"]  # noqa: E731
                        if p["source"] in ("192.0.2.2", "2001:db8::2")]
    assert tree.wait_for(lambda: seen("ALL") == list(range(len(MESSAGES))), 20, every=0.1), seen("ALL")
    assert seen("CAP") == wanted


BEHIND = {
    "plain": frames.ipv6(frames.UDP, frames.udp(53, b"x")),
    "hop-by-hop": frames.ipv6(0, frames.options(frames.UDP, frames.udp(53, b"x"))),
    "long destination options": frames.ipv6(60, frames.options(frames.UDP, frames.udp(53, b"x"), 5)),
    "first piece": frames.ipv6(44, frames.fragment(frames.UDP, frames.udp(53, b"x"))),
    "later piece": frames.ipv6(44, frames.fragment(frames.UDP, frames.udp(53, b"x"), 64)),
    "another port": frames.ipv6(0, frames.options(frames.UDP, frames.udp(54, b"x"))),
    "another protocol": frames.ipv6(0, frames.options(frames.TCP, frames.tcp(53, b"x"))),
    "membership report": frames.ipv6(0, frames.options(58, bytes([131]) + b"\0" * 7)),
}


@pytest.mark.parametrize("by, wanted", [
    ("match ipv6 protocol udp any any eq 53", ["plain", "hop-by-hop", "long destination options", "first piece"]),
    ("match ipv6 protocol udp any range 3999 4000 any gt 53", ["another port"]),
    ("match ipv6 protocol udp any neq 4000 any", []),
    ("match ipv6 protocol udp any any", ["plain", "hop-by-hop", "long destination options", "first piece", "later piece", "another port"]),
    ("access-list UDP", ["plain", "hop-by-hop", "long destination options", "first piece"]),
    ("access-list MLD", ["membership report"]),
    ("access-list FLAGS", ["another protocol"]),
])
def test_behind_extension_headers(capture, netns, by, wanted):
    """What IPv6 carries is found behind one extension header, as every report of a multicast listener has it."""
    capture.configure("ipv6 access-list UDP", " permit udp any eq 4000 any eq domain 55", "ipv6 access-list MLD", " permit icmp any any mld-report",
                      "ipv6 access-list FLAGS", " deny udp any any lt 65535", " permit tcp any any range 1 100 ack")
    start(capture, "CAP", "interface eth0 in", by)
    assert capture.ctl("monitor capture ALL interface eth0 in match ipv6 2001:db8::2/128 any", "monitor capture ALL start").code == 0
    seen = lambda cap: [p["size"] for p in capture.json("show monitor capture %s buffer brief" % cap)["packets"]  # noqa: E731
                        if p["source"] == "2001:db8::2"]
    sized = {name: frames.ethernet(packet, frames.IPV6) + b"\0" * n for n, (name, packet) in enumerate(BEHIND.items())}
    frames.send(netns, "peer0", sized.values())
    assert tree.wait_for(lambda: seen("ALL") == [len(f) for f in sized.values()], 20, every=0.1), seen("ALL")
    assert seen("CAP") == [len(sized[name]) for name in wanted]


@pytest.mark.parametrize("lines, wanted", [
    (["class-map match-any C", " match vlan 5", " match protocol icmp"], ["tagged", "ping"]),
    (["class-map match-any C", " match class-map D", " match protocol icmp", "class-map D", " match vlan 5", " match protocol udp"], ["tagged", "ping"]),
    (["class-map match-all C", " match not vlan 5", " match protocol udp"], ["plain", "other"]),
])
def test_vlans(capture, netns, lines, wanted):
    """A VLAN changes nothing for the other lines, wherever it stands; the same with a filter of the start."""
    datagram = frames.ipv4(frames.UDP, frames.udp(9, b"x"))
    sent = {"plain": frames.ethernet(datagram), "tagged": frames.ethernet(datagram, tags=[(frames.VLAN, 5)]),
            "other": frames.ethernet(datagram, tags=[(frames.VLAN, 6)]), "ping": icmp(8)}
    sized = {name: frame + b"\0" * n for n, (name, frame) in enumerate(sent.items())}
    capture.configure(*lines)
    start(capture, "CAP", "interface eth0 in", "class-map C")
    assert capture.ctl("monitor capture F interface eth0 in class-map C", 'monitor capture F start capture-filter "ip src 192.0.2.2"',
                       "monitor capture ALL interface eth0 in match any", "monitor capture ALL start").code == 0
    seen = lambda cap: [p["size"] for p in capture.json("show monitor capture %s buffer brief" % cap)["packets"]  # noqa: E731
                        if p["source"] == "192.0.2.2"]
    frames.send(netns, "peer0", sized.values())
    assert tree.wait_for(lambda: seen("ALL") == [len(f) for f in sized.values()], 20, every=0.1), seen("ALL")
    assert seen("CAP") == seen("F") == [len(sized[name]) for name in wanted]


def test_code_points_of_both_families(capture, netns):
    """`match dscp` means IPv4 and IPv6, `match ip dscp` IPv4."""
    capture.configure("class-map BOTH", " match dscp ef", "class-map FOUR", " match ip dscp ef", "class-map match-any P", " match precedence 5")
    for name in ("BOTH", "FOUR", "P"):
        start(capture, name, "interface lo in", "class-map " + name)
    assert capture.ctl("monitor capture ALL interface lo in match any", "monitor capture ALL start").code == 0
    send(netns, "127.0.0.1,5002,184", "127.0.0.1,5003,0", "::1,5001,184", "::1,5000,0")
    udp = lambda cap: [p["source"] for p in capture.json("show monitor capture %s buffer brief" % cap)["packets"]  # noqa: E731
                       if p["protocol"] == "UDP"]
    assert tree.wait_for(lambda: len(udp("ALL")) == 5, 20, every=0.1)
    assert (udp("BOTH"), udp("FOUR"), udp("P")) == (["127.0.0.7", "::1"], ["127.0.0.7"], ["127.0.0.7", "::1"])


def test_shows_and_numbers(capture):
    capture.configure("ip access-list extended WEB", " permit tcp any any eq www 443", " deny ip any any", " 15 permit icmp any any icmp-type 8",
                      " remark the end", "access-list 10 permit 10.0.0.0 0.0.0.255", "access-list 10 permit host 192.0.2.1 log",
                      "ipv6 access-list SIX", " permit tcp any host 2001:db8::1 eq 22 established")
    assert capture.show("show access-lists") == """Extended IP access list WEB
    10 permit tcp any any eq www 443
    15 permit icmp any any 8
    20 deny ip any any
Standard IP access list 10
    10 permit 10.0.0.0 0.0.0.255
    20 permit host 192.0.2.1 log
IPv6 access list SIX
    permit tcp any host 2001:db8::1 eq 22 established sequence 10
"""
    capture.configure("ip access-list extended WEB", " no 10", " no 15")
    assert [e["entry"] for e in capture.json("show ip access-lists WEB")["access_lists"][0]["entries"]] == ["deny ip any any"]
    running = capture.show("show running-config | section access-list")
    assert running == ("ip access-list extended WEB\n deny ip any any\n remark the end\naccess-list 10 permit 10.0.0.0 0.0.0.255\n"
                       "access-list 10 permit host 192.0.2.1 log\nipv6 access-list SIX\n permit tcp any host 2001:db8::1 eq ssh established\n"
                       ).replace("eq ssh", "eq 22")
    capture.configure("no access-list 10", "no ipv6 access-list SIX")
    assert [a["name"] for a in capture.json("show access-lists")["access_lists"]] == ["WEB"]
    # What was saved is read back as it was.
    assert capture.ctl("write memory").code == 0
    capture.stop()
    capture.start()
    assert capture.show("show access-lists") == "Extended IP access list WEB\n    10 deny ip any any\n"


@pytest.mark.parametrize("lines, why", [
    (["access-list 10 permit tcp any any"], "% access-list 10 is a standard list: it takes a source address, no protocol"),
    (["access-list 101 permit 10.0.0.1"], "% access-list 101 is an extended list: a protocol comes before the addresses"),
    (["access-list 700 permit any"], "% access-list 700 is of no kind that is known here"),
    (["ip access-list standard 101"], "% 101 is not the number of a standard list (1-99, 1300-1999)"),
    (["ip access-list extended 10"], "% 10 is not the number of an extended list (100-199, 2000-2699)"),
    (["ip access-list extended 9a"], "% the name of an access list begins with a letter"),
    (["access-list 101 permit ip any any", "ip access-list extended 101"], "% access list 101 is written with 'access-list 101' lines"),
    (["ip access-list standard X", "ip access-list extended X"], "% access list X is there as another kind of list"),
    (["ip access-list extended X", "10 permit ip any any", "10 deny ip any any"], "% Duplicate sequence number 10"),
    (["ip access-list extended X", "permit ip any any eq 5"], "% ports need the protocol tcp or udp"),
    (["ip access-list extended X", "permit tcp any range 9 5 any"], "% the port range is empty"),
    (["ip access-list extended X", "permit udp any any established"], "% TCP flags and 'established' need the protocol tcp"),
    (["ip access-list extended X", "permit tcp any any icmp-type 8"], "% a message of ICMP needs the protocol icmp"),
    (["ip access-list extended X", "permit tcp any any eq 5 fragments"], "% fragments but the first have no ports and no flags"),
    (["ip access-list extended X", "permit ip any any time-range NIGHT"], "% 'time-range' is not there: let an applet with a timer"),
    (["ip access-list extended X", "permit tcp any any reflect Y"], "% 'reflect' is not there"),
    (["ip access-list extended X", "permit ip any any tos 8"], "% 'tos' is not there: use 'dscp' or 'precedence'"),
    (["ipv6 access-list X", "permit ipv6 any any fragments"], "% 'fragments' is not there for IPv6"),
    (["class-map C", "match protocol skype"], "% 'skype' is no protocol that is known here by its port"),
    (["class-map C", "match input-interface eth0"], "% name the interface with 'monitor capture NAME interface'"),
    (["class-map C", "match packet length max 5 min 9"], "% the length range is empty"),
    (["class-map C", "match packet length"], "% 'match packet length' needs max, min, or both"),
])
def test_refused_lines(eventd, lines, why):
    answer = eventd.ctl("configure terminal", *lines)
    assert answer.code == 1 and why in answer.out, answer.out


@pytest.mark.parametrize("lines, by, why", [
    ([], "access-list NO", "% access list NO does not exist"),
    (["ip access-list extended E"], "access-list E", "% access list E permits no packet"),
    (["ip access-list extended E", "deny ip any any"], "access-list E", "% access list E permits no packet"),
    ([], "class-map NO", "% class map NO does not exist"),
    (["class-map C"], "class-map C", "% class map C has no 'match' line"),
    (["class-map C", "match access-group name NO"], "class-map C", "% class map C: access list NO does not exist"),
    (["class-map C", "match class-map C"], "class-map C", "% class map C: class map C is nested deeper than 8"),
    (["class-map match-any C", "match vlan 5", "match vlan 6"], "class-map C", "% class map C names several VLANs"),
    (["ip access-list extended L"] + ["permit tcp host 192.0.2.%d any eq %d" % (n % 250, n) for n in range(1000)], "access-list L",
     "% its filter is too long, "),
])
def test_filters_that_start_nothing(eventd, lines, by, why):
    if lines:
        eventd.configure(*lines)
    answer = eventd.ctl("monitor capture CAP interface lo both", "monitor capture CAP " + by, "monitor capture CAP start")
    assert answer.code == 1 and "% Unable to activate Capture.\n" + why in answer.out, answer.out


def test_help(eventd):
    eventd.configure("ip access-list extended X", " permit ip any any")
    answer = eventd.ctl("configure terminal", "ip access-list extended X", "?", "permit tcp any any ?")
    for word in ("<1-2147483647>", "deny", "permit", "remark", "established", "eq", "dscp"):
        assert word in answer.out, answer.out
    assert "time-range" not in answer.out
    for line in ("monitor capture CAP ?", "monitor capture CAP trigger ?", "show monitor capture CAP ?", "monitor capture CAP trigger mail ?"):
        answer = eventd.ctl(line)
        assert answer.code == 0 and "Unrecognized" not in answer.out
        assert {"monitor capture CAP ?": "freeze", "monitor capture CAP trigger ?": "sla", "show monitor capture CAP ?": "trigger",
                "monitor capture CAP trigger mail ?": "before"}[line] in answer.out


def test_at_a_terminal(new_daemon):
    """The prompts of the modes, Tab and `?` in them, and a capture by a list typed a moment ago."""
    shell = Shell(new_daemon(config=["hostname R1"]))
    shell.type("configure terminal", "R1(config)#")
    shell.type("ip access-list extended WEB", "R1(config-ext-nacl)#")
    assert "<1-2147483647>" in shell.keys("?", "R1(config-ext-nacl)#")
    shell.keys("perm\t", "it ")
    shell.keys("tcp any any es\t", "tablished ")
    shell.keys("\r", "R1(config-ext-nacl)#")
    shell.type("20 deny ip any any", "R1(config-ext-nacl)#")
    assert "Duplicate sequence number 20" in shell.type("20 permit ip any any", "R1(config-ext-nacl)#")
    shell.type("ip access-list standard 7", "R1(config-std-nacl)#")
    shell.type("permit 10.0.0.0 0.255.255.255", "R1(config-std-nacl)#")
    shell.type("ipv6 access-list SIX", "R1(config-ipv6-acl)#")
    shell.type("class-map match-any C", "R1(config-cmap)#")
    assert "Packets that an access list permits" in shell.keys("match ?", "R1(config-cmap)#")
    shell.keys("access-group name WEB\r", "R1(config-cmap)#")
    shell.keys("\x1a", "R1#")
    shown = shell.type("show access-lists WEB")
    assert "10 permit tcp any any established" in shown and "20 deny ip any any" in shown
    shell.type("monitor capture CAP interface lo both class-map C buffer circular")
    assert "Seconds before the moment" in shell.keys("monitor capture CAP trigger event A ?", "R1#")
    shell.keys("before 5 after 1\r", "R1#")
    assert "event A: before 5 s, after 1 s, capture is not active" in shell.type("show monitor capture CAP")
    shell.close()
