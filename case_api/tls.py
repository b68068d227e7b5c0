"""The server's certificate: a self-signed one for a sales office's own network, or files from elsewhere."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from case_api.mic.address import lan_addresses
from models.base import utc_now
from models.files import write_whole
from models.settings import Settings

LIFETIME = timedelta(days=397)  # the longest that Apple's and Google's browsers take
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """PEM files for the server, and the SHA-256 fingerprint that a browser shows for the certificate."""

    certificate: Path
    key: Path
    fingerprint: str


def server_certificate(settings: Settings) -> ServerCertificate | None:
    """The certificate to serve with; None without TLS. A self-signed one lives under `data_dir/tls` and is renewed when needed."""
    if settings.tls == "off":
        return None
    if settings.tls == "files":
        assert settings.tls_certificate is not None
        assert settings.tls_key is not None
        return ServerCertificate(settings.tls_certificate, settings.tls_key, _fingerprint(_load(settings.tls_certificate)))
    return self_signed(settings.data_dir / "tls", server_names(), utc_now())


def server_names() -> list[str]:
    """Names and addresses a phone may use for this machine."""
    return ["localhost", "127.0.0.1", "::1", socket.gethostname(), *lan_addresses()]


def self_signed(folder: Path, names: Sequence[str], now: datetime) -> ServerCertificate:
    """The certificate kept in `folder`, or a new one where there is none, it is about to end, or this machine has a new name.

    The key is readable by its owner only, from the moment it exists.
    """
    found = ServerCertificate(folder / "certificate.pem", folder / "key.pem", "")
    if not (found.certificate.exists() and found.key.exists() and _still_good(_load(found.certificate), names, now)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_whole(found.key, private, 0o600)
        write_whole(found.certificate, _sign(key, names, now).public_bytes(serialization.Encoding.PEM), 0o644)
    return ServerCertificate(found.certificate, found.key, _fingerprint(_load(found.certificate)))


def _sign(key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Calmdesk")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now - CLOCK_SKEW + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys(names)]), critical=False)
        # No authority: a phone that is told to trust this certificate trusts this server and nothing else.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _still_good(certificate: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return certificate.not_valid_after_utc - now > RENEW_BEFORE and all(_general_name(name) in known for name in names)


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
