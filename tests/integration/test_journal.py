"""What outlives the daemon of its runs: history, runs under way and named counters, over a stop, a kill -9 and a full disk."""

import os
import re
import sqlite3
import subprocess

import pytest

import tree
from daemon import Daemon

LINES = ["event manager applet QUICK", " event none", ' action 1 syslog msg "arg $_none_arg1"', ' action 2 counter name RUNS op inc value 1',
         "event manager applet LONG", " event none maxrun 600", ' action 1 syslog msg "long begins"', " action 2 wait 500"]


@pytest.fixture
def router(tmp_path):
    d = Daemon(tmp_path, config=LINES)
    yield d
    d.kill()


def entries(d):
    return d.json("show event manager history events")["events"]


def rows(d):
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(d.state, "store", "eventd.db"), uri=True)
    try:
        return db.execute("SELECT name, status FROM run ORDER BY no IS NULL, no, job").fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def test_history_and_counters_outlive_a_stop(router):
    with router as d:
        for n in range(3):
            assert d.run("QUICK", str(n)).code == 0
        d.wait_log("arg 2")
        before = entries(d)
        assert [e["status"] for e in before] == ["success"] * 3
    with router as d:
        assert entries(d) == before  # also the numbers, the jobs and the times
        assert "none_arg1" in d.show("show event manager history events detailed")
        d.configure("event manager applet NEXT", "event none sync yes", "action 1 counter name RUNS op inc value 1", 'action 2 puts "now $_counter_value_remain"')
        assert "now 4" in d.run("NEXT").out
        after = entries(d)
        assert [e["no"] for e in after] == [1, 2, 3, 4] and after[:3] == before and after[3]["job_id"] == 1  # jobs count from 1 with each boot


def test_killed_at_any_moment(router):
    """What has ended stays; what was under way is interrupted; at most the last second is missing, and nothing is told twice."""
    d = router
    d.start()
    assert d.ctl("event manager run LONG", "event manager run QUICK 1").code == 0
    assert tree.wait_for(lambda: ("LONG", None) in rows(d) and ("QUICK", "success") in rows(d)), rows(d)
    d.kill()
    d.start()
    assert [(e["name"], e["status"]) for e in entries(d)] == [("QUICK", "success"), ("LONG", "interrupted")]
    d.wait_log(r"%HA_EM-4-FMPD_INTERRUPTED: Runs that were under way when eventd ended: 1; ")
    assert re.search(r"^2 +1 +Actv interrupted .* none +applet: LONG$", d.show("show event manager history events"), re.M)
    # Again, without anything new: the same, and no second message.
    d.kill()
    d.start()
    assert [(e["no"], e["name"], e["status"]) for e in entries(d)] == [(1, "QUICK", "success"), (2, "LONG", "interrupted")]
    assert "FMPD_INTERRUPTED" not in d.show("show logging")
    d.stop()


def test_runs_that_are_under_way_at_a_stop(router):
    with router as d:
        assert d.run("LONG").code == 0
        d.wait_log("long begins")
    with router as d:
        last = entries(d)[-1]
        assert last["name"] == "LONG" and last["status"] == "failure"


def test_a_run_that_was_told_as_running_and_ends(router):
    with router as d:
        d.configure("event manager applet SHORT", "event none", "action 1 wait 2")
        assert d.run("SHORT").code == 0
        assert tree.wait_for(lambda: ("SHORT", None) in rows(d))
        assert tree.wait_for(lambda: ("SHORT", "success") in rows(d))
        assert len(rows(d)) == 1
    with router as d:
        assert [(e["name"], e["status"]) for e in entries(d)] == [("SHORT", "success")]


@pytest.mark.parametrize("size", [0, 2, 50])
def test_the_size_of_the_history_bounds_what_is_stored(router, size):
    with router as d:
        d.configure("event manager history size events %d" % size)
        assert d.ctl(*["event manager run QUICK %d" % n for n in range(60)]).code == 0
        d.wait_log("arg 59")
        assert tree.wait_for(lambda: len(rows(d)) == size if size else d.ctl("show clock").code == 0)
        assert d.ctl("write memory").code == 0
    with router as d:
        assert len(entries(d)) == size and len(rows(d)) == size
        if size:
            assert [e["no"] for e in entries(d)] == list(range(61 - size, 61))


def test_no_secret_goes_to_the_disk(router):
    with router as d:
        d.configure('event manager environment _server bob:correct-horse-battery@mail.example.net')
        assert d.run("QUICK", "correct-horse-battery").code == 0
        assert tree.wait_for(lambda: ("QUICK", "success") in rows(d))
    for name in os.listdir(os.path.join(d.state, "store")):
        with open(os.path.join(d.state, "store", name), "rb") as f:
            assert b"correct-horse" not in f.read()


def test_a_full_disk_is_told_once_and_made_up_for(tmp_path):
    """Nothing waits for the disk, and what could not be written is written when there is room."""
    where = tmp_path / "small"
    where.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(where)], capture_output=True).returncode:
        pytest.skip("no file system of its own here")
    try:
        with Daemon(where, config=LINES) as d:
            assert d.run("QUICK", "1").code == 0
            assert tree.wait_for(lambda: len(rows(d)) == 1)
            fill = where / "fill"
            with open(fill, "wb") as f:
                try:
                    while True:
                        f.write(b"x" * 65536)
                        f.flush()
                except OSError:
                    pass
            for n in range(8):
                assert d.run("QUICK", "%d " % n + "y" * 3000).code == 0
            d.wait_log("%HA_EM-3-FMPD_HISTORY: History and counters cannot be stored: ")
            assert len(entries(d)) == 9
            os.unlink(fill)
            assert tree.wait_for(lambda: len(rows(d)) == 9), rows(d)
            assert d.show("show logging").count("FMPD_HISTORY") == 1
        with d:
            assert len(entries(d)) == 9
    finally:
        subprocess.run(["umount", "-l", str(where)], capture_output=True)


def test_two_daemons_do_not_share_a_state_directory(router, tmp_path):
    with router as d:
        second = subprocess.run([os.path.join(tree.BUILD, "eventd"), "--config", d.config, "--state", d.state, "--socket", str(tmp_path / "s2")],
                                capture_output=True, text=True, timeout=20)
        assert second.returncode == 1 and "another eventd works in this state directory" in second.stderr
