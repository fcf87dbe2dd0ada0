"""Embedded Packet Capture on a real interface: what is captured, what the shows say, what tshark reads."""

import os
import re
import signal
import subprocess

import frames
import pytest
import tree
from daemon import Daemon
from test_cli import Shell


@pytest.fixture
def capture(netns, new_daemon):
    """A daemon in a namespace of its own: nobody else's packets on lo."""
    return new_daemon(netns=netns.name)


def send_udp(netns, count, size=100, port=9999):
    netns.run("/usr/bin/python3", "-c",
              "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              "for _ in range(%d): s.sendto(b'x' * %d, ('127.0.0.1', %d))" % (count, size, port))


def start(daemon, *definition):
    answer = daemon.ctl(*["monitor capture CAP " + d for d in definition], "monitor capture CAP start")
    assert answer.code == 0 and "Started capture point : CAP\n" in answer.out, answer.out
    return answer


def packets(daemon):
    return daemon.json("show monitor capture CAP buffer brief")["packets"]


def wait_packets(daemon, n):
    assert tree.wait_for(lambda: len(packets(daemon)) >= n, 20, every=0.1), packets(daemon)


def flash(daemon, name):
    return os.path.join(daemon.state, "flash", name)


def helper_pid(daemon):
    return int(re.search(r"^.*?(\d+).*eventd-capture|^.*eventd-capture\D+(\d+)", daemon.show("show system processes"), re.M)
               .group(0).split("eventd-capture")[-1].split()[0])


def test_capture_and_export(capture, netns, tshark):
    start(capture, "interface lo both", "match ipv4 protocol udp any any eq 9999")
    assert "   Status : Active\n" in capture.show("show monitor capture CAP")
    send_udp(netns, 1, port=9998)
    send_udp(netns, 3)
    wait_packets(capture, 3)
    brief = capture.show("show monitor capture CAP buffer brief")
    assert re.search(r"^   0  142    0\.000000   127\.0\.0\.1        ->  127\.0\.0\.1        0  BE   UDP$", brief, re.M), brief
    dump = capture.show("show monitor capture CAP buffer dump")
    assert re.search(r"^0\n  0000:  00000000 00000000 00000000 08004500   \.{14}E\.\n", dump, re.M), dump
    assert re.search(r"^  0080:  78787878 78787878 78787878 7878       x{14}$", dump, re.M), dump

    # Export stops the active capture, drains it, then writes (rulings 40).
    answer = capture.ctl("monitor capture CAP export flash:udp.pcap")
    assert answer.code == 0 and answer.out == "Stopped capture point : CAP\nExported Successfully\n"
    assert "   Status : Inactive\n   Reason : exported\n" in capture.show("show monitor capture CAP")
    assert capture.ctl("monitor capture CAP export flash:udp.pcapng").out == "Exported Successfully\n"
    for name in ("udp.pcap", "udp.pcapng"):
        read = tshark("-r", flash(capture, name), "-T", "fields", "-e", "udp.dstport", "-e", "frame.len")
        assert read == "9999\t142\n" * 3
    log = capture.show("show logging")
    assert "%BUFCAP-6-ENABLE: Capture Point CAP enabled." in log
    assert "%BUFCAP-6-DISABLE: Capture Point CAP disabled. Reason : exported" in log


def test_tls_alert_is_found(capture, netns, tshark):
    """The failing session of the article ends with this record: 15 03 03 00 02 02 2A."""
    start(capture, "interface lo both", "match ipv4 protocol tcp any any")
    port = tree.free_port()
    netns.run("/usr/bin/python3", "-c",
              "import socket, threading\n"
              "l = socket.socket(); l.bind(('127.0.0.1', %d)); l.listen()\n"
              "t = threading.Thread(target=lambda: l.accept()[0].recv(99)); t.start()\n"
              "s = socket.create_connection(('127.0.0.1', %d))\n"
              "s.sendall(bytes.fromhex('1503030002022a')); s.close(); t.join()" % (port, port))
    answer = capture.ctl("monitor capture CAP export flash:alert.pcap")
    assert answer.code == 0, answer.out
    read = tshark("-r", flash(capture, "alert.pcap"), "-d", "tcp.port==%d,tls" % port, "-Y", "tls.alert_message", "-V")
    assert "Level: Fatal (2)" in read and "Description: Bad Certificate (42)" in read


def test_show_and_parameter(capture):
    assert capture.ctl("monitor capture NTP interface eth0 both match any").code == 0
    assert capture.show("show monitor capture NTP") == """
Status Information for Capture NTP
  Target Type: 
   Interface: eth0, Direction: both
   Status : Inactive
  Filter Details: 
    Capture all packets
  Buffer Details: 
   Buffer Type: LINEAR (default)
   Buffer Size (in MB): 10
  Limit Details: 
   Number of Packets to capture: 0 (no limit)
   Packet Capture duration: 0 (no limit)
   Packet Size to capture: 0 (no limit)
   Maximum number of packets to capture per second: 1000
   Packet sampling rate: 0 (no sampling)
"""
    assert capture.ctl("monitor capture NTP buffer circular size 5", "monitor capture NTP limit packets 50 packet-len 128",
                       "monitor capture NTP control-plane in").code == 0
    parameters = capture.json("show monitor capture NTP parameter")["parameters"]
    assert parameters == ["monitor capture NTP interface eth0 BOTH", "monitor capture NTP control-plane IN",
                          "monitor capture NTP match any", "monitor capture NTP buffer size 5 circular",
                          "monitor capture NTP limit packet-len 128", "monitor capture NTP limit packets 50"]
    assert capture.ctl(*["no " + p.lower().replace("ntp", "NTP").rsplit(" buffer", 1)[0] for p in parameters[:1]]).code == 0
    assert capture.ctl("no monitor capture NTP").code == 0
    assert capture.json("show monitor capture")["captures"] == []


@pytest.mark.parametrize("limit, sent, kept, reason", [
    ("limit packets 5", 20, 5, "packet limit reached"),
    ("limit duration 1", 3, 3, "duration limit reached"),
    ("limit every 4 packets 5", 40, 5, "packet limit reached")])
def test_limits_end_a_capture(capture, netns, limit, sent, kept, reason):
    start(capture, "interface lo in", "match ipv4 protocol udp any any", limit)
    send_udp(netns, sent)
    capture.wait_log("%BUFCAP-6-DISABLE: Capture Point CAP disabled. Reason : " + reason)
    assert len(packets(capture)) == kept
    assert capture.json("show monitor capture CAP")["status"] == "Inactive"


def test_packet_length_and_rate(capture, netns):
    start(capture, "interface lo in", "match ipv4 protocol udp any any", "limit packet-len 64 pps 10")
    send_udp(netns, 200, size=500)
    assert capture.ctl("monitor capture CAP stop").out == "Stopped capture point : CAP\n"
    counted = capture.json("show monitor capture CAP capture-statistics")
    assert counted["packets_received"] == 200
    assert counted["packets_sent"] + counted["packets_dropped"] == 200
    # Two seconds of the packets' clock at most: a burst may lie across one.
    assert counted["packets_sent"] in (10, 20)
    assert counted["packets_oversized"] == counted["packets_sent"]
    assert counted["bytes_sent"] == 64 * counted["packets_sent"]


def test_full_buffers(capture, netns):
    big = "limit pps 1000000"
    start(capture, "interface lo in", "match ipv4 protocol udp any any", "buffer linear size 1", big)
    send_udp(netns, 1200, size=1400)
    capture.wait_log("Capture Point CAP disabled. Reason : buffer full")
    linear = packets(capture)
    assert linear[0]["no"] == 0 and 600 < len(linear) < 760
    start(capture, "buffer circular")
    send_udp(netns, 1200, size=1400)
    assert capture.ctl("monitor capture CAP stop").code == 0
    circular = packets(capture)
    assert circular[-1]["no"] == 1199 and circular[0]["no"] == 1200 - len(circular)
    assert capture.ctl("monitor capture CAP clear").code == 0
    assert packets(capture) == []


def test_killed_helper_is_reported_and_replaced(capture, netns):
    start(capture, "interface lo both", "match any")
    os.kill(helper_pid(capture), signal.SIGKILL)
    capture.wait_log("%HA_EM-3-FMPD_HELPER: eventd-capture ended by signal 9 during capture CAP")
    answer = capture.ctl("show monitor capture CAP buffer brief")
    assert answer.code == 1 and "%Error: Capture CAP has no buffer" in answer.out
    start(capture)
    send_udp(netns, 2)
    wait_packets(capture, 2)


def test_interface_that_goes_away(capture, netns):
    start(capture, "interface eth0 both", "match any")
    netns.ip("link", "delete", "eth0")
    capture.wait_log("Capture Point CAP disabled. Reason : interface is gone")


def test_an_interface_that_goes_down_is_captured_again_when_it_is_up(capture, netns):
    start(capture, "interface eth0 both", "match ipv4 protocol udp any any")
    netns.down("eth0")
    capture.wait_log("%LINK-.*Interface eth0, changed state to administratively down")
    netns.up("eth0")
    frames.send(netns, "peer0", [frames.ethernet(frames.ipv4(frames.UDP, frames.udp(9, b"x")))])
    wait_packets(capture, 1)
    assert capture.json("show monitor capture CAP")["status"] == "Active"


def test_one_interface_has_one_name(netns, new_daemon):
    """interfaces.alias of the settings: the alias, an abbreviation of it and the kernel's name are one interface, captured once."""
    d = new_daemon(netns=netns.name, settings={"interfaces": {"alias": {"GigabitEthernet0/0/1": "eth0"}}})
    start(d, "interface gi0/0/1 in", "interface eth0 both", "match ipv4 protocol udp any any")
    assert d.json("show monitor capture CAP")["interfaces"] == [{"interface": "GigabitEthernet0/0/1", "direction": "both"}]
    assert "   Interface: GigabitEthernet0/0/1, Direction: both\n" in d.show("show monitor capture CAP")
    frames.send(netns, "peer0", [frames.ethernet(frames.ipv4(frames.UDP, frames.udp(9, b"x")))])
    frames.send(netns, "peer0", [frames.ethernet(frames.ipv4(frames.UDP, frames.udp(10, b"x")))])
    wait_packets(d, 2)
    assert len(packets(d)) == 2
    assert d.ctl("monitor capture CAP stop", "no monitor capture CAP interface GigabitEthernet 0/0/1").code == 0
    assert d.json("show monitor capture CAP")["interfaces"] == []


def test_packets_of_several_interfaces_stand_in_the_order_of_their_times(capture, netns):
    """Both ends of a veth, and lo: the kernel hands over each interface's packets in blocks of its own."""
    start(capture, "interface lo both", "interface eth0 both", "interface peer0 both", "match ipv4 protocol udp any any", "limit pps 1000000")
    for n in range(10):
        frames.send(netns, "peer0", [frames.ethernet(frames.ipv4(frames.UDP, frames.udp(9, b"x"))) for _ in range(10)])
        send_udp(netns, 10)
    wait_packets(capture, 10 * (10 + 20))  # what lo sends is seen when it comes back
    assert capture.ctl("monitor capture CAP stop").code == 0
    seen = packets(capture)
    times = [p["timestamp"] for p in seen]
    assert times[0] == 0 and times == sorted(times)
    assert [sum(p["size"] == size for p in seen) for size in (43, 142)] == [200, 100]


def test_the_control_plane_is_what_the_host_itself_says_and_hears(capture, netns):
    """Not what it passes on: from peer0's side comes a packet for somebody else. Addresses may change meanwhile."""
    def udp(of, to, port):
        return frames.ethernet(frames.ipv4(frames.UDP, frames.udp(port, b"x"), of, to))
    start(capture, "control-plane in", "match ipv4 protocol udp any any")
    netns.ip("address", "add", "198.51.100.7/32", "dev", "lo")
    heard = lambda: [p["destination"] for p in packets(capture)]  # noqa: E731
    frames.send(netns, "peer0", [udp("192.0.2.99", to, 9) for to in ("198.51.100.8", "192.0.2.1", "224.0.0.9", "192.0.2.255", "255.255.255.255")])
    wait_packets(capture, 4)

    def new_address():
        frames.send(netns, "peer0", [udp("192.0.2.99", "198.51.100.7", 9)])
        return "198.51.100.7" in heard()
    assert tree.wait_for(new_address, 20, every=0.2)
    assert heard()[:4] == ["192.0.2.1", "224.0.0.9", "192.0.2.255", "255.255.255.255"] and set(heard()[4:]) == {"198.51.100.7"}


class Unprivileged(Daemon):
    """An eventd that may not read packets."""

    def with_hosts(self, argv):
        return super().with_hosts(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] + argv)


def test_without_the_right_to_capture(tmp_path):
    with Unprivileged(tmp_path / "eventd") as d:
        why = "% Unable to activate Capture.\n% {}: Permission denied: packets are captured by root only, or with the capability CAP_NET_RAW\n"
        answer = d.ctl("monitor capture CAP interface lo both match any", "monitor capture CAP start")
        assert answer.code == 1 and answer.out == why.format("lo")
        answer = d.ctl("monitor capture P control-plane both match any", "monitor capture P start")
        assert answer.code == 1 and answer.out == why.format("control plane")
        assert d.json("show monitor capture CAP")["status"] == "Inactive"


def test_packets_are_displayed_while_they_come(netns, new_daemon):
    """Until the capture ends; Ctrl-C ends the display only."""
    capture = new_daemon(netns=netns.name, config=["hostname R1"])
    assert capture.ctl("monitor capture CAP interface lo in", "monitor capture CAP match any", "monitor capture CAP limit packets 3").code == 0
    argv = [os.path.join(tree.BUILD, "eventctl"), "--socket", capture.socket, "-c", 'monitor capture CAP start capture-filter "udp port 9999" display']
    shown = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    capture.wait_log("%BUFCAP-6-ENABLE: Capture Point CAP enabled.")
    send_udp(netns, 1, port=9998)
    send_udp(netns, 3)
    out = shown.communicate(timeout=30)[0]
    assert shown.returncode == 0 and out.startswith("Started capture point : CAP\nStarting the packet display ........ Press Ctrl + Shift + 6 to exit\n\n")
    assert [line.split()[0] for line in out.splitlines()[6:]] == ["0", "1", "2"], out
    assert out.count("127.0.0.1        ->  127.0.0.1        0  BE   UDP\n") == 3
    shell = Shell(capture)
    shell.keys("no monitor capture CAP limit\r", "#")
    shell.keys("monitor capture CAP start display brief\r", "protocol")
    send_udp(netns, 1)
    shell.keys("", "UDP")
    shell.keys("\x1e", "#")
    assert capture.json("show monitor capture CAP")["status"] == "Active"
    shell.close()
    capture.configure("event manager applet A", " event none sync yes", ' action 1 cli command "enable"',
                      ' action 2 cli command "monitor capture CAP stop"', ' action 3 cli command "monitor capture CAP start display"',
                      ' action 4 puts "$_cli_result"')
    assert "% a policy has nobody to display packets to" in capture.run("A").out


def test_refusals(capture):
    def refused(command, why):
        answer = capture.ctl(command)
        assert answer.code == 1 and why in answer.out, answer.out

    refused("monitor capture X start", "% Capture X does not exist")
    refused("monitor capture X match ipv4 any eq 25 any", "% ports need 'protocol tcp' or 'protocol udp'")
    assert capture.json("show monitor capture")["captures"] == []
    assert capture.ctl("monitor capture X match any").code == 0
    refused("monitor capture X start", "% Unable to activate Capture.")
    assert capture.ctl("monitor capture X interface nosuch0 both").code == 0
    refused("monitor capture X start", "% Unable to activate Capture.\n% nosuch0: No such device exists")
    refused("monitor capture X export flash:x.pcap", "%Error: Capture X has no buffer")
    refused("monitor capture X stop", "%Error: Capture X is not active")
    refused("monitor capture X limit packets 0", "% Invalid input detected at '^' marker.")
    refused("monitor capture X buffer size 101", "% Invalid input detected at '^' marker.")
    refused("monitor capture X interface lo both access-list 101 start", "% Unable to activate Capture.\n% access list 101 does not exist")
    refused("monitor capture X class-map C start", "% Unable to activate Capture.\n% class map C does not exist")
    refused("monitor capture X match any access-list 101", "% a capture has one filter: match, access-list or class-map")
    refused("monitor capture buffer B size 512 circular", "% a capture has its buffer: 'monitor capture NAME buffer")
    refused("monitor capture point ip cef P eth0 both", "% points and buffers are one: ")
    refused("monitor capture X vlan 5", "% 'vlan' is of switches")
    refused('monitor capture X start capture-filter "udp" display detailed', "% packets are displayed in brief while they come")
    refused("monitor capture X start display display-filter tcp.port == 5", "% packets are chosen by 'capture-filter'")
    refused("monitor capture X limit", "% Incomplete command.")
    refused("monitor capture X buffer", "% Incomplete command.")
    refused("show monitor capture X brief", "% Invalid input detected at '^' marker.")
    refused("show monitor capture X parameter buffer", "% Invalid input detected at '^' marker.")
    assert "buffer" not in capture.show("show monitor capture ?") and "brief" not in capture.show("show monitor capture X ?")
    refused("monitor capture X file location flash:x.pcap ring 3", "% a ring of files needs their size")
    refused("monitor capture X trigger mail before 0 after 0", "% a window of no seconds has no packets")
    refused("no monitor capture X trigger sla 5", "% Capture X has no such trigger")
    refused("monitor capture X freeze", "%Error: Capture X has no buffer")
    assert capture.ctl("monitor capture X match any trigger event A before 5 after 0").code == 0
    refused("monitor capture X start", "% Unable to activate Capture.\n% a full linear buffer has no room for what comes before a trigger")
    assert capture.ctl("monitor capture X buffer circular", "no monitor capture X trigger", "no monitor capture X interface nosuch0").code == 0
    refused('monitor capture X start capture-filter "tcp prot"', "% Unable to activate Capture.\n% lo: filter: ")
    start(capture, "interface lo both", "match any")
    refused("monitor capture CAP limit packets 5", "%Error: Capture CAP is active")
    refused("no monitor capture CAP match", "%Error: Capture CAP is active")
    refused("monitor capture CAP export flash:../out.pcap", "%Error opening flash:../out.pcap (Permission denied)")
    assert capture.json("show monitor capture CAP")["status"] == "Active"
