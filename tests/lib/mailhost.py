"""A real mail server for tests and demo: Postfix with SASL through Dovecot, on free loopback ports, in a directory of its own.

    with MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem")) as host:
        send_to("127.0.0.1", host.submission)
        host.wait_mail(1)[0]["subject"]

Three listeners, on 127.0.0.1 and ::1 (or on the addresses given):

    submission   STARTTLS; AUTH only inside TLS, and no recipient without it
    smtps        the same with TLS from the first byte
    smtp         STARTTLS offered, nothing demanded; for mail without a password

Any recipient of any domain is delivered to one Maildir, but `refused@...` answers 550 and `later@...` 451, always.

As a program, for the demo and for working by hand:

    mailhost.py start --dir D [--port N] [--cert FILE --key FILE]     prints what listens where; makes a chain in D/pki when
                                                                      no certificate is given
    mailhost.py mails --dir D                                         prints the mails that arrived
    mailhost.py stop  --dir D

Postfix may be installed or unpacked under build/root; neither its configuration nor its queue under /etc and /var is
touched. Its master wants root, and Postfix wants three unprivileged accounts: those that every Debian has are lent.
"""

import argparse
import email
import email.policy
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

USERS = {
    "username": "password",
    "email.relay@My.Domain.Name": "MyPasswordString",
    "alice@example.test": "p@ss:w0rd",
}
MECHANISMS = "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256"

# Accounts of base-passwd: Postfix insists on three that are neither root nor each other.
MAIL_OWNER, SETGID_GROUP, RECIPIENT = "uucp", "news", "nobody"

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {run}/queue
data_directory = {run}/data
daemon_directory = {tree}/usr/lib/postfix/sbin
command_directory = {tree}/usr/sbin
shlib_directory = {tree}/usr/lib/postfix
meta_directory = {run}/conf
sendmail_path = {tree}/usr/sbin/sendmail
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ POSTLOG_SERVICE POSTLOG_HOSTNAME LANG=C LD_LIBRARY_PATH={libraries}
mail_owner = {owner}
setgid_group = {setgid}
default_privs = {recipient}
maillog_file = {run}/mail.log
maillog_file_prefixes = {run}
myhostname = {hostname}
mydestination =
mynetworks = 127.0.0.0/8 [::1]/128{networks}
inet_protocols = all
alias_maps =
local_transport = error:no local accounts here
virtual_mailbox_domains = static:every
virtual_mailbox_maps = static:mail/
virtual_mailbox_base = {run}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = check_recipient_access texthash:{run}/conf/recipients
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated reject
smtpd_tls_chain_files = {key} {cert}
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
disable_dns_lookups = yes
"""

MASTER_CF = """\
postlog   unix-dgram n  -       n       -       1       postlogd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
"""

SUBMISSION = ("smtpd_sasl_auth_enable=yes", "smtpd_client_restrictions=permit_sasl_authenticated,reject",
              "smtpd_tls_security_level=encrypt")

DOVECOT_CONF = """\
base_dir = {run}/dovecot
state_dir = {run}/dovecot
libexec_dir = {tree}/usr/lib/dovecot
login_plugin_dir = {tree}/usr/lib/dovecot/modules/login
import_environment = TZ LD_LIBRARY_PATH={libraries}
log_path = {run}/dovecot.log
protocols =
ssl = no
default_internal_user = {owner}
default_internal_group = {owner}
default_login_user = {recipient}
auth_mechanisms = {mechanisms}
auth_username_format = %u
auth_failure_delay = 0
{login}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {run}/conf/users
}}
service auth {{
  unix_listener {run}/queue/private/auth {{
    mode = 0660
    user = {owner}
    group = {owner}
  }}
}}
# Dovecot slows down an address from which wrong passwords came; every test comes from the same one.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

QUEUE = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "private", "public",
         "saved", "trace", "pid")


class Unavailable(Exception):
    """A real mail server cannot run here; the text says why."""


def system_tree():
    """The tree that has Postfix and Dovecot: "" for the system's own, or the unpacked one."""
    for root in ("", tree.UNPACKED):
        if all(os.path.exists(root + p) for p in ("/usr/lib/postfix/sbin/master", "/usr/lib/dovecot/auth",
                                                  "/usr/sbin/dovecot")):
            return root
    raise Unavailable("Postfix and Dovecot are neither installed nor under build/root: run `make deps`")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class MailHost:
    """One running mail server. `settings` are further lines of main.cf, `submission_settings` of its two submission
    services; `users` name to password; ports that are not given are chosen. `login` are
    lines for Dovecot's configuration ({run} is the directory), `login_files` files beside it."""

    def __init__(self, cert, key, hostname="mail.example.test", addresses=None, submission=None, smtps=None, smtp=None,
                 users=None, mechanisms=MECHANISMS, settings=None, submission_settings=(), networks=(), netns=None, login="", login_files=None):
        if os.geteuid() != 0:
            raise Unavailable("Postfix starts only as root")
        self.cert, self.key, self.hostname = os.path.abspath(cert), os.path.abspath(key), hostname
        self.addresses = addresses or ["127.0.0.1"] + (["::1"] if has_ipv6() else [])
        self.submission, self.smtps, self.smtp = (n or tree.free_port() for n in (submission, smtps, smtp))
        self.users = dict(USERS if users is None else users)
        self.mechanisms, self.settings = mechanisms, dict(settings or {})
        self.submission_settings = tuple(submission_settings)
        self.networks, self.netns = networks, netns
        self.login, self.login_files = login, dict(login_files or {})
        self.processes = []
        # Short (socket names end at 108 octets), without blanks, and open to the accounts that Postfix changes to: none of
        # which the directory of a test needs to be.
        self.run = tempfile.mkdtemp(prefix="mailhost-", dir="/tmp")
        os.chmod(self.run, 0o755)

    # Setting up ----------------------------------------------------------------------------------------------------------

    def write(self, name, text, mode=0o644):
        with open(os.path.join(self.run, name), "w") as f:
            f.write(text)
        os.chmod(f.name, mode)

    def configure(self):
        root = system_tree()
        if root:
            os.symlink(root, self.run + "/root")
            root = self.run + "/root"
        owner, recipient = pwd.getpwnam(MAIL_OWNER), pwd.getpwnam(RECIPIENT)
        for name in ["conf", "queue", "data", "dovecot", "mail"] + ["queue/" + q for q in QUEUE]:
            os.mkdir(os.path.join(self.run, name), 0o755)
        for name in ["data"] + ["queue/" + q for q in QUEUE if q != "pid"]:
            os.chown(os.path.join(self.run, name), owner.pw_uid, -1)
        os.chmod(self.run + "/queue/private", 0o700)
        os.chown(self.run + "/mail", recipient.pw_uid, recipient.pw_gid)
        words = dict(run=self.run, tree=root, libraries=tree.library_path(root) if root else "", owner=MAIL_OWNER,
                     setgid=SETGID_GROUP, recipient=RECIPIENT, uid=recipient.pw_uid, gid=recipient.pw_gid,
                     hostname=self.hostname, key=self.run + "/conf/key.pem", cert=self.run + "/conf/cert.pem",
                     mechanisms=self.mechanisms.lower(), login=self.login.format(run=self.run), networks="".join(" " + n for n in self.networks))
        self.set_certificate(self.cert, self.key)
        self.write("conf/main.cf", MAIN_CF.format(**words) +
                   "".join("%s = %s\n" % item for item in self.settings.items()))
        self.write("conf/master.cf", "".join(self.services()) + MASTER_CF)
        self.write("conf/recipients", "refused@ 550 5.1.1 No such user here\nlater@ 451 4.7.1 Greylisted, try again later\n")
        self.write("conf/users", "".join("%s:{PLAIN}%s\n" % (u, p.replace(":", "\\:")) if ":" not in p else
                                         "%s:{PLAIN.b64}%s\n" % (u, base64_of(p)) for u, p in self.users.items()), 0o644)
        for name, text in self.login_files.items():
            self.write("conf/" + name, text)
        self.write("conf/dovecot.conf", DOVECOT_CONF.format(**words))
        # Postfix waits while a file looks as if somebody were still writing it.
        for name in os.listdir(self.run + "/conf"):
            os.utime(os.path.join(self.run, "conf", name), (time.time() - 3600,) * 2)
        self.tree, self.libraries = root, words["libraries"]

    def services(self):
        """The lines of master.cf that listen."""
        for port, more in ((self.submission, SUBMISSION), (self.smtps, SUBMISSION + ("smtpd_tls_wrappermode=yes",)),
                           (self.smtp, ("smtpd_tls_security_level=may",))):
            if port != self.smtp:
                more += self.submission_settings
            for address in self.addresses:
                at = "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)
                yield "%s inet n - n - - smtpd%s\n" % (at, "".join("\n  -o { %s }" % m.replace("=", " = ", 1) for m in more))

    def set_certificate(self, cert, key):
        """What the server shows from its next session process on (`reload` ends those that are waiting)."""
        shutil.copy(cert, self.run + "/conf/cert.pem")
        shutil.copy(key, self.run + "/conf/key.pem")
        os.chmod(self.run + "/conf/key.pem", 0o600)

    # Running -------------------------------------------------------------------------------------------------------------

    def spawn(self, *argv):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": self.run + "/conf", "LANG": "C"}
        if self.libraries:
            env["LD_LIBRARY_PATH"] = self.libraries
        if self.netns:
            argv = (tree.program("ip"), "netns", "exec", self.netns) + argv
        out = open(self.run + "/out", "ab")
        process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.run,
                                   start_new_session=True)
        out.close()
        self.processes.append(process)

    def start(self):
        try:
            self.configure()
            # dovecot runs doveconf to read its configuration, at the path where Debian installs it: run it ourselves.
            self.spawn(self.tree + "/usr/bin/doveconf", "-f", "service=master", "-c", self.run + "/conf/dovecot.conf",
                       "-m", "master", "-e", self.tree + "/usr/sbin/dovecot", "-F", "-c", self.run + "/conf/dovecot.conf")
            self.spawn(self.tree + "/usr/lib/postfix/sbin/master", "-c", self.run + "/conf", "-d")
            if not tree.wait_for(self.is_ready, 30):
                raise Unavailable("the mail server did not start:\n" + self.log())
        except BaseException:
            self.stop()
            raise
        return self

    def is_ready(self):
        if any(p.poll() is not None for p in self.processes):
            raise Unavailable("the mail server ended at once:\n" + self.log())
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(self.run + "/queue/private/auth")
                if not s.recv(7) == b"VERSION":
                    return False
            if self.netns:  # master opens its sockets in the order of master.cf, those that listen to the network first
                return os.path.exists(self.run + "/queue/public/qmgr")
            with socket.create_connection((self.addresses[0], self.smtp), 5) as s:
                return s.recv(4) == b"220 "
        except OSError:
            return False

    def reload(self):
        self.processes[1].send_signal(signal.SIGHUP)

    def stop(self):
        """Ends both servers with all that they started, and removes every trace."""
        for process in self.processes:
            stop_group(process.pid, process.wait)
        self.processes = []
        shutil.rmtree(self.run, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # Looking -------------------------------------------------------------------------------------------------------------

    def log(self):
        """Everything that the two servers said."""
        return "".join(read_text(os.path.join(self.run, n)) for n in ("out", "mail.log", "dovecot.log"))

    def mails(self):
        """The mails that arrived, in order, as email.message.EmailMessage."""
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw_mails()]

    def raw_mails(self):
        return raw_mails(self.run + "/mail")

    def wait_mail(self, count=1, seconds=30):
        """The mails, once there are at least `count` of them; AssertionError with the log when they do not come."""
        if not tree.wait_for(lambda: len(self.raw_mails()) >= count, seconds):
            raise AssertionError("%d of %d mails arrived\n%s" % (len(self.raw_mails()), count, self.log()))
        return self.mails()


def base64_of(text):
    import base64
    return base64.b64encode(text.encode()).decode()


def read_text(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def raw_mails(maildir):
    new = os.path.join(maildir, "new")
    paths = [os.path.join(new, n) for n in os.listdir(new)] if os.path.isdir(new) else []
    found = []
    for path in sorted(paths, key=lambda p: (os.stat(p).st_mtime_ns, p)):
        with open(path, "rb") as f:
            found.append(f.read())
    return found


def stop_group(pid, wait):
    """SIGTERM to the process group that a server made when it was started; then SIGKILL to what is left of it."""
    try:
        os.killpg(pid, signal.SIGTERM)
        wait(10)
    except (OSError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    try:
        wait(10)
    except (OSError, subprocess.TimeoutExpired):
        pass


# The program -------------------------------------------------------------------------------------------------------------


def state_file(directory):
    return os.path.join(directory, "mailhost.json")


def do_start(args):
    os.makedirs(args.dir, exist_ok=True)
    if os.path.exists(state_file(args.dir)):
        raise Unavailable("a mail server runs already from %s" % args.dir)
    cert, key = args.cert, args.key
    if not cert:
        from pki import Pki
        made = Pki(os.path.join(args.dir, "pki"), host=args.host)
        cert, key = made.path("chain.pem"), made.path("leaf-key.pem")
    host = MailHost(cert, key, hostname=args.host, addresses=args.listen, submission=args.port, smtps=args.smtps,
                    smtp=args.smtp, netns=args.netns, networks=args.network or (),
                    settings=dict(s.split("=", 1) for s in args.set or ()))
    host.start()
    state = dict(run=host.run, pids=[p.pid for p in host.processes], addresses=host.addresses, hostname=host.hostname,
                 submission=host.submission, smtps=host.smtps, smtp=host.smtp)
    with open(state_file(args.dir), "w") as f:
        json.dump(state, f)
    print(json.dumps(state))


def load_state(args):
    try:
        with open(state_file(args.dir)) as f:
            return json.load(f)
    except OSError:
        raise Unavailable("no mail server runs from %s" % args.dir)


def do_mails(args):
    state = load_state(args)
    tree.wait_for(lambda: len(raw_mails(state["run"] + "/mail")) >= args.wait, args.timeout)
    found = raw_mails(state["run"] + "/mail")
    sys.stdout.flush()
    for raw in found:
        sys.stdout.buffer.write(raw + b"\n")
    return 0 if len(found) >= args.wait else 1


def do_log(args):
    run = load_state(args)["run"]
    print("".join(read_text(os.path.join(run, n)) for n in ("out", "mail.log", "dovecot.log")), end="")


def do_stop(args):
    state = load_state(args)
    for pid in state["pids"]:
        stop_group(pid, lambda seconds: tree.wait_for(lambda: not os.path.exists("/proc/%d" % pid) or is_zombie(pid), seconds))
    shutil.rmtree(state["run"], ignore_errors=True)
    os.remove(state_file(args.dir))


def is_zombie(pid):
    return ") Z " in read_text("/proc/%d/stat" % pid)


def main():
    p = argparse.ArgumentParser(description="A real mail server in a directory of its own.")
    sub = p.add_subparsers(dest="verb", required=True)
    start = sub.add_parser("start", help="start it and print its ports as JSON")
    start.add_argument("--host", default="mail.example.test", help="its name (default: %(default)s)")
    start.add_argument("--port", type=int, help="submission with STARTTLS (default: a free one)")
    start.add_argument("--smtps", type=int, help="submission with implicit TLS")
    start.add_argument("--smtp", type=int, help="SMTP without authentication")
    start.add_argument("--listen", action="append", metavar="ADDRESS", help="instead of 127.0.0.1 and ::1")
    start.add_argument("--network", action="append", metavar="NET", help="also relays for this network on --smtp")
    start.add_argument("--netns", help="runs in this network namespace")
    start.add_argument("--cert", help="chain as the server sends it, PEM")
    start.add_argument("--key", help="its key, PEM")
    start.add_argument("--set", action="append", metavar="NAME=VALUE", help="a line for main.cf")
    start.set_defaults(do=do_start)
    mails = sub.add_parser("mails", help="print the mails that arrived")
    mails.add_argument("--wait", type=int, default=0, metavar="N", help="until there are N")
    mails.add_argument("--timeout", type=float, default=30)
    mails.set_defaults(do=do_mails)
    sub.add_parser("log", help="print what the servers logged").set_defaults(do=do_log)
    sub.add_parser("stop", help="end it and remove its files").set_defaults(do=do_stop)
    for s in sub.choices.values():
        s.add_argument("--dir", required=True, help="where its state is noted")
    args = p.parse_args()
    try:
        return args.do(args) or 0
    except Unavailable as why:
        print("mailhost: %s" % why, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
