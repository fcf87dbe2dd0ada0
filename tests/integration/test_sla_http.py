"""Web pages as probes: requests written by hand, https with a certificate of one's own, a name server that is asked for the host,
TOS - against nginx and nsd, and against servers that lie, are silent or end early."""

import base64
import http.server
import os
import socket
import subprocess
import threading

import pytest

import tree
from dnssec import Dns, Unavailable
from pki import Pki
from test_sla import row, wait_code

FAST = ("threshold 500", "timeout 1500", "frequency 2")
CONF = """\
daemon off;
master_process off;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
  log_format probes '$scheme $server_addr $request $http_x_own';
  access_log {dir}/access.log probes;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  gzip on;
  gzip_min_length 1;
  gzip_types text/plain;
  server {{
    listen {address}:{port};
    listen {address}:{tls} ssl;
    ssl_certificate {dir}/leaf.pem;
    ssl_certificate_key {dir}/leaf-key.pem;
    default_type text/plain;
    root {dir};
    location /ok {{ return 200; }}
    location /post {{ return 201; }}
    location /broken {{ return 503; }}
  }}
}}
"""


class Nginx:
    def __init__(self, directory, address="127.0.0.1"):
        self.dir, self.address, self.port, self.tls = directory, address, tree.free_port(address), tree.free_port(address)
        (directory / "page").write_text("a page of text\n" * 1000)
        (directory / "nginx.conf").write_text(CONF.format(dir=directory, address=address, port=self.port, tls=self.tls))
        program = tree.program("nginx")
        env = dict(os.environ, LD_LIBRARY_PATH=tree.library_path()) if program.startswith(tree.UNPACKED) else None
        self.process = subprocess.Popen([program, "-p", str(directory), "-c", str(directory / "nginx.conf")], env=env,
                                        stdin=subprocess.DEVNULL)
        assert tree.wait_for(lambda: (directory / "pid").exists(), 20)

    def log(self):
        return (self.dir / "access.log").read_text()

    def close(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def nginx(tmp_path):
    directory = tmp_path / "nginx"
    directory.mkdir()
    pki = Pki(str(directory))
    pki.leaf("leaf", names=["localhost"])
    server = Nginx(directory)
    yield server
    server.close()


def raw(daemon, number, line, *request, lines=FAST):
    daemon.configure("ip sla %d" % number, line, "http-raw-request", *request, "end", *lines,
                     "ip sla schedule %d life forever start-time now" % number)


def get(daemon, number, line, *lines):
    daemon.configure("ip sla %d" % number, line, *FAST, *lines, "ip sla schedule %d life forever start-time now" % number)


def reason(daemon, number, text):
    assert tree.wait_for(lambda: text in (row(daemon, number)["reason"] or "")), row(daemon, number)


def test_requests_written_by_hand(daemon, nginx):
    url = "http raw http://127.0.0.1:%d/" % nginx.port
    raw(daemon, 1, url, r"GET /ok HTTP/1.0\r\n", r"X-Own: one\r\n", r"\r\n")
    raw(daemon, 2, url, "HEAD /page HTTP/1.1", "Host: localhost", "X-Own: two", r"\r\n")
    raw(daemon, 3, url, "GET /page HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip", "X-Own: three", r"\r\n")
    raw(daemon, 4, url, r"POST /post HTTP/1.1\r\nHost: localhost\r\nX-Own: four\r\nContent-Length: 5\r\n\r\nhello")
    raw(daemon, 5, url, "GET /broken HTTP/1.0", r"\r\n")
    raw(daemon, 6, url + " name-server 127.0.0.1 version 1.0 cache disable", "GET /ok HTTP/1.0", "X-Own: six", r"\r\n")
    for number in (1, 2, 3, 6):
        seen = wait_code(daemon, number, "OK")
        assert seen["latest_rtt"] >= 0 and seen["address"] == "127.0.0.1" and seen["reason"] is None
    wait_code(daemon, 4, "HTTP error")
    reason(daemon, 4, "the server answered with status 201")
    wait_code(daemon, 5, "HTTP error")
    reason(daemon, 5, "the server answered with status 503")
    seen = nginx.log()
    for line in ("GET /ok HTTP/1.0 one", "HEAD /page HTTP/1.1 two", "GET /page HTTP/1.1 three", "POST /post HTTP/1.1 four"):
        assert "http 127.0.0.1 %s\n" % line in seen, seen
    shown = daemon.show("show ip sla statistics 1")
    assert "Latest DNS RTT: " in shown and "Latest TCP Connection RTT: " in shown and "Latest HTTP Transaction RTT: " in shown


def test_a_request_survives_a_restart(daemon, nginx):
    raw(daemon, 1, "http raw http://127.0.0.1:%d/" % nginx.port, r"GET /ok HTTP/1.0\r\n", "X-Own: saved", r"\r\n")
    wait_code(daemon, 1, "OK")
    before = daemon.show("show running-config | section ip sla")
    assert "\n http-raw-request\n  GET /ok HTTP/1.0\\r\\n\n  X-Own: saved\n  \\r\\n\n  end\n frequency 2\n" in before.replace(" threshold 500\n timeout 1500\n", "")
    daemon.ctl("write memory")
    daemon.stop()
    daemon.start()
    assert daemon.show("show running-config | section ip sla") == before
    wait_code(daemon, 1, "OK")
    daemon.configure("no ip sla schedule 1", "ip sla 1", "no http-raw-request")
    answer = daemon.ctl("configure terminal", "ip sla schedule 1 start-time now")
    assert answer.code == 1 and "Entry 1 has no request yet" in answer.out


class Server(threading.Thread):
    """Says so much to everybody, then keeps the connection, or closes it."""

    def __init__(self, text, close=False):
        super().__init__(daemon=True)
        self.text, self.close_it, self.kept = text, close, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.kept.append(peer)
            if peer.recv(1000):
                peer.sendall(self.text)
            if self.close_it:
                peer.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def test_servers_that_lie(daemon):
    rows = ((Server(b""), "HTTP transaction timeout", "no reply came in time"),
            (Server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"), "HTTP transaction timeout", "not whole in time"),
            (Server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", True), "HTTP error", "the reply ended early"),
            (Server(b"SSH-2.0-OpenSSH_9.2\r\n"), "HTTP error", "no reply of HTTP"),
            (Server(b"HTTP/1.0 200 OK\r\n\r\nto the end", True), "OK", None))
    try:
        for number, (server, _, _) in enumerate(rows, 1):
            raw(daemon, number, "http raw http://127.0.0.1:%d/" % server.port, "GET / HTTP/1.0", r"\r\n")
        for number, (_, code, why) in enumerate(rows, 1):
            wait_code(daemon, number, code)
            if why:
                reason(daemon, number, why)
    finally:
        for server, _, _ in rows:
            server.close()


def test_https_with_a_certificate_of_our_own(daemon, nginx):
    """Refused until a trustpoint holds the root; then both kinds of request pass."""
    get(daemon, 1, "http secure get https://localhost:%d/ok" % nginx.tls)
    raw(daemon, 2, "http secure raw https://localhost:%d/" % nginx.tls, "GET /ok HTTP/1.0", "X-Own: sealed", r"\r\n")
    for number in (1, 2):
        wait_code(daemon, number, "HTTP error")
        reason(daemon, number, "certificate problem")
    root = (nginx.dir / "intermediate.pem").read_text()
    daemon.ctl("configure terminal", "crypto pki trustpoint WEB", "enrollment terminal", "revocation-check none", "exit",
               "crypto pki authenticate WEB", input=root + "\nquit\nyes\n")
    for number in (1, 2):
        wait_code(daemon, number, "OK")
    assert "https 127.0.0.1 GET /ok HTTP/1.0 sealed\n" in nginx.log()


def test_a_name_server_of_its_own(daemon, nginx, tmp_path):
    """The host of the URL is known to that server alone; its time is the DNS time of the statistics."""
    address = "127.83.76.65"
    try:
        dns = Dns(tmp_path / "dns", address=address, port=53)
        dns.zone("plain.example", "www A 127.0.0.1", "six AAAA ::1", "none TXT text", signed=False)
        dns.start()
    except Unavailable as e:
        pytest.skip(str(e))
    try:
        get(daemon, 1, "http get http://www.plain.example:%d/ok name-server %s" % (nginx.port, address))
        raw(daemon, 2, "http raw http://www.plain.example:%d/ name-server %s" % (nginx.port, address), "GET /ok HTTP/1.0", r"\r\n")
        get(daemon, 3, "http get http://six.plain.example:%d/ok name-server %s" % (nginx.port, address))
        get(daemon, 4, "http get http://none.plain.example/ok name-server %s" % address)
        get(daemon, 5, "http get http://nobody.plain.example/ok name-server %s" % address)
        get(daemon, 6, "http get http://www.plain.example:%d/ok name-server 127.83.76.66" % nginx.port)
        get(daemon, 7, "http get http://www.plain.example:%d/ok" % nginx.port)
        daemon.configure("ip sla 8", "dns 127.0.0.1 name-server %s" % address, *FAST, "ip sla schedule 8 life forever start-time now")
        for number in (1, 2):
            assert wait_code(daemon, number, "OK")["address"] == "127.0.0.1"
        for number, code, why in ((3, "No connection", "onnect"), (4, "DNS query error", "the name has no address"),
                                  (5, "DNS query error", "the name server refused the question"), (6, "No connection", "refused"),
                                  (7, "DNS query error", "resolve host")):
            wait_code(daemon, number, code)
            reason(daemon, number, why)
        wait_code(daemon, 8, "DNS query error")  # nobody has a name for 127.0.0.1 there: PTR was asked
    finally:
        dns.stop()


def test_a_silent_name_server(daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.83.76.67", 53))
        silent.settimeout(20)
        get(daemon, 1, "http get http://www.plain.example/ok name-server 127.83.76.67")
        questions = [silent.recv(1000) for _ in range(2)]  # one that is lost is asked again
        assert all(q[12:] == b"\3www\5plain\7example\0\0\1\0\1" for q in questions)
        wait_code(daemon, 1, "DNS server timeout")
        reason(daemon, 1, "the name server 127.83.76.67 does not answer")


def test_reverse_questions(daemon):
    """`dns ADDRESS` asks for the name of the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        for number, name in ((1, "192.0.2.1"), (2, "2001:db8::1")):
            daemon.configure("ip sla %d" % number, "dns %s name-server 127.0.0.1 port %d" % (name, server.getsockname()[1]), *FAST,
                             "ip sla schedule %d life forever start-time now" % number)
        wanted = {b"\0011\0012\0010\003192\007in-addr\4arpa\0\0\x0c\0\1",
                  b"".join(b"\1%c" % ord(c) for c in "1" + "0" * 23 + "8bd01002") + b"\3ip6\4arpa\0\0\x0c\0\1"}
        seen = set()
        while seen != wanted:
            data, _ = server.recvfrom(1000)
            assert data[12:] in wanted, data
            seen.add(data[12:])


def test_the_password_of_a_url(daemon):
    """Sent, and never shown: kept encrypted, masked in every show and log, used again after a restart."""
    seen = []

    class Web(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            self.send_response(200 if seen[-1] == "Basic " + base64.b64encode(b"probe:geheim99").decode() else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        daemon.ctl("debug ip sla trace")
        get(daemon, 1, "http get http://probe:geheim99@127.0.0.1:%d/" % server.server_address[1])
        wait_code(daemon, 1, "OK")
        saved = daemon.show("show running-config | section ip sla")
        assert " http get http://probe:{6}" in saved
        for command in ("show ip sla configuration", "show ip sla statistics details", "show ip sla summary", "show logging"):
            assert "geheim99" not in daemon.show(command), command
        assert "URL: http://probe:********@127.0.0.1:" in daemon.show("show ip sla configuration 1")
        assert daemon.json("show ip sla configuration")["operations"][0]["target"].startswith("http://probe:********@")
        daemon.ctl("write memory")
        daemon.stop()
        with open(daemon.config) as f:
            assert "geheim99" not in f.read()
        daemon.start()
        wait_code(daemon, 1, "OK")
        assert daemon.show("show running-config | section ip sla") == saved
    finally:
        server.shutdown()
        server.server_close()
    assert set(seen) == {"Basic " + base64.b64encode(b"probe:geheim99").decode()} and "geheim99" not in daemon.log()
