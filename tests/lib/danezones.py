"""The zones that produce every row of DANE's decision table (mail-security 8.1), for a mail server with the chain of
tests/lib/pki.py on 127.0.0.1."""

import hashlib
import re

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from dnssec import without

IP = "127.0.0.1"
OTHER = "3 1 1 " + "00" * 32  # fits nobody


def tlsa(path, usage=3, selector=1, matching=1, index=0):
    """The TLSA data that fits a certificate of a PEM file."""
    with open(path, "rb") as f:
        pem = re.findall(b"-----BEGIN.*?END CERTIFICATE-----", f.read(), re.S)[index]
    cert = x509.load_pem_x509_certificate(pem)
    data = cert.public_bytes(serialization.Encoding.DER)
    if selector == 1:
        data = cert.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if matching:
        data = hashlib.new({1: "sha256", 2: "sha512"}[matching], data).digest()
    return "%d %d %d %s" % (usage, selector, matching, data.hex())


def add(dns, pki, port):
    good = tlsa(pki.path("chain.pem"))
    mx, a = "@ MX 10 mail", "mail A " + IP
    at = "_%d._tcp.mail TLSA " % port
    zone = dns.zone
    zone("good.example", mx, a, at + good)
    zone("ta.example", "@ MX 10 mail.example.test.")  # the name of the certificate is elsewhere
    zone("mismatch.example", mx, a, at + OTHER)
    zone("rollover.example", mx, a, at + OTHER, at + good)
    zone("agility.example", mx, a, at + good, at + "3 1 2 " + "00" * 64)
    zone("full.example", mx, a, at + tlsa(pki.path("chain.pem"), 3, 0, 0))
    zone("unusable.example", mx, a, at + "0 0 1 " + "00" * 32, at + "1 1 1 " + "00" * 32)
    zone("no-tlsa.example", mx, a)
    zone("insecure-tlsa.example", mx, a, "_%d._tcp.mail CNAME records.plain.example." % port)
    zone("bogus-tlsa.example", mx, a, at + good, mangle=without(r"RRSIG\s+TLSA"))
    zone("insecure-a.example", "@ MX 10 mail.plain.example.")
    zone("bogus-a.example", mx, a, at + good, mangle=without(r"^mail.*RRSIG\s+A\s"))
    zone("no-a.example", mx)
    zone("nodata-a.example", mx, 'mail TXT "nothing"')
    zone("plain.example", mx, a, "records TLSA " + good, signed=False)
    zone("plain-mx.example", "@ MX 10 mail.good.example.", "@ MX 20 mail.mismatch.example.", signed=False)
    zone("plain-mx-wrong.example", "@ MX 10 mail.mismatch.example.", signed=False)
    zone("plain-mx-no-tlsa.example", "@ MX 10 mail.no-tlsa.example.", signed=False)
    zone("plain-mx-bogus-tlsa.example", "@ MX 10 mail.bogus-tlsa.example.", signed=False)
    zone("plain-mx-bogus-a.example", "@ MX 10 mail.bogus-a.example.", signed=False)
    zone("implicit.example", "@ A " + IP, "_%d._tcp TLSA %s" % (port, good))
    zone("implicit-no-tlsa.example", "@ A " + IP)
    zone("bogus-mx.example", mx, a, mangle=without(r"RRSIG\s+MX"))
    zone("expired.example", mx, a, at + good, expired=True)
    zone("wrong-ds.example", mx, a, ds="wrong")
    zone("unknown-algorithm.example", mx, a, at + good, ds="unknown")
    zone("null.example", "@ MX 0 .")
    zone("cname.example", "@ MX 10 alias", "alias CNAME mail", a, at + good)
    zone("cname-original.example", "@ MX 10 alias", "alias CNAME mail", a, "_%d._tcp.alias TLSA %s" % (port, good))
    zone("cname-out.example", "@ MX 10 alias", "alias CNAME mail.plain.example.")
    zone("wildcard.example", mx, a, "*._tcp.mail TLSA " + good)
    zone("opt-out.example", opt_out=True)
    zone("below.opt-out.example", mx, a, signed=False)
    zone("signed.opt-out.example", mx, a, at + good)
    zone("two.example", "@ MX 20 mail.good.example.", "@ MX 10 mail.mismatch.example.")
    zone("addresses.example", mx, "mail A 127.0.0.9", a, at + good)
    zone("v6.example", mx, "mail AAAA ::1", at + good)
    zone("xn--bcher-kva.example", mx, a, at + good)
    zone("test")
    zone("example.test", "mail A " + IP, at + tlsa(pki.path("chain.pem"), 2, 0, 1, 1))
