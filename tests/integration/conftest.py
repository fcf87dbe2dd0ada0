"""Fixtures of the integration tests. What a machine cannot do (no root, no namespaces, a package that is missing) is told
as a skipped test with its reason; `make test` counts it as not run, in the open."""

import os
import socket
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import ledger  # noqa: E402
import tree  # noqa: E402
from daemon import Daemon  # noqa: E402
from mailhelper import MailHelper  # noqa: E402
from mailhost import MailHost, Unavailable  # noqa: E402
from netns import Namespace, Pair, Unavailable as NoNamespaces  # noqa: E402


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """The good chain and every bad certificate, made once (see tests/lib/pki.py)."""
    from pki import Pki
    made = Pki(tmp_path_factory.mktemp("pki"))
    made.variants()
    return made


@pytest.fixture(scope="session")
def root(pki):
    return pki.path("root.pem")


@pytest.fixture(scope="session")
def good(pki):
    """What a server needs to show the good certificate of mail.example.test."""
    return {"cert": pki.path("chain.pem"), "key": pki.path("leaf-key.pem")}


@pytest.fixture(scope="session")
def tls(pki):
    """The same for 127.0.0.1."""
    return {"cert": pki.path("ip-chain.pem"), "key": pki.path("ip-key.pem")}


@pytest.fixture
def helper():
    """An eventd-mail that must end well."""
    with MailHelper() as h:
        yield h
        assert h.close() == 0


def mailhosts(pki):
    running = []

    def start(cert="chain.pem", key=None, **how):
        key = key or ("leaf-key.pem" if cert == "chain.pem" else cert.replace("-chain.pem", "-key.pem"))
        try:
            running.append(MailHost(pki.path(cert), pki.path(key), **how).start())
        except Unavailable as why:
            if "did not start" in str(why) or "ended at once" in str(why):
                raise
            pytest.skip(str(why))
        return running[-1]
    yield start
    for host in running:
        host.stop()


@pytest.fixture
def new_mailhost(pki):
    """new_mailhost(cert="chain.pem", key="leaf-key.pem", **how) starts a Postfix that shows this certificate of the pki;
    all are stopped after the test."""
    yield from mailhosts(pki)


@pytest.fixture(scope="module")
def module_mailhost(pki):
    """The same for all tests of a module."""
    yield from mailhosts(pki)


@pytest.fixture
def mailhost(new_mailhost):
    """A Postfix with the good chain."""
    return new_mailhost()


def daemons(directory):
    running = []

    def start(**how):
        running.append(Daemon(directory / ("eventd%d" % len(running)), **how).start())
        return running[-1]
    yield start
    for daemon in running:
        daemon.stop()


@pytest.fixture
def new_daemon(tmp_path):
    """new_daemon(config=..., settings=..., netns=...) starts an eventd; all are stopped after the test, and one that did
    not end well fails it."""
    yield from daemons(tmp_path)


@pytest.fixture(scope="module")
def module_daemon(tmp_path_factory):
    """The same for all tests of a module."""
    yield from daemons(tmp_path_factory.mktemp("daemons"))


@pytest.fixture
def daemon(new_daemon):
    return new_daemon()


@pytest.fixture
def loaded(new_daemon):
    """loaded(port) -> an eventd whose applet mails to that port, and what drives it."""
    def start(port, *lines, **how):
        udp = tree.free_port(kind=socket.SOCK_DGRAM)
        daemon = new_daemon(settings={"syslog": {"listen": ["udp://127.0.0.1:%d" % udp]}}, config=list(lines) + ledger.applet(port), **how)
        return daemon, ledger.Load(daemon, udp)
    return start


def namespace():
    try:
        made = Namespace().__enter__()
    except NoNamespaces as why:
        pytest.skip(str(why))
    yield made
    made.__exit__()


@pytest.fixture
def netns():
    """A network namespace with the veth pair eth0 - peer0."""
    yield from namespace()


@pytest.fixture
def cable():
    """Two namespaces with a cable between them: cable.first has eth0, cable.second has peer0."""
    try:
        made = Pair().__enter__()
    except NoNamespaces as why:
        pytest.skip(str(why))
    yield made
    made.__exit__()


@pytest.fixture(scope="module")
def module_netns():
    """The same for all tests of a module."""
    yield from namespace()


@pytest.fixture(scope="session")
def tshark():
    """tshark("-r", FILE, ...) returns what it prints."""
    import subprocess
    path = tree.program("tshark")
    if not path:
        pytest.skip("tshark is missing: run `make deps`")

    def run(*arguments):
        return subprocess.run([path] + list(arguments), check=True, capture_output=True, text=True).stdout
    return run
