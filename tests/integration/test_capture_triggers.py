"""Captures that freeze on an event: what is in the files, what is told, how often and how many."""

import glob
import os
import re
import signal
import subprocess

import pytest
import tree
from test_capture import flash, send_udp

PATIENCE = 20


@pytest.fixture
def capture(netns, new_daemon):
    return new_daemon(netns=netns.name)


def applet(capture, name, *actions):
    capture.configure("event manager applet %s" % name, " event none", *(actions or (" action 1.0 puts done",)))


def start(capture, name, *definition):
    answer = capture.ctl(*["monitor capture %s %s" % (name, d) for d in definition], "monitor capture %s start" % name)
    assert answer.code == 0, answer.out


def trigger(capture, name="CAP", at=0):
    return capture.json("show monitor capture %s trigger" % name)["triggers"][at]


def wait_taken(capture, n=1, name="CAP"):
    assert tree.wait_for(lambda: trigger(capture, name)["taken"] >= n, PATIENCE), trigger(capture, name)
    return trigger(capture, name)


def kept(capture, name="CAP"):
    return capture.json("show monitor capture %s buffer brief" % name)["packets"]


def wait_kept(capture, n, name="CAP"):
    assert tree.wait_for(lambda: len(kept(capture, name)) >= n, PATIENCE), kept(capture, name)


UDP = ("interface lo in", "match ipv4 protocol udp any any", "buffer circular size 1", "limit pps 1000000")


def test_an_applet_freezes_the_packets_from_before(capture, netns, tshark):
    applet(capture, "LINK-DOWN")
    start(capture, "CAP", *UDP, "trigger event LINK-DOWN before 30 after 1")
    send_udp(netns, 3)
    wait_kept(capture, 3)
    assert trigger(capture)["state"] == "armed"
    assert capture.ctl("event manager run LINK-DOWN").code == 0
    assert trigger(capture)["state"] == "taking"
    send_udp(netns, 2, port=9998)
    told = wait_taken(capture)
    assert told["last_packets"] == 5 and re.fullmatch(r"flash:CAP-LINK-DOWN-\d{8}-\d{6}\.\d{6}\.pcapng", told["last_file"])
    file = flash(capture, told["last_file"].split(":")[1])
    assert tshark("-r", file, "-T", "fields", "-e", "udp.dstport") == "9999\n" * 3 + "9998\n" * 2
    # The comment names capture, applet, event and time, and stands at the last packet before the moment, too.
    comments = tshark("-r", file, "-T", "fields", "-e", "frame.comment").splitlines()
    assert re.match(r"Capture CAP frozen by policy LINK-DOWN \(job \d+, event none \d+\) at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", comments[2])
    assert [bool(c) for c in comments] == [False, False, True, False, False]
    with open(file, "rb") as f:
        assert b"capture CAP: 5 packets, 0 dropped" in f.read()
    assert tshark("-r", file, "-T", "fields", "-e", "frame.interface_name") == "lo\n" * 5
    log = capture.show("show logging")
    assert "%%BUFCAP-6-FROZEN: Capture Point CAP: 5 packets of trigger event LINK-DOWN are in %s" % told["last_file"] in log
    # The capture goes on; in the next minute moments are only counted.
    assert capture.json("show monitor capture CAP")["status"] == "Active"
    assert capture.ctl("event manager run LINK-DOWN").code == 0
    told = trigger(capture)
    assert (told["taken"], told["suppressed"]) == (1, 1) and told["state"].startswith("armed again in ")
    shown = capture.show("show monitor capture CAP trigger")
    assert "  Trigger event LINK-DOWN\n" in shown and "   Window : 30 s before to 1 s after\n" in shown, shown
    assert "   Files : at most 10 of 10 MB, logins starred out\n   Taken : 1, Suppressed : 1, Failed : 0\n" in shown, shown


def test_only_the_window_is_kept(capture, netns, tshark):
    """Packets from before `before` are not in the file, those of its last second are."""
    applet(capture, "A")
    start(capture, "CAP", *UDP, "trigger event A before 1 after 0 rearm 0")
    send_udp(netns, 3, port=9001)
    wait_kept(capture, 3)
    first = kept(capture)[-1]["timestamp"]

    def is_old():
        send_udp(netns, 1, port=9002)
        return kept(capture)[-1]["timestamp"] - first > 1.5

    assert tree.wait_for(is_old, PATIENCE)
    newest = len(kept(capture))
    assert capture.ctl("event manager run A").code == 0
    told = wait_taken(capture)
    ports = tshark("-r", flash(capture, told["last_file"].split(":")[1]), "-T", "fields", "-e", "udp.dstport").split()
    assert ports and set(ports) == {"9002"} and len(ports) <= newest - 3


def test_several_captures_each_with_its_own(capture, netns, tshark):
    """Parallel captures: own interfaces and directions, own filters, own buffers, own triggers."""
    applet(capture, "A")
    applet(capture, "B")
    start(capture, "ONE", "interface lo in", "interface eth0 both", "match ipv4 protocol udp any any eq 9001", "buffer circular",
          "trigger event A before 60 after 0")
    start(capture, "TWO", "control-plane in", "match ipv4 protocol udp any any eq 9002", "buffer circular",
          "trigger event A before 60 after 0", "trigger event B before 60 after 0 once")
    send_udp(netns, 2, port=9001)
    send_udp(netns, 3, port=9002)
    wait_kept(capture, 2, "ONE")
    wait_kept(capture, 3, "TWO")
    assert capture.ctl("event manager run A", "event manager run B").code == 0
    for name, at, n in (("ONE", 0, 2), ("TWO", 0, 3), ("TWO", 1, 3)):
        assert tree.wait_for(lambda: trigger(capture, name, at)["taken"] == 1, PATIENCE)
        told = trigger(capture, name, at)
        assert told["last_packets"] == n
        read = tshark("-r", flash(capture, told["last_file"].split(":")[1]), "-T", "fields", "-e", "udp.dstport")
        assert read == ("9001\n" if name == "ONE" else "9002\n") * n
    assert trigger(capture, "TWO", 1)["state"] == "has fired once"
    assert [c["name"] for c in capture.json("show monitor capture")["captures"]] == ["ONE", "TWO"]
    assert capture.ctl("monitor capture ONE stop", "show monitor capture TWO buffer brief").code == 0
    assert capture.json("show monitor capture TWO")["status"] == "Active"


def test_a_failed_probe_freezes(capture, netns):
    start(capture, "CAP", "interface lo both", "match ipv4 any any", "buffer circular", "trigger sla 7 before 30 after 0")
    port = tree.free_port()
    capture.configure("ip sla 7", " tcp-connect 127.0.0.1 %d control disable" % port, " threshold 500", " timeout 500", " frequency 1",
                      "ip sla schedule 7 life forever start-time now")
    told = wait_taken(capture)
    assert told["last_file"].startswith("flash:CAP-sla7-") and told["last_packets"] >= 2
    with open(flash(capture, told["last_file"].split(":")[1]), "rb") as f:
        assert re.search(rb"Capture CAP frozen by IP SLA operation 7 \([^)]+\) at ", f.read())


def test_a_failed_mail_freezes(capture, netns, tshark):
    port = tree.free_port()
    capture.configure("event manager applet MAIL", " event none",
                      ' action 1.0 mail server "127.0.0.1" to "a@example.net" from "b@example.net" subject "s" body "b" port %d' % port)
    start(capture, "CAP", "interface lo both", "match ipv4 protocol tcp any any", "buffer circular", "trigger mail before 30 after 1")
    capture.ctl("event manager run MAIL")
    told = wait_taken(capture)
    file = flash(capture, told["last_file"].split(":")[1])
    assert told["last_file"].startswith("flash:CAP-mail-")
    assert "%d\n" % port in tshark("-r", file, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields", "-e", "tcp.dstport")
    with open(file, "rb") as f:
        assert b"frozen by the failed mail of MAIL (CONNECT_REFUSED in phase " in f.read()


def test_an_applet_freezes_with_a_command(capture, netns, tshark):
    """`cli command` waits for the file, and its answer names it."""
    capture.configure("event manager applet KEEP", " event none", ' action 1.0 cli command "enable"',
                      ' action 2.0 cli command "monitor capture CAP freeze before 60 after 1 comment \\"seen by KEEP\\""',
                      ' action 3.0 puts "$_cli_result"')
    start(capture, "CAP", *UDP)
    send_udp(netns, 4)
    wait_kept(capture, 4)
    assert capture.ctl("event manager run KEEP").code == 0
    capture.wait_log("%HA_EM-6-LOG: KEEP: 4 packets are in flash:CAP-manual-")
    found = re.search(r"4 packets are in (flash:CAP-manual-\S+\.pcapng)", capture.log())
    comments = tshark("-r", flash(capture, found.group(1).split(":")[1]), "-T", "fields", "-e", "frame.comment")
    assert "Capture CAP frozen by a command: seen by KEEP at " in comments


def test_number_and_size_of_files(capture, netns):
    applet(capture, "A")
    start(capture, "CAP", *[d for d in UDP if "buffer" not in d], "buffer circular size 3",
          "trigger event A before 60 after 0 rearm 0 files 2 size 1")
    send_udp(netns, 1500, size=1400)
    wait_kept(capture, 1500)
    for n in range(1, 5):
        assert capture.ctl("event manager run A").code == 0
        wait_taken(capture, n)
    files = sorted(glob.glob(os.path.join(capture.state, "flash", "CAP-A-*.pcapng")))
    assert len(files) == 2 and all(os.path.getsize(f) <= 1 << 20 for f in files)
    assert files[-1].endswith(trigger(capture)["last_file"].split(":")[1])
    assert "(cut at its size)" in capture.show("show logging")


def test_a_full_buffer_ends_the_window_not_what_came_before(capture, netns, tshark):
    """Packets of the window do not make room: −N s stay, `after` ends early."""
    applet(capture, "A")
    start(capture, "CAP", *UDP, "trigger event A before 60 after 60")
    send_udp(netns, 5, port=9001)
    wait_kept(capture, 5)
    assert capture.ctl("event manager run A").code == 0
    send_udp(netns, 1500, size=1400)
    told = wait_taken(capture)
    file = flash(capture, told["last_file"].split(":")[1])
    assert tshark("-r", file, "-Y", "udp.dstport == 9001", "-T", "fields", "-e", "udp.dstport") == "9001\n" * 5
    assert "(ended before its time)" in capture.show("show logging")
    with open(file, "rb") as f:
        assert b"; it ended before its time" in f.read()


def test_disk_full(netns, new_daemon, tmp_path):
    """F29: a file that cannot be written is told, and removed; the capture goes on."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], check=True)
    try:
        d = new_daemon(netns=netns.name, settings={"filesystem": {"flash": str(small)}})
        applet(d, "A")
        start(d, "CAP", *UDP, "trigger event A before 60 after 0 rearm 0")
        start(d, "DISK", "interface lo in", "match any", "limit pps 1000000", "file location flash:disk.pcap")
        send_udp(netns, 300, size=1400)
        d.wait_log("%BUFCAP-6-DISABLE: Capture Point DISK disabled. Reason : file: No space left on device")
        assert "   Status : Inactive\n   Reason : file: No space left on device\n" in d.show("show monitor capture DISK")
        assert d.ctl("event manager run A").code == 0
        d.wait_log("%BUFCAP-4-NOTFROZEN: Capture Point CAP: packets of trigger event A are not kept: flash:CAP-A-")
        told = trigger(d)
        assert told["failed"] == 1 and "No space left on device" in told["last_failure"]
        assert glob.glob(str(small / "CAP-A-*")) == []
        assert d.json("show monitor capture CAP")["status"] == "Active"
        assert d.ctl("monitor capture CAP stop").code == 0
        answer = d.ctl("monitor capture CAP export flash:all.pcap")
        assert answer.code == 1 and "%Error writing flash:all.pcap (No space left on device)" in answer.out
        assert not (small / "all.pcap").exists()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_an_interface_comes_back(capture, netns):
    """F29: of several interfaces the others go on; with triggers even the last one is waited for."""
    applet(capture, "A")
    start(capture, "CAP", "interface eth0 both", "match any", "buffer circular", "trigger event A before 60 after 0")
    netns.ip("link", "delete", "eth0")
    capture.wait_log("%BUFCAP-4-IFLOST: Capture Point CAP: interface eth0 is gone; capturing goes on when it is back")
    assert "   Status : Active\n   Waiting for interface eth0\n" in capture.show("show monitor capture CAP")
    netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
    for interface in ("eth0", "peer0"):
        netns.ip("link", "set", interface, "up")
    capture.wait_log("%BUFCAP-6-IFBACK: Capture Point CAP: interface eth0 is back")
    before = len(kept(capture))
    netns.ip("address", "add", "192.0.2.1/24", "dev", "eth0")
    netns.run("/usr/bin/python3", "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(1, 6, 1)\n"
              "s.sendto(b'x', ('192.0.2.255', 9))")
    wait_kept(capture, before + 1)
    assert capture.json("show monitor capture CAP")["waiting_for"] is None


def test_a_killed_helper(capture, netns):
    """The window is lost with it and the trigger says so; what waits for a trigger begins again, the other capture does not."""
    applet(capture, "A")
    start(capture, "CAP", *UDP, "trigger event A before 10 after 60 rearm 0")
    start(capture, "PLAIN", *UDP)
    assert capture.ctl("event manager run A").code == 0
    assert trigger(capture)["state"] == "taking"
    pid = re.search(r"eventd-capture\s+(\d+)|(\d+)\s+eventd-capture", capture.show("show system processes"))
    os.kill(int(pid.group(1) or pid.group(2)), signal.SIGKILL)
    capture.wait_log("%BUFCAP-4-NOTFROZEN: Capture Point CAP: packets of trigger event A are not kept: eventd-capture ended by signal 9")
    assert tree.wait_for(lambda: capture.log().count("%BUFCAP-6-ENABLE: Capture Point CAP enabled.") == 2, PATIENCE), capture.log()
    plain = capture.json("show monitor capture PLAIN")
    assert (plain["status"], plain["reason"]) == ("Inactive", "eventd-capture ended by signal 9")
    told = trigger(capture)
    assert (told["state"], told["failed"]) == ("armed", 1) and "ended by signal 9" in told["last_failure"]
    assert capture.ctl("monitor capture CAP stop", "monitor capture CAP trigger event A before 10 after 0", "monitor capture CAP start").code == 0
    send_udp(netns, 2)
    wait_kept(capture, 2)
    assert capture.ctl("event manager run A").code == 0
    assert wait_taken(capture)["last_packets"] == 2


def test_files_written_as_packets_come(capture, netns, tshark):
    start(capture, "ONE", "interface lo in", "match ipv4 protocol udp any any", "limit pps 1000000", "file location flash:one.pcapng")
    start(capture, "RING", "interface lo in", "match ipv4 protocol udp any any", "limit pps 1000000", "buffer circular",
          "file location flash:ring.pcap ring 3 size 3")
    send_udp(netns, 2600, size=1400)
    capture.wait_log("%BUFCAP-6-ENABLE: Capture Point RING enabled.")
    wait_kept(capture, 1, "ONE")
    assert tree.wait_for(lambda: capture.json("show monitor capture RING capture-statistics")["packets_received"] == 2600, PATIENCE)
    assert capture.ctl("monitor capture ONE stop", "monitor capture RING stop").code == 0
    assert len(tshark("-r", flash(capture, "one.pcapng"), "-T", "fields", "-e", "udp.dstport").split()) == 2600
    sizes = [os.path.getsize(flash(capture, name)) for name in ("ring.pcap", "ring1.pcap", "ring2.pcap")]
    assert all(0 < size <= (1 << 20) + 2000 for size in sizes), sizes
    for name in ("ring.pcap", "ring1.pcap", "ring2.pcap"):
        assert "9999" in tshark("-r", flash(capture, name), "-T", "fields", "-e", "udp.dstport")
    shown = capture.show("show monitor capture RING")
    assert ("  File Details: \n   Associated file name: flash:ring.pcap\n   Total size of files(in MB): 3\n"
            "   Number of files in ring: 3\n") in shown, shown
    assert "   monitor capture RING file location flash:ring.pcap ring 3 size 3\n" in capture.show("show monitor capture RING parameter")


def test_one_file_ends_at_its_size(capture, netns):
    start(capture, "CAP", "interface lo in", "match ipv4 protocol udp any any", "limit pps 1000000", "buffer circular",
          "file location flash:one.pcap size 1")
    send_udp(netns, 1000, size=1400)
    capture.wait_log("%BUFCAP-6-DISABLE: Capture Point CAP disabled. Reason : file limit reached")
    assert os.path.getsize(flash(capture, "one.pcap")) <= (1 << 20) + 2000


def test_a_full_buffer_leaves_the_rest_to_a_file_with_a_size(capture, netns):
    """The buffer keeps the first megabyte, the file goes on; without a size the buffer is what bounds it."""
    start(capture, "CAP", "interface lo in", "match ipv4 protocol udp any any", "limit pps 1000000", "buffer size 1",
          "file location flash:long.pcap size 2")
    send_udp(netns, 3000, size=1400)
    capture.wait_log("%BUFCAP-6-DISABLE: Capture Point CAP disabled. Reason : file limit reached")
    assert os.path.getsize(flash(capture, "long.pcap")) > 2000000 and len(kept(capture)) < 760
    start(capture, "CAP", "file location flash:short.pcap")
    send_udp(netns, 3000, size=1400)
    capture.wait_log("%BUFCAP-6-DISABLE: Capture Point CAP disabled. Reason : buffer full")
    assert os.path.getsize(flash(capture, "short.pcap")) < 1100000


def test_an_export_stops_what_waits_for_a_trigger(capture, netns, tshark):
    """Rulings 40: whatever it waits for. The window that is open ends with it and is kept; `start` arms the triggers again."""
    applet(capture, "A")
    start(capture, "CAP", *UDP, "trigger event A before 60 after 600 rearm 0")
    send_udp(netns, 2)
    wait_kept(capture, 2)
    assert "% Incomplete command." in capture.ctl("monitor capture CAP trigger event NOSUCH").out
    assert capture.ctl("event manager run A").code == 0
    assert trigger(capture)["state"] == "taking"
    answer = capture.ctl("monitor capture CAP export flash:x.pcap")
    assert answer.code == 0 and answer.out == ("Stopped capture point : CAP\n"
                                               "Its triggers are off : 'monitor capture CAP start' arms them again\n"
                                               "Exported Successfully\n")
    told = wait_taken(capture)
    assert told["state"] == "capture is not active" and told["last_packets"] == 2
    for name in ("x.pcap", told["last_file"].split(":")[1]):
        assert tshark("-r", flash(capture, name), "-T", "fields", "-e", "udp.dstport") == "9999\n" * 2
    capture.wait_log("packets of trigger event A are in .* \\(ended before its time\\)")
    assert capture.ctl("event manager run A", "monitor capture CAP start").code == 0
    assert trigger(capture)["state"] == "armed"
    # A triggerless one says nothing of triggers.
    assert capture.ctl("monitor capture CAP stop", "no monitor capture CAP trigger", "monitor capture CAP start").code == 0
    assert capture.ctl("monitor capture CAP export flash:x.pcap").out == "Stopped capture point : CAP\nExported Successfully\n"


def test_names_of_what_is_not_there_are_told(capture):
    """In `show`, and by `event manager check`: a capture is no configuration, and its lists and policies may go at any time."""
    def told():
        return [(f["text"], f["column"], f["reason"]) for f in capture.json("event manager check")["findings"] if f["code"] == "CAPTURE-UNKNOWN"]
    head = "monitor capture CAP "
    assert capture.ctl(head + "interface lo both access-list 101 buffer circular", head + "trigger event NOSUCH before 5 after 0",
                       head + "trigger sla 7 before 5 after 0", head + "trigger mail before 5 after 0").code == 0
    assert told() == [(head + "access-list 101", 33, "access list 101 does not exist"),
                      (head + "trigger event NOSUCH before 5 after 0", 35, "no policy NOSUCH is registered"),
                      (head + "trigger sla 7 before 5 after 0", 33, "there is no ip sla 7")]
    text = capture.show("event manager check")
    assert "warning: access list 101 does not exist; configure what it names" in text and "0 errors, 3 warnings\n" in text, text
    shown = capture.show("show monitor capture CAP")
    assert "   Access-list: 101\n   Not usable : access list 101 does not exist\n" in shown, shown
    assert "   event NOSUCH: before 5 s, after 0 s, capture is not active, but no policy NOSUCH is registered\n" in shown
    assert "   mail: before 5 s, after 0 s, capture is not active\n" in shown
    assert "   Not usable : there is no ip sla 7\n" in capture.show("show monitor capture CAP trigger")
    capture.configure("access-list 101 permit ip any any", "ip sla 7", " icmp-echo 127.0.0.1", "event manager applet NOSUCH", " event none")
    assert told() == [] and "Not usable" not in capture.show("show monitor capture CAP")
    assert capture.json("show monitor capture CAP")["filter_problem"] is None


def test_the_example(netns, new_daemon, tshark):
    """examples/keep-packets.cfg as it stands: a link goes down, and the packets that led there are kept, for applet and probe."""
    with open(os.path.join(tree.PROJECT, "examples", "keep-packets.cfg")) as f:
        d = new_daemon(config=f.read(), netns=netns.name)
    d.wait_log("%BUFCAP-6-ENABLE: Capture Point EVIDENCE enabled.")
    wait_kept(d, 2, "EVIDENCE")  # echo requests of the probe, and their answers
    netns.ip("address", "delete", "192.0.2.2/24", "dev", "peer0")  # it was the host's own: nothing else takes its answers away
    netns.down("peer0")
    applet_, probe = (lambda: trigger(d, "EVIDENCE", 0)), (lambda: trigger(d, "EVIDENCE", 1))
    assert tree.wait_for(lambda: applet_()["taken"] == 1 and probe()["taken"] == 1, 40), d.show("show monitor capture EVIDENCE trigger")
    for told in (applet_(), probe()):
        assert "icmp" in tshark("-r", flash(d, told["last_file"].split(":")[1]), "-T", "fields", "-e", "frame.protocols")
    d.wait_log("%HA_EM-6-LOG: LINK-DOWN: ")
    assert re.search(r"LINK-DOWN: \d+ packets are in flash:EVIDENCE-manual-", d.log())
