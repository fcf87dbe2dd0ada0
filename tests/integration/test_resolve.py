"""build/eventd-resolve against a DNS of our own with a private root and against servers that misbehave: states, times,
many questions at once, the root's keys, resolvers that do not pass DNSSEC, and the engine's end."""

import os
import shutil
import signal
import struct
import subprocess
import threading
import time

import pytest
import tree
from dnssec import (TYPES, Dns, Faults, Resolve, Unavailable, cut_short, garbage, refused, reply, servfail, silence, stripping,
                    truncated)

IP = "127.0.0.1"
TLSA = "_25._tcp.mail TLSA 3 1 1 " + "ab" * 32


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    try:
        made = Dns(tmp_path_factory.mktemp("dns"))
    except Unavailable as why:
        pytest.skip(str(why))
    for n in range(40):
        made.zone("d%d.example" % n, "@ MX 10 mail", "mail A " + IP, TLSA)
    made.zone("good.example", "@ MX 10 mail", "mail A " + IP, TLSA)
    made.zone("plain.example", "@ MX 10 mail", "mail A " + IP, signed=False)
    made.zone("expired.example", "@ MX 10 mail", "mail A " + IP, expired=True)
    made.zone("many.example", *["@ MX %d mail%d" % (n, n) for n in range(60)], *["mail%d A 127.0.1.%d" % (n, n) for n in range(60)],
              *["mail0 A 127.0.2.%d" % n for n in range(200)])
    made.zone("equal.example", *["@ MX 10 mail%d" % n for n in range(8)], *["mail%d A 127.0.1.%d" % (n, n) for n in range(8)])
    made.zone("odd.example", "@ MX 10 .", "@ MX 20 mail", "@ MX 30 a\\010b", "mail A " + IP)
    made.zone("nowhere.example", "@ MX 10 a\\010b")
    made.zone("loops.example", "a CNAME b", "b CNAME a", "@ MX 10 a")
    made.zone("dname.example", "old DNAME new", "mail.new A " + IP, "@ MX 10 mail.old", "_25._tcp.mail.new TLSA 3 1 1 " + "cd" * 32)
    made.zone("text.example", '_mta-sts TXT "v=STSv1;" " id=1;"', '_mta-sts TXT "something else"',
              '_long TXT ' + '"%s" ' % ("x" * 250) * 20)
    made.zone("short.example", "@ MX 10 mail", "mail A " + IP, "_25._tcp.mail TLSA 3 1 1 abcd", "_25._tcp.mail TLSA 3 1 1 " + "ab" * 32)
    with made:
        yield made


@pytest.fixture
def resolve(dns):
    with Resolve([dns.resolver], dns.anchor) as running:
        yield running


# answers ------------------------------------------------------------------------------------------------------------------


def test_many_questions_at_once(resolve):
    ids = [resolve.send("d%d.example" % n) for n in range(40)]
    answers, _ = resolve.wait(*ids)
    for n, answer in enumerate(answers):
        assert answer["domain"] == "d%d.example" % n and answer["mx"]["state"] == "SECURE"
        assert [(h["name"], h["tlsa"]["state"], h["addresses"]) for h in answer["hosts"]] == [
            ("mail.d%d.example" % n, "SECURE", [IP])]


def test_hosts_and_addresses_have_limits(resolve):
    answer = resolve.ask("many.example", tlsa=False)
    assert [h["preference"] for h in answer["hosts"]] == list(range(32))
    assert len(answer["hosts"][0]["addresses"]) == 16


def test_equal_preference_is_shuffled(dns):
    orders = set()
    with Resolve([dns.resolver], dns.anchor) as resolve:
        for _ in range(20):
            orders.add(tuple(h["name"] for h in resolve.ask("equal.example", tlsa=False)["hosts"]))
    assert len(orders) > 1 and all(sorted(o) == ["mail%d.equal.example" % n for n in range(8)] for o in orders)


def test_names_that_are_no_host_names_are_passed_over(resolve):
    answer = resolve.ask("odd.example")
    assert [h["name"] for h in answer["hosts"]] == ["mail.odd.example"] and not answer["null_mx"]
    answer = resolve.ask("nowhere.example")
    assert answer["mx"]["state"] == "LOOKUP-FAILED" and answer["mx"]["why"] == "no MX record names a host"


def test_a_relay_is_asked_for_by_itself(resolve):
    answer = resolve.ask("mail.good.example", kind="host", port=25)
    assert answer["is_relay"] and answer["mx"]["state"] == "NOT-ASKED"
    assert answer["hosts"][0]["tlsa"]["state"] == "SECURE" and answer["hosts"][0]["tlsa_base"] == "mail.good.example"
    answer = resolve.ask("mail.good.example", kind="host", port=587)
    assert answer["hosts"][0]["tlsa"] == {"state": "SECURE", "found": "NXDOMAIN", "ttl": answer["hosts"][0]["tlsa"]["ttl"]}


def test_dname(resolve):
    answer = resolve.ask("dname.example")
    host = answer["hosts"][0]
    assert (host["name"], host["a"]["state"], host["tlsa_base"]) == ("mail.old.dname.example", "SECURE", "mail.new.dname.example")


def test_text(resolve):
    answer = resolve.ask("_mta-sts.text.example", kind="txt")
    assert answer["txt"]["state"] == "SECURE" and sorted(answer["texts"]) == ["something else", "v=STSv1; id=1;"]
    assert resolve.lines[0] == "DNS query: Q(_mta-sts.text.example, 'TXT')"
    assert resolve.ask("_long.text.example", kind="txt")["texts"] == []
    assert resolve.ask("none.text.example", kind="txt")["txt"]["found"] == "NXDOMAIN"


def test_a_digest_of_the_wrong_length_is_there_and_not_usable(resolve):
    records = resolve.ask("short.example")["hosts"][0]["records"]
    assert sorted(len(r["data"]) // 2 for r in records) == [2, 32]


def test_cname_loop(resolve):
    answer = resolve.ask("loops.example")
    assert answer["hosts"][0]["a"]["state"] == "LOOKUP-FAILED" and answer["hosts"][0]["addresses"] == []


def test_times_to_live(resolve):
    """A secure answer lives as long as its TTL, a bogus one at most 60 s."""
    assert 0 < resolve.ask("good.example")["mx"]["ttl"] <= 300
    assert 0 < resolve.ask("expired.example")["mx"]["ttl"] <= 60
    assert "expired" in resolve.ask("expired.example")["mx"]["why"]


def test_a_signature_about_to_end_shortens_the_life(tmp_path):
    """SECURE no longer than the RRSIG's end, whatever the TTL of 300 says."""
    own = Dns(tmp_path)
    own.zone("brief.example", "@ MX 10 mail", "mail A " + IP, ends_in=90)
    with own, Resolve([own.resolver], own.anchor) as resolve:
        answer = resolve.ask("brief.example")
        assert answer["mx"]["state"] == "SECURE" and 0 < answer["mx"]["ttl"] <= 90


def test_answers_are_kept(dns, resolve):
    """Within its TTL a name is not asked for again."""
    with Faults(dns) as faults, Resolve([faults.resolver], dns.anchor) as own:
        own.ask("good.example")
        asked = len(faults.seen)
        own.ask("good.example")
        assert len(faults.seen) == asked > 0


# servers that misbehave -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [servfail, refused, garbage, cut_short, truncated])
def test_broken_answers_are_failures_and_no_more(dns, fault):
    """Neither yes nor no: never INSECURE, never an empty success."""
    with Faults(dns, ("^good.example$", "MX", fault), tcp=fault is not truncated) as faults:
        with Resolve([faults.resolver], dns.anchor) as resolve:
            assert resolve.ask("good.example")["mx"]["state"] == "LOOKUP-FAILED"
            assert resolve.ask("d1.example")["mx"]["state"] == "SECURE"  # and it works on


def test_a_forged_answer_is_bogus(dns):
    def forge(message, forward):
        return reply(message, flags=0x85A0, answers=[(TYPES["MX"], 300, struct.pack(">H", 1) + b"\4evil\7example\0")])
    with Faults(dns, ("^good.example$", "MX", forge)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        assert resolve.ask("good.example")["mx"]["state"] == "BOGUS"


def test_a_forged_denial_is_bogus(dns):
    def deny(message, forward):
        return reply(message, rcode=3, flags=0x85A0)
    with Faults(dns, ("tcp.mail.good.example$", "TLSA", deny)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        assert resolve.ask("good.example")["hosts"][0]["tlsa"]["state"] == "BOGUS"


def truncated_once():
    """The first answer says that it did not fit, as one over UDP does."""
    asked = []

    def answer(message, forward):
        asked.append(1)
        return truncated(message, forward) if len(asked) == 1 else forward(message)
    return answer


def test_a_truncated_answer_comes_over_tcp(dns):
    """More records than a datagram holds: seen by a forwarder that counts the questions of both kinds."""
    with Faults(dns, ("^many.example$", "MX", truncated_once())) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        assert len(resolve.ask("many.example", tlsa=False)["hosts"]) == 32
        assert faults.seen.count(("many.example", TYPES["MX"])) >= 2


def test_silence_fails_in_time(dns):
    """After the retries of libunbound or our ten seconds, what comes first."""
    with Faults(dns, ("^good.example$", None, silence)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        slow = resolve.send("good.example")
        quick, _ = resolve.wait(resolve.send("d2.example"))
        assert quick[0]["mx"]["state"] == "SECURE"  # nobody waits for the silent one
        answers, lines = resolve.wait(slow)
        assert answers[0]["mx"]["state"] == "LOOKUP-FAILED" and answers[0]["mx"]["why"]
        assert "Warning: Received an invalid DNS Response: SERVER FAILED to IP 127.0.0.1 looking up good.example" in lines


def test_slow_answers_count(dns):
    def slow(message, forward):
        time.sleep(1)
        return forward(message)
    with Faults(dns, ("^good.example$", "MX", slow)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        assert resolve.ask("good.example")["mx"]["state"] == "SECURE"


def test_recovery(dns):
    """A server that comes back is believed at the next question."""
    with Faults(dns, ("example$", None, servfail)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        assert resolve.ask("d3.example")["mx"]["state"] == "LOOKUP-FAILED"
        faults.rules.clear()
        assert tree.wait_for(lambda: resolve.ask("d3.example")["mx"]["state"] == "SECURE", 15, 0.5)


def test_cancelled_questions_are_not_answered(dns):
    with Faults(dns, ("^good.example$", None, silence)) as faults, Resolve([faults.resolver], dns.anchor) as resolve:
        gone = resolve.send("good.example")
        resolve.helper.send({"type": "cancel", "id": gone})
        answers, _ = resolve.wait(resolve.send("d4.example"))
        assert answers[0]["mx"]["state"] == "SECURE"


def test_input_that_makes_no_sense(dns, resolve):
    for message in [{}, {"type": "what"}, {"type": "ask", "id": 1}, {"type": "ask", "id": 1, "kind": "domain", "name": 7},
                    {"type": "cancel"}, {"type": "ask", "id": 99, "kind": "domain", "name": "a..b", "port": 25}]:
        resolve.helper.send(message)
    assert resolve.ask("good.example")["mx"]["state"] == "SECURE"


# resolvers ----------------------------------------------------------------------------------------------------------------


def test_a_resolver_that_strips_dnssec_is_used_last(dns):
    with Faults(dns, ("", None, stripping)) as bad:
        with Resolve([bad.resolver, dns.resolver], dns.anchor) as resolve:
            for n in range(10):
                assert resolve.ask("d%d.example" % n)["mx"]["state"] == "SECURE"
            servers = {s["address"]: s for s in resolve.status()["resolvers"]}
            assert (servers[bad.resolver]["passes"], servers[bad.resolver]["last"]) == ("no", True)
            assert (servers[dns.resolver]["passes"], servers[dns.resolver]["last"]) == ("yes", False)
        with Resolve([bad.resolver], dns.anchor) as resolve:
            assert resolve.ask("good.example")["mx"]["state"] == "BOGUS"  # as the seed shows; its AD bit counts for nothing


def test_the_last_resolver_answers_when_the_others_fail(dns):
    """What it says of signed names is bogus, and that is said."""
    with Faults(dns, ("", None, stripping)) as bad, Faults(dns, ("^good", "MX", servfail)) as half:
        with Resolve([bad.resolver, half.resolver], dns.anchor) as resolve:
            assert resolve.ask("d1.example")["mx"]["state"] == "SECURE"
            assert resolve.ask("good.example")["mx"]["state"] == "BOGUS"


def test_a_resolver_that_is_silent(dns):
    with Faults(dns, ("", None, silence)) as dead:
        with Resolve([dead.resolver, dns.resolver], dns.anchor) as resolve:
            assert resolve.ask("good.example")["mx"]["state"] == "SECURE"
            passes = {s["address"]: s["passes"] for s in resolve.status()["resolvers"]}
            assert passes == {dead.resolver: "silent", dns.resolver: "yes"}


def test_configuration_may_change_under_way(dns):
    """A question that hangs is asked again at the new servers."""
    with Faults(dns, ("", None, silence)) as dead, Resolve([dead.resolver], dns.anchor) as resolve:
        waiting = resolve.send("good.example")
        resolve.configure([dns.resolver], dns.anchor)
        answers, _ = resolve.wait(waiting)
        assert answers[0]["mx"]["state"] == "SECURE"


def test_an_anchor_that_cannot_be_used(dns, tmp_path):
    """Nothing is answered with other keys than those that were named."""
    wrong = tmp_path / "anchor"
    wrong.write_text("nothing of the kind\n")
    with Resolve([dns.resolver], str(wrong)) as resolve:
        answer = resolve.ask("good.example")
        assert answer["mx"]["state"] == "LOOKUP-FAILED" and "trust anchor" in answer["mx"]["why"]
        assert "trust anchor" in resolve.status()["weakness"]


def test_a_clock_before_the_build_turns_validation_off(dns, new_daemon, tmp_path_factory):
    """Signatures cannot be judged: everything is INSECURE and that is said; DANE falls back or waits, nothing is BOGUS."""
    shim = tree.preloaded(tmp_path_factory.mktemp("shim"), "oldclock")
    d = new_daemon(config=["ip name-server " + dns.resolver, "dnssec trust-anchor " + dns.anchor], env={"LD_PRELOAD": shim})
    out = d.show("daneverify good.example port 9")
    assert "INSECURE MX record(mail.good.example) found for good.example" in out and "BOGUS" not in out
    assert "DNSSEC validation is off: the clock is before the day this program was built" in d.show("show mail dnssec")
    d.wait_log("%HA_EM-4-MAIL_DNSSEC: DNSSEC validation is off, and DANE with it: the clock is before the day")


# the keys of the root -----------------------------------------------------------------------------------------------------


def test_the_roots_keys_are_copied_once_and_kept(dns, tmp_path):
    """STATE/dns/root.key begins as the package's file; RFC 5011 keeps it: seen keys are written back with their states."""
    if os.geteuid() == 0:
        os.chmod(tmp_path, 0o755)
    keys = tmp_path / "dns" / "root.key"
    with Resolve([dns.resolver], state=tmp_path) as resolve:
        resolve.status()
        with open("/usr/share/dns/root.key") as f:
            assert keys.read_text() == f.read()
    # The private root's key takes its place: what comes next is what the process finds.
    shutil.copy(dns.anchor, keys)
    with Resolve([dns.resolver], state=tmp_path) as resolve:
        assert resolve.ask("good.example")["mx"]["state"] == "SECURE"
        assert tree.wait_for(lambda: "VALID" in keys.read_text(), 10), keys.read_text()
    with Resolve([dns.resolver], state=tmp_path) as resolve:
        assert resolve.ask("good.example")["mx"]["state"] == "SECURE"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_it_works_without_privilege(dns, tmp_path):
    with Resolve([dns.resolver], dns.anchor, state=tmp_path) as resolve:
        assert resolve.ask("good.example")["mx"]["state"] == "SECURE"
        with open("/proc/%d/status" % resolve.helper.process.pid) as f:
            status = dict(line.split(":", 1) for line in f)
        assert status["Uid"].split()[0] != "0" and status["CapEff"].strip() == "0" * 16 and status["NoNewPrivs"].strip() == "1"
        owner = os.stat(tmp_path / "dns" / "root.key")
        assert owner.st_uid == int(status["Uid"].split()[0]) and owner.st_mode & 0o777 == 0o600


# Of the root servers, as hints have them; b has moved.
ROOT_SERVERS = ["198.41.0.4", "170.247.170.2", "199.9.14.201", "192.33.4.12", "199.7.91.13", "192.203.230.10", "192.5.5.241",
                "192.112.36.4", "198.97.190.53", "192.36.148.17", "192.58.128.30", "193.0.14.129", "199.7.83.42", "202.12.27.33"]


def test_from_the_root_servers_on(netns, tmp_path):
    """`dnssec resolver iterate`, where the addresses of the root servers are ours."""
    for address in ROOT_SERVERS:
        netns.ip("address", "add", address + "/32", "dev", "lo")
    own = Dns(tmp_path, address=ROOT_SERVERS[0], port=53, also=ROOT_SERVERS[1:])
    own.zone("good.example", "@ MX 10 mail", "mail A " + IP, TLSA)
    with netns.entered(), own, Resolve(anchor=own.anchor, iterate=True) as resolve:
        answer = resolve.ask("good.example")
        assert answer["mx"]["state"] == "SECURE" and answer["hosts"][0]["tlsa"]["state"] == "SECURE"
        assert "DNS query: Q ('good.example', 'MX', 'root')" in resolve.lines


# the engine's end ---------------------------------------------------------------------------------------------------------


def resolver_pid(daemon):
    return next((p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-resolve"), None)


def test_show_mail_dnssec(dns, new_daemon):
    with Faults(dns, ("", None, stripping)) as bad:
        d = new_daemon(settings={"dns": {"servers": [bad.resolver, dns.resolver], "trust-anchor": dns.anchor}})
        shown = d.show("show mail dnssec")
        assert "DNSSEC validation is on" in shown and "Trust anchor: " + dns.anchor in shown
        answer = d.json("show mail dnssec")
        assert [(r["address"], r["dnssec"], r["used"]) for r in answer["resolvers"]] == [
            (bad.resolver, "no", "last"), (dns.resolver, "yes", "first")]
        assert answer["validation"] is True and answer["resolvers"][0]["remark"]
        # The configuration's own servers go before the settings.
        d.configure("ip name-server " + dns.resolver)
        assert [r["address"] for r in d.json("show mail dnssec")["resolvers"]] == [dns.resolver]
        d.configure("no ip name-server " + dns.resolver)
        assert len(d.json("show mail dnssec")["resolvers"]) == 2


def test_configuration_lines(dns, daemon):
    daemon.configure("ip name-server 192.0.2.1 2001:db8::1@5353", "dnssec resolver iterate", "dnssec trust-anchor " + dns.anchor)
    shown = daemon.show("show running-config")
    for line in ["ip name-server 192.0.2.1 2001:db8::1@5353", "dnssec resolver iterate", "dnssec trust-anchor " + dns.anchor]:
        assert "\n%s\n" % line in shown
    for wrong in ["ip name-server localhost", "ip name-server 192.0.2.1:53", "dnssec trust-anchor /nowhere",
                  "dnssec trust-anchor /etc/hosts", "dnssec resolver", "ip name-server"]:
        assert daemon.ctl("configure terminal", wrong).code == 1, wrong
    assert daemon.show("show running-config") == shown
    daemon.configure("no dnssec resolver iterate", "no dnssec trust-anchor " + dns.anchor, "no ip name-server 192.0.2.1 2001:db8::1@5353")
    assert "dnssec" not in daemon.show("show running-config")


def test_the_process_is_listed_and_started_again(dns, new_daemon):
    """F2: killed while it works, the question is asked once more; killed idle, the next one starts another."""
    held = threading.Event()

    def hold(message, forward):
        held.wait(20)
        return forward(message)
    with Faults(dns, ("^good.example$", "MX", hold)) as faults:
        d = new_daemon(config=["ip name-server " + faults.resolver, "dnssec trust-anchor " + dns.anchor])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(d.ctl("daneverify good.example port 9")))
        thread.start()
        assert tree.wait_for(lambda: ("good.example", TYPES["MX"]) in faults.seen, 20)
        pid = resolver_pid(d)
        held.set()
        os.kill(pid, signal.SIGKILL)
        thread.join(60)
        assert "SECURE MX record(mail.good.example) found for good.example" in answers[0].out, answers
        again = resolver_pid(d)
        assert again and again != pid
        os.kill(again, signal.SIGKILL)
        assert "SECURE MX record(mail.d5.example)" in d.show("daneverify d5.example port 9")


def test_the_engine_stays_quick_while_the_dns_is_down(dns, new_daemon):
    """F9: questions hang, everything else goes on."""
    with Faults(dns, ("", None, silence)) as dead:
        d = new_daemon(config=["ip name-server " + dead.resolver, "dnssec trust-anchor " + dns.anchor])
        thread = threading.Thread(target=lambda: d.ctl("daneverify good.example"))
        thread.start()
        assert tree.wait_for(lambda: dead.seen, 20)
        for _ in range(5):
            assert d.ctl("show clock").code == 0
        assert thread.is_alive()
        thread.join(60)
        d.wait_show("show mail log", "Received an invalid DNS Response: SERVER FAILED to IP 127.0.0.1 looking up good.example")


def test_debug_mail_dns(dns, new_daemon):
    d = new_daemon(config=["ip name-server " + dns.resolver, "dnssec trust-anchor " + dns.anchor])
    assert "Mail DNS debugging is on" in d.ctl("debug mail dns").out
    d.ctl("daneverify good.example port 9")
    d.wait_log(r"DNS query: Q\('good.example', 'MX'\)")
    d.wait_log(r"DNSSEC Response data\(\[\(10, 'mail.good.example.'\)\], secure, 0, \d+\)")


def test_a_settings_anchor_that_cannot_be_read_is_no_way_to_other_keys(dns, new_daemon):
    d = new_daemon(settings={"dns": {"servers": [dns.resolver], "trust-anchor": "/nowhere/anchor"}})
    out = d.ctl("daneverify good.example").out
    assert "DNS lookup failed for good.example (MX): " in out and "DANE FAILED for good.example" in out
    d.wait_log("%HA_EM-4-MAIL_DNSSEC: dns.trust-anchor: /nowhere/anchor: ")
