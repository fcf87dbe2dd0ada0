"""eventd-mail and the hosts of a domain: the order in which they are tried, and what each TLS setting does against each
behaviour of a server (mail-security 11.1), DANE and MTA-STS at one host (8.1, 10.4)."""

import hashlib
import ssl

import pytest

import tree
from badsmtp import BadSmtp, Drop, Garbage, Hang, Inject, Reset, Say
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from mailhelper import job

DOMAIN, MX = "domain.example", "mx.domain.example"
SHORT = 400


@pytest.fixture(scope="module")
def shown(pki):
    """What a server may show: certificates by the names that they are for."""
    pki.leaf("of-domain", names=[DOMAIN])
    pki.leaf("of-mx", names=[MX])
    pki.leaf("of-nobody", names=["other.example"])
    pki.leaf("of-mx-expired", names=[MX], days=(-30, -3))
    return lambda name: {"cert": pki.path(name + "-chain.pem"), "key": pki.path(name + "-key.pem")}


def hop(server, tls, host=MX, **more):
    made = {"host": host, "port": server if isinstance(server, int) else server.port, "addresses": ["127.0.0.1"], "tls": tls,
            "domain": DOMAIN}
    made.update(more)
    return made


def direct(*hops, **more):
    """A job for a domain's hosts."""
    return job(25, host=DOMAIN, direct=True, hops=list(hops), **more)


def ended(result, class_, phase, outcome="deferred"):
    assert (result["class"], result["phase"], result["outcome"]) == (class_, phase, outcome), result


def sent(result, server, clear=False):
    assert result["class"] == "OK" and result["outcome"] == "sent", result
    assert len(server.mails) == 1 and server.mails[0].secure is not clear


# --- the table of 11.1 ------------------------------------------------------------------------------------------------------

SETTINGS = {
    "none": [],
    "preferred": [],
    "required": [],
    "preferred-verify": [DOMAIN],
    "verify": [DOMAIN],          # Required - Verify
    "verify-hosted": [DOMAIN, MX],
}
CLEAR, TLS, QUEUE = "clear", "tls", "queue"
# STARTTLS missing, STARTTLS refused, bad certificate, certificate of the host only, handshake fails after the 220
TABLE = {
    "none": (CLEAR, CLEAR, CLEAR, CLEAR, CLEAR),
    "preferred": (CLEAR, CLEAR, TLS, TLS, QUEUE),
    "required": (QUEUE, QUEUE, TLS, TLS, QUEUE),
    "preferred-verify": (CLEAR, CLEAR, TLS, TLS, QUEUE),
    "verify": (QUEUE, QUEUE, QUEUE, QUEUE, QUEUE),
    "verify-hosted": (QUEUE, QUEUE, QUEUE, TLS, QUEUE),
}
CLASSES = ("TLS_NOT_OFFERED", "TLS_REFUSED", "CERT_NAME_MISMATCH", "CERT_NAME_MISMATCH", None)


def behaviour(number, shown):
    return (dict(), dict(shown("of-mx"), at={"starttls": Say("454 4.7.0 TLS not available")}), shown("of-nobody"), shown("of-mx"),
            dict(shown("of-mx"), at={"tls": Drop()}))[number]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("setting", SETTINGS)
def test_each_setting_against_each_behaviour(helper, pki, shown, setting, number):
    with BadSmtp(**behaviour(number, shown)) as server:
        result, _ = helper.run(direct(hop(server, setting.replace("-hosted", ""), names=SETTINGS[setting]),
                                      trust=[pki.path("root.pem")]))
        server.settle()
        expected = TABLE[setting][number]
        if expected is QUEUE:
            assert result["outcome"] == "deferred" and not server.mails, result
            if CLASSES[number]:
                assert result["class"] == CLASSES[number]
            else:
                assert result["phase"] == "tls"
            # a step towards TLS is never followed by the mail in the clear
            assert not any(line.startswith(("MAIL", "DATA")) for line in server.everything())
        else:
            sent(result, server, clear=expected is CLEAR)
        at = result["hops"][0]
        assert at["host"] == MX and at["tried"] and at["class"] == result["class"]
        assert ("tls_version" in at) is (expected is TLS or "CERT" in at["class"])


def test_the_good_certificate_of_the_domain(helper, pki, shown):
    for setting, names in SETTINGS.items():
        with BadSmtp(**shown("of-domain")) as server:
            result, _ = helper.run(direct(hop(server, setting.replace("-hosted", ""), names=names), trust=[pki.path("root.pem")]))
            sent(result, server, clear=setting == "none")
            at = result["hops"][0]
            if names:
                assert at["tls_verified"] and at["tls_name"] == DOMAIN and at["tls_cipher"].startswith(("TLS_", "ECDHE"))


def test_preferred_verify_tells_why_the_server_is_not_verified(helper, pki, shown):
    with BadSmtp(**shown("of-nobody")) as server:
        result, _ = helper.run(direct(hop(server, "preferred-verify", names=[DOMAIN]), trust=[pki.path("root.pem")]))
        sent(result, server)
    at = result["hops"][0]
    assert not at["tls_verified"] and "other.example" in at["tls_problem"]
    assert [e["problem"] for e in helper.events if e["what"] == "tls"] == [at["tls_problem"]]


def test_the_remedy_for_hosted_domains(helper, pki, shown):
    """Seed 003: `peer cert does not match domain`, and the setting that helps."""
    with BadSmtp(**shown("of-mx")) as server:
        result, _ = helper.run(direct(hop(server, "verify", names=[DOMAIN]), trust=[pki.path("root.pem")]))
    ended(result, "CERT_NAME_MISMATCH", "tls")
    assert "Required - Verify Hosted Domains" in result["hint"]


def test_a_server_that_nobody_vouches_for(helper, shown):
    for tls in ("verify", "sts"):
        with BadSmtp(**shown("of-mx")) as server:
            result, _ = helper.run(direct(hop(server, tls, names=[MX])))
        ended(result, "CERT_UNTRUSTED" if tls == "verify" else "STS_CERT", "tls")


def test_octets_behind_the_220_end_it_whatever_is_demanded(helper, shown):
    for tls in ("preferred", "required", "dane", "sts"):
        more = {"records": [{"usage": 3, "selector": 1, "matching": 1, "data": "00" * 32}]} if tls == "dane" else {}
        with BadSmtp(at={"starttls": Inject("220 go")}, **shown("of-mx")) as server:
            result, _ = helper.run(direct(hop(server, tls, **more)))
        ended(result, "STARTTLS_INJECTION", "starttls")


# --- DANE ---------------------------------------------------------------------------------------------------------------------

def record(pki, name, usage=3, selector=1, matching=1):
    with open(pki.path(name)) as f:
        der = ssl.PEM_cert_to_DER_cert(f.read())
    if selector == 1:
        der = x509.load_der_x509_certificate(der).public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    data = (der.hex(), hashlib.sha256(der).hexdigest(), hashlib.sha512(der).hexdigest())[matching]
    return {"usage": usage, "selector": selector, "matching": matching, "data": data}


def test_dane_needs_no_trustpoint_and_no_name(helper, pki, shown):
    for name in ("of-nobody", "of-mx-expired"):
        with BadSmtp(**shown(name)) as server:
            matching = record(pki, name + ".pem")
            result, _ = helper.run(direct(hop(server, "dane", records=[matching], dane_success=True, names=[MX, DOMAIN])))
            sent(result, server)
        at = result["hops"][0]
        assert at["dane"] == "3 1 1 " + matching["data"] and at["dane_success"] and at["tls_verified"]


def test_a_trust_anchor_in_the_dns_asks_for_name_and_date(helper, pki, shown):
    anchor = record(pki, "intermediate.pem", usage=2, selector=0)
    for name, good in (("of-mx", True), ("of-domain", True), ("of-nobody", False), ("of-mx-expired", False)):
        with BadSmtp(**shown(name)) as server:
            result, _ = helper.run(direct(hop(server, "dane", records=[anchor], names=[MX, DOMAIN], dane_success=True)))
            if good:
                sent(result, server)
                assert result["hops"][0]["dane"].startswith("2 0 1 ")
            else:
                ended(result, "DANE_MISMATCH", "tls")
                assert not server.mails


def test_dane_fails_and_never_falls_to_less(helper, pki, shown):
    other = record(pki, "of-domain.pem")
    for how, class_, phase in ((shown("of-mx"), "DANE_MISMATCH", "tls"), ({}, "DANE_NO_TLS", "starttls"),
                               (dict(shown("of-mx"), at={"starttls": Say("454 no")}), "DANE_NO_TLS", "starttls"),
                               (dict(shown("of-mx"), at={"tls": Garbage()}), "DANE_NO_TLS", "tls")):
        with BadSmtp(**how) as server:
            result, _ = helper.run(direct(hop(server, "dane", records=[other], names=[MX]), trust=[pki.path("root.pem")]))
            ended(result, class_, phase)
            assert not server.mails


def test_dane_without_records_is_no_job(helper):
    result, _ = helper.run(direct(hop(25, "dane")))
    assert result["class"] == "HELPER_FAILED" and "without records" in result["detail"]


# --- MTA-STS --------------------------------------------------------------------------------------------------------------------

def test_a_policy_is_met(helper, pki, shown):
    with BadSmtp(**shown("of-mx")) as server:
        result, _ = helper.run(direct(hop(server, "sts", names=[MX], sts_domain=DOMAIN), trust=[pki.path("root.pem")]))
        sent(result, server)
    assert result["hops"][0]["sts_domain"] == DOMAIN and result["hops"][0]["tls_name"] == MX


def test_a_policy_is_not_met(helper, pki, shown):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(**{"certfile": shown("of-mx")["cert"], "keyfile": shown("of-mx")["key"]})
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    for how, class_, phase in ((shown("of-domain"), "STS_CERT", "tls"), (shown("of-mx-expired"), "STS_CERT", "tls"),
                               ({}, "STS_NO_TLS", "starttls"), ({"context": old}, "STS_TLS_VERSION", "tls"),
                               (dict(shown("of-mx"), at={"starttls": Say("502 no")}), "STS_NO_TLS", "starttls")):
        with BadSmtp(**how) as server:
            result, _ = helper.run(direct(hop(server, "sts", names=[MX], sts_domain=DOMAIN), trust=[pki.path("root.pem")]))
            ended(result, class_, phase)
            assert not server.mails


def test_a_policy_in_testing_mode_refuses_nothing(helper, pki, shown):
    for how, said, more in ((shown("of-mx"), None, {}), (shown("of-domain"), MX, {}), ({}, "does not offer", {}),
                            (shown("of-mx"), "no mail host", {"sts_why": "no mail host of the policy"})):
        with BadSmtp(**how) as server:
            result, _ = helper.run(direct(hop(server, "preferred", names=[DOMAIN], sts_domain=DOMAIN, sts_testing=True, **more),
                                          trust=[pki.path("root.pem")]))
            sent(result, server, clear=not how)
        failure = result["hops"][0].get("sts_failure")
        assert failure is None if said is None else said in failure, (failure, said)


# --- the order of hosts -----------------------------------------------------------------------------------------------------------

BANNERS = [Say("421 4.3.2 closing", close=True), Say("554 5.3.2 go away", close=True), Drop(), Reset(), Garbage()]


@pytest.mark.parametrize("trouble", BANNERS, ids=lambda a: type(a).__name__ + getattr(a, "text", ""))
def test_a_host_that_does_not_speak_is_passed_over(helper, trouble):
    with BadSmtp(at={"banner": trouble}) as bad, BadSmtp() as good:
        result, _ = helper.run(direct(hop(bad, "preferred", host="a.example"), hop(good, "preferred", host="b.example")))
        sent(result, good, clear=True)
    assert [h["class"] == "OK" for h in result["hops"]] == [False, True]
    assert result["host"] == "b.example"


def test_a_closed_port_a_hang_and_a_refusal_of_the_mail(helper):
    with BadSmtp(at={"banner": Hang()}) as hangs, BadSmtp(at={"mail": Say("450 4.3.2 later")}) as later, \
            BadSmtp(at={"dot": Say("452 4.3.1 full")}) as full, BadSmtp() as good:
        result, _ = helper.run(direct(hop(tree.free_port(), "none"), hop(hangs, "none"), hop(later, "none"), hop(full, "none"),
                                      hop(good, "none"), timeouts={"banner": SHORT}))
        sent(result, good, clear=True)
    assert [h["class"] for h in result["hops"]] == ["CONNECT_REFUSED", "TIMEOUT", "SENDER_REJECTED", "MESSAGE_REJECTED", "OK"]
    assert [h["phase"] for h in result["hops"]] == ["connect", "banner", "mail", "dot", "-"]


def test_what_is_final_is_asked_of_nobody_else(helper):
    for phase, class_ in (("mail", "SENDER_REJECTED"), ("rcpt", "RECIPIENT_REJECTED"), ("dot", "MESSAGE_REJECTED")):
        with BadSmtp(at={phase: Say("550 5.7.1 no")}) as first, BadSmtp() as second:
            result, _ = helper.run(direct(hop(first, "none"), hop(second, "none")))
            ended(result, class_, phase, "bounced")
            assert not second.sessions
        assert [h["tried"] for h in result["hops"]] == [True, False]


def test_after_an_unanswered_dot_nobody_else_gets_it(helper):
    with BadSmtp(at={"dot": Drop()}) as first, BadSmtp() as second:
        result, _ = helper.run(direct(hop(first, "none"), hop(second, "none")))
        ended(result, "CONNECTION_LOST", "dot")
        assert result["unconfirmed"] and not second.sessions


def test_recipients_that_were_put_off_are_offered_to_the_next_host(helper):
    to = ["taken@%s" % DOMAIN, "later@%s" % DOMAIN, "never@%s" % DOMAIN]
    with BadSmtp(at={"rcpt": [None, Say("450 4.2.0 later"), Say("550 5.1.1 never")]}) as first, BadSmtp() as second:
        result, _ = helper.run(direct(hop(first, "none"), hop(second, "none"), recipients=to))
        assert first.mails[0].recipients == to[:1] and second.mails[0].recipients == to[1:2]
    ended(result, "RECIPIENT_REJECTED", "rcpt", "bounced")
    assert [r["class"] for r in result["recipients"]] == ["OK", "OK", "RECIPIENT_REJECTED"]
    assert result["recipients"][2]["reply"]["code"] == 550


def test_one_that_may_pass_keeps_the_mail(helper):
    """A host that was refused before, one that is down and one that says 554: the mail is tried again."""
    refused = hop(25, "none", host="bogus.example", refused="DANE_BOGUS", refused_detail="bogus.example: BOGUS")
    with BadSmtp(at={"banner": Say("554 no service", close=True)}) as never:
        result, _ = helper.run(direct(refused, hop(tree.free_port(), "none"), hop(never, "none")))
        ended(result, "CONNECT_REFUSED", "connect")
        result, _ = helper.run(direct(refused, hop(never, "none")))
        ended(result, "DANE_BOGUS", "dns")
        result, _ = helper.run(direct(hop(never, "none")))
        ended(result, "BANNER_REJECTED", "banner", "bounced")


def test_each_address_of_a_host_before_the_next_host(helper):
    with BadSmtp(address="127.0.0.2") as second:
        one = hop(second, "none", host="a.example", addresses=["127.0.0.1", "127.0.0.2"])
        result, _ = helper.run(direct(one, hop(tree.free_port(), "none", host="b.example")))
        sent(result, second, clear=True)
    assert result["hops"][0]["address"] == "127.0.0.2" and not result["hops"][1]["tried"]


def test_the_whole_has_one_deadline(helper):
    with BadSmtp(at={"banner": Hang()}) as a, BadSmtp(at={"banner": Hang()}) as b, BadSmtp() as good:
        result, _ = helper.run(direct(hop(a, "none"), hop(b, "none"), hop(good, "none"), timeouts={"total": 600, "banner": 5000}))
        assert result["class"] == "TIMEOUT" and not good.sessions
    assert [h["tried"] for h in result["hops"]] == [True, False, False]


@pytest.mark.parametrize("wrong", [{"host": "a\r\nb"}, {"port": 0}, {"tls": "maybe"}, {"records": [{"usage": 3}]}, {"names": [1]},
                                   {"domain": None}])
def test_a_hop_of_the_wrong_form_is_no_job(helper, wrong):
    result, _ = helper.run(direct(dict(hop(25, "none"), **wrong)))
    assert (result["class"], result["phase"]) == ("HELPER_FAILED", "config")
