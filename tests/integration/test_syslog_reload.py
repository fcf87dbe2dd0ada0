"""SIGHUP with other listeners, files and trust: what stays is not touched, what goes is closed, what is wrong changes nothing."""

import json
import signal
import socket
import ssl

import pytest
import tree
from test_syslog_tls import MESSAGE, certificates, connect, counted, give_identity, listener  # noqa: F401

CONFIG = ["logging buffered 1000000", "event manager applet SAY", ' event syslog pattern "TLSTEST|FILETEST"', ' action 1 syslog msg "from $_syslog_host"']


def listeners(daemon):
    return {entry["url"].split(":")[0]: entry for entry in daemon.json("show logging received")["listeners"]}


def reload(daemon, syslog, says):
    with open(daemon.settings, "w") as f:
        json.dump({"syslog": syslog}, f)
    before = daemon.show("show logging").count(says)
    daemon.process.send_signal(signal.SIGHUP)
    assert tree.wait_for(lambda: daemon.show("show logging").count(says) > before), daemon.show("show logging")


def processes(daemon):
    return {p["name"]: p["pid"] for p in daemon.json("show system processes")["processes"] if p["role"] == "syslog intake"}


def test_reload(new_daemon, certificates, tmp_path):  # noqa: F811
    one, two = str(tmp_path / "one.log"), str(tmp_path / "two.log")
    tls = {"url": "tls://127.0.0.1:0", "identity": "ME"}
    d = new_daemon(config=CONFIG, settings={"syslog": {"listen": [tls, "udp://127.0.0.1:0"], "files": [one]}})
    d.authenticate("CLIENTS", certificates.path("r1.pem"))
    give_identity(d, certificates)
    assert d.ctl("write memory").code == 0
    port, before = listener(d), processes(d)
    with connect(port, certificates, None) as open_one, connect(port, certificates, None) as other:
        other.sendall(counted(MESSAGE % 1))
        d.wait_log("SAY: from 127.0.0.1")
        # One more file, a listener less: the same processes, the same connection.
        reload(d, {"listen": [tls], "files": [one, two]}, "by reload")
        def written():  # what stood there before the helper looked would be no news
            with open(two, "a") as f:
                f.write("FILETEST line\n")
            return "SAY: from local" in d.show("show logging")
        assert tree.wait_for(written, every=0.1)
        assert sorted(listeners(d)) == ["files", "tls"] and processes(d) == before
        open_one.sendall(counted(MESSAGE % 2))
        assert tree.wait_for(lambda: listeners(d)["tls"]["messages"] == 2)
        # Wrong: everything is as it was.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            reload(d, {"listen": [tls, "udp://127.0.0.1:%d" % taken.getsockname()[1]]}, "Reload refused, nothing has changed")
        assert sorted(listeners(d)) == ["files", "tls"] and processes(d) == before
        open_one.sendall(counted(MESSAGE % 3))
        assert tree.wait_for(lambda: listeners(d)["tls"]["messages"] == 3)
        # From now on clients show who they are; those that were let in without are sent away.
        reload(d, {"listen": [dict(tls, **{"client-ca": ["CLIENTS"]})]}, "by reload")
        open_one.settimeout(20)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            if open_one.recv(1) == b"":
                raise ConnectionResetError
    assert listener(d) == port and list(listeners(d)) == ["tls"]
    assert tree.wait_for(lambda: list(processes(d)) == ["eventd-tls"])
    with connect(port, certificates) as s:
        s.sendall(counted(MESSAGE % 4))
        d.wait_log("SAY: from router7.example.test")
    # What was written meanwhile is read when the file is followed again.
    with open(one, "a") as f:
        f.write("FILETEST late\n")
    reload(d, {"files": [one]}, "by reload")
    d.wait_show("show logging received", "file %s: FILETEST late" % one)

    def is_closed():
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            return True
        return False
    assert tree.wait_for(is_closed, every=0.1)
