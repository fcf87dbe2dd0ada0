"""`eventctl pki verify` as a user calls it: options, answers, exit status."""

import json
import os
import subprocess

import pytest

import tree

EVENTCTL = os.path.join(tree.BUILD, "eventctl")


def verify(*options, stdin=None):
    return subprocess.run([EVENTCTL, "pki", "verify", *options], input=stdin, capture_output=True, text=True, timeout=60)


def answer(*options):
    done = verify(*options, "--json")
    assert done.stdout.count("\n") == 1, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def chain(pki):
    """The good chain's options: what the server sends, and the oldest root."""
    return ["--trust", pki.path("root.pem"), "--untrusted", pki.path("intermediate.pem"), pki.path("r1-cross.pem"),
            "--peer", pki.path("leaf.pem"), "--name", "mail.example.test"]


def test_good(chain):
    status, got = answer(*chain)
    assert (status, got["result"], got["class"], got["detail"]) == (0, "SUCCESS", "OK", "certificate is good")
    assert got["depth"] == 3 and got["anchor"].startswith("cn=Example Global Root CA,")
    assert got["findings"] == []


def test_without_json_it_is_the_same_document(chain):
    done = verify(*chain)
    assert done.returncode == 0 and json.loads(done.stdout)["class"] == "OK"


def test_a_peer_file_may_hold_its_chain(pki):
    assert answer("--trust", pki.path("root.pem"), "--peer", pki.path("chain.pem"))[0] == 0


@pytest.mark.parametrize("change, cls", [
    (["--name", "mail.example.org"], "CERT_NAME_MISMATCH"), (["--ip", "192.0.2.7"], "CERT_NAME_MISMATCH"),
    (["--name", "mail.example.test", "--time", "2001-01-01T00:00:00Z"], "CERT_NOT_YET_VALID"),
    (["--name", "mail.example.test", "--time", "2101-01-01"], "CERT_EXPIRED"),
    (["--name", "mail.example.test", "--depth", "1"], "CERT_UNTRUSTED"),
    (["--name", "mail.example.test", "--purpose", "client"], "CERT_PURPOSE"),
])
def test_bad(chain, change, cls):
    status, got = answer(*chain[:chain.index("--name")], *change)
    assert (status, got["result"], got["class"]) == (1, "FAILURE", cls), got
    assert cls in [f["class"] for f in got["findings"]]


def test_untrusted_names_what_would_help(pki):
    status, got = answer("--trust", pki.path("root.pem"), "--peer", pki.path("leaf.pem"))
    assert status == 1 and got["anchor"] is None
    assert got["detail"].startswith('unable to get local issuer certificate, issuer "cn=Example CA 1C3')
    assert "crypto pki authenticate" in got["hint"]


@pytest.mark.parametrize("options", [
    [], ["--peer", "x.pem"], ["--trust", "a.pem"], ["--trust", "--peer", "b.pem"], ["--frobnicate"],
    ["--trust", "a.pem", "--peer", "b.pem", "--depth", "many"], ["--trust", "a.pem", "--peer", "b.pem", "--purpose", "mail"],
    ["--trust", "a.pem", "--peer", "b.pem", "--time", "yesterday"],
    ["--trust", "a.pem", "--peer", "b.pem", "--name", "h", "--ip", "192.0.2.7"],
])
def test_usage(options):
    done = verify(*options)
    assert done.returncode == 2 and "usage: eventctl pki verify" in done.stderr and done.stdout == ""


def test_what_does_not_decode_is_bad(pki, tmp_path):
    (tmp_path / "x.pem").write_text("quit\n")
    status, got = answer("--trust", pki.path("root.pem"), "--peer", str(tmp_path / "x.pem"))
    assert status == 1 and "not a certificate" in got["detail"] and "x.pem" in got["detail"]
    absent = verify("--trust", pki.path("root.pem"), "--peer", str(tmp_path / "absent.pem"))
    assert absent.returncode == 2 and "No such file" in absent.stderr and absent.stdout == ""


def test_batch(pki):
    with open(pki.path("leaf.pem"), encoding="ascii") as f:
        leaf = f.read()
    requests = [
        {"id": 1, "trust": [pki.path("root.pem")], "untrusted": [pki.path("chain.pem")], "peer": leaf},
        {"id": "two", "trust": pki.path("leaf.pem"), "peer": leaf, "name": "mail.example.test"},
        {"id": None, "trust": [], "peer": leaf, "depth": None},
        {"id": 4},
        {"id": 5, "peer": leaf, "trust": [], "purpose": "mail"},
    ]
    done = verify("--batch", stdin="\n".join(map(json.dumps, requests)) + "\nnot json\n[]\n\n")
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(got) == 7
    assert [g.get("id") for g in got[:5]] == [1, "two", None, 4, 5]
    assert [g.get("class") for g in got[:3]] == ["OK", "OK", "CERT_UNTRUSTED"]
    assert got[1]["depth"] == 0
    assert all(set(g) - {"id"} == {"error"} for g in got[3:])
