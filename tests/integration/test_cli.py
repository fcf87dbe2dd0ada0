"""eventctl and the control socket, against a real eventd: the shell on a terminal, one-shot commands, questions without a
terminal, refused configuration, many sessions, a reader that does not read."""

import json
import os
import pwd
import re
import socket
import struct
import subprocess
import sys
import threading

import pytest

import tree

pexpect = pytest.importorskip("pexpect", reason="python3-pexpect is not installed")

# mkpasswd -m yescrypt -R 1 secret
YESCRYPT_SECRET = "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2"
APPLET = ["event manager applet HELLO", " event none sync yes", " action 1.0 puts \"hello\""]


@pytest.fixture
def eventd(new_daemon):
    return new_daemon(config=["hostname R1"] + APPLET)


class Shell:
    """The interactive shell on a pseudo terminal, at its prompt."""

    def __init__(self, daemon, rows=24, prompt="R1#"):
        argv = ["--socket", daemon.socket]
        self.tty = pexpect.spawn(os.path.join(tree.BUILD, "eventctl"), argv, encoding="utf-8", timeout=10,
                                 dimensions=(rows, 80), env=dict(os.environ, TERM="vt100"))
        self.tty.delaybeforesend = None
        self.expect(prompt)

    def expect(self, text):
        self.tty.expect_exact(text)
        return self.tty.before

    def type(self, line, prompt="R1#"):
        """Types a line, waits for its echo and the next prompt, and returns what stood between."""
        self.tty.send(line)
        self.tty.expect_exact(line[-8:])
        self.tty.send("\r")
        return self.expect("\r\n" + prompt) if prompt else ""

    def keys(self, keys, until):
        self.tty.send(keys)
        return self.expect(until)

    def close(self):
        self.tty.send("exit\r")
        self.tty.expect(pexpect.EOF)
        self.tty.close()
        return self.tty.exitstatus


# ---- the shell on a terminal ----------------------------------------------------------------------------------------------

def test_shell_modes_and_prompts(eventd):
    shell = Shell(eventd)
    assert "End with CNTL/Z." in shell.type("configure terminal", "R1(config)#")
    shell.type("event manager applet A", "R1(config-applet)#")
    shell.type("description typed", "R1(config-applet)#")
    shell.type("exit", "R1(config)#")
    shell.type("event manager applet B", "R1(config-applet)#")
    shell.keys("event none\x1a", "R1#")
    shell.type("disable", "R1>")
    shell.type("enable", "R1#")
    shell.type("configure terminal", "R1(config)#")
    shell.keys("abc\x03", "R1(config)#")
    shell.keys("\x03", "R1#")
    assert shell.close() == 0
    running = eventd.show("show running-config")
    assert "event manager applet A\n description typed\n" in running
    assert "event manager applet B\n event none\n" in running


def test_shell_marks_the_wrong_word(eventd):
    shell = Shell(eventd)
    said = shell.type("show qux").split("\r\n")
    assert said[1] == " " * len("R1#show ") + "^"
    assert said[2] == "% Invalid input detected at '^' marker."
    assert shell.close() == 0


def test_shell_help_at_once_and_tab(eventd):
    shell = Shell(eventd)
    said = shell.keys("show cl?", "R1#")
    assert "clock" in said
    shell.keys("\x15", "")
    shell.keys("show logg\t", "ing ")
    shell.keys("?", "Show only the last messages")
    shell.expect("R1#")
    shell.keys("\x15", "")
    shell.keys("terminal length ?", "<0-512>")
    shell.expect("R1#")
    shell.keys("\x15nonsense ?", "% Unrecognized command")
    shell.expect("R1#")
    shell.tty.send("\x15")
    assert shell.close() == 0


def test_shell_pages(eventd):
    eventd.ctl(*["send log message %d" % n for n in range(30)])
    shell = Shell(eventd, rows=8)
    shell.tty.send("show logging\r")
    shell.expect("--More--")
    one = shell.keys("\r", "--More--")
    assert one.count("\n") == 1
    page = shell.keys(" ", "--More--")
    assert 6 <= page.count("\n") <= 8
    found = shell.keys("/Log Buffer\r", "Log Buffer (")
    assert "Trap logging" not in found
    shell.expect("--More--")
    shell.keys("q", "R1#")
    shell.type("terminal length 0")
    everything = shell.type("show logging")
    assert "message 29" in everything and "--More--" not in everything
    assert shell.close() == 0


def test_shell_messages_keep_the_typed_line(eventd):
    shell = Shell(eventd)
    shell.type("terminal monitor")
    shell.tty.send("show clo")
    shell.expect("show clo")
    eventd.ctl("send log 3 something happened")
    shell.expect("%SYS-3-USERLOG_ERR: Message from tty1(user id: ")
    shell.expect("something happened\r\n")
    shell.expect("R1#show clo")
    shell.tty.send("ck\r")
    shell.expect(" UTC ")
    shell.expect("R1#")
    shell.type("terminal no monitor")
    eventd.ctl("send log 3 nobody hears this")
    assert "nobody" not in shell.type("show clock")
    assert shell.close() == 0


def test_shell_questions(eventd):
    shell = Shell(eventd)
    shell.type("clear logging", None)
    shell.expect("Clear logging buffer [confirm]")
    shell.keys("n", "R1#")
    assert "SYS-5-RESTART" in shell.type("show logging | include RESTART")
    shell.type("clear logging", None)
    shell.expect("[confirm]")
    shell.keys("\r", "R1#")
    shell.type("copy running-config startup-config", None)
    shell.expect("Destination filename [startup-config]? ")
    shell.keys("\r", "[OK]")
    shell.expect("R1#")
    shell.type("copy running-config flash:saved", None)
    shell.expect("Destination filename [saved]? ")
    shell.keys("\x03", "R1#")
    assert shell.close() == 0
    assert "applet HELLO" in open(eventd.config).read()
    assert eventd.ctl("more flash:saved").code == 1


def test_shell_history(eventd):
    shell = Shell(eventd)
    shell.type("terminal width 132")
    shell.type("terminal length 0")
    shell.keys("\x10", "terminal length 0")
    shell.keys("\x10", "width 132")
    shell.keys("\r", "R1#")
    history = shell.type("show history")
    assert "  terminal width 132\r\n  terminal length 0\r\n  terminal width 132" in history
    assert shell.close() == 0


def test_shell_of_a_synchronous_policy(eventd):
    shell = Shell(eventd)
    assert shell.type("event manager run HELLO").endswith("hello")
    assert shell.close() == 0


def test_shell_survives_the_end_of_eventd(new_daemon):
    daemon = new_daemon(config=["hostname R1"])
    shell = Shell(daemon)
    daemon.stop()
    shell.tty.expect_exact("% Connection to eventd lost")
    shell.tty.expect(pexpect.EOF)
    shell.tty.close()
    assert shell.tty.exitstatus == 4


# ---- one-shot -------------------------------------------------------------------------------------------------------------

def test_exit_statuses(eventd, tmp_path):
    assert eventd.ctl("show clock").code == 0
    assert eventd.ctl("show qux").code == 1
    assert eventd.eventctl("--nonsense").code == 2
    assert eventd.eventctl("show", "clock").code == 2
    assert eventd.eventctl("--timeout", "soon", "-c", "show clock").code == 2
    nobody = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "--socket", str(tmp_path / "none"), "-c", "show clock"],
                            capture_output=True)
    assert nobody.returncode == 4 and b"not reachable" in nobody.stderr
    eventd.configure("event manager applet SLOW", "event none sync yes", "action 1 wait 15")
    late = eventd.eventctl("--timeout", "0.3", "-c", "event manager run SLOW")
    assert late.code == 7, late
    assert eventd.ctl("event manager run HELLO").out == "hello\n"
    assert eventd.eventctl("--version").out.startswith("eventctl ")


def test_the_first_refusal_stops(eventd):
    stopped = eventd.ctl("show qux", "show clock")
    assert stopped.code == 1 and "UTC" not in stopped.out
    went_on = eventd.ctl("show qux", "show clock", options=("--keep-going",))
    assert went_on.code == 1 and "UTC" in went_on.out


def test_an_applet_with_a_refused_line_is_not_committed(eventd, tmp_path):
    script = tmp_path / "script"
    script.write_text("configure terminal\nevent manager applet HALF\n event none\n action 1 frobnicate\nend\n")
    assert eventd.eventctl("-f", str(script)).code == 1
    assert "HALF" not in eventd.show("show running-config")
    assert eventd.eventctl("--keep-going", "-f", str(script)).code == 1
    assert "HALF" in eventd.show("show running-config")


def test_the_end_of_a_script_commits(eventd):
    script = "configure terminal\n! a comment\n\nevent manager applet LAST\n event none\n action 1 puts \"x\"\n"
    assert eventd.eventctl(input=script).code == 0
    assert "event manager applet LAST\n event none\n action 1 puts \"x\"\n" in eventd.show("show running-config")


def test_json(eventd):
    clock = eventd.json("show clock")
    assert clock["schema_version"] == 1 and clock["time"].endswith("Z")
    assert eventd.json("show running-config | include hostname")["lines"] == ["hostname R1"]
    users = eventd.json("show users")["users"]
    assert [u["line"] for u in users] == ["vty0"] and users[0]["level"] == 15
    names = [p["name"] for p in eventd.json("show system processes")["processes"]]
    assert "eventd" in names and "eventd-mail" in names
    refused = eventd.ctl("show qux", options=("--json",))
    assert refused.code == 1
    error = json.loads(refused.out)["error"]
    assert error == {"code": "invalid", "message": "Invalid input detected at '^' marker.", "line": None, "column": 6,
                     "hint": None}
    quiet = eventd.ctl("configure terminal", "hostname R9", options=("--json",))
    assert quiet.out == "" and quiet.code == 0


def test_json_of_a_script_names_the_line(eventd, tmp_path):
    script = tmp_path / "script"
    script.write_text("configure terminal\n\nhostname\n")
    refused = eventd.eventctl("--json", "-f", str(script))
    assert json.loads(refused.out)["error"]["line"] == 3


def test_the_marker_without_a_terminal(eventd):
    assert eventd.ctl("show  qux").out == "show  qux\n      ^\n% Invalid input detected at '^' marker.\n\n"


def test_help_without_a_terminal(eventd):
    assert "  clock                 Display the system clock\n" in eventd.show("show ?")


def test_filters(eventd):
    assert eventd.show("show running-config | section applet") == "event manager applet HELLO\n event none sync yes\n" \
        " action 1.0 puts \"hello\"\n"
    assert eventd.show("sh run | i applet|hostname | exclude R1 | count HELLO") == \
        "Number of lines which match regexp = 1\n"
    assert eventd.show("show running-config | include action | redirect flash:actions") == ""
    assert eventd.show("show running-config | include event none | append flash:actions") == ""
    assert eventd.show("more flash:actions") == " action 1.0 puts \"hello\"\n event none sync yes\n"
    assert open(os.path.join(eventd.state, "flash", "actions")).read().count("\n") == 2
    escape = eventd.ctl("show clock | redirect flash:../../escape")
    assert escape.code == 1 and escape.out == "%Error opening flash:../../escape (Permission denied)\n"


# ---- questions without a terminal (rulings 24) -----------------------------------------------------------------------------

def test_answers_from_standard_input(eventd):
    assert eventd.ctl("copy running-config flash:one", input="two\n").code == 0
    assert eventd.ctl("more flash:two").code == 0
    assert eventd.ctl("clear logging", input="n\n").code == 0
    assert "SYS-5-RESTART" in eventd.show("show logging")


def test_without_answers_confirm_means_yes(eventd):
    assert eventd.ctl("clear logging").code == 0
    assert "SYS-5-RESTART" not in eventd.show("show logging")
    assert eventd.ctl("copy running-config flash:one").code == 0
    assert eventd.ctl("more flash:one").code == 0


def test_a_script_does_not_lose_a_command_to_a_question(eventd, tmp_path):
    script = tmp_path / "script"
    script.write_text("clear logging\nshow clock\ncopy running-config flash:x\n\ndelete flash:x\nno\ndir\n")
    answer = eventd.eventctl("-f", str(script))
    assert answer.code == 0 and " UTC " in answer.out
    assert re.search(r"^ *\d+ +-rw- +\d+ .*  x$", answer.out, re.M), answer.out


@pytest.mark.parametrize("how", ["file", "stdin", "command"])
def test_a_certificate_is_pasted(eventd, pki, tmp_path, how):
    pem = open(pki.path("root.pem")).read().strip()
    setup = "configure terminal\ncrypto pki trustpoint T\n enrollment terminal\n revocation-check none\n"
    paste = pem + "\nquit\nyes\n"
    if how == "file":
        script = tmp_path / "script"
        script.write_text(setup + "crypto pki authenticate T\n" + paste + "end\nshow clock\n")
        answer = eventd.eventctl("-f", str(script))
    elif how == "stdin":
        answer = eventd.eventctl(input=setup + "crypto pki authenticate T\n" + paste + "end\nshow clock\n")
    else:
        commands = [line for line in setup.splitlines()] + ["crypto pki authenticate T", "end", "show clock"]
        answer = eventd.ctl(*commands, input=paste)
    assert answer.code == 0, answer
    assert "% Do you accept this certificate? [yes/no]: yes\n" in answer.out
    assert "% Certificate successfully imported\n" in answer.out and " UTC " in answer.out
    assert "certificate ca" in eventd.show("show running-config | section crypto pki certificate chain T")


# ---- configuration that is refused: its error, and nothing changed ---------------------------------------------------------

INVALID = "% Invalid input detected at '^' marker."
WRONG = [
    # lines typed before, the wrong line, where its ^ stands (None: no marker), what is said
    ([], "hostname", None, ["% Incomplete command.", "% a value is missing (This system's network name)"]),
    ([], "hostname a b", 11, [INVALID, "% the command is complete before this word"]),
    ([], "frobnicate", 0, [INVALID]),
    ([], "event manager aplet X", 14, [INVALID, "% did you mean 'applet'?"]),
    ([], "event manager environment _x", None,
     ["% Incomplete command.", "% a value is missing (Value of the environment variable)"]),
    ([], "event manager history size events 51", 34, [INVALID, "% expected a number from 0 to 50 (Number of entries)"]),
    ([], "crypto pki trustpoint T one", 24, [INVALID, "% the command is complete before this word"]),
    ([], "service timestamps log datetime microsec", 32,
     [INVALID, "% expected one of: msec, localtime, show-timezone, year"]),
    ([], "file prompt loud", 12, [INVALID, "% expected one of: alert, noisy, quiet (When to ask)"]),
    ([], "crypto pki authenticate", None, ["% Incomplete command.", "% a value is missing (Name of the trustpoint)"]),
    ([], "do show qux", 8, [INVALID]),
    ([], "e", None, ["% Ambiguous command:  \"e\""]),
    (APPLET[:1], "action 1 frobnicate", 9, [INVALID]),
    (APPLET[:1], "action 1 wait", None, ["% Incomplete command.", "% a value is missing (Seconds to wait)"]),
    (APPLET[:1], "event syslog occurs 40 pattern x", 20, [INVALID, "% 'occurs' takes a number from 1 to 32"]),
    (APPLET[:1], "event syslog", None,
     ["% Incomplete command.", "% 'pattern' is missing (Regular expression the message must match)"]),
    (APPLET[:1], "event syslog pattern \"(\"", 21, [INVALID, "% Invalid regular expression: missing closing parenthesis"]),
    (APPLET[:1], "event timer cron cron-entry \"61 * * * *\"", None, ["% cron: minute '61' is not within 0-59"]),
    (APPLET[:1], "event none sync maybe", 16, [INVALID, "% 'sync' takes one of: no, yes"]),
    (APPLET[:1], "action 2 puts \u201cx\u201d", 14, [INVALID, "% typographic quotes are not quotes: write \" instead"]),
    (APPLET[:1], "action 2 mail server \"a\" to \"b\"", None,
     ["% Incomplete command.", "% 'subject' is missing (Subject of the e-mail)"]),
    (APPLET[:1], "no action", None, ["% Incomplete command.", "% a value is missing (Label)"]),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    from daemon import Daemon
    with Daemon(tmp_path_factory.mktemp("cli"), config=["hostname R1"] + APPLET) as daemon:
        yield daemon


def lines_of(daemon):
    return daemon.show("show running-config | exclude ^!|^Current|^Building")


@pytest.mark.parametrize("before, line, column, said", WRONG, ids=[w[1] for w in WRONG])
def test_wrong_configuration(shared, before, line, column, said):
    running = lines_of(shared)
    answer = shared.ctl("configure terminal", *before, line)
    assert answer.code == 1
    printed = answer.out.split("\n")[1:]
    if column is not None:
        assert printed[:2] == [line, " " * column + "^"]
        printed = printed[2:]
    assert [p for p in printed if p] == said
    assert lines_of(shared) == running


# ---- the socket -----------------------------------------------------------------------------------------------------------

class Wire:
    """The control protocol by hand."""

    def __init__(self, daemon, **open_with):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(daemon.socket)
        self.id = 0
        self.send(t="hello", version=1)
        assert self.receive()["program"] == "eventd"
        self.send(t="open", **open_with)
        self.opened = self.receive()

    def send(self, **message):
        self.id += 1
        data = json.dumps(dict(message, id=self.id)).encode()
        self.socket.sendall(struct.pack(">I", len(data)) + data)

    def read(self, n):
        data = b""
        while len(data) < n:
            piece = self.socket.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        return json.loads(self.read(struct.unpack(">I", self.read(4))[0]))

    def run(self, line):
        """Output and result of a line."""
        self.send(t="line", text=line)
        out = ""
        while True:
            message = self.receive()
            if message["t"] == "result":
                return out, message
            out += message.get("text", "")


def test_the_socket(eventd, tmp_path):
    mode = os.stat(eventd.socket).st_mode
    assert mode & 0o777 == 0o660
    wire = Wire(eventd)
    assert wire.opened["level"] == 15 and wire.opened["prompt"] == "R1#"
    out, result = wire.run("show clock")
    assert "UTC" in out and result["accepted"]
    wire.socket.sendall(b"\x7f\xff\xff\xff")
    assert wire.receive()["t"] == "failed"
    with pytest.raises(EOFError):
        wire.receive()


def test_another_eventd_leaves_a_living_socket_alone(eventd, tmp_path):
    second = subprocess.run([os.path.join(tree.BUILD, "eventd"), "--state", str(tmp_path / "second"), "--socket", eventd.socket],
                            capture_output=True, timeout=30)
    assert second.returncode == 1 and b"another daemon answers" in second.stderr
    assert eventd.ctl("show clock").code == 0


def test_a_dead_socket_is_replaced(new_daemon, tmp_path):
    path = tmp_path / "eventd0" / "eventd.sock"
    path.parent.mkdir()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    assert new_daemon().ctl("show clock").code == 0


def test_many_sessions(eventd):
    wires = [Wire(eventd) for _ in range(100)]
    assert sorted(w.opened["tty"] for w in wires) == sorted("vty%d" % n for n in range(100))
    for n, wire in enumerate(wires):
        wire.send(t="line", text="configure terminal")
        wire.send(t="line", text="event manager environment _v%d %d" % (n, n))
    for wire in wires:
        results = []
        while len(results) < 2:
            message = wire.receive()
            if message["t"] == "result":
                results.append(message["accepted"])
        assert results == [True, True]
    running = eventd.show("show running-config | include environment")
    assert running.count("\n") == 100
    for wire in wires:
        wire.socket.close()
    assert tree.wait_for(lambda: len(eventd.json("show users")["users"]) == 1, 20)


def test_a_reader_that_does_not_read(eventd):
    eventd.configure(*["event manager environment _long%d %s" % (n, "x" * 900) for n in range(300)])
    slow = Wire(eventd)
    slow.run("terminal monitor")
    for _ in range(200):
        slow.send(t="line", text="show running-config")
    for n in range(20):
        assert eventd.ctl("send log 3 message %d" % n).code == 0
    assert eventd.ctl("event manager run HELLO").out == "hello\n"
    results = outputs = 0
    while results < 200:
        message = slow.receive()
        results += message["t"] == "result"
        outputs += len(message.get("text", ""))
    assert outputs > 200 * 300 * 900


def test_a_client_that_dies_in_a_dialog(eventd):
    wire = Wire(eventd)
    wire.run("configure terminal")
    wire.run("event manager applet GONE")
    wire.run("event none")
    wire.send(t="line", text="do clear logging")
    assert wire.receive()["t"] == "question"
    wire.socket.close()
    assert tree.wait_for(lambda: len(eventd.json("show users")["users"]) == 1, 20)
    assert "GONE" not in eventd.show("show running-config")


def test_interrupt_ends_a_synchronous_run(eventd):
    eventd.configure("event manager applet SLOW", "event none sync yes", "action 1 wait 15")
    wire = Wire(eventd)
    wire.send(t="line", text="event manager run SLOW")
    wire.send(t="interrupt")
    result = wire.receive()
    assert result["t"] == "result" and not result["accepted"]
    assert result["error"]["message"] == "Interrupted"


def test_passwords_are_not_in_the_history(eventd):
    wire = Wire(eventd)
    wire.run("configure terminal")
    wire.run("event manager environment _email_server joe:planted-secret@mx.example.net")
    wire.run("end")
    for command in ("show history", "show running-config", "show event manager environment all", "show logging"):
        out, _ = wire.run(command)
        assert "planted-secret" not in out, command


def as_nobody(daemon, *arguments, input=""):
    """eventctl of somebody who is neither root nor of the group."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    path = os.path.dirname(daemon.socket)
    os.chmod(daemon.socket, 0o666)
    while path != "/":
        os.chmod(path, os.stat(path).st_mode | 0o005)
        path = os.path.dirname(path)
        if os.stat(path).st_mode & 0o005 == 0o005:
            break
    argv = [os.path.join(tree.BUILD, "eventctl"), "--socket", daemon.socket] + list(arguments)
    return subprocess.run(argv, user=65534, group=65534, extra_groups=[], input=input, capture_output=True, text=True, timeout=60)


def test_enable_with_the_password_of_the_settings(new_daemon):
    user = pwd.getpwuid(65534).pw_name
    d = new_daemon(settings={"cli": {"users": {user: YESCRYPT_SECRET}}})
    good = as_nobody(d, "-c", "enable", "-c", "event manager run X", "-c", "configure terminal", input="secret\n")
    assert "not registered with event none" in good.stdout and "marker" not in good.stdout, good
    bad = as_nobody(d, "-c", "enable", "-c", "configure terminal", input="wrong\nworse\nworst\n")
    assert bad.returncode == 1 and "% Bad secrets" in bad.stdout + bad.stderr
    d.wait_log("%SYS-5-PRIV_AUTH_PASS: Privilege level set to 15 by " + user)
    d.wait_log("%SYS-4-PRIV_AUTH_FAIL: Authentication to Privilege level 15 failed by " + user)
    none = as_nobody(d, "-c", "configure terminal")
    assert none.returncode == 1 and "Invalid input" in none.stdout + none.stderr
    assert "secret" not in d.show("show logging")


def test_unprivileged_sessions(eventd, tmp_path):
    """Somebody who is neither root nor of the group: level 1, no configuration."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    for path in (eventd.dir, os.path.dirname(eventd.dir)):
        os.chmod(path, 0o755)
    os.chmod(eventd.socket, 0o666)
    parents = os.path.dirname(os.path.dirname(eventd.dir))
    while parents != "/" and os.stat(parents).st_mode & 0o005 != 0o005 and parents.startswith("/tmp/"):
        os.chmod(parents, 0o755)
        parents = os.path.dirname(parents)
    code = "import sys; sys.path[:0] = %r; import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n" % sys.path
    code += "import socket; s = socket.socket(socket.AF_UNIX); s.connect(%r)\n" % eventd.socket
    code += "import json, struct\n"
    code += "def send(m):\n d = json.dumps(m).encode(); s.sendall(struct.pack('>I', len(d)) + d)\n"
    code += "send({'t': 'hello', 'version': 1}); send({'t': 'open'})\n"
    code += "send({'t': 'line', 'text': 'configure terminal'}); send({'t': 'line', 'text': 'enable'})\n"
    code += "import sys\nf = s.makefile('rb'); s.settimeout(20)\n"
    code += "for i in range(6):\n n = struct.unpack('>I', f.read(4))[0]; sys.stdout.write(f.read(n).decode() + '\\n')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(messages) == 6, done
    assert messages[1]["level"] == 1 and messages[1]["prompt"] == "R1>"
    results = [m for m in messages if m["t"] == "result"]
    assert [r["accepted"] for r in results] == [False, False]
    assert results[0]["error"]["code"] == "invalid" and results[1]["error"]["message"] == "No password set"


def test_sixteen_clients_at_once(eventd):
    """Whole processes side by side: each gets its own answers."""
    wrong = []

    def work(n):
        for i in range(5):
            answer = eventd.ctl("event manager run HELLO", "show clock")
            if answer.code != 0 or not answer.out.startswith("hello\n"):
                wrong.append((n, i, answer))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]
