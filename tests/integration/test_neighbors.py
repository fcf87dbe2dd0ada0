"""event neighbor-discovery with two real lldpd at the ends of a cable, in LLDP and CDP, and links of the kernel."""

import os

import pytest

import tree
from lldphost import Lldpd, Unavailable

PATH = {"PATH": tree.PATH}


def applet(name, what, text):
    return ["event manager applet " + name, " event neighbor-discovery interface %s" % what, ' action 1.0 syslog msg "%s"' % text]


APPLETS = (applet("LLDP", 'regexp "^Gig" lldp add', "$_nd_proto_notif $_nd_local_intf_name $_nd_short_local_intf_name $_nd_lldp_system_name: "
                  "$_nd_lldp_system_description, port $_nd_lldp_port_description, $_nd_lldp_enabled_capabilities_string $_nd_intf_linkstatus") +
           applet("CDP", "GigabitEthernet0/1 cdp add", "$_nd_proto_notif $_nd_cdp_entry_name: $_nd_cdp_version at $_nd_port_id, hold $_nd_cdp_hold_time, "
                  "$_nd_cdp_platform $_nd_cdp_capabilities_string") +
           applet("CHANGE", "GigabitEthernet0/1 lldp update", "$_nd_proto_new_entry $_nd_lldp_system_description") +
           applet("GONE", "GigabitEthernet0/1 lldp delete", "$_nd_proto_notif $_nd_lldp_system_name") +
           applet("OTHER", "GigabitEthernet0/2 lldp all", "wrong"))


@pytest.fixture
def lldpd(cable, tmp_path):
    """The one that eventd reads, and the one at the other end."""
    try:
        pair = (Lldpd(tmp_path / "own", cable.first.name, "eth0", "r1"), Lldpd(tmp_path / "other", cable.second.name, "peer0", "r2"))
    except Unavailable as why:
        pytest.skip(str(why))
    yield pair
    for one in pair:
        one.stop()


def test_neighbors_come_change_and_go(lldpd, cable, new_daemon):
    own, other = lldpd
    daemon = new_daemon(netns=cable.first.name, env=PATH, config=APPLETS,
                        settings={"daemons": {"lldpd": own.socket}, "interfaces": {"alias": {"GigabitEthernet0/1": "eth0"}}})
    daemon.wait_log("%HA_EM-4-FMPD_NEEDS: policy LLDP waits: event detector neighbor-discovery needs lldpd: .*/own/socket: No such file or directory")
    assert "event detector neighbor-discovery needs lldpd" in daemon.show("show event manager policy registered")
    own.start()
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy LLDP: event detector neighbor-discovery has what it needs")
    assert tree.wait_for(lambda: "lldpcli" in daemon.show("show system processes"))
    other.start()
    daemon.wait_log("%HA_EM-6-LOG: LLDP: add GigabitEthernet0/1 Gi0/1 r2: Router r2 of the test, port peer0, Station up")
    daemon.wait_log("%HA_EM-6-LOG: CDP: add r2: Router r2 of the test at peer0, hold 120, Linux Host")
    other.cli("configure", "lldp", "tx-interval", "1")
    other.cli("configure", "system", "description", "Another one")
    daemon.wait_log("%HA_EM-6-LOG: CHANGE: 0 Another one")
    other.stop()
    daemon.wait_log("%HA_EM-6-LOG: GONE: delete r2")
    assert "OTHER: wrong" not in daemon.show("show logging")


def test_lldpd_may_be_started_anew(lldpd, cable, new_daemon):
    own, other = lldpd
    own.start()
    daemon = new_daemon(netns=cable.first.name, env=PATH, settings={"daemons": {"lldpd": own.socket}},
                        config=applet("NEW", "eth0 lldp add", "$_nd_lldp_system_name"))
    assert tree.wait_for(lambda: "lldpcli" in daemon.show("show system processes"))
    own.stop()
    daemon.wait_log("%HA_EM-4-FMPD_NEEDS: policy NEW waits: event detector neighbor-discovery needs lldpd")
    own.start()
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy NEW")
    assert tree.wait_for(lambda: "lldpcli" in daemon.show("show system processes"))
    other.start()
    daemon.wait_log("%HA_EM-6-LOG: NEW: r2")


def test_links_and_lines(cable, new_daemon):
    daemon = new_daemon(netns=cable.first.name, config=applet("LINK", "eth0 link-event all", "$_nd_intf_linkstatus") +
                        applet("LINE", "eth0 line-event all", "line $_nd_intf_linestatus"))
    cable.second.down("peer0")
    daemon.wait_log("%HA_EM-6-LOG: LINK: down")
    daemon.wait_log("%HA_EM-6-LOG: LINE: line down")
    cable.second.up("peer0")
    daemon.wait_log("%HA_EM-6-LOG: LINK: up")
    daemon.wait_log("%HA_EM-6-LOG: LINE: line up")
    cable.first.down("eth0")
    daemon.wait_log("%HA_EM-6-LOG: LINK: admindown")
    cable.first.ip("link", "del", "eth0")
    daemon.wait_log("%HA_EM-6-LOG: LINK: deleted")
    assert "FMPD_NEEDS" not in daemon.show("show logging")


def test_without_its_program_it_says_so(lldpd, cable, new_daemon, tmp_path):
    own, _ = lldpd
    own.start()
    os.mkdir(tmp_path / "empty")
    daemon = new_daemon(netns=cable.first.name, env={"PATH": str(tmp_path / "empty")}, settings={"daemons": {"lldpd": own.socket}},
                        config=applet("NEW", "eth0 lldp add", "$_nd_lldp_system_name"))
    daemon.wait_log("event detector neighbor-discovery needs lldpd's program: lldpcli: no such file")


@pytest.mark.parametrize("script, why", [("exit 127", "ended with status 127"), ("kill -9 $$", "ended by signal 9")])
def test_a_program_that_fails_at_once_is_told(lldpd, cable, new_daemon, tmp_path, script, why):
    own, _ = lldpd
    own.start()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "lldpcli").write_text("#!/bin/sh\n%s\n" % script)
    (programs / "lldpcli").chmod(0o755)
    daemon = new_daemon(netns=cable.first.name, env={"PATH": "%s:%s" % (programs, tree.PATH)}, settings={"daemons": {"lldpd": own.socket}},
                        config=applet("NEW", "eth0 lldp add", "$_nd_lldp_system_name") + applet("BOTH", "eth0 cdp add lldp add line-event all", "x"))
    daemon.wait_log("policy NEW waits: event detector neighbor-discovery needs lldpd's program: lldpcli " + why)
    daemon.wait_log("policy BOTH waits for cdp and lldp: event detector neighbor-discovery needs lldpd's program: lldpcli " + why)
    detector = daemon.show("show event manager detector neighbor-discovery")
    assert "lldpcli " + why in detector and "(for cdp and lldp)" in detector
    for protocol in ("CDP", "LLDP"):
        refused = daemon.ctl("show %s neighbors" % protocol.lower())
        assert refused.code == 1 and refused.out == "%% %s neighbors cannot be read\n%% lldpcli %s\n" % (protocol, why)
    # It has been started again since, and is not told again.
    cable.second.down("peer0")
    daemon.wait_log("%HA_EM-6-LOG: BOTH: x")
    assert daemon.show("show logging").count("FMPD_NEEDS") == 2
    (programs / "lldpcli").unlink()
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy NEW")


def test_who_was_there_before_is_new_to_a_device_that_starts(lldpd, cable, new_daemon):
    """As after the reload of a router; to a statement that is typed later it is no news."""
    own, other = lldpd
    own.start()
    other.start()
    assert tree.wait_for(lambda: own.cli("show", "neighbors", "hidden").count("SysName:      r2") == 2)
    daemon = new_daemon(netns=cable.first.name, env=PATH, settings={"daemons": {"lldpd": own.socket}},
                        config=applet("LLDP", "eth0 lldp all", "$_nd_proto_notif $_nd_lldp_system_name $_nd_lldp_port_description") +
                        applet("CDP", "eth0 cdp all", "$_nd_proto_notif $_nd_cdp_entry_name $_nd_port_id"))
    daemon.wait_log("%HA_EM-6-LOG: LLDP: add r2 peer0")
    daemon.wait_log("%HA_EM-6-LOG: CDP: add r2 peer0")
    daemon.configure("event manager applet LATER", 'event neighbor-discovery interface eth0 lldp all', 'action 1.0 syslog msg "$_nd_proto_notif"')
    other.cli("configure", "lldp", "tx-interval", "1")
    other.stop()
    daemon.wait_log("%HA_EM-6-LOG: LLDP: delete r2")
    daemon.wait_log("%HA_EM-6-LOG: LATER: delete")
    assert "LATER: add" not in daemon.show("show logging")
    assert daemon.show("show logging").count("LLDP: add") == 1
