"""event identity with a real hostapd on a cable and a real supplicant at its other end: let in, turned away, gone."""

import signal

import pytest

import tree
from dot1xhost import Hostapd, Supplicant, Unavailable


def applet(name, what, text):
    return ["event manager applet " + name, " event identity interface %s" % what, ' action 1.0 syslog msg "%s"' % text]


APPLETS = (applet("IN", "eth0 authc success", "$_identity_stage $_identity_status $_identity_interface $_identity_mac user $_identity_username "
                  "method $_identity_method") +
           applet("OPEN", 'regexp "^eth" authz success aaa-attribute username', "$_identity_stage $_identity_dot1xauthsessionusername") +
           applet("VLAN", "eth0 authz-complete aaa-attribute vlan_id", "wrong") +
           applet("AWAY", "eth0 authc fail", "$_identity_stage $_identity_status $_identity_username") +
           applet("SHUT", "eth0 authz fail", "$_identity_stage $_identity_status"))


@pytest.fixture
def hostapd(cable, tmp_path):
    try:
        made = Hostapd(tmp_path / "hostapd", cable.first.name, "eth0", {"ann": "secret"})
    except Unavailable as why:
        pytest.skip(str(why))
    yield made
    made.stop()


@pytest.fixture
def supplicant(cable, tmp_path):
    """supplicant(user, password) knocks at the port."""
    running = []

    def start(user, password):
        try:
            running.append(Supplicant(tmp_path / ("supplicant%d" % len(running)), cable.second.name, "peer0", user, password).start())
        except Unavailable as why:
            pytest.skip(str(why))
        return running[-1]
    yield start
    for one in running:
        one.stop()


def mac_of(cable):
    address = cable.second.ip("-br", "link", "show", "peer0").split()[2].replace(":", "")
    return ".".join((address[:4], address[4:8], address[8:]))


def test_one_is_let_in_and_one_turned_away(hostapd, supplicant, cable, new_daemon):
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"hostapd": hostapd.control}}, config=APPLETS)
    daemon.wait_log("%HA_EM-4-FMPD_NEEDS: policy IN waits: event detector identity needs hostapd: .*/control: No such file or directory")
    hostapd.start()
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy IN: event detector identity has what it needs")
    good = supplicant("ann", "secret")
    daemon.wait_log("%%HA_EM-6-LOG: IN: authc success eth0 %s user ann method 4 \\(MD5\\)" % mac_of(cable))
    daemon.wait_log("%HA_EM-6-LOG: OPEN: authz ann")
    good.stop()
    supplicant("ann", "wrong")
    daemon.wait_log("%HA_EM-6-LOG: AWAY: authc fail ann")
    daemon.wait_log("%HA_EM-6-LOG: SHUT: authz fail")
    assert "VLAN: wrong" not in daemon.show("show logging")


def test_hostapd_may_be_started_anew(hostapd, supplicant, cable, new_daemon):
    hostapd.start()
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"hostapd": hostapd.control}}, config=APPLETS)
    assert tree.wait_for(lambda: daemon.json("show event manager detector identity")["detectors"][0]["available"])
    hostapd.stop()
    daemon.wait_log("policy IN waits: event detector identity needs hostapd")
    hostapd.start()
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy IN")
    supplicant("ann", "secret")
    daemon.wait_log("%HA_EM-6-LOG: IN: authc success eth0")


def test_a_hostapd_that_hangs_is_told(hostapd, supplicant, cable, new_daemon):
    hostapd.start()
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"hostapd": hostapd.control}}, config=APPLETS)
    assert tree.wait_for(lambda: daemon.json("show event manager detector identity")["detectors"][0]["available"])
    hostapd.process.send_signal(signal.SIGSTOP)
    daemon.wait_log("policy IN waits: event detector identity needs hostapd: .*/eth0: it does not answer", 40)
    hostapd.process.send_signal(signal.SIGCONT)
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy IN")
    supplicant("ann", "secret")
    daemon.wait_log("%HA_EM-6-LOG: IN: authc success eth0")
