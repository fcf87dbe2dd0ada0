"""Network namespaces with a veth pair into them: real interfaces to flap, that nobody else sees.

    with Namespace() as ns:                  # veth pair "eth0" (inside) - "peer0" (inside as well)
        ns.run("ip", "link", "set", "eth0", "down")
        with Daemon(tmp_path, netns=ns.name): ...

Both ends live in the namespace, so that nothing of the host changes; `peer0` down takes the carrier from `eth0`.
"""

import contextlib
import ctypes
import itertools
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

_count = itertools.count()
CLONE_NEWNET = 0x40000000


class Unavailable(Exception):
    """Namespaces cannot be made here; the text says why."""


class Namespace:
    def __init__(self, addresses=("192.0.2.1/24",), peer_addresses=("192.0.2.2/24",)):
        self.name = "evd-%d-%d" % (os.getpid(), next(_count))
        self.addresses, self.peer_addresses = addresses, peer_addresses

    def __enter__(self):
        for argv in (["netns", "add", self.name], ["-n", self.name, "link", "set", "lo", "up"]):
            made = subprocess.run([program_ip()] + argv, capture_output=True, text=True)
            if made.returncode:
                self.__exit__()
                raise Unavailable("no network namespaces here: " + (made.stderr.strip() or "ip " + " ".join(argv)))
        try:
            self.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
            for interface, addresses in (("eth0", self.addresses), ("peer0", self.peer_addresses)):
                for address in addresses:
                    self.ip("address", "add", address, "dev", interface)
                self.ip("link", "set", interface, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([program_ip(), "netns", "delete", self.name], capture_output=True)

    def ip(self, *arguments):
        """`ip ARGUMENTS` on the namespace."""
        return subprocess.run([program_ip(), "-n", self.name] + list(arguments), check=True, capture_output=True, text=True).stdout

    def run(self, *argv, **how):
        """A program inside the namespace."""
        how.setdefault("check", True)
        how.setdefault("capture_output", True)
        return subprocess.run([program_ip(), "netns", "exec", self.name] + list(argv), text=True, **how)

    @contextlib.contextmanager
    def entered(self):
        """This thread is inside: the sockets that it makes are the namespace's for good."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as here, open("/run/netns/" + self.name) as there:
            def go(to):
                if libc.setns(to.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            go(there)
            try:
                yield
            finally:
                go(here)

    def down(self, interface="eth0"):
        self.ip("link", "set", interface, "down")

    def up(self, interface="eth0"):
        self.ip("link", "set", interface, "up")


class Pair:
    """Two namespaces with a cable between them: `eth0` of the first, 192.0.2.1, and `peer0` of the second, 192.0.2.2."""

    def __init__(self, addresses=("192.0.2.1/24",), peer_addresses=("192.0.2.2/24",)):
        self.first, self.second = Namespace(addresses), Namespace()
        self.peer_addresses = peer_addresses

    def __enter__(self):
        self.first.__enter__()
        try:
            self.second.__enter__()
            self.second.ip("link", "del", "peer0")
            self.first.ip("link", "set", "peer0", "netns", self.second.name)
            for address in self.peer_addresses:
                self.second.ip("address", "add", address, "dev", "peer0", *(["nodad"] if ":" in address else []))
            self.second.up("peer0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.second.__exit__()
        self.first.__exit__()


def program_ip():
    return tree.program("ip") or "ip"
