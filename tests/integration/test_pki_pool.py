"""`crypto pki trustpool import`: bundles from files and from web servers, in every form they come in."""

import hashlib
import http.server
import json
import os
import re
import ssl
import subprocess
import threading

import pytest

HOST = "mail.example.test"
IMPORTED = "% PEM files import succeeded.\n"


def read(path):
    with open(path, "rb") as f:
        return f.read()


@pytest.fixture
def daemon(new_daemon):
    return new_daemon(hosts="127.0.0.1 " + HOST)


def import_url(daemon, url, *answers, options=()):
    return daemon.ctl("configure terminal", "crypto pki trustpool import url " + url, input="".join(a + "\n" for a in answers),
                      options=options)


def pooled(daemon):
    return sorted(re.match("cn=([^,]*)", c["subject"]).group(1) for c in daemon.json("show crypto pki trustpool")["certificates"])


def put(daemon, name, data):
    os.makedirs(os.path.join(daemon.state, "flash"), exist_ok=True)
    with open(os.path.join(daemon.state, "flash", name), "wb") as f:
        f.write(data)
    return "flash:" + name


def pkcs7(form, *paths):
    arguments = [a for p in paths for a in ("-certfile", p)]
    return subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-outform", form, *arguments], check=True, capture_output=True).stdout


def test_a_bundle_of_a_file(daemon, pki):
    """Twice the same, a certificate that is no CA's, one that has expired: counted, said, left out."""
    old = pki.authority(__import__("pki").name_of("Old Root"), days=(-30, -3))
    pki.write("old.pem", old)
    bundle = b"".join(read(pki.path(n)) for n in ("root.pem", "r1.pem", "root.pem", "leaf.pem", "old.pem"))
    answer = import_url(daemon, put(daemon, "bundle.pem", b"# some remark\n" + bundle))
    assert answer.code == 0 and answer.out.endswith(
        "% 5 certificates read: 2 added, 1 there already, 1 left out that is no CA's, 1 left out that has expired\n" + IMPORTED)
    assert pooled(daemon) == ["Example Global Root CA", "Example Root R1"]
    assert import_url(daemon, "flash:bundle.pem").out.count("0 added, 3 there already") == 1
    assert daemon.show("show crypto pki trustpool").count("  Trustpool: Downloaded\n") == 2
    stranger = put(daemon, "stranger.pem", read(pki.path("stranger.pem")))
    assert daemon.ctl("crypto pki trustpool import clean url flash:leaf").code == 1 and len(pooled(daemon)) == 2
    assert daemon.ctl("crypto pki trustpool import clean url " + stranger).code == 0
    assert pooled(daemon) == ["Example Stranger CA"]
    assert daemon.ctl("crypto pki trustpool clean").code == 0 and pooled(daemon) == []


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_pkcs7(daemon, pki, form):
    url = put(daemon, "bundle.p7b", pkcs7(form, pki.path("root.pem"), pki.path("r1.pem")))
    assert IMPORTED in import_url(daemon, url).out
    assert pooled(daemon) == ["Example Global Root CA", "Example Root R1"]


def test_what_holds_no_ca_is_refused(daemon, pki):
    answer = import_url(daemon, put(daemon, "leaf.pem", read(pki.path("leaf.pem"))))
    assert answer.code == 1 and "1 left out that is no CA's" in answer.out and "there is no CA certificate in it" in answer.out
    for name, data in (("garbage", b"\x30\x82\xff\xff" + b"x" * 100), ("empty", b""), ("text", b"hello\n")):
        answer = import_url(daemon, put(daemon, name, data), options=("--json",))
        assert answer.code == 1 and json.loads(answer.out)["error"]["message"], name
    assert import_url(daemon, "flash:../machine-key").code == 1
    assert pooled(daemon) == []


class Web:
    """Serves `data` over http, or over https with a certificate of the pki."""

    def __init__(self, data, cert=None, key=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_http_proves_nothing_and_asks(daemon, pki):
    data = read(pki.path("root.pem")) + read(pki.path("r1.pem"))
    with Web(data) as web:
        url = "http://%s:%d/ca.pem" % (HOST, web.port)
        answer = import_url(daemon, url)
        assert answer.code == 0 and answer.out.endswith("% No certificate was imported.\n") and pooled(daemon) == []
        answer = import_url(daemon, url, "yes")
        assert "%% %d bytes with 2 certificates came over http" % len(data) in answer.out
        assert "% SHA256 of the file: " + hashlib.sha256(data).hexdigest().upper() in answer.out
        assert answer.code == 0 and answer.out.endswith(IMPORTED) and len(pooled(daemon)) == 2
    answer = import_url(daemon, url, "yes")
    assert answer.code == 1 and url in answer.out


def test_https_is_validated_by_what_is_trusted_here(daemon, pki):
    with Web(read(pki.path("stranger.pem")), pki.path("chain.pem"), pki.path("leaf-key.pem")) as web:
        url = "https://%s:%d/ca.pem" % (HOST, web.port)
        answer = import_url(daemon, url, "yes")
        assert answer.code == 1 and "no trustpoint configured" in answer.out
        daemon.authenticate("STRANGER", pki.path("stranger.pem"))
        answer = import_url(daemon, url, "yes")
        assert answer.code == 1 and "certificate" in answer.out and pooled(daemon) == []
        daemon.authenticate("CA", pki.path("intermediate.pem"))
        answer = import_url(daemon, "https://127.0.0.1:%d/ca.pem" % web.port, "yes")
        assert answer.code == 1 and pooled(daemon) == [], "the certificate is for another name"
        answer = import_url(daemon, url)
        assert answer.code == 0 and answer.out.endswith("% 1 certificate read: 1 added\n" + IMPORTED)
        assert pooled(daemon) == ["Example Stranger CA"]
