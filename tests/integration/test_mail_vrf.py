"""`mail ... vrf NAME` and `source-interface` where two ways lead to a real server in another network namespace: the device that is
named is taken, and no other when it is gone. Not every kernel has VRF devices: to the socket a VRF is a device like the veth here, and
what tells their kind says so (tests/lib/vrfs.c)."""

import re

import pytest

import tree
from mailhost import MailHost, Unavailable
from netns import Namespace, Unavailable as NoNamespaces

SERVER = "10.9.9.9"


@pytest.fixture(scope="module")
def world(pki, tmp_path_factory, module_daemon):
    try:
        here, there = Namespace().__enter__(), Namespace().__enter__()
    except NoNamespaces as why:
        pytest.skip(str(why))
    host = None
    try:
        for n, metric in ((1, 100), (2, 200)):
            here.ip("link", "add", "way%d" % n, "type", "veth", "peer", "name", "end%d" % n, "netns", there.name)
            here.ip("address", "add", "10.9.%d.1/24" % n, "dev", "way%d" % n)
            there.ip("address", "add", "10.9.%d.2/24" % n, "dev", "end%d" % n)
            here.ip("link", "set", "way%d" % n, "up")
            there.ip("link", "set", "end%d" % n, "up")
            here.ip("route", "add", SERVER, "via", "10.9.%d.2" % n, "dev", "way%d" % n, "metric", str(metric))
        there.ip("address", "add", SERVER + "/32", "dev", "lo")
        try:
            host = MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem"), addresses=[SERVER], netns=there.name, networks=["10.9.0.0/16"])
            host.start()
        except Unavailable as why:
            pytest.skip(str(why))
        daemon = module_daemon(netns=here.name, env=tree.vrfs(tmp_path_factory.mktemp("shim"), "way1", "way2"))
        daemon.here, daemon.host, daemon.count = here, host, 0
        yield daemon
    finally:
        if host:
            host.stop()
        here.__exit__()
        there.__exit__()


def send(d, words):
    """Answer of the run, and the addresses from which the mail's connection came."""
    d.count += 1
    name = "V%d" % d.count
    d.configure("mail destination default messages 1", "event manager applet " + name, "event none sync yes maxrun 30",
                'action 1 mail server "%s" to "noc@example.test" from "eem@example.test" subject "%s" body "b" port %d no-queue %s'
                % (SERVER, name, d.host.smtp, words))
    def connects():
        return re.findall(r"smtpd\[\d+\]: connect from \S*\[(10\.9\.\d\.1)\]", d.host.log())
    before = len(connects())
    ran = d.run(name)
    return ran, lambda: connects()[before:], name


@pytest.mark.parametrize("words, way", [("", 1), ("vrf way1", 1), ("vrf way2", 2), ("source-interface way2", 2), ("source-interface way1", 1),
                                        ("source-address 10.9.2.1 vrf way2", 2)])
def test_the_device_that_is_named_is_taken(world, words, way):
    ran, came_from, name = send(world, words)
    assert ran.code == 0, ran
    assert tree.wait_for(lambda: came_from() == ["10.9.%d.1" % way]), world.host.log()[-2000:]
    assert tree.wait_for(lambda: name in [m["subject"] for m in world.host.mails()])


def test_nothing_leaves_by_another_way(world):
    world.here.ip("link", "set", "way2", "down")
    try:
        for words, sentence in (("vrf way2", r"\[CONNECT_\w+ connect: "), ("source-interface way2", r"\[SOURCE_UNAVAILABLE connect: ")):
            ran, came_from, name = send(world, words)
            assert ran.code == 1 and came_from() == []
            world.wait_log(r"FMPD_SMTP: .*%s.*error in connecting to SMTP server %s" % (SERVER, sentence))
            assert name not in [m["subject"] for m in world.host.mails()]
    finally:
        world.here.ip("link", "set", "way2", "up")
        world.here.ip("route", "add", SERVER, "via", "10.9.2.2", "dev", "way2", "metric", "200")


def test_a_vrf_that_is_not_there(world):
    ran, came_from, _ = send(world, "vrf CUSTOMER-A")
    assert ran.code == 1 and came_from() == []
    world.wait_log(r"\[SOURCE_UNAVAILABLE connect: .*there is no VRF CUSTOMER-A")


def test_an_interface_is_no_vrf(world):
    """Bound to it, the mail would leave by the main table, where another way may be meant."""
    ran, came_from, _ = send(world, "vrf eth0")
    assert ran.code == 1 and came_from() == []
    world.wait_log(r"\[SOURCE_UNAVAILABLE connect: .*eth0 is an interface, not a VRF")
