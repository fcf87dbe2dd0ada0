"""A mail server that follows a script, for what real ones do only on their worst days. Good when nothing is asked of it.

    with BadSmtp() as server:                                   # good: EHLO, mail, 250
        ...
        server.mails[0].text

    BadSmtp(cert=chain, key=key)                                # offers STARTTLS
    BadSmtp(cert=chain, key=key, implicit=True)                 # TLS from the first byte
    BadSmtp(users={"bob": "hunter22"}, mechanisms=["PLAIN"])    # offers AUTH (after TLS when there is a certificate)
    BadSmtp(at={"banner": Hang()})                              # does something else than answering at that phase
    BadSmtp(at={"rcpt": Say("450 4.2.1 later")})
    BadSmtp(at={"rcpt": [None, Say("550 no")]})                 # one for each time the phase is reached; None is good

Phases: accept, banner, ehlo, starttls, tls, ehlo2, auth, auth2 (each further answer), mail, rcpt, data, body (while the text
comes), dot, rset, quit. At `accept` and `tls` there is nobody to answer: the action comes before TLS is begun.

Actions: Hang(), Take() (at `dot`: keeps the mail, and never says so), Drop(), Reset(), Garbage(), Say(text), Refuse(text), Raw(bytes), Drip(text, seconds), Wait(event), Flood(line, times), Inject(text).
Say adds CR LF to every line. After a Hang or a Drop nothing more is said on that connection.

What came in is in `server.mails`, `server.sessions` (each with .lines, every line the client sent, .clear, those before
TLS, and .peer, its address) and `server.logins` (user names that logged in). The server speaks to many clients at once, on 127.0.0.1.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import select
import socket
import ssl
import struct
import threading
import time


class Gone(Exception):
    """The client closed, or an action ended the connection."""


class Action:
    def run(self, session):
        raise NotImplementedError


class Hang(Action):
    """Says nothing any more until the client gives up."""

    def run(self, session):
        session.wait_closed()
        raise Gone()


class Wait(Action):
    """Answers when the event is set."""

    def __init__(self, event):
        self.event = event

    def run(self, session):
        self.event.wait(60)
        return None


class Take(Hang):
    """Has the mail, and says nothing any more."""

    def run(self, session):
        session.server.mails.append(session.mail)
        super().run(session)


class Drop(Action):
    """Closes the connection."""

    def run(self, session):
        raise Gone()


class Reset(Action):
    """Closes with a TCP reset."""

    def run(self, session):
        session.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone()


class Raw(Action):
    """Sends these octets, and nothing else, in place of the answer; then it waits for the client to go."""

    def __init__(self, data, stay=True):
        self.data, self.stay = data, stay

    def run(self, session):
        session.send(self.data)
        if self.stay:
            session.wait_closed()
        raise Gone()


class Garbage(Raw):
    def __init__(self):
        super().__init__(b"\xff\xfe this is no reply \x00\r\n")


class Say(Action):
    """Answers with these lines instead, and goes on (to the next command) unless `close` is set."""

    def __init__(self, text, close=False):
        self.text, self.close = text, close

    def run(self, session):
        session.reply(self.text)
        if self.close:
            raise Gone()
        return self.text


class Refused(Exception):
    """The command under way has had its answer."""


class Refuse(Action):
    """At `auth` and `auth2`: answers and ends the login, not the connection."""

    def __init__(self, text):
        self.text = text

    def run(self, session):
        session.reply(self.text)
        raise Refused()


class Drip(Action):
    """Sends text one octet at a time, `seconds` apart, and never ends it: a reply that is always about to come."""

    def __init__(self, text="250-and another thing\r\n", seconds=0.05):
        self.text, self.seconds = text.encode(), seconds

    def run(self, session):
        while True:
            for octet in self.text:
                session.send(bytes([octet]))
                if session.closed(self.seconds):
                    raise Gone()


class Flood(Action):
    """Sends one line many times: a reply without end, a line without end."""

    def __init__(self, line=b"250-more\r\n", times=1000000):
        self.line, self.times = line, times

    def run(self, session):
        block = self.line * max(1, 65536 // len(self.line))
        for _ in range(max(1, self.times * len(self.line) // len(block))):
            session.send(block)
        session.wait_closed()
        raise Gone()


class Inject(Say):
    """Answers, and sends more than was asked for in the same packet."""

    def __init__(self, text, more="250 injected"):
        super().__init__(text)
        self.more = more

    def run(self, session):
        session.send((self.text + "\r\n" + self.more + "\r\n").encode())
        return self.text


class Mail:
    def __init__(self, sender, recipients, data, secure, user):
        self.sender, self.recipients, self.data, self.secure, self.user = sender, recipients, data, secure, user

    @property
    def text(self):
        return self.data.decode("utf-8", "surrogateescape")


class Session:
    """One connection, in a thread of its own."""

    def __init__(self, server, raw, peer):
        self.server, self.raw, self.sock, self.peer = server, raw, raw, peer
        self.buffer = b""
        self.lines, self.clear = [], []
        self.tls, self.user = False, None
        self.sender, self.recipients = None, []
        self.seen = {}

    # --- octets ---

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (OSError, ssl.SSLError):
            raise Gone()

    def reply(self, text):
        self.send("".join(line + "\r\n" for line in text.split("\n")).encode())

    def closed(self, seconds=0.0):
        """Has the client gone? What it sends meanwhile is read and kept."""
        if not select.select([self.raw], [], [], seconds)[0]:
            return False
        try:
            data = self.sock.recv(65536)
        except (OSError, ssl.SSLError, ValueError):
            return True
        self.buffer += data
        return not data

    def wait_closed(self):
        deadline = time.monotonic() + 60
        while not self.closed(0.2):
            if self.server.stopping or time.monotonic() > deadline:
                break

    def line(self):
        while b"\n" not in self.buffer:
            try:
                data = self.sock.recv(65536)
            except (OSError, ssl.SSLError):
                raise Gone()
            if not data:
                raise Gone()
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        text = line.rstrip(b"\r").decode("utf-8", "surrogateescape")
        self.lines.append(text)
        if not self.tls:
            self.clear.append(text)
        return text

    # --- the script ---

    def answer(self, phase, text):
        """Says text, or does what the script wants at this phase. Returns what was said."""
        count = self.seen[phase] = self.seen.get(phase, 0) + 1
        action = self.server.at.get(phase)
        if isinstance(action, list):
            action = action[count - 1] if count <= len(action) else None
        said = action.run(self) if action is not None else None
        if said is not None:
            return said
        if action is not None and not isinstance(action, Wait):
            return ""
        if text is not None:
            self.reply(text)
        return text or ""

    def run(self):
        try:
            self.answer("accept", None)
            if self.server.implicit:
                self.start_tls()
            if not self.answer("banner", "220 bad.example.test ESMTP").startswith("220"):
                raise Gone()
            while True:
                self.command(self.line())
        except Gone:
            pass
        finally:
            try:
                self.sock.close()
            except OSError:
                pass
            self.server.finished(self)

    def start_tls(self):
        if "tls" in self.server.at:
            select.select([self.raw], [], [], 10)  # trouble comes when the ClientHello is there, not before
        self.answer("tls", None)
        try:
            self.sock = self.server.context.wrap_socket(self.raw, server_side=True)
        except (OSError, ssl.SSLError):
            raise Gone()
        self.raw = self.sock  # wrapping took the descriptor away
        self.tls, self.buffer = True, b""

    # --- the dialogue ---

    def command(self, line):
        word = line.split(" ")[0].upper()
        known = getattr(self, "do_" + word.lower(), None)
        if known is None:
            self.reply("502 5.5.1 command not known")
        else:
            known(line)

    def capabilities(self):
        server = self.server
        lines = ["bad.example.test"] + list(server.offers)
        if server.context and not self.tls:
            lines.append("STARTTLS")
        if (server.users or server.tokens) and (self.tls or not server.context):
            lines.append("AUTH " + " ".join(server.mechanisms))
        return "\n".join("250%s%s" % (" " if i == len(lines) - 1 else "-", text) for i, text in enumerate(lines))

    def do_ehlo(self, line):
        self.answer("ehlo2" if self.tls and not self.server.implicit else "ehlo", self.capabilities())

    def do_helo(self, line):
        self.reply("250 bad.example.test")

    def do_starttls(self, line):
        said = self.answer("starttls", "220 2.0.0 go ahead")
        if said.startswith("220"):
            self.start_tls()

    def do_mail(self, line):
        self.sender, self.recipients, self.parameters = address(line), [], line
        if self.server.needs_login and not self.user:
            self.reply("530 5.7.0 authentication required")
            return
        if not self.answer("mail", "250 2.1.0 ok").startswith("250"):
            self.sender = None

    def do_rcpt(self, line):
        if self.sender is None:
            self.reply("503 5.5.1 no sender")
        elif self.answer("rcpt", "250 2.1.5 ok").startswith("2"):
            self.recipients.append(address(line))

    def do_rset(self, line):
        self.answer("rset", "250 2.0.0 ok")

    def do_quit(self, line):
        self.answer("quit", "221 2.0.0 bye")
        raise Gone()

    def do_data(self, line):
        if not self.answer("data", "354 go on" if self.recipients else "503 5.5.1 no recipients").startswith("354"):
            return
        self.answer("body", None)
        text = []
        while True:
            line = self.line()
            if line == ".":
                break
            text.append(line[1:] if line.startswith(".") else line)
        data = "".join(l + "\r\n" for l in text).encode("utf-8", "surrogateescape")
        self.mail = Mail(self.sender, self.recipients, data, self.tls, self.user)
        if self.answer("dot", "250 2.0.0 accepted").startswith("250"):
            self.server.mails.append(self.mail)

    # --- AUTH ---

    def do_auth(self, line):
        parts = line.split(" ")
        mechanism = parts[1].upper()
        if mechanism not in self.server.mechanisms:
            self.reply("504 5.5.4 mechanism not known")
            return
        self.initial = parts[2] if len(parts) > 2 else None
        try:
            self.answer("auth", None)
            user = getattr(self, "auth_" + mechanism.lower().replace("-", "_"))()
        except Refused:
            return
        except ValueError as why:
            self.reply("501 5.5.2 %s" % why)
            return
        if user is None:
            self.reply("535 5.7.8 authentication credentials invalid")
            return
        self.user = user
        self.server.logins.append(user)
        self.answer("auth_ok", "235 2.7.0 Authentication successful")

    def challenge(self, data):
        self.answer("auth2", "334 " + base64.b64encode(data).decode())
        line = self.line()
        if line == "*":
            raise ValueError("cancelled")
        return base64.b64decode(line)

    def initial_response(self):
        if self.initial is None:
            return self.challenge(b"")
        return b"" if self.initial == "=" else base64.b64decode(self.initial)

    def check(self, user, password):
        return user if self.server.users.get(user) == password else None

    def auth_plain(self):
        _, user, password = self.initial_response().decode().split("\0")
        return self.check(user, password)

    def auth_login(self):
        if self.initial is not None:
            raise ValueError("no initial response here")
        user = self.challenge(b"Username:").decode()
        return self.check(user, self.challenge(b"Password:").decode())

    def auth_cram_md5(self):
        nonce = b"<1896.697170952@bad.example.test>"
        user, digest = self.challenge(nonce).decode().rsplit(" ", 1)
        known = self.server.users.get(user)
        return user if known and hmac.new(known.encode(), nonce, "md5").hexdigest() == digest else None

    def auth_external(self):
        """The client certificate says who it is."""
        name = self.initial_response().decode()
        return name if self.sock.getpeercert() else None

    # A token that is not known: the reason as JSON, the client's empty answer (RFC 7628 3.2.2), then 535.
    def token(self, user, token, closes):
        if self.server.tokens.get(user) == token:
            return user
        if self.challenge(json.dumps({"status": "401", "schemes": "bearer", "scope": "mail"}).encode()) != closes:
            raise ValueError("the error was not acknowledged")
        return None

    def auth_xoauth2(self):
        user, auth, rest = self.initial_response().decode().split("\x01", 2)
        if not user.startswith("user=") or not auth.startswith("auth=Bearer ") or rest != "\x01":
            raise ValueError("not XOAUTH2")
        return self.token(user[5:], auth[12:], b"")

    def auth_oauthbearer(self):
        head, *fields = self.initial_response().decode().split("\x01")
        values = dict(f.split("=", 1) for f in fields if f)
        if not head.startswith("n,a=") or fields[-2:] != ["", ""] or values["port"] != str(self.server.port):
            raise ValueError("not OAUTHBEARER")
        user = head[4:].rstrip(",").replace("=2C", ",").replace("=3D", "=")
        return self.token(user, values["auth"][len("Bearer "):], b"\x01")

    def auth_scram_sha_256_plus(self):
        return self.scram("sha256", plus=True)

    def auth_scram_sha_1_plus(self):
        return self.scram("sha1", plus=True)

    def auth_scram_sha_256(self):
        return self.scram("sha256")

    def auth_scram_sha_1(self):
        return self.scram("sha1")

    def scram(self, digest, plus=False):
        first = self.initial_response().decode()
        self.server.gs2.append(first.split(",")[0])
        bare = first.split(",", 2)[2]
        fields = dict(f.split("=", 1) for f in bare.split(","))
        user = fields["n"].replace("=2C", ",").replace("=3D", "=")
        salt, nonce = os.urandom(12), fields["r"] + base64.b64encode(os.urandom(12)).decode()
        server_first = "r=%s,s=%s,i=%d" % (nonce, base64.b64encode(salt).decode(), self.server.iterations)
        last = self.challenge(server_first.encode()).decode()
        without_proof, proof = last.rsplit(",p=", 1)
        header = ",".join(first.split(",", 2)[:2]).encode() + b","
        bound = self.server.binding(self, first.split(",")[0][2:]) if plus else b""
        if dict(f.split("=", 1) for f in without_proof.split(","))["c"] != base64.b64encode(header + bound).decode():
            return None
        message = ",".join([bare, server_first, without_proof]).encode()
        known = self.server.users.get(user)
        if known is None:
            return None
        salted = hashlib.pbkdf2_hmac(digest, known.encode(), salt, self.server.iterations)

        def keyed(key, text):
            return hmac.new(key, text, digest).digest()
        client_key = keyed(salted, b"Client Key")
        signature = keyed(hashlib.new(digest, client_key).digest(), message)
        if bytes(a ^ b for a, b in zip(client_key, signature)) != base64.b64decode(proof):
            return None
        verifier = keyed(keyed(salted, b"Server Key"), message)
        if self.server.lies:
            verifier = bytes(len(verifier))
        if self.server.lies != "silent":
            self.challenge(b"v=" + base64.b64encode(verifier))
        return user


def address(line):
    found = re.search("<(.*?)>", line)
    return found.group(1) if found else ""


class BadSmtp:
    def __init__(self, at=None, cert=None, key=None, implicit=False, users=None, mechanisms=None, needs_login=False,
                 offers=("PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES"), address="127.0.0.1", port=0,
                 context=None, iterations=4096, lies=None, tokens=None, binding=None):
        """lies: a SCRAM server that does not know the password: True sends a wrong signature, "silent" none at all. tokens: OAuth
        tokens by user. binding(session, name): the channel binding of that name on a session, for SCRAM-...-PLUS."""
        self.tokens, self.binding, self.gs2 = tokens or {}, binding, []
        self.at, self.implicit, self.users, self.needs_login = at or {}, implicit, users or {}, needs_login
        self.mechanisms = mechanisms or ["PLAIN", "LOGIN"]
        self.offers, self.iterations, self.lies = offers, iterations, lies
        self.context = context
        if cert and not context:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(cert, key)
        self.mails, self.sessions, self.logins = [], [], []
        self.stopping = False
        self.address = address
        family, _, _, _, at = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]  # knows fe80::1%eth0
        self.listener = socket.create_server(at, family=family)
        self.port = self.listener.getsockname()[1]
        self.open = 0
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while not self.stopping:
            if not select.select([self.listener], [], [], 0.1)[0]:
                continue
            try:
                sock, peer = self.listener.accept()
            except OSError:
                break
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, sock, peer)
            self.sessions.append(session)
            with self.changed:
                self.open += 1
            threading.Thread(target=session.run, daemon=True).start()

    def finished(self, session):
        with self.changed:
            self.open -= 1
            self.changed.notify_all()

    def reached(self, phase):
        """How often clients have come to this phase."""
        return sum(session.seen.get(phase, 0) for session in list(self.sessions))

    def settle(self, seconds=10):
        """Waits until every connection is over: then what they brought is complete."""
        with self.changed:
            return self.changed.wait_for(lambda: self.open == 0, seconds)

    def everything(self):
        """Every line that any client sent."""
        return [line for session in self.sessions for line in session.lines]

    def stop(self):
        self.stopping = True
        self.thread.join(5)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
