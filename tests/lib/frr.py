"""A real FRR (zebra and staticd of the Debian package) in a network and a mount namespace of its own: the device behind
`cli command`. Nothing of the host is changed, no service is started; the daemons are children of the test.

    with Frr(directory) as frr:
        settings = {"cli": {"device": "vtysh", "program": frr.vtysh}}
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

# What FRR reads of /etc; the group is compiled into it.
ETC = ("passwd", "nsswitch.conf", "hosts", "services", "protocols", "localtime")
HOSTNAME = "frr1"


class Unavailable(Exception):
    """FRR cannot be run here; the text says why."""


class Frr:
    def __init__(self, directory):
        self.dir = str(directory)
        self.run_dir, self.etc = os.path.join(self.dir, "run"), os.path.join(self.dir, "etc")
        self.processes = []
        roots = [root for root in ("/", tree.UNPACKED) if os.path.exists(os.path.join(root, "usr/lib/frr/zebra"))]
        if not roots:
            raise Unavailable("FRR is missing: run `make deps`")
        if os.geteuid():
            raise Unavailable("FRR needs root: it changes routes, in a namespace")
        self.root = roots[0]
        self.libraries = ":".join([os.path.join(d, "frr") for d in tree.library_path(self.root).split(":")] +
                                  tree.library_path(self.root).split(":")) if self.root != "/" else ""

    def daemon(self, name):
        return [os.path.join(self.root, "usr/lib/frr", name), "-u", "root", "-g", "root", "--vty_socket", self.run_dir,
                "-i", os.path.join(self.run_dir, name + ".pid"), "-z", os.path.join(self.run_dir, "zserv"),
                "-f", os.path.join(self.etc, "frr", name + ".conf"), "-P", "0", "--log", "stdout"]

    def spawn(self, argv, name):
        with open(os.path.join(self.dir, name + ".log"), "wb") as log:
            env = dict(os.environ, LD_LIBRARY_PATH=self.libraries)
            self.processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env))
        return self.processes[-1]

    def prepare(self):
        os.makedirs(self.run_dir, exist_ok=True)
        os.makedirs(os.path.join(self.etc, "frr"), exist_ok=True)
        os.makedirs(os.path.join(self.dir, "tmp"), exist_ok=True)
        for name in ETC:
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, self.etc)
        files = {"group": "root:x:0:\nfrr:x:990:\nfrrvty:x:991:root\n", "frr/zebra.conf": "hostname %s\n" % HOSTNAME,
                 "frr/staticd.conf": "", "frr/vtysh.conf": "hostname %s\nusername root nopassword\n" % HOSTNAME}
        for name, text in files.items():
            with open(os.path.join(self.etc, name), "w") as f:
                f.write(text)

    def start(self):
        self.prepare()
        script = 'mount --bind "$0" /etc && mount --bind "$1" /var/tmp && shift && ip link set lo up && exec "$@"'
        zebra = self.spawn(["unshare", "--mount", "--net", "sh", "-c", script, self.etc, os.path.join(self.dir, "tmp")] +
                           self.daemon("zebra"), "zebra")
        self.inside = ["nsenter", "-t", str(zebra.pid), "-m", "-n"]
        self.await_socket("zebra", zebra)
        self.await_socket("staticd", self.spawn(self.inside + self.daemon("staticd"), "staticd"))
        return self

    def vty(self, *lines):
        """Lines of configuration."""
        return subprocess.run(self.vtysh + [word for line in ("configure terminal",) + lines for word in ("-c", line)],
                              stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True, timeout=20).stdout

    def await_socket(self, name, process):
        path = os.path.join(self.run_dir, name + ".vty")
        tree.wait_for(lambda: os.path.exists(path) or process.poll() is not None)
        if process.poll() is not None or not os.path.exists(path):
            with open(os.path.join(self.dir, name + ".log"), errors="replace") as f:
                text = f.read()
            self.stop()
            if "Operation not permitted" in text:
                raise Unavailable("no namespaces for FRR here: " + text.strip())
            raise AssertionError("%s did not start: %s" % (name, text))

    @property
    def vtysh(self):
        """argv of a vtysh inside."""
        env = ["env", "LD_LIBRARY_PATH=" + self.libraries] if self.libraries else []
        return self.inside + env + [os.path.join(self.root, "usr/bin/vtysh"), "--vty_socket", self.run_dir]

    def show(self, command):
        return subprocess.run(self.vtysh + ["-c", command], stdin=subprocess.DEVNULL, check=True, capture_output=True, text=True,
                              timeout=20).stdout

    def stop(self):
        for process in reversed(self.processes):
            tree.end(process)
        self.processes = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Router(Frr):
    """FRR in a network namespace that is there: zebra, staticd, and the daemons that have a configuration, but for those
    of `later`, which begin() begins.

        with Router(directory, namespace, {"bgpd": BGP_CONFIG, "bfdd": ""}) as router: ...
    """

    def __init__(self, directory, netns, daemons, later=()):
        super().__init__(directory)
        self.netns, self.daemons, self.later = netns, daemons, later

    def prepare(self):
        super().prepare()
        for name, text in self.daemons.items():
            with open(os.path.join(self.etc, "frr", name + ".conf"), "w") as f:
                f.write(text)

    def daemon(self, name):
        return super().daemon(name) + (["--bfdctl", os.path.join(self.run_dir, "bfdd.sock")] if name == "bfdd" else [])

    def start(self):
        self.prepare()
        script = 'mount --bind "$0" /etc && mount --bind "$1" /var/tmp && shift && exec "$@"'
        zebra = self.spawn([tree.program("ip"), "netns", "exec", self.netns, "unshare", "--mount", "sh", "-c", script, self.etc,
                            os.path.join(self.dir, "tmp")] + self.daemon("zebra"), "zebra")
        self.await_socket("zebra", zebra)
        self.inside = ["nsenter", "-t", str(zebra.pid), "-m", "-n"]
        for name in ["staticd"] + [d for d in self.daemons if d not in self.later]:
            self.begin(name)
        return self

    def begin(self, name):
        self.await_socket(name, self.spawn(self.inside + self.daemon(name), name))

    def instance(self, name, number, config):
        """The instance of a daemon (`-n NUMBER`)."""
        own = "%s-%d" % (name, number)
        path = os.path.join(self.etc, "frr", own + ".conf")
        with open(path, "w") as f:
            f.write(config)
        argv = [path if word.endswith("/%s.conf" % name) else word.replace(name + ".pid", own + ".pid") for word in self.daemon(name)]
        self.await_socket(own, self.spawn(self.inside + argv + ["-n", str(number)], own))

    def pid(self, name):
        with open(os.path.join(self.run_dir, name + ".pid")) as f:
            return int(f.read())

    def send(self, name, signal):
        os.kill(self.pid(name), signal)

    def end(self, name, how="terminate"):
        """One daemon ends, or is killed."""
        pid = self.pid(name)
        process = next(p for p in self.processes if p.pid == pid)
        getattr(process, how)()
        process.wait(10)
        self.processes.remove(process)
