"""Certificates for tests and demo: a three-level chain as in the article on secure mail, and everything that can be wrong with one.

    from pki import Pki
    pki = Pki(directory)                     # makes the good chain: see Pki.write_chain
    pki.leaf("expired", days=(-30, -3))      # directory/expired.pem, expired-key.pem, expired-chain.pem

As a program: `/usr/bin/python3 tests/lib/pki.py DIRECTORY [--host NAME]` writes the good chain and every variant.

The shape is the one a large mail provider really serves: leaf <- intermediate <- R1, where the server sends R1 not
self-signed but cross-signed by an older root, so that a client may anchor at any of the four:

    leaf.pem           CN mail.example.test          issued by Example CA 1C3
    intermediate.pem   Example CA 1C3                issued by Example Root R1
    r1.pem             Example Root R1, self-signed
    r1-cross.pem       Example Root R1               issued by Example Global Root CA
    root.pem           Example Global Root CA, self-signed
    chain.pem          what the server sends: leaf, intermediate, r1-cross      leaf-key.pem its key
"""

import argparse
import datetime
import ipaddress
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

HOST = "mail.example.test"
PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH,
            "ocsp": ExtendedKeyUsageOID.OCSP_SIGNING}


def new_key(kind="ec"):
    """kind: "ec" (P-256), "ec384", "rsa" (2048 bit), "rsa4096"."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:] or 2048))
    return ec.generate_private_key(ec.SECP384R1() if kind == "ec384" else ec.SECP256R1())


def name_of(cn, ou=None, o="Example Trust Services", c="US"):
    """A distinguished name in the order in which providers write it: c, o, ou, cn."""
    parts = [(NameOID.COUNTRY_NAME, c), (NameOID.ORGANIZATION_NAME, o), (NameOID.ORGANIZATIONAL_UNIT_NAME, ou),
             (NameOID.COMMON_NAME, cn)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def usage(*names):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{n: n in names for n in every})


class Authority:
    """A certificate with its key that can issue others."""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key

    def sign(self, builder):
        return builder.sign(self.key, hashes.SHA256())

    @property
    def name(self):
        return self.cert.subject

    def key_id(self):
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
            self.cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value)


class Pki:
    def __init__(self, directory, host=HOST, key="ec", now=None, crl_url=None, ocsp_url=None):
        """Makes the good chain in `directory`. `key` is the leaf's kind of key; `crl_url` and `ocsp_url` go into leaf
        and intermediate (a file name is added to crl_url: crl_url/intermediate.crl)."""
        self.dir, self.host = str(directory), host
        self.now = now or datetime.datetime.utcnow().replace(microsecond=0)
        self.crl_url, self.ocsp_url = crl_url, ocsp_url
        os.makedirs(self.dir, exist_ok=True)
        self.root = self.authority(name_of("Example Global Root CA", ou="Root CA", o="Example Global nv-sa", c="BE"), "rsa")
        self.r1 = self.authority(name_of("Example Root R1"), "rsa")
        self.r1_cross = Authority(self.certify(self.r1.name, self.r1.key.public_key(), self.root, ca=True), self.r1.key)
        self.intermediate = self.authority(name_of("Example CA 1C3"), "rsa", self.r1, path_length=0)
        self.write_chain(key)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, *certs):
        with open(self.path(name), "wb") as f:
            f.write(b"".join(pem(c.cert if isinstance(c, Authority) else c) for c in certs))
        return self.path(name)

    def write_key(self, name, key):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
        return self.path(name)

    def write_chain(self, key):
        self.write("root.pem", self.root)
        self.write("r1.pem", self.r1)
        self.write("r1-cross.pem", self.r1_cross)
        self.write("intermediate.pem", self.intermediate)
        self.leaf("leaf", key=key)
        os.replace(self.path("leaf-chain.pem"), self.path("chain.pem"))

    def authority(self, subject, key="ec", issuer=None, **how):
        key = new_key(key)
        return Authority(self.certify(subject, key.public_key(), issuer or key, ca=True, **how), key)

    def certify(self, subject, public_key, issuer, ca=False, days=(-1, 365), names=(), purposes=("server",), path_length=None,
                critical=True, serial=None, key_usage=None, must_staple=False):
        """One certificate. `issuer` is an Authority, or the key itself for a self-signed one; `days` is the validity
        counted from now; `names` are DNS names or addresses; `critical=False` makes the careless CA of home-made scripts:
        basicConstraints not critical and no keyUsage; `must_staple` demands an OCSP response in the handshake (RFC 7633)."""
        self_signed = not isinstance(issuer, Authority)
        signer = issuer if self_signed else issuer.key
        b = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject if self_signed else issuer.name)
             .public_key(public_key).serial_number(serial or x509.random_serial_number())
             .not_valid_before(self.now + datetime.timedelta(days=days[0]))
             .not_valid_after(self.now + datetime.timedelta(days=days[1]))
             .add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=critical)
             .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False))
        if critical:
            b = b.add_extension(key_usage or (usage("key_cert_sign", "crl_sign", "digital_signature") if ca else
                                              usage("digital_signature", "key_encipherment")
                                              if isinstance(public_key, rsa.RSAPublicKey) else usage("digital_signature")),
                                critical=True)
        if not self_signed:
            b = b.add_extension(issuer.key_id(), critical=False)
        if names:
            b = b.add_extension(x509.SubjectAlternativeName([alt_name(n) for n in names]), critical=False)
        if not ca and purposes:
            b = b.add_extension(x509.ExtendedKeyUsage([PURPOSES[p] for p in purposes]), critical=False)
        if not self_signed and self.crl_url:
            url = "%s/%s.crl" % (self.crl_url, "intermediate" if not ca else "r1")
            b = b.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
                [x509.UniformResourceIdentifier(url)], None, None, None)]), critical=False)
        if not self_signed and self.ocsp_url:
            b = b.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self.ocsp_url))]), critical=False)
        if must_staple:
            b = b.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        return b.sign(signer, hashes.SHA256())

    def leaf(self, name, host=None, names=None, key="ec", issuer=None, send=None, self_signed=False, **how):
        """Writes NAME.pem, NAME-key.pem and NAME-chain.pem (what the server sends: `send`, or intermediate and cross-signed
        R1 behind the leaf) and returns the leaf."""
        key = new_key(key)
        host = host or self.host
        issuer = key if self_signed else issuer or self.intermediate
        cert = self.certify(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key.public_key(), issuer,
                            names=[host] if names is None else names, **how)
        if send is None:
            send = () if self_signed else (self.intermediate, self.r1_cross)
        self.write(name + ".pem", cert)
        self.write_key(name + "-key.pem", key)
        self.write(name + "-chain.pem", cert, *send)
        return cert

    def variants(self):
        """Every certificate that must not be accepted (or only in one way), each under its own name; returns the names."""
        stranger = self.authority(name_of("Example Stranger CA", o="Nobody You Know"), "ec")
        self.write("stranger.pem", stranger)
        careless = Authority(*self.careless())
        self.write("careless.pem", careless)
        table = {
            "rsa": dict(key="rsa"),
            "expired": dict(days=(-30, -3)),
            "not-yet": dict(days=(3, 30)),
            "wrong-name": dict(host="other.example.test"),
            "wildcard": dict(host=self.host, names=["*." + self.host.split(".", 1)[1]]),
            "no-name": dict(names=[]),
            "ip": dict(names=[self.host, "127.0.0.1", "::1"]),
            "self-signed": dict(self_signed=True),
            "untrusted": dict(issuer=stranger, send=(stranger,)),
            "wrong-purpose": dict(purposes=("client",)),
            "no-intermediate": dict(send=()),
            "careless-leaf": dict(issuer=careless, send=(careless,)),
            "leaf-as-ca": dict(issuer=self.leaf_as_ca(), send=(self.leaf_as_ca(), self.intermediate, self.r1_cross)),
            "revoked": dict(),
        }
        for name, how in table.items():
            cert = self.leaf(name, **how)
            if name == "revoked":
                self.crl("intermediate.crl", self.intermediate, cert)
        self.crl("r1.crl", self.r1)
        self.crl("intermediate-empty.crl", self.intermediate)
        self.crl("intermediate-stale.crl", self.intermediate, days=(-30, -3))
        return list(table)

    def careless(self):
        key = new_key()
        return self.certify(name_of("Example Home CA", o="Home"), key.public_key(), key, ca=True, critical=False), key

    def leaf_as_ca(self):
        """A good end-entity certificate that is misused as an issuer."""
        if not hasattr(self, "_leaf_as_ca"):
            key = new_key()
            cert = self.certify(name_of("evil.example.test"), key.public_key(), self.intermediate, names=["evil.example.test"])
            self._leaf_as_ca = Authority(cert, key)
        return self._leaf_as_ca

    def crl(self, name, issuer, *revoked, days=(-1, 30), der=True):
        """A revocation list of `issuer` that names the certificates; DER as the distribution points serve it."""
        b = (x509.CertificateRevocationListBuilder().issuer_name(issuer.name)
             .last_update(self.now + datetime.timedelta(days=days[0]))
             .next_update(self.now + datetime.timedelta(days=days[1]))
             .add_extension(x509.CRLNumber(1), critical=False)
             .add_extension(issuer.key_id(), critical=False))
        for cert in revoked:
            b = b.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(cert.serial_number)
                                          .revocation_date(self.now - datetime.timedelta(hours=12)).build())
        crl = issuer.sign(b)
        with open(self.path(name), "wb") as f:
            f.write(crl.public_bytes(serialization.Encoding.DER if der else serialization.Encoding.PEM))
        return self.path(name)


def alt_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def main():
    p = argparse.ArgumentParser(description="Writes the good certificate chain and every variant to a directory.")
    p.add_argument("directory")
    p.add_argument("--host", default=HOST, help="the leaf's name (default: %(default)s)")
    p.add_argument("--key", default="ec", choices=["ec", "ec384", "rsa", "rsa4096"], help="the leaf's kind of key")
    p.add_argument("--good-only", action="store_true", help="only the good chain")
    args = p.parse_args()
    made = Pki(args.directory, host=args.host, key=args.key)
    if not args.good_only:
        made.variants()
    print("\n".join(sorted(os.listdir(args.directory))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
