"""Two real FRR routers at the ends of a cable: what their adjacencies do is heard without any logging set up in FRR but
`bgp log-neighbor-changes`, becomes IOS's messages, and events with fields."""

import os
import signal
import socket
import threading

import pytest

import tree
from frr import Router, Unavailable

BGP = """hostname %(name)s
router bgp %(own)d
 bgp router-id %(id)s
 no bgp ebgp-requires-policy
 bgp log-neighbor-changes
 neighbor %(other)s remote-as %(as)d
 neighbor %(other)s timers 1 3
 neighbor %(other)s timers connect 1
 %(more)s
 address-family ipv4 unicast
  network 10.%(own)d.0.0/16
"""
OSPF = """interface %s
 ip ospf area 0
 ip ospf hello-interval 1
 ip ospf dead-interval 3
router ospf
 ospf router-id %s
 log-adjacency-changes
"""
OSPF6 = """interface %s
 ipv6 ospf6 area 0
 ipv6 ospf6 hello-interval 1
 ipv6 ospf6 dead-interval 3
router ospf6
 ospf6 router-id %s
 log-adjacency-changes
"""
BFD = "bfd\n peer %s\n  detect-multiplier 3\n  receive-interval 100\n  transmit-interval 100\n"
OWN, OTHER = "192.0.2.1", "192.0.2.2"


def bgp(name, own, number, other, other_number, more=""):
    return BGP % {"name": name, "own": number, "id": own, "other": other, "as": other_number, "more": more}


@pytest.fixture
def routers(cable, tmp_path):
    """routers(own, other): FRR with these daemons at both ends of the cable; those of `later` are begun by the test."""
    running = []

    def start(own, other, later=()):
        try:
            for name, netns, daemons, wait in (("r1", cable.first.name, own, ()), ("r2", cable.second.name, other, later)):
                running.append(Router(tmp_path / name, netns, daemons, wait))
                running[-1].start()
        except Unavailable as why:
            pytest.skip(str(why))
        return running
    yield start
    for router in running:
        router.stop()


def watch(protocol, *more):
    return ["event manager applet N", " event routing-neighbor protocol %s" % " ".join((protocol,) + more),
            ' action 1.0 syslog msg "$_neighbor_protocol $_neighbor_address $_neighbor_state from $_neighbor_old_state to '
            '$_neighbor_new_state: $_neighbor_reason. as $_neighbor_as local $_neighbor_local_as id $_neighbor_router_id vrf '
            '$_neighbor_vrf_name $_neighbor_afi on $_neighbor_interface"']


def eventd(new_daemon, cable, router, config):
    return new_daemon(netns=cable.first.name, settings={"daemons": {"frr": router.run_dir}}, config=config)


def wait_heard(daemon):
    """What the routers do from here on is seen."""
    assert tree.wait_for(lambda: daemon.json("show event manager detector routing-neighbor")["detectors"][0]["available"])
    assert "event detector routing-neighbor needs" not in daemon.show("show event manager policy registered")


def test_bgp_up_shut_and_cut(routers, cable, new_daemon):
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)}, {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001, "neighbor %s shutdown" % OWN)})
    daemon = eventd(new_daemon, cable, own, watch("bgp", "neighbor", OTHER, "as", "65002") +
                    ["event manager applet OLD", ' event syslog pattern "BGP-5-ADJCHANGE: neighbor %s Up"' % OTHER, ' action 1.0 syslog msg "old"',
                     "event manager applet ELSE", " event routing-neighbor protocol bgp as 65003", ' action 1.0 syslog msg "wrong"',
                     "event manager applet ROUTE", " event routing network 10.0.0.0/8 le 32 protocol bgp type add",
                     ' action 1.0 syslog msg "$_routing_network $_routing_protocol $_routing_lastgateway"'])
    wait_heard(daemon)
    other.vty("router bgp 65002", "no neighbor %s shutdown" % OWN)
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)
    daemon.wait_log("%HA_EM-6-LOG: OLD: old")
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s up from OpenConfirm to Established: . as 65002 local 65001 id %s vrf default ipv4 on" % (OTHER, OTHER))
    other.vty("router bgp 65002", "neighbor %s shutdown" % OWN)
    daemon.wait_log("%%BGP-3-NOTIFICATION: received from neighbor %s 6/2 \\(Administrative Shutdown\\) 0 bytes" % OTHER)
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Down BGP Notification received" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s notification from  to : 6/2 \\(Administrative Shutdown\\). as 65002" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s down from Established to Idle: BGP Notification received. as 65002 local 65001" % OTHER)
    other.vty("router bgp 65002", "no neighbor %s shutdown" % OWN)
    assert tree.wait_for(lambda: daemon.show("show logging").count("ADJCHANGE: neighbor %s Up" % OTHER) >= 2)
    cable.first.down("eth0")
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Down Interface flap" % OTHER)
    log = daemon.show("show logging")
    assert "ELSE: wrong" not in log and "needs a daemon" not in log


def test_bgp_with_the_wrong_as(routers, cable, new_daemon):
    own, _ = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)}, {"bgpd": bgp("r2", OTHER, 65002, OWN, 65009)})
    daemon = eventd(new_daemon, cable, own, watch("bgp", "state", "notification"))
    daemon.wait_log("%%BGP-3-NOTIFICATION: received from neighbor %s 2/2 \\(peer in wrong AS\\) 2 bytes FDE9" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s notification from  to : 2/2 \\(peer in wrong AS\\). as 65002 local 65001" % OTHER)
    assert "ADJCHANGE" not in daemon.show("show logging")


def test_routes_have_the_protocols_of_frr(routers, cable, new_daemon):
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002), "ospfd": OSPF % ("eth0", OWN)},
                         {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001, "no bgp network import-check"), "ospfd": OSPF % ("peer0", OTHER)})
    line = ' action 1.0 syslog msg "$_routing_type $_routing_network/$_routing_prefix_len $_routing_protocol via $_routing_lastgateway"'
    daemon = eventd(new_daemon, cable, own,
                    ["event manager applet ALL", " event routing network 0.0.0.0/0", line,
                     "event manager applet BGP", " event routing network 0.0.0.0/0 protocol bgp", line,
                     "event manager applet STATIC", " event routing network 0.0.0.0/0 protocol static type add", line])
    own.vty("ip route 10.77.0.0/16 %s" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: STATIC: add 10.77.0.0/16 static via %s" % OTHER)
    other.vty("router bgp 65002", "address-family ipv4 unicast", "network 10.66.0.0/16")
    daemon.wait_log("%%HA_EM-6-LOG: BGP: add 10.66.0.0/16 bgp via %s" % OTHER)
    other.vty("interface lo", "ip address 10.88.0.1/32", "ip ospf area 0")
    daemon.wait_log("%%HA_EM-6-LOG: ALL: add 10.88.0.1/32 ospf via %s" % OTHER)
    other.vty("router bgp 65002", "address-family ipv4 unicast", "no network 10.66.0.0/16")
    daemon.wait_log("%HA_EM-6-LOG: BGP: remove 10.66.0.0/16 bgp")


def test_ospf_full_and_down(routers, cable, new_daemon):
    own, other = routers({"ospfd": OSPF % ("eth0", OWN), "ospf6d": OSPF6 % ("eth0", OWN)},
                         {"ospfd": OSPF % ("peer0", OTHER), "ospf6d": OSPF6 % ("peer0", OTHER)}, later=("ospfd", "ospf6d"))
    daemon = eventd(new_daemon, cable, own, watch("all"))
    wait_heard(daemon)
    other.begin("ospfd")
    other.begin("ospf6d")
    daemon.wait_log("%%OSPF-5-ADJCHG: Process 1, Nbr %s on eth0 from LOADING to FULL, Loading Done" % OTHER, 40)
    daemon.wait_log("%%OSPFv3-5-ADJCHG: Process 1, Nbr %s on eth0 from LOADING to FULL, Loading Done" % OTHER, 40)
    daemon.wait_log("%%HA_EM-6-LOG: N: ospf %s up from LOADING to FULL: Loading Done. as 0 local 0 id %s vrf default ipv4 on eth0" % (OTHER, OTHER))
    other.end("ospfd")
    other.end("ospf6d")
    daemon.wait_log("%%OSPF-5-ADJCHG: Process 1, Nbr %s on eth0 from FULL to (DOWN|INIT)" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: ospf %s down from FULL to" % OTHER)
    daemon.wait_log("%%OSPFv3-5-ADJCHG: Process 1, Nbr %s on eth0 from FULL to DOWN, Neighbor Down: Dead timer expired" % OTHER)


def test_a_bgpd_that_dies_loses_its_neighbors(routers, cable, new_daemon):
    """It says nothing of it. Those that were up before eventd came are known, too, and so is the AS of one that is deleted."""
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)}, {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001)})
    assert tree.wait_for(lambda: '"bgpState":"Established"' in own.show("show bgp neighbors json"), 40)
    daemon = eventd(new_daemon, cable, own, watch("bgp", "as", "65002"))
    wait_heard(daemon)
    for i, how in enumerate(("kill", "terminate"), 1):
        own.end("bgpd", how)
        assert tree.wait_for(lambda: daemon.show("show logging").count("%%BGP-5-ADJCHANGE: neighbor %s Down bgpd ended" % OTHER) == i)
        assert tree.wait_for(lambda: daemon.show("show logging").count(
            "N: bgp %s down from Established to Idle: bgpd ended. as 65002 local 65001" % OTHER) == i)
        daemon.wait_log("%HA_EM-4-FMPD_FRR: FRR's bgpd is not heard: .*/bgpd.vty: it")
        own.begin("bgpd")
        assert tree.wait_for(lambda: daemon.show("show logging").count("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER) == i, 40)
    own.vty("router bgp 65001", "no neighbor %s" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s down from Established to Idle: Neighbor deleted. as 65002 local 65001" % OTHER)


def test_a_bgpd_that_hangs_is_told_and_so_is_what_it_did(routers, cable, new_daemon):
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)}, {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001)})
    daemon = eventd(new_daemon, cable, own, watch("bgp", "as", "65002"))
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)
    own.send("bgpd", signal.SIGSTOP)
    daemon.wait_log("%HA_EM-4-FMPD_FRR: FRR's bgpd is not heard: .*/bgpd.vty: no answer", 60)
    own.send("bgpd", signal.SIGCONT)
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Down" % OTHER, 40)
    assert tree.wait_for(lambda: daemon.show("show logging").count("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER) == 2, 40)


def test_an_instance_of_ospfd_has_its_number(routers, cable, new_daemon):
    """`ospfd -n 5`: its socket is ospfd-5.vty, its messages are of process 5."""
    config = OSPF.replace("ip ospf area", "ip ospf 5 area").replace("router ospf\n", "router ospf 5\n")
    own, other = routers({}, {"ospfd": OSPF % ("peer0", OTHER)})
    daemon = eventd(new_daemon, cable, own, watch("ospf") + ["event manager applet P", " event routing-neighbor protocol ospf state up",
                                                             ' action 1.0 syslog msg "process $_neighbor_process"'])
    own.instance("ospfd", 5, config % ("eth0", OWN))
    daemon.wait_log("%%OSPF-5-ADJCHG: Process 5, Nbr %s on eth0 from LOADING to FULL, Loading Done" % OTHER, 60)
    daemon.wait_log("%HA_EM-6-LOG: P: process 5")
    own.end("ospfd-5", "kill")
    daemon.wait_log("%%OSPF-5-ADJCHG: Process 5, Nbr %s on eth0 from FULL to DOWN, ospfd-5 ended" % OTHER)


def test_an_frr_without_a_live_log_is_asked_for_the_as(new_daemon, tmp_path):
    """Before 8.4 the socket answers, and the messages come by syslog."""
    path, asked = str(tmp_path / "log"), []
    answers = {b"enable": b"", b"terminal monitor": b"",
               b"show bgp vrf all neighbors 192.0.2.2 json": b'{"default":{"192.0.2.2":{"remoteAs":65002,"localAs":65001,"remoteRouterId":"10.0.0.2"}}}'}

    def serve():
        while True:
            try:
                connection = server.accept()[0]
            except OSError:
                return
            while command := connection.recv(200).rstrip(b"\0"):
                for one in command.split(b"\0"):
                    asked.append(one)
                    connection.sendall(answers.get(one, b"% Unknown command") + b"\0\0\0" + (b"\0" if one in answers else b"\2"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bgpd.vty"))
        server.listen()
        threading.Thread(target=serve, daemon=True).start()
        daemon = new_daemon(settings={"daemons": {"frr": str(tmp_path)}, "syslog": {"listen": ["unix://" + path]}}, config=watch("bgp"))
        daemon.wait_log("FRR's bgpd is not heard: .*/bgpd.vty: it has no live log: that needs FRR 8.4")
        assert tree.wait_for(lambda: asked.count(b"enable") == 2)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"<30>Nov 22 22:00:00 bgpd[7]: [N9HHH-F8H1M] %ADJCHANGE: neighbor 192.0.2.2(r2) in vrf default Up", path)
        daemon.wait_log("N: bgp 192.0.2.2 up from OpenConfirm to Established: . as 65002 local 65001 id 10.0.0.2")
        assert asked.count(b"terminal monitor") == 1


def test_sockets_that_say_nothing_or_nonsense(new_daemon, tmp_path):
    """A daemon that hangs from the start, and one that never ends its answer."""
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as endless:
        for server, name in ((silent, "bgpd.vty"), (endless, "ospfd.vty")):
            server.bind(str(tmp_path / name))
            server.listen()

        def talk():
            connection = endless.accept()[0]
            try:
                while True:
                    connection.sendall(b"nonsense\n" * 1000)
            except OSError:
                pass
        threading.Thread(target=talk, daemon=True).start()
        daemon = new_daemon(settings={"daemons": {"frr": str(tmp_path)}}, config=watch("bgp"))
        daemon.wait_log("FRR's bgpd is not heard: .*/bgpd.vty: no answer")
        daemon.wait_log("FRR's ospfd is not heard: .*/ospfd.vty: an answer is longer than [0-9]+ octets")
        daemon.wait_log("needs a daemon of FRR: there is no socket like .*/bgpd.vty that we may open and that answers")


def test_bfd_down_and_up_and_the_daemon_again(routers, cable, new_daemon):
    own, _ = routers({"bfdd": BFD % OTHER}, {"bfdd": BFD % OWN})
    assert tree.wait_for(lambda: "Status: up" in own.show("show bfd peers"))
    daemon = eventd(new_daemon, cable, own, watch("bfd"))
    assert tree.wait_for(lambda: "needs a daemon" not in daemon.show("show event manager policy registered"))
    cable.second.ip("address", "del", OTHER + "/24", "dev", "peer0")
    daemon.wait_log("%BFD-6-BFD_SESS_DOWN: BFD-SYSLOG: BFD session ld:[0-9]+ handle:1,is going Down Reason: DETECT TIMER EXPIRED")
    daemon.wait_log("%%HA_EM-6-LOG: N: bfd %s down from UP to DOWN: DETECT TIMER EXPIRED" % OTHER)
    cable.second.ip("address", "add", OTHER + "/24", "dev", "peer0")
    daemon.wait_log("%BFD-6-BFD_SESS_UP: BFD-SYSLOG: BFD session ld:[0-9]+ handle:1 is going UP")
    daemon.wait_log("%%HA_EM-6-LOG: N: bfd %s up from DOWN to UP" % OTHER)
    own.end("bfdd")
    own.begin("bfdd")
    assert tree.wait_for(lambda: daemon.show("show logging").count("BFD_SESS_UP") >= 2)


def test_without_frr_it_says_what_it_needs_and_takes_what_comes(routers, cable, new_daemon, tmp_path):
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"frr": str(tmp_path / "r1" / "run")}}, config=watch("bgp"))
    daemon.wait_log("%HA_EM-4-FMPD_NEEDS: policy N waits: event detector routing-neighbor needs a daemon of FRR: .*/run/bgpd.vty")
    assert "event detector routing-neighbor needs a daemon of FRR" in daemon.show("show event manager policy registered")
    assert daemon.json("show event manager detector routing-neighbor")["detectors"][0]["available"] is False
    _, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)},
                       {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001, "neighbor %s shutdown" % OWN)})
    daemon.wait_log("%HA_EM-6-FMPD_SEES: policy N: event detector routing-neighbor has what it needs")
    other.vty("router bgp 65002", "no neighbor %s shutdown" % OWN)
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)


def test_a_log_that_comes_by_syslog_counts_where_the_daemon_is_not_heard(new_daemon, tmp_path):
    """An FRR before 8.4, or sockets that eventd may not open: `log syslog`, and a unix listener of eventd as /dev/log."""
    path, port = str(tmp_path / "log"), tree.free_port(kind=socket.SOCK_DGRAM)
    daemon = new_daemon(settings={"daemons": {"frr": "none"}, "syslog": {"listen": ["unix://" + path, "udp://127.0.0.1:%d" % port]}}, config=watch("bgp"))
    daemon.wait_log("policy N waits: event detector routing-neighbor needs FRR, and the setting daemons.frr says none")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"<30>Nov 22 22:00:00 bgpd[7]: [N9HHH-F8H1M] %ADJCHANGE: neighbor 192.0.2.2(r2) in vrf default Up", path)
        daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"<30>Nov 22 22:00:00 bgpd[7]: %ADJCHANGE: neighbor 192.0.2.9 in vrf default Up", ("127.0.0.1", port))
    daemon.wait_show("show logging received", "192.0.2.9")
    assert "BGP-5-ADJCHANGE: neighbor 192.0.2.9" not in daemon.show("show logging")


def test_a_log_file_of_frr_counts_where_the_daemon_is_not_heard(routers, cable, new_daemon, tmp_path):
    """`log file`, which eventd follows."""
    log = tmp_path / "frr.log"
    log.write_text("")
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002) + "log file %s informational\n" % log},
                         {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001)}, later=("bgpd",))
    daemon = new_daemon(netns=cable.first.name, settings={"daemons": {"frr": "none"}, "syslog": {"files": [str(log)]}}, config=watch("bgp"))
    daemon.wait_log("needs FRR, and the setting daemons.frr says none")
    other.begin("bgpd")
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)
    daemon.wait_log("%%HA_EM-6-LOG: N: bgp %s up from OpenConfirm to Established: . as 0 local 0" % OTHER)


def test_the_example_runs_as_it_stands(routers, cable, new_daemon):
    own, other = routers({"bgpd": bgp("r1", OWN, 65001, OTHER, 65002)}, {"bgpd": bgp("r2", OTHER, 65002, OWN, 65001)}, later=("bgpd",))
    with open(os.path.join(tree.PROJECT, "examples", "neighbors.cfg")) as f:
        daemon = eventd(new_daemon, cable, own, f.read())
    wait_heard(daemon)
    other.begin("bgpd")
    daemon.wait_log("%%BGP-5-ADJCHANGE: neighbor %s Up" % OTHER)
    other.vty("router bgp 65002", "neighbor %s shutdown" % OWN)
    daemon.wait_log("%%HA_EM-4-LOG: BGP-DOWN: lost %s: BGP Notification received" % OTHER)
    daemon.wait_log("%%HA_EM-1-LOG: UPSTREAM: upstream AS 65002 \\(%s\\) is gone: BGP Notification received" % OTHER)
    daemon.wait_log("%%HA_EM-3-LOG: WRONG-AS: %s received 6/2 \\(Administrative Shutdown\\)" % OTHER)
