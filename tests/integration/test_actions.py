"""Actions against the real world: files of the state directory, contexts over a restart, the telemetry socket."""

import json
import os
import socket

import tree
from daemon import Daemon


def test_files_are_in_the_state_directory_and_visible_to_the_cli(tmp_path):
    config = ["event manager applet T", " event none sync yes",
              ' action 1 file open LOG "flash:log.txt" a+', ' action 2 file puts LOG "line $_none_arg1"',
              ' action 3 cli command "enable"', ' action 4 cli command "more flash:log.txt"', ' action 5 puts "$_cli_result"']
    with Daemon(tmp_path, config=config) as d:
        assert d.ctl("event manager run T 1").code == 0
        answer = d.ctl("event manager run T 2")
        assert "line 1" in answer.out and "line 2" in answer.out
        with open(os.path.join(d.state, "flash", "log.txt")) as f:
            assert f.read() == "line 1\nline 2\n"
        assert os.stat(os.path.join(d.state, "flash", "log.txt")).st_mode & 0o007 == 0


def test_a_link_does_not_lead_out_of_the_jail(tmp_path):
    config = ["event manager applet T", " event none sync yes", " action 1 file open F flash:out/secret r",
              ' action 2 puts "not reached"']
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret\n")
    with Daemon(tmp_path / "eventd", config=config) as d:
        os.makedirs(os.path.join(d.state, "flash"), exist_ok=True)
        os.symlink(outside, os.path.join(d.state, "flash", "out"))
        answer = d.ctl("event manager run T")
        assert answer.code == 1 and "not reached" not in answer.out
        d.wait_log(r"%Error opening flash:out/secret \(Permission denied\)")


def test_a_fifo_does_not_stop_the_engine(tmp_path):
    config = ["event manager applet T", " event none sync yes", " action 1 file open F flash:fifo w"]
    with Daemon(tmp_path, config=config) as d:
        os.makedirs(os.path.join(d.state, "flash"), exist_ok=True)
        os.mkfifo(os.path.join(d.state, "flash", "fifo"))
        assert d.ctl("event manager run T", timeout=20).code == 1
        assert d.ctl("show clock").code == 0


def test_contexts_outlive_a_restart(tmp_path):
    config = ["event manager applet SAVE", " event none sync yes", ' action 1 set count "41"',
              " action 2 context save key K variable count",
              "event manager applet TAKE", " event none sync yes", " action 1 context retrieve key K variable count",
              " action 2 increment count", ' action 3 puts "count $count"']
    d = Daemon(tmp_path, config=config)
    with d:
        assert d.ctl("event manager run SAVE").code == 0
    with d:
        assert "count 42" in d.ctl("event manager run TAKE").out
    with d:
        assert d.ctl("event manager run TAKE").code == 1


def test_telemetry_is_a_line_of_json(tmp_path):
    path = str(tmp_path / "telemetry")
    config = ["event manager environment server user:swordfish@mail.example.net", "event manager applet T", " event none sync yes",
              ' action 1 export-to-telemetry "link \\"Gi0/1\\" is down, $server"', ' action 2 puts "went on"']
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(20)
        with Daemon(tmp_path / "eventd", config=config, settings={"hostname": "r1", "telemetry": {"socket": path}}) as d:
            assert d.ctl("event manager run T").code == 0
            message = s.recv(65536)
            assert message.endswith(b"\n") and message.count(b"\n") == 1
            document = json.loads(message)
            assert document["text"] == 'link "Gi0/1" is down, user:********@mail.example.net'
            assert document["node"] == "r1" and document["applet"] == "T" and document["schema_version"] == 1
            s.close()
            assert "went on" in d.ctl("event manager run T").out


def test_gets_on_a_terminal(tmp_path):
    config = ["event manager applet T", " event none sync yes", ' action 1 puts nonewline "Name: "', " action 2 gets name",
              ' action 3 puts "Hello $name"']
    with Daemon(tmp_path, config=config) as d:
        answer = d.ctl("event manager run T", input="core router\n")
        assert answer.code == 0 and "Hello core router" in answer.out


def test_reboot_entry_runs_once_with_each_start(tmp_path):
    """`@reboot` counts for what the startup configuration registers, not for what is typed later."""
    with Daemon(tmp_path, ["event manager applet BOOT", ' event timer cron cron-entry "@reboot"', ' action 1 syslog msg "booted"']) as d:
        assert tree.wait_for(lambda: d.log().count("BOOT: booted") == 1, 5)
        d.configure("event manager applet LATE", ' event timer cron cron-entry "@reboot"', ' action 1 syslog msg "late"')
        assert "LATE" in d.show("show event manager policy registered")
        d.stop()
        d.start()
        assert tree.wait_for(lambda: d.log().count("BOOT: booted") == 2, 5)
        assert "LATE: late" not in d.log()
