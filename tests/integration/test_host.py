"""What the machine says of itself: sensors, processes, what it runs short of. Real processes of the test's own; hardware
that a test machine lacks stands in a directory that is laid out as /sys is."""

import os
import shutil
import subprocess

import pytest

import tree


def told(daemon, name):
    mark = "%%HA_EM-6-LOG: %s: " % name
    return [line.split(mark, 1)[1] for line in daemon.show("show logging").splitlines() if mark in line]


def wait_told(daemon, name, count=1, seconds=30):
    assert tree.wait_for(lambda: len(told(daemon, name)) >= count, seconds), daemon.show("show logging")
    return told(daemon, name)


# ---- env ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sysfs(tmp_path):
    """sysfs("class/hwmon/hwmon0/name", "x"): the kernel says it there from now on."""
    root = tmp_path / "sys"
    root.mkdir()

    def say(path, text):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("%s\n" % text)
    say.root = str(root)
    return say


def test_a_sensor_passes_its_limit(sysfs, new_daemon):
    sysfs("class/hwmon/hwmon0/name", "coretemp")
    sysfs("class/hwmon/hwmon0/temp1_input", 40000)
    sysfs("class/hwmon/hwmon0/temp1_crit", 100000)
    daemon = new_daemon(settings={"kernel": {"sysfs": sysfs.root}}, config=HOT)
    sysfs("class/hwmon/hwmon0/temp1_input", 101000)
    assert wait_told(daemon, "HOT") == ["severity-major"]
    assert "%ENVIRONMENTAL-1-ALERT: Temp: temp1, Location: coretemp hwmon0, State: Major, Reading: 101 Celsius" in daemon.show("show logging")


HOT = ["event manager applet HOT", " event env severity major", ' action 1.0 syslog msg "$_event_severity"']


def test_an_alarm_that_stands_when_the_statement_is_typed_began_before_it(sysfs, new_daemon):
    """It is logged. When the device starts it is told, once; to change the statement tells nothing anew."""
    sysfs("class/hwmon/hwmon0/name", "coretemp")
    for sensor in ("temp1", "temp2"):
        sysfs("class/hwmon/hwmon0/%s_input" % sensor, 40000)
        sysfs("class/hwmon/hwmon0/%s_crit" % sensor, 100000)
    sysfs("class/hwmon/hwmon0/temp1_input", 101000)
    daemon = new_daemon(settings={"kernel": {"sysfs": sysfs.root}})
    daemon.configure(*HOT)
    daemon.wait_log("%ENVIRONMENTAL-1-ALERT: Temp: temp1")
    assert "HOT: " not in daemon.show("show logging")
    daemon.configure(HOT[0], "action 1.0 syslog msg changed")
    sysfs("class/hwmon/hwmon0/temp2_input", 101000)
    assert wait_told(daemon, "HOT") == ["changed"]
    assert daemon.show("show logging").count("ALERT: Temp: temp1") == 1
    daemon.show("write memory")
    daemon.stop()
    daemon.start()
    assert wait_told(daemon, "HOT", 2) == ["changed", "changed"]


def test_the_sensors_of_this_machine(new_daemon):
    """Either there are some, or the statement says what it needs."""
    daemon = new_daemon()
    daemon.configure("event manager applet HOT", "event env severity major", 'action 1.0 syslog msg "hot"')
    zones = [os.path.join("/sys/class", c, d) for c in ("hwmon", "thermal", "power_supply") if os.path.isdir("/sys/class/" + c)
             for d in os.listdir("/sys/class/" + c) if not d.startswith("cooling_device")]
    if zones:
        assert tree.wait_for(lambda: daemon.ctl("show event manager detector env").code == 0)
        assert "needs a sensor" not in daemon.show("show event manager policy registered")
    else:
        assert tree.wait_for(lambda: "needs a sensor" in daemon.show("show event manager policy registered"))
        assert daemon.json("show event manager detector env")["detectors"][0]["needs"]


# ---- ioswdsysmon ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def burner(tmp_path):
    """burner() starts a process that takes a whole processor; its program has a name that nothing else has."""
    program = str(tmp_path / "evdburner-long-name")
    shutil.copy("/bin/sh", program)
    running = []

    def start():
        running.append(subprocess.Popen([program, "-c", "while :; do :; done"]))
        return running[-1]
    start.program = program
    yield start
    for process in running:
        process.kill()
        process.wait()


SAY = 'action 1.0 syslog msg "$_ioswd_sub1_taskname $_ioswd_sub1_pid $_ioswd_sub1_path $_ioswd_sub1_value"'


def test_a_process_takes_the_processor(burner, new_daemon):
    daemon = new_daemon()
    daemon.configure("event manager applet NAME", "event ioswdsysmon sub1 cpu-proc taskname evdburner-long-name op ge val 1 period 1", SAY)
    daemon.configure("event manager applet PATH", "event ioswdsysmon sub1 cpu-proc taskname %s op ge val 1 period 1" % burner.program, SAY)
    daemon.configure("event manager applet COMM", "event ioswdsysmon sub1 cpu-proc taskname evdburner-long- op ge val 1 period 1", SAY)
    daemon.configure("event manager applet OTHER", "event ioswdsysmon sub1 cpu-proc taskname /bin/evdburner-long-name op ge val 1 period 1", SAY)
    process = burner()
    for name, task in (("NAME", "evdburner-long-name"), ("PATH", burner.program), ("COMM", "evdburner-long-")):
        said = wait_told(daemon, name)[0].split()
        assert said[:3] == [task, str(process.pid), burner.program]
        assert 1 <= int(said[3])
    assert not told(daemon, "OTHER")


def test_a_process_takes_memory(burner, new_daemon):
    process = burner()
    daemon = new_daemon()
    daemon.configure("event manager applet MEM", "event ioswdsysmon timewin 60 sub1 mem-proc taskname evdburner-long-name op gt val 50000 period 1 "
                     "sub12-op andnot sub2 mem-proc taskname evdburner-long-name op gt val 50 is-percent true period 1", SAY)
    said = wait_told(daemon, "MEM")[0].split()
    with open("/proc/%d/statm" % process.pid) as f:
        resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    assert abs(int(said[3]) - resident) <= 1 << 20


def test_many_processes_do_not_hold_the_engine_up(tmp_path, new_daemon):
    """5,000 processes are read beside the engine: commands are answered meanwhile."""
    proc = tmp_path / "proc"
    for pid in range(1, 5001):
        (proc / str(pid)).mkdir(parents=True)
        (proc / str(pid) / "stat").write_text(
            "%d (task%d) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 7 1 %d 18446744073709551615\n" % (pid, pid % 50, pid))
    (proc / "meminfo").write_text("MemTotal: 100000 kB\n")
    daemon = new_daemon(settings={"kernel": {"procfs": str(proc)}})
    for i in range(1, 21):
        daemon.configure("event manager applet P%d" % i, "event ioswdsysmon sub1 mem-proc taskname task%d op gt val %d period 1" % (i, 4900 * 4096), SAY)
    for i in range(1, 21):
        assert wait_told(daemon, "P%d" % i)[0].split()[:2] == ["task%d" % i, str(4950 + i)]


# ---- resource --------------------------------------------------------------------------------------------------------------

RESOURCE = 'action 1.0 syslog msg "$_resource_owner_id $_resource_level $_resource_direction $_resource_current_value"'


def policy(daemon, *owner):
    daemon.configure("resource policy", "policy P", "system", *owner, "resource policy", "user global P")
    daemon.configure("event manager applet R", "event resource policy P", RESOURCE)


def has_pressure():
    try:
        with open("/proc/pressure/cpu") as f:
            return f.read(4) == "some"
    except OSError:
        return False


def test_tasks_wait_for_a_processor(burner, new_daemon):
    """More tasks than processors: the kernel's own trigger says so, where it lets us ask for one."""
    daemon = new_daemon()
    policy(daemon, "cpu pressure", "minor rising 20")
    if not has_pressure():
        assert tree.wait_for(lambda: "CONFIG_PSI" in daemon.show("show event manager policy registered"))
        return
    if os.geteuid() == 0 and os.access("/proc/pressure/cpu", os.W_OK):
        links = [os.readlink(os.path.join("/proc/%d/fd" % daemon.pid, fd)) for fd in os.listdir("/proc/%d/fd" % daemon.pid)]
        assert "/proc/pressure/cpu" in links
    for _ in range(3 * os.cpu_count()):
        burner()
    said = wait_told(daemon, "R")[0].split()
    assert said[:4] == ["cpu", "pressure", "minor", "Up"]
    assert int(said[4]) >= 20
    daemon.configure("no event manager applet R")
    assert not [fd for fd in os.listdir("/proc/%d/fd" % daemon.pid)
                if "/proc/pressure" in os.readlink(os.path.join("/proc/%d/fd" % daemon.pid, fd))]


def test_a_file_system_fills(tmp_path, new_daemon):
    mount = tmp_path / "fs"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(mount)], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        daemon = new_daemon()
        policy(daemon, "filesystem %s" % mount, "major rising 50 falling 20")
        (mount / "file").write_bytes(b"x" * 700000)
        assert wait_told(daemon, "R")[0].split()[:4] == ["filesystem", str(mount), "major", "Up"]
        (mount / "file").unlink()
        assert wait_told(daemon, "R", 2)[1].split()[3] == "Down"
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


def test_resources_of_this_machine(new_daemon):
    """All that the kernel of this machine tells is read, and what it does not tell is named."""
    daemon = new_daemon()
    policy(daemon, "cpu total", "minor rising 1", "memory processor", "minor rising 1", "files", "minor rising 100", "processes", "minor rising 100")
    assert tree.wait_for(lambda: any(line.startswith("memory processor minor Up") for line in told(daemon, "R"))), daemon.show("show logging")
    assert "needs" not in daemon.show("show event manager policy registered")


# ---- gold, and all together ------------------------------------------------------------------------------------------------


def test_a_raid_array_degrades(sysfs, new_daemon):
    sysfs("block/md0/md/degraded", 0)
    daemon = new_daemon(settings={"kernel": {"sysfs": sysfs.root}},
                        config=["event manager applet G", " event gold card all severity-major", ' action 1.0 syslog msg "$_gold_ec $_gold_testing_type"'])
    sysfs("block/md0/md/degraded", 1)
    assert wait_told(daemon, "G") == ["TestRaidArray md0 1 monitoring"]


def test_a_failure_that_stands_when_the_statement_is_typed_began_before_it(sysfs, new_daemon):
    sysfs("block/md0/md/degraded", 1)
    sysfs("block/md1/md/degraded", 0)
    daemon = new_daemon(settings={"kernel": {"sysfs": sysfs.root}})
    daemon.configure("event manager applet AGAIN", "event gold card all new-failure false", 'action 1.0 syslog msg "$_gold_ec $_gold_cf"')
    daemon.configure("event manager applet G", "event gold card all new-failure true", 'action 1.0 syslog msg "$_gold_ec"')
    assert wait_told(daemon, "AGAIN")[0] == "TestRaidArray md0 1 2"
    sysfs("block/md1/md/degraded", 1)
    assert wait_told(daemon, "G") == ["TestRaidArray md1 1"]


def test_diagnostics_of_this_machine(new_daemon):
    """Whatever the kernel here has: it is read, or named."""
    daemon = new_daemon()
    daemon.configure("event manager applet G", "event gold card all", 'action 1.0 syslog msg "$_gold_ec"')
    has_some = os.path.exists("/sys/kernel/oops_count") or "MCE:" in open("/proc/interrupts").read()
    if has_some:
        assert "needs" not in daemon.show("show event manager detector gold")
    else:
        assert tree.wait_for(lambda: "needs a diagnostic" in daemon.show("show event manager detector gold"))


def test_the_example(burner, new_daemon):
    """examples/machine.cfg as it stands, but for the process that is watched and the file system, which is full at 1 %."""
    with open(os.path.join(tree.PROJECT, "examples", "machine.cfg")) as f:
        text = f.read().replace("taskname bgpd", "taskname evdburner-long-name").replace("period 10", "period 1").replace("val 90", "val 10").replace(
            "   filesystem /\n    critical rising 95 falling 90", "   filesystem /\n    critical rising 1")
    process = burner()
    daemon = new_daemon(config=text)
    assert tree.wait_for(lambda: "%HA_EM-4-LOG: FULL: filesystem / critical Up" in daemon.show("show logging"))
    assert tree.wait_for(lambda: "%HA_EM-4-LOG: BGPD-BUSY: evdburner-long-name: cpu_proc " in daemon.show("show logging")), process.pid
    assert "flow monitor EDGE" in daemon.show("show running-config")
    assert daemon.json("show flow monitor EDGE")["monitors"][0]["needs"] is None
