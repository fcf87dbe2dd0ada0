"""The manual pages say what the program does: messages, classes and names of the sources, keys of the documents
of a running daemon."""

import glob
import json
import os
import re
import socket
import time
import time

import pytest

import tree

FOLDERS = ("eventd", "actions", "applets", "pki", "cli")
SEVERITIES = ("EMERGENCIES", "ALERTS", "CRITICAL", "ERRORS", "WARNINGS", "NOTIFICATIONS", "INFORMATIONAL", "DEBUGGING")
OUTCOMES = {"FINAL": "permanent", "RETRY": "temporary", "BY_CODE": "by code"}


def read(*path):
    with open(os.path.join(tree.PROJECT, *path)) as f:
        return f.read()


def sources(*suffixes):
    """Text of every source file, neighbouring string literals joined."""
    found = [read(path) for folder in FOLDERS
             for path in sorted(glob.glob(os.path.join(tree.PROJECT, folder, "**", "*"), recursive=True))
             if path.endswith(suffixes)]
    return re.sub(r'"\s*\n\s*"', "", "\n".join(found))


@pytest.fixture(scope="module")
def code():
    return sources(".c")


def page(name):
    return read("eventd", "share", name)


def part(text, title):
    """A section (.Sh) of a page."""
    found = re.search(r"^\.Sh %s\n(.*?)(?=^\.Sh |\Z)" % re.escape(title), text, re.M | re.S)
    assert found, title
    return found.group(1)


@pytest.fixture(scope="module")
def messages():
    return page("eventd-messages.7")


# ---- messages ------------------------------------------------------------------------------------------------------------


def emitted(code):
    """{"HA_EM-3-FMPD_ERROR", ...}: a facility or the error name of a failed step, severities, a mnemonic."""
    found = set()
    for facility, severities, mnemonic in re.findall(
            r'(?:"([A-Z][A-Za-z0-9_]+)",\s*)?((?:[a-z_]+ \? )?SEV_[A-Z]+(?: : SEV_[A-Z]+)?),\s*"([A-Z][A-Z_]+)"', code):
        for severity in re.findall("SEV_([A-Z]+)", severities):
            facility = facility if facility and not facility.startswith("FH_") else "HA_EM"
            found.add("%s-%d-%s" % (facility, SEVERITIES.index(severity), mnemonic))
    # tables that hold mnemonics alone
    table = re.search(r"mnemonics\[\] = \{([^}]*)\}", code).group(1)
    found |= {"SYS-%d-%s" % row for row in enumerate(re.findall(r'"(USERLOG_[A-Z]+)"', table))}
    found |= {"HA_EM-3-" + m for m in re.findall(r'\{ "(FMPD_CLI_[A-Z]+)", "', code)}
    return found


def test_every_mnemonic_is_found_by_the_pattern(code):
    seen = {name.split("-")[2] for name in emitted(code)}
    loose = set(re.findall(r'"((?:FMPD|FMS|USERLOG)_[A-Z_]+)"', code))
    assert loose and not loose - seen


def test_messages_are_those_of_the_sources(code, messages):
    heads = re.findall(r"^\.It Sy %(\S+)$", part(messages, "MESSAGES"), re.M)
    told = set(heads)
    assert len(heads) == len(told)
    assert told == emitted(code), "not in both eventd-messages(7) and the sources: %s" % sorted(told ^ emitted(code))
    mentioned = set(re.findall(r"%([A-Z_]+-\d-[A-Z_]+)", messages))
    assert not mentioned - told


def test_texts_of_messages_are_those_of_the_sources(code, messages):
    """What stands between the variable pieces of a format stands in the page."""
    calls = re.findall(r'SEV_[A-Z]+,\s*(?:[a-z\[\].]*mnemonic|"[A-Z_]+"),\s*"((?:[^"\\]|\\.)*)"', code)
    assert len(calls) > 50
    for form in calls:
        for piece in re.split(r"%%|%[.*]*(?:ll|z)?[a-z]", form):
            piece = piece.replace('\\"', r"\(dq").strip(" :.")
            assert len(piece) < 8 or piece in messages, "%r of %r" % (piece, form)


# ---- mail ----------------------------------------------------------------------------------------------------------------


def classes(code):
    rows = re.findall(r'\[MAIL_[A-Z0-9_]+\] = \{ "([A-Z0-9_]+)", (\w+), \w+, [^}]*\}', read("actions", "mail", "class.c"))
    assert len(rows) > 50
    return dict(rows)


def test_mail_classes_are_those_of_the_table(code, messages):
    text = part(messages, "MAIL ERROR CLASSES")
    told = dict(re.findall(r"^\.It Sy (\w+)(?: Em (permanent|temporary|by code))?(?: Pq .*)?$", text, re.M))
    table = classes(code)
    assert set(told) == set(table)
    for name, follow in table.items():
        assert told[name] == OUTCOMES.get(follow, ""), name


def test_reserved_mail_classes_are_those_that_nobody_uses(messages):
    used = "\n".join(read(p) for folder in FOLDERS
                     for p in glob.glob(os.path.join(tree.PROJECT, folder, "**", "*.c"), recursive=True)
                     if not p.endswith(("actions/mail/class.c", "actions/mail/hint.c")))
    reserved = re.findall(r"^\.It Sy (\w+)", part(messages, "MAIL ERROR CLASSES").partition("Reserved")[2], re.M)
    unused = [name for name in classes(used) if not re.search(r'"%s"|\bMAIL_%s\b' % (name, name), used)]
    assert sorted(reserved) == sorted(unused)


def test_mail_phases_and_reasons(messages):
    table = read("actions", "mail", "class.c")
    text = part(messages, "MAIL ERROR CLASSES")
    phases = [p for p in re.findall(r'\[PHASE_\w+\] = "([a-z0-9]+)"', table)]
    assert len(phases) > 15
    listed = re.search(r"^Phases are.*?^\.Pp", text, re.M | re.S).group(0)
    for phase in phases:
        assert re.search(r"\b%s\b" % phase, listed), phase
    for phase in re.findall(r"\w+", " ".join(re.findall(r"^\.It Sy .* Pq (.*)$", text, re.M))):
        assert phase in phases + ["any"], phase
    for reason in re.findall(r'#define \w+ +"([a-zA-Z ]+)"', table):
        assert reason in text, reason


def test_mail_results(code, messages):
    values = set(re.findall(r'(?:set_result|mail_failed)\(m, (?:r, |a->result, )?"([a-z]+)"', code))
    text = part(messages, "MAIL ERROR CLASSES")
    told = re.search(r"^\.Va _mail_result\n(.*?)^\.Va _mail_error", text, re.M | re.S).group(1)
    assert set(re.findall(r"^\.Ql (\w+)", told, re.M)) == values


# ---- names of errors -----------------------------------------------------------------------------------------------------


def test_error_names_are_those_of_the_sources(messages):
    used = set(re.findall(r'"(FH_[A-Z]+)"', sources(".c", ".lua")))
    assert set(re.findall(r"^\.It Sy (FH_[A-Z]+)", part(messages, "ERROR NAMES"), re.M)) == used
    assert set(re.findall(r"FH_[A-Z]+", messages)) == used


# ---- documents -----------------------------------------------------------------------------------------------------------


def outline(value):
    """The keys of a document: objects as dicts, lists as lists of what all their elements have, anything else None."""
    if isinstance(value, dict):
        return {key: outline(value[key]) for key in value if key != "schema_version"}
    if isinstance(value, list):
        elements = [outline(v) for v in value if isinstance(v, dict)]
        return [{key: e[key] for e in elements for key in e}] if elements else []
    return None


def documented():
    """{command: outline} of eventctl(1), where a key stands without its value."""
    entries = re.findall(r"^\.It Ic (.*)\n\.Ql (.*)$", part(page("eventctl.1"), "JSON DOCUMENTS"), re.M)
    return {command: outline(json.loads(re.sub(r'("[\w-]+")(?=[,}])', r"\1:0", keys.replace(r"\:", ""))))
            for command, keys in entries}


# Lists that may be empty where the tests run: a namespace fills them in test_device_shows.py.
OF_A_DAEMON = ("show cdp neighbors", "show lldp neighbors")  # refused without it; as well there
OF_THE_MACHINE = ("show ip route", "show ipv6 route", "show arp", "show ip arp", "show ipv6 neighbors", "show mac address-table")


@pytest.fixture(scope="module")
def full_daemon(module_daemon, pki):
    """One in which every list has an element."""
    daemon = module_daemon(settings={"syslog": {"listen": ["udp://127.0.0.1:0"]}})
    daemon.stop()
    os.makedirs(os.path.join(daemon.state, "mta-sts"), exist_ok=True)
    now = int(time.time())
    with open(os.path.join(daemon.state, "mta-sts", "kept.example.json"), "w") as f:
        json.dump({"version": 1, "domain": "kept.example", "id": "1", "fetched": now, "expires": now + 86400,
                   "policy": "version: STSv1\nmode: enforce\nmx: mail.kept.example\nmax_age: 86400\n"}, f)
    os.makedirs(os.path.join(daemon.state, "tlsrpt"), exist_ok=True)
    with open(os.path.join(daemon.state, "tlsrpt", time.strftime("%Y-%m-%d", time.gmtime()) + ".json"), "w") as f:
        json.dump({"version": 1, "domains": {"kept.example": {"policies": [{
            "policy": {"policy-type": "sts", "policy-string": ["version: STSv1"], "policy-domain": "kept.example",
                       "mx-host": ["mail.kept.example"]},
            "summary": {"total-successful-session-count": 0, "total-failure-session-count": 1},
            "failure-details": [{"result-type": "validation-failure", "sending-mta-ip": "192.0.2.1",
                                 "receiving-mx-hostname": "mail.kept.example", "receiving-ip": "192.0.2.2",
                                 "failed-session-count": 1, "failure-reason-code": "STS_TLS_VERSION",
                                 "additional-information": "too old"}]}],
            "sent": [{"time": "2026-03-02T00:30:00Z", "uri": "mailto:x@kept.example", "result": "sent"}]}}}, f)
    daemon.start()
    daemon.stop()
    now = int(time.time())
    os.mkdir(os.path.join(daemon.state, "revocation"))
    with open(os.path.join(daemon.state, "revocation", "kept.json"), "w") as f:
        json.dump({"kind": "crl", "key": "http://crl.example.test/ca.crl", "issuer": "cn=CA", "fetched": now, "until": now + 3600,
                   "last_update": now - 60, "next_update": now + 3600, "revoked": 0, "data": "AAAA"}, f)
    daemon.start()
    policies = os.path.join(daemon.dir, "policies")
    os.mkdir(policies, 0o755)
    with open(os.path.join(policies, "hello.lua"), "w") as f:
        f.write('eem.register{ "none" }\n')
    daemon.configure('event manager directory user policy "%s"' % policies)
    daemon.configure("event manager environment _x 1", "mail route example.test USEDNS", "track 1 stub-object", "exit",
                     "ip sla 1", "icmp-echo 127.0.0.1", "exit", "ip sla schedule 1 start-time pending",
                     "ip sla reaction-configuration 1 react rtt threshold-type immediate", "ip sla reaction-trigger 1 2",
                     "ip sla 2", "icmp-echo 127.0.0.1", "history lives-kept 1", "history filter all", "history enhanced interval 900 buckets 2",
                     "exit", "ip sla group schedule 1 2 schedule-period 60 start-time now",
                     "ip sla responder udp-echo ipaddress 127.0.0.1 port %d" % tree.free_port(),
                     "event manager rpc client kept token 0123456789abcdef", "snmp-server host 192.0.2.1 public", "snmp-server user noc staff v3", "event manager applet CALLED trap", "event none sync yes damping suppress 20000 max-suppress 86400", 'action 1 puts "x"', "exit",
                     "event manager scheduler applet thread class A number 1",
                     "event manager applet WAITS class A", "event none maxrun 1000", "action 1 wait 900", "exit",
                     "event manager applet TRACKS", "event track 1 state any", 'action 1 puts "x"', "exit",
                     "event manager applet MAILS", "event none sync yes",
                     'action 1 mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "s" body "b" port %d' % tree.free_port())
    assert daemon.authenticate("CA", pki.path("root.pem")).code == 0
    assert daemon.ctl("write memory", "debug crypto pki validation", "show clock | redirect flash:clock").code == 0
    for applet in ("CALLED", "MAILS", "MAILS", "WAITS", "WAITS"):
        assert daemon.run(applet).code == 0
    assert "2 mails collapsed into 1" in daemon.show("mail queue digest")
    assert daemon.ctl("mail queue delete all").code == 0 and daemon.run("MAILS").code == 0
    daemon.ctl("mail queue flush")
    assert tree.wait_for(lambda: all(part["attempts"] for m in daemon.json("show mail queue detail")["messages"]
                                     for part in m["parts"]), 20), daemon.show("show mail queue detail")
    daemon.wait_show("show event manager policy active", "WAITS")
    daemon.wait_show("show event manager policy pending", "WAITS")
    with open(pki.path("root.pem")) as f:
        assert daemon.ctl("configure terminal", "crypto pki trustpool import terminal", input=f.read() + "\nquit\n").code == 0
    assert tree.wait_for(lambda: daemon.json("show ip sla history")["history"] and daemon.json("show ip sla responder")["ports"])
    daemon.configure("event manager mail capture-on-failure")
    daemon.ctl('test mail server "127.0.0.1" port %d' % tree.free_port())
    port = daemon.wait_log(r"Receiving messages on udp://.*:(\d+)").group(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"<189>1: %LINK-3-UPDOWN: Interface x, changed state to down", ("127.0.0.1", int(port)))
    daemon.wait_show("show logging received", "UPDOWN")
    daemon.ctl("monitor capture CAP interface lo both", "monitor capture CAP match any",
               "monitor capture CAP file location flash:cap.pcap buffer-size 1 ring 2 size 2",
               "monitor capture CAP trigger mail before 1 after 1")
    daemon.configure("access-list 10 permit any", "ipv6 access-list SIX", "permit ipv6 any any", "class-map C", "match any", "flow monitor KEPT",
                     "logging count", "logging host 127.0.0.1 transport udp port %d" % tree.free_port())
    yield daemon
    daemon.ctl("event manager scheduler clear all")


def test_many_documents_are_documented():
    assert len(documented()) >= 20


@pytest.mark.parametrize("command", sorted(set(documented()) - set(OF_A_DAEMON)))
def test_documents_have_the_keys_of_the_manual(full_daemon, command):
    done = full_daemon.ctl("show clock", command, options=("--json",))
    assert done.code == 0, done.out + done.err
    seen = json.loads("[%s]" % re.sub(r"^\}\n\{", "},{", done.out, flags=re.M))
    told = documented()[command]
    if command in OF_THE_MACHINE:
        told = {key: value if seen[1].get(key) != [] else [] for key, value in told.items()}
    assert outline(seen[1]) == told


def test_no_show_command_is_left_out():
    """Every `show` of eventd-commands(7) has a document in eventctl(1), by its first words."""
    with open(os.path.join(tree.BUILD, "share", "eventd-commands.7")) as f:
        commands = re.findall(r"^\.Ss (show .*)$", f.read(), re.M)
    assert len(commands) > 20
    told = list(documented())
    assert not [c for c in commands if not any((t + " ").startswith(c + " ") for t in told)]


# ---- files ---------------------------------------------------------------------------------------------------------------


def test_state_directory_holds_what_the_manual_lists(new_daemon, pki):
    daemon = new_daemon()
    daemon.configure("event manager applet SAVES", "event none sync yes", 'action 1 set v "1"', "action 2 context save key k variable v")
    assert daemon.run("SAVES").code == 0
    assert daemon.authenticate("CA", pki.path("root.pem")).code == 0
    with open(pki.path("root.pem")) as f:
        assert daemon.ctl("configure terminal", "crypto pki trustpool import terminal", input=f.read() + "\nquit\n").code == 0
    assert daemon.ctl("show clock | redirect flash:clock").code == 0
    daemon.stop()
    listed = part(page("eventd.8"), "FILES").split("In the state directory")[1]
    names = {name.strip("/") for line in re.findall(r"^\.It Pa (.*)$", listed, re.M) for name in line.split(" , ")}
    held = set(os.listdir(daemon.state))
    assert held == {"certificates.json", "contexts.json", "flash", "lock", "machine-key", "mail_logs", "store",
                    "trustpool.pem"}
    assert held <= names
