"""`event rpc`: policies that are called over HTTPS, by whom the configuration names and by nobody else."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading

import pytest

import tree

TOKEN, OTHER = "s3cr3t-t0k3n-of-noc-1", "an-0ther-t0ken-entirely"
POLICIES = ["event manager applet HELLO", "event rpc", 'action 1 puts "hello $_rpc_arg1, $_rpc_argc from $_rpc_arg0"',
            "action 2 set _exit_status 7", "exit",
            "event manager applet SLOW", "event rpc default 1", "action 1 wait 3", 'action 2 puts "late"', "exit",
            "event manager applet LIMITED", "event rpc ratelimit 600", 'action 1 puts "once"', "exit",
            "event manager applet BROKEN", "event rpc", 'action 1 context retrieve key NONE variable "x"', "exit",
            "event manager applet ASKS", "event rpc", "action 1 gets line", 'action 2 puts "got <$line>"', "exit",
            "event manager applet PUBLISHED", "event application subsystem 798 type 42",
            'action 1 syslog msg "published $_application_data1"', "exit",
            "event manager applet OTHER", "event none", 'action 1 puts "x"', "exit"]


class Caller:
    """One that calls as curl would, with a token or a certificate."""

    def __init__(self, port, pki, token=TOKEN, client=None):
        self.port, self.headers = port, {"Authorization": "Bearer " + token} if token else {}
        self.tls = ssl.create_default_context(cafile=pki.path("root.pem"))
        if client:
            self.tls.load_cert_chain(pki.path(client + "-chain.pem"), pki.path(client + "-key.pem"))

    def ask(self, verb, path, body=None, raw=None):
        c = http.client.HTTPSConnection("mail.example.test", self.port, context=self.tls, timeout=20)
        c.sock = self.tls.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 20), server_hostname="mail.example.test")
        try:
            c.request(verb, path, raw if raw is not None else None if body is None else json.dumps(body), self.headers)
            answer = c.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            c.close()

    def run(self, policy, *args):
        return self.ask("POST", "/v1/run/" + policy, {"args": list(args)})

    def tries(self, policy, *args):
        """As it, while the server may be started anew, for another authority."""
        try:
            return self.run(policy, *args)
        except OSError as why:
            return 0, {"error": str(why)}


@pytest.fixture
def served(new_daemon, pki):
    daemon = new_daemon()
    port = tree.free_port()
    os.makedirs(os.path.join(daemon.state, "flash"), exist_ok=True)
    with open(os.path.join(daemon.state, "flash", "me.pem"), "w") as out:
        for name in ("leaf-key.pem", "chain.pem"):
            with open(pki.path(name)) as f:
                out.write(f.read())
    answer = daemon.ctl("crypto pki import ME pem url flash:me.pem")
    assert answer.code == 0, answer
    daemon.configure(*POLICIES, "event manager rpc client noc token " + TOKEN,
                     "event manager rpc client few token %s policy ^HELLO$" % OTHER,
                     "event manager rpc listen address 127.0.0.1 port %d trustpoint ME" % port)
    daemon.wait_log("FMPD_RPC_LISTEN: calls of policies are served at TCP port %d of 127.0.0.1" % port)
    daemon.port = port
    return daemon


def test_a_policy_is_run_and_its_output_comes_back(served, pki):
    caller = Caller(served.port, pki)
    status, body = caller.run("HELLO", "world", 5)
    assert (status, body["status"], body["exit_status"], body["output"]) == (200, "success", 7, "hello world, 3 from HELLO\n")
    assert re.search(r"rpc +applet: HELLO", served.show("show event manager history events"))
    assert caller.ask("GET", "/v1/policies") == (200, {"policies": ["HELLO", "SLOW", "LIMITED", "BROKEN", "ASKS"]})
    status, body = caller.run("BROKEN")
    assert (status, body["status"]) == (200, "abort") and "NONE" in body["reason"]
    status, body = caller.run("ASKS")
    assert status == 200 and body["status"] == "abort" and body["output"] == "", body  # there is nobody to ask
    assert caller.run("LIMITED")[0] == 200
    assert caller.run("LIMITED") == (429, {"error": "policy LIMITED not run: its ratelimit has not passed"})
    shown = served.json("show event manager rpc")
    assert shown["port"] == served.port and shown["calls"] == 6 and shown["denied"] == 0
    assert [(c["name"], c["by"]) for c in shown["clients"]] == [("noc", "token"), ("few", "token")]


def test_who_waits_no_longer_gets_the_job(served, pki):
    status, body = Caller(served.port, pki).run("SLOW")
    assert (status, body["status"], body["output"]) == (202, "running", "")
    served.wait_show("show event manager history events", r"^\d+ +%d .*success.*SLOW" % body["job"])


def test_calls_of_one_policy_run_side_by_side(served, pki):
    answers = [Caller(served.port, pki).run("SLOW") for _ in range(3)]
    assert [(status, body["status"]) for status, body in answers] == [(202, "running")] * 3
    assert len({body["job"] for _, body in answers}) == 3
    for _, body in answers:
        served.wait_show("show event manager history events", r"^\d+ +%d .*success.*SLOW" % body["job"])


def test_events_are_published(served, pki):
    caller = Caller(served.port, pki)
    assert caller.ask("POST", "/v1/publish", {"type": 42, "args": ["by hand"]}) == (202, {"status": "published"})
    served.wait_log("PUBLISHED: published by hand")


def test_nobody_else(served, pki):
    """No token, a wrong one, the wrong policy; and no token is ever seen."""
    assert Caller(served.port, pki, token=None).run("HELLO")[0] == 401
    status, body = Caller(served.port, pki, token=TOKEN + "x").run("HELLO")
    assert (status, body) == (401, {"error": "the token is not known"})
    assert Caller(served.port, pki, token=OTHER).run("HELLO", "few")[0] == 200
    assert Caller(served.port, pki, token=OTHER).run("SLOW") == (403, {"error": "this client may not run this policy"})
    served.wait_log("FMPD_RPC_DENIED: call from 127.0.0.1 denied: neither a token nor a certificate was shown")
    assert served.json("show event manager rpc")["denied"] == 2
    seen = served.show("show running-config") + served.show("show logging") + served.show("show event manager rpc") + served.log()
    assert TOKEN not in seen and OTHER not in seen
    assert re.search(r"^event manager rpc client noc token \{6\}\S+$", served.show("show running-config"), re.M)


def test_clients_with_certificates(served, pki):
    pki.leaf("robot", host="robot.example.test", purposes=("client",))
    pki.leaf("other-robot", host="other.example.test", purposes=("client",))
    pki.leaf("server-only", host="robot.example.test", purposes=("server",))
    pki.leaf("stranger", host="robot.example.test", self_signed=True, purposes=("client",))
    served.authenticate("ROOT", pki.path("root.pem"))
    served.configure("event manager rpc client robot trustpoint ROOT name robot.example.test")
    assert tree.wait_for(lambda: Caller(served.port, pki, token=None, client="robot").tries("HELLO", "robot")[0] == 200)
    for client, why in (("other-robot", "CERT_NAME_MISMATCH"), ("server-only", "CERT_PURPOSE"), ("stranger", "CERT_UNTRUSTED")):
        status, body = Caller(served.port, pki, token=None, client=client).run("HELLO")
        assert status == 401 and body["error"].startswith(why), body
    # A token still does, and without either nobody is let in.
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200
    assert Caller(served.port, pki, token=None).run("HELLO")[0] == 401


def test_wrong_requests(served, pki):
    caller = Caller(served.port, pki)
    for verb, path, raw, status, why in (
            ("GET", "/v1/run/HELLO", None, 405, "the method is POST"), ("POST", "/", "{}", 404, "there is nothing here"),
            ("POST", "/v1/run/", "{}", 400, "name of a policy"), ("POST", "/v1/run/NONE", "{}", 404, "policy NONE is not registered"),
            ("POST", "/v1/run/OTHER", "{}", 404, "not registered with event rpc"), ("POST", "/v1/run/HELLO", "{", 400, "not JSON"),
            ("POST", "/v1/run/HELLO", "[]", 400, "JSON object"), ("POST", "/v1/run/HELLO", '{"arg":[]}', 400, '"arg"'),
            ("POST", "/v1/run/HELLO", '{"args":[{}]}', 400, "texts"), ("POST", "/v1/run/HELLO", json.dumps({"args": ["x"] * 15}), 400, "14"),
            ("POST", "/v1/publish", '{"type":0}', 400, "from 1 to"), ("POST", "/v1/run/HELLO", " " * 70000, 413, "65536"),
            ("POST", "/v1/run/%00", "{}", 400, "name of a policy")):
        assert why in caller.ask(verb, path, raw=raw)[1]["error"], (verb, path)
        assert caller.ask(verb, path, raw=raw)[0] == status, (verb, path)
    assert caller.run("HELLO", "still there")[0] == 200


def test_sessions_are_limited(served, pki):
    served.configure("event manager detector rpc max-sessions 4", "event manager applet HOLD", "event rpc", "action 1 wait 4")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(Caller(served.port, pki).run("HOLD"))) for _ in range(6)]

    def more_than_limit():
        return tree.wait_for(lambda: len(answers) >= 2, 10)
    # The limit reaches the helper with the next look at the configuration.
    served.configure("event manager rpc client noc token " + TOKEN + " policy .")
    for t in threads:
        t.start()
    assert more_than_limit()
    for t in threads:
        t.join()
    assert sorted(a[0] for a in answers) == [200] * 4 + [503] * 2
    assert [a[1]["error"] for a in answers if a[0] == 503] == ["too many sessions at a time"] * 2


def test_plain_text_and_old_tls_are_not_served(served):
    with socket.create_connection(("127.0.0.1", served.port)) as s:
        s.sendall(b"POST /v1/run/HELLO HTTP/1.1\r\nHost: x\r\n\r\n")
        s.settimeout(10)
        try:
            assert b"200" not in s.recv(1000)
        except ConnectionError:
            pass
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % served.port, "-tls1_1"], input=b"", capture_output=True)
    assert b"Cipher is (NONE)" in done.stdout


def test_the_helper_dies_and_comes_back(served, pki):
    helper = next(p for p in served.json("show system processes")["processes"] if p["name"] == "eventd-rpc")
    os.kill(helper["pid"], 9)
    served.wait_log("calls of policies are not served: the process eventd-rpc ended")
    assert tree.wait_for(lambda: served.json("show event manager rpc")["port"] == served.port)
    assert Caller(served.port, pki).run("HELLO", "again")[0] == 200


def test_off_by_default_and_told_what_is_missing(new_daemon):
    daemon = new_daemon()
    daemon.configure("event manager applet A", "event rpc", 'action 1 puts "x"')
    assert "needs a listener (event manager rpc listen)" in daemon.show("show logging")
    assert "not served" in daemon.show("show event manager rpc")
    assert not [p for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-rpc" and p["pid"]]
    daemon.configure("event manager rpc listen trustpoint NONE")
    why = "trustpoint NONE has no certificate with its key (crypto pki import NONE)"
    daemon.wait_log("calls of policies are not served: " + re.escape(why))
    assert "Calls of policies are not served: no listener: %s\n" % why in daemon.show("show event manager rpc")
    daemon.wait_log("FMPD_NEEDS: policy A waits: event detector rpc needs a listener: " + re.escape(why))
    answer = daemon.ctl("configure terminal", "event manager rpc client x token short")
    assert "% a token has 16 characters or more" in answer.out


def test_the_example(served, pki):
    """examples/call.cfg as it stands."""
    with open(os.path.join(tree.PROJECT, "examples", "call.cfg")) as f:
        served.configure(*(line for line in f.read().splitlines() if not line.startswith("!")))
    status, body = Caller(served.port, pki).run("STATE", "lo")
    assert status == 200 and body["status"] == "success", body
    assert "line protocol is" in body["output"]
    status, body = Caller(served.port, pki).run("STATE", "lo | redirect flash:taken")
    assert "which interface?" in body["output"] and "taken" not in served.show("dir flash:")


def test_the_curl_lines_of_the_manual(served, pki, tmp_path):
    """Copied as they stand, but for names, port and places of files."""
    served.configure("event manager applet RESTART", "event rpc", 'action 1 puts "restarts $_rpc_arg1"')
    pki.leaf("robot", host="robot.example.test", purposes=("client",))
    served.authenticate("ROOT", pki.path("root.pem"))
    served.configure("event manager rpc client robot trustpoint ROOT name robot.example.test")
    for name, source in (("ca.pem", "root.pem"), ("robot.pem", "robot-chain.pem"), ("robot.key", "robot-key.pem")):
        os.symlink(pki.path(source), tmp_path / name)
    with open(os.path.join(tree.PROJECT, "eventd", "share", "eventd.8")) as f:
        text = f.read().replace("\\(aq", "'").replace("\\e\n", "\\\n").replace("r1.example.net:8443", "mail.example.test:%d" % served.port)
    commands = re.findall(r"^\$ (curl (?:.*\\\n)*.*)$", text, re.M)
    assert len(commands) == 3
    assert tree.wait_for(lambda: Caller(served.port, pki, token=None, client="robot").tries("HELLO", "robot")[0] == 200)
    answers = []
    for command in commands:
        done = subprocess.run(["sh", "-c", command.replace("curl ", "curl -sS --resolve mail.example.test:%d:127.0.0.1 " % served.port, 1)],
                              cwd=tmp_path, env=dict(os.environ, TOKEN=TOKEN), capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr)
        answers.append(json.loads(done.stdout))
    assert answers[0]["output"] == "restarts eth0\n" and answers[1] == {"status": "published"} and "RESTART" in answers[2]["policies"]
    served.wait_log("PUBLISHED: published by hand")


def refused(caller):
    """Its certificate is not taken; the server may be started anew meanwhile, for other authorities."""
    return tree.wait_for(lambda: caller.tries("HELLO", "x")[0] == 401)


def test_a_client_is_refused_as_soon_as_its_trustpoint_goes(served, pki):
    pki.leaf("robot", host="robot.example.test", purposes=("client",))
    served.authenticate("CA", pki.path("root.pem"))
    served.configure("event manager rpc client robot trustpoint CA name robot.example.test policy ^HELLO")
    robot, noc = Caller(served.port, pki, token=None, client="robot"), Caller(served.port, pki)
    assert tree.wait_for(lambda: robot.tries("HELLO", "x")[0] == 200)
    served.ctl("configure terminal", "no crypto pki trustpoint CA", input="yes\n")
    assert refused(robot)
    served.wait_log("FMPD_RPC_CLIENT: calls of client robot are refused: trustpoint CA has no certificate")
    # Another authority of the same name does not let it in; the right one does.
    pki.leaf("foreign", host="robot.example.test", self_signed=True)
    served.authenticate("CA", pki.path("foreign.pem"))
    assert tree.wait_for(lambda: robot.tries("HELLO", "x")[1].get("error", "").startswith("CERT_UNTRUSTED"))
    served.ctl("configure terminal", "no crypto pki trustpoint CA", input="yes\n")
    served.authenticate("CA", pki.path("root.pem"))
    assert tree.wait_for(lambda: robot.tries("HELLO", "x")[0] == 200)
    assert noc.run("HELLO", "x")[0] == 200


def test_a_client_without_its_trustpoint_harms_nobody(served, pki):
    served.configure("event manager rpc client lost trustpoint NOPE", "do write memory")
    served.wait_log("FMPD_RPC_CLIENT: calls of client lost are refused: trustpoint NOPE has no certificate")
    served.stop()
    served.start()
    assert tree.wait_for(lambda: served.json("show event manager rpc")["port"] == served.port)
    assert "Calls of policies are served over HTTPS at TCP port %d of 127.0.0.1\n" % served.port in served.show("show event manager rpc")
    # A listener that is only being opened is nothing that a policy lacks.
    started = served.show("show logging")
    assert "calls of policies are served at" in started and "FMPD_NEEDS" not in started and "FMPD_SEES" not in started
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200


def shown_serial(port):
    try:
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=10))
    except OSError:
        return None
    done = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-serial"], input=der, capture_output=True)
    return done.stdout.decode().strip().partition("=")[2]


def test_a_renewed_certificate_is_served(served, pki):
    before = shown_serial(served.port)
    assert before
    served.ctl("configure terminal", "no crypto pki trustpoint ME", input="yes\n")
    served.wait_log("calls of policies are not served: trustpoint ME has no certificate with its key")
    assert tree.wait_for(lambda: shown_serial(served.port) is None)  # nothing is served with what was taken away
    pki.leaf("renewed")
    with open(os.path.join(served.state, "flash", "me.pem"), "w") as out:
        for name in ("renewed-key.pem", "renewed-chain.pem"):
            with open(pki.path(name)) as f:
                out.write(f.read())
    assert served.ctl("crypto pki import ME pem url flash:me.pem").code == 0
    assert tree.wait_for(lambda: shown_serial(served.port) not in (None, before))
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200
