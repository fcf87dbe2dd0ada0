"""eventd-sts by itself, against a real nginx: what is a policy that may be believed, and what is not."""

import itertools
import os

import pytest

import tree
from mailhelper import MailHelper, trustpoint
from pki import name_of
from webhost import WebHost

HOST = "mta-sts.example.test"
POLICY = "version: STSv1\nmode: enforce\nmx: mail.example.test\nmax_age: 604800\n"
ids = itertools.count(1)


@pytest.fixture(scope="module")
def certs(pki):
    """Certificates of mta-sts.example.test, good and bad."""
    stranger = pki.authority(name_of("Example Other CA"), "ec")
    pki.leaf("sts", host=HOST)
    pki.leaf("sts-expired", host=HOST, days=(-30, -3))
    pki.leaf("sts-other-name", host="mta-sts.other.test")
    pki.leaf("sts-cn-only", host=HOST, names=[])
    pki.leaf("sts-self-signed", host=HOST, self_signed=True)
    pki.leaf("sts-untrusted", host=HOST, issuer=stranger, send=(stranger,))
    pki.leaf("sts-wildcard", host=HOST, names=["*.example.test"])
    return pki


@pytest.fixture(scope="module")
def helper():
    with MailHelper(os.path.join(tree.BUILD, "eventd-sts")) as h:
        yield h


@pytest.fixture
def new_web(certs):
    running = []

    def start(cert="sts", policy=POLICY, **how):
        lines = how.pop("lines", "default_type text/plain;")
        web = WebHost(certs.path(cert + "-chain.pem"), certs.path(cert + "-key.pem"), **how)
        web.policy(policy, lines)
        running.append(web)
        return web.__enter__()
    yield start
    for web in running:
        web.__exit__()


def request(web, certs, **more):
    made = {"type": "web", "version": 1, "id": next(ids), "host": HOST, "port": web.port,
            "url": "https://%s:%d/.well-known/mta-sts.txt" % (HOST, web.port), "addresses": [web.address], "plain_text": True,
            "trust": [trustpoint(certs.path("root.pem"))]}
    made.update(more)
    return {key: value for key, value in made.items() if value is not None}


def ask(helper, *arguments, **more):
    answer, _ = helper.run(request(*arguments, **more))
    return answer


def test_a_policy(helper, certs, new_web):
    answer = ask(helper, new_web(), certs)
    assert answer == {"type": "answer", "version": 1, "id": answer["id"], "failure": "ok", "status": 200, "text": POLICY}


def test_a_policy_of_a_server_that_speaks_tls_1_2_only(helper, certs, new_web):
    assert ask(helper, new_web(protocols="TLSv1.2"), certs)["failure"] == "ok"


def test_a_wildcard_certificate(helper, certs, new_web):
    assert ask(helper, new_web("sts-wildcard"), certs)["failure"] == "ok"


@pytest.mark.parametrize("cert, words", [
    ("sts-expired", "CERT_EXPIRED"), ("sts-other-name", "CERT_NAME_MISMATCH"), ("sts-cn-only", "CERT_NAME_MISMATCH"),
    ("sts-self-signed", "CERT_UNTRUSTED"), ("sts-untrusted", "CERT_UNTRUSTED")])
def test_a_certificate_that_proves_nothing(helper, certs, new_web, cert, words):
    web = new_web(cert)
    answer = ask(helper, web, certs)
    assert answer["failure"] == "tls" and words in answer["reason"], answer
    assert "text" not in answer and not web.requests()


def test_the_system_does_not_know_our_authority(helper, certs, new_web):
    answer = ask(helper, new_web(), certs, trust=None)
    assert answer["failure"] == "tls", answer


def test_tls_1_1_is_not_spoken(helper, certs, new_web):
    answer = ask(helper, new_web(protocols="TLSv1.1"), certs)
    assert answer["failure"] == "tls" and "failure of TLS" in answer["reason"], answer


@pytest.mark.parametrize("lines, words", [
    ("return 301 https://elsewhere.test/;", "a redirect (HTTP status 301)"),
    ("return 307 /other;", "a redirect (HTTP status 307)"),
    ("return 404;", "the HTTP status 404"),
    ("return 204;", "the HTTP status 204"),
    ("default_type text/html;", "the content type text/html"),
    ("default_type text/plainer;", "the content type text/plainer"),
    ('default_type "";', "the content type that is missing")])
def test_an_answer_that_is_no_policy(helper, certs, new_web, lines, words):
    answer = ask(helper, new_web(lines=lines), certs)
    assert (answer["failure"], answer["reason"]) == ("http", words)
    assert "text" not in answer


def test_parameters_of_the_content_type_are_allowed(helper, certs, new_web):
    assert ask(helper, new_web(lines='default_type "Text/Plain ; charset=utf-8";'), certs)["failure"] == "ok"


def test_the_longest_policy_and_one_octet_more(helper, certs, new_web):
    web = new_web(policy="x" * 65536)
    assert len(ask(helper, web, certs)["text"]) == 65536
    web.policy("x" * 65537)
    answer = ask(helper, web, certs)
    assert (answer["failure"], answer["reason"]) == ("too-big", "a body of more than 65536 octets")


def test_octets_that_are_no_utf8_come_through(helper, certs, new_web):
    answer = ask(helper, new_web(policy=b"a\x00\xff\xc3\x28z"), certs)
    assert answer["text"].encode("latin-1") == b"a\x00\xff\xc3\x28z"


def test_a_server_that_drips_is_left_and_holds_up_nobody(helper, certs, new_web):
    slow, quick = new_web(policy="x" * 5000, lines="default_type text/plain; limit_rate 100;"), new_web()
    first = request(slow, certs, timeout_ms=1500)
    helper.send(first)
    second = request(quick, certs)
    helper.send(second)
    answers = [helper.next(), helper.next()]
    assert [a["id"] for a in answers] == [second["id"], first["id"]]
    assert answers[0]["failure"] == "ok"
    assert (answers[1]["failure"], answers[1]["reason"]) == ("timeout", "a connection timeout")


def test_nobody_listens(helper, certs, new_web):
    web = new_web()
    answer = ask(helper, web, certs, port=1, url="https://%s:1/" % HOST)
    assert answer["failure"] == "connect" and "a connection failure" in answer["reason"]


def test_only_https(helper, certs, new_web):
    web = new_web()
    for url in ("http://%s:%d/" % (HOST, web.port), "file:///etc/passwd", "ftp://%s/" % HOST):
        answer = ask(helper, web, certs, url=url)
        assert answer["failure"] == "connect" and "rotocol" in answer["reason"], answer


def test_through_a_proxy_that_refuses(helper, certs, new_web):
    web = new_web()
    answer = ask(helper, web, certs, proxy="http://127.0.0.1:%d" % tree.free_port())
    assert answer["failure"] == "connect" and not web.requests()


def test_a_report_is_posted(helper, certs, new_web):
    web = new_web()
    web.location("/reports", "return 201; client_body_in_file_only on;")
    body = bytes(range(256)).decode("latin-1")
    answer = ask(helper, web, certs, url="https://%s:%d/reports" % (HOST, web.port), plain_text=False, body=body,
                 content_type="application/tlsrpt+gzip")
    assert answer["failure"] == "ok" and answer["status"] == 201
    assert '"POST /reports HTTP/1.1" 201' in web.requests()[-1]


def test_a_request_that_makes_no_sense(helper):
    for broken in ({}, {"version": 2}, {"url": 7, "host": "x"}, {"url": "https://x/", "host": "x", "addresses": [1]},
                   {"url": "https://x/", "host": "x", "body": "\u0100"}):
        answer, _ = helper.run(dict({"type": "web", "version": 1, "id": next(ids)}, **broken))
        assert answer["failure"] == "connect" and answer["reason"]
