"""Runs build/eventd in a directory of its own.

    with Daemon(tmp_path, config=["event manager applet A", ...], settings={"syslog": {"listen": [...]}}) as d:
        assert d.ctl("show clock").code == 0
        d.configure("event manager environment _x 1")
        d.wait_log("%HA_EM-6-LOG: A: hello")

What eventd prints to standard error is in d.log(); a daemon that ends by itself, or that a sanitizer or a signal ended,
fails the test at stop.
"""

import collections
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

Answer = collections.namedtuple("Answer", "code out err")


class Daemon:
    def __init__(self, directory, config=(), settings=None, arguments=(), netns=None, env=None, hosts=None):
        """`config` is text or lines of IOS configuration, `settings` a dict of the YAML file (JSON is YAML); `hosts` is an
        address and names, or several lines of them: what /etc/hosts is for eventd, in a mount namespace of its own."""
        self.dir = str(directory)
        os.makedirs(self.dir, exist_ok=True)
        self.state, self.socket = os.path.join(self.dir, "state"), os.path.join(self.dir, "eventd.sock")
        self.config, self.settings = os.path.join(self.dir, "startup-config"), os.path.join(self.dir, "eventd.yaml")
        self.stderr, self.stdout = os.path.join(self.dir, "stderr"), os.path.join(self.dir, "stdout")
        self.arguments, self.netns, self.env = list(arguments), netns, dict(os.environ, **(env or {}))
        self.process, self.starts = None, 0
        self.hosts = hosts and os.path.join(self.dir, "hosts")
        if hosts:
            with open(self.hosts, "w") as f:
                f.write("127.0.0.1 localhost\n::1 localhost\n%s\n" % hosts)
        with open(self.config, "w") as f:
            f.write(config if isinstance(config, str) else "".join(line + "\n" for line in config))
        with open(self.settings, "w") as f:
            json.dump(settings or {}, f)

    def inside(self, argv):
        return [tree.program("ip"), "netns", "exec", self.netns] + argv if self.netns else argv

    def with_hosts(self, argv):
        """argv where the names of `hosts` are known. Two execs, no new process: the pid is eventd's."""
        if not self.hosts:
            return argv
        mount = ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', self.hosts] + argv
        return mount if self.netns else ["unshare", "--mount"] + mount

    def start(self, seconds=30):
        self.starts = self.log().splitlines().count("eventd ready") + 1
        argv = [os.path.join(tree.BUILD, "eventd"), "--config", self.config, "--settings", self.settings, "--state", self.state,
                "--socket", self.socket] + self.arguments
        with open(self.stdout, "ab") as out, open(self.stderr, "ab") as err:
            self.process = subprocess.Popen(self.inside(self.with_hosts(argv)), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env)
        tree.wait_for(lambda: self.is_ready() or self.process.poll() is not None, seconds)
        if self.process.poll() is not None or not self.is_ready():
            self.kill()
            raise AssertionError("eventd did not become ready (status %s)\n%s" % (self.process.returncode, self.log()))
        return self

    def is_ready(self):
        return self.log().splitlines().count("eventd ready") >= self.starts

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        text = ""
        for path in (self.stdout, self.stderr):
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    text += f.read()
        return text

    def stop(self, seconds=20):
        """SIGTERM, and exit status 0 within the time: anything else is a failure of the test."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("eventd did not end %d s after SIGTERM\n%s" % (seconds, self.log()))
        self.process = None
        assert code == 0, "eventd ended with status %s\n%s" % (code, self.log())
        assert not re.search("AddressSanitizer|ThreadSanitizer|runtime error:", self.log()), self.log()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    # eventctl ------------------------------------------------------------------------------------------------------------

    def eventctl(self, *arguments, input=None, timeout=60):
        """One eventctl with the arguments; standard input is `input` or empty."""
        argv = [os.path.join(tree.BUILD, "eventctl"), "--socket", self.socket] + list(arguments)
        done = subprocess.run(self.inside(argv), input=(input or "").encode(), capture_output=True, timeout=timeout, env=self.env)
        return Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def ctl(self, *commands, input=None, timeout=60, options=()):
        """The commands in one session."""
        return self.eventctl(*options, *(word for c in commands for word in ("-c", c)), input=input, timeout=timeout)

    def show(self, command):
        """What a command prints; it must be accepted."""
        answer = self.ctl(command)
        assert answer.code == 0, "%s: %s%s" % (command, answer.out, answer.err)
        return answer.out

    def json(self, command):
        answer = self.ctl(command, options=("--json",))
        assert answer.code == 0, "%s: %s%s" % (command, answer.out, answer.err)
        return json.loads(answer.out)

    def configure(self, *lines):
        """The lines in configuration mode; they must be accepted."""
        answer = self.ctl("configure terminal", *lines, "end")
        assert answer.code == 0, answer.out + answer.err
        return answer

    def run(self, applet, *arguments, timeout=60):
        """`event manager run`; of an applet with `event none sync yes` the answer comes when it has ended."""
        return self.ctl(" ".join(("event manager run", applet) + arguments), timeout=timeout)

    def authenticate(self, trustpoint, pem, answer="yes", lines=("enrollment terminal", "revocation-check none")):
        """A trustpoint with the certificate in the file `pem`, through the dialog of IOS, whose text is the answer's."""
        with open(pem) as f:
            return self.ctl("configure terminal", "crypto pki trustpoint " + trustpoint, *lines,
                            "crypto pki authenticate " + trustpoint, "end", input="%s\n%s\n" % (f.read(), answer))

    def wait_show(self, command, pattern, seconds=20):
        """Waits until what the command prints has a match of the pattern; returns the match."""
        last = []

        def look():
            last[:] = [self.show(command)]
            return re.search(pattern, last[0], re.M)
        found = tree.wait_for(look, seconds, every=0.1)
        assert found, "%r did not appear in `%s`:\n%s" % (pattern, command, last[0])
        return found

    def wait_log(self, pattern, seconds=20):
        return self.wait_show("show logging", pattern, seconds)
