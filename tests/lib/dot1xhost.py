"""A real hostapd on a cable (driver wired, its own EAP server) and wpa_supplicant at the other end, in namespaces.

    with Hostapd(directory, namespace, "eth0", users={"ann": "secret"}) as hostapd, \\
            Supplicant(other_directory, other_namespace, "peer0", "ann", "secret"): ...
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402
from process import Process, Unavailable  # noqa: E402, F401


class Hostapd(Process):
    program = "hostapd"

    def __init__(self, directory, netns, interface, users):
        super().__init__(directory, netns)
        self.control = os.path.join(self.dir, "control")
        self.socket = os.path.join(self.control, interface)
        known = self.write("users", "".join('"%s" MD5 "%s"\n' % user for user in users.items()))
        self.config = self.write("hostapd.conf", "interface=%s\ndriver=wired\nctrl_interface=%s\nieee8021x=1\neap_server=1\n"
                                 "use_pae_group_addr=1\neap_user_file=%s\n" % (interface, self.control, known))

    def start(self):
        self.spawn(self.config)
        tree.wait_for(lambda: os.path.exists(self.socket) or self.process.poll() is not None)
        if self.process.poll() is not None or not os.path.exists(self.socket):
            self.stop()
            raise AssertionError("hostapd did not start: " + self.log())
        return self


class Supplicant(Process):
    program = "wpa_supplicant"

    def __init__(self, directory, netns, interface, user, password):
        super().__init__(directory, netns)
        self.interface = interface
        self.config = self.write("supplicant.conf", 'ap_scan=0\nnetwork={\n key_mgmt=IEEE8021X\n eap=MD5\n identity="%s"\n password="%s"\n'
                                 " eapol_flags=0\n}\n" % (user, password))

    def start(self):
        self.spawn("-D", "wired", "-i", self.interface, "-c", self.config)
        return self
