"""A real lldpd (of the Debian package) in a network namespace, with a mount and a host name of its own: it speaks LLDP and
CDP. Nothing of the host is changed, no service is started.

    with Lldpd(directory, namespace, "eth0", name="r1") as lldpd:
        lldpd.cli("configure", "lldp", "tx-interval", "1")
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402
from process import Process, Unavailable  # noqa: E402, F401

FILES = {"passwd": "root:x:0:0::/:/bin/sh\n_lldpd:x:987:987::/run/lldpd:/bin/false\n", "group": "root:x:0:\n_lldpd:x:987:\n",
         "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n"}
SCRIPT = ('hostname "$1" && mount --bind "$2" /etc && mount -t tmpfs none /run && mkdir /run/lldpd && shift 2 && exec "$@"')


class Lldpd(Process):
    program = "lldpd"

    def __init__(self, directory, netns, interface, name, arguments=("-l", "-ccc")):
        super().__init__(directory, netns)
        self.interface, self.name, self.arguments = interface, name, list(arguments)
        self.socket = os.path.join(self.dir, "socket")
        if os.geteuid():
            raise Unavailable("lldpd needs root")
        for file, text in dict(FILES, hosts="127.0.0.1 localhost\n127.0.1.1 %s\n" % name).items():
            self.write(os.path.join("etc", file), text)
        os.chmod(self.dir, 0o755)

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.spawn("-d", "-I", self.interface, "-u", self.socket, "-L", "/bin/true", "-S", "Router %s of the test" % self.name,
                   *self.arguments,
                   before=["unshare", "--mount", "--uts", "sh", "-c", SCRIPT, "sh", self.name, os.path.join(self.dir, "etc")])
        tree.wait_for(lambda: self.process.poll() is not None or self.is_there())
        if self.process.poll() is not None or not self.is_there():
            self.stop()
            raise AssertionError("lldpd did not start: " + self.log())
        self.cli("resume")  # it begins paused until its configuration is read
        return self

    def is_there(self):
        return os.path.exists(self.socket) and not subprocess.run(
            [tree.program("lldpcli"), "-u", self.socket, "show", "configuration"], capture_output=True).returncode

    def cli(self, *words):
        return subprocess.run([tree.program("lldpcli"), "-u", self.socket] + list(words), check=True, capture_output=True, text=True).stdout
