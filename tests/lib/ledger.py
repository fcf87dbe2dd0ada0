"""A ledger of mails: an applet writes an id into it after its mail statement succeeded, which is after the mail was accepted; what a
server took is held against it (reliability.md section 3)."""

import collections
import email
import os
import socket

import tree


def applet(port, server="127.0.0.1", words=""):
    return ["event manager scheduler applet thread class default number 32",
            "event manager applet LOAD", 'event syslog pattern "id-[0-9]+;"',
            'action 1.0 regexp "id-([0-9]+);" "$_syslog_msg" all id',
            'action 2.0 mail server "%s" to "noc@example.test" from "eem@example.test" subject "$id" body "alarm $id" port %d %s'
            % (server, port, words),
            "action 3.0 file open F flash:acked a", 'action 3.1 file puts F "$id $_mail_result"', "action 3.2 file close F", "exit"]


class Load:
    """Offers ids as syslog datagrams, and reads the ledger."""

    def __init__(self, daemon, udp):
        self.daemon, self.udp, self.offered = daemon, udp, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def offer(self, n=1):
        for _ in range(n):
            self.offered += 1
            self.socket.sendto(b"<13>%%TEST-6-MAIL: id-%d;" % self.offered, ("127.0.0.1", self.udp))

    def acked(self):
        path = os.path.join(self.daemon.state, "flash", "acked")
        if not os.path.exists(path):
            return {}
        with open(path) as f:
            return dict((int(line.split()[0]), line.split()[1]) for line in f if len(line.split()) == 2 and line.endswith("\n"))


def queue(daemon):
    return daemon.json("show mail queue")


def drain(daemon, seconds=60):
    """Until nothing is in the queue; what waits for its time is told not to."""
    def empty():
        daemon.ctl("mail queue flush")
        q = queue(daemon)
        return q["count"] == 0 and q["failed"] == 0
    assert tree.wait_for(empty, seconds, every=0.2), daemon.show("show mail queue detail")


def check_ledger(load, mails, kills):
    """Nothing accepted is lost; what came twice is the same mail, and says so."""
    seen = collections.defaultdict(list)
    for mail in mails:
        message = email.message_from_string(mail.text)
        seen[int(message["Subject"])].append(message)
    acked = load.acked()
    assert not [i for i in acked if i not in seen], "accepted, and lost"
    assert all(0 < i <= load.offered for i in seen)
    twice = 0
    for i, copies in seen.items():
        assert len({m["Message-ID"] for m in copies}) == 1, "%d has several Message-IDs" % i
        marked = sum(m["X-Eventd-Attempt"] is not None for m in copies)
        assert marked >= len(copies) - 1, "%d came %d times, %d marked" % (i, len(copies), marked)
        twice += len(copies) - 1
    assert twice <= 4 * kills
    return len(acked), twice
