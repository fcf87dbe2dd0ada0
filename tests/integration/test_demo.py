"""`make demo` tells its whole story: the failure with its reason, the trustpoint, the mail, the link."""

import os
import subprocess
import sys

import pytest
import tree


def test_demo():
    if os.geteuid() != 0:
        pytest.skip("Postfix starts only as root")
    done = subprocess.run([sys.executable, os.path.join(tree.PROJECT, "examples", "demo.py")], capture_output=True, text=True,
                          timeout=240)
    out = done.stdout
    assert done.returncode == 0, out + done.stderr
    story = ["SendSecureEmailEEM", "Error occurred when sending mail to SMTP server: username:********@",
             "Error executing applet SendSecureEmailEEM statement 0010", "Description: Bad Certificate (42)",
             "% Certificate successfully imported", "Certificate validation succeeded", "This is my email body.",
             "applet: SendSecureEmailEEM", "nothing is left behind"]
    at = 0
    for word in story:
        at = out.find(word, at)
        assert at >= 0, "%r is missing, or in the wrong place:\n%s" % (word, out)
    assert "password@" not in out.replace("username:password@", "", 1)
    assert "network namespaces are not permitted" in out or "mail about peer0: sent" in out
