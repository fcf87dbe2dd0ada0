"""What the mail queue is measured by: how fast it accepts, how fast it delivers to a real Postfix over STARTTLS beside msmtp and
Postfix's own smtp-source, and how it starts with a hundred thousand mails. bench.py calls these; `bench` is its table."""

import os
import re
import sqlite3
import subprocess
import time

import tree
from daemon import Daemon
from mailhost import MailHost, Unavailable
from pki import Pki

ACCEPTING, EACH = 32, 300  # runs at once, mails of each
DELIVERED, SINGLE = 1000, 100  # mails of the queue and of smtp-source; programs started for one mail each
WAITING = 100000
HOST = "mail.example.test"
LIMITS = ["mail queue limit messages 1000000", "mail queue limit size 10000"]


class Absent(Exception):
    """A program is not there."""


def applet(name, mails, port, words=""):
    """One that mails so often, in one run."""
    return ["event manager scheduler applet thread class default number %d" % ACCEPTING,
            "event manager applet " + name, "event none maxrun 600", "action 1 set n 0", "action 2 while $n lt %d" % mails,
            'action 3  mail server "%s" to "noc@example.test" from "eem@example.test" subject "alarm $n" body "Interface Gi0/0/1, changed '
            'state to down" port %d %s' % (HOST, port, words), "action 4  increment n", "action 5 end", "exit"]


def count(d):
    return d.json("show mail queue summary")["count"]


def until(condition, seconds):
    if not tree.wait_for(condition, seconds, every=0.02):
        raise AssertionError("it did not come to its end within %d s" % seconds)


def accept(d, runs, mails):
    """Mails a second, from the first run to the last commit."""
    began = time.monotonic()
    assert d.ctl(*["event manager run LOAD"] * runs).code == 0
    until(lambda: count(d) >= runs * mails, 300)
    return runs * mails / (time.monotonic() - began)


def acceptance(bench, where):
    port = tree.free_port()  # nobody listens: what is measured is the queue
    with Daemon(where, config=LIMITS + applet("LOAD", EACH, port), hosts="127.0.0.1 " + HOST) as d:
        rate = accept(d, ACCEPTING, EACH)
        d.ctl("mail queue delete all")
    how = ("%d runs at once, each with %d `mail` actions, to a server that is down; each statement waits for its own commit (WAL, "
           "synchronous=FULL), commits are shared" % (ACCEPTING, EACH))
    bench.row("mails accepted", rate, "mails/s", ">= 1000", how, "a short alarm", rate >= 1000)


def message():
    return "From: eem@example.test\r\nTo: noc@example.test\r\nSubject: alarm\r\n\r\nInterface Gi0/0/1, changed state to down\r\n"


def relay_rate(where, pki, host, *more):
    """Mails were accepted while the server was down: from its return to the last 250."""
    with Daemon(where, config=LIMITS + list(more) + applet("LOAD", DELIVERED // 10, host.smtp, "secure tls"), hosts="127.0.0.1 " + HOST) as d:
        d.authenticate("ROOT", pki.path("root.pem"))
        d.ctl(*["event manager run LOAD"] * 10)
        until(lambda: count(d) >= DELIVERED, 120)
        host.start()
        began = time.monotonic()
        d.ctl("mail queue flush")
        until(lambda: count(d) == 0, 300)
        return DELIVERED / (time.monotonic() - began)


def msmtp_rate(where, pki, host):
    program = tree.program("msmtp")
    if not program:
        raise Absent("msmtp")
    argv = [program, "--host=127.0.0.1", "--port=%d" % host.smtp, "--tls=on", "--tls-starttls=on", "--tls-trust-file=" + pki.path("root.pem"),
            "--tls-host-override=" + HOST, "--from=eem@example.test", "--file=/dev/null", "noc@example.test"]
    began = time.monotonic()
    for _ in range(SINGLE):
        done = subprocess.run(argv, input=message().encode(), capture_output=True)
        if done.returncode:
            raise AssertionError(done.stderr.decode())
    return SINGLE / (time.monotonic() - began)


def source_rate(pki, host, *more):
    """Two sessions at once, each from STARTTLS on as ours are: EHLO, STARTTLS, verified, EHLO."""
    program = tree.program("smtp-source")
    if not program:
        raise Absent("smtp-source")
    port = tree.free_port()
    forward = subprocess.Popen([os.path.join(tree.BUILD, "tests/bench/tlsforward"), str(port), str(host.smtp), pki.path("root.pem"), HOST],
                               stdout=subprocess.PIPE)
    try:
        forward.stdout.readline()
        before = len(host.raw_mails())
        began = time.monotonic()
        done = subprocess.run([program, "-s", "2", "-m", str(DELIVERED), "-l", str(len(message())), "-f", "eem@example.test",
                               "-t", "noc@example.test", *more, "127.0.0.1:%d" % port], capture_output=True, text=True, timeout=300)
        took = time.monotonic() - began
        if done.returncode:
            raise AssertionError(done.stderr)
        until(lambda: len(host.raw_mails()) >= before + DELIVERED, 120)
        return DELIVERED / took
    finally:
        forward.kill()
        forward.wait()


def delivery(bench, where):
    pki = Pki(os.path.join(where, "pki"))
    try:
        host = MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem"), hostname=HOST, addresses=["127.0.0.1"],
                        submission_settings=("smtpd_client_restrictions=permit",))
    except Unavailable as why:
        return bench.absent("mails delivered over STARTTLS", why, "", "")
    how = ("%d mails that wait in the queue to one Postfix on loopback, STARTTLS with verification, two sessions at once, of up to 50 mails or "
           "(`messages 1`) of one; msmtp started once for each of %d; smtp-source with two sessions, one mail each or (-d) as many as come, "
           "through a forwarder that says EHLO and STARTTLS to the same port with our groups "
           "and verifies the certificate, since smtp-source has no TLS" %
           (DELIVERED, SINGLE))
    corpus = "a short alarm"
    try:
        sessions = relay_rate(os.path.join(where, "sessions"), pki, host)
        bench.row("mails delivered over STARTTLS", sessions, "mails/s", "", how, corpus)
        host.stop()
        host = MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem"), hostname=HOST, addresses=["127.0.0.1"],
                        submission_settings=("smtpd_client_restrictions=permit",))
        single = relay_rate(os.path.join(where, "single"), pki, host, "mail destination default messages 1")
        bench.row("  the same, one mail a session", single, "mails/s", "", how, corpus)
        for name, ours, rate, least in (("msmtp, once a mail", single, lambda: msmtp_rate(where, pki, host), 1.0),
                                        ("smtp-source, one mail a session", single, lambda: source_rate(pki, host), 0.5),
                                        ("smtp-source -d", sessions, lambda: source_rate(pki, host, "-d"), 0.5)):
            try:
                theirs = rate()
            except Absent as what:
                bench.absent("  beside " + name, "%s is not there" % what, how, corpus)
                continue
            bench.row("  beside " + name, ours / theirs, "times", ">= %.1f (%.0f mails/s)" % (least, theirs), how, corpus, ours / theirs >= least)
    finally:
        host.stop()


def multiply(path, wanted):
    """One waiting mail becomes many, as fast as SQLite can."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    columns = {t: [c[1] for c in db.execute("PRAGMA table_info(%s)" % t)] for t in ("message", "text", "part", "recipient")}
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)" % (wanted - 1)

    def copy(table, **changed):
        names = columns[table]
        db.execute("%s INSERT INTO %s (%s) SELECT %s FROM %s, n WHERE %s.id = (SELECT min(id) FROM %s)" % (
            numbers, table, ", ".join(names), ", ".join(changed.get(c, c) for c in names), table, table, table))
    for table, changed in (("message", {"id": "id + i", "message_id": "'<' || i || '@bench>'"}), ("text", {"id": "id + i"}),
                           ("part", {"id": "id + i", "mid": "mid + i"}), ("recipient", {"id": "id + i", "part": "part + i"})):
        copy(table, **changed)
    db.commit()
    db.close()


def resident_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", f.read(), re.M).group(1)) / 1024


def start(bench, where):
    port = tree.free_port()
    d = Daemon(where, config=LIMITS + applet("LOAD", 1, port), hosts="127.0.0.1 " + HOST)
    with d:
        assert d.ctl("event manager run LOAD").code == 0
        until(lambda: d.json("show mail queue summary")["deferred"] == 1, 20)
    multiply(os.path.join(d.state, "store", "eventd.db"), WAITING)
    began = time.monotonic()
    with d:
        took = time.monotonic() - began
        assert count(d) == WAITING
        memory = resident_mib(d.pid)
    how = "%d mails wait; from the start of the process to `eventd ready`, which comes when the queue is read" % WAITING
    bench.row("start with 100,000 mails", took, "s", "< 2", how, "", took < 2)
    bench.row("memory with 100,000 mails", memory, "MiB", "<= 150", how, "", memory <= 150)
