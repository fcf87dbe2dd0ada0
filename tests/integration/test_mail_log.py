"""The delivery log: what real deliveries write into mail_logs, in the words of the seeds."""

import os
import re
import subprocess

import pytest

import tree

HOST = "mail.example.test"
STAMP = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} "


@pytest.fixture(scope="module")
def mail(module_daemon, module_mailhost, pki):
    """Sends mails with the action, one applet each."""
    class Mail:
        def __init__(self):
            self.host = module_mailhost()
            self.daemon = module_daemon(hosts="127.0.0.1 %s other.example.test" % HOST)
            assert self.daemon.authenticate("CA", pki.path("root.pem")).code == 0
            self.count = 0

        def send(self, server, rest, to="noc@example.test", queue="no-queue"):
            """The lines that this mail left in the log, without their times."""
            before = len(self.lines())
            self.count += 1
            self.daemon.configure("event manager applet A%d" % self.count, "event none sync yes",
                                  'action 1 mail server "%s" to "%s" from "eem@example.test" subject "s" body "b" %s %s'
                                  % (server, to, rest, queue))
            self.daemon.run("A%d" % self.count)
            return self.lines()[before:]

        def lines(self):
            lines = self.daemon.show("show mail log").splitlines()
            assert all(re.match(STAMP + "(Info|Warning|Critical|Debug): ", line) for line in lines), lines
            return [re.sub("^" + STAMP, "", line) for line in lines]

    return Mail()


def test_a_mail_over_tls(mail):
    lines = mail.send("username:password@" + HOST, "port %d secure tls" % mail.host.submission)
    dcid = re.match(r"Info: New SMTP DCID (\d+) interface 127\.0\.0\.1 address 127\.0\.0\.1 port %d$" % mail.host.submission,
                    lines[0]).group(1)
    assert re.match(r"Info: DCID %s TLS success protocol TLSv1\.[23] cipher \S+ subjectAltName:dNSName=%s$"
                    % (dcid, re.escape(HOST)), lines[1]), lines
    assert lines[2:] == ["Info: Delivery start DCID %s MID 0 to RID [0]" % dcid, "Info: Message finished MID 0 done"]


def test_a_mail_in_the_clear_and_one_with_unverified_tls(mail):
    lines = mail.send(HOST, "port %d secure none" % mail.host.smtp, to="a@example.test,b@example.test")
    assert [line.split()[1] for line in lines] == ["New", "Delivery", "Message"]
    assert lines[1].endswith("to RID [0, 1]")
    lines = mail.send("other.example.test", "port %d" % mail.host.smtp)
    assert "subjectAltName" not in lines[1] and "TLS success protocol" in lines[1]


def test_the_wrong_name(mail):
    lines = mail.send("username:password@other.example.test", "port %d secure tls" % mail.host.submission)
    dcid = lines[0].split()[4]
    assert lines[1:] == [
        "Info: DCID %s TLS deferring: verify error: peer cert does not match domain other.example.test" % dcid,
        "Info: DCID %s TLS was required but could not be successfully negotiated" % dcid]


def test_a_refused_recipient_and_a_closed_port(mail):
    lines = mail.send(HOST, "port %d secure none" % mail.host.smtp, to="refused@example.test")
    assert re.match(r"Info: DCID \d+ MID 0 delivery failed: RECIPIENT_REJECTED rcpt: .*550", lines[-1]), lines
    lines = mail.send(HOST, "port %d secure none" % tree.free_port())
    assert re.match(r"Info: Connection Error: domain: mail\.example\.test .*reason: CONNECT_REFUSED$", lines[0]), lines
    assert len(lines) == 1


def test_a_mail_of_the_queue_has_a_number(mail):
    lines = mail.send("username:password@" + HOST, "port %d secure tls" % mail.host.submission, queue="queue")
    mid = re.match(r"Info: MID (\d+) queued for delivery$", lines[0]).group(1)
    assert int(mid) > 0 and lines[-1] == "Info: Message finished MID %s done" % mid
    assert any(re.match(r"Info: Delivery start DCID \d+ MID %s to RID \[0\]$" % mid, line) for line in lines)


def test_no_password_in_the_log_and_the_file_as_the_ring(mail):
    mail.send("username:password@" + HOST, "port %d secure tls" % mail.host.submission)
    path = os.path.join(mail.daemon.state, "mail_logs")
    ring = mail.daemon.show("show mail log")

    def written():
        with open(path) as f:
            return f.read() == ring
    assert tree.wait_for(written, 20)
    assert "password" not in ring
    assert oct(os.stat(path).st_mode & 0o777) == "0o640"
    # seed 002: the user's own way to look
    found = subprocess.run(["grep", "TLS success.*", path], capture_output=True, text=True).stdout
    assert found.count("\n") == ring.count("TLS success")


def test_last_and_the_document(mail):
    assert len(mail.daemon.show("show mail log last 2").splitlines()) == 2
    only = mail.daemon.show("show mail log | include Message finished").splitlines()
    assert only and all("Message finished MID" in line for line in only)
    document = mail.daemon.json("show mail log last 1")
    assert set(document["lines"][0]) == {"time", "level", "text"}


def test_level_and_file_of_the_configuration(new_daemon):
    daemon = new_daemon()
    daemon.configure("mail log level debug", "mail log file deliveries size 4096 rotate 3")
    running = daemon.show("show running-config")
    assert "mail log level debug\nmail log file deliveries size 4096 rotate 3\n" in running
    assert tree.wait_for(lambda: os.path.exists(os.path.join(daemon.state, "deliveries")), 20)
    for line, sentence in (("mail log file ../x", "no name of a log file"), ("mail log level loud", "Invalid input"),
                           ("mail log file x size 1", "Invalid input")):
        done = daemon.ctl("configure terminal", line)
        assert done.code == 1 and sentence in done.out + done.err, (line, done)
    daemon.configure("no mail log file")
    assert "no mail log file" in daemon.show("show running-config")
