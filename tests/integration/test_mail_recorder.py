"""The flight recorder: only when a mail fails, its packets are kept, with what went wrong as a comment; with the secrets of
its session when that is asked for, and without any password when it is not. Read back with tshark."""

import base64
import os
import re
import subprocess

import pytest

import tree
from badsmtp import BadSmtp, Say
from daemon import Daemon
from dnssec import Dns, Unavailable

HOST, USER, PASSWORD = "mail.example.test", "bob@example.net", "correct-horse-battery"
APPLET = ["event manager applet %s", "event none sync yes",
          'action 1.0 mail server "%s" to "noc@example.test" from "a@example.test" subject "s" body "%s" port %d secure %s%s']

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="packets are read by root only")


@pytest.fixture
def daemon(new_daemon, pki):
    made = new_daemon(hosts="127.0.0.1 " + HOST)
    made.authenticate("ROOT", pki.path("root.pem"))
    return made


def tshark(path, *arguments):
    done = subprocess.run([tree.program("tshark"), "-n", "-r", path] + list(arguments), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def send(daemon, port, name="LINK", server=HOST, body="the body", secure="tls", more=" no-queue", recording=True):
    """A mail that fails; the record of its failure once its packets are kept (or cannot be)."""
    before = max([r["no"] for r in daemon.json("show mail failures")["failures"]] + [0])
    daemon.configure(APPLET[0] % name, APPLET[1], APPLET[2] % (server, body, port, secure, more))
    # Recording of a port begins when a statement names it; no mail waits for that, but a test must.
    if recording:
        assert tree.wait_for(lambda: port in daemon.json("show mail failures")["ports"])
    assert daemon.run(name).code == 1

    def kept():
        found = daemon.json("show mail failures detail")["failures"]
        return found and found[-1]["no"] > before and (found[-1]["capture"] or found[-1]["capture_problem"]) and found[-1]
    record = tree.wait_for(kept)
    assert record, daemon.show("show mail failures detail")
    return record


def path_of(daemon, record):
    assert record["capture"], record
    return os.path.join(daemon.state, "flash", record["capture"][len("flash:"):])


def options(port):
    """tshark looks for TLS and SMTP at this port."""
    return ["-d", "tcp.port==%d,smtp" % port]


@pytest.mark.parametrize("secrets", [False, True])
def test_a_bad_certificate_in_the_packets(daemon, pki, secrets):
    daemon.configure("event manager mail capture-on-failure" + (" include-secrets" if secrets else ""))
    with BadSmtp(cert=pki.path("untrusted-chain.pem"), key=pki.path("untrusted-key.pem")) as server:
        record = send(daemon, server.port, "LINK-DOWN")
        assert (record["applet"], record["class"], record["phase"]) == ("LINK-DOWN", "CERT_UNTRUSTED", "tls")
        assert record["capture"] == "flash:mail-LINK-DOWN-%d-CERT_UNTRUSTED.pcapng" % record["job"]
        path = path_of(daemon, record)
        packets = tshark(path, *options(server.port))
        assert len(packets.splitlines()) == record["packets"] > 10
        for seen in ("220 bad.example.test", "C: EHLO", "C: STARTTLS", "Client Hello", "Server Hello"):
            assert seen in packets
        comment = tshark(path, "-T", "fields", "-e", "frame.comment").strip()
        assert re.match(r"Mail of LINK-DOWN \(attempt \d+\) to mail.example.test port %d failed: CERT_UNTRUSTED in phase tls: "
                        % server.port, comment)
        # Only TLS 1.3 hides the certificate, and only from who has not the secrets.
        certificates = tshark(path, *options(server.port), "-Y", "tls.handshake.certificate")
        assert bool(certificates) == secrets
        assert tshark(path, *options(server.port), "-Y", "tls.alert_message.desc == 42")
    with open(path, "rb") as f:
        data = f.read()
    assert (b"SERVER_HANDSHAKE_TRAFFIC_SECRET" in data) == secrets
    assert os.stat(path).st_mode & 0o077 == 0 or os.stat(path).st_mode & 0o007 == 0
    shown = daemon.show("show mail failures detail") + daemon.show("show logging") + daemon.log()
    assert "TRAFFIC_SECRET" not in shown
    with open(os.path.join(daemon.state, "mail-failures.json")) as f:
        assert "TRAFFIC_SECRET" not in f.read()


def test_secrets_open_the_whole_session(daemon, good):
    daemon.configure("event manager mail capture-on-failure include-secrets")
    with BadSmtp(users={USER: PASSWORD}, at={"rcpt": Say("550 5.1.1 no such user")}, **good) as server:
        record = send(daemon, server.port, server="%s:%s@%s" % (USER, PASSWORD, HOST))
        assert record["class"] == "RECIPIENT_REJECTED" and record["reply"] == {"code": 550, "text": "5.1.1 no such user"}
        decrypted = tshark(path_of(daemon, record), *options(server.port), "-V")
    assert "RCPT TO:<noc@example.test>" in decrypted and "550 5.1.1 no such user" in decrypted


def everything_in(path):
    with open(path, "rb") as f:
        return f.read()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
@pytest.mark.parametrize("secrets", [False, True])
def test_no_password_of_a_clear_session(daemon, mechanism, secrets):
    daemon.configure("mail allow-cleartext-auth", "mail auth mechanism " + mechanism,
                     "event manager mail capture-on-failure" + (" include-secrets" if secrets else ""))
    with BadSmtp(users={USER: PASSWORD}, mechanisms=[mechanism], at={"dot": Say("550 5.7.1 looks like spam")}) as server:
        record = send(daemon, server.port, server="%s:%s@%s" % (USER, PASSWORD, HOST), secure="none", body="first\n.second\nAUTH me")
        assert record["class"] == "MESSAGE_REJECTED"
        path = path_of(daemon, record)
        data, packets = everything_in(path), tshark(path, *options(server.port), "-V")
        said = [line for line in server.everything() if line]
    login = said.index([l for l in said if l.startswith("AUTH")][0])
    answers = [said[login].split(" ")[2]] if said[login].count(" ") == 2 else []
    answers += [l for l in said[login + 1:[i for i, l in enumerate(said) if l.startswith("MAIL")][0]]]
    assert answers
    for answer in answers + ([base64.b64encode(PASSWORD.encode()).decode()] if mechanism == "LOGIN" else []):
        assert (answer.encode() in data) == secrets, answer
    assert ("AUTH " + mechanism).encode() in data
    for kept in (b"MAIL FROM:<a@example.test>", b"RCPT TO:<noc@example.test>", b"looks like spam", b"first", b"AUTH me", b"EHLO "):
        assert kept in data
    assert "550 5.7.1" in packets


def test_each_attempt_of_the_queue(daemon):
    """A mail that waits fails more than once: each attempt has its own packets."""
    daemon.configure("event manager mail capture-on-failure")
    with BadSmtp(at={"rcpt": Say("450 4.2.1 later")}) as server:
        daemon.configure(APPLET[0] % "WAITS", APPLET[1], APPLET[2] % (HOST, "b", server.port, "none", ""))
        assert tree.wait_for(lambda: server.port in daemon.json("show mail failures")["ports"])
        assert daemon.run("WAITS").code == 0
        assert tree.wait_for(lambda: len(daemon.json("show mail failures")["failures"]) == 1)
        assert daemon.ctl("mail queue flush").code == 0

        def both():
            found = daemon.json("show mail failures")["failures"]
            return len(found) == 2 and all(r["capture"] for r in found) and found
        found = tree.wait_for(both)
        assert found, daemon.show("show mail failures detail")
        mid = daemon.json("show mail queue")["messages"][0]["mid"]
        assert [r["mid"] for r in found] == [mid, mid]
        assert [r["capture"] for r in found] == ["flash:mail-WAITS-mid%d-%d-RECIPIENT_REJECTED.pcapng" % (mid, r["job"]) for r in found]
        assert "  MID %d, address 127.0.0.1 port %d" % (mid, server.port) in daemon.show("show mail failures detail")
        comment = tshark(path_of(daemon, found[0]), "-T", "fields", "-e", "frame.comment").strip()
        assert comment.startswith("Mail of WAITS (MID %d) to " % mid)
        for record in found:
            assert record["class"] == "RECIPIENT_REJECTED" and everything_in(path_of(daemon, record)).count(b"450 4.2.1 later\r\n") == 1


def test_mails_that_arrive_leave_nothing(daemon, good):
    daemon.configure("event manager mail capture-on-failure")
    with BadSmtp(**good) as server:
        daemon.configure(*[line % {0: "FINE"}.get(i, ()) if i == 0 else line if i == 1 else
                           line % (HOST, "b", server.port, "tls", " no-queue") for i, line in enumerate(APPLET)])
        assert daemon.run("FINE").code == 0
    assert daemon.json("show mail failures")["failures"] == []
    assert not [n for n in os.listdir(daemon.state + "/flash") if n.endswith(".pcapng")] if os.path.isdir(daemon.state + "/flash") else True


def test_each_failure_has_its_own_packets(daemon, good):
    """Two sessions of one server, one after the other: the second file has nothing of the first."""
    daemon.configure("event manager mail capture-on-failure")
    with BadSmtp(at={"rcpt": Say("550 5.1.1 first")}) as server:
        first = send(daemon, server.port, "ONE", secure="none")
        server.at["rcpt"] = Say("550 5.1.1 second")
        second = send(daemon, server.port, "TWO", secure="none")
        assert b"5.1.1 first" in everything_in(path_of(daemon, first))
        data = everything_in(path_of(daemon, second))
    assert b"5.1.1 second" in data and b"5.1.1 first" not in data
    assert "ONE" in first["capture"] and "TWO" in second["capture"]


def test_a_port_where_nobody_listens(daemon):
    daemon.configure("event manager mail capture-on-failure")
    port = tree.free_port()
    record = send(daemon, port)
    assert record["class"] == "CONNECT_REFUSED"
    packets = tshark(path_of(daemon, record))
    assert "[SYN]" in packets and "[RST, ACK]" in packets


def test_a_name_that_does_not_resolve_has_no_packets(daemon):
    daemon.configure("event manager mail capture-on-failure")
    daemon.ctl('test mail server "no-such-host.invalid" timeout 5')
    record = daemon.json("show mail failures detail")["failures"][-1]
    assert record["phase"] == "dns" and record["capture"] is None and record["host"] == "no-such-host.invalid"


@pytest.fixture
def bogus(tmp_path, new_daemon):
    """An eventd whose DNS has a domain that does not validate; it records."""
    try:
        dns = Dns(tmp_path / "dns")
    except Unavailable as why:
        pytest.skip(str(why))
    dns.zone("expired.example", "@ MX 10 mail", "mail A 127.0.0.2", expired=True)
    dns.zone("nowhere.example", '@ TXT "no mail here"')
    with dns:
        d = new_daemon(settings={"dns": {"servers": [dns.resolver], "trust-anchor": dns.anchor}})
        d.configure("event manager mail capture-on-failure")
        yield d


def newest(daemon, class_, after=0):
    """The record of that class behind number `after`, complete but for packets: nobody was connected to."""
    def look():
        return [r for r in daemon.json("show mail failures detail")["failures"] if r["no"] > after and r["class"] == class_]
    found = tree.wait_for(look)
    assert found, daemon.show("show mail failures detail")
    record = found[-1]
    assert record["capture"] is None and record["job"] > 0 and record["detail"] and record["hint"]
    assert any(class_ in line for line in record["trace"]), record
    return record


@pytest.mark.parametrize("domain, class_, phase", [
    ("expired.example", "DNS_BOGUS", "mx"), ("nothing.example", "DNS_NXDOMAIN", "mx"), ("nowhere.example", "DNS_NODATA", "dns")])
def test_direct_delivery_that_finds_no_host(bogus, domain, class_, phase):
    for name, more in (("NOW", " no-queue"), ("WAITS", "")):
        bogus.configure("event manager applet " + name, "event none sync yes",
                        'action 1 mail server "USEDNS" to "noc@%s" from "a@nowhere.example" subject "s" body "b"%s' % (domain, more))
        bogus.run(name)
        record = newest(bogus, class_)
        assert (record["applet"], record["host"], record["phase"]) == (name, domain, phase)
        assert bool(record["mid"]) == (name == "WAITS") and "dns: asked for the mail hosts of " + domain in record["trace"]
    assert "  trace:\n    dns: asked for the mail hosts of " in bogus.show("show mail failures detail")
    jobs = [r["job"] for r in bogus.json("show mail failures")["failures"]]
    assert len(set(jobs)) == len(jobs)


def test_a_tested_server_whose_address_does_not_validate(bogus):
    bogus.ctl('test mail server "mail.expired.example" timeout 10')
    record = newest(bogus, "DNS_BOGUS")
    assert (record["applet"], record["host"], record["phase"]) == ("test", "mail.expired.example", "dns")
    assert any(line.startswith("dns: mail.expired.example: BOGUS") for line in record["trace"])


def test_a_notice_that_finds_no_host(bogus):
    with BadSmtp(at={"rcpt": Say("550 5.1.1 no")}) as server:
        bogus.configure("mail route there.example 127.0.0.1:%d" % server.port, "event manager applet SEND", "event none sync yes",
                        'action 1 mail server "USEDNS" to "noc@there.example" from "boss@expired.example" subject "s" body "b"')
        assert bogus.run("SEND").code == 1
        record = newest(bogus, "DNS_BOGUS")
    mail = [r for r in bogus.json("show mail failures")["failures"] if r["class"] == "RECIPIENT_REJECTED"]
    assert record["host"] == "expired.example" and len(mail) == 1 and record["mid"] != mail[0]["mid"]


def test_a_login_that_has_nothing_to_show(daemon, good):
    daemon.configure("event manager mail capture-on-failure",
                     "event manager mail credential CLOUD username %s oauth-token-file flash:token" % USER)
    with BadSmtp(**good) as server:
        daemon.ctl('test mail server "%s" port %d credential CLOUD' % (HOST, server.port))
        record = newest(daemon, "NO_PASSWORD")
        assert (record["applet"], record["host"], record["port"], record["phase"]) == ("test", HOST, server.port, "auth")
        for name, more in (("NOW", " no-queue"), ("WAITS", "")):
            before = record["no"]
            daemon.configure("event manager applet " + name, "event none sync yes",
                             'action 1 mail server "%s" credential CLOUD to "noc@example.test" from "a@example.test" subject "s" body "b" port %d%s'
                             % (HOST, server.port, more))
            daemon.run(name)
            record = newest(daemon, "NO_PASSWORD", before)
            assert (record["applet"], record["host"]) == (name, HOST) and bool(record["mid"]) == (name == "WAITS")
        assert not server.sessions
    # Without the credential no job can be made at all.
    daemon.configure("no event manager mail credential CLOUD")
    for ask, name in ((lambda: daemon.run("NOW"), "NOW"), (lambda: daemon.ctl('test mail server "%s" credential CLOUD' % HOST), "test")):
        ask()
        gone = newest(daemon, "NO_PASSWORD", record["no"])
        assert (gone["applet"], gone["mid"], gone["detail"]) == (name, None, "there is no credential CLOUD")
        assert name == "test" or (gone["host"], gone["port"]) == (HOST, server.port)
        assert gone["phase"] == "config"
        record = gone


def test_what_is_shown(daemon, pki):
    daemon.configure("event manager mail capture-on-failure")
    with BadSmtp(cert=pki.path("expired-chain.pem"), key=pki.path("expired-key.pem")) as server:
        record = send(daemon, server.port, "LINK")
        assert not daemon.show("show debugging").strip() or "mail" not in daemon.show("show debugging")
    assert daemon.show("show mail failures").startswith("Recording ports: 25, 465, 587, ")
    table = daemon.show("show mail failures").splitlines()[1:]
    assert re.match(r"No\.  Time +MID +Applet +Server +Class +Phase +Capture$", table[0])
    assert re.match(r"1 .* - +LINK +mail\.example\.test +CERT_EXPIRED +tls +flash:mail-LINK-\d+-CERT_EXPIRED\.pcapng$", table[1])
    detail = daemon.show("show mail failures detail")
    for part in ("detail: ", "hint: ", "certificates:\n    0 subject cn=mail.example.test", "trace:\n", "smtp_write: STARTTLS",
                 "capture: flash:mail-LINK-"):
        assert part in detail
    assert record["chain"][0]["san"] == [HOST] and any("smtp_read: 220" in l for l in record["trace"])
    # the trace was made for the recorder alone
    assert "smtp_write: STARTTLS" not in daemon.show("show logging")
    listed = daemon.json("show mail failures")["failures"][0]
    assert "trace" not in listed and "chain" not in listed and listed["class"] == "CERT_EXPIRED"


def test_the_oldest_makes_room_and_a_restart_keeps_the_list(daemon):
    daemon.configure("event manager mail capture-on-failure files 2 size 2")
    records = [send(daemon, tree.free_port(), name) for name in ("ONE", "TWO", "THREE")]
    listed = daemon.json("show mail failures")["failures"]
    assert [r["applet"] for r in listed] == ["TWO", "THREE"] and [r["no"] for r in listed] == [2, 3]
    assert not os.path.exists(path_of(daemon, records[0])) and os.path.exists(path_of(daemon, records[2]))
    assert "event manager mail capture-on-failure size 2 files 2" in daemon.show("show running-config")
    tree.wait_for(lambda: os.path.exists(daemon.state + "/mail-failures.json") and
                  records[2]["capture"] in everything_in(daemon.state + "/mail-failures.json").decode())
    assert daemon.ctl("write memory").code == 0
    daemon.stop()
    daemon.start()
    assert [r["applet"] for r in daemon.json("show mail failures")["failures"]] == ["TWO", "THREE"]
    assert send(daemon, tree.free_port(), "FOUR")["no"] == 4
    assert daemon.ctl("clear mail failures").code == 0
    assert daemon.json("show mail failures")["failures"] == []
    assert not [n for n in os.listdir(daemon.state + "/flash") if n.endswith(".pcapng")]


def list_on_disk(daemon):
    path = daemon.state + "/mail-failures.json"
    return everything_in(path).decode() if os.path.exists(path) else ""


def test_what_was_cleared_stays_cleared(daemon):
    """The answer comes when it is on disk: who pulls the plug behind it does not find the list again."""
    daemon.configure("event manager mail capture-on-failure")
    send(daemon, tree.free_port(), "ONE")
    assert tree.wait_for(lambda: "mail-ONE-" in list_on_disk(daemon))
    assert daemon.ctl("clear mail failures").code == 0
    daemon.kill()
    assert list_on_disk(daemon) == "[]"
    daemon.start()
    assert daemon.json("show mail failures")["failures"] == []


def test_a_capture_that_is_gone_is_not_named(daemon):
    daemon.configure("event manager mail capture-on-failure")
    kept, lost = send(daemon, tree.free_port(), "KEPT"), send(daemon, tree.free_port(), "LOST")
    assert tree.wait_for(lambda: lost["capture"] in list_on_disk(daemon))
    assert daemon.ctl("write memory").code == 0
    daemon.kill()
    os.remove(path_of(daemon, lost))
    daemon.start()
    found = daemon.json("show mail failures")["failures"]
    assert [r["capture"] for r in found] == [kept["capture"], None] and found[1]["capture_problem"]


class Unprivileged(Daemon):
    """An eventd that may not read packets."""

    def with_hosts(self, argv):
        return super().with_hosts(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] + argv)


def test_without_the_right_to_capture_the_mail_goes_on(pki, tmp_path, good):
    """It says so once, lists the failure without packets, and delivers what can be delivered."""
    with Unprivileged(tmp_path / "unprivileged", hosts="127.0.0.1 " + HOST) as daemon:
        daemon.configure("event manager mail capture-on-failure")
        daemon.wait_log("%HA_EM-4-MAIL_CAPTURE: Packets of failed mails cannot be captured: .*ermi")
        with BadSmtp(at={"rcpt": Say("550 5.1.1 no")}) as server:
            for name in ("ONE", "TWO"):
                record = send(daemon, server.port, name, secure="none", recording=False)
                assert record["capture"] is None and record["capture_problem"] and record["class"] == "RECIPIENT_REJECTED"
            del server.at["rcpt"]
            daemon.configure(APPLET[0] % "GOOD", APPLET[1], APPLET[2] % (HOST, "b", server.port, "none", " no-queue"))
            assert daemon.run("GOOD").code == 0 and len(server.mails) == 1
        assert len(re.findall("MAIL_CAPTURE", daemon.show("show logging"))) == 1


def test_a_capture_helper_that_dies_costs_no_mail(daemon):
    def helper():
        return int(next(p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-capture"))

    daemon.configure("event manager mail capture-on-failure")
    with BadSmtp(at={"rcpt": Say("550 5.1.1 no")}) as server:
        send(daemon, server.port, "ONE", secure="none")
        os.kill(helper(), 9)
        daemon.wait_log("%HA_EM-4-MAIL_CAPTURE_LOST: The packets kept of mails are lost: eventd-capture ended by signal 9; recording begins")
        # No mail is needed for that: the recording is there before the next one.
        assert tree.wait_for(lambda: server.port in daemon.json("show mail failures")["ports"])
        second = send(daemon, server.port, "TWO", secure="none")
        assert second["class"] == "RECIPIENT_REJECTED" and b"550 5.1.1 no" in everything_in(path_of(daemon, second))
        os.kill(helper(), 9)
        third = send(daemon, server.port, "THREE", secure="none", recording=False)
        assert third["capture"] or "capture ." not in third["capture_problem"]
        assert len([m for m in server.everything() if m.startswith("RCPT")]) == 3


def test_what_cannot_be_typed(daemon):
    for words in ("size 0", "size 17", "files 0", "files 101", "secrets"):
        assert daemon.ctl("configure terminal", "event manager mail capture-on-failure " + words).code == 1
    helped = daemon.ctl("configure terminal", "event manager mail capture-on-failure ?").out
    for word in ("size", "files", "include-secrets"):
        assert re.search(r"^  %s " % word, helped, re.M)
