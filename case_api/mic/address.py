"""Where a phone finds the page: the addresses of this machine, and a code to scan."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import segno

QUIET_ZONE = 2
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


def page_urls(host: str, port: int, tls: bool, lan: Sequence[str]) -> list[str]:
    """Every address of the page for a server that listens on `host`."""
    hosts = [host]
    if host in {"0.0.0.0", "::", ""}:
        hosts = [*lan, "localhost"]
    scheme = "https" if tls else "http"
    return [f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}/mic" for name in hosts]


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
    """What `calmdesk serve` prints: the page's addresses, a code for the first one a phone can reach, and what stands in its way."""
    lan = lan_addresses()
    urls = page_urls(host, port, tls, lan)
    lines = ["手机页面 · phone page", *(f"  {url}" for url in urls)]
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
