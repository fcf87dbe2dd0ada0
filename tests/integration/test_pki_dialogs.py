"""`crypto pki` as people use it: the dialogs of the article, fed from standard input, and what the shows say afterwards."""

import re
import subprocess

import tree

FIXTURES = tree.PROJECT + "/tests/fixtures/pki/"
SEED = ["CA-GTS-1C3", "CA-GTS-Root-R1", "CA-GlobalSign-Root", "CA-gmail-SMTP"]
ASKED = "\n% Do you accept this certificate? [yes/no]: "
IMPORTED = "Trustpoint CA certificate accepted.\n% Certificate successfully imported\n"


def trustpoints(*names):
    return [line for name in names for line in
            ("crypto pki trustpoint " + name, " enrollment terminal", " revocation-check none", " chain-validation stop")]


def pem(path):
    with open(path) as f:
        return f.read()


def base64_of(path):
    """Without the BEGIN and END lines, as the article pastes it."""
    return "".join(line for line in pem(path).splitlines(True) if "-----" not in line)


def authenticate(daemon, name, text, answer=None, end="\n"):
    lines = text.rstrip("\n") + "\n" + end + (answer + "\n" if answer else "")
    return daemon.ctl("configure terminal", "crypto pki authenticate " + name, input=lines)


def squeezed(text):
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def test_blank_trustpoints_of_the_article(new_daemon):
    daemon = new_daemon(config=trustpoints(*SEED))
    shown = daemon.show("show run | sec crypto pki certificate chain CA-")
    assert shown.split("\n")[:4] == ["crypto pki certificate chain " + name for name in SEED]


def test_root_intermediate_and_back(new_daemon):
    daemon = new_daemon(config=trustpoints("CA-GTS-Root-R1", "CA-GlobalSign-Root"))
    answer = authenticate(daemon, "CA-GTS-Root-R1", base64_of(FIXTURES + "GTS_Root_R1.pem"), "yes")
    assert answer.code == 0
    assert answer.out.endswith(
        "\nEnter the base 64 encoded CA certificate.\n"
        "End with a blank line or the word \"quit\" on a line by itself\n\n"
        "Certificate has the following attributes:\n"
        "       Fingerprint MD5: 05FED0BF 71A8A376 63DA01E0 D852DC40 \n"
        "      Fingerprint SHA1: E58C1CC4 913B3863 4BE9106E E3AD8E6B 9DD9814A \n" + ASKED + "yes\n" + IMPORTED + "\n")
    answer = authenticate(daemon, "CA-GlobalSign-Root", pem(FIXTURES + "GlobalSign_Root_CA.pem"), "yes", end="quit\n")
    assert answer.code == 0 and IMPORTED in answer.out

    # The seed's listings, but for the time of the installation and the trustpool.
    for name, listing in (("CA-GTS-Root-R1", "gts-root-r1"), ("CA-GlobalSign-Root", "globalsign-root")):
        shown = squeezed(daemon.show("show crypto pki certificates verbose " + name)).split("\n")
        wanted = squeezed(pem(FIXTURES + "listing-%s.txt" % listing)).split("\n")
        assert shown[:-3] == wanted[:-3]
        assert re.match(r"Cert install time: \d\d:\d\d:\d\d UTC \w{3} \d{1,2} \d{4}$", shown[-3])
        assert shown[-1] == "Associated Trustpoints: " + name

    chain = daemon.show("show run | sec crypto pki certificate chain CA-GlobalSign-Root")
    assert chain.startswith("crypto pki certificate chain CA-GlobalSign-Root\n certificate ca 040000000001154B5AC394\n"
                            "  30820375 3082025D A0030201 02020B04 00000000 01154B5A C394300D 06092A86 \n")
    assert "\n  1CC51FA4 806F1520 C9DE0C88 0A1DD666 55E2FC48 C9292669 E0 \n  \tquit\n" in chain

    # Saved, and the same after a start from the saved file; also the time of installation.
    before = daemon.json("show crypto pki certificates verbose")
    assert daemon.ctl("write memory").code == 0
    daemon.stop()
    daemon.start()
    assert daemon.json("show crypto pki certificates verbose") == before
    assert [c["associated_trustpoints"] for c in before["certificates"]] == [["CA-GTS-Root-R1"], ["CA-GlobalSign-Root"]]


def test_signed_by_an_existing_trustpoint(new_daemon, pki):
    daemon = new_daemon(config=trustpoints("R1", "CA", "LEAF"))
    assert authenticate(daemon, "R1", pem(pki.path("r1.pem")), "yes").code == 0
    answer = authenticate(daemon, "CA", pem(pki.path("intermediate.pem")))
    assert answer.code == 0
    assert ("\nCertificate validated - Signed by existing trustpoint CA certificate.\n\n" + IMPORTED) in answer.out
    assert ASKED not in answer.out
    # A certificate that is no CA is asked about although its issuer is installed.
    answer = authenticate(daemon, "LEAF", pem(pki.path("leaf.pem")), "yes")
    assert ("Trustpoint 'LEAF' is a subordinate CA.\nbut certificate is not a CA certificate.\n"
            "Manual verification required\nCertificate has the following attributes:\n") in answer.out
    assert answer.code == 0 and ASKED + "yes\n" + IMPORTED in answer.out


def test_known_through_the_trustpool(new_daemon, pki):
    daemon = new_daemon(config=trustpoints("CA"))
    answer = daemon.ctl("configure terminal", "crypto pki trustpool import terminal", input=pem(pki.path("r1.pem")) + "\n")
    assert answer.code == 0 and "% PEM files import succeeded.\n" in answer.out
    answer = authenticate(daemon, "CA", pem(pki.path("intermediate.pem")))
    assert answer.code == 0 and "Signed by existing trustpoint CA certificate." in answer.out
    daemon.stop()
    daemon.start()
    assert len(daemon.json("show crypto pki trustpool")["certificates"]) == 1


def test_answer_no_is_no_refusal(new_daemon):
    daemon = new_daemon(config=trustpoints("T"))
    for given in ("no", None):  # without input nothing is accepted (rulings 24)
        answer = authenticate(daemon, "T", pem(FIXTURES + "GTS_Root_R1.pem"), given)
        assert answer.code == 0 and "% Certificate not accepted.\n" in answer.out
        assert daemon.json("show crypto pki trustpoints")["trustpoints"] == [{"name": "T", "certificate_configured": False}]


def test_home_made_ca_is_warned_about(new_daemon, tmp_path):
    """basicConstraints not critical and no keyUsage: installed when the user wants it, and told what will happen."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-out",
                    tmp_path / "ca.pem", "-days", "30", "-subj", "/CN=Home CA", "-addext", "basicConstraints=CA:TRUE",
                    "-config", "/dev/null"], check=True, capture_output=True)
    daemon = new_daemon(config=trustpoints("HOME"))
    answer = authenticate(daemon, "HOME", pem(tmp_path / "ca.pem"), "yes")
    assert answer.code == 0 and IMPORTED in answer.out
    assert re.search(r"^% Warning: validation will refuse this certificate: .*basicConstraints", answer.out, re.M)


def test_refusals_change_nothing(new_daemon, pki):
    daemon = new_daemon(config=trustpoints("T", "FULL") + ["crypto pki trustpoint BARE"])
    assert authenticate(daemon, "FULL", pem(pki.path("r1.pem")), "yes").code == 0
    before = daemon.show("show running-config")
    for name, text, why in (
            ("NONE", pem(pki.path("r1.pem")), "% Trustpoint 'NONE' not configured\n"),
            ("BARE", pem(pki.path("r1.pem")), "% The enrollment method has not been specified\n"),
            ("FULL", pem(pki.path("root.pem")), "% Please delete your existing CA certificate first.\n% You must use "
                                                "'no crypto pki trustpoint FULL' to delete the CA certificate.\n"),
            ("T", "garbage", "% Error in saving certificate: status = FAIL\n"),
            ("T", base64_of(pki.path("r1.pem"))[:200], "% Error in saving certificate: status = FAIL\n"),
            ("T", "", "% Error in saving certificate: status = FAIL\n"),
            ("T", pem(pki.path("expired.pem")), "% CA Cert not yet valid or is expired -\n    start date: ")):
        answer = authenticate(daemon, name, text, "yes")
        assert answer.code == 1 and why in answer.out, (name, answer.out)
        assert daemon.show("show running-config") == before


def test_no_trustpoint_asks(new_daemon, pki):
    daemon = new_daemon(config=trustpoints("T"))
    assert authenticate(daemon, "T", pem(pki.path("r1.pem")), "yes").code == 0
    question = ("% Removing an enrolled trustpoint will destroy all certificates\n"
                " received from the related Certificate Authority.\n\nAre you sure you want to do this? [yes/no]: ")
    answer = daemon.ctl("configure terminal", "no crypto pki trustpoint T", input="no\n")
    assert question in answer.out
    assert daemon.json("show crypto pki trustpoints")["trustpoints"] != []
    answer = daemon.ctl("configure terminal", "no crypto pki trustpoint T", input="yes\n")
    assert answer.code == 0
    assert question + "yes\n% Be sure to ask the CA administrator to revoke your certificates.\n" in answer.out
    assert daemon.json("show crypto pki trustpoints")["trustpoints"] == []
    assert "crypto" not in daemon.show("show running-config")


def test_export(new_daemon):
    daemon = new_daemon(config=trustpoints("R", "BLANK"))
    assert authenticate(daemon, "R", pem(FIXTURES + "GTS_Root_R1.pem"), "yes").code == 0
    answer = daemon.ctl("configure terminal", "crypto pki export R pem terminal")
    assert "% CA certificate:\n" + pem(FIXTURES + "GTS_Root_R1.pem") in answer.out
    answer = daemon.ctl("configure terminal", "crypto pki export BLANK pem terminal")
    assert answer.code == 1 and "% The specified trustpoint is not enrolled (BLANK)." in answer.out
