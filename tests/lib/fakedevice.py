#!/usr/bin/python3
"""A device with an IOS-like command line on its terminal, for tests of `cli command`: run with a mode as its argument.

    plain     starts at box#          login    starts at box>, `enable` makes it box#
    echo      prints back what is typed, with colours in its prompt, as a session over ssh does
    silent    never shows a prompt    refuse   says why it will not work, and ends
    stuck     has no configuration mode
"""

import sys
import termios


def echo_on():
    mode = termios.tcgetattr(0)
    mode[3] |= termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, mode)


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def main(kind):
    level, place, secret = "#" if kind != "login" else ">", "", False
    if kind == "echo":
        echo_on()
    if kind == "refuse":
        say("box: connection refused\n")
        return 1
    say("Welcome to box\n")
    if kind == "silent":
        sys.stdin.read()
        return 0
    while True:
        prompt = "box%s%s" % (place, level)
        say("\x1b[1m%s\x1b[0m" % prompt if kind == "echo" else prompt)
        line = sys.stdin.readline()
        if not line:
            return 0
        line = line.rstrip("\n")
        if line == "enable":
            level = "#"
        elif line == "configure terminal" and level == "#" and kind != "stuck":
            place = "(config)"
        elif place and line.startswith("port "):
            place = "(config-port)"
        elif place and line == "exit":
            place = "(config)" if place == "(config-port)" else ""
        elif line == "end":
            place = ""
        elif place and line.startswith("name "):
            say("named %s\n" % line[5:])
        elif line == "erase everything":
            say("Really erase? [confirm]")
            say("erased\n" if sys.stdin.readline() == "\n" else "kept\n")
        elif line == "rename":
            say("New name: ")
            say("Hello %s\n" % sys.stdin.readline().rstrip("\n"))
        elif line == "like a prompt":
            say("box")
            say("(not)# this is no prompt\n")
        elif line == "lines":
            say("one\ntwo\n")
        elif line == "die":
            say("out of order\n")
            return 3
        elif line == "hang":
            sys.stdin.read()
        else:
            say("%% Unknown command: %s\n" % line)


sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "plain"))
