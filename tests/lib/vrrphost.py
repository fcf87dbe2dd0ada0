"""A real keepalived (of the Debian package) in a network namespace: VRRP without any service of the host.

    with Keepalived(directory, namespace, interface="eth0", priority=100, fifo=path) as k: ...
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402
from process import Process, Unavailable  # noqa: E402, F401


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


class Keepalived(Process):
    program = "keepalived"

    def __init__(self, directory, netns, interface="eth0", priority=100, fifo=None):
        super().__init__(directory, netns)
        self.pidfile = os.path.join(self.dir, "pid")
        self.config = self.write("keepalived.conf", CONFIG % {"name": os.path.basename(self.dir), "interface": interface, "priority": priority,
                                                              "notify": "vrrp_notify_fifo %s" % fifo if fifo else ""})

    def start(self):
        self.spawn("--dont-fork", "--log-console", "--vrrp", "-f", self.config, "-p", self.pidfile, "-r", self.pidfile + ".vrrp")
        if not tree.wait_for(lambda: os.path.exists(self.pidfile) or self.process.poll() is not None) or self.process.poll() is not None:
            raise AssertionError("keepalived did not start: " + self.log())
        return self
