"""What strangers write into messages: it cuts nothing off, moves no terminal, and forges no message of this device."""

import os
import socket

import pytest

LISTEN = {"syslog": {"listen": ["udp://127.0.0.1:0"]}}
TELL = ["event manager applet TELL", " event syslog pattern FOREIGN", ' action 1 syslog priority alerts msg "heard $_syslog_msg from $_syslog_host END"',
        ' action 2 puts "said $_syslog_msg END"']


@pytest.fixture
def send(new_daemon):
    d = new_daemon(config=TELL + ["logging trap debugging"], settings=LISTEN)
    port = int(d.wait_log(r"Receiving messages on udp://127\.0\.0\.1:(\d+)").group(1))

    def send(data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(data, ("127.0.0.1", port))
        return d
    send.daemon = d
    return send


def test_a_nul_hides_nothing(send):
    d = send(b"<189>1: *Nov 23 03:36:00.000: %SEC-1-X: FOREIGN a\0b")
    d.wait_log(r"heard [^%]*%SEC-1-X: FOREIGN a\\x00b from 127\.0\.0\.1 END")
    d.wait_log(r"said [^%]*%SEC-1-X: FOREIGN a\\x00b END")


def test_the_console_and_collectors_get_no_controls(send):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(20)
        send.daemon.configure("logging host 127.0.0.1 transport udp port %d" % collector.getsockname()[1])
        d = send(b"<189>1: *Nov 23 03:36:00.000: %SEC-1-X: FOREIGN \x1b[31m\n<184>9: *Nov 23 03:36:00.000: %SYS-5-RESTART: forged")
        d.wait_log(r"heard")
        while True:
            got = collector.recv(65536)
            if b"heard" in got:
                break
    assert b"\\x1B[31m" in got and b"forged" in got
    assert not any(octet < 32 or octet == 127 for octet in got)
    with open(d.stderr, "rb") as f:
        assert b"\x1b" not in f.read()


def test_settings_are_read_anew_though_nothing_was_ever_saved(new_daemon):
    d = new_daemon()
    d.configure("alias exec h help")
    os.unlink(d.config)
    with open(d.settings, "w") as f:
        f.write("hostname: renamed\n")
    d.process.send_signal(1)
    d.wait_log(r"SYS-5-CONFIG_I: Configured from \S*eventd\.yaml by reload; no configuration was ever saved, and the running one stays")
    assert d.json("show version")["hostname"] == "renamed"
    assert "alias exec h" in d.ctl("show running-config").out
