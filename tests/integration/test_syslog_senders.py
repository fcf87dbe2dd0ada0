"""Syslog from those who really send it: logger, rsyslog, syslog-ng's loggen, FRR's log file. Every message arrives, and once."""

import glob
import os
import re
import subprocess

import pytest
import tree
from frr import Frr, Unavailable
from test_syslog_files import begun
from test_syslog_tls import certificates, give_identity  # noqa: F401

COUNT = ["logging buffered 1000000", "event manager applet COUNT", " event syslog pattern SENDER",
         ' action 1 syslog msg "$_syslog_host <$_syslog_facility> <$_syslog_mnemonic> <$_syslog_app> <$_syslog_procid> <$_syslog_data> <$_syslog_origin>"']


def needed(name):
    path = tree.program(name)
    if not path:
        pytest.skip("%s is not there: run `make deps`" % name)
    return path


def port_of(daemon, scheme):
    return daemon.wait_log(r"Receiving messages on %s://127\.0\.0\.1:(\d+)" % scheme).group(1)


def listeners(daemon):
    return {entry["url"].split(":")[0]: entry for entry in daemon.json("show logging received")["listeners"]}


def awaits(daemon, scheme, n):
    assert tree.wait_for(lambda: listeners(daemon)[scheme]["messages"] + listeners(daemon)[scheme]["lost"] >= n, 30, every=0.1), listeners(daemon)
    return listeners(daemon)[scheme]


@pytest.fixture
def daemon(new_daemon, tmp_path):
    return new_daemon(config=COUNT, settings={"syslog": {"listen": [
        "udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unix://%s/log" % tmp_path, "unix-stream://%s/stream" % tmp_path]}})


# ---- logger ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how, scheme, said", [
    (["--udp", "--rfc3164"], "udp", r"127\.0\.0\.1 <local0> <tag> <tag> <77> <> <\S+>"),
    (["--udp", "--rfc5424"], "udp", r'127\.0\.0\.1 <local0> <tag> <tag> <77> <\[timeQuality .*\]> <\S+>'),
    (["--udp", "--rfc5424=notime", "--sd-id", "x@1", "--sd-param", 'a="b c"'], "udp", r'<\[x@1 a="b c"\]>'),
    (["--tcp", "--rfc3164"], "tcp", r"127\.0\.0\.1 <local0> <tag>"),
    (["--tcp", "--octet-count", "--rfc5424"], "tcp", r"127\.0\.0\.1 <local0> <tag> <tag> <77>"),
    (["log"], "unix", r"local <local0> <tag> <tag> <77> <> <>"),
    (["stream"], "unix-stream", r"local <local0> <tag> <tag> <77> <> <>")])
def test_logger(daemon, tmp_path, how, scheme, said):
    where = ["--socket", str(tmp_path / how[0])] if "unix" in scheme else \
        how + ["--server", "127.0.0.1", "--port", port_of(daemon, scheme)]
    subprocess.run([needed("logger")] + where + ["-p", "local0.warning", "-t", "tag", "--id=77", "SENDER says so"], check=True)
    daemon.wait_log("COUNT: .*" + said)
    assert listeners(daemon)[scheme]["messages"] == 1


# ---- rsyslog ---------------------------------------------------------------------------------------------------------------


class Rsyslog:
    """An rsyslogd that takes messages on a unix socket and forwards them as its configuration says."""

    def __init__(self, directory, actions, globals_=""):
        self.socket = str(directory / "rsyslog.in")
        conf = directory / "rsyslog.conf"
        conf.write_text('global(workDirectory="%s" %s)\nmodule(load="imuxsock" SysSock.Use="off")\n'
                        'input(type="imuxsock" Socket="%s" RateLimit.Interval="0")\n%s\n' % (directory, globals_, self.socket, actions))
        modules = sorted(glob.glob(os.path.join(tree.UNPACKED, "usr/lib/*/rsyslog")))
        argv = [needed("rsyslogd"), "-n", "-f", str(conf), "-i", str(directory / "rsyslog.pid")]
        self.out = open(directory / "rsyslog.out", "w+")
        self.process = subprocess.Popen(argv + (["-M", modules[0]] if modules else []), stdout=self.out, stderr=self.out)

    def __enter__(self):
        assert tree.wait_for(lambda: os.path.exists(self.socket) or self.process.poll() is not None)
        assert self.process.poll() is None, open(self.out.name).read()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.out.close()


def say(socket, n):
    for i in range(n):
        subprocess.run(["logger", "--socket", socket, "-t", "app", "--id=%d" % i, "SENDER %d" % i], check=True)


@pytest.mark.parametrize("framing", ["traditional", "octet-counted"])
def test_rsyslog_over_tcp(daemon, tmp_path, framing):
    form = "RSYSLOG_SyslogProtocol23Format" if framing == "octet-counted" else "RSYSLOG_TraditionalForwardFormat"
    with Rsyslog(tmp_path, 'action(type="omfwd" target="127.0.0.1" port="%s" protocol="tcp" TCP_Framing="%s" template="%s")' % (
            port_of(daemon, "tcp"), framing, form)) as rsyslog:
        say(rsyslog.socket, 20)
        assert awaits(daemon, "tcp", 20)["matched"] == 20
        daemon.wait_log(r"COUNT: 127\.0\.0\.1 <user> <app> <app> <19> <> <\S+>")


def test_rsyslog_over_tls(new_daemon, tmp_path, certificates):  # noqa: F811
    d = new_daemon(config=COUNT, settings={"syslog": {"listen": [
        {"url": "tls://127.0.0.1:0", "identity": "ME", "client-ca": ["CLIENTS"]}]}})
    d.authenticate("CLIENTS", certificates.path("r1.pem"))
    give_identity(d, certificates)
    files = 'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%s" defaultNetstreamDriverCertFile="%s" ' \
            'defaultNetstreamDriverKeyFile="%s"' % tuple(certificates.path(f) for f in ("root.pem", "router-chain.pem", "router-key.pem"))
    with Rsyslog(tmp_path, 'action(type="omfwd" target="127.0.0.1" port="%s" protocol="tcp" TCP_Framing="octet-counted" StreamDriverMode="1" '
                 'StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="collector.example.test" '
                 'template="RSYSLOG_SyslogProtocol23Format")' % port_of(d, "tls"), files) as rsyslog:
        say(rsyslog.socket, 20)
        assert awaits(d, "tls", 20)["matched"] == 20
        d.wait_log(r"COUNT: router7\.example\.test <user> <app> <app> <19>")


# ---- loggen ----------------------------------------------------------------------------------------------------------------


def loggen(*arguments):
    libraries = sorted(glob.glob(os.path.join(tree.UNPACKED, "usr/lib/syslog-ng")))
    env = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries + [os.environ.get("LD_LIBRARY_PATH", "")]),
               **({"SYSLOGNG_PREFIX": os.path.join(tree.UNPACKED, "usr")} if libraries else {}))
    done = subprocess.run([needed("loggen"), "--rate=100000", "--size=200", "--interval=60"] + [str(a) for a in arguments], env=env,
                          capture_output=True, text=True, timeout=120)
    found = re.search(r"count=(\d+)", done.stdout + done.stderr)
    assert found, done.stdout + done.stderr
    return int(found.group(1))


def test_loggen(daemon, tmp_path):
    """Every message is either received or counted as lost."""
    sent = loggen("--inet", "--dgram", "--number=20000", "127.0.0.1", port_of(daemon, "udp"))
    got = awaits(daemon, "udp", sent)
    assert got["messages"] + got["lost"] == sent >= 20000
    sent = loggen("--inet", "--stream", "--number=5000", "--active-connections=4", "127.0.0.1", port_of(daemon, "tcp"))
    assert awaits(daemon, "tcp", sent)["messages"] == sent >= 20000
    sent = loggen("--inet", "--stream", "--syslog-proto", "--number=5000", "127.0.0.1", port_of(daemon, "tcp"))
    assert awaits(daemon, "tcp", 20000 + sent)["refused"] == 0
    sent = loggen("--unix", "--stream", "--number=5000", tmp_path / "stream")
    assert awaits(daemon, "unix-stream", sent)["messages"] == sent >= 5000
    sent = loggen("--unix", "--dgram", "--number=5000", tmp_path / "log")
    assert awaits(daemon, "unix", sent)["messages"] == sent >= 5000


def test_loggen_over_tls(new_daemon, certificates):  # noqa: F811
    d = new_daemon(settings={"syslog": {"listen": [{"url": "tls://127.0.0.1:0", "identity": "ME"}]}})
    give_identity(d, certificates)
    sent = loggen("--use-ssl", "--syslog-proto", "--number=5000", "--active-connections=3", "127.0.0.1", port_of(d, "tls"))
    assert awaits(d, "tls", sent)["messages"] == sent >= 15000


# ---- FRR -------------------------------------------------------------------------------------------------------------------


def test_log_of_frr(new_daemon, tmp_path):
    log = str(tmp_path / "frr.log")
    d = new_daemon(config=["logging buffered 1000000", "event manager applet FRR", ' event syslog pattern "SENDER" app "^ZEBRA$" listener "^files$"',
                           ' action 1 syslog msg "<$_syslog_timestamp> <$_syslog_mnemonic>"'], settings={"syslog": {"files": [log]}})
    begun(d)
    try:
        with Frr(tmp_path / "frr") as frr:
            for command in ("log file %s debugging" % log, "log commands", "ip prefix-list SENDER permit 192.0.2.0/24"):
                subprocess.run(frr.vtysh + ["-c", "configure terminal", "-c", command], check=True, capture_output=True, timeout=20)
            d.wait_log(r"FRR: <20\d\d/\d\d/\d\d \d\d:\d\d:\d\d\S*> <ZEBRA>")
    except Unavailable as why:
        pytest.skip(str(why))
