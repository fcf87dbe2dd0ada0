"""What the sender hears of mail that is refused for good, late, or given up: reports as RFC 3464 and 6522 have them, through a real
Postfix that refuses and puts off; and what `show mail queue detail` keeps of each attempt."""

import email
import re

import pytest

import tree

SENDER = "boss@r1.test"


@pytest.fixture
def away(new_daemon, mailhost, pki):
    """An eventd that delivers to the recipients' own host, which is Postfix, and gives up within seconds."""
    lines = ["mail bounce-profile SHORT first-wait 1 max-wait 1 lifetime 6 warn-after 2", "mail destination default bounce-profile SHORT",
             "mail route ALL 127.0.0.1:%d" % mailhost.smtp]
    for name, to in (("REFUSED", "refused@a.test,ok@a.test"), ("LATER", "later@b.test")):
        lines += ["event manager applet " + name, "event none sync yes",
                  'action 1 mail server "USEDNS" to "%s" from "%s" subject "%s" body "b"' % (to, SENDER, name), "exit"]
    return new_daemon(config=lines)


def reports(host):
    return [m for m in host.mails() if m["to"].addresses[0].addr_spec == SENDER]


def report_of(host, subject, action):
    """The only report of that kind about the mail with this subject: its machine-readable fields, and the text for people."""
    found = []
    for report in reports(host):
        assert report.get_content_type() == "multipart/report" and report.get_param("report-type") == "delivery-status"
        assert report["Auto-Submitted"] == "auto-replied" and report["Return-Path"] == "<>"
        people, status, headers = report.iter_parts()
        about, recipient = status.get_payload()
        original = email.message_from_string(headers.get_payload())
        if original["Subject"] == subject and recipient["Action"] == action:
            assert re.match("dns; .", about["Reporting-MTA"]) and about["Arrival-Date"] == original["Date"]
            assert report["In-Reply-To"] == original["Message-ID"] and report["Message-ID"] != original["Message-ID"]
            found.append((recipient, people.get_content()))
    return found[0] if len(found) == 1 else None


def test_a_refused_recipient_is_reported(away, mailhost):
    assert away.run("REFUSED").code == 1
    assert tree.wait_for(lambda: report_of(mailhost, "REFUSED", "failed"), 20)
    recipient, people = report_of(mailhost, "REFUSED", "failed")
    assert recipient["Final-Recipient"] == "rfc822; refused@a.test" and recipient["Status"] == "5.1.1"
    assert recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 <refused@a.test>: Recipient address rejected")
    assert recipient["Remote-MTA"] == "dns; 127.0.0.1" and recipient["Will-Retry-Until"] is None
    assert "A mail of applet REFUSED could not be delivered and is given up." in people and "ok@a.test" not in people
    mail, = away.json("show mail queue detail")["messages"]
    assert mail["state"] == "failed" and [r["state"] for r in mail["recipients"]] == ["failed", "sent"]
    assert re.match(r"2\.0\.0 Ok: queued as ", mail["recipients"][1]["reply"]["text"]), "the server's name of the mail"
    attempt, = mail["parts"][0]["attempts"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", attempt["time"]) and attempt["port"] == mailhost.smtp
    assert (attempt["host"], attempt["ip"], attempt["phase"], attempt["class"]) == ("127.0.0.1", "127.0.0.1", "rcpt", "RECIPIENT_REJECTED")
    assert attempt["tls_version"] == "TLSv1.3" and re.match("cn=.* sha256 ([0-9A-F]{8} ?){8}$", attempt["certificate"])
    assert attempt["reply"]["code"] == 550 and attempt["next_try"] is None
    assert away.wait_log(r"%HA_EM-4-MAIL_BOUNCE: Mail of applet REFUSED to USEDNS \(MID 1\) is given up for refused@a.test: ")
    assert "1 mail deleted" in away.show("mail queue delete id 1")


def test_a_late_mail_is_told_once_and_given_up_at_its_end(away, mailhost):
    assert away.run("LATER").code == 0
    assert tree.wait_for(lambda: report_of(mailhost, "LATER", "failed"), 40), away.show("show mail queue detail")
    recipient, people = report_of(mailhost, "LATER", "delayed")
    assert recipient["Status"] == "4.7.1" and "tried further" in people and recipient["Will-Retry-Until"]
    recipient, people = report_of(mailhost, "LATER", "failed")
    assert recipient["Status"] == "4.4.7" and "its time is over" in people
    assert recipient["Diagnostic-Code"].startswith("smtp; 451 4.7.1 <later@b.test>: ")
    mail, = [m for m in away.json("show mail queue detail")["messages"] if m["kind"] == "mail"]
    assert mail["state"] == "failed" and mail["class"] == "EXPIRED" and mail["reason"].startswith("its time is over; ")
    attempts = mail["parts"][0]["attempts"]
    assert len(attempts) == mail["tries"] >= 3 and [a["next_try"] is None for a in attempts] == [False] * (len(attempts) - 1) + [True]
    log = away.show("show logging")
    assert len(re.findall("MAIL_DELAYED", log)) == 1 and "(MID 1) is given up for later@b.test: its time is over; " in log


def test_a_profile_in_use_stays_and_a_missing_one_takes_no_line_away(new_daemon):
    """Of a startup configuration without the profile all lines that name it are kept, and DANE with them."""
    lines = ["mail bounce-profile Z first-wait 5", "mail destination a.test dane mandatory bounce-profile Z",
             "mail relay smtp.a.test dane mandatory bounce-profile Z"]
    daemon = new_daemon(config=lines)
    answer = daemon.ctl("configure terminal", "no mail bounce-profile Z")
    assert answer.code == 1
    assert "Bounce profile Z is in use: 'mail destination a.test', 'mail relay smtp.a.test'" in answer.out + answer.err
    assert lines[0] in daemon.show("show running-config")
    daemon.stop()
    with open(daemon.config, "w") as f:
        f.write("\n".join(lines[1:]) + "\n")
    daemon.start()
    running = daemon.show("show running-config")
    assert lines[1] in running and lines[2] in running
    for who in ("destination a.test", "relay smtp.a.test"):
        assert daemon.wait_log("%%HA_EM-4-MAIL_BOUNCE_PROFILE: mail %s: there is no bounce profile Z, the default one is used" % who)
