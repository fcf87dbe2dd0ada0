"""SIGHUP takes every setting: what was read of another daemon, another directory, by another name is so from then on."""

import json
import os
import signal
import socket

import pytest

import tree
from lldphost import Lldpd, Unavailable


def reload(daemon, settings):
    done = daemon.log().count("by reload")
    with open(daemon.settings, "w") as f:
        json.dump(settings, f)
    daemon.process.send_signal(signal.SIGHUP)
    assert tree.wait_for(lambda: daemon.log().count("by reload") > done)


RF = ["event manager applet RF", " event rf event RF_PROG_ACTIVE", ' action 1.0 syslog msg "$_rf_name"']


def notify(fifo, instance):
    with open(fifo, "w") as f:
        f.write('INSTANCE "%s" MASTER 50\n' % instance)


def test_another_fifo_of_keepalived(new_daemon, tmp_path):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    daemon = new_daemon(settings={"daemons": {"keepalived": first}}, config=RF)
    notify(first, "VI_1")
    daemon.wait_log("%HA_EM-6-LOG: RF: VI_1")
    reload(daemon, {"daemons": {"keepalived": second}})
    daemon.wait_log("event detector rf needs a keepalived that writes to its FIFO: 'vrrp_notify_fifo %s'" % second)
    notify(second, "VI_2")
    daemon.wait_log("%HA_EM-6-LOG: RF: VI_2")
    with pytest.raises(OSError):
        os.open(first, os.O_WRONLY | os.O_NONBLOCK)


def applet(name, event, text):
    return ["event manager applet " + name, " " + event, ' action 1.0 syslog msg "%s"' % text]


def listener(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    return s


def test_another_directory_of_frr_and_none(new_daemon, tmp_path):
    daemon = new_daemon(settings={"daemons": {"frr": str(tmp_path / "first")}},
                        config=applet("N", "event routing-neighbor protocol all", "x"))
    daemon.wait_log("event detector routing-neighbor needs a daemon of FRR: there is no socket like %s/bgpd.vty" % (tmp_path / "first"))
    with listener(str(tmp_path / "second" / "bgpd.vty")) as bgpd:
        reload(daemon, {"daemons": {"frr": str(tmp_path / "second")}})
        bgpd.settimeout(20)
        asks, _ = bgpd.accept()
        assert asks.recv(100).startswith(b"enable\0")
        reload(daemon, {"daemons": {"frr": "none"}})
        asks.settimeout(20)
        while asks.recv(100):
            pass
    daemon.wait_log("needs FRR, and the setting daemons.frr says none")


def test_another_directory_of_hostapd(new_daemon, tmp_path):
    daemon = new_daemon(settings={"daemons": {"hostapd": str(tmp_path / "first")}},
                        config=applet("I", "event identity interface eth0 authc all", "x"))
    daemon.wait_log("event detector identity needs hostapd: %s" % (tmp_path / "first"))
    os.mkdir(tmp_path / "second")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
        control.bind(str(tmp_path / "second" / "eth0"))
        control.settimeout(20)
        reload(daemon, {"daemons": {"hostapd": str(tmp_path / "second")}})
        assert control.recv(100) == b"ATTACH"


def test_another_socket_of_lldpd_and_nobody_who_asks(cable, new_daemon, tmp_path):
    try:
        own = Lldpd(tmp_path / "own", cable.first.name, "eth0", "r1")
    except Unavailable as why:
        pytest.skip(str(why))
    daemon = new_daemon(netns=cable.first.name, env={"PATH": tree.PATH}, settings={"daemons": {"lldpd": str(tmp_path / "none")}},
                        config=applet("L", "event neighbor-discovery interface eth0 lldp all", "x"))
    daemon.wait_log("event detector neighbor-discovery needs lldpd: %s" % (tmp_path / "none"))
    with own:
        reload(daemon, {"daemons": {"lldpd": own.socket}})
        assert tree.wait_for(lambda: "lldpcli" in daemon.show("show system processes"))
        daemon.configure("no event manager applet L")
        assert tree.wait_for(lambda: "lldpcli" not in daemon.show("show system processes"))


def test_another_alias_of_an_interface(cable, new_daemon):
    """Statements and tracks that name it mean the other interface at once."""
    daemon = new_daemon(netns=cable.first.name, settings={"interfaces": {"alias": {"GigabitEthernet0/1": "lo"}}},
                        config=applet("T", "event track 1 state any", "$_track_state") + ["track 1 interface Gi0/1 line-protocol"] +
                        applet("L", "event neighbor-discovery interface Gi0/1 line-event all", "$_nd_local_intf_name $_nd_intf_linestatus"))
    cable.first.ip("link", "set", "lo", "down")
    daemon.wait_show("show track 1", "Line protocol is Down")
    reload(daemon, {"interfaces": {"alias": {"GigabitEthernet0/1": "eth0"}}})
    daemon.wait_show("show track 1", "Line protocol is Up")
    cable.second.down("peer0")
    daemon.wait_show("show track 1", "Line protocol is Down")
    daemon.wait_log("%HA_EM-6-LOG: L: GigabitEthernet0/1 down")


def test_another_flash_and_another_helo_name(new_daemon, tmp_path):
    flash = tmp_path / "flash"
    flash.mkdir()
    daemon = new_daemon(settings={"mail": {"helo-name": "old.example.net", "max-parallel": 1}},
                        config=["event manager applet W", " event none sync yes", ' action 1.0 file open f flash:x w', ' action 2.0 file puts f "hello"',
                                " action 3.0 file close f"])
    assert daemon.show("show system processes").count("eventd-mail") == 1
    reload(daemon, {"filesystem": {"flash": str(flash)}, "mail": {"max-parallel": 3}})
    assert daemon.run("W").code == 0
    assert (flash / "x").read_text().strip() == "hello"
    assert daemon.show("show system processes").count("eventd-mail") == 3
    reload(daemon, {})
    assert daemon.run("W").code == 0
    assert os.path.exists(os.path.join(daemon.state, "flash", "x"))
