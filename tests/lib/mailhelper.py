"""Drives build/eventd-mail as the engine does: job frames in, trace and result frames out (actions/mail/job.h).

    with MailHelper() as helper:
        result, traces = helper.run(job(port=server.port, secure="tls", trust=[pki.path("root.pem")]))
"""

import base64
import itertools
import json
import os
import select
import ssl
import struct
import subprocess
import time

import tree

MESSAGE = ("Date: Thu, 26 Sep 2024 15:23:39 +0200\r\nFrom: eem@r1.example\r\nTo: noc@example.net\r\nSubject: link\r\n"
           "Message-ID: <1@r1.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
           "Content-Transfer-Encoding: 7bit\r\n\r\nfirst line\r\n.a line with a dot\r\n.\r\nlast line\r\n")
DEBUG_MAIL = 1
DEBUG_ALL = (1 << 16) - 1

ids = itertools.count(1)


def trustpoint(path, name=None, revocation=("none",), **more):
    """A trustpoint of a job's snapshot, from a PEM file."""
    with open(path) as f:
        der = ssl.PEM_cert_to_DER_cert(f.read())
    return dict({"name": name or os.path.basename(path), "certificate": base64.b64encode(der).decode(),
                 "revocation_check": list(revocation), "chain_continue": False}, **more)


def job(port, host="127.0.0.1", trust=(), timeouts=None, **more):
    """A whole job; what is not said is harmless and quick."""
    kind = "ipv6" if ":" in host else "ipv4" if host.replace(".", "").isdigit() else "name"
    made = {"type": "job", "version": 1, "id": next(ids), "verb": "deliver", "policy": "LINK", "host": host, "host_kind": kind,
            "port": port, "from": "eem@r1.example", "recipients": ["noc@example.net"], "message": MESSAGE,
            "helo": "r1.example", "debug": DEBUG_ALL, "secure": "opportunistic",
            "trust": [t if isinstance(t, dict) else trustpoint(t) for t in trust],
            "timeouts": dict({"total": 20000}, **(timeouts or {}))}
    made.update(more)
    return {key: value for key, value in made.items() if value is not None}


class MailHelper:
    def __init__(self, program=None, env=None):
        self.program = program or os.path.join(tree.BUILD, "eventd-mail")
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, **(env or {})))
        self.buffer = b""
        self.events = []  # where deliveries have got to, taken out of what next() answers

    def send(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(struct.pack(">I", len(body)) + body)
        self.process.stdin.flush()

    def next(self, seconds=30):
        """The next message, or None when the helper has ended."""
        deadline = time.monotonic() + seconds
        while True:
            if len(self.buffer) >= 4:
                size = struct.unpack(">I", self.buffer[:4])[0]
                if len(self.buffer) >= 4 + size:
                    body, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
                    message = json.loads(body)
                    if message["type"] != "event":
                        return message
                    self.events.append(message)
                    continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError("eventd-mail says nothing")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return None
            self.buffer += data

    def result(self, id, seconds=30):
        """The result of this job and the texts of the traces before it."""
        traces = []
        while True:
            message = self.next(seconds)
            assert message is not None, "eventd-mail ended in the middle of a job"
            if message["type"] == "trace":
                traces.append(message["text"])
            elif message["id"] == id:
                return message, traces

    def run(self, job, seconds=30):
        self.send(job)
        return self.result(job["id"], seconds)

    def close(self):
        """Ends its standard input; returns its exit status."""
        if self.process.stdin.closed:
            return self.process.returncode
        self.process.stdin.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("eventd-mail did not end when its standard input did")
        finally:
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
