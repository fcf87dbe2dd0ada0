"""Probes of a target that is lost, slow, refused and gone (F28), on a veth between two namespaces: what is measured is right to a
millisecond, and states change as thresholds and delays say, no oftener."""

import http.server
import socket
import subprocess
import threading
import time

import pytest

import tree
from netns import Namespace, Unavailable, program_ip
from test_sla import FAST, row, wait_code


@pytest.fixture
def wire(netns, new_daemon):
    """A sender at 192.0.2.1, and the other end of its link in a namespace of its own, at 192.0.2.2."""
    try:
        with Namespace() as far:
            far.ip("link", "del", "eth0")
            netns.ip("link", "set", "peer0", "netns", far.name)
            far.ip("address", "add", "192.0.2.2/24", "dev", "peer0")
            far.ip("link", "set", "peer0", "up")
            yield netns, far, new_daemon(netns=netns.name)
    except Unavailable as e:
        pytest.skip(str(e))


def rules(far, *lines):
    """What nftables does with what comes in there."""
    text = "table ip probes {\n chain input {\n  type filter hook input priority 0; policy accept;\n  %s\n }\n}\n" % "\n  ".join(lines)
    far.run("nft", "delete", "table", "ip", "probes", check=False)
    if lines:
        subprocess.run([program_ip(), "netns", "exec", far.name, "nft", "-f", "-"], input=text, text=True, check=True, capture_output=True)


def track(daemon, number):
    return daemon.json("show track %d" % number)["tracks"][0]


class Slow(threading.Thread):
    """A UDP echo that answers so many seconds later; it keeps what it measured itself of each delay."""

    def __init__(self, far, port, seconds):
        super().__init__(daemon=True)
        self.seconds, self.ended, self.delays = seconds, False, []
        with far.entered():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("192.0.2.2", port))
        self.socket.settimeout(0.2)
        self.start()

    def run(self):
        while not self.ended:
            try:
                data, peer = self.socket.recvfrom(2048)
            except socket.timeout:
                continue
            began = time.monotonic()
            time.sleep(self.seconds)
            self.delays.append(time.monotonic() - began)
            self.socket.sendto(data, peer)

    def close(self):
        self.ended = True
        self.join()
        self.socket.close()


def operation(daemon, number, *lines):
    daemon.configure("ip sla %d" % number, *lines, "ip sla schedule %d life forever start-time now" % number)


def test_round_trips_on_a_wire(wire):
    """Nothing is on the way: every round trip is below a millisecond, whatever the loop is busy with."""
    _, far, daemon = wire
    for number in range(1, 101):
        operation(daemon, number, "icmp-echo 192.0.2.2", "threshold 500", "timeout 900", "frequency 1")
    assert tree.wait_for(lambda: row(daemon, 100).get("successes", 0) >= 3)
    rows = daemon.json("show ip sla statistics")["operations"]
    assert len(rows) == 100 and all(r["failures"] == 0 for r in rows)
    # The kernel's stamps; where the processor is taken from all of us between two of them, nobody can tell.
    assert all(r["rtt_min"] <= 1 for r in rows), [r["rtt_min"] for r in rows]
    assert sorted(r["rtt_avg"] for r in rows)[50] <= 1


def test_a_delay_is_measured_to_a_millisecond(wire):
    _, far, daemon = wire
    slow = Slow(far, 7777, 0.05)
    try:
        operation(daemon, 1, "udp-echo 192.0.2.2 7777 control disable", "threshold 500", "timeout 900", "frequency 1")
        assert tree.wait_for(lambda: row(daemon, 1).get("successes", 0) >= 5)
        seen = row(daemon, 1)
        # What the far end itself measured of its delays, less a millisecond below and more above.
        assert min(slow.delays) * 1000 - 1 <= seen["rtt_min"] <= min(slow.delays) * 1000 + 2
        assert seen["failures"] == 0
    finally:
        slow.close()


@pytest.mark.parametrize("percent", [20, 50])
def test_loss_of_a_train(wire, percent):
    """The kernel over there loses so many of a train of 200: each is counted, on the way there."""
    _, far, daemon = wire
    with far.entered():
        echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    responder = Responder(far, echo)
    try:
        rules(far, "udp dport 17000 numgen random mod 100 < %d counter drop" % percent)
        operation(daemon, 1, "udp-jitter 192.0.2.2 17000 num-packets 200 interval 4 control disable", "threshold 500", "timeout 900",
                  "frequency 60")
        wait_code(daemon, 1, "OK")
        seen = row(daemon, 1)["jitter"]
        assert seen["sent"] == 200 and seen["rtt_count"] + seen["loss"] == 200
        assert seen["rtt_count"] == responder.count, "every packet that came there came back"
        assert seen["loss_sd"] + seen["mia"] == seen["loss"] and seen["loss_ds"] == 0
        assert 200 * percent / 100 * 0.4 < seen["loss"] < 200 * percent / 100 * 1.6
        assert seen["loss_sd_periods"] >= 1 and seen["successive_loss"] >= seen["loss_sd_length_max"]
    finally:
        responder.close()


class Responder(threading.Thread):
    """Stamps and counts packets of the millisecond kind."""

    def __init__(self, far, s):
        super().__init__(daemon=True)
        self.socket, self.ended, self.count = s, False, 0
        s.bind(("192.0.2.2", 17000))
        s.settimeout(0.2)
        self.start()

    def run(self):
        while not self.ended:
            try:
                data, peer = self.socket.recvfrom(2048)
            except socket.timeout:
                continue
            self.count += 1
            self.socket.sendto(data[:8] + bytes([0, 0, 0, 1]) + data[12:14] + self.count.to_bytes(2, "big") + data[16:], peer)

    def close(self):
        self.ended = True
        self.join()
        self.socket.close()


def test_states_change_as_thresholds_and_delays_say(wire):
    """Black hole, refusal, a lost link and back: one change of the tracked object each, one message of the reaction each."""
    netns, far, daemon = wire
    daemon.configure("ip sla logging traps", "ip sla enable reaction-alerts")
    operation(daemon, 1, "icmp-echo 192.0.2.2", "threshold 300", "timeout 400", "frequency 1")
    daemon.configure("ip sla reaction-configuration 1 react timeout threshold-type consecutive 3 action-type trapOnly",
                     "track 1 ip sla 1 reachability", "delay down 2 up 1")
    assert tree.wait_for(lambda: track(daemon, 1)["state"] == "Up")
    daemon.ctl("clear logging")
    rules(far, "icmp type echo-request drop")
    daemon.wait_log(r"%RTT-3-IPSLATHRESHOLD: IP SLAs\(1\): Threshold Occurred for timeout")
    daemon.wait_log("%TRACK-6-STATE: 1 ip sla 1 reachability Up -> Down")
    wait_code(daemon, 1, "Timeout")
    rules(far)
    daemon.wait_log(r"%RTT-3-IPSLATHRESHOLD: IP SLAs\(1\): Threshold Cleared for timeout")
    daemon.wait_log("%TRACK-6-STATE: 1 ip sla 1 reachability Down -> Up")
    shown = daemon.show("show logging")
    assert shown.count("%TRACK-6-STATE: 1 ") == 2 and shown.count("IPSLATHRESHOLD") == 2
    # half of the requests are lost: three in a row are not, for long
    before = row(daemon, 1)
    netns.down("eth0")
    wait_code(daemon, 1, "No connection")
    netns.up("eth0")
    wait_code(daemon, 1, "OK")
    assert row(daemon, 1)["failures"] > before["failures"]


def test_a_short_loss_changes_nothing(wire):
    """One request is lost, the next is not: neither the reaction (3 in a row) nor the track (delay) says a word."""
    _, far, daemon = wire
    daemon.configure("ip sla logging traps")
    operation(daemon, 1, "icmp-echo 192.0.2.2", "threshold 300", "timeout 400", "frequency 1")
    daemon.configure("ip sla reaction-configuration 1 react timeout threshold-type consecutive 3 action-type trapOnly",
                     "track 1 ip sla 1 reachability", "delay down 60")
    assert tree.wait_for(lambda: track(daemon, 1)["state"] == "Up")
    daemon.ctl("clear logging")
    rules(far, "icmp type echo-request numgen inc mod 2 == 0 drop")
    assert tree.wait_for(lambda: row(daemon, 1)["failures"] >= 4, 30)
    rules(far)
    wait_code(daemon, 1, "OK")
    shown = daemon.show("show logging")
    assert "%TRACK-6-STATE" not in shown and "IPSLATHRESHOLD" not in shown and track(daemon, 1)["state"] == "Up"


def test_a_responder_on_the_other_side(wire, new_daemon):
    """Two eventds, a wire between them: control, packets with NTP stamps, one-way times of one clock."""
    _, far, daemon = wire
    other = new_daemon(netns=far.name)
    other.configure("ip sla responder")
    assert tree.wait_for(lambda: "Enabled" in other.show("show ip sla responder"))
    operation(daemon, 1, "udp-jitter 192.0.2.2 17000 num-packets 50 interval 10", "threshold 500", "timeout 900", "frequency 2")
    operation(daemon, 2, "tcp-connect 192.0.2.2 17001", "threshold 500", "timeout 900", "frequency 2")
    for number in (1, 2):
        wait_code(daemon, number, "OK")
    seen = row(daemon, 1)["jitter"]
    assert seen["rtt_count"] == 50 and seen["loss"] == 0 and seen["latency_count"] == 50 and seen["unsynchronised"] == 0
    assert seen["rtt_sum"] // 50 < 1000 and seen["jitter_sd_sum"] // 49 < 1000
    assert other.json("show ip sla responder")["sources"][0]["address"] == "192.0.2.1"
    rules(far, "udp dport 1167 drop", "udp dport 1967 drop")
    wait_code(daemon, 1, "No connection")


def test_a_narrow_link(wire):
    """Five echo requests of 1400 octets wait for each other at 64 kbit/s: over the threshold is reachable, and not OK."""
    netns, _, daemon = wire
    netns.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "64kbit", "burst", "1540", "latency", "5s")
    for number in range(1, 6):
        operation(daemon, number, "icmp-echo 192.0.2.2", "request-data-size 1400", "threshold 100", "timeout 3000", "frequency 3")
    daemon.configure("track 1 ip sla 5 state", "exit", "track 2 ip sla 5 reachability")
    wait_code(daemon, 5, "Over threshold")
    assert tree.wait_for(lambda: row(daemon, 5)["over_threshold"] >= 3, 30)
    seen = row(daemon, 5)
    assert seen["failures"] == 0 and seen["rtt_min"] >= 400
    assert track(daemon, 1)["state"] == "Down" and track(daemon, 2)["state"] == "Up"
    assert daemon.show("show logging").count("%TRACK-6-STATE: 2 ") <= 1  # from its beginning


def test_refused_and_moved_targets(wire, new_daemon):
    """A port that nobody has, and a name whose address becomes another."""
    _, _, daemon = wire
    operation(daemon, 1, "udp-echo 192.0.2.2 9 control disable", "threshold 500", "timeout 900", "frequency 1")
    wait_code(daemon, 1, "No connection")
    moved = new_daemon(hosts="127.0.0.2 probe.test")
    operation(moved, 1, "icmp-echo probe.test", "threshold 500", "timeout 900", "frequency 1")
    wait_code(moved, 1, "OK")
    assert row(moved, 1)["address"] == "127.0.0.2"
    with open(moved.hosts, "r+") as f:
        text = f.read().replace("127.0.0.2", "127.0.0.3")
        f.seek(0)
        f.write(text)
    assert tree.wait_for(lambda: row(moved, 1)["address"] == "127.0.0.3")
    assert row(moved, 1)["failures"] == 0


class Page(http.server.BaseHTTPRequestHandler):
    """/N is a page of N octets."""

    def do_GET(self):
        body = b"x" * int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # nobody took it

    def log_message(self, *_):
        pass


@pytest.fixture
def middle(new_daemon):
    """192.0.2.1 - a router - 198.51.100.1, where the router's side of the first link takes 1300 octets and nobody says so."""
    try:
        with Namespace() as near, Namespace() as router, Namespace() as far:
            router.ip("link", "del", "eth0")
            for ns, address, gateway in ((near, "192.0.2.1", "192.0.2.254"), (far, "198.51.100.1", "198.51.100.254")):
                ns.ip("link", "set", "peer0", "netns", router.name, "name", "to-near" if ns is near else "to-far")
                ns.ip("address", "flush", "dev", "eth0")
                ns.ip("address", "add", address + "/24", "dev", "eth0")
                device = "to-near" if ns is near else "to-far"
                router.ip("address", "add", gateway + "/24", "dev", device)
                router.ip("link", "set", device, "up")
                ns.ip("route", "add", "default", "via", gateway)
            router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
            yield near, router, far, new_daemon(netns=near.name)
    except Unavailable as e:
        pytest.skip(str(e))


def silence(router):
    """The router drops what would say that a packet is too big."""
    text = "table ip quiet {\n chain out {\n  type filter hook output priority 0; policy accept;\n" \
           "  icmp type destination-unreachable icmp code frag-needed drop\n }\n}\n"
    subprocess.run([program_ip(), "netns", "exec", router.name, "nft", "-f", "-"], input=text, text=True, check=True, capture_output=True)


@pytest.mark.parametrize("says_so", [False, True])
def test_a_black_hole_for_big_packets(middle, says_so):
    """Connections come, and small pages and echoes pass; big ones are lost on the way, and the phase is named. A router that
    says that they are too big costs no run."""
    _, router, far, daemon = middle
    if not says_so:
        silence(router)
    with far.entered():
        server = http.server.ThreadingHTTPServer(("198.51.100.1", 80), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        router.ip("link", "set", "to-near", "mtu", "1300")
        for number, lines in ((1, ("http get http://198.51.100.1/100000",)), (2, ("http get http://198.51.100.1/100",)),
                              (3, ("icmp-echo 198.51.100.1", "request-data-size 1400")), (4, ("icmp-echo 198.51.100.1",)),
                              (5, ("tcp-connect 198.51.100.1 80 control disable",)), (6, ("http get http://198.51.100.2/100",))):
            operation(daemon, number, *lines, "threshold 500", "timeout 1500", "frequency 2")
        for number in (2, 4, 5):
            wait_code(daemon, number, "OK")
        if says_so:
            wait_code(daemon, 1, "OK")
            return
        wait_code(daemon, 1, "HTTP transaction timeout")
        assert " bytes received" in row(daemon, 1)["reason"], row(daemon, 1)
        wait_code(daemon, 3, "Timeout")
        wait_code(daemon, 6, "No connection")  # the router's word that nobody has that address
        assert tree.wait_for(lambda: row(daemon, 1)["failures"] >= 2 and row(daemon, 2)["successes"] >= 2)
        assert [row(daemon, n)["failures"] for n in (2, 4, 5)] == [0, 0, 0]
        router.ip("link", "set", "to-near", "mtu", "1500")
        for number in (1, 3):
            wait_code(daemon, number, "OK")
    finally:
        server.shutdown()
        server.server_close()


def test_the_phase_of_a_page_that_hangs(wire):
    """A connection that does not come, and a page that does not: each its return code."""
    _, far, daemon = wire
    with far.entered():
        server = http.server.ThreadingHTTPServer(("192.0.2.2", 80), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        rules(far, "tcp dport 81 drop", "tcp dport 80 tcp flags & psh == psh drop")
        operation(daemon, 1, "http get http://192.0.2.2:81/1", "threshold 500", "timeout 900", "frequency 1")
        operation(daemon, 2, "http get http://192.0.2.2/1", "threshold 500", "timeout 900", "frequency 1")
        operation(daemon, 3, "tcp-connect 192.0.2.2 81 control disable", "threshold 500", "timeout 900", "frequency 1")
        wait_code(daemon, 1, "TCP connect timeout")
        wait_code(daemon, 2, "HTTP transaction timeout")
        wait_code(daemon, 3, "TCP connect timeout")
    finally:
        server.shutdown()
        server.server_close()


KINDS = ("dns www.example.test name-server 192.0.2.2", "http get http://192.0.2.2/", "icmp-echo 192.0.2.2", "icmp-jitter 192.0.2.2 num-packets 2",
         "tcp-connect 192.0.2.2 7 control disable", "udp-echo 192.0.2.2 7", "udp-jitter 192.0.2.2 7 num-packets 2")


def test_a_device_that_is_not_there(wire, new_daemon, tmp_path):
    """No operation measures another path than the one through its VRF or source interface; each runs when the device comes."""
    netns, far, _ = wire
    daemon = new_daemon(netns=netns.name, env=tree.vrfs(tmp_path, "later0"))
    for number, kind in enumerate(KINDS, 1):
        operation(daemon, number, kind, "vrf later0", *FAST)
    operation(daemon, 11, "icmp-echo 192.0.2.2 source-interface later0", *FAST)
    operation(daemon, 12, "http get http://192.0.2.2/ source-ip 192.0.2.1", "vrf later0", *FAST)
    numbers = list(range(1, len(KINDS) + 1)) + [11, 12]
    for number in numbers:
        assert wait_code(daemon, number, "Socket connect error")["latest_rtt"] is None
    daemon.wait_log(r"%RTT-4-ABSENT: IP SLAs\(11\): source interface later0 does not exist")
    assert tree.wait_for(lambda: row(daemon, 3)["failures"] >= 2)
    assert all(row(daemon, number)["successes"] == 0 for number in numbers)
    for number in numbers:
        assert daemon.show("show logging").count("IP SLAs(%d): " % number) == 1, number
    assert "IP SLAs(3): VRF later0 does not exist" in daemon.show("show logging")
    operation(daemon, 13, "icmp-echo 192.0.2.2", "vrf eth0", *FAST)
    assert wait_code(daemon, 13, "Socket connect error")["latest_rtt"] is None
    daemon.wait_log(r"%RTT-4-ABSENT: IP SLAs\(13\): eth0 is an interface, not a VRF")
    netns.down("eth0")
    netns.ip("link", "set", "eth0", "name", "later0")
    netns.up("later0")
    for number in (3, 11):
        wait_code(daemon, number, "OK")
    for number in (2, 5, 12):
        wait_code(daemon, number, "No connection")
    for number in numbers:
        assert tree.wait_for(lambda: row(daemon, number)["latest_return_code"] != "Socket connect error")
