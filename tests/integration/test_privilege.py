"""Helpers that meet foreign bytes are not root, whoever started them."""

import os
import subprocess

import tree


def status(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def test_mail_helper_gives_root_up():
    helper = subprocess.Popen([os.path.join(tree.BUILD, "eventd-mail")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert tree.wait_for(lambda: "eventd-mail" in status(helper.pid)["Name"] and
                             status(helper.pid)["NoNewPrivs"] == "1" and
                             "0" not in status(helper.pid)["Uid"].split(), 10), status(helper.pid)
        seen = status(helper.pid)
        assert int(seen["CapEff"], 16) == 0
        assert int(seen["CapPrm"], 16) == 0
    finally:
        helper.stdin.close()
        assert helper.wait(10) == 0
        helper.stdout.close()
