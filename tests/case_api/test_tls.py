"""The certificate of an office's own network: right names, right life, and a key that nobody else can read."""

from __future__ import annotations

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography import x509

from case_api.tls import LIFETIME, RENEW_BEFORE, self_signed, server_certificate
from models.settings import Settings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = ["localhost", "127.0.0.1", "::1", "192.168.1.20"]


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    first = self_signed(tmp_path / "tls", NAMES, NOW)
    key = first.key.read_bytes()
    assert self_signed(tmp_path / "tls", NAMES, NOW + timedelta(days=300)) == first
    assert first.key.read_bytes() == key


@pytest.mark.parametrize(
    ("names", "later"),
    [([*NAMES, "192.168.7.3"], timedelta(0)), (NAMES, LIFETIME - RENEW_BEFORE), (NAMES, LIFETIME * 2)],
    ids=["a new address", "about to end", "ended"],
)
def test_it_is_made_anew_when_it_would_not_do(tmp_path: Path, names: list[str], later: timedelta) -> None:
    first = self_signed(tmp_path, NAMES, NOW)
    assert self_signed(tmp_path, names, NOW + later).fingerprint != first.fingerprint


def test_it_names_the_machine_for_397_days_and_signs_nothing_else(tmp_path: Path) -> None:
    made = x509.load_pem_x509_certificate(self_signed(tmp_path, NAMES, NOW).certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == NAMES[1:]
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=397)
    assert made.not_valid_before_utc < NOW
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    made = self_signed(tmp_path, NAMES, NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600


def test_a_client_that_trusts_it_gets_through(tmp_path: Path) -> None:
    made = self_signed(tmp_path, NAMES, datetime.now(UTC))

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to tell."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        trusting = ssl.create_default_context(cafile=str(made.certificate))
        with urlopen(f"https://127.0.0.1:{server.server_port}/", context=trusting, timeout=10) as answer:
            assert answer.status == 204
        thread.join()


def test_settings_choose_it(tmp_path: Path) -> None:
    assert server_certificate(Settings(data_dir=tmp_path)) is None
    own = server_certificate(Settings(data_dir=tmp_path, tls="self-signed"))
    assert own is not None
    assert own.certificate == tmp_path / "tls" / "certificate.pem"
    files = Settings(data_dir=tmp_path, tls="files", tls_certificate=own.certificate, tls_key=own.key)
    assert server_certificate(files) == own
