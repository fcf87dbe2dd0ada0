"""Attachments of a mail: files, a capture, the output of a command; as a MIME reader finds them. And a mail whose login is
in the credential store."""

import base64
import email
import email.policy
import os
import socket
import subprocess

import pytest

import tree
from badsmtp import BadSmtp

HOST, USER, PASSWORD = "mail.example.test", "bob@example.net", "correct-horse-battery"


@pytest.fixture
def daemon(new_daemon, pki):
    made = new_daemon(hosts="127.0.0.1 " + HOST)
    os.makedirs(made.state + "/flash/sub", exist_ok=True)
    return made


def put(daemon, name, data):
    with open(os.path.join(daemon.state, "flash", name), "wb") as f:
        f.write(data)


def applet(daemon, server, attach, body="the body", more="", before=(), credential=""):
    daemon.configure("event manager applet MAIL", "event none sync yes", *before,
                     'action 9 mail server "%s"%s to "noc@example.test" from "a@example.test" subject "with attachments" '
                     'body "%s" port %d secure none no-queue attach %s%s' % (HOST, credential, body, server.port, attach, more))
    return daemon.run("MAIL")


def arrived(server):
    server.settle()
    return email.message_from_bytes(server.mails[-1].data, policy=email.policy.default)


def test_files_of_every_kind(daemon):
    content = {"a.txt": "grüße\nline\n".encode(), "sub/b.json": b'{"a": 1}', "c.bin": bytes(range(256)) * 300,
               "empty.log": b"", 'odd " name; x.cfg': b"hostname r1\n", "übersicht-über-alle-geräte-im-zweiten-stock-mit-langem-namen.csv": b"1;2\n"}
    for name, data in content.items():
        put(daemon, name, data)
    with BadSmtp() as server:
        done = applet(daemon, server, '"%s"' % ", ".join("flash:" + n.replace('"', '\\"') for n in content))
        assert done.code == 0, done
        mail = arrived(server)
    assert mail.get_content_type() == "multipart/mixed" and mail["MIME-Version"] == "1.0" and not mail.defects
    body, *parts = mail.iter_parts()
    assert body.get_content() == "the body" and body.get_content_type() == "text/plain"
    assert [p.get_filename() for p in parts] == [os.path.basename(n) for n in content]
    assert [p.get_payload(decode=True) for p in parts] == list(content.values())
    assert [p.get_content_type() for p in parts] == ["text/plain", "application/json", "application/octet-stream", "text/plain",
                                                     "text/plain", "text/csv"]
    assert all(p.get_content_disposition() == "attachment" and p["Content-Transfer-Encoding"] == "base64" for p in parts)
    assert all(len(line) <= 998 for line in server.mails[-1].data.split(b"\r\n"))


def test_the_output_of_a_command_is_text_whatever_it_says(daemon):
    """The command prints what could be read as a list of files: it is a text, and no file is sent."""
    put(daemon, "secret.txt", b"not for you")
    with BadSmtp() as server:
        done = applet(daemon, server, "$_cli_result", before=(
            'action 1 cli command "enable"', 'action 2 cli command "show event manager environment"'))
        assert done.code == 0, done
        daemon.configure("event manager environment _x flash:secret.txt,flash:secret.txt")
        assert daemon.run("MAIL").code == 0
        body, part = arrived(server).iter_parts()
    assert part.get_filename() == "cli_result.txt" and part.get_content_type() == "text/plain"
    assert "flash:secret.txt" in part.get_content() and "not for you" not in part.get_content()


def test_variables_in_names(daemon):
    put(daemon, "a,b.txt", b"comma")
    daemon.configure("event manager environment _file a,b")
    with BadSmtp() as server:
        assert applet(daemon, server, '"flash:$_file.txt"').code == 0
        body, part = arrived(server).iter_parts()
    assert part.get_filename() == "a,b.txt" and part.get_payload(decode=True) == b"comma"


@pytest.mark.skipif(os.geteuid() != 0, reason="packets are read by root only")
def test_a_capture(daemon, tmp_path):
    for line in ("monitor capture CAP interface lo both", "monitor capture CAP match ipv4 protocol udp any any",
                 "monitor capture CAP start"):
        assert daemon.ctl(line).code == 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"seen in the capture", ("127.0.0.1", tree.free_port(kind=socket.SOCK_DGRAM)))
    with BadSmtp() as server:
        put(daemon, "x.txt", b"x")
        assert applet(daemon, server, '"capture:CAP,flash:x.txt"').code == 0
        body, capture, text = arrived(server).iter_parts()
    assert capture.get_filename() == "CAP.pcapng" and capture.get_content_type() == "application/x-pcapng"
    path = tmp_path / "got.pcapng"
    path.write_bytes(capture.get_payload(decode=True))
    read = subprocess.run([tree.program("tshark"), "-n", "-r", str(path), "-T", "fields", "-e", "data"], capture_output=True)
    assert b"seen in the capture".hex() in read.stdout.decode()
    assert "Active" in daemon.show("show monitor capture CAP")


def test_eight_bit_bodies_travel_in_seven(daemon):
    put(daemon, "a.txt", b"x")
    with BadSmtp(offers=()) as server:
        assert applet(daemon, server, '"flash:a.txt"', body="grüße =_eem_0").code == 0
        mail = arrived(server)
        assert all(octet < 128 for octet in server.mails[-1].data)
    body, part = mail.iter_parts()
    assert body.get_content() == "grüße =_eem_0" and mail.get_boundary() == "=_eem_1"


@pytest.mark.parametrize("attach, class_, text", [
    ('"/etc/passwd"', "CONFIG", "neither a file nor a capture"),
    ('"capture:.mail"', "CONFIG", "no such capture"),
    ('"flash:a.txt,"', "CONFIG", "neither a file nor a capture"),
    ('"flash:big.bin"', "MESSAGE_TOO_BIG", "more than 20000 octets"),
    ('"flash:half.bin,flash:half.bin"', "MESSAGE_TOO_BIG", "more than 20000 octets"),
    ('"flash:encoded.bin"', "MESSAGE_TOO_BIG", "over 20000"),
    ('"%s"' % ",".join(["flash:a.txt"] * 17), "CONFIG", "more than 16"),
])
def test_what_cannot_be_attached(daemon, attach, class_, text):
    for name, size in (("a.txt", 1), ("big.bin", 20001), ("half.bin", 10001), ("encoded.bin", 19000)):
        put(daemon, name, b"x" * size)
    daemon.configure("mail maximum-size 20000")
    with BadSmtp() as server:
        done = applet(daemon, server, attach)
        assert done.code == 1 and text in done.out and "[%s config" % class_ in done.out, done.out
        assert not server.sessions


@pytest.mark.parametrize("attach, line", [
    ("flash:none.txt", "attachment flash:none.txt: No such file or directory"),
    ("flash:../../machine-key", "attachment flash:../../machine-key: Permission denied"),
    ("flash:sub", "attachment flash:sub: it is no plain file"),
    ("capture:NONE", "attachment capture:NONE: "),
])
def test_the_alert_goes_without_what_cannot_be_read(daemon, attach, line):
    """A line stands in its place, the log warns, and the other attachments are there."""
    put(daemon, "a.txt", b"here")
    os.makedirs(daemon.state + "/flash/sub", exist_ok=True)
    with BadSmtp() as server:
        assert applet(daemon, server, '"%s,flash:a.txt"' % attach).code == 0
        body, part = arrived(server).iter_parts()
        assert applet(daemon, server, '"%s"' % attach).code == 0
        assert tree.wait_for(lambda: len(server.mails) == 2)
        alone = server.mails[-1].data
    assert part.get_filename() == "a.txt" and part.get_payload(decode=True) == b"here"
    assert line in body.get_content() and line.encode() in alone and b"multipart" not in alone
    assert "%HA_EM-4-FMPD_SMTP_ATTACHMENT: Mail of applet MAIL goes without an " + line in daemon.show("show logging")


def test_an_undefined_variable_sends_nothing(daemon):
    with BadSmtp() as server:
        assert applet(daemon, server, '"flash:$nothing"').code == 1
        assert not server.sessions


def test_with_the_queue_the_attachment_is_kept(daemon):
    """Accepted is accepted: the file may go."""
    put(daemon, "a.txt", b"kept")
    port = tree.free_port()
    daemon.configure("event manager applet MAIL", "event none sync yes",
                     'action 9 mail server "%s" to "noc@example.test" from "a@example.test" subject "s" body "b" port %d secure none '
                     'attach "flash:a.txt"' % (HOST, port))
    assert daemon.run("MAIL").code == 0
    os.remove(daemon.state + "/flash/a.txt")
    with BadSmtp(port=port) as server:
        assert daemon.ctl("mail queue flush").code == 0
        assert tree.wait_for(lambda: server.mails, 30)
        body, part = arrived(server).iter_parts()
    assert part.get_payload(decode=True) == b"kept"


# ---- the login from the store ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["credential", "username"])
def test_a_mail_with_a_login_from_the_store(daemon, pki, how):
    daemon.authenticate("ROOT", pki.path("root.pem"))
    server_string, word = (HOST, ' credential "NOC"') if how == "credential" else ("%s@%s" % (USER, HOST), "")
    with BadSmtp(users={USER: PASSWORD}, needs_login=True, cert=pki.path("chain.pem"), key=pki.path("leaf-key.pem")) as server:
        daemon.configure("event manager applet MAIL", "event none sync yes",
                         'action 9 mail server "%s"%s to "noc@example.test" from "a@example.test" subject "s" body "b" '
                         "port %d secure tls no-queue" % (server_string, word, server.port))
        refused = daemon.run("MAIL")
        assert refused.code == 1 and "NO_PASSWORD config" in refused.out and not server.sessions
        daemon.configure("event manager mail credential NOC username %s password %s" % (USER, PASSWORD))
        assert daemon.run("MAIL").code == 0
        assert server.logins == [USER] and server.mails[0].user == USER
    running = daemon.show("show running-config")
    assert PASSWORD not in running and ('server "%s"%s to' % (server_string, word)) in running


def test_the_example(new_daemon, mailhost, pki):
    """examples/evidence.cfg as it stands but for the port, by a real Postfix that wants the login."""
    with open(os.path.join(tree.PROJECT, "examples", "evidence.cfg")) as f:
        daemon = new_daemon(config=f.read().replace("port 587", "port %d" % mailhost.submission), hosts="127.0.0.1 " + HOST)
    daemon.authenticate("ROOT", pki.path("root.pem"))
    assert daemon.run("EVIDENCE").code == 0
    mail = mailhost.wait_mail(1)[0]
    body, result, users = mail.iter_parts()
    assert mail["subject"] == "Evidence" and body.get_content().strip() == "See the attachments."
    assert "EVIDENCE" in result.get_content() and result.get_filename() == "cli_result.txt"
    assert "vty" in users.get_content() and users.get_filename() == "users.txt"
    assert "password password" not in daemon.show("show running-config")
