"""The main job, end to end: an event becomes a secure mail at a real mail server. Run it with `make demo`.

Everything happens in a directory of its own that is removed at the end, and, where the machine permits it, in a network
namespace of its own, so that the mail server may use port 587 and a real interface may be flapped without anybody noticing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "lib"))
import tree  # noqa: E402
from daemon import Daemon  # noqa: E402
from mailhost import MailHost  # noqa: E402
from pki import Pki  # noqa: E402

HOST = "mail.example.test"
COLOUR = sys.stdout.isatty()


def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if COLOUR else text


def chapter(text):
    print("\n" + paint("1;36", "=== " + text), flush=True)


def say(text):
    print(paint("2", text), flush=True)


def quote(text, limit=None):
    lines = text.rstrip("\n").splitlines()
    for line in lines[:limit]:
        print("    " + line)
    if limit and len(lines) > limit:
        print("    ... (%d lines more)" % (len(lines) - limit))
    sys.stdout.flush()


def isolate():
    """Once more, inside a private network and mount namespace, when that is permitted."""
    if os.environ.get("EVENTD_DEMO_ISOLATED") or os.geteuid() != 0:
        return
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "--net", "--mount", "true"], capture_output=True).returncode:
        return
    env = dict(os.environ, EVENTD_DEMO_ISOLATED="1")
    os.execve(unshare, [unshare, "--net", "--mount", sys.executable] + sys.argv, env)


def ip(*arguments):
    subprocess.run([tree.program("ip") or "ip"] + list(arguments), check=True, capture_output=True)


def make_network(directory):
    """Loopback, a name for the mail server, and a pair of interfaces to flap. False: not permitted, loopback only."""
    if not os.environ.get("EVENTD_DEMO_ISOLATED"):
        return False
    ip("link", "set", "lo", "up")
    ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
    for interface in "eth0", "peer0":
        ip("link", "set", interface, "up")
    hosts = os.path.join(directory, "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 localhost %s\n" % HOST)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    return True


def example(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


class Demo:
    def __init__(self, directory):
        self.dir = directory
        self.isolated = make_network(directory)
        self.host = HOST if self.isolated else "localhost"
        self.pki = Pki(os.path.join(directory, "pki"), host=self.host)
        self.port = 587 if self.isolated else tree.free_port()
        self.mails = 0

    def adapt(self, text):
        return text.replace(HOST, self.host).replace("port 587", "port %d" % self.port)

    def paste(self, name):
        """A file of examples/, typed in configuration mode."""
        text = self.adapt(example(name))
        quote("".join(line + "\n" for line in text.splitlines() if not line.startswith("!")))
        self.daemon.configure(*[line for line in text.splitlines() if line.strip() and not line.startswith("!")])

    def command(self, line, limit=None, keep=None):
        print(paint("1", "r1# " + line), flush=True)
        answer = self.daemon.ctl(line)
        out = answer.out if not keep else "".join(l + "\n" for l in answer.out.splitlines() if re.search(keep, l))
        quote(out + answer.err, limit)
        return answer

    def received(self):
        self.mails += 1
        mails = self.mailhost.wait_mail(self.mails)
        return mails[-1]

    def run(self):
        chapter("A mail server: Postfix with Dovecot's SASL, STARTTLS on port %d" % self.port)
        say("Its chain: leaf <- Example CA 1C3 <- Example Root R1, cross-signed by Example Global Root CA.\n"
            "It is held to TLS 1.2, where an alert can be read in a capture; with TLS 1.3 it would be encrypted.")
        with MailHost(self.pki.path("chain.pem"), self.pki.path("leaf-key.pem"), hostname=self.host, submission=self.port,
                      settings={"smtpd_tls_mandatory_protocols": "TLSv1.2"}) as self.mailhost:
            with Daemon(os.path.join(self.dir, "eventd"), settings={"hostname": "r1"}) as self.daemon:
                self.applet()
                self.failure()
                self.trust()
                self.success()
                self.flap()

    def applet(self):
        chapter("The applet, as IOS has it")
        self.paste("secure-mail.cfg")
        self.command("show event manager policy registered")
        self.command("show running-config | include environment")
        say("The password is encrypted in the configuration, and hidden everywhere else.")

    def failure(self):
        chapter("It runs, and fails: nobody has said that this server may be trusted")
        for line in example("debug.txt").splitlines():
            self.daemon.ctl(line)
        for line in ("interface lo both", "match any", "start"):
            self.command("monitor capture CAP " + line)
        self.command("clear logging")
        self.command("event manager run SendSecureEmailEEM")
        self.daemon.wait_log("FMPD_ERROR: Error executing applet SendSecureEmailEEM statement 0010")
        print(paint("1", "r1# show logging"))
        log = self.daemon.show("show logging")
        quote("\n".join(line for line in log.splitlines()
                        if re.search(r"CRYPTO_|SSL|Alert|HA_EM|0:error", line) and "smtp_" not in line))
        say("The same, as the wire saw it:")
        self.command("monitor capture CAP export flash:NoCertificateInstalled.pcap")
        self.wire("NoCertificateInstalled.pcap")

    def wire(self, name):
        path = os.path.join(self.daemon.state, "flash", name)
        tshark = [tree.program("tshark"), "-r", path, "-d", "tcp.port==%d,smtp" % self.port]
        print(paint("1", "$ tshark -r %s -O tls -Y tls.alert_message" % name))
        done = subprocess.run(tshark + ["-O", "tls", "-Y", "tls.alert_message"], capture_output=True, text=True)
        quote(done.stdout or done.stderr)

    def trust(self):
        chapter("A trustpoint for the root that the chain ends at")
        self.paste("trustpoint.cfg")
        print(paint("1", "r1(config)# crypto pki authenticate CA-Example-Global-Root"))
        with open(self.pki.path("root.pem")) as f:
            pem = f.read()
        answer = self.daemon.ctl("configure terminal", "crypto pki authenticate CA-Example-Global-Root", "end",
                                 input=pem + "\nyes\n")
        quote(answer.out + answer.err)
        self.command("show crypto pki certificates verbose CA-Example-Global-Root", 14)

    def success(self):
        chapter("It runs again")
        self.command("clear logging")
        self.command("event manager run SendSecureEmailEEM")
        mail = self.received()
        log = self.daemon.show("show logging")
        quote("\n".join(line for line in log.splitlines() if re.search(
            r"CRYPTO_PKI: \(|CRYPTO_OPSSL|SSL_connect|smtp_|HA_EM-3", line)), 60)
        say("The mail in the mailbox:")
        quote(mail.as_string())
        say("A relay whose user name has an '@' works, too:")
        self.paste("relay.cfg")
        self.command("event manager run SendSecureEmailEEM")
        self.received()
        self.command("show event manager history events")

    def flap(self):
        if not self.isolated:
            chapter("A link that goes down: not shown, network namespaces are not permitted here")
            return
        chapter("A link goes down")
        self.daemon.ctl("undebug all")
        self.paste("link-down.cfg")
        self.command("clear logging")
        say("# ip link set peer0 down")
        ip("link", "set", "peer0", "down")
        mail = self.received()
        self.daemon.wait_log("mail about .*: sent")
        self.command("show logging", keep="%LINK|%LINEPROTO|%HA_EM")
        quote(mail.as_string())


def main():
    isolate()
    began = time.monotonic()
    directory = tempfile.mkdtemp(prefix="eventd-demo-")
    try:
        Demo(directory).run()
    finally:
        if os.environ.get("EVENTD_DEMO_ISOLATED"):
            subprocess.run(["umount", "/etc/hosts"], capture_output=True)
        shutil.rmtree(directory, ignore_errors=True)
    chapter("Done in %d seconds; nothing is left behind" % (time.monotonic() - began))


if __name__ == "__main__":
    main()
