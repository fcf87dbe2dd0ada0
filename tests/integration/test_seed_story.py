"""The story of the article on secure mail, whole, against a real Postfix on port 587: the applet verbatim, its failure for
lack of a trustpoint, the traces and the capture that say why, the trustpoints, the success, and the mail as it arrived.

Told twice: with a server of TLS 1.2, where every line and octet is the article's, and with one of TLS 1.3."""

import base64
import os
import re

import pytest

import tree
from cryptography import x509
from transcript import Transcript, entries, without_smtp

HOST = "mail.example.test"
EXAMPLES = os.path.join(tree.PROJECT, "examples")

# The commands as the article lists them, and what a device answers.
DEBUGS = {
    "debug event manager action mail": "Debug EEM action mail debugging is on",
    "debug crypto pki API": "Crypto PKI API debugging is on",
    "debug crypto pki callbacks": "Crypto PKI callbacks debugging is on",
    "debug crypto pki messages": "Crypto PKI Msg debugging is on",
    "debug crypto pki scep": "Crypto PKI SCEP debugging is on",
    "debug crypto pki server": "Crypto PKI Certificate Server debugging is on",
    "debug crypto pki transactions": "Crypto PKI Trans debugging is on",
    "debug crypto pki validation": "Crypto PKI Validation Path debugging is on",
    "debug ssl openssl errors": "OpenSSL errors debugging is on",
    "debug ssl openssl ext": "OpenSSL ext debugging is on",
    "debug ssl openssl msg": "OpenSSL msg debugging is on",
    "debug ssl openssl states": "OpenSSL states debugging is on",
}

# The article's trustpoints by what they hold; its server, too, sends leaf, intermediate and a cross-signed R1.
CHAIN = [("CA-Root-R1", "r1.pem"), ("CA-1C3", "intermediate.pem"), ("CA-Global-Root", "root.pem"), ("CA-mail", "leaf.pem")]
TRUSTPOINT = ("enrollment terminal", "revocation-check none", "chain-validation stop")

HANDSHAKE_12 = """
CRYPTO_OPSSL: Allocated the memory for OPSSLContext
CRYPTO_OPSSL: Set cipher specs to mask 0x02FC0000 for version 128
Set the Default EC Curve list: 0x70Set the EC curve list: secp521r1:secp384r1:prime256v1
opssl_SetPKIInfo entry
opssl_SetPKIInfo done.
CRYPTO_OPSSL: ciphersuites ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-SHA256:AES256-GCM-SHA384:AES256-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES128-SHA256
Handshake start: before SSL initialization
SSL_connect:before SSL initialization
>>> ??? [length 0005]
16 03 01 <h1:..> <h2:..>

>>> TLS 1.<hello:[23]> Handshake [length <h1><h2>], ClientHello
#

SSL_connect:SSLv3/TLS write client hello
<<< ??? [length 0005]
16 03 03 <s1:..> <s2:..>

SSL_connect:SSLv3/TLS write client hello
<<< TLS 1.2 Handshake [length <s1><s2>], ServerHello
#
"""

CERTIFICATE_12 = """
<<< ??? [length 0005]
16 03 03 <c1:..> <c2:..>

SSL_connect:SSLv3/TLS read server hello
<<< TLS 1.2 Handshake [length <c1><c2>], Certificate
#

"""

ADDED = """
CC_DEBUG: Entering shim layer app callback function
CRYPTO_PKI: (<sid:[0-9A-F]{5}>) Session started - identity not specified
CRYPTO_PKI: (<sid>) Adding peer certificate
CRYPTO_PKI: Added x509 peer certificate - (<size0>) bytes
CRYPTO_PKI: (<sid>) Adding peer certificate
CRYPTO_PKI: Added x509 peer certificate - (<size1>) bytes
CRYPTO_PKI: (<sid>) Adding peer certificate
CRYPTO_PKI: Added x509 peer certificate - (<size2>) bytes
CRYPTO_OPSSL: Validate Certificate Chain Callback
"""

LOOKUP = """
CRYPTO_PKI(Cert Lookup) issuer="cn=Example CA 1C3,o=Example Trust Services,c=US" serial number= <serial0>
CRYPTO_PKI: looking for cert in handle=<handle:[0-9A-F]+>, digest=
<digest0:(?:[0-9A-F]{2} ){15}[0-9A-F]{2}>
#missing
CRYPTO_PKI(Cert Lookup) issuer="cn=Example Root R1,o=Example Trust Services,c=US" serial number= <serial1>
CRYPTO_PKI: looking for cert in handle=<handle>, digest=
<digest1:(?:[0-9A-F]{2} ){15}[0-9A-F]{2}>
#missing
CRYPTO_PKI(Cert Lookup) issuer="cn=Example Global Root CA,ou=Root CA,o=Example Global nv-sa,c=BE" serial number= <serial2>
CRYPTO_PKI: looking for cert in handle=<handle>, digest=
<digest2:(?:[0-9A-F]{2} ){15}[0-9A-F]{2}>
CRYPTO_PKI: Cert record not found for issuer serial.
CRYPTO_PKI: crypto_pki_get_cert_record_by_subject()
"""

MISSING = "CRYPTO_PKI: Cert record not found for issuer serial.\nCRYPTO_PKI: crypto_pki_get_cert_record_by_subject()\n"

CONTEXT = """
CRYPTO_PKI: ip-ext-val: IP extension validation not required:Incrementing refcount for context id-<id:[0-9]+> to 1
CRYPTO_PKI: create new ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident <id>
CRYPTO_PKI: (<sid>)validation path has <path> certs
"""

CHECK = """
CRYPTO_PKI: (<sid:[0-9A-F]{5}>) Check for identical certs
CRYPTO_PKI(Cert Lookup) issuer="cn=Example Global Root CA,ou=Root CA,o=Example Global nv-sa,c=BE" serial number= <serial2>
CRYPTO_PKI: looking for cert in handle=<handle:[0-9A-F]+>, digest=
<digest2:(?:[0-9A-F]{2} ){15}[0-9A-F]{2}>
CRYPTO_PKI: Cert record not found for issuer serial.
CRYPTO_PKI : (<sid>) Validating non-trusted cert
CRYPTO_PKI: (<sid>) Create a list of suitable trustpoints
CRYPTO_PKI: crypto_pki_get_cert_record_by_issuer()
"""

NOT_FOUND = """
CRYPTO_PKI: Unable to locate cert record by issuername
CRYPTO_PKI: No trust point for cert issuer, looking up cert chain
CRYPTO_PKI: crypto_pki_get_cert_record_by_subject()
CRYPTO_PKI: (<sid>) No suitable trustpoints found
CRYPTO_PKI: (<sid>) Removing verify context
CRYPTO_PKI: destroying ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident <id:[0-9]+>, ref count 1:Decrementing refcount for context id-<id> to 0
CRYPTO_PKI: ca_req_context released
CRYPTO_OPSSL: Certificate verification has failed
CRYPTO_PKI: Rcvd request to end PKI session <sid>.
CRYPTO_PKI: PKI session <sid> has ended. Freeing all resources.
"""

# In TLS 1.3, too, the alert goes out in the clear: the client has no keys to write with before it has judged the chain.
ALERT = """
>>> ??? [length 0005]
15 03 03 00 02

>>> TLS 1.<version:[23]> Alert [length 0002], fatal bad_certificate
02 2A

"""

ENDED = """
SSL3 alert write:fatal:bad certificate
SSL_connect:error in error
0:error:<code:[0-9A-F]{8}>:SSL routines:tls_<function:(?:post_)?process_server_certificate>:certificate verify failed:<file:[^:]*statem_clnt.c>:<line:[0-9]+>:
%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: username:********@mail.example.test : error in connecting to SMTP server<class:.*>
%HA_EM-3-FMPD_ERROR: Error executing applet SendSecureEmailEEM statement 0010
"""

FOUND = """
CRYPTO_PKI: Found a issuer match
CRYPTO_PKI: (<sid>) Suitable trustpoints are: CA-Global-Root,
CRYPTO_PKI: (<sid>) Attempting to validate certificate using CA-Global-Root policy
CRYPTO_PKI: (<sid>) Using CA-Global-Root to validate certificate
CRYPTO_PKI(make trusted certs chain)
CRYPTO_PKI: Added 1 certs to trusted chain.
CRYPTO_PKI: Prepare session revocation service providers
CRYPTO_PKI: (<sid>) Certificate is verified
CRYPTO_PKI: Remove session revocation service providers
CRYPTO_PKI: Remove session revocation service providersCA-Global-Root:validation status - CRYPTO_VALID_CERT_WITH_WARNING
CRYPTO_PKI: (<sid>) Certificate validated without revocation check:cert refcount after increment = 1
PKI: Cert key-usage: Digital-Signature , Certificate-Signing , CRL-Signing
CRYPTO_PKI: (<sid>)chain cert was anchored to trustpoint CA-Global-Root, and chain validation result was: CRYPTO_VALID_CERT_WITH_WARNING
CRYPTO_PKI: (<sid>) Removing verify context
CRYPTO_PKI: destroying ca_req_context type PKI_VERIFY_CHAIN_CONTEXT,ident <id>, ref count 1:Decrementing refcount for context id-<id> to 0
CRYPTO_PKI: ca_req_context released
CRYPTO_PKI: (<sid>) Validation TP is CA-Global-Root
CRYPTO_PKI: (<sid>) Certificate validation succeeded
CRYPTO_OPSSL: Certificate verification is successful
CRYPTO_PKI: Rcvd request to end PKI session <sid>.
CRYPTO_PKI: PKI session <sid> has ended. Freeing all resources.:cert refcount after decrement = 0
"""

REST_12 = """
<<< ??? [length 0005]
16 03 03 <k1:..> <k2:..>

SSL_connect:SSLv3/TLS read server certificate
<<< TLS 1.2 Handshake [length <k1><k2>], ServerKeyExchange
#

<<< ??? [length 0005]
16 03 03 00 04

SSL_connect:SSLv3/TLS read server key exchange
<<< TLS 1.2 Handshake [length 0004], ServerHelloDone
0E 00 00 00

SSL_connect:SSLv3/TLS read server done
>>> ??? [length 0005]
16 03 03 <x1:..> <x2:..>

>>> TLS 1.2 Handshake [length <x1><x2>], ClientKeyExchange
#

SSL_connect:SSLv3/TLS write client key exchange
>>> ??? [length 0005]
14 03 03 00 01

>>> TLS 1.2 ChangeCipherSpec [length 0001]
"""


def octets(number):
    """A serial number as traces print it; its DER octets, leading zero included."""
    raw = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return raw.hex(" ").upper()


def certificate(pki, name):
    with open(pki.path(name), "rb") as f:
        return x509.load_pem_x509_certificate(f.read())


class Story:
    """What happened, once; the tests look at it."""

    def __init__(self, daemon, mailhost, pki, version):
        self.daemon, self.mailhost, self.pki, self.version = daemon, mailhost, pki, version
        with open(os.path.join(EXAMPLES, "secure-mail.cfg")) as f:
            self.applet = [line for line in f.read().splitlines() if not line.startswith("!")]

    @property
    def is_12(self):
        return self.version == "TLSv1.2"

    def capture(self, name):
        for line in ("interface lo both", "match any", "start"):
            assert self.daemon.ctl("monitor capture %s %s" % (name, line)).code == 0

    def exported(self, capture, file):
        answer = self.daemon.ctl("monitor capture %s export flash:%s" % (capture, file))
        assert answer.code == 0 and "Exported Successfully" in answer.out, answer
        return os.path.join(self.daemon.state, "flash", file)

    def tell(self):
        d = self.daemon
        d.configure(*self.applet)
        self.answers = {command: d.ctl(command).out.strip() for command in DEBUGS}
        self.debugging = d.show("show debugging")
        self.capture("FAIL")
        d.ctl("clear logging")
        assert d.run("SendSecureEmailEEM").code == 0
        d.wait_log("%HA_EM-3-FMPD_ERROR: ")
        self.failure = d.show("show logging")
        self.no_certificate = self.exported("FAIL", "NoCertificateInstalled.pcap")
        self.failed_alone = self.each_debug()
        self.mails_before = len(self.mailhost.mails())
        d.configure(*(line for name, _ in CHAIN for line in ("crypto pki trustpoint " + name,) + TRUSTPOINT))
        self.blank = d.show("show run | sec crypto pki certificate chain CA-")
        self.dialogs = {name: d.authenticate(name, self.pki.path(file), lines=TRUSTPOINT) for name, file in CHAIN}
        self.capture("GOOD")
        for command in DEBUGS:
            d.ctl(command)
        d.ctl("clear logging")
        assert d.run("SendSecureEmailEEM").code == 0
        self.mail = self.mailhost.wait_mail(self.mails_before + 1)[-1]
        d.wait_log("smtp_read: 221")
        self.success = d.show("show logging")
        self.working = self.exported("GOOD", "WorkingSMTPwithTLS.pcapng")
        self.succeeded_alone = self.each_debug()
        return self

    def each_debug(self):
        """One run for each switch alone: what it printed."""
        d, found = self.daemon, {}
        # Synchronous, so that the run is over when the command is; and without the warning about cc, told once a load.
        d.configure("event manager applet Alone", "event none sync yes",
                    self.applet[-1].replace(' cc "$_email_cc"', ""))
        for command in [None] + list(DEBUGS):
            commands = ["undebug all"] + ([command] if command else []) + ["clear logging"]
            assert d.ctl(*commands).code == 0
            d.run("Alone")
            lines = entries(d.show("show logging"))
            found[command] = [line for line in lines if not re.match("%(SYS|HA_EM-3)", line)]
        d.ctl("undebug all")
        return found


@pytest.fixture(scope="module", params=["TLSv1.2", "TLSv1.3"])
def story(request, module_netns, pki, tmp_path_factory):
    from daemon import Daemon
    from mailhost import MailHost, Unavailable
    only = {"smtpd_tls_protocols": request.param, "smtpd_tls_mandatory_protocols": request.param}
    try:
        host = MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem"), submission=587, netns=module_netns.name,
                        settings=only).start()
    except Unavailable as why:
        pytest.skip(str(why))
    try:
        daemon = Daemon(tmp_path_factory.mktemp("story"), settings={"hostname": "r1"}, netns=module_netns.name,
                        hosts="127.0.0.1 " + HOST)
        with daemon:
            yield Story(daemon, host, pki, request.param).tell()
    finally:
        host.stop()


def known(story):
    """What the transcripts name and the certificates determine."""
    sent = [certificate(story.pki, n) for n in ("leaf.pem", "intermediate.pem", "r1-cross.pem")]
    values = {"serial%d" % i: octets(c.serial_number) for i, c in enumerate(sent)}
    from cryptography.hazmat.primitives.serialization import Encoding
    values.update({"size%d" % i: str(len(c.public_bytes(Encoding.DER))) for i, c in enumerate(sent)})
    return values


def debug_lines(show_logging):
    lines = without_smtp(entries(show_logging))
    return [line for line in lines if not line.startswith(("%SYS", "%BUFCAP", "%HA_EM-4-FMPD_UNKNOWN_ENV"))]


def test_every_debug_command_answers_as_a_device_does(story):
    assert story.answers == DEBUGS
    for text in DEBUGS.values():
        assert "  " + text in story.debugging.splitlines()


def test_the_failure_transcript_of_the_article(story):
    """From "Check for identical certs" to the end: the article's excerpt, each line in its place."""
    log = debug_lines(story.failure)
    text = CHECK.strip("\n") + "\n" + NOT_FOUND.strip("\n") + "\n" + ALERT.strip("\n") + "\n\n" + ENDED.strip("\n")
    values, end = Transcript(text).match(log, version=story.version[-1], **known(story))
    assert end == len(log), "behind the transcript: %s" % log[end:]
    assert values["class"].startswith(" [CERT_UNTRUSTED tls: ") and values["class"].endswith("]")


def test_the_failing_session_from_its_beginning(story):
    log = debug_lines(story.failure)
    lookup = LOOKUP.replace("#missing\n", MISSING)
    context = CONTEXT.replace("<path>", "3")
    values, _ = Transcript("\n".join(t.strip("\n") for t in (ADDED, lookup, context, CHECK, NOT_FOUND))).match(log, **known(story))
    assert re.fullmatch("[0-9A-F]+", values["handle"])
    if story.is_12:
        Transcript(HANDSHAKE_12).match(log)
        at = next(i for i, line in enumerate(log) if line.endswith(", Certificate"))
        Transcript(CERTIFICATE_12).match(log[at - 4:])
    else:
        assert any(re.fullmatch(r"<<< TLS 1\.3 Handshake \[length [0-9A-F]{4}\], Certificate", line) for line in log)


def test_the_two_messages_of_the_failure_stand_alone_without_debugs(story):
    log = entries(story.failure)
    messages = [line for line in log if line.startswith("%HA_EM-3")]
    assert [m.split(":")[0] for m in messages] == ["%HA_EM-3-FMPD_SMTP", "%HA_EM-3-FMPD_ERROR"]
    assert messages[0].startswith("%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: "
                                  "username:********@mail.example.test : error in connecting to SMTP server [CERT_UNTRUSTED tls: ")
    assert messages[1] == "%HA_EM-3-FMPD_ERROR: Error executing applet SendSecureEmailEEM statement 0010"


def test_time_stamps_are_those_of_ios(story):
    for line in story.failure.split("Log Buffer")[1].splitlines()[1:]:
        assert re.match(r"[*.]?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.\d{3}:( |$)", line) or re.fullmatch("([0-9A-F]{2} )*[0-9A-F]{2}", line) \
            or line.startswith("TLS server extension") or not line, line


def test_the_capture_shows_the_alert(story, tshark):
    decode = ("-r", story.no_certificate, "-d", "tcp.port==587,smtp")
    packets = tshark(*decode).splitlines()
    assert "C: STARTTLS" in "\n".join(packets)
    detail = tshark(*decode, "-Y", "tls.alert_message", "-V")
    for text in ("Record Layer: Alert (Level: Fatal, Description: Bad Certificate)", "Content Type: Alert (21)",
                 "Version: TLS 1.2 (0x0303)", "Length: 2", "Level: Fatal (2)", "Description: Bad Certificate (42)"):
        assert text in detail
    octets_sent = tshark(*decode, "-Y", "tls.alert_message", "-T", "fields", "-e", "tcp.payload", "-e", "tcp.len").split()
    assert octets_sent == ["1503030002022a", "7"]


def test_the_server_saw_the_alert_too(story):
    assert "SSL alert number 42" in story.mailhost.log()


def test_blank_trustpoints_print_their_first_line(story):
    assert [line.strip() for line in story.blank.splitlines() if line.strip()] == \
        ["crypto pki certificate chain " + name for name, _ in CHAIN]


def squeezed(text):
    return [re.sub(" +", " ", line).strip() for line in text.splitlines() if line.strip()]


def fingerprints(pki, name):
    from cryptography.hazmat.primitives import hashes
    cert = certificate(pki, name)

    def grouped(algorithm):
        return " ".join(re.findall("........", cert.fingerprint(algorithm).hex().upper()))
    return ["Certificate has the following attributes:", "Fingerprint MD5: " + grouped(hashes.MD5()),
            "Fingerprint SHA1: " + grouped(hashes.SHA1())]


ENTER = ["Enter the base 64 encoded CA certificate.", 'End with a blank line or the word "quit" on a line by itself']
QUESTION = ["% Do you accept this certificate? [yes/no]: yes"]
VALIDATED = ["Certificate validated - Signed by existing trustpoint CA certificate."]
IMPORTED = ["Trustpoint CA certificate accepted.", "% Certificate successfully imported"]
NOT_A_CA = ["Trustpoint 'CA-mail' is a subordinate CA.", "but certificate is not a CA certificate.",
            "Manual verification required"]


@pytest.mark.parametrize("name, file, before, question", [
    ("CA-Root-R1", "r1.pem", [], QUESTION), ("CA-1C3", "intermediate.pem", [], VALIDATED),
    ("CA-Global-Root", "root.pem", [], QUESTION), ("CA-mail", "leaf.pem", NOT_A_CA, QUESTION)])
def test_the_three_dialogs(story, name, file, before, question):
    answer = story.dialogs[name]
    said = squeezed(answer.out)
    assert answer.code == 0 and said[said.index(ENTER[0]):] == ENTER + before + fingerprints(story.pki, file) + question + IMPORTED


@pytest.mark.parametrize("name, file", CHAIN)
def test_certificate_chains_in_the_configuration(story, name, file):
    from cryptography.hazmat.primitives.serialization import Encoding
    cert = certificate(story.pki, file)
    lines = story.daemon.show("show run | sec crypto pki certificate chain " + name).splitlines()
    lines = [line for line in lines if line.strip()]
    assert lines[0] == "crypto pki certificate chain " + name and lines[-1] == "  \tquit"
    assert lines[1].strip() == "certificate ca " + octets(cert.serial_number).replace(" ", "")
    body = lines[2:-1]
    assert all(re.fullmatch("  ([0-9A-F]{8} ){8}", line) for line in body[:-1])
    assert bytes.fromhex("".join(body)) == cert.public_bytes(Encoding.DER)


def test_show_crypto_pki_certificates_verbose(story):
    from cryptography.hazmat.primitives import hashes
    root, leaf = certificate(story.pki, "root.pem"), certificate(story.pki, "leaf.pem")

    def grouped(raw):
        return " ".join(re.findall("........", raw.hex().upper()))

    def key_id(cert, kind):
        return grouped(getattr(cert.extensions.get_extension_for_class(kind).value,
                               "digest" if kind is x509.SubjectKeyIdentifier else "key_identifier"))

    def date(d):
        return d.strftime("%H:%M:%S UTC %b ") + "%d %d" % (d.day, d.year)
    dn = ["cn=Example Global Root CA", "ou=Root CA", "o=Example Global nv-sa", "c=BE"]
    shown = squeezed(story.daemon.show("show crypto pki certificates verbose CA-Global-Root"))
    want = ["CA Certificate", "Status: Available", "Version: 3",
            "Certificate Serial Number (hex): " + octets(root.serial_number).replace(" ", ""), "Certificate Usage: Signature",
            "Issuer:"] + dn + ["Subject:"] + dn + [
            "Validity Date:", "start date: " + date(root.not_valid_before), "end date: " + date(root.not_valid_after),
            "Subject Key Info:", "Public Key Algorithm: rsaEncryption", "RSA Public Key: (2048 bit)",
            "Signature Algorithm: SHA256 with RSA Encryption",
            "Fingerprint MD5: " + grouped(root.fingerprint(hashes.MD5())),
            "Fingerprint SHA1: " + grouped(root.fingerprint(hashes.SHA1())),
            "X509v3 extensions:", "X509v3 Key Usage: 86000000", "Digital Signature", "Key Cert Sign", "CRL Signature",
            "X509v3 Subject Key ID: " + key_id(root, x509.SubjectKeyIdentifier),
            "X509v3 Basic Constraints:", "CA: TRUE", "Authority Info Access:"]
    assert shown[:len(want)] == want
    assert re.fullmatch(r"Cert install time: \d\d:\d\d:\d\d UTC [A-Z][a-z]{2} \d{1,2} \d{4}", shown[-3])
    assert re.fullmatch(r"Cert install time in nsec: \d{19}", shown[-2])
    assert shown[-1] == "Associated Trustpoints: CA-Global-Root" and len(shown) == len(want) + 3
    shown = squeezed(story.daemon.show("show crypto pki certificates verbose CA-mail"))
    for line in ("CA Certificate", "cn=mail.example.test", "Public Key Algorithm: ecEncryption", "EC Public Key: (256 bit)",
                 "X509v3 Key Usage: 80000000", "CA: FALSE", "IP Address :", "OtherNames :", "Extended Key Usage:", "Server Auth",
                 "X509v3 Authority Key ID: " + key_id(leaf, x509.AuthorityKeyIdentifier)):
        assert line in shown
    at = shown.index("X509v3 Subject Alternative Name:")
    assert shown[at + 1:at + 4] == ["mail.example.test", "IP Address :", "OtherNames :"]


def test_the_success_transcript_of_the_article(story):
    """With the four trustpoints leaf and intermediate are known, and the cross-signed R1 is validated by the root's."""
    log = debug_lines(story.success)
    lookup = LOOKUP.replace("#missing\n", "") + "CRYPTO_PKI: Found a subject match\n"
    texts = [ADDED, lookup, CONTEXT.replace("<path>", "1"), CHECK, FOUND]
    text = "\n".join(t.strip("\n") for t in texts)
    if story.is_12:
        text += "\n" + REST_12.strip("\n")
        Transcript(HANDSHAKE_12).match(log)
    Transcript(text).match(log, **known(story))
    assert not any(line.startswith("%HA_EM-3") for line in log)
    if not story.is_12:
        states = [line for line in log if line.startswith("SSL_connect:")]
        for state in ("SSLv3/TLS read server hello", "TLSv1.3 read encrypted extensions", "SSLv3/TLS read server certificate",
                      "TLSv1.3 read server certificate verify", "SSLv3/TLS read finished", "SSLv3/TLS write finished"):
            assert "SSL_connect:" + state in states, states


def test_application_data_shows_its_length_alone(story):
    """The dialogue inside TLS: record headers, never what is in them."""
    log = without_smtp(entries(story.success))
    sent = [i for i, line in enumerate(log) if re.match("17 03 03", line)]
    assert len(sent) > 6
    for i in sent[-6:]:
        assert re.fullmatch(r"(>>>|<<<) \?\?\? \[length 0005\]", log[i - 1]) and log[i + 1] == ""


def test_the_mail_in_the_mailbox(story):
    mail = story.mail
    assert mail["From"] == "username@example.test" and mail["To"] == "noc@example.test"
    assert mail["Subject"] == "This is my email subject" and mail.get_content().rstrip("\n") == "This is my email body."
    assert mail["Cc"] is None and mail["Bcc"] is None
    assert mail["X-EEM-Applet"] == "SendSecureEmailEEM" and mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Original-To"] == "noc@example.test" and mail["Return-Path"] == "<username@example.test>"
    assert "ESMTPSA" in mail["Received"]
    assert story.mails_before == 0, "the failing runs sent nothing"


def test_the_working_capture_has_no_clear_text(story, tshark):
    decode = ("-r", story.working, "-d", "tcp.port==587,smtp")
    assert "Client Hello" in tshark(*decode)
    assert not tshark(*decode, "-Y", "tls.alert_message.desc == 42")
    assert "AUTH" not in tshark(*decode, "-Y", "smtp.req.command", "-T", "fields", "-e", "smtp.req.command")
    with open(story.working, "rb") as pcapng, open(story.no_certificate, "rb") as pcap:
        assert pcapng.read(4).hex() == "0a0d0d0a" and pcap.read(4).hex() in ("d4c3b2a1", "4d3cb2a1")


# --- each switch gates its own lines ---

def form(line):
    """A line without what differs from run to run."""
    line = re.sub(r"\([0-9A-F]{5}\)|session [0-9A-F]{5}|(id|ident|handle)[-= ][0-9A-F]+", "", line)
    return "(octets)" if re.fullmatch("([0-9A-F]{2} )*[0-9A-F]{2}|", line) else re.sub(r"length [0-9A-F]{4}|queued as \w+|\d+ octets|SIZE=\d+", "", line)


# switch: what it must print in the run that fails, in the one that succeeds, and what it must never print
OWN = {
    "debug event manager action mail": (r"smtp_write: STARTTLS", r"smtp_write: AUTH \S+ <hidden>", r"CRYPTO_|SSL|>>>|TLS server"),
    "debug crypto pki API": (r"\(Cert Lookup\) issuer=", r"Found a issuer match", r"SSL_connect|>>>|Validating non-trusted|validation path"),
    "debug crypto pki callbacks": (r"CC_DEBUG: Entering", r"CRYPTO_OPSSL: Certificate verification is successful", r"Cert Lookup|SSL_connect|>>>"),
    "debug crypto pki messages": (r"Added x509 peer certificate", r"Added x509 peer certificate", r"Cert Lookup|SSL_connect|>>>|Validating"),
    "debug crypto pki transactions": (r"No suitable trustpoints found", r"Suitable trustpoints are: ", r"SSL_connect|>>>|CC_DEBUG|validation path"),
    "debug crypto pki validation": (r"validation path has 3 certs", r"validation path has 1 certs", r"SSL_connect|>>>|CC_DEBUG|Cert Lookup"),
    "debug ssl openssl errors": (r"^0:error:.*certificate verify failed", None, r"CRYPTO_|SSL_connect|>>>|TLS server"),
    "debug ssl openssl ext": (r"^TLS server extension", r"^TLS server extension", r"CRYPTO_|SSL_connect|>>>|0:error"),
    "debug ssl openssl msg": (r"^>>> TLS 1.[23] Alert .*fatal bad_certificate", r"^<<< TLS 1.[23] Handshake .*, Certificate$", r"CRYPTO_|SSL_connect|TLS server ext|0:error"),
    "debug ssl openssl states": (r"^SSL3 alert write:fatal:bad certificate", r"^SSL_connect:SSLv3/TLS read server hello", r"CRYPTO_PKI|>>>|TLS server ext|0:error"),
}


def test_without_debugs_nothing_is_traced(story):
    assert story.failed_alone[None] == [] and story.succeeded_alone[None] == []


@pytest.mark.parametrize("command", DEBUGS)
def test_each_switch_prints_its_own_lines(story, command):
    failed, succeeded = story.failed_alone[command], story.succeeded_alone[command]
    if command not in OWN:  # SCEP and certificate server have no part in a mail
        assert failed == [] and succeeded == []
        return
    in_failure, in_success, never = OWN[command]
    assert any(re.search(in_failure, line) for line in failed), failed
    if in_success:
        assert any(re.search(in_success, line) for line in succeeded), succeeded
    else:
        assert succeeded == []
    for line in failed + succeeded:
        assert not re.search(never, line), line


def test_all_switches_together_print_what_each_prints(story):
    for whole, alone in ((story.failure, story.failed_alone), (story.success, story.succeeded_alone)):
        together = {form(line) for line in entries(whole) if not line.startswith(("%SYS", "%BUFCAP", "%HA_EM-3", "%HA_EM-4"))}
        apart = {form(line) for lines in alone.values() for line in lines}
        rename = {line.replace("SendSecureEmailEEM", "Alone") for line in together}
        assert rename == apart


# --- user names with an at sign, and secrets ---

def test_a_user_name_with_an_at_sign(story):
    d, before = story.daemon, len(story.mailhost.mails())
    with open(os.path.join(EXAMPLES, "relay.cfg")) as f:
        d.configure(*[line for line in f.read().splitlines() if not line.startswith("!")])
    assert d.run("Alone").code == 0
    assert story.mailhost.wait_mail(before + 1)[-1]["Subject"] == "This is my email subject"
    assert "sasl_username=email.relay@My.Domain.Name" in story.mailhost.log()


PLANTED = {
    "email.relay@My.Domain.Name": "MyPasswordString",  # in an environment variable, that works
    "alice@example.test": "p@ss:w0rd",                 # in an action, that works
    "bob": "Geheim-Wort$1",                            # in an action, that is refused
}


def spellings(user, password):
    raw = password.encode()
    plain = b"\0" + user.encode() + b"\0" + raw
    yield raw
    yield password.replace("$", r"\$").encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.b64encode(plain).rstrip(b"=")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield raw.hex(" ").upper().encode()


def processes_of(daemon):
    """eventd and all that it started."""
    found, new = [], [daemon.pid]
    while new:
        pid = new.pop()
        found.append(pid)
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            new += [int(p) for p in f.read().split()]
    return found


def test_planted_secrets_are_nowhere(story, tshark):
    d = story.daemon
    server = '"%s@mail.example.test" to "noc@example.test" from "a@example.test" subject "s" body "b" port 587 secure tls'
    action = "action %s mail server " + server
    d.configure("event manager environment _email_server email.relay@My.Domain.Name:MyPasswordString@mail.example.test",
                "event manager environment _url https://carol:Wolke-sieben-7@files.example.test/x",
                "event manager applet Secrets", "event none sync yes",
                action.replace("%s@", "$_email_server@", 1).replace('"$_email_server@mail.example.test"', '"$_email_server"') % "1.0",
                action % ("2.0", "alice@example.test:p@ss:w0rd"),
                "action 3.0 handle-error type ignore", action % ("4.0", r"bob:Geheim-Wort\$1"),
                'action 5.0 puts "server $_email_server url $_url"', 'action 6.0 syslog msg "server $_email_server url $_url"',
                'action 7.0 set copy "$_email_server"', 'action 8.0 puts "$copy"')
    for command in list(DEBUGS) + ["debug event manager all"]:
        d.ctl(command)
    story.capture("SECRET")
    before = len(story.mailhost.mails())
    ran = d.run("Secrets")
    assert ran.code == 0, ran
    story.mailhost.wait_mail(before + 2)
    d.wait_log("smtp_read: 535")
    capture = story.exported("SECRET", "Secret.pcap")
    assert d.ctl("write memory").code == 0
    seen = {"run": (ran.out + ran.err).encode(), "stderr": d.log().encode()}
    for command in ("show running-config", "show startup-config", "show logging", "show event manager environment all",
                    "show event manager environment _email_server", "show event manager policy registered",
                    "show event manager history events", "show debugging", "show monitor capture SECRET buffer dump",
                    "show event manager policy registered detailed Secrets", "show history", "show system processes",
                    "show crypto pki trustpoints", "show tech-support"):
        for options in ((), ("--json",)):
            answer = d.ctl(command, options=options)
            seen["%s %s" % (command, options)] = (answer.out + answer.err).encode()
    assert b"********" in seen["show logging ()"]
    for user in list(PLANTED) + ["https://carol"]:
        assert user.encode() + b":{6}" in seen["show running-config ()"] and user.encode() + b":{6}" in seen["show startup-config ()"]
    for pid in processes_of(d):
        for name in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (pid, name), "rb") as f:
                seen["/proc/%d/%s" % (pid, name)] = f.read()
    for directory, _, files in os.walk(d.dir):
        for path in (os.path.join(directory, name) for name in files):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    seen[path] = f.read()
    assert capture in seen and d.config in seen and len(processes_of(d)) >= 2
    passwords = dict(PLANTED, carol="Wolke-sieben-7")
    found = [(where, user) for user, password in passwords.items() for spelling in spellings(user, password)
             for where, data in seen.items() if spelling in data]
    assert found == []


def test_everything_is_there_after_a_restart(story):
    """Trustpoints with their install times, applets, and passwords that only the machine's key opens."""
    d, before = story.daemon, len(story.mailhost.mails())
    shown = d.show("show crypto pki certificates verbose")
    running = d.show("show running-config").split("version ", 1)[1]
    assert d.ctl("write memory").code == 0
    d.stop()
    d.start()
    assert d.show("show running-config").split("version ", 1)[1] == running
    assert d.show("show crypto pki certificates verbose") == shown
    assert d.run("Alone").code == 0
    assert story.mailhost.wait_mail(before + 1)[-1]["Subject"] == "This is my email subject"
