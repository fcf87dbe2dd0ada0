"""IP SLA operations against the servers that people have: nginx and nsd."""

import os
import subprocess

import pytest

import tree
from dnssec import Dns, Unavailable
from test_sla import operation, row, wait_code

CONF = """\
daemon off;
master_process off;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
  log_format probes '$request_uri $server_protocol $http_cache_control';
  access_log {dir}/access.log probes;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /ok {{ return 200; }}
    location /moved {{ return 302 http://127.0.0.1:1/; }}
    location /broken {{ return 503; }}
  }}
}}
"""


@pytest.fixture
def nginx(tmp_path):
    program, port = tree.program("nginx"), tree.free_port()
    (tmp_path / "nginx.conf").write_text(CONF.format(dir=tmp_path, port=port))
    env = dict(os.environ, LD_LIBRARY_PATH=tree.library_path()) if program.startswith(tree.UNPACKED) else None
    process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], env=env, stdin=subprocess.DEVNULL)
    try:
        assert tree.wait_for(lambda: (tmp_path / "pid").exists(), 20)
        yield port, tmp_path / "access.log"
    finally:
        process.terminate()
        process.wait(10)


def test_nginx(daemon, nginx):
    port, log = nginx
    url = "http://127.0.0.1:%d" % port
    operation(daemon, 1, "http get %s/ok" % url)
    operation(daemon, 2, "http get %s/moved version 1.0" % url)
    operation(daemon, 3, "http get %s/broken cache disable" % url)
    operation(daemon, 4, "tcp-connect 127.0.0.1 %d control disable" % port)
    operation(daemon, 5, "http get http://no-such-host.invalid/ok proxy %s" % url)
    for number, code in ((1, "OK"), (2, "OK"), (3, "HTTP error"), (4, "OK"), (5, "OK")):
        wait_code(daemon, number, code)
    seen = log.read_text()
    assert "/moved HTTP/1.0 -\n" in seen and "/broken HTTP/1.1 no-cache\n" in seen and "/ok HTTP/1.1 -\n" in seen


def test_nsd(daemon, tmp_path):
    try:
        dns = Dns(tmp_path)
        dns.zone("plain.example", "www A 192.0.2.80", signed=False)
        dns.start()
    except Unavailable as e:
        pytest.skip(str(e))
    try:
        address, port = dns.resolver.split("@")
        for number, name in ((1, "www.plain.example"), (2, "nothing.plain.example")):
            operation(daemon, number, "dns %s name-server %s port %s" % (name, address, port))
        wait_code(daemon, 1, "OK")
        wait_code(daemon, 2, "DNS query error")
        assert row(daemon, 1)["address"] == address
    finally:
        dns.stop()
