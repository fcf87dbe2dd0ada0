"""Where syslog is received: IPv4 and IPv6 side by side on one port, addresses of a link, and places that cannot be."""

import contextlib
import os
import socket
import subprocess
import sys

import pytest
import tree
from test_syslog_reload import reload

SAY = ["logging buffered 100000", "event manager applet SAY", " event syslog pattern PLACE", ' action 1 syslog msg "$_syslog_host at $_syslog_listener"']


def free_port():
    """Free at every address of this machine, over UDP and TCP."""
    while True:
        port = tree.free_port("::")
        with contextlib.ExitStack() as stack:
            try:
                for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        s = stack.enter_context(socket.socket(family, kind))
                        if family == socket.AF_INET6:
                            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                        s.bind((address, port))
                return port
            except OSError:
                pass


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_all_addresses_of_both_families(new_daemon, scheme, order):
    port = free_port()
    urls = ["%s://0.0.0.0:%d" % (scheme, port), "%s://[::]:%d" % (scheme, port)]
    d = new_daemon(config=SAY, settings={"syslog": {"listen": urls[::order]}})
    for family, address, url in ((socket.AF_INET, "127.0.0.1", urls[0]), (socket.AF_INET6, "::1", urls[1])):
        with socket.socket(family, socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM) as s:
            s.connect((address, port))
            s.sendall(b"<189>PLACE\n")
            d.wait_log("SAY: %s at %s" % (address, url.replace("[", r"\[").replace("]", r"\]")))


def test_without_another_the_six_takes_four(new_daemon):
    d = new_daemon(config=SAY, settings={"syslog": {"listen": ["udp://[::]:0"]}})
    port = int(d.wait_log(r"Receiving messages on udp://\[::\]:(\d+)").group(1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"<189>PLACE", ("127.0.0.1", port))
    d.wait_log("SAY: 127.0.0.1 at udp")


def test_who_has_ipv4_may_change(new_daemon):
    """From both to [::] alone, which takes IPv4 then, and back; a reload that is refused leaves both as they were."""
    port = free_port()
    four, six = "udp://0.0.0.0:%d" % port, "udp://[::]:%d" % port
    d = new_daemon(config=SAY, settings={"syslog": {"listen": [four, six]}})

    def told(listen, says, address, url):
        reload(d, {"listen": listen}, says)
        before = d.show("show logging").count("SAY:")
        with socket.socket(socket.AF_INET if "." in address else socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.sendto(b"<189>PLACE", (address, port))
        assert tree.wait_for(lambda: d.show("show logging").count("SAY:") > before)
        assert d.show("show logging").rstrip().endswith("SAY: %s at %s" % (address, url))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        told([six, "udp://127.0.0.1:%d" % taken.getsockname()[1]], "Reload refused, nothing has changed", "127.0.0.1", four)
    told([six], "by reload", "127.0.0.1", six)
    told([six, four], "by reload", "127.0.0.1", four)
    told([six, four], "by reload", "::1", six)
    told([four], "by reload", "127.0.0.1", four)
    told([six], "by reload", "127.0.0.1", six)


SEND = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.sendto(b"<189>PLACE", (sys.argv[1], int(sys.argv[2]), 0, socket.if_nametoindex(sys.argv[3])))
"""


def test_a_device_of_a_link_is_known_with_its_interface(cable, new_daemon):
    """fe80::1 of two links are two devices; a listener may be one of a link, too."""
    cable.first.run("ip", "address", "add", "fe80::a/64", "dev", "eth0", "nodad")
    cable.second.run("ip", "address", "add", "fe80::b/64", "dev", "peer0", "nodad")
    d = new_daemon(netns=cable.first.name, config=SAY, settings={"syslog": {"listen": ["udp://[::]:5514", "udp://[fe80::a%eth0]:5515"]}})
    for port, listener in ((5514, r"\[::\]:5514"), (5515, r"\[fe80::a%eth0\]:5515")):
        subprocess.run(["ip", "netns", "exec", cable.second.name, sys.executable, "-c", SEND, "fe80::a", str(port), "peer0"], check=True)
        d.wait_log("SAY: fe80::\\S+%%eth0 at udp://%s" % listener)


@pytest.mark.parametrize("listen, why", [
    (["udp://127.0.0.1:5514", "udp://127.0.0.1:5514"], "udp://127.0.0.1:5514 is there twice"),
    (["tcp://[::1]:5514", {"url": "tls://[::1]:5514", "identity": "ME"}], "is there twice"),
    (["udp://[fe80::1%nosuch0]:5514"], '"fe80::1%nosuch0" is no IPv4 or IPv6 address of an interface that is here'),
    ([{"url": "tls://127.0.0.1:0", "identity": ""}], "needs a server's certificate")])
def test_places_that_cannot_be(tmp_path, listen, why):
    settings = tmp_path / "eventd.yaml"
    rows = ["{ url: '%s', identity: '%s' }" % (u["url"], u["identity"]) if isinstance(u, dict) else "'%s'" % u for u in listen]
    settings.write_text("syslog: { listen: [ %s\n    , %s ] }\n" % (rows[0], rows[1]) if len(rows) > 1 else "\nsyslog: { listen: [ %s ] }\n" % rows[0])
    done = subprocess.run([os.path.join(tree.BUILD, "eventd"), "--check", "--settings", str(settings), "--state", str(tmp_path)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert why in done.stdout and ":2:" in done.stdout, done.stdout
