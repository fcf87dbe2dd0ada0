"""event rf with two real keepalived: who takes over, who hands back, and what is said while there is none."""

import os
import signal

import pytest

import frr
import tree
from vrrphost import Keepalived, Unavailable

APPLETS = ["event manager applet ACTIVE", " event rf event RF_PROG_ACTIVE",
           ' action 1.0 syslog msg "$_rf_event $_rf_name from $_rf_previous priority $_rf_priority"',
           "event manager applet STANDBY", " event rf event RF_PROG_STANDBY_HOT instance VI_1", ' action 1.0 syslog msg "$_rf_state"',
           "event manager applet GROUP", " event rf event RF_PROG_ACTIVE group VG", ' action 1.0 syslog msg "$_rf_kind $_rf_name"',
           "event manager applet COLD", " event rf event RF_PROG_STANDBY_COLD", ' action 1.0 syslog msg "$_rf_state"',
           "event manager applet END", " event rf event RF_PROG_INITIALIZATION", ' action 1.0 syslog msg "$_rf_state"',
           "event manager applet MESSAGE", ' event syslog pattern "VRRP-6-STATECHANGE.*Backup -> Master"', ' action 1.0 syslog msg "seen"']


def routers(tmp_path, cable, fifo):
    """The one that eventd hears, and the better one at the other end of the cable."""
    try:
        return (Keepalived(tmp_path / "own", cable.first.name, "eth0", 50, fifo), Keepalived(tmp_path / "other", cable.second.name, "peer0", 150))
    except Unavailable as why:
        pytest.skip(str(why))


def test_a_failover_and_back(cable, new_daemon, tmp_path):
    fifo = str(tmp_path / "vrrp")
    own, other = routers(tmp_path, cable, fifo)
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"keepalived": fifo}}, config=APPLETS)
    assert "event detector rf needs a keepalived that writes to its FIFO: 'vrrp_notify_fifo %s'" % fifo in \
        daemon.show("show event manager policy registered")
    with other:
        tree.wait_for(lambda: "MASTER STATE" in other.log())
        with own:
            daemon.wait_log("%HA_EM-6-LOG: STANDBY: BACKUP")
            daemon.wait_log("%HA_EM-6-FMPD_SEES: policy ACTIVE: event detector rf has what it needs")
            assert "ACTIVE: RF" not in daemon.show("show logging")
            other.stop()
            daemon.wait_log("%HA_EM-6-LOG: ACTIVE: RF_PROG_ACTIVE VI_1 from BACKUP priority 50")
            daemon.wait_log("%VRRP-6-STATECHANGE: VI_1 state Backup -> Master")
            daemon.wait_log("%HA_EM-6-LOG: MESSAGE: seen")
            daemon.wait_log("%HA_EM-6-LOG: GROUP: group VG_1")
            other.start()
            daemon.wait_log("%VRRP-6-STATECHANGE: VI_1 state Master -> Backup")
            cable.first.down("eth0")
            daemon.wait_log("%HA_EM-6-LOG: COLD: FAULT")
        daemon.wait_log("%HA_EM-6-LOG: END: STOP")


def test_a_fifo_that_cannot_be_made_is_told_and_made_later(new_daemon, tmp_path):
    fifo = tmp_path / "later" / "vrrp"
    daemon = new_daemon(settings={"daemons": {"keepalived": str(fifo)}}, config=APPLETS)
    daemon.wait_log("%HA_EM-4-FMPD_NEEDS: policy ACTIVE waits: event detector rf needs keepalived's FIFO .*: No such file or directory")
    os.mkdir(fifo.parent)
    assert tree.wait_for(fifo.exists)
    with open(fifo, "w") as f:
        f.write('INSTANCE "VI_1" BACKUP 50\nINSTANCE "VI_1" MAS')
        f.flush()
        daemon.wait_log("%HA_EM-6-LOG: STANDBY: BACKUP")
        f.write("TER 50\nnonsense\n")
    daemon.wait_log("%HA_EM-6-LOG: ACTIVE: RF_PROG_ACTIVE VI_1 from BACKUP priority 50")
    daemon.wait_log("%HA_EM-4-FMPD_VRRP: a line that is none of keepalived's")


def test_a_file_that_is_no_fifo_is_refused(new_daemon, tmp_path):
    (tmp_path / "file").write_text("")
    daemon = new_daemon(settings={"daemons": {"keepalived": str(tmp_path / "file")}}, config=APPLETS)
    daemon.wait_log("event detector rf needs keepalived's FIFO .*: it is no FIFO")


def test_settings_that_are_the_same_change_nothing_of_the_fifo(new_daemon, tmp_path):
    """SIGHUP replaces the settings; a FIFO that is still to be made is made."""
    fifo = tmp_path / "later" / "vrrp"
    daemon = new_daemon(settings={"daemons": {"keepalived": str(fifo)}}, config=APPLETS)
    daemon.wait_log("event detector rf needs keepalived's FIFO")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log("%SYS-5-CONFIG_I: Configured from .* by reload")
    os.mkdir(fifo.parent)
    assert tree.wait_for(fifo.exists)
    with open(fifo, "w") as f:
        f.write('INSTANCE "VI_1" MASTER 50\n')
    daemon.wait_log("%HA_EM-6-LOG: ACTIVE: RF_PROG_ACTIVE VI_1")


FRR = "interface %s\n vrrp 5 version 3\n vrrp 5 priority %d\n vrrp 5 advertisement-interval 100\n vrrp 5 ip 192.0.2.100\n"


def macvlan(namespace, interface):
    """The interface with the virtual address that FRR wants to find."""
    for command in ("link add vrrp4-1 link %s type macvlan mode bridge" % interface, "link set vrrp4-1 address 00:00:5e:00:01:05",
                    "address add 192.0.2.100/24 dev vrrp4-1", "link set vrrp4-1 up"):
        if namespace.run("ip", *command.split(), check=False).returncode:
            pytest.skip("this kernel has no macvlan")


def test_vrrpd_of_frr(cable, new_daemon, tmp_path):
    """Without keepalived: a better router comes and goes, and vrrpd is killed."""
    macvlan(cable.first, "eth0")
    macvlan(cable.second, "peer0")
    routers = []
    try:
        for name, netns, config in (("r1", cable.first.name, FRR % ("eth0", 100)), ("r2", cable.second.name, FRR % ("peer0", 200))):
            routers.append(frr.Router(tmp_path / name, netns, {"vrrpd": config}, later=("vrrpd",)))
            routers[-1].start()
    except frr.Unavailable as why:
        for router in routers:
            router.stop()
        pytest.skip(str(why))
    own, other = routers
    try:
        daemon = new_daemon(netns=cable.first.name, config=APPLETS, settings={
            "daemons": {"frr": own.run_dir, "keepalived": str(tmp_path / "vrrp")}, "interfaces": {"alias": {"GigabitEthernet0/1": "eth0"}}})
        daemon.wait_log("needs a keepalived that writes to its FIFO: .*; or FRR's vrrpd")
        own.begin("vrrpd")
        daemon.wait_log("%HA_EM-6-FMPD_SEES: policy ACTIVE")
        daemon.wait_log("%VRRP-6-STATECHANGE: GigabitEthernet0/1 Grp 5 state Init -> Backup")
        daemon.wait_log("%VRRP-6-STATECHANGE: GigabitEthernet0/1 Grp 5 state Backup -> Master")
        daemon.wait_log("%HA_EM-6-LOG: ACTIVE: RF_PROG_ACTIVE GigabitEthernet0/1 Grp 5 from BACKUP priority 100")
        daemon.wait_log("%HA_EM-6-LOG: MESSAGE: seen")
        other.begin("vrrpd")
        daemon.wait_log("%VRRP-6-STATECHANGE: GigabitEthernet0/1 Grp 5 state Master -> Backup")
        own.end("vrrpd", "kill")
        daemon.wait_log("%VRRP-6-STATECHANGE: GigabitEthernet0/1 Grp 5 state Backup -> Init")
        daemon.wait_log("%HA_EM-6-LOG: COLD: FAULT")
    finally:
        for router in routers:
            router.stop()
