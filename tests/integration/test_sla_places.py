"""`vrf NAME` where NAME is a network namespace: probes leave from there, through a process of its own."""

import http.server
import socket
import subprocess
import threading

import pytest

import tree
from netns import Namespace, Unavailable, program_ip
from test_sla import FAST, row, wait_code

ADDRESS = "203.0.113.9"  # known in the namespace only


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def place():
    try:
        with Namespace() as ns:
            ns.ip("address", "add", ADDRESS + "/32", "dev", "lo")
            yield ns
    except Unavailable as e:
        pytest.skip(str(e))


def probers(daemon):
    return [r["pid"] for r in daemon.json("show system processes")["processes"] if r["name"] == "eventd-probe" and r["pid"]]


def test_probes_of_a_namespace(daemon, place):
    with place.entered():
        web = http.server.ThreadingHTTPServer((ADDRESS, 0), Web)
        echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind((ADDRESS, 0))
    echo.settimeout(0.2)
    ended = threading.Event()

    def answer():
        while not ended.is_set():
            try:
                data, peer = echo.recvfrom(2000)
                echo.sendto(data, peer)
            except socket.timeout:
                pass
    threads = [threading.Thread(target=web.serve_forever, daemon=True), threading.Thread(target=answer, daemon=True)]
    for t in threads:
        t.start()
    try:
        kinds = ("icmp-echo " + ADDRESS, "icmp-echo %s source-interface eth0" % ADDRESS, "http get http://%s:%d/" % web.server_address,
                 "tcp-connect %s %d control disable" % web.server_address, "udp-echo %s %d control disable" % echo.getsockname(),
                 "icmp-jitter %s num-packets 3 interval 20" % ADDRESS)
        for number, kind in enumerate(kinds, 1):
            daemon.configure("ip sla %d" % number, kind, "vrf " + place.name, *FAST, "ip sla schedule %d life forever start-time now" % number)
        daemon.configure("ip sla 20", "icmp-echo 127.0.0.1", *FAST, "ip sla schedule 20 life forever start-time now", "track 1 ip sla 1 state")
        for number in [1, 3, 4, 5, 6, 20]:
            wait_code(daemon, number, "OK")
        assert row(daemon, 2)["latest_return_code"] != "Socket connect error"  # eth0 is the namespace's
        assert len(probers(daemon)) == 2
        assert tree.wait_for(lambda: daemon.json("show track 1")["tracks"][0]["state"] == "Up")
        assert "Vrf Name: " + place.name in daemon.show("show ip sla configuration 1")
    finally:
        ended.set()
        for t in threads[1:]:
            t.join()
        web.shutdown()
        web.server_close()
        echo.close()
    daemon.configure(*("no ip sla %d" % n for n in range(1, 7)))
    assert tree.wait_for(lambda: len(probers(daemon)) == 1), daemon.show("show system processes")
    wait_code(daemon, 20, "OK")


def test_a_namespace_that_goes_and_comes(daemon, place):
    """Nothing is sent from elsewhere meanwhile; another namespace of that name is the one that counts."""
    daemon.configure("ip sla 1", "icmp-echo " + ADDRESS, "vrf " + place.name, *FAST, "ip sla schedule 1 life forever start-time now")
    wait_code(daemon, 1, "OK")
    subprocess.run([program_ip(), "netns", "delete", place.name], check=True)
    assert wait_code(daemon, 1, "Socket connect error")["latest_rtt"] is None
    daemon.wait_log(r"%%RTT-4-ABSENT: IP SLAs\(1\): VRF %s does not exist" % place.name)
    before = row(daemon, 1)["successes"]
    subprocess.run([program_ip(), "netns", "add", place.name], check=True)
    assert tree.wait_for(lambda: row(daemon, 1)["latest_return_code"] in ("No connection", "Timeout"))  # no address there yet
    place.ip("link", "set", "lo", "up")
    place.ip("address", "add", ADDRESS + "/32", "dev", "lo")
    wait_code(daemon, 1, "OK")
    assert row(daemon, 1)["successes"] > before
