"""Certificates for the hosts that clients ask for, signed by our CA: made once each, held in memory, never shared."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from typing import TYPE_CHECKING

from wiretape.proxy.serve.direct.recent import Recent

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from wiretape.proxy.serve.authority import Authority

# Where `authority` keeps the key, in the place where mitmproxy looks for it.
_SECRET = "mitmproxy-ca.pem"  # noqa: S105 - a file's name
# As many hosts as any client has been seen to ask for, and more.
_HOSTS = 512
_BEFORE, _AFTER = dt.timedelta(days=2), dt.timedelta(days=365)
_LONGEST_COMMON_NAME = 64


class Leaves:
    """Makes the TLS contexts of a server: one for each host, chosen by what the client's hello asks for."""

    def __init__(self, ours: Authority, now: dt.datetime) -> None:
        """Sign with *ours*, whose key is read when the first certificate is made; *now* is in UTC."""
        self._ours = ours
        self._now = now
        self._contexts: Recent[str, ssl.SSLContext] = Recent(_HOSTS)
        self._signer: _Signer | None = None

    def context(self, host: str) -> ssl.SSLContext:
        """The context for *host*, a name or an address."""
        found = self._contexts.get(host)
        if found is None:
            found = self._make(host)
            self._contexts.put(host, found, 1)
        return found

    def _make(self, host: str) -> ssl.SSLContext:
        if self._signer is None:
            self._signer = _Signer((self._ours.folder / _SECRET).read_bytes(), self._now)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # OpenSSL takes certificates from files only; this one is readable by us alone and gone in a moment.
        with tempfile.NamedTemporaryFile(prefix="wiretape-") as file:
            file.write(self._signer.signed(host))
            file.flush()
            context.load_cert_chain(file.name)
        context.sni_callback = self._by_name
        return context

    def _by_name(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, present: ssl.SSLContext) -> None:
        """Answer a hello that names another host than the one the connection was opened for."""
        if name:
            wanted = self.context(name.lower())
            if wanted is not present:
                tls.context = wanted


class _Signer:
    """Signs leaves. All of them have one key of their own: it lives no longer than this process."""

    def __init__(self, pem: bytes, now: dt.datetime) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        key = serialization.load_pem_private_key(pem, password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._ca_key: RSAPrivateKey = key
        self._ca = x509.load_pem_x509_certificate(pem)
        # An elliptic key: a handshake costs a tenth of what one with RSA does.
        self._key: EllipticCurvePrivateKey = ec.generate_private_key(ec.SECP256R1())
        self._key_pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._now = now

    def signed(self, host: str) -> bytes:
        """Key and certificate for *host*, as PEM."""
        from cryptography.hazmat.primitives import hashes, serialization

        leaf = self._leaf(host).sign(self._ca_key, hashes.SHA256())
        return self._key_pem + leaf.public_bytes(serialization.Encoding.PEM)

    def _leaf(self, host: str) -> x509.CertificateBuilder:
        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        name = x509.NameAttribute(NameOID.COMMON_NAME, host if len(host) <= _LONGEST_COMMON_NAME else "wiretape")
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=False,
            crl_sign=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        ski = self._ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([name]))
            .issuer_name(self._ca.subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _BEFORE)
            .not_valid_after(self._now + _AFTER)
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), critical=False)
        )


def _alternative(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
