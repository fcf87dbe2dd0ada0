"""The certificate-path cases of x509-limbo through `eventctl pki verify --batch`: every result is known, also where we differ."""

import json
import os
import subprocess

import pytest

import tree

EVENTCTL = os.path.join(tree.BUILD, "eventctl")
DATA = os.path.join(tree.PROJECT, "tests", "conformance", "x509-limbo-2023-12.json")
OPTIONAL = {"has-policy-constraints", "has-cert-policies", "rfc5280-incompatible-with-webpki"}

# Where we refuse and the suite accepts, with the reason. There is no case in scope that we accept and the suite refuses.
STRICTER = {
    "pathlen::validation-ignores-pathlen-in-leaf": "a CA certificate does not serve as a server's",
    "rfc5280::nc::permitted-dn-match": "the certificate names no host at all",
}
# Out of scope: profiles that go beyond RFC 5280 (see OPTIONAL), and what a mail relay's own CA may well do.
OUT_OF_SCOPE_ACCEPTED = {
    "rfc5280::aki::cross-signed-root-missing-aki", "rfc5280::nc::permitted-dns-match-noncritical", "rfc5280::serial::too-long",
    "rfc5280::serial::zero", "webpki::eku::ee-anyeku", "webpki::eku::ee-critical-eku", "webpki::eku::ee-without-eku",
    "webpki::eku::root-has-eku",
}


def in_scope(case):
    features = case.get("features", [])
    return not case.get("signature_algorithms") and not any(f.startswith("pedantic-") or f in OPTIONAL for f in features)


def request(case):
    name = case.get("expected_peer_name") or {}
    kinds = {"DNS": "name", "IP": "ip", "RFC822": "email"}
    asked = {"id": case["id"], "trust": case["trusted_certs"], "untrusted": case.get("untrusted_intermediates", []),
             "peer": case["peer_certificate"], "purpose": case["validation_kind"].lower(), "time": case.get("validation_time"),
             "depth": case.get("max_chain_depth")}
    if name:
        asked[kinds[name["kind"]]] = name["value"]
    return asked


@pytest.fixture(scope="module")
def cases():
    with open(DATA, encoding="utf-8") as f:
        return {case["id"]: case for case in json.load(f)["testcases"]}


@pytest.fixture(scope="module")
def answers(cases):
    lines = "".join(json.dumps(request(case)) + "\n" for case in cases.values())
    done = subprocess.run([EVENTCTL, "pki", "verify", "--batch"], input=lines, capture_output=True, text=True, timeout=120, check=True)
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def test_every_case_is_answered(cases, answers):
    assert len(cases) == 135 and set(answers) == set(cases)
    assert {a["result"] for a in answers.values()} == {"SUCCESS", "FAILURE"}


def test_in_scope(cases, answers):
    scope = [i for i, case in cases.items() if in_scope(case)]
    wrong = {i: answers[i]["detail"] for i in scope if answers[i]["result"] != cases[i]["expected_result"]}
    assert set(wrong) == set(STRICTER), wrong
    assert all(answers[i]["result"] == "FAILURE" for i in wrong)
    assert len(scope) == 122


def test_out_of_scope(cases, answers):
    wrong = {i for i, case in cases.items() if not in_scope(case) and answers[i]["result"] != case["expected_result"]}
    assert wrong == OUT_OF_SCOPE_ACCEPTED


@pytest.mark.parametrize("case, cls", [
    ("rfc5280::validity::expired-leaf", "CERT_EXPIRED"), ("rfc5280::validity::expired-root", "CERT_EXPIRED"),
    ("rfc5280::eku::ee-wrong-eku", "CERT_PURPOSE"), ("webpki::san::mismatch-domain-san", "CERT_NAME_MISMATCH"),
    ("webpki::san::no-san", "CERT_NAME_MISMATCH"), ("webpki::forbidden-dsa-spki-leaf", "CERT_WEAK"),
    ("rfc5280::chain-untrusted-root", "CERT_UNTRUSTED"), ("rfc5280::nc::permitted-dns-mismatch", "CERT_UNTRUSTED"),
    ("webpki::cryptographydotio-chain", "OK"),
])
def test_classes(answers, case, cls):
    assert answers[case]["class"] == cls
