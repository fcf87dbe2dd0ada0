"""A server of a test: one process in a network namespace, with its log in a directory of its own, stopped by its pid."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402


class Unavailable(Exception):
    """It cannot be run here; the text says why."""


class Process:
    """Whoever inherits names its program and starts it with spawn() in start()."""

    program = None

    def __init__(self, directory, netns):
        self.dir, self.netns, self.process = str(directory), netns, None
        if not tree.program(self.program):
            raise Unavailable("%s is missing: run `make deps`" % self.program)
        os.makedirs(self.dir, exist_ok=True)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        return path

    def spawn(self, *arguments, before=()):
        """The program with its arguments; `before` stands in front of it, as `unshare` does."""
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.process = subprocess.Popen([tree.program("ip"), "netns", "exec", self.netns, *before, tree.program(self.program), *arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process:
            tree.end(self.process)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
