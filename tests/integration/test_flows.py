"""event nf: flows that softflowd exports as NetFlow 5, NetFlow 9 and IPFIX, packets made by the test for what it does not
send, and the connections that the kernel tracks in a network namespace."""

import os
import socket
import struct
import subprocess

import pytest

import tree


def told(daemon, name):
    mark = "%%HA_EM-6-LOG: %s: " % name
    return [line.split(mark, 1)[1] for line in daemon.show("show logging").splitlines() if mark in line]


def wait_told(daemon, name, count=1, seconds=30):
    assert tree.wait_for(lambda: len(told(daemon, name)) >= count, seconds), daemon.show("show logging") + daemon.show("show flow monitor")
    return told(daemon, name)


SAY = 'action 1.0 syslog msg "$_nf_event_type $_nf_ip_protocol $_nf_source_address $_nf_source_port $_nf_dest_address $_nf_dest_port $_nf_event1_value"'


def monitor(daemon, *source):
    daemon.configure("flow monitor M", *source)


def statement(daemon, name, words, say=SAY):
    daemon.configure("event manager applet %s" % name, "event nf monitor-name M " + words, say)


# ---- exporters -----------------------------------------------------------------------------------------------------------


def udp_packet(source, dest, source_port, dest_port, payload=b"x" * 100):
    udp = struct.pack("!HHHH", source_port, dest_port, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + socket.inet_aton(source) + socket.inet_aton(dest)
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + head + udp


def write_pcap(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, packet in enumerate(packets):
            f.write(struct.pack("<IIII", 1700000000 + i, 0, len(packet), len(packet)) + packet)


@pytest.fixture
def collector(new_daemon):
    port = tree.free_port(kind=socket.SOCK_DGRAM)
    daemon = new_daemon()
    monitor(daemon, "source udp %d address 127.0.0.1" % port)
    return daemon, port


def nudge(path):
    """With a file to read softflowd may believe that somebody speaks to its control socket, and waits for that."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
    except OSError:
        pass


@pytest.mark.parametrize("version", ["5", "9", "10"])
def test_softflowd(collector, tmp_path, version):
    program = tree.program("softflowd")
    if not program:
        pytest.skip("softflowd is not here: make deps")
    daemon, port = collector
    statement(daemon, "NEW", "event-type create event1 field destination-port entry-value 5353 entry-op eq")
    statement(daemon, "BYTES", "event-type create event1 field bytes entry-value 300 entry-op ge")
    write_pcap(str(tmp_path / "x.pcap"), [udp_packet("192.0.2.1", "192.0.2.2", 4000, 5353)] * 3 + [udp_packet("192.0.2.1", "192.0.2.3", 4000, 53)])
    exporter = subprocess.Popen([program, "-d", "-r", str(tmp_path / "x.pcap"), "-n", "127.0.0.1:%d" % port, "-v", version,
                                 "-c", str(tmp_path / "ctl"), "-p", str(tmp_path / "pid")], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert tree.wait_for(lambda: nudge(str(tmp_path / "ctl")) or exporter.poll() is not None)
    finally:
        exporter.kill()
        exporter.wait()
    assert wait_told(daemon, "NEW") == ["create 17 192.0.2.1 4000 192.0.2.2 5353 5353"]
    assert wait_told(daemon, "BYTES") == ["create 17 192.0.2.1 4000 192.0.2.2 5353 384"]
    seen = daemon.json("show flow monitor M")["monitors"][0]
    assert seen["malformed"] == 0 and seen["exported"] >= 2
    assert (seen["templates"] > 0) == (version != "5")


def ipfix(domain, *sets):
    body = b"".join(struct.pack("!HH", id, 4 + len(data)) + data for id, data in sets)
    return struct.pack("!HHIII", 10, 16 + len(body), 0, 0, domain) + body


TEMPLATE = struct.pack("!HH", 300, 7) + struct.pack("!14H", 27, 16, 28, 16, 4, 1, 11, 2, 96, 0xffff, 85, 8, 136, 1)


def record(name, octets, reason, port=443):
    return (socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, "2001:db8::2") + struct.pack("!BH", 6, port) +
            bytes([len(name)]) + name + struct.pack("!QB", octets, reason))


def test_ipfix_with_names_and_ends(collector):
    """IPv6, a field of variable length, totals instead of changes, and why a flow ended; data before its template is
    counted, a template of another domain is not used."""
    daemon, port = collector
    say = 'action 1.0 syslog msg "$_nf_event_type $_nf_dest_address $_nf_app_name $_nf_event1_value"'
    statement(daemon, "NEW", "event-type create event1 field application-name entry-value ht* entry-op wc", say)
    statement(daemon, "MORE", "event-type update event1 field bytes entry-value 500 entry-op gt", say)
    statement(daemon, "END", "event-type delete event1 field bytes entry-value 0 entry-op gt", say)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.send(ipfix(1, (300, record(b"http", 1, 0))))
        s.send(ipfix(2, (2, TEMPLATE)))
        s.send(ipfix(1, (300, record(b"http", 1, 0))))
        s.send(ipfix(1, (2, TEMPLATE), (300, record(b"http\n", 100, 2))))
        s.send(ipfix(1, (300, record(b"http", 600, 2))))
        s.send(ipfix(1, (300, record(b"http", 700, 3))))
        s.send(b"\0\x0a garbage")
        assert wait_told(daemon, "NEW") == ["create 2001:db8::2 http? http?"]
        assert wait_told(daemon, "MORE") == ["update 2001:db8::2 http 600"]
        assert wait_told(daemon, "END") == ["delete 2001:db8::2 http 700"]
    assert tree.wait_for(lambda: daemon.json("show flow monitor M")["monitors"][0]["malformed"] == 1)
    assert daemon.json("show flow monitor M")["monitors"][0]["unknown_templates"] == 2


def test_a_port_that_somebody_has(new_daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        daemon = new_daemon()
        monitor(daemon, "source udp %d address 127.0.0.1" % taken.getsockname()[1])
        statement(daemon, "NEW", "event-type create event1 field bytes entry-value 0 entry-op ge")
        assert "Address already in use" in daemon.show("show event manager policy registered")
        assert "Address already in use" in daemon.show("show event manager detector nf")


# ---- the kernel's connections ------------------------------------------------------------------------------------------------


@pytest.fixture
def tracked(netns, new_daemon):
    """A namespace whose connections the kernel tracks, because a rule asks for their state."""
    nft = tree.program("nft")
    if not nft:
        pytest.skip("nft is not here: make deps")
    rules = "add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new counter"
    env = dict(os.environ, LD_LIBRARY_PATH=tree.library_path()) if nft.startswith(tree.UNPACKED) else None
    if netns.run(nft, rules, check=False, env=env).returncode:
        pytest.skip("this kernel has no connection tracking")
    for setting in ("acct", "tcp_timeout_time_wait", "tcp_timeout_fin_wait", "tcp_timeout_close_wait", "tcp_timeout_last_ack", "tcp_timeout_close"):
        netns.run("sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_" + setting)
    daemon = new_daemon(netns=netns.name)
    monitor(daemon, "source conntrack")
    return netns, daemon


def test_connections_of_the_kernel(tracked):
    namespace, daemon = tracked
    statement(daemon, "NEW", "event-type create event1 field protocol entry-value tcp entry-op eq event2 field destination-port entry-value 7777 entry-op eq")
    statement(daemon, "MORE", "event-type update exit-event-type delete event1 field bytes rate-interval 1 entry-value 1000 entry-op gt")
    statement(daemon, "GONE", "event-type delete event1 field bytes entry-value 100000 entry-op gt")
    assert "needs" not in daemon.show("show event manager policy registered")
    with namespace.entered():
        server = socket.create_server(("127.0.0.1", 7777))
        client = socket.socket()
    with server, client:
        client.connect(("127.0.0.1", 7777))
        there, _ = server.accept()
        source = client.getsockname()[1]
        assert wait_told(daemon, "NEW") == ["create 6 127.0.0.1 %d 127.0.0.1 7777 6" % source]
        def more():
            there.sendall(b"x" * 200000)
            client.recv(400000, socket.MSG_WAITALL | socket.MSG_DONTWAIT)
            return told(daemon, "MORE")
        assert tree.wait_for(more, every=0.2), daemon.show("show flow monitor")
        there.close()
    said = wait_told(daemon, "GONE")[0].split()
    assert said[:6] == ["delete", "6", "127.0.0.1", str(source), "127.0.0.1", "7777"]


def test_counters_that_the_kernel_does_not_keep(tracked):
    namespace, daemon = tracked
    namespace.run("sh", "-c", "echo 0 > /proc/sys/net/netfilter/nf_conntrack_acct")
    statement(daemon, "BIG", "event-type delete event1 field bytes entry-value 1 entry-op gt")
    assert "needs counters of connections (sysctl net.netfilter.nf_conntrack_acct=1)" in daemon.show("show event manager policy registered")


def test_a_state_that_changes_is_an_update(tracked):
    """Without counters, too: the connection is established, and closes."""
    namespace, daemon = tracked
    namespace.run("sh", "-c", "echo 0 > /proc/sys/net/netfilter/nf_conntrack_acct")
    statement(daemon, "STATE", "event-type update event1 field destination-port entry-value 7778 entry-op eq")
    with namespace.entered():
        server = socket.create_server(("127.0.0.1", 7778))
        client = socket.socket()
    with server, client:
        client.connect(("127.0.0.1", 7778))
        assert wait_told(daemon, "STATE")[0].split()[:6] == ["update", "6", "127.0.0.1", str(client.getsockname()[1]), "127.0.0.1", "7778"]
