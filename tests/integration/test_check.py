"""`eventd --check` and `event manager check`: findings as text and as JSON, exit codes, and that warnings stop nothing."""

import json
import os
import re
import subprocess

import pytest

import tree
from daemon import Daemon

EVENTD = os.path.join(tree.PROJECT, "build", "eventd")
WARNED = """event manager environment spare 1
event manager applet LINK
 event timer watchdog time 60
 action 1.0 syslog msg "$_syslog_msg"
 action 2.0 exit
 action 10.0 wait 5
"""
BROKEN = """event manager applet OPEN
 event none
 action 1.0 if 1 eq 1
 action 2.0 comment x
"""


@pytest.fixture
def check(tmp_path):
    def run(text, *arguments):
        path = tmp_path / "startup-config"
        path.write_text(text)
        done = subprocess.run([EVENTD, "--check", "--config", str(path), "--state", str(tmp_path), *arguments],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.replace(str(path), "FILE"), done.stderr
    return run


def test_warnings_are_told_with_place_reason_and_fix_and_exit_is_0(check):
    code, out, _ = check(WARNED)
    assert code == 0
    assert out.splitlines()[0] == ("FILE:1:27: warning: no applet mentions the environment variable spare; "
                                   "remove the variable, or correct its name [ENV-UNUSED]")
    assert [line.split()[-1] for line in out.splitlines()] == ["[ENV-UNUSED]", "[VAR-OTHER-EVENT]", "[LABEL-ORDER]"]


def test_an_open_block_is_an_error_and_exit_is_3(check):
    code, out, _ = check(BROKEN)
    assert code == 3
    assert out.startswith('FILE:3:13: error: Unmatched "if": missing "end" action')
    assert out.rstrip().endswith("[BLOCK-OPEN]")


def test_the_json_document_has_every_part(check):
    code, out, _ = check(WARNED + BROKEN, "--json")
    document = json.loads(out)
    assert code == 3 and document["schema_version"] == 1
    assert (document["errors"], document["warnings"]) == (1, 3)
    for finding in document["findings"]:
        assert finding["line"] > 0 and finding["column"] > 0
        assert finding["code"] and finding["reason"] and finding["fix"] and finding["severity"] in ("error", "warning")


def test_a_good_configuration_says_nothing(check):
    assert check("event manager applet A\n event none\n action 1.0 syslog msg \"x\"\n") == (0, "", "")


def test_a_running_daemon_starts_with_warnings_and_answers_for_itself(new_daemon):
    d = new_daemon(config=WARNED.splitlines())
    answer = d.ctl("event manager check LINK")
    assert answer.code == 0
    assert answer.out == (
        "LINK, action 10.0: warning: action 10.0 runs before action 2.0, because labels sort as text; "
        "write all labels with the same number of digits: 010, 020 [LABEL-ORDER]\n"
        "   action 10.0 wait 5\n"
        "          ^\n"
        "LINK, action 1.0: warning: _syslog_msg is a variable of `event syslog`, and this applet has `event timer`; "
        "use a variable of the applet's own event, or change the event [VAR-OTHER-EVENT]\n"
        "   action 1.0 syslog msg \"$_syslog_msg\"\n"
        "                          ^\n"
        "0 errors, 2 warnings\n")
    document = d.json("event manager check")
    assert [f["code"] for f in document["findings"]] == ["LABEL-ORDER", "VAR-OTHER-EVENT", "ENV-UNUSED"]
    assert document["findings"][0]["label"] == "10.0" and document["findings"][2]["applet"] is None
    assert document["warnings"] == 3
    refused = d.ctl("event manager check NOBODY")
    assert refused.code == 1 and "There is no applet NOBODY" in refused.out


def test_a_capture_that_a_mail_attaches_is_there_or_is_made(new_daemon):
    """Captures are no lines of the configuration: only the running daemon knows which there are."""
    mail = 'action %d.0 mail server "192.0.2.1" to "a@example.net" from "b@example.net" subject "s" body "b" secure none attach "%s"'
    d = new_daemon()
    d.configure("event manager applet A", "event none", mail % (1, "$_cli_result,capture:GONE, capture:MADE ,flash:a"),
                mail % (2, "capture:BYHAND,capture:$_event_id"), 'action 3.0 cli command "monitor capture MADE interface lo both"')

    def missing():
        return [(f["label"], f["reason"]) for f in d.json("event manager check")["findings"] if f["code"] == "CAPTURE-UNKNOWN"]
    assert missing() == [(n, "there is no capture %s, and no action makes it" % name) for n, name in (("1.0", "GONE"), ("2.0", "BYHAND"))]
    assert d.ctl("monitor capture BYHAND interface lo both").code == 0
    assert [label for label, _ in missing()] == ["1.0"]


def test_encrypted_passwords_are_read_with_the_key_that_is_there(tmp_path):
    """The file that a daemon wrote is good; a key is read and never made, and without one nothing is said of what it hides."""
    credential = "event manager mail credential NOC username noc@x.example password "
    with Daemon(tmp_path) as daemon:
        daemon.configure(credential + "Secret-Word-1")
        assert daemon.ctl("copy running-config startup-config").code == 0
    key, config = os.path.join(daemon.state, "machine-key"), daemon.config

    def check():
        done = subprocess.run([EVENTD, "--check", "--state", daemon.state, "--config", config], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout
    assert check() == (0, "")
    with open(config) as f:
        text = f.read()
    assert "password 6 " in text
    with open(config, "w") as f:
        f.write(re.sub(r"(password 6 )\S+", r"\1" + "A" * 60, text))
    code, out = check()
    assert code == 3 and "key of another device" in out
    os.chmod(key, 0o644)
    code, out = check()
    assert code == 0 and "warning: " in out and "must be a file of mode 0600" in out
    os.remove(key)
    assert check() == (0, "") and not os.path.exists(key)


def test_trustpoints_of_listeners_that_are_not_there(check, tmp_path):
    settings = tmp_path / "eventd.yaml"
    settings.write_text("syslog:\n  listen:\n    - udp://127.0.0.1:0\n    - { url: 'tls://127.0.0.1:0', identity: ME, client-ca: [A, B] }\n"
                        "    - url: 'tls://127.0.0.1:6514'\n      identity: GONE\n")
    code, out, _ = check("crypto pki trustpoint ME\n enrollment terminal\ncrypto pki trustpoint B\n enrollment terminal\n", "--settings", str(settings))
    assert code == 0
    assert out == ("%s:4:61: warning: there is no trustpoint A, the client-ca of tls://127.0.0.1:0; "
                   "configure the trustpoint, or correct its name [TRUST-UNKNOWN]\n"
                   "%s:6:17: warning: there is no trustpoint GONE, the identity of tls://127.0.0.1:6514; "
                   "configure the trustpoint, or correct its name [TRUST-UNKNOWN]\n" % (settings, settings))
    document = json.loads(check("hostname r1\n", "--settings", str(settings), "--json")[1])
    assert [(f["file"], f["line"], f["column"]) for f in document["findings"]] == \
        [(str(settings), 4, 45), (str(settings), 4, 61), (str(settings), 4, 64), (str(settings), 6, 17)]


def test_a_running_daemon_tells_them_too(new_daemon):
    d = new_daemon(settings={"syslog": {"listen": [{"url": "tls://127.0.0.1:0", "identity": "ME", "client-ca": ["A"]}]}})
    assert d.show("event manager check") == (
        "warning: there is no trustpoint ME, the identity of tls://127.0.0.1:0; configure the trustpoint, or correct its name [TRUST-UNKNOWN]\n"
        "   { url: 'tls://127.0.0.1:0', identity: ME, client-ca: [ A ] }\n"
        "                                         ^\n"
        "warning: there is no trustpoint A, the client-ca of tls://127.0.0.1:0; configure the trustpoint, or correct its name [TRUST-UNKNOWN]\n"
        "   { url: 'tls://127.0.0.1:0', identity: ME, client-ca: [ A ] }\n"
        "                                                          ^\n"
        "0 errors, 2 warnings\n")
