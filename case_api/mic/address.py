"""Where a phone finds the page: the addresses of this machine, and a code to scan."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import segno

QUIET_ZONE = 2
EVERYWHERE = {"0.0.0.0", "::", ""}
# Two rows of modules in one line of text, light modules drawn: right way round on a dark terminal, as `qrencode` does it.
_HALF_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}


def lan_addresses() -> list[str]:
    """This machine's IPv4 addresses that others can reach, the one of the default route first; empty without a network."""
    found: dict[str, None] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a route and sends nothing
            found[probe.getsockname()[0]] = None
        except OSError:
            pass
    try:
        for *_, endpoint in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            found[str(endpoint[0])] = None
    except OSError:
        pass
    return [address for address in found if not ipaddress.ip_address(address).is_loopback]


def page_urls(host: str, port: int, tls: bool, lan: Sequence[str], path: str = "/mic") -> list[str]:
    """Every address of the page at `path` for a server that listens on `host`."""
    hosts = [host]
    if host in EVERYWHERE:
        hosts = [*lan, "localhost"]
    scheme = "https" if tls else "http"
    return [f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}{path}" for name in hosts]


def phone_address(base: str, host: str, public: str | None) -> str | None:
    """Where a phone finds the page of the service that somebody has open at `base`; None where it can be reached from this machine only.

    `host`: the address it listens on; `public`: the one that phones are to use, where the settings name it.
    """
    seen = urlsplit(base)
    if public is not None:
        return f"{public}/mic"
    if not _is_loopback(seen.hostname or ""):
        return f"{seen.scheme}://{seen.netloc}/mic"
    lan = lan_addresses() if host in EVERYWHERE else []
    return f"{seen.scheme}://{lan[0]}{f':{seen.port}' if seen.port else ''}/mic" if lan else None


def qr_lines(text: str) -> list[str]:
    """A QR code of half blocks, one string a line, with a quiet zone."""
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(border=QUIET_ZONE)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_HALF_BLOCKS[bool(top), bool(low)] for top, low in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def address_lines(host: str, port: int, tls: bool) -> list[str]:
    """What `calmdesk serve` prints: where the console and the phone page are, a code for the first address a phone can reach, and what
    stands in its way.
    """
    lan = lan_addresses()
    urls = page_urls(host, port, tls, lan)
    lines = ["管理页面 · console", f"  {page_urls(host, port, tls, lan, '/')[-1]}"]
    lines += ["手机页面 · phone page", *(f"  {url}" for url in urls)]
    if _is_loopback(host):
        return [*lines, "  手机要连接，请用 --host 0.0.0.0 --tls self-signed 启动 · for phones: start with these options"]
    if not tls:
        lines.append("  手机麦克风需要 HTTPS，请加 --tls self-signed · a phone opens its microphone only over HTTPS")
    return [*lines, "", *qr_lines(urls[0])]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
