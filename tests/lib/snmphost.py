"""A real SNMP agent and a real receiver of notifications (Debian's snmpd and snmptrapd), on free loopback ports, each in a
directory of its own: nothing of /etc/snmp or /var/lib/snmp is read or written, and they are stopped by their pids.

    with Agent(directory) as agent, Receiver(directory) as receiver:
        agent.port, agent.agentx          # where it answers; its AgentX socket
        receiver.wait("sysName")          # a line of what came in

Both know the community COMMUNITY and the SNMPv3 user USER with the pass phrases AUTH and PRIV.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

COMMUNITY, WRITE = "c0mmun1ty", "wr1teable"
USER, AUTH, PRIV = "fred", "authpass123", "privpass123"
NAME, CONTACT, LOCATION = "agent-r1", "noc@example.test", "rack 7"


class Unavailable(Exception):
    """The package is missing; the text says which."""


class Server:
    """A program of net-snmp under a configuration file."""

    package = None

    def __init__(self, directory, name):
        self.dir = os.path.join(str(directory), name)
        os.makedirs(os.path.join(self.dir, "state"), exist_ok=True)
        self.program = tree.program(self.package)
        if not self.program:
            raise Unavailable("%s is missing: run `make deps`" % self.package)
        self.port = tree.free_port(kind=socket.SOCK_DGRAM)
        self.output = os.path.join(self.dir, "output")
        self.process = None
        self.env = dict(os.environ, MIBS="", SNMPCONFPATH=self.dir, SNMP_PERSISTENT_DIR=os.path.join(self.dir, "state"))
        if not self.program.startswith("/usr/"):
            self.env["LD_LIBRARY_PATH"] = ":".join(filter(None, (tree.library_path(), os.environ.get("LD_LIBRARY_PATH"))))

    def start(self):
        with open(os.path.join(self.dir, self.package + ".conf"), "w") as f:
            f.write(self.configuration())
        with open(self.output, "ab") as out:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env)
        if not tree.wait_for(self.is_ready, 20):
            self.stop()
            raise AssertionError("%s did not start:\n%s" % (self.package, self.text()))
        return self

    def text(self):
        with open(self.output, errors="replace") as f:
            return f.read()

    def is_ready(self):
        return "NET-SNMP version" in self.text() and self.process.poll() is None

    def stop(self):
        if self.process and self.process.poll() is None:
            tree.end(self.process)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def wait(self, pattern, seconds=20):
        """Waits until the output has a match; returns it."""
        found = tree.wait_for(lambda: re.search(pattern, self.text(), re.M), seconds)
        assert found, "%r did not come:\n%s" % (pattern, self.text())
        return found

    def tool(self, name, *arguments, timeout=30):
        """A command of the package snmp, numbers only: snmpget, snmptrap, ..."""
        path = tree.program(name)
        if not path:
            raise Unavailable("%s is missing: run `make deps`" % name)
        return subprocess.run([path] + list(arguments), env=self.env, capture_output=True, text=True, timeout=timeout)


class Agent(Server):
    package = "snmpd"

    def __init__(self, directory, lines=(), name="snmpd"):
        super().__init__(directory, name)
        # Where helpers that have given root up come to, which is not below pytest's own directory.
        self.sockets = tempfile.mkdtemp(prefix="agentx-")
        os.chmod(self.sockets, 0o755)
        self.agentx, self.lines = os.path.join(self.sockets, "master"), list(lines)

    def configuration(self):
        return "\n".join([
            "rocommunity " + COMMUNITY, "rwcommunity " + WRITE,
            "createUser %s SHA %s AES %s" % (USER, AUTH, PRIV), "rwuser %s authpriv" % USER,
            "sysName " + NAME, "sysLocation " + LOCATION,
            "master agentx", "agentXSocket " + self.agentx, "agentXPerms 0777 0755", "agentXTimeout 20"] + self.lines + [""])

    def command(self):
        return [self.program, "-f", "-Lo", "-C", "-c", os.path.join(self.dir, "snmpd.conf"),
                "-I", "-smux,mteTrigger,mteTriggerConf,diskio,hr_storage",
                "udp:127.0.0.1:%d" % self.port]

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def get(self, oid, *how, command="snmpget", timeout=30):
        how = how or ("-v2c", "-c", COMMUNITY)
        done = self.tool(command, *how, "-On", "-r0", "-t20", "127.0.0.1:%d" % self.port, oid, timeout=timeout)
        return (done.stdout + done.stderr).strip()


class Receiver(Server):
    package = "snmptrapd"

    def __init__(self, directory, engine=None, lines=(), name="snmptrapd"):
        """`engine`: the identifier of the engine whose SNMPv3 traps are to be understood, hexadecimal digits."""
        super().__init__(directory, name)
        self.engine, self.lines = engine, list(lines)

    def configuration(self):
        engine = "-e 0x%s " % self.engine if self.engine else ""
        return "\n".join([
            "authCommunity log " + COMMUNITY,
            "createUser %s%s SHA %s AES %s" % (engine, USER, AUTH, PRIV),
            "createUser %s SHA %s AES %s" % (USER, AUTH, PRIV), "authUser log %s priv" % USER] + self.lines + [""])

    def command(self):
        return [self.program, "-f", "-Lo", "-On", "-C", "-c", os.path.join(self.dir, "snmptrapd.conf"),
                "udp:127.0.0.1:%d" % self.port]


