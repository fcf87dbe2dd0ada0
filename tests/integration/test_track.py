"""Tracked objects on real interfaces and routes: the message, the event, the delay, and the end state."""

import re
import signal

import pytest

import tree


@pytest.fixture
def linked(netns, new_daemon):
    netns.ip("address", "flush", "dev", "peer0")
    return netns, new_daemon(netns=netns.name)


def states(daemon):
    return {row["track"]: row["state"] for row in daemon.json("show track brief")["tracks"]}


def messages(daemon):
    return [line.split("%TRACK-6-STATE: ")[1] for line in daemon.show("show logging").splitlines() if "%TRACK-6-STATE" in line]


def wait_messages(daemon, count):
    assert tree.wait_for(lambda: len(messages(daemon)) >= count), daemon.show("show logging")
    return messages(daemon)


def test_a_story_of_an_uplink(linked):
    """Line protocol, route and list go down together and come back; the applet of the list runs once each way."""
    namespace, daemon = linked
    namespace.ip("route", "add", "10.20.0.0/16", "via", "192.0.2.2", "proto", "static")
    daemon.configure("track 1 interface eth0 line-protocol", "exit", "track 2 ip route 10.20.0.0 255.255.0.0 reachability", "exit",
                     "track 3 list boolean or", "object 1", "object 2", "exit",
                     "event manager applet UPLINK", "event track 3", 'action 1.0 syslog msg "uplink $_track_state"')
    assert states(daemon) == {1: "Up", 2: "Up", 3: "Up"}
    shown = daemon.show("show track 2")
    assert "  IP route 10.20.0.0 255.255.0.0 reachability\n  Reachability is Up (static)\n" in shown
    assert "  First-hop interface is eth0\n" in shown
    daemon.ctl("clear logging")
    namespace.down("peer0")
    daemon.wait_log("UPLINK: uplink down")
    assert sorted(wait_messages(daemon, 3)) == ["1 interface eth0 line-protocol Up -> Down",
                                                "2 ip route 10.20.0.0/16 reachability Up -> Down", "3 list boolean or Up -> Down"]
    assert "Reachability is Down (no ip route)" in daemon.show("show track 2")
    assert "First-hop interface is unknown (was eth0)" in daemon.show("show track 2")
    namespace.up("peer0")
    daemon.wait_log("UPLINK: uplink up")
    assert tree.wait_for(lambda: states(daemon) == {1: "Up", 2: "Up", 3: "Up"})


def test_ip_routing_needs_an_address(linked):
    namespace, daemon = linked
    daemon.configure("track 5 interface eth0 ip routing", "exit", "track 6 interface peer0 ipv6 routing")
    assert states(daemon) == {5: "Up", 6: "Down"}
    namespace.ip("address", "add", "2001:db8:5::1/64", "dev", "peer0", "nodad")
    assert tree.wait_for(lambda: states(daemon)[6] == "Up")
    namespace.ip("address", "flush", "dev", "eth0")
    assert tree.wait_for(lambda: states(daemon)[5] == "Down")
    assert "IP routing is Down (ip address is not known)" in daemon.show("show track 5")


def test_metric_threshold(linked):
    """Static metrics are scaled by ten: 250 is 25."""
    namespace, daemon = linked
    daemon.configure("track 7 ip route 10.7.0.0/16 metric threshold", "threshold metric up 20 down 30")
    assert "Metric threshold is Down (no route)" in daemon.show("show track 7")
    namespace.ip("route", "add", "10.7.0.0/16", "via", "192.0.2.2", "proto", "static", "metric", "250")
    assert tree.wait_for(lambda: "(static/250/25)" in daemon.show("show track 7"))
    assert states(daemon) == {7: "Down"}
    namespace.ip("route", "add", "10.7.0.0/16", "via", "192.0.2.2", "proto", "static", "metric", "150")
    assert tree.wait_for(lambda: states(daemon) == {7: "Up"})
    namespace.ip("route", "del", "10.7.0.0/16", "metric", "150")
    assert tree.wait_for(lambda: "(static/250/25)" in daemon.show("show track 7"))
    assert states(daemon) == {7: "Up"}  # between the two: it stays
    namespace.ip("route", "del", "10.7.0.0/16")
    assert tree.wait_for(lambda: states(daemon) == {7: "Down"})


def test_ipv6_route_and_a_shut_interface(linked):
    namespace, daemon = linked
    namespace.ip("address", "add", "2001:db8:1::1/64", "dev", "eth0", "nodad")
    namespace.ip("route", "add", "2001:db8:7::/48", "via", "2001:db8:1::2")
    daemon.configure("track 8 ipv6 route 2001:db8:7::/48 reachability")
    assert states(daemon) == {8: "Up"}
    namespace.down("eth0")
    assert tree.wait_for(lambda: states(daemon) == {8: "Down"})
    assert wait_messages(daemon, 1)[-1] == "8 ipv6 route 2001:db8:7::/48 reachability Up -> Down"


def test_what_is_behind_a_delay_is_shown_with_its_reason(linked):
    """IOS: the state as reported and its reason, the one to come and its own; thresholds above the delay, the first hop below."""
    namespace, daemon = linked
    daemon.configure("track 1 ip route 10.9.0.0/16 metric threshold", "threshold metric up 20 down 30", "delay up 100 down 100", "exit",
                     "track 2 ip route 10.9.0.0/16 reachability", "exit",
                     "track 3 ipv6 route 2001:db8:9::/48 reachability", "exit",
                     "track 4 interface eth0 line-protocol", "delay down 100", "exit",
                     "track 5 ip route 192.0.2.0 255.255.255.0 reachability", "delay down 100")
    assert "  Reachability is Down (no ipv6 route)\n" in daemon.show("show track 3")
    namespace.ip("route", "add", "10.9.0.0/16", "via", "192.0.2.2", "metric", "30", "proto", "188")
    assert tree.wait_for(lambda: states(daemon)[2] == "Up")
    assert "  Reachability is Up (OSPF)\n" in daemon.show("show track 2")
    namespace.ip("route", "replace", "10.9.0.0/16", "via", "192.0.2.2", "metric", "20", "proto", "188")
    namespace.ip("route", "del", "10.9.0.0/16", "metric", "30")
    assert tree.wait_for(lambda: "delayed" in daemon.show("show track 1"))
    assert re.search(r"""  Metric threshold is Down \(OSPF/30/30\), delayed Up \(\d+ secs remaining\) \(OSPF/20/20\)
    0 changes, last change never
  Metric threshold down 30 up 20
  Delay up 100 secs, down 100 secs
  First-hop interface is eth0
""", daemon.show("show track 1")), daemon.show("show track 1")
    namespace.down("peer0")
    assert tree.wait_for(lambda: "delayed" in daemon.show("show track 5"))
    assert re.search(r"Reachability is Up \(connected\), delayed Down \(\d+ secs remaining\) \(no ip route\)\n", daemon.show("show track 5"))
    assert re.search(r"Line protocol is Up, delayed Down \(\d+ secs remaining\) \(hw down\)\n", daemon.show("show track 4"))


def test_who_tracks_it(linked):
    """Every event of an applet counts, and the objects that its trigger names."""
    namespace, daemon = linked
    daemon.configure("track 1 stub-object", "exit", "track 2 stub-object", "exit", "track 3 stub-object", "exit", "track 4 stub-object", "exit",
                     "track 5 list boolean or", "object 2", "exit",
                     "event manager applet MANY", "event tag a track 1", "event tag b track 2", "trigger", "correlate event a or event b andnot track 3",
                     "exit", 'action 1 puts "x"')
    users = {row["number"]: [u.get("name", u.get("number")) for u in row["tracked_by"]] for row in daemon.json("show track")["tracks"]}
    assert users == {1: ["MANY"], 2: ["MANY", 5], 3: ["MANY"], 4: [], 5: []}


def test_objects_survive_a_reload_of_the_configuration(linked):
    """What is saved loads again, with the states of the world as it is then."""
    namespace, daemon = linked
    daemon.configure("track 1 interface eth0 line-protocol", "delay down 1", "exit", "track 2 list threshold percentage",
                     "object 1", "threshold percentage up 100 down 0")
    daemon.ctl("write memory")
    daemon.stop()
    namespace.down("peer0")
    daemon.start()
    assert states(daemon) == {1: "Down", 2: "Down"}
    assert messages(daemon) == []
    namespace.up("peer0")
    assert tree.wait_for(lambda: states(daemon) == {1: "Up", 2: "Up"})


def test_lists_change_places_in_a_reload(new_daemon):
    """Line for line the new configuration is for a moment one of lists that contain each other, each way round."""
    lists = {"one": ["track 53 list boolean or", " object 1", "track 54 list boolean or", " object 53 not"],
             "other": ["track 53 list boolean or", " object 54 not", "track 54 list boolean or", " object 1"]}
    daemon = new_daemon(config=["track 1 stub-object"] + lists["one"])
    for which, want in (("other", {1: "Down", 53: "Up", 54: "Down"}), ("one", {1: "Down", 53: "Down", 54: "Up"})) * 2:
        with open(daemon.config, "w") as f:
            f.write("\n".join(["track 1 stub-object"] + lists[which]) + "\n")
        daemon.process.send_signal(signal.SIGHUP)
        assert tree.wait_for(lambda: states(daemon) == want), daemon.show("show track")


def test_lists_in_lists_in_lists(new_daemon):
    """However deep, what changes below arrives above: the stack has an end, the lists may have more."""
    lines = ["track 1 stub-object"]
    for n in range(2, 3001):
        lines += ["track %d list boolean or" % n, " object %d" % (n - 1)]
    daemon = new_daemon(config=lines + ["event manager applet UP", " event none sync yes", " action 1 track set 1 state up"])
    assert daemon.run("UP").code == 0
    daemon.wait_log("%TRACK-6-STATE: 3000 list boolean or Down -> Up")
    assert "  Boolean OR is Up\n" in daemon.show("show track 3000")


def test_a_route_of_a_network_namespace(linked, netns, new_daemon):
    """`ip vrf` names a VRF of the kernel, or a namespace: its routes are followed from outside."""
    namespace, _ = linked
    outside = new_daemon()
    outside.configure("track 1 ip route 10.30.0.0 255.255.0.0 reachability", "ip vrf %s" % namespace.name, "exit",
                      "track 2 ip route 10.31.0.0 255.255.0.0 reachability", "ip vrf no-such-vrf", "exit",
                      "track 3 ip route 10.31.0.0 255.255.0.0 metric threshold", "ip vrf lo")
    assert states(outside) == {1: "Down", 2: "Down", 3: "Down"}
    assert outside.show("show track 3").startswith(
        'Track 3\n  IP route 10.31.0.0 255.255.0.0 metric threshold\n  VPN Routing/Forwarding table "lo"\n'
        "  Metric threshold is Down (lo is an interface, not a VRF)\n")
    assert "  Reachability is Down (no ip route)\n" in outside.show("show track 1")
    assert "  Reachability is Down (VRF no-such-vrf does not exist)\n" in outside.show("show track 2")
    namespace.ip("route", "add", "10.30.0.0/16", "via", "192.0.2.2", "proto", "static")
    assert tree.wait_for(lambda: states(outside) == {1: "Up", 2: "Down", 3: "Down"})
    assert "  First-hop interface is eth0\n" in outside.show("show track 1")
    namespace.down("peer0")
    assert tree.wait_for(lambda: states(outside)[1] == "Down")
    namespace.up("peer0")
    assert tree.wait_for(lambda: states(outside)[1] == "Up")
    outside.configure("track 1", "no ip vrf %s" % namespace.name)
    assert states(outside)[1] == "Down" and "VPN Routing" not in outside.show("show track 1")


def test_resolution_of_metrics(linked):
    namespace, daemon = linked
    namespace.ip("route", "add", "10.8.0.0/16", "via", "192.0.2.2", "proto", "static", "metric", "250")
    daemon.configure("track 8 ip route 10.8.0.0/16 metric threshold", "threshold metric up 20 down 30")
    assert "(static/250/25)" in daemon.show("show track 8")
    daemon.configure("track resolution ip route static 25")
    assert "(static/250/10)" in daemon.show("show track 8") and states(daemon) == {8: "Up"}
    daemon.configure("no track resolution ip route static")
    assert "(static/250/25)" in daemon.show("show track 8") and states(daemon) == {8: "Up"}
