"""A second real mail server, of other hands than Postfix: OpenSMTPD, on free ports, with spool, users and mailbox of its own.

    with SmtpdHost(pki.path("chain.pem"), pki.path("leaf-key.pem")) as host:
        send_to("127.0.0.1", host.submission)
        host.wait_mail(1)[0]["subject"]

Two listeners, on 127.0.0.1 (or on the addresses given):

    submission   STARTTLS demanded, AUTH demanded
    smtp         STARTTLS offered, nothing demanded; for mail without a password

Any recipient of any domain is delivered to one Maildir, but `refused@...` answers 550; `later@...` answers 451 until
`accept_later()`, which starts the server anew over the same spool.

OpenSMTPD has its paths and its two accounts built in. It finds them in a mount namespace of its own, over which its directory
is laid, so that nothing of the system's /etc, /var and /run is touched or needed, and it runs unpacked as it runs installed.
"""

import crypt
import os
import shutil
import socket
import subprocess
import tempfile

import tree
from mailhost import USERS, MailHost, Unavailable, raw_mails, read_text, stop_group

# Numbers that no Debian package is given (policy 9.2.2); the namespace's own /etc/passwd has them.
ACCOUNTS = {"opensmtpd": 64901, "opensmtpq": 64902, "mailbox": 64903}

CONF = """\
pki mail cert "{run}/conf/cert.pem"
pki mail key "{run}/conf/key.pem"
table logins file:{run}/conf/logins
table mailboxes {{ "@" = "mailbox" }}
filter "refused" phase rcpt-to match rcpt-to regex {{ "^refused@" }} reject "550 5.1.1 No such user here"
filter "later" phase rcpt-to match rcpt-to regex {{ {later} }} reject "451 4.7.1 Greylisted, try again later"
filter "recipients" chain {{ "refused", "later" }}
{listeners}
action "keep" maildir "{run}/mail" virtual <mailboxes>
match from any for any action "keep"
"""

ENTER = r"""
mount --make-rprivate /
mount --bind "$0/conf/passwd" /etc/passwd
mount --bind "$0/conf/group" /etc/group
mount -t tmpfs none /run
mount -t tmpfs none /var/lib && mkdir -p /var/lib/opensmtpd/empty
mount --bind "$0/spool" /var/spool
[ -z "$1" ] || mount --bind "$1/usr/libexec" /usr/libexec
exec "$1/usr/sbin/smtpd" -d -f "$0/conf/smtpd.conf"
"""


def system_tree():
    for root in ("", tree.UNPACKED):
        if os.path.exists(root + "/usr/libexec/opensmtpd/mail.maildir"):
            return root
    raise Unavailable("OpenSMTPD is neither installed nor under build/root: run `make deps`")


class SmtpdHost:
    """One running OpenSMTPD; `users` are names and passwords."""

    def __init__(self, cert, key, hostname="mail.example.test", addresses=("127.0.0.1",), submission=None, smtp=None, users=None,
                 netns=None):
        if os.geteuid() != 0:
            raise Unavailable("OpenSMTPD starts only as root")
        self.cert, self.key, self.hostname, self.addresses = cert, key, hostname, addresses
        self.submission, self.smtp = (n or tree.free_port() for n in (submission, smtp))
        self.users, self.netns, self.process, self.later = dict(USERS if users is None else users), netns, None, '"^later@"'
        self.run = tempfile.mkdtemp(prefix="smtpdhost-", dir="/tmp")
        os.chmod(self.run, 0o755)

    write = MailHost.write
    wait_mail, mails = MailHost.wait_mail, MailHost.mails

    def listeners(self):
        for address in self.addresses:
            yield 'listen on %s port %d tls-require pki mail auth <logins> hostname %s filter "recipients"' % (
                address, self.submission, self.hostname)
            yield 'listen on %s port %d tls pki mail hostname %s filter "recipients"' % (address, self.smtp, self.hostname)

    def configure(self):
        for name in ("conf", "spool", "spool/smtpd", "mail"):
            os.makedirs(os.path.join(self.run, name), 0o755)
        os.chmod(self.run + "/spool/smtpd", 0o711)
        os.chown(self.run + "/mail", ACCOUNTS["mailbox"], ACCOUNTS["mailbox"])
        for name, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n"), ("group", "{0}:x:{1}:\n")):
            self.write("conf/" + name, read_text("/etc/" + name) + "".join(line.format(*account) for account in ACCOUNTS.items()))
        self.write("conf/logins", "".join("%s %s\n" % (user, crypt.crypt(password, crypt.METHOD_SHA512))
                                          for user, password in self.users.items()))
        self.set_certificate(self.cert, self.key)

    set_certificate = MailHost.set_certificate

    def start(self):
        if not os.path.exists(self.run + "/conf"):
            self.configure()
        self.write("conf/smtpd.conf", CONF.format(run=self.run, later=self.later, listeners="\n".join(self.listeners())), 0o600)
        argv = ["unshare", "--mount", "sh", "-ec", ENTER, self.run, system_tree()]
        if self.netns:
            argv = [tree.program("ip"), "netns", "exec", self.netns] + argv
        with open(self.run + "/out", "ab") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", start_new_session=True,
                                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "LD_LIBRARY_PATH": tree.library_path()})
        if not tree.wait_for(self.is_ready, 30):
            self.stop()
            raise Unavailable("OpenSMTPD did not start:\n" + self.log())
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise Unavailable("OpenSMTPD ended at once:\n" + self.log())
        if self.netns:
            return ":%d " % self.smtp in subprocess.run([tree.program("ip"), "netns", "exec", self.netns, "ss", "-ltn"], capture_output=True, text=True).stdout
        try:
            with socket.create_connection((self.addresses[0], self.smtp), 5) as s:
                return s.recv(4) == b"220 "
        except OSError:
            return False

    def end(self):
        """The server, not its spool and mailbox."""
        if self.process:
            stop_group(self.process.pid, self.process.wait)
        self.process = None

    def accept_later(self):
        self.end()
        self.later = '"^nobody@"'
        self.start()

    def stop(self):
        self.end()
        shutil.rmtree(self.run, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def log(self):
        return read_text(self.run + "/out")

    def raw_mails(self):
        return raw_mails(self.run + "/mail")
