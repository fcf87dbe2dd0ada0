"""Floods, malformed messages and forged ones (faults F19 to F21): nothing falls over, what is dropped is counted to the message,
and nobody pays for another."""

import contextlib
import glob
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
import tree

CORPUS = os.path.join(tree.PROJECT, "tests", "fuzz", "corpus", "syslog_message")


def port_of(daemon, scheme):
    return int(daemon.wait_log(r"Receiving messages on %s://\S+:(\d+)" % scheme).group(1))


def listener(daemon, scheme):
    return next(entry for entry in daemon.json("show logging received")["listeners"] if entry["url"].startswith(scheme))


def sources(daemon):
    return {s["source"]: s for s in daemon.json("show logging received sources")["sources"]}


# ---- F19 -------------------------------------------------------------------------------------------------------------------


def test_a_flood_is_counted_to_the_message(new_daemon):
    """As fast as one process can send, against a hundred applets, with many connections beside it; what is serious of a limited
    source is not displaced by what is not."""
    config = ["logging buffered 1000000"]
    for n in range(100):
        config += ["event manager applet A%d" % n, " event syslog pattern %%FLOOD-[0-7]-R%d:" % n, " action 1 increment _count"]
    d = new_daemon(config=config, settings={"syslog": {"listen": ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"], "rate-limit": 20000}})
    tcp = [socket.create_connection(("127.0.0.1", port_of(d, "tcp"))) for _ in range(300)]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect(("127.0.0.1", port_of(d, "udp")))
    sent = serious = 0
    for i in range(150000):
        if i % 1000 == 0:
            udp.send(b"<185>%FLOOD-1-SERIOUS: x")
            serious += 1
        udp.send(b"<190>%%FLOOD-6-R%d: %d" % (i % 200, i))
        sent += 1
    for i, s in enumerate(tcp):
        s.sendall(b"<189>%%FLOOD-5-R%d: over tcp\n" % (i % 200))
    assert tree.wait_for(lambda: listener(d, "udp")["messages"] + listener(d, "udp")["lost"] >= sent + serious, 60, every=0.2)
    assert tree.wait_for(lambda: listener(d, "tcp")["messages"] == 300)
    u, t = listener(d, "udp"), listener(d, "tcp")
    assert u["messages"] + u["lost"] == sent + serious
    assert (t["matched"], t["lost"], t["limited"], t["refused"]) == (200, 0, 0, 0)
    assert u["limited"] > 0 and u["matched"] <= u["messages"] - u["limited"]
    if u["lost"] == 0:
        assert u["messages"] - u["limited"] - u["matched"] >= serious
    server = d.json("show event manager statistics server")
    client, events = server["clients"][0], server["events"]
    # What a policy got (dropped ones among them, counted by the scheduler), what the queue before it holds, and what it had no room for.
    assert client["triggered_events"] + events["queue_size"] + events["dropped"] == u["matched"] + t["matched"], events
    for s in tcp:
        s.close()
    udp.close()


def test_the_command_line_has_its_turn_between_full_connections(new_daemon):
    """All that many connections hold at once is not read before anybody else gets on: what was sent while the daemon stood still is
    far from being done when a command is answered."""
    d = new_daemon(config=["event manager applet A", " event syslog pattern %FLOOD-5-R1:", " action 1 increment _count"],
                   settings={"syslog": {"listen": ["tcp://127.0.0.1:0"]}})
    tcp = [socket.create_connection(("127.0.0.1", port_of(d, "tcp"))) for _ in range(200)]
    assert tree.wait_for(lambda: listener(d, "tcp")["connections"] == len(tcp))
    line, sent = b"<189>%FLOOD-5-R0: full\n", 0
    os.kill(d.pid, signal.SIGSTOP)
    try:
        for s in tcp:
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(12):
                    sent += s.send(line * 8192) // len(line)
        asking = subprocess.Popen([os.path.join(tree.PROJECT, "build", "eventctl"), "--socket", d.socket, "--json", "-c", "show logging received last 1"],
                                  stdout=subprocess.PIPE, text=True)
        assert tree.wait_for(lambda: control_waits(d.socket))
    finally:
        os.kill(d.pid, signal.SIGCONT)
    done = json.loads(asking.communicate(timeout=60)[0])["listeners"][0]["messages"]
    assert sent > 500000 and done < sent / 2
    assert tree.wait_for(lambda: listener(d, "tcp")["messages"] >= sent, 60)
    for s in tcp:
        s.close()


def control_waits(path):
    """Somebody has connected to the control socket."""
    with open("/proc/net/unix") as f:
        return sum(line.split()[-1] == path and line.split()[5] in ("02", "03") for line in f) > 0


# ---- F20 -------------------------------------------------------------------------------------------------------------------


def malformed():
    found = {os.path.basename(p): open(p, "rb").read() for p in sorted(glob.glob(os.path.join(CORPUS, "*")))}
    found.update({
        "no priority": b"just words", "priority too great": b"<999>x", "priority unended": b"<18", "empty priority": b"<>x",
        "nul": b"<189>1: *Mar  1 18:46:11: %A-1-B: a\0b\0c", "bad utf-8": b"<13>1 - h a - - - \xff\xfe\xc3\x28\x80",
        "terminal": b"<13>\x1b[2J\x1b]0;x\x07 \xc2\x9b31m \xe2\x80\xae",
        "unended data": b'<13>1 - - - - - [x@1 a="', "data of brackets": b"<13>1 - - - - - " + b"[" * 3000,
        "colons": b"<13>" + b": " * 4000, "percent": b"%" * 8000, "long": b"<13>" + b"x" * 60000, "digits": b"9" * 9000,
        "stamps": b"Mar  1 18:46:11 " * 500})
    return found


@pytest.fixture(scope="module")
def received(module_daemon):
    return module_daemon(config=["event manager applet ALL", ' event syslog pattern "." listener "^(udp|tcp)" facility ".*" host "."',
                                 ' action 1 set _m "$_syslog_msg $_syslog_data $_syslog_origin"'],
                         settings={"syslog": {"listen": ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}})


def take(daemon, scheme, n, before):
    assert tree.wait_for(lambda: listener(daemon, scheme)["messages"] - before >= n), listener(daemon, scheme)
    shown = daemon.json("show logging received last %d" % n)["messages"] if n else []
    return [m["message"] for m in shown]


def test_malformed_messages_are_the_same_whole_split_and_over_udp(received):
    messages = [m for m in malformed().values() if len(m) <= 8192 and m.rstrip(b"\r\n\0") and not m.rstrip(b"\r\n\0") != m]
    port, kept = port_of(received, "tcp"), []
    stream = b"".join(b"%d %s" % (len(m), m) if m.startswith(b"<") else m + b"\n" for m in messages if b"\n" not in m or m.startswith(b"<"))
    for step in (len(stream), 1):
        before = listener(received, "tcp")["messages"]
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(stream), step):
                s.sendall(stream[at:at + step])
        assert tree.wait_for(lambda: listener(received, "tcp")["connections"] == 0)
        n = listener(received, "tcp")["messages"] - before
        assert n > 15
        kept.append(take(received, "tcp", n, before))
    assert kept[0] == kept[1]


def test_hostile_datagrams(received):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect(("127.0.0.1", port_of(received, "udp")))
    before, cut, n = listener(received, "udp")["messages"], listener(received, "udp")["cut"], 0
    for m in malformed().values():
        udp.send(m)
        n += bool(m.rstrip(b"\r\n\0"))
    udp.send(b"<13>" + b"y" * 65000)
    udp.send(b"")
    udp.send(b"\n\0\r\n")
    take(received, "udp", n + 1, before)
    assert listener(received, "udp")["messages"] - before == n + 1
    assert listener(received, "udp")["cut"] - cut >= 2
    shown = received.show("show logging received last 60")
    assert not [c for c in shown if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or c == "\u202e"]
    udp.close()


def test_counts_that_cannot_be(received):
    port, refused = port_of(received, "tcp"), listener(received, "tcp")["refused"]
    for head in (b"99999999999 <13>x", b"1048577 <13>x", b"4294967297 <13>x", b"18446744073709551617 <13>x"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
            s.sendall(head)
            s.settimeout(1)
            try:
                s.recv(1)
            except (socket.timeout, ConnectionError):
                pass
    assert tree.wait_for(lambda: listener(received, "tcp")["connections"] == 0)
    assert listener(received, "tcp")["refused"] > refused


# ---- F21 -------------------------------------------------------------------------------------------------------------------

FORGER = r"""
import fcntl, json, os, struct, subprocess, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH", b"tun0", 0x1001))
for line in ("addr add 198.51.100.1/16 dev tun0", "link set tun0 up"):
    subprocess.run(["ip"] + line.split(), check=True)
for name in ("all", "tun0"):
    open("/proc/sys/net/ipv4/conf/%s/rp_filter" % name, "w").write("0")
def quad(a):
    return bytes(int(x) for x in a.split("."))
print("ready", flush=True)
for line in sys.stdin:
    source, port, text = json.loads(line)
    data = text.encode()
    udp = struct.pack("!HHHH", 514, port, 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, quad(source), quad("198.51.100.1"))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    os.write(tun, head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:] + udp)
print("done", flush=True)
"""


def test_forged_senders(netns, new_daemon):
    """Datagrams with any source address and any host name: no applet that asks for a trusted source runs, applets of a device run
    for its address only, and those who flood lose their own messages."""
    d = new_daemon(netns=netns.name, settings={"syslog": {"listen": ["udp://0.0.0.0:0"], "rate-limit": 50}}, config=[
        "logging buffered 1000000",
        "event manager applet SURE", " event syslog pattern FORGED trusted-source", ' action 1 syslog msg "sure"',
        "event manager applet LOCAL", " event syslog pattern FORGED host ^local$", ' action 1 syslog msg "local"',
        "event manager applet CORE", " event syslog pattern FORGED host ^198\\.51\\.7\\.7$", ' action 1 syslog msg "core"'])
    name = d.json("show version")["hostname"]
    forger = subprocess.Popen(d.inside([sys.executable, "-c", FORGER]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if forger.stdout.readline() != "ready\n":
        forger.kill()
        forger.wait()
        pytest.skip("no TUN devices here")
    port, honest, flooded = port_of(d, "udp"), 0, 0
    for i in range(20000):
        source = "198.51.%d.%d" % (200 + i % 2, 1 + i % 5)
        text = "<190>1 2024-03-01T18:46:11Z %s eventd - - - FORGED flood %d" % (("198.51.7.7", name, "local")[i % 3], i)
        forger.stdin.write(json.dumps([source, port, text]) + "\n")
        flooded += 1
        if i % 500 == 0:
            forger.stdin.write(json.dumps(["198.51.7.7", port, "<190>1: *Mar  1 18:46:11: %%SYS-6-FORGED: honest %d" % i]) + "\n")
            honest += 1
    forger.stdin.close()
    assert forger.stdout.readline() == "done\n"
    forger.wait(20)
    assert tree.wait_for(lambda: listener(d, "udp")["messages"] + listener(d, "udp")["lost"] == flooded + honest, 30, every=0.1)
    seen = sources(d)
    assert listener(d, "udp")["lost"] == 0
    assert (seen["udp 198.51.7.7"]["messages"], seen["udp 198.51.7.7"]["limited"]) == (honest, 0)
    assert sum(s["limited"] for s in seen.values()) == listener(d, "udp")["limited"] > flooded / 2
    assert tree.wait_for(lambda: d.show("show logging").count("CORE: core") == honest)
    assert "SURE: sure" not in d.show("show logging") and "LOCAL: local" not in d.show("show logging")
