"""SNMP against Debian's snmpd and snmptrapd: all versions, authentication and privacy, informs, peers that are silent, wrong
or broken, and a helper that dies."""

import os
import re
import signal
import socket
import subprocess
import tempfile

import pytest

import snmphost
import tree
from snmphost import AUTH, COMMUNITY, NAME, PRIV, USER, WRITE, Agent, Receiver

ENGINE = "800000090300AABBCC"
V3 = "snmp-server user %s staff v3 auth sha %s priv aes 128 %s" % (USER, AUTH, PRIV)
POLICY_EVENT = "1.3.6.1.4.1.9.10.134.0.2"


def make(kind, *how, **more):
    try:
        return kind(*how, **more)
    except snmphost.Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with make(Agent, tmp_path_factory.mktemp("agent")) as made:
        yield made


@pytest.fixture
def receiver(tmp_path):
    with make(Receiver, tmp_path, engine=ENGINE) as made:
        yield made


def applet(name, *actions, event="event none sync yes"):
    return ["event manager applet " + name, event] + ["action %02d %s" % (i + 1, a) for i, a in enumerate(actions)]


def get(how, oid="sysName.0", kind="exact"):
    return ["info type snmp oid %s get-type %s %s" % (oid, kind, how), 'puts "$_info_snmp_oid = $_info_snmp_value"']


def at(agent, name=COMMUNITY, rest=""):
    return "community %s ipaddr 127.0.0.1 udp-port %d %s" % (name, agent.port, rest)


@pytest.mark.parametrize("name,rest", [(COMMUNITY, "version 1"), (COMMUNITY, "version 2c"), (USER, "version 3")])
def test_objects_are_read_in_each_version(new_daemon, agent, name, rest):
    daemon = new_daemon(config=[V3] + applet("GET", *get(at(agent, name, rest)), *get(at(agent, name, rest), kind="next")))
    answer = daemon.run("GET")
    assert answer.code == 0, answer
    assert answer.out.splitlines() == ["1.3.6.1.2.1.1.5.0 = " + NAME, "1.3.6.1.2.1.1.6.0 = " + snmphost.LOCATION]


def test_the_own_agent_is_the_one_configured(new_daemon, agent):
    daemon = new_daemon(config=["snmp-server agent 127.0.0.1 version 2c %s udp-port %d" % (COMMUNITY, agent.port)] +
                        applet("GET", "info type snmp getid 1.3.6.1.2.1.1",
                               'puts "$_info_snmp_sysname_value|$_info_snmp_syslocation_value|$_info_snmp_sysobjectid_value"'))
    answer = daemon.run("GET")
    assert answer.out == "%s|%s|1.3.6.1.4.1.8072.3.2.10\n" % (NAME, snmphost.LOCATION)


def test_setting_an_object(new_daemon, tmp_path):
    # sysContact may be written as long as the agent's configuration does not name it.
    with make(Agent, tmp_path) as agent:
        daemon = new_daemon(config=[V3] + applet(
            "SET", "info type snmp set oid 1.3.6.1.2.1.1.4.0 oid-type string \"new contact\" " + at(agent, WRITE),
            'puts "$_info_snmp_value"') + applet(
            "SET3", "info type snmp set oid 1.3.6.1.2.1.1.4.0 oid-type string third " + at(agent, USER, "version 3")) + applet(
            "NOT", "info type snmp set oid 1.3.6.1.2.1.1.4.0 oid-type string other " + at(agent, COMMUNITY)))
        assert daemon.run("SET").out == "new contact\n"
        assert agent.get("1.3.6.1.2.1.1.4.0") == '.1.3.6.1.2.1.1.4.0 = STRING: "new contact"'
        assert daemon.run("NOT").code == 1
        assert "noAccess" in daemon.show("show logging")
        assert daemon.run("SET3").code == 0
        assert agent.get("1.3.6.1.2.1.1.4.0") == '.1.3.6.1.2.1.1.4.0 = STRING: "third"'


@pytest.mark.parametrize("auth", ["md5", "sha", "sha-2 256", "sha-2 384", "sha-2 512"])
@pytest.mark.parametrize("priv", ["", "aes 128", "aes 192", "aes 256", "des"])
def test_every_protocol_of_users(module_daemon, protocol_agent, auth, priv):
    agent, daemon = protocol_agent
    name = "u" + re.sub("[^0-9a-z]", "", auth + priv)
    answer = daemon.run("GET-" + name)
    assert answer.out == "1.3.6.1.2.1.1.5.0 = %s\n" % NAME, answer


@pytest.fixture(scope="module")
def protocol_agent(module_daemon, tmp_path_factory):
    """An agent with a user for each pair of protocols, and an eventd that asks it in their names."""
    auths = {"md5": "MD5", "sha": "SHA", "sha-2 256": "SHA-256", "sha-2 384": "SHA-384", "sha-2 512": "SHA-512"}
    privs = {"": "", "aes 128": "AES", "aes 192": "AES-192-C", "aes 256": "AES-256-C", "des": "DES"}
    lines, config = [], []
    pairs = [(a, p, "u" + re.sub("[^0-9a-z]", "", a + p)) for a in auths for p in privs]
    for auth, priv, name in pairs:
        lines += ["createUser %s %s %s %s" % (name, auths[auth], AUTH, priv and "%s %s" % (privs[priv], PRIV)),
                  "rouser %s %s" % (name, "priv" if priv else "auth")]
        config += ["snmp-server user %s staff v3 auth %s %s %s" % (name, auth, AUTH, priv and "priv %s %s" % (priv, PRIV))]
    with make(Agent, tmp_path_factory.mktemp("protocols"), lines=lines) as agent:
        for _, _, name in pairs:
            config += applet("GET-" + name, *get(at(agent, name, "version 3")))
        yield agent, module_daemon(config=config)


@pytest.mark.parametrize("user,why", [
    ("%s staff v3 auth sha wrongpass123 priv aes 128 %s" % (USER, PRIV), "Authentication failure"),
    ("%s staff v3 auth md5 %s" % (USER, AUTH), "Unsupported security level|Authentication failure|access"),
    ("nobody staff v3 auth sha %s priv aes 128 %s" % (AUTH, PRIV), "Unknown user name"),
])
def test_a_user_that_the_agent_does_not_accept(new_daemon, agent, user, why):
    name = user.split()[0]
    daemon = new_daemon(config=["snmp-server user " + user] + applet("GET", *get(at(agent, name, "version 3"))))
    assert daemon.run("GET").code == 1
    line = re.search(r"FMPD_ACTION_INFO: Error attempting to fetch snmp information: (.*)", daemon.show("show logging"))
    assert line and re.search(why, line.group(1)), line
    assert AUTH not in daemon.log() and "wrongpass123" not in daemon.log()


def test_an_agent_that_does_not_answer(new_daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = "community %s ipaddr 127.0.0.1 udp-port %d" % (COMMUNITY, silent.getsockname()[1])
        daemon = new_daemon(config=[V3] + applet("TWO", *get(where)) +
                            applet("THREE", *get(where.replace(COMMUNITY, USER) + " version 3")) +
                            applet("CUT", *get(where), event="event none sync yes maxrun 1"))
        for name in ("TWO", "THREE"):
            assert daemon.run(name).code == 1
            daemon.wait_log("fetch snmp information: 127.0.0.1: no answer[^$]*applet %s statement 01" % name)
        # maxrun ends a run that waits.
        daemon.run("CUT")
        daemon.wait_log("CUT: Process Forced Exit- MAXRUN timer expired")


def test_a_wrong_community_is_silence(new_daemon, agent):
    daemon = new_daemon(config=applet("GET", *get(at(agent, "wr0ngone"))))
    assert daemon.run("GET").code == 1
    daemon.wait_log("127.0.0.1: no answer")


GARBAGE = [b"", b"\0", b"0", b"0\x82\xff\xff", b"\x30\x84\xff\xff\xff\xff\x02", b"garbage of a peer that speaks no SNMP", b"\x30\x0c\x02\x01\x01\x04\x02ab\xa2\x03\x02\x01",
           bytes(range(256)) * 4, b"\x30\x80" + b"\x30\x80" * 600]


def test_garbage_in_place_of_an_answer(new_daemon, agent):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(20)
        where = "community %s ipaddr 127.0.0.1 udp-port %d" % (COMMUNITY, peer.getsockname()[1])
        daemon = new_daemon(config=applet("BAD", *get(where), event="event none") + applet("GOOD", *get(at(agent))))
        assert daemon.run("BAD").code == 0
        for _ in range(3):  # one question and its repetitions
            asked, sender = peer.recvfrom(65535)
            assert COMMUNITY.encode() in asked
            for piece in GARBAGE + [asked[:n] for n in range(0, len(asked), 3)]:
                peer.sendto(piece, sender)
        daemon.wait_log("127.0.0.1: no answer")
        assert daemon.run("GOOD").out == "1.3.6.1.2.1.1.5.0 = %s\n" % NAME
        assert "FMPD_HELPER" not in daemon.show("show logging")


def sent_to(receiver, how):
    return ["snmp-server engineID local " + ENGINE, V3, "snmp-server enable traps event-manager",
            "snmp-server host 127.0.0.1 %s udp-port %d" % (how, receiver.port)] + \
        applet("SEND", 'snmp-trap intdata1 42 intdata2 -1 strdata "disk full"')


@pytest.mark.parametrize("how", ["version 1 " + COMMUNITY, "version 2c " + COMMUNITY, "informs version 2c " + COMMUNITY,
                                 "version 3 priv " + USER, "informs version 3 priv " + USER])
def test_traps_and_informs_arrive(new_daemon, receiver, how):
    daemon = new_daemon(config=sent_to(receiver, how))
    assert daemon.run("SEND").code == 0
    receiver.wait(r'134\.1\.2\.3\.1\.9\.1 = INTEGER: 42\t.*10\.1 = INTEGER: -1\t.*11\.1 = STRING: "disk full"')
    text = receiver.text()
    assert ("TRAP, SNMP v1" in text) == ("version 1" in how)
    if "version 1" in how:
        assert ".%s Enterprise Specific Trap (2)" % POLICY_EVENT[:-4] in text
    else:
        assert ".1.3.6.1.6.3.1.1.4.1.0 = OID: ." + POLICY_EVENT in text
    assert '1.7.1 = STRING: "SEND"' in text
    assert "FMPD_TRAP" not in daemon.show("show logging")
    history = daemon.json("show event manager history traps")["traps"]
    assert [(t["trap_type"], t["name"]) for t in history] == [("policy", "SEND")]


def test_an_inform_that_nobody_confirms_is_told(new_daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = "127.0.0.1 informs version 2c %s udp-port %d" % (COMMUNITY, silent.getsockname()[1])
        daemon = new_daemon(config=["snmp-server enable traps event-manager", "snmp-server host " + where] +
                            applet("SEND", 'snmp-trap strdata "x"', 'puts "went on"'))
        assert daemon.run("SEND").out == "went on\n"
        daemon.wait_log("%HA_EM-4-FMPD_TRAP: Trap of policy SEND not sent: 127.0.0.1: no answer")


def test_notifications_come_from_the_interface_that_is_named(new_daemon, netns):
    """`trap-source`, and `source-interface` for informs; one that has no address of the family is told."""
    with netns.entered():
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    netns.ip("address", "flush", "dev", "peer0")
    with receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        daemon = new_daemon(netns=netns.name, config=[
            "snmp-server enable traps", "snmp-server trap-source eth0",
            "snmp-server host 127.0.0.1 version 2c %s udp-port %d" % (COMMUNITY, receiver.getsockname()[1])] +
            applet("SEND", 'snmp-trap strdata "x"'))
        daemon.run("SEND")
        assert receiver.recvfrom(2000)[1][0] == "192.0.2.1"
        daemon.configure("snmp-server source-interface traps lo")
        daemon.run("SEND")
        assert receiver.recvfrom(2000)[1][0] == "127.0.0.1"
        for interface, why in (("peer0", "interface peer0 has no IPv4 address"), ("none0", "there is no interface none0")):
            daemon.configure("snmp-server source-interface traps " + interface)
            daemon.run("SEND")
            daemon.wait_log("Trap of policy SEND not sent: 127.0.0.1: " + why)


def test_variables_of_ones_own(new_daemon, receiver):
    daemon = new_daemon(config=sent_to(receiver, "version 2c " + COMMUNITY) + applet(
        "OWN", "info type snmp var v oid 1.3.6.1.4.1.99.1.0 oid-type counter64 18446744073709551615",
        "info type snmp var v oid 1.3.6.1.4.1.99.2.0 oid-type octet 00FF10",
        "info type snmp var v oid 1.3.6.1.4.1.99.3.0 oid-type ipv4 192.0.2.1",
        "info type snmp var v oid 1.3.6.1.4.1.99.4.0 oid-type oid 1.3.6.1",
        "info type snmp trap enterprise-oid 1.3.6.1.4.1.99 generic-trapnum 6 specific-trapnum 8 trap-oid 1.3.6.1.4.1.99.0.8 "
        "trap-var v",
        "info type snmp inform trap-oid 1.3.6.1.4.1.99.0.9 trap-var v community %s ipaddr 127.0.0.1 udp-port %d" %
        (COMMUNITY, receiver.port), 'puts "confirmed"'))
    assert daemon.run("OWN").out == "confirmed\n"
    for last in "89":
        receiver.wait(r"4\.1\.0 = OID: \.1\.3\.6\.1\.4\.1\.99\.0\.%s\t.*99\.1\.0 = Counter64: 18446744073709551615\t.*"
                      r"99\.2\.0 = Hex-STRING: 00 FF 10 \t.*99\.3\.0 = IpAddress: 192\.0\.2\.1\t.*"
                      r"99\.4\.0 = OID: \.1\.3\.6\.1$" % last)


def test_the_option_trap_sends_one_for_each_run(new_daemon, receiver):
    daemon = new_daemon(config=sent_to(receiver, "version 2c " + COMMUNITY) +
                        ["event manager applet RUNS trap", "event none sync yes", "action 1 exit 4"])
    daemon.run("RUNS")
    receiver.wait(r'OID: \.1\.3\.6\.1\.4\.1\.9\.10\.134\.0\.1\t.*7\.1 = STRING: "RUNS"\t.*8\.1 = INTEGER: 4')


def helper_pid(daemon):
    return [p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-snmp"][0]


def test_a_helper_that_dies_fails_its_job_and_is_started_again(new_daemon, agent):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(20)
        where = "community %s ipaddr 127.0.0.1 udp-port %d" % (COMMUNITY, silent.getsockname()[1])
        daemon = new_daemon(config=applet("HANG", *get(where), event="event none") + applet("GOOD", *get(at(agent))))
        daemon.run("HANG")
        silent.recvfrom(65535)
        os.kill(helper_pid(daemon), signal.SIGKILL)
        daemon.wait_log(r"%HA_EM-3-FMPD_HELPER: eventd-snmp ended by signal 9 during job 1")
        daemon.wait_log("Error attempting to fetch snmp information: the SNMP process ended")
        assert daemon.run("GOOD").out == "1.3.6.1.2.1.1.5.0 = %s\n" % NAME


def test_secrets_are_not_shown(new_daemon, agent):
    secrets = ("Sh0wnNowhere", "authshown1", "privshown1")
    daemon = new_daemon(config=["snmp-server community Sh0wnNowhere RO",
                                "snmp-server user u g v3 auth sha authshown1 priv aes 128 privshown1",
                                "snmp-server host 127.0.0.1 version 2c Sh0wnNowhere"] +
                        applet("GET", *get(at(agent, "Sh0wnNowhere"))))
    daemon.run("GET")
    daemon.wait_log("no answer")
    daemon.ctl("write memory")
    with open(daemon.config) as f:
        saved = f.read()
    assert "snmp-server community {6}" in saved
    shown = daemon.show("show running-config") + daemon.show("show logging") + daemon.log() + saved
    for secret in secrets:
        assert secret not in shown
    # What is encrypted is read back, and a line typed anew is the line that is there.
    daemon.configure("no snmp-server community Sh0wnNowhere", "no snmp-server host 127.0.0.1 version 2c Sh0wnNowhere")
    assert not re.search("snmp-server (community|host)", daemon.show("show running-config"))


def test_a_lua_policy_reads_and_sets(new_daemon, agent, tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "get.lua").write_text(
        'eem.register{ "none", sync=true }\n'
        'local target = { community="%s", ipaddr="127.0.0.1", udp_port=%d }\n'
        'local oid, value = eem.snmp_get("sysName.0", "exact", target)\n'
        'print(oid, value)\n'
        'oid, value = eem.snmp_get("1.3.6.1.2.1.1.5.0", "next", target)\n'
        'print(oid, value)\n'
        'local ok, err = pcall(eem.snmp_get, "1.3.6.1.4.1.4242.1.0", "exact", target)\n'
        'print(ok, err.code)\n'
        'ok, err = pcall(eem.snmp_set, "1.3.6.1.2.1.1.5.0", "string", "x", target)\n'
        'print(ok, err.code)\n'
        'eem.snmp_trap{ intdata1=1, strdata="from lua" }\n' % (COMMUNITY, agent.port))
    daemon = new_daemon(config=['event manager directory user policy "%s"' % policies, "event manager policy get.lua type user"])
    answer = daemon.run("get.lua")
    assert answer.out.splitlines()[:4] == ["1.3.6.1.2.1.1.5.0\t" + NAME, "1.3.6.1.2.1.1.6.0\t" + snmphost.LOCATION,
                                           "false\tFH_ENOSNMPDATA", "false\tFH_ENOSNMPDATA"], answer
    assert answer.code == 0, answer
    assert [t["name"] for t in daemon.json("show event manager history traps")["traps"]] == ["get.lua"]


def test_many_questions_at_once_do_not_wait_for_a_silent_agent(new_daemon, agent):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(20)
        where = "community %s ipaddr 127.0.0.1 udp-port %d version 3" % (USER, silent.getsockname()[1])
        daemon = new_daemon(config=[V3] + applet("HANG", *get(where), event="event none maxrun 60") +
                            applet("GOOD", *get(at(agent, USER, "version 3"))))
        for _ in range(5):
            daemon.run("HANG")
        silent.recvfrom(65535)
        assert daemon.run("GOOD").out == "1.3.6.1.2.1.1.5.0 = %s\n" % NAME
        assert "no answer" not in daemon.show("show logging")
        assert tree.wait_for(lambda: daemon.show("show logging").count("no answer") == 5, 40)


# ---- detectors -----------------------------------------------------------------------------------------------------------


def test_an_object_is_polled_until_it_enters_and_leaves(new_daemon, tmp_path):
    value = tmp_path / "value"
    value.write_text("10\n")
    with make(Agent, tmp_path, lines=["extend load /bin/cat %s" % value]) as agent:
        load = "1.3.6.1.4.1.8072.1.3.2.4.1.2.4.108.111.97.100.1"  # nsExtendOutLine."load".1
        daemon = new_daemon(config=[V3, "snmp-server agent 127.0.0.1 version 2c %s udp-port %d" % (COMMUNITY, agent.port)] +
                            applet("LOAD", 'syslog msg "load $_snmp_oid_val exit $_snmp_exit_event"', event=
                                   "event snmp oid %s get-type exact entry-op ge entry-val 80 exit-op lt exit-val 40 exit-event true "
                                   "poll-interval 1" % load) +
                            applet("NAME", 'syslog msg "name $_snmp_oid_val"', event=
                                   "event snmp oid sysContact.0 get-type next entry-op eq entry-val %s poll-interval 1 exit-time 600 "
                                   "community %s ipaddr 127.0.0.1 version 3 udp-port %d" % (NAME, USER, agent.port)))
        daemon.wait_log("NAME: name " + NAME)
        assert "LOAD: load" not in daemon.show("show logging")
        value.write_text("93\n")
        daemon.wait_log("LOAD: load 93 exit 0")
        value.write_text("7\n")
        daemon.wait_log("LOAD: load 7 exit 1")
        agent.stop()
        daemon.wait_log("%HA_EM-4-FMPD_SNMP_POLL: policy LOAD: object .* cannot be read: 127.0.0.1: no answer")


SENDER = "80001F8880AABBCCDD01"


@pytest.fixture
def manager(new_daemon):
    port = tree.free_port(kind=socket.SOCK_DGRAM)
    daemon = new_daemon(config=[
        "snmp-server community %s RO" % COMMUNITY, V3, "snmp-server manager udp-port %d" % port] + applet(
            "DOWN", 'syslog msg "$_snmp_notif_src_ip_addr $_snmp_notif_trap_oid generic $_snmp_notif_gen_trap: $_1_3_6_1_2_1_2_2_1_8_3"',
            event='event snmp-notification oid 1.3.6.1.6.3.1.1.4.1.0 oid-val "1.3.6.1.6.3.1.1.5.3" op eq') + applet(
            "OWN", 'syslog msg "$_snmp_notif_ent_oid $_snmp_notif_spec_trap $_snmp_notif_dest_ip_addr $_snmp_notif_oid_val"',
            event='event snmp-notification oid 1.3.6.1.4.1.99.1 oid-val "5" op gt'))
    daemon.wait_log("SNMP notifications are received on UDP port %d" % port)
    daemon.snmp = "127.0.0.1:%d" % port
    return daemon


STATUS = ["1.3.6.1.2.1.2.2.1.8.3", "i", "2"]
OWN = ["1.3.6.1.4.1.99.1.0", "i", "7"]
AS_USER = ["-v3", "-u", USER, "-l", "authPriv", "-a", "SHA", "-A", AUTH, "-x", "AES", "-X", PRIV]


def test_traps_and_informs_are_events(manager, agent):
    def trap(*arguments, tool="snmptrap"):
        done = agent.tool(tool, *arguments)
        assert done.returncode == 0, done.stderr

    trap("-v1", "-c", COMMUNITY, manager.snmp, "1.3.6.1.4.1.99", "", "2", "0", "100", *STATUS)
    manager.wait_log(r"DOWN: 127\.0\.0\.1 1\.3\.6\.1\.6\.3\.1\.1\.5\.3 generic 2: 2")
    trap("-v1", "-c", COMMUNITY, manager.snmp, "1.3.6.1.4.1.99", "", "6", "12", "100", *OWN)
    manager.wait_log(r"OWN: 1\.3\.6\.1\.4\.1\.99 12 127\.0\.0\.1 7")
    down = 1
    for how, tool in ((["-v2c", "-c", COMMUNITY], "snmptrap"), (["-v2c", "-c", COMMUNITY], "snmpinform"),
                      (["-e", "0x" + SENDER] + AS_USER, "snmptrap"), (AS_USER, "snmpinform")):
        trap(*how, manager.snmp, "", "1.3.6.1.6.3.1.1.5.3", *STATUS, tool=tool)
        down += 1
        assert tree.wait_for(lambda: manager.show("show logging").count("generic 2: 2") == down), manager.show("show logging")


def test_notifications_that_are_not_believed(manager, agent):
    agent.tool("snmptrap", "-v2c", "-c", "wr0ngone", manager.snmp, "", "1.3.6.1.6.3.1.1.5.3", *STATUS)
    agent.tool("snmptrap", "-v1", "-c", "wr0ngone", manager.snmp, "1.3.6.1.4.1.99", "", "2", "0", "1", *STATUS)
    for wrong in (["-A", "wrongpass123"], ["-X", "wrongpass123"], ["-l", "authNoPriv"], ["-l", "noAuthNoPriv"], ["-u", "nobody"]):
        agent.tool("snmptrap", "-e", "0x" + SENDER, *AS_USER, *wrong, manager.snmp, "", "1.3.6.1.6.3.1.1.5.3", *STATUS)
    refused = agent.tool("snmpinform", "-v2c", "-c", "wr0ngone", "-r0", "-t1", manager.snmp, "", "1.3.6.1.6.3.1.1.5.3", *STATUS)
    assert refused.returncode != 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for piece in GARBAGE:
            s.sendto(piece, ("127.0.0.1", int(manager.snmp.rpartition(":")[2])))
    # One that is believed comes behind all of them.
    agent.tool("snmptrap", "-v2c", "-c", COMMUNITY, manager.snmp, "", "1.3.6.1.4.1.99.0.1", *OWN)
    manager.wait_log("OWN: ")
    assert "DOWN: " not in manager.show("show logging")
    assert "FMPD_HELPER" not in manager.show("show logging")
    # The host is told of once, not eight times; each message is counted.
    assert manager.show("show logging").count("%SNMP-3-AUTHFAIL: Authentication failure for SNMP req from host 127.0.0.1") == 1
    assert tree.wait_for(lambda: re.search(
        "^    3 Unknown community name\n    5 Unknown user or wrong keys$", manager.show("show snmp"), re.M)), manager.show("show snmp")


def test_the_library_says_nothing_by_itself(manager, agent):
    agent.tool("snmptrap", "-e", "0x" + SENDER, *AS_USER, "-A", "wrongpass123", manager.snmp, "", "1.3.6.1.6.3.1.1.5.3", *STATUS)
    manager.wait_log("%SNMP-3-AUTHFAIL: ")
    assert "Authentication failed" not in manager.log()


def test_a_listener_that_dies_listens_again(manager, agent):
    os.kill(helper_pid(manager), signal.SIGKILL)
    assert tree.wait_for(lambda: manager.show("show logging").count("notifications are received") == 2)
    agent.tool("snmptrap", "-v2c", "-c", COMMUNITY, manager.snmp, "", "1.3.6.1.4.1.99.0.1", *OWN)
    manager.wait_log("OWN: ")


def test_a_port_that_is_taken_is_told(new_daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s6:
        s.bind(("0.0.0.0", 0))
        s6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s6.bind(("::", s.getsockname()[1]))
        daemon = new_daemon(config=["snmp-server manager udp-port %d" % s.getsockname()[1]])
        daemon.wait_log("%HA_EM-3-FMPD_SNMP_LISTEN: SNMP notifications are not received: UDP port")


def test_a_changed_community_and_engine_take_effect(manager, agent):
    def sent(community, oid, *variables):
        agent.tool("snmptrap", "-v2c", "-c", community, manager.snmp, "", oid, *variables)

    def own():
        sent("another1", "1.3.6.1.4.1.99.0.1", *OWN)
        return "OWN: " in manager.show("show logging")

    manager.configure("no snmp-server community " + COMMUNITY, "snmp-server community another1")
    assert tree.wait_for(own)
    sent(COMMUNITY, "1.3.6.1.6.3.1.1.5.3", *STATUS)
    before, count = helper_pid(manager), manager.show("show logging").count("OWN: ")
    sent("another1", "1.3.6.1.4.1.99.0.1", *OWN)
    assert tree.wait_for(lambda: manager.show("show logging").count("OWN: ") > count)
    assert "DOWN: " not in manager.show("show logging")
    manager.configure("snmp-server engineID local " + ENGINE)
    assert tree.wait_for(lambda: helper_pid(manager) not in (before, None))
    assert "FMPD_HELPER" not in manager.show("show logging")


# ---- objects that policies answer for ------------------------------------------------------------------------------------


BASE = "1.3.6.1.4.1.8072.9999.77"
READ, READ_V3 = ("-v2c", "-c", COMMUNITY), tuple(AS_USER)


@pytest.fixture
def objects(new_daemon, tmp_path):
    """An agent, and an eventd that answers for objects below BASE in it."""
    with make(Agent, tmp_path) as agent:
        daemon = new_daemon(config=["snmp-server agentx " + agent.agentx] + applet(
            "INT", 'syslog msg "$_snmp_request $_snmp_oid"', "snmp-object-value int -42",
            event="event snmp-object oid %s.1 type int sync yes skip no" % BASE) + applet(
            "TEXT", "wait 2", 'snmp-object-value string "after two seconds"',
            event="event snmp-object oid %s.2.0 type string sync yes skip no" % BASE) + applet(
            "SET", 'if $_snmp_request eq "set"', 'if $_snmp_value gt 9', "exit 1", "end", 'set v "$_snmp_value"',
            'syslog msg "set to $v"', "else", "snmp-object-value gauge 5", "end",
            event="event snmp-object oid %s.3.0 type gauge sync yes skip no" % BASE) + applet(
            "ROWS", 'if $_snmp_oid eq "%s.4"' % BASE, 'snmp-object-value octet 00FF10 next-oid %s.4.1.1' % BASE,
            'elseif $_snmp_oid eq "%s.4.1.1"' % BASE, 'snmp-object-value octet 00FF11 next-oid %s.4.1.2' % BASE, "end",
            event="event snmp-object oid %s.4 type octet sync yes skip no istable yes" % BASE) + applet(
            "NONE", 'syslog msg "says nothing"', event="event snmp-object oid %s.5.0 type int sync yes skip no" % BASE))
        daemon.wait_log("SNMP objects of policies are answered at " + agent.agentx)
        yield agent, daemon


def test_an_agent_answers_with_what_policies_say(objects):
    agent, daemon = objects
    assert agent.get(BASE + ".1.0") == ".%s.1.0 = INTEGER: -42" % BASE
    daemon.wait_log(r"INT: get %s\.1\.0" % re.escape(BASE))
    assert agent.get(BASE + ".2.0", *READ_V3) == '.%s.2.0 = STRING: "after two seconds"' % BASE
    assert agent.get(BASE + ".5.0") == ".%s.5.0 = No Such Instance currently exists at this OID" % BASE
    assert agent.get(BASE + ".1.0", *READ, command="snmpgetnext") == '.%s.2.0 = STRING: "after two seconds"' % BASE
    assert agent.get(BASE + ".2.0", *READ, command="snmpgetnext") == '.%s.3.0 = Gauge32: 5' % BASE


def test_a_table_is_walked(objects):
    agent, _ = objects
    walked = agent.get(BASE + ".4", *READ, command="snmpwalk", timeout=60)
    assert walked.splitlines() == [".%s.4.1.1 = Hex-STRING: 00 FF 10 " % BASE, ".%s.4.1.2 = Hex-STRING: 00 FF 11" % BASE]


def test_an_object_is_set_by_a_policy(objects):
    agent, daemon = objects

    def put(kind, value):
        return agent.tool("snmpset", "-v2c", "-c", WRITE, "-On", "-r0", "-t10", "127.0.0.1:%d" % agent.port, BASE + ".3.0", kind, value)

    assert put("u", "7").returncode == 0
    daemon.wait_log("SET: set to 7")
    assert "commitFailed" in put("u", "10").stderr
    assert "wrongType" in put("s", "text").stderr
    assert agent.get(BASE + ".3.0") == ".%s.3.0 = Gauge32: 5" % BASE


def test_the_agent_may_be_started_again(objects):
    agent, daemon = objects
    agent.stop()
    daemon.wait_log("%HA_EM-4-FMPD_SNMP_AGENTX: SNMP objects of policies are not answered: .*/master: ")
    agent.start()
    assert tree.wait_for(lambda: daemon.show("show logging").count("are answered at") == 2)
    assert agent.get(BASE + ".1.0") == ".%s.1.0 = INTEGER: -42" % BASE
    daemon.configure("no event manager applet INT")
    assert tree.wait_for(lambda: "No Such" in agent.get(BASE + ".1.0"))


@pytest.fixture
def open_dir():
    """A directory that a helper without root comes to."""
    with tempfile.TemporaryDirectory(prefix="agentx-") as path:
        os.chmod(path, 0o755)
        yield path


@pytest.mark.skipif(os.geteuid() != 0, reason="only a helper that has given up root is kept out")
def test_a_socket_for_root_alone_says_who_must_be_let_in(new_daemon, open_dir):
    path = os.path.join(open_dir, "master")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as master:
        master.bind(path)
        os.chmod(path, 0o700)
        master.listen()
        daemon = new_daemon(config=["snmp-server agentx " + path] + applet(
            "INT", "snmp-object-value int 1", event="event snmp-object oid %s.1 type int sync yes skip no" % BASE))
        daemon.wait_log("are not answered: %s: Permission denied for the account (eventd|nobody): see agentXPerms and agentXSocket in snmpd.conf" % path)


def test_a_master_that_speaks_no_agentx(new_daemon, open_dir):
    path = os.path.join(open_dir, "master")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as master:
        master.bind(path)
        os.chmod(path, 0o777)
        master.listen()
        master.settimeout(20)
        daemon = new_daemon(config=["snmp-server agentx " + path] + applet(
            "INT", "snmp-object-value int 1", event="event snmp-object oid %s.1 type int sync yes skip no" % BASE))
        for bad in (b"\1\x12\x10\0" + b"\xff" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\1\5\x10\0" + b"\0" * 8 + b"\0\0\0\1\0\0\0\x20" + b"\xff" * 32):
            session, _ = master.accept()
            with session:
                session.settimeout(20)
                assert session.recv(4096)[:2] == b"\1\1"
                session.sendall(bad)
                assert session.recv(4096) == b""
        daemon.wait_log("are not answered: %s: no message of AgentX" % re.escape(path))
        assert "FMPD_HELPER" not in daemon.show("show logging")


def test_the_example_is_accepted_as_it_stands(new_daemon):
    path = os.path.join(tree.PROJECT, "examples", "snmp.cfg")
    checked = subprocess.run([os.path.join(tree.BUILD, "eventd"), "--check", "--config", path], capture_output=True, text=True)
    assert checked.returncode == 0 and "error" not in checked.stdout, checked.stdout
    with open(path) as f:
        config = f.read().replace("snmp-server manager", "snmp-server manager udp-port %d" % tree.free_port(kind=socket.SOCK_DGRAM))
    daemon = new_daemon(config=config)
    registered = daemon.json("show event manager policy registered")["policies"]
    assert sorted(p["name"] for p in registered) == ["CPU-HIGH", "NEIGHBOUR-LINK-DOWN", "UPTIME"]
