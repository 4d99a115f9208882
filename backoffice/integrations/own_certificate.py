"""The office's own certificates for its intranet: an authority of its own, and the server's certificate signed by it.

Elliptic curves (P-256), SHA-256. The server's certificate holds 397 days at most, which is what browsers take, and
names every host and address in its alternative names. The authority may sign servers and nothing else.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS, SERVER_DAYS = 3650, 397
BEFORE = timedelta(hours=1)  # clocks that are a little behind take it too


@dataclass(frozen=True)
class Written:
    """Which files were written; ``new_authority`` whether clients must be told to trust it."""

    authority: Path
    certificate: Path
    key: Path
    new_authority: bool
    until: datetime


def write(folder: Path, names: list[str], office: str, at: datetime) -> Written:
    """Make or renew the server's certificate in the folder; the authority is made when there is none yet.

    Raises ``ValueError`` where the authority in the folder cannot be read or has ended, ``OSError`` where nothing can
    be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority_path, authority_key = folder / "office-ca.pem", folder / "office-ca.key"
    is_new = not authority_path.exists()
    if is_new:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _authority(ca_key, office, at)
        _keep(authority_key, _private(ca_key), 0o600)
        _keep(authority_path, ca.public_bytes(serialization.Encoding.PEM), 0o644)
    else:
        ca = x509.load_pem_x509_certificate(authority_path.read_bytes())
        found = serialization.load_pem_private_key(authority_key.read_bytes(), None)
        if not isinstance(found, ec.EllipticCurvePrivateKey) or found.public_key() != ca.public_key():
            raise ValueError("the authority's key does not belong to it")
        if ca.not_valid_after_utc <= at:
            raise ValueError("the authority has ended")
        ca_key = found
    key = ec.generate_private_key(ec.SECP256R1())
    server = _server(key, ca, ca_key, names, at)
    _keep(folder / "server.key", _private(key), 0o600)
    whole = server.public_bytes(serialization.Encoding.PEM) + ca.public_bytes(serialization.Encoding.PEM)
    _keep(folder / "server.pem", whole, 0o644)
    return Written(authority_path, folder / "server.pem", folder / "server.key", is_new, server.not_valid_after_utc)


def _authority(key: ec.EllipticCurvePrivateKey, office: str, at: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, office)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BEFORE)
        .not_valid_after(at + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, names: list[str],
    at: datetime,
) -> x509.Certificate:  # fmt: skip
    until = min(at + timedelta(days=SERVER_DAYS) - BEFORE, ca.not_valid_after_utc)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BEFORE)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _keep(path: Path, content: bytes, mode: int) -> None:
    """Write beside and rename, with its rights from the first byte."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
