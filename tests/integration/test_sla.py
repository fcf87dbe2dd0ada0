"""IP SLA operations against real services: what answers, what refuses, what is late, what lies."""

import http.server
import socket
import ssl
import threading

import pytest

import tree
from pki import Pki

FAST = ("threshold 500", "timeout 900", "frequency 1")


def operation(daemon, number, *lines, fast=FAST):
    daemon.configure("ip sla %d" % number, *lines, *fast, "ip sla schedule %d life forever start-time now" % number)


def row(daemon, number):
    rows = daemon.json("show ip sla statistics")["operations"]
    return next((r for r in rows if r["id"] == number), {})


def wait_code(daemon, number, code):
    assert tree.wait_for(lambda: row(daemon, number).get("latest_return_code") == code), daemon.show("show ip sla statistics")
    return row(daemon, number)


class Service(threading.Thread):
    """A UDP service whose answer `reply` makes of what came; None is silence."""

    def __init__(self, reply):
        super().__init__(daemon=True)
        self.reply, self.ended = reply, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while not self.ended:
            try:
                data, peer = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            answer = self.reply(data)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def close(self):
        self.ended = True
        self.join()
        self.socket.close()


@pytest.fixture
def service():
    made = []

    def make(reply):
        made.append(Service(reply))
        return made[-1]
    yield make
    for s in made:
        s.close()


def test_echo_requests(daemon):
    operation(daemon, 1, "icmp-echo 127.0.0.1", "request-data-size 1400", "verify-data")
    operation(daemon, 2, "icmp-echo ::1")
    operation(daemon, 3, "icmp-echo localhost")
    operation(daemon, 4, "icmp-echo 203.0.113.77 source-ip 127.0.0.1")
    operation(daemon, 5, "icmp-echo no-such-name.invalid")
    for number in (1, 2, 3):
        seen = wait_code(daemon, number, "OK")
        assert seen["latest_rtt"] >= 0 and seen["successes"] >= 1
    assert tree.wait_for(lambda: row(daemon, 4).get("latest_return_code") in ("Timeout", "No connection"))
    assert tree.wait_for(lambda: row(daemon, 5).get("latest_return_code") in ("DNS query error", "DNS server timeout"))
    assert row(daemon, 1)["address"] == "127.0.0.1" and row(daemon, 2)["address"] == "::1"


def test_connections(daemon):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as closed:
        port, free = listener.getsockname()[1], closed.getsockname()[1]
        closed.close()
        operation(daemon, 1, "tcp-connect 127.0.0.1 %d control disable" % port)
        operation(daemon, 2, "tcp-connect 127.0.0.1 %d control disable" % free)
        operation(daemon, 3, "tcp-connect 127.0.0.1 %d source-interface nosuch0 control disable" % port)
        wait_code(daemon, 1, "OK")
        wait_code(daemon, 2, "No connection")
        wait_code(daemon, 3, "Socket connect error")


def test_a_late_and_a_lying_echo(daemon, service):
    """Delay and loss are made by the service; so is data that was changed on the way."""
    state = {"lose": False}
    good = service(lambda data: None if state["lose"] else data)
    lying = service(lambda data: data[:-1] + b"!")
    operation(daemon, 1, "udp-echo 127.0.0.1 %d control disable" % good.port, "verify-data")
    operation(daemon, 2, "udp-echo 127.0.0.1 %d control disable" % lying.port, "verify-data", "request-data-size 64")
    daemon.configure("track 1 ip sla 1 reachability", "exit", "ip sla enable reaction-alerts", "ip sla logging traps",
                     "ip sla reaction-configuration 1 react timeout threshold-type immediate action-type trapOnly",
                     "event manager applet LOST", "event ipsla operation-id 1",
                     'action 1.0 syslog msg "$_ipsla_condition $_ipsla_dest_ip_addr"')
    wait_code(daemon, 1, "OK")
    wait_code(daemon, 2, "Verify error")
    assert tree.wait_for(lambda: daemon.json("show track 1")["tracks"][0]["state"] == "Up")
    state["lose"] = True
    daemon.wait_log("LOST: Occurred 127.0.0.1")
    daemon.wait_log(r"%RTT-3-IPSLATHRESHOLD: IP SLAs\(1\): Threshold Occurred for timeout")
    daemon.wait_log("%TRACK-6-STATE: 1 ip sla 1 reachability Up -> Down")
    state["lose"] = False
    daemon.wait_log("LOST: Cleared 127.0.0.1")


def test_a_name_server(daemon, service):
    def answer(data, code=0, answers=1):
        question = data[12:]
        head = data[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + bytes([0, answers]) + b"\0\0\0\0"
        return head + question + (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1" if answers else b"")
    servers = {"OK": service(answer), "DNS query error": service(lambda d: answer(d, 3, 0)),
               "DNS server timeout": service(lambda d: None)}
    other = service(lambda d: answer(b"\xff\xff" + d[2:]))  # the answer to another question
    for number, (code, server) in enumerate(servers.items(), 1):
        operation(daemon, number, "dns www.example.test name-server 127.0.0.1 port %d" % server.port)
    operation(daemon, 9, "dns www.example.test name-server 127.0.0.1 port %d" % other.port)
    for number, code in enumerate(servers, 1):
        wait_code(daemon, number, code)
    wait_code(daemon, 9, "DNS server timeout")


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = int(self.path.strip("/") or 200)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def test_web_pages(daemon):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    try:
        operation(daemon, 1, "http get http://127.0.0.1:%d/200" % port)
        operation(daemon, 2, "http get http://localhost:%d/503" % port)
        operation(daemon, 3, "http get http://127.0.0.1:1/")
        seen = wait_code(daemon, 1, "OK")
        assert seen["latest_rtt"] >= 0
        wait_code(daemon, 2, "HTTP error")
        wait_code(daemon, 3, "No connection")
        assert "Latest HTTP Transaction RTT: " in daemon.show("show ip sla statistics 1")
    finally:
        server.shutdown()
        server.server_close()


def test_a_killed_prober_is_started_again(daemon):
    operation(daemon, 1, "icmp-echo 127.0.0.1")
    wait_code(daemon, 1, "OK")

    def pid():
        rows = daemon.json("show system processes")["processes"]
        return next(r["pid"] for r in rows if r["name"] == "eventd-probe")
    import os
    import signal
    first = pid()
    os.kill(first, signal.SIGKILL)
    assert tree.wait_for(lambda: pid() not in (None, 0, first))
    before = row(daemon, 1)["successes"]
    assert tree.wait_for(lambda: row(daemon, 1)["successes"] > before)


def test_a_saved_operation_runs_after_a_restart(daemon):
    operation(daemon, 1, "icmp-echo 127.0.0.1")
    wait_code(daemon, 1, "OK")
    daemon.ctl("write memory")
    daemon.stop()
    daemon.start()
    assert wait_code(daemon, 1, "OK")["state"] == "active"
    daemon.configure("no ip sla 1", "no ip sla schedule 1")
    assert daemon.json("show ip sla summary")["operations"] == []


def test_why_a_page_failed(daemon, tmp_path):
    """The return code of IOS is one for all; the reason says which it was, and `debug ip sla error` says it of each run."""
    Pki(str(tmp_path))
    plain, secure = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) for _ in range(2))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(tmp_path / "chain.pem"), str(tmp_path / "leaf-key.pem"))
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        daemon.ctl("debug ip sla error")
        operation(daemon, 1, "http get http://127.0.0.1:%d/503" % plain.server_address[1])
        operation(daemon, 2, "http secure get https://localhost:%d/" % secure.server_address[1])
        operation(daemon, 3, "http get http://127.0.0.1:1/")
        operation(daemon, 4, "http get http://%s.invalid/" % ("x" * 64))  # no resolver asks for it: a label has 63 letters
        operation(daemon, 5, "http get http://127.0.0.1:%d/302" % plain.server_address[1])
        for number, code, reason in ((1, "HTTP error", "the server answered with status 503"), (2, "HTTP error", "certificate problem: "),
                                     (3, "No connection", ": Connection refused"), (4, "DNS query error", "resolve host: xxx")):
            wait_code(daemon, number, code)
            assert tree.wait_for(lambda: reason in (row(daemon, number)["reason"] or "")), row(daemon, number)
            daemon.wait_show("show ip sla statistics %d details" % number, "Latest failure reason: ")
            assert "Latest failure reason: " not in daemon.show("show ip sla statistics %d" % number)
        daemon.wait_log("IPSLA-INFRA_TRACE:OPER:1 http of http://127.0.0.1:[0-9]+/503: HTTP error: the server answered with status 503")
        wait_code(daemon, 5, "OK")
        assert tree.wait_for(lambda: row(daemon, 5)["latest_return_code"] == "OK" and row(daemon, 5)["reason"] is None), row(daemon, 5)
        assert "OPER:5" not in daemon.show("show logging")
        daemon.ctl("debug ip sla trace")
        daemon.wait_log("IPSLA-INFRA_TRACE:OPER:5 http of .*: OK")
    finally:
        for server in (plain, secure):
            server.shutdown()
            server.server_close()


TYPES = {"dns", "http", "icmp-echo", "icmp-jitter", "tcp-connect", "udp-echo", "udp-jitter"}
COMMON = {"frequency", "history", "owner", "tag", "threshold", "timeout", "tos", "traffic-class", "vrf"}
DATA = {"data-pattern", "request-data-size", "verify-data"}
OFFERED = {"dns www.example.net name-server 192.0.2.1": COMMON, "http get http://192.0.2.1/": COMMON,
           "http raw http://192.0.2.1/": COMMON | {"http-raw-request"}, "icmp-echo 192.0.2.1": COMMON | DATA,
           "icmp-jitter 192.0.2.1": COMMON - {"traffic-class"}, "tcp-connect 192.0.2.1 7": COMMON, "udp-echo 192.0.2.1 7": COMMON | DATA,
           "udp-jitter 192.0.2.1 7": COMMON | DATA | {"control", "precision"}}


def test_help_is_of_the_type(daemon):
    """`?` lists what an operation of this type has a use for; the types themselves where none is set yet."""
    def offered(*lines):
        answer = daemon.ctl("configure terminal", *lines)
        assert answer.code == 0, answer.out
        return {line.split()[0] for line in answer.out.splitlines() if line.startswith("  ")}
    others = {"crypto", "default", "do", "end", "exit", "ip", "no"}
    assert offered("ip sla 1", "?") - others == TYPES
    for number, (kind, words) in enumerate(OFFERED.items(), 2):
        assert offered("ip sla %d" % number, kind, "?") - others == words, kind
        assert offered("ip sla %d" % number, "no ?") == words, kind
    assert offered("ip sla 9", "re?") == set() and "request-data-size" in daemon.ctl("configure terminal", "ip sla 9", "re?").out
    assert "request-data-size" not in daemon.ctl("configure terminal", "ip sla 7", "re?").out
