"""Our certificate authority: made once per person, never shared, and the bundle of public CAs and ours for clients."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_YEARS = 10
_KEY_BITS = 2048


class Authority(msgspec.Struct, frozen=True):
    """Where the CA lies.

    Attributes:
        folder: holds all of it; mitmproxy's `confdir`.
        certificate: ours alone, to be trusted by whoever wants to.
        bundle: the public CAs and ours, for clients that take one file.
    """

    folder: Path
    certificate: Path
    bundle: Path


def home(environment: Mapping[str, str]) -> Path:
    """The folder for what is a person's own: `$WIRETAPE_HOME`, else under `$XDG_DATA_HOME` or `~/.local/share`."""
    named = environment.get("WIRETAPE_HOME")
    if named:
        return Path(named).expanduser().absolute()
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "wiretape"


def authority(environment: Mapping[str, str], now: dt.datetime) -> Authority:
    """The CA of this person, made where there is none; the bundle is made anew, since public CAs come and go.

    Raises:
        UsageError: the folder cannot be written.
    """
    folder = home(environment) / "ca"
    # mitmproxy looks for this name in its confdir.
    secret = folder / "mitmproxy-ca.pem"
    found = Authority(folder, folder / "wiretape-ca.pem", folder / "bundle.pem")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not secret.exists():
            _place(secret, _make(now), keep=True)
        certificate = _certificate(secret)
        _renew(found.certificate, certificate)
        _renew(found.bundle, _public(environment).rstrip() + b"\n" + certificate)
    except OSError as error:
        raise UsageError(
            f"cannot keep the certificate authority in {folder}: {error.strerror}; name another folder in WIRETAPE_HOME"
        ) from None
    return found


def _make(now: dt.datetime) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "wiretape CA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "wiretape"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of containers and their hosts differ.
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(secret: Path) -> bytes:
    """The certificate alone, without the key that stands before it."""
    pem = secret.read_bytes()
    at = pem.find(b"-----BEGIN CERTIFICATE-----")
    if at < 0:
        raise UsageError(f"{secret} is no certificate authority any more; remove it and another one will be made")
    return pem[at:]


def public_bundle(environment: Mapping[str, str]) -> Path | None:
    """The file of public CAs in force here: the one named in the environment, else OpenSSL's own, else certifi's."""
    candidates = [environment.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile]
    with contextlib.suppress(ImportError):
        import certifi

        candidates.append(certifi.where())
    return next((Path(name) for name in candidates if name and Path(name).is_file()), None)


def _public(environment: Mapping[str, str]) -> bytes:
    found = public_bundle(environment)
    return b"" if found is None else found.read_bytes()


def _renew(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        _place(path, content, keep=False)


def _place(path: Path, content: bytes, *, keep: bool) -> None:
    """Put a file there in one step; with *keep*, a rival's that came first stays."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if keep:
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        else:
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
