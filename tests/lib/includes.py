"""Checks the shape of the source: `includes.py` exits 1 and says what is wrong.

Includes go downwards only: a file may include files of its own folder and of the levels below, never of a peer or of a
level above, which are reached by registration (a table that is handed in, a callback). Folders of the build are named as
they are included: "bus/event.h" is eventd/bus/event.h.

Also: a .c file that has a header includes it first, and no file outgrows what one concept needs.
"""

import os
import re
import subprocess
import sys

# From the ground up; folders of one line are peers and do not see each other.
ORDER = [
    ["core"],
    ["cli/kw"],
    ["pki"],
    ["store"],
    ["net", "host", "peers"],
    ["flow"],
    ["conf"],
    ["acl"],
    ["bus"],
    ["snmp", "rpc", "logging"],
    ["sched"],
    ["applets"],
    ["actions", "detect", "syslog", "track", "probe", "capture"],
    ["cli"],
    [""],
]
# Interfaces that modules below cli/ use to bring their own commands; they need core/ and cli/kw/ only.
INTERFACES = {"cli/cmd.h": "cli/kw", "cli/session.h": "cli/kw", "cli/hook.h": "cli/kw", "cli/last.h": "cli/kw"}
LEVEL = {folder: n for n, folders in enumerate(ORDER) for folder in folders}
LONGEST = 600

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def part_of(path):
    """The folder of ORDER that a source path belongs to: actions/mail/smtp.c is of actions, eventd/main.c of ""."""
    if path in INTERFACES:
        return INTERFACES[path]
    path = re.sub("^eventd/", "", path)
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        if path in LEVEL:
            return path
    return ""


def target_of(source, name):
    """The file that an include names, relative to the project, or None."""
    for path in (os.path.join(os.path.dirname(source), name), name, os.path.join("eventd", name)):
        if os.path.exists(path):
            return os.path.normpath(path)
    return None


def is_program(path):
    """main.c files tie their program together and may include everything."""
    return os.path.basename(path) == "main.c"


def findings(path):
    with open(path, errors="replace") as f:
        lines = f.read().splitlines()
    if len(lines) > LONGEST:
        yield 1, "%d lines: more than one concept needs (%d)" % (len(lines), LONGEST)
    own, seen = path[:-2] + ".h", False
    here = part_of(path)
    for n, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            if path.endswith(".c") and not seen and re.match(r"\s*#\s*include\s*<", line) and os.path.exists(own):
                yield n, "its own header comes first"
                seen = True
            continue
        target = target_of(path, found.group(1))
        if not target:
            yield n, 'no such file: "%s"' % found.group(1)
            continue
        if path.endswith(".c") and not seen and os.path.exists(own) and target != own:
            yield n, "its own header comes first"
        seen = True
        there = part_of(target)
        if not is_program(path) and here != there and LEVEL[there] >= LEVEL[here]:
            yield n, "%s includes %s, which is %s" % (here or "main", there or "main", "a peer" if LEVEL[there] == LEVEL[here]
                                                     else "above it")


def main():
    listed = subprocess.run(["find", "eventd", "actions", "applets", "pki", "cli", "-name", "*.[ch]"], capture_output=True,
                            text=True, check=True).stdout.split("\n")
    sources = sorted(filter(None, listed))
    wrong = 0
    for path in sources:
        for line, text in findings(path):
            print("%s:%d: %s" % (path, line, text))
            wrong += 1
    print("%d files, %d findings" % (len(sources), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    sys.exit(main())
