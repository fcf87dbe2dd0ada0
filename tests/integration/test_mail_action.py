"""The mail action as applets use it: every server string of the table, messages, recipients, security, time, and what a
failure leaves behind. Servers follow a script (tests/lib/badsmtp.py) where a real one would not do the thing."""

import email
import email.policy
import os
import re
import ssl

import pytest

import tree
from badsmtp import BadSmtp, Drop, Garbage, Hang, Refuse, Say
from transcript import entries

TABLE_NAMES = ("smtp.gmail.com", "smtp-relay.gmail.com", "host", "xn--bcher-kva.example", "xn--fa-hia.example")
USER, PASSWORD = "username", "password"


def typed(text):
    """A text as it stands between quotes in an action."""
    for char, escaped in (("\\", r"\\"), ('"', r"\""), ("$", r"\$"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r")):
        text = text.replace(char, escaped)
    return '"%s"' % text


class Applet:
    """Runs one mail action after the other, each in an applet of its own, and tells what came of it."""

    count = 0

    def __init__(self, daemon):
        self.daemon = daemon

    def run(self, *actions, event="event none sync yes"):
        """Exit status of `event manager run`, its output, and the log that it left."""
        Applet.count += 1
        name = "A%d" % Applet.count
        lines = ["event manager applet " + name, event] + ["action %02d.0 %s" % (i + 1, a) for i, a in enumerate(actions)]
        answer = self.daemon.ctl("configure terminal", *lines, "end", "clear logging")
        assert answer.code == 0, answer
        ran = self.daemon.run(name)
        log = [line for line in entries(self.daemon.show("show logging")) if not line.startswith("%SYS")]
        return ran, log

    @staticmethod
    def mail(server, rest="", to="noc@example.test", sender="eem@example.test", subject="subject", body="body"):
        """A statement; a server in quotes is taken as it stands."""
        server = server if re.match(r'"[^"]*"$', server) else typed(server)
        return "mail server %s to %s from %s subject %s body %s %s" % (
            server, typed(to), typed(sender), typed(subject), typed(body), rest)

    def sends(self, *arguments, **how):
        ran, log = self.run(self.mail(*arguments, **how))
        assert ran.code == 0 and not any(line.startswith("%HA_EM-3") for line in log), (ran, log)
        return log

    def fails(self, server, rest="", **how):
        """The class, the phase and the whole message of a mail that fails at its only attempt."""
        ran, log = self.run(self.mail(server, (rest + " no-queue").strip(), **how))
        errors = [line for line in log if line.startswith("%HA_EM-3")]
        assert ran.code == 1 and len(errors) == 2, (ran, log)
        assert re.fullmatch(r"%HA_EM-3-FMPD_ERROR: Error executing applet A\d+ statement 01\.0", errors[1]), errors
        match = re.match(r"%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: .* : ([a-zA-Z ]+) \[(\w+) ([\w-]+)(?:: .*)?\]",
                         errors[0], re.S)
        assert match, errors[0]
        return match.group(2), match.group(3), errors[0]


def parsed(mail):
    return email.message_from_bytes(mail.data, policy=email.policy.default)


# --- the table of server strings (a user's, a password's, a host's and a port's way to the server) ---

class AnyPassword:
    """Equals every password, and keeps it."""

    def __init__(self, book, user):
        self.book, self.user = book, user

    def __eq__(self, password):
        self.book.append((self.user, password))
        return True


class AnyUser(dict):
    def __init__(self):
        super().__init__(anybody=True)
        self.seen = []

    def get(self, user, default=None):
        return AnyPassword(self.seen, user)


class Table:
    """Servers on every address and port that the table's strings lead to."""

    def __init__(self, namespace, pki):
        namespace.ip("address", "add", "192.0.2.7/32", "dev", "lo")
        namespace.ip("address", "add", "192.0.2.8/32", "dev", "lo")
        namespace.ip("address", "add", "2001:db8::25/128", "dev", "lo")
        namespace.ip("address", "add", "fe80::1/64", "dev", "eth0", "nodad")
        pki.leaf("table", names=list(TABLE_NAMES) + ["192.0.2.7", "2001:db8::25", "fe80::1"])
        self.users, self.names = AnyUser(), []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.path("table-chain.pem"), pki.path("table-key.pem"))
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.servers = {}
        with namespace.entered():
            for address, port in (("192.0.2.8", 587), ("192.0.2.8", 2525), ("192.0.2.7", 587), ("192.0.2.7", 465),
                                  ("2001:db8::25", 587), ("fe80::1%eth0", 25)):
                self.servers[address, port] = BadSmtp(context=context, implicit=port == 465, users=self.users,
                                                      mechanisms=["PLAIN"], address=address, port=port)

    def take(self):
        """What reached the servers since the last time: (user, password), server name, address and port."""
        for server in self.servers.values():
            server.settle()
        logins, names = list(self.users.seen), list(self.names)
        reached = [at for at, server in self.servers.items() for _ in server.sessions]
        mails = [at for at, server in self.servers.items() for _ in server.mails]
        for server in self.servers.values():
            server.sessions.clear()
            server.mails.clear()
        self.users.seen.clear()
        self.names.clear()
        return logins, names, reached, mails

    def stop(self):
        for server in self.servers.values():
            server.stop()


@pytest.fixture(scope="module")
def table(module_netns, module_daemon, pki):
    made = Table(module_netns, pki)
    daemon = module_daemon(netns=module_netns.name, hosts="192.0.2.8 " + " ".join(TABLE_NAMES))
    daemon.authenticate("ROOT", pki.path("root.pem"))
    yield made, Applet(daemon)
    made.stop()


NAMED, IPV4, IPV6 = "192.0.2.8", "192.0.2.7", "2001:db8::25"
# string: (user, password, server name in the handshake, address, port), or the class of the error
ROWS = {
    1: ("smtp.gmail.com", (None, None, "smtp.gmail.com", NAMED, 587)),
    2: ("alice:secret@smtp.gmail.com", ("alice", "secret", "smtp.gmail.com", NAMED, 587)),
    3: ("email.relay@My.Domain.Name:MyPasswordString@smtp-relay.gmail.com",
        ("email.relay@My.Domain.Name", "MyPasswordString", "smtp-relay.gmail.com", NAMED, 587)),
    4: ("a@b:c@d@host", ("a@b", "c@d", "host", NAMED, 587)),
    5: ("user:p@ss@host", ("user", "p@ss", "host", NAMED, 587)),
    6: ("user:p:a:s@host", ("user", "p:a:s", "host", NAMED, 587)),
    7: ("user:@@@host", ("user", "@@", "host", NAMED, 587)),
    8: ("user::@host", ("user", ":", "host", NAMED, 587)),
    9: ("user:@:@@host", ("user", "@:@", "host", NAMED, 587)),
    10: ("user@host", "NO_PASSWORD"),
    11: ("user@dom.ain@host", "NO_PASSWORD"),
    12: ("@host", "EMPTY_USER"),
    13: (":pw@host", "EMPTY_USER"),
    14: ("user:@host", "EMPTY_PASSWORD"),
    15: ("user:pw@", "EMPTY_HOST"),
    16: ("", "EMPTY"),
    17: ("@", "EMPTY_HOST"),
    18: (":@", "EMPTY_HOST"),
    19: ("user:pw@host:587", ("user", "pw", "host", NAMED, 587)),
    20: ("host:2525", (None, None, "host", NAMED, 2525)),
    21: ("user:pw@host:0", "BAD_PORT"),
    22: ("user:pw@host:65536", "BAD_PORT"),
    23: ("user:pw@host:", "BAD_PORT"),
    24: ("user:pw@host:smtp", "BAD_PORT"),
    25: ("user:pw@192.0.2.7", ("user", "pw", None, IPV4, 587)),
    26: ("user:pw@192.0.2.7:465", ("user", "pw", None, IPV4, 465)),
    27: ("user:pw@[2001:db8::25]", ("user", "pw", None, IPV6, 587)),
    28: ("user:pw@[2001:db8::25]:587", ("user", "pw", None, IPV6, 587)),
    29: ("user:pw@2001:db8::25", ("user", "pw", None, IPV6, 587)),
    30: ("2001:db8::25", (None, None, None, IPV6, 587)),
    31: ("[fe80::1%eth0]:25", (None, None, None, "fe80::1%eth0", 25)),
    32: ("user:pw@[2001:db8::25", "BAD_HOST"),
    33: ("user:pw@[not-v6]", "BAD_HOST"),
    34: ("user:pw@300.1.2.3", "BAD_HOST"),
    35: ("user%40dom:pw@host", ("user%40dom", "pw", "host", NAMED, 587)),
    36: ("user:50%off@host", ("user", "50%off", "host", NAMED, 587)),
    37: ("user:a%3Ab@host", ("user", "a%3Ab", "host", NAMED, 587)),
    38: ("us er:pass word@host", ("us er", "pass word", "host", NAMED, 587)),
    39: ("  user:pw@host  ", ("user", "pw", "host", NAMED, 587)),
    40: ("user: pw @host", ("user", " pw ", "host", NAMED, 587)),
    41: ("user:pw@ho st", "BAD_HOST"),
    42: ("user:pw@host\n", "CONTROL_CHARACTER"),
    43: ("user:p\tw@host", "CONTROL_CHARACTER"),
    44: ('"user":"pw"@host', ('"user"', '"pw"', "host", NAMED, 587)),
    45: ('user:p"w@host', ("user", 'p"w', "host", NAMED, 587)),
    46: ("user:p\\w@host", ("user", "p\\w", "host", NAMED, 587)),
    47: ("söle:pässwörd@host", ("söle", "pässwörd", "host", NAMED, 587)),
    48: ("user:☃@host", ("user", "☃", "host", NAMED, 587)),
    49: ("user:pw@bücher.example", ("user", "pw", "xn--bcher-kva.example", NAMED, 587)),
    50: ("user:pw@faß.example", ("user", "pw", "xn--fa-hia.example", NAMED, 587)),
    51: (os.fsdecode(b"user:\xe9@host"), "BAD_UTF8"),
    52: ("DOMAIN\\user:pw@host", ("DOMAIN\\user", "pw", "host", NAMED, 587)),
    53: ("user/x+tag=1:pw@host", ("user/x+tag=1", "pw", "host", NAMED, 587)),
    54: ("smtp://user:pw@host", ("smtp", "//user:pw", "host", NAMED, 587)),
    55: ("user:pw@host/path", "BAD_HOST"),
    56: ("user:pw@host.", ("user", "pw", "host", NAMED, 587)),
    57: ("user:pw@-host", "BAD_HOST"),
    58: ("user:pw@a..b", "BAD_HOST"),
    60: ("user:pw@USEDNS", "BAD_HOST"),
    63: ("user:pw@host1 host2", "BAD_HOST"),
    64: ("u" * 1100 + ":pw@host", "TOO_LONG"),
}


@pytest.mark.parametrize("row", ROWS)
def test_server_string(table, row):
    servers, applet = table
    string, want = ROWS[row]
    servers.take()
    if isinstance(want, str):
        name, phase, message = applet.fails(string, "secure tls")
        assert (name, phase) == (want, "config"), message
        assert servers.take() == ([], [], [], []), "nothing is sent"
        return
    user, password, sni, address, port = want
    applet.sends(string, "secure tls")
    logins, names, reached, mails = servers.take()
    assert logins == ([(user, password)] if user else [])
    assert names == [sni] and reached == mails == [(address, port)]


def test_server_string_61_an_undefined_variable(table):
    servers, applet = table
    ran, log = applet.run(Applet.mail('"bob:pa$word@host"', "secure tls"))
    assert ran.code == 1 and servers.take()[2] == []
    assert log[-2].startswith("%HA_EM-3-FMPD_UNKNOWN_ENV: ") and log[-2].endswith("could not find environment variable: word")
    assert log[-1].startswith("%HA_EM-3-FMPD_ERROR: ")


def test_server_string_62_is_substituted_once(table):
    servers, applet = table
    applet.daemon.configure("event manager environment _email_server bob:pa$word@host")
    applet.sends('"$_email_server"', "secure tls")
    assert servers.take()[0] == [("bob", "pa$word")]


def test_port_in_the_string_and_in_the_statement(table):
    servers, applet = table
    assert applet.fails("user:pw@host:587", "port 2525 secure tls")[:2] == ("BAD_PORT", "config")
    assert servers.take()[2] == []
    applet.sends("host:2525", "port 2525 secure tls")
    assert servers.take()[2] == [("192.0.2.8", 2525)]


# --- messages ---

@pytest.fixture(scope="module")
def applet(module_daemon, pki, tmp_path_factory):
    """An eventd that trusts the certificates of this module's servers on 127.0.0.1."""
    daemon = module_daemon(hosts="127.0.0.1 mail.example.test", env=tree.vrfs(tmp_path_factory.mktemp("shim"), "lo"))
    daemon.authenticate("ROOT", pki.path("root.pem"))
    return Applet(daemon)


@pytest.fixture(scope="module")
def postfix(module_mailhost):
    return module_mailhost()


def test_an_undefined_cc_is_empty_and_warned_about_once(applet):
    with BadSmtp() as server:
        mail = 'mail server "127.0.0.1" to "a@b.test" from "c@d.test" cc "$_no_such" subject "s" body "b" port %d' % server.port
        ran, log = applet.run(mail)
        assert applet.daemon.run("A%d" % Applet.count).code == 0
        log = entries(applet.daemon.show("show logging"))
        warnings = [line for line in log if "_no_such" in line]
        assert ran.code == 0 and len(warnings) == 1 and warnings[0].startswith("%HA_EM-4-FMPD_UNKNOWN_ENV: "), log
        server.settle()
        assert [(m.recipients, parsed(m)["Cc"]) for m in server.mails] == [(["a@b.test"], None)] * 2


def test_recipient_lists(applet):
    with BadSmtp() as server:
        ran, _ = applet.run('mail server "127.0.0.1" to "a@x.test,Name <b@x.test>; <c@x.test> d@x.test" from "NOC <e@x.test>" '
                            'cc "f@x.test a@x.test" bcc "secret@x.test" subject "s" body "b" port %d' % server.port)
        assert ran.code == 0
        server.settle()
        mail, = server.mails
        assert mail.sender == "e@x.test"
        assert mail.recipients == [c + "@x.test" for c in "abcdf"] + ["secret@x.test"]
        message = parsed(mail)
        assert [a.addr_spec for a in message["To"].addresses] == [c + "@x.test" for c in "abcd"]
        assert message["To"].addresses[1].display_name == "Name" and message["From"].addresses[0].display_name == "NOC"
        assert message["Bcc"] is None and "secret" not in mail.text


@pytest.mark.parametrize("to", ["", "no address", "a@b@c.test", "<a@b.test", "-x@y.test", "a@b.test\nRCPT TO:<evil@x.test>",
                                "a@b.test\r\nDATA", "x@" + "y" * 300])
def test_bad_recipients(applet, to):
    with BadSmtp() as server:
        name, phase, message = applet.fails("127.0.0.1", "port %d" % server.port, to=to)
        assert (name, phase) == ("BAD_ADDRESS", "config"), message
        assert not server.sessions


def test_headers_cannot_be_injected(applet):
    """A subject that foreign text filled: one line, and no recipient more."""
    with BadSmtp() as server:
        applet.daemon.configure("event manager environment _more x")
        ran, _ = applet.run(r'set subject "Link down\r\nBcc: evil@x.test\n\nFrom: nobody"',
                            'mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "$subject" body "b" port %d' % server.port)
        assert ran.code == 0
        server.settle()
        mail, = server.mails
        assert mail.recipients == ["a@x.test"]
        head = mail.text.split("\r\n\r\n")[0]
        assert not re.search("^(Bcc|From: nobody)", head, re.M)
        assert parsed(mail)["Subject"] == "Link down Bcc: evil@x.test From: nobody"


def test_bodies_arrive_as_they_are(applet):
    """Dots, bare line ends, an end-of-mail in the middle."""
    with BadSmtp() as server:
        body = "first\n.\n..two dots\n\n.\r\nQUIT\nlast"
        applet.sends("127.0.0.1", "port %d" % server.port, body=body)
        server.settle()
        mail, = server.mails
        assert parsed(mail).get_content().replace("\r\n", "\n") == body.replace("\r\n", "\n") + "\n"
        assert not re.search(rb"[^\r]\n|\r[^\n]", mail.data)


def test_long_lines(applet):
    with BadSmtp() as server:
        ran, _ = applet.run('set line "0123456789"', *['set line "$line$line"'] * 9,
                            'mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "$line" body "$line" port %d' % server.port)
        assert ran.code == 0
        server.settle()
        mail, = server.mails
        assert max(len(line) for line in mail.data.split(b"\r\n")) <= 998
        message = parsed(mail)
        assert message.get_content().rstrip("\r\n") == "0123456789" * 512
        assert message["Subject"].replace(" ", "") == "0123456789" * 512


@pytest.mark.parametrize("offers", [("8BITMIME",), ()])
@pytest.mark.parametrize("body", ["Größe: 5 µm", "接口断开了，请检查" * 20])
def test_text_that_is_not_ascii(applet, offers, body):
    with BadSmtp(offers=offers) as server:
        applet.sends("127.0.0.1", "port %d" % server.port, subject="Störung ☃ an der Leitung " * 4, body=body)
        server.settle()
        mail, = server.mails
        head, _, text = mail.data.partition(b"\r\n\r\n")
        assert head.isascii() and (offers or text.isascii())
        assert parsed(mail)["Subject"] == ("Störung ☃ an der Leitung " * 4).rstrip()
        assert parsed(mail).get_content().rstrip("\r\n") == body


def test_postfix_takes_text_that_is_not_ascii(applet, postfix):
    before = len(postfix.mails())
    applet.sends("mail.example.test", "port %d" % postfix.smtp, subject="Grüße ☃", body="naïve\n.\nend")
    mail = postfix.wait_mail(before + 1)[-1]
    assert mail["Subject"] == "Grüße ☃" and mail.get_content() == "naïve\n.\nend\n"


def test_headers_that_are_always_there(applet):
    with BadSmtp() as server:
        applet.sends("127.0.0.1", "port %d" % server.port)
        applet.sends("127.0.0.1", "port %d" % server.port)
        server.settle()
        messages = [parsed(m) for m in server.mails]
        for message in messages:
            for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
                         "Auto-Submitted", "X-EEM-Applet"):
                assert len(message.get_all(name)) == 1, name
            assert re.fullmatch(r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", message["Date"])
        assert messages[0]["Message-ID"] != messages[1]["Message-ID"]


# --- recipients that a server refuses ---

def test_one_refused_recipient_does_not_stop_the_others(applet, postfix):
    before = len(postfix.mails())
    ran, log = applet.run(Applet.mail("mail.example.test", "port %d" % postfix.smtp, to="refused@x.test ok@x.test later@x.test"))
    assert postfix.wait_mail(before + 1)[-1]["X-Original-To"] == "ok@x.test"
    told = [line for line in log if line.startswith("%HA_EM-4-FMPD_SMTP_RECIPIENT: ")]
    assert len(told) == 2 and all(line.endswith("; 1 of 3 recipients have it") for line in told), log
    assert "not delivered to refused@x.test: 550 " in told[0] and "not delivered to later@x.test: 451 " in told[1]
    assert ran.code == 1 and "[RECIPIENT_REJECTED rcpt: refused@x.test: 550 " in log[-2]


def test_all_recipients_refused(applet, postfix):
    name, phase, message = applet.fails("mail.example.test", "port %d" % postfix.smtp, to="refused@x.test")
    assert (name, phase) == ("RECIPIENT_REJECTED", "rcpt") and " : error in sending mail [" in message and "No such user here" in message


# --- words of the statement ---

def test_with_and_without_the_queue(applet):
    """What passes fails the statement only where nothing is kept; `queue` is the word for what the configuration took away."""
    with BadSmtp(at={"mail": Say("451 4.3.0 later")}) as server:
        mail = Applet.mail("127.0.0.1", "port %d" % server.port)
        told = 'syslog msg "<$_mail_result><$_mail_error>"'
        before = applet.daemon.json("show mail queue")["count"]
        for words, configured, queued in (("", [], True), ("queue", [], True), ("no-queue", [], False),
                                          ("", ["no event manager mail queue"], False),
                                          ("queue", ["no event manager mail queue"], True)):
            if configured:
                applet.daemon.configure(*configured)
            ran, log = applet.run((mail + " " + words).strip(), told)
            applet.daemon.configure("event manager mail queue")
            if queued:
                assert ran.code == 0 and log[-1].endswith("<queued><SENDER_REJECTED>"), log
                assert re.fullmatch(r"%HA_EM-4-FMPD_SMTP_DEFERRED: Mail of applet A\d+ to 127\.0\.0\.1 deferred: "
                                    r"error in sending mail \[SENDER_REJECTED mail\], next try in \d+ s", log[-2]), log
            else:
                assert ran.code == 1 and log[-1].startswith("%HA_EM-3-FMPD_ERROR"), log
        assert applet.daemon.json("show mail queue")["count"] == before + 3
        applet.daemon.ctl("mail queue delete all")


def test_ipv6_literals(applet, pki, tls):
    with BadSmtp(address="::1", users={USER: PASSWORD}, **tls) as server:
        applet.sends("%s:%s@[::1]:%d" % (USER, PASSWORD, server.port), "secure tls")
        applet.sends("::1", "port %d secure tls" % server.port)
        server.settle()
        assert [m.user for m in server.mails] == [USER, None]


def test_source_address_and_interface(applet):
    with BadSmtp() as server:
        applet.sends("127.0.0.1", "source-address 127.0.0.9 port %d" % server.port)
        applet.sends("127.0.0.1", "source-interface lo port %d" % server.port)
        server.settle()
        assert [s.peer[0] for s in server.sessions] == ["127.0.0.9", "127.0.0.1"]
        for words in ("source-address 192.0.2.99", "source-interface none0"):
            assert applet.fails("127.0.0.1", "%s port %d" % (words, server.port))[:2] == ("SOURCE_UNAVAILABLE", "connect")
        assert len(server.sessions) == 2


def test_a_vrf_is_a_device(applet):
    """The loopback leads to the server, as a VRF's device would."""
    with BadSmtp() as server:
        applet.sends("127.0.0.1", "vrf lo port %d" % server.port)
        applet.sends("127.0.0.1", "source-address 127.0.0.9 vrf lo port %d" % server.port)
        server.settle()
        assert [s.peer[0] for s in server.sessions] == ["127.0.0.1", "127.0.0.9"]
        assert applet.fails("127.0.0.1", "vrf nowhere port %d" % server.port)[:2] == ("SOURCE_UNAVAILABLE", "connect")
        assert len(server.sessions) == 2


# --- security ---

def test_smtps_and_its_default(applet, tls):
    with BadSmtp(implicit=True, users={USER: PASSWORD}, **tls) as server:
        applet.sends("username:password@127.0.0.1", "port %d secure smtps" % server.port)
        server.settle()
        assert server.mails[0].secure and server.sessions[0].clear == []


def test_passwords_do_not_leave_in_the_clear(applet):
    with BadSmtp(users={USER: PASSWORD}) as server:
        for words in ("port %d", "port %d secure none"):
            assert applet.fails("username:password@127.0.0.1", words % server.port)[:2] == ("AUTH_NEEDS_TLS", "auth")
        server.settle()
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.everything())
        applet.daemon.configure("mail allow-cleartext-auth")
        applet.sends("username:password@127.0.0.1", "port %d" % server.port)
        applet.daemon.configure("no mail allow-cleartext-auth")
        server.settle()
        assert server.logins == [USER]


def test_starttls_is_demanded(applet):
    with BadSmtp(users={USER: PASSWORD}) as server:
        assert applet.fails("username:password@127.0.0.1", "port %d secure tls" % server.port)[:2] == ("TLS_NOT_OFFERED", "starttls")
        server.settle()
        assert [line.split()[0] for line in server.everything()] == ["EHLO", "QUIT"]


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("user, password", [("email.relay@My.Domain.Name", "MyPasswordString"), ("alice@example.test", "p@ss:w0rd")])
def test_mechanisms_against_postfix(applet, postfix, mechanism, user, password):
    before, log = len(postfix.mails()), len(postfix.log())
    applet.daemon.configure("mail auth mechanism " + mechanism)
    applet.sends("%s:%s@mail.example.test" % (user, password), "port %d secure tls" % postfix.submission)
    postfix.wait_mail(before + 1)
    applet.daemon.configure("no mail auth mechanism")
    assert "sasl_method=%s, sasl_username=%s" % (mechanism, user) in postfix.log()[log:]


def test_logins_that_fail(applet, postfix, tls):
    mail = ("username:wrong-one@mail.example.test", "port %d secure tls" % postfix.submission)
    name, phase, message = applet.fails(*mail)
    assert (name, phase) == ("AUTH_FAILED", "auth") and " : error in authentication [" in message and "wrong-one" not in message
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["X-OWN"], **tls) as server:
        assert applet.fails("username:password@127.0.0.1", "port %d secure tls" % server.port)[0] == "AUTH_NO_COMMON_MECH"
    with BadSmtp(**tls) as server:
        assert applet.fails("username:password@127.0.0.1", "port %d secure tls" % server.port)[0] == "AUTH_NOT_OFFERED"
    with BadSmtp(users={USER: PASSWORD}, at={"auth": Refuse("454 4.7.0 try later")}, **tls) as server:
        assert applet.fails("username:password@127.0.0.1", "port %d secure tls" % server.port)[0] == "AUTH_TEMPFAIL"


def test_a_sender_that_is_not_the_account_s(applet, tls):
    with BadSmtp(users={USER: PASSWORD}, at={"mail": Say("553 5.7.1 not your address")}, **tls) as server:
        name, phase, message = applet.fails("username:password@127.0.0.1", "port %d secure tls" % server.port)
        assert (name, phase) == ("SENDER_REJECTED", "mail")
        assert "not your address" in message and "the From address must belong to the account username" in message


# --- servers in trouble, as an applet sees them ---

@pytest.mark.parametrize("at, name, phase, reason", [
    ({"banner": Say("554 5.3.2 no service", close=True)}, "BANNER_REJECTED", "banner", "error in connecting to SMTP server"),
    ({"banner": Garbage()}, "PROTOCOL_ERROR", "banner", "error in connecting to SMTP server"),
    ({"ehlo": Drop()}, "CONNECTION_LOST", "ehlo", "error in connecting to SMTP server"),
    ({"mail": Say("451 4.3.0 later")}, "SENDER_REJECTED", "mail", "error in sending mail"),
    ({"rcpt": Garbage()}, "PROTOCOL_ERROR", "rcpt", "error in reply from SMTP server"),
    ({"data": Say("451 4.3.0 later")}, "DATA_REJECTED", "data", "error in sending mail"),
    ({"body": Drop()}, "CONNECTION_LOST", None, "error in sending mail"),
    ({"dot": Say("552 5.3.4 too much")}, "MESSAGE_REJECTED", "dot", "error in sending mail"),
    ({"dot": Drop()}, "CONNECTION_LOST", "dot", "error in sending mail"),
])
def test_trouble(applet, at, name, phase, reason):
    with BadSmtp(at=at) as server:
        got, where, message = applet.fails("127.0.0.1", "port %d" % server.port)
        assert got == name and (phase is None or where == phase) and " : %s [" % reason in message, message
        assert server.mails == []


def test_trouble_after_the_mail_was_taken_is_none(applet):
    with BadSmtp(at={"quit": Drop()}) as server:
        applet.sends("127.0.0.1", "port %d" % server.port)


@pytest.mark.parametrize("phase", ["banner", "ehlo", "starttls", "tls", "dot"])
def test_a_server_that_hangs_ends_before_maxrun(applet, tls, phase):
    with BadSmtp(at={phase: Hang()}, **tls) as server:
        ran, log = applet.run(Applet.mail("127.0.0.1", "port %d secure tls no-queue" % server.port), event="event none sync yes maxrun 1.2")
        errors = [line for line in log if line.startswith("%HA_EM-3")]
        assert ran.code == 1 and len(errors) == 2, log
        assert re.search(r" : timeout error \[TIMEOUT %s\b" % phase, errors[0]), errors
        assert errors[1].startswith("%HA_EM-3-FMPD_ERROR: ") and "maxrun" not in "\n".join(log)
        ran, log = applet.run(Applet.mail("127.0.0.1", "port %d secure tls" % server.port), event="event none sync yes maxrun 1.2")
        assert ran.code == 0 and re.search(r"FMPD_SMTP_DEFERRED: .* deferred: timeout error \[TIMEOUT %s\]" % phase, log[-1]), log
        applet.daemon.ctl("mail queue delete all")


def test_mail_timeout(applet):
    applet.daemon.configure("mail timeout 1")
    with BadSmtp(at={"rcpt": Hang()}) as server:
        name, phase, message = applet.fails("127.0.0.1", "port %d" % server.port)
    applet.daemon.configure("no mail timeout")
    assert (name, phase) == ("TIMEOUT", "rcpt") and " : timeout error [" in message


def test_nobody_listens(applet):
    with BadSmtp() as server:
        port = server.port
    assert applet.fails("127.0.0.1", "port %d" % port)[:2] == ("CONNECT_REFUSED", "connect")


def test_many_mails_at_once(applet):
    """More runs than helper processes: each mail arrives, once."""
    d = applet.daemon
    with BadSmtp() as server:
        d.configure("event manager scheduler applet thread class default number 12", "event manager applet MANY", "event none",
                    'action 1.0 mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "mail $_none_arg1" body "b" port %d' % server.port,
                    'action 2.0 syslog msg "$_none_arg1 is $_mail_result"')
        d.ctl("clear logging")
        assert d.ctl(*["event manager run MANY %d" % n for n in range(20)]).code == 0
        for n in range(20):
            d.wait_log("MANY: %d is sent" % n)
        server.settle()
        assert sorted(int(parsed(m)["Subject"].split()[1]) for m in server.mails) == list(range(20))
        assert len([p for p in d.json("show system processes")["processes"] if p["name"] == "eventd-mail" and p["pid"]]) <= 4
        d.configure("no event manager scheduler applet thread class default number 12")


# --- what a failure leaves behind ---

def test_variables_and_error_handling(applet):
    with BadSmtp() as good, BadSmtp(at={"rcpt": Say("550 5.1.1 no")}) as bad:
        told = 'syslog msg "<$_mail_result><$_mail_error>"'
        ran, log = applet.run("handle-error type ignore", Applet.mail("127.0.0.1", "port %d" % bad.port),
                              'set name "$_error"', told, 'syslog msg "<$name>"', Applet.mail("127.0.0.1", "port %d" % good.port), told)
        assert ran.code == 0
        texts = [line.split(": ", 2)[2] for line in log if line.startswith("%HA_EM-6-LOG")]
        assert texts == ["<held><RECIPIENT_REJECTED>", "<FH_ESMTP>", "<sent><>"] and not any("-3-" in line for line in log)
        ran, log = applet.run("handle-error type warn", Applet.mail("127.0.0.1", "port %d" % bad.port), told)
        assert ran.code == 0 and any(line.startswith("%HA_EM-3-FMPD_SMTP") for line in log) and "<held>" in log[-1]
        ran, log = applet.run(Applet.mail("127.0.0.1", "port %d" % bad.port), told)
        assert ran.code == 1 and not any("<held>" in line for line in log)
