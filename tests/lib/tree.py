"""Where things are: the project, its build, and the programs that `make deps` unpacked under build/root."""

import glob
import os
import shutil
import socket
import subprocess
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("EVENTD_BUILD", os.path.join(PROJECT, "build"))
UNPACKED = os.path.join(PROJECT, "build", "root")

# What is installed comes first, as it does in the Makefile.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin",
                        os.path.join(UNPACKED, "wrappers")])


def program(name):
    """The path of a program, of the system or unpacked; None when there is neither."""
    return shutil.which(name, path=PATH)


def library_path(root=UNPACKED):
    """LD_LIBRARY_PATH for the programs under root."""
    lib = os.path.join(root, "usr", "lib")
    return ":".join(sorted(glob.glob(lib + "/*-linux-gnu*")) + sorted(glob.glob(root + "/lib/*-linux-gnu*")) +
                    [lib, lib + "/postfix", lib + "/dovecot", lib + "/dovecot/modules/old-stats"])


def preloaded(directory, name):
    """tests/lib/NAME.c as a library that LD_PRELOAD takes: a piece of the world that is otherwise than here."""
    made = os.path.join(str(directory), name + ".so")
    subprocess.run([os.environ.get("CC", "gcc").split()[-1], "-shared", "-fPIC", "-o", made, os.path.join(PROJECT, "tests/lib", name + ".c")],
                   check=True)
    return made


def vrfs(directory, *names):
    """Environment of an eventd to which these interfaces are VRFs, where the kernel has none."""
    return {"LD_PRELOAD": preloaded(directory, "vrfs"), "VRFS": " ".join(names)}


def end(process, seconds=10):
    """Asks a process that a test started to end, and kills it when it does not."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port(address="127.0.0.1", kind=socket.SOCK_STREAM):
    """A port that nobody has now. Somebody may take it before it is used: whoever starts a server looks whether it runs."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def wait_for(what, seconds=20, every=0.02):
    """Calls what() until it returns something true, and returns that; False when the deadline has passed."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(every)
