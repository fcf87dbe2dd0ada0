"""A real keepalived (of the Debian package) in a network namespace: VRRP without any service of the host.

    with Keepalived(directory, namespace, interface="eth0", priority=100, fifo=path) as k: ...
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402


class Unavailable(Exception):
    """keepalived cannot be run here; the text says why."""


CONFIG = """global_defs {
  router_id %(name)s
  %(notify)s
  vrrp_notify_priority_changes
}
vrrp_sync_group VG_1 {
  group {
    VI_1
  }
}
vrrp_instance VI_1 {
  state BACKUP
  interface %(interface)s
  virtual_router_id 51
  version 3
  priority %(priority)d
  advert_int 0.1
  virtual_ipaddress {
    192.0.2.100/24
  }
}
"""


class Keepalived:
    def __init__(self, directory, netns, interface="eth0", priority=100, fifo=None):
        self.dir, self.netns = str(directory), netns
        self.process = None
        self.program = tree.program("keepalived")
        if not self.program:
            raise Unavailable("keepalived is missing: run `make deps`")
        os.makedirs(self.dir, exist_ok=True)
        self.config, self.pidfile = os.path.join(self.dir, "keepalived.conf"), os.path.join(self.dir, "pid")
        with open(self.config, "w") as f:
            f.write(CONFIG % {"name": os.path.basename(self.dir), "interface": interface, "priority": priority,
                              "notify": "vrrp_notify_fifo %s" % fifo if fifo else ""})

    def start(self):
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.process = subprocess.Popen([tree.program("ip"), "netns", "exec", self.netns, self.program, "--dont-fork", "--log-console",
                                             "--vrrp", "-f", self.config, "-p", self.pidfile, "-r", self.pidfile + ".vrrp"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not tree.wait_for(lambda: os.path.exists(self.pidfile) or self.process.poll() is not None) or self.process.poll() is not None:
            raise AssertionError("keepalived did not start: " + self.log())
        return self

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
