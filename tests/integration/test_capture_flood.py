"""F29: 100,000 packets a second on a veth. What is counted is whole, windows hold what came before their moment, and the
engine answers meanwhile. Rates are for the benchmark (`make bench`); nothing here is judged by the clock."""

import glob
import json
import os
import struct
import subprocess

import pytest
import tree
from netns import program_ip
from test_capture import flash
from test_capture_triggers import applet, start, trigger, wait_taken

TRIGGERS = 20
BEFORE = 1


@pytest.fixture
def capture(netns, new_daemon):
    return new_daemon(netns=netns.name)


@pytest.fixture(scope="module")
def flood(tmp_path_factory):
    """The sender of the benchmarks."""
    program = str(tmp_path_factory.mktemp("frames") / "frames")
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-O2", "-o", program, os.path.join(tree.PROJECT, "tests/bench/frames.c")], check=True)
    return program


def begin(netns, flood, pps, ms):
    return subprocess.Popen([program_ip(), "netns", "exec", netns.name, flood, "eth0", str(pps), str(ms)], stdout=subprocess.PIPE, text=True)


def sent(process):
    return json.loads(process.communicate(timeout=60)[0])["sent"]


def packets_of(path):
    """(seconds, comment) of each packet of a pcapng file, and the comment of the file."""
    found, about = [], ""
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length >= 12 and struct.unpack_from("<I", data, at + length - 4)[0] == length
        if kind == 0x0A0D0D0A:
            about = data[at + 28:at + 28 + struct.unpack_from("<H", data, at + 26)[0]].decode()
        elif kind == 6:
            high, low, captured = struct.unpack_from("<III", data, at + 12)
            found.append(((high << 32 | low) / 1e9, data[at + 28 + (captured + 3) // 4 * 4:at + length - 4]))
        at += length
    assert at == len(data)
    return found, about


def test_nothing_is_lost_uncounted(capture, netns, flood, tshark):
    """Kept, dropped and received add up to what was sent; the file says how many were dropped, in its comment too."""
    start(capture, "CAP", "interface peer0 in", "match ipv4 protocol udp any any eq 9", "buffer circular size 20", "limit pps 1000000")
    n = sent(begin(netns, flood, 100000, 3000))
    assert n > 1000

    def counted():
        return capture.json("show monitor capture CAP capture-statistics")

    assert tree.wait_for(lambda: counted()["packets_sent"] + counted()["packets_dropped"] >= n, 20, every=0.2), (n, counted())
    assert capture.ctl("monitor capture CAP export flash:all.pcapng").code == 0
    told = counted()
    assert told["packets_sent"] + told["packets_dropped"] == n
    packets, about = packets_of(flash(capture, "all.pcapng"))
    assert about == "capture CAP: %d packets, %d dropped" % (len(packets), told["packets_dropped"])
    assert 0 < len(packets) <= told["packets_sent"]
    assert tshark("-r", flash(capture, "all.pcapng"), "-c", "1", "-T", "fields", "-e", "udp.dstport") == "9\n"


def test_a_rate_that_is_too_high_is_counted_and_told(capture, netns, flood):
    start(capture, "CAP", "interface peer0 in", "match ipv4 protocol udp any any eq 9", "buffer circular size 1", "limit pps 100")
    n = sent(begin(netns, flood, 20000, 1000))

    def counted():
        return capture.json("show monitor capture CAP capture-statistics")

    assert tree.wait_for(lambda: counted()["packets_sent"] + counted()["packets_dropped"] >= n, 20, every=0.2), (n, counted())
    assert capture.ctl("monitor capture CAP export flash:few.pcapng").code == 0
    packets, about = packets_of(flash(capture, "few.pcapng"))
    assert len(packets) <= 300 and about.endswith(" %d dropped" % counted()["packets_dropped"])


def test_windows_hold_what_came_before(capture, netns, flood):
    """Of 100 triggers under load 99 have the packets from the second before them: here all of twenty."""
    applet(capture, "A")
    start(capture, "CAP", "interface peer0 in", "match ipv4 protocol udp any any eq 9", "buffer circular size 50",
          "limit pps 1000000 packet-len 64", "trigger event A before %d after 0 rearm 0 files %d size 20" % (BEFORE, TRIGGERS))
    process = begin(netns, flood, 20000, 120000)
    try:
        assert tree.wait_for(lambda: capture.json("show monitor capture CAP capture-statistics")["capture_duration"] > BEFORE + 1, 20)
        for n in range(1, TRIGGERS + 1):
            assert capture.ctl("event manager run A").code == 0
            wait_taken(capture, n)
        assert trigger(capture)["failed"] == 0
    finally:
        process.kill()
        process.wait()
    files = glob.glob(os.path.join(capture.state, "flash", "CAP-A-*.pcapng"))
    assert len(files) == TRIGGERS
    for file in files:
        packets, about = packets_of(file)
        assert about.startswith("Capture CAP frozen by policy A (job ")
        moment = [i for i, (_, rest) in enumerate(packets) if b"Capture CAP frozen" in rest]
        assert len(moment) == 1
        at = packets[moment[0]][0]
        # The window begins a second before its moment; a sender that stood still for a while on a busy machine leaves a gap.
        first = packets[0][0]
        assert at - BEFORE - 0.2 <= first, file
        assert len(packets) > 100 and first <= at - BEFORE / 2, (file, at - first)


def test_the_engine_answers_meanwhile(capture, netns, flood):
    applet(capture, "A")
    start(capture, "CAP", "interface peer0 in", "match any", "buffer circular size 50", "limit pps 1000000")
    process = begin(netns, flood, 100000, 120000)
    try:
        for _ in range(20):
            assert capture.ctl("event manager run A", "show monitor capture CAP").code == 0
    finally:
        process.kill()
        process.wait()
    assert capture.ctl("monitor capture CAP stop").code == 0


def test_a_large_buffer_is_shown_whole(capture, netns, flood):
    """As text every packet, however long it takes; a document ends at 20,000 and says how many it leaves out."""
    answer = capture.ctl("monitor capture CAP interface peer0 in match mac any any buffer circular size 50 limit pps 1000000",
                         "monitor capture CAP start")
    assert answer.code == 0, answer.out
    n = sent(begin(netns, flood, 100000, 800))
    assert n > 25000
    assert tree.wait_for(lambda: capture.json("show monitor capture CAP capture-statistics")["packets_received"] >= n, 20)
    assert capture.ctl("monitor capture CAP stop").code == 0
    kept = capture.json("show monitor capture CAP capture-statistics")["packets_sent"]
    shown = capture.show("show monitor capture CAP buffer brief").splitlines()[3:]
    assert [int(line.split()[0]) for line in shown] == list(range(kept))
    document = capture.json("show monitor capture CAP buffer brief")
    assert len(document["packets"]) == 20000 and document["left_out"] == kept - 20000
